//! Damage changes what it touches, and nothing else.

use std::collections::BTreeSet;

use rancher_bundle::analysis::{Analysis, Finding};
use rayon::prelude::*;

use crate::ignorance::allowed;
use crate::support::{
    Capture, analyse, captures, entries, internal_errors, line, report, tar_file, verdicts,
};

/// How a file is damaged, in words and in deed.
type Damage = (&'static str, fn(&mut Vec<u8>));

const DAMAGES: &[Damage] = &[
    ("cut in half", |bytes| bytes.truncate(bytes.len() / 2)),
    ("with flipped bits", |bytes| {
        for at in (11..bytes.len()).step_by(97) {
            bytes[at] ^= 1 << (at % 7);
        }
    }),
];

/// Cited files of one capture that are damaged: enough for each kind of file, few enough for a quick test.
const FILES: usize = 6;

/// The files that some finding quotes, at most [`FILES`] of them, spread evenly.
fn cited(analysis: &Analysis) -> Vec<String> {
    let all: BTreeSet<String> = analysis.findings.iter().flat_map(files).collect();
    let step = all.len().div_ceil(FILES).max(1);
    all.into_iter().step_by(step).collect()
}

/// The files that a finding quotes.
fn files(finding: &Finding) -> impl Iterator<Item = String> {
    finding.evidence.iter().map(|evidence| evidence.file.raw().to_owned())
}

/// Findings that do not quote the damaged file and are gone all the same.
fn lost(capture: &Capture) -> Vec<String> {
    let entries = entries(&capture.archive);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("damaged.tar");
    let before = analyse(&[&capture.archive]);
    let mut wrong = Vec::new();
    for file in cited(&before) {
        for (how, damage) in DAMAGES {
            let mut damaged = entries.clone();
            // A file within a nested archive: damage to it is damage to the archive, which another test does.
            let Some(entry) = damaged.iter_mut().find(|entry| entry.path == file) else { continue };
            damage(&mut entry.bytes);
            tar_file(&path, &damaged);
            let after = analyse(&[&path]);
            let what = |what: String| format!("{}: {file} {how}: {what}", capture.name);
            wrong.extend(internal_errors(&after).into_iter().map(&what));
            for finding in before.findings.iter().filter(|finding| files(finding).all(|other| other != file))
            {
                if !after.findings.iter().any(|still| still.fingerprint == finding.fingerprint) {
                    wrong.push(what(format!("gone: {}", line(finding))));
                }
            }
        }
    }
    wrong
}

#[test]
fn a_damaged_file_takes_away_only_what_quotes_it() {
    let wrong: Vec<String> = captures().par_iter().flat_map(lost).collect();
    report(&wrong);
}

#[test]
fn an_archive_that_ends_early_says_so_and_makes_no_rule_know_more() {
    let wrong: Vec<String> = captures()
        .par_iter()
        .flat_map_iter(|capture| {
            let bytes = std::fs::read(&capture.archive).unwrap();
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("cut.tar.gz");
            let whole = analyse(&[&capture.archive]);
            let mut wrong = Vec::new();
            for percent in [3, 35, 70, 99] {
                std::fs::write(&path, &bytes[..bytes.len() * percent / 100]).unwrap();
                let cut = analyse(&[&path]);
                let what = |what: String| format!("{}: after {percent} %: {what}", capture.name);
                wrong.extend(internal_errors(&cut).into_iter().map(&what));
                if !cut.diagnostics.iter().any(|diagnostic| diagnostic.code == "truncated") {
                    wrong.push(what("no diagnostic says that the archive ends early".to_owned()));
                }
                let after = verdicts(&cut);
                for (id, verdict) in verdicts(&whole) {
                    if !allowed(verdict, after[id]) {
                        let (from, to) = (verdict.name(), after[id].name());
                        wrong.push(what(format!("rule {id} went from {from} to {to}")));
                    }
                }
            }
            wrong
        })
        .collect();
    report(&wrong);
}

#[test]
fn flipped_bits_in_a_compressed_archive_are_said_and_survived() {
    let wrong: Vec<String> = captures()
        .par_iter()
        .flat_map_iter(|capture| {
            let bytes = std::fs::read(&capture.archive).unwrap();
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("flipped.tar.gz");
            let mut wrong = Vec::new();
            for percent in [10, 50, 90] {
                let mut flipped = bytes.clone();
                flipped[bytes.len() * percent / 100] ^= 0x10;
                std::fs::write(&path, &flipped).unwrap();
                let after = analyse(&[&path]);
                wrong.extend(internal_errors(&after));
                let said = |code: &str| after.diagnostics.iter().any(|diagnostic| diagnostic.code == code);
                if !said("checksum") && !said("truncated") {
                    wrong.push(format!("{}: nothing says that bits flipped at {percent} %", capture.name));
                }
            }
            wrong
        })
        .collect();
    report(&wrong);
}
