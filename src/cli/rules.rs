//! `rules list | lint | test`

use std::path::PathBuf;

use clap::Subcommand;

use super::{Outcome, complain, load, print, say};
use crate::artifact::component;
use crate::base::{Diagnostic, Severity, words};
use crate::rule::{ANY, Rulebook, SEVERITIES, SignalSource};
use crate::testing;

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
    },
    /// Run the tests inside the rules
    Test {
        /// Rule files or directories (default: the built-in rules)
        paths: Vec<PathBuf>,
    },
}

/// Runs the command.
pub fn run(command: &Command) -> Outcome {
    let (Command::List { paths } | Command::Lint { paths } | Command::Test { paths }) = command;
    let (book, mut said) = match load(paths) {
        Ok(loaded) => loaded,
        Err(message) => return complain(&message, None),
    };
    said.extend(unknown_components(&book));
    let broken = said.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    match command {
        Command::List { .. } => {
            list(&book);
            Outcome::Fine
        }
        Command::Lint { .. } => {
            said.iter().for_each(say);
            print(&format!(
                "{}, {}\n",
                words::count(book.rules.len() as u64, "rule"),
                words::count(said.len() as u64, "diagnostic")
            ));
            if broken { Outcome::BrokenRules } else { Outcome::Fine }
        }
        Command::Test { .. } => {
            said.iter().for_each(say);
            let outcome = test(&book);
            if broken { Outcome::BrokenRules } else { outcome }
        }
    }
}

fn list(book: &Rulebook) {
    for rule in &book.rules {
        let severity = SEVERITIES.get(rule.severity_worst()).copied().unwrap_or_default();
        print(&format!("{:36} {severity:9} {}\n", rule.id, rule.component));
    }
}

fn test(book: &Rulebook) -> Outcome {
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

/// Components that rules name and no layout knows.
fn unknown_components(book: &Rulebook) -> Vec<Diagnostic> {
    let mut said = Vec::new();
    for rule in &book.rules {
        for signal in &rule.signals {
            let SignalSource::Logs(logs) = &signal.source else { continue };
            for name in logs.components.iter().filter(|name| *name != ANY && component::find(name).is_none())
            {
                let known = component::COMPONENTS.iter().map(|about| about.name);
                let hint = words::nearest(name, known)
                    .map_or(String::new(), |near| format!("; did you mean `{near}`?"));
                said.push(
                    Diagnostic::error("rule-component", format!("no such component: `{name}`{hint}"))
                        .in_file(&rule.file),
                );
            }
        }
    }
    said
}
