//! Go's `log` package: `2021/05/04 12:00:00 message`, and gRPC's `WARNING: 2021/05/04 12:00:00 message`.
//!
//! The time is local, the zone is not written. A word before the date is the level when it is one, else the field
//! `prefix`. Source: Go, `log/log.go` (`formatHeader`); google.golang.org/grpc, `grpclog/loggerv2.go`.

use std::borrow::Cow;

use super::{LogFormat, Sample, nginx, rancher};
use crate::log::{Entry, Fields, Level, civil};

pub(super) static FORMAT: LogFormat = LogFormat {
    name: "go-std",
    parse,
    samples: &[
        Sample {
            line: "WARNING: 2026/11/22 02:48:38 [core] grpc: addrConn.createTransport failed to connect",
            says: "2026-11-22T02:48:38 warning [core] grpc: addrConn.createTransport failed to connect",
            fields: &[],
        },
        Sample {
            line: "2026/11/22 02:48:38.123456 http: TLS handshake error from 10.0.0.1:5432: EOF",
            says: "2026-11-22T02:48:38.123456 - http: TLS handshake error from 10.0.0.1:5432: EOF",
            fields: &[],
        },
        Sample {
            line: "probe: 2026/11/22 02:48:38 [mysql] busy",
            says: "2026-11-22T02:48:38 - [mysql] busy",
            fields: &[("prefix", "probe")],
        },
    ],
};

fn parse(text: &str) -> Option<Entry<'_>> {
    let (prefix, dated) = prefix_and_date(text)?;
    if prefix.is_none() {
        let is_other =
            rancher::level_and_message(dated.rest).is_some() || nginx::level_and_rest(dated.rest).is_some();
        if is_other {
            return None;
        }
    }
    let message = dated.rest.strip_prefix(' ').or(dated.rest.is_empty().then_some(""))?;
    let level = prefix.and_then(Level::parse);
    let mut fields = Fields::default();
    if let Some(prefix) = prefix.filter(|_| level.is_none()) {
        fields.push("prefix", prefix);
    }
    Some(Entry { stamp: Some(dated.stamp), level, message: Cow::Borrowed(message), fields })
}

/// Reads `[word: ]date`.
pub(super) fn prefix_and_date(text: &str) -> Option<(Option<&str>, civil::Dated<'_>)> {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return Some((None, civil::slashes(text)?));
    }
    let (word, rest) = text.split_once(' ')?;
    let word = word.strip_suffix(':').unwrap_or(word);
    let plain = !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphabetic());
    plain.then_some((Some(word), civil::slashes(rest)?))
}
