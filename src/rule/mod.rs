//! The rule language. Knows nothing of bundles: a rule names records, objects and conditions.

pub mod atoms;
pub mod book;
pub mod check;
pub mod clause;
pub mod common;
pub mod complaints;
pub mod condition;
pub mod describe;
pub mod draft;
pub mod file;
pub mod grammar;
pub mod keys;
pub mod lints;
pub mod place;
pub mod read;
pub mod schema;
pub mod template;
pub mod text;
mod tree;
pub mod vocabulary;

use std::collections::BTreeMap;

pub use atoms::Required;
pub use book::Rulebook;
pub use condition::{Answer, Condition};
pub use file::{Expect, RuleFile, Series, TestFile, TestLog};
pub use template::Template;
pub use vocabulary::Vocabulary;

use crate::base::{Diagnostic, words};
use crate::log::Level;

/// How bad, if true. In the order of the JSON.
pub const SEVERITIES: &[&str] = &["info", "warning", "error", "critical"];

/// How sure, if it fires.
pub const CONFIDENCES: &[&str] = &["low", "medium", "high"];

/// What lies in each layer: a problem is never the cause of one in a lower layer.
pub const LAYERS: &[&str] = &[
    "host or operator",
    "network, time, space",
    "certificates",
    "datastore",
    "API server, supervisor, runtime",
    "kubelet, scheduler, webhooks",
    "agents and workloads",
];

/// The kinds of failures, by what has to be looked at: for finding rules, and for telling what a book covers.
pub const CLASSES: &[&str] = &[
    "certificates",
    "access",
    "network",
    "dns",
    "time",
    "storage",
    "capacity",
    "performance",
    "membership",
    "data",
    "configuration",
    "version",
    "admission",
    "runtime",
    "availability",
    "lifecycle",
];

/// One rule, checked and compiled.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The id.
    pub id: String,
    /// One line, minijinja.
    pub title: String,
    /// One to three sentences, minijinja.
    pub summary: String,
    /// Indices into [`SEVERITIES`], worst first. The first that holds counts, else the last.
    pub severity: Vec<(usize, Holds)>,
    /// Indices into [`CONFIDENCES`], surest first. The first that holds counts, else the last.
    pub confidence: Vec<(usize, Holds)>,
    /// Whose problem it is.
    pub component: String,
    /// 0 host … 6 workloads.
    pub layer: u8,
    /// What kind of failure it is: one of [`CLASSES`].
    pub class: Option<String>,
    /// Distributions to which it applies; empty for all.
    pub distributions: Vec<String>,
    /// What it counts, sorted by name.
    pub signals: Vec<Signal>,
    /// Positions of the signals, each after those that it is derived from.
    pub order: Vec<usize>,
    /// When it fires.
    pub when: Condition,
    /// One finding for each distinct value of these fields.
    pub group_by: Vec<String>,
    /// What it means (Markdown).
    pub about: String,
    /// What to do.
    pub remedy: Vec<Remedy>,
    /// What to ask for when it cannot be decided.
    pub collect: Vec<String>,
    /// Consequences.
    pub explains: Vec<String>,
    /// Other ids.
    pub aliases: Vec<String>,
    /// URLs.
    pub references: Vec<String>,
    /// Its own tests.
    pub tests: Vec<TestFile>,
    /// The file, for diagnostics.
    pub file: String,
    /// The file's text: who speaks of a part of the rule looks there for its place.
    pub source: String,
}

impl Rule {
    /// The worst severity that the rule can have: an index into [`SEVERITIES`].
    #[must_use]
    pub fn severity_worst(&self) -> usize {
        self.severity.first().map_or(0, |(level, _)| *level)
    }

    /// The title in general words, for whoever has no finding before him.
    #[must_use]
    pub fn general_title(&self) -> String {
        text::general(&self.title).unwrap_or_else(|| words::sentence(&self.id))
    }

    /// The area: the directory that the file lies in.
    #[must_use]
    pub fn area(&self) -> &str {
        self.file.rsplit(['/', '\\', '!']).nth(1).unwrap_or_default()
    }
}

/// One step towards repair.
#[derive(Clone, Debug)]
pub struct Remedy {
    /// What to do.
    pub step: String,
    /// The command, minijinja.
    pub run: Option<String>,
    /// `read-only`, `disruptive` or `data-loss`.
    pub risk: String,
}

/// The risks that a remedy may name.
pub const RISKS: &[&str] = &["read-only", "disruptive", "data-loss"];

/// When a step of a scale (severity, confidence) holds.
#[derive(Clone, Debug)]
pub enum Holds {
    /// Always.
    Always,
    /// From so many hits on.
    Count(u64),
    /// When a condition over the signals does.
    When(Condition),
}

/// Something that a rule counts.
#[derive(Clone, Debug)]
pub struct Signal {
    /// Its name within the rule.
    pub name: String,
    /// The window of `peak`, in nanoseconds.
    pub window: i64,
    /// Whether it is only compared with: its hits are neither counted nor shown.
    pub context: bool,
    /// Whether its hits are counted with another signal, from which it is derived.
    pub part_of_other: bool,
    /// Only hits at most this old at capture count, in nanoseconds.
    pub recent: Option<i64>,
    /// Only hits on these nodes count, by name or role; empty for all.
    pub nodes: Vec<String>,
    /// Over what it counts.
    pub source: SignalSource,
}

/// Over what a signal counts.
#[derive(Clone, Debug)]
pub enum SignalSource {
    /// Records.
    Logs(LogSignal),
    /// Objects.
    Objects(ObjectSignal),
    /// Hits of another signal.
    Derived(DerivedSignal),
}

/// A signal over records.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LogSignal {
    /// Components whose logs are searched; `any` is all of them.
    pub components: Vec<String>,
    /// Alternatives.
    pub patterns: Vec<Pattern>,
    /// Look-alikes that do not count.
    pub exclude: Vec<Matcher>,
    /// Levels that count; empty for all.
    pub levels: Vec<Level>,
    /// Only pod logs of this namespace.
    pub namespace: Option<String>,
    /// Only logs of this container.
    pub container: Option<String>,
    /// Fields whose values are kept together, hit by hit, because the rule compares hits by them: those of `group_by`
    /// first. Of all other fields only the values are kept.
    pub keys: Vec<String>,
    /// Whether some of its hits are chosen by their time, so that lines from all over the log must be kept.
    pub is_compared: bool,
}

/// A signal over the hits of another one.
#[derive(Clone, Debug)]
pub struct DerivedSignal {
    /// That signal, by position.
    pub of: usize,
    /// Only hits of alternatives with these tags; empty for all.
    pub tags: Vec<String>,
    /// Only hits that stand in this relation.
    pub relation: Option<Relation>,
}

/// How a hit has to stand to those of another signal.
#[derive(Clone, Debug)]
pub struct Relation {
    /// In time.
    pub kind: RelationKind,
    /// The other signal, by position.
    pub other: usize,
    /// How far apart the two may be, in nanoseconds, both ends included; any distance when there is none.
    pub within: Option<i64>,
    /// Fields in which both agree; [`NODE`] is one.
    pub same: Vec<String>,
    /// By how much the clocks of two nodes may differ, in nanoseconds.
    pub skew: i64,
}

/// How two hits stand to each other in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelationKind {
    /// One of the other signal is near.
    Near,
    /// One comes at the same time or later.
    Before,
    /// One came at the same time or earlier.
    After,
    /// None comes at the same time or later.
    NotFollowedBy,
    /// One is there at all.
    With,
    /// None is there.
    Without,
}

impl RelationKind {
    /// Whether it holds where the other signal has no hit.
    #[must_use]
    pub fn is_absence(self) -> bool {
        matches!(self, Self::NotFollowedBy | Self::Without)
    }
}

/// The field of every hit that is the node where it was logged.
pub const NODE: &str = "node";

/// The field of every hit that is the tag of the alternative that hit.
pub const TAG: &str = "tag";

/// The component that stands for all.
pub const ANY: &str = "any";

/// One alternative of a log signal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern {
    /// How a record is recognised.
    pub matcher: Matcher,
    /// Which alternative it is.
    pub tag: Option<String>,
    /// Literals that stand in the raw line.
    pub required: Required,
}

/// How a record is recognised.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Matcher {
    /// By text anywhere in it.
    Text(Template),
    /// By fields of a structured record.
    Fields {
        /// Field of the record → pattern of its whole value.
        conditions: BTreeMap<String, Template>,
        /// Our name → the record's field.
        copies: BTreeMap<String, String>,
    },
}

impl Matcher {
    /// Sets of literals of which every line that it fits holds one each.
    pub fn required(&self) -> impl Iterator<Item = &atoms::AnyOf> {
        let (text, fields) = match self {
            Self::Text(template) => (Some(template), None),
            Self::Fields { conditions, .. } => (None, Some(conditions.values())),
        };
        text.into_iter().chain(fields.into_iter().flatten()).flat_map(|template| &template.required)
    }
}

/// A signal over objects.
#[derive(Clone, Debug)]
pub struct ObjectSignal {
    /// The kind.
    pub kind: String,
    /// Which objects count.
    pub filter: Option<Condition>,
    /// What a hit carries: name → CEL.
    pub fields: BTreeMap<String, Condition>,
    /// When the hit happened: CEL that gives a time of RFC 3339.
    pub time: Option<Condition>,
}

/// What came of one rule file.
#[derive(Debug)]
pub struct Checked {
    /// The rule, if nothing is wrong with it but warnings.
    pub rule: Option<Rule>,
    /// The file as it was written, if anything could be made of it.
    pub file: Option<RuleFile>,
    /// What is wrong.
    pub said: Vec<Diagnostic>,
}
