//! What `kubectl describe` shows of workloads, volumes, services and jobs: keys → field paths of the API.
//!
//! Source: kubernetes `staging/src/k8s.io/kubectl/pkg/describe/describe.go`, one describer for each kind. Nodes, pods and namespaces are read by
//! `kubectl_describe` itself.

use serde_json::{Value, json};

use super::sections::{Block, Section};
use crate::object::line::Line;
use crate::object::moment;

/// Keys that only one kind has.
const TELLING: &[(&[&str], &str)] = &[
    (&["StrategyType"], "Deployment"),
    (&["Desired Number of Nodes Scheduled"], "DaemonSet"),
    (&["Update Strategy", "Volume Claims"], "StatefulSet"),
    (&["Parallelism", "Completions"], "Job"),
    (&["Concurrency Policy", "Schedule"], "CronJob"),
    (&["Pods Status", "Pod Template", "Replicas"], "ReplicaSet"),
    (&["Reclaim Policy", "Claim"], "PersistentVolume"),
    (&["Access Modes", "StorageClass", "Volume"], "PersistentVolumeClaim"),
    (&["Session Affinity", "Endpoints"], "Service"),
    (&["Provisioner", "VolumeBindingMode"], "StorageClass"),
    (&["Reference", "Min replicas"], "HorizontalPodAutoscaler"),
    (&["Image pull secrets", "Mountable secrets"], "ServiceAccount"),
];

/// How the text of a key is read.
#[derive(Clone, Copy)]
enum Shape {
    Text,
    /// A text, unless `Terminating (lasts 5m)` stands in its place.
    Phase,
    Number,
    /// `True`, `False`.
    Claim,
    /// RFC 1123.
    Date,
    /// `[a b]`, `[a, b]`.
    List,
    /// `3 desired | 2 updated`: the path belongs to this word.
    Count(&'static str),
}

/// The kinds (none for all), the key, the path and the shape.
type Field = (&'static [&'static str], &'static str, &'static str, Shape);

const CLAIM: &[&str] = &["PersistentVolumeClaim"];
const VOLUME: &[&str] = &["PersistentVolume"];
const VOLUMES: &[&str] = &["PersistentVolumeClaim", "PersistentVolume"];
const DEPLOYMENT: &[&str] = &["Deployment"];
const DAEMON_SET: &[&str] = &["DaemonSet"];
const REPLICATED: &[&str] = &["Deployment", "StatefulSet", "ReplicaSet"];

const FIELDS: &[Field] = &[
    (&[], "CreationTimestamp", "metadata.creationTimestamp", Shape::Date),
    (REPLICATED, "Replicas", "spec.replicas", Shape::Count("desired")),
    (REPLICATED, "Replicas", "status.replicas", Shape::Count("total")),
    (&["ReplicaSet"], "Replicas", "status.replicas", Shape::Count("current")),
    (DEPLOYMENT, "Replicas", "status.updatedReplicas", Shape::Count("updated")),
    (DEPLOYMENT, "Replicas", "status.availableReplicas", Shape::Count("available")),
    (DEPLOYMENT, "Replicas", "status.unavailableReplicas", Shape::Count("unavailable")),
    (DAEMON_SET, "Desired Number of Nodes Scheduled", "status.desiredNumberScheduled", Shape::Number),
    (DAEMON_SET, "Current Number of Nodes Scheduled", "status.currentNumberScheduled", Shape::Number),
    (
        DAEMON_SET,
        "Number of Nodes Scheduled with Up-to-date Pods",
        "status.updatedNumberScheduled",
        Shape::Number,
    ),
    (DAEMON_SET, "Number of Nodes Scheduled with Available Pods", "status.numberAvailable", Shape::Number),
    (DAEMON_SET, "Number of Nodes Misscheduled", "status.numberMisscheduled", Shape::Number),
    (&["Job"], "Completions", "spec.completions", Shape::Number),
    (&["Job"], "Start Time", "status.startTime", Shape::Date),
    (&["Job"], "Completed At", "status.completionTime", Shape::Date),
    (&["Job"], "Pods Statuses", "status.active", Shape::Count("active")),
    (&["Job"], "Pods Statuses", "status.active", Shape::Count("running")),
    (&["Job"], "Pods Statuses", "status.succeeded", Shape::Count("succeeded")),
    (&["Job"], "Pods Statuses", "status.failed", Shape::Count("failed")),
    (&["CronJob"], "Schedule", "spec.schedule", Shape::Text),
    (&["CronJob"], "Suspend", "spec.suspend", Shape::Claim),
    (&["CronJob"], "Last Schedule Time", "status.lastScheduleTime", Shape::Date),
    (VOLUMES, "Status", "status.phase", Shape::Phase),
    (VOLUMES, "StorageClass", "spec.storageClassName", Shape::Text),
    (VOLUMES, "Finalizers", "metadata.finalizers", Shape::List),
    (CLAIM, "Volume", "spec.volumeName", Shape::Text),
    (CLAIM, "Capacity", "status.capacity.storage", Shape::Text),
    (VOLUME, "Capacity", "spec.capacity.storage", Shape::Text),
    (VOLUME, "Reclaim Policy", "spec.persistentVolumeReclaimPolicy", Shape::Text),
    (VOLUME, "Message", "status.message", Shape::Text),
    (&["Service"], "Type", "spec.type", Shape::Text),
    (&["Service"], "IP", "spec.clusterIP", Shape::Text),
    (&["StorageClass"], "Provisioner", "provisioner", Shape::Text),
    (&["StorageClass"], "ReclaimPolicy", "reclaimPolicy", Shape::Text),
    (&["StorageClass"], "VolumeBindingMode", "volumeBindingMode", Shape::Text),
    (&["HorizontalPodAutoscaler"], "Min replicas", "spec.minReplicas", Shape::Number),
    (&["HorizontalPodAutoscaler"], "Max replicas", "spec.maxReplicas", Shape::Number),
];

/// The kind that the keys of a block tell.
pub fn told(block: &Block<'_>) -> Option<&'static str> {
    let has = |key: &&str| block.section(key).is_some();
    TELLING.iter().find(|(keys, _)| keys.iter().all(has)).map(|(_, kind)| *kind)
}

/// A path that a block shows; without a value it is absent.
pub struct Shown<'b, 'a> {
    /// The path.
    pub path: &'static str,
    /// What it holds.
    pub value: Option<Value>,
    /// The line.
    pub line: &'b Line<'a>,
}

/// The paths that a block of this kind shows.
pub fn fields<'b, 'a>(kind: &str, block: &'b Block<'a>) -> Vec<Shown<'b, 'a>> {
    let of_kind = |kinds: &[&str]| kinds.is_empty() || kinds.contains(&kind);
    FIELDS
        .iter()
        .filter(|(kinds, ..)| of_kind(kinds))
        .filter_map(|(_, key, path, shape)| {
            let section = block.section(key)?;
            let value = read(*shape, section)?;
            Some(Shown { path, value, line: &section.line })
        })
        .collect()
}

/// `None`: the text does not show the path; `Some(None)`: it shows that there is nothing.
fn read(shape: Shape, section: &Section<'_>) -> Option<Option<Value>> {
    let text = section.value.as_str();
    let is_nothing = matches!(text, "" | "<none>" | "<unset>");
    match shape {
        Shape::Text | Shape::Phase if is_nothing => Some(None),
        Shape::Text => Some(Some(json!(text))),
        Shape::Phase => (!text.starts_with("Terminating")).then(|| Some(json!(text))),
        Shape::Number => Some(Some(json!(text.parse::<u64>().ok()?))),
        Shape::Claim => Some(Some(json!(text.to_ascii_lowercase().parse::<bool>().ok()?))),
        Shape::Date if is_nothing => Some(None),
        Shape::Date => Some(Some(json!(moment::describe_date(text)?.to_string()))),
        Shape::List => {
            let inner = text.strip_prefix('[')?.strip_suffix(']')?;
            let items: Vec<&str> = inner.split([' ', ',']).filter(|item| !item.is_empty()).collect();
            Some(Some(json!(items)))
        }
        Shape::Count(word) => {
            let counts = text.split(['|', '/']).map(str::trim);
            let number = counts.filter_map(|count| count.split_once(' ')).find_map(|(number, said)| {
                let said = said.split(' ').next().unwrap_or_default();
                said.eq_ignore_ascii_case(word).then(|| number.parse::<u64>().ok())?
            })?;
            Some(Some(json!(number)))
        }
    }
}
