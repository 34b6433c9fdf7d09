//! `explain RULE BUNDLE...`

use std::path::PathBuf;

use clap::Args;

use super::book::RuleArguments;
use super::{Outcome, analyze, complain, print, progress, say};
use crate::base::Severity;
use crate::report;
use crate::rule::Rulebook;

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The rule, by its id or another name that it answers to
    rule: String,
    /// Bundles of one cluster, as for `analyze`; `-` for standard input
    #[arg(required = true, value_name = "BUNDLE")]
    bundles: Vec<PathBuf>,
    #[command(flatten)]
    rules: RuleArguments,
    /// Threads (default: all cores)
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    #[command(flatten)]
    limits: super::limits::LimitArguments,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    let options = match analyze::options(arguments.jobs, &arguments.limits) {
        Ok(options) => options,
        Err(message) => return complain(&message, None),
    };
    let (book, said) = match arguments.rules.book() {
        Ok(loaded) => loaded,
        Err(message) => return complain(&message, None),
    };
    let book = match only(book, &arguments.rule) {
        Ok(book) => book,
        Err(hint) => {
            let broken: Vec<_> = said.iter().filter(|one| one.severity == Severity::Error).collect();
            broken.iter().for_each(|one| say(one));
            let hint =
                if broken.is_empty() { hint } else { "mend what is said above, or".to_owned() + " " + &hint };
            return complain(&format!("there is no rule `{}`", arguments.rule), Some(&hint));
        }
    };
    let (inputs, unread) = analyze::open(&arguments.bundles, false);
    unread.iter().for_each(say);
    if inputs.is_empty() {
        return complain("none of the inputs can be read", None);
    }
    let bar = progress::bar(inputs.iter().map(|input| input.bytes).sum(), arguments.json);
    let explanations = crate::explain(&inputs, &book, &options, &|bytes| bar.inc(bytes));
    bar.finish_and_clear();
    if arguments.json {
        match serde_json::to_string_pretty(&explanations) {
            Ok(text) => print(&format!("{text}\n")),
            Err(error) => return complain(&format!("cannot write the result as JSON: {error}"), None),
        }
    } else {
        print(&report::explain(&explanations, &analyze::style(false, false)));
    }
    Outcome::Fine
}

/// The book with this rule alone, or what to do when there is none.
fn only(mut book: Rulebook, id: &str) -> Result<Rulebook, String> {
    let found = book.find(id)?.id.clone();
    book.rules.retain(|rule| rule.id == found);
    Ok(book)
}
