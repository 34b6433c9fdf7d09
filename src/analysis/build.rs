//! From the model and its verdicts to the plain result: names resolved, everything in its final order.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::describe::{captures, cluster, coverage, diagnostics, input, of_several, tool};
use super::{
    Analysis, Cluster, Confidence, Evidence, Finding, Missing, Remedy, Risk, SCHEMA, Severity, Unknown,
    Verdict,
};
use crate::base::words::hex;
use crate::base::{Diagnostic, Untrusted, words};
use crate::cause::{self, Link};
use crate::model::Bundle;
use crate::model::coverage::Coverage as Gaps;
use crate::rule::{Rule, Rulebook as Book};
use crate::verdict::signal::Shown;
use crate::verdict::{self, Judged, Lack};

/// Bytes of a fingerprint that are shown: enough for a million findings, short enough for a URL.
const FINGERPRINT_BYTES: usize = 8;

/// One cluster with what was found out about it.
pub struct Judgement<'a> {
    /// The model.
    pub bundle: &'a Bundle,
    /// What it lacks.
    pub gaps: &'a Gaps,
    /// The verdicts, in the order of the book.
    pub judged: Vec<Judged>,
}

/// Builds the result of one or more clusters.
#[must_use]
pub fn build(
    book: &Book,
    clusters: Vec<Judgement<'_>>,
    mut said: Vec<Diagnostic>,
    max_said: u64,
) -> Analysis {
    let bundles: Vec<&Bundle> = clusters.iter().map(|cluster| cluster.bundle).collect();
    let newest = bundles.iter().copied().max_by_key(|bundle| bundle.captured_at);
    let (captured_at, captured_at_source) =
        newest.map(|bundle| (bundle.captured_at, bundle.captured_at_source.clone())).unwrap_or_default();
    let descriptions: Vec<Cluster> = bundles.iter().map(|bundle| cluster(bundle)).collect();
    let inputs: BTreeSet<&crate::model::InputRead> =
        bundles.iter().flat_map(|bundle| &bundle.inputs).collect();
    said.extend(bundles.iter().flat_map(|bundle| bundle.diagnostics.iter().cloned()));
    let captures = bundles.iter().flat_map(|bundle| captures(bundle)).collect();
    let mut coverage_rows = Vec::new();
    let mut verdicts = Verdicts::default();
    for Judgement { bundle, gaps, judged } in clusters {
        coverage_rows.extend(coverage(book, bundle, gaps));
        said.extend(judged.iter().filter_map(|judged| too_many_groups(book, judged)));
        verdicts.add(book, bundle, judged);
    }
    let Verdicts { mut findings, unknown, clear, .. } = verdicts;
    // The worst cluster first; within one, causes stand before what they explain.
    findings.sort_by_key(|block| std::cmp::Reverse(block.iter().map(|finding| finding.severity).max()));
    let findings: Vec<Finding> = findings.into_iter().flatten().collect();
    let unknown: Vec<Unknown> = unknown.into_values().collect();
    Analysis {
        schema: SCHEMA,
        tool: tool(book),
        captured_at,
        captured_at_source,
        inputs: inputs.into_iter().map(input).collect(),
        captures,
        cluster: descriptions.first().cloned().unwrap_or_default(),
        clusters: descriptions,
        verdict: headline(&findings, unknown.len()),
        findings,
        clear: clear.into_iter().filter(|id| !unknown.iter().any(|rule| rule.rule == *id)).collect(),
        unknown,
        coverage: coverage_rows,
        diagnostics: diagnostics(said, max_said),
        suppressed: Vec::new(),
    }
}

/// Groups of a rule that were not judged.
fn too_many_groups(book: &Book, judged: &Judged) -> Option<Diagnostic> {
    let rule = book.rules.get(judged.rule).filter(|_| judged.beyond > 0)?;
    let groups = words::count(judged.beyond as u64, "more group");
    let what = format!("`{}` has {groups} than are judged", rule.id);
    Some(Diagnostic::warning("groups", what).limit("max-groups"))
}

/// Verdicts of all clusters. A rule is clear where no cluster leaves it open.
#[derive(Default)]
struct Verdicts {
    /// By cluster.
    findings: Vec<Vec<Finding>>,
    /// By the rule's position in the book.
    unknown: BTreeMap<usize, Unknown>,
    clear: Vec<String>,
}

impl Verdicts {
    fn add(&mut self, book: &Book, bundle: &Bundle, judged: Vec<Judged>) {
        let mut found = Vec::new();
        for Judged { rule: index, verdict, .. } in judged {
            let Some(rule) = book.rules.get(index) else { continue };
            match verdict {
                verdict::Verdict::Finding(findings) => found.extend(findings),
                verdict::Verdict::Clear if !self.clear.contains(&rule.id) => self.clear.push(rule.id.clone()),
                verdict::Verdict::Unknown(lacks) => {
                    let unknown = unknown_of(rule, &lacks);
                    match self.unknown.get_mut(&index) {
                        Some(known) => known.missing.extend(unknown.missing),
                        None => drop(self.unknown.insert(index, unknown)),
                    }
                }
                verdict::Verdict::Clear | verdict::Verdict::NotApplicable => {}
            }
        }
        let fired: BTreeSet<&str> = found
            .iter()
            .filter_map(|finding| book.rules.get(finding.rule))
            .map(|rule| rule.id.as_str())
            .collect();
        self.clear.retain(|id| !fired.contains(id.as_str()));
        self.findings.push(findings_in_order(book, bundle, &found));
    }
}

/// Stable across runs and additions to the rulebook: the rule and the group, and the cluster where there are several.
fn fingerprint(rule: &Rule, bundle: &Bundle, finding: &verdict::Finding) -> String {
    let mut digest = Sha256::new();
    digest.update(rule.id.as_bytes());
    if bundle.of_several {
        digest.update([0]);
        digest.update(bundle.title().as_bytes());
    }
    for (name, value) in &finding.group {
        digest.update([0]);
        digest.update(name.as_bytes());
        digest.update([0]);
        digest.update(value.as_bytes());
    }
    hex(digest.finalize().get(..FINGERPRINT_BYTES).unwrap_or_default())
}

/// Root causes first (severity, confidence, earliest), each followed by what it explains, then the rest.
fn findings_in_order(book: &Book, bundle: &Bundle, found: &[verdict::Finding]) -> Vec<Finding> {
    let links = cause::link(book, found);
    let prints: Vec<String> = found
        .iter()
        .map(|f| book.rules.get(f.rule).map(|rule| fingerprint(rule, bundle, f)).unwrap_or_default())
        .collect();
    let mut plain: Vec<Option<Finding>> = found
        .iter()
        .zip(&links)
        .zip(&prints)
        .map(|((finding, link), print)| {
            Some(plain_finding(book.rules.get(finding.rule)?, bundle, finding, link, print, &prints))
        })
        .collect();
    let mut order: Vec<usize> = (0..plain.len()).collect();
    order.sort_by_key(|index| plain.get(*index).and_then(Option::as_ref).map(sort_key));
    let mut out = Vec::new();
    let is_root =
        |index: &usize| plain.get(*index).and_then(Option::as_ref).is_some_and(|finding| finding.root_cause);
    let roots: Vec<usize> = order.iter().copied().filter(is_root).collect();
    for index in roots {
        emit(index, &links, &order, &mut plain, &mut out);
    }
    for index in order.clone() {
        emit(index, &links, &order, &mut plain, &mut out);
    }
    out
}

/// What a finding is sorted by: bad, sure and early ones first; without a time, last.
type SortKey = (
    std::cmp::Reverse<Severity>,
    std::cmp::Reverse<Confidence>,
    bool,
    Option<crate::base::Time>,
    String,
    String,
);

fn sort_key(finding: &Finding) -> SortKey {
    (
        std::cmp::Reverse(finding.severity),
        std::cmp::Reverse(finding.confidence),
        finding.first.is_none(),
        finding.first,
        finding.rule.clone(),
        finding.fingerprint.clone(),
    )
}

/// Puts out a finding and then what it explains, each once.
fn emit(
    index: usize,
    links: &[Link],
    order: &[usize],
    plain: &mut [Option<Finding>],
    out: &mut Vec<Finding>,
) {
    let Some(finding) = plain.get_mut(index).and_then(Option::take) else { return };
    out.push(finding);
    let explains = links.get(index).map(|link| link.explains.as_slice()).unwrap_or_default();
    for next in order.iter().filter(|next| explains.contains(next)) {
        emit(*next, links, order, plain, out);
    }
}

fn plain_finding(
    rule: &Rule,
    bundle: &Bundle,
    finding: &verdict::Finding,
    link: &Link,
    print: &str,
    prints: &[String],
) -> Finding {
    let severity = severity(finding.severity);
    let names = |positions: &[usize]| positions.iter().filter_map(|at| prints.get(*at).cloned()).collect();
    Finding {
        rule: rule.id.clone(),
        aliases: rule.aliases.clone(),
        fingerprint: print.to_owned(),
        cluster: of_several(bundle),
        severity,
        confidence: confidence(finding.confidence),
        title: finding.title.as_str().into(),
        summary: finding.summary.as_str().into(),
        about: rule.about.clone(),
        // What is only worth knowing is nobody's cause.
        root_cause: link.explained_by.is_empty() && severity >= Severity::Warning,
        explained_by: names(&link.explained_by),
        explains: names(&link.explains),
        component: rule.component.clone(),
        layer: rule.layer,
        nodes: finding.nodes.iter().map(|node| node.as_str().into()).collect(),
        entities: finding.group.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect(),
        fields: finding
            .fields
            .iter()
            .map(|(name, values)| (name.clone(), Untrusted::new(values.join(", "))))
            .collect(),
        count: finding.count,
        first: finding.span.map(|span| span.first),
        last: finding.span.map(|span| span.last),
        evidence: finding.evidence.iter().map(|(signal, shown)| evidence(bundle, signal, shown)).collect(),
        remedy: rule
            .remedy
            .iter()
            .zip(&finding.commands)
            .map(|(step, run)| Remedy { step: step.step.clone(), run: run.clone(), risk: risk(&step.risk) })
            .collect(),
        references: rule.references.clone(),
    }
}

fn severity(index: usize) -> Severity {
    [Severity::Info, Severity::Warning, Severity::Error, Severity::Critical]
        .get(index)
        .copied()
        .unwrap_or(Severity::Error)
}

fn confidence(index: usize) -> Confidence {
    [Confidence::Low, Confidence::Medium, Confidence::High].get(index).copied().unwrap_or(Confidence::Low)
}

fn risk(word: &str) -> Risk {
    match word {
        "data-loss" => Risk::DataLoss,
        "disruptive" => Risk::Disruptive,
        _ => Risk::ReadOnly,
    }
}

fn evidence(bundle: &Bundle, signal: &str, shown: &Shown) -> Evidence {
    let own = |lines: &[String]| lines.iter().map(|line| line.as_str().into()).collect();
    Evidence {
        node: shown.node.as_deref().map(Untrusted::from),
        file: bundle
            .artifacts
            .get(shown.artifact)
            .map(|artifact| artifact.path.as_str().into())
            .unwrap_or_default(),
        line: shown.line + 1,
        offset: shown.offset,
        time: shown.time,
        text: shown.text.as_str().into(),
        context_before: own(&shown.before),
        context_after: own(&shown.after),
        signal: signal.to_owned(),
    }
}

fn unknown_of(rule: &Rule, lacks: &[Lack]) -> Unknown {
    let missing = lacks.iter().map(|lack| Missing {
        source: lack.source.clone(),
        node: lack.gap.node.as_deref().map(Untrusted::from),
        reason: lack.gap.reason.clone(),
        collect: rule.collect.clone(),
    });
    Unknown { rule: rule.id.clone(), title: words::sentence(&rule.id), missing: missing.collect() }
}

fn headline(findings: &[Finding], unknown_rules: usize) -> Verdict {
    let roots: Vec<&Finding> = findings.iter().filter(|finding| finding.root_cause).collect();
    let serious = roots.first().filter(|root| root.severity >= Severity::Error);
    let headline = match (serious, roots.first()) {
        (Some(root), _) => {
            let explained = count_explained(findings, root);
            let follows = if explained == 0 {
                String::new()
            } else {
                format!("; it explains {}", words::count(explained, "other finding"))
            };
            format!("{}{follows}", root.title.raw())
        }
        (None, Some(root)) => format!("Nothing grave was found; the worst is: {}", root.title.raw()),
        (None, None) if unknown_rules > 0 => "Nothing was found in what could be checked".to_owned(),
        (None, None) => "Nothing was found".to_owned(),
    };
    Verdict {
        headline: headline.into(),
        worst: findings.iter().map(|finding| finding.severity).max(),
        root_causes: roots.iter().map(|root| root.fingerprint.clone()).collect(),
        unknown_rules,
    }
}

/// How many findings lie under a root, directly or not.
fn count_explained(findings: &[Finding], root: &Finding) -> u64 {
    let by_print: BTreeMap<&str, &Finding> = findings.iter().map(|f| (f.fingerprint.as_str(), f)).collect();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut open: Vec<&str> = root.explains.iter().map(String::as_str).collect();
    while let Some(print) = open.pop() {
        if seen.insert(print)
            && let Some(finding) = by_print.get(print)
        {
            open.extend(finding.explains.iter().map(String::as_str));
        }
    }
    seen.len() as u64
}
