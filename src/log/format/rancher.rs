//! The Rancher server's "simple" format: `2021/05/04 12:00:00 [ERROR] message`.
//!
//! The time is local, the zone is not written; the formatter itself drops the fields, and passes the message
//! through a format function, so that a percent sign becomes `%!F(MISSING)`. Source: rancher/rancher,
//! `main.go` (`initLogs`); ehazlett/simplelog, `StandardFormatter`.

use std::borrow::Cow;

use super::{LogFormat, Sample};
use crate::log::{Entry, Fields, Level, civil};

pub(super) static FORMAT: LogFormat = LogFormat {
    name: "rancher",
    parse,
    samples: &[
        Sample {
            line: "2024/05/04 12:00:00 [ERROR] error syncing 'c-abc12': handler cluster-deploy: EOF, requeuing",
            says: "2024-05-04T12:00:00 error error syncing 'c-abc12': handler cluster-deploy: EOF, requeuing",
            fields: &[],
        },
        Sample {
            line: "2024/05/04 12:00:00 [ERROR] Get \"https://10.43.0.1:443/a%!F(MISSING)b\": context deadline exceeded",
            says: "2024-05-04T12:00:00 error Get \"https://10.43.0.1:443/a%!F(MISSING)b\": context deadline exceeded",
            fields: &[],
        },
        Sample {
            line: "2024/05/04 12:00:00 [WARNING] [planner] 2 nodes wait",
            says: "2024-05-04T12:00:00 warning [planner] 2 nodes wait",
            fields: &[],
        },
    ],
};

fn parse(text: &str) -> Option<Entry<'_>> {
    let dated = civil::slashes(text)?;
    let (level, message) = level_and_message(dated.rest)?;
    Some(Entry {
        stamp: Some(dated.stamp),
        level: Some(level),
        message: Cow::Borrowed(message),
        fields: Fields::default(),
    })
}

/// Reads ` [ERROR] message`. nginx writes small letters at the same place.
pub(super) fn level_and_message(rest: &str) -> Option<(Level, &str)> {
    let (word, message) = rest.strip_prefix(" [")?.split_once(']')?;
    let known = matches!(word, "TRACE" | "DEBUG" | "INFO" | "WARNING" | "WARN" | "ERROR" | "FATAL" | "PANIC");
    let message = message.strip_prefix(' ').or(message.is_empty().then_some(""))?;
    known.then_some((Level::parse(word)?, message))
}
