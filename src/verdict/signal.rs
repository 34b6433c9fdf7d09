//! Hits of all files → one value for each signal: counts, times, nodes, fields, and a choice of evidence.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{Time, TimeSpan};
use crate::model::{Bundle, Stream};
use crate::rule::Rule;
use crate::scan::hits::{GroupHits, Hit, Series, Values};

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

/// What one file gives to one group of one signal.
#[derive(Clone, Debug, Default)]
pub struct Contribution {
    /// The values of the rule's `group_by` fields.
    pub key: Vec<Option<String>>,
    /// How many records or objects.
    pub count: u64,
    /// Their times, and how many at each.
    pub times: Vec<(i64, u64)>,
    /// The node.
    pub node: Option<String>,
    /// Their fields.
    pub fields: BTreeMap<String, Values>,
    /// Some of them, in the order of the file.
    pub shown: Vec<Shown>,
}

pub use crate::rule::NODE;

/// What the records of one stream give.
#[must_use]
pub fn of_records(
    bundle: &Bundle,
    rule: &Rule,
    stream: &Stream,
    key: &[Option<Box<str>>],
    group: &GroupHits,
) -> Contribution {
    let key = rule.group_by.iter().zip(key).map(|(name, value)| {
        if name == NODE { stream.node.clone() } else { value.as_deref().map(|value| identify(bundle, value)) }
    });
    let mut times: Vec<(i64, u64)> = Vec::new();
    for (basis, series) in &group.series {
        for (ns, n) in series.iter() {
            let stamp = crate::base::Stamp { ns, basis: *basis };
            times.extend(stream.clock.time(stamp).map(|time| (time.0, n)));
        }
    }
    Contribution {
        key: key.collect(),
        count: group.count,
        times,
        node: stream.node.clone(),
        fields: group.fields.iter().map(|(name, values)| (name.to_string(), values.clone())).collect(),
        shown: telling(group).map(|hit| of_hit(stream, hit)).collect(),
    }
}

/// Addresses and etcd member ids of known nodes become the node's name, so that both name one group.
#[must_use]
pub fn identify(bundle: &Bundle, value: &str) -> String {
    bundle.names.node(value).unwrap_or(value).to_owned()
}

/// The first hits of a file and its last.
fn telling(group: &GroupHits) -> impl Iterator<Item = &Hit> {
    let mut kept = group.first.iter().chain(&group.last);
    let first: Vec<&Hit> = kept.by_ref().take(FIRST_OF_FILE).collect();
    first.into_iter().chain(kept.last())
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
    /// The most within any window.
    pub peak: u64,
    /// Nodes on which they are.
    pub nodes: BTreeSet<String>,
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
        let mut series = Series::default();
        for contribution in contributions {
            value.count += contribution.count;
            contribution.times.iter().for_each(|(ns, n)| series.add(*ns, *n));
            value.nodes.extend(contribution.node.clone());
            for (field, values) in &contribution.fields {
                value.fields.entry(field.clone()).or_default().append(values);
            }
            for shown in &contribution.shown {
                value.note(shown);
            }
            value.shown.extend(contribution.shown.iter().cloned());
        }
        value.peak = series.peak(window).max(u64::from(value.count > 0));
        value.ends = series.ends();
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
