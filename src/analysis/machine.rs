//! What a machine says of itself, in a few words for people.

use serde_json::Value;

use super::inventory::Fact;
use crate::base::stamp::duration_text;
use crate::base::words;
use crate::model::Bundle;
use crate::object::path;

/// How a field is said.
#[derive(Clone, Copy)]
enum Say {
    Text,
    Bytes,
    Seconds,
    /// `yes` or `no`.
    Whether,
}

/// A field, how it is said, and the word behind it.
type Field = (&'static str, Say, &'static str);

/// What is told: the name of the line, the kind, and the fields with the words around them.
const TOLD: &[(&str, &str, &[Field])] = &[
    ("operating system", "HostOs", &[("prettyName", Say::Text, "")]),
    ("kernel", "HostKernel", &[("release", Say::Text, ""), ("architecture", Say::Text, "")]),
    ("processors", "HostCpu", &[("count", Say::Text, ""), ("model", Say::Text, "")]),
    ("memory", "HostMemory", &[("totalBytes", Say::Bytes, ""), ("availableBytes", Say::Bytes, "available")]),
    ("running for", "HostUptime", &[("upSeconds", Say::Seconds, "")]),
    ("load", "HostLoad", &[("load1", Say::Text, ""), ("load5", Say::Text, ""), ("load15", Say::Text, "")]),
    ("clock", "HostDate", &[("local", Say::Text, ""), ("zone", Say::Text, "")]),
    ("clock synchronized", "HostTimeSync", &[("synchronized", Say::Whether, "")]),
    (
        "container runtime",
        "HostRuntime",
        &[("name", Say::Text, ""), ("version", Say::Text, ""), ("serverVersion", Say::Text, "")],
    ),
];

/// File systems that are named when they are as full as this, in percent.
const FULL: f64 = 80.0;

/// What the machine of a capture says of itself.
pub(super) fn of(bundle: &Bundle, capture: Option<usize>) -> Vec<Fact> {
    let mut told = Vec::new();
    for (name, kind, fields) in TOLD {
        let said = views(bundle, capture, kind).find_map(|object| {
            let parts: Vec<String> = fields.iter().filter_map(|field| part(object, *field)).collect();
            (!parts.is_empty()).then(|| parts.join(", "))
        });
        told.extend(said.map(|said| Fact { name, text: said.into(), grave: false }));
    }
    let full = views(bundle, capture, "HostFilesystem").filter_map(full);
    let full: Vec<String> = full.collect();
    if !full.is_empty() {
        told.push(Fact { name: "nearly full", text: words::list(&full).into(), grave: true });
    }
    told
}

/// The fields of the objects of a kind in a capture.
fn views<'b>(bundle: &'b Bundle, capture: Option<usize>, kind: &'b str) -> impl Iterator<Item = &'b Value> {
    let of_capture =
        move |artifact: usize| bundle.artifacts.get(artifact).is_some_and(|found| found.capture == capture);
    let views = bundle.objects.of_kind(kind).flat_map(|(_, views)| views);
    views.filter(move |view| of_capture(view.artifact)).map(|view| &view.object.fields)
}

fn part(fields: &Value, (at, say, words): (&str, Say, &str)) -> Option<String> {
    let value = path::get(fields, at)?;
    let text = match (say, value) {
        (Say::Bytes, value) => bytes(value.as_f64()?),
        (Say::Seconds, value) => duration_text(value.as_f64()?),
        (Say::Whether, Value::Bool(yes)) => if *yes { "yes" } else { "no" }.to_owned(),
        (_, Value::String(text)) => text.clone(),
        (_, Value::Number(number)) => number.to_string(),
        _ => return None,
    };
    Some(if words.is_empty() { text } else { format!("{text} {words}") })
}

/// Bytes as a person says them: `7.8 GiB`.
pub(super) fn bytes(bytes: f64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let unit = UNITS.get(unit).copied().unwrap_or_default();
    if value >= 10.0 || unit == "B" { format!("{value:.0} {unit}") } else { format!("{value:.1} {unit}") }
}

/// A file system that is nearly full, with how full it is.
fn full(fields: &Value) -> Option<String> {
    let percent = path::get(fields, "usedPercent").and_then(Value::as_f64).filter(|used| *used >= FULL)?;
    let mount = path::get(fields, "mountpoint").and_then(Value::as_str)?;
    // Snaps and images are always full, and never written to.
    let size = path::get(fields, "availableBytes").and_then(Value::as_f64);
    (size != Some(0.0) || percent < 100.0).then(|| format!("{mount} {percent:.0} %"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_said_as_people_say_them() {
        for (n, text) in [(512.0, "512 B"), (8.4e9, "7.8 GiB"), (1.7e7, "16 MiB")] {
            assert_eq!(bytes(n), text);
        }
    }
}
