//! Kubernetes objects in YAML: documents between `---`, lists, and bare sequences.
//!
//! `kubectl get -o yaml` writes `items:` before `kind: List`, each item at a line `- ` in column 0. A list is cut into items
//! by its lines, so that only one of them at a time is a value.

use serde_json::Value;

use super::kube::{Frame, Objects, Text};
use crate::object::line::{Line, lines};
use crate::object::{Document, Reader, Reading, preamble, resource, yaml};

/// Reads Kubernetes objects in YAML.
pub const READER: Reader = Reader { name: "kubernetes-yaml", derives: &[], sniff, read };

fn sniff(path: &str, head: &[u8]) -> bool {
    const STARTS: [&str; 5] = ["apiVersion:", "kind:", "items:", "- apiVersion:", "metadata:"];
    let named = path.ends_with(".yaml") || path.ends_with(".yml");
    let meant = named || resource::is_kubectl_path(path);
    let is_before = |text: &str| !is_content(text) || preamble::is_noise(text);
    let mut content = lines(head).skip_while(|line| is_before(&line.text));
    let Some(first) = content.next() else { return false };
    let begins = STARTS.iter().any(|start| first.text.starts_with(start));
    let has = |key: &str| {
        lines(head)
            .any(|line| line.text.strip_prefix("- ").unwrap_or(&line.text).trim_start().starts_with(key))
    };
    // The API sorts the keys: `allowVolumeExpansion` comes before `apiVersion`.
    let top = |key: &str| lines(head).any(|line| line.text.starts_with(key));
    let begins_late = || named && is_yaml(&first.text) && top("apiVersion:") && top("kind:");
    (begins || begins_late())
        && has("apiVersion:")
        && (meant || has("kind:"))
        && content.all(|line| is_yaml(&line.text) || (meant && preamble::is_noise(&line.text)))
}

/// Whether a line can be YAML of an object: a log may begin with one that the program prints (kube-scheduler does).
fn is_yaml(text: &str) -> bool {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "-_./\"".contains(c))).unwrap_or(text.len());
    let is_key =
        || matches!(text.get(end..), Some(rest) if rest.is_empty() || rest == ":" || rest.starts_with(": "));
    text.starts_with([' ', '#', '-']) || text.is_empty() || text.trim_end() == "..." || is_key()
}

fn is_content(text: &str) -> bool {
    let text = text.trim_end();
    !text.is_empty() && !text.starts_with('#') && text != "---"
}

fn read(document: &Document<'_>) -> Reading {
    let mut objects = Objects::new(document);
    let mut part = Part::default();
    let mut in_log: Option<String> = None;
    for line in lines(document.bytes) {
        if let Some(end) = &in_log {
            if line.text.trim_end().ends_with(end.as_str()) {
                in_log = None;
            }
            continue;
        }
        if let Some(container) = line.text.strip_prefix("==== START logs for ") {
            in_log = Some(format!("==== END logs for {}", container.trim_end()));
            part.finish(&mut objects);
        } else if matches!(line.text.trim_end(), "---" | "...") || line.text.starts_with("--- ") {
            part.finish(&mut objects);
        } else if preamble::is_noise(&line.text) {
            continue;
        } else if !line.text.starts_with([' ', '-'])
            && preamble::is_error(&line.text)
            && !line.text.ends_with(':')
        {
            objects.fail(&line);
        } else {
            part.take(&line);
        }
    }
    part.finish(&mut objects);
    objects.finish()
}

/// One document between `---`, as the places of its lines.
#[derive(Default)]
struct Part {
    kind: String,
    api_version: String,
    has_items: bool,
    /// The indent of the dashes of `items`, once the first is seen.
    dashes: Option<usize>,
    in_items: bool,
    pieces: Vec<Piece>,
    whole: Option<Piece>,
}

/// The text of one object.
#[derive(Clone, Debug, Default)]
struct Piece {
    /// The first line.
    line: u64,
    /// Where it begins.
    start: usize,
    /// Where its last line begins.
    last: usize,
    /// What it says of its kind, so that objects that nobody asks for need not be parsed.
    kind: Option<String>,
    api_version: Option<String>,
}

impl Piece {
    fn new(line: &Line<'_>, start: usize) -> Self {
        Self { line: line.number, start, last: start, ..Self::default() }
    }

    /// Looks at a line whose keys are the object's own.
    fn key(&mut self, text: &str) {
        if let Some(kind) = value_of(text, "kind:") {
            self.kind = Some(kind);
        } else if let Some(version) = value_of(text, "apiVersion:") {
            self.api_version = Some(version);
        }
    }
}

/// The plain value of a key.
fn value_of(text: &str, key: &str) -> Option<String> {
    text.strip_prefix(key).map(|value| value.trim().trim_matches(['"', '\'']).to_owned())
}

impl Part {
    fn take(&mut self, line: &Line<'_>) {
        let start = usize::try_from(line.offset).unwrap_or(usize::MAX);
        // The next line's offset is not known here; `finish` looks for the line feed.
        let text = line.text.as_ref();
        if !is_content(text) && self.whole.is_none() {
            return;
        }
        self.whole.get_or_insert_with(|| Piece::new(line, start)).last = start;
        // A blank line belongs to the text that it stands in.
        if text.trim().is_empty() {
            return;
        }
        let trimmed = text.trim_start_matches(' ');
        let indent = text.len() - trimmed.len();
        let dash = trimmed.starts_with("- ") || text.trim() == "-";
        if indent == 0 && !dash {
            self.in_items = false;
            self.key(text);
        } else if dash && self.begins_item(indent) {
            self.dashes = Some(indent);
            let mut piece = Piece::new(line, start);
            piece.key(trimmed.trim_start_matches(['-', ' ']));
            self.pieces.push(piece);
            return;
        }
        if self.in_items
            && let Some(piece) = self.pieces.last_mut()
        {
            piece.last = start;
            if self.dashes.is_some_and(|dashes| dashes + 2 == indent) {
                piece.key(trimmed);
            }
        }
    }

    /// Whether a dash at this indent begins an item of the list of objects.
    fn begins_item(&mut self, indent: usize) -> bool {
        let bare = self.kind.is_empty() && self.api_version.is_empty() && !self.has_items && indent == 0;
        if bare {
            self.in_items = true;
        }
        self.in_items && self.dashes.unwrap_or(indent) == indent
    }

    /// A key in column 0.
    fn key(&mut self, text: &str) {
        if let Some(kind) = value_of(text, "kind:") {
            self.kind = kind;
        } else if let Some(version) = value_of(text, "apiVersion:") {
            self.api_version = version;
        } else if let Some(rest) = value_of(text, "items:") {
            self.has_items = true;
            self.in_items = rest.is_empty();
        }
    }

    fn finish(&mut self, objects: &mut Objects<'_, '_>) {
        let mut part = std::mem::take(self);
        let Some(mut whole) = part.whole.take() else { return };
        let is_list = part.has_items && (part.kind.is_empty() || part.kind.ends_with("List"));
        if is_list {
            let frame = Frame::of_list(&part.kind, &part.api_version);
            objects.begin_list(&frame, !part.pieces.is_empty());
            part.pieces.iter().for_each(|piece| read_piece(objects, Some(&frame), piece));
            // `kind` comes last: without it the file ends early.
            if part.kind.is_empty() && !part.api_version.is_empty() {
                objects.damage(
                    "document-cut-off",
                    "the list ends early; what came before is kept",
                    whole.line,
                );
            }
        } else if !part.pieces.is_empty() && part.kind.is_empty() {
            let frame = Frame::default();
            part.pieces.iter().for_each(|piece| read_piece(objects, Some(&frame), piece));
        } else if !part.kind.is_empty() {
            (whole.kind, whole.api_version) = (Some(part.kind), Some(part.api_version));
            read_piece(objects, None, &whole);
        }
    }
}

/// Reads one object.
fn read_piece(objects: &mut Objects<'_, '_>, frame: Option<&Frame>, piece: &Piece) {
    if objects.skips(piece.kind.as_deref(), piece.api_version.as_deref(), frame) {
        return;
    }
    let line = piece.line;
    let bytes = objects.bytes();
    let rest = bytes.get(piece.last..).unwrap_or_default();
    let end = memchr::memchr(b'\n', rest).map_or(bytes.len(), |end| piece.last + end + 1);
    let text_bytes = bytes.get(piece.start..end).unwrap_or_default();
    if objects.is_too_large(text_bytes, line) {
        return;
    }
    let text = String::from_utf8_lossy(text_bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text_bytes));
    // The dash of an item becomes a space: the item is then a mapping.
    let text = if frame.is_some() { text.replacen('-', " ", 1) } else { text.into_owned() };
    let (value, has_gaps) = match yaml::parse(&text) {
        Ok(value) => (Ok(value), false),
        Err(error) => without_elisions(&text).map_or((Err(error), false), |value| (Ok(value), true)),
    };
    match value {
        Ok(value @ Value::Object(_)) => {
            objects.with_gaps(has_gaps);
            objects.object(value, frame, Text { bytes: text_bytes, line, offset: piece.start });
            objects.with_gaps(false);
        }
        Ok(_) => objects.damage("object-unreadable", "item is no object; it is left out", line),
        Err(error) => {
            let at = line + error.line.unwrap_or(1) - 1;
            let message = format!("object cannot be read ({}); it is left out", error.message);
            objects.damage("object-unreadable", message, at);
        }
    }
}

/// The object without the lines that people put in place of what they leave out of an excerpt; `None` if there are none, or if
/// it is no YAML all the same.
fn without_elisions(text: &str) -> Option<Value> {
    let is_elision = |line: &str| {
        let line = line.trim().trim_start_matches(['#', '-', ' ']);
        matches!(line, "..." | "[...]" | "…" | "[…]" | "<snip>" | "[snip]" | "(...)")
    };
    let kept: Vec<&str> = text.lines().filter(|line| !is_elision(line)).collect();
    if kept.len() == text.lines().count() {
        return None;
    }
    yaml::parse(&kept.join("\n")).ok()
}

#[cfg(test)]
mod tests {
    use super::super::etcd::tests::read;
    use super::*;

    fn check(path: &str, text: &str, names: &[&str], lists: &[(&str, bool)], codes: &[&str]) {
        let kinds = ["Pod", "Namespace", "ConfigMap", "Cluster.fleet.cattle.io"];
        let reading = read(&READER, &kinds, path, text);
        let found: Vec<_> = reading
            .objects
            .iter()
            .map(|object| format!("{}/{}@{}", object.kind, object.name, object.quotes[0].line))
            .collect();
        assert_eq!(found, names, "{text}");
        let found: Vec<_> = reading.lists.iter().map(|list| (&*list.kind, list.complete)).collect();
        assert_eq!(found, lists, "{text}");
        let found: Vec<_> = reading.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
        assert_eq!(found, codes, "{text}");
    }

    const LIST: &str = "apiVersion: v1\nitems:\n- apiVersion: v1\n  data:\n    text: |\n      - not: an item\n      ---\n  \
        kind: ConfigMap\n  metadata:\n    name: a\n- apiVersion: v1\n  kind: Namespace\n  metadata:\n    finalizers:\n    - x\n    name: b\n\
        kind: List\nmetadata:\n  resourceVersion: \"\"\n";

    #[test]
    fn lists_are_cut_into_items() {
        check(
            "get-namespaces.yaml",
            LIST,
            &["ConfigMap/a@9", "Namespace/b@15"],
            &[("ConfigMap", true), ("Namespace", true)],
            &[],
        );
        check(
            "x.yaml",
            &LIST.replace('\n', "\r\n"),
            &["ConfigMap/a@9", "Namespace/b@15"],
            &[("ConfigMap", true), ("Namespace", true)],
            &[],
        );
        check(
            "kubectl/rancher-prov/clusters.fleet.cattle.io",
            "apiVersion: v1\nitems: []\nkind: List\n",
            &[],
            &[("Cluster.fleet.cattle.io", true)],
            &[],
        );
        check(
            "dump/shop/pods.yaml",
            "apiVersion: v1\nitems:\n  - metadata:\n      name: p\n      namespace: shop\nkind: PodList\n",
            &["Pod/p@3"],
            &[("Pod", false)],
            &[],
        );
    }

    #[test]
    fn documents_and_sequences_are_read() {
        check(
            "x.yaml",
            "# made by hand\n---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: b}\n",
            &["Pod/a@5", "Pod/b@7"],
            &[],
            &[],
        );
        check(
            "x.yaml",
            "- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: a\n- apiVersion: fleet.cattle.io/v1alpha1\n  kind: Cluster\n  metadata:\n    name: b\n",
            &["Pod/a@3", "Cluster.fleet.cattle.io/b@7"],
            &[("Cluster.fleet.cattle.io", true), ("Pod", true)],
            &[],
        );
    }

    #[test]
    fn blank_lines_in_long_texts_do_not_end_an_item() {
        let text = "---\napiVersion: v1\nitems:\n- apiVersion: v1\n  data:\n    a: |+\n      x\n\n\n  kind: ConfigMap\n  metadata:\n    name: a\n\
            - apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: b\nkind: ConfigMapList\nmetadata: {}\n";
        check(
            "core/configmaps.yaml",
            text,
            &["ConfigMap/a@11", "ConfigMap/b@15"],
            &[("ConfigMap", true)],
            &[],
        );
    }

    #[test]
    fn keys_may_come_before_the_version_and_errors_within_a_text() {
        check(
            "storageclasses/x.yaml",
            "---\naaa: true\napiVersion: v1\ndata:\n  a: |\n    Error: x\n    sh: y: not found\nkind: ConfigMap\nmetadata:\n  name: a\n",
            &["ConfigMap/a@9"],
            &[],
            &[],
        );
        check(
            "version.yaml",
            "apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nspec:\n  versionNumber: v0\n",
            &[],
            &[],
            &[],
        );
    }

    #[test]
    fn of_an_excerpt_only_what_it_shows_is_known() {
        let text =
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  ...\nstatus:\n  phase: Failed\n  [...]\n";
        let reading = read(&READER, &["Pod"], "x.yaml", text);
        let known = &reading.objects[0].known;
        assert!(
            known.covers("status.phase")
                && !known.covers("metadata.finalizers")
                && !known.covers("status.reason")
        );
    }

    #[test]
    fn rewritten_objects_lose_their_null_texts() {
        let text = "apiVersion: v1\nitems:\n- metadata:\n    name: a\n    deletionTimestamp: \"null\"\n    generation: 1.073741824e+10\nkind: PodList\n";
        let reading = read(&READER, &["Pod"], "yamls/namespaced/x/v1/pods.yaml", text);
        assert_eq!(
            reading.objects[0].fields["metadata"],
            serde_json::json!({"name": "a", "generation": 10_737_418_240_u64})
        );
    }

    #[test]
    fn what_came_before_the_damage_is_kept() {
        let cut = &LIST[..LIST.find("finalizers").unwrap() + 4];
        check(
            "x.yaml",
            cut,
            &["ConfigMap/a@9"],
            &[("ConfigMap", false), ("Namespace", false)],
            &["object-unnamed", "document-cut-off"],
        );
        check("x.yaml", "apiVersion: v1\nkind: Pod\nmetadata: [\n", &[], &[], &["object-unreadable"]);
    }
}
