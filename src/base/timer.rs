//! Where the time of a run goes. Without a timer nothing asks for the time; with one the result is the same.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a run spends its time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Reading and compiling the rules.
    Rules,
    /// Reading, inflating, unpacking, classifying and cutting the inputs; of small files workers do a part of it.
    Reading,
    /// Readers that wait for a free buffer, because the workers have not caught up.
    Waiting,
    /// Searching logs.
    Scanning,
    /// Parsing lists of objects, tables and the output of commands.
    Documents,
    /// Adding up what the workers found, in the order of the inputs.
    Folding,
    /// Making the model: clusters, nodes, clocks.
    Model,
    /// Judging the rules.
    Judging,
    /// Causes, coverage, and what the reports show.
    Result,
    /// Writing the reports.
    Reports,
}

impl Stage {
    /// All, in the order in which a run comes to them.
    pub const ALL: [Self; 10] = [
        Self::Rules,
        Self::Reading,
        Self::Waiting,
        Self::Scanning,
        Self::Documents,
        Self::Folding,
        Self::Model,
        Self::Judging,
        Self::Result,
        Self::Reports,
    ];
}

/// What one rule costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleCost {
    /// Lines that were read because they hold what the rule looks for.
    pub lines: u64,
    /// Nanoseconds for these lines; where several rules read one, each has its share.
    pub scanning: u64,
    /// Nanoseconds for its verdict.
    pub judging: u64,
}

impl RuleCost {
    fn add(&mut self, other: Self) {
        self.lines += other.lines;
        self.scanning += other.scanning;
        self.judging += other.judging;
    }
}

/// Adds up times, from any thread.
#[derive(Debug)]
pub struct Timer {
    /// Nanoseconds since some moment: the library has no clock of its own.
    clock: fn() -> u64,
    stages: [AtomicU64; Stage::ALL.len()],
    /// By the rule's position in the book.
    rules: Mutex<BTreeMap<usize, RuleCost>>,
}

impl Timer {
    /// A timer that takes the time from `clock`: nanoseconds since some moment, never less than before.
    #[must_use]
    pub fn new(clock: fn() -> u64) -> Self {
        Self { clock, stages: Default::default(), rules: Mutex::default() }
    }

    /// The time, in nanoseconds.
    #[must_use]
    pub fn now(&self) -> u64 {
        (self.clock)()
    }

    /// Adds nanoseconds to a stage.
    pub fn add(&self, stage: Stage, ns: u64) {
        if let Some(sum) = self.stages.get(stage as usize) {
            sum.fetch_add(ns, Ordering::Relaxed);
        }
    }

    /// Nanoseconds that a stage took, over all threads.
    #[must_use]
    pub fn of(&self, stage: Stage) -> u64 {
        self.stages.get(stage as usize).map_or(0, |sum| sum.load(Ordering::Relaxed))
    }

    /// Adds to what rules cost, by their positions in the book.
    pub fn add_rules(&self, costs: impl IntoIterator<Item = (usize, RuleCost)>) {
        // Who panics here has lost nothing but a sum of times.
        let mut rules = self.rules.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for (rule, cost) in costs {
            rules.entry(rule).or_default().add(cost);
        }
    }

    /// What each rule cost, by its position in the book.
    #[must_use]
    pub fn rules(&self) -> BTreeMap<usize, RuleCost> {
        self.rules.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

/// Does something, and adds the time to a stage if there is a timer.
pub fn timed<T>(timer: Option<&Timer>, stage: Stage, work: impl FnOnce() -> T) -> T {
    let Some(timer) = timer else { return work() };
    let start = timer.now();
    let done = work();
    timer.add(stage, timer.now().saturating_sub(start));
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A clock that goes on by one with each look.
    fn clock() -> u64 {
        static LOOKS: AtomicU64 = AtomicU64::new(0);
        LOOKS.fetch_add(1, Ordering::Relaxed)
    }

    #[test]
    fn times_add_up() {
        let timer = Timer::new(clock);
        assert_eq!(timed(Some(&timer), Stage::Judging, || 7), 7);
        assert_eq!(timed(None, Stage::Judging, || 7), 7);
        timer.add(Stage::Judging, 10);
        assert_eq!((timer.of(Stage::Judging), timer.of(Stage::Reading)), (11, 0));
        let cost = RuleCost { lines: 1, scanning: 2, judging: 3 };
        timer.add_rules([(4, cost), (4, cost)]);
        assert_eq!(timer.rules(), [(4, RuleCost { lines: 2, scanning: 4, judging: 6 })].into());
    }
}
