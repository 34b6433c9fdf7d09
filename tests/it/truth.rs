//! The result of every capture against what is known to be true of it.

use std::path::{Path, PathBuf};

use rancher_bundle::analysis::{Analysis, Finding, Severity};
use rayon::prelude::*;
use serde::Deserialize;

use crate::support::{Capture, analyse, captures, captures_in, internal_errors, line, members, report, tree};

/// What is known of a capture. The file holds more, for people.
#[derive(Debug, Deserialize)]
struct Truth {
    faults: Vec<Fault>,
}

/// Something that was broken on purpose.
#[derive(Debug, Deserialize)]
struct Fault {
    id: String,
    #[serde(default)]
    on: String,
    #[serde(default)]
    evidence: Vec<Place>,
}

/// A line that proves a fault.
#[derive(Debug, Deserialize)]
struct Place {
    file: String,
    line: u64,
}

impl Fault {
    /// Whether this finding is the fault: by the rule's id or an alias, and by the namespace where the fault names one.
    fn is(&self, finding: &Finding) -> bool {
        let named = finding.rule == self.id || finding.aliases.contains(&self.id);
        let placed = match self.on.strip_prefix("namespace/") {
            Some(name) => finding.entities.get("namespace").is_some_and(|found| found.raw() == name),
            None => true,
        };
        named && placed
    }
}

impl Place {
    /// Whether a finding quotes this line. An outer archive's name may stand before the path.
    fn is_quoted_by(&self, finding: &Finding) -> bool {
        finding.evidence.iter().any(|evidence| {
            let inner = evidence.file.raw().rsplit('!').next().unwrap_or_default();
            inner == self.file && evidence.line == self.line
        })
    }
}

/// What is wrong with the result of a capture, as the lines of a report; nothing when it is true.
fn compare(capture: &Capture) -> Option<String> {
    let text = std::fs::read_to_string(&capture.truth).unwrap();
    let truth: Truth = serde_yaml::from_str(&text).unwrap();
    let faults: Vec<&Fault> = truth.faults.iter().collect();
    let analysis = analyse(&[&capture.archive]);
    let mut wrong = internal_errors(&analysis);
    wrong.extend(grave_without_cause(&analysis, &faults));
    if let Some(first) = faults.first() {
        wrong.extend(first_root_cause(&analysis, &faults, first));
        wrong.extend(faults.iter().filter_map(|fault| found_and_proven(&analysis, fault)));
    }
    (!wrong.is_empty()).then(|| {
        let expected: Vec<String> =
            faults.iter().map(|fault| format!("{} on {}", fault.id, fault.on)).collect();
        let expected =
            if expected.is_empty() { "no error".to_owned() } else { expected.join("\n            ") };
        format!(
            "{}\n  expected: {expected}\n  found:\n{}\n  wrong:\n    - {}",
            capture.name,
            tree(&analysis),
            wrong.join("\n    - ")
        )
    })
}

/// (a) What is named first must be one of the faults; the first of them, where there is only one.
fn first_root_cause(analysis: &Analysis, faults: &[&Fault], first: &Fault) -> Option<String> {
    let root = analysis.findings.iter().find(|finding| finding.root_cause);
    match root {
        Some(root) if faults.iter().any(|fault| fault.is(root)) => None,
        Some(root) => Some(format!(
            "the first root cause is not `{}` but `{}` ({:?})",
            first.id, root.rule, root.aliases
        )),
        None => Some(format!("no root cause: `{}` is not found", first.id)),
    }
}

/// (a, b) The fault is among the findings, and the finding or what it explains quotes a line that proves the fault.
fn found_and_proven(analysis: &Analysis, fault: &Fault) -> Option<String> {
    let of_fault: Vec<&Finding> = analysis.findings.iter().filter(|finding| fault.is(finding)).collect();
    if of_fault.is_empty() {
        return Some(format!("no finding is `{}` on {}", fault.id, fault.on));
    }
    let with_consequences = analysis.findings.iter().filter(|finding| {
        of_fault.iter().any(|found| {
            found.fingerprint == finding.fingerprint || found.explains.contains(&finding.fingerprint)
        })
    });
    let proven =
        with_consequences.flat_map(|finding| fault.evidence.iter().map(move |place| (finding, place)));
    let mut proven = proven.filter(|(finding, place)| place.is_quoted_by(finding));
    if proven.next().is_some() {
        return None;
    }
    let quoted: Vec<String> = of_fault
        .iter()
        .flat_map(|finding| &finding.evidence)
        .map(|evidence| format!("{}:{}", evidence.file.visible(), evidence.line))
        .collect();
    let places: Vec<String> =
        fault.evidence.iter().map(|place| format!("{}:{}", place.file, place.line)).collect();
    Some(format!(
        "`{}` quotes none of the lines that prove it\n        quoted: {}\n        proof:  {}",
        fault.id,
        quoted.join("\n                "),
        places.join("\n                ")
    ))
}

/// (c, d) Errors that are root causes without being a fault, and errors that are neither root cause nor explained.
fn grave_without_cause(analysis: &Analysis, faults: &[&Fault]) -> Vec<String> {
    let mut wrong = Vec::new();
    for finding in analysis.findings.iter().filter(|finding| finding.severity >= Severity::Error) {
        let is_fault = faults.iter().any(|fault| fault.is(finding));
        if finding.root_cause && !is_fault {
            wrong.push(format!("a root cause that is not true: {}", line(finding)));
        } else if !finding.root_cause && finding.explained_by.is_empty() {
            wrong.push(format!("neither root cause nor explained: {}", line(finding)));
        }
    }
    wrong
}

/// Compares all of them and fails with one report.
fn compare_all(captures: &[Capture]) {
    let wrong: Vec<String> = captures.par_iter().filter_map(compare).collect();
    assert!(
        wrong.is_empty(),
        "{} of {} captures are not analysed as they are:\n\n{}",
        wrong.len(),
        captures.len(),
        wrong.join("\n\n")
    );
}

#[test]
fn every_capture_is_analysed_as_it_is() {
    compare_all(&captures());
}

/// `RANCHER_BUNDLE_TRUTH_DIR=DIR cargo test --test it truth -- --ignored` compares any directory of captures.
#[test]
#[ignore = "needs RANCHER_BUNDLE_TRUTH_DIR"]
#[expect(clippy::disallowed_methods, reason = "the directory comes from whoever runs the test")]
fn every_capture_of_the_given_directory_is_analysed_as_it_is() {
    let directory = std::env::var("RANCHER_BUNDLE_TRUTH_DIR").expect("RANCHER_BUNDLE_TRUTH_DIR is not set");
    let captures = captures_in(&PathBuf::from(directory));
    assert!(!captures.is_empty(), "there is no NAME.tar.gz with NAME.truth.yaml");
    compare_all(&captures);
}

/// The place and text of every quoted line that is not what stands in the archive.
fn misquoted(archive: &Path) -> Vec<String> {
    let members = members(archive);
    let analysis = analyse(&[archive]);
    let mut wrong = Vec::new();
    for finding in &analysis.findings {
        if finding.evidence.is_empty() {
            wrong.push(format!("no evidence at all: {}", line(finding)));
        }
        for evidence in &finding.evidence {
            let place = format!("{}:{}", evidence.file.visible(), evidence.line);
            let Some(bytes) = members.get(evidence.file.raw()) else {
                wrong.push(format!("{}: there is no file {place}", finding.rule));
                continue;
            };
            let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
            let at = usize::try_from(evidence.line).unwrap() - 1;
            if !is_quote(evidence.text.raw(), lines.get(at).copied()) {
                wrong.push(format!("{}: {place} does not say `{}`", finding.rule, evidence.text.visible()));
            }
            let before: usize = lines.iter().take(at).map(|line| line.len() + 1).sum();
            if before as u64 != evidence.offset {
                wrong.push(format!("{}: {place} is at {before}, not {}", finding.rule, evidence.offset));
            }
            let from = at.saturating_sub(evidence.context_before.len());
            let context = (from..at).zip(&evidence.context_before);
            for (at, text) in context.chain((at + 1..).zip(&evidence.context_after)) {
                if !is_quote(text.raw(), lines.get(at).copied()) {
                    wrong.push(format!("{}: around {place}, line {} is not quoted", finding.rule, at + 1));
                }
            }
        }
    }
    wrong
}

/// Whether this is the line, in lossy UTF-8 and cut after 4,096 bytes.
fn is_quote(text: &str, line: Option<&[u8]>) -> bool {
    let Some(line) = line else { return false };
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let whole = String::from_utf8_lossy(line);
    if line.len() <= 4096 { whole == text } else { whole.starts_with(text) && text.len() > 4092 }
}

#[test]
fn every_quoted_line_is_in_the_archive_byte_for_byte() {
    let wrong: Vec<String> = captures()
        .par_iter()
        .flat_map(|capture| {
            let wrong = misquoted(&capture.archive);
            wrong.into_iter().map(|what| format!("{}: {what}", capture.name)).collect::<Vec<_>>()
        })
        .collect();
    report(&wrong);
}
