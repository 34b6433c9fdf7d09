//! `timedatectl`, `chronyc tracking` and `ntpq -p` → `HostTimeSync`, and where they show it `HostClockOffset` and `HostDate`.
//!
//! systemd `timedatectl.c` (`NTP synchronized` was renamed `System clock synchronized` in 236), chrony `client.c`
//! (`process_cmd_tracking`: `slow` means that the system clock is behind), ntp `ntpq.c` (offset in milliseconds, `*` is the
//! peer that was chosen; positive means that the peer is ahead).

use super::Reader;
use super::host::{Places, begins, conclude, labelled, only};
use super::host_date::{self, DATE};
use crate::object::derived::{Derived, Expected};
use crate::object::gather::Gather;
use crate::object::line::{Line, lines};
use crate::object::{Document, Reading};

/// Whether the clock is synchronized.
pub const SYNC: Derived = Derived {
    kind: "HostTimeSync",
    what: "whether a machine's clock is synchronized, named by its file",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[("synchronized", "boolean"), ("tool", "`timedatectl`, `chronyc` or `ntpq`: who says so")],
};

/// How far the clock is off.
pub const OFFSET: Derived = Derived {
    kind: "HostClockOffset",
    what: "how far a machine's clock is from its time source, named by its file",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[
        ("offsetSeconds", "seconds that the clock is ahead of its source; negative when it is behind"),
        ("source", "the name or address of the source"),
        ("stratum", "steps from a reference clock"),
    ],
};

/// The reader.
pub const READER: Reader = Reader { name: "time-sync", derives: &[&SYNC, &OFFSET, &DATE], sniff, read };

const PLACES: Places = Places { files: &[], commands: &["timedatectl", "chronyc tracking", "ntpq"] };

fn sniff(path: &str, head: &[u8]) -> bool {
    PLACES.hold(path)
        || begins(head, |text| {
            labelled(text, "Local time").is_some()
                || labelled(text, "Reference ID").is_some()
                || is_peers_heading(text)
        })
}

fn is_peers_heading(text: &str) -> bool {
    text.split_whitespace()
        .eq(["remote", "refid", "st", "t", "when", "poll", "reach", "delay", "offset", "jitter"])
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let mut shown = Vec::new();
    let lines: Vec<Line<'_>> = lines(document.bytes).take(1000).collect();
    if lines.iter().any(|line| is_peers_heading(&line.text)) {
        peers(&mut gather, &lines, &mut shown);
    } else if lines.iter().any(|line| labelled(&line.text, "Reference ID").is_some()) {
        tracking(&mut gather, &lines, &mut shown);
    } else {
        timedatectl(&mut gather, &lines, &mut shown);
    }
    conclude(gather, &shown, "state of the clock")
}

/// The first line with one of these labels, and what it says.
fn find<'l, 'a>(lines: &'l [Line<'a>], labels: &[&str]) -> Option<(&'l Line<'a>, &'l str)> {
    lines.iter().find_map(|line| {
        let text = labels.iter().find_map(|label| labelled(&line.text, label))?;
        Some((line, text))
    })
}

fn synchronized(gather: &mut Gather<'_, '_>, line: &Line<'_>, synchronized: bool, tool: &str) {
    let mut draft = only(gather.document, SYNC.kind, line);
    draft.put("synchronized", synchronized);
    draft.put("tool", tool);
    gather.add(draft);
}

fn timedatectl(gather: &mut Gather<'_, '_>, lines: &[Line<'_>], shown: &mut Vec<&'static str>) {
    let said = find(lines, &["System clock synchronized", "NTP synchronized", "NTPSynchronized"]);
    if let Some((line, state @ ("yes" | "no"))) = said {
        synchronized(gather, line, state == "yes", "timedatectl");
        shown.push(SYNC.kind);
    }
    let Some((line, local)) = find(lines, &["Local time"]) else { return };
    // A zone such as IST is told apart by its offset: `Time zone: Asia/Kolkata (IST, +0530)`.
    let zone = find(lines, &["Time zone", "Timezone"])
        .and_then(|(_, zone)| zone.rsplit_once(", "))
        .and_then(|(_, offset)| offset.strip_suffix(')'));
    let local = match (local.rsplit_once(' '), zone) {
        (Some((clock, _)), Some(zone)) => format!("{clock} {zone}"),
        _ => local.to_owned(),
    };
    let clock = local.split_once(' ').and_then(|(_weekday, rest)| host_date::clock(rest));
    if let Some(clock) = clock {
        let mut draft = only(gather.document, DATE.kind, line);
        clock.put(&mut draft);
        gather.add(draft);
        shown.push(DATE.kind);
    }
}

fn tracking(gather: &mut Gather<'_, '_>, lines: &[Line<'_>], shown: &mut Vec<&'static str>) {
    if let Some((line, leap)) = find(lines, &["Leap status"]) {
        synchronized(gather, line, leap != "Not synchronised", "chronyc");
        shown.push(SYNC.kind);
    }
    let Some((line, system)) = find(lines, &["System time"]) else { return };
    let words: Vec<&str> = system.split_whitespace().collect();
    let [seconds, "seconds", direction @ ("slow" | "fast"), ..] = words.as_slice() else { return };
    let Some(seconds) = seconds.parse::<f64>().ok().filter(|seconds| seconds.is_finite()) else { return };
    let mut draft = only(gather.document, OFFSET.kind, line);
    draft.put("offsetSeconds", if *direction == "slow" { -seconds } else { seconds });
    if let Some((line, id)) = find(lines, &["Reference ID"]) {
        // `A9FEA97B (169.254.169.123)`; without a source `7F7F0101 ()` or `00000000 ()`.
        let name = id.split_once('(').and_then(|(_, name)| name.strip_suffix(')')).unwrap_or(id);
        if !name.is_empty() {
            draft.set("source", name, line);
        }
    }
    if let Some((line, stratum)) = find(lines, &["Stratum"])
        && let Ok(stratum) = stratum.parse::<u64>()
    {
        draft.set("stratum", stratum, line);
    }
    gather.add(draft);
    shown.push(OFFSET.kind);
}

fn peers(gather: &mut Gather<'_, '_>, lines: &[Line<'_>], shown: &mut Vec<&'static str>) {
    let chosen = lines.iter().find(|line| line.text.starts_with(['*', 'o']));
    let Some(heading) = lines.iter().find(|line| is_peers_heading(&line.text)) else { return };
    synchronized(gather, chosen.unwrap_or(heading), chosen.is_some(), "ntpq");
    shown.push(SYNC.kind);
    let Some(line) = chosen else { return };
    let words: Vec<&str> = line.text.get(1..).unwrap_or_default().split_whitespace().collect();
    let [source, .., _delay, offset, _jitter] = words.as_slice() else { return };
    let Some(offset) = offset.parse::<f64>().ok().filter(|offset| offset.is_finite()) else { return };
    let mut draft = only(gather.document, OFFSET.kind, line);
    draft.put("offsetSeconds", -offset / 1000.0);
    draft.put("source", *source);
    if let Some(stratum) = words.get(2).and_then(|stratum| stratum.parse::<u64>().ok()) {
        draft.put("stratum", stratum);
    }
    gather.add(draft);
    shown.push(OFFSET.kind);
}

#[cfg(test)]
mod tests {
    use super::super::host::tests::{check, check_foreign};
    use super::*;

    #[test]
    fn timedatectl_says_whether_and_where() {
        let text = "               Local time: Sun 2026-11-22 09:13:22 IST\n           Universal time: Sun 2026-11-22 03:43:22 UTC\n\
                    \u{20}                RTC time: Sun 2026-11-22 03:43:22\n                Time zone: Asia/Kolkata (IST, +0530)\n\
                    System clock synchronized: no\n              NTP service: active\n          RTC in local TZ: no\n";
        check(
            &READER,
            "pasted",
            text,
            &[
                r#"HostTimeSync - {"synchronized":false,"tool":"timedatectl"}"#,
                r#"HostDate - {"date":"2026-11-22T03:43:22Z","offsetSeconds":19800,"local":"2026-11-22T09:13:22","zone":"+0530"}"#,
                "lists HostDate",
                "lists HostTimeSync",
            ],
        );
        let old = "      Local time: Sun 2018-11-25 04:43:22 CET\n  Universal time: Sun 2018-11-25 03:43:22 UTC\n     NTP enabled: yes\nNTP synchronized: yes\n";
        check(
            &READER,
            "sos_commands/date/timedatectl",
            old,
            &[
                r#"HostTimeSync - {"synchronized":true,"tool":"timedatectl"}"#,
                r#"HostDate - {"date":"2018-11-25T03:43:22Z","offsetSeconds":3600,"local":"2018-11-25T04:43:22","zone":"CET"}"#,
                "lists HostDate",
                "lists HostTimeSync",
            ],
        );
    }

    #[test]
    fn chrony_says_how_far() {
        let text = "Reference ID    : C0000201 (ntp1.example.org)\nStratum         : 3\nRef time (UTC)  : Sun Nov 22 02:50:01 2026\n\
                    System time     : 0.250000000 seconds slow of NTP time\nLast offset     : -0.000012345 seconds\nLeap status     : Normal\n";
        check(
            &READER,
            "sos_commands/chrony/chronyc_-n_tracking",
            text,
            &[
                r#"HostTimeSync - {"synchronized":true,"tool":"chronyc"}"#,
                r#"HostClockOffset - {"offsetSeconds":-0.25,"source":"ntp1.example.org","stratum":3}"#,
                "lists HostClockOffset",
                "lists HostTimeSync",
            ],
        );
        let lost = "Reference ID    : 00000000 ()\nStratum         : 0\nSystem time     : 0.000000000 seconds fast of NTP time\nLeap status     : Not synchronised\n";
        check(
            &READER,
            "pasted",
            lost,
            &[
                r#"HostTimeSync - {"synchronized":false,"tool":"chronyc"}"#,
                r#"HostClockOffset - {"offsetSeconds":0.0,"stratum":0}"#,
                "lists HostClockOffset",
                "lists HostTimeSync",
            ],
        );
    }

    #[test]
    fn ntpq_marks_the_peer_that_was_chosen() {
        let heading = "     remote           refid      st t when poll reach   delay   offset  jitter\n==============================================================================\n";
        let peers = format!(
            "{heading}+198.51.100.7    .GPS.            1 u   33   64  377    0.512   -0.114   0.090\n*192.0.2.1       198.51.100.9     2 u   12   64  377    0.420 1500.000   0.051\n"
        );
        check(
            &READER,
            "pasted",
            &peers,
            &[
                r#"HostTimeSync - {"synchronized":true,"tool":"ntpq"}"#,
                r#"HostClockOffset - {"offsetSeconds":-1.5,"source":"192.0.2.1","stratum":2}"#,
                "lists HostClockOffset",
                "lists HostTimeSync",
            ],
        );
        let none = format!(
            "{heading} 192.0.2.1       .INIT.          16 u    -   64    0    0.000    0.000   0.000\n"
        );
        check(
            &READER,
            "pasted",
            &none,
            &[r#"HostTimeSync - {"synchronized":false,"tool":"ntpq"}"#, "lists HostTimeSync"],
        );
    }

    #[test]
    fn what_cannot_be_asked_is_a_failure() {
        let path = "sos_commands/date/timedatectl";
        let said = "Failed to connect to bus: No such file or directory";
        check(&READER, path, &format!("{said}\n"), &[&format!("failed: {said}")]);
        let refused = "506 Cannot talk to daemon";
        check(&READER, "sos_commands/chrony/chronyc_tracking", &format!("{refused}\n"), &["line 1"]);
        check_foreign(&READER, &["Name: x\n", "remote  refid\n"]);
    }
}
