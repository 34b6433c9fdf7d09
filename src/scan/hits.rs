//! Hits in bounded space: counts are exact, evidence and times are bounded.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::moments::{MOMENTS_MIN, Moments};
use super::series::{Series, wider};
use crate::base::stamp::parse_duration;
use crate::base::{Basis, Limits, Stamp};

/// The values of a rule's `group_by` fields on a hit; `None` where the hit has no such field.
pub type GroupKey = Vec<Option<Box<str>>>;

/// Names and values that a hit carries. Hits of one message share them.
pub type Fields = Arc<[(Box<str>, Box<str>)]>;

/// How much of the hits is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Hits of one group that stay as evidence.
    pub evidence: usize,
    /// Groups of one signal in one file. More are only counted, and the result says so.
    pub groups: usize,
    /// Bytes of a line. What is longer is said.
    pub line: usize,
}

impl From<&Limits> for Bounds {
    fn from(limits: &Limits) -> Self {
        let whole = |limit: u64| usize::try_from(limit).unwrap_or(usize::MAX);
        Self { evidence: whole(limits.evidence), groups: whole(limits.groups), line: whole(limits.line) }
    }
}

/// Distinct values of one field that are kept.
pub const VALUES_MAX: usize = 256;

/// Distinct instants of all groups of one signal in one file that are kept apart.
pub const INSTANTS_MAX: usize = 16_384;

/// Groups of one signal in one file up to which each keeps all its evidence; beyond, each keeps its first hit and its last.
const GROUPS_FEW: usize = 32;

/// A record that matched a signal. Lines and offsets are relative to whatever the hit is stored with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hit {
    /// The line, from 0.
    pub line: u64,
    /// The offset of the line's first byte.
    pub offset: u64,
    /// The record's time.
    pub stamp: Option<Stamp>,
    /// What the pattern's holes took.
    pub fields: Fields,
    /// The line.
    pub text: Box<str>,
    /// Lines before it.
    pub before: Vec<Box<str>>,
    /// Lines after it.
    pub after: Vec<Box<str>>,
}

/// All hits of one signal in one file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SignalHits {
    /// By group.
    pub groups: BTreeMap<GroupKey, GroupHits>,
    /// Hits in groups beyond [`Bounds::groups`].
    pub beyond: u64,
    /// To what all series are rounded, in nanoseconds; 0 while nothing is.
    width: i64,
    /// Distinct instants in all series.
    instants: usize,
}

/// The hits of one group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupHits {
    /// How many.
    pub count: u64,
    /// Their times, by what the lines said of the date.
    pub series: BTreeMap<Basis, Series>,
    /// The values of each field.
    pub fields: BTreeMap<Box<str>, Values>,
    /// The first ones.
    pub first: Vec<Hit>,
    /// The last ones, without those in `first`.
    pub last: VecDeque<Hit>,
    /// Some from all over its time, for signals of which others are derived; without context.
    pub moments: Moments,
}

impl SignalHits {
    /// Adds a hit. `is_compared` when other signals may be derived from it.
    pub fn add(&mut self, key: &GroupKey, hit: Hit, is_compared: bool, bounds: Bounds) {
        let kept = self.make_room(key, bounds);
        let width = self.width;
        if !self.groups.contains_key(key) {
            self.groups.insert(key.clone(), GroupHits::default());
        }
        let few = self.groups.len() <= GROUPS_FEW;
        let Some(group) = self.groups.get_mut(key) else { return };
        let before = group.instants();
        if is_compared && few {
            group.moments.add(hit.clone());
        }
        group.add(hit, kept, width);
        self.instants = (self.instants + group.instants()).saturating_sub(before);
        self.shed(bounds);
    }

    /// How much evidence a group keeps once this one is there too.
    fn make_room(&mut self, key: &GroupKey, bounds: Bounds) -> usize {
        let few = bounds.evidence.min(2);
        match self.groups.len() {
            GROUPS_FEW if !self.groups.contains_key(key) => {
                self.groups.values_mut().for_each(|group| {
                    group.keep_only(few);
                    group.moments = Moments::default();
                });
                few
            }
            groups if groups > GROUPS_FEW => few,
            _ => bounds.evidence,
        }
    }

    /// Gives up the groups with the largest keys (not the latest: see [`Values::add`]) beyond the limit, and the least
    /// differences of time. How far series are rounded depends on what they hold, not on the order in which it came.
    fn shed(&mut self, bounds: Bounds) {
        while self.groups.len() > bounds.groups {
            let gone = self.groups.pop_last().map(|(_, group)| (group.count, group.instants()));
            let (count, instants) = gone.unwrap_or_default();
            self.beyond += count;
            self.instants = self.instants.saturating_sub(instants);
        }
        while self.instants > INSTANTS_MAX {
            self.width = wider(self.width);
            let width = self.width;
            self.groups.values_mut().for_each(|group| group.coarsen(width));
            self.instants = self.groups.values().map(GroupHits::instants).sum();
        }
    }

    /// Gives up the room that was kept for more.
    pub fn close(&mut self) {
        for group in self.groups.values_mut() {
            group.series.values_mut().for_each(|series| series.close());
            group.first.shrink_to_fit();
            group.last.shrink_to_fit();
        }
    }

    /// How many hits are kept from all over the time of the log.
    #[must_use]
    pub fn n_moments(&self) -> usize {
        self.groups.values().map(|group| group.moments.len()).sum()
    }

    /// Keeps about half of these; says whether there are still some to give up.
    pub fn thin_moments(&mut self) -> bool {
        self.groups.values_mut().for_each(|group| group.moments.thin());
        self.groups.values().any(|group| group.moments.len() > MOMENTS_MIN)
    }

    /// The hits that are kept from all over the time of the log.
    pub fn moments_mut(&mut self) -> impl Iterator<Item = &mut Hit> {
        self.groups.values_mut().flat_map(|group| group.moments.iter_mut())
    }

    /// The hits that are kept as evidence.
    pub fn kept_mut(&mut self) -> impl Iterator<Item = &mut Hit> {
        self.groups.values_mut().flat_map(|group| group.first.iter_mut().chain(group.last.iter_mut()))
    }

    /// Appends what a later part of the same file holds.
    pub fn append(&mut self, later: Self, bounds: Bounds) {
        self.beyond += later.beyond;
        self.width = self.width.max(later.width);
        let width = self.width;
        self.groups.values_mut().for_each(|group| group.coarsen(width));
        self.instants = self.groups.values().map(GroupHits::instants).sum();
        for (key, group) in later.groups {
            let kept = self.make_room(&key, bounds);
            let few = self.groups.len() + usize::from(!self.groups.contains_key(&key)) <= GROUPS_FEW;
            let own = self.groups.entry(key).or_default();
            let before = own.instants();
            own.append(group, kept, few, width);
            self.instants = (self.instants + own.instants()).saturating_sub(before);
            self.shed(bounds);
        }
    }
}

impl GroupHits {
    fn add(&mut self, hit: Hit, kept: usize, width: i64) {
        self.count += 1;
        if let Some(stamp) = hit.stamp {
            let series = self.series.entry(stamp.basis).or_default();
            series.coarsen(width);
            series.add(stamp.ns, 1);
        }
        for (name, value) in &*hit.fields {
            match self.fields.get_mut(name) {
                Some(values) => values.add(value, 1),
                None => self.fields.entry(name.clone()).or_default().add(value, 1),
            }
        }
        self.keep(hit, kept);
    }

    fn keep(&mut self, hit: Hit, kept: usize) {
        if self.first.len() < kept.div_ceil(2) {
            self.first.push(hit);
        } else {
            self.last.push_back(hit);
            if self.last.len() > kept / 2 {
                self.last.pop_front();
            }
        }
    }

    /// Keeps less evidence than before.
    fn keep_only(&mut self, kept: usize) {
        let all = std::mem::take(&mut self.first).into_iter().chain(std::mem::take(&mut self.last));
        all.collect::<Vec<_>>().into_iter().for_each(|hit| self.keep(hit, kept));
    }

    fn instants(&self) -> usize {
        self.series.values().map(|series| series.len()).sum()
    }

    fn coarsen(&mut self, width: i64) {
        self.series.values_mut().for_each(|series| series.coarsen(width));
    }

    fn append(&mut self, later: Self, kept: usize, few: bool, width: i64) {
        self.count += later.count;
        if few {
            self.moments.append(later.moments);
        }
        for (basis, series) in later.series {
            let own = self.series.entry(basis).or_default();
            own.coarsen(width);
            own.append(&series);
        }
        for (name, values) in later.fields {
            self.fields.entry(name).or_default().append(&values);
        }
        for hit in later.first.into_iter().chain(later.last) {
            self.keep(hit, kept);
        }
    }
}

/// The values of one field, with how often each was seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values {
    /// Value → how often. At most [`VALUES_MAX`].
    pub seen: BTreeMap<Box<str>, u64>,
    /// Whether there were more values than are kept.
    pub more: bool,
    /// The smallest and largest of the values that are numbers or durations (seconds).
    pub range: Option<(f64, f64)>,
}

impl Values {
    /// Counts a value.
    pub fn add(&mut self, value: &str, times: u64) {
        // Of a value that was seen before, the range knows.
        if let Some(count) = self.seen.get_mut(value) {
            *count += times;
            return;
        }
        if let Some(number) = number(value) {
            self.range =
                Some(self.range.map_or((number, number), |(min, max)| (min.min(number), max.max(number))));
        }
        self.seen.insert(value.into(), times);
        // The smallest values stay, not the first: what is kept then does not depend on how the log was cut.
        if self.seen.len() > VALUES_MAX {
            self.seen.pop_last();
            self.more = true;
        }
    }

    /// Counts what another part of the bundle saw.
    pub fn append(&mut self, other: &Self) {
        for (value, times) in &other.seen {
            self.add(value, *times);
        }
        self.more |= other.more;
        if let Some((low, high)) = other.range {
            self.range = Some(self.range.map_or((low, high), |(min, max)| (min.min(low), max.max(high))));
        }
    }
}

/// A plain number, or a duration in seconds.
fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|n| n.is_finite()).or_else(|| parse_duration(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Basis;
    use crate::base::stamp::SECOND;

    fn bounds(evidence: usize) -> Bounds {
        Bounds { evidence, groups: 3, line: 1024 }
    }

    #[test]
    fn groups_are_bounded_whatever_the_order_in_which_they_come() {
        let key = |name: &str| vec![Some(Box::from(name))];
        let names = ["d", "a", "c", "b", "e", "a", "d"];
        let collect = |names: &mut dyn Iterator<Item = &&str>| {
            let mut hits = SignalHits::default();
            names.for_each(|name| hits.add(&key(name), Hit::default(), false, bounds(2)));
            (hits.groups.keys().cloned().collect::<Vec<_>>(), hits.beyond)
        };
        let expect = (vec![key("a"), key("b"), key("c")], 3);
        assert_eq!(collect(&mut names.iter()), expect);
        assert_eq!(collect(&mut names.iter().rev()), expect);
    }

    #[test]
    fn counts_stay_exact_while_evidence_is_bounded() {
        let mut hits = SignalHits::default();
        for line in 0..1000 {
            hits.add(&Vec::new(), Hit { line, ..Hit::default() }, false, bounds(4));
        }
        let group = &hits.groups[&Vec::new()];
        let lines: Vec<u64> = group.first.iter().chain(&group.last).map(|hit| hit.line).collect();
        assert_eq!((group.count, lines), (1000, vec![0, 1, 998, 999]));
    }

    #[test]
    fn parts_of_a_file_add_up_to_the_whole() {
        let hit =
            |line| Hit { line, fields: [("x".into(), line.to_string().into())].into(), ..Hit::default() };
        let whole = (0..50).fold(SignalHits::default(), |mut hits, line| {
            hits.add(&Vec::new(), hit(line), true, bounds(6));
            hits
        });
        let mut parts = SignalHits::default();
        for from in [0, 3, 20] {
            let until = match from {
                0 => 3,
                3 => 20,
                _ => 50,
            };
            let mut part = SignalHits::default();
            (from..until).for_each(|line| part.add(&Vec::new(), hit(line), true, bounds(6)));
            parts.append(part, bounds(6));
        }
        assert_eq!(parts, whole);
    }

    #[test]
    fn many_groups_share_one_bound_of_times_and_keep_little_evidence_each() {
        let hit = |line: u64| {
            let stamp = Stamp { ns: i64::try_from(line).unwrap() * SECOND / 3, basis: Basis::Utc };
            Hit { line, stamp: Some(stamp), ..Hit::default() }
        };
        let key = |line: u64| vec![Some(Box::from((line % 50).to_string()))];
        let bounds = Bounds { evidence: 8, groups: 100, line: 1024 };
        let mut whole = SignalHits::default();
        (0..40_000).for_each(|line| whole.add(&key(line), hit(line), true, bounds));
        let instants: usize = whole.groups.values().map(GroupHits::instants).sum();
        assert!(instants <= INSTANTS_MAX && instants == whole.instants, "{instants}");
        assert_eq!(whole.groups.values().map(|group| group.count).sum::<u64>(), 40_000);
        assert!(whole.groups.values().all(|group| group.first.len() + group.last.len() == 2));
        let mut parts = SignalHits::default();
        for from in (0..40_000).step_by(777) {
            let mut part = SignalHits::default();
            (from..40_000.min(from + 777)).for_each(|line| part.add(&key(line), hit(line), true, bounds));
            parts.append(part, bounds);
        }
        assert_eq!(parts, whole);
    }

    #[test]
    fn numbers_and_durations_have_a_range() {
        let mut values = Values::default();
        ["1.5s", "200ms", "3"].iter().for_each(|value| values.add(value, 1));
        assert_eq!(values.range, Some((0.2, 3.0)));
    }
}
