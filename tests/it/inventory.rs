//! What is in the inputs: whose it is, from when, and in whatever form it came.

use std::path::Path;

use assert_cmd::Command;
use rancher_bundle::analysis::Analysis;
use rancher_bundle::analysis::inventory::{Inventory, Log};
use rancher_bundle::ingest::Options;
use rancher_bundle::source::Input;
use rayon::prelude::*;
use tempfile::TempDir;

use crate::determinism::split_by_host;
use crate::support::{analyse, book, capture, captures, entries, report};

/// A line by which a rule fires, whatever it is wrapped in.
const NOSPACE: &str =
    "2026-11-22 03:07:31.960947 W | etcdserver: alarm NOSPACE raised by peer 1ad349804ac54d1b";

/// The rule that it fires.
const RULE: &str = "etcd-nospace-alarm";

/// A directory with these files.
fn tree(files: &[(&str, &[u8])]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    directory
}

fn inspect<P: AsRef<Path>>(paths: &[P]) -> Inventory {
    let inputs: Vec<Input> = paths.iter().map(|path| Input::open(path.as_ref()).unwrap()).collect();
    rancher_bundle::inspect(&inputs, book(), Vec::new(), &Options::default(), &|_| {})
}

/// The logs of the only capture.
fn logs(files: &[(&str, &[u8])]) -> Vec<Log> {
    let directory = tree(files);
    let mut inventory = inspect(&[directory.path()]);
    assert_eq!((inventory.clusters.len(), inventory.clusters[0].captures.len()), (1, 1));
    inventory.clusters.remove(0).captures.remove(0).logs
}

fn codes(analysis: &Analysis) -> Vec<&str> {
    analysis.diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

#[test]
fn the_tree_of_a_capture_reads_well() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rancher-bundle"));
    command.env("COLUMNS", "100").env("NO_COLOR", "1");
    command.arg("inspect").arg(capture("k3s-etcd-healthy").archive);
    let output = command.assert().success().get_output().clone();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap());
}

#[test]
fn the_inventory_as_json_does_not_depend_on_threads() {
    let json = |jobs: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rancher-bundle"));
        command
            .args(["inspect", "--format", "json", "--jobs", jobs])
            .arg(capture("rke2-k8s-healthy").archive);
        String::from_utf8(command.assert().success().get_output().stdout.clone()).unwrap()
    };
    let one = json("1");
    assert!(one.starts_with("{\n  \"schema\": \"rancher-bundle.inspect/v1\""));
    assert_eq!(one, json("8"));
}

#[test]
fn standard_input_is_read_like_a_file() {
    let archive = capture("rke2-etcd-nospace").archive;
    let quiet = |argument: &Path, stdin: Vec<u8>| {
        let directory = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_rancher-bundle"));
        command
            .current_dir(&directory)
            .args(["analyze", "-q", "-o", "x.json"])
            .arg(argument)
            .write_stdin(stdin);
        String::from_utf8(command.assert().success().get_output().stdout.clone()).unwrap()
    };
    let of_file = quiet(&archive, Vec::new());
    let of_stdin = quiet(Path::new("-"), std::fs::read(&archive).unwrap());
    assert_eq!(of_file.replace("rke2-etcd-nospace.tar.gz", "standard-input"), of_stdin);
}

#[test]
fn two_clusters_in_one_call_are_told_apart() {
    let (one, other) = (capture("rke2-etcd-nospace").archive, capture("rke1-etcd-slow-disk").archive);
    let both = analyse(&[&one, &other]);
    assert_eq!(both.clusters.len(), 2);
    assert!(codes(&both).contains(&"several-clusters"), "{:?}", codes(&both));
    for alone in [analyse(&[&one]), analyse(&[&other])] {
        let name = alone.cluster.name.clone();
        let rules = |analysis: &Analysis, of: Option<&str>| {
            let mine = |cluster: &Option<_>| {
                of.is_none() || cluster.as_ref().map(|c: &rancher_bundle::base::Untrusted| c.raw()) == of
            };
            let findings = analysis.findings.iter().filter(|finding| mine(&finding.cluster));
            findings.map(|finding| (finding.rule.clone(), finding.count)).collect::<Vec<_>>()
        };
        assert_eq!(rules(&both, Some(name.raw())), rules(&alone, None));
    }
}

#[test]
fn the_hosts_of_one_cluster_are_one_cluster() {
    let wrong: Vec<String> = captures()
        .par_iter()
        .filter_map(|capture| {
            let directory = tempfile::tempdir().unwrap();
            let hosts = split_by_host(&entries(&capture.archive), directory.path());
            let found = inspect(&hosts).clusters.len();
            (found != 1).then(|| format!("{}: {found} clusters", capture.name))
        })
        .collect();
    report(&wrong);
}

#[test]
fn captures_that_were_obfuscated_apart_are_never_joined() {
    let summary: &[u8] = b"Rancher 2.x Logs Collector Summary\n==\n\nGenerated: Sun Nov 22 03:00:00 UTC 2026\nHostname: a\nObfuscate: enabled\n";
    let nodes: &[u8] = b"NAME            STATUS   ROLES    AGE   VERSION          INTERNAL-IP\nquiet.lantern   Ready    <none>   4d    v1.30.4+rke2r1   10.softly.minted.harbour\n";
    let directory = tree(&[
        ("a-2026-11-22_03_00_00/summary.txt", summary),
        ("a-2026-11-22_03_00_00/rke2/kubectl/nodes", nodes),
        ("b-2026-11-22_03_01_00/summary.txt", summary),
        ("b-2026-11-22_03_01_00/rke2/kubectl/nodes", nodes),
    ]);
    let inventory = inspect(&[directory.path()]);
    assert_eq!(inventory.clusters.len(), 2);
    assert!(inventory.clusters.iter().all(|cluster| cluster.captures[0].capture.obfuscated));
}

#[test]
fn rotated_logs_are_one_log_in_order_over_new_year() {
    let line = |at: &str| {
        format!("{at} n1 kubelet[7]: I0102 03:00:00.000000       7 kubelet.go:1] ok\n").into_bytes()
    };
    let (old, middle, new) = (line("Dec 30 23:00:00"), line("Dec 31 23:59:59"), line("Jan  2 03:00:00"));
    let root = "n1-2026-01-02_03_04_05/systemlogs";
    let logs = logs(&[
        (&format!("{root}/syslog"), &new),
        (&format!("{root}/syslog.1"), &middle),
        (&format!("{root}/syslog.2"), &old),
    ]);
    let [log] = logs.as_slice() else { panic!("{logs:?}") };
    let files: Vec<&str> = log.files.iter().map(|file| file.raw().rsplit('/').next().unwrap()).collect();
    assert_eq!(files, ["syslog.2", "syslog.1", "syslog"]);
    let time = |time: Option<rancher_bundle::base::Time>| time.unwrap().to_string();
    assert_eq!(
        (time(log.first), time(log.last)),
        ("2025-12-30T23:00:00Z".to_owned(), "2026-01-02T03:00:00Z".to_owned())
    );
    assert_eq!(log.speakers.keys().collect::<Vec<_>>(), [&"kubelet"]);
    assert!(log.clock.contains("year"), "{}", log.clock);
}

#[test]
fn what_journald_forwarded_to_syslog_counts_once() {
    let line = |at: &str| format!("Nov 22 03:07:{at} n1 k3s[7]: {NOSPACE}\n");
    let text: String = ["31", "32", "33"].into_iter().map(line).collect();
    let count = |files: &[(&str, &[u8])]| {
        let directory = tree(files);
        let analysis = analyse(&[directory.path()]);
        analysis.findings.iter().find(|finding| finding.rule == RULE).map(|finding| finding.count)
    };
    let root = "n1-2026-11-22_03_08_00";
    let (journal, syslog) = (format!("{root}/journald/k3s"), format!("{root}/systemlogs/syslog"));
    assert_eq!(count(&[(&journal, text.as_bytes())]), Some(3));
    assert_eq!(count(&[(&syslog, text.as_bytes())]), Some(3));
    assert_eq!(count(&[(&journal, text.as_bytes()), (&syslog, text.as_bytes())]), Some(3));
}

#[test]
fn what_a_stranger_writes_to_syslog_is_not_taken_for_etcd() {
    let line = |program: &str| format!("Nov 22 03:07:31 n1 {program}[7]: {NOSPACE}\n").into_bytes();
    let found = |program: &str| {
        let directory = tree(&[("n1-2026-11-22_03_08_00/systemlogs/syslog", &line(program))]);
        analyse(&[directory.path()]).findings.iter().any(|finding| finding.rule == RULE)
    };
    assert!(found("etcd") && found("k3s"));
    let text = b"Nov 22 03:07:31 n1 backup[7]: write wal: no space left on device\n";
    let directory = tree(&[("n1-2026-11-22_03_08_00/systemlogs/syslog", text)]);
    let rules: Vec<String> = analyse(&[directory.path()]).findings.iter().map(|f| f.rule.clone()).collect();
    assert!(!rules.iter().any(|rule| rule.starts_with("etcd")), "{rules:?}");
}

/// The findings of one file, and the line that shows the first.
fn found(path: &str, bytes: &[u8]) -> Option<(u64, String)> {
    let directory = tree(&[(path, bytes)]);
    let analysis = analyse(&[directory.path()]);
    let finding = analysis.findings.iter().find(|finding| finding.rule == RULE)?;
    let evidence = finding.evidence.first()?;
    Some((evidence.line, evidence.time.map(|time| time.to_string()).unwrap_or_default()))
}

#[test]
fn what_hides_a_line_does_not_hide_it_from_rules() {
    let plain = format!("first\n{NOSPACE}\n");
    let utf16: Vec<u8> = std::iter::once(0xfeff_u16)
        .chain(plain.replace('\n', "\r\n").encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let (head, tail) = NOSPACE.split_at(60);
    let parts = format!(
        "2026-11-22T03:07:31.9Z stderr F first\n2026-11-22T03:07:31.96Z stderr P {head}\n2026-11-22T03:07:31.961Z stderr F {tail}\n"
    );
    let coloured =
        format!("first\n{}\n", NOSPACE.replace("alarm NOSPACE", "alarm \u{1b}[31mNOSPACE\u{1b}[0m"));
    let exported = format!(
        "__CURSOR=s=1\n__REALTIME_TIMESTAMP=1795316851960947\n_HOSTNAME=n1\nSYSLOG_IDENTIFIER=etcd\n_PID=7\nMESSAGE={NOSPACE}\n\n"
    );
    let json = format!(
        "{{\"__REALTIME_TIMESTAMP\":\"1795316851960947\",\"_HOSTNAME\":\"n1\",\"SYSLOG_IDENTIFIER\":\"etcd\",\"MESSAGE\":{:?}}}\n",
        NOSPACE.as_bytes()
    );
    let at = "2026-11-22T03:07:31.960947Z";
    for (path, bytes, line, time) in [
        ("etcd.log", plain.as_bytes(), 2, at),
        ("etcd-utf16.log", &utf16, 2, at),
        (
            "var/log/pods/kube-system_etcd-n1_0123456789abcdef0123456789abcdef/etcd/0.log",
            parts.as_bytes(),
            2,
            "2026-11-22T03:07:31.96Z",
        ),
        ("etcd-colours.log", coloured.as_bytes(), 2, at),
        ("etcd-journal.export", exported.as_bytes(), 6, at),
        ("etcd-journal.json", json.as_bytes(), 1, at),
    ] {
        assert_eq!(found(path, bytes), Some((line, time.to_owned())), "{path}");
    }
}

#[test]
fn commands_in_one_file_are_told_apart() {
    let transcript = format!(
        "$ kubectl get ns\nNAME      STATUS   AGE\nshop      Active   4d\n$ kubectl get pods -A\nNAMESPACE   NAME    READY   STATUS    RESTARTS   AGE\nshop        web-0   1/1     Running   0          4d\n$ docker logs etcd\n{NOSPACE}\n"
    );
    assert_eq!(found("case/output.txt", transcript.as_bytes()).map(|(line, _)| line), Some(8));
    let directory = tree(&[("case/output.txt", transcript.as_bytes())]);
    let kinds: Vec<(String, u64)> = inspect(&[directory.path()]).clusters[0]
        .objects
        .iter()
        .map(|kind| (kind.kind.clone(), kind.count))
        .collect();
    assert_eq!(kinds, [("Namespace".to_owned(), 1), ("Pod".to_owned(), 1)]);
}
