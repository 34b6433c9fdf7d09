//! Files → artifacts, streams, objects, each in its capture.

use std::collections::BTreeSet;

use super::super::fold::{FoldedFile, FoldedInput};
use super::super::{Ingested, Options};
use crate::artifact::distribution;
use crate::artifact::layout::{Layout, Subject};
use crate::base::{Diagnostic, Time};
use crate::model::{Artifact, Bundle, Capture, InputRead, Stream};
use crate::source::{Input, container};

/// Adds what was read of one input.
pub(super) fn add_input(out: &mut Ingested, input: &Input, folded: &mut FoldedInput, options: &Options) {
    let taken = std::mem::take(&mut folded.taken);
    if taken.members == 0 && folded.said.is_empty() {
        let what = if taken.bytes == 0 { "the input is empty" } else { "there is no file in the input" };
        folded
            .said
            .push(Diagnostic::warning("empty-input", what).in_file(&input.name).help("ask for it again"));
    }
    if taken.members > 0 && !folded.files.iter().any(is_recognised) {
        let what = "no file in it is of a known kind: what is text was searched, nothing else";
        let help = "is it a support bundle? An encrypted one must be decrypted first";
        folded.said.push(Diagnostic::warning("nothing-recognised", what).in_file(&input.name).help(help));
    }
    out.bundle.inputs.push(InputRead {
        name: input.name.clone(),
        bytes: taken.bytes,
        sha256: taken.sha256,
        members: taken.members,
    });
    out.bundle.diagnostics.append(&mut folded.said);
    for file in folded.files.drain(..) {
        add_file(out, input, file, options);
    }
}

/// Whether a file was more than unknown text.
fn is_recognised(file: &FoldedFile) -> bool {
    let known_log = file.streams.iter().any(|stream| !stream.log.components.is_empty());
    known_log || !file.lists.is_empty() || !file.objects.is_empty() || !file.identity.root.is_empty()
}

fn add_file(out: &mut Ingested, input: &Input, file: FoldedFile, options: &Options) {
    let bundle = &mut out.bundle;
    let capture = file.identity.layout.map(|layout| capture_of(bundle, input, layout, &file));
    let index = bundle.artifacts.len();
    bundle.objects.add(index, file.objects, &file.lists, options.limits.objects);
    for stream in file.streams {
        bundle.streams.push(Stream {
            artifact: index,
            components: stream.log.components,
            pod: stream.log.pod,
            previous: stream.log.previous,
            host_clock: stream.log.host_clock,
            lines: stream.lines,
            stamps: stream.stamps,
            ..Stream::default()
        });
        out.hits.push(stream.hits);
    }
    bundle.artifacts.push(Artifact {
        path: file.path,
        capture,
        root: file.identity.root,
        kind: file.kind,
        state: file.state,
        bytes: file.bytes,
        lists: file.lists,
    });
}

/// The capture that a file belongs to; a new one for a root that was not seen before.
fn capture_of(bundle: &mut Bundle, input: &Input, layout: &'static Layout, file: &FoldedFile) -> usize {
    let identity = &file.identity;
    let found = bundle
        .captures
        .iter()
        .position(|capture| capture.root == identity.root && capture.layout.name == layout.name);
    let index = found.unwrap_or_else(|| {
        bundle.captures.push(new_capture(input, layout, &identity.root));
        bundle.captures.len() - 1
    });
    if let Some(capture) = bundle.captures.get_mut(index) {
        if capture.node.is_none() && layout.subject == Subject::Machine {
            capture.node.clone_from(&identity.node);
        }
        let inner = file.path.get(identity.root.len()..).unwrap_or_default().trim_start_matches(['/', '!']);
        let first = inner.split('/').next().unwrap_or_default();
        capture.distributions.extend(distribution::of_directory(first).map(str::to_owned));
    }
    index
}

/// A capture with what its name says: that of its directory, or of the input itself, or of an archive without a directory.
fn new_capture(input: &Input, layout: &'static Layout, root: &str) -> Capture {
    let name = root.rsplit(['/', '!']).next().filter(|name| !name.is_empty()).unwrap_or(&input.name);
    let name = container::stem(name);
    let named = (layout.named)(name);
    let time = named.time.as_deref().and_then(Time::parse_assuming_utc);
    let zoned = named.time.as_deref().and_then(Time::parse).is_some();
    let source =
        if zoned { format!("the name `{name}`") } else { format!("the name `{name}`, taken for UTC") };
    Capture {
        root: root.to_owned(),
        layout,
        node: named.host,
        time,
        time_source: time.map(|_| source),
        zone: None,
        obfuscated: false,
        complaints: Vec::new(),
        distributions: BTreeSet::new(),
    }
}

/// Files that no layout knows belong to the capture in whose folder they lie.
pub(super) fn adopt(bundle: &mut Bundle) {
    let Bundle { artifacts, captures, .. } = bundle;
    for artifact in artifacts.iter_mut().filter(|artifact| artifact.capture.is_none()) {
        let holds = |capture: &&(usize, &Capture)| {
            let rest = artifact.path.strip_prefix(capture.1.root.as_str());
            !capture.1.root.is_empty() && rest.is_some_and(|rest| rest.starts_with(['/', '!']))
        };
        let deepest = captures.iter().enumerate().collect::<Vec<_>>();
        let deepest = deepest.iter().filter(holds).max_by_key(|(_, capture)| capture.root.len());
        if let Some((index, capture)) = deepest {
            artifact.capture = Some(*index);
            artifact.root.clone_from(&capture.root);
        }
    }
}
