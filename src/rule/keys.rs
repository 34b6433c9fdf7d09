//! Which fields of a signal's hits must be kept together.
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
        let more = wanted.remove(&position).unwrap_or_default();
        logs.keys = rule.group_by.clone();
        logs.keys.extend(more.into_iter().filter(|field| !rule.group_by.contains(field)));
    }
}

/// Base signal → fields by which its hits are compared, or which are asked of signals derived from it.
fn wanted(rule: &Rule) -> BTreeMap<usize, BTreeSet<String>> {
    let mut wanted: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    let uses = uses(rule);
    for (position, signal) in rule.signals.iter().enumerate() {
        let SignalSource::Derived(derived) = &signal.source else { continue };
        let base = base(&rule.signals, position);
        let of_base = wanted.entry(base).or_default();
        of_base.extend(uses.iter().filter(|(name, _)| *name == signal.name).map(|(_, field)| field.clone()));
        if !derived.tags.is_empty() {
            of_base.insert(TAG.to_owned());
        }
        if let Some(relation) = &derived.relation {
            let same = || relation.same.iter().filter(|field| *field != NODE).cloned();
            of_base.extend(same());
            wanted.entry(self::base(&rule.signals, relation.other)).or_default().extend(same());
        }
    }
    wanted
}

/// The log or object signal from which a signal is derived in the end.
fn base(signals: &[Signal], position: usize) -> usize {
    let mut at = position;
    // The rule's check has refused signals that are derived from themselves.
    for _ in 0..signals.len() {
        match signals.get(at).map(|signal| &signal.source) {
            Some(SignalSource::Derived(DerivedSignal { of, .. })) => at = *of,
            _ => break,
        }
    }
    at
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
