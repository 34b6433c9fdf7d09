//! From the model and its verdicts to the plain result: names resolved, everything in its final order.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::{
    Analysis, Capture, Cluster, Confidence, Coverage, Evidence, Finding, Input, Missing, Node, Remedy, Risk,
    Rulebook, SCHEMA, Severity, State, Tool, Unknown, Verdict,
};
use crate::artifact::component;
use crate::base::words::hex;
use crate::base::{Diagnostic, Untrusted, words};
use crate::cause::{self, Link};
use crate::model::coverage::{Coverage as Gaps, Gap};
use crate::model::{ArtifactState, Bundle, Stream};
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
        verdicts.add(book, bundle, judged);
    }
    let Verdicts { mut findings, unknown, clear, .. } = verdicts;
    // The worst cluster first; within one, causes stand before what they explain.
    findings.sort_by_key(|block| std::cmp::Reverse(block.iter().map(|finding| finding.severity).max()));
    let findings: Vec<Finding> = findings.into_iter().flatten().collect();
    let unknown: Vec<Unknown> = unknown.into_values().collect();
    Analysis {
        schema: SCHEMA,
        tool: Tool {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            rulebook: Rulebook { rules: book.rules.len(), sha256: book.sha256.clone() },
        },
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
        for Judged { rule: index, verdict } in judged {
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

pub(super) fn captures(bundle: &Bundle) -> Vec<Capture> {
    let files =
        |index: usize| bundle.artifacts.iter().filter(|artifact| artifact.capture == Some(index)).count();
    let capture = |(index, capture): (usize, &crate::model::Capture)| Capture {
        path: capture.root.as_str().into(),
        collector: capture.layout.name,
        title: capture.layout.title,
        node: capture.node.as_deref().map(Untrusted::from),
        captured_at: capture.time,
        captured_at_source: capture.time_source.as_deref().map(Untrusted::from),
        files: files(index) as u64,
        obfuscated: capture.obfuscated,
        complaints: capture.complaints.iter().map(|text| text.as_str().into()).collect(),
    };
    bundle.captures.iter().enumerate().map(capture).collect()
}

pub(super) fn input(read: &crate::model::InputRead) -> Input {
    Input {
        path: read.name.as_str().into(),
        bytes: read.bytes,
        sha256: read.sha256.clone(),
        members: read.members,
    }
}

pub(super) fn cluster(bundle: &Bundle) -> Cluster {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for node in bundle.nodes.values() {
        for (component, version) in &node.versions {
            versions.entry(component.clone()).or_default().insert(version.clone());
        }
    }
    for (_, views) in bundle.objects.of_kind("EtcdEndpoint") {
        for view in views {
            if let Some(version) = view.object.fields.get("version").and_then(serde_json::Value::as_str) {
                versions.entry("etcd".to_owned()).or_default().insert(version.to_owned());
            }
        }
    }
    let nodes = bundle.nodes.iter().map(|(name, node)| Node {
        name: name.as_str().into(),
        roles: node.roles.iter().cloned().collect(),
        addresses: node.addresses.iter().map(|address| address.as_str().into()).collect(),
        version: kubernetes(&node.versions, &bundle.distribution),
        versions: node.versions.clone(),
        captured_at: node.captured_at,
        clock_skew_ms: None,
    });
    let mut kubernetes: BTreeSet<String> =
        bundle.nodes.values().map(|node| kubernetes(&node.versions, &bundle.distribution)).collect();
    kubernetes.extend(bundle.captures.iter().filter_map(|capture| capture.version.clone()));
    kubernetes.remove("");
    Cluster {
        name: bundle.title().into(),
        version: kubernetes.into_iter().collect::<Vec<_>>().join(", "),
        distribution: bundle.distribution.clone(),
        versions: versions
            .into_iter()
            .map(|(name, set)| (name, set.into_iter().collect::<Vec<_>>().join(", ")))
            .collect(),
        nodes: nodes.collect(),
    }
}

/// The version of Kubernetes on a machine: of its agent, or of the distribution that brings it.
fn kubernetes(versions: &BTreeMap<String, String>, distribution: &str) -> String {
    versions.get("kubelet").or_else(|| versions.get(distribution)).cloned().unwrap_or_default()
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

/// The cluster's name, where there are several.
fn of_several(bundle: &Bundle) -> Option<Untrusted> {
    bundle.of_several.then(|| bundle.title().into())
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

/// The sources that rules ask for, and what else was found, by source and node.
pub(super) fn coverage(book: &Book, bundle: &Bundle, gaps: &Gaps) -> Vec<Coverage> {
    let mut rows: BTreeMap<(String, Option<String>), Coverage> = BTreeMap::new();
    let row = |source: String, node: Option<&str>, state: State| -> Coverage {
        Coverage {
            cluster: of_several(bundle),
            source,
            node: node.map(Untrusted::from),
            state,
            reason: None,
            lines: 0,
            first: None,
            last: None,
            gaps: Vec::new(),
            clock: BTreeSet::new(),
        }
    };
    for stream in &bundle.streams {
        let state = state_of(bundle, stream);
        for component in &stream.components {
            let source = format!("{component} logs");
            let key = (source.clone(), stream.node.clone());
            let entry = rows.entry(key).or_insert_with(|| row(source, stream.node.as_deref(), state));
            // What another capture holds too counts there; in a log of several, the lines of each are counted apart.
            let is_first = stream.components.first() == Some(component);
            entry.lines += match (stream.is_copy, stream.mixed && stream.part_of.is_none()) {
                (true, _) => 0,
                (false, false) => stream.lines,
                (false, true) if is_first => stream.lines.saturating_sub(parts_of(bundle, stream)),
                (false, true) => 0,
            };
            // A good part makes the source present, whatever its other parts are.
            entry.state = entry.state.min(state);
            if let Some(span) = stream.span {
                entry.first = entry.first.into_iter().chain([span.first]).min();
                entry.last = entry.last.into_iter().chain([span.last]).max();
                entry.clock.insert(stream.clock.decision().to_string());
            }
            entry.gaps.extend(stream.gaps.iter().copied());
        }
    }
    // Of other kinds nothing is kept, so that nothing can be said of them.
    let asked_kinds = crate::projection(book);
    let listed = bundle.objects.listings.iter().filter(|(kind, _)| asked_kinds.paths(kind).is_some());
    for (kind, listings) in listed.filter(|(kind, _)| !kind.starts_with("Host")) {
        let source = format!("{kind} objects");
        let lines = bundle.objects.of_kind(kind).count() as u64;
        let state = if lines == 0 { State::Empty } else { State::Present };
        if !listings.is_empty() {
            let entry = rows.entry((source.clone(), None)).or_insert_with(|| row(source, None, state));
            entry.lines = lines;
        }
    }
    for (source, gap) in asked(book, gaps) {
        let key = (source.clone(), gap.node.clone());
        let entry = rows.entry(key).or_insert_with(|| row(source, gap.node.as_deref(), State::Missing));
        entry.reason.get_or_insert(gap.reason);
    }
    rows.into_values().collect()
}

/// The lines of a log of several programs that are known to be of one of them.
fn parts_of(bundle: &Bundle, whole: &Stream) -> u64 {
    let parts =
        bundle.streams.iter().filter(|part| part.part_of.is_some() && part.artifact == whole.artifact);
    parts.map(|part| part.lines).sum()
}

/// Whether the file of a log could be read.
pub(super) fn state_of(bundle: &Bundle, stream: &Stream) -> State {
    let artifact = bundle.artifacts.get(stream.artifact);
    let obfuscated = artifact
        .and_then(|artifact| bundle.captures.get(artifact.capture?))
        .is_some_and(|capture| capture.obfuscated);
    match artifact.map(|artifact| &artifact.state) {
        Some(ArtifactState::Truncated) => State::Truncated,
        Some(ArtifactState::CommandFailed(_)) => State::Unreadable,
        _ if stream.failed => State::Unreadable,
        _ if stream.lines == 0 => State::Empty,
        _ if obfuscated => State::Redacted,
        _ => State::Present,
    }
}

/// The gaps in what the rulebook asks for.
fn asked(book: &Book, gaps: &Gaps) -> BTreeSet<(String, Gap)> {
    let mut asked = BTreeSet::new();
    for signal in book.rules.iter().flat_map(|rule| &rule.signals) {
        match &signal.source {
            crate::rule::SignalSource::Logs(logs) => {
                let named = logs.components.iter().filter(|name| *name != crate::rule::ANY);
                // What runs nowhere in particular is missed by nobody.
                let expected = |name: &&String| {
                    component::find(name).is_none_or(|about| about.runs != component::Runs::Anywhere)
                };
                for component in named.filter(expected) {
                    asked.extend(
                        gaps.log_gaps(component).into_iter().map(|gap| (format!("{component} logs"), gap)),
                    );
                }
            }
            crate::rule::SignalSource::Objects(objects) => {
                let source = format!("{} objects", objects.kind);
                asked.extend(gaps.object_gaps(&objects.kind).into_iter().map(|gap| (source.clone(), gap)));
            }
        }
    }
    asked
}

/// Graver ones first; the same message about many files is one line with a count.
pub(super) fn diagnostics(said: Vec<Diagnostic>, max: u64) -> Vec<Diagnostic> {
    let mut grouped: BTreeMap<(std::cmp::Reverse<crate::base::Severity>, &str, String), Vec<Diagnostic>> =
        BTreeMap::new();
    for diagnostic in said {
        let key = (std::cmp::Reverse(diagnostic.severity), diagnostic.code, digits_out(&diagnostic.message));
        grouped.entry(key).or_default().push(diagnostic);
    }
    let mut out = Vec::new();
    for (_, mut group) in grouped {
        group.sort();
        let more = group.len() - 1;
        let mut first = group.swap_remove(0);
        if more > 0 {
            first.message = format!("{} (and {} like it)", first.message, words::count(more as u64, "place"));
        }
        out.push(first);
    }
    let max = usize::try_from(max).unwrap_or(usize::MAX);
    if out.len() > max {
        let what = format!("{} are not shown", words::count((out.len() - max) as u64, "diagnostic"));
        out.truncate(max);
        out.push(Diagnostic::warning("diagnostics", what).limit("max-diagnostics"));
    }
    out
}

/// The message without what differs between places: names in quotes and numbers.
fn digits_out(message: &str) -> String {
    let mut quoted = false;
    message
        .chars()
        .filter(|c| {
            if matches!(c, '"' | '`') {
                quoted = !quoted;
            }
            !quoted && !c.is_ascii_digit()
        })
        .collect()
}
