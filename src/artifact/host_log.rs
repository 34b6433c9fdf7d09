//! Logs that a machine itself writes: journal units and files below `/var/log` and `/var/lib`, by their names.
//!
//! The names are those of rsyslog, auditd, cloud-init, logrotate and systemd, and of the units of RKE2 and K3s.

use super::component::{K3S, K3S_AGENT, of_file_name};
use super::rotation;
use super::{Component, LogIdentity};

/// Directories of performance recorders (atop, sysstat), whose files are no text.
const RECORDERS: &[&str] = &["atop", "atop-data", "sa", "sa-data", "sysstat", "sysstat-data"];

/// The log of a unit, as `journalctl -u` prints it: `rke2-server`, `k3s.service`.
///
/// The unit's log also holds what systemd says of the unit, and in K3s and RKE2 what their children print.
#[must_use]
pub fn of_unit(unit: &str) -> LogIdentity {
    let unit = unit.strip_suffix(".service").unwrap_or(unit);
    let one = |name: Component| LogIdentity::on_host(&[name]);
    match unit {
        "k3s" | "k3s-server" | "k3s-service" => LogIdentity::mixed(K3S),
        "k3s-agent" | "k3s-agent-service" => LogIdentity::mixed(K3S_AGENT),
        "rke2-server" => LogIdentity::mixed(&["rke2-server"]),
        "rke2-agent" => LogIdentity::mixed(&["rke2-agent"]),
        "kubelet" | "snap.kubelet" => one("kubelet"),
        "kubeproxy" | "kube-proxy" => one("kube-proxy"),
        "docker" => one("docker"),
        "containerd" => one("containerd"),
        "crio" | "cri-o" => one("crio"),
        "etcd" => one("etcd"),
        "kernel" => one("kernel"),
        "auditd" => one("auditd"),
        "rancher-system-agent" => one("rancher-system-agent"),
        "rancherd" => one("rancherd"),
        "NetworkManager" => one("NetworkManager"),
        _ => one("system"),
    }
}

/// The log of a machine with this path, from wherever it begins: `/var/log/syslog.1`, `kern.log`, `rke2-server.log`.
/// `None` for names that are no known log.
#[must_use]
pub fn of_file(segments: &[&str]) -> Option<LogIdentity> {
    let (name, folders) = segments.split_last()?;
    if is_recording(segments) {
        return None;
    }
    let base = rotation::base(name);
    let stem = base.strip_suffix(".log").unwrap_or(&base);
    // The API server's audit log has the name that auditd's has, elsewhere.
    let of_api_server = folders.iter().any(|folder| matches!(*folder, "kube-audit" | "apiserver" | "logs"));
    let log = match stem {
        "syslog" | "messages" | "daemon" | "user" | "journal" | "journalctl" => LogIdentity::mixed(&[]),
        "kern" | "kernel" | "dmesg" => LogIdentity::on_host(&["kernel"]),
        "audit" if of_api_server => LogIdentity::of(&["audit"]),
        "audit" | "auditd" => LogIdentity::on_host(&["auditd"]),
        "kubelet"
        | "kubeproxy"
        | "kube-proxy"
        | "k3s"
        | "k3s-agent"
        | "k3s-service"
        | "k3s-agent-service"
        | "rke2-server"
        | "rke2-agent"
        | "rancher-system-agent"
        | "rancherd"
        | "containerd"
        | "docker"
        | "crio"
        | "NetworkManager" => of_unit(stem),
        "cloud-init" | "cloud-init-output" | "iscsid" | "console" | "auth" | "secure" | "boot" | "cron"
        | "maillog" | "containerd-images" => LogIdentity::on_host(&["system"]),
        _ if stem.starts_with("docker") => of_unit("docker"),
        _ if ["syslog", "messages"].iter().any(|start| stem.starts_with(start)) => LogIdentity::mixed(&[]),
        _ if stem.starts_with("kern") || stem.starts_with("dmesg") => LogIdentity::on_host(&["kernel"]),
        _ if stem.starts_with("cloud-init") => LogIdentity::on_host(&["system"]),
        _ => return None,
    };
    Some(log)
}

/// A log in a directory in which only logs of the machine lie: what its name does not tell is not known.
#[must_use]
pub fn in_directory(segments: &[&str]) -> LogIdentity {
    let name = segments.last().copied().unwrap_or_default();
    of_file(segments).unwrap_or_else(|| LogIdentity {
        components: of_file_name(name).into_iter().collect(),
        host_clock: true,
        ..LogIdentity::default()
    })
}

/// A file of a performance recorder: `sa15`, `sar15`, `atop_20261115`, or anything in its directories.
#[must_use]
pub fn is_recording(segments: &[&str]) -> bool {
    let Some((name, folders)) = segments.split_last() else { return false };
    let digits_after = |start: &str| {
        name.strip_prefix(start)
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    folders.iter().any(|folder| RECORDERS.contains(folder))
        || digits_after("sa")
        || digits_after("sar")
        || name.starts_with("atop_")
        || matches!(*name, "wtmp" | "btmp" | "lastlog" | "faillog")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(path: &str) -> String {
        let segments: Vec<&str> = path.split('/').collect();
        of_file(&segments).map_or("none".to_owned(), |log| {
            let mixed = if log.mixed { "mixed " } else { "" };
            let clock = if log.host_clock { "host" } else { "utc" };
            format!("{mixed}{} {clock}", log.components.join(","))
        })
    }

    #[test]
    fn logs_of_a_machine_are_known_by_their_names() {
        for (path, expect) in [
            ("systemlogs/syslog", "mixed  host"),
            ("systemlogs/syslog.2.gz", "mixed  host"),
            ("systemlogs/messages-20261115.xz", "mixed  host"),
            ("systemlogs/kern.log.1", "kernel host"),
            ("systemlogs/dmesg.0", "kernel host"),
            ("systemlogs/audit.log.3", "auditd host"),
            ("server/logs/audit-2026-11-20T10-00-00.000.log", "audit utc"),
            ("systemlogs/cloud-init-output.log", "system host"),
            ("systemlogs/docker.log", "docker host"),
            ("nodes/n1/logs/rke2-agent.log.1", "mixed rke2-agent host"),
            ("agent/logs/kubelet-2026-11-20T10-00-00.000.log.gz", "kubelet host"),
            ("sa-data/sa15", "none"),
            ("var/log/sysstat/sar03", "none"),
            ("var/log/wtmp", "none"),
            ("README", "none"),
        ] {
            assert_eq!(shown(path), expect, "{path}");
        }
    }

    #[test]
    fn units_with_several_programs_are_mixed() {
        assert!(of_unit("k3s-agent.service").mixed && of_unit("k3s-agent").components.contains(&"kubelet"));
        assert_eq!(of_unit("rke2-server"), LogIdentity::mixed(&["rke2-server"]));
        assert_eq!(of_unit("cloud-init"), LogIdentity::on_host(&["system"]));
    }
}
