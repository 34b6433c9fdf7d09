//! Rules of the user: from files, directories and archives, beside the built-in ones or without them.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use assert_cmd::Command;
use rancher_bundle::ingest::Options;
use rancher_bundle::rule::Rulebook;
use rancher_bundle::scan::Program;
use rancher_bundle::source::Input;

use crate::support::{Entry, tar_gz_file};

/// A rule that finds the line of [`LOG`], under an id of one's own choice.
fn rule(id: &str, title: &str) -> String {
    format!(
        "id: {id}
title: {title}
severity: error
component: etcd
signals:
  seen: {{logs: etcd, match: \"the moon is {{phase}}\"}}
when: seen.count > 0
about: The moon is not new.
tests:
  - {{name: full, logs: {{etcd: '2026-11-22 03:11:12.437435 E | etcdserver: the moon is full'}}, expect: finding}}
  - {{name: silent, expect: clear}}
  - {{name: gone, missing: etcd, expect: unknown}}
"
    )
}

const LOG: &str = "2026-11-22 03:11:12.437435 E | etcdserver: the moon is full\n\
                   2026-11-22 03:11:13.437435 E | rafthttp: request cluster ID mismatch (got 73c4f4af6603f71e want a688f964158beada)\n";

/// A built-in rule that finds something in [`LOG`].
const BUILT_IN: &str = "etcd-cluster-id-mismatch";

/// A directory with a log to analyse.
fn place() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("etcd.log"), LOG).unwrap();
    place
}

fn write(place: &Path, path: &str, text: &str) {
    let path = place.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Exit code, standard output and standard error of a command in this directory.
fn run(place: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_rancher-bundle"))
        .current_dir(place)
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let said = text(&output.stderr);
    assert!(!said.contains("panicked"), "{said}");
    (output.status.code().unwrap(), text(&output.stdout), said)
}

/// What `analyze` with these arguments found (rule ids, sorted), its diagnostics about rules, the ids of own rules, and what it
/// said.
struct Result {
    found: Vec<String>,
    diagnostics: Vec<String>,
    own: Vec<String>,
    said: String,
}

fn analyse(place: &Path, arguments: &[&str]) -> Result {
    let all: Vec<&str> = ["analyze", "etcd.log", "-o", "r.json", "-o", "r.md", "-o", "r.html"]
        .iter()
        .chain(arguments)
        .copied()
        .collect();
    let (code, _, said) = run(place, &all);
    assert_eq!(code, 0, "{said}");
    let result: serde_json::Value =
        serde_json::from_slice(&std::fs::read(place.join("r.json")).unwrap()).unwrap();
    let list = |value: &serde_json::Value, show: &dyn Fn(&serde_json::Value) -> Option<String>| {
        let mut list: Vec<String> = value.as_array().unwrap().iter().filter_map(show).collect();
        list.sort();
        list
    };
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    Result {
        found: list(&result["findings"], &|finding| Some(text(&finding["rule"]))),
        diagnostics: list(&result["diagnostics"], &|line| {
            let shown =
                format!("{} {}: {}", text(&line["code"]), text(&line["file"]), text(&line["message"]));
            shown.starts_with("rule").then_some(shown)
        }),
        own: list(&result["tool"]["rulebook"]["own"], &|id| Some(text(id))),
        said,
    }
}

fn entry(path: &str, text: &str) -> Entry {
    Entry { path: path.to_owned(), modified: 0, bytes: text.as_bytes().to_vec() }
}

fn zip_file(path: &Path, entries: &[Entry]) {
    let mut zip = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    for entry in entries {
        zip.start_file(&*entry.path, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(&entry.bytes).unwrap();
    }
    zip.finish().unwrap();
}

#[test]
fn rules_come_from_a_file_a_directory_or_an_archive() {
    let place = place();
    let pack = [
        entry("pack/README.md", "moons"),
        entry("pack/.github/workflows/test.yaml", "on: push"),
        entry("pack/moon/full-moon.yaml", &rule("full-moon", "full")),
    ];
    tar_gz_file(&place.path().join("pack.tar.gz"), &pack);
    zip_file(&place.path().join("pack.zip"), &pack);
    for entry in &pack {
        write(place.path(), &entry.path, std::str::from_utf8(&entry.bytes).unwrap());
    }
    for rules in ["pack", "pack/moon/full-moon.yaml", "pack.tar.gz", "pack.zip"] {
        let result = analyse(place.path(), &["--rules", rules]);
        assert_eq!(result.found, [BUILT_IN, "full-moon"], "{rules}: {}", result.said);
        assert_eq!((result.own, result.diagnostics), (vec!["full-moon".to_owned()], Vec::new()), "{rules}");
        let alone = analyse(place.path(), &["--rules", rules, "--no-default-rules"]);
        assert_eq!(alone.found, ["full-moon"], "{rules}");
        let (code, listed, _) = run(place.path(), &["rules", "list", rules]);
        assert!(code == 0 && listed.contains("full-moon") && !listed.contains(BUILT_IN), "{listed}");
        let (code, tested, _) = run(place.path(), &["rules", "test", rules]);
        assert!(code == 0 && tested.contains('3') && tested.contains("1 rule"), "{tested}");
        assert_eq!(run(place.path(), &["rules", "lint", rules]).0, 0, "{rules}");
    }
}

#[test]
fn a_rule_that_replaces_a_built_in_one_is_used_and_every_report_says_so() {
    let place = place();
    write(place.path(), &format!("mine/{BUILT_IN}.yaml"), &rule(BUILT_IN, "my own"));
    let result = analyse(place.path(), &["--rules", "mine"]);
    assert_eq!(result.found, [BUILT_IN]);
    let said = format!("`{BUILT_IN}` replaces the built-in rule of this id");
    assert_eq!(result.diagnostics, [format!("rule-replaced mine/{BUILT_IN}.yaml: {said}")]);
    assert!(!result.said.contains("replaces"), "this is no complaint: {}", result.said);
    for report in ["r.md", "r.html"] {
        let text = std::fs::read_to_string(place.path().join(report)).unwrap();
        assert!(text.contains("replaces the built-in rule") && text.contains("my own"), "{report}");
        assert!(text.contains("1 of them not built in"), "{report}");
    }
}

#[test]
fn a_broken_rule_is_said_and_left_out_while_the_others_run() {
    let place = place();
    write(place.path(), "mine/full-moon.yaml", &rule("full-moon", "full"));
    write(place.path(), "mine/half-moon.yaml", &rule("half-moon", "half").replace("when:", "whne:"));
    write(place.path(), &format!("mine/{BUILT_IN}.yaml"), "severity: [");
    let result = analyse(place.path(), &["--rules", "mine"]);
    assert_eq!(result.found, [BUILT_IN, "full-moon"], "the built-in rule is used: {}", result.said);
    assert!(result.said.contains("mine/half-moon.yaml"), "{}", result.said);
    let codes = |code: &str| result.diagnostics.iter().filter(|line| line.starts_with(code)).count();
    assert_eq!((codes("rule-"), codes("rule-not-replaced")), (3, 1), "{:?}", result.diagnostics);
    assert_eq!(run(place.path(), &["rules", "lint", "mine"]).0, 3);
}

#[test]
fn of_two_rules_with_one_id_the_later_counts_and_that_is_said() {
    let place = place();
    write(place.path(), "a/full-moon.yaml", &rule("full-moon", "first"));
    write(place.path(), "b/full-moon.yaml", &rule("full-moon", "second"));
    let result = analyse(place.path(), &["--rules", "a", "--rules", "b"]);
    assert!(result.said.contains("`a/full-moon.yaml` is left out"), "{}", result.said);
    assert!(std::fs::read_to_string(place.path().join("r.md")).unwrap().contains("second"));
}

#[test]
fn an_archive_of_rules_is_not_trusted() {
    let place = place();
    let mut pack = vec![
        entry("../../full-moon.yaml", &rule("full-moon", "full")),
        entry("/etc/half-moon.yaml", &rule("half-moon", "half").replace("etcd,", "[")),
        entry("\u{1b}[2Jclear/new-moon.yaml", "id: ["),
        entry("large.yaml", &"#".repeat((1 << 20) + 1)),
        entry("._full-moon.yaml", "\0\u{1}"),
    ];
    zip_file(&place.path().join("pack.zip"), &pack);
    let inside = place.path().join("inside");
    std::fs::create_dir(&inside).unwrap();
    std::fs::copy(place.path().join("etcd.log"), inside.join("etcd.log")).unwrap();
    let result = analyse(&inside, &["--rules", "../pack.zip"]);
    assert_eq!(result.own, ["full-moon"], "{}", result.said);
    let mut left: Vec<_> =
        std::fs::read_dir(&inside).unwrap().map(|file| file.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["etcd.log", "r.html", "r.json", "r.md"], "nothing is unpacked");
    assert!(
        !result.said.contains('\u{1b}') && result.said.contains("␛[2Jclear/new-moon.yaml"),
        "{}",
        result.said
    );
    let said = |what: &str| result.diagnostics.iter().any(|line| line.contains(what));
    assert!(
        said("rule-file ../pack.zip!large.yaml: the file is larger than 1,048,576 bytes"),
        "{:?}",
        result.diagnostics
    );
    assert!(said("etc/half-moon.yaml") && !said("._full"), "{:?}", result.diagnostics);
    // More members than any pack has: the rest is not read, and that is said.
    pack.truncate(1);
    pack.extend((0..10_001).map(|n| entry(&format!("{n}.txt"), "")));
    pack.push(entry("late-moon.yaml", &rule("late-moon", "late")));
    zip_file(&place.path().join("many.zip"), &pack);
    let (code, listed, said) = run(place.path(), &["rules", "list", "many.zip"]);
    assert!(code == 0 && listed.contains("full-moon") && !listed.contains("late-moon"), "{listed}");
    assert!(said.contains("more than 10000 members"), "{said}");
}

#[test]
fn places_without_rules_are_an_error_of_the_command_line() {
    let place = place();
    std::fs::create_dir(place.path().join("empty")).unwrap();
    tar_gz_file(&place.path().join("empty.tar.gz"), &[entry("README.md", "no rule")]);
    for rules in ["nowhere", "empty", "empty.tar.gz", "etcd.log"] {
        let (code, _, said) = run(place.path(), &["analyze", "etcd.log", "--rules", rules]);
        assert!(code == 2 && said.contains(rules), "{rules}: {code} {said}");
    }
    let (code, _, said) = run(place.path(), &["analyze", "etcd.log", "--no-default-rules"]);
    assert!(code == 2 && said.contains("--rules"), "{said}");
}

#[test]
fn rules_that_look_for_the_same_share_one_signal_and_each_finds_it() {
    let rule = |id: &str, pattern: &str, least: u32| {
        let text = format!(
            "id: {id}\ntitle: t\nseverity: error\ncomponent: etcd\nabout: why\nsignals:\n  a: {{logs: etcd, match: \"{pattern}\"}}\nwhen: a.count >= {least}\n"
        );
        (format!("{id}.yaml"), text)
    };
    let files = [
        rule("one", "began with {value}", 1),
        rule("same", "began with {value}", 2),
        rule("other", "began with {word}", 1),
    ];
    let texts = files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    let (book, said) = Rulebook::from_files(texts, &rancher_bundle::vocabulary());
    let program = Program::compile(&book);
    let users: Vec<usize> = program.signals().iter().map(|signal| signal.users.len()).collect();
    assert_eq!(users, [2, 1], "{said:?}");
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("etcd.log");
    let line = "2026-11-22 03:00:00.100000 I | etcdserver: something began with v1\n";
    std::fs::write(&path, line.repeat(3)).unwrap();
    let inputs = [Input::open(&path).unwrap()];
    let analysis = rancher_bundle::analyze(&inputs, &book, Vec::new(), &Options::default(), &|_| {});
    let found: Vec<(&str, u64)> =
        analysis.findings.iter().map(|finding| (finding.rule.as_str(), finding.count)).collect();
    assert_eq!(BTreeMap::from_iter(found), BTreeMap::from([("one", 3), ("other", 3), ("same", 3)]));
}
