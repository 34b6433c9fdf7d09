//! `rules list`

use super::super::{Outcome, print};
use crate::rule::{Rulebook, SEVERITIES};

/// Lists the rules.
pub fn run(book: &Rulebook) -> Outcome {
    for rule in &book.rules {
        let severity = SEVERITIES.get(rule.severity_worst()).copied().unwrap_or_default();
        print(&format!("{:36} {severity:9} {}\n", rule.id, rule.component));
    }
    Outcome::Fine
}
