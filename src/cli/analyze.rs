//! `analyze BUNDLE...`

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::book::RuleArguments;
use super::limits::LimitArguments;
use super::{Outcome, complain, print, progress, say, timings};
use crate::analysis::{Analysis, Severity};
use crate::base::timer::{Stage, timed};
use crate::base::{self, Diagnostic};
use crate::ingest::{CHUNK, Options};
use crate::report::{self, Format, Style, Verbosity};
use crate::source::Input;

/// Arguments of `analyze`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Bundles of one cluster: .tar, .tar.gz, .tar.zst, .tar.xz, .tar.bz2, .zip, directories, single files; `-` for standard input
    #[arg(required = true, value_name = "BUNDLE")]
    bundles: Vec<PathBuf>,
    /// Write a report; the format follows the extension: .html, .md or .json (repeatable)
    ///
    /// Without it, report.html is written in the current directory.
    #[arg(short, long, value_name = "FILE")]
    output: Vec<PathBuf>,
    /// Formats of the output files, in their order, when their extensions do not say
    #[arg(long, value_delimiter = ',', value_name = "FORMAT")]
    format: Vec<String>,
    /// Exit with 1 when there is a finding this grave or graver
    #[arg(long, value_enum, default_value_t = FailOn::Never, value_name = "SEVERITY")]
    fail_on: FailOn,
    #[command(flatten)]
    rules: RuleArguments,
    /// Threads (default: all cores)
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    #[command(flatten)]
    limits: LimitArguments,
    /// Print to standard error where the time went: by stage, and by the ten dearest rules
    #[arg(long)]
    timings: bool,
    /// Print the verdict only
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// Print every finding and diagnostic in full
    #[arg(short, long)]
    verbose: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Critical,
    Error,
    Warning,
    Never,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    let outputs = match outputs(arguments) {
        Ok(outputs) => outputs,
        Err(message) => {
            return complain(&message, Some("name the file .html, .md or .json, or give --format"));
        }
    };
    let mut options = match options(arguments.jobs, &arguments.limits) {
        Ok(options) => options,
        Err(message) => return complain(&message, None),
    };
    let timer = arguments.timings.then(timings::timer);
    options.timer = timer.clone();
    let loaded = timed(timer.as_deref(), Stage::Rules, || arguments.rules.book());
    let (book, mut said) = match loaded {
        Ok(loaded) => loaded,
        Err(message) => return complain(&message, None),
    };
    let (inputs, unopened) = open(&arguments.bundles, arguments.verbose);
    // That an own rule counts in place of a built-in one is in the report; that it is broken must not be overlooked.
    let shown = |diagnostic: &&Diagnostic| arguments.verbose || diagnostic.severity > base::Severity::Info;
    said.iter().filter(shown).for_each(say);
    said.extend(unopened);
    if inputs.is_empty() {
        return complain("none of the inputs can be read", None);
    }
    let bar = progress::bar(inputs.iter().map(|input| input.bytes).sum(), arguments.quiet);
    let analysed = crate::analyze(&inputs, &book, said, &options, &|bytes| bar.inc(bytes));
    bar.finish_and_clear();
    let outcome = timed(timer.as_deref(), Stage::Reports, || deliver(arguments, &analysed, &outputs));
    if let Some(timer) = timer {
        timings::say(&timer, &book);
    }
    outcome
}

/// Writes the reports and prints the verdict.
fn deliver(arguments: &Arguments, analysis: &Analysis, outputs: &[(PathBuf, Format)]) -> Outcome {
    for (path, format) in outputs {
        let written = report::render(*format, analysis)
            .map_err(|e| e.to_string())
            .and_then(|text| std::fs::write(path, text).map_err(|e| e.to_string()));
        if let Err(message) = written {
            return complain(&format!("cannot write `{}`: {message}", path.display()), None);
        }
    }
    print(&report::terminal(analysis, &style(arguments.quiet, arguments.verbose)));
    if !arguments.quiet {
        for (path, _) in outputs {
            print(&format!("wrote {}\n", path.display()));
        }
    }
    let worst = analysis.verdict.worst;
    let limit = match arguments.fail_on {
        FailOn::Critical => Severity::Critical,
        FailOn::Error => Severity::Error,
        FailOn::Warning => Severity::Warning,
        FailOn::Never => return Outcome::Fine,
    };
    if worst.is_some_and(|worst| worst >= limit) { Outcome::Found } else { Outcome::Fine }
}

/// Whether a person reads standard output.
pub(super) fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

#[expect(
    clippy::disallowed_methods,
    reason = "NO_COLOR and COLUMNS are how users speak to terminal programs"
)]
pub(super) fn style(quiet: bool, verbose: bool) -> Style {
    let terminal = is_terminal();
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    Style {
        color: terminal && std::env::var("NO_COLOR").map_or(true, |value| value.is_empty()),
        width: columns.or_else(|| terminal_width(terminal)).unwrap_or(100),
        verbosity: match (quiet, verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        },
    }
}

fn terminal_width(terminal: bool) -> Option<usize> {
    let (_, columns) = console::Term::stdout().size_checked().filter(|_| terminal)?;
    Some(usize::from(columns))
}

fn outputs(arguments: &Arguments) -> Result<Vec<(PathBuf, Format)>, String> {
    let default = [PathBuf::from("report.html")];
    let paths = if arguments.output.is_empty() { &default[..] } else { &arguments.output };
    let mut outputs = Vec::new();
    for (index, path) in paths.iter().enumerate() {
        let format = match arguments.format.get(index) {
            Some(name) => Format::from_name(name).ok_or_else(|| format!("no such format: `{name}`"))?,
            None => Format::from_path(path)
                .ok_or_else(|| format!("cannot tell the format of `{}` from its name", path.display()))?,
        };
        outputs.push((path.clone(), format));
    }
    Ok(outputs)
}

/// The inputs that can be opened, and what is wrong with the others, which is said at once.
pub(super) fn open(paths: &[PathBuf], verbose: bool) -> (Vec<Input>, Vec<Diagnostic>) {
    let (mut inputs, mut said) = (Vec::new(), Vec::new());
    for path in paths {
        match Input::open(path) {
            Ok(input) => inputs.push(input),
            Err(error) => said.push(crate::unreadable(&error)),
        }
    }
    if verbose || !said.is_empty() {
        said.iter().for_each(say);
    }
    (inputs, said)
}

/// How to go about the input.
pub(super) fn options(jobs: Option<usize>, limits: &LimitArguments) -> Result<Options, String> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = jobs.unwrap_or(cores);
    if jobs == 0 {
        return Err("--jobs must be at least 1".to_owned());
    }
    // One pool for judging: the number of threads never changes the result, only the time.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(jobs).build_global();
    Ok(Options { jobs, chunk: CHUNK, limits: limits.0.clone(), timer: None })
}
