//! What the JSON and YAML readers of Kubernetes objects share: one item at a time becomes an object.
//!
//! Items of a typed list (`PodList`) have no kind of their own, those of `kind: List` have (apimachinery `runtime`,
//! kubectl `get`). The data of Secrets is dropped before anything is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::embedded;
use crate::base::Diagnostic;
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, number_at};
use crate::object::quote::{self, Shown};
use crate::object::{Document, Known, Reading, derive, resource};

/// The largest object that is read. The API server takes 1.5 MiB (etcd `--max-request-bytes`), indentation adds to it.
pub const OBJECT_BYTES: usize = 8 << 20;

/// The deepest indent of an object in a list.
const INDENT_BYTES: usize = 256;

/// What a list says about its items.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// The kind of the items, without `List`; `None` for a `List` of anything.
    pub kind: Option<String>,
    /// The API version of the items.
    pub api_version: String,
}

impl Frame {
    /// The frame of a list with this kind (`PodList`, `List`).
    pub fn of_list(kind: &str, api_version: &str) -> Self {
        let kind = kind.strip_suffix("List").filter(|kind| !kind.is_empty());
        Self { kind: kind.map(str::to_owned), api_version: api_version.to_owned() }
    }

    /// The full kind of the items.
    fn full_kind(&self) -> Option<String> {
        self.kind.as_ref().map(|kind| resource::kind_name(kind, &self.api_version))
    }
}

/// Where an object's text lies in the document.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    /// Its bytes.
    pub bytes: &'a [u8],
    /// The line (from 0) of its first byte.
    pub line: u64,
    /// The offset of its first byte.
    pub offset: usize,
}

/// Gathers the objects of one document, and what its lists listed.
pub struct Objects<'d, 'p> {
    gather: Gather<'d, 'p>,
    /// The namespaces seen of each listed kind.
    listed: BTreeMap<String, BTreeSet<String>>,
    repeated: BTreeSet<String>,
    /// Kinds that nobody asks for and of whose objects nothing is known.
    unread: BTreeSet<String>,
    damaged: bool,
    has_gaps: bool,
}

impl<'d, 'p> Objects<'d, 'p> {
    /// Nothing gathered yet.
    pub fn new(document: &'d Document<'p>) -> Self {
        Self {
            gather: Gather::new(document),
            listed: BTreeMap::new(),
            repeated: BTreeSet::new(),
            unread: BTreeSet::new(),
            damaged: false,
            has_gaps: false,
        }
    }

    /// The document's bytes.
    pub fn bytes(&self) -> &'d [u8] {
        self.gather.document.bytes
    }

    /// A list begins. An empty `List`, and one without a kind, says nothing of its kind, but the file's place may.
    pub fn begin_list(&mut self, frame: &Frame, has_items: bool) {
        let path = self.gather.document.path;
        let path_kind = || resource::kind_of_place(path).map(str::to_owned);
        let kind = frame.full_kind().or_else(|| if has_items { None } else { path_kind() });
        if let Some(kind) = kind
            && self.listed.insert(kind.clone(), BTreeSet::new()).is_some()
        {
            self.repeated.insert(kind);
        }
    }

    /// Whether an object of this kind, in this list, need not be read: nobody asks for its kind. That the list holds it is noted.
    pub fn skips(&mut self, kind: Option<&str>, api_version: Option<&str>, frame: Option<&Frame>) -> bool {
        let own = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        let kind = match own(kind) {
            Some(kind) => resource::kind_name(&kind, api_version.unwrap_or_default()),
            None => match frame.and_then(Frame::full_kind) {
                Some(kind) => kind,
                None => return false,
            },
        };
        // A failure of the API is an object too.
        if self.gather.wants(&kind)
            || embedded::is_wanted(&self.gather, &kind)
            || kind == "Status"
            || kind.ends_with("List")
        {
            return false;
        }
        self.gather.count(&kind);
        if frame.is_some() {
            self.listed.entry(kind.clone()).or_default();
            self.unread.insert(kind);
        }
        true
    }

    /// An object; `frame` is the list that holds it, if one does.
    pub fn object(&mut self, mut value: Value, frame: Option<&Frame>, text: Text<'_>) {
        let document = self.gather.document;
        if is_rewritten(document.path) {
            unquote_null(&mut value, 0);
        }
        let Some(kind) = self.kind_of(&value, frame) else { return };
        if value.get("kind").is_none() && frame.is_some_and(|frame| frame.kind.is_none()) {
            // Only a place that belongs to the kind holds all of it: these may be the events of one pod.
            let is_placed = resource::kind_of_place(document.path) == Some(&*kind);
            if !is_placed {
                self.repeated.insert(kind.clone());
            }
        }
        let meta = |key: &str| value.pointer(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let namespace = meta("/metadata/namespace").map(str::to_owned);
        if frame.is_some() {
            self.listed.entry(kind.clone()).or_default().insert(namespace.clone().unwrap_or_default());
        }
        if kind == "Status" {
            return self.status(&value, text);
        }
        let named_by = || quote_lines(document.bytes, &mut Shown::default(), &kind, text);
        embedded::certificates(&mut self.gather, &kind, &value, named_by);
        if !self.gather.wants(&kind) {
            return self.gather.count(&kind);
        }
        let Some(name) = meta("/metadata/name").map(str::to_owned) else {
            // Configuration files have a kind and a version too, but no metadata.
            if frame.is_some() || value.get("metadata").is_some_and(Value::is_object) {
                self.damage("object-unnamed", "object without a name; it is left out", text.line);
            }
            return;
        };
        let known = self.known_of(&value);
        derive::derive(&kind, &mut value, document.captured_at);
        if kind == "Secret" {
            forget_secrets(&mut value);
        }
        let mut shown = Shown::new(document.projection, &kind);
        let line = quote_lines(document.bytes, &mut shown, &kind, text);
        let named_by = line.quote("");
        self.gather.add(Draft { kind, namespace, name, fields: value, known, named_by, shown });
    }

    /// The full kind of an object: its own, its list's, what only such objects have, or the one that its place names. `None`:
    /// it is no object of Kubernetes, or of the audit log.
    fn kind_of(&self, value: &Value, frame: Option<&Frame>) -> Option<String> {
        let own = |key: &str| value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let list_kind = frame.and_then(|frame| frame.kind.as_deref());
        let Some(kind) = own("kind").or(list_kind) else {
            value.pointer("/metadata/name").filter(|name| name.is_string())?;
            let told = value.get("involvedObject").and(value.get("reason")).map(|_| "Event");
            return told.or_else(|| resource::kind_of_place(self.gather.document.path)).map(str::to_owned);
        };
        let api_version =
            own("apiVersion").or(frame.map(|frame| frame.api_version.as_str())).unwrap_or_default();
        (!api_version.starts_with("audit.k8s.io/")).then(|| resource::kind_name(kind, api_version))
    }

    /// An answer of the API server in place of objects: `{"kind":"Status","status":"Failure","message":…}`.
    fn status(&mut self, value: &Value, text: Text<'_>) {
        let is_failure = value.get("status").and_then(Value::as_str) == Some("Failure");
        if let Some(message) = value.get("message").and_then(Value::as_str).filter(|_| is_failure) {
            let line = Line { number: text.line, offset: text.offset as u64, text: message.into() };
            self.gather.fail(&line);
        }
    }

    /// Of the next objects only what they show is known: somebody has left out parts.
    pub fn with_gaps(&mut self, has_gaps: bool) {
        self.has_gaps = has_gaps;
    }

    fn known_of(&self, value: &Value) -> Known {
        if !self.has_gaps {
            return Known::All;
        }
        let mut paths = BTreeSet::new();
        leaves(value, "", &mut paths);
        Known::Only(Arc::new(paths))
    }

    /// Whether a text is too large to be an object; says so.
    pub fn is_too_large(&mut self, text: &[u8], line: u64) -> bool {
        let is_too_large = text.len() > OBJECT_BYTES;
        if is_too_large {
            self.damage("object-too-large", "object is larger than 8 MiB; it is left out", line);
        }
        is_too_large
    }

    /// Something could not be read: the lists of this document are no longer complete.
    pub fn damage(&mut self, code: crate::base::Code, message: impl Into<String>, line: u64) {
        self.damaged = true;
        self.gather.note(Diagnostic::warning(code, message).at_line(line + 1));
    }

    /// Notes an error line in place of output, or after it.
    pub fn fail(&mut self, line: &Line<'_>) {
        self.gather.fail(line);
    }

    /// The reading.
    pub fn finish(mut self) -> Reading {
        let path = self.gather.document.path;
        for (kind, namespaces) in &self.listed {
            let whole = !self.damaged
                && !self.repeated.contains(kind)
                && !self.unread.contains(kind)
                && (resource::is_namespaced(kind) == Some(false) || !is_per_namespace(path, namespaces));
            self.gather.list(kind, whole);
        }
        self.gather.finish()
    }
}

/// Whether a collector rewrote the text of its objects: rancher/support-bundle-kit turns empty texts and nulls into `"null"`
/// (`pkg/utils/yaml.go`). Its folders are `yamls/cluster` and `yamls/namespaced`.
fn is_rewritten(path: &str) -> bool {
    path.contains("yamls/cluster/") || path.contains("yamls/namespaced/")
}

/// Turns the text `null` back into nothing.
fn unquote_null(value: &mut Value, depth: usize) {
    const DEPTH: usize = 64;
    match value {
        Value::String(text) if text == "null" => *value = Value::Null,
        Value::Array(items) if depth < DEPTH => {
            items.iter_mut().for_each(|item| unquote_null(item, depth + 1))
        }
        Value::Object(map) if depth < DEPTH => {
            map.values_mut().for_each(|value| unquote_null(value, depth + 1));
            map.retain(|_, value| !value.is_null());
        }
        _ => {}
    }
}

/// The paths of all plain values, without list indices. At most some thousands: an object has no more that anybody asks for.
fn leaves(value: &Value, path: &str, paths: &mut BTreeSet<String>) {
    const MOST: usize = 10_000;
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                leaves(value, &path, paths);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| leaves(item, path, paths)),
        _ if paths.len() < MOST => {
            paths.insert(path.to_owned());
        }
        _ => {}
    }
}

/// What is secret, and what repeats it.
fn forget_secrets(value: &mut Value) {
    let Some(map) = value.as_object_mut() else { return };
    map.retain(|key, _| !quote::is_secret(key));
    if let Some(metadata) = map.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("annotations");
        metadata.remove("managedFields");
    }
}

/// The line that names the object; the lines of its fields go to `shown`.
///
/// Compact JSON has no lines of its own: its quote begins where the object does.
fn quote_lines<'a>(document: &'a [u8], shown: &mut Shown<'_>, kind: &str, text: Text<'a>) -> Line<'a> {
    // The object's first line is scanned from its beginning, so that all keys have their indent.
    // Looking back is bounded: a compact list may be one line of many megabytes.
    let floor = text.offset.saturating_sub(INDENT_BYTES);
    let before = document.get(floor..text.offset).unwrap_or_default();
    let start = memchr::memrchr(b'\n', before).map_or(floor, |at| floor + at + 1);
    let end = text.offset + text.bytes.len();
    let line_start = if is_blank(document.get(start..text.offset)) { start } else { text.offset };
    let bytes = document.get(line_start..end).unwrap_or(text.bytes);
    if let Some(line) = quote::scan(shown, bytes, text.line, line_start as u64) {
        return line;
    }
    let shown_text =
        if kind == "Secret" { b"(compact text of a Secret: not shown)".as_slice() } else { bytes };
    let first = shown_text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    // More than a quote keeps need not be decoded.
    let first = first.get(..8192).unwrap_or(first);
    Line { number: text.line, offset: line_start as u64, text: String::from_utf8_lossy(first) }
}

fn is_blank(bytes: Option<&[u8]>) -> bool {
    bytes.is_some_and(|bytes| bytes.iter().all(|byte| matches!(byte, b' ' | b'-')))
}

/// The line (from 0) of an offset, counted from an earlier offset whose line is known.
pub fn line_from(bytes: &[u8], (line, offset): (u64, usize), at: usize) -> u64 {
    line + number_at(bytes.get(offset..).unwrap_or_default(), at.saturating_sub(offset))
}

/// Whether a list under this path was of one namespace: a folder of `cluster-info dump`, must-gather or troubleshoot, where
/// a folder or the file has the name of the one namespace.
fn is_per_namespace(path: &str, namespaces: &BTreeSet<String>) -> bool {
    const DUMPED: [&str; 7] =
        ["events", "replication-controllers", "services", "daemonsets", "deployments", "replicasets", "pods"];
    let stem = resource::file_stem(path);
    let parent = resource::parent(path);
    let (folders, _) = path.rsplit_once('/').unwrap_or_default();
    let is_folder = |name: &str| !name.is_empty() && folders.split('/').any(|folder| folder == name);
    let one_namespace =
        namespaces.len() == 1 && namespaces.iter().all(|name| is_folder(name) || name == stem);
    one_namespace
        || path.contains("cluster-info")
        || is_folder("namespaces")
        || (DUMPED.contains(&stem) && !matches!(parent, "kubectl" | "" | "resources"))
        || folders.split('/').rev().nth(1) == Some("cluster-resources")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_one_namespace_are_known() {
        let one = |name: &str| BTreeSet::from([name.to_owned()]);
        for (path, namespaces, expected) in [
            ("x/rke2/kubectl/pods.json", one("shop"), false),
            ("get-events.json", one("shop"), false),
            ("dump/shop/pods.json", one("shop"), true),
            ("dump/shop/pods.json", BTreeSet::new(), true),
            ("extra-kubectl/cluster-info-dump.stdout.json", one("shop"), true),
            ("must-gather/namespaces/shop/core/pods.yaml", one("shop"), true),
            ("cluster-resources/pods/shop.json", one("shop"), true),
            ("cluster-resources/nodes.json", one(""), false),
        ] {
            assert_eq!(is_per_namespace(path, &namespaces), expected, "{path}");
        }
    }
}
