//! Lines of programs that we know no better, but that start with a date: `2021-05-04 12:00:00,123 ERROR …`.
//!
//! The last format of the table, so that such lines have at least a time. The date may be ISO, with an offset that stands
//! apart (fluentd, Ruby), in brackets (Envoy, Fluent Bit), or that of syslog. A level word, bare or in brackets, is
//! taken off when it follows the date; Envoy writes the number of its thread before it.

use std::borrow::Cow;

use super::{LogFormat, Sample, calico, capnslog, zap_console};
use crate::base::Stamp;
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
        Sample {
            line: "2024-05-04 12:00:00 +0200 [error]: no nodes are available",
            says: "2024-05-04T10:00:00Z error no nodes are available",
            fields: &[],
        },
        Sample {
            line: "[2024-05-04 12:00:00.123][7][warning][config] [source/a.cc:1] gRPC config stream closed",
            says: "2024-05-04T12:00:00.123 warning [config] [source/a.cc:1] gRPC config stream closed",
            fields: &[],
        },
        Sample {
            line: "[2024/05/04 12:00:00] [ warn] [engine] failed to flush chunk",
            says: "2024-05-04T12:00:00 warning [engine] failed to flush chunk",
            fields: &[],
        },
        Sample {
            line: "May  8 04:44:41 the host is not named here",
            says: "--05-08T04:44:41 - the host is not named here",
            fields: &[],
        },
    ],
};

fn parse(text: &str) -> Option<Entry<'_>> {
    let (stamp, message) = match text.strip_prefix('[') {
        Some(inner) => {
            let dated = civil::iso(inner).or_else(|| civil::slashes(inner))?;
            (dated.stamp, dated.rest.strip_prefix(']')?.trim_start_matches(' '))
        }
        None => bare(text)?,
    };
    let message = match message.strip_prefix('[').and_then(|rest| rest.split_once("][")) {
        Some((thread, rest)) if !thread.is_empty() && thread.bytes().all(|b| b.is_ascii_digit()) => {
            message.get(message.len() - rest.len() - 1..).unwrap_or(rest)
        }
        _ => message,
    };
    let (level, message) = level_and_message(message);
    Some(Entry { stamp: Some(stamp), level, message: Cow::Borrowed(message), fields: Fields::default() })
}

/// A date without brackets, and what follows it.
fn bare(text: &str) -> Option<(Stamp, &str)> {
    let Some(dated) = civil::iso_spaced(text) else {
        let dated = civil::month_day(text)?;
        return Some((dated.stamp, dated.rest.strip_prefix(' ')?));
    };
    let others = [&calico::FORMAT, &capnslog::FORMAT, &zap_console::FORMAT];
    if others.iter().any(|format| (format.parse)(text).is_some()) {
        return None;
    }
    let rest = dated.rest.strip_prefix(':').unwrap_or(dated.rest);
    Some((dated.stamp, rest.strip_prefix([' ', '\t'])?.trim_start_matches(' ')))
}

/// Takes `ERROR `, `[ warn] ` or `[info]: ` off. A single letter is more often a name than a level.
fn level_and_message(message: &str) -> (Option<Level>, &str) {
    let (word, after) = match message.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((word, after)) => (word.trim_start_matches(' '), after.strip_prefix(':').unwrap_or(after)),
        None => {
            let (word, after) = message.split_once(' ').unwrap_or((message, ""));
            (word.trim_end_matches(':'), after)
        }
    };
    match Level::parse(word).filter(|_| word.len() > 1) {
        Some(level) => (Some(level), after.trim_start_matches(' ')),
        None => (None, message),
    }
}
