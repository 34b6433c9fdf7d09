//! One automaton over all atoms. The only file that names it.
//!
//! A DFA, set by hand: left to itself aho-corasick chooses an NFA above a hundred patterns, at half the speed.

use std::collections::BTreeMap;
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::SignalId;

/// A pattern of a signal: (signal, position among its patterns).
pub type PatternUse = (SignalId, usize);

/// The automaton and what each atom stands for.
pub struct Prefilter {
    automaton: Option<AhoCorasick>,
    uses: Vec<Vec<PatternUse>>,
}

impl Prefilter {
    /// Builds the automaton; without atoms it finds nothing.
    ///
    /// # Errors
    /// When the automaton would grow beyond the library's limits.
    pub fn new(atoms: BTreeMap<&[u8], Vec<PatternUse>>) -> Result<Self, String> {
        let automaton = if atoms.is_empty() {
            None
        } else {
            let built = AhoCorasick::builder()
                .kind(Some(AhoCorasickKind::DFA))
                .match_kind(MatchKind::Standard)
                .build(atoms.keys());
            Some(built.map_err(|e| format!("the rulebook has too many literals: {e}"))?)
        };
        Ok(Self { automaton, uses: atoms.into_values().collect() })
    }

    /// Calls `found` for each line of `bytes` that holds an atom, in order, with the line's range (without line
    /// feed) and the patterns to try, each once, in the order of signals.
    pub fn each_line(&self, bytes: &[u8], mut found: impl FnMut(Range<usize>, &[PatternUse])) {
        let Some(automaton) = &self.automaton else { return };
        let mut line = 0..0;
        let mut uses: Vec<PatternUse> = Vec::new();
        let mut flush = |line: Range<usize>, uses: &mut Vec<PatternUse>| {
            if !uses.is_empty() {
                uses.sort_unstable();
                uses.dedup();
                found(line, uses);
                uses.clear();
            }
        };
        // Overlapping, because an atom within another must be seen too.
        for hit in automaton.find_overlapping_iter(bytes) {
            if hit.end() > line.end {
                flush(line.clone(), &mut uses);
                line = line_around(bytes, hit.start());
            }
            if let Some(more) = self.uses.get(hit.pattern().as_usize()) {
                uses.extend_from_slice(more);
            }
        }
        flush(line, &mut uses);
    }
}

/// The line (without its line feed) around a position.
fn line_around(bytes: &[u8], at: usize) -> Range<usize> {
    let start = memchr::memrchr(b'\n', bytes.get(..at).unwrap_or_default()).map_or(0, |feed| feed + 1);
    let end =
        memchr::memchr(b'\n', bytes.get(at..).unwrap_or_default()).map_or(bytes.len(), |feed| at + feed);
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_comes_once_with_all_its_patterns() {
        let atoms: BTreeMap<&[u8], Vec<PatternUse>> =
            [(&b"lost leader"[..], vec![(0, 0)]), (b"leader", vec![(1, 0), (0, 1)])].into();
        let prefilter = Prefilter::new(atoms).unwrap();
        let mut seen = Vec::new();
        let text = b"nothing\nlost leader, lost leader\n\nelected leader\n";
        prefilter.each_line(text, |line, uses| {
            seen.push((String::from_utf8_lossy(&text[line]).into_owned(), uses.to_vec()));
        });
        assert_eq!(
            seen,
            [
                ("lost leader, lost leader".to_owned(), vec![(0, 0), (0, 1), (1, 0)]),
                ("elected leader".to_owned(), vec![(0, 1), (1, 0)]),
            ]
        );
    }
}
