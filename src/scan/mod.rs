//! Which records hit: the hot loop.
//!
//! One automaton looks for the atoms of the whole rulebook in the raw bytes ([`prefilter`]). Only a line that holds an
//! atom is read as a record, once, and checked against the patterns behind its atoms ([`verify`]). Everything else
//! costs one pass and nothing more.

pub mod hits;
pub mod prefilter;
pub mod verify;

use std::collections::BTreeMap;
use std::ops::Range;

pub use hits::{Bounds, GroupKey, Hit, SignalHits};

use crate::base::Stamp;
use crate::base::stamp::extremes;
use crate::rule::{ANY, LogSignal, Rule, Rulebook, SignalSource};
use prefilter::Prefilter;

/// A signal of the rulebook, by its position in [`Program::signals`].
pub type SignalId = usize;

/// Of a line that is shown as evidence, at most this many bytes are kept.
pub const TEXT_MAX: usize = 4096;

/// Lines of context on each side of evidence.
pub const CONTEXT_LINES: usize = 3;

/// What the data plane needs to know of a rulebook. Shared by all workers.
pub struct Program<'r> {
    prefilter: Prefilter,
    signals: Vec<ProgramSignal<'r>>,
}

/// A log signal with what its rule groups by.
pub struct ProgramSignal<'r> {
    /// Its rule's position in the book.
    pub rule: usize,
    /// Its position among its rule's signals.
    pub signal: usize,
    /// What it matches.
    pub logs: &'r LogSignal,
    /// The fields by which its rule groups.
    pub group_by: &'r [String],
}

/// Which signals look at a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope(Vec<bool>);

impl Scope {
    fn holds(&self, signal: SignalId) -> bool {
        self.0.get(signal).copied().unwrap_or(false)
    }
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
                let group_by = rule.group_by.as_slice();
                signals.push(ProgramSignal { rule: rule_index, signal: signal_index, logs, group_by });
            }
        }
        Ok(Self { prefilter: Prefilter::new(atoms)?, signals })
    }

    /// The log signals, by [`SignalId`].
    #[must_use]
    pub fn signals(&self) -> &[ProgramSignal<'r>] {
        &self.signals
    }

    /// Which signals look at a log of these components (empty: unknown, so that any may) and pod namespace.
    #[must_use]
    pub fn scope(&self, components: &[&str], namespace: Option<&str>) -> Scope {
        let wanted = |signal: &ProgramSignal<'_>| {
            let component = components.is_empty()
                || signal
                    .logs
                    .components
                    .iter()
                    .any(|name| name == ANY || components.contains(&name.as_str()));
            let place = match (&signal.logs.namespace, namespace) {
                (Some(wanted), Some(namespace)) => wanted == namespace,
                _ => true,
            };
            component && place
        };
        Scope(self.signals.iter().map(wanted).collect())
    }
}

fn log_signals(rule: &Rule) -> impl Iterator<Item = (usize, &LogSignal)> {
    rule.signals.iter().enumerate().filter_map(|(index, signal)| match &signal.source {
        SignalSource::Logs(logs) => Some((index, logs)),
        SignalSource::Objects(_) => None,
    })
}

/// What one chunk of a log holds.
#[derive(Debug, Default)]
pub struct Scanned {
    /// Hits by signal; lines and offsets are relative to the chunk's owned range.
    pub hits: BTreeMap<SignalId, SignalHits>,
    /// Lines that begin in the owned range.
    pub lines: u64,
    /// The earliest and latest stamps seen at the ends of the chunk and on its hits.
    pub stamps: Option<(Stamp, Stamp)>,
}

/// Scans the lines that begin in `owned`; the bytes around it are context only.
#[must_use]
pub fn scan(
    program: &Program<'_>,
    scope: &Scope,
    bytes: &[u8],
    owned: Range<usize>,
    bounds: Bounds,
) -> Scanned {
    let mut scanned = Scanned::default();
    let own = bytes.get(owned.clone()).unwrap_or_default();
    scanned.lines = count_lines(own);
    let mut verifier = verify::Verifier::new(program, scope, bytes, owned.clone(), bounds);
    program.prefilter.each_line(own, |line, uses| verifier.line(line, uses));
    let mut seen = verifier.finish(&mut scanned.hits);
    seen.extend(edge_stamp(own.split(|byte| *byte == b'\n')));
    seen.extend(edge_stamp(own.rsplit(|byte| *byte == b'\n')));
    scanned.stamps = extremes(seen);
    scanned
}

/// Lines that begin in `bytes`: line feeds, and one more for an unfinished last line.
#[must_use]
pub fn count_lines(bytes: &[u8]) -> u64 {
    let feeds = memchr::memchr_iter(b'\n', bytes).count() as u64;
    feeds + u64::from(bytes.last().is_some_and(|byte| *byte != b'\n'))
}

/// How many lines are tried at each end of a chunk for one that has a time (stack traces have none).
const EDGE_LINES: usize = 32;

fn edge_stamp<'b>(lines: impl Iterator<Item = &'b [u8]>) -> Option<Stamp> {
    lines.filter(|line| !line.is_empty()).take(EDGE_LINES).find_map(|line| {
        let line = line.get(..line.len().min(TEXT_MAX)).unwrap_or(line);
        crate::log::stamp(&String::from_utf8_lossy(line))
    })
}
