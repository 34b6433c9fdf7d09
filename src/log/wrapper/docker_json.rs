//! Docker's json-file: `{"log":"line\n","stream":"stderr","time":"2024-05-04T07:50:10.140512345Z"}`.
//!
//! `log` ends with a line feed unless docker split the line at 16 KiB; an `attrs` object may stand between. Source:
//! moby, `daemon/logger/jsonfilelog/jsonlog/jsonlog.go`.

use std::borrow::Cow;

use serde::Deserialize;

use super::{Sample, Wrapper, utc};
use crate::log::{Unwrapped, civil};

pub(super) static WRAPPER: Wrapper = Wrapper {
    name: "docker-json",
    unwrap,
    wrap,
    samples: &[
        Sample {
            line: r#"{"log":"2024-05-04 07:50:10.140405 E | rafthttp: lost\n","stream":"stderr","time":"2024-05-04T07:50:10.1405Z"}"#,
            stamp: "2024-05-04T07:50:10.1405Z",
            rest: "2024-05-04 07:50:10.140405 E | rafthttp: lost",
        },
        Sample {
            line: r#"{"log":"say \"hi\"\r\n","stream":"stdout","attrs":{"tag":"a"},"time":"2024-05-04T07:50:10Z"}"#,
            stamp: "2024-05-04T07:50:10Z",
            rest: r#"say "hi""#,
        },
        Sample {
            line: r#"{"log":"a part","stream":"stdout","time":"2024-05-04T07:50:10.000000001Z"}"#,
            stamp: "2024-05-04T07:50:10.000000001Z",
            rest: "a part",
        },
    ],
};

#[derive(Deserialize)]
struct Entry<'c> {
    #[serde(borrow)]
    log: Cow<'c, str>,
    stream: &'c str,
    time: &'c str,
}

fn unwrap(line: &str) -> Option<Unwrapped<'_>> {
    if !line.starts_with(r#"{"log":"#) {
        return None;
    }
    let entry: Entry<'_> = serde_json::from_str(line).ok()?;
    if !matches!(entry.stream, "stdout" | "stderr") {
        return None;
    }
    let rest = match entry.log {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_end_matches(['\r', '\n'])),
        Cow::Owned(mut text) => {
            text.truncate(text.trim_end_matches(['\r', '\n']).len());
            Cow::Owned(text)
        }
    };
    Some(Unwrapped { stamp: civil::whole(entry.time), ..Unwrapped::bare(rest) })
}

fn wrap(line: &str, ns: i64) -> String {
    let log = serde_json::Value::from(format!("{line}\n"));
    format!(r#"{{"log":{log},"stream":"stderr","time":"{}"}}"#, utc(ns))
}
