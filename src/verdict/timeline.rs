//! When hits happened: the densest window, and whether two hits stand in a relation.
//!
//! Times are exact until there are very many; then a series is rounded down to a width (`scan::hits`), and an instant `t`
//! stands for some time from `t` to `t + width - 1`. Everything here says what is certain and what is possible under that.

use std::collections::BTreeMap;

use crate::rule::{Answer, Relation, RelationKind};

/// Whose clock wrote a time: that of a node, or of a file of which the node is not known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Clock {
    /// The node's.
    Node(String),
    /// Of a file, by position.
    File(usize),
}

/// A rounded time: it was from `ns` to `ns + width - 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instant {
    /// The earliest that it can have been, in nanoseconds.
    pub ns: i64,
    /// To what it was rounded down; 1 when it was not.
    pub width: i64,
}

impl Instant {
    /// The latest that it can have been.
    #[must_use]
    pub fn last(self) -> i64 {
        self.ns.saturating_add(self.width.max(1) - 1)
    }
}

/// The most hits within any window of one length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Peak {
    /// Surely so many.
    pub surely: u64,
    /// At most so many.
    pub possibly: u64,
    /// When the window begins in which they are.
    pub at: Option<i64>,
}

/// The most hits within any window of this length (both ends belong to it). `times` are in any order.
#[must_use]
pub fn peak(mut times: Vec<(i64, u64)>, width: i64, window: i64) -> Peak {
    times.sort_unstable();
    let blur = width.max(1) - 1;
    let (possibly, at) = densest(&times, window.saturating_add(blur));
    let surely = if blur <= window {
        densest(&times, window - blur).0
    } else {
        // One instant is longer than the window: its hits fall into so many windows, and one of these has its share.
        let windows = (i128::from(blur) / (i128::from(window) + 1) + 1).min(i128::from(u64::MAX));
        let most = times.iter().map(|(_, n)| *n).max().unwrap_or(0);
        most.div_ceil(u64::try_from(windows).unwrap_or(u64::MAX).max(1))
    };
    Peak { surely, possibly, at }
}

fn densest(times: &[(i64, u64)], window: i64) -> (u64, Option<i64>) {
    let (mut from, mut sum, mut peak) = (0, 0, (0, None));
    for (ns, n) in times {
        sum += n;
        while let Some((_, gone)) = times.get(from).filter(|(oldest, _)| ns.saturating_sub(*oldest) > window)
        {
            sum -= gone;
            from += 1;
        }
        if sum > peak.0 {
            peak = (sum, times.get(from).map(|(oldest, _)| *oldest));
        }
    }
    peak
}

/// Hits with which others are compared.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// By time; beside each the position of the next one on another clock.
    all: Vec<(i64, usize, usize)>,
    /// By clock, sorted.
    by_clock: Vec<Vec<i64>>,
    clocks: BTreeMap<Clock, usize>,
    width: i64,
    /// Whether there is one without a time.
    untimed: bool,
}

impl Timeline {
    /// Adds the times of a contribution, rounded to `width`; `untimed` when it has more hits than times.
    pub fn add(&mut self, clock: &Clock, times: impl Iterator<Item = i64>, width: i64, untimed: bool) {
        self.width = self.width.max(width);
        self.untimed |= untimed;
        let next = self.clocks.len();
        let id = *self.clocks.entry(clock.clone()).or_insert(next);
        if id == self.by_clock.len() {
            self.by_clock.push(Vec::new());
        }
        for ns in times {
            self.all.push((ns, id, 0));
            if let Some(own) = self.by_clock.get_mut(id) {
                own.push(ns);
            }
        }
    }

    /// Sorts what was added. Before, nothing can be asked.
    pub fn finish(&mut self) {
        self.by_clock.iter_mut().for_each(|own| own.sort_unstable());
        self.all.sort_unstable();
        let mut following: Option<(usize, usize)> = None;
        let mut other = self.all.len();
        for index in (0..self.all.len()).rev() {
            let Some(entry) = self.all.get_mut(index) else { continue };
            // The next one is either on another clock, or knows the next one that is.
            other = match following {
                Some((next, clock)) if clock != entry.1 => next,
                _ => other,
            };
            entry.2 = other;
            following = Some((index, entry.1));
        }
    }

    /// Whether there is any hit at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty() && !self.untimed
    }

    /// Whether a hit stands in the relation to the hits here, as far as these are known.
    #[must_use]
    pub fn answer(&self, relation: &Relation, at: Option<Instant>, clock: &Clock) -> Answer {
        let found = match relation.kind {
            RelationKind::With | RelationKind::Without => Answer::from_bool(!self.is_empty()),
            _ => self.in_time(relation, at, clock),
        };
        if relation.kind.is_absence() { found.not() } else { found }
    }

    /// Whether a hit here is as far from `at` as the relation says.
    fn in_time(&self, relation: &Relation, at: Option<Instant>, clock: &Clock) -> Answer {
        if self.is_empty() {
            return Answer::False;
        }
        let Some(at) = at else { return Answer::Unknown };
        let within = relation.within.unwrap_or(i64::MAX);
        let (low, high) = match relation.kind {
            RelationKind::Near => (within.saturating_neg(), within),
            RelationKind::After => (within.saturating_neg(), 0),
            _ => (0, within),
        };
        let skew = relation.skew;
        let own = self.between(at, low, high, |from, to| self.on_clock(clock, from, to));
        let others = || {
            let (low, high) = (low.saturating_sub(skew), high.saturating_add(skew));
            self.between(at, low, high, |from, to| self.on_others(clock, from, to))
        };
        let found = if own == Answer::True { own } else { own.or(others()) };
        if found == Answer::False && self.untimed { Answer::Unknown } else { found }
    }

    /// Whether some hit is from `low` to `high` away from `at`, given how both are rounded.
    fn between(&self, at: Instant, low: i64, high: i64, any: impl Fn(i64, i64) -> bool) -> Answer {
        let blur = self.width.max(1) - 1;
        let surely = (at.last().saturating_add(low), at.ns.saturating_add(high).saturating_sub(blur));
        let possibly = (at.ns.saturating_add(low).saturating_sub(blur), at.last().saturating_add(high));
        if any(surely.0, surely.1) {
            Answer::True
        } else if any(possibly.0, possibly.1) {
            Answer::Unknown
        } else {
            Answer::False
        }
    }

    fn on_clock(&self, clock: &Clock, from: i64, to: i64) -> bool {
        let own = self.clocks.get(clock).and_then(|id| self.by_clock.get(*id));
        own.is_some_and(|own| own.get(own.partition_point(|ns| *ns < from)).is_some_and(|ns| *ns <= to))
    }

    fn on_others(&self, clock: &Clock, from: i64, to: i64) -> bool {
        let mine = self.clocks.get(clock).copied();
        let first = self.all.partition_point(|(ns, ..)| *ns < from);
        let Some((_, id, next)) = self.all.get(first) else { return false };
        let index = if Some(*id) == mine { *next } else { first };
        self.all.get(index).is_some_and(|(ns, ..)| *ns <= to)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn relation(kind: RelationKind, within: Option<i64>, skew: i64) -> Relation {
        Relation { kind, other: 0, within, same: Vec::new(), skew }
    }

    const KINDS: [RelationKind; 6] = [
        RelationKind::Near,
        RelationKind::Before,
        RelationKind::After,
        RelationKind::NotFollowedBy,
        RelationKind::With,
        RelationKind::Without,
    ];

    /// The relation as the reference of the language tells it, pair by pair.
    fn naive(relation: &Relation, at: i64, clock: usize, others: &[(i64, usize)]) -> bool {
        let pair = |(time, other): &(i64, usize)| {
            let skew = if *other == clock { 0 } else { relation.skew };
            let later = time - at;
            let far = |distance: i64| relation.within.is_none_or(|within| distance <= within + skew);
            match relation.kind {
                RelationKind::Near => far(later.abs()),
                RelationKind::Before | RelationKind::NotFollowedBy => later >= -skew && far(later),
                RelationKind::After => later <= skew && far(-later),
                RelationKind::With | RelationKind::Without => true,
            }
        };
        others.iter().any(pair) != relation.kind.is_absence()
    }

    fn timeline(others: &[(i64, usize)], width: i64) -> Timeline {
        let mut timeline = Timeline::default();
        for (time, clock) in others {
            timeline.add(&Clock::File(*clock), std::iter::once(time - time.rem_euclid(width)), width, false);
        }
        timeline.finish();
        timeline
    }

    #[test]
    fn both_ends_belong_and_equal_times_are_before_and_after() {
        let one = timeline(&[(10, 0)], 1);
        let ask = |kind, within, at| {
            let at = Instant { ns: at, width: 1 };
            one.answer(&relation(kind, within, 2), Some(at), &Clock::File(0)) == Answer::True
        };
        assert!(ask(RelationKind::Before, Some(5), 5) && !ask(RelationKind::Before, Some(5), 4));
        assert!(ask(RelationKind::Before, Some(0), 10) && ask(RelationKind::After, Some(0), 10));
        assert!(!ask(RelationKind::Before, None, 11) && ask(RelationKind::After, None, 1000));
        assert!(ask(RelationKind::Near, Some(1), 11) && !ask(RelationKind::Near, Some(1), 12));
        assert!(ask(RelationKind::NotFollowedBy, Some(5), 4) && !ask(RelationKind::NotFollowedBy, None, 4));
    }

    #[test]
    fn clocks_of_two_nodes_may_differ_by_the_skew_and_no_more() {
        let other = timeline(&[(10, 1)], 1);
        let ask = |kind, at| {
            let at = Instant { ns: at, width: 1 };
            other.answer(&relation(kind, Some(5), 2), Some(at), &Clock::File(0)) == Answer::True
        };
        assert!(ask(RelationKind::Before, 3) && !ask(RelationKind::Before, 2));
        assert!(ask(RelationKind::Before, 12) && !ask(RelationKind::Before, 13));
        assert!(!ask(RelationKind::NotFollowedBy, 12) && ask(RelationKind::NotFollowedBy, 13));
    }

    #[test]
    fn what_has_no_time_decides_nothing_in_time() {
        let mut timeline = Timeline::default();
        timeline.add(&Clock::File(0), std::iter::empty(), 1, true);
        timeline.finish();
        let ask = |kind, at| timeline.answer(&relation(kind, None, 2), at, &Clock::File(0));
        let at = Some(Instant { ns: 0, width: 1 });
        assert_eq!(ask(RelationKind::Before, at), Answer::Unknown);
        assert_eq!(ask(RelationKind::NotFollowedBy, at), Answer::Unknown);
        assert_eq!(
            (ask(RelationKind::With, None), ask(RelationKind::Without, None)),
            (Answer::True, Answer::False)
        );
    }

    #[test]
    fn the_peak_counts_both_ends_of_the_window_and_nothing_beyond() {
        let peak = |times: &[i64], window| {
            let peak = super::peak(times.iter().map(|t| (*t, 1)).collect(), 1, window);
            (peak.surely, peak.possibly, peak.at)
        };
        assert_eq!(peak(&[0, 5, 10], 10), (3, 3, Some(0)));
        assert_eq!(peak(&[11, 0, 5], 10), (2, 2, Some(0)));
        assert_eq!(peak(&[0, 50, 51], 10), (2, 2, Some(50)));
        assert_eq!(peak(&[], 1), (0, 0, None));
        assert_eq!(peak(&[3, 3, 3], 0), (3, 3, Some(3)));
    }

    proptest! {
        #[test]
        fn exact_times_give_what_comparing_all_pairs_gives(
            times in proptest::collection::vec((0i64..60, 0usize..3), 0..30),
            at in 0i64..60, clock in 0usize..4, kind in 0usize..6,
            within in proptest::option::of(0i64..20), skew in 0i64..4,
        ) {
            let relation = relation(KINDS[kind], within, skew);
            let expected = naive(&relation, at, clock, &times);
            let answer = timeline(&times, 1).answer(&relation, Some(Instant { ns: at, width: 1 }), &Clock::File(clock));
            prop_assert_eq!(answer, Answer::from_bool(expected));
        }

        #[test]
        fn rounded_times_never_claim_what_exact_ones_deny(
            times in proptest::collection::vec((0i64..200, 0usize..3), 0..30),
            at in 0i64..200, clock in 0usize..4, kind in 0usize..6,
            within in proptest::option::of(0i64..40), skew in 0i64..4, width in 1i64..16, own in 1i64..16,
        ) {
            let relation = relation(KINDS[kind], within, skew);
            let expected = naive(&relation, at, clock, &times);
            let at = Instant { ns: at - at.rem_euclid(own), width: own };
            let answer = timeline(&times, width).answer(&relation, Some(at), &Clock::File(clock));
            prop_assert!(answer == Answer::Unknown || answer == Answer::from_bool(expected), "{:?}", answer);
        }

        #[test]
        fn clocks_that_differ_by_less_than_the_skew_lose_no_relation_and_invent_no_absence(
            times in proptest::collection::vec((0i64..60, 1usize..3), 0..20),
            at in 0i64..60, kind in 0usize..6, within in proptest::option::of(0i64..20), skew in 0i64..6, off in -6i64..=6,
        ) {
            prop_assume!(off.abs() <= skew);
            let truth = relation(KINDS[kind], within, 0);
            let asked = relation(KINDS[kind], within, skew);
            let holds = naive(&truth, at, 0, &times);
            // All other nodes' clocks are off by the same; the hit's own clock is right.
            let seen: Vec<(i64, usize)> = times.iter().map(|(time, clock)| (time + off, *clock)).collect();
            let answer = timeline(&seen, 1).answer(&asked, Some(Instant { ns: at, width: 1 }), &Clock::File(0));
            if asked.kind.is_absence() {
                prop_assert!(answer != Answer::True || holds);
            } else {
                prop_assert!(answer == Answer::True || !holds);
            }
        }

        #[test]
        fn the_peak_is_between_its_bounds(
            times in proptest::collection::vec(0i64..500, 0..60), width in 1i64..50, window in 0i64..60,
        ) {
            let count = |from: i64| times.iter().filter(|t| (from..=from + window).contains(t)).count() as u64;
            let expected = times.iter().map(|t| count(*t)).max().unwrap_or(0);
            let mut rounded: BTreeMap<i64, u64> = BTreeMap::new();
            times.iter().for_each(|t| *rounded.entry(t - t.rem_euclid(width)).or_default() += 1);
            let Peak { surely, possibly, .. } = peak(rounded.into_iter().collect(), width, window);
            prop_assert!(surely <= expected && expected <= possibly, "{} {} {}", surely, expected, possibly);
            if width == 1 {
                prop_assert_eq!(surely, possibly);
            }
        }
    }
}
