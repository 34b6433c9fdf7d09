//! What the model holds as plain data: what the result and the inventory both tell.

use std::collections::{BTreeMap, BTreeSet};

use super::{Capture, Cluster, Coverage, Input, Node, Rulebook, State, Tool};
use crate::artifact::component;
use crate::base::{Diagnostic, Untrusted, words};
use crate::model::coverage::{Coverage as Gaps, Gap};
use crate::model::{ArtifactState, Bundle, Stream};
use crate::rule::Rulebook as Book;

pub(super) fn tool(book: &Book) -> Tool {
    let rulebook = Rulebook { rules: book.rules.len(), sha256: book.sha256.clone(), own: book.own.clone() };
    Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION"), rulebook }
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

/// The cluster's name, where there are several.
pub(super) fn of_several(bundle: &Bundle) -> Option<Untrusted> {
    bundle.of_several.then(|| bundle.title().into())
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
            crate::rule::SignalSource::Derived(_) => {}
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
