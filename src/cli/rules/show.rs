//! `rules show ID`

use clap::Args;

use super::super::book::RuleArguments;
use super::super::{Outcome, analyze, complain, print};
use crate::report;

/// Which rule.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The id of a rule, or another id that it answers to
    id: String,
    #[command(flatten)]
    rules: RuleArguments,
}

/// Shows what a rule says of itself.
pub fn run(arguments: &Arguments) -> Outcome {
    let (book, said) = match arguments.rules.whole_book() {
        Ok(loaded) => loaded,
        Err(message) => return complain(&message, None),
    };
    super::say_grave(&said);
    match book.find(&arguments.id) {
        Ok(rule) => print(&report::rules::terminal(&book, rule, &analyze::style(false, false))),
        Err(help) => return complain(&format!("there is no rule `{}`", arguments.id), Some(&help)),
    }
    Outcome::Fine
}
