//! `rules list | lint | test`

mod lint;
mod list;
mod test;

use std::path::PathBuf;

use clap::Subcommand;

use super::{Outcome, complain, load, say};
use crate::base::Severity;

/// What to do with rules.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the rules
    List {
        /// Rule files or directories (default: the built-in rules)
        paths: Vec<PathBuf>,
    },
    /// Check rules without running them
    Lint {
        /// Rule files or directories (default: the built-in rules)
        paths: Vec<PathBuf>,
        /// Exit with 3 when there is a warning, too
        #[arg(short = 'D', long)]
        deny_warnings: bool,
    },
    /// Run the tests inside the rules
    Test {
        /// Rule files or directories (default: the built-in rules)
        paths: Vec<PathBuf>,
    },
}

/// Runs the command.
pub fn run(command: &Command) -> Outcome {
    let (Command::List { paths } | Command::Lint { paths, .. } | Command::Test { paths }) = command;
    let (book, said) = match load(paths) {
        Ok(loaded) => loaded,
        Err(message) => return complain(&message, None),
    };
    let broken = said.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    let outcome = match command {
        Command::List { .. } => return list::run(&book),
        Command::Lint { deny_warnings, .. } => return lint::run(book.files, &said, *deny_warnings),
        Command::Test { .. } => {
            said.iter().for_each(say);
            test::run(&book)
        }
    };
    if broken { Outcome::BrokenRules } else { outcome }
}
