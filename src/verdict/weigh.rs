//! What a rule is decided on, for those who ask how it came to its verdict: the value of each signal in each group.

use std::collections::BTreeSet;

use super::group::Key;
use super::signal::SignalValue;
use super::{Judge, Lack, group, signal_ids};
use crate::ingest::Ingested;
use crate::model::coverage::Coverage;
use crate::rule::Rulebook;
use crate::scan::Program;

/// The values of a rule's signals, in the order of its signals.
#[derive(Debug, Default)]
pub struct Weighed {
    /// For each group.
    pub groups: Vec<Vec<SignalValue>>,
    /// What each group is: the values of the rule's `group_by` fields, if it has any.
    pub keys: Vec<Key>,
    /// For a group that nobody has seen: it may be in what is missing.
    pub nothing: Vec<SignalValue>,
    /// What the signals lack, and why some count less than there may be.
    pub lacks: BTreeSet<Lack>,
}

/// Weighs the rule at a position of the book. Arguments as for [`super::judge`].
#[must_use]
pub fn weigh(
    position: usize,
    book: &Rulebook,
    program: &Program<'_>,
    ingested: &Ingested,
    coverage: &Coverage,
    max_groups: u64,
) -> Weighed {
    let Some(rule) = book.rules.get(position) else { return Weighed::default() };
    let judge = Judge::new(ingested, coverage, max_groups);
    let found = judge.found(position, rule, &signal_ids(program));
    let (keys, _) = group::groups(&found, judge.max_groups);
    let mut lacks: BTreeSet<Lack> = found.iter().flat_map(|found| found.lacks.clone()).collect();
    let mut groups = Vec::new();
    for key in &keys {
        let (values, doubts) = judge.values(rule, &found, Some(key));
        groups.push(values);
        lacks.extend(doubts);
    }
    Weighed { groups, keys, nothing: judge.values(rule, &found, None).0, lacks }
}
