//! logrus for terminals: `INFO[0030] message    key=value`, mostly in colours, which
//! [`read`](crate::log::read) has taken out.
//!
//! The bracket holds seconds since the program started, or a date (Rancher's backup operator). Messages are filled
//! up to 44 columns. Source: sirupsen/logrus, `text_formatter.go` (`printColored`).

use std::borrow::Cow;

use super::{LogFormat, Sample};
use crate::log::{Entry, Fields, Level, civil, logfmt};

pub(super) static FORMAT: LogFormat = LogFormat {
    name: "logrus-tty",
    parse,
    samples: &[
        Sample {
            line: "INFO[0030] Starting the controller                      name=backup n=2",
            says: "- info Starting the controller",
            fields: &[("name", "backup"), ("n", "2"), ("uptime", "0030")],
        },
        Sample {
            line: "WARN[2026/11/22 03:13:45] No secret found   key=v",
            says: "2026-11-22T03:13:45 warning No secret found",
            fields: &[("key", "v")],
        },
        Sample {
            line: "ERRO[2026-11-22T03:13:45Z] a=b is wrong",
            says: "2026-11-22T03:13:45Z error a=b is wrong",
            fields: &[],
        },
    ],
};

fn parse(text: &str) -> Option<Entry<'_>> {
    let (word, rest) = text.split_once('[')?;
    let (when, rest) = rest.split_once("] ")?;
    if !matches!(word, "PANI" | "FATA" | "ERRO" | "WARN" | "INFO" | "DEBU" | "TRAC") {
        return None;
    }
    let stamp = civil::whole(when);
    let is_uptime = when.len() >= 4 && when.bytes().all(|byte| byte.is_ascii_digit());
    if stamp.is_none() && !is_uptime {
        return None;
    }
    let (message, mut fields): (&str, Fields<'_>) = logfmt::split_trailing(rest);
    if is_uptime {
        fields.push("uptime", when);
    }
    let message = Cow::Borrowed(message.trim_end_matches(' '));
    Some(Entry { stamp: if is_uptime { None } else { stamp }, level: Level::parse(word), message, fields })
}
