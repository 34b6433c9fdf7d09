//! One machine in a bundle of support-bundle-kit: `nodes/<node>.zip` with `<node>/{logs,configs,hostinfos,scc}/…`
//! (rancher/support-bundle-kit, `collector-harvester`, `collector-longhorn`).

use super::{Layout, Place, Role, Subject, Told, named_after_host};
use crate::artifact::host_log;
use crate::source::container;

/// The layout.
pub const LAYOUT: Layout = Layout {
    name: "support-bundle-kit-node",
    title: "Harvester or Longhorn support bundle, one node",
    subject: Subject::Machine,
    has_distributions: false,
    named: named_after_host,
    place,
    samples: &[
        ("a.zip!nodes/n1.zip!n1/logs/kubelet.log", "a.zip/nodes/n1.zip/n1", "log kubelet"),
        ("a.zip!nodes/n1.zip!n1/logs/rke2-server.log", "a.zip/nodes/n1.zip/n1", "log rke2-server mixed"),
        ("a.zip!s/nodes/n1.zip!n1/logs/kernel.log.1", "a.zip/s/nodes/n1.zip/n1", "log kernel"),
        ("a.zip!s/nodes/n1.zip!n1/hostinfos/hostinfo", "a.zip/s/nodes/n1.zip/n1", "document"),
        ("s/nodes/n1/n1/configs/etc/hostname", "s/nodes/n1/n1", "document"),
        ("n1/logs/k3s-agent-service.log", "n1", "log k3s-agent,kubelet,kube-proxy mixed"),
        ("n1/hostinfos/proc_mounts", "n1", "document"),
    ],
};

/// What a node's archive holds, and what nothing else does: a node's archive may come without the bundle around it.
const TELLING_LOGS: &[&str] =
    &["rancherd.log", "iscsid.log", "k3s-service.log", "k3s-agent-service.log", "containerd-images.log"];

fn place(segments: &[&str]) -> Option<Place> {
    let end = segments.len();
    (0..end).find_map(|at| {
        let (node, area) = (segments.get(at)?, segments.get(at + 1)?);
        let tail = segments.get(at + 2..).filter(|tail| !tail.is_empty())?;
        let before = at.checked_sub(1).and_then(|before| segments.get(before));
        // `nodes/n1.zip!n1/…`, or unpacked into `nodes/n1/n1/…` or `nodes/n1/…`.
        let archived = before.is_some_and(|archive| *archive != *node && container::stem(archive) == *node)
            && at.checked_sub(2).and_then(|before| segments.get(before)) == Some(&"nodes");
        let unpacked =
            before == Some(node) && at.checked_sub(2).and_then(|b| segments.get(b)) == Some(&"nodes");
        let telling = matches!((*area, tail), ("hostinfos", [_]))
            || matches!((*area, tail), ("logs", [name]) if TELLING_LOGS.contains(name));
        if !(archived || unpacked || telling) {
            return None;
        }
        let role = match (*area, tail) {
            ("logs", [_]) => Role::Log(host_log::in_directory(segments.get(at..)?)),
            ("configs" | "hostinfos", _) => Role::Document,
            ("logs" | "scc", _) => Role::ByContent,
            _ => return None,
        };
        Some(Place { root_segments: at + 1, node: Some((*node).to_owned()), role, told: Told::Path })
    })
}
