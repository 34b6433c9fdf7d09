//! `rules test`

use super::super::{Outcome, print};
use crate::base::words;
use crate::rule::Rulebook;
use crate::testing;

/// Runs the tests inside the rules.
pub fn run(book: &Rulebook) -> Outcome {
    let outcome = testing::run(book);
    for failure in &outcome.failures {
        let test = if failure.test.is_empty() { String::new() } else { format!(", \"{}\"", failure.test) };
        print(&format!("FAILED {}{test}\n       {}\n", failure.rule, failure.message));
    }
    print(&format!(
        "{}: {} passed, {} failed\n",
        words::count(book.rules.len() as u64, "rule"),
        outcome.passed(),
        outcome.failed()
    ));
    if outcome.failures.is_empty() { Outcome::Fine } else { Outcome::Found }
}
