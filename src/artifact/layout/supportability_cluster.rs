//! The cluster's part of Rancher's supportability review (`cluster-collector.sh` in rancherlabs/support-tools): an archive
//! without a directory of its own, `clusterinfo.tar.gz`, in which most files are `kubectl get -o json`.

use super::{Layout, Place, Role, Subject, at, nameless};
use crate::source::container;

/// The layout.
pub const LAYOUT: Layout = Layout {
    name: "supportability-cluster",
    title: "Rancher supportability review, cluster",
    subject: Subject::Cluster,
    has_distributions: false,
    named: nameless,
    place,
    samples: &[
        ("b.tgz!clusterinfo.tar.gz!nodes.json", "b.tgz/clusterinfo.tar.gz", "document"),
        ("b.tgz!clusterinfo.tar.gz!rke2/cilium-config.json", "b.tgz/clusterinfo.tar.gz", "document"),
        ("pod-count-per-node.json", "", "document"),
        ("x/cluster-info.dump.log", "x", "by-content"),
        ("x/kubectl-version.json", "x", "document"),
        ("x/api_version/ingresses.extensions.json", "x", "document"),
        ("x/upstream/features-management.json", "x", "document"),
    ],
};

/// Names at the root that only this collector writes.
const TELLING: &[&str] = &[
    "rancher_url",
    "hosted_rancher_hostname_suffix",
    "kubectl-version.json",
    "server-version.json",
    "pod-count-per-node.json",
    "pod-ipaddresses.json",
    "pods_in_default_ns",
    "services-default.json",
    "storageclasses.storage.k8s.io.json",
    "clusters.management.cattle.io.json",
    "terminating-pods",
    "terminating-services",
    "invalid-pods",
    "pod-count",
    "container-count",
    "obfuscate_data",
    "date.log",
];

fn place(segments: &[&str]) -> Option<Place> {
    let is_archive = |name: &&str| container::stem(name) == "clusterinfo" && name.len() > "clusterinfo".len();
    let archive = segments.iter().rposition(is_archive).map(|at| at + 1).filter(|at| *at < segments.len());
    if let Some(root) = archive {
        return at(root, role(segments.get(root..)?));
    }
    (0..segments.len()).find_map(|root| {
        let rest = segments.get(root..)?;
        let telling = match rest {
            // The node's part has a file of this name too, in `systeminfo/`.
            ["kubectl-version.json"] => {
                root.checked_sub(1).and_then(|at| segments.get(at)) != Some(&"systeminfo")
            }
            [file] => TELLING.contains(file) || *file == "cluster-info.dump.log",
            ["api_version", file] => file.ends_with(".json"),
            ["upstream", file] => {
                matches!(
                    *file,
                    "features-management.json" | "bundledeployment.json" | "fleet-local-bundle.json"
                ) || matches!(*file, "nodes-cattle.json" | "machines.json" | "token-count.txt")
            }
            _ => false,
        };
        telling.then(|| at(root, role(rest)))?
    })
}

fn role(rest: &[&str]) -> Role {
    match rest {
        ["cluster-info.dump.log"] => Role::ByContent,
        _ => Role::Document,
    }
}
