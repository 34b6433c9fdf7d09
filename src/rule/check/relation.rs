//! Signals that are derived from others.

use super::Check;
use super::signal::Shape;
use crate::base::stamp::SECOND;
use crate::rule::file::{At, RuleFile, SignalFile};
use crate::rule::{DerivedSignal, Relation, RelationKind, Signal, SignalSource, lints};

/// By how much the clocks of two nodes may differ when a relation says nothing: etcd complains from one second on.
const SKEW_DEFAULT: i64 = 2 * SECOND;

/// A relation as it was written: its word, what it means, and the other signal.
type Told<'f> = (&'static str, RelationKind, &'f At<String>);

/// All relations that a signal names.
fn told(file: &SignalFile) -> Vec<Told<'_>> {
    let words = [
        ("near", RelationKind::Near, &file.near),
        ("before", RelationKind::Before, &file.before),
        ("after", RelationKind::After, &file.after),
        ("followed_by", RelationKind::Before, &file.followed_by),
        ("not_followed_by", RelationKind::NotFollowedBy, &file.not_followed_by),
        ("with", RelationKind::With, &file.with),
        ("without", RelationKind::Without, &file.without),
    ];
    words.into_iter().filter_map(|(word, kind, at)| Some((word, kind, at.as_ref()?))).collect()
}

impl Check<'_> {
    pub fn derived_signal(
        &mut self,
        name: &At<String>,
        of: &At<String>,
        file: &SignalFile,
        names: &[&str],
    ) -> Option<DerivedSignal> {
        let told = told(file);
        let base = self.signal_named(of, names);
        if let [one, another, ..] = told.as_slice() {
            let (first, second) = if one.2.place < another.2.place { (one, another) } else { (another, one) };
            let ((first, _, at), (second, _, other)) = (first, second);
            self.said
                .say(
                    &lints::RELATION,
                    other.place,
                    format!("`{first}` and `{second}`: a signal stands in one relation"),
                )
                .also(at.place, "the first relation")
                .help("derive a second signal `of` this one, with the second relation");
            return None;
        }
        let relation = match told.first() {
            None => {
                self.without_relation(name, of, file);
                None
            }
            Some((word, kind, other)) => {
                self.relation_fits(word, *kind, of, other, file);
                let other = self.signal_named(other, names);
                let within = file.within.as_ref().and_then(|at| self.duration(at, "within"));
                let skew =
                    file.skew.as_ref().and_then(|at| self.duration(at, "skew")).unwrap_or(SKEW_DEFAULT);
                Some(Relation { kind: *kind, other: other?, within, same: file.same.values(), skew })
            }
        };
        Some(DerivedSignal { of: base?, tags: file.tag.values(), relation })
    }

    fn signal_named(&mut self, at: &At<String>, names: &[&str]) -> Option<usize> {
        self.one_of(&lints::UNKNOWN_SIGNAL, at, names, "signal")
    }

    /// What only makes sense beside a relation, where there is none.
    fn without_relation(&mut self, name: &At<String>, of: &At<String>, file: &SignalFile) {
        let mut stray = Vec::new();
        stray.extend(file.within.as_ref().map(|at| ("within", at.place)));
        stray.extend(file.same.0.first().map(|at| ("same", at.place)));
        stray.extend(file.skew.as_ref().map(|at| ("skew", at.place)));
        for (key, place) in &stray {
            self.said
                .say(&lints::RELATION, *place, format!("`{key}` without a relation"))
                .help("add `near`, `before`, `after`, `followed_by`, `not_followed_by`, `with` or `without`, and the other signal");
        }
        let narrows = !file.tag.0.is_empty()
            || file.recent.is_some()
            || !file.nodes.0.is_empty()
            || file.window.is_some();
        if stray.is_empty() && !narrows {
            self.said
                .say(
                    &lints::RELATION,
                    name.place,
                    format!("`{}` counts the same hits as `{}`", name.value, of.value),
                )
                .help("add a relation (`near`, `after`, `without` …), or `tag`, `recent` or `nodes`");
        }
    }

    fn relation_fits(
        &mut self,
        word: &str,
        kind: RelationKind,
        of: &At<String>,
        other: &At<String>,
        file: &SignalFile,
    ) {
        let untimed = matches!(kind, RelationKind::With | RelationKind::Without);
        if of.value == other.value {
            let what = if kind.is_absence() { "no hit can stand" } else { "every hit stands" };
            self.said
                .say(&lints::RELATION, other.place, format!("`{word}` names the signal itself: {what} in it"))
                .also(of.place, "the same signal")
                .help("name another signal; for many hits within a time there is `peak` and `window`");
        }
        match (&file.within, untimed) {
            (Some(within), true) => {
                self.said
                    .say(
                        &lints::RELATION,
                        within.place,
                        format!("`within` beside `{word}`, which asks for no time"),
                    )
                    .help("take `within` away, or use `near`, `before`, `after` or `not_followed_by`");
            }
            (None, _) if kind == RelationKind::Near => {
                self.said
                    .say(&lints::RELATION, other.place, "`near` does not say how near")
                    .help("add `within: 1m`, or use `with` for hits at any time");
            }
            _ => {}
        }
        if let (Some(skew), true) = (&file.skew, untimed) {
            self.said
                .say(&lints::RELATION, skew.place, format!("`skew` beside `{word}`, which compares no times"))
                .help("take it away");
        }
    }

    /// What relations ask of the signals that they join, once all signals are known.
    pub fn relations(&mut self, file: &RuleFile, shapes: &[Shape]) {
        let shape = |name: &str| shapes.iter().find(|shape| shape.name == name && shape.known);
        for (_, signal) in &file.signals.0 {
            let Some(of) = &signal.value.of else { continue };
            let Some(base) = shape(&of.value) else { continue };
            for tag in signal.value.tag.0.iter().filter(|tag| !base.tags.contains(&tag.value)) {
                let tags: Vec<&str> = base.tags.iter().map(String::as_str).collect();
                let help = if tags.is_empty() {
                    format!("write the match of `{}` as {{text: …, tag: {}}}", of.value, tag.value)
                } else {
                    super::suggestion(&tag.value, &tags)
                };
                self.said
                    .say(
                        &lints::UNKNOWN_TAG,
                        tag.place,
                        format!("no match of `{}` has the tag `{}`", of.value, tag.value),
                    )
                    .help(help);
            }
            let told = told(&signal.value);
            let [(word, kind, other)] = told.as_slice() else { continue };
            let Some(joined) = shape(&other.value).filter(|_| of.value != other.value) else { continue };
            self.same_fields(&signal.value, (base, joined));
            if !matches!(kind, RelationKind::With | RelationKind::Without) {
                for (side, at) in [(base, of), (joined, *other)].into_iter().filter(|(side, _)| !side.timed) {
                    self.said
                        .say(
                            &lints::RELATION,
                            at.place,
                            format!("`{word}` compares times, and `{}` has none", side.name),
                        )
                        .also(side.place, "objects have a time only where the signal gives one")
                        .help(format!("add `time: object.…` to `{}`, or use `with` or `without`", side.name));
                }
            }
        }
    }

    fn same_fields(&mut self, signal: &SignalFile, (base, joined): (&Shape, &Shape)) {
        for field in &signal.same.0 {
            let without: Vec<&Shape> =
                [base, joined].into_iter().filter(|shape| !shape.gives(&field.value)).collect();
            let Some(side) = without.first() else { continue };
            let names: Vec<&str> =
                side.fields.keys().map(String::as_str).chain([crate::rule::NODE]).collect();
            self.said
                .say(
                    &lints::UNFILLED,
                    field.place,
                    format!("`{}` does not fill `{}`", side.name, field.value),
                )
                .also(side.place, format!("it fills {}", crate::base::words::list(&names)))
                .help(format!("give the field to both signals under the name `{}`", field.value));
        }
    }

    /// The positions of the signals, each after those that it is derived from.
    pub fn order(&mut self, signals: &[Signal], file: &RuleFile) -> Vec<usize> {
        let mut order: Vec<usize> = Vec::new();
        let mut ready: Vec<usize> = Vec::new();
        loop {
            ready.extend((0..signals.len()).filter(|position| {
                !order.contains(position)
                    && signals
                        .get(*position)
                        .is_some_and(|s| needs(s).iter().all(|needed| order.contains(needed)))
            }));
            if ready.is_empty() {
                break;
            }
            order.append(&mut ready);
        }
        // A signal that is derived from one of a circle is not in it.
        let in_circle = |position: usize| {
            let mut reached: Vec<usize> = signals.get(position).map(needs).unwrap_or_default();
            let mut next = 0;
            while let Some(more) = reached.get(next).and_then(|at| signals.get(*at)).map(needs) {
                reached.extend(more.into_iter().filter(|at| !reached.contains(at)).collect::<Vec<_>>());
                next += 1;
            }
            reached.contains(&position)
        };
        let stuck = signals.iter().enumerate().find(|(position, _)| in_circle(*position));
        if let Some((_, signal)) = stuck {
            let place = file.signals.0.iter().find(|(name, _)| name.value == signal.name);
            self.said
                .say(
                    &lints::CYCLE,
                    place.map(|(name, _)| name.place).unwrap_or_default(),
                    format!("signal `{}` is derived from itself", signal.name),
                )
                .help("a chain of derived signals begins at one with `logs` or `objects`");
        }
        order
    }
}

/// The signals that one is derived from, by position.
fn needs(signal: &Signal) -> Vec<usize> {
    match &signal.source {
        SignalSource::Derived(derived) => {
            let other = derived.relation.as_ref().map(|relation| relation.other);
            std::iter::once(derived.of).chain(other).collect()
        }
        _ => Vec::new(),
    }
}
