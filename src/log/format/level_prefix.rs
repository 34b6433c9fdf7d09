//! Scripts: `INFO: Environment: …`, as Rancher's agents write before logrus takes over. There is no time.
//!
//! Source: rancher/rancher, `package/run.sh` (`info`, `error`).

use std::borrow::Cow;

use super::{LogFormat, Sample, go_std};
use crate::log::{Entry, Fields, Level};

pub(super) static FORMAT: LogFormat = LogFormat {
    name: "level-prefix",
    parse,
    samples: &[
        Sample {
            line: "INFO: Environment: CATTLE_ADDRESS=10.0.0.1",
            says: "- info Environment: CATTLE_ADDRESS=10.0.0.1",
            fields: &[],
        },
        Sample {
            line: "ERROR: https://rancher.lab/ping is not accessible",
            says: "- error https://rancher.lab/ping is not accessible",
            fields: &[],
        },
    ],
};

fn parse(text: &str) -> Option<Entry<'_>> {
    let (word, message) = text.split_once(": ")?;
    let known = matches!(word, "INFO" | "WARN" | "WARNING" | "ERROR" | "FATAL" | "DEBUG");
    if !known || go_std::prefix_and_date(text).is_some() {
        return None;
    }
    Some(Entry {
        stamp: None,
        level: Level::parse(word),
        message: Cow::Borrowed(message),
        fields: Fields::default(),
    })
}
