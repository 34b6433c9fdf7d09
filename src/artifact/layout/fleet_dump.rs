//! `fleet dump`: a flat archive of objects, one file each, most without an extension: `bundles_<namespace>_<name>`
//! (rancher/fleet, `internal/cmd/cli/dump`).

use super::{Layout, Place, Role, Subject, at, nameless};
use crate::artifact::pod_log::is_label;

/// The layout.
pub const LAYOUT: Layout = Layout {
    name: "fleet-dump",
    title: "Fleet dump",
    subject: Subject::Cluster,
    has_distributions: false,
    named: nameless,
    place,
    samples: &[
        ("bundles_fleet-local_fleet-agent-local", "", "document"),
        ("fleet/gitrepos_fleet-default_shop", "fleet", "document"),
        ("events_fleet-local", "", "document"),
        ("metrics_cattle-fleet-system_monitoring-fleet-controller", "", "document"),
    ],
};

/// Resources whose files have a namespace and a name.
const NAMESPACED: &[&str] = &[
    "bundles",
    "bundledeployments",
    "gitrepos",
    "helmops",
    "clusters",
    "clustergroups",
    "clusterregistrations",
    "clusterregistrationtokens",
    "gitreporestrictions",
    "bundlenamespacemappings",
    "imagescans",
    "secrets",
    "metrics",
];

fn place(segments: &[&str]) -> Option<Place> {
    let file = segments.last()?;
    let parts: Vec<&str> = file.splitn(3, '_').collect();
    let fits = match parts.as_slice() {
        ["events", namespace] => is_label(namespace),
        ["contents", name] => name.starts_with("s-"),
        [resource, namespace, name] => {
            NAMESPACED.contains(resource) && is_label(namespace) && !name.is_empty()
        }
        _ => false,
    };
    let has_extension =
        [".log", ".txt", ".json", ".yaml", ".yml", ".gz"].iter().any(|end| file.ends_with(end));
    if fits && !has_extension { at(segments.len() - 1, Role::Document) } else { None }
}
