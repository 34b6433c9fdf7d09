//! CRI log files: `TIME stdout|stderr F|P line`.
//!
//! The time is RFC 3339 with nanoseconds in the node's own offset, zeros at the end of the fraction trimmed; the tag
//! is `F` for a full line, `P` for a part of one, either with further tags after a colon. Source: kubelet,
//! `pkg/kubelet/kuberuntime/logs/logs.go`; containerd, `internal/cri/io/logger.go`.

use std::borrow::Cow;

use super::{Sample, Wrapper, utc};
use crate::log::{Unwrapped, civil};

pub(super) static WRAPPER: Wrapper = Wrapper {
    name: "cri",
    unwrap,
    wrap: |line, ns| format!("{} stderr F {line}", utc(ns)),
    samples: &[
        Sample {
            line: "2024-05-08T04:44:41.406070907Z stderr F E0508 04:44:41.405968       1 lease.go:361] lock lost",
            stamp: "2024-05-08T04:44:41.406070907Z",
            rest: "E0508 04:44:41.405968       1 lease.go:361] lock lost",
        },
        Sample {
            line: r#"2023-09-27T11:32:12.7562+02:00 stderr F {"level":"info","msg":"ready"}"#,
            stamp: "2023-09-27T09:32:12.7562Z",
            rest: r#"{"level":"info","msg":"ready"}"#,
        },
        Sample {
            line: "2024-05-08T04:44:41Z stdout P the first half",
            stamp: "2024-05-08T04:44:41Z",
            rest: "the first half",
        },
        Sample { line: "2024-05-08T04:44:41.5Z stdout F ", stamp: "2024-05-08T04:44:41.5Z", rest: "" },
        Sample { line: "2024-05-08T04:44:41.5Z stdout F", stamp: "2024-05-08T04:44:41.5Z", rest: "" },
        Sample {
            line: "2024-05-08T04:44:41.5Z stdout F:x   indented",
            stamp: "2024-05-08T04:44:41.5Z",
            rest: "  indented",
        },
    ],
};

fn unwrap(line: &str) -> Option<Unwrapped<'_>> {
    let dated = civil::instant(line)?;
    let (stream, rest) = dated.rest.strip_prefix(' ')?.split_once(' ')?;
    let (tag, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let fits = matches!(stream, "stdout" | "stderr")
        && (matches!(tag, "F" | "P") || tag.starts_with("F:") || tag.starts_with("P:"));
    fits.then(|| Unwrapped { stamp: Some(dated.stamp), ..Unwrapped::bare(Cow::Borrowed(rest)) })
}
