//! What captures say of themselves: host, time, zone.

use serde_json::Value;

use super::text;
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
