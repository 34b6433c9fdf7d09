//! From a path and the first bytes of a file to what it is.

use super::component::{of_content, of_file_name, of_pod_container};
use super::layout::{LAYOUTS, Role};
use super::{Identity, Kind, LogIdentity, PodRef};
use crate::object::reader;

/// Bytes of a file that are looked at.
pub const HEAD: usize = 8 * 1024;

/// Says what a file is. `path` is the path inside the input (`outer.tgz!node1/etcd/memberlist`), `head` its first
/// [`HEAD`] bytes or fewer.
#[must_use]
pub fn classify(path: &str, head: &[u8]) -> Identity {
    let segments: Vec<&str> = path.split(['/', '!']).collect();
    for layout in LAYOUTS {
        let Some(place) = (layout.place)(&segments) else { continue };
        let kind = match place.role {
            _ if is_binary(head) => Kind::Binary,
            Role::Log(log) => Kind::Log(log),
            Role::MarkedLogs => Kind::Dump,
            Role::Document => reader::sniff(path, head).map_or(Kind::Other, Kind::Document),
            Role::ByContent => by_content(path, &segments, head),
            Role::Other => Kind::Other,
        };
        let root = root_of(path, place.root_segments);
        return Identity { layout: Some(layout), root, node: place.node, kind };
    }
    Identity { layout: None, root: String::new(), node: None, kind: by_content(path, &segments, head) }
}

/// The part of the path before the layout, with its `!` where they were.
fn root_of(path: &str, segments: usize) -> String {
    if segments == 0 {
        return String::new();
    }
    let end = path.match_indices(['/', '!']).nth(segments - 1).map_or(path.len(), |(at, _)| at);
    path.get(..end).unwrap_or(path).to_owned()
}

fn by_content(path: &str, segments: &[&str], head: &[u8]) -> Kind {
    if is_binary(head) {
        return Kind::Binary;
    }
    if is_dump(path, head) {
        return Kind::Dump;
    }
    if let Some(reader) = reader::sniff(path, head) {
        return Kind::Document(reader);
    }
    Kind::Log(loose_log(segments, head))
}

/// A dump to standard output begins with the list of nodes and goes on; its directory form has `nodes.json` for that.
fn is_dump(path: &str, head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    let name = path.rsplit(['/', '!']).next().unwrap_or_default();
    text.starts_with("==== START logs for container ")
        || text.contains("\n==== START logs for container ")
        || (name.contains("cluster-info") && name.contains("dump") && text.contains("kind"))
        || (text.trim_start().starts_with('{')
            && text.contains("\"kind\": \"NodeList\"")
            && !name.starts_with("nodes"))
}

/// Logs of `/var/log/pods`, `/var/log/containers` and of files that somebody saved by hand.
fn loose_log(segments: &[&str], head: &[u8]) -> LogIdentity {
    if let [.., directory, container, file] = segments
        && file.contains(".log")
        && let Some((namespace, rest)) = directory.split_once('_')
        && let Some((pod, _uid)) = rest.rsplit_once('_')
    {
        let component = of_pod_container(pod, container);
        let pod = PodRef { namespace: namespace.to_owned(), name: pod.to_owned() };
        return LogIdentity { components: vec![component], pod: Some(pod), ..LogIdentity::default() };
    }
    let name = segments.last().copied().unwrap_or_default();
    let component = of_file_name(name).or_else(|| of_content(head));
    LogIdentity { components: component.into_iter().collect(), ..LogIdentity::default() }
}

/// NUL bytes mean no text, except in UTF-16, which begins with a byte-order mark.
fn is_binary(head: &[u8]) -> bool {
    let utf16 = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    !utf16 && head.contains(&0)
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
        assert!(matches!(classify("dump.txt", b"{\n    \"kind\": \"NodeList\",").kind, Kind::Dump));
        assert!(matches!(
            classify("a/ns/pod/logs.txt", b"==== START logs for container a of pod ns/pod ====\n").kind,
            Kind::Dump
        ));
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
    fn nul_bytes_make_a_file_binary() {
        assert!(matches!(classify("journald/k3s", b"LPKSHHRH\0\0").kind, Kind::Binary));
    }
}
