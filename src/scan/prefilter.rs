//! One automaton over all atoms. The only file that names it.
//!
//! A DFA, set by hand: left to itself aho-corasick chooses an NFA above a hundred patterns, at half the speed.

use std::collections::BTreeMap;
use std::ops::Range;

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::dfa::DFA;
use aho_corasick::{Anchored, MatchKind};

use super::SignalId;

/// A pattern of a signal: (signal, position among its patterns).
pub type PatternUse = (SignalId, usize);

/// The automaton and what each atom stands for.
pub struct Prefilter {
    automaton: Option<DFA>,
    uses: Vec<Vec<PatternUse>>,
}

/// Bytes that are searched before their lines are handed on: they are still in the first-level cache then.
const REGION: usize = 64 * 1024;

/// Where an atom ends, and in which state the automaton is there.
type AtomHit = (usize, StateID);

impl Prefilter {
    /// Builds the automaton; without atoms it finds nothing.
    ///
    /// # Errors
    /// When the automaton would grow beyond the library's limits.
    pub fn new(atoms: BTreeMap<&[u8], Vec<PatternUse>>) -> Result<Self, String> {
        let automaton = if atoms.is_empty() {
            None
        } else {
            // In this kind a state knows all atoms that end there, one within another too.
            let built = DFA::builder().match_kind(MatchKind::Standard).prefilter(false).build(atoms.keys());
            Some(built.map_err(|e| format!("the rulebook has too many literals: {e}"))?)
        };
        Ok(Self { automaton, uses: atoms.into_values().collect() })
    }

    /// Calls `found` for each line of `bytes` that holds an atom, in order, with the line's range (without line
    /// feed) and the patterns to try, each once, in the order of signals.
    pub fn each_line(&self, bytes: &[u8], mut found: impl FnMut(Range<usize>, &[PatternUse])) {
        let Some(automaton) = &self.automaton else { return };
        let Ok(start) = automaton.start_state(Anchored::No) else { return };
        let mut uses: Vec<PatternUse> = Vec::new();
        let mut flush = |line: Range<usize>, uses: &mut Vec<PatternUse>| {
            if !uses.is_empty() {
                uses.sort_unstable();
                uses.dedup();
                found(line, uses);
                uses.clear();
            }
        };
        let mut hits: [Vec<AtomHit>; 4] = Default::default();
        let mut from = 0;
        while from < bytes.len() {
            let to = line_end(bytes, from, REGION);
            let mut line = from..from;
            search(automaton, start, bytes, from..to, &mut hits);
            for (end, state) in hits.iter_mut().flat_map(|hits| hits.drain(..)) {
                if end > line.end {
                    flush(line.clone(), &mut uses);
                    line = line_around(bytes, end - 1);
                }
                for index in 0..automaton.match_len(state) {
                    let atom = automaton.match_pattern(state, index).as_usize();
                    uses.extend_from_slice(self.uses.get(atom).map_or(&[], Vec::as_slice));
                }
            }
            flush(line, &mut uses);
            from = to;
        }
    }
}

/// Finds all atoms in a range of whole lines.
///
/// Each step of the automaton waits for the one before it. Four steps in four places do not wait for each other, so the
/// range is searched in four parts at once. No atom reaches over the end of a line, so the parts end at lines.
fn search(dfa: &DFA, start: StateID, bytes: &[u8], range: Range<usize>, hits: &mut [Vec<AtomHit>; 4]) {
    let quarter = range.len() / 4;
    let part = |from: usize| line_end(bytes, from, quarter).min(range.end);
    let (first, second, third) = (range.start, part(range.start), part(part(range.start)));
    let fourth = part(third);
    let lane = |from: usize, to: usize| bytes.get(from..to).unwrap_or_default();
    let (a, b, c, d) =
        (lane(first, second), lane(second, third), lane(third, fourth), lane(fourth, range.end));
    let [hits_a, hits_b, hits_c, hits_d] = hits;

    let next = |state: StateID, byte: u8| dfa.next_state(Anchored::No, state, byte);
    // Without its own prefilter, the automaton's only special states are those in which an atom ends.
    let note = |state: StateID, end: usize, hits: &mut Vec<AtomHit>| {
        if dfa.is_match(state) {
            hits.push((end, state));
        }
    };
    let (mut at_a, mut at_b, mut at_c, mut at_d) = (start, start, start, start);
    for (i, (((w, x), y), z)) in a.iter().zip(b).zip(c).zip(d).enumerate() {
        (at_a, at_b, at_c, at_d) = (next(at_a, *w), next(at_b, *x), next(at_c, *y), next(at_d, *z));
        // One branch for all four, which is hardly ever taken: `|`, not `||`.
        if dfa.is_special(at_a) | dfa.is_special(at_b) | dfa.is_special(at_c) | dfa.is_special(at_d) {
            note(at_a, first + i + 1, hits_a);
            note(at_b, second + i + 1, hits_b);
            note(at_c, third + i + 1, hits_c);
            note(at_d, fourth + i + 1, hits_d);
        }
    }
    // What the longer parts have left.
    let done = a.len().min(b.len()).min(c.len()).min(d.len());
    let rest = |lane: &[u8], from: usize, mut state: StateID, hits: &mut Vec<AtomHit>| {
        for (i, byte) in lane.iter().enumerate().skip(done) {
            state = next(state, *byte);
            note(state, from + i + 1, hits);
        }
    };
    rest(a, first, at_a, hits_a);
    rest(b, second, at_b, hits_b);
    rest(c, third, at_c, hits_c);
    rest(d, fourth, at_d, hits_d);
}

/// The first beginning of a line that is at least `size` bytes behind `from`, or the end.
fn line_end(bytes: &[u8], from: usize, size: usize) -> usize {
    let at = (from + size).max(1);
    // A line feed just before `at` ends a line there.
    let rest = bytes.get(at - 1..).unwrap_or_default();
    memchr::memchr(b'\n', rest).map_or(bytes.len(), |feed| at + feed)
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
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn parts_and_regions_lose_no_line(
            lines in proptest::collection::vec((0usize..300, 0u8..12), 0..400), ends in any::<bool>()
        ) {
            let atoms: BTreeMap<&[u8], Vec<PatternUse>> =
                [(&b"lost leader"[..], vec![(0, 0)]), (b"leader", vec![(1, 0)]), (b"xxab", vec![(2, 0)])].into();
            let prefilter = Prefilter::new(atoms).unwrap();
            let tails = ["", "lost leader", "leader", "xab", "lost", "leade"];
            let text = |(n, tail): &(usize, u8)| {
                format!("{}{}", "x".repeat(*n), tails.get(usize::from(*tail)).unwrap_or(&""))
            };
            let lines: Vec<String> = lines.iter().map(text).collect();
            // Beyond one region too.
            let mut whole = lines.join("\n");
            if ends { whole.push('\n'); }
            let whole = whole.repeat(4);
            let mut seen = Vec::new();
            prefilter.each_line(whole.as_bytes(), |line, uses| seen.push((line, uses.to_vec())));
            let mut expected = Vec::new();
            let mut at = 0;
            for line in whole.split('\n') {
                let uses: Vec<PatternUse> = [("lost leader", (0, 0)), ("leader", (1, 0)), ("xxab", (2, 0))]
                    .into_iter().filter(|(atom, _)| line.contains(atom)).map(|(_, used)| used).collect();
                if !uses.is_empty() { expected.push((at..at + line.len(), uses)); }
                at += line.len() + 1;
            }
            prop_assert_eq!(seen, expected);
        }
    }
}
