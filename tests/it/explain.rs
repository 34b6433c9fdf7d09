//! `explain` says why a rule fired, by how much it did not, and what was missing.

use assert_cmd::Command;

use crate::support::capture;

/// What `explain` prints of a rule on a capture, beside rules of the user's own.
fn explained(rule: &str, name: &str, own: &[(&str, &str)]) -> String {
    let directory = tempfile::tempdir().unwrap();
    for (file, text) in own {
        std::fs::write(directory.path().join(file), text).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_rancher-bundle"));
    command.current_dir(&directory).env("COLUMNS", "100").env("NO_COLOR", "1");
    command.arg("explain").arg(rule).arg(capture(name).archive);
    if !own.is_empty() {
        command.args(["--rules", "."]);
    }
    let output = command.assert().success().get_output().clone();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_finding_shows_each_clause_with_its_value_and_each_signal_with_its_lines() {
    insta::assert_snapshot!(explained("etcd-cluster-id-mismatch", "rke1-etcd-cluster-id-mismatch", &[]));
}

#[test]
fn a_near_miss_is_told_in_numbers() {
    insta::assert_snapshot!(explained("etcd-election-storm", "rke1-etcd-cluster-id-mismatch", &[]));
}

#[test]
fn what_cannot_be_told_is_told_with_what_is_missing() {
    insta::assert_snapshot!(explained("webhook-timeout", "rke1-etcd-cluster-id-mismatch", &[]));
}

#[test]
fn a_derived_signal_is_told_in_words() {
    let rule = "id: refused-then-lost\ntitle: t\nseverity: info\ncomponent: etcd\nsignals:\n  refused: {logs: etcd, match: \"request cluster ID mismatch (got {remote:hex} want {local:hex})\"}\n  elected: {logs: etcd, match: \"elected leader {leader:hex} at term {term:int}\"}\n  late: {of: refused, after: elected, within: 10s, same: node}\nwhen: late.count >= 10000\nabout: why\n";
    let own = [("refused-then-lost.yaml", rule)];
    insta::assert_snapshot!(explained("refused-then-lost", "rke1-etcd-cluster-id-mismatch", &own));
}

#[test]
fn an_unknown_rule_is_refused_with_the_nearest_one() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rancher-bundle"));
    let archive = capture("rke1-etcd-cluster-id-mismatch").archive;
    let output =
        command.args(["explain", "etcd-election-strom"]).arg(archive).assert().code(2).get_output().clone();
    assert!(String::from_utf8_lossy(&output.stderr).contains("did you mean `etcd-election-storm`?"));
}
