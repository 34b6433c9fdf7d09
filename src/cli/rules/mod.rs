//! `rules list | lint | test`

mod lint;
mod list;
mod test;

use std::path::PathBuf;

use clap::Subcommand;

use super::book::load;
use super::{Outcome, complain, say};
use crate::base::Severity;

/// What to do with rules.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the rules
    List {
        /// Rule files, directories or archives (default: the built-in rules)
        paths: Vec<PathBuf>,
    },
    /// Check rules without running them
    Lint {
        /// Rule files, directories or archives (default: the built-in rules)
        paths: Vec<PathBuf>,
        /// Exit with 3 when there is a warning, too
        #[arg(short = 'D', long)]
        deny_warnings: bool,
    },
    /// Run the tests inside the rules
    Test(test::Arguments),
}

/// Runs the command.
pub fn run(command: &Command) -> Outcome {
    let (Command::List { paths }
    | Command::Lint { paths, .. }
    | Command::Test(test::Arguments { paths, .. })) = command;
    let (book, said) = match load(paths) {
        Ok(loaded) => loaded,
        Err(message) => return complain(&message, None),
    };
    let broken = said.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    let outcome = match command {
        Command::List { .. } => {
            said.iter().filter(|diagnostic| diagnostic.severity > Severity::Info).for_each(say);
            return list::run(&book);
        }
        Command::Lint { deny_warnings, .. } => return lint::run(book.files, &said, *deny_warnings),
        Command::Test(arguments) => {
            said.iter().for_each(say);
            test::run(arguments, book)
        }
    };
    if broken { Outcome::BrokenRules } else { outcome }
}
