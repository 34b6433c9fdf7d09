//! Readers of documents. One file a format, one line in [`READERS`]; the order is the precedence.

mod api_health;
mod base64;
mod capture_info;
mod certificate;
mod certificate_check;
mod certificate_date;
mod collector_output;
mod columns;
mod conntrack;
mod container;
mod container_inspect;
mod crictl_table;
mod ctr_table;
mod df;
mod docker_info;
mod docker_status;
mod docker_table;
mod embedded;
mod etc_hosts;
mod etcd;
mod etcd_fields;
mod etcd_http;
mod etcd_metrics;
mod etcdctl_alarm_list;
mod etcdctl_check_perf;
mod etcdctl_endpoint_health;
mod etcdctl_endpoint_status;
mod etcdctl_hashkv;
mod etcdctl_member_list;
mod grid;
mod host;
mod host_cpu;
mod host_date;
mod host_memory;
mod host_name;
mod host_time_sync;
mod host_uptime;
mod ip_addr;
mod ip_route;
mod iptables_save;
mod k8s_json;
mod k8s_yaml;
mod kube;
mod kubeconfig;
mod kubectl_api_resources;
mod kubectl_describe;
mod kubectl_describe_kinds;
mod kubectl_table;
mod kubectl_top;
mod lsblk;
mod lsmod;
mod mount;
mod one_word;
mod openssl_dates;
mod openssl_text;
mod os_release;
mod packages;
mod pem;
mod resolv_conf;
mod runtime_info;
mod sections;
mod sockets;
mod sysctl;
mod systemctl;
mod uname;
mod versions;

use super::Reader;
use super::gather::Gather;
use super::line::Line;
use super::preamble;
use crate::base::Diagnostic;

/// All readers; the first whose `sniff` accepts a document reads it.
pub const READERS: &[&Reader] = &[
    &capture_info::READER,
    &collector_output::READER,
    &crictl_table::READER,
    &docker_table::READER,
    &docker_info::READER,
    &container_inspect::READER,
    &runtime_info::READER,
    &ctr_table::READER,
    &host_name::READER,
    &host_date::READER,
    &host_time_sync::READER,
    &ip_addr::READER,
    &ip_route::READER,
    &os_release::READER,
    &uname::READER,
    &host_uptime::READER,
    &host_memory::READER,
    &host_cpu::READER,
    &df::READER,
    &mount::READER,
    &lsblk::READER,
    &sysctl::READER,
    &lsmod::READER,
    &systemctl::READER,
    &sockets::READER,
    &iptables_save::READER,
    &conntrack::READER,
    &packages::READER,
    &resolv_conf::READER,
    &etc_hosts::READER,
    &one_word::READER,
    &versions::READER,
    &etcdctl_member_list::READER,
    &etcdctl_endpoint_status::READER,
    &etcdctl_endpoint_health::READER,
    &etcdctl_alarm_list::READER,
    &etcdctl_hashkv::READER,
    &etcdctl_check_perf::READER,
    &etcd_http::READER,
    &etcd_metrics::READER,
    &pem::READER,
    &openssl_text::READER,
    &api_health::READER,
    &kubectl_top::READER,
    &kubectl_api_resources::READER,
    &openssl_dates::READER,
    &certificate_check::READER,
    &kubeconfig::READER,
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
    use crate::object::derived::tests::holds_what_is_declared;
    use crate::object::path::Projection;
    use crate::object::{Document, derived};

    /// Real paths of every reader, with the reader that an empty or unreadable file there belongs to.
    const PATHS: &[(&str, Option<&str>)] = &[
        ("n/etcd/memberlist", Some("etcdctl-member-list")),
        ("n/etcd/endpointstatus", Some("etcdctl-endpoint-status")),
        ("n/etcd/endpointhealth", Some("etcdctl-endpoint-health")),
        ("n/etcd/alarmlist", Some("etcdctl-alarm-list")),
        ("n/etcd/hashkv", Some("etcdctl-hashkv")),
        ("n/rke2/kubectl/api-resources", Some("kubectl-api-resources")),
        ("n/rke2/kubectl/top-nodes", Some("kubectl-top")),
        ("n/etcd/etcd-metrics-10.0.0.1:2379.txt", Some("etcd-metrics")),
        ("n/rke2/certs/server/client-admin.crt", Some("openssl-x509-text")),
        ("n/rke2/crictl/psa", Some("crictl-table")),
        ("n/rke2/crictl/images", Some("crictl-table")),
        ("n/rke2/crictl/info", Some("runtime-info")),
        ("n/docker/dockerpsa", Some("docker-table")),
        ("n/docker/dockerinfo", Some("docker-info")),
        ("n/rke/containerinspect/etcd", Some("container-inspect")),
        ("n/containerd/ctr-containers.txt", Some("ctr-table")),
        ("n/systeminfo/hostname", Some("hostname")),
        ("n/systeminfo/dfh", Some("df")),
        ("n/systeminfo/freeh", Some("memory")),
        ("n/systeminfo/systemd-units", Some("systemctl")),
        ("n/systeminfo/etcresolvconf", Some("resolv-conf")),
        ("n/networking/ipaddrshow", Some("ip-addr")),
        ("n/networking/ssanp", Some("sockets")),
        ("n/networking/iptablessave", Some("iptables-save")),
        ("n/rke2/version", Some("versions")),
        ("sos_commands/date/timedatectl", Some("time-sync")),
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
            ("NAME   CPU(cores)   CPU%   MEMORY(bytes)   MEMORY%\n", Some("kubectl-top")),
            ("NAME   SHORTNAMES   APIVERSION   NAMESPACED   KIND\n", Some("kubectl-api-resources")),
            ("[+]ping ok\nreadyz check passed\n", Some("api-health")),
            ("{\"health\":\"true\",\"reason\":\"\"}\n", Some("etcd-http")),
            ("https://10.0.0.1:2379, 1084519789\n", Some("etcdctl-hashkv")),
            ("PASS: Throughput is 150 writes/s\n", Some("etcdctl-check-perf")),
            ("\"Endpoint\" : \"http://a:1\"\n\"Health\" : true\n", Some("etcdctl-endpoint-health")),
            ("\"ID\" : 1\n\"Name\" : \"n\"\n\"PeerURL\" : \"http://a:1\"\n", Some("etcdctl-member-list")),
            (
                "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"level\":\"Metadata\",\"stage\":\"ResponseComplete\"}\n",
                None,
            ),
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
        "\"MemberID\" : 1\n",
        "\"Endpoint\" : \"http://a\"\n",
        "\"RaftIndex\" : 3\n",
        "\"Hash\" : 3\n",
        "{\"health\":\"true\"}",
        "[-]etcd failed: reason withheld\n",
        "readyz check failed\n",
        "PASS: Slowest request took 0.1s\n",
        "POD   NAME   CPU(cores)   MEMORY(bytes)\n",
        "a     b      1m           2Mi\n",
        "NAME   SHORTNAMES   APIVERSION   NAMESPACED   KIND\n",
        "etcd_server_id{server_id=\"1\"} 1\n",
        "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"1\"} 3\n",
        "Certificate:\n",
        "Serial Number:\n",
        "Not After : Nov  2 03:06:37 2026 GMT\n",
        "notAfter=Nov  2 03:06:37 2026 GMT\n",
        "-----BEGIN CERTIFICATE-----\n",
        "-----END CERTIFICATE-----\n",
        "-----BEGIN EC PRIVATE KEY-----\n",
        "MIIB",
        "clusters:\n- cluster:\n    server: https://a\n",
        "users:\n- name: a\n  user:\n    client-key-data: TUlJQg==\n",
        "kind: Config\n",
        "a.crt: certificate b (ClientAuth) is ok, expires at 2035-07-01T07:07:50Z\n",
        "FILENAME   SUBJECT   USAGES   EXPIRES   STATUS\n",
        "CONTAINER ID   IMAGE   COMMAND   CREATED   STATUS   PORTS   NAMES\n",
        "0a   b   \"c\"   2 days ago   Exited (1) 2 days ago      k8s_a_b_c_d_1\n",
        "CONTAINER   IMAGE   CREATED   STATE   NAME   ATTEMPT   POD ID\n",
        "0a   b   2 days ago   Exited   c   1   0b\n",
        "IMAGE   ID   DISK USAGE   CONTENT SIZE   EXTRA\n",
        "\"Id\":\"0a\",\"State\":{\"Status\":\"exited\",\"ExitCode\":1}",
        "\"status\":{\"id\":\"0a\",\"state\":\"CONTAINER_EXITED\",\"conditions\":[]}",
        "Server:\n Server Version: 20.10.6\n",
        "\u{1b}[2J",
        "Filesystem 1K-blocks Used Available Use% Mounted on\n",
        "/dev/vda1 10 5 5 50% /\n",
        "total used free shared buff/cache available\n",
        "Mem: 9Gi 1 2 3 4 5\n",
        " 02:53:22 up 3 days,  4:05,  load average: 0.10, 0.20, 0.30\n",
        "1: lo: <UP> mtu 9 state UP\n",
        "    inet 10.0.0.1/8\n    RX: bytes packets\n    1 2\n",
        "default via 10.0.0.1 dev eth0\n",
        "NAME MAJ:MIN RM SIZE RO TYPE MOUNTPOINT\n",
        "`-vda1 252:1 0 79G 0 part /\n",
        "UNIT LOAD ACTIVE SUB DESCRIPTION\n",
        "* a.service loaded active running",
        "State Recv-Q Send-Q Local Address:Port Peer\n",
        "LISTEN 0 1 [::]:22 [::]:*\n",
        "*nat\n:A - [0:0]\n-A A -j B\n",
        "Client Version: version.Info{GitVersion:\"v1.2\"",
        "Sun Nov 22 03:43:32 AM UTC 2026",
    ];

    fn read_all(bytes: &[u8]) {
        let mut projection = Projection::default();
        for kind in ["Pod", "Event", "Namespace", "NodeMetrics", "PodMetrics"] {
            projection.ask(kind, "");
            projection.ask(kind, "status.conditions.type");
        }
        derived::all().for_each(|derived| projection.ask(derived.kind, ""));
        for (path, _) in PATHS {
            let _ = sniff(path, bytes);
            let document = Document { path, bytes, captured_at: Some(Time(0)), projection: &projection };
            for reader in READERS {
                let reading = (reader.read)(&document);
                for quote in reading.objects.iter().flat_map(|object| &object.quotes) {
                    assert!(quote.offset <= bytes.len() as u64, "{quote:?}");
                }
                reading.objects.iter().for_each(holds_what_is_declared);
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
