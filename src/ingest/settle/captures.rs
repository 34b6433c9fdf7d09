//! What captures say of themselves: host, time, zone.

use serde_json::Value;

use super::text;
use crate::base::Time;
use crate::model::Bundle;
use crate::object::path;

/// Host name, time and zone from the capture's own files.
pub(super) fn name_captures(bundle: &mut Bundle) {
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
