//! Cuts JSON text into its values without reading it as a whole.
//!
//! `kubectl cluster-info dump` and long lists are hundreds of megabytes: only one item at a time becomes a value. The
//! cutter looks at strings and brackets only, so a list that ends early still gives the items before its end.

use std::ops::Range;

/// What the outermost object of a text says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// The value of `kind`.
    pub kind: Option<String>,
    /// The value of `apiVersion`.
    pub api_version: Option<String>,
    /// Where the first byte after the bracket of `items` lies, if `items` is a list.
    pub items: Option<usize>,
    /// Whether there is a key `items`, even if it is null.
    pub has_items: bool,
    /// Where the object ends (exclusive); `None` when the text ends first.
    pub end: Option<usize>,
}

/// Looks over the object that begins at `start` (its opening brace).
#[must_use]
pub fn outline(bytes: &[u8], start: usize) -> Outline {
    let mut found = Outline::default();
    let mut at = start + 1;
    loop {
        at = skip_space(bytes, at);
        match bytes.get(at) {
            Some(b',') => at += 1,
            Some(b'}') => {
                found.end = Some(at + 1);
                return found;
            }
            Some(b'"') => match pair(bytes, at, &mut found) {
                Some(end) => at = end,
                None => return found,
            },
            _ => return found,
        }
    }
}

/// Reads one key and its value at `at`; returns where the value ends.
fn pair(bytes: &[u8], at: usize, found: &mut Outline) -> Option<usize> {
    let key_end = string_end(bytes, at)?;
    let key = bytes.get(at + 1..key_end - 1)?;
    let colon = skip_space(bytes, key_end);
    bytes.get(colon).filter(|byte| **byte == b':')?;
    let value = skip_space(bytes, colon + 1);
    match key {
        b"items" => {
            found.has_items = true;
            found.items = (bytes.get(value) == Some(&b'[')).then_some(value + 1);
        }
        b"kind" => found.kind = plain_string(bytes, value),
        b"apiVersion" => found.api_version = plain_string(bytes, value),
        _ => {}
    }
    value_end(bytes, value)
}

/// The next item of a list, from `at` on: its range, or `None` at the list's end.
///
/// `Some(Err(start))` means that an item begins at `start` and that the text ends before the item does.
#[must_use]
pub fn next_item(bytes: &[u8], mut at: usize) -> Option<Result<Range<usize>, usize>> {
    loop {
        at = skip_space(bytes, at);
        match bytes.get(at)? {
            b',' => at += 1,
            b']' | b'}' => return None,
            _ => return Some(value_end(bytes, at).map(|end| at..end).ok_or(at)),
        }
    }
}

/// Where the value that begins at `at` ends (exclusive); `None` when the text ends first.
#[must_use]
pub fn value_end(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'"' => string_end(bytes, at),
        b'{' | b'[' => bracket_end(bytes, at),
        _ => {
            let rest = bytes.get(at..)?;
            let length = rest.iter().position(|byte| b",]} \n\r\t".contains(byte))?;
            // A value without a single byte would let a caller turn on the spot.
            (length > 0).then_some(at + length)
        }
    }
}

fn bracket_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = start;
    loop {
        match bytes.get(at)? {
            b'"' => {
                at = string_end(bytes, at)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// Where the string whose opening quote is at `at` ends (after its closing quote).
fn string_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut at = at + 1;
    loop {
        let hit = at + memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        match bytes.get(hit)? {
            b'"' => return Some(hit + 1),
            _ => at = hit + 2,
        }
    }
}

/// A string value without escapes, as kinds and versions are.
fn plain_string(bytes: &[u8], at: usize) -> Option<String> {
    bytes.get(at).filter(|byte| **byte == b'"')?;
    let end = string_end(bytes, at)?;
    String::from_utf8(bytes.get(at + 1..end - 1)?.to_vec()).ok()
}

/// The first offset from `at` on that is not white space.
#[must_use]
pub fn skip_space(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, proptest};

    use super::*;

    #[test]
    fn an_outline_holds_even_if_the_text_ends_early() {
        let text = br#"{"apiVersion": "v1", "items": [{"a": "}]"}, {"b": "\""}], "kind": "PodList"}"#;
        let whole = outline(text, 0);
        assert_eq!(whole.kind.as_deref(), Some("PodList"));
        assert_eq!(whole.end, Some(text.len()));
        let first = next_item(text, whole.items.unwrap()).unwrap().unwrap();
        assert_eq!(&text[first.clone()], br#"{"a": "}]"}"#);
        let second = next_item(text, first.end).unwrap().unwrap();
        assert_eq!(&text[second.clone()], br#"{"b": "\""}"#);
        assert_eq!(next_item(text, second.end), None);

        let cut = outline(&text[..50], 0);
        assert_eq!((cut.kind, cut.end, cut.items), (None, None, whole.items));
        assert_eq!(next_item(&text[..50], first.end), Some(Err(44)));
    }

    proptest! {
        #[test]
        fn nothing_panics(bytes in prop::collection::vec(prop::sample::select(b"{}[]\":,\\ a\nkind".to_vec()), 0..40),
                          at in 0_usize..45, raw in prop::collection::vec(any::<u8>(), 0..20)) {
            for bytes in [bytes, raw] {
                let found = outline(&bytes, at);
                let mut at = found.items.unwrap_or(at);
                while let Some(Ok(range)) = next_item(&bytes, at) {
                    assert!(range.end > at);
                    at = range.end;
                }
            }
        }
    }
}
