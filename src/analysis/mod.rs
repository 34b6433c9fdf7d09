//! The result as plain data: everything a report may say, nothing a report could compute.
//!
//! The names are the contract of `result.json` (schema [`SCHEMA`]): fields are added, never renamed. Everything
//! is in its final order; a renderer walks it from top to bottom.

pub mod build;
mod describe;
pub mod explanation;
pub mod inventory;
mod machine;

use serde::Serialize;

use crate::base::{Diagnostic, Time, Untrusted};

/// The name of the result's schema.
pub const SCHEMA: &str = "rancher-bundle.result/v1";

/// The whole result of one run.
#[derive(Clone, Debug, Serialize)]
pub struct Analysis {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The program and its rulebook.
    pub tool: Tool,
    /// When the newest capture was made; all ages are measured from here.
    pub captured_at: Option<Time>,
    /// Where `captured_at` was read from.
    pub captured_at_source: Option<String>,
    /// What was analysed, in canonical order.
    pub inputs: Vec<Input>,
    /// What collectors wrote in one go, in the order of their paths.
    pub captures: Vec<Capture>,
    /// What the cluster is; the first one, where the inputs are of several.
    pub cluster: Cluster,
    /// All clusters that were told apart among the inputs, judged each alone.
    pub clusters: Vec<Cluster>,
    /// The answer in a few lines.
    pub verdict: Verdict,
    /// Root causes first, each followed by what it explains, then the rest.
    pub findings: Vec<Finding>,
    /// Rules that could not be decided, with what is missing.
    pub unknown: Vec<Unknown>,
    /// Ids of the rules that were decided and found nothing.
    pub clear: Vec<String>,
    /// Source × node: what the bundle holds of it.
    pub coverage: Vec<Coverage>,
    /// What was wrong with the input or the rules.
    pub diagnostics: Vec<Diagnostic>,
    /// Findings that somebody chose not to see.
    pub suppressed: Vec<Suppressed>,
}

/// The program that made the result.
#[derive(Clone, Debug, Serialize)]
pub struct Tool {
    /// `rancher-bundle`.
    pub name: &'static str,
    /// The program's version.
    pub version: &'static str,
    /// The rules that were used.
    pub rulebook: Rulebook,
}

/// Which rules were used.
#[derive(Clone, Debug, Serialize)]
pub struct Rulebook {
    /// How many.
    pub rules: usize,
    /// SHA-256 over all rule files in the order of their ids.
    pub sha256: String,
    /// Ids of those that did not come with the program.
    pub own: Vec<String>,
}

/// One input of the command line.
#[derive(Clone, Debug, Serialize)]
pub struct Input {
    /// The file name (never the directory it lay in: results must not depend on it).
    pub path: Untrusted,
    /// Its size; for a directory, that of all files in it.
    pub bytes: u64,
    /// SHA-256 of the file; for a directory, over the sorted paths and contents.
    pub sha256: String,
    /// Files found in it, nested ones included.
    pub members: u64,
}

/// What a collector wrote in one go.
#[derive(Clone, Debug, Serialize)]
pub struct Capture {
    /// Where it lies in the inputs; empty when it is an input as a whole.
    pub path: Untrusted,
    /// The collector's layout, as a word: `rancher-collector`, `must-gather`.
    pub collector: &'static str,
    /// The collector as people call it.
    pub title: &'static str,
    /// The machine, for collectors that run on one.
    pub node: Option<Untrusted>,
    /// When it was made.
    pub captured_at: Option<Time>,
    /// Where that was read from.
    pub captured_at_source: Option<Untrusted>,
    /// Files in it.
    pub files: u64,
    /// Whether names and addresses in it were replaced by pseudonyms.
    pub obfuscated: bool,
    /// What the collector itself complained about.
    pub complaints: Vec<Untrusted>,
}

/// What the cluster is, as far as it can be told.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Cluster {
    /// Its machines, in a few words.
    pub name: Untrusted,
    /// `rke1`, `rke2`, `k3s`, `kubeadm`, or `unknown`.
    pub distribution: String,
    /// The versions of Kubernetes that its machines run, joined by `, `; empty when none is known.
    pub version: String,
    /// Component → versions seen, joined by `, `.
    pub versions: std::collections::BTreeMap<String, String>,
    /// All nodes, by name.
    pub nodes: Vec<Node>,
}

/// One machine of the cluster.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Node {
    /// The name.
    pub name: Untrusted,
    /// `etcd`, `control-plane`, `worker`.
    pub roles: Vec<String>,
    /// IP addresses.
    pub addresses: Vec<Untrusted>,
    /// The version of Kubernetes that it runs; empty when that is not known.
    pub version: String,
    /// Component → version on this node.
    pub versions: std::collections::BTreeMap<String, String>,
    /// When this node was captured; `None` when no capture of it was given.
    pub captured_at: Option<Time>,
    /// How far its clock is ahead, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_skew_ms: Option<i64>,
}

/// The answer in a few lines.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// One sentence: what broke first, where.
    pub headline: Untrusted,
    /// The worst severity among the findings.
    pub worst: Option<Severity>,
    /// Fingerprints of the root causes, in order.
    pub root_causes: Vec<String>,
    /// How many rules could not be decided.
    pub unknown_rules: usize,
}

/// How bad a finding is, if it is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Will hurt, or hurts a little.
    Warning,
    /// Something does not work.
    Error,
    /// The cluster does not work, or data are at risk.
    Critical,
}

impl Severity {
    /// The word of the JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// One reading among several.
    Low,
    /// Likely.
    Medium,
    /// Nothing else looks like this.
    High,
}

impl Confidence {
    /// The word of the JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// Something that is wrong, with its proof.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// The rule's id.
    pub rule: String,
    /// Other ids of the rule.
    pub aliases: Vec<String>,
    /// Stable across runs, versions and additions to the rulebook: rule id and group key.
    pub fingerprint: String,
    /// The cluster, when the inputs are of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<Untrusted>,
    /// How bad it is.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// One line, said aloud.
    pub title: Untrusted,
    /// What it means here, one to three sentences.
    pub summary: Untrusted,
    /// What it means in general (Markdown, from the rulebook; trusted).
    pub about: String,
    /// Whether nothing else explains it.
    pub root_cause: bool,
    /// Fingerprints of the findings that explain it.
    pub explained_by: Vec<String>,
    /// Fingerprints of the findings that it explains.
    pub explains: Vec<String>,
    /// Whose problem it is.
    pub component: String,
    /// 0 host … 6 workloads: lower layers explain higher ones.
    pub layer: u8,
    /// Nodes on which it was seen.
    pub nodes: Vec<Untrusted>,
    /// What it is about: `namespace` → `longhorn-system`.
    pub entities: std::collections::BTreeMap<String, Untrusted>,
    /// Values that the evidence gave, joined by `, ` where there are several.
    pub fields: std::collections::BTreeMap<String, Untrusted>,
    /// Records and objects that show it, exactly.
    pub count: u64,
    /// The first of them.
    pub first: Option<Time>,
    /// The last of them.
    pub last: Option<Time>,
    /// Some of them.
    pub evidence: Vec<Evidence>,
    /// What to do, in order.
    pub remedy: Vec<Remedy>,
    /// Where the knowledge is from (URLs from the rulebook; trusted).
    pub references: Vec<String>,
}

/// One line of the bundle that shows a finding.
#[derive(Clone, Debug, Serialize)]
pub struct Evidence {
    /// The node that the line is about.
    pub node: Option<Untrusted>,
    /// The path inside the bundle; nested archives are joined by `!`.
    pub file: Untrusted,
    /// The line, from 1.
    pub line: u64,
    /// The offset of the line's first byte in the file.
    pub offset: u64,
    /// When it was written, where that is known.
    pub time: Option<Time>,
    /// The line (lossy UTF-8, cut after 4,096 bytes).
    pub text: Untrusted,
    /// Up to three lines before it.
    pub context_before: Vec<Untrusted>,
    /// Up to three lines after it.
    pub context_after: Vec<Untrusted>,
    /// The signal of the rule that it belongs to.
    pub signal: String,
}

/// One step towards repair.
#[derive(Clone, Debug, Serialize, serde::Deserialize)]
pub struct Remedy {
    /// What to do.
    pub step: String,
    /// The command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// What it can break.
    pub risk: Risk,
}

/// What a step can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Risk {
    /// Nothing.
    ReadOnly,
    /// Something stops for a while.
    Disruptive,
    /// Data may be lost.
    DataLoss,
}

/// A rule that could not be decided.
#[derive(Clone, Debug, Serialize)]
pub struct Unknown {
    /// The rule's id.
    pub rule: String,
    /// What the rule would have said, in general words.
    pub title: String,
    /// What is missing.
    pub missing: Vec<Missing>,
}

/// A source that a rule needs and the bundle does not hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Missing {
    /// `etcd logs`, `APIService objects`, `Namespace metadata.finalizers`.
    pub source: String,
    /// The node it should have come from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<Untrusted>,
    /// Why it is missing.
    pub reason: String,
    /// Commands to ask the customer for.
    pub collect: Vec<String>,
}

/// What the bundle holds of one source on one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// The cluster, when the inputs are of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<Untrusted>,
    /// `etcd logs`, `Namespace objects`, …
    pub source: String,
    /// The node; `None` for what belongs to the whole cluster.
    pub node: Option<Untrusted>,
    /// Whether it is there.
    pub state: State,
    /// Why it is not enough to decide rules by; absent where it is. That a list or a pod's log is empty is no reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How many lines (for logs) or objects.
    pub lines: u64,
    /// The first time in it.
    pub first: Option<Time>,
    /// The last time in it.
    pub last: Option<Time>,
    /// Times within one of its logs of which there is nothing, out of proportion to the rest.
    pub gaps: Vec<crate::base::TimeSpan>,
    /// How the times of its logs were found: exact, with an assumed zone, with an inferred year.
    pub clock: std::collections::BTreeSet<String>,
}

/// Whether a source is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It is there.
    Present,
    /// Its files are there and empty.
    Empty,
    /// It ends before its end.
    Truncated,
    /// It should be there and is not.
    Missing,
    /// It is there and cannot be read (damaged, or an error message in its place).
    Unreadable,
    /// Somebody took it out.
    Redacted,
}

/// A finding that somebody chose not to see.
#[derive(Clone, Debug, Serialize)]
pub struct Suppressed {
    /// Which finding.
    pub fingerprint: String,
    /// Why.
    pub reason: String,
    /// Until when.
    pub expires: Option<String>,
}
