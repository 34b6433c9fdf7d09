//! kube-bench and the CIS scans made with it: `[FAIL] 1.2.1 Ensure that …`. They write no time.
//!
//! The word is the result of a check, not a level; it becomes the field `result`, the number the field `check`. Source:
//! aquasecurity/kube-bench, `cmd/common.go` (`colorPrint`, `prettyPrint`).

use std::borrow::Cow;

use super::{LogFormat, Sample};
use crate::log::{Entry, Fields};

pub(super) static FORMAT: LogFormat = LogFormat {
    name: "kube-bench",
    parse,
    samples: &[
        Sample {
            line: "[FAIL] 1.2.1 Ensure that the --anonymous-auth argument is set to false (Automated)",
            says: "- - Ensure that the --anonymous-auth argument is set to false (Automated)",
            fields: &[("result", "FAIL"), ("check", "1.2.1")],
        },
        Sample {
            line: "[INFO] 1 Control Plane Security Configuration",
            says: "- - Control Plane Security Configuration",
            fields: &[("result", "INFO"), ("check", "1")],
        },
    ],
};

fn parse(text: &str) -> Option<Entry<'_>> {
    let (result, check, message) = check(text)?;
    let mut fields = Fields::default();
    fields.push("result", result);
    fields.push("check", check);
    Some(Entry { stamp: None, level: None, message: Cow::Borrowed(message), fields })
}

/// Reads `[FAIL] 1.2.1 message`. CoreDNS has an address (of four parts) or a word where the number
/// is.
pub(super) fn check(text: &str) -> Option<(&str, &str, &str)> {
    let (result, rest) = text.strip_prefix('[')?.split_once("] ")?;
    let (number, message) = rest.split_once(' ')?;
    let is_number = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let fits = matches!(result, "PASS" | "FAIL" | "WARN" | "INFO")
        && number.split('.').count() <= 3
        && number.split('.').all(is_number);
    fits.then_some((result, number, message))
}
