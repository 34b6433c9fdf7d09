//! `rules lint`

use super::super::{Outcome, print, say};
use crate::base::{Diagnostic, Severity, words};

/// Says what is wrong with rules, and in a line how much that is.
pub fn run(rules: usize, said: &[Diagnostic], deny_warnings: bool) -> Outcome {
    said.iter().for_each(say);
    let count = |severity| said.iter().filter(|diagnostic| diagnostic.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let told = [(errors, "error"), (warnings, "warning"), (count(Severity::Info), "note")];
    let told: Vec<String> =
        told.iter().filter(|(n, _)| *n > 0).map(|(n, noun)| words::count(*n as u64, noun)).collect();
    let told = if told.is_empty() { "no complaint".to_owned() } else { told.join(", ") };
    print(&format!("{}, {told}\n", words::count(rules as u64, "rule")));
    if errors > 0 || (deny_warnings && warnings > 0) { Outcome::BrokenRules } else { Outcome::Fine }
}
