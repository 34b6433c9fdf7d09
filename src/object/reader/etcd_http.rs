//! What etcd answers over HTTP: `/health` → `EtcdServerHealth`, `/version` → `EtcdServerVersion`.
//!
//! Source: etcd `server/etcdserver/api/etcdhttp`. `health` is text, `"true"` or `"false"`; `reason` is there since 3.5 and empty when all
//! is well. `curl -i` puts the headers of the answer first.

use serde_json::Value;

use super::etcd;
use crate::object::derived::{Derived, Expected};
use crate::object::gather::{Draft, Gather};
use crate::object::{Document, Reader, Reading};

/// What one server says of its health, named by its file.
pub const HEALTH: Derived = Derived {
    kind: "EtcdServerHealth",
    what: "what one etcd server says of its health over HTTP, named by its file",
    expected: Expected::Never,
    bulk: false,
    fields: &[("healthy", "whether it is"), ("reason", "why not; absent if healthy, and up to 3.4")],
};

/// Which version one server is, named by its file.
pub const VERSION: Derived = Derived {
    kind: "EtcdServerVersion",
    what: "the versions that one etcd server says over HTTP, named by its file",
    expected: Expected::Never,
    bulk: false,
    fields: &[
        ("server", "etcd's version"),
        ("cluster", "the version that all members can speak"),
        ("storage", "since 3.6"),
    ],
};

/// Reads the answers to `/health` and `/version`.
pub const READER: Reader = Reader { name: "etcd-http", derives: &[&HEALTH, &VERSION], sniff, read };

fn sniff(_path: &str, head: &[u8]) -> bool {
    let first = etcd::first_line(head);
    let begins = first.starts_with('{') || first.starts_with("HTTP/");
    let holds = |key: &str| memchr::memmem::find(head, key.as_bytes()).is_some();
    begins
        && (holds("\"health\"") || holds("\"etcdserver\""))
        && etcd::json(head).is_some_and(|(_, value)| is_health(&value) || is_version(&value))
}

fn is_health(value: &Value) -> bool {
    let is_claim =
        value.get("health").and_then(Value::as_str).is_some_and(|text| matches!(text, "true" | "false"));
    is_claim && only(value, &["health", "reason"])
}

fn is_version(value: &Value) -> bool {
    value.get("etcdserver").is_some_and(Value::is_string)
        && only(value, &["etcdserver", "etcdcluster", "storage"])
}

fn only(value: &Value, keys: &[&str]) -> bool {
    value.as_object().is_some_and(|map| map.keys().all(|key| keys.contains(&key.as_str())))
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let Some((line, value)) = etcd::json(document.bytes) else { return gather.finish() };
    let text =
        |key: &str| value.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    if is_health(&value) {
        let mut draft = Draft::new(document, HEALTH.kind, document.path, &line);
        draft.put("healthy", text("health") == Some("true"));
        if let Some(reason) = text("reason") {
            draft.put("reason", reason);
        }
        gather.add(draft);
    } else if is_version(&value) {
        let mut draft = Draft::new(document, VERSION.kind, document.path, &line);
        for (key, path) in [("etcdserver", "server"), ("etcdcluster", "cluster"), ("storage", "storage")] {
            if let Some(version) = text(key) {
                draft.put(path, version);
            }
        }
        gather.add(draft);
    }
    gather.finish()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::etcd::tests::{named, read};
    use super::*;

    #[test]
    fn answers_are_read_with_and_without_headers() {
        for (text, kind, expected) in [
            ("{\"health\":\"true\"}", "EtcdServerHealth", json!({"healthy": true})),
            (
                "HTTP/2 503 \ncontent-type: text/plain\n\n{\"health\":\"false\",\"reason\":\"RAFT NO LEADER\"}\n",
                "EtcdServerHealth",
                json!({"healthy": false, "reason": "RAFT NO LEADER"}),
            ),
            ("{\"health\":\"true\",\"reason\":\"\"}", "EtcdServerHealth", json!({"healthy": true})),
            (
                "{\"etcdserver\":\"3.6.5\",\"etcdcluster\":\"3.6.0\",\"storage\":\"3.6.0\"}",
                "EtcdServerVersion",
                json!({"server": "3.6.5", "cluster": "3.6.0", "storage": "3.6.0"}),
            ),
        ] {
            let reading = read(&READER, &["EtcdServerHealth", "EtcdServerVersion"], "x", text);
            assert_eq!(&*reading.objects[0].kind, kind);
            assert_eq!(reading.objects.iter().map(named).collect::<Vec<_>>(), [("x", &expected)], "{text}");
        }
    }

    #[test]
    fn other_json_is_not_etcds() {
        for text in [
            "{\"health\":true}",
            "{\"health\":\"true\",\"pod\":\"x\"}",
            "{\"health\":\"gr",
            "x {\"health\":\"true\"}",
        ] {
            assert!(!sniff("x", text.as_bytes()), "{text}");
        }
    }
}
