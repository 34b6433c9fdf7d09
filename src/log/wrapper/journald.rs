//! journald's text output and syslog files: `TIME host ident[pid]: line`.
//!
//! The time is that of `journalctl -o short` (no year, no zone), `short-precise`, `short-iso`, `short-iso-precise`,
//! `short-full`, `with-unit`, `short-unix` or `short-monotonic` (then there is none), or of RFC 3164 with or without
//! `<priority>` and host, or of rsyslog's ISO files. Source: systemd, `src/shared/logs-show.c` (`output_short`);
//! RFC 3164, section 4.1.

use std::borrow::Cow;

use super::{Sample, Wrapper, stated_level};
use crate::base::Stamp;
use crate::log::{Level, Unwrapped, civil};

pub(super) static WRAPPER: Wrapper = Wrapper {
    name: "journald",
    unwrap,
    wrap,
    samples: &[
        Sample {
            line: "Nov 22 03:41:20 k3s-srv01 k3s[1001]: {\"level\":\"warn\"}",
            stamp: "--11-22T03:41:20",
            rest: "{\"level\":\"warn\"}",
        },
        Sample {
            line: "May 08 04:44:41.405968 cp-1 systemd[1]: rke2-server.service: Scheduled restart job.",
            stamp: "--05-08T04:44:41.405968",
            rest: "rke2-server.service: Scheduled restart job.",
        },
        Sample {
            line: "<13>Feb 29 04:44:41 cp-1 Docker Daemon[77]: ready",
            stamp: "--02-29T04:44:41",
            rest: "ready",
        },
        Sample {
            line: "May  8 04:44:41 cp-1 kernel: [12345.678901] oom",
            stamp: "--05-08T04:44:41",
            rest: "[12345.678901] oom",
        },
        Sample { line: "May  8 04:44:41 cron[7]: no host", stamp: "--05-08T04:44:41", rest: "no host" },
        Sample {
            line: "2024-05-08T04:44:41+0000 cp-1 kubelet[1234]: a: b",
            stamp: "2024-05-08T04:44:41Z",
            rest: "a: b",
        },
        Sample {
            line: "2024-05-08T06:44:41.405968+02:00 cp-1.lan kernel: text",
            stamp: "2024-05-08T04:44:41.405968Z",
            rest: "text",
        },
        Sample { line: "2024-05-08T04:44:41+00:00 cp-1 rke2[8]:", stamp: "2024-05-08T04:44:41Z", rest: "" },
        Sample {
            line: "Wed 2024-05-08 04:44:41 UTC cp-1 kubelet[12]: full",
            stamp: "2024-05-08T04:44:41Z",
            rest: "full",
        },
        Sample {
            line: "Wed 2024-05-08 06:44:41 CEST cp-1 kubelet[12]: full",
            stamp: "2024-05-08T06:44:41",
            rest: "full",
        },
        Sample {
            line: "1715143481.405968 cp-1 kubelet[12]: unix",
            stamp: "2024-05-08T04:44:41.405968Z",
            rest: "unix",
        },
        Sample {
            line: "Wed 2024-05-08 01:44:41 -03 cp-1 kubelet.service[12]: the zone has no name",
            stamp: "2024-05-08T04:44:41Z",
            rest: "the zone has no name",
        },
        Sample { line: "[   12.345678] cp-1 kubelet[12]: since boot", stamp: "-", rest: "since boot" },
        Sample { line: "[   12.345678] cp-1 kernel: usb 1-1: new", stamp: "-", rest: "usb 1-1: new" },
        Sample {
            line: "<13>May  8 04:44:41 who speaks is not told",
            stamp: "--05-08T04:44:41",
            rest: "who speaks is not told",
        },
        Sample {
            line: "May 08 04:44:44 cp-1 dockerd[77]: [20B blob data]",
            stamp: "--05-08T04:44:44",
            rest: "[20B blob data]",
        },
    ],
};

fn unwrap(line: &str) -> Option<Unwrapped<'_>> {
    let (severity, line) = severity(line);
    let level = severity.and_then(stated_level);
    let unwrapped = unwrap_dated(line, severity.is_some())?;
    Some(Unwrapped { level, ..unwrapped })
}

fn unwrap_dated(line: &str, is_syslog: bool) -> Option<Unwrapped<'_>> {
    if let Some(dated) = civil::month_day(line) {
        let rest = dated.rest.strip_prefix(' ')?;
        let heads = host_and_ident(rest).or_else(|| Some((None, ident(rest)?)));
        return match heads {
            Some((host, ident)) => Some(unwrapped(Some(dated.stamp), host, ident)),
            // With a priority this is syslog; but whether the first word is a host, nothing tells.
            None if is_syslog => {
                Some(Unwrapped { stamp: Some(dated.stamp), ..Unwrapped::bare(Cow::Borrowed(rest)) })
            }
            None => None,
        };
    }
    let (stamp, rest) = dated_with_year(line).or_else(|| Some((None, uptime(line)?)))?;
    let (host, ident) = host_and_ident(rest)?;
    // Neither journald nor rsyslog writes `Z`, programs do: `2024-…Z Add pod: …` is no line of a host named `Add`.
    // And the kernel's own lines begin as those of `short-monotonic` do: `[12345.678901] usb 1-1: …`.
    let doubtful = stamp.is_none() || line.strip_suffix(rest).is_some_and(|head| head.ends_with("Z "));
    let certain = (ident.has_pid && !ident.program.contains(' ')) || ident.program == "kernel";
    (!doubtful || certain).then(|| unwrapped(stamp, host, ident))
}

/// Takes `<13>` off; its lower three bits are the severity.
fn severity(line: &str) -> (Option<u8>, &str) {
    let Some((digits, rest)) = line.strip_prefix('<').and_then(|rest| rest.split_once('>')) else {
        return (None, line);
    };
    match super::priority(digits) {
        Some(priority) => (Some(priority & 7), rest),
        None => (None, line),
    }
}

fn dated_with_year(line: &str) -> Option<(Option<Stamp>, &str)> {
    if let Some(dated) = civil::instant(line) {
        // journald and syslog end at microseconds; nanoseconds are those of docker or CRI.
        if dated.n_fraction_digits > 6 {
            return None;
        }
        return Some((Some(dated.stamp), dated.rest.strip_prefix(' ')?));
    }
    let (head, rest) = line.split_once(' ')?;
    if head.len() == 17 && head.as_bytes().get(10) == Some(&b'.') {
        return Some((Some(civil::epoch(head)?), rest));
    }
    let (stamp, _, rest) = civil::full(line)?;
    Some((Some(stamp), rest.strip_prefix(' ')?))
}

/// Takes `[   12.345678] ` off.
fn uptime(line: &str) -> Option<&str> {
    let (seconds, rest) = line.strip_prefix('[')?.split_once("] ")?;
    let fits = seconds.trim_start_matches(' ').bytes().all(|b| b.is_ascii_digit() || b == b'.');
    fits.then_some(rest)
}

struct Ident<'c> {
    program: &'c str,
    has_pid: bool,
    rest: &'c str,
}

fn host_and_ident(text: &str) -> Option<(Option<&str>, Ident<'_>)> {
    let (host, rest) = text.split_once(' ')?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'@');
    // `2024-…+02:00 ERROR main: …` is what a program itself wrote, not a host of that name.
    if host.is_empty() || host.ends_with(':') || !host.bytes().all(plain) || Level::parse(host).is_some() {
        return None;
    }
    // `-` is how RFC 5424 writes that there is none.
    Some((Some(host).filter(|host| *host != "-"), ident(rest)?))
}

/// Reads `ident[pid]: ` or `ident: `. Only an ident with a pid may have spaces in it.
fn ident(text: &str) -> Option<Ident<'_>> {
    let (head, rest) = match text.split_once(": ") {
        Some(parts) => parts,
        None => (text.strip_suffix(':')?, ""),
    };
    let (program, has_pid) = match head.strip_suffix(']').and_then(|head| head.rsplit_once('[')) {
        Some((ident, pid)) if !pid.is_empty() && pid.bytes().all(|b| b.is_ascii_digit()) => (ident, true),
        _ => (Some(head).filter(|head| !head.contains([' ', '\t']))?, false),
    };
    let fits =
        !program.is_empty() && !program.starts_with([' ', '"', '[', '{']) && !program.contains(['=', '"']);
    fits.then_some(Ident { program, has_pid, rest })
}

fn unwrapped<'c>(stamp: Option<Stamp>, host: Option<&'c str>, ident: Ident<'c>) -> Unwrapped<'c> {
    Unwrapped {
        stamp,
        level: None,
        host: host.map(Cow::Borrowed),
        program: Some(Cow::Borrowed(ident.program)),
        rest: Cow::Borrowed(ident.rest),
    }
}

fn wrap(line: &str, ns: i64) -> String {
    let at = jiff::Timestamp::from_nanosecond(i128::from(ns)).unwrap_or_default();
    format!("{} node-1 rke2[888]: {line}", at.strftime("%b %d %H:%M:%S"))
}
