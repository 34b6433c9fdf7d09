//! Derived signals: the hits of one signal that stand in a relation to those of another, as far as that can be known.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::signal::Contribution;
use super::timeline::{Instant, Timeline};
use super::{Lack, TIMES};
use crate::base::Time;
use crate::model::coverage::{Covered, Gap};
use crate::rule::{Answer, DerivedSignal, NODE, Relation, RelationKind, TAG};

/// Combinations of values in `same` for which one hit stands; an object with longer lists is compared by the first ones.
const COMBINATIONS_MAX: usize = 64;

/// The hits of a signal within one group.
pub type Members<'a> = Vec<Cow<'a, Contribution>>;

/// What is known of a signal's sources.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// What of them is missing.
    pub lacks: BTreeSet<Lack>,
    /// For logs: their name and the time that they cover, where that is limited.
    pub covered: Vec<(String, Covered)>,
    /// When the bundle was captured.
    pub captured_at: Option<Time>,
}

/// What a derived signal counts.
#[derive(Debug, Default)]
pub struct Derived {
    /// Its hits.
    pub contributions: Vec<Contribution>,
    /// Why there may be more.
    pub doubts: BTreeSet<Lack>,
}

/// Takes the hits with one of the signal's tags that stand in its relation to the hits of `other`.
#[must_use]
pub fn derive(signal: &DerivedSignal, of: &Members<'_>, other: &Members<'_>, sources: &Sources) -> Derived {
    let tagged = |contribution: &&Cow<'_, Contribution>| {
        let tags = contribution.joint.get(TAG).map(Vec::as_slice).unwrap_or_default();
        signal.tags.is_empty() || tags.iter().any(|tag| signal.tags.contains(tag))
    };
    let of = of.iter().filter(tagged);
    let Some(relation) = &signal.relation else {
        let all = of.map(|contribution| contribution.part(&|_| Answer::True).0);
        return Derived { contributions: all.collect(), doubts: BTreeSet::new() };
    };
    let timelines = timelines(relation, other);
    let nothing = Timeline::default();
    let mut derived = Derived::default();
    for contribution in of {
        let tuples = tuples(relation, contribution);
        if tuples.is_empty() {
            continue;
        }
        let lines: Vec<&Timeline> =
            tuples.iter().map(|tuple| timelines.get(tuple).unwrap_or(&nothing)).collect();
        let node = contribution.node.as_deref();
        let holds = |at: Option<Instant>| {
            let answers = lines.iter().map(|line| line.answer(relation, at, &contribution.clock));
            if !relation.kind.is_absence() {
                return answers.fold(Answer::False, Answer::or);
            }
            // No partner under any of its values.
            match answers.map(Answer::not).fold(Answer::False, Answer::or).not() {
                Answer::True if sources.hides(relation, at, node).is_some() => Answer::Unknown,
                answer => answer,
            }
        };
        let (part, unsure) = contribution.part(&holds);
        if unsure > 0 {
            derived.doubts.extend(doubt(relation, contribution, sources, &holds));
        }
        if part.count > 0 {
            derived.contributions.push(part);
        }
    }
    derived
}

/// Why the relation of some hits is not certain.
fn doubt(
    relation: &Relation,
    contribution: &Contribution,
    sources: &Sources,
    holds: &dyn Fn(Option<Instant>) -> Answer,
) -> Option<Lack> {
    let node = contribution.node.as_deref();
    let of_time = |ns: &i64| Some(Instant { ns: *ns, width: contribution.width });
    let times = contribution.times.iter().map(|(ns, _)| of_time(ns));
    let untimed = Some(None).filter(|_| contribution.untimed() > 0);
    let at = times.chain(untimed).find(|at| holds(*at) == Answer::Unknown)?;
    let hidden = || sources.hides(relation, at, node).filter(|_| relation.kind.is_absence());
    Some(hidden().unwrap_or_else(|| {
        let reason = if at.is_none() {
            "there are lines without a time".to_owned()
        } else {
            "there are more lines than their times can be kept apart".to_owned()
        };
        Lack { source: TIMES.to_owned(), gap: Gap { node: contribution.node.clone(), reason } }
    }))
}

impl Sources {
    /// What may hide a hit that would come after `at`: a missing source, or time that no log covers.
    fn hides(&self, relation: &Relation, at: Option<Instant>, node: Option<&str>) -> Option<Lack> {
        let same_node = relation.same.iter().any(|field| field == NODE);
        let concerns = |other: Option<&str>| !same_node || other.is_none() || node.is_none() || other == node;
        let lack = self.lacks.iter().find(|lack| concerns(lack.gap.node.as_deref()));
        lack.cloned().or_else(|| self.uncovered(relation, at?, &concerns))
    }

    fn uncovered(
        &self,
        relation: &Relation,
        at: Instant,
        concerns: &dyn Fn(Option<&str>) -> bool,
    ) -> Option<Lack> {
        if relation.kind != RelationKind::NotFollowedBy {
            return None;
        }
        let skew = relation.skew;
        let needed_from = Time(at.ns.saturating_sub(skew));
        let needed_until =
            relation.within.map(|within| Time(at.last().saturating_add(within).saturating_add(skew)));
        let hidden = |(source, covered): &(String, Covered)| {
            let node = covered.node.clone();
            let lack = |which: &str, reason| {
                let gap = Gap { node: node.clone(), reason };
                Some(Lack { source: format!("{which} {source}"), gap })
            };
            if let Some(from) = covered.from.filter(|from| *from > needed_from) {
                return lack(
                    "earlier",
                    format!("they begin at {}, after what they are compared with", from.to_seconds_text()),
                );
            }
            let until = needed_until.or(self.captured_at)?;
            let end = covered.until.filter(|end| *end < until)?;
            lack(
                "later",
                format!("they end at {}, too soon after what they are compared with", end.to_seconds_text()),
            )
        };
        let near = self.covered.iter().filter(|(_, covered)| concerns(covered.node.as_deref()));
        let capture = needed_until.zip(self.captured_at).filter(|(until, captured_at)| captured_at < until);
        near.filter_map(hidden).min().or_else(|| {
            let (_, captured_at) = capture?;
            let reason =
                format!("the capture was made at {}, too soon to tell", captured_at.to_seconds_text());
            Some(Lack { source: TIMES.to_owned(), gap: Gap { node: None, reason } })
        })
    }
}

/// The hits of the other signal by the values in which pairs agree.
fn timelines(relation: &Relation, other: &Members<'_>) -> BTreeMap<Vec<String>, Timeline> {
    let mut timelines: BTreeMap<Vec<String>, Timeline> = BTreeMap::new();
    for contribution in other {
        for tuple in tuples(relation, contribution) {
            let times = contribution.times.iter().map(|(ns, _)| *ns);
            let timeline = timelines.entry(tuple).or_default();
            timeline.add(&contribution.clock, times, contribution.width, contribution.untimed() > 0);
        }
    }
    timelines.values_mut().for_each(Timeline::finish);
    timelines
}

/// The values of the `same` fields, each combination of them; none where a field is missing.
fn tuples(relation: &Relation, contribution: &Contribution) -> Vec<Vec<String>> {
    let mut tuples: Vec<Vec<String>> = vec![Vec::new()];
    for field in &relation.same {
        let node;
        let values: &[String] = if field == NODE {
            node = contribution.node.clone().into_iter().collect::<Vec<_>>();
            &node
        } else {
            contribution.joint.get(field).map(Vec::as_slice).unwrap_or_default()
        };
        let longer = tuples.iter().flat_map(|tuple| {
            values.iter().map(|value| tuple.iter().cloned().chain([value.clone()]).collect::<Vec<_>>())
        });
        tuples = longer.take(COMBINATIONS_MAX).collect();
    }
    tuples
}
