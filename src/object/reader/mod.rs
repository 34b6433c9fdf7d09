//! Readers of documents. One file a format, one line in [`READERS`]; the order is the precedence.

mod capture_info;
mod collector_output;
mod columns;
mod crictl_ps;
mod etcd;
mod etcd_metrics;
mod etcdctl_alarm_list;
mod etcdctl_endpoint_health;
mod etcdctl_endpoint_status;
mod etcdctl_member_list;
mod grid;
mod host;
mod k8s_json;
mod k8s_yaml;
mod kube;
mod kubectl_describe;
mod kubectl_table;
mod openssl_text;
mod sections;

use super::Reader;
use super::gather::Gather;
use super::line::Line;
use super::preamble;
use crate::base::Diagnostic;

/// All readers; the first whose `sniff` accepts a document reads it.
pub const READERS: &[&Reader] = &[
    &capture_info::READER,
    &collector_output::READER,
    &host::READER,
    &crictl_ps::READER,
    &etcdctl_member_list::READER,
    &etcdctl_endpoint_status::READER,
    &etcdctl_endpoint_health::READER,
    &etcdctl_alarm_list::READER,
    &etcd_metrics::READER,
    &openssl_text::READER,
    &k8s_json::READER,
    &k8s_yaml::READER,
    &kubectl_describe::READER,
    &kubectl_table::READER,
];

/// Folders that hold logs, whatever their first lines look like: programs print their configuration as YAML.
const LOG_FOLDERS: &[&str] =
    &["podlogs", "containerlogs", "journald", "systemlogs", "agent-logs", "server-logs", "k3s-logs"];

/// The reader for a document with this path and these first bytes.
#[must_use]
pub fn sniff(path: &str, head: &[u8]) -> Option<&'static Reader> {
    if path.split('/').rev().skip(1).any(|folder| LOG_FOLDERS.contains(&folder)) {
        return None;
    }
    let head = preamble::strip(head);
    READERS.iter().find(|reader| (reader.sniff)(path, head)).copied()
}

/// Says that a line is not what the file should hold. The first such line is enough: damage rarely comes alone.
fn unreadable(gather: &mut Gather<'_, '_>, line: &Line<'_>, what: &str) {
    const CODE: &str = "line-unreadable";
    if gather.reading.diagnostics.iter().any(|diagnostic| diagnostic.code == CODE) {
        return;
    }
    let diagnostic = Diagnostic::warning(CODE, format!("line is no {what}; it is left out"));
    gather.note(diagnostic.at_line(line.number + 1));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, proptest};

    use super::*;
    use crate::base::Time;
    use crate::object::Document;
    use crate::object::path::Projection;

    /// Real paths of every reader, with the reader that an empty or unreadable file there belongs to.
    const PATHS: &[(&str, Option<&str>)] = &[
        ("n/etcd/memberlist", Some("etcdctl-member-list")),
        ("n/etcd/endpointstatus", Some("etcdctl-endpoint-status")),
        ("n/etcd/endpointhealth", Some("etcdctl-endpoint-health")),
        ("n/etcd/alarmlist", Some("etcdctl-alarm-list")),
        ("n/etcd/etcd-metrics-10.0.0.1:2379.txt", Some("etcd-metrics")),
        ("n/rke2/certs/server/client-admin.crt", Some("openssl-x509-text")),
        ("n/rke2/kubectl/pods", Some("kubectl-table")),
        ("n/rke2/kubectl/nodes.json", Some("kubectl-table")),
        ("n/rke2/kubectl/nodesdescribe", Some("kubectl-describe")),
        ("n/rke2/kubectl/poddescribe/kube-system", Some("kubectl-describe")),
        ("n/rke2/kubectl/rancher-prov/clusters.fleet.cattle.io", Some("kubectl-table")),
        ("x.yaml", None),
        ("n/rke2/podlogs/kube-system-etcd-n", None),
    ];

    #[test]
    fn a_file_with_an_error_is_its_readers() {
        for (path, expected) in PATHS {
            for text in [
                "",
                "Warning: x\n",
                "Please enter Username: error: EOF\n",
                "error: You must be logged in (Unauthorized)\n",
            ] {
                let found = sniff(path, text.as_bytes()).map(|reader| reader.name);
                let metrics = *expected == Some("etcd-metrics") && !text.is_empty();
                assert!(found == *expected || metrics, "{path} {text:?}: {found:?}");
            }
        }
    }

    #[test]
    fn content_decides_where_the_path_does_not() {
        for (text, expected) in [
            ("{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":[]}", Some("kubernetes-json")),
            ("apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n", Some("kubernetes-yaml")),
            ("apiVersion: x/v1\nkind: Configuration\nI1122 03:28:31.200243      81 a.go:1] x\n", None),
            ("NAME   STATUS   AGE\n", Some("kubectl-table")),
            ("1a, started, n, http://a, http://b\n", Some("etcdctl-member-list")),
            ("memberID:1 alarm:CORRUPT \n", Some("etcdctl-alarm-list")),
            (
                "http://a:1 is healthy: successfully committed proposal: took = 1ms\n",
                Some("etcdctl-endpoint-health"),
            ),
            ("2026-11-22 03:11:02.236820 I | etcdmain: etcd Version: 3.4.23\n", None),
            ("NAME   CPU(cores)   CPU%   MEMORY(bytes)   MEMORY%\n", None),
            ("name: app\nversion: 1\n", None),
        ] {
            assert_eq!(sniff("pasted", text.as_bytes()).map(|reader| reader.name), expected, "{text}");
        }
    }

    /// Pieces of every format, so that random joins reach deep into the readers.
    const PIECES: &[&str] = &[
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\n",
        "\n\n",
        " ",
        "  ",
        "   ",
        "- ",
        "---\n",
        "\t",
        "|",
        "│",
        "+--+",
        "ü",
        "\r\n",
        "\"kind\":\"PodList\"",
        "\"apiVersion\":\"v1\"",
        "\"items\":[",
        "\"metadata\":{\"name\":\"a\"}",
        "kind: List\n",
        "apiVersion: v1\n",
        "items:\n",
        "metadata:\n",
        "  name: a\n",
        "status:\n  conditions:\n",
        "NAMESPACE   NAME   READY   STATUS   RESTARTS   AGE\n",
        "NAME   STATUS   AGE\n",
        "a   0/1   Running   5 (3m ago)   4d\n",
        "Name:  a\n",
        "Conditions:\n  Type  Status\n",
        "Events:\n  Type  Reason  Age  From  Message\n",
        "Containers:\n  web:\n    State:  Waiting\n",
        "Error: x\n",
        "==== START logs for c ====\n",
        "1a, started, n, http://a, , false",
        "http://a, 1a, 3.4, 20 kB, true, false, 1, 2, 3, ",
        " is healthy: took = 1s",
        "memberID:1 alarm:NOSPACE ",
        "etcd_server_id{server_id=\"1\"} 1\n",
        "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"1\"} 3\n",
        "Certificate:\n",
        "Serial Number:\n",
        "Not After : Nov  2 03:06:37 2026 GMT\n",
    ];

    fn read_all(bytes: &[u8]) {
        let mut projection = Projection::default();
        for kind in [
            "Pod",
            "Event",
            "Namespace",
            "EtcdMember",
            "EtcdEndpoint",
            "EtcdHealth",
            "EtcdAlarm",
            "EtcdMetrics",
            "Certificate",
        ] {
            projection.ask(kind, "");
            projection.ask(kind, "status.conditions.type");
        }
        for (path, _) in PATHS {
            let _ = sniff(path, bytes);
            let document = Document { path, bytes, captured_at: Some(Time(0)), projection: &projection };
            for reader in READERS {
                let reading = (reader.read)(&document);
                for quote in reading.objects.iter().flat_map(|object| &object.quotes) {
                    assert!(quote.offset <= bytes.len() as u64, "{quote:?}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn no_reader_panics_on_arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            read_all(&bytes);
        }

        #[test]
        fn no_reader_panics_on_joined_pieces(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..30)) {
            read_all(pieces.concat().as_bytes());
        }
    }
}
