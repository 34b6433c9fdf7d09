//! Rules × model → verdicts: finding, clear, or unknown with what is missing.

pub mod evaluate;
pub mod objects;
pub mod signal;
pub mod text;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::artifact::component::{self, Runs};
use crate::base::TimeSpan;
use crate::ingest::Ingested;
use crate::model::UNKNOWN;
use crate::model::coverage::{Coverage, Gap};
use crate::rule::{ANY, Answer, Holds, Rule, Rulebook, SignalSource};
use crate::scan::{Program, SignalId};
use signal::{Contribution, Shown, SignalValue};

/// What a rule came to on one bundle.
#[derive(Debug)]
pub struct Judged {
    /// The rule's position in the book.
    pub rule: usize,
    /// The verdict.
    pub verdict: Verdict,
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

/// Judges all rules, in the order of the book.
#[must_use]
pub fn judge(
    book: &Rulebook,
    program: &Program<'_>,
    ingested: &Ingested,
    coverage: &Coverage,
) -> Vec<Judged> {
    let ids = signal_ids(program);
    let judge = Judge {
        ingested,
        coverage,
        evaluator: evaluate::Evaluator::new(&ingested.bundle),
        texts: text::Texts::new(&ingested.bundle),
    };
    let rules: Vec<(usize, &Rule)> = book.rules.iter().enumerate().collect();
    // An indexed collect: the order is that of the book, whatever the threads do.
    rules
        .par_iter()
        .map(|(index, rule)| Judged { rule: *index, verdict: judge.rule(*index, rule, &ids) })
        .collect()
}

fn signal_ids(program: &Program<'_>) -> BTreeMap<(usize, usize), SignalId> {
    program.signals().iter().enumerate().map(|(id, signal)| ((signal.rule, signal.signal), id)).collect()
}

struct Judge<'a> {
    ingested: &'a Ingested,
    coverage: &'a Coverage,
    evaluator: evaluate::Evaluator,
    texts: text::Texts,
}

/// What one signal of a rule found, before grouping.
struct Found<'r> {
    name: &'r str,
    window: i64,
    context: bool,
    contributions: Vec<Contribution>,
    lacks: Vec<Lack>,
}

impl Judge<'_> {
    fn rule(&self, index: usize, rule: &Rule, ids: &BTreeMap<(usize, usize), SignalId>) -> Verdict {
        let bundle = &self.ingested.bundle;
        if bundle.distribution != UNKNOWN
            && !rule.distributions.is_empty()
            && !rule.distributions.contains(&bundle.distribution)
        {
            return Verdict::NotApplicable;
        }
        let found: Vec<Found<'_>> = rule
            .signals
            .iter()
            .enumerate()
            .map(|(position, signal)| {
                let (contributions, lacks) = match &signal.source {
                    SignalSource::Logs(logs) => {
                        (self.records(rule, ids.get(&(index, position))), self.log_lacks(&logs.components))
                    }
                    SignalSource::Objects(objects) => self.objects(rule, objects),
                    SignalSource::Derived(_) => Default::default(),
                };
                Found {
                    name: &signal.name,
                    window: signal.window,
                    context: signal.context,
                    contributions,
                    lacks,
                }
            })
            .collect();
        let mut findings = Vec::new();
        let mut undecided = false;
        for key in groups(&found) {
            let values = values_of(&found, |contribution| belongs(contribution, &key));
            match self.evaluator.when(&rule.when, &values) {
                Answer::True => {
                    findings.push(self.finding(index, rule, key.as_deref().unwrap_or_default(), &values))
                }
                Answer::Unknown => undecided = true,
                Answer::False => {}
            }
        }
        if !findings.is_empty() {
            return Verdict::Finding(findings);
        }
        // A group that nobody has seen may be in what is missing.
        let nothing = values_of(&found, |_| false);
        undecided |= self.evaluator.when(&rule.when, &nothing) == Answer::Unknown;
        if undecided {
            let lacks: BTreeSet<Lack> = found.into_iter().flat_map(|found| found.lacks).collect();
            Verdict::Unknown(lacks.into_iter().collect())
        } else {
            Verdict::Clear
        }
    }

    fn records(&self, rule: &Rule, id: Option<&SignalId>) -> Vec<Contribution> {
        let Some(id) = id else { return Vec::new() };
        let bundle = &self.ingested.bundle;
        let mut contributions = Vec::new();
        for (stream, hits) in bundle.streams.iter().zip(&self.ingested.hits) {
            let Some(hits) = hits.get(id).filter(|_| !stream.is_copy) else { continue };
            for (key, group) in &hits.groups {
                contributions.push(signal::of_records(bundle, rule, stream, key, group));
            }
        }
        contributions
    }

    fn log_lacks(&self, components: &[String]) -> Vec<Lack> {
        let any = components.iter().any(|component| component == ANY);
        let mut named: Vec<&String> =
            if any { self.coverage.logs.keys().collect() } else { components.iter().collect() };
        // A source that nobody expects is missed only by a rule that has no other.
        let expected = |name: &String| component::find(name).is_none_or(|about| about.runs != Runs::Anywhere);
        if named.iter().any(|name| expected(name)) {
            named.retain(|name| expected(name));
        }
        let of = |component: &String| {
            let source = format!("{component} logs");
            self.coverage.log_gaps(component).into_iter().map(move |gap| Lack { source: source.clone(), gap })
        };
        named.into_iter().flat_map(of).collect()
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
        let count = shown().map(|value| value.count).sum();
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

/// A group's key; `None` for the one group of a rule that groups by nothing or of which no hit says its group.
type Key = Option<Vec<Option<String>>>;

/// The groups that the contributions speak of.
fn groups(found: &[Found<'_>]) -> Vec<Key> {
    let full: BTreeSet<&Vec<Option<String>>> = found
        .iter()
        .flat_map(|found| &found.contributions)
        .map(|contribution| &contribution.key)
        .filter(|key| !key.is_empty() && key.iter().all(Option::is_some))
        .collect();
    if full.is_empty() { vec![None] } else { full.into_iter().cloned().map(Some).collect() }
}

/// Whether a contribution is of a group. One that does not say its group belongs to every group.
fn belongs(contribution: &Contribution, key: &Key) -> bool {
    let Some(key) = key else { return true };
    contribution.key.iter().zip(key).all(|(a, b)| a.is_none() || a == b)
}

/// The value of each signal over the contributions that `mine` takes.
fn values_of(found: &[Found<'_>], mine: impl Fn(&Contribution) -> bool) -> Vec<SignalValue> {
    found
        .iter()
        .map(|found| {
            let mine = found.contributions.iter().filter(|contribution| mine(contribution));
            let value = SignalValue::sum(found.name, found.window, !found.lacks.is_empty(), mine);
            SignalValue { context: found.context, ..value }
        })
        .collect()
}
