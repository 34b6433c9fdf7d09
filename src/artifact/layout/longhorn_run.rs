//! The Longhorn collector of rancherlabs/support-tools (`collection/longhorn/run.sh`): `longhorn-support-bundle-<time>` with
//! logs of all containers, objects by scope and what kubectl says of each node.

use super::{Layout, Named, Place, Role, Subject, Told, below, named};
use crate::artifact::{LogIdentity, pod_log};

/// The layout.
pub const LAYOUT: Layout = Layout {
    name: "longhorn-run",
    title: "Longhorn logs collector",
    subject: Subject::Cluster,
    has_distributions: false,
    named: names,
    place,
    samples: &[
        (
            "longhorn-support-bundle-2026-11-22/logs/longhorn-system/csi-attacher-1/csi-attacher-previous.log",
            "longhorn-support-bundle-2026-11-22",
            "log longhorn longhorn-system/csi-attacher-1 previous",
        ),
        ("x/yamls/namespaced/longhorn-system/longhorn/volumes.yaml", "x", "document"),
        ("x/yamls/cluster/kubernetes/nodes.yaml", "x", "document"),
        ("x/nodes/n1/capacity.json", "x", "document"),
    ],
};

/// What lies in the directory of a node.
const OF_NODE: &[&str] =
    &["node.yaml", "description.txt", "metrics.txt", "capacity.json", "allocatable.json"];

fn names(name: &str) -> Named {
    let time = named::compact_time(name.trim_start_matches("longhorn-support-bundle-"));
    Named {
        time: named::ends_in_time(name).map(|(_, time)| time).or(time),
        day: named::ends_in_day(name).map(|(_, day)| day),
        host: None,
    }
}

fn place(segments: &[&str]) -> Option<Place> {
    let of_bundle = below(segments, |name| name.starts_with("longhorn-support-bundle-"));
    let root = of_bundle.or_else(|| (0..segments.len()).find(|at| is_telling(segments, *at)))?;
    let rest = segments.get(root..)?;
    let (role, node) = match rest {
        ["logs", namespace, pod, file] => {
            (container_log(namespace, pod, file).map_or(Role::ByContent, Role::Log), None)
        }
        ["nodes", node, file] if OF_NODE.contains(file) => (Role::Document, Some((*node).to_owned())),
        ["yamls", ..] => (Role::Document, None),
        _ => (Role::ByContent, None),
    };
    Some(Place { root_segments: root, node, role, told: Told::Path })
}

fn is_telling(segments: &[&str], at: usize) -> bool {
    match segments.get(at..) {
        Some(["yamls", "namespaced", _, scope, ..]) => matches!(*scope, "kubernetes" | "longhorn"),
        Some(["yamls", "cluster", "kubernetes" | "longhorn", ..]) => true,
        Some(["nodes", _, file]) => OF_NODE.contains(file) && *file != "node.yaml",
        _ => false,
    }
}

fn container_log(namespace: &str, pod: &str, file: &str) -> Option<LogIdentity> {
    let stem = file.strip_suffix(".log")?;
    let (container, previous) =
        stem.strip_suffix("-previous").map_or((stem, false), |container| (container, true));
    Some(pod_log::of_container(namespace, pod, container, previous))
}
