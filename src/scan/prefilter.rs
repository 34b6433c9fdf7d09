//! Finds the atoms of all rules in one pass over the bytes. The only file that knows how.
//!
//! Of each atom one part is chosen, the *key*: all keys are equally long, and the parts of four bytes in them (grams) are as rare
//! as the atom allows. A key of `step + 3` bytes cannot lie between two places that are `step` bytes apart without one of its grams
//! beginning at such a place. So only every `step`-th place is looked at: whether the four bytes there are a gram of a key is told by
//! a table of bits that stays in the first-level cache, and only where they are, the atoms behind it are compared. No look depends
//! on the one before it, which is what an automaton cannot offer. docs/performance.md compares.

use std::collections::BTreeMap;
use std::ops::Range;

use super::SignalId;
use super::lines::{end_of, start_of};
use crate::rule::common::{self, GRAM};

/// A pattern of a signal: (signal, position among its patterns).
pub type PatternUse = (SignalId, usize);

/// What is looked for, and what each atom stands for.
pub struct Prefilter {
    /// How far apart the places are that are looked at.
    step: usize,
    /// A bit for each hash of a gram.
    filter: Box<[u64; WORDS]>,
    /// Where the grams begin whose hashes begin with this number; one more than there are numbers.
    buckets: Vec<u32>,
    /// By hash.
    grams: Vec<Gram>,
    atoms: Vec<(Box<[u8]>, Use)>,
}

/// What an atom stands for.
enum Use {
    /// Patterns to try.
    Patterns(Vec<PatternUse>),
    /// A mark, by its place among those that were given.
    Mark(usize),
}

/// Four bytes of a key.
#[derive(Clone, Copy)]
struct Gram {
    bytes: u32,
    /// Where in the atom they begin.
    offset: u32,
    atom: u32,
}

/// Bits of a gram's hash: 32 KiB of table, which fits the first-level cache. Half of it lets twice as many grams pass that are none.
const HASH_BITS: u32 = 18;

/// Bits of the hash by which grams are found.
const BUCKET_BITS: u32 = 12;

const WORDS: usize = 1 << (HASH_BITS - 6);

/// Places further apart would ask for longer atoms than rules have.
const STEP_MAX: usize = 8;

/// Knuth's multiplicative hash: what differs anywhere in the gram differs in the upper bits.
fn hash(gram: u32) -> u32 {
    gram.wrapping_mul(0x9e37_79b1) >> (32 - HASH_BITS)
}

impl Prefilter {
    /// Prepares the search for the atoms of patterns, and for marks, which tell something of the bytes that they stand in. What is shorter
    /// than a gram is not looked for: the rulebook has no such atoms.
    #[must_use]
    pub fn new(atoms: BTreeMap<&[u8], Vec<PatternUse>>, marks: &[&[u8]]) -> Self {
        let atoms = atoms.into_iter().map(|(atom, uses)| (atom, Use::Patterns(uses)));
        let marks = marks.iter().enumerate().map(|(index, mark)| (*mark, Use::Mark(index)));
        let atoms: Vec<(&[u8], Use)> = atoms.chain(marks).filter(|(atom, _)| atom.len() >= GRAM).collect();
        let shortest = atoms.iter().map(|(atom, _)| atom.len()).min().unwrap_or(GRAM);
        let step = (shortest - GRAM + 1).min(STEP_MAX);
        let mut filter = Box::new([0; WORDS]);
        let mut grams: Vec<Gram> = Vec::new();
        for (index, (atom, _)) in atoms.iter().enumerate() {
            let from = key(atom, step);
            let of_key = common::grams(atom).enumerate().skip(from).take(step);
            grams.extend(of_key.map(|(offset, gram)| Gram {
                bytes: u32::from_le_bytes(gram),
                offset: offset as u32,
                atom: index as u32,
            }));
        }
        grams.sort_by_key(|gram| (hash(gram.bytes), gram.bytes, gram.atom));
        for gram in &grams {
            let hash = hash(gram.bytes);
            if let Some(word) = filter.get_mut(hash as usize >> 6) {
                *word |= 1 << (hash & 63);
            }
        }
        let bucket = |number: u32| {
            grams.partition_point(|gram| hash(gram.bytes) >> (HASH_BITS - BUCKET_BITS) < number) as u32
        };
        let buckets = (0..=1 << BUCKET_BITS).map(bucket).collect();
        let atoms = atoms.into_iter().map(|(atom, used)| (Box::from(atom), used)).collect();
        Self { step, filter, buckets, grams, atoms }
    }

    /// Calls `found` for each line of `bytes` that holds an atom, in order, with the line's range (without line
    /// feed) and the patterns to try, each once, in the order of signals; atoms of patterns of which `is_wanted` wants none do not
    /// count. Ends when `is_enough` says so of a mark, and where that begins; gives whether it came to the end.
    pub fn each_line(
        &self,
        bytes: &[u8],
        is_wanted: impl Fn(&[PatternUse]) -> bool,
        mut is_enough: impl FnMut(usize, usize) -> bool,
        mut found: impl FnMut(Range<usize>, &[PatternUse]),
    ) -> bool {
        let mut uses: Vec<PatternUse> = Vec::new();
        let mut flush = |line: Range<usize>, uses: &mut Vec<PatternUse>| {
            if !uses.is_empty() {
                uses.sort_unstable();
                uses.dedup();
                found(line, uses);
                uses.clear();
            }
        };
        let mut line = 0..0;
        let mut is_ended = false;
        self.each_atom(bytes, &mut |at, used| match used {
            _ if is_ended => {}
            Use::Mark(mark) => is_ended = is_enough(*mark, at),
            Use::Patterns(patterns) if !is_wanted(patterns) => {}
            Use::Patterns(patterns) => {
                // No atom reaches over the end of a line.
                if at >= line.end {
                    flush(line.clone(), &mut uses);
                    line = line_around(bytes, at);
                }
                uses.extend_from_slice(patterns);
            }
        });
        if !is_ended {
            flush(line, &mut uses);
        }
        !is_ended
    }

    /// Calls `found` for each atom in `bytes` with where it begins and what it stands for; in the order of lines.
    fn each_atom<'p>(&'p self, bytes: &[u8], found: &mut impl FnMut(usize, &'p Use)) {
        match self.step {
            1 => self.each::<1, 7>(bytes, found),
            2 => self.each::<2, 10>(bytes, found),
            3 => self.each::<3, 13>(bytes, found),
            4 => self.each::<4, 16>(bytes, found),
            5 => self.each::<5, 19>(bytes, found),
            6 => self.each::<6, 22>(bytes, found),
            7 => self.each::<7, 25>(bytes, found),
            _ => self.each::<STEP_MAX, 28>(bytes, found),
        }
    }

    /// Looks at every `STEP`-th place, four at a time: one branch for all four, which is hardly ever taken. `SPAN` is how far the
    /// fourth gram reaches.
    fn each<'p, const STEP: usize, const SPAN: usize>(
        &'p self,
        bytes: &[u8],
        found: &mut impl FnMut(usize, &'p Use),
    ) {
        let mut at = 0;
        let mut rest = bytes;
        while let Some(span) = rest.first_chunk::<SPAN>() {
            let gram = |n: usize| span.get(n * STEP..).and_then(gram_of).unwrap_or_default();
            let four = [gram(0), gram(1), gram(2), gram(3)];
            let [a, b, c, d] = four.map(|gram| self.may_hold(gram));
            if a | b | c | d {
                for (n, gram) in four.into_iter().enumerate() {
                    self.look(bytes, at + n * STEP, gram, found);
                }
            }
            at += 4 * STEP;
            rest = rest.get(4 * STEP..).unwrap_or_default();
        }
        while let Some(gram) = gram_of(rest) {
            self.look(bytes, at, gram, found);
            at += STEP;
            rest = rest.get(STEP..).unwrap_or_default();
        }
    }

    fn may_hold(&self, gram: u32) -> bool {
        let hash = hash(gram);
        self.filter.get(hash as usize >> 6).is_some_and(|word| word >> (hash & 63) & 1 == 1)
    }

    /// Compares the atoms that have this gram in their keys with what stands around it.
    fn look<'p>(&'p self, bytes: &[u8], at: usize, gram: u32, found: &mut impl FnMut(usize, &'p Use)) {
        if !self.may_hold(gram) {
            return;
        }
        let bucket = (hash(gram) >> (HASH_BITS - BUCKET_BITS)) as usize;
        let [from, to] = [bucket, bucket + 1].map(|n| self.buckets.get(n).map_or(0, |at| *at as usize));
        let same = self.grams.get(from..to).unwrap_or_default().iter().filter(|known| known.bytes == gram);
        for known in same {
            let Some(start) = at.checked_sub(known.offset as usize) else { continue };
            let Some((atom, used)) = self.atoms.get(known.atom as usize) else { continue };
            if bytes.get(start..).is_some_and(|rest| rest.starts_with(atom)) {
                found(start, used);
            }
        }
    }
}

fn gram_of(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk::<GRAM>().map(|gram| u32::from_le_bytes(*gram))
}

/// Where the key of an atom begins: where its most frequent gram is rarest, and then the others.
fn key(atom: &[u8], step: usize) -> usize {
    let weights: Vec<usize> = common::grams(atom).map(common::weight).collect();
    let cost = |from: &usize| {
        let of_key = weights.get(*from..from + step).unwrap_or_default();
        (of_key.iter().max().copied(), of_key.iter().sum::<usize>())
    };
    (0..=weights.len().saturating_sub(step)).min_by_key(cost).unwrap_or(0)
}

/// The line (without its line feed) around a position.
fn line_around(bytes: &[u8], at: usize) -> Range<usize> {
    start_of(bytes, at)..end_of(bytes, at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_line_comes_once_with_all_its_patterns() {
        let atoms: BTreeMap<&[u8], Vec<PatternUse>> =
            [(&b"lost leader"[..], vec![(0, 0)]), (b"leader", vec![(1, 0), (0, 1)])].into();
        let prefilter = Prefilter::new(atoms, &[]);
        let mut seen = Vec::new();
        let text = b"nothing\nlost leader, lost leader\n\nelected leader\n";
        prefilter.each_line(
            text,
            |_| true,
            |_, _| false,
            |line, uses| {
                seen.push((String::from_utf8_lossy(&text[line]).into_owned(), uses.to_vec()));
            },
        );
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
            let prefilter = Prefilter::new(atoms, &[]);
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
            prefilter.each_line(whole.as_bytes(), |_| true, |_, _| false, |line, uses| seen.push((line, uses.to_vec())));
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
