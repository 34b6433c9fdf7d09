//! Stamps → times: the zone and the year of a stream's clock, from what its lines and its capture say.
//!
//! An exact stamp is an instant already. For the others: [`vote`] finds the zone, [`year`] the year. Whatever was
//! assumed on the way stands in the [`Decision`], so that nobody takes it for knowledge. A clock that runs wrong is
//! followed, not set right: only lines that carry two times can tell that it does.

mod calendar;
#[cfg(test)]
mod property;
mod vote;
mod year;
mod zone;

use std::fmt;

pub use zone::ZoneHint;

use crate::base::{Basis, Stamp, Time};
use calendar::DAY;
use year::{AHEAD, Mark, Years};
use zone::Zone;

/// What is known of a stream when its clock is decided.
#[derive(Clone, Copy, Debug, Default)]
pub struct Evidence<'a> {
    /// The stamps of some lines, in the order of the file. The cost is linear in them; a few hundred are plenty.
    pub sightings: &'a [Sighting],
    /// Nothing in the stream is much later than this.
    pub not_after: Option<Anchor>,
    /// What the machine says of its zone. Counts where `host_clock` is set.
    pub zone: Option<&'a ZoneHint>,
    /// Whether the stream is on the machine's clock. Others are of containers, and those write UTC.
    pub host_clock: bool,
}

/// The stamp of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The offset of the line's first byte.
    pub at: u64,
    /// The time that says least about itself: the wrapper's where an instant stands inside of it.
    pub stamp: Stamp,
    /// An exact time that the same line carries for the same moment.
    pub instant: Option<Time>,
}

/// A time after which a stream has no lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The time.
    pub time: Time,
    /// Where it was read.
    pub kind: AnchorKind,
}

/// Where an anchor was read, by trust: the last is to be preferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AnchorKind {
    /// The modification time in an archive or a file system; packing again changes it.
    Modified,
    /// The newest line of any stream that gives its full date.
    NewestLine,
    /// The name of the capture, which has no zone.
    CaptureName,
    /// What the capture says of its own time (`date`).
    Capture,
    /// The name of a rotated file, which bounds that file more closely than the capture does.
    FileName,
}

/// How the stamps of one stream become times. The default knows nothing: it times exact stamps only, and takes those
/// without a zone for UTC.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    zone: Zone,
    years: Years,
    decision: Decision,
}

/// How the times of a stream came about, for the stamp among its sightings that says least.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Decision {
    /// There are no sightings, or nothing tells their year.
    #[default]
    Unknown,
    /// The lines give instants.
    Exact,
    /// The lines lack the zone.
    Zone(ZoneSource),
    /// The lines lack the year and the zone.
    Year(YearSource, ZoneSource),
}

/// Where a zone is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ZoneSource {
    /// UTC, because nothing is known.
    Assumed,
    /// UTC, because that is what containers write.
    Container,
    /// What the machine says of itself: the name or the offset.
    Machine(String),
    /// Lines that carry an instant as well: the name or the offsets.
    Lines(String),
}

/// Where a year is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum YearSource {
    /// The last year that is not after the anchor.
    Anchor(AnchorKind),
    /// The same, and a New Year for each time that the lines begin again from an early month.
    Order(AnchorKind),
    /// Lines of the stream that give their year.
    Lines,
}

impl Clock {
    /// Decides the clock of a stream.
    #[must_use]
    pub fn infer(evidence: &Evidence<'_>) -> Self {
        let hint = evidence.zone.filter(|_| evidence.host_clock).and_then(ZoneHint::zone);
        let presumed = match hint {
            Some(zone) => {
                let said = zone.text();
                (zone, ZoneSource::Machine(said))
            }
            None if evidence.host_clock => (Zone::default(), ZoneSource::Assumed),
            None => (Zone::default(), ZoneSource::Container),
        };
        let (zone, zone_source) = vote::decide(&vote::votes(evidence.sightings), presumed);
        let marks: Vec<Mark> =
            evidence.sightings.iter().filter_map(|sighting| mark(sighting, &zone)).collect();
        let years = Years::infer(&marks, evidence.not_after.map(|anchor| end(anchor.time, &zone)));
        let dated = marks.iter().any(|mark| mark.year.is_some());
        let year_source = match evidence.not_after {
            Some(anchor) if !dated && years.parts.is_empty() => Some(YearSource::Anchor(anchor.kind)),
            Some(anchor) if !dated => Some(YearSource::Order(anchor.kind)),
            _ => dated.then_some(YearSource::Lines),
        };
        let has = |basis| evidence.sightings.iter().any(|sighting| sighting.stamp.basis == basis);
        let decision = if has(Basis::Yearless) {
            year_source.map_or(Decision::Unknown, |year| Decision::Year(year, zone_source))
        } else if has(Basis::Local) {
            Decision::Zone(zone_source)
        } else if has(Basis::Utc) {
            Decision::Exact
        } else {
            Decision::Unknown
        };
        Self { zone, years, decision }
    }

    /// The instant of a stamp; `None` without a year where none can be inferred. In a stream of more than a year whose
    /// lines give none, the last that is possible: see [`Clock::time_at`].
    #[must_use]
    pub fn time(&self, stamp: Stamp) -> Option<Time> {
        self.timed(stamp, |within| self.years.moment(within))
    }

    /// The instant of the stamp of the line that begins at this byte.
    #[must_use]
    pub fn time_at(&self, at: u64, stamp: Stamp) -> Option<Time> {
        self.timed(stamp, |within| self.years.moment_at(at, within))
    }

    fn timed(&self, stamp: Stamp, moment: impl Fn(i64) -> Option<i64>) -> Option<Time> {
        match stamp.basis {
            Basis::Utc => Some(Time(stamp.ns)),
            Basis::Local => self.zone.instant(stamp.ns),
            Basis::Yearless => self.zone.instant(moment(calendar::within(stamp.ns)?)?),
        }
    }

    /// How the times came about.
    #[must_use]
    pub fn decision(&self) -> &Decision {
        &self.decision
    }
}

/// The latest that the clock shows until a day after the anchor, whether summer time begins or ends meanwhile.
fn end(anchor: Time, zone: &Zone) -> i64 {
    let later = Time(anchor.0.saturating_add(AHEAD));
    zone.local(later).max(zone.local(anchor).saturating_add(AHEAD))
}

/// What a line says of its date, once the zone is known.
fn mark(sighting: &Sighting, zone: &Zone) -> Option<Mark> {
    let ns = sighting.stamp.ns;
    let dated = |local: i64| {
        let place = calendar::place(local);
        Mark { at: sighting.at, within: place.within, year: Some(place.year) }
    };
    match sighting.stamp.basis {
        Basis::Utc => Some(dated(zone.local(Time(ns)))),
        Basis::Local => Some(dated(ns)),
        Basis::Yearless => {
            let within = calendar::within(ns)?;
            let exact = sighting.instant.and_then(|at| {
                let at = zone.local(at);
                // An instant of another day is not when the line was written.
                calendar::nearest(within, at).filter(|local| local.abs_diff(at) <= DAY.unsigned_abs())
            });
            Some(exact.map_or(Mark { at: sighting.at, within, year: None }, dated))
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("unknown"),
            Self::Exact => f.write_str("exact"),
            Self::Zone(zone) => zone.fmt(f),
            Self::Year(year, zone) => write!(f, "{year}, {zone}"),
        }
    }
}

impl fmt::Display for ZoneSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Assumed => f.write_str("UTC assumed"),
            Self::Container => f.write_str("UTC as containers write it"),
            Self::Machine(zone) => write!(f, "zone of the machine ({zone})"),
            Self::Lines(zone) => write!(f, "zone {zone} from the lines themselves"),
        }
    }
}

impl fmt::Display for YearSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anchor(kind) => write!(f, "year from {kind}"),
            Self::Order(kind) => write!(f, "years from {kind} and the order of the lines"),
            Self::Lines => f.write_str("year from the lines themselves"),
        }
    }
}

impl fmt::Display for AnchorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Modified => "the file's modification time",
            Self::NewestLine => "the newest dated line",
            Self::CaptureName => "the capture's name",
            Self::Capture => "the capture's time",
            Self::FileName => "the file's name",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Time {
        Time::parse(text).unwrap()
    }

    fn capture(text: &str) -> Option<Anchor> {
        Some(Anchor { time: time(text), kind: AnchorKind::Capture })
    }

    /// `2026-11-22T03:00:00Z` is exact, without `Z` local, and `-11-22T03:00:00` yearless; an instant may follow.
    fn sightings(lines: &[&str]) -> Vec<Sighting> {
        let sighting = |(n, line): (usize, &&str)| {
            let mut words = line.split(' ');
            let text = words.next().unwrap();
            let (full, basis) = match text.strip_prefix('-') {
                Some(yearless) => (format!("{}-{yearless}Z", Stamp::YEARLESS), Basis::Yearless),
                None if text.ends_with('Z') => (text.to_owned(), Basis::Utc),
                None => (format!("{text}Z"), Basis::Local),
            };
            Sighting {
                at: n as u64,
                stamp: Stamp { ns: time(&full).0, basis },
                instant: words.next().map(time),
            }
        };
        lines.iter().enumerate().map(sighting).collect()
    }

    fn check(lines: &[&str], evidence: Evidence<'_>, decision: &str, times: &[&str]) {
        let sightings = sightings(lines);
        let clock = Clock::infer(&Evidence { sightings: &sightings, ..evidence });
        assert_eq!(clock.decision().to_string(), decision, "{lines:?}");
        let shown = |sighting: &Sighting| {
            clock.time_at(sighting.at, sighting.stamp).map_or_else(|| "-".to_owned(), |time| time.to_string())
        };
        assert_eq!(sightings.iter().map(shown).collect::<Vec<_>>(), times, "{lines:?}");
    }

    #[test]
    fn what_is_exact_stays_exact() {
        let hint = ZoneHint { offset: Some(3600), ..ZoneHint::default() };
        let evidence = Evidence {
            not_after: capture("2020-01-01T00:00:00Z"),
            zone: Some(&hint),
            host_clock: true,
            sightings: &[],
        };
        check(&["2026-11-22T03:00:00Z"], evidence, "exact", &["2026-11-22T03:00:00Z"]);
        check(&[], evidence, "unknown", &[]);
    }

    #[test]
    fn a_zone_is_the_machines_only_on_the_machines_clock() {
        let hint = ZoneHint { name: Some("CET".to_owned()), ..ZoneHint::default() };
        let host = Evidence { host_clock: true, zone: Some(&hint), ..Evidence::default() };
        let lines = ["2026-07-01T03:00:00", "2026-12-01T03:00:00"];
        let in_berlin = ["2026-07-01T01:00:00Z", "2026-12-01T02:00:00Z"];
        let in_utc = ["2026-07-01T03:00:00Z", "2026-12-01T03:00:00Z"];
        check(&lines, host, "zone of the machine (Europe/Berlin)", &in_berlin);
        check(&lines, Evidence { zone: None, ..host }, "UTC assumed", &in_utc);
        check(&lines, Evidence { host_clock: false, ..host }, "UTC as containers write it", &in_utc);
    }

    #[test]
    fn lines_that_carry_an_instant_tell_zone_and_year() {
        let lines = ["-12-31T23:59:00", "-01-01T01:00:00 2026-01-01T00:00:00.2Z", "2026-01-01T01:00:01"];
        let times = ["2025-12-31T22:59:00Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"];
        let decision = "year from the lines themselves, zone +01:00 from the lines themselves";
        let host = Evidence { host_clock: true, ..Evidence::default() };
        check(&lines, host, decision, &times);
        // A capture's clock that is years off changes nothing.
        check(&lines, Evidence { not_after: capture("2020-01-01T00:00:00Z"), ..host }, decision, &times);
    }

    #[test]
    fn an_instant_of_another_day_tells_nothing() {
        let lines = ["-12-31T23:59:00 2020-05-05T00:00:00Z"];
        check(&lines, Evidence::default(), "unknown", &["-"]);
    }

    #[test]
    fn a_year_is_from_the_anchor() {
        let hint = ZoneHint { offset: Some(3600), ..ZoneHint::default() };
        let host = Evidence { host_clock: true, zone: Some(&hint), ..Evidence::default() };
        for (kind, said) in [
            (AnchorKind::Modified, "the file's modification time"),
            (AnchorKind::NewestLine, "the newest dated line"),
            (AnchorKind::CaptureName, "the capture's name"),
            (AnchorKind::Capture, "the capture's time"),
            (AnchorKind::FileName, "the file's name"),
        ] {
            let not_after = Some(Anchor { time: time("2026-11-22T04:00:00Z"), kind });
            let decision = format!("year from {said}, zone of the machine (+01:00)");
            check(&["-11-22T03:00:00"], Evidence { not_after, ..host }, &decision, &["2026-11-22T02:00:00Z"]);
        }
        check(&["-11-22T03:00:00"], host, "unknown", &["-"]);
    }

    #[test]
    fn an_anchor_may_be_a_day_early_though_summer_time_begins_or_ends() {
        let hint = ZoneHint { name: Some("CET".to_owned()), ..ZoneHint::default() };
        let host = Evidence { host_clock: true, zone: Some(&hint), ..Evidence::default() };
        let decision = "year from the capture's time, zone of the machine (Europe/Berlin)";
        let check = |line: &str, anchor: &str, expect: &str| {
            check(&[line], Evidence { not_after: capture(anchor), ..host }, decision, &[expect]);
        };
        check("-03-29T12:00:00", "2026-03-28T10:00:00Z", "2026-03-29T10:00:00Z");
        check("-03-29T12:00:01", "2026-03-28T10:00:00Z", "2025-03-29T11:00:01Z");
        check("-10-25T02:59:00", "2026-10-24T01:30:00Z", "2026-10-25T00:59:00Z");
    }

    #[test]
    fn years_are_from_the_order_of_lines() {
        let lines = ["-12-01T00:00:00", "-01-02T00:00:00", "-12-03T00:00:00"];
        let evidence = Evidence { not_after: capture("2026-12-04T00:00:00Z"), ..Evidence::default() };
        let decision = "years from the capture's time and the order of the lines, UTC as containers write it";
        check(
            &lines,
            evidence,
            decision,
            &["2025-12-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-12-03T00:00:00Z"],
        );
    }

    #[test]
    fn a_clock_without_evidence_times_what_gives_its_year() {
        let clock = Clock::default();
        let times: Vec<_> = sightings(&["2026-11-22T03:00:00Z", "2026-11-22T03:00:00", "-11-22T03:00:00"])
            .iter()
            .map(|sighting| clock.time(sighting.stamp))
            .collect();
        assert_eq!(times, [Some(time("2026-11-22T03:00:00Z")), Some(time("2026-11-22T03:00:00Z")), None]);
    }

    #[test]
    fn any_numbers_are_borne() {
        let bases = [Basis::Utc, Basis::Local, Basis::Yearless];
        let extremes = [i64::MIN, -1, 0, i64::MAX];
        let stamps = bases.into_iter().flat_map(|basis| extremes.map(|ns| Stamp { ns, basis }));
        let all: Vec<Sighting> = stamps
            .flat_map(|stamp| extremes.map(|at| Sighting { at: 0, stamp, instant: Some(Time(at)) }))
            .collect();
        for time in extremes {
            let not_after = Some(Anchor { time: Time(time), kind: AnchorKind::Modified });
            let clock = Clock::infer(&Evidence { sightings: &all, not_after, ..Evidence::default() });
            for sighting in &all {
                let _ = (clock.time(sighting.stamp), clock.time_at(u64::MAX, sighting.stamp));
            }
        }
    }
}
