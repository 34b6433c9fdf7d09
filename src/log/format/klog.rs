//! klog: `Lmmdd hh:mm:ss.uuuuuu tid file:line] message`, and structured `"message" key="value"` after the head.
//!
//! The year and the zone are not written. The place in the source becomes the field `caller`. A message that starts
//! with a quote but is not followed by pairs alone is no structured one and stays whole. Source: k8s.io/klog v2,
//! `internal/buffer/buffer.go` (`FormatHeader`) and `internal/serialize/keyvalues.go`.

use std::borrow::Cow;

use super::{LogFormat, Sample};
use crate::log::{Entry, Fields, Level, civil, logfmt};

pub(super) static FORMAT: LogFormat = LogFormat {
    name: "klog",
    parse,
    samples: &[
        Sample {
            line: "E0508 04:44:41.405968       1 leaderelection.go:361] Failed to update lock: timed out",
            says: "--05-08T04:44:41.405968 error Failed to update lock: timed out",
            fields: &[("caller", "leaderelection.go:361")],
        },
        Sample {
            line: r#"I0229 00:00:00.000001    4711 kubelet.go:2183] "Pod \"a\" is gone" pods=["kube-system/x" "d/y"] err="exit\n1" n=3 empty="""#,
            says: "--02-29T00:00:00.000001 info Pod \"a\" is gone",
            fields: &[
                ("pods", r#"["kube-system/x" "d/y"]"#),
                ("err", "exit\n1"),
                ("n", "3"),
                ("empty", ""),
                ("caller", "kubelet.go:2183"),
            ],
        },
        Sample {
            line: r#"W1122 03:11:28.405968       1 x.go:9] "Half a statement" and then some"#,
            says: r#"--11-22T03:11:28.405968 warning "Half a statement" and then some"#,
            fields: &[],
        },
        Sample {
            line: r#"E1122 03:11:28.405968 1234567 x.go:9] "Unhandled Error" err=<"#,
            says: "--11-22T03:11:28.405968 error Unhandled Error",
            fields: &[("err", "")],
        },
        Sample {
            line: r#"I1122 03:11:28.405968       1 flags.go:64] FLAG: --v="2""#,
            says: r#"--11-22T03:11:28.405968 info FLAG: --v="2""#,
            fields: &[],
        },
        Sample {
            line: "F1231 23:59:59.999999       1 main.go:1] ",
            says: "--12-31T23:59:59.999999 fatal ",
            fields: &[],
        },
    ],
};

fn parse(text: &str) -> Option<Entry<'_>> {
    let (letter, rest) = text.split_at_checked(1)?;
    if !matches!(letter, "I" | "W" | "E" | "F") {
        return None;
    }
    let dated = civil::klog(rest)?;
    let thread = dated.rest.strip_prefix(' ')?.trim_start_matches(' ');
    let place = thread.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix(' ')?;
    let (caller, rest) = place.split_once(']')?;
    let (_, line) = caller.rsplit_once(':')?;
    if caller.contains(' ') || line.parse::<u32>().is_err() {
        return None;
    }
    let body = rest.strip_prefix(' ').unwrap_or(rest);
    let (message, mut fields) = structured(body).unwrap_or((Cow::Borrowed(body), Fields::default()));
    fields.push("caller", caller);
    Some(Entry { stamp: Some(dated.stamp), level: Level::parse(letter), message, fields })
}

fn structured(body: &str) -> Option<(Cow<'_, str>, Fields<'_>)> {
    let (message, rest) = logfmt::unquote(body)?;
    if !rest.is_empty() && !rest.starts_with(' ') {
        return None;
    }
    Some((message, logfmt::pairs(rest.trim_start_matches(' '))?))
}
