//! Which fields of a signal's hits must be kept together, and whose hits a finding counts.
//!
//! Of most fields a rule needs the values only, and these are kept in bounded space whatever the log holds. Where hits are
//! compared with each other (groups, derived signals) it has to be known which values stood in one hit.

use std::collections::{BTreeMap, BTreeSet};

use super::{Condition, DerivedSignal, Holds, NODE, Rule, Signal, SignalSource, TAG, text};

/// Sets the keys of all log signals of a rule.
pub fn track(rule: &mut Rule) {
    let mut wanted = wanted(rule);
    for (position, signal) in rule.signals.iter_mut().enumerate() {
        let SignalSource::Logs(logs) = &mut signal.source else { continue };
        let more = wanted.remove(&position);
        logs.is_compared = more.is_some();
        let more = more.unwrap_or_default();
        logs.keys = rule.group_by.clone();
        logs.keys.extend(more.into_iter().filter(|field| !rule.group_by.contains(field)));
    }
}

/// A signal that only serves to derive others is context. A derived one is part of the one that it is derived from where
/// that is counted itself.
pub fn count_once(rule: &mut Rule) {
    if !rule.signals.iter().any(|signal| matches!(signal.source, SignalSource::Derived(_))) {
        return;
    }
    let named = rule.when.variables();
    let serves = |position: usize| {
        rule.signals.iter().any(|signal| match &signal.source {
            SignalSource::Derived(derived) => {
                derived.of == position || derived.relation.as_ref().is_some_and(|r| r.other == position)
            }
            _ => false,
        })
    };
    let context: Vec<bool> = rule
        .signals
        .iter()
        .enumerate()
        .map(|(position, signal)| signal.context || (serves(position) && !named.contains(&signal.name)))
        .collect();
    let is_part = |position: usize| {
        let of_counted = |at: &usize| context.get(*at).is_some_and(|context| !context);
        chain(&rule.signals, position).skip(1).any(|at| of_counted(&at))
    };
    let parts: Vec<bool> = (0..rule.signals.len()).map(is_part).collect();
    for ((signal, context), part) in rule.signals.iter_mut().zip(context).zip(parts) {
        signal.context = context;
        signal.part_of_other = part;
    }
}

/// Base signal → fields by which its hits are compared, or which are asked of a choice of its hits.
fn wanted(rule: &Rule) -> BTreeMap<usize, BTreeSet<String>> {
    let mut wanted: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    let is_choice =
        |signal: &Signal| signal.recent.is_some() || matches!(signal.source, SignalSource::Derived(_));
    // What the texts read is dear to find out, and of most rules nobody asks.
    let uses = if rule.signals.iter().any(is_choice) { uses(rule) } else { BTreeSet::new() };
    let of = |name: &str| {
        let asked = uses.iter().filter(|(signal, _)| signal == name || signal == text::ANY_SIGNAL);
        asked.map(|(_, field)| field.clone()).collect::<Vec<_>>()
    };
    for (position, signal) in rule.signals.iter().enumerate() {
        let base = base(&rule.signals, position);
        if is_choice(signal) {
            wanted.entry(base).or_default().extend(of(&signal.name));
        }
        let SignalSource::Derived(derived) = &signal.source else { continue };
        if !derived.tags.is_empty() {
            wanted.entry(base).or_default().insert(TAG.to_owned());
        }
        if let Some(relation) = &derived.relation {
            let same = || relation.same.iter().filter(|field| *field != NODE).cloned();
            wanted.entry(base).or_default().extend(same());
            wanted.entry(self::base(&rule.signals, relation.other)).or_default().extend(same());
        }
    }
    wanted
}

/// A signal, the one that it is derived from, the one that that is derived from, and so on.
fn chain(signals: &[Signal], position: usize) -> impl Iterator<Item = usize> {
    // The rule's check has refused signals that are derived from themselves; until then the chain ends all the same.
    std::iter::successors(Some(position), |at| match signals.get(*at).map(|signal| &signal.source) {
        Some(SignalSource::Derived(DerivedSignal { of, .. })) => Some(*of),
        _ => None,
    })
    .take(signals.len().max(1))
}

/// The log or object signal from which a signal is derived in the end.
fn base(signals: &[Signal], position: usize) -> usize {
    chain(signals, position).last().unwrap_or(position)
}

/// What the rule's conditions and texts read of signals: `(signal, field)`.
fn uses(rule: &Rule) -> BTreeSet<(String, String)> {
    let steps = rule.severity.iter().chain(&rule.confidence).filter_map(|(_, holds)| match holds {
        Holds::When(condition) => Some(condition),
        Holds::Always | Holds::Count(_) => None,
    });
    let conditions = steps.chain(std::iter::once(&rule.when));
    let commands = rule.remedy.iter().filter_map(|remedy| remedy.run.as_deref());
    let texts = [rule.title.as_str(), rule.summary.as_str()].into_iter().chain(commands);
    conditions.flat_map(Condition::fields_of_signals).chain(texts.flat_map(text::fields_of_signals)).collect()
}
