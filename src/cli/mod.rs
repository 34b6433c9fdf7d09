//! Commands, terminal, progress, exit codes. The only user of standard output, standard error, the environment and
//! the clock.
#![expect(clippy::print_stderr, reason = "this is the one place that speaks to the terminal")]

mod analyze;
mod book;
mod explain;
mod inspect;
mod limits;
mod progress;
mod rules;
mod timings;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::base::{Diagnostic, snippet};

/// What a command came to, and so the program's exit code. The table in the README is this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All is well: nothing at or above `--fail-on`.
    Fine,
    /// Findings at or above `--fail-on`, or tests that failed.
    Found,
    /// The input cannot be read, or the arguments are wrong.
    CannotRun,
    /// The rules are broken.
    BrokenRules,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        ExitCode::from(match outcome {
            Outcome::Fine => 0,
            Outcome::Found => 1,
            Outcome::CannotRun => 2,
            Outcome::BrokenRules => 3,
        })
    }
}

/// Reads Kubernetes support bundles offline and says what broke first.
#[derive(Debug, Parser)]
#[command(name = "rancher-bundle", version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Find root causes in one or more bundles of one cluster
    Analyze(analyze::Arguments),
    /// Show what is in one or more bundles, and what is not
    Inspect(inspect::Arguments),
    /// Say how a rule came to its verdict on one or more bundles
    Explain(explain::Arguments),
    /// Look at, check and test the rules
    #[command(subcommand)]
    Rules(rules::Command),
}

/// Parses the command line and runs the command.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        Command::Analyze(arguments) => analyze::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Rules(command) => rules::run(&command),
    };
    outcome.into()
}

/// Writes to standard output. Whoever reads it may stop reading (`| head`): that is no fault.
fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Says an error that ends the command, with what to do about it.
fn complain(message: &str, help: Option<&str>) -> Outcome {
    eprintln!("error: {message}");
    if let Some(help) = help {
        eprintln!("  = help: {help}");
    }
    Outcome::CannotRun
}

/// Prints a diagnostic as compilers do.
fn say(diagnostic: &Diagnostic) {
    eprint!("{}", snippet::render(diagnostic, color_of_errors()));
}

#[expect(clippy::disallowed_methods, reason = "NO_COLOR is how users speak to terminal programs")]
fn color_of_errors() -> bool {
    std::io::stderr().is_terminal() && std::env::var("NO_COLOR").map_or(true, |value| value.is_empty())
}
