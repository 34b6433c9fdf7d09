//! Times as log lines give them, and times as we compare them.
//!
//! A [`Stamp`] is what one line says: klog writes no year, capnslog writes no zone. A [`Time`] is an instant in
//! UTC. Only `model::clock` turns the first into the second, because only there the anchor (when the bundle was
//! captured, in which zone) is known.

use serde::{Serialize, Serializer};

/// Nanoseconds in a second.
pub const SECOND: i64 = 1_000_000_000;

/// How much of a date a line gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// Year and offset were written: the stamp is an instant.
    Utc,
    /// The year was written, the zone was not (capnslog, nginx, Rancher server).
    Local,
    /// Neither year nor zone was written (klog, journald short, RFC 3164). Counted within the leap year 1972,
    /// so that 29 February survives until the year is known.
    Yearless,
}

/// A point in time as one line gives it: nanoseconds since 1970-01-01T00:00:00 on the writer's own clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// Nanoseconds since the epoch, as if the clock that wrote the line were UTC.
    pub ns: i64,
    /// Which parts of the date were written and which are assumed.
    pub basis: Basis,
}

impl Stamp {
    /// The year within which [`Basis::Yearless`] stamps are counted.
    pub const YEARLESS: i16 = 1972;

    /// Builds a stamp from civil parts; `year: None` makes it yearless, `offset: None` leaves the zone open.
    /// `offset` is seconds east of UTC. Returns `None` for a date that does not exist.
    #[must_use]
    pub fn from_civil(
        year: Option<i16>,
        month: i8,
        day: i8,
        (hour, minute, second): (i8, i8, i8),
        nanos: i32,
        offset: Option<i32>,
    ) -> Option<Self> {
        // A leap second is written as :60; jiff has none, so it becomes the last second of the minute.
        let second = second.min(59);
        let date = jiff::civil::DateTime::new(
            year.unwrap_or(Self::YEARLESS),
            month,
            day,
            hour,
            minute,
            second,
            nanos,
        )
        .ok()?;
        let zone = jiff::tz::Offset::from_seconds(offset.unwrap_or(0)).ok()?;
        let ns = i64::try_from(zone.to_timestamp(date).ok()?.as_nanosecond()).ok()?;
        let basis = match (year, offset) {
            (None, _) => Basis::Yearless,
            (Some(_), None) => Basis::Local,
            (Some(_), Some(_)) => Basis::Utc,
        };
        Some(Self { ns, basis })
    }
}

/// The earliest and latest of stamps that say most of the date: a stamp without a year cannot be compared to others.
pub fn extremes(stamps: impl IntoIterator<Item = Stamp>) -> Option<(Stamp, Stamp)> {
    stamps.into_iter().fold(None, |ends: Option<(Stamp, Stamp)>, stamp| match ends {
        Some((first, last)) if stamp.basis == first.basis => Some((first.min(stamp), last.max(stamp))),
        Some((first, _)) if stamp.basis > first.basis => ends,
        _ => Some((stamp, stamp)),
    })
}

/// An instant: nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// Seconds from `earlier` to `self`; negative when `self` comes first.
    #[must_use]
    pub fn seconds_since(self, earlier: Time) -> f64 {
        (self.0.saturating_sub(earlier.0)) as f64 / SECOND as f64
    }

    /// Reads RFC 3339, with any number of fraction digits. Returns `None` for anything else. What lies outside of the
    /// years 1678 to 2261 becomes the nearest instant within: a certificate without an end says 9999.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let at: jiff::Timestamp = text.parse().ok()?;
        let ns = at.as_nanosecond().clamp(i128::from(i64::MIN), i128::from(i64::MAX));
        i64::try_from(ns).ok().map(Time)
    }

    /// Reads RFC 3339, with or without a zone; without one it is taken for UTC.
    #[must_use]
    pub fn parse_assuming_utc(text: &str) -> Option<Self> {
        Self::parse(text).or_else(|| Self::parse(&format!("{text}Z")))
    }

    /// The time in UTC in a form of `strftime`.
    #[must_use]
    pub fn format(self, form: &str) -> String {
        match jiff::Timestamp::from_nanosecond(i128::from(self.0)) {
            Ok(at) => at.strftime(form).to_string(),
            Err(_) => "out of range".to_owned(),
        }
    }

    /// The instant to whole seconds, for people: `2026-11-22 03:11:12`.
    #[must_use]
    pub fn to_seconds_text(self) -> String {
        match jiff::Timestamp::from_nanosecond(i128::from(self.0)) {
            Ok(at) => at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            Err(_) => "out of range".to_owned(),
        }
    }
}

/// RFC 3339 in UTC, with as many fraction digits as needed.
impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match jiff::Timestamp::from_nanosecond(i128::from(self.0)) {
            Ok(at) => write!(f, "{at}"),
            Err(_) => f.write_str("out of range"),
        }
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// From the first to the last instant of something; both ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TimeSpan {
    /// The earliest instant.
    pub first: Time,
    /// The latest instant.
    pub last: Time,
}

impl TimeSpan {
    /// The span that holds only `at`.
    #[must_use]
    pub fn at(at: Time) -> Self {
        Self { first: at, last: at }
    }

    /// Grows the span so that it holds `at`.
    pub fn include(&mut self, at: Time) {
        self.first = self.first.min(at);
        self.last = self.last.max(at);
    }

    /// The smallest span that holds both, where either may be missing.
    #[must_use]
    pub fn join(a: Option<Self>, b: Option<Self>) -> Option<Self> {
        match (a, b) {
            (Some(a), Some(b)) => Some(Self { first: a.first.min(b.first), last: a.last.max(b.last) }),
            (a, b) => a.or(b),
        }
    }
}

/// Reads a zone that is written as a number, `+05`, `+0530` or `+05:30`: seconds east of UTC. `None` for anything else.
#[must_use]
pub fn parse_offset(text: &str) -> Option<i32> {
    let digits = text.strip_prefix(['+', '-'])?.replace(':', "");
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes): (i32, i32) = match digits.len() {
        2 => (digits.parse().ok()?, 0),
        4 => (digits.get(..2)?.parse().ok()?, digits.get(2..)?.parse().ok()?),
        _ => return None,
    };
    let seconds = hours * 3600 + minutes * 60;
    Some(if text.starts_with('-') { -seconds } else { seconds })
}

/// Reads a duration as rules and Go write it: `90s`, `10m`, `1h30m`, `123.9ms`, `2d`. Returns seconds.
#[must_use]
pub fn parse_duration(text: &str) -> Option<f64> {
    let mut seconds = 0.0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(end);
        let value: f64 = number.parse().ok()?;
        let unit_end = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        seconds += value
            * match unit {
                "ns" => 1e-9,
                "us" | "µs" | "μs" => 1e-6,
                "ms" => 1e-3,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                "d" => 86_400.0,
                "y" => 365.0 * 86_400.0,
                _ => return None,
            };
        rest = tail;
    }
    Some(seconds)
}

/// Seconds as a person says them: `45 s`, `12 min`, `3 h 20 min`, `5 d 4 h`.
#[must_use]
pub fn duration_text(seconds: f64) -> String {
    let whole = seconds.abs().round() as i64;
    let (days, hours, minutes) = (whole / 86_400, whole % 86_400 / 3600, whole % 3600 / 60);
    match (days, hours, minutes) {
        (0, 0, 0) if seconds.abs() < 1.0 => format!("{:.0} ms", seconds.abs() * 1000.0),
        (0, 0, 0) => format!("{whole} s"),
        (0, 0, m) if m < 10 && whole % 60 != 0 => format!("{m} min {} s", whole % 60),
        (0, 0, m) => format!("{m} min"),
        (0, h, 0) => format!("{h} h"),
        (0, h, m) => format!("{h} h {m} min"),
        (d, 0, _) => format!("{d} d"),
        (d, h, _) => format!("{d} d {h} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_without_a_year_keeps_29_february() {
        let stamp = Stamp::from_civil(None, 2, 29, (1, 2, 3), 0, None).unwrap();
        assert_eq!(stamp.basis, Basis::Yearless);
        assert_eq!(Time(stamp.ns).to_string(), "1972-02-29T01:02:03Z");
    }

    #[test]
    fn an_offset_moves_the_instant() {
        let stamp = Stamp::from_civil(Some(2022), 9, 27, (11, 32, 12), 0, Some(7200)).unwrap();
        assert_eq!(Time(stamp.ns).to_string(), "2022-09-27T09:32:12Z");
    }

    #[test]
    fn dates_that_do_not_exist_are_refused() {
        assert_eq!(Stamp::from_civil(Some(2026), 2, 29, (0, 0, 0), 0, None), None);
        assert_eq!(Stamp::from_civil(Some(2026), 13, 1, (0, 0, 0), 0, None), None);
    }

    #[test]
    fn durations_read_as_go_writes_them() {
        for (text, seconds) in
            [("90s", 90.0), ("10m", 600.0), ("1h30m", 5400.0), ("123.5ms", 0.1235), ("2d", 172_800.0)]
        {
            assert_eq!(parse_duration(text), Some(seconds), "{text}");
        }
        for text in ["", "10", "m", "5 parsecs", "1h nonsense"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn durations_are_said_as_people_say_them() {
        for (seconds, text) in [
            (0.25, "250 ms"),
            (45.0, "45 s"),
            (110.0, "1 min 50 s"),
            (12_000.0, "3 h 20 min"),
            (446_400.0, "5 d 4 h"),
        ] {
            assert_eq!(duration_text(seconds), text);
        }
    }
}
