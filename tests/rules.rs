//! The built-in rules are sound and pass their own tests: the tests stand in the rule files.

#[cfg(test)]
mod tests {
    use std::path::Path;

    use assert_cmd::Command;
    use rancher_bundle::rule::{Rule, Rulebook};
    use rancher_bundle::testing::{self, Depth, Report};

    #[test]
    fn the_rulebook_has_nothing_to_complain_of() {
        let (book, said) = Rulebook::built_in(&rancher_bundle::vocabulary());
        let said: Vec<String> = said.iter().map(|d| format!("{}: {}", d.code, d.message)).collect();
        assert!(said.is_empty(), "{}", said.join("\n"));
        assert!(!book.rules.is_empty(), "the program has no rules");
    }

    #[test]
    fn every_rule_says_what_to_do_what_to_ask_for_and_where_it_is_from() {
        let (book, _) = Rulebook::built_in(&rancher_bundle::vocabulary());
        let without = |what: &str, is_there: fn(&Rule) -> bool| {
            let rules = book.rules.iter().filter(move |rule| !is_there(rule));
            rules.map(|rule| format!("{}: no {what}", rule.id)).collect::<Vec<_>>()
        };
        let mut wrong = without("remedy", |rule| !rule.remedy.is_empty());
        wrong.extend(without("collect", |rule| !rule.collect.is_empty()));
        wrong.extend(without("references", |rule| !rule.references.is_empty()));
        wrong.extend(without("class", |rule| rule.class.is_some()));
        wrong.extend(without("first step that changes nothing", |rule| {
            rule.remedy.first().is_some_and(|step| step.risk == "read-only")
        }));
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn every_rule_passes_its_own_tests_and_they_prove_it() {
        let (book, _) = Rulebook::built_in(&rancher_bundle::vocabulary());
        let report = testing::run(&book, Depth::Mutants);
        let wrong = wrong(&report);
        assert!(wrong.is_empty(), "{} of {} tests:\n{}", wrong.len(), report.tests(), wrong.join("\n"));
        let few: Vec<&str> =
            report.rules.iter().filter(|rule| rule.tests.len() < 3).map(|rule| rule.id.as_str()).collect();
        assert!(few.is_empty(), "fewer than three tests: {}", few.join(", "));
        assert!(
            report.rules.iter().all(|rule| rule.mutants > 0),
            "a rule without mutants is not tested at all"
        );
    }

    /// Tests that fail, and what the tests do not prove.
    fn wrong(report: &Report) -> Vec<String> {
        let mut wrong = Vec::new();
        for rule in &report.rules {
            for test in rule.tests.iter().filter(|test| !test.wrong.is_empty()) {
                wrong.push(format!("{}, \"{}\": {}", rule.id, test.name, test.wrong.join("; ")));
            }
            for gap in &rule.gaps {
                wrong.push(format!("{}, line {}: {}", rule.id, gap.line.unwrap_or(0), gap.message));
            }
        }
        wrong
    }

    /// A rule of a user, whose tests are not enough.
    const RULE: &str = r#"id: pump-dry
title: the pump is dry
severity: error
component: pod
signals:
  dry: {logs: pod, match: "pump {name} ran dry"}
when: dry.count >= 2
about: why
tests:
  - name: three times
    logs: {pod: {line: "{time} pump north ran dry", repeat: 3, every: 1s}}
    expect: finding
  - name: never
    logs: {pod: "2026-11-22T03:00:00Z pump north is wet"}
    expect: clear
  - name: no logs
    missing: [pod]
    expect: unknown
"#;

    fn check(directory: &Path, rule: &str, arguments: &[&str], code: i32) -> String {
        std::fs::write(directory.join("pump-dry.yaml"), rule).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_rancher-bundle"));
        let out =
            command.current_dir(directory).args(["rules", "test", "."]).args(arguments).assert().code(code);
        String::from_utf8(out.get_output().stdout.clone()).unwrap()
    }

    #[test]
    fn what_the_tests_of_a_user_do_not_prove_is_said_and_fails_when_asked_for() {
        let directory = tempfile::tempdir().unwrap();
        let told = check(directory.path(), RULE, &[], 0);
        assert!(
            told.contains("boundary line 7: no test stands at the threshold of `dry.count >= 2`"),
            "{told}"
        );
        assert!(told.contains("1 rule: 3 tests passed, 0 failed"), "{told}");
        check(directory.path(), RULE, &["--strict"], 1);
        let told = check(directory.path(), RULE, &["--mutate"], 1);
        assert!(told.contains("survived line 7: `dry.count >= 2` → `dry.count >= 3`"), "{told}");
    }

    #[test]
    fn a_test_that_fails_ends_with_one_and_stands_in_the_file_for_others() {
        let directory = tempfile::tempdir().unwrap();
        let broken = RULE.replace("repeat: 3", "repeat: 1");
        let told = check(directory.path(), &broken, &["--junit", "out.xml"], 1);
        assert!(told.contains("FAILED   line 10: \"three times\"") && told.contains("found clear"), "{told}");
        let junit = std::fs::read_to_string(directory.path().join("out.xml")).unwrap();
        assert!(junit.contains("<failure message=\"expected finding, found clear\">"), "{junit}");
        assert!(check(directory.path(), RULE, &["-k", "dry"], 0).contains("1 rule"));
        check(directory.path(), RULE, &["-k", "wet"], 2);
    }
}
