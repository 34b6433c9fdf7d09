//! Replicated's troubleshoot: `support-bundle-<time>` and `preflightbundle-<time>` with `cluster-resources/…` and a directory
//! for each further collector (replicatedhq/troubleshoot, `pkg/collect`). The time is on the clock of who ran it.

use super::{Layout, Place, Role, Subject, Told, below, named};
use crate::artifact::{LogIdentity, component, pod_log};

/// The layout.
pub const LAYOUT: Layout = Layout {
    name: "troubleshoot",
    title: "troubleshoot support bundle",
    subject: Subject::Cluster,
    has_distributions: false,
    named: named::time_only,
    place,
    samples: &[
        (
            "support-bundle/cluster-resources/pods/logs/kube-system/coredns-1/coredns-previous.log",
            "support-bundle",
            "log coredns kube-system/coredns-1 previous",
        ),
        ("x/cluster-resources/pods/kube-system.json", "x", "document"),
        ("x/cluster-resources/nodes.json", "x", "document"),
        ("x/cluster-resources/custom-resources/addons.k3s.cattle.io/kube-system.yaml", "x", "document"),
        ("x/cluster-info/cluster_version.json", "x", "document"),
        ("supportbundle/version.yaml", "supportbundle", "document"),
        ("supportbundle/all-logs/coredns-1/coredns.log", "supportbundle", "log coredns"),
        ("supportbundle/collector-errors/etcd-error.json", "supportbundle", "document"),
        ("preflightbundle-2026-11-22T03_11_34/sysctl/n1", "preflightbundle-2026-11-22T03_11_34", "document"),
        ("supportbundle/run-example/run-example.log", "supportbundle", "by-content"),
    ],
};

const PREFIXES: &[&str] =
    &["support-bundle", "supportbundle", "preflightbundle", "preflight-bundle", "host-support-bundle"];

fn is_root(name: &str) -> bool {
    // Those with an underscore are support-bundle-kit's.
    PREFIXES
        .iter()
        .filter_map(|start| name.strip_prefix(start))
        .any(|rest| rest.is_empty() || rest.starts_with('-'))
}

fn place(segments: &[&str]) -> Option<Place> {
    let telling = (0..segments.len()).find(|at| {
        matches!(
            segments.get(*at..),
            Some(
                ["cluster-resources", _, ..]
                    | ["cluster-info", "cluster_version.json"]
                    | ["collector-errors", _]
            )
        )
    });
    let root = telling.or_else(|| below(segments, is_root))?;
    let (role, node) = role(segments.get(root..)?);
    Some(Place {
        root_segments: root,
        node,
        role,
        told: if telling.is_some() { Told::Path } else { Told::Root },
    })
}

fn role(rest: &[&str]) -> (Role, Option<String>) {
    let role = match rest {
        ["cluster-resources", "pods", "logs", namespace, pod, file] => {
            let (container, previous) = container(file);
            Role::Log(pod_log::of_container(namespace, pod, container, previous))
        }
        [
            "cluster-resources" | "cluster-info" | "collector-errors" | "execution-data" | "host-collectors",
            ..,
        ]
        | ["version.yaml" | "analysis.json"] => Role::Document,
        [folder, ..] if folder.ends_with("-errors") => Role::Document,
        [_, .., "errors.json"] => Role::Document,
        // What a machine says, from a pod on it.
        ["sysctl", node] => return (Role::Document, Some((*node).to_owned())),
        ["node-metrics", file] => return (Role::Document, file.strip_suffix(".json").map(str::to_owned)),
        // Logs of a collector that names pods, without saying of which namespace.
        [_, pod, file] if file.ends_with(".log") && is_pod(pod) => {
            let (container, previous) = container(file);
            Role::Log(LogIdentity {
                container: Some(container.to_owned()),
                previous,
                ..LogIdentity::of(&[component::of_pod_container(pod, container)])
            })
        }
        // What a collector found: of known kinds or not, but no log.
        [.., file] if file.ends_with(".json") => Role::Document,
        _ => Role::ByContent,
    };
    (role, None)
}

fn container(file: &str) -> (&str, bool) {
    let stem = file.strip_suffix(".log").unwrap_or(file);
    stem.strip_suffix("-previous").map_or((stem, false), |container| (container, true))
}

/// Whether a directory can be of a pod: the names of most end in what a controller put to them.
fn is_pod(name: &str) -> bool {
    pod_log::is_dns_name(name) && name.contains('-')
}
