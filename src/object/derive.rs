//! Fields that no API object has, but that a table shows: derived here from whole objects too, under the same paths, so
//! that a rule need not know where an object came from.
//!
//! The derivations follow the printers of kubectl (kubernetes `pkg/printers/internalversion/printers.go`).

use serde_json::{Value, json};

use super::path::{get, set};
use super::{moment, quantity};
use crate::base::Time;

/// Where the lines are that show a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source<'p> {
    /// At the lines of this path.
    Path(&'p str),
    /// At the lines of the condition of this type.
    Condition(&'static str),
}

/// Where a path of a whole object of this kind comes from.
#[must_use]
pub fn source<'p>(kind: &str, path: &'p str) -> Source<'p> {
    let source = match (kind, path) {
        ("APIService", "status.available" | "status.reason") => return Source::Condition("Available"),
        ("Node", "status.ready") => return Source::Condition("Ready"),
        ("Node", "roles") => "metadata.labels",
        ("Node", "status.internalIP") => "status.addresses.address",
        ("Event", "object.kind") => "involvedObject.kind",
        ("Event", "object.name") => "involvedObject.name",
        ("Event", "object.namespace") => "involvedObject.namespace",
        ("Event", "lastTime") => "lastTimestamp",
        ("Event", "firstTime") => "firstTimestamp",
        ("Pod", "status.summary") => "status.containerStatuses.state.waiting.reason",
        ("Pod", "status.restarts") => "status.containerStatuses.restartCount",
        ("Pod", "status.readyContainers") => "status.containerStatuses.ready",
        ("Endpoints", "addresses") => "subsets.addresses.ip",
        (_, "webhookCount") => "webhooks.name",
        (_, "ageSeconds" | "age") => "metadata.creationTimestamp",
        _ => path,
    };
    Source::Path(source)
}

/// Adds the derived fields to a whole object.
pub fn derive(kind: &str, object: &mut Value, captured_at: Option<Time>) {
    match kind {
        "APIService" => api_service(object),
        "Node" => node(object),
        "Event" => event(object),
        "Pod" => pod(object),
        "Endpoints" => endpoints(object),
        "ConfigMap" | "Secret" => data_count(object),
        "CronJob" => {
            let count = list(object, "status.active").len();
            set(object, "active", json!(count));
        }
        "NodeMetrics" => usage(object),
        "PodMetrics" => pod_metrics(object),
        "StatefulSet" | "ReplicaSet" => default_to(object, &["status.readyReplicas"], &json!(0)),
        "Deployment" => {
            let counts = ["status.readyReplicas", "status.availableReplicas", "status.updatedReplicas"];
            default_to(object, &counts, &json!(0));
        }
        "DaemonSet" => {
            default_to(object, &["status.numberAvailable", "status.updatedNumberScheduled"], &json!(0));
        }
        "Job" => default_to(object, &["status.succeeded"], &json!(0)),
        "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" => {
            let count = list(object, "webhooks").len();
            set(object, "webhookCount", json!(count));
        }
        _ => {}
    }
    let age = text(object, "metadata.creationTimestamp")
        .zip(captured_at)
        .and_then(|(created, captured_at)| moment::age_of(created, captured_at));
    if let Some(seconds) = age {
        set(object, "ageSeconds", json!(seconds));
    }
}

/// The text at a path; `None` if it is empty or not text.
fn text<'v>(object: &'v Value, path: &str) -> Option<&'v str> {
    get(object, path)?.as_str().filter(|text| !text.is_empty())
}

fn list<'v>(object: &'v Value, path: &str) -> &'v [Value] {
    get(object, path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn condition<'v>(object: &'v Value, wanted: &str) -> Option<&'v Value> {
    list(object, "status.conditions").iter().find(|condition| text(condition, "type") == Some(wanted))
}

fn copy_text(object: &mut Value, from: &[&str], to: &str) {
    let found = from.iter().find_map(|path| text(object, path)).map(str::to_owned);
    if let Some(found) = found {
        set(object, to, json!(found));
    }
}

fn api_service(object: &mut Value) {
    let Some(available) = condition(object, "Available") else { return };
    let (status, reason) =
        (text(available, "status").map(str::to_owned), text(available, "reason").map(str::to_owned));
    set(object, "status.available", json!(status.unwrap_or_else(|| "Unknown".to_owned())));
    if let Some(reason) = reason {
        set(object, "status.reason", json!(reason));
    }
}

fn node(object: &mut Value) {
    let ready =
        condition(object, "Ready").and_then(|ready| text(ready, "status")).unwrap_or("Unknown").to_owned();
    set(object, "status.ready", json!(ready));
    default_to(object, &["spec.unschedulable"], &json!(false));
    let mut roles: Vec<String> = get(object, "metadata.labels")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(label, value)| match label.strip_prefix("node-role.kubernetes.io/") {
            Some(role) if !role.is_empty() => Some(role.to_owned()),
            _ if label == "kubernetes.io/role" => value.as_str().map(str::to_owned),
            _ => None,
        })
        .collect();
    roles.sort_unstable();
    roles.dedup();
    set(object, "roles", json!(roles));
    let internal = list(object, "status.addresses")
        .iter()
        .find(|address| text(address, "type") == Some("InternalIP"))
        .and_then(|address| text(address, "address"))
        .map(str::to_owned);
    if let Some(internal) = internal {
        set(object, "status.internalIP", json!(internal));
    }
}

/// Events of both APIs (`v1` and `events.k8s.io/v1`).
fn event(object: &mut Value) {
    for key in ["kind", "name", "namespace"] {
        copy_text(
            object,
            &[&format!("involvedObject.{key}"), &format!("regarding.{key}")],
            &format!("object.{key}"),
        );
    }
    copy_text(object, &["message", "note"], "message");
    let last = [
        "series.lastObservedTime",
        "lastTimestamp",
        "deprecatedLastTimestamp",
        "eventTime",
        "firstTimestamp",
    ];
    copy_text(object, &last, "lastTime");
    copy_text(object, &["firstTimestamp", "deprecatedFirstTimestamp", "eventTime"], "firstTime");
    let count = ["series.count", "count", "deprecatedCount"]
        .iter()
        .find_map(|path| get(object, path).and_then(Value::as_u64).filter(|count| *count > 0));
    set(object, "count", json!(count.unwrap_or(1)));
}

fn endpoints(object: &mut Value) {
    let ready: usize = list(object, "subsets")
        .iter()
        .map(|subset| list(subset, "addresses").len() * list(subset, "ports").len().max(1))
        .sum();
    set(object, "addresses", json!(ready));
}

fn data_count(object: &mut Value) {
    let count: usize = ["data", "binaryData"]
        .iter()
        .filter_map(|path| get(object, path).and_then(Value::as_object).map(serde_json::Map::len))
        .sum();
    set(object, "dataCount", json!(count));
}

/// The metrics API writes quantities; here they are cores and bytes.
fn usage(object: &mut Value) {
    for path in ["usage.cpu", "usage.memory"] {
        if let Some(number) = text(object, path).and_then(quantity::parse) {
            set(object, path, json!(number));
        }
    }
}

/// A pod uses what its containers use, if that is known of all of them.
fn pod_metrics(object: &mut Value) {
    if let Some(Value::Array(containers)) = object.get_mut("containers") {
        containers.iter_mut().for_each(usage);
    }
    for path in ["usage.cpu", "usage.memory"] {
        let containers = list(object, "containers");
        let sum: Option<f64> = containers.iter().map(|one| get(one, path).and_then(Value::as_f64)).sum();
        if let Some(sum) = sum.filter(|_| !containers.is_empty()) {
            set(object, path, json!(sum));
        }
    }
}

/// The API leaves out zero and false; tables show them.
fn default_to(object: &mut Value, paths: &[&str], value: &Value) {
    for path in paths {
        if get(object, path).is_none() {
            set(object, path, value.clone());
        }
    }
}

fn pod(object: &mut Value) {
    let statuses = list(object, "status.containerStatuses");
    let ready = statuses.iter().filter(|status| get(status, "ready") == Some(&json!(true))).count();
    let restarts: u64 = statuses.iter().filter_map(|status| get(status, "restartCount")?.as_u64()).sum();
    let containers = list(object, "spec.containers").len().max(statuses.len());
    let summary = summary(object);
    set(object, "status.ready", json!(format!("{ready}/{containers}")));
    set(object, "status.readyContainers", json!(ready));
    set(object, "status.containers", json!(containers));
    set(object, "status.restarts", json!(restarts));
    set(object, "status.summary", json!(summary));
}

/// The STATUS column of `kubectl get pods`: `printPod`.
fn summary(pod: &Value) -> String {
    let mut reason =
        text(pod, "status.reason").or_else(|| text(pod, "status.phase")).unwrap_or("Unknown").to_owned();
    if let Some(initialising) = init_summary(pod) {
        reason = initialising;
    } else {
        let mut running = false;
        for status in list(pod, "status.containerStatuses").iter().rev() {
            running |= get(status, "ready") == Some(&json!(true)) && get(status, "state.running").is_some();
            if let Some(found) =
                text(status, "state.waiting.reason").map(str::to_owned).or_else(|| terminated(status))
            {
                reason = found;
            }
        }
        if reason == "Completed" && running {
            let ready = condition(pod, "Ready").and_then(|ready| text(ready, "status")) == Some("True");
            reason = if ready { "Running" } else { "NotReady" }.to_owned();
        }
    }
    match (text(pod, "metadata.deletionTimestamp"), text(pod, "status.reason")) {
        (Some(_), Some("NodeLost")) => "Unknown".to_owned(),
        (Some(_), _) => "Terminating".to_owned(),
        (None, _) => reason,
    }
}

/// What the first init container that is not done says: `Init:0/2`, `Init:CrashLoopBackOff`.
fn init_summary(pod: &Value) -> Option<String> {
    let statuses = list(pod, "status.initContainerStatuses");
    let total = list(pod, "spec.initContainers").len().max(statuses.len());
    for (done, status) in statuses.iter().enumerate() {
        if get(status, "state.terminated.exitCode").and_then(Value::as_i64) == Some(0) {
            continue;
        }
        // A sidecar (an init container that restarts) has done its part once it has started.
        if get(status, "started") == Some(&json!(true))
            && get(status, "state.running").is_some()
            && done + 1 < total
        {
            continue;
        }
        if get(status, "ready") == Some(&json!(true)) {
            continue;
        }
        return Some(match (terminated(status), text(status, "state.waiting.reason")) {
            (Some(reason), _) => format!("Init:{reason}"),
            (None, Some(reason)) if reason != "PodInitializing" => format!("Init:{reason}"),
            _ => format!("Init:{done}/{total}"),
        });
    }
    None
}

fn terminated(status: &Value) -> Option<String> {
    let state = get(status, "state.terminated")?;
    if let Some(reason) = text(state, "reason") {
        return Some(reason.to_owned());
    }
    match get(state, "signal").and_then(Value::as_i64).filter(|signal| *signal != 0) {
        Some(signal) => Some(format!("Signal:{signal}")),
        None => Some(format!("ExitCode:{}", get(state, "exitCode").and_then(Value::as_i64).unwrap_or(0))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: &str, mut object: Value, expected: &[(&str, Value)]) {
        derive(kind, &mut object, Time::parse("2026-11-22T04:00:00Z"));
        for (path, value) in expected {
            assert_eq!(get(&object, path), Some(value), "{path} of {object}");
        }
    }

    #[test]
    fn nodes_and_api_services_say_whether_they_work() {
        check(
            "Node",
            json!({"metadata": {"labels": {"node-role.kubernetes.io/etcd": "true", "a": "b", "node-role.kubernetes.io/control-plane": ""},
                                "creationTimestamp": "2026-11-22T03:59:00Z"},
                   "status": {"addresses": [{"type": "Hostname", "address": "h"}, {"type": "InternalIP", "address": "10.0.0.1"}],
                              "conditions": [{"type": "DiskPressure", "status": "False"}, {"type": "Ready", "status": "Unknown"}]}}),
            &[
                ("status.ready", json!("Unknown")),
                ("roles", json!(["control-plane", "etcd"])),
                ("status.internalIP", json!("10.0.0.1")),
                ("ageSeconds", json!(60.0)),
            ],
        );
        check(
            "APIService",
            json!({"status": {"conditions": [{"type": "Available", "status": "False", "reason": "ServiceNotFound"}]}}),
            &[("status.available", json!("False")), ("status.reason", json!("ServiceNotFound"))],
        );
    }

    #[test]
    fn pods_are_summed_up_as_kubectl_does() {
        let waiting =
            json!({"ready": false, "restartCount": 57, "state": {"waiting": {"reason": "CrashLoopBackOff"}}});
        let running = json!({"ready": true, "restartCount": 1, "state": {"running": {}}});
        for (pod, expected) in [
            (
                json!({"status": {"phase": "Running", "containerStatuses": [running, waiting]}}),
                "CrashLoopBackOff",
            ),
            (json!({"status": {"phase": "Pending"}}), "Pending"),
            (json!({"status": {"phase": "Failed", "reason": "Evicted"}}), "Evicted"),
            (json!({"metadata": {"deletionTimestamp": "x"}, "status": {"phase": "Running"}}), "Terminating"),
            (
                json!({"spec": {"initContainers": [{}, {}]}, "status": {"phase": "Pending", "initContainerStatuses": [
                    {"state": {"terminated": {"exitCode": 0}}}, {"state": {"waiting": {"reason": "PodInitializing"}}}]}}),
                "Init:1/2",
            ),
            (
                json!({"status": {"phase": "Failed", "containerStatuses": [{"state": {"terminated": {"exitCode": 137, "signal": 9}}}]}}),
                "Signal:9",
            ),
        ] {
            check("Pod", pod, &[("status.summary", json!(expected))]);
        }
    }

    #[test]
    fn events_of_both_apis_look_alike() {
        for event in [
            json!({"involvedObject": {"kind": "Pod", "name": "a"}, "message": "m", "lastTimestamp": "t", "count": 3}),
            json!({"regarding": {"kind": "Pod", "name": "a"}, "note": "m", "eventTime": "t", "series": {"count": 3}}),
        ] {
            check(
                "Event",
                event,
                &[
                    ("object.kind", json!("Pod")),
                    ("message", json!("m")),
                    ("lastTime", json!("t")),
                    ("count", json!(3)),
                ],
            );
        }
    }
}
