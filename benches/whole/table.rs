//! What a reader sees of a case.

#![expect(clippy::print_stdout, reason = "the tables are what the program is for")]

use crate::measure::{Run, Runs};

/// At most which share of another contender's time the first one may take.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The other contender's name.
    pub of: &'a str,
    /// The share.
    pub at_most: f64,
}

/// Prints the contenders. The ratio of each is the time of the first one to its own.
pub fn print(title: &str, all: &[Runs], targets: &[Target<'_>]) {
    println!("\n{title}\n");
    println!(
        "  {:<34} {:>8} {:>15} {:>8} {:>9} {:>7}  target",
        "", "wall s", "(min..max)", "CPU s", "peak MiB", "ratio"
    );
    let first = all.first().map_or(0.0, |first| first.median(|run| run.wall));
    for (position, runs) in all.iter().enumerate() {
        let wall = runs.median(|run| run.wall);
        let (least, most) = runs.span();
        let ratio = first / wall;
        let shown = if position == 0 { String::new() } else { format!("{ratio:.2}") };
        let target = targets.iter().find(|target| position > 0 && target.of == runs.name);
        let verdict = target.map(|target| at_most(ratio, target.at_most, 2)).unwrap_or_default();
        let line = format!(
            "  {:<34} {wall:>8.3} {:>15} {:>8.2} {:>9.1} {shown:>7}  {verdict}",
            runs.name,
            format!("({least:.2}..{most:.2})"),
            runs.median(|run| run.cpu),
            peak(runs),
        );
        println!("{}", line.trim_end());
    }
}

/// A target and whether it is met.
pub fn at_most(figure: f64, target: f64, digits: usize) -> String {
    let met = if figure <= target { "met" } else { "NOT met" };
    format!("at most {target:.digits$}: {met}")
}

/// The same for figures that shall be great.
pub fn at_least(figure: f64, target: f64) -> String {
    let met = if figure >= target { "met" } else { "NOT met" };
    format!("at least {target:.0}: {met}")
}

/// The median of the peak memory, in MiB.
pub fn peak(runs: &Runs) -> f64 {
    runs.median(|run: &Run| run.peak) / 1024.0
}

/// Prints a line that belongs to the case.
pub fn note(text: &str) {
    println!("{}", format!("  {text}").trim_end());
}

/// Bytes in words.
pub fn bytes(n: u64) -> String {
    const MIB: f64 = 1_048_576.0;
    #[expect(clippy::cast_precision_loss, reason = "shown with two digits")]
    let mib = n as f64 / MIB;
    if mib < 1024.0 { format!("{mib:.1} MiB") } else { format!("{:.2} GiB", mib / 1024.0) }
}
