//! What captures say of themselves: host, time, zone.

use serde_json::Value;

use super::text;
use crate::artifact::distribution;
use crate::artifact::layout::Subject;
use crate::base::Time;
use crate::model::clock::ZoneHint;
use crate::model::{Bundle, Capture};
use crate::object::path;

/// Host name, time and zone from the capture's own files.
pub(super) fn name_captures(bundle: &mut Bundle) {
    let Bundle { captures, artifacts, objects, .. } = bundle;
    for kind in ["HostName", "HostDate"] {
        for view in objects.of_kind(kind).flat_map(|(_, views)| views) {
            let Some(artifact) = artifacts.get(view.artifact) else { continue };
            let Some(capture) = artifact.capture.and_then(|index| captures.get_mut(index)) else { continue };
            let fields = &view.object.fields;
            if let Some(host) =
                text(fields, "hostname").filter(|_| capture.layout.subject == Subject::Machine)
            {
                capture.node.get_or_insert_with(|| host.to_owned());
            }
            if kind == "HostDate" {
                date(capture, fields, &artifact.path);
            }
        }
    }
}

/// What collectors write about their own work: when, on which machine, what they left out.
pub(super) fn read_notes(bundle: &mut Bundle) {
    let Bundle { captures, artifacts, objects, .. } = bundle;
    for view in objects.of_kind("CaptureInfo").flat_map(|(_, views)| views) {
        let Some(artifact) = artifacts.get(view.artifact) else { continue };
        let Some(capture) = artifact.capture.and_then(|index| captures.get_mut(index)) else { continue };
        let fields = &view.object.fields;
        capture.obfuscated |= path::get(fields, "obfuscated") == Some(&Value::Bool(true));
        let named = text(fields, "distribution").and_then(distribution::of_directory);
        capture.distributions.extend(named.map(str::to_owned));
        if let Some(version) = text(fields, "clusterVersion") {
            capture.version = Some(version.to_owned());
        }
        if capture.layout.subject == Subject::Machine && capture.node.is_none() {
            capture.node = text(fields, "hostname").map(str::to_owned);
        }
        // A time with its zone is better than a name, and what the machine's clock showed is better still.
        let time = text(fields, "createdAt").and_then(Time::parse);
        if let Some(time) = time.filter(|_| !capture.time_is_exact) {
            capture.time = Some(time);
            capture.time_is_exact = true;
            capture.time_source = Some(format!("`{}`", artifact.path));
        }
    }
    // What is written in an obfuscated capture knows the machine by its pseudonym.
    for view in objects.of_kind("HostName").flat_map(|(_, views)| views) {
        let capture = artifacts.get(view.artifact).and_then(|artifact| artifact.capture);
        let Some(capture) = capture.and_then(|index| captures.get_mut(index)) else { continue };
        if let Some(host) = text(&view.object.fields, "hostname").filter(|_| capture.obfuscated) {
            capture.node = Some(host.to_owned());
        }
    }
    let notes = objects.of_kind("CollectorNote").flat_map(|(_, views)| views);
    let mut complaints: Vec<(usize, u64, String)> = Vec::new();
    for view in notes {
        let fields = &view.object.fields;
        let capture = artifacts.get(view.artifact).and_then(|artifact| artifact.capture);
        let complains = path::get(fields, "complaint") == Some(&Value::Bool(true));
        if let (Some(capture), Some(said), true) = (capture, text(fields, "text"), complains) {
            let line = view.object.quotes.first().map_or(0, |quote| quote.line);
            complaints.push((capture, line, said.to_owned()));
        }
    }
    complaints.sort();
    for (index, _, said) in complaints {
        if let Some(capture) = captures.get_mut(index).filter(|capture| !capture.complaints.contains(&said)) {
            capture.complaints.push(said);
        }
    }
}

/// A machine's archive within a bundle was made with the bundle.
pub(super) fn inherit_times(bundle: &mut Bundle) {
    let of_bundle = |inner: &Capture| {
        let outer = bundle.captures.iter().filter(|outer| outer.time.is_some() && outer.root != inner.root);
        let outer = outer.filter(|outer| inner.root.starts_with(&outer.root));
        outer.max_by_key(|outer| outer.root.len()).map(|outer| (outer.time, outer.time_source.clone()))
    };
    let times: Vec<_> = bundle.captures.iter().map(of_bundle).collect();
    for (capture, time) in bundle.captures.iter_mut().zip(times) {
        if let (None, Some((time, source))) = (capture.time, time) {
            (capture.time, capture.time_source) = (time, source);
        }
    }
}

/// What the machine's clock showed.
fn date(capture: &mut Capture, fields: &Value, file: &str) {
    let exact = text(fields, "date").and_then(Time::parse);
    let local = text(fields, "local").and_then(Time::parse_assuming_utc);
    if let Some(time) = exact.or(local.filter(|_| capture.time.is_none())) {
        capture.time = Some(time);
        capture.time_is_exact = exact.is_some();
        let assumed = if exact.is_some() { "" } else { ", taken for UTC" };
        capture.time_source = Some(format!("`{file}`{assumed}"));
    }
    let offset = path::get(fields, "offsetSeconds").and_then(Value::as_i64);
    capture.zone = Some(ZoneHint {
        name: text(fields, "zone").map(str::to_owned),
        offset: offset.and_then(|offset| i32::try_from(offset).ok()),
        at: exact,
    });
}
