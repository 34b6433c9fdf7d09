//! The raft library inside etcd up to 3.4: `raft2026/11/22 02:45:41 INFO: message`.
//!
//! The time is local, the zone is not written. The field `pkg` says `raft`, as in capnslog lines. Source:
//! go.etcd.io/etcd 3.4, `raft/logger.go` (Go's `log` with the prefix `raft`).

use std::borrow::Cow;

use super::{LogFormat, Sample};
use crate::log::{Entry, Fields, Level, civil};

pub(super) static FORMAT: LogFormat = LogFormat {
    name: "raft",
    parse,
    samples: &[
        Sample {
            line: "raft2026/11/22 02:45:41 INFO: 628170c800dbcee became leader at term 2",
            says: "2026-11-22T02:45:41 info 628170c800dbcee became leader at term 2",
            fields: &[("pkg", "raft")],
        },
        Sample {
            line: "raft2026/11/22 02:45:41 WARN: a: b",
            says: "2026-11-22T02:45:41 warning a: b",
            fields: &[("pkg", "raft")],
        },
    ],
};

fn parse(text: &str) -> Option<Entry<'_>> {
    let dated = civil::slashes(text.strip_prefix("raft")?)?;
    let (word, message) = dated.rest.strip_prefix(' ')?.split_once(": ")?;
    let level = Level::parse(word)?;
    let mut fields = Fields::default();
    fields.push("pkg", "raft");
    Some(Entry { stamp: Some(dated.stamp), level: Some(level), message: Cow::Borrowed(message), fields })
}
