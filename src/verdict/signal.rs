//! Hits of all files → one value for each signal: counts, times, nodes, fields, and a choice of evidence.

use std::collections::{BTreeMap, BTreeSet};

use super::timeline::{self, Clock, Instant};
use super::{Lack, TIMES};
use crate::base::{Time, TimeSpan};
use crate::model::coverage::Gap;
use crate::model::{Bundle, Stream};
use crate::rule::{Answer, NODE, Rule};
use crate::scan::hits::{GroupHits, Hit, Values};

/// Evidence of one finding.
const EVIDENCE_MAX: usize = 16;

/// Evidence of one signal on one file, before the choice: its first ones and its last.
const FIRST_OF_FILE: usize = 2;

/// A line that is shown as evidence.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shown {
    /// The node that it is about.
    pub node: Option<String>,
    /// The file, by position.
    pub artifact: usize,
    /// The line, from 0.
    pub line: u64,
    /// The offset of the line's first byte.
    pub offset: u64,
    /// When it was written.
    pub time: Option<Time>,
    /// The line.
    pub text: String,
    /// Lines before it.
    pub before: Vec<String>,
    /// Lines after it.
    pub after: Vec<String>,
    /// What it says.
    pub fields: Vec<(String, String)>,
}

/// What one file gives to one group of one signal: hits that agree in all fields by which the rule compares hits.
#[derive(Clone, Debug)]
pub struct Contribution {
    /// The values of the rule's `group_by` fields.
    pub key: Vec<Option<String>>,
    /// The values of all fields by which the rule compares hits, several where an object has a list of them.
    pub joint: BTreeMap<String, Vec<String>>,
    /// How many records or objects.
    pub count: u64,
    /// Their times, and how many at each; fewer than `count` where some have none.
    pub times: Vec<(i64, u64)>,
    /// To what the times are rounded down, in nanoseconds.
    pub width: i64,
    /// Whose clock wrote them.
    pub clock: Clock,
    /// The node.
    pub node: Option<String>,
    /// Their fields.
    pub fields: BTreeMap<String, Values>,
    /// Some of them, in the order of the file.
    pub shown: Vec<Shown>,
    /// More of them, from all over its time, where a choice of them may be asked for.
    pub moments: Vec<Shown>,
}

impl Contribution {
    /// How many hits have no time.
    #[must_use]
    pub fn untimed(&self) -> u64 {
        self.count.saturating_sub(self.times.iter().map(|(_, n)| n).sum())
    }

    /// The hits for which `holds` is true, and how many more there may be. `holds` is asked once for each time, and once with
    /// none for those without.
    #[must_use]
    pub fn part(&self, holds: &dyn Fn(Option<Instant>) -> Answer) -> (Self, u64) {
        let mut part = Self {
            key: self.key.clone(),
            joint: self.joint.clone(),
            count: 0,
            times: Vec::new(),
            width: self.width,
            clock: self.clock.clone(),
            node: self.node.clone(),
            fields: BTreeMap::new(),
            shown: Vec::new(),
            moments: self.moments.clone(),
        };
        let mut unsure = 0;
        let untimed = (None, self.untimed());
        let timed = self.times.iter().map(|(ns, n)| (Some(Instant { ns: *ns, width: self.width }), *n));
        for (at, n) in timed.chain(Some(untimed).filter(|(_, n)| *n > 0)) {
            match holds(at) {
                Answer::True => {
                    part.count += n;
                    part.times.extend(at.map(|at| (at.ns, n)));
                }
                Answer::Unknown => unsure += n,
                Answer::False => {}
            }
        }
        for (name, values) in self.joint.iter().filter(|_| part.count > 0) {
            let counted = part.fields.entry(name.clone()).or_default();
            values.iter().for_each(|value| counted.add(value, part.count));
        }
        let exact =
            |shown: &&Shown| holds(shown.time.map(|time| Instant { ns: time.0, width: 1 })) == Answer::True;
        part.moments.retain(|shown| exact(&shown));
        let mut shown: Vec<&Shown> = self.shown.iter().filter(exact).chain(&part.moments).collect();
        shown.sort_by_key(|shown| shown.line);
        shown.dedup_by_key(|shown| shown.line);
        part.shown = ends(&shown).into_iter().cloned().collect();
        (part, unsure)
    }
}

/// The first of some lines and the last, in the order of the file.
fn ends<'s, T>(shown: &[&'s T]) -> Vec<&'s T> {
    let last = shown.last().filter(|_| shown.len() > FIRST_OF_FILE);
    shown.iter().take(FIRST_OF_FILE).chain(last).copied().collect()
}

/// What the records of one stream give. `names` are the fields of `key`.
#[must_use]
pub fn of_records(
    bundle: &Bundle,
    rule: &Rule,
    stream: &Stream,
    names: &[String],
    key: &[Option<Box<str>>],
    group: &GroupHits,
) -> Contribution {
    let value = |value: &str| identify(bundle, value);
    let joint: BTreeMap<String, Vec<String>> = names
        .iter()
        .zip(key)
        .filter_map(|(name, told)| Some((name.clone(), vec![value(told.as_deref()?)])))
        .collect();
    let key = rule.group_by.iter().map(|name| match name.as_str() {
        NODE => stream.node.clone(),
        name => joint.get(name).and_then(|values| values.first()).cloned(),
    });
    // With a thousand logs these are many: no more room than they need.
    let n_times = group.series.values().map(|series| series.iter().count()).sum();
    let mut times: Vec<(i64, u64)> = Vec::with_capacity(n_times);
    let mut width = 1;
    for (basis, series) in &group.series {
        width = width.max(series.width());
        for (ns, n) in series.iter() {
            let stamp = crate::base::Stamp { ns, basis: *basis };
            times.extend(stream.clock.time(stamp).map(|time| (time.0, n)));
        }
    }
    let kept: Vec<&Hit> = group.first.iter().chain(&group.last).collect();
    Contribution {
        key: key.collect(),
        joint,
        count: group.count,
        times,
        width,
        clock: stream.node.clone().map_or(Clock::File(stream.artifact), Clock::Node),
        node: stream.node.clone(),
        fields: group.fields.iter().map(|(name, values)| (name.to_string(), values.clone())).collect(),
        shown: ends(&kept).into_iter().map(|hit| of_hit(stream, hit)).collect(),
        moments: group.moments.iter().map(|hit| of_hit(stream, hit)).collect(),
    }
}

/// Addresses and etcd member ids of known nodes become the node's name, so that both name one group.
#[must_use]
pub fn identify(bundle: &Bundle, value: &str) -> String {
    bundle.names.node(value).unwrap_or(value).to_owned()
}

fn of_hit(stream: &Stream, hit: &Hit) -> Shown {
    let own = |lines: &[Box<str>]| lines.iter().map(ToString::to_string).collect();
    Shown {
        node: stream.node.clone(),
        artifact: stream.artifact,
        line: hit.line,
        offset: hit.offset,
        time: hit.stamp.and_then(|stamp| stream.clock.time(stamp)),
        text: hit.text.to_string(),
        before: own(&hit.before),
        after: own(&hit.after),
        fields: hit.fields.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
    }
}

/// One signal in one group.
#[derive(Clone, Debug, Default)]
pub struct SignalValue {
    /// Its name.
    pub name: String,
    /// How many records or objects.
    pub count: u64,
    /// The most within any window, at least.
    pub peak: u64,
    /// The most within any window, at most: more where times are rounded or missing.
    pub peak_most: u64,
    /// When the window begins that holds the most of them.
    pub peak_at: Option<Time>,
    /// Nodes on which they are.
    pub nodes: BTreeSet<String>,
    /// How many are on each node; none stands for those of which it is not known.
    pub per_node: BTreeMap<Option<String>, u64>,
    /// Their fields.
    pub fields: BTreeMap<String, Values>,
    /// The earliest with a time, or the first in the order of files.
    pub first: Option<Shown>,
    /// The latest with a time, or the last in the order of files.
    pub last: Option<Shown>,
    /// A choice of them by file, in the order of files.
    pub shown: Vec<Shown>,
    /// Whether it is only compared with.
    pub context: bool,
    /// Whether its hits are counted with another signal.
    pub part_of_other: bool,
    /// Whether some of its sources are missing, so that there may be more.
    pub partial: bool,
    /// The first and last time, in nanoseconds.
    pub ends: Option<(i64, i64)>,
}

impl SignalValue {
    /// Adds up contributions, which come in the order of files.
    pub fn sum<'c>(
        name: &str,
        window: i64,
        partial: bool,
        contributions: impl Iterator<Item = &'c Contribution>,
    ) -> Self {
        let mut value = Self { name: name.to_owned(), partial, ..Self::default() };
        let mut times: Vec<(i64, u64)> = Vec::new();
        let (mut width, mut untimed) = (1, 0);
        for contribution in contributions {
            value.count += contribution.count;
            times.extend(&contribution.times);
            width = width.max(contribution.width);
            untimed += contribution.untimed();
            value.nodes.extend(contribution.node.clone());
            *value.per_node.entry(contribution.node.clone()).or_default() += contribution.count;
            for (field, values) in &contribution.fields {
                value.fields.entry(field.clone()).or_default().append(values);
            }
            for shown in &contribution.shown {
                value.note(shown);
            }
            value.shown.extend(contribution.shown.iter().cloned());
        }
        value.ends = times.iter().map(|(ns, _)| *ns).min().zip(times.iter().map(|(ns, _)| *ns).max());
        let peak = timeline::peak(times, width, window);
        value.peak = peak.surely.max(u64::from(value.count > 0));
        value.peak_most = (peak.possibly + untimed).max(value.peak);
        value.peak_at = peak.at.map(Time);
        value
    }

    fn note(&mut self, shown: &Shown) {
        let earlier = |a: Option<Time>, b: Option<Time>| match (a, b) {
            (Some(a), Some(b)) => a < b,
            (a, b) => a.is_some() && b.is_none(),
        };
        if self.first.as_ref().is_none_or(|first| earlier(shown.time, first.time)) {
            self.first = Some(shown.clone());
        }
        if self.last.as_ref().is_none_or(|last| last.time <= shown.time) {
            self.last = Some(shown.clone());
        }
    }

    /// Whether there may be more than was seen.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.partial || self.peak_most > self.peak
    }

    /// When the last of them was that has a time.
    #[must_use]
    pub fn last_time(&self) -> Option<Time> {
        self.ends.map(|(_, last)| Time(last))
    }

    /// Why the peak is not exact, where no missing source is reason enough.
    #[must_use]
    pub fn doubt(&self) -> Option<Lack> {
        let reason = "lines without a time, or more lines than their times can be kept apart".to_owned();
        (self.peak_most > self.peak && !self.partial)
            .then(|| Lack { source: TIMES.to_owned(), gap: Gap { node: None, reason } })
    }

    /// From the first to the last time.
    #[must_use]
    pub fn span(&self) -> Option<TimeSpan> {
        self.ends.map(|(first, last)| TimeSpan { first: Time(first), last: Time(last) })
    }

    /// Seconds from the first to the last time.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.span().map_or(0.0, |span| span.last.seconds_since(span.first))
    }
}

/// Chooses evidence: from every signal and file in turn, so that each node has its say; then in the order of time.
#[must_use]
pub fn choose(values: &[SignalValue]) -> Vec<(String, Shown)> {
    let mut queues: BTreeMap<(usize, usize), Vec<(&str, &Shown)>> = BTreeMap::new();
    for (position, value) in values.iter().enumerate().filter(|(_, value)| !value.context) {
        for shown in &value.shown {
            queues.entry((position, shown.artifact)).or_default().push((&value.name, shown));
        }
    }
    let longest = queues.values().map(Vec::len).max().unwrap_or(0);
    let mut chosen: Vec<(String, Shown)> = Vec::new();
    let mut places = BTreeSet::new();
    for round in 0..longest {
        for queue in queues.values() {
            let Some((name, shown)) = queue.get(round) else { continue };
            if chosen.len() < EVIDENCE_MAX && places.insert((shown.artifact, shown.line)) {
                chosen.push(((*name).to_owned(), (*shown).clone()));
            }
        }
    }
    // Objects have no time: they show what was there at capture, after the log lines.
    chosen.sort_by_key(|(_, shown)| (shown.time.is_none(), shown.time, shown.artifact, shown.line));
    chosen
}
