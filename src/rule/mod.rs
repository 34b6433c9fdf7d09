//! The rule language. Knows nothing of bundles: a rule names records, objects and conditions.

pub mod atoms;
pub mod book;
pub mod check;
pub mod condition;
pub mod file;
pub mod template;

use std::collections::BTreeMap;

pub use book::Rulebook;
pub use condition::{Answer, Condition};
pub use file::{Expect, Series, TestFile, TestLog};
pub use template::Template;

use crate::base::Diagnostic;
use crate::log::Level;

/// How bad, if true. In the order of the JSON.
pub const SEVERITIES: &[&str] = &["info", "warning", "error", "critical"];

/// How sure, if it fires.
pub const CONFIDENCES: &[&str] = &["low", "medium", "high"];

/// One rule, checked and compiled.
#[derive(Debug)]
pub struct Rule {
    /// The id.
    pub id: String,
    /// One line, minijinja.
    pub title: String,
    /// One to three sentences, minijinja.
    pub summary: String,
    /// Indices into [`SEVERITIES`] with their conditions, worst first. The first that holds counts, else the last.
    pub severity: Vec<(usize, Option<Condition>)>,
    /// Indices into [`CONFIDENCES`] with their conditions, surest first. The first that holds counts, else the last.
    pub confidence: Vec<(usize, Option<Condition>)>,
    /// Whose problem it is.
    pub component: String,
    /// 0 host … 6 workloads.
    pub layer: u8,
    /// Distributions to which it applies; empty for all.
    pub distributions: Vec<String>,
    /// What it counts, sorted by name.
    pub signals: Vec<Signal>,
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
}

impl Rule {
    /// The worst severity that the rule can have: an index into [`SEVERITIES`].
    #[must_use]
    pub fn severity_worst(&self) -> usize {
        self.severity.first().map_or(0, |(level, _)| *level)
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

/// Something that a rule counts.
#[derive(Debug)]
pub struct Signal {
    /// Its name within the rule.
    pub name: String,
    /// The window of `peak`, in nanoseconds.
    pub window: i64,
    /// Whether it is only compared with: its hits are neither counted nor shown.
    pub context: bool,
    /// Over what it counts.
    pub source: SignalSource,
}

/// Over what a signal counts.
#[derive(Debug)]
pub enum SignalSource {
    /// Records.
    Logs(LogSignal),
    /// Objects.
    Objects(ObjectSignal),
}

/// A signal over records.
#[derive(Debug)]
pub struct LogSignal {
    /// Components whose logs are searched; `any` is all of them.
    pub components: Vec<String>,
    /// Alternatives.
    pub patterns: Vec<Pattern>,
    /// Look-alikes that do not count.
    pub exclude: Vec<Template>,
    /// Levels that count; empty for all.
    pub levels: Vec<Level>,
    /// Only pod logs of this namespace.
    pub namespace: Option<String>,
}

/// The component that stands for all.
pub const ANY: &str = "any";

/// One alternative of a log signal.
#[derive(Debug)]
pub struct Pattern {
    /// How a record is recognised.
    pub matcher: Matcher,
    /// Which alternative it is.
    pub tag: Option<String>,
    /// Literals of which at least one stands in the raw line.
    pub atoms: Vec<Vec<u8>>,
}

/// How a record is recognised.
#[derive(Debug)]
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

/// A signal over objects.
#[derive(Debug)]
pub struct ObjectSignal {
    /// The kind.
    pub kind: String,
    /// Which objects count.
    pub filter: Option<Condition>,
    /// What a hit carries: name → CEL.
    pub fields: BTreeMap<String, Condition>,
}

/// A rule, or why there is none; both may come with warnings.
pub type Checked = (Option<Rule>, Vec<Diagnostic>);
