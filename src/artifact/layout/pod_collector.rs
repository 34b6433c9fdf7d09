//! The Rancher pod collector of rancherlabs/support-tools (`rancher-pod-collector.sh`): an archive without a directory of its own,
//! `<host>-<time>.tar.gz` of the machine on which it ran, with the logs of Rancher's pods.

use super::{Layout, Place, Role, Subject, at, named};
use crate::artifact::{LogIdentity, pod_log};

/// The layout.
pub const LAYOUT: Layout = Layout {
    name: "rancher-pod-collector",
    title: "Rancher pod collector",
    subject: Subject::Cluster,
    has_distributions: false,
    named: named::time_only,
    place,
    samples: &[
        ("x/rancher-logs/rancher-abc-1", "x", "log rancher cattle-system/rancher-abc-1"),
        ("x/rancher-logs/live-logs", "x", "log rancher"),
        ("clusterinfo/cluster-info-dump", "", "by-content"),
        ("x/clusterinfo/get-node-wide", "x", "document"),
        ("x/cattle-system/get-pods", "x", "document"),
    ],
};

fn place(segments: &[&str]) -> Option<Place> {
    (0..segments.len()).find_map(|root| {
        let role = match segments.get(root..)? {
            ["rancher-logs", "live-logs"] => Role::Log(LogIdentity::of(&["rancher"])),
            ["rancher-logs", pod] => {
                let container = "rancher".to_owned();
                let log = pod_log::of_all_containers("cattle-system", pod, false);
                Role::Log(LogIdentity { container: Some(container), ..log })
            }
            ["clusterinfo", "cluster-info-dump"] => Role::ByContent,
            ["clusterinfo", "cluster-info" | "get-node-wide"] => Role::Document,
            ["cattle-system" | "kube-system", file] if file.starts_with("get-") => Role::Document,
            _ => return None,
        };
        at(root, role)
    })
}
