//! From a judged rule to its explanation.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{Clause, Explanation, Found, Group, Missing, Place, Source};
use crate::analysis::describe::of_several;
use crate::base::Untrusted;
use crate::base::stamp::{SECOND, duration_text};
use crate::ingest::Ingested;
use crate::model::Bundle;
use crate::model::coverage::Coverage;
use crate::rule::clause::Node;
use crate::rule::{
    CONFIDENCES, Condition, DerivedSignal, RelationKind, Rule, Rulebook, SEVERITIES, Signal, SignalSource,
};
use crate::scan::Program;
use crate::verdict::evaluate::Evaluator;
use crate::verdict::signal::{Shown, SignalValue};
use crate::verdict::weigh::weigh;
use crate::verdict::{Finding, Verdict, judge};

/// Groups that are shown in full.
const GROUPS_SHOWN: usize = 3;

/// Values of a field that are shown.
const VALUES_SHOWN: usize = 5;

/// Lines that are shown of a signal.
const PLACES_SHOWN: usize = 3;

/// Explains the only rule of a book on one cluster; `None` when the book is empty.
#[must_use]
pub fn explain(
    book: &Rulebook,
    program: &Program<'_>,
    ingested: &Ingested,
    coverage: &Coverage,
    max_groups: u64,
) -> Option<Explanation> {
    let rule = book.rules.first()?;
    let judged = judge(book, program, ingested, coverage, max_groups).into_iter().next()?;
    let weighed = weigh(0, book, program, ingested, coverage, max_groups);
    let scene = Scene { rule, bundle: &ingested.bundle, evaluator: Evaluator::new(&ingested.bundle) };
    let (verdict, findings) = (judged.verdict.name(), judged.verdict.findings());
    let mut groups: Vec<Group> = Vec::new();
    if !matches!(judged.verdict, Verdict::NotApplicable) {
        for (key, values) in weighed.keys.iter().zip(&weighed.groups) {
            groups.push(scene.group(key.as_deref().unwrap_or_default(), values, findings));
        }
    }
    let hits = |group: &Group| group.found.iter().map(|found| found.count).sum::<u64>();
    groups.sort_by_key(|group| (Reverse(rank(group.answer)), Reverse(hits(group))));
    let more_groups = groups.len().saturating_sub(GROUPS_SHOWN);
    groups.truncate(GROUPS_SHOWN);
    let signals =
        rule.signals.iter().map(|signal| Source { name: signal.name.clone(), what: describe(rule, signal) });
    let missing = weighed.lacks.iter().map(|lack| Missing {
        source: lack.source.clone(),
        node: lack.gap.node.as_deref().map(Untrusted::from),
        reason: lack.gap.reason.clone(),
    });
    Some(Explanation {
        rule: rule.id.clone(),
        cluster: of_several(&ingested.bundle),
        verdict,
        when: rule.when.source.clone(),
        groups,
        more_groups,
        signals: signals.collect(),
        missing: missing.collect(),
        collect: if weighed.lacks.is_empty() { Vec::new() } else { rule.collect.clone() },
    })
}

fn rank(answer: &str) -> u8 {
    match answer {
        "true" => 2,
        "unknown" => 1,
        _ => 0,
    }
}

/// What a signal counts, in words.
fn describe(rule: &Rule, signal: &Signal) -> String {
    let name = |position: usize| rule.signals.get(position).map_or("", |signal| signal.name.as_str());
    match &signal.source {
        SignalSource::Logs(logs) => format!("{} logs", logs.components.join(", ")),
        SignalSource::Objects(objects) => format!("{} objects", objects.kind),
        SignalSource::Derived(DerivedSignal { of, tags, relation }) => {
            let mut what = format!("those of {}", name(*of));
            if !tags.is_empty() {
                what.push_str(&format!(" tagged {}", tags.join(" or ")));
            }
            if let Some(relation) = relation {
                let kind = match relation.kind {
                    RelationKind::Near => "near",
                    RelationKind::Before => "before",
                    RelationKind::After => "after",
                    RelationKind::NotFollowedBy => "not followed by",
                    RelationKind::With => "with",
                    RelationKind::Without => "without",
                };
                what.push_str(&format!(" {kind} one of {}", name(relation.other)));
                if let Some(within) = relation.within {
                    what.push_str(&format!(", within {}", duration_text(within as f64 / SECOND as f64)));
                }
                if !relation.same.is_empty() {
                    what.push_str(&format!(", with the same {}", relation.same.join(" and ")));
                }
            }
            what
        }
    }
}

/// The first line of each file, then the second of each, and so on.
fn of_each_file(shown: &[Shown]) -> Vec<&Shown> {
    let mut seen: BTreeMap<usize, usize> = BTreeMap::new();
    let mut ranked: Vec<(usize, &Shown)> = Vec::new();
    for shown in shown {
        let rank = seen.entry(shown.artifact).or_default();
        ranked.push((*rank, shown));
        *rank += 1;
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, shown)| shown).collect()
}

struct Scene<'a> {
    rule: &'a Rule,
    bundle: &'a Bundle,
    evaluator: Evaluator,
}

impl Scene<'_> {
    fn group(&self, key: &[Option<String>], values: &[SignalValue], findings: &[Finding]) -> Group {
        let named = self.rule.group_by.iter().zip(key);
        let key: Vec<(String, Untrusted)> =
            named.filter_map(|(name, value)| Some((name.clone(), value.as_deref()?.into()))).collect();
        let is_mine = |finding: &&Finding| {
            finding.group.len() == key.len()
                && key.iter().all(|(name, value)| finding.group.get(name).is_some_and(|v| v == value.raw()))
        };
        let finding = findings.iter().find(is_mine).map(|finding| {
            let severity = SEVERITIES.get(finding.severity).copied().unwrap_or_default();
            let confidence = CONFIDENCES.get(finding.confidence).copied().unwrap_or_default();
            (severity, confidence, Untrusted::from(finding.title.as_str()))
        });
        Group {
            key,
            answer: self.evaluator.when(&self.rule.when, values).word(),
            finding,
            clauses: self.clauses(values),
            found: self
                .rule
                .signals
                .iter()
                .zip(values)
                .map(|(signal, value)| self.found(signal, value))
                .collect(),
        }
    }

    fn clauses(&self, values: &[SignalValue]) -> Vec<Clause> {
        let source = &self.rule.when.source;
        let node = Node::of(source);
        let clause = |part: &Node| {
            let condition = Condition::compile(source.get(part.range.clone())?).ok()?;
            let answer = self.evaluator.when(&condition, values);
            let compared = self.evaluator.sides(&condition, values);
            let compared = compared.map(|(left, right)| (Untrusted::from(left), Untrusted::from(right)));
            Some(Clause { text: part.text(source), answer: answer.word(), compared })
        };
        node.clauses().into_iter().filter_map(clause).collect()
    }

    fn found(&self, signal: &Signal, value: &SignalValue) -> Found {
        let fields = value.fields.iter().map(|(name, values)| {
            let shown = values.seen.keys().take(VALUES_SHOWN).map(|value| Untrusted::from(value.as_ref()));
            (name.clone(), shown.collect(), values.seen.len())
        });
        let file = |artifact: usize| {
            let path = self.bundle.artifacts.get(artifact).map(|artifact| artifact.path.as_str());
            Untrusted::from(path.unwrap_or_default())
        };
        let evidence = of_each_file(&value.shown).into_iter().take(PLACES_SHOWN).map(|shown| Place {
            file: file(shown.artifact),
            line: shown.line + 1,
            text: shown.text.as_str().into(),
        });
        Found {
            name: signal.name.clone(),
            count: value.count,
            open: value.is_open(),
            peak: value.peak_at.map(|at| (value.peak, signal.window as f64 / SECOND as f64, at)),
            span: value.span().map(|span| (span.first, span.last)),
            nodes: value
                .per_node
                .iter()
                .map(|(node, n)| (node.as_deref().map(Untrusted::from), *n))
                .collect(),
            fields: fields.collect(),
            evidence: evidence.collect(),
        }
    }
}
