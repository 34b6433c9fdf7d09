//! UTF-16 → UTF-8, as a stream: what Windows writes by default when output is sent to a file.

use std::io::{self, Read};

use super::container::fill;

/// Bytes that are decoded at once.
const STEP: usize = 32 * 1024;

/// Which byte of a unit comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// The low one: Windows.
    Little,
    /// The high one.
    Big,
}

/// The byte order of a text that begins with a byte-order mark of UTF-16; `None` for any other.
#[must_use]
pub fn byte_order(head: &[u8]) -> Option<ByteOrder> {
    match head {
        // UTF-32 begins with the same two bytes; nobody writes logs in it.
        [0xff, 0xfe, 0, 0, ..] => None,
        [0xff, 0xfe, ..] => Some(ByteOrder::Little),
        [0xfe, 0xff, ..] => Some(ByteOrder::Big),
        _ => None,
    }
}

/// The text of a stream in UTF-16, without its byte-order mark. Units that make no character become U+FFFD.
pub struct Utf16<'r> {
    inner: &'r mut dyn Read,
    order: ByteOrder,
    /// Bytes that do not make a whole character yet.
    rest: Vec<u8>,
    text: Vec<u8>,
    at: usize,
    started: bool,
    ended: bool,
}

impl<'r> Utf16<'r> {
    /// Decodes `inner`, which begins with its byte-order mark.
    pub fn new(inner: &'r mut dyn Read, order: ByteOrder) -> Self {
        Self { inner, order, rest: Vec::new(), text: Vec::new(), at: 0, started: false, ended: false }
    }

    fn decode(&mut self) -> io::Result<()> {
        let mut bytes = std::mem::take(&mut self.rest);
        let kept = bytes.len();
        bytes.resize(kept + STEP, 0);
        let (read, failed) = fill(self.inner, bytes.get_mut(kept..).unwrap_or_default());
        bytes.truncate(kept + read);
        self.ended = read < STEP && failed.is_none();
        let unit = |pair: &[u8]| match (self.order, pair) {
            (ByteOrder::Little, [a, b]) => u16::from_le_bytes([*a, *b]),
            (ByteOrder::Big, [a, b]) => u16::from_be_bytes([*a, *b]),
            _ => 0xfffd,
        };
        let mut units: Vec<u16> = bytes.chunks_exact(2).map(unit).collect();
        let mut rest = bytes.get(units.len() * 2..).unwrap_or_default().to_vec();
        // The first half of a pair waits for the second.
        if !self.ended && units.last().is_some_and(|unit| (0xd800..0xdc00).contains(unit)) {
            units.pop();
            let from = bytes.len().saturating_sub(rest.len() + 2);
            rest = bytes.get(from..).unwrap_or_default().to_vec();
        }
        let from = usize::from(!self.started && units.first() == Some(&0xfeff));
        self.started = true;
        let text: String = char::decode_utf16(units.into_iter().skip(from))
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
        self.text = text.into_bytes();
        if self.ended && !rest.is_empty() {
            self.text.extend_from_slice("\u{fffd}".as_bytes());
            rest.clear();
        }
        self.rest = rest;
        self.at = 0;
        failed.map_or(Ok(()), Err)
    }
}

impl Read for Utf16<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.text.len() && !self.ended {
            self.decode()?;
        }
        let n = self.text.get(self.at..).unwrap_or_default().read(buffer)?;
        self.at += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(text: &str, order: ByteOrder) -> Vec<u8> {
        let bytes = |unit: u16| match order {
            ByteOrder::Little => unit.to_le_bytes(),
            ByteOrder::Big => unit.to_be_bytes(),
        };
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(bytes).collect()
    }

    fn decoded(bytes: &[u8]) -> String {
        let mut text = String::new();
        let order = byte_order(bytes).unwrap();
        Utf16::new(&mut { bytes }, order).read_to_string(&mut text).unwrap();
        text
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn text_survives(text in "\\PC{0,40}", n in 1usize..2000) {
            // Long enough for pairs to be cut at the end of a step.
            let text = text.repeat(n);
            prop_assert_eq!(decoded(&encoded(&text, ByteOrder::Little)), text.clone());
            prop_assert_eq!(decoded(&encoded(&text, ByteOrder::Big)), text);
        }
    }

    #[test]
    fn halves_become_replacement_characters() {
        assert_eq!(decoded(b"\xff\xfea\0\x00\xd8b\0"), "a\u{fffd}b");
        assert_eq!(decoded(b"\xff\xfea\0b"), "a\u{fffd}");
    }

    #[test]
    fn only_a_mark_makes_utf_16() {
        assert_eq!(byte_order(b"\xff\xfe\0\0"), None);
        assert_eq!(byte_order(b"plain"), None);
    }
}
