//! Longhorn's instance manager, which writes the lines of all its engines and replicas into one log:
//! `[pvc-0a1b…-e-0] line`, and its own as `[longhorn-instance-manager] line`.
//!
//! The name of the process is the program. Source: longhorn/longhorn-instance-manager, `pkg/util/log_writer.go`.

use std::borrow::Cow;

use super::{Sample, Wrapper};
use crate::log::Unwrapped;

pub(super) static WRAPPER: Wrapper = Wrapper {
    name: "longhorn",
    unwrap,
    wrap: |line, _| format!("[pvc-0a1b2c3d-e-0] {line}"),
    samples: &[
        Sample {
            line: r#"[pvc-0a1b2c3d-1111-2222-3333-444455556666-r-1] time="2024-01-01T00:00:00Z" level=info msg="replica up""#,
            stamp: "-",
            rest: r#"time="2024-01-01T00:00:00Z" level=info msg="replica up""#,
        },
        Sample { line: "[longhorn-instance-manager] ready", stamp: "-", rest: "ready" },
    ],
};

fn unwrap(line: &str) -> Option<Unwrapped<'_>> {
    let (name, rest) = line.strip_prefix('[')?.split_once("] ")?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
    let is_process = name.starts_with("pvc-") && (name.contains("-e-") || name.contains("-r-"));
    let fits = name.bytes().all(plain) && (is_process || name == "longhorn-instance-manager");
    fits.then(|| Unwrapped { program: Some(Cow::Borrowed(name)), ..Unwrapped::bare(Cow::Borrowed(rest)) })
}
