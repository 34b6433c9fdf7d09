//! What a collector printed while it worked: what it found, what it left out, what failed.
//!
//! * `collector-output.log` of the Rancher logs collector: `2026-11-22 02:53:22: text`, on the node's clock; `[!]` marks what was
//!   left out and why (`rancher2_logs_collector.sh`, `techo`).
//! * `bundleGenerationError.log` of support-bundle-kit: errors only.
//! * troubleshoot: `collector-errors/<collector>.json`, and lists of errors in `<collector>-errors/…` and `errors.json`.

use serde_json::{Value, json};

use super::Reader;
use super::capture_info::CAPTURE;
use crate::object::derived::{Derived, Expected};
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, cut, lines};
use crate::object::{Document, Reading, resource};

/// A line that a collector printed about its work.
pub const NOTE: Derived = Derived {
    kind: "CollectorNote",
    what: "what a collector printed about its own work, named by its file and line",
    expected: Expected::Never,
    bulk: false,
    fields: &[
        ("time", "as it was printed: RFC 3339, on the machine's clock unless it has a zone"),
        ("text", "the line, without its time"),
        ("complaint", "whether something was left out or failed"),
        ("skipped", "list of what was left out, in the collector's words, where it says so"),
        ("collector", "the part of the collector that failed, where it is named"),
    ],
};

/// The reader.
pub const READER: Reader = Reader { name: "collector-output", derives: &[&NOTE, &CAPTURE], sniff, read };

/// Notes that are kept of one file: a collector prints a few dozen.
const MOST: usize = 1000;

/// Parts of lines that say that something is missing or went wrong.
const COMPLAINTS: &[&str] = &[
    "[!]",
    "timed out",
    "Couldn't detect",
    "could not execute",
    "Could not find",
    "minimum needed is",
    "WARNING",
    "rror: ",
    "failed",
    "Failed",
    "not found",
    "Can not",
];

/// What a complaint leaves out, for those that do not say `skipping …` themselves.
const LEAVES_OUT: &[(&str, &str)] = &[
    ("collecting local pod logs only", "objects and pod logs of the API"),
    ("lsof command timed out", "the end of lsof"),
    ("Couldn't detect k8s distro", "everything of Kubernetes"),
    ("could not execute commands successfully", "everything of Kubernetes"),
];

/// The facts that `Name... value` lines tell, and their fields.
const FACTS: &[(&str, &str)] = &[
    ("Detecting OS", "os"),
    ("Detecting k8s distribution", "distribution"),
    ("Detecting init type", "init"),
    ("Using RKE2 binary", "binary"),
    ("Using K3s binary", "binary"),
    ("Using k3s binary", "binary"),
    ("Using RKE2 data-dir", "dataDir"),
    ("Using K3s data-dir", "dataDir"),
    ("Using k3s data-dir", "dataDir"),
];

fn sniff(path: &str, _head: &[u8]) -> bool {
    let name = path.rsplit(['/', '!']).next().unwrap_or(path);
    matches!(name, "collector-output.log" | "bundleGenerationError.log") || is_error_list(path, name)
}

/// Files in which troubleshoot lists the errors of a collector.
fn is_error_list(path: &str, name: &str) -> bool {
    let parent = resource::parent(path);
    let is_json = name.ends_with(".json");
    is_json
        && (parent == "collector-errors"
            || name == "errors.json"
            || path.split('/').any(|part| part.ends_with("-errors")))
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let name = document.path.rsplit(['/', '!']).next().unwrap_or_default();
    if name.ends_with(".json") {
        read_json(&mut gather);
    } else {
        read_lines(&mut gather, name == "collector-output.log");
    }
    gather.list(NOTE.kind, true);
    gather.finish()
}

/// A line each; `described` says that lines tell facts of the machine, too.
fn read_lines(gather: &mut Gather<'_, '_>, described: bool) {
    let document = gather.document;
    let mut capture: Option<Draft<'_>> = None;
    for line in lines(document.bytes).filter(|line| !line.text.trim().is_empty()).take(MOST) {
        let (time, text) = timed(line.text.trim());
        let complaint = !described || COMPLAINTS.iter().any(|part| text.contains(part));
        note(gather, &line, time.as_deref(), text, complaint);
        if !described {
            continue;
        }
        let fact = FACTS.iter().find_map(|(start, field)| {
            let value = text.strip_prefix(start)?.strip_prefix("...")?.trim();
            (!value.is_empty()).then_some((*field, Value::from(value)))
        });
        let fact = fact.or_else(|| text.starts_with("Obfuscating ").then(|| ("obfuscated", json!(true))));
        if let Some((field, value)) = fact {
            let draft = capture.get_or_insert_with(|| {
                let mut draft = Draft::new(document, CAPTURE.kind, document.path, &line);
                draft.put("tool", "rancher-logs-collector");
                draft
            });
            draft.set(field, value, &line);
        }
    }
    if let Some(draft) = capture {
        gather.add(draft);
    }
}

fn note(gather: &mut Gather<'_, '_>, line: &Line<'_>, time: Option<&str>, text: &str, complaint: bool) {
    let name = format!("{}:{}", gather.document.path, line.number + 1);
    let mut draft = Draft::new(gather.document, NOTE.kind, name, line);
    if let Some(time) = time {
        draft.put("time", time);
    }
    draft.put("text", cut(text));
    draft.put("complaint", complaint);
    if complaint {
        draft.put("skipped", skipped(text));
    }
    gather.add(draft);
}

/// `2026-11-22 02:53:22: text`, or a time with a zone at the beginning; otherwise the whole is text.
fn timed(text: &str) -> (Option<String>, &str) {
    let found = text.split_at_checked("2026-11-22 02:53:22".len()).and_then(|(time, rest)| {
        let time = time.replace(' ', "T");
        crate::base::Time::parse_assuming_utc(&time)?;
        Some((time, rest.strip_prefix(": ")?))
    });
    match found {
        Some((time, rest)) => (Some(time), rest.trim()),
        None => (None, text),
    }
}

/// What a complaint says that it left out: what stands behind `skipping`.
fn skipped(text: &str) -> Value {
    let said = text.split_once("skipping ").map(|(_, what)| what.trim_end_matches('.').trim());
    let known = LEAVES_OUT.iter().find(|(part, _)| text.contains(part)).map(|(_, what)| *what);
    json!(said.filter(|what| !what.is_empty()).or(known).into_iter().collect::<Vec<_>>())
}

/// One object with an error, or a list of errors.
fn read_json(gather: &mut Gather<'_, '_>) {
    const LARGEST: usize = 1 << 20;
    let bytes = gather.document.bytes;
    let Some(line) = lines(bytes).find(|line| !line.text.trim().is_empty()) else { return };
    let Some(Ok(value)) = bytes.get(..bytes.len().min(LARGEST)).map(serde_json::from_slice::<Value>) else {
        return super::unreadable(gather, &line, "list of errors");
    };
    let one = [value.clone()];
    let entries = value.as_array().map_or(one.as_slice(), Vec::as_slice);
    for (position, entry) in entries.iter().take(MOST).enumerate() {
        let text = entry.as_str().or_else(|| entry.get("error").and_then(Value::as_str));
        let Some(text) = text else { continue };
        let name = format!("{}:{}", gather.document.path, position + 1);
        let mut draft = Draft::new(gather.document, NOTE.kind, name, &line);
        draft.put("text", cut(text));
        draft.put("complaint", true);
        for (key, field) in [("collector", "collector"), ("timestamp", "time")] {
            if let Some(value) = entry.get(key).and_then(Value::as_str) {
                draft.put(field, value);
            }
        }
        let what = entry.get("collector").and_then(Value::as_str);
        draft.put("skipped", json!(what.into_iter().collect::<Vec<_>>()));
        gather.add(draft);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::path::Projection;

    fn check(path: &str, text: &str, expect: &[&str]) {
        let mut projection = Projection::default();
        [NOTE.kind, CAPTURE.kind].iter().for_each(|kind| projection.ask(kind, ""));
        let document = Document { path, bytes: text.as_bytes(), captured_at: None, projection: &projection };
        assert!(sniff(path, text.as_bytes()), "{path}");
        let reading = read(&document);
        let shown: Vec<(&str, Value)> =
            reading.objects.iter().map(|object| (&*object.kind, object.fields.clone())).collect();
        let expect: Vec<(&str, Value)> = expect
            .iter()
            .map(|text| text.split_once(' ').unwrap())
            .map(|(kind, fields)| (kind, serde_json::from_str(fields).unwrap()))
            .collect();
        assert_eq!(shown, expect, "{text}");
    }

    #[test]
    fn the_rancher_collector_says_what_it_found_and_what_it_left_out() {
        check(
            "n/collector-output.log",
            "2026-11-22 02:53:22: Detecting OS... ubuntu 22.04\n2026-11-22 02:53:22: Using RKE2 data-dir... /var/lib/rancher/rke2\n2026-11-22 02:54:40: [!] Containerd is offline, skipping crictl collection\n",
            &[
                r#"CollectorNote {"complaint":false,"text":"Detecting OS... ubuntu 22.04","time":"2026-11-22T02:53:22"}"#,
                r#"CollectorNote {"complaint":false,"text":"Using RKE2 data-dir... /var/lib/rancher/rke2","time":"2026-11-22T02:53:22"}"#,
                r#"CollectorNote {"complaint":true,"skipped":["crictl collection"],"text":"[!] Containerd is offline, skipping crictl collection","time":"2026-11-22T02:54:40"}"#,
                r#"CaptureInfo {"dataDir":"/var/lib/rancher/rke2","os":"ubuntu 22.04","tool":"rancher-logs-collector"}"#,
            ],
        );
    }

    #[test]
    fn known_complaints_are_complaints() {
        for (text, what) in [
            (
                "[!] Kube-apiserver is offline, collecting local pod logs only",
                "objects and pod logs of the API",
            ),
            ("lsof command timed out, killing process to prevent hanging.", "the end of lsof"),
            ("Couldn't detect k8s distro", "everything of Kubernetes"),
            ("Found rke2  but could not execute commands successfully", "everything of Kubernetes"),
            ("Could not find python3, skipping obfuscation...", "obfuscation"),
        ] {
            let note = format!(r#"CollectorNote {{"complaint":true,"skipped":["{what}"],"text":"{text}"}}"#);
            check("n/collector-output.log", &format!("{text}\n"), &[&note]);
        }
        check("n/collector-output.log", "", &[]);
    }

    #[test]
    fn lists_of_errors_are_notes() {
        check(
            "s/collector-errors/etcd-error.json",
            "{\"collector\":\"etcd\",\"error\":\"no etcd here\",\"timestamp\":\"2026-11-22T03:11:34Z\"}",
            &[
                r#"CollectorNote {"collector":"etcd","complaint":true,"skipped":["etcd"],"text":"no etcd here","time":"2026-11-22T03:11:34Z"}"#,
            ],
        );
        check(
            "s/helm/errors.json",
            "[\n  \"release: not found\"\n]\n",
            &[r#"CollectorNote {"complaint":true,"skipped":[],"text":"release: not found"}"#],
        );
        check("s/errors.json", "[[[", &[]);
        check(
            "s/bundleGenerationError.log",
            "no such node n3\n",
            &[r#"CollectorNote {"complaint":true,"skipped":[],"text":"no such node n3"}"#],
        );
    }
}
