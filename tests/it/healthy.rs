//! What healthy programs write although it looks bad must not become a finding.

use std::path::{Path, PathBuf};

use rancher_bundle::analysis::Severity;

use crate::support::{ROOT, analyse, line, report};

fn logs() -> Vec<PathBuf> {
    let directory = Path::new(ROOT).join("testdata/healthy");
    let mut logs: Vec<PathBuf> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    logs.retain(|path| path.extension().is_some_and(|extension| extension != "md"));
    logs.sort();
    assert!(logs.len() >= 15, "only {} logs are left", logs.len());
    logs
}

/// What is found at a severity or above in these files.
fn alarms(paths: &[PathBuf], least: Severity) -> Vec<String> {
    let analysis = analyse(paths);
    let findings = analysis.findings.iter().filter(|finding| finding.severity >= least);
    findings.map(line).collect()
}

/// A log alone may end right behind a line that would be something if it went on: that is worth a warning, never an error.
#[test]
fn healthy_lines_of_one_program_are_no_error() {
    let named = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    let wrong: Vec<String> = logs()
        .iter()
        .flat_map(|path| {
            alarms(std::slice::from_ref(path), Severity::Error)
                .into_iter()
                .map(move |alarm| format!("{}: {alarm}", named(path)))
        })
        .collect();
    report(&wrong);
}

#[test]
fn healthy_lines_of_all_programs_together_are_no_finding() {
    report(&alarms(&logs(), Severity::Warning));
}
