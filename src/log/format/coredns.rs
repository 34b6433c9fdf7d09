//! CoreDNS: `[ERROR] plugin/errors: 2 api.example. A: i/o timeout`. It writes no time.
//!
//! The same shape is etcd 3.4's notice about `--logger=capnslog`. Source: coredns/coredns, `plugin/pkg/log/log.go`.

use std::borrow::Cow;

use super::{LogFormat, Sample, kube_bench};
use crate::log::{Entry, Fields, Level};

pub(super) static FORMAT: LogFormat = LogFormat {
    name: "coredns",
    parse,
    samples: &[
        Sample {
            line: "[ERROR] plugin/errors: 2 api.example. A: read udp 10.42.0.5:41234->9.9.9.9:53: i/o timeout",
            says: "- error plugin/errors: 2 api.example. A: read udp 10.42.0.5:41234->9.9.9.9:53: i/o timeout",
            fields: &[],
        },
        Sample {
            line: r#"[INFO] 10.42.0.9:52111 - 2 "A IN x. udp 40 false 512" NXDOMAIN qr,rd 115 0.000123s"#,
            says: r#"- info 10.42.0.9:52111 - 2 "A IN x. udp 40 false 512" NXDOMAIN qr,rd 115 0.000123s"#,
            fields: &[],
        },
        Sample {
            line: "[WARNING] Deprecated '--logger=capnslog' flag is set; use '--logger=zap' flag instead",
            says: "- warning Deprecated '--logger=capnslog' flag is set; use '--logger=zap' flag instead",
            fields: &[],
        },
    ],
};

fn parse(text: &str) -> Option<Entry<'_>> {
    let (word, message) = text.strip_prefix('[')?.split_once("] ")?;
    let known = matches!(word, "DEBUG" | "INFO" | "WARN" | "WARNING" | "ERROR" | "FATAL" | "PANIC");
    (known && kube_bench::check(text).is_none()).then_some(Entry {
        stamp: None,
        level: Level::parse(word),
        message: Cow::Borrowed(message),
        fields: Fields::default(),
    })
}
