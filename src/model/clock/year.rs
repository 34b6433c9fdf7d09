//! The years of lines that give none.
//!
//! A line is in the last year that does not put it after the stream's end. Lines that give their year overrule what is
//! known of the end. Lines of more than a year are told apart by where they stand in the file.

use super::calendar::{self, DAY, Place};
use crate::base::{Time, TimeSpan};

/// A line may be this much later than the end of its stream: collecting takes hours, a zone taken for UTC is up to 14
/// hours off, and clocks differ. More would cost lines that are almost a year old, and there are few; less would put
/// fresh lines a year back.
pub(super) const AHEAD: i64 = DAY;

const YEAR: i64 = 365 * DAY;

/// What falls back by this much comes from the next year. Less is a block that was put behind another.
const NEXT_YEAR: i64 = -(YEAR - 92 * DAY);

/// Lines may be out of order by this much.
const JITTER: i64 = 2 * DAY;

/// One line in this many may be out of order in a stream that is said to be in order.
const ORDERLY: usize = 20;

/// A part of a stream that is told apart from the others is at most this long.
const PART: i64 = 183 * DAY;

/// A 29 February speaks for lines of this long before and after it.
const NEIGHBOURS: i64 = 30 * DAY;

/// More parts than this (30 years) are noise.
const PARTS_MAX: usize = 64;

/// What a line says of its date, on the writer's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// Where it stands in the file, in bytes.
    pub(super) at: u64,
    /// Its nanoseconds since the start of a leap year.
    pub(super) within: i64,
    /// Its year, if it can be told without the other lines.
    pub(super) year: Option<i64>,
}

/// Which year a place within a year is in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Years {
    /// No line is later than this; `None` if nothing is known.
    pub(super) end: Option<i64>,
    /// From these bytes on, no line is later than that: parts of a stream of more than a year, in order.
    pub(super) parts: Vec<(u64, i64)>,
}

impl Years {
    /// The moment of a place for a line of which it is not known where it stands.
    pub(super) fn moment(&self, within: i64) -> Option<i64> {
        calendar::last(within, self.end?)
    }

    /// The moment of a place for a line at this byte.
    pub(super) fn moment_at(&self, at: u64, within: i64) -> Option<i64> {
        let reached = self.parts.partition_point(|(from, _)| *from <= at).max(1) - 1;
        match self.parts.get(reached) {
            Some((_, end)) => calendar::last(within, *end),
            None => self.moment(within),
        }
    }

    /// Decides from the lines in the order of the file, and from the moment after which there are none.
    pub(super) fn infer(marks: &[Mark], end: Option<i64>) -> Self {
        let Some(end) = end.or_else(|| end_of_dated(marks)) else { return Self::default() };
        let guess: Vec<Place> = marks
            .iter()
            .map(|mark| Place { year: calendar::last_year(mark.within, end), within: mark.within })
            .collect();
        let moments: Vec<i64> = guess.iter().map(|place| calendar::nearly(*place)).collect();
        let passed = years_passed(&moments);
        let years: Vec<i64> = guess.iter().zip(passed).map(|(place, passed)| place.year - passed).collect();
        let years = correct(marks, &years);
        let mut moved = guess.iter().zip(&years).map(|(place, year)| year - place.year);
        let by = moved.next().unwrap_or(0);
        if moved.all(|other| other == by) {
            return Self { end: Some(calendar::shift(end, by)), parts: Vec::new() };
        }
        let moment =
            |(mark, year): (&Mark, &i64)| calendar::nearly(Place { year: *year, within: mark.within });
        let newest = marks.iter().zip(&years).map(moment).max().unwrap_or(end);
        // What was known of the end still counts if the lines lead up to it.
        let end =
            if (0..PART).contains(&end.saturating_sub(newest)) { end } else { newest.saturating_add(AHEAD) };
        let parts = parts(marks.iter().zip(&years).map(|line| (line.0.at, moment(line))));
        Self { end: Some(end), parts: if parts.len() <= PARTS_MAX { parts } else { Vec::new() } }
    }
}

/// An end by the lines that give their year: with as much room after them as before them.
fn end_of_dated(marks: &[Mark]) -> Option<i64> {
    let dated = marks.iter().filter_map(|mark| Some(Place { year: mark.year?, within: mark.within }));
    let moments = dated.map(|place| Time(calendar::nearly(place)));
    let span = moments.map(TimeSpan::at).fold(None, |a, b| TimeSpan::join(a, Some(b)))?;
    let length = span.last.0.saturating_sub(span.first.0);
    Some(span.last.0.saturating_add((YEAR - length).max(2 * AHEAD) / 2))
}

/// For each line, how many years lie between the year that it was put into and its own: a stream that begins again from
/// an earlier month has passed a New Year, if all else in it is in order.
fn years_passed(moments: &[i64]) -> Vec<i64> {
    let steps = || moments.iter().zip(moments.iter().skip(1)).map(|(a, b)| b.saturating_sub(*a));
    let small = || steps().filter(|step| (NEXT_YEAR..=-NEXT_YEAR).contains(step));
    let (back, forward) =
        (small().filter(|step| *step < 0).count(), small().filter(|step| *step > 0).count());
    // `journalctl -r` and tables of events begin with the newest line.
    let newest_first = back > 4 * forward;
    let sign = if newest_first { -1 } else { 1 };
    let (mut disorder, mut passed) = (0, Vec::with_capacity(moments.len()));
    let mut years = 0;
    passed.push(years);
    for step in steps().map(|step| sign * step) {
        match step {
            _ if step <= NEXT_YEAR => years += 1,
            // The line belongs to the year before, which had seemed over.
            _ if step >= YEAR - JITTER => years -= 1,
            _ if step < -JITTER => disorder += 1,
            _ => {}
        }
        passed.push(sign * years);
    }
    passed.truncate(moments.len());
    if disorder * ORDERLY > moments.len() {
        passed.fill(0);
    }
    // The newest end of the file is in the year that it was put into.
    let newest = if newest_first { passed.first() } else { passed.last() }.copied().unwrap_or(0);
    passed.iter().map(|years| newest - years).collect()
}

/// What is known of the year of a line: by how much the guess was wrong, and for which moments around it this counts.
#[derive(Clone, Copy)]
struct Correction {
    years: i64,
    /// The guessed moment of a 29 February, which speaks for its neighbours only.
    near: Option<i64>,
}

/// The years after lines that give theirs had their say: each corrects those that stand nearest to it. If there are
/// none, a 29 February corrects its neighbours: its year must be a leap year.
fn correct(marks: &[Mark], years: &[i64]) -> Vec<i64> {
    let moment = |mark: &Mark, year: i64| calendar::nearly(Place { year, within: mark.within });
    let dated = marks.iter().any(|mark| mark.year.is_some());
    let said: Vec<Option<Correction>> = marks
        .iter()
        .zip(years)
        .map(|(mark, year)| match mark.year {
            Some(said) => Some(Correction { years: said - year, near: None }),
            None if calendar::is_leap_day(mark.within) && !dated => {
                let back = (0..=8).find(|back| calendar::is_leap(year - back))?;
                Some(Correction { years: -back, near: Some(moment(mark, *year)) })
            }
            None => None,
        })
        .collect();
    let before = nearest(said.iter());
    let mut after = nearest(said.iter().rev());
    after.reverse();
    let speaks = |correction: Correction, at: i64| {
        correction.near.is_none_or(|near| near.abs_diff(at) <= NEIGHBOURS.unsigned_abs())
    };
    let both = before.into_iter().zip(after);
    let lines = marks.iter().zip(years).zip(both);
    lines
        .map(|((mark, year), both)| {
            let correction = match both {
                (Some((ago, before)), Some((ahead, after))) => {
                    Some(if ago <= ahead { before } else { after })
                }
                (before, after) => before.or(after).map(|(_, correction)| correction),
            };
            let correction = correction.filter(|correction| speaks(*correction, moment(mark, *year)));
            year + correction.map_or(0, |correction| correction.years)
        })
        .collect()
}

/// For each item, the last that says something, and how many items ago that was.
fn nearest<'s>(said: impl Iterator<Item = &'s Option<Correction>>) -> Vec<Option<(u64, Correction)>> {
    let mut last = None;
    said.map(|said| {
        last = match (said, last) {
            (Some(correction), _) => Some((0, *correction)),
            (None, Some((ago, correction))) => Some((ago + 1, correction)),
            (None, None) => None,
        };
        last
    })
    .collect()
}

/// Cuts a stream into parts in which a place is in one year only; each ends with as much room after it as before it.
fn parts(placed: impl Iterator<Item = (u64, i64)>) -> Vec<(u64, i64)> {
    let mut spans: Vec<(u64, TimeSpan)> = Vec::new();
    for (at, moment) in placed {
        let grown = spans.last().and_then(|(_, span)| {
            let grown = TimeSpan { first: span.first.min(Time(moment)), last: span.last.max(Time(moment)) };
            (grown.last.0.saturating_sub(grown.first.0) <= PART).then_some(grown)
        });
        match (spans.last_mut(), grown) {
            (Some((_, span)), Some(grown)) => *span = grown,
            _ => spans.push((at, TimeSpan::at(Time(moment)))),
        }
    }
    let room = |span: TimeSpan| (YEAR - span.last.0.saturating_sub(span.first.0)) / 2;
    spans.into_iter().map(|(at, span)| (at, span.last.0.saturating_add(room(span)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Moments with a year, or without one when they begin with `-`: `-11-22T03:00:00`.
    fn marks(texts: &[&str]) -> Vec<Mark> {
        let mark = |(n, text): (usize, &&str)| {
            let yearless = text.strip_prefix('-');
            let full = yearless.map_or_else(|| format!("{text}Z"), |text| format!("2024-{text}Z"));
            let place = calendar::place(Time::parse(&full).unwrap().0);
            let year = yearless.is_none().then_some(place.year);
            Mark { at: n as u64, within: place.within, year }
        };
        texts.iter().enumerate().map(mark).collect()
    }

    fn check(texts: &[&str], not_after: &str, years: &[i64]) {
        let marks = marks(texts);
        let inferred = Years::infer(&marks, Time::parse(not_after).map(|time| time.0 + AHEAD));
        let found: Vec<i64> = marks
            .iter()
            .map(|mark| inferred.moment_at(mark.at, mark.within).map_or(0, |ns| calendar::place(ns).year))
            .collect();
        assert_eq!(found, years, "{texts:?}");
    }

    #[test]
    fn a_line_is_in_the_last_year_that_does_not_put_it_after_the_end() {
        check(&["-11-22T03:00:00"], "2026-11-22T03:11:34Z", &[2026]);
        check(&["-12-31T23:00:00"], "2026-01-02T00:00:00Z", &[2025]);
        check(&["-01-01T00:00:00"], "2025-12-31T23:59:00Z", &[2026]);
        check(&["-11-23T03:00:00"], "2026-11-22T02:00:00Z", &[2025]);
        check(&["-02-29T03:00:00"], "2026-03-01T00:00:00Z", &[2024]);
        check(&["-11-22T03:00:00"], "", &[0]);
    }

    #[test]
    fn new_years_are_told_by_the_order_of_lines() {
        let long =
            ["-11-01T00:00:00", "-12-31T23:59:00", "-01-01T00:00:00", "-06-01T00:00:00", "-12-01T00:00:00"];
        check(&long, "2026-12-02T00:00:00Z", &[2025, 2025, 2026, 2026, 2026]);
        let newest_first: Vec<&str> = long.iter().rev().copied().collect();
        check(&newest_first, "2026-12-02T00:00:00Z", &[2026, 2026, 2026, 2025, 2025]);
        let twice =
            ["-12-20T00:00:00", "-03-01T00:00:00", "-09-01T00:00:00", "-12-20T00:00:00", "-01-02T00:00:00"];
        check(&twice, "2026-01-03T00:00:00Z", &[2024, 2025, 2025, 2025, 2026]);
    }

    #[test]
    fn jitter_and_blocks_are_no_new_years() {
        let jitter = ["-12-31T23:59:00", "-01-01T00:00:01", "-12-31T23:59:59", "-01-01T00:00:02"];
        check(&jitter, "2026-01-05T00:00:00Z", &[2025, 2026, 2025, 2026]);
        let blocks = ["-02-01T00:00:00", "-06-01T00:00:00", "-02-01T00:00:00", "-06-01T00:00:00"];
        check(&blocks, "2026-07-01T00:00:00Z", &[2026, 2026, 2026, 2026]);
        let shuffled =
            ["-01-05T00:00:00", "-11-20T00:00:00", "-01-06T00:00:00", "-05-02T00:00:00", "-03-01T00:00:00"];
        check(&shuffled, "2026-12-01T00:00:00Z", &[2026; 5]);
    }

    #[test]
    fn lines_that_run_over_the_end_go_together() {
        let over = ["-11-21T00:00:00", "-11-22T12:00:00", "-11-23T12:00:00", "-11-24T00:00:00"];
        check(&over, "2026-11-22T00:00:00Z", &[2025; 4]);
    }

    #[test]
    fn lines_that_give_their_year_overrule_the_end() {
        check(
            &["-11-01T00:00:00", "2021-11-02T00:00:00", "-11-03T00:00:00"],
            "2026-11-22T00:00:00Z",
            &[2021; 3],
        );
        check(&["-12-31T00:00:00", "2022-01-01T00:00:00"], "", &[2021, 2022]);
        // A machine without a battery begins in 1970.
        let unset = ["1970-01-01T00:00:09", "-01-01T00:00:10", "-11-20T00:00:00", "2026-11-20T00:00:01"];
        check(&unset, "2026-11-22T00:00:00Z", &[1970, 1970, 2026, 2026]);
    }

    #[test]
    fn a_29_february_takes_its_neighbours_along() {
        let leap = ["-02-28T23:00:00", "-02-29T01:00:00", "-03-01T00:00:00"];
        check(&leap, "2026-03-05T00:00:00Z", &[2024; 3]);
        check(&leap, "2028-03-05T00:00:00Z", &[2028; 3]);
        check(&["-02-29T01:00:00", "-11-20T00:00:00"], "2026-11-22T00:00:00Z", &[2024, 2026]);
    }

    #[test]
    fn extremes_do_no_harm() {
        for at in [i64::MIN, i64::MAX] {
            let _ = Years::infer(&marks(&["-01-01T00:00:00", "2026-01-01T00:00:00"]), Some(at));
        }
        let far = Mark { at: 0, within: 0, year: Some(2262) };
        let early = Mark { at: 0, within: 0, year: Some(1677) };
        let _ = Years::infer(&[far, early, Mark { at: 1, within: 5, year: None }], None);
    }
}
