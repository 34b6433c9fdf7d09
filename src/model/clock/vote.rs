//! The zone of a stream by the vote of its lines. A line votes if it also carries an instant (the time that a program
//! wrote inside of journald's line), or if it stands between two lines that carry one.
//!
//! Hypotheses are weighed against each other: what was presumed, offsets with their changes, and the rules of places.
//! Each costs what it leaves unexplained and what it assumes, so that an outlier is not taken for a change, and two
//! lines after the end of summer time are not taken for outliers.

use super::zone::{Piece, Zone, is_offset, places};
use super::{Sighting, ZoneSource, calendar};
use crate::base::stamp::SECOND;
use crate::base::{Basis, Time};

/// All zones are whole quarters of an hour from UTC.
const QUARTER: i64 = 15 * 60 * SECOND;

/// Writing a line takes less than this, even where its pipe is full for a while.
const DELAY: i64 = 60 * SECOND;

/// Offsets that a stream may change between; more are noise.
const OFFSETS_MAX: usize = 6;

/// What a hypothesis costs for each vote against it.
const VOTE: u64 = 2;
/// What each change of the offset costs: three lines are needed for one, and for a way out and back five.
const CHANGE: u64 = 2 * VOTE;
/// What the rules of a place cost: they predict the changes, so one line will do.
const PLACE: u64 = 1;
/// What it costs to overrule what was known before: one line is not enough.
const OVERRULE: u64 = VOTE;

/// At an instant, the writer's clock was this many seconds east.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Vote {
    pub(super) at: Time,
    pub(super) offset: i32,
}

/// The votes of all lines, in the order of time.
pub(super) fn votes(sightings: &[Sighting]) -> Vec<Vote> {
    let own = sightings.iter().filter_map(|sighting| {
        let at = sighting.instant?;
        vote(sighting, at)
    });
    let before = sightings.iter();
    let between = before.zip(sightings.iter().skip(1)).zip(sightings.iter().skip(2));
    let bracketed = between.filter_map(|((before, sighting), after)| {
        let (Some(first), Some(last), None) = (exact(before), exact(after), sighting.instant) else {
            return None;
        };
        let apart = last.0.checked_sub(first.0)?;
        if (0..=DELAY).contains(&apart) { vote(sighting, first) } else { None }
    });
    let mut votes: Vec<Vote> = own.chain(bracketed).collect();
    votes.sort_unstable();
    votes
}

fn exact(sighting: &Sighting) -> Option<Time> {
    (sighting.stamp.basis == Basis::Utc).then_some(Time(sighting.stamp.ns))
}

/// The offset that a stamp has from an instant, if they differ by what zones differ by.
fn vote(sighting: &Sighting, at: Time) -> Option<Vote> {
    let local = match sighting.stamp.basis {
        Basis::Utc => return None,
        Basis::Local => sighting.stamp.ns,
        Basis::Yearless => calendar::nearest(calendar::within(sighting.stamp.ns)?, at.0)?,
    };
    let difference = local.checked_sub(at.0)?;
    let rounded = difference.checked_add(QUARTER / 2)?.div_euclid(QUARTER) * QUARTER;
    let offset = i32::try_from(rounded / SECOND).ok()?;
    let close = difference.abs_diff(rounded) <= DELAY.unsigned_abs();
    (close && is_offset(offset)).then_some(Vote { at, offset })
}

/// The zone that explains the votes best. `presumed` is what was known without them; a mere assumption costs nothing to
/// give up.
pub(super) fn decide(votes: &[Vote], presumed: (Zone, ZoneSource)) -> (Zone, ZoneSource) {
    if votes.is_empty() {
        return presumed;
    }
    let against = |zone: &Zone| {
        let wrong = votes.iter().filter(|vote| zone.offset_at(vote.at) != vote.offset).count();
        VOTE * wrong as u64
    };
    let overrule = if presumed.1 == ZoneSource::Assumed { 0 } else { OVERRULE };
    let (by_pieces, cost) = pieces(votes);
    let mut best = (against(&presumed.0), presumed);
    let mut weigh = |cost: u64, zone: Zone| {
        if cost < best.0 {
            let said = zone.text();
            best = (cost, (zone, ZoneSource::Lines(said)));
        }
    };
    let changes = matches!(by_pieces, Zone::Pieces(_));
    if !changes {
        weigh(cost + overrule, by_pieces.clone());
    }
    if votes.iter().any(|vote| Some(vote.offset) != votes.first().map(|first| first.offset)) {
        places().for_each(|place| weigh(against(&place) + PLACE + overrule, place));
    }
    if changes {
        weigh(cost + overrule, by_pieces);
    }
    let (cost, (zone, source)) = best;
    // Most lines that could contradict it do not: no assumption any more.
    let assumed = matches!(source, ZoneSource::Assumed | ZoneSource::Container);
    let confirmed = assumed && cost < votes.len() as u64;
    let source = if confirmed { ZoneSource::Lines(zone.text()) } else { source };
    (zone, source)
}

/// The offsets, by frequency.
fn offsets(votes: &[Vote]) -> Vec<i32> {
    let mut sorted: Vec<i32> = votes.iter().map(|vote| vote.offset).collect();
    sorted.sort_unstable();
    let mut counted: Vec<(usize, i32)> = sorted
        .chunk_by(|a, b| a == b)
        .filter_map(|same| same.first().map(|offset| (same.len(), *offset)))
        .collect();
    counted.sort_by_key(|(n, offset)| (std::cmp::Reverse(*n), *offset));
    counted.into_iter().take(OFFSETS_MAX).map(|(_, offset)| offset).collect()
}

/// The cheapest sequence of offsets, and its cost: Viterbi's algorithm over the votes in the order of time.
fn pieces(votes: &[Vote]) -> (Zone, u64) {
    let offsets = offsets(votes);
    let mut costs = vec![0_u64; offsets.len()];
    // For each vote and offset, the offset of the vote before it.
    let mut came_from: Vec<[usize; OFFSETS_MAX]> = Vec::with_capacity(votes.len());
    for (n, vote) in votes.iter().enumerate() {
        let cheapest = least(&costs);
        let mut from = [0; OFFSETS_MAX];
        for ((k, (cost, offset)), from) in costs.iter_mut().zip(&offsets).enumerate().zip(&mut from) {
            let (changed, other) = (cheapest.1 + CHANGE, cheapest.0);
            // Nothing is changed before the first vote.
            let change = n > 0 && changed < *cost;
            *from = if change { other } else { k };
            *cost = if change { changed } else { *cost } + if vote.offset == *offset { 0 } else { VOTE };
        }
        came_from.push(from);
    }
    let (mut k, cost) = least(&costs);
    let mut found: Vec<Piece> = Vec::new();
    for (n, (vote, from)) in votes.iter().zip(&came_from).enumerate().rev() {
        let before = from.get(k).copied().unwrap_or(k);
        if n == 0 || before != k {
            let since = n
                .checked_sub(1)
                .and_then(|n| votes.get(n))
                .map_or(vote.at, |before| change(before.at, vote.at));
            found.push(Piece { from: since, offset: offsets.get(k).copied().unwrap_or(0) });
        }
        k = before;
    }
    found.reverse();
    match found.as_slice() {
        [only] => (Zone::Fixed(only.offset), cost),
        _ => (Zone::Pieces(found), cost),
    }
}

fn least(costs: &[u64]) -> (usize, u64) {
    let least = costs.iter().copied().enumerate().min_by_key(|(k, cost)| (*cost, *k));
    least.unwrap_or((0, 0))
}

/// When the clock changed that had not at `before`, and had at `by`: on the hour, as clocks do, if there is one.
fn change(before: Time, by: Time) -> Time {
    const HOUR: i64 = 3600 * SECOND;
    let hour = by.0.div_euclid(HOUR) * HOUR;
    if hour > before.0 { Time(hour) } else { by }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Stamp;

    const HOUR: i64 = 3600;

    fn time(text: &str) -> Time {
        Time::parse(text).unwrap()
    }

    /// Votes an hour apart for these offsets in hours.
    fn hourly(from: &str, hours: &[i32]) -> Vec<Vote> {
        let at = |n: usize| Time(time(from).0 + n as i64 * HOUR * SECOND + SECOND);
        hours.iter().enumerate().map(|(n, hours)| Vote { at: at(n), offset: hours * 3600 }).collect()
    }

    fn check(votes: &[Vote], presumed: Option<Zone>, expect: &str) {
        let presumed = presumed.map_or((Zone::default(), ZoneSource::Assumed), |zone| {
            let said = zone.text();
            (zone, ZoneSource::Machine(said))
        });
        let (zone, source) = decide(votes, presumed);
        assert_eq!(format!("{} {source:?}", zone.text()), expect);
    }

    #[test]
    fn most_lines_win_and_a_few_are_outliers() {
        let winter = "2026-01-10T00:00:00Z";
        check(&[], None, "UTC Assumed");
        check(&hourly(winter, &[0, 0]), None, r#"UTC Lines("UTC")"#);
        check(&hourly(winter, &[1]), None, r#"+01:00 Lines("+01:00")"#);
        check(&hourly(winter, &[1, 1, 7, 1, -3, 1, 1]), None, r#"+01:00 Lines("+01:00")"#);
    }

    #[test]
    fn what_was_known_takes_two_lines_to_overrule() {
        let winter = "2026-01-10T00:00:00Z";
        let known = Some(Zone::Fixed(3600));
        check(&hourly(winter, &[2]), known.clone(), r#"+01:00 Machine("+01:00")"#);
        check(&hourly(winter, &[2, 2]), known, r#"+02:00 Lines("+02:00")"#);
    }

    #[test]
    fn a_change_follows_a_place_or_stands_for_itself() {
        let autumn = "2026-10-24T22:00:00Z";
        check(&hourly(autumn, &[2, 2, 2, 1]), None, r#"Europe/Berlin Lines("Europe/Berlin")"#);
        let known = Some(Zone::Fixed(7200));
        check(&hourly(autumn, &[2, 2, 2, 1, 1]), known, r#"Europe/Berlin Lines("Europe/Berlin")"#);
        // Somebody set the zone of the machine.
        let moved = r#"UTC, then +05:00 Lines("UTC, then +05:00")"#;
        check(&hourly(autumn, &[0, 0, 0, 5, 5, 5]), None, moved);
        check(&hourly(autumn, &[0, 0, 0, 5, 5, 0]), None, r#"UTC Lines("UTC")"#);
    }

    #[test]
    fn only_whole_quarters_of_an_hour_vote() {
        let vote = |stamp: Stamp| {
            let sighting = Sighting { at: 0, stamp, instant: Some(time("2026-01-01T00:10:00Z")) };
            votes(&[sighting]).first().map(|vote| vote.offset)
        };
        let local = |year, month, day, hour, minute, second| {
            Stamp::from_civil(year, month, day, (hour, minute, second), 0, None).unwrap()
        };
        assert_eq!(vote(local(Some(2026), 1, 1, 5, 55, 0)), Some(5 * 3600 + 45 * 60));
        assert_eq!(vote(local(None, 1, 1, 5, 55, 1)), Some(5 * 3600 + 45 * 60));
        assert_eq!(vote(local(None, 12, 31, 21, 9, 30)), Some(-3 * 3600));
        assert_eq!(vote(local(Some(2026), 1, 1, 1, 17, 0)), None);
        assert_eq!(vote(local(Some(2026), 1, 2, 0, 10, 0)), None);
        assert_eq!(vote(local(None, 6, 1, 0, 10, 0)), None);
    }

    #[test]
    fn a_line_between_two_instants_votes() {
        let exact = |text: &str| Sighting {
            at: 0,
            stamp: Stamp { ns: time(text).0, basis: Basis::Utc },
            instant: None,
        };
        let local = Stamp::from_civil(None, 1, 1, (1, 0, 5), 0, None).unwrap();
        let local = Sighting { at: 0, stamp: local, instant: None };
        let offsets = |before: &str, after: &str| -> Vec<i32> {
            votes(&[exact(before), local, exact(after)]).iter().map(|vote| vote.offset).collect()
        };
        assert_eq!(offsets("2026-01-01T00:00:00Z", "2026-01-01T00:00:09Z"), [3600]);
        assert!(offsets("2026-01-01T00:00:00Z", "2026-01-01T00:09:00Z").is_empty());
        assert!(offsets("2026-01-01T00:00:09Z", "2026-01-01T00:00:00Z").is_empty());
    }
}
