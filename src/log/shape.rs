//! What does not vary in a message, to count how often a program says the same.
//!
//! Blanked to `#` are runs of letters and digits that hold a digit (numbers, hexadecimal, times, the random ends of pods'
//! names), with such runs next to them that only `.`, `:`, `-` or `_` part from them (addresses, UUIDs, dates); to `"*"` the
//! text between double quotes, to `'*'` that between single ones. One pass; a shape is that of the beginning of a
//! message only.

/// How many bytes of a message make its shape.
const SHAPED_MAX: usize = 1024;

/// How many characters [`shape_text`] gives.
const TEXT_MAX: usize = 200;

/// A hash of the message without what varies: equal for messages of the same shape, on every machine and in every run.
#[must_use]
pub fn shape(message: &str) -> u64 {
    // FNV-1a: short inputs, no state beyond one word, and no need to resist anybody.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    blank(message, &mut |bytes| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    });
    hash
}

/// The message without what varies, for showing: at most 200 characters.
#[must_use]
pub fn shape_text(message: &str) -> String {
    let mut bytes = Vec::new();
    blank(message, &mut |part| bytes.extend_from_slice(part));
    let text = String::from_utf8_lossy(&bytes);
    match text.char_indices().nth(TEXT_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.into_owned(),
    }
}

fn blank(message: &str, emit: &mut impl FnMut(&[u8])) {
    let bytes = message.as_bytes();
    let mut rest = bytes.get(..SHAPED_MAX).unwrap_or(bytes);
    // Once a quote was found to be open, no later one of its kind is looked for: the cost stays linear.
    let mut open = [false; 2];
    let mut after_word = false;
    while let Some(first) = rest.first().copied() {
        let quote = match first {
            b'"' => Some(0),
            // An apostrophe within a word opens nothing.
            b'\'' if !after_word => Some(1),
            _ => None,
        };
        if let Some(slot) = quote.and_then(|at| open.get_mut(at)).filter(|open| !**open) {
            match quoted(rest) {
                Some(after) => {
                    emit(&[first, b'*', first]);
                    (rest, after_word) = (after, false);
                    continue;
                }
                None => *slot = true,
            }
        }
        let n = word(rest);
        let (head, tail) = rest.split_at_checked(n.max(1)).unwrap_or((rest, &[]));
        after_word = n > 0;
        if n > 0 {
            blank_word(head, emit)
        } else {
            emit(head)
        }
        rest = tail;
    }
}

/// What follows the text in quotes that the bytes begin with.
fn quoted(bytes: &[u8]) -> Option<&[u8]> {
    let quote = *bytes.first()?;
    let mut from = 1;
    loop {
        let at = from + memchr::memchr2(quote, b'\\', bytes.get(from..)?)?;
        if bytes.get(at) == Some(&quote) {
            return bytes.get(at + 1..);
        }
        from = at + 2;
    }
}

fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b':' | b'-' | b'_') || !byte.is_ascii()
}

/// How long the word is that the bytes begin with: runs of letters and digits, and what may part them.
fn word(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| in_word(**byte)).count()
}

/// Blanks the runs of a word that vary.
fn blank_word(word: &[u8], emit: &mut impl FnMut(&[u8])) {
    let is_part = |byte: &u8| matches!(byte, b'.' | b':' | b'-' | b'_');
    // A UUID or an IPv6 address has groups of letters alone, so they are told as a whole.
    let number = |byte: &u8| byte.is_ascii_hexdigit() || is_part(byte);
    let body = word.iter().rposition(|byte| !is_part(byte)).map_or(0, |last| last + 1);
    let (body, tail) = word.split_at_checked(body).unwrap_or((word, &[]));
    let has_digit = body.iter().any(u8::is_ascii_digit);
    let starts_plain = body.first().is_some_and(|byte| !is_part(byte));
    if has_digit && starts_plain && body.iter().all(number) {
        emit(b"#");
        emit(tail);
        return;
    }
    let mut blanked = false;
    let mut pending: &[u8] = &[];
    let mut rest = body;
    while !rest.is_empty() {
        let n_parts = rest.iter().take_while(|byte| is_part(byte)).count();
        let (parts, after) = rest.split_at_checked(n_parts).unwrap_or((rest, &[]));
        let n_run = after.iter().take_while(|byte| !is_part(byte)).count();
        let (run, after) = after.split_at_checked(n_run).unwrap_or((after, &[]));
        if !parts.is_empty() {
            pending = parts;
        }
        let varies = run.iter().any(u8::is_ascii_digit) || (pending == b"-" && is_random(run));
        match (varies, blanked) {
            // The next of several: they are one.
            (true, true) => {}
            (true, false) => {
                emit(pending);
                emit(b"#");
            }
            (false, _) => {
                emit(pending);
                emit(run);
            }
        }
        (blanked, pending, rest) = (varies, &[], after);
    }
    emit(tail);
}

/// Five consonants are the random end of a pod's name. Source: k8s.io/apimachinery, `pkg/util/rand/rand.go`.
fn is_random(run: &[u8]) -> bool {
    run.len() == 5 && run.iter().all(|byte| b"bcdfghjklmnpqrstvwxz".contains(byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_varies_is_blanked() {
        for (message, expected) in [
            ("took 238.1ms for 12 entries", "took # for # entries"),
            ("dial tcp 10.0.0.1:2380: connect: refused", "dial tcp #: connect: refused"),
            ("lost the peer 8e9e05c52164694d (0xdeadbeef)", "lost the peer # (#)"),
            ("pod \"a/b\" of node 'cp-1' isn't there", "pod \"*\" of node '*' isn't there"),
            ("uid 0a1b2c3d-aaaa-bbbb-cccc-444455556666 gone", "uid # gone"),
            ("[fe80::dead:1]:443 answers", "[#]:# answers"),
            ("kube-system/coredns-5d7b9b6c9-xkqzp restarted", "kube-system/coredns-# restarted"),
            ("/var/lib/kubelet/pods/0a1b/volumes", "/var/lib/kubelet/pods/#/volumes"),
            ("at 2024-05-04T12:00:00.123Z it said \"no", "at # it said \"no"),
            ("it's 7 and don't", "it's # and don't"),
            ("no number, only words: feed added", "no number, only words: feed added"),
            ("über 3 Zeilen …", "über # Zeilen …"),
            ("", ""),
        ] {
            assert_eq!(shape_text(message), expected, "{message}");
        }
    }

    #[test]
    fn the_hash_is_the_same_in_every_run() {
        assert_eq!(shape(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(shape("took 1ms"), shape("took 238.1ms"));
        assert_ne!(shape("took 1ms"), shape("gave 1ms"));
    }

    #[test]
    fn texts_are_bounded() {
        assert_eq!(shape_text(&"ab ".repeat(100_000)).chars().count(), TEXT_MAX + 1);
        assert!(shape_text(&"\"'".repeat(100_000)).len() < SHAPED_MAX);
    }

    proptest! {
        #[test]
        fn numbers_do_not_change_a_shape(a in any::<u32>(), b in any::<u32>(), words in "[a-z ]{0,40}") {
            let say = |n: u32| format!("{words} {n} is {words}: 10.0.0.{}", n % 256);
            prop_assert_eq!(shape(&say(a)), shape(&say(b)));
        }
    }
}
