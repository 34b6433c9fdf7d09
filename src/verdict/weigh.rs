//! What a rule is decided on, for those who ask how it came to its verdict: the value of each signal in each group.

use std::collections::BTreeSet;

use super::evaluate::Evaluator;
use super::group::Key;
use super::signal::SignalValue;
use super::{Judge, Lack, group, signal_ids, text};
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
    /// What the sources of each signal lack.
    pub lacks: Vec<BTreeSet<Lack>>,
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
    let judge = Judge {
        ingested,
        coverage,
        evaluator: Evaluator::new(&ingested.bundle),
        texts: text::Texts::new(&ingested.bundle),
        max_groups: usize::try_from(max_groups).unwrap_or(usize::MAX),
    };
    let found = judge.found(position, rule, &signal_ids(program));
    let values = |key| judge.values(rule, &found, key).0;
    let (keys, _) = group::groups(&found, judge.max_groups);
    Weighed {
        groups: keys.iter().map(|key| values(Some(key))).collect(),
        nothing: values(None),
        lacks: found.iter().map(|found| found.lacks.clone()).collect(),
        keys,
    }
}
