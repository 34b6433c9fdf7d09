//! Which machine an address or an etcd member id belongs to.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Node;
use crate::object::path;

/// Addresses and etcd member ids → node. What two nodes claim belongs to neither.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    keys: BTreeMap<String, Option<String>>,
}

impl Names {
    /// Says that `key` belongs to `node`.
    pub fn claim(&mut self, key: &str, node: &str) {
        let key = plain(key);
        if key.is_empty() || is_everywhere(&key) {
            return;
        }
        self.keys
            .entry(key)
            .and_modify(|owner| {
                if owner.as_deref() != Some(node) {
                    *owner = None;
                }
            })
            .or_insert_with(|| Some(node.to_owned()));
    }

    /// The node of an address (with or without scheme and port) or etcd member id.
    #[must_use]
    pub fn node(&self, key: &str) -> Option<&str> {
        self.keys.get(&plain(key)).and_then(Option::as_deref)
    }

    /// The node behind the first of the member's URLs that is known, or the one whose name the member's contains.
    #[must_use]
    pub fn node_of_member(&self, fields: &Value, nodes: &BTreeMap<String, Node>) -> Option<String> {
        let urls = |field| path::get(fields, field).and_then(Value::as_array).cloned().unwrap_or_default();
        let by_address = urls("peerURLs")
            .iter()
            .chain(&urls("clientURLs"))
            .find_map(|url| self.node(url.as_str().unwrap_or_default()).map(str::to_owned));
        by_address.or_else(|| {
            let name = path::get(fields, "name").and_then(Value::as_str).unwrap_or_default();
            longest_within(name, nodes.keys().map(String::as_str)).map(str::to_owned)
        })
    }
}

/// The longest of the names that stands in `text` between its ends, dashes or dots.
pub fn longest_within<'n>(text: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let edge = |c: Option<char>| c.is_none_or(|c| matches!(c, '-' | '.' | '_'));
    names
        .filter(|name| !name.is_empty())
        .filter(|name| {
            text.match_indices(*name).any(|(at, _)| {
                edge(text.get(..at).and_then(|head| head.chars().next_back()))
                    && edge(text.get(at + name.len()..).and_then(|tail| tail.chars().next()))
            })
        })
        .max_by_key(|name| name.len())
}

/// Without scheme, port and brackets.
#[must_use]
pub fn plain(key: &str) -> String {
    let key = key.split_once("://").map_or(key, |(_, rest)| rest);
    let key = key.split('/').next().unwrap_or(key);
    if let Some(inner) = key.strip_prefix('[') {
        return inner.split(']').next().unwrap_or(inner).to_owned();
    }
    match key.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') && port.bytes().all(|b| b.is_ascii_digit()) => {
            host.to_owned()
        }
        _ => key.to_owned(),
    }
}

/// Addresses that every machine has.
fn is_everywhere(address: &str) -> bool {
    address.starts_with("127.") || matches!(address, "::1" | "0.0.0.0" | "localhost" | "::")
}

/// The name of the node under which a short or full host name is known.
#[must_use]
pub fn same_host<'n, T>(host: &str, nodes: &'n BTreeMap<String, T>) -> Option<&'n str> {
    let short = host.split('.').next().unwrap_or(host);
    if let Some((name, _)) = nodes.get_key_value(host) {
        return Some(name);
    }
    nodes.keys().find(|node| node.split('.').next() == Some(short)).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_known_in_any_dress() {
        let mut names = Names::default();
        names.claim("10.0.0.1", "a");
        names.claim("fe80::1", "b");
        for key in ["10.0.0.1", "10.0.0.1:2380", "https://10.0.0.1:2380", "https://10.0.0.1:2380/version"] {
            assert_eq!(names.node(key), Some("a"), "{key}");
        }
        assert_eq!(names.node("[fe80::1]:2380"), Some("b"));
    }

    #[test]
    fn what_two_claim_belongs_to_neither_and_loopback_to_nobody() {
        let mut names = Names::default();
        names.claim("10.43.0.1", "a");
        names.claim("10.43.0.1", "b");
        names.claim("127.0.0.1", "a");
        assert_eq!((names.node("10.43.0.1"), names.node("127.0.0.1")), (None, None));
    }

    #[test]
    fn member_names_contain_node_names() {
        let nodes = ["srv1", "srv10", "k8s-etcd03"];
        assert_eq!(longest_within("etcd-k8s-etcd03", nodes.into_iter()), Some("k8s-etcd03"));
        assert_eq!(longest_within("srv10-87fa0602", nodes.into_iter()), Some("srv10"));
    }
}
