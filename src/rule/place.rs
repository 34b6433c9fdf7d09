//! Where in a rule file something was written.

/// A part of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Its first byte.
    pub start: usize,
    /// The byte behind it.
    pub end: usize,
    /// Its first line, from 1; 0 for what was not written.
    pub line: u64,
}

impl Place {
    /// From the beginning of this place to the end of another.
    #[must_use]
    pub fn to(self, last: Place) -> Place {
        Place { end: last.end.max(self.end), ..self }
    }

    /// Whether it was written at all: what a reader makes up for a missing key has no place.
    #[must_use]
    pub fn is_written(self) -> bool {
        self.line > 0
    }
}

/// A value with the place where it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub place: Place,
}

impl<T> At<T> {
    /// A value at a place.
    #[must_use]
    pub fn new(value: T, place: Place) -> Self {
        Self { value, place }
    }

    /// Something else at the same place.
    #[must_use]
    pub fn with<U>(&self, value: U) -> At<U> {
        At { value, place: self.place }
    }
}

/// The place of some bytes of a value. Where the value cannot be followed through its quotes and line breaks, it is the
/// place of the whole value.
#[must_use]
pub fn inside(file: &str, at: &At<String>, start: usize, end: usize) -> Place {
    let written = file.get(at.place.start..at.place.end).unwrap_or_default().as_bytes();
    let value = at.value.as_bytes();
    let Some(offsets) = plain(written, value).or_else(|| quoted(written, value)) else { return at.place };
    let at_value = |position: usize| offsets.get(position).copied().unwrap_or(written.len());
    let first = at.place.start + at_value(start);
    // Up to the end of the last byte, not to the beginning of the next: between them may be a line break.
    let last = if end > start { at.place.start + at_value(end - 1) + 1 } else { first };
    let last = (last..=file.len()).find(|byte| file.is_char_boundary(*byte)).unwrap_or(last);
    let lines = file.get(at.place.start..first).unwrap_or_default().matches('\n').count() as u64;
    Place { start: first, end: last, line: at.place.line + lines }
}

/// What of a place is on its first line: more than a line is not underlined.
#[must_use]
pub fn first_line(file: &str, place: Place) -> Place {
    let rest = file.get(place.start..place.end).unwrap_or_default();
    Place { end: place.start + rest.lines().next().map_or(0, |line| line.trim_end().len()), ..place }
}

/// For each byte of a value that was written without quotes, its place in what was written. Line breaks and indentation may
/// differ; nothing else may.
fn plain(written: &[u8], value: &[u8]) -> Option<Vec<usize>> {
    let mut offsets = Vec::with_capacity(value.len());
    let mut at = 0;
    for byte in value {
        at = step(written, at, *byte)?;
        offsets.push(at);
        at += usize::from(written.get(at).is_some_and(|c| c == byte || c.is_ascii_whitespace()));
    }
    Some(offsets)
}

/// Where the next byte of a value was written, at or behind `at`.
fn step(written: &[u8], at: usize, byte: u8) -> Option<usize> {
    if byte.is_ascii_whitespace() {
        return Some(at);
    }
    let rest = written.get(at..)?;
    let blanks = rest.iter().take_while(|c| c.is_ascii_whitespace()).count();
    (rest.get(blanks) == Some(&byte)).then_some(at + blanks)
}

/// As [`plain`], for a value in quotes.
fn quoted(written: &[u8], value: &[u8]) -> Option<Vec<usize>> {
    let quote = *written.first().filter(|c| matches!(c, b'"' | b'\''))?;
    let mut offsets = Vec::with_capacity(value.len());
    let mut at = 1;
    while let Some(byte) = value.get(offsets.len()) {
        let escape = match (quote, written.get(at..)?) {
            (b'"', [b'\\', kind, ..]) => Some(match kind {
                b'x' => 4,
                b'u' => 6,
                b'U' => 10,
                _ => 2,
            }),
            (b'\'', [b'\'', b'\'', ..]) => Some(2),
            _ => None,
        };
        if let Some(length) = escape {
            // All bytes of one character come from one escape.
            let rest = value.get(offsets.len()..)?;
            let bytes = 1 + rest.iter().skip(1).take_while(|c| **c & 0xc0 == 0x80).count();
            offsets.extend(std::iter::repeat_n(at, bytes));
            at += length;
        } else {
            at = step(written, at, *byte)?;
            offsets.push(at);
            at += usize::from(written.get(at).is_some_and(|c| c == byte || c.is_ascii_whitespace()));
        }
    }
    Some(offsets)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The part of the file that a part of the value was written as.
    fn check(written: &str, value: &str, part: &str, expect: &str) {
        let file = format!("key: {written}\n");
        let at = At::new(value.to_owned(), Place { start: 5, end: 5 + written.len(), line: 1 });
        let start = value.find(part).unwrap();
        let place = inside(&file, &at, start, start + part.len());
        assert_eq!(&file[place.start..place.end], expect, "{part} in {written}");
    }

    #[test]
    fn a_part_of_a_value_is_found_however_it_was_written() {
        check("a.count > 0", "a.count > 0", "count", "count");
        check(r#""a \"b\" cä d""#, "a \"b\" cä d", "d", "d");
        check(r#""a \"b\" c""#, "a \"b\" c", "\"b\"", r#"\"b\"#);
        check("'it''s me'", "it's me", "me", "me");
        check("a &&\n  bcd &&\n  e", "a && bcd && e", "bcd", "bcd");
        check("  one\n    two\n", "one\n  two\n", "two", "two");
        check(r#""\u00e4 x""#, "ä x", "x", "x");
    }

    #[test]
    fn the_line_of_a_part_is_its_own() {
        let file = "when: >-\n  a > 0 &&\n  b > 0\n";
        let at = At::new("a > 0 && b > 0".to_owned(), Place { start: 11, end: 28, line: 2 });
        assert_eq!(inside(file, &at, 9, 10), Place { start: 22, end: 23, line: 3 });
    }

    #[test]
    fn what_cannot_be_followed_is_the_whole_value() {
        let at = At::new("other".to_owned(), Place { start: 5, end: 8, line: 1 });
        assert_eq!(inside("key: abc\n", &at, 0, 2), at.place);
    }
}
