//! Which records hit: the hot loop.
//!
//! One automaton looks for the atoms of the whole rulebook in the raw bytes ([`prefilter`]). Only a line that holds an
//! atom is read as a record, once, and checked against the patterns behind its atoms ([`verify`]). Everything else
//! costs one pass and nothing more.

pub mod hits;
mod lines;
mod moments;
pub mod prefilter;
pub mod sample;
mod several;
pub mod verify;

use std::collections::BTreeMap;

pub use hits::{Bounds, GroupKey, Hit, SignalHits};
pub use sample::{Sample, Samples};

use crate::base::Stamp;
use crate::log::{Record, speaker, view};
use crate::rule::{ANY, LogSignal, Rule, Rulebook, SignalSource};
use crate::source::cut::Piece;
use lines::Lines;
use prefilter::Prefilter;

/// A signal of the rulebook, by its position in [`Program::signals`].
pub type SignalId = usize;

/// Of a line that is shown as evidence or beside it, at most this many bytes are kept.
pub const TEXT_MAX: usize = 4096;

/// Lines of context on each side of evidence.
pub const CONTEXT_LINES: usize = 3;

/// What the data plane needs to know of a rulebook. Shared by all workers.
pub struct Program<'r> {
    prefilter: Prefilter,
    signals: Vec<ProgramSignal<'r>>,
}

/// A log signal with where it stands.
pub struct ProgramSignal<'r> {
    /// Its rule's position in the book.
    pub rule: usize,
    /// Its position among its rule's signals.
    pub signal: usize,
    /// What it matches.
    pub logs: &'r LogSignal,
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
    /// Compiles the log signals of a rulebook.
    ///
    /// # Errors
    /// When the automaton grows beyond what the library allows: a sentence fragment.
    pub fn compile(book: &'r Rulebook) -> Result<Self, String> {
        let mut signals = Vec::new();
        let mut atoms: BTreeMap<&[u8], Vec<(SignalId, usize)>> = BTreeMap::new();
        for (rule_index, rule) in book.rules.iter().enumerate() {
            for (signal_index, logs) in log_signals(rule) {
                let id = signals.len();
                for (pattern_index, pattern) in logs.patterns.iter().enumerate() {
                    for atom in &pattern.atoms {
                        atoms.entry(atom).or_default().push((id, pattern_index));
                    }
                }
                signals.push(ProgramSignal { rule: rule_index, signal: signal_index, logs });
            }
        }
        Ok(Self { prefilter: Prefilter::new(atoms)?, signals })
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
    /// The earliest and latest stamps of its hits.
    pub stamps: Option<(Stamp, Stamp)>,
    /// Lines that were read for what they say of the log.
    pub samples: Samples,
}

/// Scans the lines that a piece owns; the bytes around them are context only.
#[must_use]
pub fn scan(program: &Program<'_>, scope: &Scope, piece: &Piece, bounds: Bounds) -> Scanned {
    let view = view::view(&piece.bytes);
    let lines = Lines::new(piece, view.as_ref());
    let mut verifier = verify::Verifier::new(program, scope, &lines, bounds);
    program.prefilter.each_line(lines.own(), |line, uses| verifier.line(line, uses));
    let (hits, stamps) = verifier.finish();
    let own = piece.bytes.get(piece.owned.clone()).unwrap_or_default();
    Scanned {
        hits,
        lines: count_lines(own),
        bytes: own.len() as u64,
        stamps,
        samples: sample::samples(&lines),
    }
}

/// Lines that begin in `bytes`: line feeds, and one more for an unfinished last line.
#[must_use]
pub fn count_lines(bytes: &[u8]) -> u64 {
    let feeds = memchr::memchr_iter(b'\n', bytes).count() as u64;
    feeds + u64::from(bytes.last().is_some_and(|byte| *byte != b'\n'))
}
