//! `kubectl describe` text → objects with the fields that it shows, and the events below them.
//!
//! Source: kubernetes `staging/src/k8s.io/kubectl/pkg/describe/describe.go`. `describe` leaves out finalizers and deletion times, so
//! these stay unknown. Kinds without a describer of their own (APIServices, custom resources) are printed generically.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::kubectl_describe_kinds as kinds;
use super::sections::{self, Block, Part, Section};
use crate::object::gather::{Draft, Gather, KnownPaths};
use crate::object::line::{Line, lines};
use crate::object::path::{get, set};
use crate::object::{Document, Reader, Reading, derive, moment, preamble, resource};

/// Reads `kubectl describe` text.
pub const READER: Reader = Reader { name: "kubectl-describe", derives: &[], sniff, read };

fn sniff(path: &str, head: &[u8]) -> bool {
    let first = lines(head).find(|line| !line.text.trim().is_empty() && !preamble::is_noise(&line.text));
    let is_described = first.as_ref().is_some_and(|line| line.text.starts_with("Name:  "));
    match (path_kind(path), first) {
        (Some(_), None) => true,
        (Some(_), Some(line)) => {
            is_described || preamble::is_error(&line.text) || preamble::is_empty_list(&line.text)
        }
        (None, _) => {
            let mut kinds = Vec::new();
            sections::parts(head, |part| {
                if let Part::Object(block) = part {
                    kinds.push(block_kind(&block));
                }
            });
            is_described && matches!(kinds.first(), Some(Some(_)))
        }
    }
}

/// The kind that the path names: `nodesdescribe`, `poddescribe/<namespace>`, `describe-pods-A.txt`.
fn path_kind(path: &str) -> Option<&'static str> {
    let stem = resource::file_stem(path);
    if resource::parent(path) == "poddescribe" {
        return Some("Pod");
    }
    let name = stem.strip_suffix("describe").or_else(|| stem.strip_prefix("describe-"))?;
    resource::kind_of(name).or_else(|| resource::kind_of(name.split('-').next()?))
}

/// The kind that the keys of a block tell.
fn block_kind(block: &Block<'_>) -> Option<String> {
    let has = |key: &str| block.section(key).is_some();
    if let (Some(kind), Some(version)) = (block.value("Kind"), block.value("API Version")) {
        return Some(resource::kind_name(kind, version));
    }
    if has("Roles") && has("Unschedulable") {
        return Some("Node".to_owned());
    }
    if has("Containers") && has("Node") {
        return Some("Pod".to_owned());
    }
    if let Some(kind) = kinds::told(block) {
        return Some(kind.to_owned());
    }
    (has("Status") && has("Labels") && !has("Namespace") && block.sections.len() <= 6)
        .then(|| "Namespace".to_owned())
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let kind = path_kind(document.path);
    let whole = kind.is_some_and(|kind| resource::is_namespaced(kind) == Some(false))
        || resource::file_stem(document.path).ends_with("-A");
    let mut sets = KnownPaths::default();
    let mut listed = false;
    sections::parts(document.bytes, |part| match part {
        Part::Object(block) => {
            listed = true;
            let kind = block_kind(&block).or_else(|| kind.map(str::to_owned));
            if let Some(kind) = kind {
                describe(&mut gather, &mut sets, &block, &kind);
            }
        }
        Part::Other(line) if preamble::is_empty_list(&line.text) => {
            if let Some(kind) = kind {
                gather.list(kind, !line.text.contains(" in "));
            }
        }
        Part::Other(line) if preamble::is_error(&line.text) => gather.fail(&line),
        Part::Other(_) => {}
    });
    if let Some(kind) = kind
        && listed
    {
        gather.list(kind, whole);
    }
    gather.finish()
}

/// An object in the making, and the paths that its text shows.
struct Described<'p> {
    draft: Draft<'p>,
    known: BTreeSet<String>,
}

impl Described<'_> {
    fn set(&mut self, path: &str, value: impl Into<Value>, line: &Line<'_>) {
        self.draft.set(path, value, line);
        self.know(path);
    }

    fn know(&mut self, path: &str) {
        self.known.insert(path.to_owned());
    }

    /// The text of a section; a section without text still makes the path known.
    fn text(&mut self, block: &Block<'_>, key: &str, path: &str) {
        if let Some(section) = block.section(key) {
            self.know(path);
            if block.value(key).is_some() {
                self.set(path, section.value.as_str(), &section.line);
            }
        }
    }

    /// A section's date, in RFC 3339.
    fn date(&mut self, block: &Block<'_>, key: &str, path: &str) {
        if let Some(section) = block.section(key)
            && let Some(date) = moment::describe_date(&section.value)
        {
            self.set(path, date.to_string(), &section.line);
        }
    }

    /// A section of `key<separator>value` lines, as a map.
    fn map(&mut self, block: &Block<'_>, key: &str, path: &str, separator: char) {
        let Some(section) = block.section(key) else { return };
        let mut map = Map::new();
        for (text, line) in section.items() {
            if let Some((key, value)) = text.split_once(separator) {
                map.insert(key.trim().to_owned(), json!(value.trim()));
                self.draft.shown.near(path, line);
            }
        }
        self.draft.put(path, Value::Object(map));
        self.know(path);
    }
}

fn describe(gather: &mut Gather<'_, '_>, sets: &mut KnownPaths, block: &Block<'_>, kind: &str) {
    let Some(first) = block.sections.first() else { return };
    let name = first.value.as_str();
    let namespace = block.value("Namespace").map(str::to_owned);
    if name.is_empty() {
        return;
    }
    events(gather, sets, block, (kind, name, namespace.as_deref()));
    if !gather.wants(kind) {
        return gather.count(kind);
    }
    let mut object =
        Described { draft: Draft::new(gather.document, kind, name, &first.line), known: BTreeSet::new() };
    object.set("metadata.name", name, &first.line);
    object.text(block, "Namespace", "metadata.namespace");
    object.map(block, "Labels", "metadata.labels", '=');
    object.map(block, "Annotations", "metadata.annotations", ':');
    match kind {
        "Node" => node(&mut object, block),
        "Pod" => pod(&mut object, block),
        "Namespace" => {
            object.text(block, "Status", "status.phase");
            conditions(&mut object, block);
        }
        _ if block.section("Kind").is_some() => generic(&mut object, block, kind, gather.document),
        _ => special(&mut object, block, kind),
    }
    object.draft.namespace = namespace;
    object.draft.known = sets.only(object.known);
    gather.add(object.draft);
}

/// A kind with a describer of its own.
fn special(object: &mut Described<'_>, block: &Block<'_>, kind: &str) {
    for shown in kinds::fields(kind, block) {
        match shown.value {
            Some(value) => object.set(shown.path, value, shown.line),
            None => object.know(shown.path),
        }
    }
    if let Some((kind, name)) = block.value("Controlled By").and_then(|owner| owner.split_once('/')) {
        object.draft.put("metadata.ownerReferences", json!([{"kind": kind, "name": name}]));
        object.know("metadata.ownerReferences");
    }
    conditions(object, block);
}

/// A table of conditions.
fn conditions(object: &mut Described<'_>, block: &Block<'_>) {
    let Some(section) = block.section("Conditions") else { return };
    object.know("status.conditions");
    let Some((grid, rows)) = section.rows() else { return };
    let mut conditions = Vec::new();
    for (cells, line) in rows {
        let mut condition = Map::new();
        for (column, text) in grid.columns.iter().zip(&cells) {
            if text.is_empty() {
                continue;
            }
            let value = moment::describe_date(text).map_or_else(|| text.clone(), |date| date.to_string());
            condition.insert(lower_first(&column.heading), json!(value));
        }
        object.draft.shown.near("status.conditions", line);
        conditions.push(Value::Object(condition));
    }
    object.draft.put("status.conditions", Value::Array(conditions));
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_ascii_lowercase()).into_iter().chain(chars).collect()
}

fn node(object: &mut Described<'_>, block: &Block<'_>) {
    if let Some(section) = block.section("Roles") {
        let roles: Vec<&str> =
            section.value.split(',').filter(|role| !matches!(*role, "" | "<none>")).collect();
        object.set("roles", json!(roles), &section.line);
    }
    if let Some(section) = block.section("Unschedulable") {
        object.set("spec.unschedulable", section.value == "true", &section.line);
    }
    if let Some(section) = block.section("Taints") {
        let taints: Vec<Value> = section.items().filter_map(|(text, _)| taint(text)).collect();
        object.set("spec.taints", json!(taints), &section.line);
    }
    object.date(block, "CreationTimestamp", "metadata.creationTimestamp");
    conditions(object, block);
    ready(object, block);
    for (key, path) in [("Capacity", "status.capacity"), ("Allocatable", "status.allocatable")] {
        let Some(section) = block.section(key) else { continue };
        for line in &section.body {
            if let Some((resource, amount)) = line.text.trim().split_once(':') {
                object.draft.set(&format!("{path}.{resource}"), amount.trim(), line);
            }
        }
        object.know(path);
    }
    for (key, fields) in [
        ("Addresses", [("InternalIP", "status.internalIP")].as_slice()),
        (
            "System Info",
            &[
                ("Kernel Version", "status.nodeInfo.kernelVersion"),
                ("OS Image", "status.nodeInfo.osImage"),
                ("Operating System", "status.nodeInfo.operatingSystem"),
                ("Architecture", "status.nodeInfo.architecture"),
                ("Container Runtime Version", "status.nodeInfo.containerRuntimeVersion"),
                ("Kubelet Version", "status.nodeInfo.kubeletVersion"),
            ],
        ),
    ] {
        for line in block.section(key).map(|section| section.body.as_slice()).unwrap_or_default() {
            let Some((name, text)) = line.text.trim().split_once(':') else { continue };
            if let Some((_, path)) = fields.iter().find(|(known, _)| *known == name) {
                object.set(path, text.trim(), line);
            }
        }
    }
}

/// The Ready condition, as tables show it.
fn ready(object: &mut Described<'_>, block: &Block<'_>) {
    let Some((grid, rows)) = block.section("Conditions").and_then(Section::rows) else { return };
    for (cells, line) in rows {
        if grid.cell(&cells, "Type") == Some("Ready") {
            object.set("status.ready", grid.cell(&cells, "Status").unwrap_or("Unknown"), line);
        }
    }
}

/// `key=value:Effect` or `key:Effect`.
fn taint(text: &str) -> Option<Value> {
    let (key, effect) = text.rsplit_once(':')?;
    Some(match key.split_once('=') {
        Some((key, value)) => json!({"key": key, "value": value, "effect": effect}),
        None => json!({"key": key, "effect": effect}),
    })
}

fn pod(object: &mut Described<'_>, block: &Block<'_>) {
    if let Some(section) = block.section("Node") {
        object.know("spec.nodeName");
        if let Some(node) = block.value("Node") {
            object.set("spec.nodeName", node.split('/').next().unwrap_or(node), &section.line);
        }
    }
    // While a pod is deleted, `Terminating (lasts 5m)` stands in place of its phase.
    let status = block.section("Status");
    let terminating = status.is_some_and(|section| section.value.starts_with("Terminating"));
    if !terminating {
        object.text(block, "Status", "status.phase");
    }
    for (key, path) in [
        ("Reason", "status.reason"),
        ("Message", "status.message"),
        ("IP", "status.podIP"),
        ("QoS Class", "status.qosClass"),
    ] {
        object.text(block, key, path);
    }
    object.date(block, "Start Time", "status.startTime");
    if let Some((kind, name)) = block.value("Controlled By").and_then(|owner| owner.split_once('/')) {
        object.draft.put("metadata.ownerReferences", json!([{"kind": kind, "name": name}]));
        object.know("metadata.ownerReferences");
    }
    conditions(object, block);
    for (key, path) in
        [("Init Containers", "status.initContainerStatuses"), ("Containers", "status.containerStatuses")]
    {
        if let Some(section) = block.section(key) {
            containers(object, section, path);
        }
    }
    let mut fields = object.draft.fields.take();
    derive::derive("Pod", &mut fields, None);
    if terminating {
        set(&mut fields, "status.summary", json!("Terminating"));
    }
    object.draft.fields = fields;
    for path in ["ready", "readyContainers", "containers", "restarts", "summary"] {
        object.know(&format!("status.{path}"));
    }
}

/// `name:` at two spaces, its fields at four, the fields of a state at six.
fn containers(object: &mut Described<'_>, section: &Section<'_>, path: &str) {
    object.know(path);
    let mut statuses: Vec<Value> = Vec::new();
    let mut state = String::new();
    for line in &section.body {
        let indent = sections::indent(&line.text);
        let text = line.text.trim();
        let (key, value) = match text.split_once(':') {
            Some((key, value)) => (key, value.trim()),
            None => continue,
        };
        if indent == 2 {
            statuses.push(json!({"name": key, "state": {}, "lastState": {}}));
            object.draft.shown.near(path, line);
            continue;
        }
        let Some(status) = statuses.last_mut() else { continue };
        let field = match (indent, key) {
            (4, "State" | "Last State") => {
                let name = if key == "State" { "state" } else { "lastState" };
                state = format!("{name}.{}", value.to_ascii_lowercase());
                set(status, &state, json!({}));
                state.clone()
            }
            (4, _) => {
                state.clear();
                match container_field(key, value) {
                    Some((field, value)) => {
                        set(status, field, value);
                        field.to_owned()
                    }
                    None => continue,
                }
            }
            _ if !state.is_empty() => match state_field(key, value) {
                Some((field, value)) => {
                    let field = format!("{state}.{field}");
                    set(status, &field, value);
                    field
                }
                None => continue,
            },
            _ => continue,
        };
        object.draft.shown.near(&format!("{path}.{field}"), line);
        if field == "restartCount" {
            object.draft.shown.near("status.restarts", line);
        } else if field.starts_with("state.waiting") {
            object.draft.shown.near("status.summary", line);
        }
    }
    object.draft.put(path, Value::Array(statuses));
}

fn container_field(key: &str, value: &str) -> Option<(&'static str, Value)> {
    match key {
        "Ready" => Some(("ready", json!(value == "True"))),
        "Restart Count" => Some(("restartCount", json!(value.parse::<u64>().ok()?))),
        "Image" => Some(("image", json!(value))),
        "Image ID" => Some(("imageID", json!(value))),
        _ => None,
    }
}

fn state_field(key: &str, value: &str) -> Option<(&'static str, Value)> {
    let date = || moment::describe_date(value).map(|date| json!(date.to_string()));
    match key {
        "Reason" => Some(("reason", json!(value))),
        "Message" => Some(("message", json!(value))),
        "Exit Code" => Some(("exitCode", json!(value.parse::<i64>().ok()?))),
        "Signal" => Some(("signal", json!(value.parse::<i64>().ok()?))),
        "Started" => Some(("startedAt", date()?)),
        "Finished" => Some(("finishedAt", date()?)),
        _ => None,
    }
}

/// Objects that describe prints as they are, with words in place of camel case.
fn generic(object: &mut Described<'_>, block: &Block<'_>, kind: &str, document: &Document<'_>) {
    for section in &block.sections {
        match section.key.as_str() {
            "Name" | "Namespace" | "Labels" | "Annotations" | "Events" => {}
            "Metadata" => {
                let metadata = sections::generic(&section.body);
                for (key, value) in metadata.as_object().into_iter().flatten() {
                    object.set(&format!("metadata.{key}"), value.clone(), &section.line);
                }
            }
            key => {
                let path = sections::camel(key);
                let value = if section.body.is_empty() {
                    json!(section.value)
                } else {
                    sections::generic(&section.body)
                };
                object.set(&path, value, &section.line);
                section.body.iter().for_each(|line| object.draft.shown.near(&path, line));
            }
        }
    }
    let mut fields = object.draft.fields.take();
    derive::derive(kind, &mut fields, document.captured_at);
    object.draft.fields = fields;
    if get(&object.draft.fields, "ageSeconds").is_some() {
        object.know("ageSeconds");
    }
}

/// The rows below `Events:` are objects of their own.
fn events(
    gather: &mut Gather<'_, '_>,
    sets: &mut KnownPaths,
    block: &Block<'_>,
    (kind, name, namespace): (&str, &str, Option<&str>),
) {
    let Some((grid, rows)) = block.section("Events").and_then(Section::rows) else { return };
    gather.list("Event", false);
    if !gather.wants("Event") {
        return;
    }
    for (cells, line) in rows {
        let cell = |heading: &str| grid.cell(&cells, heading).filter(|text| !text.is_empty());
        let (Some(reason), Some(message)) = (cell("Reason"), cell("Message")) else { continue };
        let event = format!("{name}.{reason}.{}", line.number);
        let mut object = Described {
            draft: Draft::new(gather.document, "Event", event.clone(), line),
            known: BTreeSet::new(),
        };
        object.draft.namespace = namespace.map(str::to_owned);
        for (path, text) in [
            ("metadata.name", Some(event.as_str())),
            ("metadata.namespace", namespace),
            ("object.kind", Some(kind)),
            ("object.name", Some(name)),
            ("object.namespace", namespace),
            ("reason", Some(reason)),
            ("message", Some(message)),
            ("type", cell("Type")),
            ("source.component", cell("From")),
        ] {
            object.know(path);
            if let Some(text) = text {
                object.draft.put(path, text);
            }
        }
        event_age(&mut object, cell("Age").unwrap_or_default(), gather.document);
        object.draft.known = sets.only(object.known);
        gather.add(object.draft);
    }
}

/// `40h (x12 over 2d)`: last seen, how often, since when.
fn event_age(object: &mut Described<'_>, text: &str, document: &Document<'_>) {
    let (last, more) = text.split_once(" (x").unwrap_or((text, ""));
    let (count, since) = more.trim_end_matches(')').split_once(" over ").unwrap_or(("1", last));
    object.draft.put("age", last);
    object.know("age");
    if let Ok(count) = count.parse::<u64>() {
        object.draft.put("count", count);
        object.know("count");
    }
    for (text, path) in [(last, "lastTime"), (since, "firstTime")] {
        let Some(seconds) = moment::age_seconds(text) else { continue };
        if path == "lastTime" {
            object.draft.put("ageSeconds", seconds);
            object.know("ageSeconds");
        }
        if let Some(captured_at) = document.captured_at {
            object.draft.put(path, moment::before(captured_at, seconds).to_string());
            object.know(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::etcd::tests::read;
    use super::*;

    fn check(path: &str, text: &str, expected: &[(&str, &str, Value)]) {
        let reading = read(&READER, &["Node", "Pod", "Namespace", "Event", "APIService"], path, text);
        for (name, path, value) in expected {
            let object = reading
                .objects
                .iter()
                .find(|object| &*object.name == *name)
                .unwrap_or_else(|| panic!("{name} in {reading:?}"));
            assert_eq!(get(&object.fields, path), Some(value), "{path} of {object:?}");
            assert!(object.known.covers(path), "{path} of {object:?}");
        }
    }

    #[test]
    fn nodes_show_conditions_and_system() {
        let text = "Name:               cp-1\nRoles:              control-plane,etcd\nLabels:             a=b\n                    c=d\n\
            Taints:             node.kubernetes.io/unreachable:NoExecute\n                    x=y:NoSchedule\nUnschedulable:      true\n\
            Conditions:\n  Type             Status   LastHeartbeatTime                 Reason              Message\n\
            \x20 ----             ------   -----------------                 ------              -------\n\
            \x20 Ready            Unknown  Sun, 22 Nov 2026 03:29:02 +0000   NodeStatusUnknown   Kubelet stopped posting  node status.\n\
            Addresses:\n  InternalIP:  10.0.0.1\nSystem Info:\n  Kubelet Version:            v1.30.4\nEvents:              <none>\n";
        check(
            "rke2/kubectl/nodesdescribe",
            text,
            &[
                ("cp-1", "status.ready", json!("Unknown")),
                (
                    "cp-1",
                    "status.conditions",
                    json!([{"type": "Ready", "status": "Unknown", "lastHeartbeatTime": "2026-11-22T03:29:02Z",
                "reason": "NodeStatusUnknown", "message": "Kubelet stopped posting  node status."}]),
                ),
                ("cp-1", "metadata.labels", json!({"a": "b", "c": "d"})),
                ("cp-1", "spec.unschedulable", json!(true)),
                (
                    "cp-1",
                    "spec.taints",
                    json!([{"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}, {"key": "x", "value": "y", "effect": "NoSchedule"}]),
                ),
                ("cp-1", "status.nodeInfo.kubeletVersion", json!("v1.30.4")),
                ("cp-1", "roles", json!(["control-plane", "etcd"])),
            ],
        );
    }

    #[test]
    fn pods_show_containers_and_events() {
        let text = "Name:         web-0\nNamespace:    shop\nNode:         w-1/10.0.0.4\nLabels:       <none>\nStatus:       Running\nContainers:\n  web:\n\
            \x20   Image:          x\n    State:          Waiting\n      Reason:       CrashLoopBackOff\n    Last State:     Terminated\n      Reason:       OOMKilled\n\
            \x20     Exit Code:    137\n      Finished:     Fri, 20 Nov 2026 10:00:00 +0000\n    Ready:          False\n    Restart Count:  57\n    Mounts:\n      /x from y (ro)\n\
            Events:\n  Type     Reason   Age                   From     Message\n  ----     ------   ----                  ----     -------\n\
            \x20 Warning  BackOff  2m35s (x12 over 4h)   kubelet  Back-off restarting\n\n\nName:         done-1\nNamespace:    shop\nNode:         <none>\nStatus:       Terminating (lasts 5m)\nContainers:\n";
        check(
            "rke2/kubectl/poddescribe/shop",
            text,
            &[
                ("web-0", "spec.nodeName", json!("w-1")),
                ("web-0", "status.summary", json!("CrashLoopBackOff")),
                ("web-0", "status.restarts", json!(57)),
                (
                    "web-0",
                    "status.containerStatuses",
                    json!([{"name": "web", "image": "x", "ready": false, "restartCount": 57,
                "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                "lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137, "finishedAt": "2026-11-20T10:00:00Z"}}}]),
                ),
                ("web-0.BackOff.21", "count", json!(12)),
                ("web-0.BackOff.21", "object.kind", json!("Pod")),
                ("web-0.BackOff.21", "firstTime", json!("2026-11-22T00:00:00Z")),
                ("done-1", "status.summary", json!("Terminating")),
            ],
        );
        let reading = read(&READER, &["Pod"], "rke2/kubectl/poddescribe/shop", text);
        assert!(!reading.objects[0].known.covers("metadata.finalizers"));
        assert!(!reading.objects[1].known.covers("status.phase"));
        assert!(!reading.lists.iter().any(|list| list.complete));
    }

    #[test]
    fn workloads_and_volumes_show_their_counts_and_finalizers() {
        let text = "Name:                   web\nNamespace:              shop\nCreationTimestamp:      Sun, 22 Nov 2026 03:00:00 +0000\nLabels:                 app=web\n\
            Replicas:               3 desired | 2 updated | 3 total | 0 available | 3 unavailable\nStrategyType:           RollingUpdate\n\
            Conditions:\n  Type           Status  Reason\n  ----           ------  ------\n  Available      False   MinimumReplicasUnavailable\n\
            Events:          <none>\n\n\nName:          data-0\nNamespace:     shop\nStorageClass:  local-path\nStatus:        Terminating (lasts 3d)\n\
            Volume:        pvc-1\nFinalizers:    [kubernetes.io/pvc-protection]\nCapacity:      1Gi\nAccess Modes:  RWO\n\
            Events:\n  Type     Reason              Age                 From                         Message\n  ----     ------              ----                ----                         -------\n\
            \x20 Warning  ProvisioningFailed  2m (x3 over 5m)     persistentvolume-controller  storageclass not found\n\n\n\
            Name:           one\nNamespace:      shop\nParallelism:    1\nCompletions:    1\nPods Statuses:  0 Active (0 Ready) / 0 Succeeded / 2 Failed\n";
        let kinds = ["Deployment", "PersistentVolumeClaim", "Job", "Event"];
        let reading = read(&READER, &kinds, "describe.txt", text);
        let found = |name: &str| reading.objects.iter().find(|object| &*object.name == name).unwrap();
        for (name, path, value) in [
            ("web", "spec.replicas", json!(3)),
            ("web", "status.availableReplicas", json!(0)),
            ("web", "metadata.creationTimestamp", json!("2026-11-22T03:00:00Z")),
            ("data-0", "metadata.finalizers", json!(["kubernetes.io/pvc-protection"])),
            ("data-0", "spec.volumeName", json!("pvc-1")),
            ("one", "status.failed", json!(2)),
            ("data-0.ProvisioningFailed.24", "object.kind", json!("PersistentVolumeClaim")),
            ("data-0.ProvisioningFailed.24", "count", json!(3)),
        ] {
            assert_eq!(get(&found(name).fields, path), Some(&value), "{path} of {name}");
        }
        assert_eq!(found("web").fields["status"]["conditions"][0]["status"], json!("False"));
        assert!(
            !found("data-0").known.covers("status.phase")
                && !found("web").known.covers("metadata.finalizers")
        );
    }

    #[test]
    fn namespaces_do_not_show_finalizers() {
        let text = "Name:         shop\nLabels:       <none>\nAnnotations:  a: b\nStatus:       Terminating\n\
            Conditions:\n  Type                      Status  LastTransitionTime               Reason           Message\n\
            \x20 ----                      ------  ------------------               ------           -------\n\
            \x20 NamespaceContentRemaining True    Sun, 22 Nov 2026 03:29:02 +0000  SomeRemain       pods. has 1\n\nNo resource quota.\n";
        check(
            "pasted.txt",
            text,
            &[
                ("shop", "status.phase", json!("Terminating")),
                ("shop", "metadata.annotations", json!({"a": "b"})),
            ],
        );
        let reading = read(&READER, &["Namespace"], "describe-namespaces.txt", text);
        assert!(!reading.objects[0].known.covers("metadata.finalizers"));
        assert_eq!(reading.objects[0].fields["status"]["conditions"][0]["reason"], json!("SomeRemain"));
        assert!(reading.lists[0].complete);
    }

    #[test]
    fn generic_objects_keep_their_fields() {
        let text = "Name:         v1beta1.metrics\nNamespace:    \nLabels:       <none>\nAPI Version:  apiregistration.k8s.io/v1\nKind:         APIService\n\
            Metadata:\n  Creation Timestamp:  2026-11-22T03:00:00Z\nSpec:\n  Service:\n    Name:       m\n    Namespace:  kube-system\n\
            Status:\n  Conditions:\n    Reason:  ServiceNotFound\n    Status:  False\n    Type:    Available\nEvents:       <none>\n";
        check(
            "x.txt",
            text,
            &[
                ("v1beta1.metrics", "spec.service.name", json!("m")),
                ("v1beta1.metrics", "status.available", json!("False")),
                ("v1beta1.metrics", "status.reason", json!("ServiceNotFound")),
                ("v1beta1.metrics", "ageSeconds", json!(3600.0)),
            ],
        );
    }

    #[test]
    fn errors_and_empty_namespaces_are_told_apart() {
        for (text, listed, failed) in [
            ("No resources found in shop namespace.\n", Some(false), false),
            ("error: You must be logged in to the server (Unauthorized)\n", None, true),
            ("", None, false),
        ] {
            let reading = read(&READER, &["Pod"], "k3s/kubectl/poddescribe/shop", text);
            assert_eq!(reading.lists.first().map(|list| list.complete), listed, "{text}");
            assert_eq!(reading.failed.is_some(), failed, "{text}");
        }
    }
}
