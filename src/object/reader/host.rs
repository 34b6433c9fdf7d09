//! What a machine says of itself, as the Rancher collector keeps it: `hostname`, `date` and `ip addr show`.
//!
//! Kinds `HostName` {hostname}, `HostDate` {date, offsetSeconds} and `HostAddresses` {addresses}. `date` writes the
//! zone as an abbreviation; only those that mean one offset everywhere are taken (`UTC`, `GMT`, `CET`, …, `+0200`).

use serde_json::json;

use super::Reader;
use crate::base::{Stamp, Time};
use crate::object::derived::{Derived, Expected};
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, lines};
use crate::object::{Document, Reading};

/// What the machine calls itself.
pub const NAME: Derived = Derived {
    kind: "HostName",
    what: "the name that a machine gives itself, named by its file",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[("hostname", "as `hostname` prints it")],
};

/// The machine's clock.
pub const DATE: Derived = Derived {
    kind: "HostDate",
    what: "a machine's clock when it was captured, named by its file",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[("date", "RFC 3339"), ("offsetSeconds", "seconds east of UTC")],
};

/// The machine's addresses.
pub const ADDRESSES: Derived = Derived {
    kind: "HostAddresses",
    what: "the addresses of a machine's interfaces, named by their file",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[("addresses", "list, without loopback and link-local ones")],
};

/// The reader.
pub const READER: Reader = Reader { name: "host-facts", derives: &[&NAME, &DATE, &ADDRESSES], sniff, read };

fn sniff(path: &str, _head: &[u8]) -> bool {
    fact(path).is_some()
}

/// What the file at this path says.
fn fact(path: &str) -> Option<&'static str> {
    const FILES: &[(&str, &str)] = &[
        ("systeminfo/hostname", "HostName"),
        ("systeminfo/date", "HostDate"),
        ("networking/ipaddrshow", "HostAddresses"),
    ];
    FILES.iter().find(|(end, _)| path.ends_with(end)).map(|(_, kind)| *kind)
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let Some(kind) = fact(document.path) else { return gather.finish() };
    let first = lines(document.bytes).find(|line| !line.text.trim().is_empty());
    if let Some(line) = first {
        let mut draft = Draft::new(document, kind, document.path, &line);
        match kind {
            "HostName" => draft.put("hostname", line.text.trim()),
            "HostDate" => {
                let Some((time, offset)) = date(line.text.trim()) else { return gather.finish() };
                draft.put("date", time.to_string());
                draft.put("offsetSeconds", offset);
            }
            _ => draft.put(
                "addresses",
                json!(lines(document.bytes).filter_map(|line| address(&line)).collect::<Vec<_>>()),
            ),
        }
        gather.add(draft);
    }
    gather.finish()
}

/// The address of an `inet` or `inet6` line, without its prefix length. Link-local ones are the same everywhere.
fn address(line: &Line<'_>) -> Option<String> {
    let rest = line.text.trim_start();
    let rest = rest.strip_prefix("inet ").or_else(|| rest.strip_prefix("inet6 "))?;
    let address = rest.split(['/', ' ']).next()?;
    (!address.starts_with("fe80:") && !address.starts_with("127.") && address != "::1")
        .then(|| address.to_owned())
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Zones whose abbreviation means one offset (IST and CST, which mean several, are left out), in hours.
const ZONES: &[(&str, i32)] = &[
    ("UTC", 0),
    ("GMT", 0),
    ("WET", 0),
    ("WEST", 1),
    ("BST", 1),
    ("CET", 1),
    ("CEST", 2),
    ("EET", 2),
    ("EEST", 3),
    ("MSK", 3),
    ("JST", 9),
    ("KST", 9),
    ("EST", -5),
    ("EDT", -4),
    ("CDT", -5),
    ("MST", -7),
    ("MDT", -6),
    ("PST", -8),
    ("PDT", -7),
];

/// `Sun Nov 22 03:43:32 UTC 2026`, or the twelve-hour form `Sun Nov 22 03:43:32 AM UTC 2026`: the time and the offset
/// in seconds.
fn date(text: &str) -> Option<(Time, i32)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (month, day, clock, half, zone, year) = match words.as_slice() {
        [_, month, day, clock, zone, year] => (month, day, clock, None, zone, year),
        [_, month, day, clock, half @ ("AM" | "PM"), zone, year] => {
            (month, day, clock, Some(*half), zone, year)
        }
        _ => return None,
    };
    let month = i8::try_from(MONTHS.iter().position(|name| name == month)? + 1).ok()?;
    let mut parts = clock.split(':').map(|part| part.parse::<i8>().ok());
    let (mut hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    match half {
        Some("PM") if hour < 12 => hour += 12,
        Some("AM") if hour == 12 => hour = 0,
        _ => {}
    }
    let offset = offset(zone)?;
    let stamp = Stamp::from_civil(
        Some(year.parse().ok()?),
        month,
        day.parse().ok()?,
        (hour, minute, second),
        0,
        Some(offset),
    )?;
    Some((Time(stamp.ns), offset))
}

fn offset(zone: &str) -> Option<i32> {
    if let Some((_, hours)) = ZONES.iter().find(|(name, _)| *name == zone) {
        return Some(hours * 3600);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let digits = zone.strip_prefix(['+', '-'])?;
    let (hours, minutes): (i32, i32) = match digits.len() {
        2 => (digits.parse().ok()?, 0),
        4 => (digits.get(..2)?.parse().ok()?, digits.get(2..)?.parse().ok()?),
        _ => return None,
    };
    Some(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::path::Projection;

    fn check(path: &str, text: &str, expect: &str) {
        let mut projection = Projection::default();
        ["HostName", "HostDate", "HostAddresses"].iter().for_each(|kind| projection.ask(kind, ""));
        let document = Document { path, bytes: text.as_bytes(), captured_at: None, projection: &projection };
        let shown: Vec<String> =
            read(&document).objects.iter().map(|object| object.fields.to_string()).collect();
        assert_eq!(shown.join(" "), expect, "{text}");
    }

    #[test]
    fn dates_give_the_instant_and_the_zone() {
        let path = "n/systeminfo/date";
        check(path, "Sun Nov 22 03:43:32 UTC 2026\n", r#"{"date":"2026-11-22T03:43:32Z","offsetSeconds":0}"#);
        check(
            path,
            "Thu Dec  4 09:15:58 CET 2025\n",
            r#"{"date":"2025-12-04T08:15:58Z","offsetSeconds":3600}"#,
        );
        check(
            path,
            "Thu Dec  4 12:15:58 AM +0530 2025\n",
            r#"{"date":"2025-12-03T18:45:58Z","offsetSeconds":19800}"#,
        );
        check(path, "Do 4. Dez 09:15:58 CET 2025\n", "");
        check(path, "date: command not found\n", "");
    }

    #[test]
    fn addresses_leave_out_those_that_every_machine_has() {
        let text = "1: lo: <LOOPBACK>\n    inet 127.0.0.1/8 scope host lo\n2: eth0\n    inet 10.0.0.1/24 brd x\n    inet6 fe80::1/64\n    inet6 2001:db8::1/64 scope global\n";
        check("n/networking/ipaddrshow", text, r#"{"addresses":["10.0.0.1","2001:db8::1"]}"#);
    }

    #[test]
    fn the_host_name_is_the_first_line() {
        check("n/systeminfo/hostname", "srv01\n", r#"{"hostname":"srv01"}"#);
        check("n/systeminfo/hostname", "", "");
    }
}
