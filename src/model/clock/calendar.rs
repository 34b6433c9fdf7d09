//! Years and places within a year, on a clock without a zone. Proleptic Gregorian, in nanoseconds since 1970.
//!
//! A place counts within a leap year (1972, as [`Stamp`] does), so that every day of any year has one.

use crate::base::Stamp;
use crate::base::stamp::SECOND;

/// Nanoseconds in a day.
pub(super) const DAY: i64 = 86_400 * SECOND;

/// The day of a leap year that other years lack, counted from 0.
const LEAP_DAY: i64 = 31 + 28;

/// A moment by its year and its nanoseconds since the start of a leap year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) year: i64,
    pub(super) within: i64,
}

pub(super) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days from 1970 to the start of a year.
fn first_day(year: i64) -> i64 {
    let past = year - 1;
    // 719 162 days lie between the start of year 1 and 1970.
    past * 365 + past.div_euclid(4) - past.div_euclid(100) + past.div_euclid(400) - 719_162
}

/// The nanoseconds of a yearless stamp since the start of its leap year; `None` if it is of no such year.
pub(super) fn within(yearless: i64) -> Option<i64> {
    let within = yearless.checked_sub(first_day(i64::from(Stamp::YEARLESS)) * DAY)?;
    (0..366 * DAY).contains(&within).then_some(within)
}

/// The year and the place within it of a moment.
pub(super) fn place(ns: i64) -> Place {
    let (days, rest) = (ns.div_euclid(DAY), ns.rem_euclid(DAY));
    // 366 days make a year too early by at most one in the three centuries that fit into 64 bits.
    let mut year = 1970 + days.div_euclid(366);
    while first_day(year + 1) <= days {
        year += 1;
    }
    let mut day = days - first_day(year);
    if !is_leap(year) && day >= LEAP_DAY {
        day += 1;
    }
    Place { year, within: day * DAY + rest }
}

/// The moment of a place. In a year that has no 29 February, that day counts as 1 March.
pub(super) fn nearly(Place { year, within }: Place) -> i64 {
    let (mut day, rest) = (within.div_euclid(DAY), within.rem_euclid(DAY));
    if !is_leap(year) && day > LEAP_DAY {
        day -= 1;
    }
    (first_day(year) + day).saturating_mul(DAY).saturating_add(rest)
}

pub(super) fn is_leap_day(within: i64) -> bool {
    within.div_euclid(DAY) == LEAP_DAY
}

/// The moment of a place; `None` for 29 February in a year that has none.
fn exactly(place: Place) -> Option<i64> {
    (is_leap(place.year) || !is_leap_day(place.within)).then(|| nearly(place))
}

/// The last year in which a place is not after a moment, a 29 February counted in every year.
pub(super) fn last_year(within: i64, bound: i64) -> i64 {
    let year = place(bound).year;
    if nearly(Place { year, within }) <= bound { year } else { year - 1 }
}

/// The last moment of a place that is not after `bound`.
pub(super) fn last(within: i64, bound: i64) -> Option<i64> {
    let year = last_year(within, bound);
    // From one 29 February to the one before there may be eight years (1904 and 1896, 2104 and 2096).
    (0..=8).find_map(|back| exactly(Place { year: year - back, within }))
}

/// The moment of a place in the year that brings it nearest to another moment.
pub(super) fn nearest(within: i64, to: i64) -> Option<i64> {
    let year = place(to).year;
    let years = (year - 1..=year + 1).filter_map(|year| exactly(Place { year, within }));
    years.min_by_key(|ns| ns.abs_diff(to))
}

/// The same place some years later.
pub(super) fn shift(ns: i64, years: i64) -> i64 {
    let place = place(ns);
    nearly(Place { year: place.year + years, ..place })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Time;

    fn ns(text: &str) -> i64 {
        Time::parse(text).unwrap().0
    }

    #[test]
    fn moments_and_places_agree() {
        for (text, year) in [
            ("1970-01-01T00:00:00Z", 1970),
            ("1969-12-31T23:59:59.999999999Z", 1969),
            ("2024-02-29T12:00:00Z", 2024),
            ("2024-12-31T23:59:59Z", 2024),
            ("2025-03-01T00:00:00Z", 2025),
            ("2100-02-28T23:00:00Z", 2100),
            ("2100-03-01T00:00:00Z", 2100),
            ("1700-06-01T00:00:00Z", 1700),
            ("2262-01-01T00:00:00Z", 2262),
        ] {
            let place = place(ns(text));
            assert_eq!((place.year, Time(nearly(place)).to_string().as_str()), (year, text));
        }
        for ns in [i64::MIN, i64::MAX] {
            assert!((1677..=2262).contains(&place(ns).year));
        }
    }

    #[test]
    fn the_last_29_february_is_in_a_leap_year() {
        let leap_day = place(ns("2024-02-29T12:00:00Z")).within;
        for (bound, expect) in [
            ("2026-11-22T00:00:00Z", "2024-02-29T12:00:00Z"),
            ("2028-02-29T11:00:00Z", "2024-02-29T12:00:00Z"),
            ("2028-02-29T12:00:00Z", "2028-02-29T12:00:00Z"),
            ("2103-01-01T00:00:00Z", "2096-02-29T12:00:00Z"),
        ] {
            assert_eq!(last(leap_day, ns(bound)).map(|ns| Time(ns).to_string()).as_deref(), Some(expect));
        }
    }

    #[test]
    fn the_nearest_year_may_be_the_one_before_or_after() {
        let check = |place_of: &str, to: &str, expect: &str| {
            let within = place(ns(place_of)).within;
            assert_eq!(nearest(within, ns(to)).map(|ns| Time(ns).to_string()).as_deref(), Some(expect));
        };
        check("2020-12-31T23:30:00Z", "2026-01-01T00:10:00Z", "2025-12-31T23:30:00Z");
        check("2020-01-01T00:30:00Z", "2025-12-31T23:50:00Z", "2026-01-01T00:30:00Z");
        check("2020-06-01T00:00:00Z", "2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z");
    }

    #[test]
    fn a_stamp_of_another_year_than_the_leap_year_has_no_place() {
        assert_eq!(within(ns("1972-01-01T00:00:00Z")), Some(0));
        assert_eq!(within(ns("1972-12-31T00:00:00Z")), Some(365 * DAY));
        for text in ["1971-12-31T23:59:59Z", "1973-01-01T00:00:00Z"] {
            assert_eq!(within(ns(text)), None);
        }
        assert_eq!(within(i64::MIN), None);
    }
}
