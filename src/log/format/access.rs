//! Access logs of nginx, ingress-nginx and Apache: `10.42.0.1 - - [04/May/2021:12:00:00 +0000] "GET / …" 502 …`.
//!
//! The message is what follows the time; address and status are the fields `remote` and `status`. What ingress-nginx adds
//! becomes `request_time` (seconds), `upstream` (namespace, service and port), `upstream_address` and
//! `upstream_status`; of several tries the lists stay as they are written. Source: nginx, `ngx_http_log_module` (the
//! format `combined`); ingress-nginx, `internal/ingress/controller/config/config.go` (`logFormatUpstream`); Python,
//! `http/server.py` (`log_request`).

use std::borrow::Cow;

use super::{LogFormat, Sample};
use crate::log::{Entry, Fields, civil, logfmt};

pub(super) static FORMAT: LogFormat = LogFormat {
    name: "access",
    parse,
    samples: &[
        Sample {
            line: r#"10.42.0.1 - - [04/May/2024:14:00:00 +0200] "GET / HTTP/1.1" 502 150 "-" "curl/7.68""#,
            says: r#"2024-05-04T12:00:00Z - "GET / HTTP/1.1" 502 150 "-" "curl/7.68""#,
            fields: &[("remote", "10.42.0.1"), ("status", "502")],
        },
        Sample {
            line: r#"::1 - admin [04/May/2024:12:00:00 +0000] "\x16\x03\x01" 400 0"#,
            says: r#"2024-05-04T12:00:00Z - "\x16\x03\x01" 400 0"#,
            fields: &[("remote", "::1"), ("status", "400")],
        },
        Sample {
            line: r#"10.42.0.1 - - [04/May/2021:12:00:00 +0000] "GET /a b HTTP/1.1" 502 150 "-" "curl/7.68 \"x\"" 78 0.001 [cattle-system-rancher-80] [] 10.42.1.5:80, 10.42.2.5:80 0, 0 0.000, 0.001 502, 504 0123456789abcdef"#,
            says: r#"2021-05-04T12:00:00Z - "GET /a b HTTP/1.1" 502 150 "-" "curl/7.68 \"x\"" 78 0.001 [cattle-system-rancher-80] [] 10.42.1.5:80, 10.42.2.5:80 0, 0 0.000, 0.001 502, 504 0123456789abcdef"#,
            fields: &[
                ("status", "502"),
                ("request_time", "0.001"),
                ("upstream", "cattle-system-rancher-80"),
                ("upstream_address", "10.42.1.5:80, 10.42.2.5:80"),
                ("upstream_status", "502, 504"),
            ],
        },
        Sample {
            line: r#"10.42.0.1 - - [04/May/2021 12:00:00] "GET /healthz HTTP/1.1" 200 -"#,
            says: r#"2021-05-04T12:00:00 - "GET /healthz HTTP/1.1" 200 -"#,
            fields: &[("status", "200")],
        },
    ],
};

fn parse(text: &str) -> Option<Entry<'_>> {
    let (head, rest) = text.split_once(" [")?;
    let (remote, user) = head.split_once(' ')?;
    if remote.is_empty() || user.split(' ').count() != 2 {
        return None;
    }
    let dated = civil::access(rest)?;
    let message = dated.rest.strip_prefix("] ")?;
    let mut fields = Fields::default();
    fields.push("remote", remote);
    if let Some((_, rest)) = logfmt::unquote(message) {
        answer(rest.strip_prefix(' ').unwrap_or(rest), &mut fields);
    }
    Some(Entry { stamp: Some(dated.stamp), level: None, message: Cow::Borrowed(message), fields })
}

/// Reads `502 150 "-" "curl/7.68" 78 0.001 [upstream] [alternative] address length time status id`.
fn answer<'c>(text: &'c str, fields: &mut Fields<'c>) {
    let (status, rest) = text.split_once(' ').unwrap_or((text, ""));
    if status.len() != 3 || !status.bytes().all(|b| b.is_ascii_digit()) {
        return;
    }
    fields.push("status", status);
    let ingress = || {
        let (_, rest) = rest.split_once(' ')?;
        let (_, rest) = logfmt::unquote(rest)?;
        let (_, rest) = logfmt::unquote(rest.strip_prefix(' ')?)?;
        let (_, rest) = rest.strip_prefix(' ')?.split_once(' ')?;
        let (seconds, rest) = rest.split_once(' ')?;
        let (upstream, rest) = rest.strip_prefix('[')?.split_once("] [")?;
        let (_, rest) = rest.split_once("] ")?;
        Some((seconds, upstream, rest))
    };
    let Some((seconds, upstream, rest)) = ingress() else { return };
    fields.push("request_time", seconds);
    fields.push("upstream", upstream);
    let (address, rest) = list(rest);
    let (_, rest) = list(rest);
    let (_, rest) = list(rest);
    let (status, _) = list(rest);
    for (name, value) in [("upstream_address", address), ("upstream_status", status)] {
        if !matches!(value, "" | "-") {
            fields.push(name, value);
        }
    }
}

/// Reads `a, b, c ` off the front: one value a try.
fn list(text: &str) -> (&str, &str) {
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(' ')) {
        let end = from + at;
        if !text.get(..end).is_some_and(|head| head.ends_with(',')) {
            return (text.get(..end).unwrap_or(text), text.get(end + 1..).unwrap_or_default());
        }
        from = end + 1;
    }
    (text, "")
}
