//! Commands, terminal, progress, exit codes. The only user of standard output, standard error, the environment and
//! the clock.
#![expect(clippy::print_stderr, reason = "this is the one place that speaks to the terminal")]

mod analyze;
mod inspect;
mod limits;
mod progress;
mod rules;

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::base::{Diagnostic, snippet};
use crate::rule::Rulebook;
use crate::rule::book::BUILT_IN;

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

/// Prints a diagnostic as compilers do, with the lines of a rule file that it speaks of.
fn say(diagnostic: &Diagnostic) {
    let source = diagnostic.file.as_deref().filter(|_| !diagnostic.labels.is_empty()).and_then(rule_text);
    eprint!("{}", snippet::render(diagnostic, source.as_deref(), color_of_errors()));
}

/// Prints a diagnostic in as few lines as say what is wrong, where, and what to do.
fn say_briefly(diagnostic: &Diagnostic) {
    eprint!("{}", snippet::render(diagnostic, None, color_of_errors()));
}

/// The text of a rule file: of one inside the program, or of one of the user.
fn rule_text(path: &str) -> Option<String> {
    let built_in = BUILT_IN.iter().find(|(known, _)| *known == path).map(|(_, text)| (*text).to_owned());
    built_in.or_else(|| std::fs::read_to_string(path).ok())
}

#[expect(clippy::disallowed_methods, reason = "NO_COLOR is how users speak to terminal programs")]
fn color_of_errors() -> bool {
    std::io::stderr().is_terminal() && std::env::var("NO_COLOR").map_or(true, |value| value.is_empty())
}

/// The built-in rules, or those of the given files and directories.
fn load(paths: &[PathBuf]) -> Result<(Rulebook, Vec<Diagnostic>), String> {
    if paths.is_empty() {
        return Ok(Rulebook::built_in(&crate::vocabulary()));
    }
    let files = rule_files(paths)?;
    let files = files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    Ok(Rulebook::from_files(files, &crate::vocabulary()))
}

/// The rule files at these paths, sorted: path and text.
fn rule_files(paths: &[PathBuf]) -> Result<Vec<(String, String)>, String> {
    let mut files = Vec::new();
    for path in paths {
        for entry in walkdir::WalkDir::new(path).sort_by_file_name() {
            let entry = entry.map_err(|e| format!("cannot read the rules: {e}"))?;
            if entry.file_type().is_file()
                && entry.path().extension().is_some_and(|extension| extension == "yaml")
            {
                let text = std::fs::read_to_string(entry.path())
                    .map_err(|e| format!("cannot read `{}`: {e}", entry.path().display()))?;
                files.push((entry.path().display().to_string(), text));
            }
        }
    }
    if files.is_empty() {
        return Err("there is no rule file (`*.yaml`) at the given place".to_owned());
    }
    Ok(files)
}
