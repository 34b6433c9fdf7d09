//! Rules × model → verdicts: finding, clear, or unknown with what is missing.

pub mod derive;
pub mod evaluate;
pub mod group;
pub mod objects;
pub mod signal;
mod sources;
pub mod text;
pub mod timeline;
pub mod weigh;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::base::TimeSpan;
use crate::base::timer::{RuleCost, Timer};
use crate::ingest::Ingested;
use crate::model::UNKNOWN;
use crate::model::coverage::{Coverage, Gap};
use crate::rule::{Answer, Holds, LogSignal, Rule, Rulebook, Signal, SignalSource};
use crate::scan::{Program, SignalId};
use derive::{Members, Sources};
use group::{Found, Key};
use signal::{Contribution, Shown, SignalValue};

/// What a rule came to on one bundle.
#[derive(Debug)]
pub struct Judged {
    /// The rule's position in the book.
    pub rule: usize,
    /// The verdict.
    pub verdict: Verdict,
    /// Groups that were not judged, because there are more than the limit.
    pub beyond: usize,
}

/// The three verdicts.
#[derive(Debug)]
pub enum Verdict {
    /// The rule fires, once for each group.
    Finding(Vec<Finding>),
    /// The rule was decided and does not fire.
    Clear,
    /// The rule could not be decided.
    Unknown(Vec<Lack>),
    /// The rule is not for this distribution.
    NotApplicable,
}

impl Verdict {
    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Finding(_) => "finding",
            Self::Clear => "clear",
            Self::Unknown(_) => "unknown",
            Self::NotApplicable => "not applicable",
        }
    }

    /// The findings, if it is that.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        match self {
            Self::Finding(findings) => findings,
            Self::Clear | Self::Unknown(_) | Self::NotApplicable => &[],
        }
    }
}

/// The source of a doubt that comes from times: lines without one, or more lines than can be told apart by theirs.
const TIMES: &str = "times of lines";

/// A source that a rule lacks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lack {
    /// `etcd logs`, `Namespace objects`.
    pub source: String,
    /// The node and the reason.
    pub gap: Gap,
}

/// A rule that fires on one group.
#[derive(Debug)]
pub struct Finding {
    /// The rule's position in the book.
    pub rule: usize,
    /// `group_by` field → value.
    pub group: BTreeMap<String, String>,
    /// An index into [`crate::rule::SEVERITIES`].
    pub severity: usize,
    /// An index into [`crate::rule::CONFIDENCES`].
    pub confidence: usize,
    /// The title.
    pub title: String,
    /// The summary.
    pub summary: String,
    /// The remedy's commands, in the order of its steps.
    pub commands: Vec<Option<String>>,
    /// Records and objects that show it.
    pub count: u64,
    /// From the first to the last of them that has a time.
    pub span: Option<TimeSpan>,
    /// Nodes on which they are.
    pub nodes: BTreeSet<String>,
    /// Values of all fields.
    pub fields: BTreeMap<String, Vec<String>>,
    /// Some of them, with their signal's name.
    pub evidence: Vec<(String, Shown)>,
}

/// Judges all rules, in the order of the book; of each at most `max_groups` groups.
#[must_use]
pub fn judge(
    book: &Rulebook,
    program: &Program<'_>,
    ingested: &Ingested,
    coverage: &Coverage,
    max_groups: u64,
) -> Vec<Judged> {
    let ids = signal_ids(program);
    let judge = Judge::new(ingested, coverage, max_groups);
    let rules: Vec<(usize, &Rule)> = book.rules.iter().enumerate().collect();
    // An indexed collect: the order is that of the book, whatever the threads do.
    rules
        .par_iter()
        .map(|(index, rule)| {
            let start = program.timer().map(Timer::now);
            let (verdict, beyond) = judge.rule(*index, rule, &ids);
            if let (Some(timer), Some(start)) = (program.timer(), start) {
                let judging = timer.now().saturating_sub(start);
                timer.add_rules([(*index, RuleCost { judging, ..RuleCost::default() })]);
            }
            Judged { rule: *index, verdict, beyond }
        })
        .collect()
}

fn signal_ids(program: &Program<'_>) -> BTreeMap<(usize, usize), SignalId> {
    let signals = program.signals().iter().enumerate();
    signals.flat_map(|(id, signal)| signal.users.iter().map(move |user| (*user, id))).collect()
}

/// Most signals have hits in a few streams of thousands.
fn hit_in(ingested: &Ingested) -> BTreeMap<SignalId, Vec<usize>> {
    let mut hit_in: BTreeMap<SignalId, Vec<usize>> = BTreeMap::new();
    for (index, hits) in ingested.hits.iter().enumerate() {
        hits.keys().for_each(|id| hit_in.entry(*id).or_default().push(index));
    }
    hit_in
}

struct Judge<'a> {
    ingested: &'a Ingested,
    /// The streams in which each signal has hits, in order.
    hit_in: BTreeMap<SignalId, Vec<usize>>,
    coverage: &'a Coverage,
    evaluator: evaluate::Evaluator,
    texts: text::Texts,
    max_groups: usize,
}

impl<'a> Judge<'a> {
    fn new(ingested: &'a Ingested, coverage: &'a Coverage, max_groups: u64) -> Self {
        Self {
            ingested,
            hit_in: hit_in(ingested),
            coverage,
            evaluator: evaluate::Evaluator::new(&ingested.bundle),
            texts: text::Texts::new(&ingested.bundle),
            max_groups: usize::try_from(max_groups).unwrap_or(usize::MAX),
        }
    }

    /// The verdict of a rule, and how many of its groups are beyond the limit.
    fn rule(&self, index: usize, rule: &Rule, ids: &BTreeMap<(usize, usize), SignalId>) -> (Verdict, usize) {
        let bundle = &self.ingested.bundle;
        if bundle.distribution != UNKNOWN
            && !rule.distributions.is_empty()
            && !rule.distributions.contains(&bundle.distribution)
        {
            return (Verdict::NotApplicable, 0);
        }
        let found = self.found(index, rule, ids);
        let (keys, beyond) = group::groups(&found, self.max_groups);
        let mut findings = Vec::new();
        let mut lacks: BTreeSet<Lack> = BTreeSet::new();
        let mut undecided = false;
        for key in keys {
            let (values, doubts) = self.values(rule, &found, Some(&key));
            match self.evaluator.when(&rule.when, &values) {
                Answer::True => {
                    findings.push(self.finding(index, rule, key.as_deref().unwrap_or_default(), &values))
                }
                Answer::Unknown => {
                    undecided = true;
                    lacks.extend(doubts);
                }
                Answer::False => {}
            }
        }
        if !findings.is_empty() {
            return (Verdict::Finding(findings), beyond);
        }
        // A group that nobody has seen may be in what is missing. Where nothing was seen at all, it has been judged.
        if found.iter().any(|found| !found.is_empty()) {
            let (nothing, _) = self.values(rule, &found, None);
            undecided |= self.evaluator.when(&rule.when, &nothing) == Answer::Unknown;
        }
        if undecided {
            lacks.extend(found.into_iter().flat_map(|found| found.lacks));
            (Verdict::Unknown(lacks.into_iter().collect()), beyond)
        } else {
            (Verdict::Clear, beyond)
        }
    }

    /// The hits of each signal of a rule.
    fn found<'r>(
        &self,
        index: usize,
        rule: &'r Rule,
        ids: &BTreeMap<(usize, usize), SignalId>,
    ) -> Vec<Found<'r>> {
        let signals = rule.signals.iter().enumerate();
        signals.map(|(position, signal)| self.found_of(rule, signal, ids.get(&(index, position)))).collect()
    }

    /// The hits of one signal. Those of a derived one are found group by group.
    fn found_of<'r>(&self, rule: &Rule, signal: &'r Signal, id: Option<&SignalId>) -> Found<'r> {
        let (mut contributions, mut lacks): (Vec<Contribution>, Vec<Lack>) = match &signal.source {
            SignalSource::Logs(logs) => {
                let mut lacks = self.log_lacks(&logs.components);
                let contributions = self.records(rule, logs, id, &mut lacks);
                (contributions, lacks)
            }
            SignalSource::Objects(objects) => self.objects(rule, objects),
            SignalSource::Derived(_) => (Vec::new(), Vec::new()),
        };
        if !signal.nodes.is_empty() {
            contributions.retain(|contribution| self.is_on(contribution.node.as_deref(), &signal.nodes));
            lacks.retain(|lack| self.is_on(lack.gap.node.as_deref(), &signal.nodes));
        }
        let mut lacks: BTreeSet<Lack> = lacks.into_iter().collect();
        if let (Some(recent), SignalSource::Logs(logs)) = (signal.recent, &signal.source) {
            lacks.extend(self.too_short(&self.covered(&logs.components), recent));
        }
        let contributions = self.recent(signal, contributions, &mut lacks);
        Found::new(signal, contributions, lacks)
    }

    /// The value of each signal in one group (none: a group of which nothing was seen), and why some may be more.
    fn values(
        &self,
        rule: &Rule,
        found: &[Found<'_>],
        key: Option<&Key>,
    ) -> (Vec<SignalValue>, BTreeSet<Lack>) {
        let mut members: Vec<Members<'_>> =
            found.iter().map(|found| key.map_or_else(Vec::new, |key| found.members(key))).collect();
        let mut sources: Vec<Sources> = found.iter().map(|found| self.sources(found)).collect();
        for position in &rule.order {
            let Some(Found { signal, .. }) = found.get(*position) else { continue };
            let SignalSource::Derived(derived) = &signal.source else { continue };
            let other = derived.relation.as_ref().map(|relation| relation.other);
            let of_other = other.and_then(|other| sources.get(other)).cloned().unwrap_or_default();
            let nobody = Members::new();
            let other = other.and_then(|other| members.get(other)).unwrap_or(&nobody);
            let Some(of) = members.get(derived.of) else { continue };
            let mut out = derive::derive(derived, of, other, &of_other);
            if !signal.nodes.is_empty() {
                out.contributions.retain(|part| self.is_on(part.node.as_deref(), &signal.nodes));
            }
            let contributions = self.recent(signal, out.contributions, &mut out.doubts);
            let mut own = sources.get(derived.of).cloned().unwrap_or_default();
            own.lacks.extend(out.doubts);
            own.lacks.extend(of_other.lacks);
            if let (Some(members), Some(sources)) = (members.get_mut(*position), sources.get_mut(*position)) {
                *members = contributions.into_iter().map(std::borrow::Cow::Owned).collect();
                *sources = own;
            }
        }
        let values = found.iter().zip(&members).zip(&sources).map(|((found, members), sources)| {
            let signal = found.signal;
            let hits = members.iter().map(std::borrow::Cow::as_ref);
            let value = SignalValue::sum(&signal.name, signal.window, !sources.lacks.is_empty(), hits);
            SignalValue { context: signal.context, part_of_other: signal.part_of_other, ..value }
        });
        let values: Vec<SignalValue> = values.collect();
        let mut doubts: BTreeSet<Lack> = sources.into_iter().flat_map(|sources| sources.lacks).collect();
        let asks = |value: &SignalValue| rule.when.paths(&value.name).contains("peak");
        doubts.extend(values.iter().filter_map(|value| value.doubt().filter(|_| asks(value))));
        (values, doubts)
    }

    fn records(
        &self,
        rule: &Rule,
        logs: &LogSignal,
        id: Option<&SignalId>,
        lacks: &mut Vec<Lack>,
    ) -> Vec<Contribution> {
        let Some(id) = id else { return Vec::new() };
        let bundle = &self.ingested.bundle;
        let mut contributions = Vec::new();
        for index in self.hit_in.get(id).into_iter().flatten() {
            let stream = bundle.streams.get(*index).filter(|stream| !stream.is_copy);
            let hits = self.ingested.hits.get(*index).and_then(|hits| hits.get(id));
            let Some((stream, hits)) = stream.zip(hits) else { continue };
            // Groups beyond the limit are said for the whole bundle; hits that are compared with others are missed here.
            if hits.beyond > 0 && logs.keys.len() > rule.group_by.len() {
                let reason = "there are lines with more different values than are kept apart".to_owned();
                let gap = Gap { node: stream.node.clone(), reason };
                lacks.push(Lack { source: format!("{} logs", logs.components.join(", ")), gap });
            }
            for (key, group) in &hits.groups {
                contributions.push(signal::of_records(bundle, rule, stream, &logs.keys, key, group));
            }
        }
        contributions
    }

    fn objects(&self, rule: &Rule, signal: &crate::rule::ObjectSignal) -> (Vec<Contribution>, Vec<Lack>) {
        let source = format!("{} objects", signal.kind);
        let mut lacks: Vec<Lack> = self
            .coverage
            .object_gaps(&signal.kind)
            .into_iter()
            .map(|gap| Lack { source: source.clone(), gap })
            .collect();
        let judged = objects::of_objects(&self.ingested.bundle, &self.evaluator, rule, signal);
        lacks.extend(
            judged
                .unknown
                .into_iter()
                .map(|reason| Lack { source: source.clone(), gap: Gap { node: None, reason } }),
        );
        (judged.contributions, lacks)
    }

    fn finding(&self, index: usize, rule: &Rule, key: &[Option<String>], values: &[SignalValue]) -> Finding {
        let group: BTreeMap<String, String> = rule
            .group_by
            .iter()
            .zip(key)
            .filter_map(|(name, value)| Some((name.clone(), value.clone()?)))
            .collect();
        let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut nodes = BTreeSet::new();
        for value in values {
            for (name, seen) in &value.fields {
                fields.entry(name.clone()).or_default().extend(seen.seen.keys().map(ToString::to_string));
            }
        }
        // What is only compared with is no proof: it must not stretch the finding's time or count.
        let shown = || values.iter().filter(|value| !value.context);
        shown().for_each(|value| nodes.extend(value.nodes.iter().cloned()));
        fields.values_mut().for_each(|values| {
            values.sort();
            values.dedup();
        });
        let span = shown().fold(None, |span, value| TimeSpan::join(span, value.span()));
        let count = shown().filter(|value| !value.part_of_other).map(|value| value.count).sum();
        let step = |scale: &[(usize, Holds)]| {
            let holds = |holds: &Holds| match holds {
                Holds::Always => true,
                Holds::Count(least) => count >= *least,
                Holds::When(condition) => self.evaluator.when(condition, values) == Answer::True,
            };
            let first = scale.iter().find(|(_, step)| holds(step));
            first.or(scale.last()).map_or(0, |(level, _)| *level)
        };
        let scene = text::Scene { values, group: &group, fields: &fields, nodes: &nodes, count, span };
        Finding {
            rule: index,
            severity: step(&rule.severity),
            confidence: step(&rule.confidence),
            title: self.texts.render(&rule.title, &scene),
            summary: self.texts.render(&rule.summary, &scene),
            commands: rule
                .remedy
                .iter()
                .map(|step| step.run.as_ref().map(|run| self.texts.render(run, &scene)))
                .collect(),
            count,
            span,
            evidence: signal::choose(values),
            group,
            nodes,
            fields,
        }
    }
}
