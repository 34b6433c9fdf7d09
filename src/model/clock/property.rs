//! Instants, written as lines write them and read again, must come back.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use proptest::prelude::*;

use super::{Anchor, AnchorKind, Clock, Evidence, Sighting, ZoneHint};
use crate::base::stamp::SECOND;
use crate::base::{Basis, Stamp, Time};

const DAY: i64 = 86_400;

/// What a line says of its date.
#[derive(Clone, Copy, Debug)]
enum Style {
    /// klog, RFC 3164.
    Yearless,
    /// capnslog.
    Local,
    /// journald around a program that writes instants.
    WithInstant,
}

/// Zones with and without summer time, in both halves of the world, of whole hours and of quarters.
const ZONES: &[&str] = &[
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/St_Johns",
    "Australia/Sydney",
    "Australia/Adelaide",
    "Pacific/Auckland",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "America/Caracas",
];

fn rules(name: &str) -> TimeZone {
    TimeZoneDatabase::bundled().get(name).unwrap()
}

fn timestamp(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn sighting(style: Style, zone: &TimeZone, at: u64, seconds: i64) -> Sighting {
    let shown = zone.to_offset(timestamp(seconds)).to_datetime(timestamp(seconds));
    let year = matches!(style, Style::Local).then(|| shown.year());
    let clock = (shown.hour(), shown.minute(), shown.second());
    let stamp = Stamp::from_civil(year, shown.month(), shown.day(), clock, 0, None).unwrap();
    // journald cuts the fraction off its own time.
    let instant = Time(seconds * SECOND + 250_000_000);
    Sighting { at, stamp, instant: matches!(style, Style::WithInstant).then_some(instant) }
}

/// Whether a clock shows the time of this instant twice, an hour (or half of one) apart.
fn is_shown_twice(zone: &TimeZone, seconds: i64) -> bool {
    let shown = zone.to_offset(timestamp(seconds)).to_datetime(timestamp(seconds));
    let first = zone.to_ambiguous_timestamp(shown);
    first.is_ambiguous()
}

fn check(clock: &Clock, zone: &TimeZone, sightings: &[Sighting], truth: &[i64]) -> Result<(), TestCaseError> {
    for (sighting, seconds) in sightings.iter().zip(truth) {
        let found = clock.time_at(sighting.at, sighting.stamp);
        let found = found.map(|time| time.0 / SECOND);
        let off = found.map(|found| (found - seconds).abs());
        let bound = if is_shown_twice(zone, *seconds) { 3600 } else { 0 };
        prop_assert!(off.is_some_and(|off| off <= bound), "{found:?} is not {seconds}: {clock:?}");
    }
    Ok(())
}

/// Seconds of instants from 2023 to 2029 within some days, sorted.
fn instants(days: i64, n: std::ops::Range<usize>) -> impl Strategy<Value = Vec<i64>> {
    let first = 1_672_531_200_i64..1_861_920_000;
    (first, 1..=days * DAY, prop::collection::vec(0.0..1.0_f64, n)).prop_map(|(first, length, parts)| {
        let mut all: Vec<i64> = parts.iter().map(|part| first + (part * length as f64) as i64).collect();
        all.sort_unstable();
        all
    })
}

/// A file of one stream: its zone, its instants in the order of the lines, and when it was captured.
#[derive(Clone, Debug)]
struct Written {
    zone: &'static str,
    truth: Vec<i64>,
    anchor: i64,
}

/// Up to 350 days in any order, captured between a day before the last line and ten days after it.
fn within_a_year() -> impl Strategy<Value = Written> {
    let truth = prop_oneof![
        instants(350, 20..80).prop_shuffle(),
        instants(350, 1..80).prop_flat_map(jittered),
        instants(2, 1..80).prop_shuffle(),
    ];
    (prop::sample::select(ZONES), truth, -DAY..10 * DAY).prop_map(|(zone, truth, lag)| {
        let anchor = truth.iter().max().unwrap() + lag;
        Written { zone, truth, anchor }
    })
}

/// Neighbours within a day change places.
fn jittered(sorted: Vec<i64>) -> impl Strategy<Value = Vec<i64>> {
    let n = sorted.len();
    (Just(sorted), prop::collection::vec(0..DAY, n)).prop_map(|(sorted, moved)| {
        let mut keyed: Vec<(i64, i64)> = sorted.iter().zip(moved).map(|(at, by)| (at + by, *at)).collect();
        keyed.sort_unstable();
        keyed.into_iter().map(|(_, at)| at).collect()
    })
}

/// More than a year in order, with silences of up to two months.
fn over_years() -> impl Strategy<Value = Written> {
    let steps = prop::collection::vec(0..60 * DAY, 20..60);
    (prop::sample::select(ZONES), 1_420_070_400_i64..1_735_689_600, steps, 0..10 * DAY).prop_map(
        |(zone, first, steps, lag)| {
            let truth: Vec<i64> = steps
                .iter()
                .scan(first, |at, step| {
                    *at += step;
                    Some(*at)
                })
                .collect();
            let anchor = truth.iter().max().unwrap() + lag;
            Written { zone, truth, anchor }
        },
    )
}

/// The clock of a file, as the machine's own statement of its zone and the capture's time tell it.
fn read(written: &Written, style: Style, hint: Option<&ZoneHint>) -> (Clock, Vec<Sighting>) {
    let zone = rules(written.zone);
    let lines = written.truth.iter().enumerate();
    let sightings: Vec<Sighting> =
        lines.map(|(n, seconds)| sighting(style, &zone, n as u64 * 100, *seconds)).collect();
    let not_after = Some(Anchor { time: Time(written.anchor * SECOND), kind: AnchorKind::Capture });
    let evidence = Evidence { sightings: &sightings, not_after, zone: hint, host_clock: true };
    (Clock::infer(&evidence), sightings)
}

fn hint(written: &Written) -> ZoneHint {
    let at = timestamp(written.anchor);
    let offset: Offset = rules(written.zone).to_offset(at);
    let at = Some(Time(written.anchor * SECOND));
    ZoneHint { name: Some(written.zone.to_owned()), offset: Some(offset.seconds()), at }
}

proptest! {
    #[test]
    fn klog_comes_back(written in within_a_year()) {
        let (clock, sightings) = read(&written, Style::Yearless, Some(&hint(&written)));
        check(&clock, &rules(written.zone), &sightings, &written.truth)?;
    }

    #[test]
    fn capnslog_comes_back(written in within_a_year()) {
        let (clock, sightings) = read(&written, Style::Local, Some(&hint(&written)));
        check(&clock, &rules(written.zone), &sightings, &written.truth)?;
    }

    #[test]
    fn journald_around_instants_comes_back_without_a_hint(written in within_a_year(), off in -9_000..9_000_i64) {
        let written = Written { anchor: written.anchor + off * DAY, ..written };
        let (clock, sightings) = read(&written, Style::WithInstant, None);
        check(&clock, &rules(written.zone), &sightings, &written.truth)?;
    }

    #[test]
    fn years_in_order_come_back(written in over_years(), newest_first: bool) {
        let mut written = written;
        if newest_first {
            written.truth.reverse();
        }
        for style in [Style::Yearless, Style::Local, Style::WithInstant] {
            let (clock, sightings) = read(&written, style, Some(&hint(&written)));
            check(&clock, &rules(written.zone), &sightings, &written.truth)?;
        }
    }

    #[test]
    fn within_a_year_it_does_not_matter_where_a_line_stands(written in within_a_year()) {
        let (clock, sightings) = read(&written, Style::Yearless, Some(&hint(&written)));
        for sighting in &sightings {
            prop_assert_eq!(clock.time(sighting.stamp), clock.time_at(sighting.at, sighting.stamp));
        }
    }

    #[test]
    fn times_follow_the_lines_of_a_zone_without_changes(written in within_a_year()) {
        let zone = ZoneHint { offset: Some(5 * 3600 + 45 * 60), ..ZoneHint::default() };
        let (clock, _) = read(&Written { zone: "Asia/Kathmandu", ..written.clone() }, Style::Local, Some(&zone));
        let mut sorted = written.truth;
        sorted.sort_unstable();
        let stamps = sorted.iter().map(|seconds| Stamp { ns: seconds * SECOND, basis: Basis::Local });
        prop_assert!(stamps.map(|stamp| clock.time(stamp)).is_sorted());
    }
}
