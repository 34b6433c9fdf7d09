//! The built-in rules are sound and pass their own tests: the tests stand in the rule files.

use rancher_bundle::rule::Rulebook;
use rancher_bundle::testing;

#[test]
fn the_rulebook_has_nothing_to_complain_of() {
    let (book, said) = Rulebook::built_in(&rancher_bundle::vocabulary());
    let said: Vec<String> = said.iter().map(|d| format!("{}: {}", d.code, d.message)).collect();
    assert!(said.is_empty(), "{}", said.join("\n"));
    assert!(!book.rules.is_empty(), "the program has no rules");
}

#[test]
fn every_rule_passes_its_own_tests() {
    let (book, _) = Rulebook::built_in(&rancher_bundle::vocabulary());
    let outcome = testing::run(&book);
    let failures: Vec<String> =
        outcome.failures.iter().map(|f| format!("{}, \"{}\": {}", f.rule, f.test, f.message)).collect();
    assert!(failures.is_empty(), "{} of {} tests:\n{}", failures.len(), outcome.run, failures.join("\n"));
    assert!(outcome.run >= 3 * book.rules.len(), "only {} tests were run", outcome.run);
}
