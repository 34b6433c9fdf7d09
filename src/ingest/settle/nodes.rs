//! The machines of the cluster: names, roles, addresses, members of etcd, distribution.

use std::collections::BTreeMap;

use serde_json::Value;

use super::text;
use crate::artifact::distribution;
use crate::model::{Bundle, Node, UNKNOWN, names};
use crate::object::path;

/// What a node's API object says of versions.
const NODE_VERSIONS: &[(&str, &str)] = &[
    ("kubelet", "kubeletVersion"),
    ("os", "osImage"),
    ("kernel", "kernelVersion"),
    ("container-runtime", "containerRuntimeVersion"),
];

/// What a machine says of versions itself: the kind, and the fields with the component and the version. A component
/// that is no field has its own name.
const HOST_VERSIONS: &[(&str, &str, &str)] = &[
    ("HostVersion", "component", "version"),
    ("HostOs", "os", "prettyName"),
    ("HostKernel", "kernel", "release"),
];

/// Versions that the machines' own captures give.
pub(super) fn find_versions(bundle: &mut Bundle) {
    let mut found: Vec<(String, String, String)> = Vec::new();
    for (kind, component, version) in HOST_VERSIONS {
        for view in bundle.objects.of_kind(kind).flat_map(|(_, views)| views) {
            let fields = &view.object.fields;
            let node = bundle.node_of_artifact(view.artifact).map(str::to_owned);
            let component = text(fields, component).unwrap_or(component).to_owned();
            if let (Some(node), Some(version)) = (node, text(fields, version)) {
                found.push((node, component, version.to_owned()));
            }
        }
    }
    for (node, component, version) in found {
        // What the machine says of itself is better than what the API was told.
        if let Some(node) = bundle.nodes.get_mut(&node) {
            node.versions.insert(component, version);
        }
    }
}

/// Nodes that the API lists, and machines that were captured.
pub(super) fn find_nodes(bundle: &mut Bundle) {
    let Bundle { captures, objects, nodes, names, known_roles, .. } = bundle;
    for (key, views) in objects.of_kind("Node") {
        let node = nodes.entry(key.name.clone()).or_default();
        for view in views {
            let fields = &view.object.fields;
            let roles = path::get(fields, "roles").and_then(Value::as_array).cloned().unwrap_or_default();
            node.roles.extend(roles.iter().filter_map(Value::as_str).map(role_name));
            if let Some(address) = text(fields, "status.internalIP") {
                node.addresses.insert(address.to_owned());
            }
            for (component, at) in NODE_VERSIONS {
                if let Some(version) = text(fields, &format!("status.nodeInfo.{at}")) {
                    node.versions.insert((*component).to_owned(), version.to_owned());
                }
            }
        }
    }
    if !nodes.is_empty() {
        known_roles.extend(["etcd", "control-plane", "node"]);
    }
    let listed = nodes.clone();
    for capture in captures.iter_mut() {
        let Some(host) = capture.node.take() else { continue };
        let name = names::same_host(&host, &listed).unwrap_or(&host).to_owned();
        let node = nodes.entry(name.clone()).or_default();
        node.captured_at = node.captured_at.max(capture.time);
        capture.node = Some(name);
    }
    for (name, node) in nodes.iter() {
        names.claim(name, name);
        node.addresses.iter().for_each(|address| names.claim(address, name));
    }
}

/// Roles by one name each: distributions have written them differently over the years.
fn role_name(role: &str) -> String {
    match role {
        "controlplane" | "master" | "control-plane" => "control-plane".to_owned(),
        other => other.to_owned(),
    }
}

/// Addresses of captured machines, then etcd members and whose they are.
pub(super) fn find_members(bundle: &mut Bundle) {
    let mut claims: Vec<(String, String)> = Vec::new();
    for (_, views) in bundle.objects.of_kind("HostAddresses") {
        for view in views {
            let Some(node) = bundle.node_of_artifact(view.artifact) else { continue };
            let addresses = path::get(&view.object.fields, "addresses").and_then(Value::as_array).cloned();
            for address in addresses.unwrap_or_default().iter().filter_map(Value::as_str) {
                claims.push((address.to_owned(), node.to_owned()));
            }
        }
    }
    claims.iter().for_each(|(address, node)| bundle.names.claim(address, node));
    let Bundle { objects, nodes, names, known_roles, .. } = bundle;
    for (_, views) in objects.of_kind("EtcdMember") {
        for view in views {
            known_roles.insert("etcd");
            let fields = &view.object.fields;
            let Some(node) = names.node_of_member(fields, nodes).or_else(|| uncaptured(fields, nodes)) else {
                continue;
            };
            if let Some(id) = text(fields, "id") {
                names.claim(id, &node);
            }
            let urls = path::get(fields, "peerURLs").and_then(Value::as_array).cloned().unwrap_or_default();
            urls.iter().filter_map(Value::as_str).for_each(|url| names.claim(url, &node));
            if let Some(entry) = nodes.get_mut(&node) {
                entry.roles.insert("etcd".to_owned());
                // Where the API lists no nodes, this is the address by which the others know it.
                if entry.addresses.is_empty() {
                    entry.addresses.extend(urls.iter().filter_map(Value::as_str).map(names::plain));
                }
            }
        }
    }
}

/// A captured machine that neither the API nor a member list names is known by the addresses of its interfaces.
pub(super) fn own_addresses(bundle: &mut Bundle) {
    const MOST: usize = 4;
    let mut own: Vec<(String, String)> = Vec::new();
    for view in bundle.objects.of_kind("HostAddresses").flat_map(|(_, views)| views) {
        let Some(node) = bundle.node_of_artifact(view.artifact) else { continue };
        let addresses = path::get(&view.object.fields, "addresses").and_then(Value::as_array).cloned();
        let addresses = addresses.unwrap_or_default();
        own.extend(
            addresses.iter().filter_map(Value::as_str).map(|address| (node.to_owned(), address.to_owned())),
        );
    }
    let nameless: Vec<String> = bundle
        .nodes
        .iter()
        .filter(|(_, node)| node.addresses.is_empty())
        .map(|(name, _)| name.clone())
        .collect();
    for (name, address) in own.into_iter().filter(|(name, _)| nameless.contains(name)) {
        if let Some(node) = bundle.nodes.get_mut(&name).filter(|node| node.addresses.len() < MOST) {
            node.addresses.insert(address);
        }
    }
}

/// The machine of a member that is neither listed nor captured, under the name that its distribution made the member's
/// from. Without it, nothing would say that its log is missing. Loose files alone (no node) expect nothing.
fn uncaptured(member: &Value, nodes: &mut BTreeMap<String, Node>) -> Option<String> {
    let name = text(member, "name").filter(|name| !name.is_empty() && !nodes.is_empty())?;
    let name = distribution::host_of_member(name);
    nodes.entry(name.to_owned()).or_default();
    Some(name.to_owned())
}

pub(super) fn find_distribution(bundle: &mut Bundle) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let of_captures = bundle.captures.iter().flat_map(|capture| &capture.distributions).map(String::as_str);
    let of_versions = bundle
        .nodes
        .values()
        .flat_map(|node| node.versions.values())
        .filter_map(|v| distribution::of_version(v));
    let mut known: Vec<&str> = of_captures.chain(of_versions).collect();
    for capture in &bundle.captures {
        known.extend(capture.version.as_deref().and_then(distribution::of_version));
    }
    for name in known {
        *counts.entry(name).or_default() += 1;
    }
    let most = counts.iter().max_by_key(|(name, count)| (**count, std::cmp::Reverse(**name)));
    bundle.distribution = most.map_or(UNKNOWN, |(name, _)| name).to_owned();
}
