//! Syslog of the newer kind: `<34>1 2003-10-11T22:14:15.003Z host app pid msgid [data] line`.
//!
//! `-` stands for what is not known. The structured data are taken off; a byte order mark may stand before the line.
//! Source: RFC 5424, section 6.

use std::borrow::Cow;

use super::{Sample, Wrapper, priority, stated_level, utc};
use crate::log::{Unwrapped, civil};

pub(super) static WRAPPER: Wrapper = Wrapper {
    name: "syslog",
    unwrap,
    wrap: |line, ns| format!("<134>1 {} node-1 rke2 888 - - {line}", utc(ns)),
    samples: &[
        Sample {
            line: "<34>1 2003-10-11T22:14:15.003Z cp-1 su - ID47 - su root failed on pts/8",
            stamp: "2003-10-11T22:14:15.003Z",
            rest: "su root failed on pts/8",
        },
        Sample {
            line: r#"<165>1 2024-05-08T06:44:41.405968+02:00 cp-1 kubelet 1234 - [a@1 k="v \" ] w"][b] ready"#,
            stamp: "2024-05-08T04:44:41.405968Z",
            rest: "ready",
        },
        Sample {
            line: "<30>1 2024-05-08T04:44:41Z cp-1 etcd 7 - -",
            stamp: "2024-05-08T04:44:41Z",
            rest: "",
        },
        Sample { line: "<30>1 - cp-1 etcd 7 - - no time", stamp: "-", rest: "no time" },
    ],
};

fn unwrap(line: &str) -> Option<Unwrapped<'_>> {
    let (number, rest) = line.strip_prefix('<')?.split_once('>')?;
    let severity = priority(number)? & 7;
    let rest = rest.strip_prefix("1 ")?;
    let (stamp, rest) = match rest.strip_prefix("- ") {
        Some(rest) => (None, rest),
        None => {
            let dated = civil::instant(rest)?;
            (Some(dated.stamp), dated.rest.strip_prefix(' ')?)
        }
    };
    let (host, rest) = rest.split_once(' ')?;
    let (program, rest) = rest.split_once(' ')?;
    let (_process, rest) = rest.split_once(' ')?;
    let (_kind, rest) = rest.split_once(' ')?;
    let rest = structured_data(rest)?;
    let told = |name: &'_ str| !matches!(name, "-" | "");
    Some(Unwrapped {
        stamp,
        level: stated_level(severity),
        host: Some(host).filter(|name| told(name)).map(Cow::Borrowed),
        program: Some(program).filter(|name| told(name)).map(Cow::Borrowed),
        rest: Cow::Borrowed(rest.strip_prefix('\u{feff}').unwrap_or(rest)),
    })
}

/// Takes `- ` or `[id name="value"][id] ` off.
fn structured_data(text: &str) -> Option<&str> {
    if let Some(rest) = text.strip_prefix('-') {
        return rest.strip_prefix(' ').or(rest.is_empty().then_some(""));
    }
    let (mut open, mut quoted, mut escaped) = (false, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' if open => quoted = !quoted,
            b'[' if !open => open = true,
            b']' if open && !quoted => open = false,
            b' ' if !open && at > 0 => return text.get(at + 1..),
            _ if !open => return None,
            _ => {}
        }
    }
    (!open && !text.is_empty()).then_some("")
}
