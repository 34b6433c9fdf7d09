//! Pairs alone, as go-kit and its relatives write them: `ts=… caller=… level=info msg="…"`, `t=… lvl=eror msg=…`.
//!
//! Prometheus, Alertmanager, Loki and Grafana. Pairs come in any order. A line without a message says its pairs.
//! Source: go-kit/log, `logfmt_logger.go`; inconshreveable/log15, `format.go`.

use std::borrow::Cow;

use super::{LogFormat, Sample};
use crate::log::{Entry, logfmt};

pub(super) static FORMAT: LogFormat = LogFormat {
    name: "gokit",
    parse,
    samples: &[
        Sample {
            line: r#"level=info ts=2024-05-04T12:00:00.123Z caller=main.go:1 msg="Server is ready""#,
            says: "2024-05-04T12:00:00.123Z info Server is ready",
            fields: &[("caller", "main.go:1")],
        },
        Sample {
            line: "ts=2024-05-04T12:00:00.123Z caller=dedupe.go:112 level=warn component=remote err=EOF",
            says: "2024-05-04T12:00:00.123Z warning ts=2024-05-04T12:00:00.123Z caller=dedupe.go:112 level=warn component=remote err=EOF",
            fields: &[("component", "remote"), ("err", "EOF")],
        },
        Sample {
            line: r#"t=2024-05-04T12:00:00+0200 lvl=eror msg="Request failed" logger=context"#,
            says: "2024-05-04T10:00:00Z error Request failed",
            fields: &[("logger", "context")],
        },
        Sample {
            line: "logger=cleanup t=2024-05-04T12:00:00.5Z level=info msg=done duration=1.2ms",
            says: "2024-05-04T12:00:00.5Z info done",
            fields: &[("logger", "cleanup"), ("duration", "1.2ms")],
        },
    ],
};

fn parse(text: &str) -> Option<Entry<'_>> {
    let (key, _) = logfmt::key(text)?;
    if key == "time" {
        return None;
    }
    let line = logfmt::line(text, &["ts", "t"]);
    let fits =
        line.rest.is_empty() && line.stamp.is_some() && (line.level.is_some() || line.message.is_some());
    let message = line.message.unwrap_or(Cow::Borrowed(text));
    fits.then_some(Entry { stamp: line.stamp, level: line.level, message, fields: line.fields })
}
