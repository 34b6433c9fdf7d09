//! The result arranged for reading: what is folded below what, which words say it, which command proves it.
//!
//! All formats for people are written from here. The strings are as the bundle had them; escaping belongs to the
//! format that prints them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::command;
use crate::analysis::{Analysis, Confidence, Evidence, Finding, Risk, Severity, State};
use crate::base::stamp::duration_text;
use crate::base::{Time, Untrusted, words};

/// How much of the evidence a format shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Detail {
    /// Lines of evidence of a root cause.
    pub root: usize,
    /// Lines of evidence of any other finding.
    pub other: usize,
    /// Lines of context on each side.
    pub context: usize,
    /// Characters of one line of context.
    pub width: usize,
    /// Bytes of all evidence together; beyond it, one bare line a finding remains.
    pub bytes: usize,
}

/// Everything a template prints.
#[derive(Debug, Serialize)]
pub(super) struct View {
    pub tool: String,
    pub title: String,
    pub worst: &'static str,
    pub symbol: &'static str,
    pub headline: String,
    pub lines: Vec<Fact>,
    pub subject: Vec<String>,
    pub causes: Vec<Card>,
    pub others: Vec<Card>,
    pub n_findings: usize,
    pub gaps: Vec<Gap>,
    pub unknown: usize,
    pub clear: Vec<String>,
    pub coverage: Vec<Row>,
    pub cluster_wide: Vec<Cell>,
    pub columns: Vec<String>,
    pub nodes: Vec<NodeRow>,
    pub distribution: String,
    pub versions: Vec<Fact>,
    pub diagnostics: Vec<Note>,
    pub suppressed: Vec<Fact>,
    pub inputs: Vec<InputRow>,
    pub provenance: Vec<Fact>,
}

/// A label and what it says.
#[derive(Debug, Serialize)]
pub(super) struct Fact {
    pub label: String,
    pub text: String,
}

/// An instant for machines and for people.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Moment {
    pub iso: String,
    pub text: String,
    /// Month, day, hour and minute, for narrow cells.
    pub short: String,
}

/// One finding with everything below it.
#[derive(Debug, Serialize)]
pub(super) struct Card {
    pub anchor: String,
    pub rule: String,
    pub fingerprint: String,
    pub severity: &'static str,
    pub symbol: &'static str,
    pub confidence: &'static str,
    pub title: String,
    pub summary: String,
    pub about: String,
    pub component: String,
    pub layer: &'static str,
    pub nodes: Vec<String>,
    pub values: Vec<Fact>,
    pub count: String,
    pub first: Option<Moment>,
    pub last: Option<Moment>,
    pub lasted: Option<String>,
    pub evidence: Vec<Proof>,
    /// `3 of 12,431 shown`, when not all are.
    pub shown: Option<String>,
    pub remedy: Vec<Step>,
    pub references: Vec<Reference>,
    pub consequences: Vec<Card>,
    /// Findings that it explains and that are folded below another root cause.
    pub also: Vec<Pointer>,
    /// What explains it, when that is not the card that it is folded below.
    pub explained_by: Vec<Pointer>,
}

/// A finding named elsewhere.
#[derive(Debug, Serialize)]
pub(super) struct Pointer {
    pub anchor: String,
    pub symbol: &'static str,
    pub severity: &'static str,
    pub title: String,
}

/// One line of evidence.
#[derive(Debug, Serialize)]
pub(super) struct Proof {
    pub node: Option<String>,
    pub file: String,
    pub line: u64,
    pub offset: String,
    pub time: Option<Moment>,
    pub signal: String,
    pub lines: Vec<Line>,
    pub command: Option<String>,
}

/// A line of the bundle with its number.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    pub n: u64,
    pub text: String,
    pub hit: bool,
}

/// One step of a remedy.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    pub step: String,
    pub run: Option<String>,
    pub risk: &'static str,
}

/// An address of the rulebook; `link` when it may be followed.
#[derive(Debug, Serialize)]
pub(super) struct Reference {
    pub url: String,
    pub link: bool,
}

/// A missing source, and which rules wait for it.
#[derive(Debug, Serialize)]
pub(super) struct Gap {
    pub anchor: String,
    pub source: String,
    /// `not collected: node-2 and node-3`.
    pub reasons: Vec<Fact>,
    pub rules: Vec<Fact>,
    pub waiting: String,
    pub collect: Vec<String>,
}

impl Gap {
    /// The source, and the nodes where that is all there is to say.
    fn named(&self) -> String {
        match self.reasons.as_slice() {
            [only] if !only.label.is_empty() && only.label.len() <= 60 => {
                format!("{} of {}", self.source, only.label)
            }
            _ => self.source.clone(),
        }
    }
}

/// A source in the coverage matrix.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub source: String,
    pub cells: Vec<Option<Cell>>,
}

/// What the bundle holds of a source.
#[derive(Debug, Serialize)]
pub(super) struct Cell {
    pub source: String,
    pub state: &'static str,
    pub symbol: &'static str,
    /// `12,431 lines`, or the word of the state.
    pub text: String,
    pub first: Option<Moment>,
    pub last: Option<Moment>,
    pub gaps: usize,
    /// The anchor of the [`Gap`] of this source.
    pub gap: Option<String>,
}

/// A node in the inventory.
#[derive(Debug, Serialize)]
pub(super) struct NodeRow {
    pub name: String,
    pub roles: String,
    pub addresses: Vec<String>,
    pub versions: Vec<Fact>,
    pub captured: Option<Moment>,
    pub skew: Option<String>,
}

/// A diagnostic.
#[derive(Debug, Serialize)]
pub(super) struct Note {
    pub severity: &'static str,
    pub symbol: &'static str,
    pub code: &'static str,
    pub place: String,
    pub message: String,
    pub help: String,
}

/// An input in the provenance.
#[derive(Debug, Serialize)]
pub(super) struct InputRow {
    pub path: String,
    pub bytes: String,
    pub members: String,
    pub sha256: String,
}

/// The shape that goes with a severity, so that colour is never alone.
pub(super) fn symbol(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "◆",
        Severity::Error => "●",
        Severity::Warning => "▲",
        Severity::Info => "○",
    }
}

/// How sure a finding is, in words.
pub(super) fn certainty(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "high confidence: nothing else looks like this",
        Confidence::Medium => "medium confidence: likely, not certain",
        Confidence::Low => "low confidence: one reading among several",
    }
}

/// The name of a layer of the cluster.
pub(super) fn layer(layer: u8) -> &'static str {
    match layer {
        0 => "host",
        1 => "network, time, space",
        2 => "certificates",
        3 => "datastore",
        4 => "API server and runtime",
        5 => "kubelet, scheduler, webhooks",
        _ => "agents and workloads",
    }
}

fn risk(risk: Risk) -> &'static str {
    match risk {
        Risk::ReadOnly => "read-only",
        Risk::Disruptive => "disruptive",
        Risk::DataLoss => "data-loss",
    }
}

fn moment(time: Option<Time>) -> Option<Moment> {
    let short = |text: &str| text.get(5..16).unwrap_or(text).to_owned();
    time.map(|time| {
        let text = time.to_seconds_text();
        Moment { iso: time.to_string(), short: short(&text), text }
    })
}

fn raw(texts: &[Untrusted]) -> Vec<String> {
    texts.iter().map(|text| text.raw().to_owned()).collect()
}

/// Letters, digits, `-`, `_` and `.` stay; everything else, which an address could misread, becomes `-`.
fn slug(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '.') { c } else { '-' }).collect()
}

/// The anchor of a finding: its fingerprint.
fn anchor(fingerprint: &str) -> String {
    format!("f-{}", slug(fingerprint))
}

fn gap_anchor(source: &str) -> String {
    format!("missing-{}", slug(&source.to_lowercase()))
}

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

/// Arranges the result.
pub(super) fn view(analysis: &Analysis, detail: Detail) -> View {
    let tree = tree(&analysis.findings);
    let mut cards = Cards { analysis, detail, bytes: detail.bytes };
    let causes: Vec<Card> =
        tree.causes.iter().filter_map(|(root, own, also)| cards.cause(*root, own, also)).collect();
    let others: Vec<Card> = tree.others.iter().filter_map(|i| cards.card(*i, None)).collect();
    let gaps = gaps(analysis);
    let columns = columns(analysis);
    let worst = analysis.verdict.worst;
    let headline = headline(analysis);
    View {
        tool: format!("{} {}", analysis.tool.name, analysis.tool.version),
        title: match worst {
            Some(severity) => format!("{} {}: {headline}", symbol(severity), severity.name()),
            None => headline.clone(),
        },
        worst: worst.map_or("none", Severity::name),
        symbol: worst.map_or("◇", symbol),
        headline,
        lines: verdict_lines(analysis, &tree, &gaps),
        subject: subject(analysis),
        causes,
        others,
        n_findings: analysis.findings.len(),
        unknown: analysis.unknown.len(),
        clear: analysis.clear.clone(),
        coverage: coverage(analysis, &columns, &gaps),
        cluster_wide: analysis
            .coverage
            .iter()
            .filter(|entry| entry.node.is_none())
            .map(|entry| cell(entry, &gaps))
            .collect(),
        columns,
        gaps,
        nodes: nodes(analysis),
        distribution: analysis.cluster.distribution.clone(),
        versions: facts(&analysis.cluster.versions),
        diagnostics: diagnostics(analysis),
        suppressed: analysis
            .suppressed
            .iter()
            .map(|s| Fact {
                label: s.fingerprint.clone(),
                text: match &s.expires {
                    Some(date) => format!("{} (until {date})", s.reason),
                    None => s.reason.clone(),
                },
            })
            .collect(),
        inputs: inputs(analysis),
        provenance: provenance(analysis),
    }
}

/// One sentence: what broke first. Never "healthy".
pub(super) fn headline(analysis: &Analysis) -> String {
    let said = analysis.verdict.headline.raw().trim();
    if !said.is_empty() {
        return said.to_owned();
    }
    match (analysis.findings.first(), analysis.clear.is_empty(), analysis.unknown.is_empty()) {
        (Some(finding), _, _) => finding.title.raw().to_owned(),
        (None, true, false) => "Nothing could be checked".to_owned(),
        (None, _, _) => "Nothing found in what could be checked".to_owned(),
    }
}

/// What was analysed, in a few words each: distribution, nodes, capture, inputs.
fn subject(analysis: &Analysis) -> Vec<String> {
    let mut out = Vec::new();
    let cluster = &analysis.cluster;
    if !cluster.distribution.is_empty() && cluster.distribution != "unknown" {
        out.push(cluster.distribution.clone());
    }
    if !cluster.nodes.is_empty() {
        out.push(words::count(cluster.nodes.len() as u64, "node"));
    }
    out.push(match analysis.captured_at {
        Some(time) => format!("captured {} UTC", time.to_seconds_text()),
        None => "time of capture unknown".to_owned(),
    });
    match analysis.inputs.as_slice() {
        [only] => out.push(only.path.raw().to_owned()),
        many => out.push(words::count(many.len() as u64, "input")),
    }
    out
}

/// The lines below the headline; with it there are never more than five.
pub(super) fn verdict_lines(analysis: &Analysis, tree: &Tree, gaps: &[Gap]) -> Vec<Fact> {
    let fact = |label: &str, text: String| Fact { label: label.to_owned(), text };
    let leader = tree.causes.first().map(|(root, ..)| *root).or_else(|| tree.others.first().copied());
    let Some(first) = leader.and_then(|i| analysis.findings.get(i)) else {
        return lines_without_findings(analysis, gaps);
    };
    let next = match first.remedy.first() {
        Some(step) if step.risk == Risk::ReadOnly => step.step.clone(),
        Some(step) => format!("{} ({})", step.step, risk(step.risk)),
        None => "Read the evidence below: the rulebook has no remedy for this.".to_owned(),
    };
    vec![
        fact("Since", since(first, analysis.captured_at)),
        fact("Explains", explains(analysis, tree)),
        fact("Do next", next),
        fact(
            "How sure",
            format!("{}. {}", sentence(certainty(first.confidence)), missing_line(analysis, gaps)),
        ),
    ]
}

fn lines_without_findings(analysis: &Analysis, gaps: &[Gap]) -> Vec<Fact> {
    let fact = |label: &str, text: String| Fact { label: label.to_owned(), text };
    let clear = words::count(analysis.clear.len() as u64, "rule");
    let meaning = match (analysis.clear.is_empty(), analysis.unknown.is_empty()) {
        (true, true) => "No rule was asked, so this says nothing about the cluster.".to_owned(),
        (true, false) => {
            "No rule had the data that it needs, so this says nothing about the cluster: neither good nor bad."
                .to_owned()
        }
        (false, _) => format!(
            "{clear} looked at the data and found nothing. That is not proof of health: it speaks only of \
             failures that the rulebook knows."
        ),
    };
    let mut out = vec![fact("Meaning", meaning), fact("Not checked", missing_line(analysis, gaps))];
    if let Some(command) = gaps.iter().find_map(|gap| gap.collect.first()) {
        out.push(fact("Do next", format!("Ask for what is missing, first: {command}")));
    }
    out
}

/// When and where a finding was seen.
fn since(finding: &Finding, captured_at: Option<Time>) -> String {
    let nodes = raw(&finding.nodes);
    let place = if nodes.is_empty() { String::new() } else { format!(", on {}", few(&nodes, 4)) };
    let Some(first) = finding.first else {
        return format!("not known: the evidence carries no time{place}");
    };
    let age = match captured_at {
        Some(captured) if captured >= first => {
            format!(" ({} before the capture)", duration_text(captured.seconds_since(first)))
        }
        _ => String::new(),
    };
    format!("{} UTC{age}{place}", first.to_seconds_text())
}

/// The first `most` of `items`, and how many more there are.
pub(super) fn few(items: &[String], most: usize) -> String {
    if items.len() <= most {
        return words::list(items);
    }
    let shown: Vec<&str> = items.iter().take(most).map(String::as_str).collect();
    format!("{} and {} more", shown.join(", "), words::grouped((items.len() - most) as u64))
}

/// How the findings hang together.
fn explains(analysis: &Analysis, tree: &Tree) -> String {
    let Some((_, own, also)) = tree.causes.first() else {
        return "nothing: no finding here is a cause of another".to_owned();
    };
    let titles: Vec<&str> =
        own.iter().chain(also).filter_map(|i| Some(analysis.findings.get(*i)?.title.raw())).collect();
    let explained = match titles.as_slice() {
        [] => "no other finding".to_owned(),
        [only] => (*only).to_owned(),
        [first, second] => format!("{first}; {second}"),
        [first, rest @ ..] => format!("{first}; {}", words::count(rest.len() as u64, "further consequence")),
    };
    let beside: Vec<String> = [
        (tree.causes.len().saturating_sub(1), "further root cause"),
        (tree.others.len(), "unexplained finding"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, noun)| words::count(n as u64, noun))
    .collect();
    if beside.is_empty() { explained } else { format!("{explained}. Beside it: {}", words::list(&beside)) }
}

/// What was not in the bundle, and what that costs.
fn missing_line(analysis: &Analysis, gaps: &[Gap]) -> String {
    if analysis.unknown.is_empty() {
        return "Every rule could be decided".to_owned() + ".";
    }
    let sources: Vec<String> = gaps.iter().map(Gap::named).collect();
    let rules = words::count(analysis.unknown.len() as u64, "rule");
    if sources.is_empty() {
        return format!("{rules} could not be decided.");
    }
    format!("Not in the bundle: {}; {rules} could not be decided.", few(&sources, 3))
}

/// The text with a capital first letter.
pub(super) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
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
                .map(|url| Reference { url: url.clone(), link: super::prose::allowed(url).is_some() })
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
        for evidence in finding.evidence.iter().take(most) {
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
pub(super) fn values(finding: &Finding) -> Vec<Fact> {
    let mut all: BTreeMap<&String, &Untrusted> = finding.fields.iter().collect();
    all.extend(finding.entities.iter());
    all.into_iter().map(|(label, text)| Fact { label: label.clone(), text: text.raw().to_owned() }).collect()
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
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Missing sources, those that most rules wait for first.
pub(super) fn gaps(analysis: &Analysis) -> Vec<Gap> {
    #[derive(Default)]
    struct Group {
        reasons: BTreeMap<String, BTreeSet<String>>,
        rules: BTreeMap<String, String>,
        collect: Vec<String>,
    }
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for unknown in &analysis.unknown {
        if unknown.missing.is_empty() {
            let group = groups.entry("source not stated".to_owned()).or_default();
            group.rules.insert(unknown.rule.clone(), unknown.title.clone());
        }
        for missing in &unknown.missing {
            let group = groups.entry(missing.source.clone()).or_default();
            group.rules.insert(unknown.rule.clone(), unknown.title.clone());
            let nodes = group.reasons.entry(missing.reason.clone()).or_default();
            nodes.extend(missing.node.as_ref().map(|node| node.raw().to_owned()));
            for command in &missing.collect {
                if !group.collect.contains(command) {
                    group.collect.push(command.clone());
                }
            }
        }
    }
    let mut out: Vec<Gap> = groups
        .into_iter()
        .map(|(source, group)| Gap {
            anchor: gap_anchor(&source),
            source,
            reasons: group.reasons.into_iter().map(reason).collect(),
            waiting: words::count(group.rules.len() as u64, "rule"),
            rules: group.rules.into_iter().map(|(label, text)| Fact { label, text }).collect(),
            collect: group.collect,
        })
        .collect();
    out.sort_by(|a, b| (b.rules.len(), &a.source).cmp(&(a.rules.len(), &b.source)));
    out
}

fn reason((reason, nodes): (String, BTreeSet<String>)) -> Fact {
    let nodes: Vec<String> = nodes.into_iter().collect();
    Fact { label: few(&nodes, 12), text: reason }
}

/// Node names of the matrix: those of the inventory, then any others.
fn columns(analysis: &Analysis) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let known = analysis.cluster.nodes.iter().map(|node| &node.name);
    let covered = analysis.coverage.iter().filter_map(|entry| entry.node.as_ref());
    for name in known.chain(covered).map(Untrusted::raw) {
        let is_covered = analysis.coverage.iter().any(|e| e.node.as_ref().is_some_and(|n| n.raw() == name));
        if is_covered && !out.iter().any(|seen| seen == name) {
            out.push(name.to_owned());
        }
    }
    out
}

fn coverage(analysis: &Analysis, columns: &[String], gaps: &[Gap]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for entry in &analysis.coverage {
        let Some(node) = &entry.node else { continue };
        let at = rows.iter().position(|row| row.source == entry.source).unwrap_or_else(|| {
            let cells = columns.iter().map(|_| None).collect();
            rows.push(Row { source: entry.source.clone(), cells });
            rows.len() - 1
        });
        let column = columns.iter().position(|name| name == node.raw());
        let slot = column.and_then(|column| rows.get_mut(at)?.cells.get_mut(column));
        if let Some(slot) = slot {
            *slot = Some(cell(entry, gaps));
        }
    }
    rows
}

fn cell(entry: &crate::analysis::Coverage, gaps: &[Gap]) -> Cell {
    let (state, symbol) = match entry.state {
        State::Present => ("present", "■"),
        State::Empty => ("empty", "□"),
        State::Truncated => ("truncated", "◧"),
        State::Missing => ("missing", "–"),
        State::Unreadable => ("unreadable", "×"),
        State::Redacted => ("redacted", "▒"),
    };
    let noun = if entry.source.ends_with("logs") { "line" } else { "object" };
    Cell {
        source: entry.source.clone(),
        state,
        symbol,
        text: match entry.state {
            State::Present => words::count(entry.lines, noun),
            State::Truncated => format!("truncated, {}", words::count(entry.lines, noun)),
            _ => state.to_owned(),
        },
        first: moment(entry.first),
        last: moment(entry.last),
        gaps: entry.gaps.len(),
        gap: gaps
            .iter()
            .find(|gap| gap.source == entry.source && entry.state != State::Present)
            .map(|gap| gap.anchor.clone()),
    }
}

fn facts(map: &BTreeMap<String, String>) -> Vec<Fact> {
    map.iter().map(|(label, text)| Fact { label: label.clone(), text: text.clone() }).collect()
}

fn nodes(analysis: &Analysis) -> Vec<NodeRow> {
    let row = |node: &crate::analysis::Node| NodeRow {
        name: node.name.raw().to_owned(),
        roles: node.roles.join(", "),
        addresses: raw(&node.addresses),
        versions: facts(&node.versions),
        captured: moment(node.captured_at),
        skew: node.clock_skew_ms.map(|ms| {
            let sign = if ms < 0 { "−" } else { "+" };
            format!("{sign}{}", duration_text(ms as f64 / 1000.0))
        }),
    };
    analysis.cluster.nodes.iter().map(row).collect()
}

fn diagnostics(analysis: &Analysis) -> Vec<Note> {
    use crate::base::Severity as Level;
    let mut notes: Vec<_> = analysis.diagnostics.iter().collect();
    notes.sort_by_key(|diagnostic| std::cmp::Reverse(diagnostic.severity));
    let row = |diagnostic: &&crate::base::Diagnostic| {
        let (severity, symbol) = match diagnostic.severity {
            Level::Error => ("error", "●"),
            Level::Warning => ("warning", "▲"),
            Level::Info => ("info", "○"),
        };
        let file = diagnostic.file.clone().unwrap_or_default();
        Note {
            severity,
            symbol,
            code: diagnostic.code,
            place: diagnostic.line.map_or(file.clone(), |line| format!("{file}:{line}")),
            message: diagnostic.message.clone(),
            help: [diagnostic.help.clone(), diagnostic.limit.map(|flag| format!("limit: --{flag}"))]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join("; "),
        }
    };
    notes.iter().map(row).collect()
}

fn inputs(analysis: &Analysis) -> Vec<InputRow> {
    let row = |input: &crate::analysis::Input| InputRow {
        path: input.path.raw().to_owned(),
        bytes: words::count(input.bytes, "byte"),
        members: words::count(input.members, "file"),
        sha256: input.sha256.clone(),
    };
    analysis.inputs.iter().map(row).collect()
}

fn provenance(analysis: &Analysis) -> Vec<Fact> {
    let fact = |label: &str, text: String| Fact { label: label.to_owned(), text };
    let captured = match (analysis.captured_at, &analysis.captured_at_source) {
        (Some(time), Some(source)) => format!("{time}, read from {source}"),
        (Some(time), None) => format!("{time}, source not recorded"),
        (None, _) => "not known, so ages cannot be told".to_owned(),
    };
    let book = &analysis.tool.rulebook;
    vec![
        fact("Tool", format!("{} {}", analysis.tool.name, analysis.tool.version)),
        fact("Rulebook", format!("{}, SHA-256 {}", words::count(book.rules as u64, "rule"), book.sha256)),
        fact("Schema", analysis.schema.to_owned()),
        fact("Captured", captured),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    const DETAIL: Detail = Detail { root: 8, other: 5, context: 3, width: 1000, bytes: 1 << 20 };

    #[test]
    fn a_chain_of_consequences_is_folded_below_its_first_cause() {
        let mut analysis = sample::sample();
        let findings = &mut analysis.findings;
        // c is explained by b only, b by a; d is explained by both root causes.
        let (a, b, c) = (
            findings[0].fingerprint.clone(),
            findings[1].fingerprint.clone(),
            findings[2].fingerprint.clone(),
        );
        findings[0].explains = vec![b.clone()];
        findings[1].explained_by = vec![a];
        findings[1].explains = vec![c];
        findings[2].explained_by = vec![b];
        let tree = tree(findings);
        assert_eq!(tree.causes[0], (0, vec![1, 2], vec![]));
    }

    #[test]
    fn a_consequence_of_two_causes_is_shown_once() {
        let mut analysis = sample::sample();
        let second = analysis.findings.iter().rposition(|f| f.root_cause).unwrap();
        let shared = analysis.findings[1].fingerprint.clone();
        analysis.findings[second].explains.push(shared);
        let tree = tree(&analysis.findings);
        assert_eq!(tree.causes[1].2, vec![1]);
        assert!(!tree.causes[1].1.contains(&1));
    }

    #[test]
    fn a_loop_of_explanations_ends() {
        let mut analysis = sample::sample();
        let root = analysis.findings[0].fingerprint.clone();
        analysis.findings[1].explains.push(root);
        assert_eq!(tree(&analysis.findings).causes[0].1, vec![1, 2]);
    }

    #[test]
    fn the_verdict_has_at_most_five_lines() {
        for analysis in [sample::sample(), sample::nothing_found(), sample::nothing_known()] {
            assert!(view(&analysis, DETAIL).lines.len() <= 4);
        }
    }

    #[test]
    fn what_was_not_found_is_never_called_healthy() {
        let lines = |analysis: &Analysis| {
            view(analysis, DETAIL).lines.iter().map(|f| f.text.clone()).collect::<Vec<_>>().join("\n")
        };
        assert!(lines(&sample::nothing_found()).contains("not proof of health"));
        assert!(lines(&sample::nothing_known()).contains("neither good nor bad"));
    }

    #[test]
    fn evidence_beyond_the_budget_is_counted() {
        let view = view(&sample::sample(), Detail { bytes: 1, ..DETAIL });
        assert_eq!(view.causes[0].evidence.len(), 1);
        assert_eq!(view.causes[0].shown.as_deref(), Some("1 of 12,431 shown"));
    }
}
