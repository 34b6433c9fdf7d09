//! Access logs of nginx, ingress-nginx and Apache: `10.42.0.1 - - [04/May/2021:12:00:00 +0000] "GET / …" 502 …`.
//!
//! The message is what follows the time; address and status are the fields `remote` and `status`. Source: nginx,
//! `ngx_http_log_module` (the format `combined`); ingress-nginx, `log-format-upstream`.

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
    let status = logfmt::unquote(message)
        .and_then(|(_, rest)| rest.strip_prefix(' ')?.split(' ').next())
        .filter(|status| status.len() == 3 && status.bytes().all(|b| b.is_ascii_digit()));
    if let Some(status) = status {
        fields.push("status", status);
    }
    Some(Entry { stamp: Some(dated.stamp), level: None, message: Cow::Borrowed(message), fields })
}
