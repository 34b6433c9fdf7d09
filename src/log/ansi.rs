//! Escape sequences of terminals: colours, mostly.
//!
//! Programs that take a pipe for a terminal write them into their logs (`k3s check-config`, Rancher's backup
//! operator, everything behind `docker compose logs`). Taken out are control sequences (`ESC [ … letter`) and
//! operating system commands (`ESC ] … BEL`). Source: ECMA-48, sections 5.4 and 8.3.89.

use std::borrow::Cow;

const ESCAPE: u8 = 0x1b;

/// How long the text of an operating system command (a title, a link) may be.
const COMMAND_MAX: usize = 1024;

/// Whether there is an escape in the bytes.
pub(super) fn is_in(bytes: &[u8]) -> bool {
    memchr::memchr(ESCAPE, bytes).is_some()
}

/// The text without its escape sequences.
pub(super) fn strip(text: &str) -> Cow<'_, str> {
    if !is_in(text.as_bytes()) {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    strip_into(text.as_bytes(), &mut out);
    Cow::Owned(super::lossy(out))
}

/// Appends the bytes without their escape sequences. An escape that begins no sequence stays.
pub(super) fn strip_into(bytes: &[u8], out: &mut Vec<u8>) {
    let mut rest = bytes;
    while let Some(at) = memchr::memchr(ESCAPE, rest) {
        let (plain, escape) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        out.extend_from_slice(plain);
        let after = escape.get(1..).unwrap_or_default();
        let n = sequence(after);
        if n == 0 {
            out.push(ESCAPE);
        }
        rest = after.get(n..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

/// How long the sequence is whose escape stands before these bytes; 0 when they make none.
pub(super) fn sequence(after: &[u8]) -> usize {
    match after.first() {
        Some(b'[') => {
            let parameters = after.iter().skip(1).take_while(|byte| matches!(byte, 0x20..=0x3f)).count();
            let ends = after.get(1 + parameters).is_some_and(|byte| matches!(byte, 0x40..=0x7e));
            if ends { parameters + 2 } else { 0 }
        }
        Some(b']') => {
            let command = after.get(..COMMAND_MAX.min(after.len())).unwrap_or_default();
            memchr::memchr(0x07, command).map_or(0, |end| end + 1)
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_taken_out_and_nothing_else() {
        for (text, expected) in [
            ("\u{1b}[33mWARN\u{1b}[0m[0001] ü", "WARN[0001] ü"),
            ("a\u{1b}[1;31mb\u{1b}[Kc\u{1b}[?25ld", "abcd"),
            ("\u{1b}]0;title\u{7}x", "x"),
            ("plain", "plain"),
            ("\u{1b}", "\u{1b}"),
            ("\u{1b}[12", "\u{1b}[12"),
            ("\u{1b}[ü", "\u{1b}[ü"),
        ] {
            assert_eq!(strip(text), expected, "{text:?}");
        }
    }

    #[test]
    fn many_open_sequences_cost_no_more_than_their_length() {
        let text = "\u{1b}]".repeat(100_000);
        assert_eq!(strip(&text), text);
    }
}
