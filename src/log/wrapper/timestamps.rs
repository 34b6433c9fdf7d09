//! `docker logs --timestamps` and `kubectl logs --timestamps`: RFC 3339 with nanoseconds, one space, the line.
//!
//! Docker always writes nine digits of the fraction in UTC (moby, `RFC3339NanoFixed`), kubelet writes nine digits in
//! the node's offset (`pkg/kubelet/kuberuntime/logs/logs.go`); old kubelets trimmed the zeros. A program may itself start its lines with such
//! a time and fewer digits, therefore those count only when a line of a known format follows.

use std::borrow::Cow;

use super::{Sample, Wrapper};
use crate::log::{Unwrapped, civil, format};

pub(super) static WRAPPER: Wrapper = Wrapper {
    name: "timestamps",
    unwrap,
    wrap,
    samples: &[
        Sample {
            line: "2026-11-22T03:11:28.406070907Z 2026-11-22 03:11:28.405968 I | etcdmain: Go Version: go1.19.8",
            stamp: "2026-11-22T03:11:28.406070907Z",
            rest: "2026-11-22 03:11:28.405968 I | etcdmain: Go Version: go1.19.8",
        },
        Sample {
            line: "2026-11-22T05:11:28.406070900+02:00 \tat line 3",
            stamp: "2026-11-22T03:11:28.4060709Z",
            rest: "\tat line 3",
        },
        Sample { line: "2026-11-22T03:11:28.406070907Z ", stamp: "2026-11-22T03:11:28.406070907Z", rest: "" },
        Sample { line: "2026-11-22T03:11:28.406070907Z", stamp: "2026-11-22T03:11:28.406070907Z", rest: "" },
        Sample {
            line: "2026-11-22T03:11:28.4Z I1122 03:11:28.399999       1 main.go:7] started",
            stamp: "2026-11-22T03:11:28.4Z",
            rest: "I1122 03:11:28.399999       1 main.go:7] started",
        },
    ],
};

fn unwrap(line: &str) -> Option<Unwrapped<'_>> {
    let dated = civil::instant(line)?;
    let certain = (7..=9).contains(&dated.n_fraction_digits);
    let rest = match dated.rest.strip_prefix(' ') {
        Some(rest) if certain || (dated.n_fraction_digits > 0 && format::parse(rest).is_some()) => rest,
        None if certain && dated.rest.is_empty() => "",
        _ => return None,
    };
    Some(Unwrapped { stamp: Some(dated.stamp), ..Unwrapped::bare(Cow::Borrowed(rest)) })
}

fn wrap(line: &str, ns: i64) -> String {
    let at = jiff::Timestamp::from_nanosecond(i128::from(ns)).unwrap_or_default();
    format!("{} {line}", at.strftime("%Y-%m-%dT%H:%M:%S.%9fZ"))
}
