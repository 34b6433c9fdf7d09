//! What is in the inputs, whatever any rule thinks of it: the answer of `inspect`.
//!
//! The names are the contract of its JSON (schema [`SCHEMA`]): fields are added, never renamed.

pub mod build;

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Capture, Cluster, Coverage, Input, State, Tool};
use crate::base::{Diagnostic, Time, TimeSpan, Untrusted};

/// The name of the schema.
pub const SCHEMA: &str = "rancher-bundle.inspect/v1";

/// All that was found.
#[derive(Clone, Debug, Serialize)]
pub struct Inventory {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The program.
    pub tool: Tool,
    /// What was read, in canonical order.
    pub inputs: Vec<Input>,
    /// The clusters that were told apart, with what was captured of each.
    pub clusters: Vec<ClusterInventory>,
    /// What was wrong with the input.
    pub diagnostics: Vec<Diagnostic>,
}

/// What was captured of one cluster.
#[derive(Clone, Debug, Serialize)]
pub struct ClusterInventory {
    /// The cluster.
    pub cluster: Cluster,
    /// When the newest capture was made.
    pub captured_at: Option<Time>,
    /// Where that was read from.
    pub captured_at_source: Option<Untrusted>,
    /// Its captures in the order of their paths; last, files that belong to none.
    pub captures: Vec<CaptureInventory>,
    /// Kinds of objects with what is known of them, over all captures.
    pub objects: Vec<Kind>,
    /// Source × node: what there is of it.
    pub coverage: Vec<Coverage>,
}

/// What is in one capture.
#[derive(Clone, Debug, Serialize)]
pub struct CaptureInventory {
    /// The capture.
    #[serde(flatten)]
    pub capture: Capture,
    /// What the machine says of itself; empty for captures of a whole cluster.
    pub machine: Vec<Fact>,
    /// Its logs, in the order of components and paths.
    pub logs: Vec<Log>,
    /// Its documents by reader.
    pub documents: Vec<Documents>,
    /// Files of which nothing could be read, or that hold an error in place of output.
    pub troubled: Vec<Trouble>,
    /// How many files are empty.
    pub empty: u64,
    /// Files that are no text.
    pub binary: Vec<Untrusted>,
    /// Known files that are neither logs nor read.
    pub other: Vec<Untrusted>,
    /// Text of no known kind: searched, nothing else.
    pub unclassified: Vec<Untrusted>,
}

/// Something that a machine says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What it is about.
    pub name: &'static str,
    /// What is said, with units.
    pub text: Untrusted,
    /// Whether somebody should look at it.
    pub grave: bool,
}

/// One log: all its files in the order of time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Log {
    /// The path without what tells its pieces apart.
    pub name: Untrusted,
    /// Its files, oldest first.
    pub files: Vec<Untrusted>,
    /// Who writes in it; empty when that is not known.
    pub components: Vec<&'static str>,
    /// Whether several programs write in it and each line says which.
    pub mixed: bool,
    /// Who was seen to write in it, with the share of lines in a sample, in percent.
    pub speakers: BTreeMap<&'static str, u64>,
    /// The pod, as `namespace/name`.
    pub pod: Option<Untrusted>,
    /// The container in the pod, where it is known.
    pub container: Option<Untrusted>,
    /// Which run of the container it is of, from 0, where its name tells; others are 0.
    pub run: Option<u32>,
    /// Whether it is of an earlier run of the container.
    pub previous: bool,
    /// The machine on which it was written.
    pub node: Option<Untrusted>,
    /// Lines.
    pub lines: u64,
    /// Bytes, after inflating.
    pub bytes: u64,
    /// The first time in it.
    pub first: Option<Time>,
    /// The last time in it.
    pub last: Option<Time>,
    /// How its times were found: exact, with an assumed zone, with an inferred year, or not at all.
    pub clock: String,
    /// How its lines follow one another in time.
    pub order: String,
    /// Times of which it holds nothing, out of proportion to the rest.
    pub gaps: Vec<TimeSpan>,
    /// The message that fills most of it, if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dominant: Option<Dominant>,
    /// Whether it is there.
    pub state: State,
    /// Whether another capture holds all of it, so that it counts once.
    pub copy: bool,
}

/// A message that fills a log.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dominant {
    /// How much of the log, in percent of a sample of its lines.
    pub percent: u64,
    /// One of its lines.
    pub text: Untrusted,
}

/// Documents of one reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Documents {
    /// The reader.
    pub reader: &'static str,
    /// How many files.
    pub files: u64,
    /// Kind → objects in them.
    pub objects: BTreeMap<String, u64>,
}

/// A file that does not hold what it should.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// The file.
    pub file: Untrusted,
    /// What became of it.
    pub state: State,
    /// The error that it holds, or what is wrong with it.
    pub text: Untrusted,
}

/// What is known of the objects of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Kind {
    /// The kind.
    pub kind: String,
    /// How many.
    pub count: u64,
    /// Whether the whole cluster's were listed.
    pub complete: bool,
    /// Files that list them.
    pub files: u64,
}
