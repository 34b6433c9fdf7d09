//! How many hits there were at which times, in bounded space.

/// Distinct instants that a series keeps apart; beyond, neighbours are counted together.
pub const SERIES_MAX: usize = 4096;

/// How many hits at which times, in bounded space: exact while there are at most [`SERIES_MAX`] distinct times, then
/// to a width that doubles as often as needed.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    width: i64,
    /// In the order of time. Most logs are in order too, so that most hits are counted at the end.
    counts: Vec<(i64, u64)>,
}

impl Default for Series {
    fn default() -> Self {
        Self { width: 1, counts: Vec::new() }
    }
}

/// The width to which an overflowing series is first rounded: 1 ms.
const WIDTH_FIRST: i64 = 1_000_000;

impl Series {
    /// Counts `n` hits at `ns`.
    pub fn add(&mut self, ns: i64, n: u64) {
        self.count(self.round(ns), n);
        while self.counts.len() > SERIES_MAX {
            self.coarsen(wider(self.width));
        }
    }

    /// Adds another series.
    pub fn append(&mut self, other: &Self) {
        self.coarsen(other.width);
        for (ns, n) in &other.counts {
            self.add(*ns, *n);
        }
    }

    /// Rounds to this width, if that is wider than what it is rounded to.
    pub(super) fn coarsen(&mut self, width: i64) {
        if width <= self.width {
            return;
        }
        self.width = width;
        let counts = std::mem::take(&mut self.counts);
        for (ns, n) in counts {
            self.count(self.round(ns), n);
        }
    }

    fn count(&mut self, ns: i64, n: u64) {
        let place = match self.counts.last() {
            Some((last, _)) if *last >= ns => self.counts.binary_search_by_key(&ns, |(at, _)| *at),
            _ => Err(self.counts.len()),
        };
        match place {
            Ok(known) => self.counts.get_mut(known).into_iter().for_each(|(_, count)| *count += n),
            Err(place) => self.counts.insert(place, (ns, n)),
        }
    }

    /// To what the times are rounded down, in nanoseconds: a time `t` stands for `t` up to `t + width - 1`.
    #[must_use]
    pub fn width(&self) -> i64 {
        self.width
    }

    /// How many distinct times are kept apart.
    pub(super) fn len(&self) -> usize {
        self.counts.len()
    }

    /// Gives up the room that was kept for more.
    pub(super) fn close(&mut self) {
        self.counts.shrink_to_fit();
    }

    /// Times and counts, in the order of time.
    pub fn iter(&self) -> impl Iterator<Item = (i64, u64)> {
        self.counts.iter().copied()
    }

    fn round(&self, ns: i64) -> i64 {
        ns - ns.rem_euclid(self.width)
    }
}

/// The next width: 1 ns, 1 ms, 2 ms, 4 ms, …: each a multiple of the one before, so that rounding twice is rounding once.
pub(super) fn wider(width: i64) -> i64 {
    if width <= 1 { WIDTH_FIRST } else { width.saturating_mul(2) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::stamp::SECOND;

    #[test]
    fn a_long_series_stays_bounded_and_its_sum_exact() {
        let mut series = Series::default();
        (0..100_000).for_each(|i| series.add(i * SECOND / 7, 1));
        assert!(series.counts.len() <= SERIES_MAX);
        assert_eq!(series.iter().map(|(_, n)| n).sum::<u64>(), 100_000);
    }
}
