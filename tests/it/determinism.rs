//! The same input gives the same bytes, however it is read and wherever the program runs.

use std::path::PathBuf;

use rancher_bundle::analysis::Analysis;
use rancher_bundle::ingest::Options;
use rancher_bundle::report::{self, Format};
use rayon::prelude::*;

use crate::support::{Entry, analyse, analyse_with, capture, captures, entries, report, tar_gz_file};

/// JSON, Markdown and HTML, in this order.
fn rendered(analysis: &Analysis) -> Vec<(&'static str, String)> {
    ["json", "md", "html"]
        .into_iter()
        .map(|name| {
            let format = Format::from_name(name).unwrap();
            (name, report::render(format, analysis).unwrap())
        })
        .collect()
}

/// Where two renderings differ first, in a line each; `None` when they are equal.
fn difference(expected: &Analysis, found: &Analysis) -> Option<String> {
    rendered(expected).into_iter().zip(rendered(found)).find_map(|((name, expected), (_, found))| {
        if expected == found {
            return None;
        }
        let (a, b) =
            expected.lines().zip(found.lines()).find(|(a, b)| a != b).unwrap_or(("…", "(ends early)"));
        Some(format!("{name} differs:\n    {a}\n    {b}"))
    })
}

#[test]
fn neither_threads_nor_the_size_of_pieces_change_a_byte() {
    let ways: &[(usize, usize)] = &[
        (2, 1 << 20),
        (3, 1 << 20),
        (8, 1 << 20),
        (32, 1 << 20),
        (1, 1 << 12),
        (2, 70_000),
        (2, 1 << 18),
        (2, 8 << 20),
    ];
    let wrong: Vec<String> = captures()
        .par_iter()
        .flat_map_iter(|capture| {
            let expected = analyse(&[&capture.archive]);
            ways.iter().filter_map(move |(jobs, chunk)| {
                let options = Options { jobs: *jobs, chunk: *chunk, ..Options::default() };
                let found = analyse_with(&[&capture.archive], &options);
                difference(&expected, &found)
                    .map(|what| format!("{}: jobs {jobs}, chunk {chunk}: {what}", capture.name))
            })
        })
        .collect();
    report(&wrong);
}

#[test]
fn the_order_of_inputs_changes_no_byte() {
    let wrong: Vec<String> = captures()
        .par_iter()
        .filter_map(|capture| {
            let directory = tempfile::tempdir().unwrap();
            let mut inputs = split_by_host(&entries(&capture.archive), directory.path());
            let expected = analyse(&inputs);
            inputs.reverse();
            let reversed = difference(&expected, &analyse(&inputs));
            inputs.rotate_left(1);
            reversed
                .or_else(|| difference(&expected, &analyse(&inputs)))
                .map(|what| format!("{}: {what}", capture.name))
        })
        .collect();
    report(&wrong);
}

/// One archive for each host's directory, without what lies beside them; an archive that holds archives stays whole.
pub fn split_by_host(entries: &[Entry], directory: &std::path::Path) -> Vec<PathBuf> {
    let mut tops: Vec<&str> = entries.iter().filter(|entry| !entry.is_extra()).map(Entry::top).collect();
    tops.sort_unstable();
    tops.dedup();
    tops.iter()
        .map(|top| {
            let path = directory.join(format!("{}.tar.gz", top.trim_end_matches(".tar.gz")));
            tar_gz_file(&path, entries.iter().filter(|entry| entry.top() == *top));
            path
        })
        .collect()
}

#[test]
fn zone_and_language_of_the_machine_change_no_byte() {
    let archive = capture("rke1-etcd-cluster-id-mismatch").archive;
    let run = |zone: &str, language: &str| {
        let directory = tempfile::tempdir().unwrap();
        let outputs = ["result.json", "report.md", "report.html"];
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_rancher-bundle"));
        command.current_dir(&directory).env("TZ", zone).env("LANG", language).env("LC_ALL", language);
        command.arg("analyze").arg(&archive).arg("--quiet");
        outputs.iter().for_each(|output| {
            command.args(["-o", output]);
        });
        let printed = command.assert().success().get_output().stdout.clone();
        let written = outputs.map(|output| std::fs::read(directory.path().join(output)).unwrap());
        (printed, written)
    };
    let expected = run("UTC", "C");
    for (zone, language) in [("Asia/Kolkata", "de_DE.UTF-8"), ("America/St_Johns", "tr_TR.UTF-8")] {
        assert!(run(zone, language) == expected, "TZ={zone} LANG={language} change the result");
    }
}
