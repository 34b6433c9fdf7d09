//! One cluster from many captures: what is known, and where it is from. Contains no rule and no verdict.

pub mod clock;
pub mod coverage;
pub mod gaps;
pub mod names;
pub mod objects;

use std::collections::{BTreeMap, BTreeSet};

pub use gaps::Order;
pub use objects::Objects;

use crate::artifact::layout::Layout;
use crate::artifact::rotation::Rank;
use crate::artifact::{Component, PodRef};
use crate::base::words;
use crate::base::{Diagnostic, Time, TimeSpan};
use crate::object::Listing;

/// One cluster, as far as it can be known.
#[derive(Debug, Default)]
pub struct Bundle {
    /// What was read, in canonical order.
    pub inputs: Vec<InputRead>,
    /// What a collector wrote in one go, in the order of their roots.
    pub captures: Vec<Capture>,
    /// All files, in canonical order.
    pub artifacts: Vec<Artifact>,
    /// All logs, in the order of their files.
    pub streams: Vec<Stream>,
    /// All objects that somebody asked for.
    pub objects: Objects,
    /// The machines of the cluster, by name.
    pub nodes: BTreeMap<String, Node>,
    /// The roles of which the bundle says which nodes have them; `node` when it lists the nodes.
    pub known_roles: BTreeSet<&'static str>,
    /// Addresses and etcd member ids → node.
    pub names: names::Names,
    /// `rke1`, `rke2`, `k3s`, `kubeadm` or `unknown`.
    pub distribution: String,
    /// When the newest capture was made.
    pub captured_at: Option<Time>,
    /// Where that was read from.
    pub captured_at_source: Option<String>,
    /// What was wrong with the input.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether other clusters were found among the inputs.
    pub of_several: bool,
}

/// Fields of Kubernetes' kinds that the model itself asks for: nodes, and where pods run. Derived kinds are kept whole.
pub const ASKED: &[(&str, &str)] = &[
    ("Node", "roles"),
    ("Node", "status.internalIP"),
    ("Node", "status.nodeInfo.kubeletVersion"),
    ("Node", "status.nodeInfo.osImage"),
    ("Node", "status.nodeInfo.kernelVersion"),
    ("Node", "status.nodeInfo.containerRuntimeVersion"),
    ("Pod", "spec.nodeName"),
    ("Namespace", "metadata.uid"),
];

/// The distribution of a cluster that shows no mark of any.
pub const UNKNOWN: &str = "unknown";

impl Bundle {
    /// What a person may call the cluster: its machines.
    #[must_use]
    pub fn title(&self) -> String {
        const NAMED: usize = 3;
        let mut names: Vec<&str> = self.nodes.keys().map(String::as_str).take(NAMED).collect();
        let more = format!("{} more", self.nodes.len().saturating_sub(NAMED));
        if self.nodes.len() > NAMED {
            names.push(&more);
        }
        if names.is_empty() { "no machine is named".to_owned() } else { words::list(&names) }
    }

    /// The machine that a file is about.
    #[must_use]
    pub fn node_of_artifact(&self, index: usize) -> Option<&str> {
        let artifact = self.artifacts.get(index)?;
        let capture = artifact.capture.and_then(|capture| self.captures.get(capture));
        let named = artifact.node.as_deref().and_then(|node| names::same_host(node, &self.nodes));
        capture.and_then(|capture| capture.node.as_deref()).or(named).or_else(|| {
            // Somebody's own directories are often named after the nodes.
            let mut segments = artifact.path.split(['/', '!']);
            segments.find_map(|segment| self.nodes.get_key_value(segment).map(|(name, _)| name.as_str()))
        })
    }
}

/// An input, after reading.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct InputRead {
    /// The file name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Its digest.
    pub sha256: String,
    /// Files in it.
    pub members: u64,
}

/// What a collector wrote in one go, on one machine.
#[derive(Clone, Debug)]
pub struct Capture {
    /// The path that all its files share.
    pub root: String,
    /// Its layout.
    pub layout: &'static Layout,
    /// The machine.
    pub node: Option<String>,
    /// When it was made.
    pub time: Option<Time>,
    /// Where that was read from.
    pub time_source: Option<String>,
    /// Whether it is an instant that the machine wrote, and not a name without a zone.
    pub time_is_exact: bool,
    /// What the machine says of its clock's zone.
    pub zone: Option<clock::ZoneHint>,
    /// The version of Kubernetes that the collector was told.
    pub version: Option<String>,
    /// Whether names and addresses in it were replaced by pseudonyms.
    pub obfuscated: bool,
    /// What the collector itself complained about, in the order of its notes.
    pub complaints: Vec<String>,
    /// Directories of distributions that it holds (`rke`, `rke2`, `k3s`, …).
    pub distributions: BTreeSet<String>,
}

/// One file.
#[derive(Clone, Debug, Default)]
pub struct Artifact {
    /// The path inside the bundle; with several inputs, the input's name and `!` stand before it.
    pub path: String,
    /// Its capture, by position.
    pub capture: Option<usize>,
    /// The path up to where its layout begins; files with one root were collected in one go.
    pub root: String,
    /// The machine that its path names.
    pub node: Option<String>,
    /// What it is.
    pub kind: ArtifactKind,
    /// Whether it could be read.
    pub state: ArtifactState,
    /// Its size, after inflating.
    pub bytes: u64,
    /// Kinds that it lists.
    pub lists: Vec<Listing>,
    /// How many objects of each kind it shows, also of kinds that nobody asks for.
    pub counts: Vec<(Box<str>, u64)>,
}

/// What a file is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ArtifactKind {
    /// A log.
    Log,
    /// Read by the reader of this name.
    Document(&'static str),
    /// `kubectl cluster-info dump`.
    Dump,
    /// Known, not read.
    #[default]
    Other,
    /// Not text; what it is, where its first bytes say so.
    Binary(Option<&'static str>),
}

/// Whether a file could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ArtifactState {
    /// To its end.
    #[default]
    Read,
    /// It has no bytes.
    Empty,
    /// It ends early.
    Truncated,
    /// It holds an error message in place of output.
    CommandFailed(String),
}

/// One log: a file, one container's part of a dump, or what one component wrote in a file of several.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    /// Its file, by position.
    pub artifact: usize,
    /// The stream of which it is what one component wrote, by position; `None` for a whole file or part of a dump.
    pub part_of: Option<usize>,
    /// Who writes in it; empty when that is not known.
    pub components: Vec<Component>,
    /// The pod.
    pub pod: Option<PodRef>,
    /// The container in the pod, where it is known.
    pub container: Option<String>,
    /// Whether it is of an earlier run of the container.
    pub previous: bool,
    /// Whether times without a zone are on the machine's clock.
    pub host_clock: bool,
    /// The machine on which it was written.
    pub node: Option<String>,
    /// Whether it is a part of a file that holds an error message in place of a log.
    pub failed: bool,
    /// Bytes, after inflating and decoding.
    pub bytes: u64,
    /// How many lines; of a component's part, as estimated from a sample.
    pub lines: u64,
    /// The path that it shares with the other pieces of one log that was rotated.
    pub family: String,
    /// Its place among these.
    pub rank: Option<Rank>,
    /// From its earliest to its latest line that was looked at; `None` where no time is known.
    pub span: Option<TimeSpan>,
    /// Times within it of which there is nothing, out of proportion to the rest.
    pub gaps: Vec<TimeSpan>,
    /// How its lines follow one another in time; `None` where no time is known.
    pub order: Option<Order>,
    /// How its stamps become times.
    pub clock: clock::Clock,
    /// Whether several programs write in it and each line says which.
    pub mixed: bool,
    /// The bytes that the lines stand for that were looked at for what they say of the log.
    pub sampled: u64,
    /// Of these, how many are of a component that its lines name.
    pub speakers: BTreeMap<Component, u64>,
    /// The message that fills most of it, if one does.
    pub dominant: Option<Dominant>,
    /// Whether another stream holds all of it: every server's collector asks the API for the logs of all pods.
    pub is_copy: bool,
}

/// A message that fills a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dominant {
    /// How much of the sample it is, in percent.
    pub percent: u64,
    /// The message, without what differs from one time to the next.
    pub text: String,
}

/// One machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// `etcd`, `control-plane`, `worker`.
    pub roles: BTreeSet<String>,
    /// IP addresses.
    pub addresses: BTreeSet<String>,
    /// Component → version.
    pub versions: BTreeMap<String, String>,
    /// When it was captured.
    pub captured_at: Option<Time>,
}
