//! From the models to the inventory.

use std::collections::{BTreeMap, BTreeSet};

use super::super::describe as analysis;
use super::{CaptureInventory, ClusterInventory, Documents, Dominant, Inventory, Kind, Log, SCHEMA, Trouble};
use crate::analysis::{Capture, State};
use crate::artifact::PodRef;
use crate::base::{Diagnostic, Untrusted};
use crate::model::coverage::Coverage as Gaps;
use crate::model::{Artifact, ArtifactKind, ArtifactState, Bundle, Stream};
use crate::object::derived::{self, Derived, Expected};
use crate::rule::Rulebook as Book;

/// Builds the inventory of the clusters, each with its gaps.
#[must_use]
pub fn build(
    book: &Book,
    clusters: &[(&Bundle, Gaps)],
    mut said: Vec<Diagnostic>,
    max_said: u64,
) -> Inventory {
    let inputs: BTreeSet<&crate::model::InputRead> =
        clusters.iter().flat_map(|(bundle, _)| &bundle.inputs).collect();
    said.extend(clusters.iter().flat_map(|(bundle, _)| bundle.diagnostics.iter().cloned()));
    Inventory {
        schema: SCHEMA,
        tool: analysis::tool(book),
        inputs: inputs.into_iter().map(analysis::input).collect(),
        clusters: clusters.iter().map(|(bundle, gaps)| cluster(book, bundle, gaps)).collect(),
        diagnostics: analysis::diagnostics(said, max_said),
    }
}

fn cluster(book: &Book, bundle: &Bundle, gaps: &Gaps) -> ClusterInventory {
    let of_captures = analysis::captures(bundle).into_iter().enumerate();
    let mut captures: Vec<CaptureInventory> =
        of_captures.map(|(index, known)| capture(bundle, Some(index), known)).collect();
    captures.sort_by(|a, b| a.capture.path.cmp(&b.capture.path));
    let loose = bundle.artifacts.iter().filter(|artifact| artifact.capture.is_none()).count() as u64;
    if loose > 0 {
        captures.push(capture(bundle, None, no_capture(loose)));
    }
    ClusterInventory {
        cluster: analysis::cluster(bundle),
        captured_at: bundle.captured_at,
        captured_at_source: bundle.captured_at_source.as_deref().map(Untrusted::from),
        captures,
        objects: kinds(bundle, gaps),
        coverage: analysis::coverage(book, bundle, gaps),
    }
}

/// The files that belong to no capture.
fn no_capture(files: u64) -> Capture {
    Capture {
        path: Untrusted::default(),
        collector: "loose",
        title: "files of no known collector",
        node: None,
        captured_at: None,
        captured_at_source: None,
        files,
        obfuscated: false,
        complaints: Vec::new(),
    }
}

fn capture(bundle: &Bundle, index: Option<usize>, known: Capture) -> CaptureInventory {
    let artifacts: Vec<(usize, &Artifact)> =
        bundle.artifacts.iter().enumerate().filter(|(_, artifact)| artifact.capture == index).collect();
    let paths = |wanted: &dyn Fn(&Artifact) -> bool| -> Vec<Untrusted> {
        let wanted = artifacts.iter().filter(|(_, artifact)| wanted(artifact));
        wanted.map(|(_, artifact)| artifact.path.as_str().into()).collect()
    };
    let with_text = |artifact: &Artifact| artifact.state != ArtifactState::Empty;
    let logs = logs(bundle, index);
    let nameless: BTreeSet<usize> =
        bundle.streams.iter().filter(|stream| !is_named(stream)).map(|stream| stream.artifact).collect();
    let is_nameless = |(index, artifact): &&(usize, &Artifact)| {
        nameless.contains(index) && artifact.kind == ArtifactKind::Log && with_text(artifact)
    };
    let unclassified =
        artifacts.iter().filter(is_nameless).map(|(_, artifact)| artifact.path.as_str().into()).collect();
    CaptureInventory {
        machine: super::super::machine::of(bundle, index),
        logs,
        documents: documents(&artifacts),
        troubled: artifacts.iter().filter_map(|(_, artifact)| trouble(artifact)).collect(),
        empty: artifacts.iter().filter(|(_, artifact)| artifact.bytes == 0).count() as u64,
        binary: paths(&|artifact| matches!(artifact.kind, ArtifactKind::Binary(_))),
        other: paths(&|artifact| artifact.kind == ArtifactKind::Other && with_text(artifact)),
        unclassified,
        capture: known,
    }
}

/// Whether it is known whose log it is.
fn is_named(stream: &Stream) -> bool {
    !stream.components.is_empty() || stream.pod.is_some() || !stream.speakers.is_empty()
}

fn documents(artifacts: &[(usize, &Artifact)]) -> Vec<Documents> {
    let mut by_reader: BTreeMap<&'static str, Documents> = BTreeMap::new();
    for (_, artifact) in artifacts {
        let ArtifactKind::Document(reader) = artifact.kind else { continue };
        let documents = by_reader.entry(reader).or_insert_with(|| Documents {
            reader,
            files: 0,
            objects: BTreeMap::new(),
        });
        documents.files += 1;
        for listing in &artifact.lists {
            documents.objects.entry(listing.kind.to_string()).or_default();
        }
        for (kind, count) in &artifact.counts {
            *documents.objects.entry(kind.to_string()).or_default() += count;
        }
    }
    by_reader.into_values().collect()
}

fn trouble(artifact: &Artifact) -> Option<Trouble> {
    let (state, text) = match &artifact.state {
        ArtifactState::CommandFailed(text) => (State::Unreadable, text.as_str()),
        ArtifactState::Truncated => (State::Truncated, "it ends early"),
        ArtifactState::Read | ArtifactState::Empty => return None,
    };
    Some(Trouble { file: artifact.path.as_str().into(), state, text: text.into() })
}

/// What pieces of one log have in common: components, family, run, pod and container.
type LogKey<'b> = (Vec<&'static str>, &'b str, u32, &'b Option<PodRef>, &'b Option<String>);

/// The logs of a capture: the pieces of one log together.
fn logs(bundle: &Bundle, capture: Option<usize>) -> Vec<Log> {
    let mut logs: BTreeMap<LogKey<'_>, Vec<&Stream>> = BTreeMap::new();
    for stream in bundle.streams.iter().filter(|stream| stream.part_of.is_none()) {
        let Some(artifact) = bundle.artifacts.get(stream.artifact) else { continue };
        if artifact.capture == capture {
            // Pieces of one run of a container are one log, another run is another; a dump holds many in one file.
            let run = stream.rank.as_ref().map_or(0, |rank| rank.run);
            let key =
                (stream.components.clone(), stream.family.as_str(), run, &stream.pod, &stream.container);
            logs.entry(key).or_default().push(stream);
        }
    }
    logs.into_values().map(|pieces| log(bundle, pieces)).collect()
}

fn log(bundle: &Bundle, mut pieces: Vec<&Stream>) -> Log {
    pieces.sort_by_key(|stream| (stream.rank.clone(), stream.artifact));
    let path =
        |stream: &&Stream| bundle.artifacts.get(stream.artifact).map(|a| Untrusted::from(a.path.as_str()));
    let states = pieces.iter().map(|stream| analysis::state_of(bundle, stream));
    let spans = || pieces.iter().filter_map(|stream| stream.span);
    let mut speakers: BTreeMap<&'static str, u64> = BTreeMap::new();
    for (name, n) in pieces.iter().flat_map(|stream| &stream.speakers) {
        *speakers.entry(name).or_default() += n;
    }
    let sampled: u64 = pieces.iter().map(|stream| stream.sampled).sum();
    let newest = pieces.last();
    Log {
        name: newest.map(|stream| stream.family.as_str().into()).unwrap_or_default(),
        files: pieces.iter().filter_map(path).collect(),
        components: newest.map(|stream| stream.components.clone()).unwrap_or_default(),
        mixed: newest.is_some_and(|stream| stream.mixed),
        speakers: speakers
            .into_iter()
            .map(|(name, n)| (name, n.saturating_mul(100).div_ceil(sampled.max(1))))
            .collect(),
        pod: newest.and_then(|s| s.pod.as_ref()).map(|pod| format!("{}/{}", pod.namespace, pod.name).into()),
        container: newest.and_then(|stream| stream.container.as_deref()).map(Untrusted::from),
        run: newest.and_then(|stream| stream.rank.as_ref()).map(|rank| rank.run).filter(|run| *run < EARLIER),
        previous: newest.is_some_and(|stream| stream.previous),
        node: newest.and_then(|stream| stream.node.as_deref()).map(Untrusted::from),
        lines: pieces.iter().map(|stream| stream.lines).sum(),
        bytes: pieces
            .iter()
            .filter_map(|s| bundle.artifacts.get(s.artifact))
            .map(|artifact| artifact.bytes)
            .sum(),
        first: spans().map(|span| span.first).min(),
        last: spans().map(|span| span.last).max(),
        clock: newest.map(|stream| stream.clock.decision().to_string()).unwrap_or_default(),
        order: newest.and_then(|stream| stream.order).map(|order| order.to_string()).unwrap_or_default(),
        gaps: pieces.iter().flat_map(|stream| stream.gaps.iter().copied()).collect(),
        dominant: pieces
            .iter()
            .filter_map(|stream| stream.dominant.as_ref())
            .max_by_key(|d| d.percent)
            .map(|d| Dominant { percent: d.percent, text: d.text.as_str().into() }),
        state: states.min().unwrap_or(State::Missing),
        copy: newest.is_some_and(|stream| stream.is_copy),
    }
}

/// Numbers of runs from here on stand for runs whose number is not known.
const EARLIER: u32 = u32::MAX - 1;

fn kinds(bundle: &Bundle, gaps: &Gaps) -> Vec<Kind> {
    let mut kinds: BTreeMap<&str, Kind> = BTreeMap::new();
    let (mut most, mut sums): (BTreeMap<&str, u64>, BTreeMap<&str, u64>) = Default::default();
    for artifact in &bundle.artifacts {
        let listed = artifact.lists.iter().map(|listing| (&*listing.kind, listing.complete));
        let shown = artifact.counts.iter().map(|(kind, _)| (&**kind, false));
        let mut here: BTreeMap<&str, bool> = BTreeMap::new();
        for (kind, complete) in listed.chain(shown) {
            *here.entry(kind).or_default() |= complete;
        }
        for (kind, complete) in here {
            let known = kinds.entry(kind).or_insert_with(|| Kind {
                kind: kind.to_owned(),
                count: bundle.objects.of_kind(kind).count() as u64,
                complete: false,
                files: 0,
            });
            known.complete |= complete;
            known.files += 1;
        }
        for (kind, count) in &artifact.counts {
            let known = most.entry(kind).or_default();
            *known = (*known).max(*count);
            *sums.entry(kind).or_default() += count;
        }
    }
    for (kind, known) in &mut kinds {
        let listed = known.complete;
        known.complete &= gaps.object_gaps(kind).is_empty();
        known.count = match derived::find(kind) {
            // Several files show the same member; each machine has file systems of its own.
            Some(derived) if known.count > 0 => distinct(bundle, derived),
            _ if known.count > 0 => known.count,
            // Of kinds that nobody asks for, only their number in each file is known: of machines' own it adds up, of
            // others the fullest file tells.
            Some(_) => sums.get(kind).copied().unwrap_or(0),
            // A list of the whole cluster tells; lists of parts of it add up.
            None if listed => most.get(kind).copied().unwrap_or(0),
            None => sums.get(kind).copied().unwrap_or(0),
        };
    }
    kinds.into_values().collect()
}

/// How many different things the objects of a derived kind are: etcd's by their names, a machine's by machine and name.
fn distinct(bundle: &Bundle, derived: &Derived) -> u64 {
    let of_etcd = derived.expected == Expected::EtcdNodes;
    let things: BTreeSet<(Option<&str>, &str)> = bundle
        .objects
        .of_kind(derived.kind)
        .flat_map(|(key, views)| views.iter().map(move |view| (key, view)))
        .map(|(key, view)| {
            let machine = if of_etcd { None } else { bundle.node_of_artifact(view.artifact) };
            (machine, key.name.as_str())
        })
        .collect();
    things.len() as u64
}
