use super::*;

const RULE: &str = r#"
id: a-rule
title: "{{ lost.count }} times"
severity: error
confidence: {high: lost.peak >= 4, low: true}
component: etcd
signals:
  lost:
    logs: etcd
    match:
      - "lost leader {leader:hex} at term"
      - "gave up on leader {leader:hex}"
    exclude: "by request"
    window: 5m
when: lost.peak >= 3
about: why
tests:
"#;

const FIRES: &str = r#"
  - name: three
    logs:
      etcd: |
        2026-11-22 03:00:00.000000 I | raft: a1 lost leader b2 at term 1
        2026-11-22 03:01:00.000000 I | raft: a1 lost leader b2 at term 2
        2026-11-22 03:02:00.000000 I | raft: a1 lost leader b2 at term 3
    expect: {verdict: finding, confidence: low}
"#;

const QUIET: &str = r#"
  - name: none
    logs: {etcd: "2026-11-22 03:00:00.000000 I | raft: a1 elected leader b2 at term 1"}
    expect: clear
  - name: nothing to look at
    missing: [etcd]
    expect: unknown
"#;

fn check(tests: &[&str], depth: Depth) -> RuleReport {
    let text = [RULE, &tests.concat()].concat();
    let (book, said) = Rulebook::from_files([("a-rule.yaml", text.as_str())], &crate::vocabulary());
    assert_eq!(book.rules.len(), 1, "{said:?}");
    run(&book, depth).rules.remove(0)
}

fn messages(report: &RuleReport, kind: GapKind) -> Vec<String> {
    let gaps = report.gaps.iter().filter(|gap| gap.kind == kind);
    gaps.map(|gap| format!("{}: {}", gap.line.unwrap_or(0), gap.message)).collect()
}

#[test]
fn what_no_test_shows_is_said_with_its_line() {
    let report = check(&[FIRES, QUIET], Depth::Coverage);
    assert!(report.tests.iter().all(|test| test.wrong.is_empty()), "{report:?}");
    assert_eq!(
        messages(&report, GapKind::Clause),
        [
            "5: `lost.peak >= 4` in `confidence: high` was never true",
            "12: match 2 of `lost` hits in no test",
            "13: exclude 1 of `lost` leaves out nothing in any test",
        ]
    );
}

#[test]
fn a_verdict_that_no_test_expects_is_a_failure() {
    let report = check(&[FIRES], Depth::Coverage);
    assert_eq!(messages(&report, GapKind::Verdict).len(), 2);
    assert!(!Report { rules: vec![report] }.is_fine(false));
}

#[test]
fn thresholds_and_windows_are_probed_from_the_tests() {
    let report = check(&[FIRES, QUIET], Depth::Coverage);
    // The threshold of `when` and the window; that of the confidence is never reached.
    assert_eq!((report.probed, messages(&report, GapKind::Boundary)), (2, Vec::new()));
    let five = FIRES.replace(
        "at term 3\n",
        "at term 3\n        2026-11-22 03:02:01.000000 I | raft: a1 lost leader b2 at term 4\n",
    );
    let report = check(&[&five.replace("confidence: low", "confidence: high"), QUIET], Depth::Coverage);
    assert_eq!(
        messages(&report, GapKind::Boundary),
        ["15: no test stands at the threshold of `lost.peak >= 3` (the nearest has 4)"]
    );
}

#[test]
fn a_number_on_which_nothing_turns_is_said() {
    let rule = RULE.replace("when: lost.peak >= 3", "when: lost.peak >= 3 || lost.count >= 2");
    let text = [&rule, FIRES, QUIET].concat();
    let (book, _) = Rulebook::from_files([("a-rule.yaml", text.as_str())], &crate::vocabulary());
    let report = run(&book, Depth::Coverage).rules.remove(0);
    let told = messages(&report, GapKind::Boundary);
    assert!(
        told.contains(&"15: nothing turns on `lost.peak >= 3`: with 2 the outcome is the same".to_owned()),
        "{told:?}"
    );
}

#[test]
fn changes_that_no_test_notices_survive() {
    let report = check(&[FIRES, QUIET], Depth::Mutants);
    assert_eq!(
        messages(&report, GapKind::Survivor),
        [
            "15: `lost.peak >= 3` → `lost.peak >= 2`: add a test with `lost.peak` = 2 where it does not hold",
            "5: in `confidence: high`, `lost.peak >= 4` → `lost.peak >= 5`: add a test whose outcome depends on it",
            "5: `high` → `medium` in `confidence: high`: add a test that expects `confidence: high`",
            "14: window of `lost`: 5m → 2 min 30 s: add a test whose hits are 2 min 30 s to 5 min apart",
            "14: window of `lost`: 5m → 10 min: add a test whose hits are 5 min to 10 min apart",
            "12: `lost` without match 2: add a test whose outcome depends on it",
            "13: `lost` without exclude 1: add a test whose outcome depends on it",
        ]
    );
    assert!(report.mutants > 7);
}

#[test]
fn a_test_that_fails_says_all_that_is_needed_to_mend_it() {
    let two = FIRES.replace(
        "03:01:00.000000 I | raft: a1 lost leader b2 at term 2",
        "x I | raft: a1 lost leader at term 2",
    );
    let missing = QUIET.replace("expect: unknown", "expect: clear");
    let report = check(&[&two, &missing], Depth::Coverage);
    let told: Vec<String> = report
        .tests
        .iter()
        .map(|test| {
            format!(
                "{} (line {:?})\n  {}\n  {}",
                test.name,
                test.line,
                test.wrong.join("\n  "),
                test.why.join("\n  ")
            )
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn threads_do_not_change_the_report() {
    let (book, _) = Rulebook::built_in(&crate::vocabulary());
    let book = Rulebook { rules: book.rules.into_iter().take(8).collect(), ..Rulebook::default() };
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(alone.install(|| run(&book, Depth::Mutants)), run(&book, Depth::Mutants));
}
