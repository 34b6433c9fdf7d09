//! Bad input is said and survived: the program on what people really send.

use std::path::{Path, PathBuf};

use assert_cmd::Command;

use crate::support::{capture, entries, tar_file};

/// Runs `analyze` on these inputs in a directory of its own, and gives exit code, standard error, and `result.json`
/// when one was written.
fn run(inputs: &[&Path]) -> (i32, String, Option<serde_json::Value>) {
    let directory = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_rancher-bundle"));
    command.current_dir(&directory).arg("analyze").args(inputs).args(["-o", "result.json"]);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let code = output.status.code().unwrap_or_else(|| panic!("it was killed: {said}"));
    assert!(!said.contains("panicked"), "{said}");
    let result = std::fs::read(directory.path().join("result.json")).ok();
    (code, said, result.map(|bytes| serde_json::from_slice(&bytes).unwrap()))
}

/// The result of a run that must succeed, without internal errors.
fn analysed(inputs: &[&Path]) -> serde_json::Value {
    let (code, said, result) = run(inputs);
    assert_eq!(code, 0, "{said}");
    let result = result.expect("result.json is not written");
    assert!(lines(&result).iter().all(|line| !line.starts_with("internal")), "{:?}", lines(&result));
    result
}

/// The diagnostics, each as `code file message`.
fn lines(result: &serde_json::Value) -> Vec<String> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let diagnostics = result["diagnostics"].as_array().unwrap();
    diagnostics
        .iter()
        .map(|line| format!("{} {} {}", text(&line["code"]), text(&line["file"]), text(&line["message"])))
        .collect()
}

/// Fails unless a diagnostic has this code and names this file.
fn says(result: &serde_json::Value, code: &str, file: &str) {
    let found = lines(result);
    let said = found.iter().any(|line| line.starts_with(&format!("{code} ")) && line.contains(file));
    assert!(said, "no diagnostic `{code}` about `{file}` among\n{}", found.join("\n"));
}

/// The ids of the rules that found something.
fn rules(result: &serde_json::Value) -> Vec<&str> {
    result["findings"].as_array().unwrap().iter().map(|finding| finding["rule"].as_str().unwrap()).collect()
}

/// The rule that must find what is wrong with [`faulty`].
const FAULTY: &str = "etcd-cluster-id-mismatch";

/// A faulty capture, and a directory for what is to lie beside it.
fn faulty() -> (PathBuf, tempfile::TempDir) {
    (capture("rke1-etcd-cluster-id-mismatch").archive, tempfile::tempdir().unwrap())
}

#[test]
fn a_missing_input_is_said_and_the_others_are_analysed() {
    let (good, directory) = faulty();
    let result = analysed(&[&good, &directory.path().join("nowhere.tar.gz")]);
    says(&result, "input", "nowhere.tar.gz");
    assert!(rules(&result).contains(&FAULTY));
}

#[test]
fn without_any_input_that_can_be_read_the_exit_code_is_2() {
    let (_, directory) = faulty();
    let (code, said, result) = run(&[&directory.path().join("nowhere.tar.gz")]);
    assert_eq!((code, result.is_none()), (2, true));
    assert!(said.contains("nowhere.tar.gz"), "{said}");
}

#[test]
fn an_empty_file_is_said() {
    let (good, directory) = faulty();
    let empty = directory.path().join("empty.tar.gz");
    std::fs::write(&empty, "").unwrap();
    says(&analysed(&[&empty]), "empty-file", "empty.tar.gz");
    let result = analysed(&[&good, &empty]);
    says(&result, "empty-file", "");
    assert!(rules(&result).contains(&FAULTY));
}

#[test]
fn an_archive_that_ends_early_is_said_and_its_beginning_is_analysed() {
    let (good, directory) = faulty();
    let cut = directory.path().join("cut.tar.gz");
    let bytes = std::fs::read(&good).unwrap();
    std::fs::write(&cut, &bytes[..bytes.len() * 4 / 5]).unwrap();
    let result = analysed(&[&cut]);
    says(&result, "truncated", "");
    assert!(rules(&result).contains(&FAULTY), "{:?}", rules(&result));
}

#[test]
fn error_text_in_place_of_output_is_said() {
    let (_, directory) = faulty();
    let folder = directory.path().join("n1-2026-11-22_03_11_34/rke/kubectl");
    std::fs::create_dir_all(&folder).unwrap();
    let refused =
        "The connection to the server localhost:8080 was refused - did you specify the right host or port?\n";
    std::fs::write(folder.join("namespaces"), refused.repeat(3)).unwrap();
    let result = analysed(&[directory.path()]);
    says(&result, "command-failed", "kubectl/namespaces");
    let clear: Vec<&str> = result["clear"].as_array().unwrap().iter().filter_map(|id| id.as_str()).collect();
    assert!(clear.iter().all(|id| !id.starts_with("namespace")), "clear without data: {clear:?}");
}

#[test]
fn a_file_that_is_no_text_is_survived() {
    let (_, directory) = faulty();
    let noise = directory.path().join("noise.bin");
    let bytes: Vec<u8> = (0..100_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    std::fs::write(&noise, bytes).unwrap();
    let result = analysed(&[&noise]);
    assert!(rules(&result).is_empty());
    assert_eq!(result["clear"], serde_json::json!([]), "noise proves nothing");
}

#[test]
fn a_directory_is_analysed() {
    let (good, directory) = faulty();
    for entry in entries(&good) {
        let path = directory.path().join(&entry.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &entry.bytes).unwrap();
    }
    assert!(rules(&analysed(&[directory.path()])).contains(&FAULTY));
}

#[test]
fn a_plain_tar_is_analysed() {
    let (good, directory) = faulty();
    let plain = directory.path().join("plain.tar");
    tar_file(&plain, &entries(&good));
    assert!(rules(&analysed(&[&plain])).contains(&FAULTY));
}

#[test]
fn a_single_log_is_analysed() {
    let (good, directory) = faulty();
    let log = directory.path().join("etcd.log");
    let entry = entries(&good).into_iter().find(|entry| entry.path.ends_with("containerlogs/etcd")).unwrap();
    std::fs::write(&log, &entry.bytes).unwrap();
    let result = analysed(&[&log]);
    assert!(rules(&result).contains(&FAULTY));
    let quoted = result["findings"][0]["evidence"][0]["file"].as_str();
    assert_eq!(quoted, Some("etcd.log"));
}

#[test]
fn an_empty_directory_is_survived() {
    let (_, directory) = faulty();
    let result = analysed(&[directory.path()]);
    assert_eq!(result["clear"], serde_json::json!([]), "nothing proves nothing");
}

#[test]
fn errors_are_an_exit_code_when_asked_for() {
    let (good, _) = faulty();
    for (level, code) in [("critical", 1), ("warning", 1), ("never", 0)] {
        let directory = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_rancher-bundle"));
        command.current_dir(&directory).arg("analyze").arg(&good).args(["--fail-on", level, "-q"]);
        command.assert().code(code);
        assert!(directory.path().join("report.html").is_file(), "report.html is the default");
    }
}
