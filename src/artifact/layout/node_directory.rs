//! Directories of a machine, copied as they are: `/var/log/pods`, `/var/log/containers`, `/var/lib/docker/containers`,
//! `/var/lib/rancher/{rke2,k3s}` and what else lies in `/var/log`.

use super::{Layout, Place, Role, Subject, at, nameless};
use crate::artifact::{LogIdentity, host_log, pod_log, rotation};

/// The layout.
pub const LAYOUT: Layout = Layout {
    name: "node-directory",
    title: "copied directories of a node",
    subject: Subject::Machine,
    has_distributions: false,
    named: nameless,
    place,
    samples: &[
        (
            "n1/var/log/pods/kube-system_etcd-n1_0a1b/etcd/3.log.20261122-031134.gz",
            "n1",
            "log etcd kube-system/etcd-n1",
        ),
        ("pods/kube-system_coredns-1_0a/coredns/0.log", "", "log coredns kube-system/coredns-1"),
        ("x/kube-system_coredns-1_0a/coredns/0.log", "x", "log coredns kube-system/coredns-1"),
        (
            "n1/var/log/containers/coredns-1_kube-system_coredns-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.log",
            "n1",
            "log coredns kube-system/coredns-1",
        ),
        (
            "x/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef-json.log.1",
            "x",
            "log ",
        ),
        ("n1/var/lib/rancher/rke2/agent/logs/kubelet.log", "n1", "log kubelet"),
        ("n1/var/lib/rancher/rke2/agent/containerd/containerd.log", "n1", "log containerd"),
        ("n1/var/lib/rancher/k3s/server/logs/audit.log", "n1", "log audit"),
        ("n1/var/lib/rancher/rke2/server/tls/serving-kube-apiserver.crt", "n1", "by-content"),
        ("n1/etc/rancher/rke2/config.yaml", "n1", "document"),
        ("n1/var/log/messages-20261115.xz", "n1", "log  mixed"),
        ("n1/var/log/journal/0a1b/system.journal", "n1", "other"),
        ("n1/var/log/kube-audit/audit-log.json", "n1", "log audit"),
    ],
};

fn place(segments: &[&str]) -> Option<Place> {
    let begins = |at: &usize| {
        matches!(
            segments.get(*at..),
            Some(
                ["var", "log", _, ..]
                    | ["var", "lib", "rancher" | "docker", _, ..]
                    | ["etc", "rancher", _, ..]
            )
        )
    };
    if let Some(root) = (0..segments.len()).find(begins) {
        let rest = segments.get(root..)?;
        return at(root, role(rest));
    }
    // Parts of `/var/log` and `/var/lib/docker`, saved without what lies around them.
    let log = of_container(segments)?;
    let depth = match segments {
        [.., "pods", _, _, _] => 4,
        [.., "containers", _, file] | [.., _, file] if file.contains("-json.log") => 2,
        [.., "containers", _] => 2,
        [.., _, _, file] if pod_log::run_of_file(file).is_some() => 3,
        _ => 1,
    };
    at(segments.len().checked_sub(depth)?, Role::Log(log))
}

fn role(rest: &[&str]) -> Role {
    if let Some(log) = log(rest) {
        return Role::Log(log);
    }
    match rest {
        ["var", "log", "journal", ..] => Role::Other,
        ["var", "log", ..] if host_log::is_recording(rest) => Role::Other,
        ["etc", ..] => Role::Document,
        _ => Role::ByContent,
    }
}

/// The log at a path of the machine, given from its root; `None` for files that are no log, or none that is known.
#[must_use]
pub fn log(rest: &[&str]) -> Option<LogIdentity> {
    if let Some(log) = of_container(rest) {
        return Some(log);
    }
    match rest {
        ["var", "log", "journal", ..] => None,
        ["var", "log", "kube-audit" | "kube-apiserver" | "apiserver", file] if file.contains("audit") => {
            Some(LogIdentity::of(&["audit"]))
        }
        ["var", "log", .., _] => host_log::of_file(rest),
        ["var", "lib", "rancher", _, "agent", "logs", _]
        | ["var", "lib", "rancher", _, "agent", "containerd", _]
            if rest.last().is_some_and(|file| file.contains(".log")) =>
        {
            Some(host_log::in_directory(rest))
        }
        ["var", "lib", "rancher", _, "server", "logs", file] => {
            let audit = rotation::base(file).starts_with("audit");
            Some(if audit { LogIdentity::of(&["audit"]) } else { host_log::in_directory(rest) })
        }
        _ => None,
    }
}

/// The log of a container, in the directories of the kubelet and of Docker.
fn of_container(segments: &[&str]) -> Option<LogIdentity> {
    match segments {
        [.., directory, container, file] if pod_log::run_of_file(file).is_some() => {
            let (namespace, pod) = pod_log::pod_directory(directory)?;
            Some(pod_log::of_container(namespace, pod, container, false))
        }
        [.., id, file]
            if pod_log::is_container_id(id) && file.starts_with(id) && file.contains("-json.log") =>
        {
            Some(LogIdentity::default())
        }
        [.., file] => pod_log::of_link(file),
        [] => None,
    }
}
