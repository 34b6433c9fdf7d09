//! The Windows collectors of rancherlabs/support-tools: `win-log-collect.ps1` (RKE1, without a directory of its own) and
//! `win-log-collect-rke2.ps1`. One archive is one node.

use super::named::{ends_in_day, ends_in_time};
use super::{Layout, Named, Place, Role, Subject, Told, below};
use crate::artifact::component::{of_file_name, of_pod};
use crate::artifact::{LogIdentity, pod_log};
use crate::source::container;

/// The layout.
pub const LAYOUT: Layout = Layout {
    name: "rancher-windows",
    title: "Rancher logs collector for Windows",
    subject: Subject::Machine,
    has_distributions: false,
    named,
    place,
    samples: &[
        (
            "rancher_rke2_WIN-1_2026-11-22_03_11_34/k8s/components/kubelet.log",
            "rancher_rke2_WIN-1_2026-11-22_03_11_34",
            "log kubelet",
        ),
        (
            "rancher_rke2_w_2026-11-22_03_11_34/containerd/containerd.log",
            "rancher_rke2_w_2026-11-22_03_11_34",
            "log containerd",
        ),
        (
            "rancher_rke2_w_2026-11-22_03_11_34/k8s/containerlogs/kube-proxy-0a1b2c3d4e5f.log",
            "rancher_rke2_w_2026-11-22_03_11_34",
            "log kube-proxy",
        ),
        ("x/eventlogs/system.json", "x", "by-content"),
        ("x/network/hns/network.txt", "x", "document"),
        ("x/system/msinfo32-report.txt", "x", "other"),
        ("rancher_w_2026-11-22/podlogs/k8s_a_b_c_0_0", "rancher_w_2026-11-22", "log pod c/b"),
        ("x/docker/docker-ps.txt", "x", "document"),
        ("x/eventlogs/csi-proxy.log", "x", "log system"),
    ],
};

/// `rancher_<host>_2026-11-22` (RKE1) or `rancher_rke2_<host>_2026-11-22_03_11_34`, on the node's clock.
fn named(name: &str) -> Named {
    let Some(rest) = name.strip_prefix("rancher_") else { return Named::default() };
    let rest = rest.strip_prefix("rke2_").unwrap_or(rest);
    let host = |head: &str| Some(head.to_owned()).filter(|head| !head.is_empty());
    if let Some((head, time)) = ends_in_time(rest) {
        return Named { host: host(head), time: Some(time), day: None };
    }
    match ends_in_day(rest) {
        Some((head, day)) => Named { host: host(head), time: None, day: Some(day) },
        None => Named::default(),
    }
}

fn place(segments: &[&str]) -> Option<Place> {
    let of_bundle = below(segments, |name| named(name).host.is_some());
    let root = of_bundle
        .or_else(|| (0..segments.len()).find(|at| is_telling(segments.get(*at..).unwrap_or_default())))?;
    let rest = segments.get(root..).filter(|rest| !rest.is_empty())?;
    let node = root
        .checked_sub(1)
        .and_then(|at| segments.get(at))
        .and_then(|name| named(container::stem(name)).host);
    let of_area = rest.first().is_some_and(|area| AREAS.contains(area));
    Some(Place {
        root_segments: root,
        node,
        role: role(rest),
        told: if is_telling(rest) || of_area { Told::Path } else { Told::Root },
    })
}

/// Directories at the root of a capture.
const AREAS: &[&str] = &[
    "k8s",
    "podlogs",
    "nginx",
    "certs",
    "docker",
    "config",
    "containerd",
    "services",
    "system",
    "network",
    "eventlogs",
    "firewall",
];

/// Paths that only these collectors write.
fn is_telling(rest: &[&str]) -> bool {
    match rest {
        ["eventlogs", _] | ["network", "hns", _] | ["k8s", "components", _] => true,
        ["system", file] => file.starts_with("msinfo32-report"),
        ["docker", file] => file.starts_with("docker-") && file.ends_with(".txt"),
        ["containerd", file] => file.starts_with("ctr-") || file.starts_with("crictl-"),
        ["GPOReportsAll.xml"] => true,
        _ => false,
    }
}

fn role(rest: &[&str]) -> Role {
    match rest {
        ["k8s", "components", file] if file.ends_with(".log") => Role::Log(host(of_file_name(file))),
        ["k8s", "containerlogs", file] | ["podlogs", file] => Role::Log(container_log(file)),
        ["containerd", "containerd.log"] => Role::Log(host(Some("containerd"))),
        ["eventlogs", file] if file.ends_with(".log") => Role::Log(host(Some("system"))),
        ["eventlogs", _] | ["nginx", "logs", ..] => Role::ByContent,
        ["system", file] if file.starts_with("msinfo32-report") => Role::Other,
        ["GPOReportsAll.xml"] => Role::Other,
        _ => Role::Document,
    }
}

fn host(component: Option<&'static str>) -> LogIdentity {
    LogIdentity { components: component.into_iter().collect(), host_clock: true, ..LogIdentity::default() }
}

/// `<name>-<12 hexadecimal digits>.log` (RKE2), or the container's name.
fn container_log(file: &str) -> LogIdentity {
    if let Some(log) = pod_log::of_docker_name(file) {
        return log;
    }
    let stem = file.strip_suffix(".log").unwrap_or(file);
    let is_id = |id: &str| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let name = stem.rsplit_once('-').filter(|(_, id)| is_id(id)).map_or(stem, |(name, _)| name);
    let component = of_file_name(name).unwrap_or_else(|| of_pod(name));
    LogIdentity { container: Some(name.to_owned()), ..LogIdentity::of(&[component]) }
}
