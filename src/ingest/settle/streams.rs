//! Logs: on which machine each was written, on which clock, and which are copies of others.

use std::collections::BTreeMap;

use super::assemble::Seen;
use super::text;
use crate::artifact::PodRef;
use crate::artifact::component::{self, Runs};
use crate::base::stamp::SECOND;
use crate::base::{Basis, Stamp, Time, TimeSpan};
use crate::model::clock::{Anchor, AnchorKind, Clock, Evidence, Sighting, ZoneHint};
use crate::model::{Bundle, Stream, gaps};
use crate::scan::Sample;

/// The machine on which each log was written.
pub(super) fn place_streams(bundle: &mut Bundle) {
    let nodes: Vec<Option<String>> = bundle.streams.iter().map(|stream| node_of(bundle, stream)).collect();
    for (stream, node) in bundle.streams.iter_mut().zip(nodes) {
        stream.node = node;
    }
}

fn node_of(bundle: &Bundle, stream: &Stream) -> Option<String> {
    if let Some(pod) = &stream.pod {
        let views = bundle.objects.named("Pod", &pod.namespace, &pod.name);
        let scheduled = views.iter().find_map(|view| text(&view.object.fields, "spec.nodeName"));
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

/// When the bundle was captured, and how the stamps of each log become times.
pub(super) fn set_clocks(bundle: &mut Bundle, seen: &[Seen], modified: Option<i64>) {
    let newest =
        bundle.captures.iter().filter(|capture| capture.time.is_some()).max_by_key(|capture| capture.time);
    let kind = match newest {
        Some(capture) => {
            (bundle.captured_at, bundle.captured_at_source) = (capture.time, capture.time_source.clone());
            AnchorKind::Capture
        }
        None => {
            let (time, source, kind) = anchor(seen, modified);
            (bundle.captured_at, bundle.captured_at_source) = (time, source);
            kind
        }
    };
    let fallback = bundle.captured_at.map(|time| Anchor { time, kind });
    for (index, seen) in seen.iter().enumerate() {
        let clock = bundle.streams.get(index).map(|stream| clock(bundle, stream, seen, fallback));
        let Some((stream, clock)) = bundle.streams.get_mut(index).zip(clock) else { continue };
        let ends = seen.stamps.into_iter().flat_map(|(first, last)| [first, last]);
        let of_hits = ends.filter_map(|stamp| clock.time(stamp)).map(TimeSpan::at);
        let times: Vec<(u64, Time)> = sightings(&seen.samples)
            .iter()
            .filter_map(|sighting| {
                let time = sighting.instant.or_else(|| clock.time_at(sighting.at, sighting.stamp));
                Some((sighting.at, time?))
            })
            .collect();
        let survey = gaps::survey(&times);
        stream.span = of_hits.fold(survey.span, |span, at| TimeSpan::join(span, Some(at)));
        stream.order = survey.span.map(|_| survey.order);
        // In a short log a silence is nothing to speak of.
        stream.gaps = if times.len() >= GAP_SAMPLES { survey.gaps } else { Vec::new() };
        stream.clock = clock;
    }
}

/// Lines with a time that a log must have shown for its silences to be told.
const GAP_SAMPLES: usize = 50;

/// The clock of one log.
fn clock(bundle: &Bundle, stream: &Stream, seen: &Seen, fallback: Option<Anchor>) -> Clock {
    let artifact = bundle.artifacts.get(stream.artifact);
    let capture = artifact.and_then(|a| a.capture).and_then(|index| bundle.captures.get(index));
    let of_capture = capture.and_then(|capture| {
        let kind = if capture.time_is_exact { AnchorKind::Capture } else { AnchorKind::CaptureName };
        Some(Anchor { time: capture.time?, kind })
    });
    let closed = seen.closed.as_deref().and_then(Time::parse_assuming_utc);
    let of_name = closed.map(|time| Anchor { time, kind: AnchorKind::FileName });
    let of_journal = seen
        .journal
        .as_ref()
        .map(|journal| ZoneHint { name: Some(journal.zone.clone()), ..ZoneHint::default() });
    let zone = of_journal.or_else(|| capture.and_then(|capture| capture.zone.clone()));
    Clock::infer(&Evidence {
        sightings: &sightings(&seen.samples),
        not_after: of_name.or(of_capture).or(fallback),
        zone: zone.as_ref(),
        host_clock: stream.host_clock,
    })
}

/// What the sample shows of the clock. A wrapper's time that is no instant counts, because other lines have no other; an
/// instant within tells how that clock goes.
fn sightings(samples: &[Sample]) -> Vec<Sighting> {
    let exact = |stamp: &Stamp| stamp.basis == Basis::Utc;
    samples
        .iter()
        .filter_map(|sample| {
            let at = sample.at;
            match (sample.outer, sample.inner) {
                (Some(outer), Some(inner)) if !exact(&outer) && exact(&inner) => {
                    Some(Sighting { at, stamp: outer, instant: Some(Time(inner.ns)) })
                }
                // The one that says more of the date.
                (Some(outer), Some(inner)) if inner.basis < outer.basis => {
                    Some(Sighting { at, stamp: inner, instant: None })
                }
                (outer, inner) => Some(Sighting { at, stamp: outer.or(inner)?, instant: None }),
            }
        })
        .collect()
}

/// What logs of the same container's run have in common, wherever they were collected: the pod, the container where it is
/// known, the run, and whether it is an earlier one.
type RunOf<'b> = (&'b PodRef, Option<&'b str>, u32, bool);

/// Marks logs of pods of which another capture holds all that they hold, and what programs wrote to the system's log that
/// is in their own log as well. Counting them again would make one election on a cluster of three servers look like three.
pub(super) fn find_copies(bundle: &mut Bundle) {
    let mut by_run: BTreeMap<RunOf<'_>, Vec<usize>> = BTreeMap::new();
    for (index, stream) in bundle.streams.iter().enumerate() {
        if let Some(pod) = &stream.pod {
            let run = stream.rank.as_ref().map_or(0, |rank| rank.run);
            let key = (pod, stream.container.as_deref(), run, stream.previous);
            by_run.entry(key).or_default().push(index);
        }
    }
    let mut copies: Vec<usize> = Vec::new();
    for group in by_run.values().filter(|group| group.len() > 1) {
        for index in group {
            if group.iter().any(|other| holds(bundle, *other, *index)) {
                copies.push(*index);
            }
        }
    }
    let forwarded = |index: &usize| is_forwarded(bundle, *index);
    copies.extend((0..bundle.streams.len()).filter(forwarded).collect::<Vec<_>>());
    for index in copies {
        if let Some(stream) = bundle.streams.get_mut(index) {
            stream.is_copy = true;
        }
    }
}

/// Whether a stream is what one program wrote to the log of all programs, and the program's own log on the same machine
/// covers the same time: journald forwards its lines to syslog.
fn is_forwarded(bundle: &Bundle, index: usize) -> bool {
    let Some(part) = bundle.streams.get(index) else { return false };
    let whole = part.part_of.and_then(|whole| bundle.streams.get(whole));
    let (Some(whole), Some(span), [component]) = (whole, part.span, part.components.as_slice()) else {
        return false;
    };
    if !whole.mixed || !whole.components.is_empty() || part.node.is_none() {
        return false;
    }
    bundle.streams.iter().filter(|own| own.part_of.is_none() && own.host_clock && own.pod.is_none()).any(
        |own| {
            let covers = own.span.is_some_and(|own| own.first <= span.first && span.last <= own.last);
            own.node == part.node && own.components.contains(component) && covers
        },
    )
}

/// Whether one stream holds all of another that was collected elsewhere; of two equal ones the first holds the other.
fn holds(bundle: &Bundle, whole: usize, part: usize) -> bool {
    let (Some(a), Some(b)) = (bundle.streams.get(whole), bundle.streams.get(part)) else { return false };
    let root = |stream: &Stream| bundle.artifacts.get(stream.artifact).map(|artifact| &artifact.root);
    let (Some(x), Some(y)) = (a.span, b.span) else { return false };
    let larger = (a.lines, std::cmp::Reverse(whole)) > (b.lines, std::cmp::Reverse(part));
    root(a) != root(b) && larger && x.first <= y.first && y.last <= x.last
}

/// Without a capture: the newest dated line, else what the archive says of its files.
fn anchor(seen: &[Seen], modified: Option<i64>) -> (Option<Time>, Option<String>, AnchorKind) {
    let sampled = seen.iter().flat_map(|seen| &seen.samples).flat_map(|sample| [sample.outer, sample.inner]);
    let of_hits = seen.iter().filter_map(|seen| seen.stamps).map(|(_, last)| Some(last));
    let undated = Clock::default();
    let newest = sampled.chain(of_hits).flatten().filter_map(|stamp| undated.time(stamp)).max();
    match (newest, modified) {
        (Some(time), _) => (Some(time), Some("the newest dated log line".to_owned()), AnchorKind::NewestLine),
        (None, Some(seconds)) => {
            let time = Time(seconds.saturating_mul(SECOND));
            (Some(time), Some("the newest file in the archive".to_owned()), AnchorKind::Modified)
        }
        (None, None) => (None, None, AnchorKind::Modified),
    }
}
