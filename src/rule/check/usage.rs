//! Signals that nobody names, and groups that nobody fills.

use std::collections::BTreeSet;

use super::signal::Shape;
use super::{Check, suggestion};
use crate::rule::file::{RuleFile, Scale, Step};
use crate::rule::{Condition, NODE, lints, text};

impl Check<'_> {
    /// Signals that neither a condition, nor a text, nor another signal names.
    pub fn unused(&mut self, file: &RuleFile, shapes: &[Shape]) {
        // What does not parse may name any of them.
        let Some(used) = used(file) else { return };
        let named =
            |shape: &Shape| used.contains(&shape.name) || used.iter().any(|word| shape.is_made_of(word));
        for shape in shapes.iter().filter(|shape| !named(shape)) {
            let written = file.signals.0.iter().find(|(name, _)| name.value == shape.name);
            let help = if written.is_some_and(|(_, signal)| signal.value.context) {
                "nothing is compared with it: take it away, or name it in `when`"
            } else {
                "name it in `when`, derive another signal from it, or take it away"
            };
            self.said
                .say(&lints::UNUSED_SIGNAL, shape.place, format!("nobody names the signal `{}`", shape.name))
                .help(help);
        }
    }

    /// Fields of `group_by`.
    pub fn groups(&mut self, file: &RuleFile, shapes: &[Shape]) {
        let counted: Vec<&Shape> = shapes
            .iter()
            .filter(|shape| {
                let written = file.signals.0.iter().find(|(name, _)| name.value == shape.name);
                written.is_some_and(|(_, signal)| !signal.value.context)
            })
            .collect();
        if !shapes.iter().all(|shape| shape.known) {
            return;
        }
        for field in file.group_by.0.iter().filter(|field| field.value != NODE) {
            if !counted.iter().any(|shape| shape.gives(&field.value)) {
                let known =
                    counted.iter().flat_map(|shape| shape.fields.keys()).map(String::as_str).chain([NODE]);
                let known: Vec<&str> = known.collect::<BTreeSet<_>>().into_iter().collect();
                self.said
                    .say(&lints::UNFILLED, field.place, format!("no signal fills `{}`", field.value))
                    .label("one finding for each value of this")
                    .help(suggestion(&field.value, &known));
                continue;
            }
            let partly = counted.iter().find(|shape| shape.fields.get(&field.value) == Some(&false));
            if let Some(shape) = partly {
                self.said
                    .say(
                        &lints::PARTLY_FILLED,
                        field.place,
                        format!("some matches of `{}` do not fill `{}`", shape.name, field.value),
                    )
                    .also(shape.place, "hits of those matches belong to every group")
                    .help("fill it in each match, or make the other matches a signal of their own");
            }
        }
    }
}

/// The names that conditions, texts and other signals use; `None` when one of them does not parse.
fn used(file: &RuleFile) -> Option<BTreeSet<String>> {
    let mut used = BTreeSet::new();
    let steps = [Some(&file.severity), file.confidence.as_ref()].into_iter().flatten();
    let steps = steps.flat_map(|scale| match &scale.value {
        Scale::Steps(named) => named.0.iter().map(|(_, step)| &step.value).collect(),
        Scale::One(_) => Vec::new(),
    });
    let conditions = steps.filter_map(|step| match step {
        Step::When(source) => Some(source.as_str()),
        Step::Count(_) | Step::Always => None,
    });
    for source in conditions.chain([file.when.value.as_str()]) {
        used.extend(Condition::compile(source).ok()?.variables().iter().cloned());
    }
    let commands = file.remedy.iter().filter_map(|remedy| remedy.run.as_ref());
    for at in std::iter::once(&file.title).chain(&file.summary).chain(commands) {
        let paths = text::paths(&at.value).ok()?;
        used.extend(paths.iter().filter_map(|path| path.split('.').next()).map(str::to_owned));
    }
    for (_, signal) in &file.signals.0 {
        let signal = &signal.value;
        let relations = [
            &signal.of,
            &signal.near,
            &signal.before,
            &signal.after,
            &signal.followed_by,
            &signal.not_followed_by,
            &signal.with,
            &signal.without,
        ];
        used.extend(relations.into_iter().flatten().map(|at| at.value.clone()));
    }
    Some(used)
}
