//! Logs: on which machine each was written, on which clock, and which are copies of others.

use std::collections::BTreeMap;

use super::text;
use crate::artifact::PodRef;
use crate::artifact::component::{self, Runs};
use crate::base::Time;
use crate::base::stamp::SECOND;
use crate::model::clock::Clock;
use crate::model::{Bundle, Stream};

/// The machine on which each log was written.
pub(super) fn place_streams(bundle: &mut Bundle) {
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
pub(super) fn find_roles(bundle: &mut Bundle) {
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

pub(super) fn set_clocks(bundle: &mut Bundle, modified: Option<i64>) {
    let newest =
        bundle.captures.iter().filter(|capture| capture.time.is_some()).max_by_key(|capture| capture.time);
    (bundle.captured_at, bundle.captured_at_source) = match newest {
        Some(capture) => (capture.time, capture.time_source.clone()),
        None => anchor(bundle, modified),
    };
    let anchors: Vec<(Option<Time>, i32)> = bundle
        .streams
        .iter()
        .map(|stream| {
            let capture = bundle.artifacts.get(stream.artifact).and_then(|artifact| artifact.capture);
            let capture = capture.and_then(|index| bundle.captures.get(index));
            let zone = capture.and_then(|capture| capture.zone).filter(|_| stream.host_clock).unwrap_or(0);
            (capture.and_then(|capture| capture.time).or(bundle.captured_at), zone)
        })
        .collect();
    for (stream, (anchor, zone)) in bundle.streams.iter_mut().zip(anchors) {
        stream.clock = Clock { anchor, zone };
    }
}

/// Marks logs of pods of which another capture holds all that they hold. Counting them again would make one election
/// on a cluster of three servers look like three.
pub(super) fn find_copies(bundle: &mut Bundle) {
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
