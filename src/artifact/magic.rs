//! Files that are no text, by their first bytes.

/// Beginnings of files at an offset, and what they are.
const MAGICS: &[(usize, &[u8], &str)] = &[
    (0, b"LPKSHHRH", "systemd journal"),
    (0, b"\x7fELF", "ELF program or core"),
    (0, b"SQLite format 3\0", "SQLite database"),
    // bbolt's page header comes before its magic (bbolt `db.go`).
    (16, b"\xed\xda\x0c\xed", "etcd database (bbolt)"),
    (0, b"RRD\0", "RRD archive"),
    (0, b"PK\x03\x04", "zip archive"),
    (0, b"PK\x05\x06", "empty zip archive"),
    (0, b"\x1f\x8b", "gzip data"),
    (0, b"\xfd7zXZ\0", "xz data"),
    (0, b"\x28\xb5\x2f\xfd", "zstd data"),
    (0, b"\x04\x22\x4d\x18", "lz4 data"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z archive"),
    (0, b"Rar!\x1a\x07", "rar archive"),
    (257, b"ustar", "tar archive"),
    (0, b"\x89PNG\r\n", "PNG picture"),
    (0, b"\xff\xd8\xff", "JPEG picture"),
    (0, b"%PDF-", "PDF document"),
    (0, b"Salted__", "encrypted file (openssl)"),
    (0, b"age-encryption.org/", "encrypted file (age)"),
    (0, b"-----BEGIN PGP MESSAGE-----", "encrypted file (PGP)"),
    (0, b"MDMP", "Windows memory dump"),
    (0, b"ElfFile\0", "Windows event log"),
    (0, b"\xca\xfe\xba\xbe", "Java class"),
];

/// What a file that is no text is; `None` for text.
#[must_use]
pub fn binary(head: &[u8]) -> Option<Option<&'static str>> {
    if let Some((_, _, what)) =
        MAGICS.iter().find(|(at, magic, _)| head.get(*at..).is_some_and(|rest| rest.starts_with(magic)))
    {
        return Some(Some(what));
    }
    let utf16 = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    (!utf16 && (head.contains(&0) || is_noise(head))).then_some(None)
}

/// What a log that is no text is. A log on a machine that lost power may hold a run of zeros between its lines: it stays
/// a log while the rest is text.
#[must_use]
pub fn binary_log(head: &[u8]) -> Option<Option<&'static str>> {
    let found = binary(head)?;
    let text: Vec<u8> = head.iter().copied().filter(|byte| *byte != 0).collect();
    let torn = found.is_none() && text.contains(&b'\n') && !is_noise(&text);
    (!torn).then_some(found)
}

/// How many control characters there are in at most 255 bytes: a count that fits a byte is taken of many bytes at once.
fn controls(few: &[u8]) -> usize {
    usize::from(few.iter().map(|byte| u8::from(*byte < b' ' || *byte == 0x7f)).sum::<u8>())
}

/// Bytes of which too many are neither text in UTF-8 nor in a one-byte encoding: a third of random bytes are control
/// characters or do not decode.
fn is_noise(head: &[u8]) -> bool {
    const FEWEST: usize = 64;
    let odd = |c: char| {
        c == char::REPLACEMENT_CHARACTER
            || (c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{1b}' | '\u{8}' | '\u{c}'))
    };
    // Nearly every log is plain ASCII with hardly a control character but line feeds, and need not be decoded.
    let controls: usize = head.chunks(usize::from(u8::MAX)).map(controls).sum();
    if head.is_ascii() && controls * 10 <= head.len() * 3 {
        return false;
    }
    let text = String::from_utf8_lossy(head);
    let (all, strange) =
        text.chars().fold((0_usize, 0_usize), |(all, strange), c| (all + 1, strange + usize::from(odd(c))));
    all >= FEWEST && strange * 10 > all * 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binary_files_say_what_they_are() {
        for (head, expect) in [
            (&b"LPKSHHRH\0\0"[..], Some(Some("systemd journal"))),
            (b"\0\0\0\0\0\0\0\0\x01\0\x04\0\0\0\0\0\xed\xda\x0c\xed", Some(Some("etcd database (bbolt)"))),
            (b"Salted__abcdefgh", Some(Some("encrypted file (openssl)"))),
            (b"a\0b", Some(None)),
            (b"\xff\xfea\0b\0", None),
            (b"caf\xe9 ouvert\n", None),
            (b"", None),
        ] {
            assert_eq!(binary(head), expect, "{head:?}");
        }
        let random: Vec<u8> = (0..512_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 11) as u8 | 1).collect();
        assert_eq!(binary(&random), Some(None));
    }

    #[test]
    fn a_log_may_hold_a_run_of_zeros() {
        let mut torn = b"Nov 22 03:11:34 n1 kernel: up\n".to_vec();
        torn.extend([0; 4000]);
        assert_eq!(binary_log(&torn), None);
        assert_eq!(binary_log(&[0; 100]), Some(None));
        assert_eq!(binary_log(b"LPKSHHRH\0\n"), Some(Some("systemd journal")));
    }
}
