//! The kernel's ring buffer: `[   12.345678] message`, and `dmesg -T`: `[Sun Nov 22 02:29:21 2026] message`.
//!
//! Seconds since boot are no time, so they become the field `uptime`. A `<3>` before the bracket is the level
//! (printk's numbers). Source: Linux, `kernel/printk/printk.c` (`print_prefix`); util-linux, `sys-utils/dmesg.c`.

use std::borrow::Cow;

use super::{LogFormat, Sample};
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
            line: "<3>[    0.000000] [    T1] Linux version 6.1",
            says: "- error [    T1] Linux version 6.1",
            fields: &[("uptime", "0.000000")],
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
    let (level, rest) = match text.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
        Some((number, rest)) => (Some(level(number)?), rest),
        None => (None, text),
    };
    let (when, message) = rest.strip_prefix('[')?.split_once(']')?;
    let message = Cow::Borrowed(message.strip_prefix(' ').or(message.is_empty().then_some(""))?);
    if let Some(dated) = civil::ctime(when).filter(|dated| dated.rest.is_empty()) {
        return Some(Entry { stamp: Some(dated.stamp), level, message, fields: Fields::default() });
    }
    let uptime = when.trim_start_matches(' ');
    let (seconds, micros) = uptime.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(seconds) || !digits(micros) || micros.len() != 6 {
        return None;
    }
    let mut fields = Fields::default();
    fields.push("uptime", uptime);
    Some(Entry { stamp: None, level, message, fields })
}

/// The lower three bits of a priority are the severity.
fn level(number: &str) -> Option<Level> {
    Some(match number.parse::<u8>().ok()? & 7 {
        0..=2 => Level::Fatal,
        3 => Level::Error,
        4 => Level::Warning,
        5 | 6 => Level::Info,
        _ => Level::Debug,
    })
}
