//! Which logs are pieces of one log, and in which order, by their names.
//!
//! Programs rotate their logs in their own ways: logrotate (`syslog.2.gz`, `messages-20261115.xz`), lumberjack
//! (`kubelet-2026-11-20T10-00-00.000.log.gz`, in UTC), the kubelet (`0.log.20261122-031134.gz`, on the node's clock), Docker
//! (`<id>-json.log.1`). An earlier run of a container (`previous.log`, `0.log` beside `1.log`) is a log of its own kind of
//! piece: it ended when its container did.

use std::cmp::Reverse;

use super::pod_log;

/// A log as a piece of a longer one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The path that all pieces share: pieces of one log have the same.
    pub family: String,
    /// The order in the family, oldest first.
    pub rank: Rank,
    /// When the piece was closed, where its name says so: RFC 3339, with a zone only where the name means one. A name
    /// with a day alone gives the last second of that day: nothing in the piece is later.
    pub closed: Option<String>,
}

/// The place of a piece in its family; the older one is less.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    /// Which run of the container, from 0; logs that know no runs have run 0. The current run of a container whose number the
    /// name does not tell is [`CURRENT`].
    pub run: u32,
    /// Which piece of the run's log.
    pub piece: Piece,
}

/// The run of a container that is still running, or the last one.
pub const CURRENT: u32 = u32::MAX;

/// A piece of one run's log; the older one is less.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Piece {
    /// Closed at a time that the name gives, in the form in which names sort.
    Dated(String),
    /// The n-th from the end: a greater number is older.
    Numbered(Reverse<u32>),
    /// The one that was written last.
    Open,
}

/// Ends of names that say how a single file is packed.
const PACKED: &[&str] = &[".gz", ".bz2", ".xz", ".zst", ".Z"];

/// How a log lies among the pieces of its family.
#[must_use]
pub fn rotation(path: &str) -> Rotation {
    let at = path.rfind(['/', '!']).map_or(0, |slash| slash + 1);
    let (folder, name) = path.split_at_checked(at).unwrap_or(("", path));
    let name = unpacked(name);
    if let Some(found) = run_of_container(folder, name) {
        return found;
    }
    let cut = cut(name);
    let (base, piece, closed) = (cut.base, cut.piece, cut.closed);
    let (base, run) = earlier_run(folder, base, &piece);
    let piece = if run.is_some() && matches!(piece, Piece::Numbered(_)) { Piece::Open } else { piece };
    Rotation { family: format!("{folder}{base}"), rank: Rank { run: run.unwrap_or(0), piece }, closed }
}

/// A file's name without what rotation and packing put to it: `syslog.2.gz` is `syslog`.
#[must_use]
pub fn base(name: &str) -> String {
    cut(unpacked(name)).base
}

/// A name without the end that says how it is packed.
#[must_use]
pub fn unpacked(name: &str) -> &str {
    PACKED.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)
}

/// Files of `/var/log/pods/<pod>/<container>/`, and of a must-gather's `logs/` and `logs/rotated/`: the directory is the family.
fn run_of_container(folder: &str, name: &str) -> Option<Rotation> {
    let segments: Vec<&str> = folder.split(['/', '!']).filter(|segment| !segment.is_empty()).collect();
    let made = |family: &str, run, piece, closed| {
        let family = family.trim_end_matches('/').to_owned();
        Some(Rotation { family, rank: Rank { run, piece }, closed })
    };
    match segments.as_slice() {
        [.., "logs"] if name == "current.log" => return made(folder, CURRENT, Piece::Open, None),
        [.., "logs"] if name == "previous.log" => return made(folder, CURRENT - 1, Piece::Open, None),
        _ => {}
    }
    let family = match segments.as_slice() {
        [.., "logs", "rotated"] => folder.trim_end_matches('/').strip_suffix("/rotated")?,
        [.., pod, _container] if pod_log::pod_directory(pod).is_some() => folder,
        _ => return None,
    };
    let run = pod_log::run_of_file(name)?;
    let stamp = name.split_once(".log.").map(|(_, stamp)| stamp);
    match stamp {
        None => made(family, run, Piece::Open, None),
        Some(stamp) => {
            let closed = compact(stamp)?;
            made(family, run, Piece::Dated(stamp.to_owned()), Some(closed))
        }
    }
}

/// Names by which collectors tell the log of a container's earlier run.
fn earlier_run(folder: &str, base: String, piece: &Piece) -> (String, Option<u32>) {
    if let Some(stem) = base.strip_suffix("-previous.log") {
        return (format!("{stem}.log"), Some(CURRENT - 1));
    }
    if let Some(stem) = base.strip_suffix("-previous").filter(|_| !base.contains('.')) {
        return (stem.to_owned(), Some(CURRENT - 1));
    }
    // support-bundle-kit writes `logs/<namespace>/<pod>/<container>.log` and puts `.1` to the earlier run's.
    let segments: Vec<&str> = folder.split(['/', '!']).filter(|segment| !segment.is_empty()).collect();
    let of_container = matches!(segments.as_slice(), [.., "logs", _, _]) && base.ends_with(".log");
    let in_podlogs = matches!(segments.as_slice(), [.., "podlogs"]);
    match piece {
        Piece::Numbered(_) if of_container => (base, Some(CURRENT - 1)),
        _ if of_container || in_podlogs || segments.contains(&"cluster-resources") => (base, Some(CURRENT)),
        _ => (base, None),
    }
}

/// A name, taken apart.
struct Cut {
    base: String,
    piece: Piece,
    closed: Option<String>,
}

fn cut(name: &str) -> Cut {
    let open = || Cut { base: name.to_owned(), piece: Piece::Open, closed: None };
    let dated = |base: String, stamp: &str, closed| Cut {
        base,
        piece: Piece::Dated(stamp.to_owned()),
        closed: Some(closed),
    };
    if let Some((base, stamp)) = name.rsplit_once('.') {
        // `10.0.0.1` is an address, and so is `node-10.0.0.1`.
        let of_address = base.rsplit(['.', '-']).next().is_some_and(is_digits);
        if is_digits(stamp) && stamp.len() <= 3 && !of_address {
            let number = stamp.parse().unwrap_or(u32::MAX);
            return Cut { base: base.to_owned(), piece: Piece::Numbered(Reverse(number)), closed: None };
        }
        if stamp == "old" {
            return Cut { base: base.to_owned(), piece: Piece::Numbered(Reverse(1)), closed: None };
        }
        if let Some(closed) = compact(stamp) {
            return dated(base.to_owned(), stamp, closed);
        }
    }
    let (stem, extension) = name.strip_suffix(".log").map_or((name, ""), |stem| (stem, ".log"));
    for (at, _) in stem.match_indices('-').collect::<Vec<_>>().into_iter().rev().take(6) {
        let (base, stamp) = (stem.get(..at).unwrap_or_default(), stem.get(at + 1..).unwrap_or_default());
        if let Some(closed) = compact(stamp).or_else(|| lumberjack(stamp)).or_else(|| day(stamp)) {
            return dated(format!("{base}{extension}"), stamp, closed);
        }
    }
    open()
}

/// `20261122`, `20261122-031134` or `2026112203` (logrotate, kubelet).
fn compact(stamp: &str) -> Option<String> {
    let (date, clock) = match stamp.len() {
        8 => (stamp, ""),
        10 => stamp.split_at_checked(8)?,
        15 => stamp.split_once('-').filter(|(date, _)| date.len() == 8)?,
        _ => return None,
    };
    if !is_digits(date) || !(clock.is_empty() || is_digits(clock)) {
        return None;
    }
    let date = format!("{}-{}-{}", date.get(..4)?, date.get(4..6)?, date.get(6..8)?);
    let clock = match clock.len() {
        6 => format!("{}:{}:{}", clock.get(..2)?, clock.get(2..4)?, clock.get(4..6)?),
        2 => format!("{clock}:59:59"),
        _ => "23:59:59".to_owned(),
    };
    real(format!("{date}T{clock}"))
}

/// `2026-11-20T10-00-00.000`: lumberjack's `backupTimeFormat`, in UTC unless a program asks for local time.
fn lumberjack(stamp: &str) -> Option<String> {
    let (date, clock) = stamp.split_once('T')?;
    let clock = clock.replace('-', ":");
    (date.len() == 10 && clock.len() >= 8).then_some(())?;
    real(format!("{date}T{clock}Z"))
}

/// `2026-11-20`.
fn day(stamp: &str) -> Option<String> {
    let shaped = stamp.len() == 10 && stamp.split('-').all(is_digits);
    shaped.then_some(()).and_then(|()| real(format!("{stamp}T23:59:59")))
}

/// The text if it is a time that exists, of a century in which logs were written.
fn real(text: String) -> Option<String> {
    let recent = text.starts_with("20") || text.starts_with("19");
    (recent && crate::base::Time::parse_assuming_utc(&text).is_some()).then_some(text)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, family: &str, closed: &str) {
        let found = rotation(path);
        assert_eq!((&*found.family, found.closed.as_deref().unwrap_or("")), (family, closed), "{path}");
    }

    #[test]
    fn names_without_their_rotation_are_the_family() {
        let id = "0123456789abcdef".repeat(4);
        for (path, family, closed) in [
            ("n/systemlogs/syslog", "n/systemlogs/syslog", ""),
            ("n/systemlogs/syslog.1", "n/systemlogs/syslog", ""),
            ("n/systemlogs/syslog.2.gz", "n/systemlogs/syslog", ""),
            ("messages-20261115.xz", "messages", "2026-11-15T23:59:59"),
            ("messages-2026111503", "messages", "2026-11-15T03:59:59"),
            ("syslog-2026-11-15.gz", "syslog", "2026-11-15T23:59:59"),
            ("a.tgz!kern.log.1", "a.tgz!kern.log", ""),
            ("dmesg.0", "dmesg", ""),
            (
                "rke2/agent-logs/kubelet-2026-11-20T10-00-00.000.log.gz",
                "rke2/agent-logs/kubelet.log",
                "2026-11-20T10:00:00.000Z",
            ),
            ("rke2/agent-logs/kubelet.log", "rke2/agent-logs/kubelet.log", ""),
            ("audit-2026-11-20T10-00-00.000.log", "audit.log", "2026-11-20T10:00:00.000Z"),
            ("p/kube-system_etcd-n_0a/etcd/0.log", "p/kube-system_etcd-n_0a/etcd", ""),
            (
                "p/kube-system_etcd-n_0a/etcd/0.log.20261122-031134.gz",
                "p/kube-system_etcd-n_0a/etcd",
                "2026-11-22T03:11:34",
            ),
            ("x/logs/rotated/0.log.20261122-031134", "x/logs", "2026-11-22T03:11:34"),
            ("x/logs/current.log", "x/logs", ""),
            ("logs/ns/pod/web.log.1", "logs/ns/pod/web.log", ""),
            ("nodes/n1/logs/kernel.log.1", "nodes/n1/logs/kernel.log", ""),
            (
                "cluster-resources/pods/logs/ns/pod/web-previous.log",
                "cluster-resources/pods/logs/ns/pod/web.log",
                "",
            ),
            ("s/podlogs/kube-system-etcd-n-previous", "s/podlogs/kube-system-etcd-n", ""),
            (&format!("c/{id}/{id}-json.log.1"), &format!("c/{id}/{id}-json.log"), ""),
            ("etcd/metrics-10.0.0.1", "etcd/metrics-10.0.0.1", ""),
            ("pod-20261399", "pod-20261399", ""),
            ("kubelet.log.old", "kubelet.log", ""),
        ] {
            check(path, family, closed);
        }
    }

    #[test]
    fn older_pieces_come_first() {
        for older_first in [
            &["syslog.2.gz", "syslog.1", "syslog"][..],
            &["messages-20261108.xz", "messages-20261115.xz", "messages"],
            &["kubelet-2026-11-20T10-00-00.000.log.gz", "kubelet-2026-11-21T10-00-00.000.log", "kubelet.log"],
            &["dmesg.1.gz", "dmesg.0", "dmesg"],
            &[
                "p/a_b_0/c/0.log.20261120-000000.gz",
                "p/a_b_0/c/0.log",
                "p/a_b_0/c/1.log.20261122-000000",
                "p/a_b_0/c/1.log",
            ],
            &["x/logs/previous.log", "x/logs/current.log"],
            &["logs/ns/pod/web.log.1", "logs/ns/pod/web.log"],
            &["podlogs/a-b-previous", "podlogs/a-b"],
        ] {
            let found: Vec<Rotation> = older_first.iter().map(|path| rotation(path)).collect();
            for pair in found.windows(2) {
                assert_eq!(pair[0].family, pair[1].family);
                assert!(pair[0].rank < pair[1].rank, "{pair:?}");
            }
        }
    }
}
