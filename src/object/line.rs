//! The lines of a document, with their places.
//!
//! A bundle's files are bytes: lines are decoded one by one, with invalid UTF-8 replaced, so that one bad byte does not
//! cost the file. A byte order mark and the carriage return of a Windows line end are not part of the text.

use std::borrow::Cow;

use super::Quote;

/// The longest text that a quote keeps, in bytes.
const QUOTE_BYTES: usize = 4096;

/// One line of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The line, from 0.
    pub number: u64,
    /// The offset of its first byte.
    pub offset: u64,
    /// Its text, without the line end.
    pub text: Cow<'a, str>,
}

impl Line<'_> {
    /// The line as evidence for a path; an empty path means that the line names the object.
    #[must_use]
    pub fn quote(&self, path: &str) -> Quote {
        Quote { path: path.into(), line: self.number, offset: self.offset, text: cut(&self.text).into() }
    }
}

/// The text up to the longest length that a quote keeps, ending at a character's end.
#[must_use]
pub fn cut(text: &str) -> &str {
    if text.len() <= QUOTE_BYTES {
        return text;
    }
    let end = (0..=QUOTE_BYTES).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

/// The lines of a whole document.
pub fn lines(bytes: &[u8]) -> impl Iterator<Item = Line<'_>> {
    lines_from(bytes, 0, 0)
}

/// The lines of a part of a document that begins at this line (from 0) and offset.
pub fn lines_from(bytes: &[u8], line: u64, offset: u64) -> impl Iterator<Item = Line<'_>> {
    let mut at = 0;
    let mut number = line;
    std::iter::from_fn(move || {
        let rest = bytes.get(at..).filter(|rest| !rest.is_empty())?;
        let end = memchr::memchr(b'\n', rest);
        let raw = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let line = Line { number, offset: offset + at as u64, text: decode(raw, offset == 0 && at == 0) };
        at += end.map_or(rest.len(), |end| end + 1);
        number += 1;
        Some(line)
    })
}

/// The text of a line's bytes.
fn decode(raw: &[u8], first: bool) -> Cow<'_, str> {
    let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
    let raw = if first { raw.strip_prefix(b"\xef\xbb\xbf").unwrap_or(raw) } else { raw };
    String::from_utf8_lossy(raw)
}

/// How many line feeds there are before `end`: the number (from 0) of the line that holds this offset.
#[must_use]
pub fn number_at(bytes: &[u8], end: usize) -> u64 {
    memchr::memchr_iter(b'\n', bytes.get(..end).unwrap_or(bytes)).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_know_their_place_and_lose_their_end() {
        let found: Vec<_> = lines(b"\xef\xbb\xbfa\r\nb\xffc\n\nlast")
            .map(|line| (line.number, line.offset, line.text.into_owned()))
            .collect();
        let expected = [(0, 0, "a"), (1, 6, "b\u{fffd}c"), (2, 10, ""), (3, 11, "last")]
            .map(|(n, o, t)| (n, o, t.to_owned()));
        assert_eq!(found, expected);
    }

    #[test]
    fn quotes_are_cut_at_a_characters_end() {
        let text = format!("{}ü", "x".repeat(QUOTE_BYTES - 1));
        assert_eq!(cut(&text).len(), QUOTE_BYTES - 1);
    }
}
