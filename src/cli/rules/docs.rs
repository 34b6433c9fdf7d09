//! `rules docs DIR`

use std::path::PathBuf;

use clap::Args;

use super::super::book::RuleArguments;
use super::super::{Outcome, complain, print};
use crate::base::words;
use crate::report::rules;

/// Where to, and of which rules.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Where to write the pages: README.md lists the rules, and each has a page
    directory: PathBuf,
    #[command(flatten)]
    rules: RuleArguments,
}

/// Writes the reference of the rules.
pub fn run(arguments: &Arguments) -> Outcome {
    let (book, said) = match arguments.rules.whole_book() {
        Ok(loaded) => loaded,
        Err(message) => return complain(&message, None),
    };
    super::say_grave(&said);
    let pages = book.rules.iter().map(|rule| (format!("{}.md", rule.id), rules::page(&book, rule)));
    let pages = pages.chain([("README.md".to_owned(), rules::index(&book))]);
    let directory = &arguments.directory;
    let mut written = std::fs::create_dir_all(directory);
    for (name, text) in pages {
        written = written.and_then(|()| std::fs::write(directory.join(name), text));
    }
    if let Err(e) = written {
        return complain(&format!("cannot write to `{}`: {e}", directory.display()), None);
    }
    let rules = words::count(book.rules.len() as u64, "rule");
    print(&format!("wrote the pages of {rules} to {}\n", directory.display()));
    Outcome::Fine
}
