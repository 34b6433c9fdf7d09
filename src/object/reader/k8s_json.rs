//! Kubernetes objects in JSON: single objects, lists, arrays, and several of them one after the other.
//!
//! `kubectl get -o json` gives one `List`; `kubectl cluster-info dump` writes typed lists one after the other, then the
//! logs of containers between `==== START logs` and `==== END logs` markers, whose END may stick to the last log line
//! (kubectl `clusterinfo_dump.go`). One item at a time becomes a value.

use serde_json::Value;

use super::kube::{Frame, Objects, Text, line_from};
use crate::object::line::{lines, lines_from};
use crate::object::{Document, Reader, Reading, json, preamble, resource};

/// Reads Kubernetes objects in JSON.
pub const READER: Reader = Reader { name: "kubernetes-json", derives: &[], sniff, read };

fn sniff(path: &str, head: &[u8]) -> bool {
    let start = preamble::body_start(head);
    let Some(head) = head.get(start..) else { return false };
    let inner = head.iter().take_while(|byte| byte.is_ascii_whitespace() || b"[{".contains(byte)).count();
    let opens = head.first().is_some_and(|byte| b"[{".contains(byte));
    let holds = |text: &[u8]| memchr::memmem::find(head, text).is_some();
    let first_key = head.get(inner..).unwrap_or_default();
    let begins_as_object = [b"\"kind\"".as_slice(), b"\"apiVersion\"", b"\"items\"", b"\"metadata\""]
        .iter()
        .any(|key| first_key.starts_with(key));
    // The audit log is made of objects too, but it is a log.
    let says_its_kind = holds(b"\"kind\"") && holds(b"\"apiVersion\"");
    // Lists of old collectors say nothing of their kind; their place does.
    let is_placed =
        || path.ends_with(".json") && holds(b"\"metadata\"") && resource::kind_of_place(path).is_some();
    let is_nothing = || {
        let text = head.trim_ascii();
        matches!(text, b"[]" | b"null") && is_folder_of_lists(path) && resource::kind_of_place(path).is_some()
    };
    (opens && begins_as_object && (says_its_kind || is_placed()) && !holds(b"\"audit.k8s.io/"))
        || is_nothing()
}

/// Whether all files of this folder hold lists: nothing in one of them is an empty list.
fn is_folder_of_lists(path: &str) -> bool {
    path.contains("cluster-resources/") && path.ends_with(".json")
}

fn read(document: &Document<'_>) -> Reading {
    let bytes = document.bytes;
    let mut objects = Objects::new(document);
    // Counting lines from the last known place keeps the whole linear.
    let mut place = (0, 0);
    let mut at = preamble::body_start(bytes);
    if matches!(bytes.trim_ascii(), b"[]" | b"null") {
        objects.begin_list(&Frame::default(), false);
        return objects.finish();
    }
    loop {
        at = json::skip_space(bytes, at);
        let Some(first) = bytes.get(at) else { break };
        let next = match first {
            b'{' | b'[' => read_value(&mut objects, &mut place, at),
            _ => skip_other(&mut objects, &mut place, at),
        };
        match next {
            Some(next) if next > at => at = next,
            _ => break,
        }
    }
    objects.finish()
}

/// Reads one top-level value; returns where it ends, or `None` if the text ends first.
fn read_value(objects: &mut Objects<'_, '_>, place: &mut (u64, usize), at: usize) -> Option<usize> {
    let bytes = objects.bytes();
    if bytes.get(at) == Some(&b'[') {
        return read_items(objects, place, None, at + 1).and_then(|end| after_bracket(bytes, end));
    }
    let outline = json::outline(bytes, at);
    let kind = outline.kind.as_deref().unwrap_or_default();
    let is_list = outline.has_items && (kind.is_empty() || kind.ends_with("List"));
    if !is_list {
        let Some(end) = outline.end else {
            cut_off(objects, place, at);
            return None;
        };
        read_object(objects, place, None, at..end);
        return Some(end);
    }
    let frame = Frame::of_list(kind, outline.api_version.as_deref().unwrap_or_default());
    let has_items = outline.items.is_some_and(|items| json::next_item(bytes, items).is_some());
    objects.begin_list(&frame, has_items);
    if let Some(items) = outline.items {
        read_items(objects, place, Some(&frame), items)?;
    }
    match outline.end {
        Some(end) => Some(end),
        None => {
            cut_off(objects, place, bytes.len().saturating_sub(1));
            None
        }
    }
}

/// Reads the items from `at` on; returns where the last one ends.
fn read_items(
    objects: &mut Objects<'_, '_>,
    place: &mut (u64, usize),
    frame: Option<&Frame>,
    mut at: usize,
) -> Option<usize> {
    let bytes = objects.bytes();
    let anonymous = Frame::default();
    let frame = frame.unwrap_or(&anonymous);
    while let Some(item) = json::next_item(bytes, at) {
        match item {
            Ok(range) => {
                at = range.end;
                read_object(objects, place, Some(frame), range);
            }
            Err(start) => {
                cut_off(objects, place, start);
                return None;
            }
        }
    }
    Some(at)
}

fn after_bracket(bytes: &[u8], at: usize) -> Option<usize> {
    let at = json::skip_space(bytes, at);
    bytes.get(at).map(|_| at + 1)
}

fn read_object(
    objects: &mut Objects<'_, '_>,
    place: &mut (u64, usize),
    frame: Option<&Frame>,
    range: std::ops::Range<usize>,
) {
    let bytes = objects.bytes();
    let line = line_from(bytes, *place, range.start);
    *place = (line, range.start);
    let text = bytes.get(range.clone()).unwrap_or_default();
    if text.first() != Some(&b'{') {
        return objects.damage("object-unreadable", "item is no object; it is left out", line);
    }
    let outline = json::outline(text, 0);
    if objects.skips(outline.kind.as_deref(), outline.api_version.as_deref(), frame)
        || objects.is_too_large(text, line)
    {
        return;
    }
    let value = serde_json::from_slice::<Value>(text)
        .or_else(|_| serde_json::from_str::<Value>(&String::from_utf8_lossy(text)));
    match value {
        Ok(value) => objects.object(value, frame, Text { bytes: text, line, offset: range.start }),
        Err(error) => {
            let message = format!("object cannot be read ({error}); it is left out");
            objects.damage("object-unreadable", message, line);
        }
    }
}

fn cut_off(objects: &mut Objects<'_, '_>, place: &mut (u64, usize), at: usize) {
    let line = line_from(objects.bytes(), *place, at);
    *place = (line, at);
    objects.damage("document-cut-off", "the document ends within an object; what came before is kept", line);
}

/// Skips a container's log or another line between values; returns where to go on.
fn skip_other(objects: &mut Objects<'_, '_>, place: &mut (u64, usize), at: usize) -> Option<usize> {
    let bytes = objects.bytes();
    let number = line_from(bytes, *place, at);
    *place = (number, at);
    let rest = bytes.get(at..)?;
    let line = lines_from(rest, number, at as u64).next()?;
    let line_end = memchr::memchr(b'\n', rest).map_or(bytes.len(), |end| at + end + 1);
    if let Some(container) = line.text.strip_prefix("==== START logs for ") {
        let end = format!("==== END logs for {container}");
        return match memchr::memmem::find(rest, end.as_bytes()) {
            Some(found) => Some(at + found + end.len()),
            None => Some(bytes.len()),
        };
    }
    if preamble::is_error(&line.text) {
        objects.fail(&line);
    } else if !preamble::is_noise(&line.text) && lines(line.text.as_bytes()).next().is_some() {
        objects.damage("line-unreadable", "line is no JSON; it is left out", number);
    }
    Some(line_end)
}

#[cfg(test)]
mod tests {
    use super::super::etcd::tests::read;
    use super::*;

    fn check(path: &str, text: &str, names: &[&str], lists: &[(&str, bool)], codes: &[&str]) {
        let kinds = ["Pod", "Namespace", "Secret", "Node", "Cluster.management.cattle.io"];
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

    #[test]
    fn lists_of_either_form_give_their_items() {
        check(
            "kubectl/nodes.json",
            "{\n  \"apiVersion\": \"v1\",\n  \"items\": [\n    {\n      \"apiVersion\": \"v1\",\n      \"kind\": \"Node\",\n      \
             \"metadata\": {\n        \"name\": \"a\"\n      }\n    }\n  ],\n  \"kind\": \"List\"\n}\n",
            &["Node/a@7"],
            &[("Node", true)],
            &[],
        );
        check(
            "x.json",
            "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":[{\"metadata\":{\"name\":\"a\",\"namespace\":\"x\"}},\
             {\"metadata\":{\"name\":\"b\",\"namespace\":\"y\"}}]}",
            &["Pod/a@0", "Pod/b@0"],
            &[("Pod", true)],
            &[],
        );
        check(
            "get-pods.json",
            "{\"apiVersion\":\"v1\",\"items\":[],\"kind\":\"List\"}",
            &[],
            &[("Pod", true)],
            &[],
        );
        check(
            "x.json",
            "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":null}",
            &[],
            &[("Pod", true)],
            &[],
        );
        check(
            "x.json",
            "[{\"kind\":\"Cluster\",\"apiVersion\":\"management.cattle.io/v3\",\"metadata\":{\"name\":\"local\"}}]\n",
            &["Cluster.management.cattle.io/local@0"],
            &[("Cluster.management.cattle.io", true)],
            &[],
        );
    }

    #[test]
    fn the_place_tells_the_kind_that_a_list_does_not() {
        let list = "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[{\"metadata\":{\"name\":\"a\",\"namespace\":\"x\"}}]}";
        check("b/cluster-resources/pods/x.json", list, &["Pod/a@0"], &[("Pod", false)], &[]);
        let array = "[{\"metadata\":{\"name\":\"a\",\"namespace\":\"x\"},\"spec\":{}}]";
        check("b/cluster-resources/pods/x.json", array, &["Pod/a@0"], &[("Pod", false)], &[]);
        check("b/cluster-resources/namespaces.json", "[]\n", &[], &[("Namespace", true)], &[]);
        check("b/cluster-resources/pods/x.json", "null", &[], &[("Pod", false)], &[]);
        let events = "{\"items\":[{\"metadata\":{\"name\":\"e\",\"apiVersion\":\"\"},\"involvedObject\":{\"kind\":\"Pod\",\"apiVersion\":\"v1\"},\"reason\":\"R\"}]}";
        let reading = read(&READER, &["Event"], "b/run/run-events.json", events);
        assert_eq!(reading.objects.iter().map(|object| &*object.kind).collect::<Vec<_>>(), ["Event"]);
        assert!(!reading.lists[0].complete);
        assert_eq!(reading.diagnostics, []);
        assert!(!sniff("analysis.json", b"[]") && !sniff("b/dns/debug.json", b"{\"metadata\":{}}"));
    }

    #[test]
    fn what_is_no_object_is_left_out_in_silence() {
        check("x.json", "{\"kind\":\"Config\",\"apiVersion\":\"v1\",\"clusters\":[]}", &[], &[], &[]);
        check(
            "x.json",
            "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"resources\":[{\"name\":\"pods\"}]}",
            &[],
            &[],
            &[],
        );
        let refused = "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":\"nodes is forbidden\",\"code\":403}";
        let reading = read(&READER, &["Node"], "kubectl/nodes.json", refused);
        assert_eq!(reading.failed, Some((0, "nodes is forbidden".to_owned())));
        assert!(reading.lists.is_empty() && reading.diagnostics.is_empty());
    }

    #[test]
    fn a_dump_gives_its_lists_between_the_logs() {
        let text = "{\n\"kind\": \"NodeList\", \"apiVersion\": \"v1\", \"items\": [\n{\"metadata\": {\"name\": \"n\"}}]}\n\
            {\"kind\": \"PodList\", \"apiVersion\": \"v1\", \"items\": [\n{\"metadata\": {\"name\": \"p\", \"namespace\": \"a\"}}]}\n\
            ==== START logs for container c of pod a/p ====\n{\"kind\":\"Pod\"}\nno line feed==== END logs for container c of pod a/p ====\n\
            {\"kind\": \"PodList\", \"apiVersion\": \"v1\", \"items\": []}\n";
        check("dump.json", text, &["Node/n@2", "Pod/p@4"], &[("Node", true), ("Pod", false)], &[]);
    }

    #[test]
    fn what_came_before_the_damage_is_kept() {
        let whole = "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":[{\"metadata\":{\"name\":\"a\"}},\n{\"metadata\":{\"na";
        check("x.json", whole, &["Pod/a@0"], &[("Pod", false)], &["document-cut-off"]);
        check(
            "x.json",
            "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":[{\"metadata\":{\"name\":}},{\"metadata\":{\"name\":\"b\"}}]}\nError from server: late",
            &["Pod/b@0"],
            &[("Pod", false)],
            &["object-unreadable"],
        );
        check(
            "x.json",
            "{\"kind\":\"Namespace\",\"apiVersion\":\"v1\",\"metadata\":{\"na",
            &[],
            &[],
            &["document-cut-off"],
        );
    }

    #[test]
    fn secrets_lose_their_data() {
        let text = "{\"kind\":\"Secret\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"s\",\"annotations\":{\"a\":\"hush\"}},\"data\":{\"p\":\"hush\"}}";
        let reading = read(&READER, &["Secret"], "s.json", text);
        assert!(!format!("{reading:?}").contains("hush"));
    }

    #[test]
    fn logs_in_json_are_no_objects() {
        for text in [
            "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"level\":\"Metadata\"}\n",
            "{\"ts\":\"2026\",\"kind\":\"Pod\",\"apiVersion\":\"v1\"}\n",
            "{\"level\":\"info\",\"kind\":\"Pod\",\"apiVersion\":\"v1\"}\n",
            "[1, 2]",
        ] {
            assert!(!sniff("x.json", text.as_bytes()), "{text}");
        }
    }
}
