//! `kubectl get` tables → objects with the fields that their columns show.
//!
//! Columns begin where their headings begin, counted in characters, at least two spaces apart (cli-runtime
//! `tablewriter`, k8s.io/cli-runtime `tableprinter.go`). A row that does not fit is split at runs of spaces, which also reads
//! obfuscated bundles, where words were replaced after printing. Several tables follow each other after a blank line.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::columns::{self, Row};
use super::grid::Grid;
use crate::object::gather::{Draft, Gather, KnownPaths};
use crate::object::line::{Line, lines};
use crate::object::{Document, Known, Reader, Reading, preamble, resource};

/// Reads `kubectl get` tables.
pub const READER: Reader = Reader { name: "kubectl-table", derives: &[], sniff, read };

fn sniff(path: &str, head: &[u8]) -> bool {
    let first = lines(head).find(|line| !line.text.trim().is_empty() && !preamble::is_noise(&line.text));
    let kind = resource::kind_of_path(path);
    match first {
        // Nothing but stderr lines, or nothing at all: only the path can say what it was to be.
        None => resource::is_kubectl_path(path) && kind.is_some(),
        Some(line) => match Header::parse(&line.text) {
            Some(header) => header.kind(kind).is_some() || header.is_mixed(head),
            None => {
                let replaced = preamble::is_error(&line.text) || preamble::is_empty_list(&line.text);
                replaced && resource::is_kubectl_path(path) && kind.is_some()
            }
        },
    }
}

fn read(document: &Document<'_>) -> Reading {
    let mut table = Table {
        gather: Gather::new(document),
        path_kind: resource::kind_of_path(document.path),
        header: None,
        kind: None,
        known: BTreeSet::new(),
        rows_known: BTreeMap::new(),
        sets: KnownPaths::default(),
    };
    for line in lines(document.bytes) {
        table.line(&line);
    }
    table.gather.finish()
}

struct Table<'d, 'p> {
    gather: Gather<'d, 'p>,
    path_kind: Option<&'static str>,
    header: Option<Header>,
    /// The kind of the current table; `None` when each row names its own.
    kind: Option<&'static str>,
    known: BTreeSet<String>,
    /// What rows know that lack these paths, of the current table.
    rows_known: BTreeMap<Vec<&'static str>, Known>,
    sets: KnownPaths,
}

impl Table<'_, '_> {
    fn line(&mut self, line: &Line<'_>) {
        let text = line.text.trim_end();
        if text.is_empty() {
            self.header = None;
        } else if preamble::is_noise(text) {
            // stderr lines may stand anywhere.
        } else if preamble::is_empty_list(text) {
            self.nothing_found(text);
        } else if let Some(header) = Header::parse(text) {
            self.begin(header);
        } else if preamble::is_error(text) && !text.contains("   ") {
            self.gather.fail(line);
        } else if self.header.is_none() || !self.row(line) {
            super::unreadable(&mut self.gather, line, "table row");
        }
    }

    /// `No resources found` is of the whole cluster, `No resources found in x namespace.` is not.
    fn nothing_found(&mut self, text: &str) {
        if let Some(kind) = self.path_kind {
            self.gather.list(kind, !text.contains(" in "));
        }
    }

    fn begin(&mut self, header: Header) {
        self.kind = header.kind(self.path_kind);
        if let Some(kind) = self.kind {
            self.known = header.known(kind);
            self.rows_known.clear();
            let whole = header.has("NAMESPACE") || resource::is_namespaced(kind) == Some(false);
            self.gather.list(kind, whole);
        }
        self.header = Some(header);
    }

    /// Reads a row; returns whether it could.
    fn row(&mut self, line: &Line<'_>) -> bool {
        let Some(header) = &self.header else { return false };
        let Some(cells) = header.grid.cells(&line.text) else { return false };
        let cell = |heading: &str| header.grid.cell(&cells, heading);
        let name = cell("NAME").unwrap_or_default();
        // `kubectl get all` puts the resource before the name: `pod/x`. No name has a slash.
        let (kind, name) = match name.split_once('/') {
            Some((resource, name)) => (resource::kind_of(resource), name),
            None => (self.kind, name),
        };
        let Some(kind) = kind else { return name.contains(char::is_alphanumeric) };
        if self.kind != Some(kind) {
            self.known = header.known(kind);
            self.rows_known.clear();
            self.kind = Some(kind);
            if !self.gather.lists(kind) {
                self.gather.list(kind, header.has("NAMESPACE"));
            }
        }
        if !self.gather.wants(kind) {
            self.gather.count(kind);
            return true;
        }
        let name = if kind == "Event" && name.is_empty() {
            event_name(cell("OBJECT"), cell("REASON"))
        } else {
            name.to_owned()
        };
        // `storageclasses` marks the default class after its name.
        let name = name.strip_suffix(" (default)").map(str::to_owned).unwrap_or(name);
        if name.is_empty() {
            return false;
        }
        let namespace = cell("NAMESPACE").filter(|text| !text.is_empty()).map(str::to_owned);
        let mut draft = Draft::new(self.gather.document, kind, name.clone(), line);
        let mut unknown = Vec::new();
        let mut fields = json!({"metadata": {"name": name}});
        let mut row =
            Row { fields: &mut fields, unknown: &mut unknown, captured_at: self.gather.document.captured_at };
        for (column, text) in header.grid.columns.iter().zip(&cells) {
            if !matches!(&*column.heading, "NAME" | "NAMESPACE") {
                columns::fill(kind, &column.heading, text, &mut row);
            }
        }
        if let Some(namespace) = &namespace {
            crate::object::path::set(&mut fields, "metadata.namespace", json!(namespace));
            if kind == "Event" {
                crate::object::path::set(&mut fields, "object.namespace", json!(namespace));
            }
        }
        let all = &self.known;
        let known = self.rows_known.entry(unknown).or_insert_with_key(|unknown| {
            let known = all.iter().filter(|path| !unknown.contains(&path.as_str())).cloned().collect();
            self.sets.only(known)
        });
        draft.known = known.clone();
        draft.namespace = namespace;
        draft.fields = fields;
        self.gather.add(draft);
        true
    }
}

/// Without `-o wide` the table of events has no names.
fn event_name(object: Option<&str>, reason: Option<&str>) -> String {
    match (object, reason) {
        (Some(object), Some(reason)) if !object.is_empty() => format!("{object}.{reason}"),
        _ => String::new(),
    }
}

/// The headings of a table.
struct Header {
    grid: Grid,
}

impl Header {
    /// Headings are in capitals and at least two spaces apart; the first is the name, or what comes before it.
    fn parse(text: &str) -> Option<Self> {
        let grid = Grid::parse(text);
        let is_heading = |heading: &str| {
            heading.chars().any(|c| c.is_ascii_uppercase())
                && heading
                    .chars()
                    .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || " -()/%_:.".contains(c))
        };
        let first = grid.columns.first()?;
        let begins = grid.indent() == 0 && matches!(&*first.heading, "NAME" | "NAMESPACE" | "LAST SEEN");
        let telling = begins && grid.columns.len() > 1;
        (telling && grid.columns.iter().all(|column| is_heading(&column.heading))).then_some(Self { grid })
    }

    fn has(&self, heading: &str) -> bool {
        self.grid.index(heading).is_some()
    }

    /// The kind of the rows. Headings that are a kind's own tell more than the path, but custom resources may have any.
    fn kind(&self, path_kind: Option<&'static str>) -> Option<&'static str> {
        let custom = path_kind.filter(|kind| kind.contains('.'));
        custom.or_else(|| self.telling_kind()).or(path_kind).or_else(|| {
            let headings = self.grid.columns.iter().map(|column| column.heading.as_str());
            headings.eq(["NAME", "STATUS", "AGE"]).then_some("Namespace")
        })
    }

    fn telling_kind(&self) -> Option<&'static str> {
        const TELLING: &[(&[&str], &str)] = &[
            (&["LAST SEEN", "TYPE", "REASON", "OBJECT"], "Event"),
            (&["READY", "STATUS", "RESTARTS", "AGE"], "Pod"),
            (&["STATUS", "ROLES", "AGE", "VERSION"], "Node"),
            (&["SERVICE", "AVAILABLE", "AGE"], "APIService"),
            (&["DESIRED", "CURRENT", "READY", "UP-TO-DATE", "AVAILABLE"], "DaemonSet"),
            (&["READY", "UP-TO-DATE", "AVAILABLE", "AGE"], "Deployment"),
            (&["DESIRED", "CURRENT", "READY", "AGE"], "ReplicaSet"),
            (&["TYPE", "CLUSTER-IP"], "Service"),
            (&["ENDPOINTS", "AGE"], "Endpoints"),
            (&["HOLDER", "AGE"], "Lease"),
            (&["STATUS", "VOLUME", "CAPACITY"], "PersistentVolumeClaim"),
            (&["CAPACITY", "RECLAIM POLICY", "CLAIM"], "PersistentVolume"),
            (&["REFERENCE", "TARGETS", "MINPODS"], "HorizontalPodAutoscaler"),
            (&["SCHEDULE", "SUSPEND", "ACTIVE"], "CronJob"),
            (&["COMPLETIONS", "DURATION"], "Job"),
            (&["ATTACHER", "ATTACHED"], "VolumeAttachment"),
            (&["PROVISIONER", "RECLAIMPOLICY"], "StorageClass"),
            (&["MIN AVAILABLE", "ALLOWED DISRUPTIONS"], "PodDisruptionBudget"),
            (&["SIGNERNAME", "REQUESTOR", "CONDITION"], "CertificateSigningRequest"),
            (&["STATUS", "MESSAGE", "ERROR"], "ComponentStatus"),
            (&["CLASS", "HOSTS", "ADDRESS", "PORTS"], "Ingress"),
        ];
        TELLING
            .iter()
            .find(|(needed, _)| needed.iter().all(|heading| self.has(heading)))
            .map(|(_, kind)| *kind)
    }

    /// Whether the rows of this head name their resource, as `kubectl get all` does.
    fn is_mixed(&self, head: &[u8]) -> bool {
        let Some(name) = self.grid.index("NAME") else { return false };
        lines(head)
            .nth(1)
            .and_then(|line| self.grid.cells(&line.text)?.get(name).cloned())
            .and_then(|name| resource::kind_of(name.split_once('/')?.0))
            .is_some()
    }

    /// The paths that these columns show of a kind.
    fn known(&self, kind: &str) -> BTreeSet<String> {
        let mut paths = BTreeSet::from(["metadata.name".to_owned()]);
        for column in &self.grid.columns {
            match column.heading.as_str() {
                "NAME" => {}
                "NAMESPACE" if kind == "Event" => {
                    paths.extend(["metadata.namespace".to_owned(), "object.namespace".to_owned()]);
                }
                "NAMESPACE" => {
                    paths.insert("metadata.namespace".to_owned());
                }
                heading => columns::know(kind, heading, &mut paths),
            }
        }
        paths
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::etcd::tests::read;
    use super::*;
    use crate::object::path::get;

    const KINDS: &[&str] = &[
        "Namespace",
        "Pod",
        "Node",
        "APIService",
        "Event",
        "Deployment",
        "Service",
        "Endpoints",
        "Lease",
        "ValidatingWebhookConfiguration",
        "App.catalog.cattle.io",
        "Cluster.management.cattle.io",
        "StorageClass",
        "PersistentVolumeClaim",
        "CertificateSigningRequest",
        "ComponentStatus",
        "PodDisruptionBudget",
        "HorizontalPodAutoscaler",
    ];

    fn check(path: &str, text: &str, expected: &[(&str, &str, Value)]) {
        let reading = read(&READER, KINDS, path, text);
        for (object, (kind, path, value)) in reading.objects.iter().zip(expected) {
            assert_eq!(
                (&*object.kind, get(&object.fields, path).unwrap_or(&Value::Null)),
                (*kind, value),
                "{path} of {object:?}"
            );
            assert!(object.known.covers(path), "{path} of {object:?}");
        }
        assert_eq!(reading.objects.len(), expected.len(), "{reading:?}");
        assert_eq!(reading.diagnostics, [], "{text}");
    }

    #[test]
    fn namespaces_say_their_phase_and_age_and_no_more() {
        let text = "NAME          STATUS        AGE\nshop          Terminating   5d2h\ncattle-system Active        <invalid>\n";
        for path in ["rke/kubectl/namespaces", "pasted.txt"] {
            check(
                path,
                text,
                &[
                    ("Namespace", "status.phase", json!("Terminating")),
                    ("Namespace", "status.phase", json!("Active")),
                ],
            );
        }
        let reading = read(&READER, KINDS, "x", text);
        let (shop, system) = (&reading.objects[0], &reading.objects[1]);
        assert_eq!(get(&shop.fields, "metadata.creationTimestamp"), Some(&json!("2026-11-17T02:00:00Z")));
        assert!(
            !shop.known.covers("metadata.finalizers") && !shop.known.covers("metadata.deletionTimestamp")
        );
        assert!(!system.known.covers("metadata.creationTimestamp") && system.known.covers("age"));
        assert_eq!((shop.quotes.len(), shop.quotes[0].line), (1, 1));
        assert_eq!(
            reading.lists.iter().map(|list| (&*list.kind, list.complete)).collect::<Vec<_>>(),
            [("Namespace", true)]
        );
    }

    #[test]
    fn pods_know_their_phase_only_when_the_table_shows_it() {
        let text = "NAMESPACE   NAME    READY   STATUS             RESTARTS         AGE    IP           NODE   NOMINATED NODE   READINESS GATES\r\n\
                    a           web-0   0/1     CrashLoopBackOff   57 (3m12s ago)   4h8m   10.42.0.12   cp-1   <none>           <none>\r\n\
                    b           db-0    1/1     Running            0                12d    <none>       <none> <none>           <none>\r\n";
        check(
            "kubectl/pods",
            text,
            &[("Pod", "status.restarts", json!(57)), ("Pod", "status.phase", json!("Running"))],
        );
        let reading = read(&READER, KINDS, "kubectl/pods", text);
        assert!(!reading.objects[0].known.covers("status.phase"));
        assert_eq!(get(&reading.objects[0].fields, "status.summary"), Some(&json!("CrashLoopBackOff")));
        assert_eq!(get(&reading.objects[0].fields, "status.readyContainers"), Some(&json!(0)));
        assert_eq!(get(&reading.objects[1].fields, "status.podIP"), None);
        assert!(reading.objects[1].known.covers("status.podIP"));
    }

    #[test]
    fn other_columns_go_where_the_api_has_them() {
        check(
            "x",
            "NAME   STATUS                        ROLES         AGE    VERSION\nw-1    NotReady,SchedulingDisabled   etcd,worker   410d   v1.30.4\n",
            &[("Node", "spec.unschedulable", json!(true))],
        );
        check(
            "x",
            "NAME         SERVICE     AVAILABLE                 AGE\nv1.          Local       True                      1d\nv1.metrics   ns/metrics  False (ServiceNotFound)   1d\n",
            &[
                ("APIService", "spec.service.name", Value::Null),
                ("APIService", "status.reason", json!("ServiceNotFound")),
            ],
        );
        check(
            "x",
            "NAMESPACE   LAST SEEN   TYPE      REASON    OBJECT      MESSAGE\ndefault     40h         Warning   BackOff   pod/web-0   Back-off: größer   gap\n",
            &[("Event", "object.kind", json!("Pod"))],
        );
        check(
            "kubectl/endpoints",
            "NAMESPACE   NAME   ENDPOINTS   AGE\na           b      <none>      1d\n",
            &[("Endpoints", "addresses", json!(0))],
        );
        check(
            "kubectl/validatingwebhookconfigurations",
            "NAME   WEBHOOKS   AGE\nx      4          3d\n",
            &[("ValidatingWebhookConfiguration", "webhookCount", json!(4))],
        );
        check(
            "get-clusters.management.cattle.io.txt",
            "NAME    READY\nlocal   True\n",
            &[("Cluster.management.cattle.io", "columns.ready", json!("True"))],
        );
        check(
            "kubectl/storageclasses",
            "NAME              PROVISIONER   AGE\nlocal (default)   x             3d\n",
            &[("StorageClass", "metadata.name", json!("local"))],
        );
    }

    #[test]
    fn volumes_requests_and_budgets_have_their_fields() {
        check(
            "kubectl/pvc",
            "NAMESPACE   NAME   STATUS    VOLUME   CAPACITY   ACCESS MODES   STORAGECLASS   VOLUMEATTRIBUTESCLASS   AGE\n\
             shop        a      Bound     pv-1     1Gi        RWO,ROX        local          <unset>                 1d\n\
             shop        b      Pending                                      fast           <unset>                 3m\n",
            &[
                ("PersistentVolumeClaim", "status.accessModes", json!(["ReadWriteOnce", "ReadOnlyMany"])),
                ("PersistentVolumeClaim", "spec.storageClassName", json!("fast")),
            ],
        );
        check(
            "x",
            "NAME    AGE   SIGNERNAME                      REQUESTOR   REQUESTEDDURATION   CONDITION\ncsr-1   3m    kubernetes.io/kubelet-serving   system      <none>              Pending\n\
             csr-2   3m    kubernetes.io/kubelet-serving   system      <none>              Approved,Issued\n",
            &[
                ("CertificateSigningRequest", "status.conditions.type", Value::Null),
                ("CertificateSigningRequest", "spec.username", json!("system")),
            ],
        );
        check(
            "x",
            "NAME        STATUS      MESSAGE   ERROR\nscheduler   Unhealthy   Get x     connection refused\n",
            &[("ComponentStatus", "columns.error", json!("connection refused"))],
        );
        check(
            "x",
            "NAMESPACE   NAME   MIN AVAILABLE   MAX UNAVAILABLE   ALLOWED DISRUPTIONS   AGE\na           b      50%             N/A               0                     1d\n",
            &[("PodDisruptionBudget", "spec.minAvailable", json!("50%"))],
        );
        check(
            "x",
            "NAME   REFERENCE        TARGETS         MINPODS   MAXPODS   REPLICAS   AGE\nweb    Deployment/web   <unknown>/80%   1         5         0          1d\n",
            &[("HorizontalPodAutoscaler", "spec.scaleTargetRef.name", json!("web"))],
        );
    }

    #[test]
    fn get_all_has_several_tables() {
        let text = "NAMESPACE   NAME      READY   STATUS    RESTARTS   AGE\na           pod/web   1/1     Running   0          1d\n\n\
                    NAMESPACE   NAME                  READY   UP-TO-DATE   AVAILABLE   AGE\na           deployment.apps/web   0/1     1            0           1d\n";
        check(
            "get-all-A.txt",
            text,
            &[("Pod", "metadata.name", json!("web")), ("Deployment", "status.readyReplicas", json!(0))],
        );
    }

    #[test]
    fn rows_that_lost_their_columns_are_split_at_gaps() {
        let text = "NAME   STATUS   AGE\na-very-much-longer-name   Active   3d\nNAME   STATUS   AGE\n";
        check("x", text, &[("Namespace", "status.phase", json!("Active"))]);
    }

    #[test]
    fn errors_and_empty_lists_are_told_apart() {
        for (text, listed, failed) in [
            ("No resources found\n", Some(true), false),
            ("No resources found in shop namespace.\n", Some(false), false),
            ("Error from server (Forbidden): pods is forbidden: User \"x\"\n", None, true),
            (
                "E1122 02:53:22.346288 1 memcache.go:265] x\nThe connection to the server 127.0.0.1:6443 was refused - did you specify\n",
                None,
                true,
            ),
            (
                "NAMESPACE   NAME   READY\na           b      1/1\nUnable to connect to the server: net/http: TLS handshake timeout\n",
                Some(false),
                true,
            ),
            ("", None, false),
        ] {
            let reading = read(&READER, KINDS, "x/rke2/kubectl/pods", text);
            assert_eq!(reading.lists.first().map(|list| list.complete), listed, "{text}");
            assert_eq!(reading.failed.is_some(), failed, "{text}");
        }
        assert!(!sniff("x/rke2/crictl/pods", b"POD ID              CREATED\n"));
        assert!(!sniff("top-nodes.txt", b"NAME   CPU(cores)   CPU%\n"));
    }

    #[test]
    fn a_list_without_namespaces_is_not_complete() {
        let text = "NAME   READY\na      x\nNAME   READY\nb      y\n";
        let reading = read(&READER, KINDS, "rke2/kubectl/apps", text);
        assert_eq!(reading.objects.len(), 2);
        assert!(!reading.lists[0].complete);
    }
}
