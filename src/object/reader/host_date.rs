//! `date` → `HostDate`: the machine's clock, in whatever English form coreutils prints it.
//!
//! `date` writes the zone as an abbreviation; only those that mean one offset everywhere are taken (`UTC`, `CET`, `+0200`).
//! Of others the clock is known and the instant is not. A month or weekday in another language is refused: `mar` is a
//! day in Spanish. Forms: coreutils `date.c` and glibc's `date_fmt` of C, en_US and en_GB.

use serde_json::json;

use super::Reader;
use super::host::{Places, conclude, only};
use crate::base::stamp::parse_offset;
use crate::base::{Stamp, Time};
use crate::object::derived::{Derived, Expected};
use crate::object::gather::{Draft, Gather};
use crate::object::line::lines;
use crate::object::{Document, Reading};

/// The machine's clock.
pub const DATE: Derived = Derived {
    kind: "HostDate",
    what: "a machine's clock when it was captured, named by its file",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[
        ("date", "RFC 3339; unknown if the zone's abbreviation means several offsets"),
        ("offsetSeconds", "seconds east of UTC; unknown as above"),
        ("local", "what the clock showed, without a zone: `2026-11-22T03:43:32`"),
        ("zone", "the zone as written: `CET`, `IST`, `+0530`"),
    ],
};

/// The reader.
pub const READER: Reader = Reader { name: "date", derives: &[&DATE], sniff, read };

const PLACES: Places = Places { files: &["systeminfo/date"], commands: &["date"] };

/// Names that people and collectors give to the output of `date`; they must also hold it.
const NAMES: Places = Places { files: &["date", "date.txt", "date.log"], commands: &[] };

fn sniff(path: &str, head: &[u8]) -> bool {
    PLACES.hold(path)
        || (NAMES.hold(path)
            && lines(head)
                .find(|line| !line.text.trim().is_empty())
                .is_some_and(|line| clock(&line.text).is_some()))
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let first = lines(document.bytes).find_map(|line| clock(&line.text).map(|clock| (line, clock)));
    let mut shown: &[&str] = &[];
    if let Some((line, clock)) = first {
        let mut draft = only(document, DATE.kind, &line);
        clock.put(&mut draft);
        gather.add(draft);
        shown = &[DATE.kind];
    }
    conclude(gather, shown, "date")
}

/// What a clock showed.
pub struct Clock {
    year: i16,
    month: i8,
    day: i8,
    time: (i8, i8, i8),
    zone: String,
}

impl Clock {
    /// Fills a `HostDate`.
    pub fn put(&self, draft: &mut Draft<'_>) {
        let instant = offset(&self.zone).and_then(|offset| {
            let stamp = Stamp::from_civil(Some(self.year), self.month, self.day, self.time, 0, Some(offset))?;
            Some((Time(stamp.ns), offset))
        });
        if let Some((time, offset)) = instant {
            draft.put("date", time.to_string());
            draft.put("offsetSeconds", offset);
        } else {
            draft.know_only(["local", "zone"]);
        }
        let (hour, minute, second) = self.time;
        let (year, month, day) = (self.year, self.month, self.day);
        draft.put("local", format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"));
        draft.put("zone", json!(self.zone));
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// The place of an English name among these, written out or by its first three letters.
fn place(names: &[&str], word: &str) -> Option<usize> {
    names.iter().position(|name| *name == word || name.get(..3) == Some(word))
}

/// Reads one line: `Sun Nov 22 03:43:32 UTC 2026`, `Sun 22 Nov 2026 03:43:32 AM CET`, `date -R`, ISO 8601.
pub fn clock(text: &str) -> Option<Clock> {
    let text = text.trim();
    if text.len() > 64 {
        return None;
    }
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return iso(text);
    }
    let mut words = text.split_whitespace().map(|word| word.trim_end_matches(','));
    place(&WEEKDAYS, words.next()?)?;
    let (mut month, mut day, mut year, mut time, mut half, mut zone) = (None, None, None, None, None, None);
    for word in words {
        let number = word.parse::<i16>().ok().filter(|_| word.bytes().all(|byte| byte.is_ascii_digit()));
        let refused = match number {
            Some(number) if word.len() == 4 => year.replace(number).is_some(),
            Some(number) if word.len() <= 2 => day.replace(i8::try_from(number).ok()?).is_some(),
            Some(_) => return None,
            None => match word {
                "AM" | "PM" => half.replace(word == "PM").is_some(),
                _ if word.contains(':') => time.replace(hours(word)?).is_some(),
                _ if month.is_none() => month.replace(place(&MONTHS, word)?).is_some(),
                _ => zone.replace(word).is_some() || !is_zone(word),
            },
        };
        // A part that comes twice is no date.
        if refused {
            return None;
        }
    }
    let (hour, minute, second) = time?;
    let hour = match half {
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(afternoon) => hour % 12 + if afternoon { 12 } else { 0 },
        None => hour,
    };
    checked(year?, i8::try_from(month? + 1).ok()?, day?, (hour, minute, second), zone?)
}

/// `2026-11-22T03:43:32+01:00`, `2026-11-22 03:43:32Z`, and timedatectl's `2026-11-22 03:43:32 CET`.
fn iso(text: &str) -> Option<Clock> {
    let (date, rest) = text.split_once(['T', ' '])?;
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let (time, zone) = rest.split_at_checked(8)?;
    // A fraction, after a point or (coreutils, by locale) a comma.
    let zone = zone.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.' || c == ',').trim();
    let zone = if zone == "Z" { "UTC" } else { zone };
    if parts.next().is_some() || !is_zone(zone) {
        return None;
    }
    checked(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?, hours(time)?, zone)
}

/// A clock whose date exists.
fn checked(year: i16, month: i8, day: i8, time: (i8, i8, i8), zone: &str) -> Option<Clock> {
    Stamp::from_civil(Some(year), month, day, time, 0, None)?;
    Some(Clock { year, month, day, time, zone: zone.to_owned() })
}

fn hours(text: &str) -> Option<(i8, i8, i8)> {
    let mut parts = text.split(':').map(|part| part.parse::<i8>().ok());
    let time = (parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(time)
}

fn is_zone(text: &str) -> bool {
    let named = (3..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase());
    named || offset(text).is_some()
}

/// Zones whose abbreviation means one offset (IST and CST, which mean several, are left out), in minutes.
const ZONES: &[(&str, i32)] = &[
    ("UTC", 0),
    ("GMT", 0),
    ("WET", 0),
    ("WEST", 60),
    ("BST", 60),
    ("CET", 60),
    ("WAT", 60),
    ("CEST", 120),
    ("EET", 120),
    ("CAT", 120),
    ("SAST", 120),
    ("EEST", 180),
    ("MSK", 180),
    ("EAT", 180),
    ("IDT", 180),
    ("PKT", 300),
    ("WIB", 420),
    ("HKT", 480),
    ("AWST", 480),
    ("JST", 540),
    ("KST", 540),
    ("ACST", 570),
    ("AEST", 600),
    ("ACDT", 630),
    ("AEDT", 660),
    ("NZST", 720),
    ("NZDT", 780),
    ("NDT", -150),
    ("NST", -210),
    ("ADT", -180),
    ("AST", -240),
    ("EDT", -240),
    ("EST", -300),
    ("CDT", -300),
    ("MDT", -360),
    ("MST", -420),
    ("PDT", -420),
    ("PST", -480),
    ("AKDT", -480),
    ("AKST", -540),
    ("HST", -600),
];

/// The offset in seconds of `CET`, `+0530`, `+05:30` or `-03`.
fn offset(zone: &str) -> Option<i32> {
    if let Some((_, minutes)) = ZONES.iter().find(|(name, _)| *name == zone) {
        return Some(minutes * 60);
    }
    parse_offset(zone)
}

#[cfg(test)]
mod tests {
    use super::super::host::tests::check;
    use super::*;

    fn check_date(text: &str, date: &str, offset: i32, local: &str, zone: &str) {
        let expect = format!(
            "HostDate - {{\"date\":\"{date}\",\"offsetSeconds\":{offset},\"local\":\"{local}\",\"zone\":\"{zone}\"}}"
        );
        check(&READER, "n/systeminfo/date", text, &[&expect, "lists HostDate"]);
    }

    #[test]
    fn dates_give_the_instant_and_the_zone() {
        let at = "2026-11-22T03:43:32";
        check_date("Sun Nov 22 03:43:32 UTC 2026\n", "2026-11-22T03:43:32Z", 0, at, "UTC");
        check_date("Sun 22 Nov 03:43:32 GMT 2026\n", "2026-11-22T03:43:32Z", 0, at, "GMT");
        check_date("Sun 22 Nov 2026 03:43:32 AM CET\n", "2026-11-22T02:43:32Z", 3600, at, "CET");
        check_date(
            "Sunday, November 22, 2026 03:43:32 PM -03\n",
            "2026-11-22T18:43:32Z",
            -10800,
            "2026-11-22T15:43:32",
            "-03",
        );
        check_date("Sun, 22 Nov 2026 03:43:32 +0530\n", "2026-11-21T22:13:32Z", 19800, at, "+0530");
        check_date("2026-11-22T03:43:32+01:00\n", "2026-11-22T02:43:32Z", 3600, at, "+01:00");
        check_date("2026-11-22 03:43:32.123456789Z\n", "2026-11-22T03:43:32Z", 0, at, "UTC");
        check_date(
            "Thu Dec  4 12:15:58 AM UTC 2025\n",
            "2025-12-04T00:15:58Z",
            0,
            "2025-12-04T00:15:58",
            "UTC",
        );
    }

    #[test]
    fn a_zone_with_several_meanings_leaves_the_instant_unknown() {
        let known = "HostDate - {\"local\":\"2026-11-22T03:43:32\",\"zone\":\"IST\"} of local,zone";
        check(&READER, "n/systeminfo/date", "Sun Nov 22 03:43:32 IST 2026\n", &[known, "lists HostDate"]);
    }

    #[test]
    fn what_is_no_english_date_is_refused() {
        for text in [
            "Do 4. Dez 09:15:58 CET 2025\n",
            "mar 22 nov 2026 03:43:32 CET\n",
            "Sun Nov 31 03:43:32 UTC 2026\n",
            "Sun Nov 22 25:43:32 UTC 2026\n",
            "Sun Nov 22 13:43:32 PM UTC 2026\n",
            "Sun Nov 22 03:43:32 2026\n",
            "Sun Nov 22 22 03:43:32 UTC 2026\n",
            "2026-11-22\n",
        ] {
            check(&READER, "n/systeminfo/date", text, &["line 1"]);
        }
        let failed = "failed: date: command not found";
        check(&READER, "n/systeminfo/date", "date: command not found\n", &[failed]);
        check(&READER, "n/systeminfo/date", "", &[]);
    }

    #[test]
    fn a_loose_file_must_hold_a_date() {
        assert!((READER.sniff)("case/date.txt", b"Sun Nov 22 03:43:32 UTC 2026\n"));
        assert!(!(READER.sniff)("case/date.txt", b"2026-11-22 03:11:12 E | x\n"));
        assert!(!(READER.sniff)("case/creation", b"Sun Nov 22 03:43:32 UTC 2026\n"));
    }
}
