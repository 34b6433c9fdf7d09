//! The built-in rules are sound and pass their own tests: the tests stand in the rule files.

use rancher_bundle::rule::Rulebook;
use rancher_bundle::testing::{self, Depth};

#[test]
fn the_rulebook_has_nothing_to_complain_of() {
    let (book, said) = Rulebook::built_in();
    let said: Vec<String> = said.iter().map(|d| format!("{}: {}", d.code, d.message)).collect();
    assert!(said.is_empty(), "{}", said.join("\n"));
    assert!(!book.rules.is_empty(), "the program has no rules");
}

#[test]
fn every_rule_passes_its_own_tests() {
    let (book, _) = Rulebook::built_in();
    let report = testing::run(&book, Depth::Coverage);
    let failed = report.rules.iter().flat_map(|rule| {
        let wrong = rule.tests.iter().filter(|test| !test.wrong.is_empty());
        wrong.map(|test| format!("{}, \"{}\": {}", rule.id, test.name, test.wrong.join("; ")))
    });
    let failed: Vec<String> = failed.collect();
    assert!(failed.is_empty(), "{} of {} tests:\n{}", failed.len(), report.tests(), failed.join("\n"));
    assert!(report.tests() >= 3 * book.rules.len(), "only {} tests were run", report.tests());
}
