//! OpenShift's must-gather: a directory for each image that gathered, with objects by namespace, logs of containers with
//! their times, logs of the masters' services and what etcd says of itself (openshift/must-gather, `collection-scripts`).
//!
//! All directories of images belong to one capture: its root is the directory around them.

use super::{Layout, Place, Role, Subject, Told, at, nameless};
use crate::artifact::{LogIdentity, host_log, pod_log};

/// The layout.
pub const LAYOUT: Layout = Layout {
    name: "must-gather",
    title: "OpenShift must-gather",
    subject: Subject::Cluster,
    has_distributions: false,
    named: nameless,
    place,
    samples: &[
        (
            "must-gather.local.12/quay-io-x-sha256-0a/namespaces/openshift-etcd/pods/etcd-n1/etcd/etcd/logs/current.log",
            "must-gather.local.12",
            "log etcd openshift-etcd/etcd-n1",
        ),
        ("m/namespaces/a/pods/p/c/c/logs/previous.insecure.log", "m", "log pod a/p previous"),
        ("m/namespaces/a/pods/p/c/c/logs/rotated/0.log.20261122-031134.gz", "m", "log pod a/p"),
        ("m/namespaces/openshift-etcd/core/pods.yaml", "m", "document"),
        ("m/namespaces/openshift-etcd/openshift-etcd.yaml", "m", "document"),
        ("m/namespaces/a/pods/p/p.yaml", "m", "document"),
        ("m/quay-io-x-sha256-0a/cluster-scoped-resources/core/nodes/n1.yaml", "m", "document"),
        ("m/host_service_logs/masters/kubelet_service.log", "m", "log kubelet mixed"),
        ("m/host_service_logs/masters/ovs-vswitchd_service.log", "m", "log system mixed"),
        ("m/etcd_info/member_list.json", "m", "document"),
        ("m/audit_logs/kube-apiserver/n1-audit.log.gz", "m", "log audit"),
        ("must-gather-aws/quay-io-x-sha256-0a/version", "must-gather-aws", "document"),
        ("must-gather-aws/timestamp", "must-gather-aws", "document"),
        ("m/quay-io-x-sha256-0a/monitoring/alerts.json", "m", "document"),
        ("m/quay-io-x-sha256-0a/monitoring/alert.stderr", "m", "by-content"),
        ("m/event-filter.html", "m", "other"),
    ],
};

fn place(segments: &[&str]) -> Option<Place> {
    let telling = (0..segments.len()).find_map(|at| Some((at, role(segments.get(at..)?)?)));
    if let Some((depth, found)) = telling {
        return at(outside_image(segments, depth), found);
    }
    // What is told by the directory alone: that of an image, or one with the tool's own name.
    let folders = segments.get(..segments.len().checked_sub(1)?)?;
    let depth = folders.iter().rposition(|name| is_image(name) || name.starts_with("must-gather"))? + 1;
    let found = match segments.get(depth..)? {
        ["version" | "timestamp"] => Role::Document,
        [.., "haproxy.config"] => Role::Other,
        [.., "api_priority_and_fairness", _] => Role::Document,
        [.., file] if file.ends_with(".json") => Role::Document,
        _ => Role::ByContent,
    };
    Some(Place { told: Told::Root, ..at(outside_image(segments, depth), found)? })
}

/// `quay-io-openshift-release-dev-…-sha256-<digest>`.
fn is_image(name: &str) -> bool {
    name.contains("-sha256-")
}

fn outside_image(segments: &[&str], depth: usize) -> usize {
    let in_image =
        depth.checked_sub(1).and_then(|before| segments.get(before)).is_some_and(|name| is_image(name));
    if in_image { depth - 1 } else { depth }
}

fn role(rest: &[&str]) -> Option<Role> {
    match rest {
        ["namespaces", namespace, "pods", pod, container, again, "logs", tail @ ..] if container == again => {
            Some(Role::Log(container_log(namespace, pod, container, tail)?))
        }
        ["namespaces", _, "pods", _, file] | ["namespaces", _, _, file] | ["namespaces", _, _, _, file]
            if is_object(file) =>
        {
            Some(Role::Document)
        }
        ["namespaces", namespace, file] if file.strip_suffix(".yaml") == Some(namespace) => {
            Some(Role::Document)
        }
        ["cluster-scoped-resources", _, .., file] if is_object(file) => Some(Role::Document),
        ["host_service_logs", .., _, file] => Some(Role::Log(service(file)?)),
        ["etcd_info", _] | ["web_hooks", _] => Some(Role::Document),
        ["audit_logs", _, file] if file.contains("audit") && !file.ends_with("_logs_listing") => {
            Some(Role::Log(LogIdentity::of(&["audit"])))
        }
        ["event-filter.html"] => Some(Role::Other),
        _ => None,
    }
}

fn is_object(file: &str) -> bool {
    file.ends_with(".yaml") || file.ends_with(".json")
}

/// `current.log`, `previous.log`, `previous.insecure.log` or `rotated/<n>.log.<time>`.
fn container_log(namespace: &str, pod: &str, container: &str, tail: &[&str]) -> Option<LogIdentity> {
    let previous = match tail {
        [name] => name.starts_with("previous"),
        ["rotated", _] => false,
        _ => return None,
    };
    Some(pod_log::of_container(namespace, pod, container, previous))
}

/// The journal of one service of all masters, one after the other.
fn service(file: &str) -> Option<LogIdentity> {
    let unit = file.strip_suffix("_service.log").or_else(|| file.strip_suffix(".log"))?;
    Some(LogIdentity { mixed: true, ..host_log::of_unit(unit) })
}
