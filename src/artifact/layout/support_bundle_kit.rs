//! rancher/support-bundle-kit: the bundles of Harvester and of Longhorn from 1.4, and those that Longhorn made itself before.
//!
//! `supportbundle_<id>_<time>.zip` with `metadata.yaml`, `yamls/{cluster,namespaced}/…`, `logs/<namespace>/<pod>/<container>.log`
//! (`.log.1` is the run before) and `nodes/<node>.zip`, which is a layout of its own. Longhorn up to 1.3:
//! `yamls/{kubernetes,longhorn}/…` and `logs/<pod>/<container>.log`.

use super::named::ends_in_time;
use super::{Layout, Named, Place, Role, Subject, at, below};
use crate::artifact::{LogIdentity, pod_log};
use crate::source::container;

/// The layout.
pub const LAYOUT: Layout = Layout {
    name: "support-bundle-kit",
    title: "Harvester or Longhorn support bundle",
    subject: Subject::Cluster,
    has_distributions: false,
    named,
    place,
    samples: &[
        (
            "supportbundle_0a1b_2026-11-22T03-11-34Z/logs/harvester-system/virt-api-1/virt-api.log",
            "supportbundle_0a1b_2026-11-22T03-11-34Z",
            "log harvester harvester-system/virt-api-1",
        ),
        (
            "supportbundle_0a1b_2026-11-22T03-11-34Z/logs/kube-system/etcd-n1/etcd.log.1",
            "supportbundle_0a1b_2026-11-22T03-11-34Z",
            "log etcd kube-system/etcd-n1 previous",
        ),
        (
            "longhorn-support-bundle_0a1b_2026-11-22T03-11-34Z/logs/longhorn-manager-1/longhorn-manager.log",
            "longhorn-support-bundle_0a1b_2026-11-22T03-11-34Z",
            "log longhorn longhorn-system/longhorn-manager-1",
        ),
        (
            "a/harvester-supportbundle_0a1b_2026-11-22T03-11-34Z/metadata.yaml",
            "a/harvester-supportbundle_0a1b_2026-11-22T03-11-34Z",
            "document",
        ),
        ("x/yamls/cluster/v1/nodes.yaml", "x", "document"),
        ("x/yamls/namespaced/longhorn-system/longhorn.io/v1beta2/volumes.yaml", "x", "document"),
        ("x/logs/kube-system/coredns-1/coredns.log", "x", "log coredns kube-system/coredns-1"),
        ("x/bundleGenerationError.log", "x", "document"),
    ],
};

/// `supportbundle_<id>_<2026-11-22T03-11-34Z>`, with the product before it; the time is UTC.
fn named(name: &str) -> Named {
    let is_bundle = ["supportbundle_", "support-bundle_"].iter().any(|word| name.contains(word));
    let found = name.strip_suffix('Z').filter(|_| is_bundle).and_then(ends_in_time);
    Named { time: found.map(|(_, time)| format!("{time}Z")), ..Named::default() }
}

fn place(segments: &[&str]) -> Option<Place> {
    if let Some(root) = below(segments, |name| named(name).time.is_some()) {
        let name = segments.get(root - 1).map(|name| container::stem(name)).unwrap_or_default();
        return at(root, role_in_bundle(name, segments.get(root..)?));
    }
    (0..segments.len()).find_map(|root| {
        let rest = segments.get(root..)?;
        let role = match rest {
            ["bundleGenerationError.log"] => Role::Document,
            ["yamls", "cluster", _, .., file] | ["yamls", "namespaced", _, _, .., file] if is_yaml(file) => {
                Role::Document
            }
            ["logs", namespace, pod, file] if pod_log::is_label(namespace) && pod_log::is_dns_name(pod) => {
                Role::Log(container_log(namespace, pod, file)?)
            }
            _ => return None,
        };
        at(root, role)
    })
}

fn role_in_bundle(name: &str, rest: &[&str]) -> Role {
    let log = match rest {
        ["logs", namespace, pod, file] => container_log(namespace, pod, file),
        // Longhorn up to 1.3 took one namespace only.
        ["logs", pod, file] if name.starts_with("longhorn") => container_log("longhorn-system", pod, file),
        _ => None,
    };
    match (log, rest) {
        (Some(log), _) => Role::Log(log),
        (None, ["metadata.yaml" | "bundleGenerationError.log"] | ["yamls", ..]) => Role::Document,
        (None, _) => Role::ByContent,
    }
}

fn is_yaml(file: &str) -> bool {
    file.ends_with(".yaml") || file.ends_with(".yml")
}

/// `<container>.log`, and `<container>.log.1` of the run before.
fn container_log(namespace: &str, pod: &str, file: &str) -> Option<LogIdentity> {
    let (container, previous) = match file.strip_suffix(".log.1") {
        Some(container) => (container, true),
        None => (file.strip_suffix(".log")?, false),
    };
    Some(pod_log::of_container(namespace, pod, container, previous))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_gives_the_time_in_utc() {
        for name in [
            "supportbundle_0a1b2c3d-0a1b_2026-11-22T03-11-34Z",
            "harvester-supportbundle_x_2026-11-22T03-11-34Z",
            "longhorn-support-bundle_x_2026-11-22T03-11-34Z",
        ] {
            assert_eq!(named(name).time.as_deref(), Some("2026-11-22T03:11:34Z"), "{name}");
        }
        assert_eq!(named("support-bundle-2026-11-22T03_11_34"), Named::default());
    }
}
