//! One cluster is one cluster, in whatever parts it comes.

use std::collections::BTreeSet;

use rancher_bundle::analysis::Analysis;
use rayon::prelude::*;

use crate::determinism::split_by_host;
use crate::support::{analyse, capture, captures, entries, report, tar_gz_file};

/// What is said, without where it was read.
fn said(analysis: &Analysis) -> BTreeSet<String> {
    analysis
        .findings
        .iter()
        .map(|finding| {
            format!(
                "{} {} {} ×{} root={} «{}»",
                finding.severity.name(),
                finding.rule,
                finding.fingerprint,
                finding.count,
                finding.root_cause,
                finding.title.visible()
            )
        })
        .collect()
}

/// What only one of two says, in lines; `None` when both say the same.
fn difference(one: &Analysis, other: &Analysis) -> Option<String> {
    let (one, other) = (said(one), said(other));
    let lines: Vec<String> = one
        .difference(&other)
        .map(|line| format!("    only the first:  {line}"))
        .chain(other.difference(&one).map(|line| format!("    only the second: {line}")))
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

#[test]
fn one_archive_a_host_says_what_one_archive_of_all_hosts_says() {
    let wrong: Vec<String> = captures()
        .par_iter()
        .filter(|capture| !capture.name.ends_with("-nested"))
        .filter_map(|capture| {
            let directory = tempfile::tempdir().unwrap();
            let entries = entries(&capture.archive);
            let parts = split_by_host(&entries, directory.path());
            assert!(parts.len() > 1, "{}", capture.name);
            let together = directory.path().join("together.tar.gz");
            tar_gz_file(&together, entries.iter().filter(|entry| !entry.is_extra()));
            difference(&analyse(&[together]), &analyse(&parts))
                .map(|what| format!("{}: together, then in parts:\n{what}", capture.name))
        })
        .collect();
    report(&wrong);
}

#[test]
fn archives_within_an_archive_say_what_one_plain_archive_says() {
    let directory = tempfile::tempdir().unwrap();
    let without_extras = |name: &str| {
        let path = directory.path().join(format!("{name}.tar.gz"));
        let entries = entries(&capture(name).archive);
        tar_gz_file(&path, entries.iter().filter(|entry| !entry.is_extra()));
        analyse(&[path])
    };
    let plain = without_extras("rke1-etcd-cluster-id-mismatch");
    let nested = without_extras("rke1-etcd-cluster-id-mismatch-nested");
    report(&Vec::from_iter(difference(&plain, &nested)));
}

#[test]
fn the_unpacked_directory_says_what_the_archive_says() {
    let wrong: Vec<String> = captures()
        .par_iter()
        .filter_map(|capture| {
            let directory = tempfile::tempdir().unwrap();
            for entry in entries(&capture.archive) {
                let path = directory.path().join(&entry.path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, &entry.bytes).unwrap();
            }
            difference(&analyse(&[&capture.archive]), &analyse(&[directory.path()]))
                .map(|what| format!("{}: archive, then directory:\n{what}", capture.name))
        })
        .collect();
    report(&wrong);
}
