//! The audit daemon: `type=AVC msg=audit(1620449081.123:456): avc:  denied  { read } for  pid=1 comm="x"`.
//!
//! The time is seconds since the epoch with milliseconds; the number after it is the event's, and becomes the field
//! `serial`. Several lines with one serial are one event. `node=` may stand before it (`name_format` in
//! `auditd.conf`). What users' programs report is in `msg='…'`; what the daemon itself resolved follows a group
//! separator. Source: Linux, `kernel/audit.c` (`audit_log_start`); audit-userspace, `src/auditd-event.c`.

use std::borrow::Cow;

use super::{LogFormat, Sample};
use crate::base::Stamp;
use crate::log::{Entry, civil, logfmt};

/// Stands between what the kernel wrote and what the daemon adds.
const GROUP_SEPARATOR: char = '\u{1d}';

pub(super) static FORMAT: LogFormat = LogFormat {
    name: "audit",
    parse,
    samples: &[
        Sample {
            line: r#"type=AVC msg=audit(1620449081.123:456): avc:  denied  { read } for  pid=812 comm="etcd" name="member" scontext=system_u:system_r:container_t:s0:c1,c2 tclass=dir permissive=0"#,
            says: "2021-05-08T04:44:41.123Z - avc:  denied  { read } for",
            fields: &[
                ("comm", "etcd"),
                ("scontext", "system_u:system_r:container_t:s0:c1,c2"),
                ("type", "AVC"),
                ("serial", "456"),
            ],
        },
        Sample {
            line: "node=cp-1 type=SYSCALL msg=audit(1620449081.123:456): arch=c000003e syscall=2 success=no exit=-13 \u{1d}ARCH=x86_64 UID=\"root\"",
            says: "2021-05-08T04:44:41.123Z - arch=c000003e syscall=2 success=no exit=-13 \u{1d}ARCH=x86_64 UID=\"root\"",
            fields: &[("exit", "-13"), ("UID", "root"), ("node", "cp-1"), ("type", "SYSCALL")],
        },
        Sample {
            line: "type=SERVICE_STOP msg=audit(1620449081.123:457): pid=1 uid=0 msg='unit=rke2-server comm=\"systemd\" res=failed'",
            says: "2021-05-08T04:44:41.123Z - pid=1 uid=0 msg='unit=rke2-server comm=\"systemd\" res=failed'",
            fields: &[("unit", "rke2-server"), ("res", "failed")],
        },
    ],
};

fn parse(text: &str) -> Option<Entry<'_>> {
    let (node, rest) = match text.strip_prefix("node=").and_then(|rest| rest.split_once(' ')) {
        Some((node, rest)) => (Some(node), rest),
        None => (None, text),
    };
    let (kind, rest) = rest.strip_prefix("type=")?.split_once(' ')?;
    let (stamp, serial, rest) = head(rest.strip_prefix("msg=")?)?;
    let body = rest.strip_prefix(": ").or(rest.strip_prefix(':'))?;
    let (kernel, daemon) = body.split_once(GROUP_SEPARATOR).unwrap_or((body, ""));
    let (kernel, reported) = kernel.split_once("msg='").unwrap_or((kernel, ""));
    let (mut message, mut fields) = logfmt::split_trailing(kernel.trim_end_matches(' '));
    if let Some(pairs) = logfmt::pairs(kernel) {
        (message, fields) = (body, pairs);
    }
    for more in [reported.trim_end_matches([' ', '\'']), daemon] {
        fields.0.extend(logfmt::pairs(more).unwrap_or_default().0);
    }
    fields.push("type", kind);
    fields.push("serial", serial);
    if let Some(node) = node {
        fields.push("node", node);
    }
    Some(Entry { stamp: Some(stamp), level: None, message: Cow::Borrowed(message), fields })
}

/// The time of an event that the kernel printed for want of a daemon: `type=1400 audit(1620449081.123:456): …`.
pub(super) fn stamp(message: &str) -> Option<Stamp> {
    let (_, rest) = message.strip_prefix("type=")?.split_once(' ')?;
    head(rest).map(|(stamp, _, _)| stamp)
}

/// Reads `audit(1620449081.123:456)`: time, serial, and what follows.
fn head(text: &str) -> Option<(Stamp, &str, &str)> {
    let (inner, rest) = text.strip_prefix("audit(")?.split_once(')')?;
    let (when, serial) = inner.split_once(':')?;
    Some((civil::epoch(when)?, serial, rest))
}
