//! A node's part of Rancher's supportability review (`nodes-collector.sh` in rancherlabs/support-tools): an archive without a
//! directory of its own, `nodeinfo.tar.gz`, with the names of the Rancher logs collector in `systeminfo/` and `networking/`
//! and some of its own. Sonobuoy keeps it in `results/<node>/`.

use super::{Layout, Place, Role, Subject, Told, nameless};
use crate::artifact::LogIdentity;
use crate::source::container;

/// The layout.
pub const LAYOUT: Layout = Layout {
    name: "supportability-node",
    title: "Rancher supportability review, node",
    subject: Subject::Machine,
    has_distributions: false,
    named: nameless,
    place,
    samples: &[
        (
            "b.tgz!plugins/node/results/n1/nodeinfo.tar.gz!systeminfo/etchosts",
            "b.tgz/plugins/node/results/n1/nodeinfo.tar.gz",
            "document",
        ),
        ("x/ls-l-host.log", "x", "other"),
        ("x/systeminfo/rotational", "x", "document"),
        ("x/systeminfo/kubectl-version.json", "x", "document"),
        ("x/networking/dns-internal", "x", "document"),
    ],
};

/// Names in `systeminfo/` that the logs collector does not write.
const SYSTEM: &[&str] = &[
    "limits.conf",
    "rotational",
    "kubectl-version.json",
    "kubeletconfig.json",
    "os-release",
    "dfivar",
    "dfvar",
    "mount_cgroup",
    "detect-virt",
    "meminfo",
];

fn place(segments: &[&str]) -> Option<Place> {
    let is_archive = |name: &&str| container::stem(name) == "nodeinfo" && name.len() > "nodeinfo".len();
    let archive = segments.iter().rposition(is_archive).map(|at| at + 1).filter(|at| *at < segments.len());
    let root = archive
        .or_else(|| (0..segments.len()).find(|at| is_telling(segments.get(*at..).unwrap_or_default())))?;
    let role = match segments.get(root..)? {
        ["ls-l-host.log"] => Role::Other,
        ["systeminfo", "dmesg"] => Role::Log(LogIdentity::on_host(&["kernel"])),
        _ => Role::Document,
    };
    Some(Place { root_segments: root, node: node(segments.get(..root)?), role, told: Told::Path })
}

fn is_telling(rest: &[&str]) -> bool {
    match rest {
        ["ls-l-host.log"] => true,
        ["systeminfo", file] => SYSTEM.contains(file),
        ["networking", file] => {
            *file == "conntrack.out" || file.starts_with("bridge-nf-") || file.starts_with("dns-")
        }
        _ => false,
    }
}

/// The node in Sonobuoy's `results/<node>/`.
fn node(before: &[&str]) -> Option<String> {
    let at = before.iter().rposition(|name| *name == "results")?;
    before.get(at + 1).filter(|name| **name != "global").map(|name| (*name).to_owned())
}
