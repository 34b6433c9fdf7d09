//! `key=value` pairs with Go quoting, as logrus, slog, go-kit and klog write them.
//!
//! Values are bare or quoted as by `strconv.Quote`. klog also writes lists and JSON bare (`pods=["a/b" "c/d"]`,
//! `serialize.go`), so a bare value that opens a bracket ends where the bracket does; and texts of several lines
//! as `key=<`, the lines themselves each after a tab, and ` >`.

use std::borrow::Cow;

use super::{Fields, Level, civil};
use crate::base::Stamp;

/// A value, and whether quotes were around it.
pub(super) struct Value<'c> {
    pub(super) text: Cow<'c, str>,
    pub(super) quoted: bool,
}

/// Reads one pair off the front of a text: key, value, and what follows. The pair must be followed by a space or
/// the end.
pub(super) fn pair(text: &str) -> Option<(&str, Value<'_>, &str)> {
    let (key, rest) = key(text)?;
    let (value, rest) = value(rest)?;
    match rest.strip_prefix(' ') {
        Some(after) => Some((key, value, after.trim_start_matches(' '))),
        None => rest.is_empty().then_some((key, value, rest)),
    }
}

/// Reads `key=` off the front of a text.
pub(super) fn key(text: &str) -> Option<(&str, &str)> {
    let ends =
        |byte: &u8| matches!(byte, 0..=b' ' | b'"' | b'=' | b'[' | b']' | b'{' | b'}' | b'(' | b')' | b',');
    let end = text.bytes().position(|byte| ends(&byte))?;
    let (key, rest) = text.split_at_checked(end)?;
    let rest = rest.strip_prefix('=')?;
    (!key.is_empty()).then_some((key, rest))
}

fn value(text: &str) -> Option<(Value<'_>, &str)> {
    if text.starts_with('"') {
        // A quote that is not closed belongs to a line that was cut off: what there is, is the value.
        let (text, rest) = unquote(text).unwrap_or_else(|| (unescape(text.get(1..).unwrap_or_default()), ""));
        return Some((Value { text, quoted: true }, rest));
    }
    if let Some(block) = text.strip_prefix("<\n") {
        let (lines, rest) = block.split_once("\n >").unwrap_or((block, ""));
        let lines: Vec<&str> = lines.lines().map(|line| line.strip_prefix('\t').unwrap_or(line)).collect();
        return Some((Value { text: Cow::Owned(lines.join("\n")), quoted: true }, rest));
    }
    if text == "<" {
        // The lines of the value follow as lines of their own.
        return Some((Value { text: Cow::Borrowed(""), quoted: true }, ""));
    }
    let (text, rest) = text.split_at_checked(bare_length(text))?;
    Some((Value { text: Cow::Borrowed(text), quoted: false }, rest))
}

/// How long a bare value is: up to a space, but brackets that it starts with are closed first. A bracket that is
/// never closed takes the rest of the line, which keeps the cost linear.
fn bare_length(text: &str) -> usize {
    let bracketed = text.starts_with(['[', '{', '&']) || text.starts_with("map[");
    let (mut depth, mut in_quotes, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_quotes => escaped = true,
            b'"' if bracketed => in_quotes = !in_quotes,
            b'[' | b'{' if bracketed && !in_quotes => depth += 1,
            b']' | b'}' if !in_quotes => depth = depth.saturating_sub(1),
            b' ' | b'\n' if depth == 0 && !in_quotes => return at,
            _ => {}
        }
    }
    text.len()
}

/// Reads a text in double quotes off the front: what it says, and what follows the closing quote. `None` when
/// there is no closing quote.
pub(super) fn unquote(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut from = 0;
    loop {
        let at = from + memchr::memchr2(b'"', b'\\', inner.as_bytes().get(from..)?)?;
        if inner.as_bytes().get(at) == Some(&b'"') {
            let (body, rest) = (inner.get(..at)?, inner.get(at + 1..)?);
            return Some((unescape(body), rest));
        }
        from = at + 2;
    }
}

/// Undoes the escapes of a Go string literal. An escape that Go does not know stays as it is.
fn unescape(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\\', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    // Bytes, because `\xe2\x80\xa6` is one character.
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, escape)) = rest.split_once('\\') {
        out.extend_from_slice(plain.as_bytes());
        rest = match unescape_one(escape, &mut out) {
            Some(after) => after,
            None => {
                out.push(b'\\');
                escape
            }
        };
    }
    out.extend_from_slice(rest.as_bytes());
    Cow::Owned(String::from_utf8(out).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()))
}

/// Reads what follows a backslash, adds what it means, and returns what follows.
fn unescape_one<'c>(escape: &'c str, out: &mut Vec<u8>) -> Option<&'c str> {
    let (letter, rest) = escape.split_at_checked(1)?;
    let plain = match letter {
        "n" => b'\n',
        "t" => b'\t',
        "r" => b'\r',
        "a" => 7,
        "b" => 8,
        "v" => 11,
        "f" => 12,
        "\"" => b'"',
        "\\" => b'\\',
        "'" => b'\'',
        "x" => {
            let (digits, rest) = rest.split_at_checked(2)?;
            out.push(u8::from_str_radix(digits, 16).ok()?);
            return Some(rest);
        }
        "u" | "U" => {
            let (digits, rest) = rest.split_at_checked(if letter == "u" { 4 } else { 8 })?;
            let c = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            return Some(rest);
        }
        _ => return None,
    };
    out.push(plain);
    Some(rest)
}

/// All pairs of a text, or `None` when anything in it is not a pair.
pub(super) fn pairs(text: &str) -> Option<Fields<'_>> {
    let mut fields = Fields::default();
    let mut rest = text;
    while !rest.is_empty() {
        let (key, value, after) = pair(rest)?;
        fields.push(key, value.text);
        rest = after;
    }
    Some(fields)
}

/// At how many places [`split_trailing`] looks for the first pair.
const SPLITS_MAX: usize = 8;

/// Splits `message k=v k2="v 2"` where the text from the first key on is nothing but pairs. The whole text is the
/// message when there is no such place.
pub(super) fn split_trailing(text: &str) -> (&str, Fields<'_>) {
    let spaces = memchr::memchr_iter(b' ', text.as_bytes());
    let starts =
        spaces.filter_map(|at| text.get(at + 1..).filter(|tail| key(tail).is_some()).map(|tail| (at, tail)));
    for (at, tail) in starts.take(SPLITS_MAX) {
        if let Some(fields) = pairs(tail) {
            return (text.get(..at).unwrap_or(text).trim_end_matches(' '), fields);
        }
    }
    (text, Fields::default())
}

/// What a line of pairs says, once time, level and message have been told from the other keys.
#[derive(Default)]
pub(super) struct Line<'c> {
    pub(super) stamp: Option<Stamp>,
    pub(super) level: Option<Level>,
    pub(super) message: Option<Cow<'c, str>>,
    pub(super) fields: Fields<'c>,
    /// What follows the last pair and is none itself.
    pub(super) rest: &'c str,
}

/// Reads a line of pairs. `time_keys` are the keys that may hold the time.
pub(super) fn line<'c>(text: &'c str, time_keys: &[&str]) -> Line<'c> {
    let mut line = Line { rest: text, ..Line::default() };
    while let Some((key, value, after)) = pair(line.rest) {
        match key {
            "level" | "lvl" if line.level.is_none() && Level::parse(&value.text).is_some() => {
                line.level = Level::parse(&value.text);
            }
            "msg" | "message" if line.message.is_none() => {
                if !value.quoted && pairs(after).is_none() {
                    // logrus with `DisableQuote`: nothing says where the message ends, so it takes the rest.
                    line.message = line.rest.split_once('=').map(|(_, message)| Cow::Borrowed(message));
                    line.rest = "";
                    return line;
                }
                line.message = Some(value.text);
            }
            _ => match time_keys.contains(&key).then(|| civil::whole(&value.text)).flatten() {
                Some(stamp) if line.stamp.is_none() => line.stamp = Some(stamp),
                _ => line.fields.push(key, value.text),
            },
        }
        line.rest = after;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str)]) {
        let fields = pairs(text).unwrap_or_else(|| panic!("{text} is pairs"));
        let fields: Vec<(&str, &str)> = fields.0.iter().map(|(k, v)| (k.as_ref(), v.as_ref())).collect();
        assert_eq!(fields, expected, "{text}");
    }

    #[test]
    fn values_are_read_bare_and_quoted() {
        check(r#"a=1 b="x y"  c= d="""#, &[("a", "1"), ("b", "x y"), ("c", ""), ("d", "")]);
    }

    #[test]
    fn go_escapes_are_undone() {
        check(r#"a="\"q\" \\ \n\t\x41\u00e9\U0001f600\xe2\x80\xa6""#, &[("a", "\"q\" \\ \n\tAé😀…")]);
        check(r#"a="\q \xzz \u12""#, &[("a", r"\q \xzz \u12")]);
    }

    #[test]
    fn brackets_hold_spaces() {
        check(
            r#"pods=["a/b" "c] d"] o={"k":"v w"} ip=[::1]:80 n=3"#,
            &[("pods", r#"["a/b" "c] d"]"#), ("o", r#"{"k":"v w"}"#), ("ip", "[::1]:80"), ("n", "3")],
        );
    }

    #[test]
    fn blocks_of_klog_lose_their_tabs() {
        check("err=<\n\tone\n\ttwo\n > k=v", &[("err", "one\ntwo"), ("k", "v")]);
        check("err=<", &[("err", "")]);
    }

    #[test]
    fn a_value_that_was_cut_off_is_kept() {
        check(r#"a="never close"#, &[("a", "never close")]);
        check("a=[1 2", &[("a", "[1 2")]);
        check(r#"a="ends in \"#, &[("a", r"ends in \")]);
    }

    #[test]
    fn text_is_not_pairs() {
        for text in ["word", "a=1 word", "=1", r#"a="x"y"#, r#""a"=1"#] {
            assert!(pairs(text).is_none(), "{text}");
        }
    }

    #[test]
    fn fields_at_the_end_are_split_off() {
        let (message, fields) = split_trailing(r#"Set x=1 for it. ifIndex=5 name="a b""#);
        assert_eq!(
            (message, fields.get("ifIndex"), fields.get("name")),
            ("Set x=1 for it.", Some("5"), Some("a b"))
        );
        assert_eq!(split_trailing("nothing here").0, "nothing here");
    }
}
