//! zap's console encoder: time, level, logger, caller, message and JSON fields, separated by tabs.
//!
//! Logger, caller and fields may be missing. Used by controller-runtime in development mode and by etcd with
//! `--log-format console`. Source: go.uber.org/zap, `zapcore/console_encoder.go`.

use std::borrow::Cow;

use super::{LogFormat, Sample};
use crate::log::{Entry, Fields, Level, civil};

pub(super) static FORMAT: LogFormat = LogFormat {
    name: "zap-console",
    parse,
    samples: &[
        Sample {
            line: "2024-05-04T12:00:00.000Z\tINFO\tcontroller.metrics\tserver is starting\t{\"addr\": \":8080\", \"n\": 1}",
            says: "2024-05-04T12:00:00Z info server is starting",
            fields: &[("logger", "controller.metrics"), ("addr", ":8080"), ("n", "1")],
        },
        Sample {
            line: "2026-11-22T04:46:11.732+0200\twarn\tetcdmain/etcd.go:105\tserver stopped",
            says: "2026-11-22T02:46:11.732Z warning server stopped",
            fields: &[("caller", "etcdmain/etcd.go:105")],
        },
        Sample {
            line: "1.6204490814059e+09\tERROR\tsetup\tmain/main.go:7\tunable\tto start\t{\"error\": \"EOF\"}",
            says: "2021-05-08T04:44:41.4059Z error unable\tto start",
            fields: &[("logger", "setup"), ("caller", "main/main.go:7"), ("error", "EOF")],
        },
        Sample {
            line: "2024-05-04T12:00:00.000Z\tDEBUG\tjust a message",
            says: "2024-05-04T12:00:00Z debug just a message",
            fields: &[],
        },
        Sample {
            line: "2024-05-04T12:00:00.000Z\tINFO\tstarting\t{\"n\": 1}",
            says: "2024-05-04T12:00:00Z info starting",
            fields: &[("n", "1")],
        },
    ],
};

fn parse(text: &str) -> Option<Entry<'_>> {
    let (when, rest) = text.split_once('\t')?;
    let (word, mut rest) = rest.split_once('\t').unwrap_or((rest, ""));
    let (stamp, level) = (civil::whole(when)?, Level::parse(word)?);
    let mut fields = Fields::default();
    // The object goes first: what is left then ends with the message, and only what stands before it is a name.
    let object =
        rest.rsplit_once('\t').and_then(|(message, object)| Some((message, super::json::object(object)?)));
    let object = object.map(|(message, object)| {
        rest = message;
        object
    });
    if let Some((head, tail)) = rest.split_once('\t').filter(|(head, _)| is_logger(head)) {
        fields.push("logger", head);
        rest = tail;
    }
    if let Some((head, tail)) = rest.split_once('\t').filter(|(head, _)| is_caller(head)) {
        fields.push("caller", head);
        rest = tail;
    }
    fields.0.extend(object.unwrap_or_default().0);
    Some(Entry { stamp: Some(stamp), level: Some(level), message: Cow::Borrowed(rest), fields })
}

fn is_caller(part: &str) -> bool {
    part.rsplit_once(".go:").is_some_and(|(_, line)| line.parse::<u32>().is_ok())
}

/// The names of loggers have no spaces.
fn is_logger(part: &str) -> bool {
    !part.is_empty() && !part.contains(' ') && !is_caller(part)
}
