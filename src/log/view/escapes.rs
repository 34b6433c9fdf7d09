//! What JSON may hide: letters behind `\u0041`, a message as an array of bytes (journald, when it is not UTF-8).
//!
//! The line stays JSON: undone are only escapes of characters that need none. Go's `\u003c`, `\u003e` and `\u0026` hide
//! no letters and are too common to make a file worth a view.

use memchr::memmem;
use serde_json::Value;

use crate::log::{ansi, lossy};

const ESCAPE: &[u8] = b"\\u00";

/// How `journalctl -o json` begins a message that is not text.
pub(super) const MESSAGE: &[u8] = b"\"MESSAGE\":[";

/// Whether a letter, a digit or a colour is hidden behind an escape somewhere in the bytes.
pub(super) fn hide_letters(bytes: &[u8]) -> bool {
    let hidden = |at: usize| {
        code(bytes.get(at + ESCAPE.len()..)).is_some_and(|c| c.is_ascii_alphanumeric() || c == 0x1b)
    };
    memmem::find_iter(bytes, ESCAPE).any(hidden)
}

/// The two hexadecimal digits that bytes begin with.
fn code(digits: Option<&[u8]>) -> Option<u8> {
    let digits = std::str::from_utf8(digits?.get(..2)?).ok()?;
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u8::from_str_radix(digits, 16).ok())?
}

/// Appends the line with the escapes undone, if it holds an object at all.
pub(super) fn undo_into(line: &[u8], out: &mut Vec<u8>) {
    let has_escape = memmem::find(line, ESCAPE).is_some() && memmem::find(line, b"{\"").is_some();
    let message = memmem::find(line, MESSAGE).filter(|_| line.starts_with(b"{"));
    match message.and_then(|at| with_text(line, at)) {
        Some(line) => out.extend_from_slice(&line),
        None if has_escape => undo_letters(line, out),
        None => out.extend_from_slice(line),
    }
}

/// The object with its message as text; `None` when the array is not one of bytes.
fn with_text(line: &[u8], at: usize) -> Option<Vec<u8>> {
    let from = at + MESSAGE.len();
    let end = from + memchr::memchr(b']', line.get(from..)?)?;
    let numbers = std::str::from_utf8(line.get(from..end)?).ok()?;
    let bytes: Option<Vec<u8>> = numbers.split(',').map(|number| number.trim().parse().ok()).collect();
    let mut plain = Vec::new();
    ansi::strip_into(&bytes?, &mut plain);
    let text = Value::from(lossy(plain)).to_string();
    Some([line.get(..from - 1)?, text.as_bytes(), line.get(end + 1..)?].concat())
}

fn undo_letters(line: &[u8], out: &mut Vec<u8>) {
    let mut rest = line;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let (plain, escape) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        out.extend_from_slice(plain);
        let after = escape.get(ESCAPE.len() + 2..);
        let hidden = escape.strip_prefix(ESCAPE).and_then(|digits| code(Some(digits)));
        rest = match (hidden, after) {
            (Some(0x1b), Some(after)) => after.get(ansi::sequence(after)..).unwrap_or_default(),
            (Some(c), Some(after)) if matches!(c, b' '..=b'~') && c != b'"' && c != b'\\' => {
                out.push(c);
                after
            }
            _ => {
                // Whatever is escaped here, a backslash too, is no beginning of another escape.
                let n = escape.len().min(2);
                out.extend_from_slice(escape.get(..n).unwrap_or_default());
                escape.get(n..).unwrap_or_default()
            }
        };
    }
    out.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: &str) {
        let mut out = Vec::new();
        undo_into(line.as_bytes(), &mut out);
        assert_eq!(String::from_utf8_lossy(&out), expected, "{line}");
    }

    #[test]
    fn letters_come_out_of_their_escapes_and_quotes_do_not() {
        check(r#"{"log":"\u0041\u0062 \u003cnil\u003e"}"#, r#"{"log":"Ab <nil>"}"#);
        check(
            r#"{"log":"\u0022 \u005c \u000a \\u0041 \u00e9 \u00"}"#,
            r#"{"log":"\u0022 \u005c \u000a \\u0041 \u00e9 \u00"}"#,
        );
        check(r#"{"log":"\u001b[33mWARN\u001b[0m \u001b"}"#, r#"{"log":"WARN "}"#);
        check(r"C:\u0041 is no JSON", r"C:\u0041 is no JSON");
    }

    #[test]
    fn bytes_become_text() {
        check(
            r#"{"MESSAGE":[99,34,27,91,51,51,109,195,188,255],"_PID":"1"}"#,
            "{\"MESSAGE\":\"c\\\"ü\u{fffd}\",\"_PID\":\"1\"}",
        );
        check(r#"{"MESSAGE":["a","b"]}"#, r#"{"MESSAGE":["a","b"]}"#);
        check(r#"{"MESSAGE":[1,2"#, r#"{"MESSAGE":[1,2"#);
        check(r#"{"MESSAGE":[256]}"#, r#"{"MESSAGE":[256]}"#);
    }

    #[test]
    fn only_what_hides_letters_is_worth_a_view() {
        for (text, expected) in [
            (r#""\u0041""#, true),
            (r#""\u001b[0m""#, true),
            (r#""\u003cnil\u003e \u0026 \u00e9""#, false),
            (r"\u00", false),
        ] {
            assert_eq!(hide_letters(text.as_bytes()), expected, "{text}");
        }
    }
}
