//! The bundle of Rancher's SCC operator (`scc-operator-collector.sh` in rancherlabs/support-tools): `scc-support-bundle-<time>`
//! with objects by kind and the logs of the operator's pods.

use super::named::{compact_time, ends_in_time};
use super::{Layout, Named, Place, Role, Subject, at, below};
use crate::artifact::{LogIdentity, pod_log};

/// The layout.
pub const LAYOUT: Layout = Layout {
    name: "scc-operator",
    title: "Rancher SCC operator support bundle",
    subject: Subject::Cluster,
    has_distributions: false,
    named,
    place,
    samples: &[
        (
            "scc-support-bundle-20261122-031134/operator-pods/pod-rancher-scc-operator-1-logs.txt",
            "scc-support-bundle-20261122-031134",
            "log pod cattle-scc-system/rancher-scc-operator-1",
        ),
        (
            "x/operator-pods/pod-rancher-scc-operator-1-logs-previous.txt",
            "x",
            "log pod cattle-scc-system/rancher-scc-operator-1 previous",
        ),
        ("x/registrations/registrations-list.txt", "x", "document"),
        ("scc-support-bundle-20261122-031134/metadata.txt", "scc-support-bundle-20261122-031134", "document"),
    ],
};

/// The namespace in which the operator runs unless it was told otherwise.
const NAMESPACE: &str = "cattle-scc-system";

fn named(name: &str) -> Named {
    let stamp = name.strip_prefix("scc-support-bundle-");
    let time =
        stamp.and_then(|stamp| compact_time(stamp).or_else(|| ends_in_time(name).map(|(_, time)| time)));
    Named { time, ..Named::default() }
}

fn place(segments: &[&str]) -> Option<Place> {
    let telling = || {
        (0..segments.len())
            .find(|at| matches!(segments.get(*at..), Some(["operator-pods", _] | ["registrations", _])))
    };
    let root = below(segments, |name| name.starts_with("scc-support-bundle-")).or_else(telling)?;
    let role = match segments.get(root..)? {
        ["operator-pods", file] => log(file).map_or(Role::Document, Role::Log),
        _ => Role::Document,
    };
    at(root, role)
}

fn log(file: &str) -> Option<LogIdentity> {
    let stem = file.strip_prefix("pod-")?;
    let (pod, previous) = match stem.strip_suffix("-logs-previous.txt") {
        Some(pod) => (pod, true),
        None => (stem.strip_suffix("-logs.txt")?, false),
    };
    Some(pod_log::of_all_containers(NAMESPACE, pod, previous))
}
