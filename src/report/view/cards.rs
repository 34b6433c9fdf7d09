//! Findings as cards: which is folded below which, and how much of their evidence is shown.

use std::collections::{BTreeMap, BTreeSet};

use super::{Card, Detail, Fact, Line, Pointer, Proof, Reference, Step, moment, raw, risk, slug, symbol};
use crate::analysis::{Analysis, Evidence, Finding};
use crate::base::stamp::duration_text;
use crate::base::{Untrusted, words};
use crate::report::{command, prose};

/// Root causes with the indices of what is folded below each, and the indices of the rest.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tree {
    /// A root cause, what is folded below it, and what it explains that is folded below an earlier one.
    pub causes: Vec<(usize, Vec<usize>, Vec<usize>)>,
    /// Findings that are neither.
    pub others: Vec<usize>,
}

/// Folds each finding below the first root cause that explains it, however long the chain.
pub(super) fn tree(findings: &[Finding]) -> Tree {
    let index: BTreeMap<&str, usize> =
        findings.iter().enumerate().map(|(i, finding)| (finding.fingerprint.as_str(), i)).collect();
    let mut below: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); findings.len()];
    for (i, finding) in findings.iter().enumerate() {
        let explained = finding.explains.iter().filter_map(|f| index.get(f.as_str())).map(|j| (i, *j));
        let explaining = finding.explained_by.iter().filter_map(|f| index.get(f.as_str())).map(|j| (*j, i));
        for (cause, effect) in explained.chain(explaining) {
            if let Some(effects) = below.get_mut(cause) {
                effects.insert(effect);
            }
        }
    }
    let is_root = |i: usize| findings.get(i).is_some_and(|finding| finding.root_cause);
    let mut folded = BTreeSet::new();
    let mut causes = Vec::new();
    for root in (0..findings.len()).filter(|i| is_root(*i)) {
        let reached = reachable(root, &below);
        let (mut own, mut also) = (Vec::new(), Vec::new());
        for effect in reached.into_iter().filter(|i| !is_root(*i)) {
            if folded.insert(effect) { own.push(effect) } else { also.push(effect) }
        }
        causes.push((root, own, also));
    }
    let others = (0..findings.len()).filter(|i| !is_root(*i) && !folded.contains(i)).collect();
    Tree { causes, others }
}

fn reachable(from: usize, below: &[BTreeSet<usize>]) -> BTreeSet<usize> {
    let mut seen = BTreeSet::new();
    let mut queue = vec![from];
    while let Some(at) = queue.pop() {
        for next in below.get(at).into_iter().flatten() {
            if *next != from && seen.insert(*next) {
                queue.push(*next);
            }
        }
    }
    seen
}

/// The cards of the root causes, and those of the findings that are neither cause nor consequence.
pub(super) fn cards(analysis: &Analysis, tree: &Tree, detail: Detail) -> (Vec<Card>, Vec<Card>) {
    let mut cards = Cards { analysis, detail, bytes: detail.bytes };
    let causes = tree.causes.iter().filter_map(|(root, own, also)| cards.cause(*root, own, also)).collect();
    let others = tree.others.iter().filter_map(|i| cards.card(*i, None)).collect();
    (causes, others)
}

/// Builds cards while the bytes for evidence last.
struct Cards<'a> {
    analysis: &'a Analysis,
    detail: Detail,
    bytes: usize,
}

impl Cards<'_> {
    fn cause(&mut self, root: usize, own: &[usize], also: &[usize]) -> Option<Card> {
        let mut card = self.card(root, None)?;
        card.consequences = own.iter().filter_map(|i| self.card(*i, Some(root))).collect();
        card.also = also.iter().filter_map(|i| self.analysis.findings.get(*i)).map(pointer).collect();
        Some(card)
    }

    fn card(&mut self, at: usize, below: Option<usize>) -> Option<Card> {
        let finding = self.analysis.findings.get(at)?;
        let parent = below.and_then(|i| self.analysis.findings.get(i));
        let (evidence, shown) = self.evidence(finding);
        let lasted = finding.first.zip(finding.last).filter(|(first, last)| last > first);
        Some(Card {
            anchor: anchor(&finding.fingerprint),
            rule: finding.rule.clone(),
            fingerprint: finding.fingerprint.clone(),
            severity: finding.severity.name(),
            symbol: symbol(finding.severity),
            confidence: finding.confidence.name(),
            title: finding.title.raw().to_owned(),
            summary: finding.summary.raw().to_owned(),
            about: finding.about.clone(),
            component: finding.component.clone(),
            layer: layer(finding.layer),
            nodes: raw(&finding.nodes),
            values: values(finding),
            count: format!("{}×", words::grouped(finding.count)),
            first: moment(finding.first),
            last: moment(finding.last),
            lasted: lasted.map(|(first, last)| duration_text(last.seconds_since(first))),
            evidence,
            shown,
            remedy: finding
                .remedy
                .iter()
                .map(|step| Step { step: step.step.clone(), run: step.run.clone(), risk: risk(step.risk) })
                .collect(),
            references: finding
                .references
                .iter()
                .map(|url| Reference { url: url.clone(), link: prose::allowed(url).is_some() })
                .collect(),
            consequences: Vec::new(),
            also: Vec::new(),
            explained_by: self
                .analysis
                .findings
                .iter()
                .filter(|other| finding.explained_by.contains(&other.fingerprint))
                .filter(|other| parent.is_none_or(|parent| parent.fingerprint != other.fingerprint))
                .map(pointer)
                .collect(),
        })
    }

    /// The evidence that is shown, and a word about what is not.
    fn evidence(&mut self, finding: &Finding) -> (Vec<Proof>, Option<String>) {
        let most = if finding.root_cause { self.detail.root } else { self.detail.other };
        let mut proofs: Vec<Proof> = Vec::new();
        for evidence in one_of_each_file_first(&finding.evidence).take(most) {
            let spent = self.bytes == 0;
            if spent && !proofs.is_empty() {
                break;
            }
            let context = if spent { 0 } else { self.detail.context };
            let mut proof = proof(evidence, self.analysis, context, self.detail.width);
            if spent {
                proof.lines.iter_mut().for_each(|line| line.text = cut(&line.text, 300));
            }
            let size: usize = proof.lines.iter().map(|line| printed_bytes(&line.text)).sum();
            self.bytes = self.bytes.saturating_sub(size);
            proofs.push(proof);
        }
        let all = finding.count.max(finding.evidence.len() as u64);
        let shown =
            (all > proofs.len() as u64).then(|| format!("{} of {} shown", proofs.len(), words::grouped(all)));
        (proofs, shown)
    }
}

/// The bytes that a line takes in a format that escapes and frames it, roughly.
fn printed_bytes(text: &str) -> usize {
    let escaped = text.chars().filter(|c| matches!(c, '<' | '>' | '&' | '"' | '\'')).count();
    text.len() + 4 * escaped + 80
}

fn pointer(finding: &Finding) -> Pointer {
    Pointer {
        anchor: anchor(&finding.fingerprint),
        symbol: symbol(finding.severity),
        severity: finding.severity.name(),
        title: finding.title.raw().to_owned(),
    }
}

/// Entities and fields of a finding, each name once.
fn values(finding: &Finding) -> Vec<Fact> {
    let mut all: BTreeMap<&String, &Untrusted> = finding.fields.iter().collect();
    all.extend(finding.entities.iter());
    all.into_iter().map(|(label, text)| Fact { label: label.clone(), text: text.raw().to_owned() }).collect()
}

/// The first line of each file, then the others: where little room is, each node still has its say.
fn one_of_each_file_first(evidence: &[Evidence]) -> impl Iterator<Item = &Evidence> {
    let mut files = BTreeSet::new();
    let (first, rest): (Vec<&Evidence>, Vec<&Evidence>) =
        evidence.iter().partition(|evidence| files.insert(evidence.file.raw()));
    first.into_iter().chain(rest)
}

fn proof(evidence: &Evidence, analysis: &Analysis, context: usize, width: usize) -> Proof {
    let n_before = evidence.context_before.len().min(context);
    let skipped = evidence.context_before.len() - n_before;
    let before =
        evidence.context_before.iter().skip(skipped).zip(evidence.line.saturating_sub(n_before as u64)..);
    let after = evidence.context_after.iter().take(context).zip(evidence.line + 1..);
    let line = |(text, n): (&Untrusted, u64)| Line { n, text: cut(text.raw(), width), hit: false };
    let hit = Line { n: evidence.line, text: evidence.text.raw().to_owned(), hit: true };
    Proof {
        node: evidence.node.as_ref().map(|node| node.raw().to_owned()),
        file: evidence.file.raw().to_owned(),
        line: evidence.line,
        offset: words::grouped(evidence.offset),
        time: moment(evidence.time),
        signal: evidence.signal.clone(),
        lines: before.map(line).chain([hit]).chain(after.map(line)).collect(),
        command: command::print_line(evidence, &analysis.inputs),
    }
}

/// At most `most` characters, with an ellipsis for the rest.
fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The name of a layer of the cluster.
fn layer(layer: u8) -> &'static str {
    match layer {
        0 => "host or operator",
        1 => "network, time, space",
        2 => "certificates",
        3 => "datastore",
        4 => "API server and runtime",
        5 => "kubelet, scheduler, webhooks",
        _ => "agents and workloads",
    }
}

/// The anchor of a finding: its fingerprint.
fn anchor(fingerprint: &str) -> String {
    format!("f-{}", slug(fingerprint))
}
