//! From files to a cluster: captures, nodes, names, clocks. Everything is put into its canonical order here, so that
//! nothing after it depends on the order of arguments or on threads.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::fold::{FoldedFile, FoldedInput};
use super::{Ingested, Options};
use crate::artifact::component::{self, Runs};
use crate::artifact::layout::{Layout, Subject};
use crate::artifact::{PodRef, distribution};
use crate::base::stamp::SECOND;
use crate::base::{Diagnostic, Time, words};
use crate::model::clock::{Anchor, AnchorKind, Clock, Evidence, ZoneHint};
use crate::model::{Artifact, ArtifactState, Bundle, Capture, InputRead, Node, Stream, UNKNOWN, names};
use crate::object::path;
use crate::source::{Input, container};

/// Puts the inputs together.
pub fn settle(inputs: &[Input], folded: &mut Vec<FoldedInput>, options: &Options) -> Ingested {
    let mut order: Vec<(&Input, FoldedInput)> = inputs.iter().zip(folded.drain(..)).collect();
    order.sort_by(|(a, x), (b, y)| (&a.name, &x.taken.sha256).cmp(&(&b.name, &y.taken.sha256)));
    let mut out = Ingested::default();
    let mut modified = None;
    for (input, mut folded) in order {
        let twin = out.bundle.inputs.iter().find(|read| read.sha256 == folded.taken.sha256);
        if let Some(twin) = twin {
            let what = format!("the same as `{}`: read once", twin.name);
            out.bundle.diagnostics.push(Diagnostic::info("duplicate-input", what).in_file(&input.name));
            continue;
        }
        modified = modified.max(folded.files.iter().filter_map(|file| file.modified).max());
        add_input(&mut out, input, &mut folded, options);
    }
    out.bundle.objects.settle();
    let bundle = &mut out.bundle;
    name_captures(bundle);
    find_nodes(bundle);
    find_members(bundle);
    find_distribution(bundle);
    place_streams(bundle);
    find_roles(bundle);
    set_clocks(bundle, modified);
    find_copies(bundle);
    let ungrouped: u64 = out.hits.iter().flat_map(BTreeMap::values).map(|hits| hits.beyond).sum();
    say_limits(bundle, ungrouped);
    out
}

fn add_input(out: &mut Ingested, input: &Input, folded: &mut FoldedInput, options: &Options) {
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
        distributions: BTreeSet::new(),
    }
}

fn text<'v>(fields: &'v Value, at: &str) -> Option<&'v str> {
    path::get(fields, at).and_then(Value::as_str)
}

/// Host name, time and zone from the capture's own files.
fn name_captures(bundle: &mut Bundle) {
    let Bundle { captures, artifacts, objects, .. } = bundle;
    for kind in ["HostName", "HostDate"] {
        for (_, views) in objects.of_kind(kind) {
            for view in views {
                let capture = artifacts.get(view.artifact).and_then(|artifact| artifact.capture);
                let Some(capture) = capture.and_then(|index| captures.get_mut(index)) else { continue };
                let fields = &view.object.fields;
                if let Some(host) = text(fields, "hostname") {
                    capture.node.get_or_insert_with(|| host.to_owned());
                }
                if let Some(time) = text(fields, "date").and_then(Time::parse) {
                    capture.time = Some(time);
                    capture.time_source =
                        artifacts.get(view.artifact).map(|artifact| format!("`{}`", artifact.path));
                    let zone = path::get(fields, "offsetSeconds").and_then(Value::as_i64);
                    capture.zone = zone.and_then(|zone| i32::try_from(zone).ok());
                }
            }
        }
    }
}

/// Nodes that the API lists, and machines that were captured.
fn find_nodes(bundle: &mut Bundle) {
    let Bundle { captures, objects, nodes, names, known_roles, .. } = bundle;
    for (key, views) in objects.of_kind("Node") {
        let node = nodes.entry(key.name.clone()).or_default();
        for view in views {
            let fields = &view.object.fields;
            let roles = path::get(fields, "roles").and_then(Value::as_array).cloned().unwrap_or_default();
            node.roles.extend(roles.iter().filter_map(Value::as_str).map(role_name));
            if let Some(address) = text(fields, "status.internalIP") {
                node.addresses.insert(address.to_owned());
            }
            if let Some(version) = text(fields, "status.nodeInfo.kubeletVersion") {
                node.versions.insert("kubelet".to_owned(), version.to_owned());
            }
        }
    }
    if !nodes.is_empty() {
        known_roles.extend(["etcd", "control-plane", "node"]);
    }
    let listed: BTreeSet<String> = nodes.keys().cloned().collect();
    for capture in captures.iter_mut() {
        let Some(host) = capture.node.take() else { continue };
        let name = names::same_host(&host, &listed).unwrap_or(&host).to_owned();
        let node = nodes.entry(name.clone()).or_default();
        node.captured_at = node.captured_at.max(capture.time);
        capture.node = Some(name);
    }
    for (name, node) in nodes.iter() {
        names.claim(name, name);
        node.addresses.iter().for_each(|address| names.claim(address, name));
    }
}

/// Roles by one name each: distributions have written them differently over the years.
fn role_name(role: &str) -> String {
    match role {
        "controlplane" | "master" | "control-plane" => "control-plane".to_owned(),
        other => other.to_owned(),
    }
}

/// Addresses of captured machines, then etcd members and whose they are.
fn find_members(bundle: &mut Bundle) {
    let mut claims: Vec<(String, String)> = Vec::new();
    for (_, views) in bundle.objects.of_kind("HostAddresses") {
        for view in views {
            let Some(node) = bundle.node_of_artifact(view.artifact) else { continue };
            let addresses = path::get(&view.object.fields, "addresses").and_then(Value::as_array).cloned();
            for address in addresses.unwrap_or_default().iter().filter_map(Value::as_str) {
                claims.push((address.to_owned(), node.to_owned()));
            }
        }
    }
    claims.iter().for_each(|(address, node)| bundle.names.claim(address, node));
    let Bundle { objects, nodes, names, known_roles, .. } = bundle;
    for (_, views) in objects.of_kind("EtcdMember") {
        for view in views {
            known_roles.insert("etcd");
            let fields = &view.object.fields;
            let Some(node) = names.node_of_member(fields, nodes).or_else(|| uncaptured(fields, nodes)) else {
                continue;
            };
            if let Some(id) = text(fields, "id") {
                names.claim(id, &node);
            }
            let urls = path::get(fields, "peerURLs").and_then(Value::as_array).cloned().unwrap_or_default();
            urls.iter().filter_map(Value::as_str).for_each(|url| names.claim(url, &node));
            if let Some(entry) = nodes.get_mut(&node) {
                entry.roles.insert("etcd".to_owned());
            }
        }
    }
}

/// The machine of a member that is neither listed nor captured, under the name that its distribution made the member's
/// from. Without it, nothing would say that its log is missing. Loose files alone (no node) expect nothing.
fn uncaptured(member: &Value, nodes: &mut BTreeMap<String, Node>) -> Option<String> {
    let name = text(member, "name").filter(|name| !name.is_empty() && !nodes.is_empty())?;
    let name = distribution::host_of_member(name);
    nodes.entry(name.to_owned()).or_default();
    Some(name.to_owned())
}

fn find_distribution(bundle: &mut Bundle) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let of_captures = bundle.captures.iter().flat_map(|capture| &capture.distributions).map(String::as_str);
    let of_versions = bundle
        .nodes
        .values()
        .flat_map(|node| node.versions.values())
        .filter_map(|v| distribution::of_version(v));
    for name in of_captures.chain(of_versions) {
        *counts.entry(name).or_default() += 1;
    }
    let most = counts.iter().max_by_key(|(name, count)| (**count, std::cmp::Reverse(**name)));
    bundle.distribution = most.map_or(UNKNOWN, |(name, _)| name).to_owned();
}

/// The machine on which each log was written.
fn place_streams(bundle: &mut Bundle) {
    let nodes: Vec<Option<String>> = bundle.streams.iter().map(|stream| node_of(bundle, stream)).collect();
    for (stream, node) in bundle.streams.iter_mut().zip(nodes) {
        stream.node = node;
    }
}

fn node_of(bundle: &Bundle, stream: &Stream) -> Option<String> {
    if let Some(pod) = &stream.pod {
        let scheduled = bundle
            .objects
            .of_kind("Pod")
            .find(|(key, _)| key.namespace == pod.namespace && key.name == pod.name);
        let scheduled = scheduled
            .and_then(|(_, views)| views.iter().find_map(|view| text(&view.object.fields, "spec.nodeName")));
        if let Some(node) = scheduled.filter(|node| bundle.nodes.contains_key(*node)) {
            return Some(node.to_owned());
        }
        // Static pods are named after their node.
        let named = bundle
            .nodes
            .keys()
            .filter(|node| pod.name.strip_suffix(node.as_str()).is_some_and(|head| head.ends_with('-')));
        if let Some(node) = named.max_by_key(|node| node.len()) {
            return Some(node.clone());
        }
    }
    bundle.node_of_artifact(stream.artifact).map(str::to_owned)
}

/// A log of a component says that its node has the component's role, where one process is one component.
fn find_roles(bundle: &mut Bundle) {
    let Bundle { streams, nodes, .. } = bundle;
    for stream in streams.iter() {
        let [component] = stream.components.as_slice() else { continue };
        let role = match component::find(component).map(|about| about.runs) {
            Some(Runs::Etcd) => "etcd",
            Some(Runs::ControlPlane) => "control-plane",
            _ => continue,
        };
        if let Some(node) = stream.node.as_ref().and_then(|name| nodes.get_mut(name)) {
            node.roles.insert(role.to_owned());
        }
    }
}

fn set_clocks(bundle: &mut Bundle, modified: Option<i64>) {
    let newest =
        bundle.captures.iter().filter(|capture| capture.time.is_some()).max_by_key(|capture| capture.time);
    (bundle.captured_at, bundle.captured_at_source) = match newest {
        Some(capture) => (capture.time, capture.time_source.clone()),
        None => anchor(bundle, modified),
    };
    let anchors: Vec<(Option<Time>, Option<ZoneHint>)> = bundle
        .streams
        .iter()
        .map(|stream| {
            let capture = bundle.artifacts.get(stream.artifact).and_then(|artifact| artifact.capture);
            let capture = capture.and_then(|index| bundle.captures.get(index));
            let zone = capture.and_then(|capture| capture.zone);
            let zone = zone.map(|offset| ZoneHint { offset: Some(offset), ..ZoneHint::default() });
            (capture.and_then(|capture| capture.time).or(bundle.captured_at), zone)
        })
        .collect();
    for (stream, (anchor, zone)) in bundle.streams.iter_mut().zip(anchors) {
        let not_after = anchor.map(|time| Anchor { time, kind: AnchorKind::Capture });
        let host_clock = stream.host_clock;
        stream.clock = Clock::infer(&Evidence { sightings: &[], not_after, zone: zone.as_ref(), host_clock });
    }
}

/// Marks logs of pods of which another capture holds all that they hold. Counting them again would make one election
/// on a cluster of three servers look like three.
fn find_copies(bundle: &mut Bundle) {
    let mut by_pod: BTreeMap<(&PodRef, bool), Vec<usize>> = BTreeMap::new();
    for (index, stream) in bundle.streams.iter().enumerate() {
        if let Some(pod) = &stream.pod {
            by_pod.entry((pod, stream.previous)).or_default().push(index);
        }
    }
    let mut copies: Vec<usize> = Vec::new();
    for group in by_pod.values().filter(|group| group.len() > 1) {
        for index in group {
            if group.iter().any(|other| holds(bundle, *other, *index)) {
                copies.push(*index);
            }
        }
    }
    for index in copies {
        if let Some(stream) = bundle.streams.get_mut(index) {
            stream.is_copy = true;
        }
    }
}

/// Whether one stream holds all of another that was collected elsewhere; of two equal ones the first holds the other.
fn holds(bundle: &Bundle, whole: usize, part: usize) -> bool {
    let (Some(a), Some(b)) = (bundle.streams.get(whole), bundle.streams.get(part)) else { return false };
    let root = |stream: &Stream| bundle.artifacts.get(stream.artifact).map(|artifact| &artifact.root);
    let (Some(x), Some(y)) = (a.span(), b.span()) else { return false };
    let larger = (a.lines, std::cmp::Reverse(whole)) > (b.lines, std::cmp::Reverse(part));
    root(a) != root(b) && larger && x.first <= y.first && y.last <= x.last
}

/// Without a capture: the newest dated line, else what the archive says of its files.
fn anchor(bundle: &Bundle, modified: Option<i64>) -> (Option<Time>, Option<String>) {
    let undated = Clock::default();
    let newest = bundle.streams.iter().filter_map(|stream| undated.time(stream.stamps?.1)).max();
    match (newest, modified) {
        (Some(time), _) => (Some(time), Some("the newest dated log line".to_owned())),
        (None, Some(seconds)) => {
            (Some(Time(seconds.saturating_mul(SECOND))), Some("the newest file in the archive".to_owned()))
        }
        (None, None) => (None, None),
    }
}

/// What was given up, and what is empty, in a line each.
fn say_limits(bundle: &mut Bundle, ungrouped: u64) {
    if ungrouped > 0 {
        let what = format!("{} are in more groups than are kept", words::count(ungrouped, "log line"));
        bundle.diagnostics.push(Diagnostic::warning("groups", what).limit("max-groups"));
    }
    if bundle.objects.beyond > 0 {
        let what = format!("{} were given up", words::count(bundle.objects.beyond, "object"));
        bundle.diagnostics.push(Diagnostic::warning("objects", what).limit("max-objects"));
    }
    let empty: Vec<&str> = bundle
        .artifacts
        .iter()
        .filter(|artifact| artifact.state == ArtifactState::Empty)
        .map(|artifact| artifact.path.as_str())
        .collect();
    if let Some(first) = empty.first() {
        let what = match empty.len() {
            1 => "the file is empty".to_owned(),
            n => format!("{} are empty, this one first", words::count(n as u64, "file")),
        };
        bundle.diagnostics.push(Diagnostic::info("empty-file", what).in_file(*first));
    }
}
