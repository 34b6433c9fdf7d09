//! nginx's error log: `2021/05/04 12:00:00 [error] 31#31: *7 message`.
//!
//! The time is local, the zone is not written. The number of the connection becomes the field `connection`.
//! Source: nginx, `src/core/ngx_log.c` (`ngx_log_error_core`).

use std::borrow::Cow;

use super::{LogFormat, Sample};
use crate::log::{Entry, Fields, Level, civil};

pub(super) static FORMAT: LogFormat = LogFormat {
    name: "nginx",
    parse,
    samples: &[
        Sample {
            line: "2024/05/04 12:00:00 [error] 31#32: *7 connect() failed (111: Connection refused) while connecting to upstream",
            says: "2024-05-04T12:00:00 error connect() failed (111: Connection refused) while connecting to upstream",
            fields: &[("connection", "7")],
        },
        Sample {
            line: "2024/05/04 12:00:00 [notice] 1#1: signal process started",
            says: "2024-05-04T12:00:00 info signal process started",
            fields: &[],
        },
        Sample {
            line: "2024/05/04 12:00:00 [emerg] 1#1: bind() to 0.0.0.0:6443 failed",
            says: "2024-05-04T12:00:00 fatal bind() to 0.0.0.0:6443 failed",
            fields: &[],
        },
    ],
};

fn parse(text: &str) -> Option<Entry<'_>> {
    let dated = civil::slashes(text)?;
    let (level, rest) = level_and_rest(dated.rest)?;
    let mut fields = Fields::default();
    let message = match rest.strip_prefix('*').and_then(|rest| rest.split_once(' ')) {
        Some((connection, message)) if is_number(connection) => {
            fields.push("connection", connection);
            message
        }
        _ => rest,
    };
    Some(Entry { stamp: Some(dated.stamp), level: Some(level), message: Cow::Borrowed(message), fields })
}

/// Reads ` [error] 31#31: message`.
pub(super) fn level_and_rest(rest: &str) -> Option<(Level, &str)> {
    let (word, rest) = rest.strip_prefix(" [")?.split_once("] ")?;
    let (ids, rest) = rest.split_once(": ")?;
    let (process, thread) = ids.split_once('#')?;
    let fits = word.bytes().all(|b| b.is_ascii_lowercase()) && is_number(process) && is_number(thread);
    fits.then_some((Level::parse(word)?, rest))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
