//! The Rancher logs collector: `rancher2_logs_collector.sh` in rancherlabs/support-tools.
//!
//! One archive is one node: `<host>-<YYYY-MM-DD_HH_MM_SS>/{rke|k8s|rke2|k3s|kubeadm}/…` with `systeminfo/`,
//! `networking/`, `systemlogs/`, `journald/` and `etcd/` beside. `rke/` was `k8s/` until September 2023.

use super::{Layout, Named, Place, Role, Subject};
use crate::artifact::component::{K3S, POD, of_pod, of_pod_container};
use crate::artifact::{Component, LogIdentity, PodRef};

/// The layout.
pub const LAYOUT: Layout = Layout {
    name: "rancher-collector",
    title: "Rancher logs collector",
    subject: Subject::Machine,
    named,
    place,
    samples: &[
        ("srv01-2026-11-22_03_11_34/rke/containerlogs/etcd", "srv01-2026-11-22_03_11_34", "log etcd"),
        (
            "a.tgz!srv01-2026-11-22_03_11_34/k8s/containerlogs/kube-apiserver",
            "a.tgz/srv01-2026-11-22_03_11_34",
            "log kube-apiserver",
        ),
        (
            "rke/podlogs/k8s_rancher_rancher-abc-1_cattle-system_0a1b_2",
            "",
            "log rancher cattle-system/rancher-abc-1",
        ),
        (
            "s/rke2/podlogs/kube-system_etcd-srv01_cbe1c39e38e395eeb330d1f2a0c09e59/etcd/0.log",
            "s",
            "log etcd kube-system/etcd-srv01",
        ),
        (
            "s/rke2/podlogs/cattle-fleet-system-fleet-agent-0",
            "s",
            "log fleet-agent cattle-fleet-system/fleet-agent-0",
        ),
        ("s/rke2/podlogs/kube-system-coredns-1-previous", "s", "log coredns kube-system/coredns-1 previous"),
        ("s/rke2/agent-logs/kubelet-2026-11-20T10-00-00.000.log.gz", "s", "log kubelet"),
        (
            "s/journald/k3s",
            "s",
            "log k3s,etcd,kube-apiserver,kube-controller-manager,kube-scheduler,cloud-controller-manager,kubelet,kube-proxy",
        ),
        ("s/journald/rke2-server", "s", "log rke2-server"),
        ("s/systeminfo/dmesg", "s", "log kernel"),
        ("s/systemlogs/syslog.1", "s", "log system,kernel"),
        ("s/etcd/memberlist", "s", "document"),
        ("s/rke/kubectl/namespaces", "s", "document"),
        ("s/rke2/certs/server/client-admin.crt", "s", "document"),
        ("s/networking/iptablessave", "s", "document"),
        ("s/summary.txt", "s", "other"),
    ],
};

/// Directories that hold the distribution's files.
const DISTRIBUTIONS: &[&str] = &["rke", "k8s", "rke2", "k3s", "kubeadm", "pod"];

/// Namespaces whose pods the collector asks for, longest first, to split `<namespace>-<pod>`.
const NAMESPACES: &[&str] = &[
    "cattle-provisioning-capi-system",
    "rke2-control-plane-system",
    "cattle-fleet-local-system",
    "cattle-monitoring-system",
    "cattle-ui-plugin-system",
    "cattle-resources-system",
    "rancher-operator-system",
    "rke2-bootstrap-system",
    "cattle-logging-system",
    "cattle-turtles-system",
    "cattle-ai-agent-system",
    "cattle-fleet-system",
    "cattle-capi-system",
    "cattle-global-data",
    "suse-observability",
    "cattle-prometheus",
    "cattle-alerting",
    "cattle-pipeline",
    "longhorn-system",
    "tigera-operator",
    "cattle-logging",
    "calico-system",
    "ingress-nginx",
    "cattle-system",
    "fleet-default",
    "fleet-system",
    "istio-system",
    "kube-system",
    "kube-public",
];

fn place(segments: &[&str]) -> Option<Place> {
    (0..segments.len()).find_map(|root_segments| {
        let role = role(segments.get(root_segments..)?)?;
        let node =
            root_segments.checked_sub(1).and_then(|last| segments.get(last)).and_then(|root| host(root));
        Some(Place { root_segments, node, role })
    })
}

fn named(root: &str) -> Named {
    Named { host: host(root), time: time(root) }
}

/// The host in `<host>-2026-11-22_03_11_34`.
fn host(root: &str) -> Option<String> {
    let (head, clock) =
        root.rsplit_once('_').and_then(|(head, _)| head.rsplit_once('_').map(|(head, _)| (head, root)))?;
    let (head, _hour) = head.rsplit_once('_')?;
    // What is left ends in `-YYYY-MM-DD`.
    let at = head.len().checked_sub(11)?;
    let (host, date) = (head.get(..at)?, head.get(at..)?);
    let dated = date.starts_with('-') && date.bytes().filter(u8::is_ascii_digit).count() == 8;
    (dated && !host.is_empty() && clock.len() > 20).then(|| host.to_owned())
}

/// The time in `<host>-2026-11-22_03_11_34`, on the node's own clock: RFC 3339 without a zone.
fn time(root: &str) -> Option<String> {
    let host = host(root)?;
    let clock = root.get(host.len() + 1..)?;
    let (date, time) = clock.split_once('_')?;
    let time = time.get(..8)?.replace('_', ":");
    Some(format!("{date}T{time}"))
}

fn role(rest: &[&str]) -> Option<Role> {
    match rest {
        [distribution, area, tail @ ..] if DISTRIBUTIONS.contains(distribution) => {
            distribution_role(area, tail)
        }
        ["journald", unit] => Some(log(journal_unit(unit))),
        ["systemlogs", .., name] => {
            Some(if is_binary_log(name) { Role::Other } else { log(&["system", "kernel"]) })
        }
        ["systeminfo", "dmesg"] => Some(log(&["kernel"])),
        ["systeminfo" | "networking" | "etcd" | "docker", _, ..] => Some(Role::Document),
        ["rancher", "containerlogs", name] => {
            Some(log(if name.starts_with("server") { &["rancher"] } else { &["cattle-node-agent"] }))
        }
        ["rancher", "containerinspect", _] => Some(Role::Other),
        ["collector-output.log"] => Some(log(&["collector"])),
        ["summary.txt" | "versions"] => Some(Role::Other),
        _ => None,
    }
}

fn distribution_role(area: &str, tail: &[&str]) -> Option<Role> {
    match (area, tail) {
        ("containerlogs", [name]) => Some(log(container(name))),
        ("podlogs", [file]) => Some(pod_log(file)),
        ("podlogs", [pod, container, _file]) => Some(pod_directory(pod, container)),
        ("agent-logs", [name]) => {
            Some(host_log(if name.starts_with("kubelet") { &["kubelet"] } else { &[] }))
        }
        ("server-logs", [_]) => Some(log(&["audit"])),
        ("containerd.log", []) => Some(log(&["containerd"])),
        ("kubectl" | "certs" | "tmpcerts" | "pki" | "crictl", [_, ..]) => Some(Role::Document),
        ("containerinspect" | "podinspect" | "directories" | "pod-manifests" | "nginx-proxy", [_, ..])
        | ("version" | "config.yaml" | "check-config", []) => Some(Role::Other),
        _ => None,
    }
}

fn log(components: &[Component]) -> Role {
    Role::Log(LogIdentity { components: components.to_vec(), ..LogIdentity::default() })
}

/// A log that the machine itself writes, on its own clock.
fn host_log(components: &[Component]) -> Role {
    Role::Log(LogIdentity { components: components.to_vec(), host_clock: true, ..LogIdentity::default() })
}

/// RKE1 names its containers after the components.
fn container(name: &str) -> &'static [Component] {
    match name {
        "etcd" | "etcd-rolling-snapshots" => &["etcd"],
        "kube-apiserver" => &["kube-apiserver"],
        "kube-controller-manager" => &["kube-controller-manager"],
        "kube-scheduler" => &["kube-scheduler"],
        "kubelet" => &["kubelet"],
        "kube-proxy" => &["kube-proxy"],
        "nginx-proxy" => &["nginx-proxy"],
        _ => &[POD],
    }
}

fn journal_unit(unit: &str) -> &'static [Component] {
    match unit {
        "k3s" => K3S,
        "rke2-server" => &["rke2-server"],
        "rke2-agent" => &["rke2-agent"],
        "kubelet" => &["kubelet"],
        "kubeproxy" => &["kube-proxy"],
        "docker" => &["docker"],
        "containerd" => &["containerd"],
        "rancher-system-agent" => &["rancher-system-agent"],
        _ => &["system"],
    }
}

/// Files of performance recorders that lie among the logs.
fn is_binary_log(name: &str) -> bool {
    name.starts_with("sa") && name.bytes().skip(2).all(|b| b.is_ascii_digit()) && name.len() > 2
}

/// `k8s_<container>_<pod>_<namespace>_<uid>_<attempt>` (RKE1) or `<namespace>-<pod>[-previous]`.
fn pod_log(file: &str) -> Role {
    if let ["k8s", container, pod, namespace, _uid, _attempt] = file.split('_').collect::<Vec<_>>().as_slice()
    {
        // The pause container of a pod says nothing of what runs in it.
        let component = if *container == "POD" { POD } else { of_pod(pod) };
        return of_pod_log(component, namespace, pod, false);
    }
    let (name, previous) = match file.strip_suffix("-previous") {
        Some(name) => (name, true),
        None => (file, false),
    };
    let split = NAMESPACES.iter().find_map(|namespace| {
        let pod = name.strip_prefix(namespace)?.strip_prefix('-')?;
        Some((*namespace, pod))
    });
    match split {
        Some((namespace, pod)) => of_pod_log(of_pod(pod), namespace, pod, previous),
        None => Role::Log(LogIdentity { components: vec![POD], previous, ..LogIdentity::default() }),
    }
}

/// `<namespace>_<pod>_<uid>/<container>/<n>.log`, a copy of `/var/log/pods`.
fn pod_directory(directory: &str, container: &str) -> Role {
    let mut parts = directory.splitn(3, '_');
    let (namespace, pod) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    of_pod_log(of_pod_container(pod, container), namespace, pod, false)
}

fn of_pod_log(component: Component, namespace: &str, pod: &str, previous: bool) -> Role {
    let pod = PodRef { namespace: namespace.to_owned(), name: pod.to_owned() };
    Role::Log(LogIdentity { components: vec![component], pod: Some(pod), previous, host_clock: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_gives_host_and_time() {
        assert_eq!(host("k8s-etcd01-2026-11-22_03_11_34").as_deref(), Some("k8s-etcd01"));
        assert_eq!(host("a.b.example-2026-11-22_03_11_34").as_deref(), Some("a.b.example"));
        assert_eq!(host("extra-kubectl"), None);
        assert_eq!(time("k8s-etcd01-2026-11-22_03_11_34").as_deref(), Some("2026-11-22T03:11:34"));
    }
}
