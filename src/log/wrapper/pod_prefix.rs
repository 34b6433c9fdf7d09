//! `kubectl logs --prefix`: `[pod/name/container] line`.
//!
//! The container is the program. Source: kubectl, `pkg/cmd/logs/logs.go` (`addPrefixIfNeeded`).

use std::borrow::Cow;

use super::{Sample, Wrapper};
use crate::log::Unwrapped;

pub(super) static WRAPPER: Wrapper = Wrapper {
    name: "pod-prefix",
    unwrap,
    wrap: |line, _| format!("[pod/etcd-cp-1/etcd] {line}"),
    samples: &[
        Sample { line: "[pod/coredns-5d7b-x2/coredns] [INFO] ready", stamp: "-", rest: "[INFO] ready" },
        Sample { line: "[pod/a/b] ", stamp: "-", rest: "" },
    ],
};

fn unwrap(line: &str) -> Option<Unwrapped<'_>> {
    let (pod, rest) = line.strip_prefix("[pod/")?.split_once('/')?;
    let (container, rest) = rest.split_once("] ")?;
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))
    };
    let fits = is_name(pod) && is_name(container);
    fits.then(|| Unwrapped {
        program: Some(Cow::Borrowed(container)),
        ..Unwrapped::bare(Cow::Borrowed(rest))
    })
}
