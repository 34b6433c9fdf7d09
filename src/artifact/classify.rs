//! From a path and the first bytes of a file to what it is.

use super::component::{of_content, of_file_name};
use super::layout::{self, Role, Told};
use super::{Identity, Kind, LogIdentity, host_log, magic, section};
use crate::object::reader;

/// Bytes of a file that are looked at.
pub const HEAD: usize = 8 * 1024;

/// Says what a file is. `path` is the path inside the input (`outer.tgz!node1/etcd/memberlist`), `head` its first
/// [`HEAD`] bytes or fewer.
#[must_use]
pub fn classify(path: &str, head: &[u8]) -> Identity {
    let segments: Vec<&str> = path.split(['/', '!']).collect();
    let Some((layout, place)) = layout::find(&segments) else {
        return Identity { kind: by_content(path, &segments, head), ..Identity::default() };
    };
    let role = place.role.clone();
    let kind = match place.role {
        Role::Log(log) => magic::binary_log(head).map_or_else(|| Kind::Log(named(log, head)), Kind::Binary),
        role => magic::binary(head).map_or_else(|| of_text(role, path, &segments, head), Kind::Binary),
    };
    // A name that others use too, and nothing in the file that the layout could mean: it is not of it.
    let dumped =
        || head.is_empty() || section::format(path, head, true) == Some(section::Format::ClusterDump);
    let fits = match role {
        Role::Document => !matches!(kind, Kind::Other),
        Role::MarkedLogs => dumped(),
        _ => true,
    };
    if place.told == Told::Name && !fits {
        return Identity { kind: by_content(path, &segments, head), ..Identity::default() };
    }
    let root = root_of(path, place.root_segments);
    Identity { layout: Some(layout), root, node: place.node, kind }
}

fn of_text(role: Role, path: &str, segments: &[&str], head: &[u8]) -> Kind {
    match role {
        Role::Log(log) => Kind::Log(log),
        Role::MarkedLogs => Kind::Sections(section::Format::ClusterDump),
        Role::Document => reader::sniff(path, head).map_or(Kind::Other, Kind::Document),
        Role::ByContent => by_content(path, segments, head),
        Role::Other => Kind::Other,
    }
}

/// The part of the path before the layout, with its `!` where they were.
fn root_of(path: &str, segments: usize) -> String {
    if segments == 0 {
        return String::new();
    }
    let end = path.match_indices(['/', '!']).nth(segments - 1).map_or(path.len(), |(at, _)| at);
    path.get(..end).unwrap_or(path).to_owned()
}

/// The order is from what is certain to what is not: magics, marks of sections, logs in JSON (whose lines are objects
/// too), documents by their readers, and what nobody knows is searched as a log.
fn by_content(path: &str, segments: &[&str], head: &[u8]) -> Kind {
    if let Some(what) = magic::binary(head) {
        return Kind::Binary(what);
    }
    if is_audit_log(head) {
        return Kind::Log(LogIdentity::of(&["audit"]));
    }
    if is_json_lines(head) {
        return Kind::Log(loose_log(segments, head));
    }
    let reader = reader::sniff(path, head);
    if let Some(format) = section::format(path, head, reader.is_some()) {
        return Kind::Sections(format);
    }
    reader.map_or_else(|| Kind::Log(loose_log(segments, head)), Kind::Document)
}

/// A log of which the path does not tell whose it is, by what only one component writes.
fn named(log: LogIdentity, head: &[u8]) -> LogIdentity {
    if !log.components.is_empty() || log.mixed || log.pod.is_some() {
        return log;
    }
    LogIdentity { components: of_content(head).into_iter().collect(), ..log }
}

/// The audit log of the API server: one event a line.
fn is_audit_log(head: &[u8]) -> bool {
    const EVENT: &[u8] = b"{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/";
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    head.starts_with(EVENT) || memchr::memmem::find(head, &[b"\n", EVENT].concat()).is_some()
}

/// Several lines, all of which are JSON objects that say when or what: a log, not one document.
fn is_json_lines(head: &[u8]) -> bool {
    const KEYS: &[&str] = &[
        "ts",
        "time",
        "timestamp",
        "@timestamp",
        "msg",
        "message",
        "MESSAGE",
        "log",
        "level",
        "__REALTIME_TIMESTAMP",
    ];
    let text = String::from_utf8_lossy(head);
    // The last line may be cut.
    let whole = text.rfind('\n').and_then(|end| text.get(..end)).unwrap_or_default();
    let lines = whole.lines().filter(|line| !line.trim().is_empty()).take(20);
    let says = |line: &str| KEYS.iter().any(|key| line.contains(&format!("\"{key}\":")));
    let is_entry = |line: &str| {
        let line = line.trim();
        line.starts_with("{\"") && line.ends_with('}') && says(line)
    };
    let (all, entries) =
        lines.fold((0, 0), |(all, entries), line| (all + 1, entries + usize::from(is_entry(line))));
    // One line alone may be a document; what journald writes is always a log.
    all == entries && (all > 1 || (all == 1 && whole.contains("\"__REALTIME_TIMESTAMP\":")))
}

/// Logs that somebody saved by hand: by the name of the file, then by what only one component writes.
fn loose_log(segments: &[&str], head: &[u8]) -> LogIdentity {
    let name = segments.last().copied().unwrap_or_default();
    if let Some(log) = host_log::of_file(segments) {
        return log;
    }
    let component = of_file_name(name).or_else(|| of_content(head));
    LogIdentity { components: component.into_iter().collect(), ..LogIdentity::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(path: &str, head: &str) -> String {
        match classify(path, head.as_bytes()).kind {
            Kind::Log(log) => log.components.join(","),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn loose_logs_are_known_by_name_then_by_content() {
        assert_eq!(log("etcd-a.log", ""), "etcd");
        assert_eq!(
            log("case/out.txt", "2021-05-04 07:50:10.140405 E | rafthttp: failed to find member"),
            "etcd"
        );
        assert_eq!(log("case/error.txt", "something"), "");
        assert_eq!(log("var/log/pods/kube-system_coredns-1_0a/coredns/0.log", ""), "coredns");
    }

    #[test]
    fn dumps_are_known_by_their_beginning() {
        let dump = |kind| matches!(kind, Kind::Sections(section::Format::ClusterDump));
        assert!(dump(classify("dump.txt", b"{\n    \"kind\": \"NodeList\",").kind));
        assert!(dump(
            classify("a/ns/pod/logs.txt", b"==== START logs for container a of pod ns/pod ====\n").kind
        ));
    }

    #[test]
    fn names_that_others_use_too_need_content_that_fits() {
        let pods = "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":[]}";
        for (path, head, layout) in [
            ("dump/default/pods.json", pods, Some("cluster-info-dump")),
            ("n1/etcd/logs.txt", "2026-11-22 03:11:02.236820 I | etcdmain: x\n", None),
            ("groups/basic/deployments.yaml", "- name: vm\n", None),
            ("x/summary.txt", "all is well\n", None),
            ("n1-2026-11-22_03_11_34/summary.txt", "", Some("rancher-collector")),
            ("support-bundle/n1-2026-11-22_03_11_34/rke2/kubectl/pods", "", Some("rancher-collector")),
        ] {
            let found = classify(path, head.as_bytes()).layout.map(|layout| layout.name);
            assert_eq!(found, layout, "{path}");
        }
    }

    #[test]
    fn the_root_keeps_its_archives() {
        let identity = classify("a.tgz!n1-2026-11-22_03_11_34/rke/containerlogs/etcd", b"x");
        assert_eq!(
            (identity.root.as_str(), identity.node.as_deref()),
            ("a.tgz!n1-2026-11-22_03_11_34", Some("n1"))
        );
    }

    #[test]
    fn what_is_no_text_says_what_it_is() {
        for (path, head, expect) in [
            ("journald/k3s", &b"LPKSHHRH\0\0"[..], Some("systemd journal")),
            ("n1/var/log/journal/0a/system.journal", b"LPKSHHRH\0\0", Some("systemd journal")),
            ("x/core.1", b"\x7fELF\x02", Some("ELF program or core")),
            ("x", b"\0\0", None),
        ] {
            match classify(path, head).kind {
                Kind::Binary(what) => assert_eq!(what, expect, "{path}"),
                other => panic!("{path}: {other:?}"),
            }
        }
    }

    #[test]
    fn logs_in_json_are_no_documents() {
        let event = "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"level\":\"Metadata\"}\n";
        assert_eq!(log("x.json", event), "audit");
        assert_eq!(
            log("etcd.json", "{\"level\":\"warn\",\"msg\":\"a\"}\n{\"level\":\"warn\",\"msg\":\"b\"}\n"),
            "etcd"
        );
        let list = "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":[]}\n";
        assert!(matches!(classify("x.json", list.as_bytes()).kind, Kind::Document(_)));
    }
}
