//! Text that came out of a bundle.
//!
//! A bundle may come from an attacker. [`Untrusted`] has no `Display`, so that such text cannot slip into a
//! report by accident: whoever prints it must say how ([`Untrusted::visible`] or an escaping renderer).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Text from a bundle, as it was there (invalid UTF-8 replaced). Serialises as a plain string.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Untrusted(String);

impl Untrusted {
    /// Wraps text that came out of a bundle.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as it is; the caller answers for escaping it.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// The text with everything invisible made visible: see [`visible`].
    #[must_use]
    pub fn visible(&self) -> String {
        visible(&self.0)
    }
}

impl From<&str> for Untrusted {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Untrusted {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// Bytes as text, with what is not UTF-8 replaced. The library's own function looks at each byte of what is fine, too.
#[must_use]
pub fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

/// Replaces control characters, bidirectional overrides and zero-width characters by visible ones, so that
/// neither a terminal nor a reader is misled: ESC becomes `␛`, U+202E becomes `⟨U+202E⟩`. Tabs stay.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => out.push(c),
            '\u{0}'..='\u{1f}' => out.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}')),
            '\u{7f}' => out.push('\u{2421}'),
            c if is_hidden(c) => out.push_str(&format!("⟨U+{:04X}⟩", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// Characters that print nothing or reorder what is around them (C1 controls, the Trojan-Source set, zero width).
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_bidi_characters_become_visible() {
        assert_eq!(visible("a\x1b[31mb\u{202e}c\0\r"), "a␛[31mb⟨U+202E⟩c␀␍");
    }

    #[test]
    fn ordinary_text_in_any_script_is_left_alone() {
        assert_eq!(visible("tab\there, größer, 節点, ключ"), "tab\there, größer, 節点, ключ");
    }
}
