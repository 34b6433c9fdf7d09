//! calico-node, typha and kube-controllers: `2021-05-04 12:00:00.123 [INFO][45] felix/main.go 80: message k=v`.
//!
//! The time is local, the zone is not written. The place in the source becomes the field `caller`; pairs at the end
//! of the message are fields. Source: projectcalico/calico, `libcalico-go/lib/logutils/logutils.go` (`Format`).

use std::borrow::Cow;

use super::{LogFormat, Sample};
use crate::log::{Entry, Level, civil, logfmt};

pub(super) static FORMAT: LogFormat = LogFormat {
    name: "calico",
    parse,
    samples: &[
        Sample {
            line: r#"2024-05-04 12:00:00.123 [INFO][45] felix/int_dataplane.go 1234: Linux interface state changed. ifIndex=5 ifaceName="cali 1" state="up""#,
            says: "2024-05-04T12:00:00.123 info Linux interface state changed.",
            fields: &[
                ("caller", "felix/int_dataplane.go:1234"),
                ("ifIndex", "5"),
                ("ifaceName", "cali 1"),
                ("state", "up"),
            ],
        },
        Sample {
            line: "2024-05-04 12:00:00.123 [WARNING][1] main.go 99: Client=a is slow today",
            says: "2024-05-04T12:00:00.123 warning Client=a is slow today",
            fields: &[("caller", "main.go:99")],
        },
        Sample {
            line: "2024-05-04 12:00:00.123 [FATAL][7] startup: no place",
            says: "2024-05-04T12:00:00.123 fatal no place",
            fields: &[("caller", "startup")],
        },
    ],
};

fn parse(text: &str) -> Option<Entry<'_>> {
    let dated = civil::iso(text)?;
    let (word, rest) = dated.rest.strip_prefix(" [")?.split_once("][")?;
    let (process, rest) = rest.split_once("] ")?;
    let (place, body) = rest.split_once(": ").or_else(|| Some((rest.strip_suffix(':')?, "")))?;
    let level = Level::parse(word)?;
    if process.is_empty() || !process.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (message, mut fields) = logfmt::split_trailing(body);
    match place.rsplit_once(' ') {
        Some((file, line)) => fields.push("caller", format!("{file}:{line}")),
        None => fields.push("caller", place),
    }
    Some(Entry { stamp: Some(dated.stamp), level: Some(level), message: Cow::Borrowed(message), fields })
}
