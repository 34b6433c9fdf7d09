//! `--timings`: where the time of a run went.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use crate::base::timer::{RuleCost, Stage, Timer};
use crate::base::words::grouped;
use crate::rule::Rulebook;

/// Rules that are named.
const DEAREST: usize = 10;

/// A timer that begins now.
pub fn timer() -> Arc<Timer> {
    now();
    Arc::new(Timer::new(now))
}

/// Nanoseconds since the first call.
#[expect(
    clippy::disallowed_methods,
    reason = "the only place that asks how late it is; no verdict depends on it"
)]
fn now() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let elapsed = START.get_or_init(Instant::now).elapsed().as_nanos();
    u64::try_from(elapsed).unwrap_or(u64::MAX)
}

/// Prints what the timer knows to standard error.
pub fn say(timer: &Timer, book: &Rulebook) {
    let _ =
        std::io::Write::write_all(&mut std::io::stderr(), text(timer, timer.now(), book, peak()).as_bytes());
}

fn text(timer: &Timer, wall: u64, book: &Rulebook, peak: Option<u64>) -> String {
    let total: u64 = busy().map(|stage| timer.of(stage)).sum();
    let mut out = format!("\nThe run took {}", seconds(wall));
    if let Some(kibibytes) = peak {
        out.push_str(&format!(" and at most {} MiB of memory", kibibytes.div_ceil(1024)));
    }
    out.push_str(". Its threads together were busy with\n\n");
    for stage in busy() {
        let share = timer.of(stage) as f64 * 100.0 / total.max(1) as f64;
        out.push_str(&format!("  {:>8}  {share:>3.0} %  {}\n", seconds(timer.of(stage)), name(stage)));
    }
    let waited = seconds(timer.of(Stage::Waiting));
    out.push_str(&format!("  {waited:>8}         waiting of readers for workers\n"));
    let mut rules: Vec<(usize, RuleCost)> = timer.rules().into_iter().collect();
    rules.sort_by_key(|(rule, cost)| (std::cmp::Reverse(cost.scanning + cost.judging), *rule));
    out.push_str("\nThe dearest rules (searching, judging, lines that were read for them)\n\n");
    for (rule, cost) in rules.iter().take(DEAREST) {
        let id = book.rules.get(*rule).map_or("?", |rule| rule.id.as_str());
        let (scanning, judging) = (seconds(cost.scanning), seconds(cost.judging));
        out.push_str(&format!("  {scanning:>8}  {judging:>8}  {:>11}  {id}\n", grouped(cost.lines)));
    }
    out
}

fn busy() -> impl Iterator<Item = Stage> {
    Stage::ALL.into_iter().filter(|stage| *stage != Stage::Waiting)
}

fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Rules => "rules: reading and compiling them",
        Stage::Reading => "reading: inflating, unpacking, classifying, cutting",
        Stage::Waiting => "waiting",
        Stage::Scanning => "logs: searching them",
        Stage::Documents => "objects: parsing lists, tables, output of commands",
        Stage::Folding => "adding up what was found",
        Stage::Model => "the model: clusters, nodes, clocks",
        Stage::Judging => "judging the rules (wall time)",
        Stage::Result => "causes, coverage, what the reports show",
        Stage::Reports => "writing the reports",
    }
}

fn seconds(ns: u64) -> String {
    format!("{:.3} s", ns as f64 / 1e9)
}

/// The most memory that the program has had, in kibibytes, where the system tells (Linux).
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_and_rules_are_told_the_dearest_first() {
        let timer = Timer::new(|| 0);
        timer.add(Stage::Scanning, 3_000_000_000);
        timer.add(Stage::Reading, 1_000_000_000);
        timer.add(Stage::Waiting, 9_000_000_000);
        timer.add_rules((0..12).map(|rule| {
            (rule, RuleCost { lines: rule as u64 * 1000, scanning: rule as u64 * 1_000_000, judging: 0 })
        }));
        let text = text(&timer, 2_500_000_000, &Rulebook::default(), Some(2049));
        assert!(text.contains("took 2.500 s and at most 3 MiB of memory"), "{text}");
        assert!(text.contains("   3.000 s   75 %  logs"), "{text}");
        assert!(text.contains("   9.000 s         waiting"), "{text}");
        let dearest: Vec<&str> = text.lines().filter(|line| line.ends_with('?')).collect();
        assert_eq!(dearest.len(), DEAREST);
        assert!(dearest[0].contains("0.011 s") && dearest[0].contains("11,000"), "{text}");
    }
}
