//! `docker compose logs`: `name-1  | line`.
//!
//! Names are filled up to one column behind the longest, so at least two spaces stand before the bar; with fewer it may be
//! a table. Source: docker/compose, `cmd/formatter/logs.go` (`computeWidth`).

use std::borrow::Cow;

use super::{Sample, Wrapper};
use crate::log::Unwrapped;

pub(super) static WRAPPER: Wrapper = Wrapper {
    name: "compose",
    unwrap,
    wrap: |line, _| format!("etcd-1  | {line}"),
    samples: &[
        Sample { line: "etcd-1       | a: b", stamp: "-", rest: "a: b" },
        Sample { line: "lab_rancher_1  | ", stamp: "-", rest: "" },
    ],
};

fn unwrap(line: &str) -> Option<Unwrapped<'_>> {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let (name, rest) = line.split_at_checked(line.bytes().take_while(plain).count())?;
    let (_, number) = name.rsplit_once(['-', '_'])?;
    let rest = rest.strip_prefix("  ")?.trim_start_matches(' ').strip_prefix("| ")?;
    let fits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| Unwrapped { program: Some(Cow::Borrowed(name)), ..Unwrapped::bare(Cow::Borrowed(rest)) })
}
