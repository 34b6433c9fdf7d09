//! Lines of programs that we know no better, but that start with an ISO date: `2021-05-04 12:00:00,123 ERROR …`.
//!
//! The last format of the table, so that such lines have at least a time. A level word, bare or in brackets, is
//! taken off when it follows the date.

use std::borrow::Cow;

use super::{LogFormat, Sample, calico, capnslog, zap_console};
use crate::log::{Entry, Fields, Level, civil};

pub(super) static FORMAT: LogFormat = LogFormat {
    name: "dated",
    parse,
    samples: &[
        Sample {
            line: "2024-05-04 12:00:00,123 ERROR the worker died",
            says: "2024-05-04T12:00:00.123 error the worker died",
            fields: &[],
        },
        Sample {
            line: "2024-05-04T12:00:00.5Z  INFO core::run: up",
            says: "2024-05-04T12:00:00.5Z info core::run: up",
            fields: &[],
        },
        Sample {
            line: "2024-05-04T12:00:00Z [verbose] Add: ns:pod",
            says: "2024-05-04T12:00:00Z - [verbose] Add: ns:pod",
            fields: &[],
        },
        Sample {
            line: "2024-05-04 12:00:00: Collecting logs",
            says: "2024-05-04T12:00:00 - Collecting logs",
            fields: &[],
        },
        Sample {
            line: "2024-05-04T12:00:00+0200 [warn] slow",
            says: "2024-05-04T10:00:00Z warning slow",
            fields: &[],
        },
    ],
};

fn parse(text: &str) -> Option<Entry<'_>> {
    let dated = civil::iso(text)?;
    let is_other =
        [&calico::FORMAT, &capnslog::FORMAT, &zap_console::FORMAT].iter().any(|f| (f.parse)(text).is_some());
    if is_other {
        return None;
    }
    let rest = dated.rest.strip_prefix(':').unwrap_or(dated.rest);
    let message = rest.strip_prefix([' ', '\t'])?.trim_start_matches(' ');
    let (word, after) = message.split_once(' ').unwrap_or((message, ""));
    let bare = word.strip_prefix('[').and_then(|word| word.strip_suffix(']')).unwrap_or(word);
    // A single letter is more often a name than a level.
    let level = Level::parse(bare.trim_end_matches(':')).filter(|_| bare.len() > 1);
    let message = if level.is_some() { after.trim_start_matches(' ') } else { message };
    Some(Entry {
        stamp: Some(dated.stamp),
        level,
        message: Cow::Borrowed(message),
        fields: Fields::default(),
    })
}
