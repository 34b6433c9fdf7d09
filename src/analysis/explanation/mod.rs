//! How one rule came to its verdict, as plain data: each clause with what it compared, each signal with what was found of
//! it, and what is missing.

pub mod build;

use serde::Serialize;

use crate::base::{Time, Untrusted};

/// How a rule came to its verdict on one cluster.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// The rule's id.
    pub rule: String,
    /// The cluster, when the inputs are of several.
    pub cluster: Option<Untrusted>,
    /// `finding`, `clear`, `unknown`, or `not applicable`.
    pub verdict: &'static str,
    /// The condition, as it is written.
    pub when: String,
    /// Groups: those that fire, then those with the most hits. One, for a rule that groups by nothing.
    pub groups: Vec<Group>,
    /// How many more groups there are.
    pub more_groups: usize,
    /// What it looks at.
    pub signals: Vec<Source>,
    /// What is missing of that, and why a signal may count less than there was.
    pub missing: Vec<Missing>,
    /// What to ask for, where something is missing.
    pub collect: Vec<String>,
}

/// What a signal looks at.
#[derive(Clone, Debug, Serialize)]
pub struct Source {
    /// The signal.
    pub name: String,
    /// What it counts, in words: `etcd logs`, `EtcdMember objects`, `lost, after slow within 10s, same node`.
    pub what: String,
}

/// A part of a source that is missing.
#[derive(Clone, Debug, Serialize)]
pub struct Missing {
    /// `etcd logs`, `EtcdMember objects`.
    pub source: String,
    /// The node, where only one is concerned.
    pub node: Option<Untrusted>,
    /// Why it is missing.
    pub reason: String,
}

/// One group.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// `group_by` field and value.
    pub key: Vec<(String, Untrusted)>,
    /// What the condition came to: `true`, `false` or `unknown`.
    pub answer: &'static str,
    /// Severity, confidence and title of the finding, when it fires.
    pub finding: Option<(&'static str, &'static str, Untrusted)>,
    /// The clauses of the condition, from left to right.
    pub clauses: Vec<Clause>,
    /// What was found of each signal.
    pub found: Vec<Found>,
}

/// One clause of a condition.
#[derive(Clone, Debug, Serialize)]
pub struct Clause {
    /// As it is written.
    pub text: String,
    /// What it came to: `true`, `false` or `unknown`.
    pub answer: &'static str,
    /// What it compared: the values of both sides.
    pub compared: Option<(Untrusted, Untrusted)>,
}

/// What was found of one signal.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// The signal.
    pub name: String,
    /// How many records or objects.
    pub count: u64,
    /// Whether there may be more, because something is missing.
    pub open: bool,
    /// The most within one window, the window in seconds, and when it begins; absent without times.
    pub peak: Option<(u64, f64, Time)>,
    /// From the first to the last time.
    pub span: Option<(Time, Time)>,
    /// How many are on each node.
    pub nodes: Vec<(Option<Untrusted>, u64)>,
    /// Field → some values, and how many there are.
    pub fields: Vec<(String, Vec<Untrusted>, usize)>,
    /// Some of them.
    pub evidence: Vec<Place>,
}

/// A line of a file.
#[derive(Clone, Debug, Serialize)]
pub struct Place {
    /// The file inside the bundle.
    pub file: Untrusted,
    /// The line, from 1.
    pub line: u64,
    /// Its text.
    pub text: Untrusted,
}
