//! The kernel's ring buffer: `[   12.345678] message`, and `dmesg -T`: `[Sun Nov 22 02:29:21 2026] message`.
//!
//! Seconds since boot are no time, so they become the field `uptime`; but the audit subsystem writes the time into
//! its messages. A `<3>` before the bracket is the level (printk's numbers), so is the `kern  :err   : ` of `dmesg -x`.
//! A kernel with `CONFIG_PRINTK_CALLER` writes a task after the bracket, which becomes the field `task`. Source:
//! Linux, `kernel/printk/printk.c` (`info_print_prefix`); util-linux, `sys-utils/dmesg.c`.

use std::borrow::Cow;

use super::{LogFormat, Sample, audit};
use crate::log::{Entry, Fields, Level, civil};

pub(super) static FORMAT: LogFormat = LogFormat {
    name: "kernel",
    parse,
    samples: &[
        Sample {
            line: "[12345.678901] Out of memory: Killed process 1234 (java) total-vm:8k",
            says: "- - Out of memory: Killed process 1234 (java) total-vm:8k",
            fields: &[("uptime", "12345.678901")],
        },
        Sample {
            line: "<3>[    0.000000][    T1] Linux version 6.1",
            says: "- error Linux version 6.1",
            fields: &[("uptime", "0.000000"), ("task", "T1")],
        },
        Sample {
            line: "kern  :warn  : [Sun Nov 22 02:29:21 2026] clocksource: timekeeping watchdog",
            says: "2026-11-22T02:29:21 warning clocksource: timekeeping watchdog",
            fields: &[],
        },
        Sample {
            line: "daemon:info  : [    5.000001] systemd[1]: Detected architecture x86-64.",
            says: "- info systemd[1]: Detected architecture x86-64.",
            fields: &[("uptime", "5.000001")],
        },
        Sample {
            line: r#"[   14.250000] audit: type=1400 audit(1620449081.405:12): apparmor="DENIED" operation="mount""#,
            says: r#"2021-05-08T04:44:41.405Z - audit: type=1400 audit(1620449081.405:12): apparmor="DENIED" operation="mount""#,
            fields: &[("uptime", "14.250000")],
        },
        Sample {
            line: "[Sun Nov 22 02:29:21 2026] EXT4-fs (sda1): mounted",
            says: "2026-11-22T02:29:21 - EXT4-fs (sda1): mounted",
            fields: &[],
        },
        Sample {
            line: "[Thu Nov  5 02:29:21 2026]  ? do_syscall_64+0x3b",
            says: "2026-11-05T02:29:21 -  ? do_syscall_64+0x3b",
            fields: &[],
        },
    ],
};

fn parse(text: &str) -> Option<Entry<'_>> {
    let (level, rest) = level_and_rest(text)?;
    let (when, message) = rest.strip_prefix('[')?.split_once(']')?;
    let mut fields = Fields::default();
    let message = match message.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
        Some((task, message)) if is_task(task) => {
            fields.push("task", task.trim_start_matches(' '));
            message
        }
        _ => message.strip_prefix(' ').or(message.is_empty().then_some(""))?,
    };
    let stamp = match civil::ctime(when).filter(|dated| dated.rest.is_empty()) {
        Some(dated) => Some(dated.stamp),
        None => {
            fields.push("uptime", uptime(when)?);
            message.strip_prefix("audit: ").and_then(audit::stamp)
        }
    };
    Some(Entry { stamp, level, message: Cow::Borrowed(message), fields })
}

/// Seconds since boot with microseconds, right-aligned.
fn uptime(when: &str) -> Option<&str> {
    let uptime = when.trim_start_matches(' ');
    let (seconds, micros) = uptime.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (digits(seconds) && digits(micros) && micros.len() == 6).then_some(uptime)
}

/// `    T1` or `    C0`: a thread or a processor, right-aligned.
fn is_task(text: &str) -> bool {
    let number = text.trim_start_matches(' ').strip_prefix(['T', 'C']);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// Takes `<3>` or `kern  :err   : ` off. The lower three bits of a priority are the severity.
fn level_and_rest(text: &str) -> Option<(Option<Level>, &str)> {
    if text.starts_with('[') {
        return Some((None, text));
    }
    if let Some((number, rest)) = text.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
        return Some((Some(Level::of_severity(number.parse::<u8>().ok()? & 7)?), rest));
    }
    let (facility, rest) = text.split_once(':')?;
    let (word, rest) = rest.split_once(": ")?;
    let plain =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let known = plain(facility.trim_end_matches(' ')) && plain(word.trim_end_matches(' '));
    known.then_some((Some(Level::parse(word.trim_end_matches(' '))?), rest))
}
