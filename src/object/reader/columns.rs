//! The columns of `kubectl get` tables → field paths of the API.
//!
//! Headings: kubernetes `pkg/printers/internalversion/printers.go`; APIServices: kube-aggregator's `storage.go`. A heading that is
//! not here becomes `columns.<name>`. `<none>` is an absent field, `<unknown>` an unknown one.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::base::Time;
use crate::object::path::set;
use crate::object::{moment, resource};

/// One kind of column.
struct Column {
    /// The kinds whose tables have it; none for all.
    kinds: &'static [&'static str],
    heading: &'static str,
    /// The paths that it shows.
    paths: &'static [&'static str],
    /// Puts a cell's values into the fields.
    fill: fn(&str, &mut Row<'_>),
}

/// A row while it is being read.
pub struct Row<'r> {
    /// The fields so far.
    pub fields: &'r mut Value,
    /// Paths that this row, against its table, does not show.
    pub unknown: &'r mut Vec<&'static str>,
    /// When the bundle was captured.
    pub captured_at: Option<Time>,
}

impl Row<'_> {
    fn put(&mut self, path: &str, value: impl Into<Value>) {
        set(self.fields, path, value.into());
    }

    fn put_number(&mut self, path: &'static str, text: &str) {
        match text.parse::<u64>() {
            Ok(number) => self.put(path, number),
            Err(_) => self.unknown.push(path),
        }
    }

    fn put_bool(&mut self, path: &'static str, text: &str) {
        match text {
            "true" | "True" => self.put(path, true),
            "false" | "False" => self.put(path, false),
            _ => self.unknown.push(path),
        }
    }

    /// The text of a column of the API's own; kubectl writes `<unknown>` for what it could not find out.
    fn put_known(&mut self, path: &'static str, text: &str) {
        match text {
            "<unknown>" | "<invalid>" => self.unknown.push(path),
            _ => self.put_text(path, text),
        }
    }

    fn put_text(&mut self, path: &str, text: &str) {
        if !matches!(text, "" | "<none>" | "<unset>") {
            self.put(path, text);
        }
    }

    /// A time that the table gives as an age.
    fn put_time(&mut self, path: &'static str, text: &str) {
        match self.captured_at.zip(moment::age_seconds(text)) {
            Some((captured_at, seconds)) => self.put(path, moment::before(captured_at, seconds).to_string()),
            None => self.unknown.push(path),
        }
    }
}

macro_rules! text {
    ($path:literal) => {
        |text, row| row.put_known($path, text)
    };
}
macro_rules! number {
    ($path:literal) => {
        |text, row| row.put_number($path, text)
    };
}
macro_rules! columns {
    ($([$($kind:literal),*] $heading:literal => [$($path:literal),*] $fill:expr;)*) => {
        &[$(Column { kinds: &[$($kind),*], heading: $heading, paths: &[$($path),*], fill: $fill },)*]
    };
}

const COLUMNS: &[Column] = columns! {
    [] "AGE" => ["age", "ageSeconds", "metadata.creationTimestamp"] age;
    [] "CREATED AT" => ["metadata.creationTimestamp"] text!("metadata.creationTimestamp");
    ["Namespace", "PersistentVolumeClaim", "PersistentVolume"] "STATUS" => ["status.phase"] text!("status.phase");
    ["PersistentVolumeClaim"] "VOLUME" => ["spec.volumeName"] text!("spec.volumeName");
    ["PersistentVolumeClaim", "PersistentVolume"] "STORAGECLASS" => ["spec.storageClassName"] text!("spec.storageClassName");
    ["PersistentVolumeClaim"] "CAPACITY" => ["status.capacity.storage"] text!("status.capacity.storage");
    ["PersistentVolumeClaim"] "ACCESS MODES" => ["status.accessModes"] access_modes;
    ["PersistentVolume"] "CAPACITY" => ["spec.capacity.storage"] text!("spec.capacity.storage");
    ["PersistentVolume"] "RECLAIM POLICY" => ["spec.persistentVolumeReclaimPolicy"]
        text!("spec.persistentVolumeReclaimPolicy");
    ["PersistentVolume"] "CLAIM" => ["spec.claimRef.namespace", "spec.claimRef.name"] |text, row| {
        if let Some((namespace, name)) = text.split_once('/') {
            row.put("spec.claimRef.namespace", namespace);
            row.put("spec.claimRef.name", name);
        }
    };
    ["PersistentVolumeClaim", "PersistentVolume"] "VOLUMEMODE" => ["spec.volumeMode"] text!("spec.volumeMode");
    ["PersistentVolume"] "REASON" => ["status.reason"] text!("status.reason");
    ["Pod"] "READY" => ["status.ready", "status.readyContainers", "status.containers"] |text, row| {
        row.put("status.ready", text);
        out_of(text, row, "status.readyContainers", "status.containers");
    };
    ["Pod"] "STATUS" => ["status.summary", "status.phase"] pod_status;
    // `57 (3m12s ago)` since Kubernetes 1.22.
    ["Pod"] "RESTARTS" => ["status.restarts"] |text, row| {
        row.put_number("status.restarts", text.split_whitespace().next().unwrap_or_default());
    };
    ["Pod"] "IP" => ["status.podIP"] text!("status.podIP");
    ["Pod"] "NODE" => ["spec.nodeName"] text!("spec.nodeName");
    ["Node"] "STATUS" => ["status.ready", "spec.unschedulable"] node_status;
    ["Node"] "ROLES" => ["roles"] |text, row| {
        let roles: Vec<&str> = text.split(',').filter(|role| !matches!(*role, "" | "<none>")).collect();
        row.put("roles", json!(roles));
    };
    ["Node"] "VERSION" => ["status.nodeInfo.kubeletVersion"] text!("status.nodeInfo.kubeletVersion");
    ["Node"] "INTERNAL-IP" => ["status.internalIP"] text!("status.internalIP");
    ["Node"] "OS-IMAGE" => ["status.nodeInfo.osImage"] text!("status.nodeInfo.osImage");
    ["Node"] "KERNEL-VERSION" => ["status.nodeInfo.kernelVersion"] text!("status.nodeInfo.kernelVersion");
    ["Node"] "CONTAINER-RUNTIME" => ["status.nodeInfo.containerRuntimeVersion"]
        text!("status.nodeInfo.containerRuntimeVersion");
    ["APIService"] "SERVICE" => ["spec.service"] |text, row| {
        if let Some((namespace, name)) = text.split_once('/') {
            row.put("spec.service.namespace", namespace);
            row.put("spec.service.name", name);
        }
    };
    ["APIService"] "AVAILABLE" => ["status.available", "status.reason"] |text, row| {
        let (status, reason) = text.split_once(" (").unwrap_or((text, ""));
        row.put("status.available", if status.is_empty() { "Unknown" } else { status });
        row.put_text("status.reason", reason.trim_end_matches(')'));
    };
    ["Service"] "TYPE" => ["spec.type"] text!("spec.type");
    ["Service"] "CLUSTER-IP" => ["spec.clusterIP"] |text, row| {
        // A headless service has the text `None` in the API, and in the table too.
        row.put_text("spec.clusterIP", text);
    };
    ["Ingress"] "CLASS" => ["spec.ingressClassName"] text!("spec.ingressClassName");
    ["Endpoints"] "ENDPOINTS" => ["addresses"] |text, row| row.put("addresses", endpoint_count(text));
    ["Deployment", "StatefulSet"] "READY" => ["status.readyReplicas", "spec.replicas"] |text, row| {
        out_of(text, row, "status.readyReplicas", "spec.replicas");
    };
    ["Deployment"] "UP-TO-DATE" => ["status.updatedReplicas"] number!("status.updatedReplicas");
    ["Deployment"] "AVAILABLE" => ["status.availableReplicas"] number!("status.availableReplicas");
    ["ReplicaSet"] "DESIRED" => ["spec.replicas"] number!("spec.replicas");
    ["ReplicaSet"] "CURRENT" => ["status.replicas"] number!("status.replicas");
    ["ReplicaSet"] "READY" => ["status.readyReplicas"] number!("status.readyReplicas");
    ["DaemonSet"] "DESIRED" => ["status.desiredNumberScheduled"] number!("status.desiredNumberScheduled");
    ["DaemonSet"] "CURRENT" => ["status.currentNumberScheduled"] number!("status.currentNumberScheduled");
    ["DaemonSet"] "READY" => ["status.numberReady"] number!("status.numberReady");
    ["DaemonSet"] "UP-TO-DATE" => ["status.updatedNumberScheduled"] number!("status.updatedNumberScheduled");
    ["DaemonSet"] "AVAILABLE" => ["status.numberAvailable"] number!("status.numberAvailable");
    ["Job"] "COMPLETIONS" => ["status.succeeded", "spec.completions"] |text, row| {
        out_of(text, row, "status.succeeded", "spec.completions");
    };
    ["CronJob"] "TIMEZONE" => ["spec.timeZone"] text!("spec.timeZone");
    ["CronJob"] "ACTIVE" => ["active"] number!("active");
    ["CronJob"] "SCHEDULE" => ["spec.schedule"] text!("spec.schedule");
    ["CronJob"] "SUSPEND" => ["spec.suspend"] |text, row| row.put_bool("spec.suspend", text);
    ["Event"] "LAST SEEN" => ["lastTime", "lastTimestamp", "age", "ageSeconds"] |text, row| {
        row.put_time("lastTime", text);
        row.put_time("lastTimestamp", text);
        put_age(text, row);
    };
    ["Event"] "FIRST SEEN" => ["firstTime", "firstTimestamp"] |text, row| {
        row.put_time("firstTime", text);
        row.put_time("firstTimestamp", text);
    };
    ["Event"] "TYPE" => ["type"] text!("type");
    ["Event"] "REASON" => ["reason"] text!("reason");
    ["Event"] "OBJECT" => ["object.kind", "object.name"] |text, row| {
        let (resource, name) = text.split_once('/').unwrap_or(("", text));
        row.put_text("object.kind", resource::kind_of(resource).unwrap_or(resource));
        row.put_text("object.name", name);
    };
    ["Event"] "SUBOBJECT" => ["involvedObject.fieldPath"] text!("involvedObject.fieldPath");
    ["Event"] "SOURCE" => ["source.component", "source.host"] |text, row| {
        let (component, host) = text.split_once(", ").unwrap_or((text, ""));
        row.put_text("source.component", component);
        row.put_text("source.host", host);
    };
    ["Event"] "MESSAGE" => ["message"] text!("message");
    ["Event"] "COUNT" => ["count"] number!("count");
    ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"] "WEBHOOKS" => ["webhookCount"]
        number!("webhookCount");
    ["HorizontalPodAutoscaler"] "MINPODS" => ["spec.minReplicas"] number!("spec.minReplicas");
    ["HorizontalPodAutoscaler"] "MAXPODS" => ["spec.maxReplicas"] number!("spec.maxReplicas");
    ["HorizontalPodAutoscaler"] "REPLICAS" => ["status.currentReplicas"] number!("status.currentReplicas");
    ["Lease"] "HOLDER" => ["spec.holderIdentity"] text!("spec.holderIdentity");
    ["VolumeAttachment"] "ATTACHER" => ["spec.attacher"] text!("spec.attacher");
    ["VolumeAttachment"] "PV" => ["spec.source.persistentVolumeName"] text!("spec.source.persistentVolumeName");
    ["VolumeAttachment"] "NODE" => ["spec.nodeName"] text!("spec.nodeName");
    ["VolumeAttachment"] "ATTACHED" => ["status.attached"] |text, row| row.put_bool("status.attached", text);
    ["StorageClass"] "PROVISIONER" => ["provisioner"] text!("provisioner");
    ["StorageClass"] "RECLAIMPOLICY" => ["reclaimPolicy"] text!("reclaimPolicy");
    ["StorageClass"] "VOLUMEBINDINGMODE" => ["volumeBindingMode"] text!("volumeBindingMode");
    ["StorageClass"] "ALLOWVOLUMEEXPANSION" => ["allowVolumeExpansion"]
        |text, row| row.put_bool("allowVolumeExpansion", text);
    ["PodDisruptionBudget"] "MIN AVAILABLE" => ["spec.minAvailable"]
        |text, row| int_or_text("spec.minAvailable", text, row);
    ["PodDisruptionBudget"] "MAX UNAVAILABLE" => ["spec.maxUnavailable"]
        |text, row| int_or_text("spec.maxUnavailable", text, row);
    ["PodDisruptionBudget"] "ALLOWED DISRUPTIONS" => ["status.disruptionsAllowed"] number!("status.disruptionsAllowed");
    ["CertificateSigningRequest"] "SIGNERNAME" => ["spec.signerName"] text!("spec.signerName");
    ["CertificateSigningRequest"] "REQUESTOR" => ["spec.username"] text!("spec.username");
    // `Pending` stands for no condition, `Issued` for a certificate; neither is a condition's type.
    ["CertificateSigningRequest"] "CONDITION" => ["status.conditions.type"] |text, row| {
        let types = text.split(',').filter(|word| !matches!(*word, "" | "Pending" | "Issued"));
        let conditions: Vec<Value> = types.map(|word| json!({"type": word})).collect();
        row.put("status.conditions", json!(conditions));
    };
    ["ComponentStatus"] "STATUS" => ["conditions.type", "conditions.status"] |text, row| {
        let status = match text {
            "Healthy" => "True",
            "Unhealthy" => "False",
            _ => "Unknown",
        };
        row.put("conditions", json!([{"type": "Healthy", "status": status}]));
    };
    ["ConfigMap", "Secret"] "DATA" => ["dataCount"] number!("dataCount");
    ["Secret"] "TYPE" => ["type"] text!("type");
    ["HorizontalPodAutoscaler"] "REFERENCE" => ["spec.scaleTargetRef.kind", "spec.scaleTargetRef.name"] |text, row| {
        if let Some((kind, name)) = text.split_once('/') {
            row.put("spec.scaleTargetRef.kind", kind);
            row.put("spec.scaleTargetRef.name", name);
        }
    };
};

/// `1`, `50%` or `N/A`.
fn int_or_text(path: &'static str, text: &str, row: &mut Row<'_>) {
    match text.parse::<u64>() {
        Ok(number) => row.put(path, number),
        Err(_) if text == "N/A" => {}
        Err(_) => row.put_known(path, text),
    }
}

/// `RWO,ROX`: the API has the words.
fn access_modes(text: &str, row: &mut Row<'_>) {
    let word = |mode: &str| match mode {
        "RWO" => "ReadWriteOnce",
        "ROX" => "ReadOnlyMany",
        "RWX" => "ReadWriteMany",
        "RWOP" => "ReadWriteOncePod",
        _ => "",
    };
    let modes: Vec<&str> = text.split(',').map(word).collect();
    match text {
        "" => row.put("status.accessModes", json!([])),
        _ if modes.contains(&"") => row.unknown.push("status.accessModes"),
        _ => row.put("status.accessModes", json!(modes)),
    }
}

fn age(text: &str, row: &mut Row<'_>) {
    put_age(text, row);
    row.put_time("metadata.creationTimestamp", text);
}

fn put_age(text: &str, row: &mut Row<'_>) {
    row.put_text("age", text);
    match moment::age_seconds(text) {
        Some(seconds) => row.put("ageSeconds", seconds),
        None => row.unknown.push("ageSeconds"),
    }
}

/// `1/2`.
fn out_of(text: &str, row: &mut Row<'_>, part: &'static str, whole: &'static str) {
    let (ready, total) = text.split_once('/').unwrap_or((text, ""));
    row.put_number(part, ready);
    row.put_number(whole, total);
}

/// The table shows a reason in place of the phase when there is one.
fn pod_status(text: &str, row: &mut Row<'_>) {
    row.put_text("status.summary", text);
    match text {
        "Pending" | "Running" | "Succeeded" | "Failed" => row.put("status.phase", text),
        _ => row.unknown.push("status.phase"),
    }
}

/// `NotReady,SchedulingDisabled`. The table says `NotReady` for the conditions `False` and `Unknown` alike.
fn node_status(text: &str, row: &mut Row<'_>) {
    let ready = match text.split(',').next() {
        Some("Ready") => "True",
        Some("NotReady") => "False",
        _ => "Unknown",
    };
    row.put("status.ready", ready);
    row.put("spec.unschedulable", text.split(',').any(|word| word == "SchedulingDisabled"));
}

/// How many addresses a cell shows: `10.0.0.1:6443,10.0.0.2:6443 + 3 more...`.
fn endpoint_count(text: &str) -> u64 {
    let (shown, more) = text.split_once(" + ").unwrap_or((text, ""));
    let shown = shown.split(',').filter(|address| !matches!(*address, "" | "<none>")).count() as u64;
    shown + more.split(' ').next().and_then(|more| more.parse::<u64>().ok()).unwrap_or(0)
}

fn find(kind: &str, heading: &str) -> Option<&'static Column> {
    COLUMNS
        .iter()
        .find(|column| column.heading == heading && (column.kinds.is_empty() || column.kinds.contains(&kind)))
}

/// Adds the paths that a column shows to the known ones.
pub fn know(kind: &str, heading: &str, paths: &mut BTreeSet<String>) {
    match find(kind, heading) {
        Some(column) => paths.extend(column.paths.iter().map(|path| (*path).to_owned())),
        None => {
            paths.insert(format!("columns.{}", lower_camel(heading)));
        }
    }
}

/// Puts a cell into the fields of its row.
pub fn fill(kind: &str, heading: &str, text: &str, row: &mut Row<'_>) {
    match find(kind, heading) {
        Some(column) => (column.fill)(text, row),
        None => row.put_text(&format!("columns.{}", lower_camel(heading)), text),
    }
}

/// `PORT(S)` → `ports`, `UP-TO-DATE` → `upToDate`.
fn lower_camel(heading: &str) -> String {
    let mut name = String::new();
    let heading = heading.replace("(S)", "S").to_ascii_lowercase();
    for word in heading.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        if name.is_empty() {
            name.push_str(word);
        } else {
            let mut chars = word.chars();
            name.extend(chars.next().map(|c| c.to_ascii_uppercase()));
            name.push_str(chars.as_str());
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_become_names() {
        for (heading, expected) in
            [("PORT(S)", "ports"), ("UP-TO-DATE", "upToDate"), ("CPU%", "cpu"), ("LAST SEEN", "lastSeen")]
        {
            assert_eq!(lower_camel(heading), expected);
        }
    }

    #[test]
    fn endpoints_are_counted() {
        for (text, expected) in [("<none>", 0), ("a:1,b:1", 2), ("a:1,b:1,c:1 + 4 more...", 7)] {
            assert_eq!(endpoint_count(text), expected);
        }
    }
}
