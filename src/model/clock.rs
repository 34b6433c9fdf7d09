//! Stamps → times: the year from the capture, the zone from the machine.

use crate::base::stamp::SECOND;
use crate::base::{Basis, Stamp, Time};

/// How the stamps of one stream become times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// When the stream was captured: gives the year.
    pub anchor: Option<Time>,
    /// Seconds east of UTC for stamps without a zone.
    pub zone: i32,
}

/// A line may be this much younger than the capture: collecting takes a while, and clocks differ.
const AHEAD: i64 = 24 * 3600 * SECOND;

impl Clock {
    /// The instant of a stamp; `None` without a year where none can be inferred.
    #[must_use]
    pub fn time(&self, stamp: Stamp) -> Option<Time> {
        let zone = i64::from(self.zone) * SECOND;
        match stamp.basis {
            Basis::Utc => Some(Time(stamp.ns)),
            Basis::Local => Some(Time(stamp.ns.saturating_sub(zone))),
            Basis::Yearless => {
                let anchor = self.anchor?.0.saturating_add(zone);
                let year = civil(anchor)?.year();
                // 29 February may need up to eight years of going back (1896 to 1904, 2096 to 2104).
                (0..=8)
                    .filter_map(|back| in_year(stamp.ns, year + 1 - back))
                    .find(|ns| *ns <= anchor.saturating_add(AHEAD))
                    .map(|ns| Time(ns.saturating_sub(zone)))
            }
        }
    }
}

fn civil(ns: i64) -> Option<jiff::civil::DateTime> {
    let at = jiff::Timestamp::from_nanosecond(i128::from(ns)).ok()?;
    Some(jiff::tz::Offset::UTC.to_datetime(at))
}

/// The same month, day and time in another year; `None` when that day is not in it.
fn in_year(ns: i64, year: i16) -> Option<i64> {
    let at = civil(ns)?;
    let moved = jiff::civil::Date::new(year, at.month(), at.day()).ok()?.to_datetime(at.time());
    let instant = jiff::tz::Offset::UTC.to_timestamp(moved).ok()?;
    i64::try_from(instant.as_nanosecond()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(month: i8, day: i8, hour: i8, anchor: &str, expect: &str) {
        let stamp = Stamp::from_civil(None, month, day, (hour, 0, 0), 0, None).unwrap();
        let clock = Clock { anchor: Time::parse(anchor), zone: 0 };
        assert_eq!(clock.time(stamp).unwrap().to_string(), expect);
    }

    #[test]
    fn the_year_is_the_last_one_that_is_not_after_the_capture() {
        check(11, 22, 3, "2026-11-22T03:11:34Z", "2026-11-22T03:00:00Z");
        check(12, 31, 23, "2026-01-02T00:00:00Z", "2025-12-31T23:00:00Z");
        check(1, 1, 0, "2025-12-31T23:59:00Z", "2026-01-01T00:00:00Z");
        check(11, 23, 3, "2026-11-22T02:00:00Z", "2025-11-23T03:00:00Z");
        check(2, 29, 3, "2026-03-01T00:00:00Z", "2024-02-29T03:00:00Z");
    }

    #[test]
    fn the_zone_is_taken_off() {
        let stamp = Stamp::from_civil(Some(2026), 11, 22, (3, 0, 0), 0, None).unwrap();
        let clock = Clock { anchor: None, zone: 3600 };
        assert_eq!(clock.time(stamp).unwrap().to_string(), "2026-11-22T02:00:00Z");
    }

    #[test]
    fn without_an_anchor_a_yearless_stamp_has_no_time() {
        let stamp = Stamp::from_civil(None, 11, 22, (3, 0, 0), 0, None).unwrap();
        assert_eq!(Clock::default().time(stamp), None);
    }
}
