//! Lines from all over the time of a log, in bounded space.
//!
//! A derived signal counts some of another one's hits, and nobody knows which while the log is read. So of such a signal
//! not only the first hits and the last ones are kept to be shown: of each stretch of time the first is.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::hits::Hit;
use super::series::wider;
use crate::base::Basis;

/// Stretches of time of one group of one signal in one file of which a line is kept.
pub const MOMENTS_MAX: usize = 512;

/// So many stay of each when all logs of an input together have too many.
pub const MOMENTS_MIN: usize = 32;

/// The first hit of each stretch of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moments {
    /// How long a stretch is, in nanoseconds; 0 while each instant has its own.
    width: i64,
    kept: BTreeMap<(Basis, i64), Hit>,
}

impl Moments {
    /// Keeps a hit if it is the first of its stretch. Hits without a time are of none.
    pub fn add(&mut self, hit: Hit) {
        let Some(stamp) = hit.stamp else { return };
        let ns = stamp.ns - stamp.ns.rem_euclid(self.width.max(1));
        match self.kept.entry((stamp.basis, ns)) {
            Entry::Vacant(entry) => drop(entry.insert(hit)),
            Entry::Occupied(mut entry) if entry.get().line > hit.line => drop(entry.insert(hit)),
            Entry::Occupied(_) => {}
        }
        while self.kept.len() > MOMENTS_MAX {
            self.widen(wider(self.width));
        }
    }

    /// How many are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Keeps at most half as many, if there are more than [`MOMENTS_MIN`].
    pub fn thin(&mut self) {
        let most = (self.kept.len() / 2).max(MOMENTS_MIN);
        while self.kept.len() > most {
            self.widen(wider(self.width));
        }
    }

    /// Adds those of a later part of the same file.
    pub fn append(&mut self, later: Self) {
        self.widen(later.width);
        later.kept.into_values().for_each(|hit| self.add(hit));
    }

    fn widen(&mut self, width: i64) {
        if width > self.width {
            self.width = width;
            std::mem::take(&mut self.kept).into_values().for_each(|hit| self.add(hit));
        }
    }

    /// The hits, in the order of time.
    pub fn iter(&self) -> impl Iterator<Item = &Hit> {
        self.kept.values()
    }

    /// The hits, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Hit> {
        self.kept.values_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Stamp;
    use crate::base::stamp::SECOND;

    fn hit(line: u64) -> Hit {
        let ns = i64::try_from(line * 7919 % 10_000).unwrap() * SECOND / 10;
        Hit { line, stamp: Some(Stamp { ns, basis: Basis::Utc }), ..Hit::default() }
    }

    #[test]
    fn the_first_line_of_each_stretch_stays_however_the_log_was_cut() {
        let mut whole = Moments::default();
        (0..5000).for_each(|line| whole.add(hit(line)));
        assert!(
            whole.kept.len() <= MOMENTS_MAX && whole.kept.len() > MOMENTS_MAX / 4,
            "{}",
            whole.kept.len()
        );
        let mut parts = Moments::default();
        for from in (0..5000).step_by(333) {
            let mut part = Moments::default();
            (from..5000.min(from + 333)).for_each(|line| part.add(hit(line)));
            parts.append(part);
        }
        assert_eq!(parts, whole);
    }
}
