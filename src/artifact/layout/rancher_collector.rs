//! The Rancher logs collector: `rancher2_logs_collector.sh` in rancherlabs/support-tools.
//!
//! One archive is one node: `<host>-<YYYY-MM-DD_HH_MM_SS>/{rke|k8s|rke2|k3s|kubeadm}/…` with `systeminfo/`,
//! `networking/`, `systemlogs/`, `journald/` and `etcd/` beside. `rke/` was `k8s/` until September 2023.

use super::named::ends_in_time;
use super::{Layout, Named, Place, Role, Subject, Told};
use crate::artifact::component::POD;
use crate::artifact::{Component, LogIdentity, host_log, pod_log, rotation};
use crate::source::container;

/// The layout.
pub const LAYOUT: Layout = Layout {
    name: "rancher-collector",
    title: "Rancher logs collector",
    subject: Subject::Machine,
    has_distributions: true,
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
            "log k3s,etcd,kube-apiserver,kube-controller-manager,kube-scheduler,cloud-controller-manager,kubelet,kube-proxy mixed",
        ),
        ("s/journald/rke2-server", "s", "log rke2-server mixed"),
        ("s/journald/cloud-init", "s", "log system"),
        ("s/systeminfo/dmesg", "s", "log kernel"),
        ("s/systemlogs/syslog.1", "s", "log  mixed"),
        ("s/systemlogs/audit.log.3", "s", "log auditd"),
        ("s/systemlogs/sa-data/sa15", "s", "other"),
        ("s/rke2/server-logs/audit-2026-11-20T10-00-00.000.log", "s", "log audit"),
        ("s/rke2/containerd.log", "s", "log containerd"),
        ("s/rke2/50-rancher.yaml", "s", "document"),
        ("s/rke2/pod-manifests/etcd.yaml", "s", "other"),
        ("s/kubeadm/kubectl/cluster-info_dump", "s", "marked-logs"),
        ("s/kubeadm/metrics_pod", "s", "document"),
        ("s/kubeadm/pki/server/ca.crt", "s", "document"),
        ("s/pod/kubectl/nodes", "s", "document"),
        ("s/rke/podinspect/k8s_a_b_c_0_0", "s", "document"),
        ("rancher/containerlogs/agent-0a1b2c3d4e5f", "", "log cattle-node-agent"),
        ("s/docker/dockerinfo", "s", "document"),
        ("s/systeminfo/hostname", "s", "document"),
        ("s/etcd/memberlist", "s", "document"),
        ("s/rke/kubectl/namespaces", "s", "document"),
        ("s/rke2/certs/server/client-admin.crt", "s", "document"),
        ("s/networking/iptablessave", "s", "document"),
        ("s/etcd/findserverdbetcd", "s", "document"),
        ("s/collector-output.log", "s", "document"),
        ("s/summary.txt", "s", "document"),
        ("s/versions", "s", "document"),
    ],
};

/// Directories that hold the distribution's files.
const DISTRIBUTIONS: &[&str] = &["rke", "k8s", "rke2", "k3s", "kubeadm", "pod"];

/// Beginnings of the names in `networking/`: other collectors have directories of that name, with other files.
const NETWORKING: &[&str] = &[
    "iptables",
    "ip6tables",
    "nft_ruleset",
    "netstat",
    "ipvsadm",
    "procnetxfrmstat",
    "ipaddrshow",
    "iproute",
    "ipneighbour",
    "iprule",
    "iplinkshow",
    "ipv6",
    "ifconfiga",
    "ssanp",
    "ssitan",
    "ssuapn",
    "sswapn",
    "ssxapn",
    "ss4apn",
    "ss6apn",
    "sstunlp",
    "ethtool",
];

/// Beginnings of the names in `etcd/`.
const ETCD: &[&str] = &[
    "memberlist",
    "endpointstatus",
    "endpointhealth",
    "alarmlist",
    "etcd-metrics",
    "find",
    "cluster-health",
    "member-list",
];

/// The names in `docker/`.
const DOCKER: &[&str] = &[
    "dockerinfo",
    "dockerps",
    "dockerpsa",
    "dockerstats",
    "dockerimages",
    "etcdockerdaemon.json",
    "dockerversion",
];

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
        // `/etc/rancher/rke2` and `/var/lib/rancher/k3s` are a machine's own directories.
        if matches!(segments.get(..root_segments), Some([.., "etc" | "lib", "rancher"])) {
            return None;
        }
        let role = role(segments.get(root_segments..)?)?;
        let node =
            root_segments.checked_sub(1).and_then(|last| segments.get(last)).and_then(|root| host(root));
        // Without the collector's own directory around them, these names are anybody's.
        let anybodys = matches!(segments.get(root_segments..), Some(["summary.txt" | "versions"]));
        let told = if anybodys && node.is_none() { Told::Name } else { Told::Path };
        Some(Place { root_segments, node, role, told })
    })
}

fn named(root: &str) -> Named {
    match ends_in_time(root) {
        Some((host, time)) if !host.is_empty() => {
            Named { host: Some(host.to_owned()), time: Some(time), day: None }
        }
        _ => Named::default(),
    }
}

/// The host in `<host>-2026-11-22_03_11_34`; the time is on the node's own clock.
fn host(root: &str) -> Option<String> {
    named(container::stem(root)).host
}

fn role(rest: &[&str]) -> Option<Role> {
    match rest {
        [distribution, area, tail @ ..] if DISTRIBUTIONS.contains(distribution) => {
            distribution_role(area, tail)
        }
        ["journald", unit] => Some(Role::Log(host_log::of_unit(unit))),
        ["systemlogs", tail @ ..] if !tail.is_empty() => Some(if host_log::is_recording(tail) {
            Role::Other
        } else {
            Role::Log(host_log::in_directory(tail))
        }),
        ["systeminfo", "dmesg"] => Some(Role::Log(host_log::of_unit("kernel"))),
        ["systeminfo", _, ..] | ["networking", "cni", _] => Some(Role::Document),
        ["networking", name] if is_of(NETWORKING, name) => Some(Role::Document),
        ["etcd", name] if is_of(ETCD, name) => Some(Role::Document),
        ["docker", name] if DOCKER.contains(name) => Some(Role::Document),
        ["rancher", "containerlogs", name] => Some(Role::Log(rancher_container(name))),
        ["rancher", "containerinspect", _] => Some(Role::Document),
        // The collector for Rancher 1.6.
        ["rancher", "cattlelogs", _] => Some(Role::Log(LogIdentity::of(&["rancher"]))),
        ["infrastacks", _, ..] => Some(Role::ByContent),
        ["collector-output.log" | "summary.txt" | "versions"] => Some(Role::Document),
        _ => None,
    }
}

fn is_of(starts: &[&str], name: &str) -> bool {
    starts.iter().any(|start| name.starts_with(start))
}

fn rancher_container(name: &str) -> LogIdentity {
    LogIdentity::of(if name.starts_with("server") { &["rancher"] } else { &["cattle-node-agent"] })
}

fn distribution_role(area: &str, tail: &[&str]) -> Option<Role> {
    match (area, tail) {
        ("containerlogs", [name]) => Some(Role::Log(container_log(name))),
        ("podlogs", [file]) => Some(Role::Log(pod_log(file))),
        ("podlogs", [pod, container, file]) => Some(Role::Log(pod_directory(pod, container, file))),
        ("containers-varlogs", [.., file]) => Some(Role::Log(pod_log::of_link(file).unwrap_or_default())),
        ("agent-logs" | "k3s-logs", [.., _]) => Some(Role::Log(host_log::in_directory(tail))),
        // The audit log of the API server, which writes UTC.
        ("server-logs", [name]) if rotation::base(name).starts_with("audit") => {
            Some(Role::Log(LogIdentity::of(&["audit"])))
        }
        ("server-logs", [.., _]) => Some(Role::Log(host_log::in_directory(tail))),
        ("containerd.log", []) => Some(Role::Log(host_log::of_unit("containerd"))),
        ("kubectl", ["cluster-info_dump"]) => Some(Role::MarkedLogs),
        (
            "kubectl" | "certs" | "tmpcerts" | "pki" | "crictl" | "containerinspect" | "podinspect",
            [_, ..],
        )
        | ("directories", [_, ..])
        | ("version" | "check-config" | "metrics_pod" | "metrics_nodes" | "metrics_containers", [])
        | ("staticpodlist", []) => Some(Role::Document),
        // What pods should be, not what they are; nginx's configuration.
        ("pod-manifests" | "nginx-proxy", [_, ..]) => Some(Role::Other),
        (file, []) if is_of_configuration(file) => Some(Role::Document),
        _ => None,
    }
}

/// `config.yaml`, `50-rancher.yaml` of `config.yaml.d`, `rke2-server.service`.
fn is_of_configuration(name: &str) -> bool {
    [".yaml", ".yml", ".service"].iter().any(|end| name.ends_with(end))
}

/// RKE1 names its containers after the components.
fn container_log(name: &str) -> LogIdentity {
    let component: Component = match name {
        "etcd" | "etcd-rolling-snapshots" => "etcd",
        "kube-apiserver" => "kube-apiserver",
        "kube-controller-manager" => "kube-controller-manager",
        "kube-scheduler" => "kube-scheduler",
        "kubelet" => "kubelet",
        "kube-proxy" => "kube-proxy",
        "nginx-proxy" => "nginx-proxy",
        _ => POD,
    };
    LogIdentity { container: Some(name.to_owned()), ..LogIdentity::of(&[component]) }
}

/// `k8s_<container>_<pod>_<namespace>_<uid>_<attempt>` (RKE1) or `<namespace>-<pod>[-previous]`.
fn pod_log(file: &str) -> LogIdentity {
    if let Some(log) = pod_log::of_docker_name(file) {
        return log;
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
        Some((namespace, pod)) => pod_log::of_all_containers(namespace, pod, previous),
        None => LogIdentity { previous, ..LogIdentity::of(&[POD]) },
    }
}

/// `<namespace>_<pod>_<uid>/<container>/<n>.log`, a copy of `/var/log/pods`.
fn pod_directory(directory: &str, container: &str, _file: &str) -> LogIdentity {
    let mut parts = directory.splitn(3, '_');
    let (namespace, pod) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    pod_log::of_container(namespace, pod, container, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_gives_host_and_time() {
        assert_eq!(host("k8s-etcd01-2026-11-22_03_11_34").as_deref(), Some("k8s-etcd01"));
        assert_eq!(host("a.b.example-2026-11-22_03_11_34").as_deref(), Some("a.b.example"));
        assert_eq!(host("extra-kubectl"), None);
        assert_eq!(host("n1-2026-11-22_03_11_34.tar.gz").as_deref(), Some("n1"));
        assert_eq!(named("k8s-etcd01-2026-11-22_03_11_34").time.as_deref(), Some("2026-11-22T03:11:34"));
    }

    #[test]
    fn only_logs_of_the_machine_are_on_its_clock() {
        for (path, expect) in [
            ("s/journald/rke2-server", true),
            ("s/systemlogs/messages", true),
            ("s/rke2/agent-logs/kubelet.log", true),
            ("s/rke2/containerd.log", true),
            ("s/systeminfo/dmesg", true),
            ("s/rke/containerlogs/kubelet", false),
            ("s/rke2/podlogs/kube-system-etcd-n1", false),
        ] {
            let segments: Vec<&str> = path.split('/').collect();
            let Some(Place { role: Role::Log(log), .. }) = place(&segments) else { panic!("{path}") };
            assert_eq!(log.host_clock, expect, "{path}");
        }
    }
}
