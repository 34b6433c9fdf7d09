//! `rules test`

use std::path::PathBuf;

use clap::Args;

use super::super::{Outcome, complain, print};
use crate::base::words;
use crate::rule::Rulebook;
use crate::testing::{self, Depth, Gap, GapKind, Report, RuleReport, TestReport, junit};

/// What to test, and how thoroughly.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Rule files, directories or archives (default: the built-in rules)
    pub paths: Vec<PathBuf>,
    /// Only the rules whose id holds this text
    #[arg(short = 'k', long, value_name = "TEXT")]
    filter: Option<String>,
    /// Change the rules in many small ways: a change that no test notices is a failure
    #[arg(long)]
    mutate: bool,
    /// Parts of a rule that its tests do not show, and boundaries at which none stands, are failures
    #[arg(long)]
    strict: bool,
    /// Write the result for continuous integration
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

/// Runs the tests inside the rules.
pub fn run(arguments: &Arguments, mut book: Rulebook) -> Outcome {
    if let Some(text) = &arguments.filter {
        book.rules.retain(|rule| rule.id.contains(text.as_str()));
        if book.rules.is_empty() {
            return complain(&format!("no rule has `{text}` in its id"), Some("`rules list` shows them"));
        }
    }
    let depth = if arguments.mutate { Depth::Mutants } else { Depth::Coverage };
    let report = testing::run(&book, depth);
    report.rules.iter().for_each(|rule| print(&text_of(rule)));
    print(&summary(&report, depth));
    if let Some(path) = &arguments.junit
        && let Err(e) = std::fs::write(path, junit::render(&report, arguments.strict))
    {
        return complain(&format!("cannot write `{}`: {e}", path.display()), None);
    }
    if report.is_fine(arguments.strict) { Outcome::Fine } else { Outcome::Found }
}

/// What is wrong with the tests of one rule; nothing when all is well.
fn text_of(rule: &RuleReport) -> String {
    let failed: Vec<&TestReport> = rule.tests.iter().filter(|test| !test.wrong.is_empty()).collect();
    if failed.is_empty() && rule.gaps.is_empty() {
        return String::new();
    }
    let mut out = format!("{} ({})\n", rule.id, rule.file);
    for test in failed {
        let line = test.line.map_or(String::new(), |line| format!("line {line}: "));
        out.push_str(&format!("  FAILED   {line}\"{}\"\n", test.name));
        test.wrong.iter().for_each(|wrong| out.push_str(&format!("           {wrong}\n")));
        test.why.iter().for_each(|why| out.push_str(&format!("             {why}\n")));
    }
    for Gap { kind, line, message } in &rule.gaps {
        let line = line.map_or(String::new(), |line| format!("line {line}: "));
        out.push_str(&format!("  {:8} {line}{message}\n", kind.name()));
    }
    out
}

fn summary(report: &Report, depth: Depth) -> String {
    let count = |n: usize, noun: &str| words::count(n as u64, noun);
    let mut out = format!(
        "{}: {} passed, {} failed\n",
        count(report.rules.len(), "rule"),
        count(report.tests() - report.failed(), "test"),
        report.failed()
    );
    let mut parts: Vec<String> = Vec::new();
    let mut add = |kind: GapKind, what: &dyn Fn(usize) -> String| {
        let n = report.gaps(kind);
        if n > 0 {
            parts.push(what(n));
        }
    };
    add(GapKind::Verdict, &|n| format!("{} that no test expects", count(n, "verdict")));
    add(GapKind::Clause, &|n| format!("{} that no test shows in full", count(n, "part")));
    add(GapKind::Boundary, &|n| format!("{} that no test stands at", count(n, "boundary")));
    add(GapKind::Survivor, &|n| format!("{} that no test notices", count(n, "change")));
    if !parts.is_empty() {
        out.push_str(&format!("not proven: {}\n", words::list(&parts)));
    }
    let probed: usize = report.rules.iter().map(|rule| rule.probed).sum();
    if probed > 0 {
        out.push_str(&format!("{} probed\n", count(probed, "boundary")));
    }
    if depth == Depth::Mutants {
        let mutants: usize = report.rules.iter().map(|rule| rule.mutants).sum();
        let survived = report.gaps(GapKind::Survivor);
        out.push_str(&format!("{} made, {} noticed\n", count(mutants, "change"), mutants - survived));
    }
    out
}
