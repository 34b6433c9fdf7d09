//! Mutants: a rule with one thing changed. If no test of the rule notices, that thing is not proven.

use super::edit::{ADVICE, Edit, changed, edits};
use super::written::{Spot, Written};
use crate::base::stamp::{SECOND, duration_text};
use crate::rule::clause::Node;
use crate::rule::file::{self, SignalFile};
use crate::rule::{
    CONFIDENCES, Condition, DerivedSignal, Holds, LogSignal, RelationKind, Rule, SEVERITIES, Signal,
    SignalSource, keys,
};

/// A rule with one thing changed.
pub struct Mutant {
    /// The line of what was changed.
    pub line: Option<u64>,
    /// What was changed: a fragment.
    pub change: String,
    /// Which test would notice: a fragment.
    pub advice: String,
    /// The rule.
    pub rule: Rule,
    /// Whether it looks for other records than the rule it comes from.
    pub rescans: bool,
}

/// Makes the mutants of a rule, in the order of its parts.
#[must_use]
pub fn mutants(written: &Written<'_>) -> Vec<Mutant> {
    let mut maker = Maker { written, mutants: Vec::new() };
    maker.conditions();
    maker.scales();
    for position in 0..written.rule.signals.len() {
        maker.signal(position);
    }
    maker.groups();
    maker.mutants
}

struct Maker<'w, 'r> {
    written: &'w Written<'r>,
    mutants: Vec<Mutant>,
}

impl Maker<'_, '_> {
    fn add(&mut self, line: Option<u64>, change: String, advice: &str, edit: impl FnOnce(&mut Rule)) {
        let mut rule = self.written.rule.clone();
        edit(&mut rule);
        self.mutants.push(Mutant { line, change, advice: advice.to_owned(), rule, rescans: false });
    }

    fn add_rescan(&mut self, line: Option<u64>, change: String, edit: impl FnOnce(&mut Rule)) {
        self.add(line, change, ADVICE, edit);
        if let Some(mutant) = self.mutants.last_mut() {
            mutant.rescans = true;
        }
    }

    fn conditions(&mut self) {
        for (spot, condition) in self.written.conditions() {
            let source = &condition.source;
            let node = Node::of(source);
            let is_of_evidence = |node: &Node| {
                let text = source.get(node.range.clone()).unwrap_or_default();
                Condition::compile(text).is_ok_and(|condition| self.written.is_of_evidence(&condition))
            };
            for Edit { range, text, change, of, advice } in edits(&node, source, &is_of_evidence) {
                let Some(changed) = changed(condition, range, &text) else { continue };
                let change = match spot {
                    Spot::When => change,
                    spot => format!("in `{}`, {change}", self.written.name_of(spot)),
                };
                let advice = if spot == Spot::When { advice } else { ADVICE.to_owned() };
                let line = self.written.line_of(spot, &of);
                self.add(line, change, &advice, |rule| put(rule, spot, changed));
            }
        }
    }

    /// Each step of `severity` and `confidence` with another word, and each number of hits moved by one.
    fn scales(&mut self) {
        let rule = self.written.rule;
        for (scale, words, spot) in [
            (&rule.severity, SEVERITIES, Spot::Severity as fn(usize) -> Spot),
            (&rule.confidence, CONFIDENCES, Spot::Confidence),
        ] {
            if scale.len() < 2 {
                continue;
            }
            for (at, (level, holds)) in scale.iter().enumerate() {
                let line = self.written.line_of(spot(at), "");
                let other = if *level == 0 { 1 } else { level - 1 };
                let (word, instead) = (words.get(*level).unwrap_or(&""), words.get(other).unwrap_or(&""));
                let name = self.written.name_of(spot(at));
                let advice = format!("add a test that expects `{name}`");
                self.add(line, format!("`{word}` → `{instead}` in `{name}`"), &advice, |rule| {
                    if let Some(step) = steps(rule, spot(at)).get_mut(at) {
                        step.0 = other;
                    }
                });
                let Holds::Count(count) = holds else { continue };
                for changed in [count.saturating_sub(1), count + 1] {
                    let change = format!("`{name}` from {count} hits on → from {changed}");
                    let advice = format!("add a test with {} hits", (*count).min(changed));
                    self.add(line, change, &advice, |rule| {
                        if let Some(step) = steps(rule, spot(at)).get_mut(at) {
                            step.1 = Holds::Count(changed);
                        }
                    });
                }
            }
        }
    }

    fn signal(&mut self, position: usize) {
        let Some(signal) = self.written.rule.signals.get(position) else { return };
        let Some(file) = self.written.signal(position) else { return };
        self.durations(position, signal, file);
        let name = &signal.name;
        if !signal.nodes.is_empty() {
            let line = file.nodes.0.first().and_then(file::line_of);
            self.add(line, format!("`{name}` without `nodes`"), ADVICE, |rule| {
                if let Some(signal) = rule.signals.get_mut(position) {
                    signal.nodes.clear();
                }
            });
        }
        match &signal.source {
            SignalSource::Logs(logs) => self.logs(position, name, logs, file),
            SignalSource::Objects(objects) => {
                if objects.filter.is_some() {
                    let line = file.filter.as_ref().and_then(file::line_of);
                    self.add(line, format!("`{name}` without `where`"), ADVICE, |rule| {
                        put_none(rule, position)
                    });
                }
            }
            SignalSource::Derived(derived) => self.derived(position, name, derived, file),
        }
    }

    fn durations(&mut self, position: usize, signal: &Signal, file: &SignalFile) {
        let name = &signal.name;
        for (what, at, value) in
            [("window", &file.window, Some(signal.window)), ("recent", &file.recent, signal.recent)]
        {
            let (Some(at), Some(value)) = (at, value) else { continue };
            for changed in [value / 2, value.saturating_mul(2)] {
                let change = format!("{what} of `{name}`: {} → {}", at.value, text_of(changed));
                let advice = format!("add a test whose hits are {} apart", between(value, changed));
                self.add(file::line_of(at), change, &advice, |rule| {
                    let Some(signal) = rule.signals.get_mut(position) else { return };
                    if what == "window" {
                        signal.window = changed;
                    } else {
                        signal.recent = Some(changed);
                    }
                });
            }
        }
    }

    fn logs(&mut self, position: usize, name: &str, logs: &LogSignal, file: &SignalFile) {
        let edit = |change: fn(&mut LogSignal, usize), at: usize| {
            move |rule: &mut Rule| {
                if let Some(SignalSource::Logs(logs)) =
                    rule.signals.get_mut(position).map(|signal| &mut signal.source)
                {
                    change(logs, at);
                }
            }
        };
        if logs.patterns.len() > 1 {
            for at in 0..logs.patterns.len() {
                let line = self.written.line_of_match(position, at);
                self.add_rescan(
                    line,
                    format!("`{name}` without match {}", at + 1),
                    edit(|logs, at| drop(logs.patterns.remove(at)), at),
                );
            }
        }
        for at in 0..logs.exclude.len() {
            let line = self.written.line_of_exclude(position, at);
            let change = format!("`{name}` without exclude {}", at + 1);
            self.add_rescan(line, change, edit(|logs, at| drop(logs.exclude.remove(at)), at));
        }
        if !logs.levels.is_empty() {
            let line = file.level.0.first().and_then(file::line_of);
            self.add_rescan(
                line,
                format!("`{name}` without `level`"),
                edit(|logs, _| logs.levels.clear(), 0),
            );
        }
        if let Some(at) = &file.namespace {
            let change = format!("`{name}` without `namespace`");
            self.add_rescan(file::line_of(at), change, edit(|logs, _| logs.namespace = None, 0));
        }
        if let Some(at) = &file.container {
            let change = format!("`{name}` without `container`");
            self.add_rescan(file::line_of(at), change, edit(|logs, _| logs.container = None, 0));
        }
    }

    fn derived(&mut self, position: usize, name: &str, derived: &DerivedSignal, file: &SignalFile) {
        let edit = |change: Box<dyn FnOnce(&mut DerivedSignal)>| {
            move |rule: &mut Rule| {
                if let Some(SignalSource::Derived(derived)) =
                    rule.signals.get_mut(position).map(|signal| &mut signal.source)
                {
                    change(derived);
                }
            }
        };
        let line = file.of.as_ref().and_then(file::line_of);
        for at in 0..derived.tags.len() {
            let tag = derived.tags.get(at).cloned().unwrap_or_default();
            let change = format!("`{name}` without the tag `{tag}`");
            self.add(line, change, ADVICE, edit(Box::new(move |derived| drop(derived.tags.remove(at)))));
        }
        let Some(relation) = &derived.relation else { return };
        self.add(
            line,
            format!("`{name}` without its relation"),
            ADVICE,
            edit(Box::new(|d| d.relation = None)),
        );
        for &(kind, word) in others(relation.kind) {
            let change = format!("`{name}` with `{word}` as its relation");
            let edit = edit(Box::new(move |derived| {
                if let Some(relation) = &mut derived.relation {
                    relation.kind = kind;
                }
            }));
            self.add(line, change, ADVICE, edit);
        }
        if let (Some(at), Some(within)) = (&file.within, relation.within) {
            for changed in [within / 2, within.saturating_mul(2)] {
                let change = format!("within of `{name}`: {} → {}", at.value, text_of(changed));
                let advice = format!("add a test with the two {} apart", between(within, changed));
                let edit = edit(Box::new(move |derived| {
                    if let Some(relation) = &mut derived.relation {
                        relation.within = Some(changed);
                    }
                }));
                self.add(file::line_of(at), change, &advice, edit);
            }
        }
        for (at, field) in relation.same.iter().enumerate() {
            let line = file.same.0.get(at).and_then(file::line_of);
            let edit = edit(Box::new(move |derived| {
                if let Some(relation) = &mut derived.relation {
                    relation.same.remove(at);
                }
            }));
            self.add(line, format!("`{name}` without `same: {field}`"), ADVICE, edit);
        }
    }

    fn groups(&mut self) {
        for (at, field) in self.written.rule.group_by.iter().enumerate() {
            let line = self.written.line_of_group(at);
            self.add_rescan(line, format!("without `group_by: {field}`"), |rule| {
                rule.group_by.remove(at);
                keys::track(rule);
            });
        }
    }
}

/// Relations that a slip of the author could have put in place of one.
fn others(kind: RelationKind) -> &'static [(RelationKind, &'static str)] {
    match kind {
        RelationKind::Near => &[(RelationKind::Before, "before"), (RelationKind::After, "after")],
        RelationKind::Before => &[(RelationKind::After, "after")],
        RelationKind::After => &[(RelationKind::Before, "before")],
        RelationKind::NotFollowedBy => &[(RelationKind::Before, "followed_by")],
        RelationKind::With => &[(RelationKind::Without, "without")],
        RelationKind::Without => &[(RelationKind::With, "with")],
    }
}

fn steps(rule: &mut Rule, spot: Spot) -> &mut Vec<(usize, Holds)> {
    if matches!(spot, Spot::Severity(_)) { &mut rule.severity } else { &mut rule.confidence }
}

/// Puts a condition into a rule.
pub fn put(rule: &mut Rule, spot: Spot, condition: Condition) {
    match spot {
        Spot::When => rule.when = condition,
        Spot::Severity(at) | Spot::Confidence(at) => {
            if let Some(step) = steps(rule, spot).get_mut(at) {
                step.1 = Holds::When(condition);
            }
        }
        Spot::Where(at) => {
            if let Some(SignalSource::Objects(objects)) =
                rule.signals.get_mut(at).map(|signal| &mut signal.source)
            {
                objects.filter = Some(condition);
            }
        }
    }
}

fn put_none(rule: &mut Rule, position: usize) {
    if let Some(SignalSource::Objects(objects)) =
        rule.signals.get_mut(position).map(|signal| &mut signal.source)
    {
        objects.filter = None;
    }
}

fn text_of(duration: i64) -> String {
    duration_text(duration as f64 / SECOND as f64)
}

fn between(a: i64, b: i64) -> String {
    format!("{} to {}", text_of(a.min(b)), text_of(a.max(b)))
}
