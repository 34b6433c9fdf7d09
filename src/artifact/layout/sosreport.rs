//! sos report (`sosreport-<host>-…-<day>-<random>.tar.xz`): outputs of commands under mangled names in `sos_commands/<plugin>/`,
//! and copies of the machine's files (sosreport/sos, `sos/report`).

use super::node_directory;
use super::{Layout, Named, Place, Role, Subject, Told, below};
use crate::artifact::{LogIdentity, host_log};
use crate::source::container;

/// The layout.
pub const LAYOUT: Layout = Layout {
    name: "sosreport",
    title: "sos report",
    subject: Subject::Machine,
    has_distributions: false,
    named,
    place,
    samples: &[
        (
            "sosreport-n1-2026-11-22-abcdefg/sos_commands/filesys/df_-al",
            "sosreport-n1-2026-11-22-abcdefg",
            "document",
        ),
        ("x/sos_commands/logs/journalctl_--no-pager_--catalog_--boot", "x", "log  mixed"),
        ("x/sos_commands/rancher/journalctl_--no-pager_--unit_rke2-server", "x", "log rke2-server mixed"),
        ("x/sos_commands/kernel/dmesg_-T", "x", "log kernel"),
        ("x/sos_commands/kubernetes/cluster-info/cluster-info_dump", "x", "marked-logs"),
        ("x/sos_reports/manifest.json", "x", "document"),
        ("sosreport-n1-2026-11-22-abcdefg/var/log/messages", "sosreport-n1-2026-11-22-abcdefg", "log  mixed"),
        ("sosreport-n1-2026-11-22-abcdefg/etc/hosts", "sosreport-n1-2026-11-22-abcdefg", "document"),
        (
            "sosreport-n1-2026-11-22-abcdefg/var/log/containers/coredns-1_kube-system_coredns-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.log",
            "sosreport-n1-2026-11-22-abcdefg",
            "log coredns kube-system/coredns-1",
        ),
    ],
};

/// `sosreport-<host>[-<label>][-<case>]-2026-11-22-<random>[-obfuscated]`: where the host ends cannot be told when more
/// stands behind it, so it is taken only when nothing else fits.
fn named(name: &str) -> Named {
    let Some(rest) = name.strip_prefix("secured-").unwrap_or(name).strip_prefix("sosreport-") else {
        return Named::default();
    };
    let parts: Vec<&str> = rest.split('-').collect();
    let day = (0..parts.len()).rev().find_map(|at| {
        let day = parts.get(at..at + 3)?.join("-");
        super::named::is_day(&day).then_some((at, day))
    });
    let Some((at, day)) = day else { return Named::default() };
    // A case's number or a label makes one part more; hosts with a dash do so too.
    let host = match parts.get(..at) {
        Some([host]) => Some((*host).to_owned()),
        _ => None,
    };
    Named { host, time: None, day: Some(day) }
}

fn place(segments: &[&str]) -> Option<Place> {
    let marker =
        segments.iter().position(|name| matches!(*name, "sos_commands" | "sos_logs" | "sos_reports"));
    let root = marker.or_else(|| below(segments, |name| named(name).day.is_some()))?;
    let rest = segments.get(root..).filter(|rest| !rest.is_empty())?;
    let node = root
        .checked_sub(1)
        .and_then(|at| segments.get(at))
        .and_then(|name| named(container::stem(name)).host);
    Some(Place { root_segments: root, node, role: role(rest), told: Told::Path })
}

fn role(rest: &[&str]) -> Role {
    if host_log::is_recording(rest) {
        return Role::Other;
    }
    match rest {
        ["sos_commands", .., "cluster-info_dump"] => Role::MarkedLogs,
        ["sos_commands", .., file] if file.starts_with("journalctl") => Role::Log(journal(file)),
        ["sos_commands", _, file] if file.starts_with("dmesg") => Role::Log(host_log::of_unit("kernel")),
        ["sos_commands", .., file] if is_log_command(file) => Role::ByContent,
        ["sos_logs", ..] => Role::Other,
        _ => node_directory::log(rest).map_or(Role::Document, Role::Log),
    }
}

/// `journalctl_--no-pager_--unit_kubelet`: the words of the command, joined by underscores.
fn journal(file: &str) -> LogIdentity {
    let mut words = file.split('_').skip_while(|word| !matches!(*word, "--unit" | "-u"));
    match words.nth(1) {
        Some(unit) => host_log::of_unit(unit),
        None if file.contains("--dmesg") => host_log::of_unit("kernel"),
        None => LogIdentity::mixed(&[]),
    }
}

/// `docker_logs_etcd`, `kubectl_-n_kube-system_logs_coredns-1`.
fn is_log_command(file: &str) -> bool {
    file.split('_').any(|word| word == "logs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_gives_the_day_and_a_plain_host() {
        let check = |name: &str| {
            let found = named(name);
            (found.host, found.day)
        };
        let day = Some("2026-11-22".to_owned());
        assert_eq!(check("sosreport-n1-2026-11-22-abcdefg"), (Some("n1".to_owned()), day.clone()));
        assert_eq!(check("sosreport-n1-01234567-2026-11-22-abcdefg"), (None, day));
        assert_eq!(check("sosreport"), (None, None));
    }
}
