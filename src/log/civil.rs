//! Dates and times as programs write them, read from the start of a text.
//!
//! Every reader returns the stamp and what follows it. Sources: RFC 3339 for the ISO forms, Go's `log` package
//! (`LstdFlags`) for the slashes, klog.go (`formatHeader`) for month and day without a separator, `journalctl -o
//! short` and RFC 3164 for named months, util-linux `dmesg -T` for `ctime`.

use crate::base::Stamp;
use crate::base::stamp::SECOND;

/// Reads fixed-width parts off the front of a text.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'c> {
    /// What has not been read yet.
    pub(super) rest: &'c str,
}

impl<'c> Cursor<'c> {
    pub(super) fn new(rest: &'c str) -> Self {
        Self { rest }
    }

    pub(super) fn literal(&mut self, literal: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(literal)?;
        Some(())
    }

    /// Exactly `width` decimal digits.
    pub(super) fn digits(&mut self, width: usize) -> Option<i32> {
        let (head, tail) = self.rest.split_at_checked(width)?;
        if !head.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        self.rest = tail;
        head.parse().ok()
    }

    fn two_digits(&mut self) -> Option<i8> {
        self.digits(2).and_then(|value| i8::try_from(value).ok())
    }

    /// A day of the month, padded with a zero or a space.
    fn day(&mut self) -> Option<i8> {
        match self.rest.strip_prefix(' ') {
            Some(tail) => {
                self.rest = tail;
                self.digits(1).and_then(|value| i8::try_from(value).ok())
            }
            None => self.two_digits(),
        }
    }

    fn month_name(&mut self) -> Option<i8> {
        const MONTHS: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let (head, tail) = self.rest.split_at_checked(3)?;
        let month = MONTHS.iter().position(|name| *name == head)?;
        self.rest = tail;
        i8::try_from(month + 1).ok()
    }

    fn clock(&mut self) -> Option<(i8, i8, i8)> {
        let hour = self.two_digits()?;
        self.literal(":")?;
        let minute = self.two_digits()?;
        self.literal(":")?;
        let second = self.two_digits()?;
        Some((hour, minute, second))
    }

    /// An optional fraction of a second after `.` or `,`: nanoseconds and the number of digits. Digits after the
    /// ninth are read and dropped.
    fn fraction(&mut self) -> (i32, usize) {
        let Some(tail) = self.rest.strip_prefix(['.', ',']) else { return (0, 0) };
        let n_digits = tail.bytes().take_while(u8::is_ascii_digit).count();
        let Some((digits, after)) = tail.split_at_checked(n_digits) else { return (0, 0) };
        if n_digits == 0 {
            return (0, 0);
        }
        self.rest = after;
        let nanos = digits
            .bytes()
            .chain(std::iter::repeat(b'0'))
            .take(9)
            .fold(0, |sum, b| sum * 10 + i32::from(b - b'0'));
        (nanos, n_digits)
    }

    /// An optional offset: `Z`, `+hh:mm` or `+hhmm`, in seconds east of UTC.
    fn offset(&mut self) -> Option<i32> {
        if let Some(tail) = self.rest.strip_prefix('Z') {
            self.rest = tail;
            return Some(0);
        }
        let mut ahead = *self;
        let sign = match ahead.literal("+") {
            Some(()) => 1,
            None => ahead.literal("-").map(|()| -1)?,
        };
        let hours = ahead.digits(2)?;
        ahead.rest = ahead.rest.strip_prefix(':').unwrap_or(ahead.rest);
        let minutes = ahead.digits(2)?;
        if ahead.rest.starts_with(|c: char| c.is_ascii_digit()) || minutes > 59 {
            return None;
        }
        *self = ahead;
        Some(sign * (hours * 3600 + minutes * 60))
    }
}

/// A stamp, and what follows it.
pub(super) struct Dated<'c> {
    pub(super) stamp: Stamp,
    /// How many digits the fraction of a second had.
    pub(super) n_fraction_digits: usize,
    pub(super) rest: &'c str,
}

/// `2021-05-04T12:00:00.123Z` with `T` or a space, any fraction, and any form of offset or none (then the zone is
/// open).
pub(super) fn iso(text: &str) -> Option<Dated<'_>> {
    let mut cursor = Cursor::new(text);
    let year = cursor.digits(4)?;
    cursor.literal("-")?;
    let month = cursor.two_digits()?;
    cursor.literal("-")?;
    let day = cursor.two_digits()?;
    cursor.rest = cursor.rest.strip_prefix(['T', ' '])?;
    finish(cursor, year, month, day)
}

/// [`iso`] with an offset that stands apart, as Ruby and Go's `Time.String` write it: `2021-05-04 12:00:00 +0200`.
pub(super) fn iso_spaced(text: &str) -> Option<Dated<'_>> {
    let dated = iso(text)?;
    let mut cursor = Cursor::new(dated.rest);
    let apart = cursor.literal(" ").and_then(|()| cursor.rest.starts_with(['+', '-']).then_some(()));
    match apart.and_then(|()| cursor.offset()).filter(|_| dated.stamp.basis == crate::base::Basis::Local) {
        Some(seconds) => {
            let ns = dated.stamp.ns.checked_sub(i64::from(seconds).checked_mul(SECOND)?)?;
            Some(Dated { stamp: Stamp { ns, basis: crate::base::Basis::Utc }, rest: cursor.rest, ..dated })
        }
        None => Some(dated),
    }
}

/// [`iso`] only if an offset was written, so that the stamp is an instant.
pub(super) fn instant(text: &str) -> Option<Dated<'_>> {
    iso(text).filter(|dated| dated.stamp.basis == crate::base::Basis::Utc)
}

/// `2021/05/04 12:00:00`, with or without a fraction.
pub(super) fn slashes(text: &str) -> Option<Dated<'_>> {
    let mut cursor = Cursor::new(text);
    let year = cursor.digits(4)?;
    cursor.literal("/")?;
    let month = cursor.two_digits()?;
    cursor.literal("/")?;
    let day = cursor.two_digits()?;
    cursor.literal(" ")?;
    finish(cursor, year, month, day)
}

fn finish(mut cursor: Cursor<'_>, year: i32, month: i8, day: i8) -> Option<Dated<'_>> {
    let clock = cursor.clock()?;
    let (nanos, n_fraction_digits) = cursor.fraction();
    let offset = cursor.offset();
    let year = i16::try_from(year).ok()?;
    let stamp = Stamp::from_civil(Some(year), month, day, clock, nanos, offset)?;
    Some(Dated { stamp, n_fraction_digits, rest: cursor.rest })
}

/// `0508 04:44:41.405968`, as klog writes it.
pub(super) fn klog(text: &str) -> Option<Dated<'_>> {
    let mut cursor = Cursor::new(text);
    let month = cursor.two_digits()?;
    let day = cursor.two_digits()?;
    cursor.literal(" ")?;
    yearless(cursor, month, day)
}

/// `May  8 04:44:41` or `May 08 04:44:41.405968`.
pub(super) fn month_day(text: &str) -> Option<Dated<'_>> {
    let mut cursor = Cursor::new(text);
    let month = cursor.month_name()?;
    cursor.literal(" ")?;
    let day = cursor.day()?;
    cursor.literal(" ")?;
    yearless(cursor, month, day)
}

fn yearless(mut cursor: Cursor<'_>, month: i8, day: i8) -> Option<Dated<'_>> {
    let clock = cursor.clock()?;
    let (nanos, n_fraction_digits) = cursor.fraction();
    let stamp = Stamp::from_civil(None, month, day, clock, nanos, None)?;
    Some(Dated { stamp, n_fraction_digits, rest: cursor.rest })
}

/// `Sun Nov 22 02:29:21 2026`, as `ctime` writes it; the zone is open.
pub(super) fn ctime(text: &str) -> Option<Dated<'_>> {
    let mut cursor = Cursor::new(weekday(text)?);
    let month = cursor.month_name()?;
    cursor.literal(" ")?;
    let day = cursor.day()?;
    cursor.literal(" ")?;
    let clock = cursor.clock()?;
    cursor.literal(" ")?;
    let year = i16::try_from(cursor.digits(4)?).ok()?;
    let stamp = Stamp::from_civil(Some(year), month, day, clock, 0, None)?;
    Some(Dated { stamp, n_fraction_digits: 0, rest: cursor.rest })
}

/// `Sat 2021-05-08 04:44:41 UTC`, as systemd writes it (`FORMAT_TIMESTAMP`): the stamp, the zone, and what follows. The
/// abbreviation of a zone does not tell its offset, except `UTC`; zones without one are written as their offset.
pub(super) fn full(text: &str) -> Option<(Stamp, &str, &str)> {
    let dated = iso(weekday(text)?)?;
    let zone = dated.rest.strip_prefix(' ')?;
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-');
    let (zone, rest) = zone.split_at_checked(zone.bytes().take_while(plain).count())?;
    if zone.is_empty() || zone.len() > 6 {
        return None;
    }
    let basis = crate::base::Basis::Utc;
    let stamp = match zone_offset(zone) {
        Some(seconds) => {
            Stamp { ns: dated.stamp.ns.checked_sub(i64::from(seconds).checked_mul(SECOND)?)?, basis }
        }
        None => dated.stamp,
    };
    Some((stamp, zone, rest))
}

/// `UTC`, `+08` or `-0330` in seconds east of UTC.
fn zone_offset(zone: &str) -> Option<i32> {
    if matches!(zone, "UTC" | "GMT") {
        return Some(0);
    }
    let mut cursor = Cursor::new(zone);
    if let Some(seconds) = cursor.offset() {
        return cursor.rest.is_empty().then_some(seconds);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    cursor.rest = zone.strip_prefix(['+', '-'])?;
    let hours = cursor.digits(2)?;
    cursor.rest.is_empty().then_some(sign * hours * 3600)
}

/// `04/May/2021:12:00:00 +0000`, as access logs write it, or `04/May/2021 12:00:00` (Python's `http.server`), whose zone
/// is open.
pub(super) fn access(text: &str) -> Option<Dated<'_>> {
    let mut cursor = Cursor::new(text);
    let day = cursor.two_digits()?;
    cursor.literal("/")?;
    let month = cursor.month_name()?;
    cursor.literal("/")?;
    let year = i16::try_from(cursor.digits(4)?).ok()?;
    let has_zone = cursor.literal(":").is_some();
    if !has_zone {
        cursor.literal(" ")?;
    }
    let clock = cursor.clock()?;
    let offset = if has_zone {
        cursor.literal(" ")?;
        Some(cursor.offset()?)
    } else {
        None
    };
    let stamp = Stamp::from_civil(Some(year), month, day, clock, 0, offset)?;
    Some(Dated { stamp, n_fraction_digits: 0, rest: cursor.rest })
}

/// Takes `Sun ` off.
pub(super) fn weekday(text: &str) -> Option<&str> {
    let (day, rest) = text.split_once(' ')?;
    ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].contains(&day).then_some(rest)
}

/// A time that stands alone: any ISO form, `2021/05/04 12:00:00`, a number of seconds, milliseconds, microseconds or
/// nanoseconds since the epoch, or such a number as Windows PowerShell writes it (`/Date(1700000000000)/`, in
/// milliseconds).
pub(super) fn whole(text: &str) -> Option<Stamp> {
    if let Some(date) = text.strip_prefix("/Date(") {
        return epoch(date.strip_suffix(")/")?);
    }
    match iso(text).or_else(|| slashes(text)) {
        Some(dated) => dated.rest.is_empty().then_some(dated.stamp),
        None => epoch(text),
    }
}

/// A number since the epoch. Its size tells the unit: programs write times after 2001, and 1e9 seconds were over
/// in September of that year.
pub(super) fn epoch(text: &str) -> Option<Stamp> {
    let basis = crate::base::Basis::Utc;
    if let Ok(whole) = text.parse::<i64>() {
        let factor = match whole {
            ..1_000_000_000 => return None,
            1_000_000_000..1_000_000_000_000 => SECOND,
            1_000_000_000_000..1_000_000_000_000_000 => 1_000_000,
            1_000_000_000_000_000..1_000_000_000_000_000_000 => 1_000,
            _ => 1,
        };
        return Some(Stamp { ns: whole.checked_mul(factor)?, basis });
    }
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let number: f64 = text.parse().ok()?;
    let micros = match number {
        1e9..1e12 => number * 1e6,
        1e12..1e15 => number * 1e3,
        1e15..1e18 => number,
        1e18..9e18 => number / 1e3,
        _ => return None,
    };
    // A double holds such a number to about a quarter of a microsecond, so digits below that are noise.
    Some(Stamp { ns: (micros.round() as i64).checked_mul(1_000)?, basis })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Basis, Time};

    fn utc(text: &str) -> String {
        let stamp = whole(text).unwrap_or_else(|| panic!("{text} is a time"));
        assert_eq!(stamp.basis, Basis::Utc, "{text}");
        Time(stamp.ns).to_string()
    }

    #[test]
    fn every_form_of_offset_is_read() {
        for text in [
            "2022-09-27T09:32:12.5Z",
            "2022-09-27T11:32:12.500+02:00",
            "2022-09-27T11:32:12.5+0200",
            "2022-09-27 04:02:12,5-0530",
        ] {
            assert_eq!(utc(text), "2022-09-27T09:32:12.5Z", "{text}");
        }
    }

    #[test]
    fn the_size_of_a_number_tells_its_unit() {
        for text in [
            "1620449081.405968",
            "1.620449081405968e+09",
            "1620449081405.968",
            "1620449081405968",
            "1620449081405968000",
            "1.620449081405968e+18",
            "/Date(1620449081405.968)/",
        ] {
            assert_eq!(utc(text), "2021-05-08T04:44:41.405968Z", "{text}");
        }
        for text in ["", "30", "-1620449081", "999999999", "1e30", "NaN", "inf", "99999999999999999999"] {
            assert_eq!(whole(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_not_a_time_is_refused() {
        for text in
            ["2021-13-04T12:00:00Z", "2021-05-04", "2021-05-04T12:00", "2021-05-04T12:00:00Zzz", "éé-05"]
        {
            assert_eq!(whole(text), None, "{text}");
        }
    }

    #[test]
    fn a_fraction_may_have_more_than_nine_digits() {
        assert_eq!(utc("2021-05-04T12:00:00.12345678912Z"), "2021-05-04T12:00:00.123456789Z");
    }

    #[test]
    fn an_offset_may_stand_apart() {
        for (text, expected, rest) in [
            ("2021-05-04 12:00:00 +0200 [info]", "2021-05-04T10:00:00Z", " [info]"),
            ("2021-05-04 12:00:00.5 -03:30", "2021-05-04T15:30:00.5Z", ""),
            ("2021-05-04T12:00:00Z +0200", "2021-05-04T12:00:00Z", " +0200"),
            ("2021-05-04 12:00:00 -x", "2021-05-04T12:00:00", " -x"),
        ] {
            let dated = iso_spaced(text).unwrap();
            assert_eq!(crate::log::stamp_text(Some(dated.stamp)), expected, "{text}");
            assert_eq!(dated.rest, rest, "{text}");
        }
    }

    #[test]
    fn systemd_names_the_zone_or_its_offset() {
        for (text, expected) in [
            ("Sat 2021-05-08 04:44:41 UTC x", "2021-05-08T04:44:41Z UTC"),
            ("Sat 2021-05-08 04:44:41 CEST, x", "2021-05-08T04:44:41 CEST"),
            ("Sat 2021-05-08 04:44:41 +08 x", "2021-05-07T20:44:41Z +08"),
            ("Sat 2021-05-08 04:44:41 -0330. --", "2021-05-08T08:14:41Z -0330"),
        ] {
            let (stamp, zone, _) = full(text).unwrap();
            assert_eq!(format!("{} {zone}", crate::log::stamp_text(Some(stamp))), expected, "{text}");
        }
        for text in [
            "Sat 2021-05-08 04:44:41",
            "Sat 2021-05-08 04:44:41  x",
            "2021-05-08 04:44:41 UTC",
            "Sat 2021-02-30 04:44:41 UTC",
        ] {
            assert!(full(text).is_none(), "{text}");
        }
    }
}
