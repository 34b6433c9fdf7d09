//! Atoms: literals that must stand in the raw line if a pattern is to match it.
//!
//! The atoms of the whole rulebook are looked for in the raw bytes at once; only a line with an atom is looked at any
//! further. An atom therefore never holds a byte that a wrapper may write differently: Go's JSON writes `<` as
//! `\u003c`, json-file writes `"` as `\"`.

use std::cmp::Reverse;

use regex_syntax::hir::{Class, Hir, HirKind};

use super::common;

/// A literal shorter than this is found too often to be worth looking for.
pub const ATOM_MIN: usize = 4;

/// A longer literal is not found more reliably, only more dearly.
const ATOM_MAX: usize = 32;

/// Sets of more literals than this are not worth being looked for in a line that has another literal already.
const OTHERS_MAX: usize = 8;

/// Literals of which a matching text holds at least one.
pub type AnyOf = Vec<Vec<u8>>;

/// What every text that a pattern matches holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Required {
    /// The set that is looked for: the one that the fewest lines of any log hold.
    pub atoms: AnyOf,
    /// The other sets: a line must hold one literal of each, too.
    pub others: Vec<AnyOf>,
}

impl Required {
    /// The best of sets of which each is required; `None` where there is none, so that the pattern would have to be tried on
    /// every line.
    #[must_use]
    pub fn of(mut sets: Vec<AnyOf>) -> Option<Self> {
        for set in &mut sets {
            set.sort();
            set.dedup();
        }
        // Of equals the last: the end of a sentence says more than its beginning.
        let best = sets.iter().enumerate().max_by_key(|(_, set)| quality(set))?.0;
        let atoms = sets.remove(best);
        sets.retain(|set| set.len() <= OTHERS_MAX && *set != atoms);
        sets.sort();
        sets.dedup();
        Some(Self { atoms, others: sets })
    }
}

/// The sets of literals that a regular expression requires: whatever it matches holds at least one literal of each.
#[must_use]
pub fn required(regex: &Hir) -> Vec<AnyOf> {
    Text::of(regex).required()
}

/// What a part of a regular expression matches.
enum Text {
    /// One of these texts and nothing else.
    OneOf(Vec<Vec<u8>>),
    /// Texts that hold a literal of each set.
    Open(Vec<AnyOf>),
}

/// A part that matches more texts than these is not written out.
const TEXTS_MAX: usize = 16;

/// Literals that end because there would be too many of them are shorter than what stands there: they say little when they are shorter
/// than this (the spellings of `(?i)time`).
const CUT_MIN: usize = 6;

/// A class of more characters than these is not written out either.
const CHARACTERS_MAX: usize = 10;

impl Text {
    fn of(hir: &Hir) -> Self {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => Self::OneOf(vec![Vec::new()]),
            HirKind::Literal(literal) => Self::OneOf(vec![literal.0.to_vec()]),
            HirKind::Class(class) => characters(class).map_or(Self::Open(Vec::new()), Self::OneOf),
            HirKind::Capture(capture) => Self::of(&capture.sub),
            HirKind::Repetition(repeated) => match Self::of(&repeated.sub) {
                Self::OneOf(mut texts) if (repeated.min, repeated.max) == (0, Some(1)) => {
                    texts.push(Vec::new());
                    Self::OneOf(texts)
                }
                text if repeated.min > 0 => Self::Open(text.required()),
                _ => Self::Open(Vec::new()),
            },
            HirKind::Concat(parts) => Self::concat(parts),
            HirKind::Alternation(branches) => Self::either(branches),
        }
    }

    fn concat(parts: &[Hir]) -> Self {
        let mut sets = Vec::new();
        let mut texts: Vec<Vec<u8>> = vec![Vec::new()];
        let mut is_open = false;
        for part in parts {
            let (next, least) = match Self::of(part) {
                Self::OneOf(next) if texts.len() * next.len() <= TEXTS_MAX => {
                    let with = |text: &Vec<u8>| next.iter().map(|end| [&**text, &**end].concat()).collect();
                    texts = texts.iter().flat_map(|text| -> Vec<Vec<u8>> { with(text) }).collect();
                    continue;
                }
                Self::OneOf(next) => (next, CUT_MIN),
                Self::Open(of_part) => {
                    sets.extend(of_part);
                    (vec![Vec::new()], ATOM_MIN)
                }
            };
            is_open = true;
            let ended = Self::OneOf(std::mem::replace(&mut texts, next)).required();
            sets.extend(ended.into_iter().filter(|set| set.iter().all(|literal| literal.len() >= least)));
        }
        if !is_open {
            return Self::OneOf(texts);
        }
        sets.extend(Self::OneOf(texts).required());
        Self::Open(sets)
    }

    fn either(branches: &[Hir]) -> Self {
        let mut texts = Some(Vec::new());
        let mut sets: Option<AnyOf> = Some(Vec::new());
        for branch in branches {
            let text = Self::of(branch);
            match (&text, &mut texts) {
                (Self::OneOf(more), Some(texts)) => texts.extend(more.iter().cloned()),
                _ => texts = None,
            }
            let best = text.required().into_iter().max_by_key(quality);
            sets = sets.zip(best).map(|(sets, best)| [sets, best].concat());
        }
        match texts.filter(|texts| texts.len() <= TEXTS_MAX) {
            Some(texts) => Self::OneOf(texts),
            None => Self::Open(sets.into_iter().collect()),
        }
    }

    fn required(self) -> Vec<AnyOf> {
        match self {
            Self::Open(sets) => sets,
            Self::OneOf(texts) => match texts.as_slice() {
                [text] => safe_runs(text).map(|run| vec![run]).collect(),
                texts => {
                    let best = |text: &Vec<u8>| safe_runs(text).max_by_key(|run| Quality::of(run));
                    texts.iter().map(best).collect::<Option<AnyOf>>().into_iter().collect()
                }
            },
        }
    }
}

/// The characters of a class that has few: `[Ll]`.
fn characters(class: &Class) -> Option<Vec<Vec<u8>>> {
    let ranges: Vec<(u32, u32)> = match class {
        Class::Unicode(class) => class.iter().map(|r| (u32::from(r.start()), u32::from(r.end()))).collect(),
        Class::Bytes(class) => class.iter().map(|r| (u32::from(r.start()), u32::from(r.end()))).collect(),
    };
    let mut characters = ranges.into_iter().flat_map(|(from, to)| from..=to);
    let few: Vec<u32> = characters.by_ref().take(CHARACTERS_MAX).collect();
    let is_few = characters.next().is_none();
    let ascii = |c: u32| u8::try_from(c).ok().filter(u8::is_ascii).map(|c| vec![c]);
    few.into_iter().map(ascii).collect::<Option<_>>().filter(|_| is_few)
}

/// How well a set serves: as its worst literal, and the fewer the better.
fn quality(set: &AnyOf) -> (Option<Quality>, Reverse<usize>) {
    (set.iter().map(|literal| Quality::of(literal)).min(), Reverse(set.len()))
}

/// How well a literal serves to tell a line from others: the greater, the better.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Quality {
    /// The search looks at the fewer places the longer the shortest literal is; beyond this length that gains little.
    length_of_use: usize,
    weight: Reverse<usize>,
    rare: usize,
    length: usize,
}

/// Literals of this length are long enough for the search.
const LENGTH_OF_USE: usize = 6;

/// With so many rare parts a literal is as rare as it needs to be.
const RARE_ENOUGH: usize = 8;

impl Quality {
    fn of(literal: &[u8]) -> Self {
        let (weight, rare) = common::least_weight_and_rare(literal);
        Self {
            length_of_use: literal.len().min(LENGTH_OF_USE),
            weight: Reverse(weight),
            rare: rare.min(RARE_ENOUGH),
            length: literal.len(),
        }
    }
}

/// The runs of bytes that every wrapper writes as they are. A quote may begin one: what escapes it stands before it.
fn safe_runs(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let runs = bytes.chunk_by(|a, b| (is_safe(*a) || *a == b'"') && is_safe(*b));
    let is_whole = |run: &&[u8]| run.first().is_some_and(|first| is_safe(*first) || *first == b'"');
    runs.filter(is_whole)
        .filter(|run| run.len() >= ATOM_MIN)
        .map(|run| run.get(..ATOM_MAX).unwrap_or(run).to_vec())
}

fn is_safe(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\' | b'<' | b'>' | b'&')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, atoms: &[&str], others: &[&[&str]]) {
        let own = |set: &[&str]| -> AnyOf { set.iter().map(|literal| literal.as_bytes().to_vec()).collect() };
        let expect = Required { atoms: own(atoms), others: others.iter().map(|set| own(set)).collect() };
        let sets = required(&regex_syntax::Parser::new().parse(source).unwrap());
        assert_eq!(Required::of(sets), (!atoms.is_empty()).then_some(expect), "{source}");
    }

    #[test]
    fn the_rarest_literal_is_looked_for_and_the_others_are_required() {
        check(
            r"request cluster ID mismatch \(got (?P<a>[0-9a-f]+)",
            &["request cluster ID mismatch (got"],
            &[],
        );
        check(r"lost leader \S+ at term", &["lost leader "], &[&[" at term"]]);
        check(r"https://\S+/v1/\S+ walpb: x", &[" walpb: x"], &[&["/v1/"], &["https://"]]);
    }

    #[test]
    fn each_branch_gives_one() {
        check("(?:no route|i/o timeout)", &["i/o timeout", "no route"], &[]);
        check("(?:no route|.*)", &[], &[]);
        check("quorum (?:no route|.*)", &["quorum "], &[]);
    }

    #[test]
    fn short_choices_are_written_out() {
        check("Failed(?:Mount|AttachVolume) +x", &["FailedAttachVolume", "FailedMount"], &[]);
        check("[Ll]ink is [Dd]own", &["Link is Down", "Link is down", "link is Down", "link is down"], &[]);
        check("ull(?: Docker)? image", &["ull Docker image", "ull image"], &[]);
        check("[0-9a-f] of [0-9a-f] lost", &[" lost"], &[&[" of "]]);
        check("(?:a|.)quorum(?:b|c)? lost", &["quorum lost", "quorumb lost", "quorumc lost"], &[]);
    }

    #[test]
    fn bytes_that_wrappers_escape_are_never_in_an_atom() {
        check(r#"webhook "validation" denied"#, &["\" denied"], &[&["\"validation"], &["webhook "]]);
        check("a<b>cd", &[], &[]);
    }

    #[test]
    fn patterns_without_a_literal_have_none() {
        check("[0-9]+ms", &[], &[]);
        check("(?i)timeout", &[], &[]);
        check("abc", &[], &[]);
    }
}
