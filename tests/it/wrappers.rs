//! What is wrapped around a line does not matter.

use std::collections::BTreeMap;

use rancher_bundle::log;
use rancher_bundle::log::wrapper::WRAPPERS;
use rayon::prelude::*;

use crate::support::{Entry, Verdict, analyse, capture, entries, report, tar_file, verdicts};

/// Captures with logs in capnslog and in zap, one of each family of faults.
const CAPTURES: &[&str] = &[
    "rke1-etcd-cluster-id-mismatch",
    "rke1-etcd-slow-disk",
    "rke1-etcd-tls-san-mismatch",
    "rke1-etcd-wal-corrupt",
    "rke2-etcd-election-storm",
    "rke2-etcd-member-removed",
    "rke2-etcd-rolling-restart-benign",
    "rke2-etcd-tls-unknown-ca",
];

/// A log of etcd without what the collector's sources put around each line, with the time of each line.
struct Bare {
    path: String,
    lines: Vec<(String, i64)>,
}

/// The etcd logs of a capture, as loose files.
fn bare_logs(name: &str) -> Vec<Bare> {
    let entries = entries(&capture(name).archive);
    let is_etcd = |path: &str| {
        path.ends_with("/containerlogs/etcd") || (path.contains("/podlogs/") && path.contains("/etcd/"))
    };
    entries
        .iter()
        .filter(|entry| !entry.is_extra() && is_etcd(&entry.path))
        .enumerate()
        .map(|(number, entry)| {
            let text = String::from_utf8_lossy(&entry.bytes);
            let mut time = 0;
            let lines = text.lines().map(|line| {
                let bare = log::read(line).text.into_owned();
                // A line without a time of its own is of the time of the line before it.
                time = log::read(&bare).stamp.map_or(time, |stamp| stamp.ns);
                (bare, time)
            });
            Bare { path: format!("{number}/etcd.log"), lines: lines.collect() }
        })
        .collect()
}

/// Verdict and number of hits of each rule, with each line written by `write`.
fn judged(logs: &[Bare], write: &dyn Fn(&str, i64) -> String) -> BTreeMap<String, (Verdict, u64)> {
    let files: Vec<Entry> = logs
        .iter()
        .map(|log| {
            let lines: Vec<String> = log.lines.iter().map(|(line, time)| write(line, *time)).collect();
            Entry { path: log.path.clone(), modified: 0, bytes: (lines.join("\n") + "\n").into_bytes() }
        })
        .collect();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("logs.tar");
    tar_file(&path, &files);
    let analysis = analyse(&[path]);
    let count = |id: &str| {
        analysis.findings.iter().filter(|finding| finding.rule == id).map(|finding| finding.count).sum()
    };
    verdicts(&analysis).into_iter().map(|(id, verdict)| (id.to_owned(), (verdict, count(id)))).collect()
}

#[test]
fn a_wrapper_around_each_line_changes_no_verdict() {
    let wrong: Vec<String> = CAPTURES
        .par_iter()
        .flat_map_iter(|name| {
            let logs = bare_logs(name);
            assert!(logs.len() > 1, "{name}");
            let expected = judged(&logs, &|line, _| line.to_owned());
            let findings = expected.values().filter(|(verdict, _)| *verdict == Verdict::Finding).count();
            assert!(findings > 0 || name.ends_with("benign"), "{name}: the bare lines show nothing");
            let mut wrong = Vec::new();
            for wrapper in WRAPPERS {
                let found = judged(&logs, &|line, time| (wrapper.wrap)(line, time));
                for (id, (verdict, count)) in &expected {
                    let (now, hits) = found[id];
                    if (now, hits) != (*verdict, *count) {
                        wrong.push(format!(
                            "{name}: in {}, rule {id} went from {} (×{count}) to {} (×{hits})",
                            wrapper.name,
                            verdict.name(),
                            now.name()
                        ));
                    }
                }
            }
            wrong
        })
        .collect();
    report(&wrong);
}
