//! logrus and slog as text: `time="2024-05-04T12:00:00Z" level=error msg="…" error="…" k=v`.
//!
//! The time may be bare (slog), hold a space (CRI-O), or be left out (cilium); a `[prefix]` may stand before it,
//! which becomes the field `prefix`. With `DisableQuote` nothing says where a bare
//! message ends: it is one word when pairs alone follow, otherwise the rest of the line. A line without a message
//! says its pairs. Source: sirupsen/logrus, `text_formatter.go`; Go, `log/slog/text_handler.go`.

use std::borrow::Cow;

use super::{LogFormat, Sample};
use crate::log::{Entry, logfmt};

pub(super) static FORMAT: LogFormat = LogFormat {
    name: "logrus",
    parse,
    samples: &[
        Sample {
            line: r#"time="2024-05-04T12:00:00Z" level=error msg="Failed to connect to proxy" error="websocket: \"bad\" handshake" empty= n=3"#,
            says: "2024-05-04T12:00:00Z error Failed to connect to proxy",
            fields: &[("error", "websocket: \"bad\" handshake"), ("empty", ""), ("n", "3")],
        },
        Sample {
            line: "time=2025-12-04T09:15:57.123Z level=INFO source=main.go:80 msg=started component=tsdb",
            says: "2025-12-04T09:15:57.123Z info started",
            fields: &[("source", "main.go:80"), ("component", "tsdb")],
        },
        Sample {
            line: r#"time="2023-08-03 09:17:41.927442082Z" level=warning msg="with a space in the time""#,
            says: "2023-08-03T09:17:41.927442082Z warning with a space in the time",
            fields: &[],
        },
        Sample {
            line: r#"time=2025-12-04T09:15:57Z level=WARN+1 msg="between two levels" source=/go/src/cilium/pkg/x.go:7"#,
            says: "2025-12-04T09:15:57Z warning between two levels",
            fields: &[("source", "/go/src/cilium/pkg/x.go:7")],
        },
        Sample {
            line: r#"time="2024-05-04T12:00:00.123456789Z" level=info msg="starting signal loop" namespace=k8s.io path=/run/containerd/io.containerd.runtime.v2.task/k8s.io/1 pid=4711"#,
            says: "2024-05-04T12:00:00.123456789Z info starting signal loop",
            fields: &[("namespace", "k8s.io"), ("pid", "4711")],
        },
        Sample {
            line: r#"level=error msg="Unable to sync" error="timeout" subsys=endpoint"#,
            says: "- error Unable to sync",
            fields: &[("error", "timeout"), ("subsys", "endpoint")],
        },
        Sample {
            line: r#"[engine] time="2024-01-01T00:00:00.123+01:00" level=info msg="engine up" func=main.run file="x.go:9""#,
            says: "2023-12-31T23:00:00.123Z info engine up",
            fields: &[("prefix", "engine"), ("file", "x.go:9")],
        },
        Sample {
            line: "time=\"2024-05-04T12:00:00Z\" level=info msg=not quoted msg here k=a b",
            says: "2024-05-04T12:00:00Z info not quoted msg here k=a b",
            fields: &[],
        },
        Sample {
            line: r#"time="2024-05-04T12:00:00Z" level=fatal error="no message""#,
            says: r#"2024-05-04T12:00:00Z fatal error="no message""#,
            fields: &[("error", "no message")],
        },
    ],
};

fn parse(text: &str) -> Option<Entry<'_>> {
    let (prefix, body) = match text.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
        Some((prefix, body)) => (Some(prefix), body),
        None => (None, text),
    };
    let has_time = body.starts_with("time=");
    if !has_time && (prefix.is_some() || !body.starts_with("level=")) {
        return None;
    }
    let mut line = logfmt::line(body, &["time"]);
    let is_gokit = !has_time && line.fields.0.iter().any(|(key, _)| key == "ts" || key == "t");
    let says_something = line.message.is_some() || (line.level.is_some() && !line.fields.0.is_empty());
    if is_gokit || !says_something {
        return None;
    }
    if let Some(prefix) = prefix {
        line.fields.push("prefix", prefix);
    }
    let message = match (line.message, line.rest) {
        (Some(message), "") => message,
        // Text between pairs has no key; it is kept where people will see it.
        (Some(message), rest) => Cow::Owned(format!("{message} {rest}")),
        (None, _) => Cow::Borrowed(without_head(body)),
    };
    Some(Entry { stamp: line.stamp, level: line.level, message, fields: line.fields })
}

/// What follows the pairs `time` and `level`.
fn without_head(body: &str) -> &str {
    let mut rest = body;
    while let Some(("time" | "level", _, after)) = logfmt::pair(rest) {
        rest = after;
    }
    rest
}
