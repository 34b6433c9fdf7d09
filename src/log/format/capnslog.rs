//! capnslog, the format of etcd up to 3.4: `2021-05-04 07:50:10.140405 E | rafthttp: message`.
//!
//! The time is local, the zone is not written. The package becomes the field `pkg`. Source: coreos/pkg,
//! `capnslog/formatters.go` (`PrettyFormatter`).

use std::borrow::Cow;

use super::{LogFormat, Sample};
use crate::log::{Entry, Fields, Level, civil};

pub(super) static FORMAT: LogFormat = LogFormat {
    name: "capnslog",
    parse,
    samples: &[
        Sample {
            line: "2026-11-22 03:11:30.140405 E | rafthttp: request cluster ID mismatch (got a want b)",
            says: "2026-11-22T03:11:30.140405 error request cluster ID mismatch (got a want b)",
            fields: &[("pkg", "rafthttp")],
        },
        Sample {
            line: "2026-11-22 02:45:39.397150 I | pkg/fileutil: purged file: a.snap",
            says: "2026-11-22T02:45:39.39715 info purged file: a.snap",
            fields: &[("pkg", "pkg/fileutil")],
        },
        Sample {
            line: "2026-11-22 02:45:39.000000 N | no package here: none",
            says: "2026-11-22T02:45:39 info no package here: none",
            fields: &[],
        },
        Sample {
            line: "2026-11-22 02:45:39.000001 C | etcdmain: listen tcp: refused",
            says: "2026-11-22T02:45:39.000001 fatal listen tcp: refused",
            fields: &[("pkg", "etcdmain")],
        },
    ],
};

fn parse(text: &str) -> Option<Entry<'_>> {
    let dated = civil::iso(text)?;
    let (letter, rest) = dated.rest.strip_prefix(' ')?.split_once(" | ")?;
    if !matches!(letter, "C" | "E" | "W" | "N" | "I" | "D" | "T") {
        return None;
    }
    let mut fields = Fields::default();
    let message = match rest.split_once(": ") {
        Some((package, message)) if !package.is_empty() && !package.contains(' ') => {
            fields.push("pkg", package);
            message
        }
        _ => rest,
    };
    Some(Entry {
        stamp: Some(dated.stamp),
        level: Level::parse(letter),
        message: Cow::Borrowed(message),
        fields,
    })
}
