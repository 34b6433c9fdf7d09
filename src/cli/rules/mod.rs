//! `rules list | show | lint | test | new | schema | docs`

mod docs;
mod lint;
mod list;
mod new;
mod schema;
mod show;
mod test;

use std::path::PathBuf;

use clap::Subcommand;

use super::book::load;
use super::{Outcome, complain, say};
use crate::base::{Diagnostic, Severity};

/// What to do with rules.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the rules
    List {
        /// Rule files, directories or archives (default: the built-in rules)
        paths: Vec<PathBuf>,
    },
    /// Show what a rule says of itself
    Show(show::Arguments),
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
    /// Begin a rule, from the log line of a ticket where there is one
    New(new::Arguments),
    /// Print the JSON Schema of rule files, for editors
    Schema,
    /// Write the reference of the rules, a page for each
    Docs(docs::Arguments),
}

/// Runs the command.
pub fn run(command: &Command) -> Outcome {
    let paths = match command {
        Command::Show(arguments) => return show::run(arguments),
        Command::New(arguments) => return new::run(arguments),
        Command::Schema => return schema::run(),
        Command::Docs(arguments) => return docs::run(arguments),
        Command::List { paths } | Command::Lint { paths, .. } => paths,
        Command::Test(arguments) => &arguments.paths,
    };
    let (book, said) = match load(paths) {
        Ok(loaded) => loaded,
        Err(message) => return complain(&message, None),
    };
    let broken = said.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    let outcome = match command {
        Command::Lint { deny_warnings, .. } => return lint::run(book.files, &said, *deny_warnings),
        Command::Test(arguments) => {
            said.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).for_each(say);
            test::run(arguments, book)
        }
        _ => {
            say_grave(&said);
            return list::run(&book);
        }
    };
    if broken { Outcome::BrokenRules } else { outcome }
}

/// Says what is wrong with rules, for commands that are not about that: without what is only good to know.
fn say_grave(said: &[Diagnostic]) {
    said.iter().filter(|diagnostic| diagnostic.severity > Severity::Info).for_each(say);
}
