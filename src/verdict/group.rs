//! Groups: one finding for each distinct value of a rule's `group_by` fields.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::Lack;
use super::derive::Members;
use super::signal::Contribution;
use crate::rule::Signal;

/// A group's key; `None` for the one group of a rule that groups by nothing or of which no hit says its group.
pub type Key = Option<Vec<Option<String>>>;

/// What one signal of a rule found, before grouping.
#[derive(Debug)]
pub struct Found<'r> {
    /// The signal.
    pub signal: &'r Signal,
    /// What its sources lack.
    pub lacks: BTreeSet<Lack>,
    /// Its hits that say their group, by group.
    full: BTreeMap<Vec<Option<String>>, Vec<Contribution>>,
    /// Its hits that do not, or not all of it.
    loose: Vec<Contribution>,
}

impl<'r> Found<'r> {
    /// Sorts the hits of a signal by group.
    #[must_use]
    pub fn new(signal: &'r Signal, contributions: Vec<Contribution>, lacks: BTreeSet<Lack>) -> Self {
        let mut found = Self { signal, lacks, full: BTreeMap::new(), loose: Vec::new() };
        for contribution in contributions {
            if !contribution.key.is_empty() && contribution.key.iter().all(Option::is_some) {
                found.full.entry(contribution.key.clone()).or_default().push(contribution);
            } else {
                found.loose.push(contribution);
            }
        }
        found
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.full.is_empty() && self.loose.is_empty()
    }

    /// The hits of a group. One that does not say its group belongs to every group.
    #[must_use]
    pub fn members(&self, key: &Key) -> Members<'_> {
        let Some(key) = key else { return self.loose.iter().map(Cow::Borrowed).collect() };
        let agrees = |contribution: &&Contribution| {
            contribution.key.iter().zip(key).all(|(a, b)| a.is_none() || a == b)
        };
        let own = self.full.get(key).into_iter().flatten();
        own.chain(self.loose.iter().filter(agrees)).map(Cow::Borrowed).collect()
    }
}

/// The groups that the hits speak of, at most `max`, and how many more there are.
#[must_use]
pub fn groups(found: &[Found<'_>], max: usize) -> (Vec<Key>, usize) {
    let full: BTreeSet<&Vec<Option<String>>> = found.iter().flat_map(|found| found.full.keys()).collect();
    if full.is_empty() {
        return (vec![None], 0);
    }
    let beyond = full.len().saturating_sub(max);
    (full.into_iter().take(max).map(|key| Some(key.clone())).collect(), beyond)
}
