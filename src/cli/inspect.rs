//! `inspect BUNDLE...`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Outcome, analyze, complain, print, progress};
use crate::report;
use crate::rule::Rulebook;

/// Arguments of `inspect`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Bundles of one cluster, as for `analyze`; `-` for standard input
    #[arg(required = true, value_name = "BUNDLE")]
    bundles: Vec<PathBuf>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Form::Text, value_name = "FORMAT")]
    format: Form,
    /// Threads (default: all cores)
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    #[command(flatten)]
    limits: super::limits::LimitArguments,
    /// Print the clusters and their machines only
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// Print every log, file and note
    #[arg(short, long)]
    verbose: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A tree for people
    Text,
    /// Everything, for programs
    Json,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    let options = match analyze::options(arguments.jobs, &arguments.limits) {
        Ok(options) => options,
        Err(message) => return complain(&message, None),
    };
    let (book, _) = Rulebook::for_bundles([], &crate::vocabulary());
    let (inputs, said) = analyze::open(&arguments.bundles, arguments.verbose);
    if inputs.is_empty() {
        return complain("none of the inputs can be read", None);
    }
    let bar = progress::bar(inputs.iter().map(|input| input.bytes).sum(), arguments.quiet);
    let inventory = crate::inspect(&inputs, &book, said, &options, &|bytes| bar.inc(bytes));
    bar.finish_and_clear();
    match arguments.format {
        Form::Text => {
            let style = analyze::style(arguments.quiet, arguments.verbose);
            print(&report::inspect(&inventory, &style));
        }
        Form::Json => match serde_json::to_string_pretty(&inventory) {
            Ok(text) => print(&format!("{text}\n")),
            Err(error) => return complain(&format!("cannot write the result as JSON: {error}"), None),
        },
    }
    Outcome::Fine
}
