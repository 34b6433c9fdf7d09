//! Atoms: literals that must stand in the raw line if a pattern is to match it.
//!
//! One automaton looks for the atoms of the whole rulebook in the raw bytes; only a line with an atom is looked at
//! any further. An atom therefore never holds a byte that a wrapper may write differently: Go's JSON writes `<` as
//! `\u003c`, json-file writes `"` as `\"`.

use regex_syntax::hir::{Hir, HirKind};

/// A literal shorter than this is found too often to be worth looking for.
pub const ATOM_MIN: usize = 4;

/// A longer literal is not found more reliably, only more dearly.
const ATOM_MAX: usize = 32;

/// The atoms of a pattern: whatever the pattern matches holds at least one of them. `None` when there is no such
/// set, so that the pattern would have to be tried on every line.
#[must_use]
pub fn of_regex(source: &str) -> Option<Vec<Vec<u8>>> {
    let hir = regex_syntax::ParserBuilder::new().build().parse(source).ok()?;
    let mut atoms = required(&hir)?;
    atoms.sort();
    atoms.dedup();
    Some(atoms)
}

/// The best required set of a node.
fn required(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    match hir.kind() {
        HirKind::Literal(literal) => longest_safe(&literal.0).map(|atom| vec![atom]),
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => required(&repetition.sub),
        HirKind::Concat(parts) => parts.iter().filter_map(required).max_by_key(|atoms| quality(atoms)),
        HirKind::Alternation(branches) => {
            let mut all = Vec::new();
            for branch in branches {
                all.extend(required(branch)?);
            }
            Some(all)
        }
        _ => None,
    }
}

/// Long atoms are rare; of two sets the one whose worst atom is longer is better, then the smaller one.
fn quality(atoms: &[Vec<u8>]) -> (usize, std::cmp::Reverse<usize>) {
    (atoms.iter().map(Vec::len).min().unwrap_or(0), std::cmp::Reverse(atoms.len()))
}

/// The longest run of bytes that every wrapper writes as they are.
fn longest_safe(bytes: &[u8]) -> Option<Vec<u8>> {
    let run = bytes.split(|byte| !is_safe(*byte)).max_by_key(|run| run.len())?;
    let run = run.get(..run.len().min(ATOM_MAX)).unwrap_or(run);
    (run.len() >= ATOM_MIN).then(|| run.to_vec())
}

fn is_safe(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\' | b'<' | b'>' | b'&')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expect: Option<&[&str]>) {
        let atoms = of_regex(source);
        let shown: Option<Vec<String>> =
            atoms.map(|atoms| atoms.iter().map(|atom| String::from_utf8_lossy(atom).into_owned()).collect());
        assert_eq!(shown, expect.map(|e| e.iter().map(|s| (*s).to_owned()).collect()), "{source}");
    }

    #[test]
    fn the_longest_literal_is_taken() {
        check(
            r"request cluster ID mismatch \(got (?P<a>[0-9a-f]+)",
            Some(&["request cluster ID mismatch (got"]),
        );
        check(r"lost leader \S+ at term", Some(&["lost leader "]));
    }

    #[test]
    fn each_branch_gives_one() {
        check("(?:no route|i/o timeout)", Some(&["i/o timeout", "no route"]));
        check("(?:no route|.*)", None);
    }

    #[test]
    fn bytes_that_wrappers_escape_are_never_in_an_atom() {
        check(r#"webhook "validation" denied"#, Some(&["validation"]));
        check("a<b>cd", None);
    }

    #[test]
    fn patterns_without_a_literal_have_none() {
        check("[0-9]+ms", None);
        check("(?i)timeout", None);
        check("abc", None);
    }
}
