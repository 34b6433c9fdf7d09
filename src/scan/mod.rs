//! Which records hit: the hot loop.
//!
//! The atoms of the whole rulebook are looked for in the raw bytes in one pass ([`prefilter`]). Only a line that holds an
//! atom and whatever else a pattern requires is read as a record, once, and checked against these patterns ([`verify`]).
//! Everything else costs one pass and nothing more.

pub mod hits;
mod lines;
mod moments;
pub mod prefilter;
pub mod sample;
pub mod series;
mod several;
pub mod verify;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use memchr::memmem::Finder;

pub use hits::{Bounds, GroupKey, Hit, SignalHits};
pub use sample::{Sample, Samples};

use crate::base::Stamp;
use crate::base::timer::Timer;
use crate::log::{Record, speaker, view};
use crate::rule::atoms::AnyOf;
use crate::rule::{ANY, LogSignal, Rule, Rulebook, SignalSource};
use crate::source::cut::Piece;
use lines::Lines;
use prefilter::{PatternUse, Prefilter};

/// A log signal, by its position in [`Program::signals`].
pub type SignalId = usize;

/// Of a line that is shown as evidence or beside it, at most this many bytes are kept.
pub const TEXT_MAX: usize = 4096;

/// Lines of context on each side of evidence.
pub const CONTEXT_LINES: usize = 3;

/// What the data plane needs to know of a rulebook. Shared by all workers.
pub struct Program<'r> {
    prefilter: Prefilter,
    signals: Vec<ProgramSignal<'r>>,
    timer: Option<Arc<Timer>>,
}

/// A log signal with where it stands. Rules that look for the same share one: a line is read and counted once for all of them.
pub struct ProgramSignal<'r> {
    /// The positions of its rules in the book, each with its position among the rule's signals.
    pub users: Vec<(usize, usize)>,
    /// What it matches.
    pub logs: &'r LogSignal,
    /// What else must stand in a line that holds one of its atoms, by pattern.
    others: Vec<Others<'r>>,
    /// What must stand in a line that is left out, by matcher.
    excluded: Vec<Others<'r>>,
    /// How many patterns the signals before it have.
    first_pattern: usize,
}

/// Literals of which each set has one in every text that a pattern matches.
struct Others<'r>(Vec<Vec<Finder<'r>>>);

impl<'r> Others<'r> {
    fn of(sets: impl Iterator<Item = &'r AnyOf>) -> Self {
        let finders = |set: &'r AnyOf| set.iter().map(Finder::new).collect();
        Self(sets.map(finders).collect())
    }

    /// Whether all of them are there.
    fn are_in(&self, text: &[u8]) -> bool {
        self.0.iter().all(|set| set.iter().any(|finder| finder.find(text).is_some()))
    }
}

/// Whose a log is, as far as its place tells.
#[derive(Clone, Copy, Debug)]
pub struct Whose<'a> {
    /// The components that write into it; empty when that is not known, so that any may.
    pub components: &'a [&'static str],
    /// The pod's namespace.
    pub namespace: Option<&'a str>,
    /// The container.
    pub container: Option<&'a str>,
    /// Whether each line may say whose it is.
    pub mixed: bool,
}

/// Which signals look at a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// By the components of the log.
    of_log: Vec<bool>,
    /// Whether each line may be of a component of its own, which then decides.
    mixed: bool,
    /// Whether it is the log of all programs of a machine.
    is_of_all: bool,
}

impl Scope {
    /// The component of a line in a log of several, where the line tells. Who starts and stops programs writes about them
    /// into their logs: that is taken for the log's own. In the log of all programs, a program that nobody knows is the system's.
    fn speaker(&self, record: &Record<'_>) -> Option<&'static str> {
        if !self.mixed {
            return None;
        }
        let told = record.speaker.filter(|speaker| self.is_of_all || !speaker::writes_about_others(speaker));
        if !self.is_of_all {
            return told;
        }
        let program =
            || record.program.as_deref().map(|name| speaker::supervisor(name).unwrap_or(speaker::SYSTEM));
        told.or_else(program)
    }
}

/// Whose hits they are: in a log of several programs, those of each are kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HitKey {
    /// The signal.
    pub signal: SignalId,
    /// The component that wrote the lines, where the log is of several and the lines tell.
    pub speaker: Option<&'static str>,
}

impl<'r> Program<'r> {
    /// Prepares the search for the log signals of a rulebook.
    #[must_use]
    #[expect(
        clippy::mutable_key_type,
        reason = "whether a template is compiled yet is no part of what it equals"
    )]
    pub fn compile(book: &'r Rulebook) -> Self {
        let mut signals: Vec<ProgramSignal<'r>> = Vec::new();
        let mut known: HashMap<&LogSignal, SignalId> = HashMap::new();
        let mut atoms: BTreeMap<&[u8], Vec<PatternUse>> = BTreeMap::new();
        let mut first_pattern = 0;
        for (rule_index, rule) in book.rules.iter().enumerate() {
            for (signal_index, logs) in log_signals(rule) {
                let user = (rule_index, signal_index);
                if let Some(same) = known.get(logs).and_then(|id| signals.get_mut(*id)) {
                    same.users.push(user);
                    continue;
                }
                let id = signals.len();
                known.insert(logs, id);
                for (pattern_index, pattern) in logs.patterns.iter().enumerate() {
                    for atom in &pattern.required.atoms {
                        atoms.entry(atom).or_default().push((id, pattern_index));
                    }
                }
                let others = logs.patterns.iter().map(|one| Others::of(one.required.others.iter())).collect();
                let excluded = logs.exclude.iter().map(|one| Others::of(one.required())).collect();
                signals.push(ProgramSignal { users: vec![user], logs, others, excluded, first_pattern });
                first_pattern += logs.patterns.len();
            }
        }
        Self { prefilter: Prefilter::new(atoms, &view::MARKS), signals, timer: None }
    }

    /// The same, with somebody to be told what each rule costs.
    #[must_use]
    pub fn timed_by(self, timer: Option<Arc<Timer>>) -> Self {
        Self { timer, ..self }
    }

    /// Who is told what each rule costs, if anybody.
    #[must_use]
    pub fn timer(&self) -> Option<&Timer> {
        self.timer.as_deref()
    }

    /// The log signals, by [`SignalId`].
    #[must_use]
    pub fn signals(&self) -> &[ProgramSignal<'r>] {
        &self.signals
    }

    /// Which signals look at a log.
    #[must_use]
    pub fn scope(&self, whose: &Whose<'_>) -> Scope {
        let names = |wanted: &Option<String>, name: Option<&str>| match (wanted, name) {
            (Some(wanted), Some(name)) => wanted == name,
            _ => true,
        };
        let components = whose.components;
        let wanted = |signal: &ProgramSignal<'_>| {
            (components.is_empty() || components.iter().any(|component| signal.is_of(component)))
                && names(&signal.logs.namespace, whose.namespace)
                && names(&signal.logs.container, whose.container)
        };
        let is_of_all = whose.mixed && components.is_empty();
        Scope { of_log: self.signals.iter().map(wanted).collect(), mixed: whose.mixed, is_of_all }
    }

    /// Whether a signal looks at any line of a log.
    fn may_look_at(&self, signal: SignalId, scope: &Scope) -> bool {
        scope.mixed || self.looks_at(signal, scope, None)
    }

    /// Whether a signal looks at a line that this component wrote, as [`Scope::speaker`] says.
    fn looks_at(&self, signal: SignalId, scope: &Scope, speaker: Option<&str>) -> bool {
        match speaker {
            Some(speaker) => self.signals.get(signal).is_some_and(|signal| signal.is_of(speaker)),
            None => scope.of_log.get(signal).copied().unwrap_or(false),
        }
    }
}

impl ProgramSignal<'_> {
    fn is_of(&self, component: &str) -> bool {
        self.logs.components.iter().any(|name| name == ANY || name == component)
    }
}

fn log_signals(rule: &Rule) -> impl Iterator<Item = (usize, &LogSignal)> {
    rule.signals.iter().enumerate().filter_map(|(index, signal)| match &signal.source {
        SignalSource::Logs(logs) => Some((index, logs)),
        SignalSource::Objects(_) | SignalSource::Derived(_) => None,
    })
}

/// What one piece of a log holds.
#[derive(Debug, Default)]
pub struct Scanned {
    /// Hits by signal; lines and offsets are relative to the piece's owned range.
    pub hits: BTreeMap<HitKey, SignalHits>,
    /// Lines that begin in the owned range.
    pub lines: u64,
    /// Bytes of these lines.
    pub bytes: u64,
    /// Which of them, from 0, are longer than allowed.
    pub long_lines: Vec<u64>,
    /// The earliest and latest stamps of its hits.
    pub stamps: Option<(Stamp, Stamp)>,
    /// Lines that were read for what they say of the log.
    pub samples: Samples,
}

/// Scans the lines that a piece owns; the bytes around them are context only.
#[must_use]
pub fn scan(program: &Program<'_>, scope: &Scope, piece: &Piece, bounds: Bounds) -> Scanned {
    let as_it_is = Lines::new(piece, None);
    let found = if view::has_escapes(&piece.bytes) {
        None
    } else {
        search(program, scope, &as_it_is, bounds, view::hides_at)
    };
    match found {
        Some(found) => scanned(piece, &as_it_is, found, bounds),
        None => {
            let view = view::view(&piece.bytes);
            let lines = Lines::new(piece, Some(&view));
            let found = search(program, scope, &lines, bounds, |_, _, _| false);
            scanned(piece, &lines, found.unwrap_or_default(), bounds)
        }
    }
}

/// Hits, and the earliest and latest stamps among them.
type Found = (BTreeMap<HitKey, SignalHits>, Option<(Stamp, Stamp)>);

/// The hits in these lines; `None` when `hides_at` (which gets the bytes, the mark and where it begins) finds that the lines do not
/// stand there as they were written.
fn search(
    program: &Program<'_>,
    scope: &Scope,
    lines: &Lines<'_>,
    bounds: Bounds,
    hides_at: fn(&[u8], usize, usize) -> bool,
) -> Option<Found> {
    let own = lines.own();
    let mut verifier = verify::Verifier::new(program, scope, lines, bounds);
    let hides = |mark, at| hides_at(own, mark, at);
    let looks = |uses: &[PatternUse]| uses.iter().any(|used| program.may_look_at(used.0, scope));
    let is_whole = program.prefilter.each_line(own, looks, hides, |line, uses| verifier.line(line, uses));
    is_whole.then(|| verifier.finish())
}

fn scanned(piece: &Piece, lines: &Lines<'_>, (hits, stamps): Found, bounds: Bounds) -> Scanned {
    let own = piece.bytes.get(piece.owned.clone()).unwrap_or_default();
    Scanned {
        hits,
        lines: count_lines(own),
        bytes: own.len() as u64,
        long_lines: long_lines(own, bounds.line),
        stamps,
        samples: sample::samples(lines),
    }
}

/// The lines that are longer than `max` bytes. Where there are none, one line feed in each `max` bytes is proof enough.
fn long_lines(bytes: &[u8], max: usize) -> Vec<u64> {
    let mut long = Vec::new();
    let mut start: usize = 0;
    while let Some(window) = bytes.get(start..start.saturating_add(max).saturating_add(1)) {
        match memchr::memrchr(b'\n', window) {
            Some(feed) => start += feed + 1,
            None => {
                long.push(count_lines(bytes.get(..start).unwrap_or_default()));
                start = lines::end_of(bytes, start) + 1;
            }
        }
    }
    long
}

/// Lines that begin in `bytes`: line feeds, and one more for an unfinished last line.
#[must_use]
pub fn count_lines(bytes: &[u8]) -> u64 {
    let feeds = memchr::memchr_iter(b'\n', bytes).count() as u64;
    feeds + u64::from(bytes.last().is_some_and(|byte| *byte != b'\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_named() {
        let text = format!("short\n{}\nshort\n{}\n\n{}", "x".repeat(50), "x".repeat(20), "x".repeat(21));
        assert_eq!(long_lines(text.as_bytes(), 20), [1, 5]);
        assert_eq!(long_lines(b"", 20), [0; 0]);
        assert_eq!(long_lines(text.as_bytes(), usize::MAX), [0; 0]);
    }
}
