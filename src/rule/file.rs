//! A rule file as its author wrote it: the types. [`read`](super::read) fills them.
//!
//! Values that a later check may complain about carry their place ([`At`]).

use std::collections::BTreeMap;
use std::ops::Range;

pub use super::place::{At, Place};

/// A whole rule file.
#[derive(Clone, Debug)]
pub struct RuleFile {
    /// Kebab case, the file's name.
    pub id: At<String>,
    /// One line, minijinja.
    pub title: At<String>,
    /// One to three sentences about this case, minijinja.
    pub summary: Option<At<String>>,
    /// How bad, if true.
    pub severity: At<Scale>,
    /// How sure, if it fires.
    pub confidence: Option<At<Scale>>,
    /// Whose problem it is.
    pub component: At<String>,
    /// 0 host … 6 workloads; 6 when it is not said.
    pub layer: Option<At<u8>>,
    /// What kind of failure it is.
    pub class: Option<At<String>>,
    /// To which clusters the rule applies.
    pub applies: Applies,
    /// What to count.
    pub signals: Named<SignalFile>,
    /// When the rule fires.
    pub when: At<String>,
    /// One finding for each distinct value of these fields.
    pub group_by: Many<String>,
    /// What it means (Markdown).
    pub about: At<String>,
    /// What to do, in order.
    pub remedy: Vec<RemedyFile>,
    /// What to ask for when the rule cannot be decided.
    pub collect: Many<String>,
    /// Consequences.
    pub explains: Many<String>,
    /// Other ids.
    pub aliases: Many<String>,
    /// URLs.
    pub references: Many<String>,
    /// The rule's own tests.
    pub tests: Vec<At<TestFile>>,
}

/// To which clusters a rule applies.
#[derive(Clone, Debug, Default)]
pub struct Applies {
    /// Distributions; empty for all.
    pub distributions: Many<String>,
}

/// One step towards repair.
#[derive(Clone, Debug)]
pub struct RemedyFile {
    /// What to do.
    pub step: At<String>,
    /// The command.
    pub run: Option<At<String>>,
    /// `read-only`, `disruptive`, `data-loss`.
    pub risk: Option<At<String>>,
}

/// A signal: over logs, over objects, or over the hits of another signal.
#[derive(Clone, Debug, Default)]
pub struct SignalFile {
    /// Components whose logs are searched.
    pub logs: Many<String>,
    /// The kind of object that is counted.
    pub objects: Option<At<String>>,
    /// The signal whose hits are counted where they stand in a relation.
    pub of: Option<At<String>>,
    /// Alternatives, for logs.
    pub matches: Many<MatchFile>,
    /// Look-alikes that do not count.
    pub exclude: Many<MatchFile>,
    /// Levels that count.
    pub level: Many<String>,
    /// Only logs and objects of these nodes, by name or role.
    pub nodes: Many<String>,
    /// Only pod logs of this namespace.
    pub namespace: Option<At<String>>,
    /// Only logs of this container.
    pub container: Option<At<String>>,
    /// Only hits of the alternatives with these tags, for derived signals.
    pub tag: Many<String>,
    /// Only hits that are at most this old at capture.
    pub recent: Option<At<String>>,
    /// The window of `peak`.
    pub window: Option<At<String>>,
    /// Whether it is only compared with, and shows nothing of the failure itself.
    pub context: bool,
    /// Which objects count: CEL.
    pub filter: Option<At<String>>,
    /// What an object's hit carries: name → CEL.
    pub fields: Named<String>,
    /// When an object's hit happened: CEL that gives a time of RFC 3339.
    pub time: Option<At<String>>,
    /// The relation of a derived signal: a hit of this signal is near in time.
    pub near: Option<At<String>>,
    /// … comes later.
    pub before: Option<At<String>>,
    /// … came earlier.
    pub after: Option<At<String>>,
    /// … comes later: `before` in other words.
    pub followed_by: Option<At<String>>,
    /// … does not come later.
    pub not_followed_by: Option<At<String>>,
    /// … is there at all, at any time or none.
    pub with: Option<At<String>>,
    /// … is not there at all.
    pub without: Option<At<String>>,
    /// How far apart the two may be.
    pub within: Option<At<String>>,
    /// Fields in which the two agree; `node` is one.
    pub same: Many<String>,
    /// By how much the clocks of two nodes may differ.
    pub skew: Option<At<String>>,
}

/// One alternative of a log signal.
#[derive(Clone, Debug)]
pub enum MatchFile {
    /// A template, or a regular expression between slashes.
    Text(String),
    /// With a tag, or on the fields of a structured record.
    Full(FullMatch),
}

/// An alternative written as a map.
#[derive(Clone, Debug, Default)]
pub struct FullMatch {
    /// A template or a regular expression.
    pub text: Option<At<String>>,
    /// Field of the record → template for its whole value.
    pub json: Named<String>,
    /// Our name → the record's field.
    pub fields: Named<String>,
    /// Which alternative hit.
    pub tag: Option<At<String>>,
}

/// A word, or a map from words to what makes them hold.
#[derive(Clone, Debug)]
pub enum Scale {
    /// The same for every finding.
    One(String),
    /// The highest that holds.
    Steps(Named<Step>),
}

/// What makes a step of a scale hold.
#[derive(Clone, Debug)]
pub enum Step {
    /// So many hits.
    Count(u64),
    /// Nothing more: it always holds.
    Always,
    /// A condition.
    When(String),
}

/// One value or a list of them, each with its place.
#[derive(Clone, Debug)]
pub struct Many<T>(pub Vec<At<T>>);

impl<T> Default for Many<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Clone> Many<T> {
    /// The values without their places.
    #[must_use]
    pub fn values(&self) -> Vec<T> {
        self.0.iter().map(|at| at.value.clone()).collect()
    }
}

/// Names, in the author's order, with what they stand for, each with its place.
#[derive(Clone, Debug)]
pub struct Named<T>(pub Vec<(At<String>, At<T>)>);

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Named<T> {
    /// What a name stands for.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&At<T>> {
        self.0.iter().find(|(at, _)| at.value == name).map(|(_, value)| value)
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.value.as_str())
    }
}

/// One test of a rule.
#[derive(Clone, Debug)]
pub struct TestFile {
    /// What it shows.
    pub name: String,
    /// Component → text.
    pub logs: BTreeMap<String, TestLog>,
    /// Kind → complete objects.
    pub objects: BTreeMap<String, Vec<serde_json::Value>>,
    /// Path inside a collector's bundle → text.
    pub files: BTreeMap<String, String>,
    /// Components and kinds that the bundle does not hold.
    pub missing: Many<String>,
    /// Component → the time that its logs cover; all time for what is not named.
    pub covers: BTreeMap<String, CoversFile>,
    /// When the bundle was captured, RFC 3339.
    pub captured_at: Option<At<String>>,
    /// What must come out.
    pub expect: At<Expect>,
    /// Names and times in it, for whoever knows which there are.
    pub mentions: Vec<(Mention, At<String>)>,
}

/// What a word in a test is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mention {
    /// The test's own name.
    Name,
    /// A component.
    Component,
    /// A kind of object.
    Kind,
    /// A component or a kind.
    Source,
    /// A field of a finding.
    Field,
    /// A time of RFC 3339.
    Time,
    /// A duration.
    Duration,
    /// A key of `expect` that is compared for findings only.
    OfFinding,
    /// A verdict.
    Verdict,
    /// A severity.
    Severity,
    /// A confidence.
    Confidence,
}

/// The time that the logs of a component cover in a test.
#[derive(Clone, Debug, Default)]
pub struct CoversFile {
    /// Nothing older is there, RFC 3339.
    pub from: Option<String>,
    /// Nothing newer is there, RFC 3339.
    pub until: Option<String>,
}

/// A log of a test.
#[derive(Clone, Debug)]
pub enum TestLog {
    /// Lines, on one node.
    Text(String),
    /// A line repeated in time, on one node.
    Series(Series),
    /// Lines and series, one after the other, on one node.
    Several(Vec<TestLog>),
    /// Node → lines or series.
    Nodes(BTreeMap<String, TestLog>),
}

/// A line repeated in time.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// The line; `{time}` becomes RFC 3339.
    pub line: String,
    /// How often.
    pub repeat: u32,
    /// How far apart.
    pub every: String,
    /// The first time, RFC 3339.
    pub start: Option<String>,
    /// The nodes that each write it; one node when none is named.
    pub nodes: Vec<String>,
}

/// What a test expects.
#[derive(Clone, Debug, Default)]
pub struct Expect {
    /// `finding`, `clear` or `unknown`.
    pub verdict: String,
    /// Hits of the first finding.
    pub count: Option<u64>,
    /// How many findings.
    pub findings: Option<usize>,
    /// The first finding's title.
    pub title: Option<String>,
    /// The first finding's severity.
    pub severity: Option<String>,
    /// The first finding's confidence.
    pub confidence: Option<String>,
    /// Fields of the first finding.
    pub fields: BTreeMap<String, String>,
}

/// The id that a rule file has by its name, wherever it lies: in a directory, or behind the `!` of an archive.
#[must_use]
pub fn id_of_name(path: &str) -> Option<&str> {
    path.rsplit(['/', '\\', '!']).next()?.strip_suffix(".yaml")
}

/// The line of a placed value, when the place is known.
#[must_use]
pub fn line_of<T>(at: &At<T>) -> Option<u64> {
    at.place.is_written().then_some(at.place.line)
}

/// The bytes of a placed value in its file, when the place is known.
#[must_use]
pub fn bytes_of<T>(at: &At<T>) -> Option<Range<usize>> {
    at.place.is_written().then_some(at.place.start..at.place.end)
}
