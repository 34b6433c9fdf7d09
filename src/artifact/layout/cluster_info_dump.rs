//! `kubectl cluster-info dump --output-directory DIR`: `nodes.json` and, for each namespace, lists of seven kinds and
//! `<pod>/logs.txt` with all containers of the pod between markers (kubectl's clusterinfo_dump.go).

use super::{Layout, Place, Role, Subject, Told, nameless};
use crate::artifact::pod_log::is_label;

/// The layout.
pub const LAYOUT: Layout = Layout {
    name: "cluster-info-dump",
    title: "kubectl cluster-info dump",
    subject: Subject::Cluster,
    has_distributions: false,
    named: nameless,
    place,
    samples: &[
        ("dump/kube-system/coredns-1/logs.txt", "dump", "marked-logs"),
        ("dump/kube-system/replication-controllers.json", "dump", "document"),
        ("dump/default/pods.yaml", "dump", "document"),
    ],
};

const LISTS: &[&str] =
    &["events", "replication-controllers", "services", "daemonsets", "deployments", "replicasets", "pods"];

/// Directories in which people keep what they saved by hand.
const NO_NAMESPACES: &[&str] = &[
    "kubectl",
    "yaml",
    "yamls",
    "json",
    "output",
    "out",
    "objects",
    "resources",
    "cluster",
    "logs",
    "core",
    "v1",
];

fn place(segments: &[&str]) -> Option<Place> {
    let of = |tail: usize, role| {
        let root_segments = segments.len().checked_sub(tail)?;
        // These are names that people use, too.
        Some(Place { root_segments, role, node: None, told: Told::Name })
    };
    match segments {
        [.., _namespace, _pod, "logs.txt"] => of(3, Role::MarkedLogs),
        [.., namespace, file] => {
            let (name, extension) = file.rsplit_once('.')?;
            let listed = LISTS.contains(&name) && matches!(extension, "json" | "yaml");
            // A namespace is a DNS label; a directory with another name is somebody's own.
            let label = is_label(namespace) && !NO_NAMESPACES.contains(namespace);
            let place = if listed && label { of(2, Role::Document) } else { None };
            // No other program writes a file of this name.
            place.map(|place| {
                if name == "replication-controllers" { Place { told: Told::Path, ..place } } else { place }
            })
        }
        _ => None,
    }
}
