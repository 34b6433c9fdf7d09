//! What a bundle should hold and does not: the reasons why a rule cannot be decided.
//!
//! What is expected follows from what the bundle itself says: the roles of its nodes, its list of pods. Taking any one
//! source away therefore leaves the others to say that it is missing.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{ArtifactState, Bundle, Stream};
use crate::artifact::component::{self, Runs};
use crate::artifact::{COMPONENTS, distribution};
use crate::base::{Time, TimeSpan};
use crate::object::derived::{self, Derived, Expected};

/// A source that is missing, or is there and is not enough.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// The node it should have come from.
    pub node: Option<String>,
    /// Why it is not enough.
    pub reason: String,
}

/// The gaps of every source.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// Component → gaps in its logs; none when they are complete.
    pub logs: BTreeMap<String, Vec<Gap>>,
    /// Kind → gaps in its objects; none when they are complete.
    pub objects: BTreeMap<String, Vec<Gap>>,
    /// Component → the time that its logs cover; all time for what is not named.
    pub covered: BTreeMap<String, Vec<Covered>>,
    /// Whether what is not named above is complete (tests of rules) or missing (bundles).
    pub rest_complete: bool,
}

/// The time that the logs of a component on one machine cover.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Covered {
    /// The machine, where it is known.
    pub node: Option<String>,
    /// Nothing older is there; `None` where that is not known.
    pub from: Option<Time>,
    /// Nothing newer is there: what a log holds when it is captured is all until then.
    pub until: Option<Time>,
}

impl Coverage {
    /// The gaps in the logs of a component.
    #[must_use]
    pub fn log_gaps(&self, component: &str) -> Vec<Gap> {
        self.logs.get(component).cloned().unwrap_or_else(|| self.unnamed("no such log is in the bundle"))
    }

    /// The gaps in the objects of a kind.
    #[must_use]
    pub fn object_gaps(&self, kind: &str) -> Vec<Gap> {
        self.objects.get(kind).cloned().unwrap_or_else(|| self.unnamed("no list of them is in the bundle"))
    }

    fn unnamed(&self, reason: &str) -> Vec<Gap> {
        if self.rest_complete { Vec::new() } else { vec![Gap { node: None, reason: reason.to_owned() }] }
    }

    /// Finds the gaps of a bundle.
    #[must_use]
    pub fn of(bundle: &Bundle) -> Self {
        let logs = Logs::of(bundle);
        let logs =
            COMPONENTS.iter().map(|about| (about.name.to_owned(), log_gaps(bundle, &logs, about))).collect();
        let kinds: BTreeSet<&String> =
            bundle.objects.listings.keys().chain(bundle.objects.by_key.keys().map(|key| &key.kind)).collect();
        let objects = kinds.into_iter().map(|kind| (kind.clone(), object_gaps(bundle, kind))).collect();
        Self { logs, objects, covered: covered(bundle), rest_complete: false }
    }
}

/// From the first line of each component's logs to the capture of their machine, or to their last line where nobody knows
/// when that was.
fn covered(bundle: &Bundle) -> BTreeMap<String, Vec<Covered>> {
    let mut spans: BTreeMap<(&str, Option<&str>), TimeSpan> = BTreeMap::new();
    for stream in bundle.streams.iter().filter(|stream| !stream.failed) {
        let Some(span) = stream.span else { continue };
        for component in stream.components.iter().filter(|component| speaks(stream, component)) {
            let known = spans.entry((component, stream.node.as_deref())).or_insert(span);
            *known = TimeSpan { first: known.first.min(span.first), last: known.last.max(span.last) };
        }
    }
    let mut covered: BTreeMap<String, Vec<Covered>> = BTreeMap::new();
    for ((component, node), span) in spans {
        let captured_at = node.and_then(|node| bundle.nodes.get(node)?.captured_at).or(bundle.captured_at);
        let until = captured_at.max(Some(span.last));
        covered.entry(component.to_owned()).or_default().push(Covered {
            node: node.map(str::to_owned),
            from: Some(span.first),
            until,
        });
    }
    covered
}

fn gap(node: Option<&str>, reason: impl Into<String>) -> Gap {
    Gap { node: node.map(str::to_owned), reason: reason.into() }
}

fn log_gaps<'b>(bundle: &'b Bundle, logs: &Logs<'b>, about: &component::About) -> Vec<Gap> {
    let elsewhere = distribution::only_with(about.name)
        .is_some_and(|only| bundle.distribution != only && bundle.distribution != super::UNKNOWN);
    if elsewhere {
        return Vec::new();
    }
    match about.runs {
        Runs::Pods => pod_gaps(bundle, logs, about.name),
        Runs::Anywhere => {
            let there = logs.of_component(about.name).next().is_some();
            if there { Vec::new() } else { vec![gap(None, "no such log is in the bundle")] }
        }
        Runs::Etcd => node_gaps(bundle, logs, about.name, &["etcd"]),
        Runs::ControlPlane => node_gaps(bundle, logs, about.name, &["control-plane"]),
        Runs::Servers => node_gaps(bundle, logs, about.name, &["etcd", "control-plane"]),
        Runs::Node => node_gaps(bundle, logs, about.name, &[]),
    }
}

/// Whether a component wrote in its log. In one of several programs, the first is who runs the others.
fn speaks(stream: &Stream, component: &str) -> bool {
    let is_first = stream.components.first().is_some_and(|first| *first == component);
    !stream.mixed || is_first || stream.speakers.contains_key(component)
}

/// Each node with one of the roles (any node when there are none) needs a log.
fn node_gaps<'b>(bundle: &'b Bundle, logs: &Logs<'b>, component: &str, roles: &[&'static str]) -> Vec<Gap> {
    // Loose files: nobody says what else there should be.
    if bundle.nodes.is_empty() {
        let there = logs.of_component(component).any(|stream| usable(bundle, logs, stream).is_ok());
        return if there { Vec::new() } else { vec![gap(None, "no such log is in the bundle")] };
    }
    let known = if roles.is_empty() {
        bundle.known_roles.contains("node")
    } else {
        roles.iter().all(|role| bundle.known_roles.contains(role))
    };
    if !known {
        return vec![gap(None, "which nodes there are, and in which roles, is not in the bundle")];
    }
    let wanted =
        |node: &super::Node| roles.is_empty() || roles.iter().any(|role| may_have(bundle, node, role));
    let mut gaps: Vec<Gap> = bundle
        .nodes
        .iter()
        .filter(|(_, node)| wanted(node))
        .filter_map(|(name, node)| {
            let mut reason = match node.captured_at {
                Some(_) => "the log is not in the node's capture".to_owned(),
                None => "no capture of this node was given".to_owned(),
            };
            for stream in logs.of_component(component).filter(|stream| stream.node.as_deref() == Some(name)) {
                match usable(bundle, logs, stream) {
                    Ok(()) => return None,
                    Err(why) => why.clone_into(&mut reason),
                }
            }
            Some(gap(Some(name), reason))
        })
        .collect();
    if gaps.is_empty() && !bundle.nodes.values().any(wanted) && logs.of_component(component).next().is_none()
    {
        gaps.push(gap(None, "no node has the role, as far as is known"));
    }
    gaps
}

/// Whether a node has a role, or was captured and nothing says which role it has: a member that was removed from its
/// cluster is on no list, and its log may be the one that is missing.
fn may_have(bundle: &Bundle, node: &super::Node, role: &str) -> bool {
    let unlisted = !bundle.known_roles.contains("node");
    node.roles.contains(role) || (unlisted && node.captured_at.is_some() && node.roles.is_empty())
}

/// What is asked of all logs for each component: there may be a hundred thousand.
struct Logs<'b> {
    /// The logs in which a component wrote.
    of: BTreeMap<&'b str, Vec<&'b Stream>>,
    /// The directory of a container's logs, and the number of a run. Hardly any bundle has a log that asks for it.
    logged: OnceCell<BTreeSet<(&'b str, u32)>>,
    /// The capture's root, the pod and the container → the latest run, as the container runtime tells.
    latest: BTreeMap<(&'b str, &'b str, &'b str), u64>,
}

impl<'b> Logs<'b> {
    fn of(bundle: &'b Bundle) -> Self {
        let mut of: BTreeMap<&str, Vec<&Stream>> = BTreeMap::new();
        // What a component left in a log of all programs is no substitute for its own log.
        for stream in bundle.streams.iter().filter(|stream| stream.part_of.is_none() && !stream.previous) {
            for component in stream.components.iter().filter(|component| speaks(stream, component)) {
                of.entry(component).or_default().push(stream);
            }
        }
        let mut latest: BTreeMap<(&str, &str, &str), u64> = BTreeMap::new();
        for view in bundle.objects.of_kind("HostContainer").flat_map(|(_, views)| views) {
            let fields = &view.object.fields;
            let root = bundle.artifacts.get(view.artifact).map(|artifact| artifact.root.as_str());
            let attempt = fields.get("attempt").and_then(Value::as_u64);
            let (Some(root), Some(attempt)) = (root, attempt) else { continue };
            let (Some(pod), Some(name)) = (text(fields, "pod"), text(fields, "name")) else { continue };
            let known = latest.entry((root, pod, name)).or_default();
            *known = attempt.max(*known);
        }
        Self { of, logged: OnceCell::new(), latest }
    }

    fn of_component(&self, component: &str) -> impl Iterator<Item = &'b Stream> {
        self.of.get(component).into_iter().flatten().copied()
    }

    /// Whether there is a log of this run of the container with this directory.
    fn has_run(&self, bundle: &'b Bundle, directory: &str, run: u32) -> bool {
        let of = |stream: &'b Stream| Some((stream.family.as_str(), stream.rank.as_ref()?.run));
        self.logged.get_or_init(|| bundle.streams.iter().filter_map(of).collect()).contains(&(directory, run))
    }

    /// What is missing beside the log of one run of a container (`N.log`): that of the run before it, as the kubelet keeps
    /// both, or that of the latest run, which the container runtime's own list tells.
    fn lacks(&self, bundle: &'b Bundle, stream: &Stream) -> Option<&'static str> {
        let artifact = bundle.artifacts.get(stream.artifact)?;
        let pod = stream.pod.as_ref()?;
        let container = stream.container.as_deref()?;
        let run = stream.rank.as_ref()?.run;
        // Only the kubelet's directories number all runs.
        let (directory, file) = artifact.path.rsplit_once('/')?;
        if directory != stream.family.as_str() || !file.starts_with(&format!("{run}.log")) {
            return None;
        }
        let there = |run: u32| self.has_run(bundle, directory, run);
        if run > 0 && !there(run - 1) {
            return Some("the log of the container's earlier run is missing");
        }
        let latest = self.latest.get(&(artifact.root.as_str(), pod.name.as_str(), container)).copied();
        latest
            .and_then(|latest| u32::try_from(latest).ok())
            .filter(|latest| *latest > run && !there(*latest))
            .map(|_| "the log of the container's latest run is missing")
    }
}

fn text<'v>(fields: &'v Value, name: &str) -> Option<&'v str> {
    fields.get(name).and_then(Value::as_str)
}

/// Whether a stream can be taken for the whole log.
fn usable<'b>(bundle: &'b Bundle, logs: &Logs<'b>, stream: &Stream) -> Result<(), &'static str> {
    match bundle.artifacts.get(stream.artifact).map(|artifact| &artifact.state) {
        Some(ArtifactState::Truncated) => Err("the log ends early: the file is damaged"),
        Some(ArtifactState::CommandFailed(_)) => Err("the file holds an error message in place of the log"),
        _ if stream.failed => Err("there is an error message in place of the log"),
        _ if stream.lines == 0 => Err("the log is empty"),
        _ => logs.lacks(bundle, stream).map_or(Ok(()), Err),
    }
}

/// Each pod of the component needs a log; an empty one will do, pods may be silent.
fn pod_gaps(bundle: &Bundle, logs: &Logs<'_>, name: &str) -> Vec<Gap> {
    if let Some(gap) = object_gaps(bundle, "Pod").into_iter().next() {
        let reason = format!("which pods there are is not known: {}", gap.reason);
        return vec![Gap { node: None, reason }];
    }
    let with_log: BTreeSet<(&str, &str)> = logs
        .of_component(name)
        .filter(|stream| !stream.failed)
        .filter(|stream| {
            bundle
                .artifacts
                .get(stream.artifact)
                .is_some_and(|a| matches!(a.state, ArtifactState::Read | ArtifactState::Empty))
        })
        .filter_map(|stream| stream.pod.as_ref())
        .map(|pod| (pod.namespace.as_str(), pod.name.as_str()))
        .collect();
    let pods = bundle.objects.of_kind("Pod").map(|(key, _)| (key.namespace.as_str(), key.name.as_str()));
    pods.filter(|(_, pod)| component::of_pod(pod) == name)
        .filter(|pod| !with_log.contains(pod))
        .map(|(namespace, pod)| gap(None, format!("the log of pod {namespace}/{pod} is not in the bundle")))
        .collect()
}

fn object_gaps(bundle: &Bundle, kind: &str) -> Vec<Gap> {
    let listings = bundle.objects.listings.get(kind).map(Vec::as_slice).unwrap_or_default();
    let sound = |index: usize| {
        bundle
            .artifacts
            .get(index)
            .is_some_and(|a| matches!(a.state, ArtifactState::Read | ArtifactState::Empty))
    };
    if let Some(derived) = derived::find(kind) {
        return local_gaps(bundle, derived, listings, sound);
    }
    if listings.iter().any(|(index, complete)| *complete && sound(*index)) {
        Vec::new()
    } else if listings.is_empty() {
        vec![gap(None, "no list of them is in the bundle")]
    } else {
        vec![gap(None, "only some of them are in the bundle")]
    }
}

fn local_gaps(
    bundle: &Bundle,
    derived: &Derived,
    listings: &[(usize, bool)],
    sound: impl Fn(usize) -> bool,
) -> Vec<Gap> {
    let every = match derived.expected {
        Expected::Never => return vec![gap(None, "not all of them are collected")],
        Expected::EtcdNodes => false,
        Expected::EveryNode => true,
    };
    if bundle.nodes.is_empty() {
        let there = listings.iter().any(|(index, _)| sound(*index));
        return if there { Vec::new() } else { vec![gap(None, "none of them is in the bundle")] };
    }
    let with: BTreeSet<&str> = listings
        .iter()
        .filter(|(index, _)| sound(*index))
        .filter_map(|(index, _)| bundle.node_of_artifact(*index))
        .collect();
    let wanted = bundle.nodes.iter().filter(|(_, node)| every || may_have(bundle, node, "etcd"));
    let mut gaps: Vec<Gap> = wanted
        .filter(|(name, _)| !with.contains(name.as_str()))
        .map(|(name, _)| gap(Some(name), format!("{} is not in the node's capture", derived.kind)))
        .collect();
    if every && !bundle.known_roles.contains("node") {
        gaps.push(gap(None, "which nodes there are is not in the bundle"));
    } else if !every && !bundle.known_roles.contains("etcd") {
        gaps.push(gap(None, "which nodes are members of etcd is not in the bundle"));
    }
    gaps
}
