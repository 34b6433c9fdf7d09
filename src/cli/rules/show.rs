//! `rules show ID`

use clap::Args;

use super::super::book::RuleArguments;
use super::super::{Outcome, analyze, complain, print};
use crate::base::words;
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
    let (book, said) = match arguments.rules.book() {
        Ok(loaded) => loaded,
        Err(message) => return complain(&message, None),
    };
    super::say_grave(&said);
    let Some(rule) = book.get(&arguments.id) else {
        let known = book.rules.iter().flat_map(|rule| std::iter::once(&rule.id).chain(&rule.aliases));
        let help = words::nearest(&arguments.id, known.map(String::as_str)).map_or_else(
            || "`rancher-bundle rules list` lists them".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        return complain(&format!("no such rule: `{}`", arguments.id), Some(&help));
    };
    print(&report::rules::terminal(&book, rule, &analyze::style(false, false)));
    Outcome::Fine
}
