//! Bytes → pieces with whole lines.
//!
//! Every line has exactly one owner: the piece in whose owned range it begins. A piece also holds the
//! [`CONTEXT`] lines before and after its owned range, so that evidence has its context wherever a log is cut.

use std::io::{self, Read};
use std::ops::Range;

use super::container::fill;

/// Lines of context on each side.
pub const CONTEXT: usize = 3;

/// A record of a log has at most so many lines; what follows them is taken for records of its own.
pub const RECORD_LINES: usize = 200;

/// And so many bytes from the beginning of its first line to that of its last.
pub const RECORD_BYTES: usize = 64 * 1024;

/// Whether `line` begins a record, given the line before it; both without line feed.
pub type Begins = fn(previous: &[u8], line: &[u8]) -> bool;

/// A piece of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// Context, owned lines, context.
    pub bytes: Vec<u8>,
    /// The lines that this piece answers for.
    pub owned: Range<usize>,
    /// Where in the stream the owned range begins.
    pub offset: u64,
    /// Whether this is the last piece.
    pub last: bool,
}

/// What a stream of lines came to.
#[derive(Debug, Default)]
pub struct Cut {
    /// Bytes read.
    pub bytes: u64,
    /// Why the stream ended early, if it did.
    pub failed: Option<io::Error>,
}

/// Cuts a stream into pieces of about `size` bytes and hands each to `emit`, with a buffer from `buffer`. Lines longer
/// than about four times `line_max` lose their end, so that memory stays bounded. A piece ends before a line that
/// begins a record, so that no record is cut in two; only one of more than [`RECORD_LINES`] or [`RECORD_BYTES`] is.
pub fn lines(
    reader: &mut dyn Read,
    size: usize,
    line_max: usize,
    begins: Begins,
    buffer: &mut dyn FnMut() -> Vec<u8>,
    emit: &mut dyn FnMut(Piece),
) -> Cut {
    let mut cut = Cut::default();
    // What the next piece begins with: context before, then lines that are not yet owned by anyone.
    let mut carry: Vec<u8> = Vec::new();
    // A piece that was too short to own a line, in its buffer: a buffer is a permit and must not be lost.
    let mut unfinished: Option<Vec<u8>> = None;
    let mut owned_from = 0;
    let mut offset = 0;
    loop {
        let (mut bytes, kept) = match unfinished.take() {
            Some(bytes) => {
                let kept = bytes.len();
                (bytes, kept)
            }
            None => (begin(buffer(), &carry), carry.len()),
        };
        let filled = grow(reader, &mut bytes, kept, size.max(1));
        cut.bytes += filled.read;
        let end = filled.ended || filled.failed.is_some();
        cut.failed = filled.failed;
        let mut skipped = None;
        let mut owned_end = if end { bytes.len() } else { hold_back(&bytes, owned_from, begins) };
        if owned_end == owned_from && !end {
            if bytes.len() - owned_from <= line_max.saturating_mul(4) {
                unfinished = Some(bytes);
                continue;
            }
            skipped = Some(skip_line(reader, &mut bytes));
            owned_end = bytes.len();
        }
        let context_from = back(&bytes, owned_end, CONTEXT);
        carry.clear();
        carry.extend_from_slice(bytes.get(context_from..).unwrap_or_default());
        let next_owned = owned_end - context_from;
        let owned = owned_from..owned_end;
        let next_offset = offset + owned.len() as u64 + skipped.as_ref().map_or(0, |skipped| skipped.bytes);
        emit(Piece { bytes, owned, offset, last: end });
        offset = next_offset;
        owned_from = next_owned;
        if let Some(skipped) = skipped {
            cut.bytes += skipped.bytes + 1 + skipped.rest.len() as u64;
            carry.extend_from_slice(&skipped.rest);
        }
        if end {
            return cut;
        }
    }
}

struct Filled {
    read: u64,
    ended: bool,
    failed: Option<io::Error>,
}

/// What was left out of a line that is too long.
struct Skipped {
    /// Bytes left out, less the line feed that was put in their place.
    bytes: u64,
    /// What was read behind the line.
    rest: Vec<u8>,
}

/// Reads to the end of the line without keeping it, and ends the kept part with a line feed.
fn skip_line(reader: &mut dyn Read, bytes: &mut Vec<u8>) -> Skipped {
    let mut skipped = 0;
    let mut buffer = vec![0; 64 * 1024];
    bytes.push(b'\n');
    loop {
        let (n, failed) = fill(reader, &mut buffer);
        let read = buffer.get(..n).unwrap_or_default();
        match memchr::memchr(b'\n', read) {
            // The line feed itself was put in already.
            Some(feed) => {
                return Skipped {
                    bytes: skipped + feed as u64,
                    rest: read.get(feed + 1..).unwrap_or_default().to_vec(),
                };
            }
            None if n < buffer.len() || failed.is_some() => {
                return Skipped { bytes: (skipped + n as u64).saturating_sub(1), rest: Vec::new() };
            }
            None => skipped += n as u64,
        }
    }
}

/// Begins a piece with what was carried over. What else the buffer holds is overwritten by [`grow`]: clearing it
/// first would cost as much as filling it.
fn begin(mut bytes: Vec<u8>, carry: &[u8]) -> Vec<u8> {
    if bytes.len() < carry.len() {
        bytes.resize(carry.len(), 0);
    }
    if let Some(head) = bytes.get_mut(..carry.len()) {
        head.copy_from_slice(carry);
    }
    bytes
}

/// Reads about `size` bytes behind the first `kept`; nothing else is left in `bytes`.
fn grow(reader: &mut dyn Read, bytes: &mut Vec<u8>, kept: usize, size: usize) -> Filled {
    bytes.resize(kept + size, 0);
    let (read, failed) = fill(reader, bytes.get_mut(kept..).unwrap_or_default());
    bytes.truncate(kept + read);
    Filled { read: read as u64, ended: read < size, failed }
}

/// Where the owned range ends when more is to come: before the last [`CONTEXT`] whole lines and the unfinished one, and
/// before a line that begins a record, if there is one within the size of a record.
fn hold_back(bytes: &[u8], from: usize, begins: Begins) -> usize {
    let Some(last_feed) = memchr::memrchr(b'\n', bytes) else { return from };
    let latest = back(bytes, last_feed + 1, CONTEXT).max(from);
    let mut at = latest;
    for _ in 0..RECORD_LINES {
        let before = back(bytes, at, 1);
        if at <= from || before < from || latest - at > RECORD_BYTES {
            break;
        }
        let line = line_at(bytes, at);
        if begins(line_at(bytes, before), line) {
            return at;
        }
        at = before;
    }
    latest
}

/// The line that begins at `at`, without its line feed.
fn line_at(bytes: &[u8], at: usize) -> &[u8] {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.get(..memchr::memchr(b'\n', rest).unwrap_or(rest.len())).unwrap_or(rest)
}

/// The start of the line that is `n` lines before the line that begins at `at`.
fn back(bytes: &[u8], at: usize, n: usize) -> usize {
    let mut at = at;
    for _ in 0..n {
        let Some(head) = at.checked_sub(1).and_then(|end| bytes.get(..end)) else { return 0 };
        at = memchr::memrchr(b'\n', head).map_or(0, |feed| feed + 1);
    }
    at
}

/// Reads a whole stream, up to `max` bytes. Gives the bytes, whether more was there, and why it ended early.
pub fn whole(reader: &mut dyn Read, size: Option<u64>, max: u64) -> (Vec<u8>, bool, Option<io::Error>) {
    let expected = size.unwrap_or(0).min(max).min(1 << 24);
    let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or(0));
    let failed = reader.take(max).read_to_end(&mut bytes).err();
    let mut one = [0];
    let more =
        failed.is_none() && bytes.len() as u64 >= max && matches!(reader.read(&mut one), Ok(n) if n > 0);
    (bytes, more, failed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn always(_previous: &[u8], _line: &[u8]) -> bool {
        true
    }

    fn pieces(text: &[u8], size: usize) -> Vec<Piece> {
        let mut out = Vec::new();
        // Buffers come back from the workers with what they held before.
        let mut used = || vec![b'?'; 150];
        lines(&mut { text }, size, 1 << 20, always, &mut used, &mut |piece| out.push(piece));
        out
    }

    proptest! {
        #[test]
        fn every_line_has_one_owner_and_its_context(
            lines in proptest::collection::vec("[a-z]{0,12}", 0..60), ends in any::<bool>(), size in 1usize..200
        ) {
            let mut text = lines.join("\n");
            if ends && !text.is_empty() { text.push('\n'); }
            let pieces = pieces(text.as_bytes(), size);
            let owned: Vec<u8> = pieces.iter().flat_map(|p| p.bytes[p.owned.clone()].to_vec()).collect();
            prop_assert_eq!(owned, text.as_bytes());
            let mut at = 0;
            for piece in &pieces {
                // The piece is a window of the text around its owned range.
                let start = at - piece.owned.start;
                prop_assert_eq!(&piece.bytes[..], &text.as_bytes()[start..start + piece.bytes.len()]);
                at += piece.owned.len();
                let before = memchr::memchr_iter(b'\n', &piece.bytes[..piece.owned.start]).count();
                prop_assert!(start == 0 || before == CONTEXT, "{} lines before", before);
                let after = memchr::memchr_iter(b'\n', &piece.bytes[piece.owned.end..]).count();
                prop_assert!(piece.last || after >= CONTEXT, "{} lines after", after);
            }
            prop_assert!(pieces.last().unwrap().last);
        }
    }

    #[test]
    fn no_record_is_cut_in_two() {
        let text: String =
            (0..500).map(|n| format!("{}{n}\n", if n % 7 == 0 { "I" } else { "\t" })).collect();
        let mut pieces = Vec::new();
        let begins: Begins = |_, line| line.starts_with(b"I");
        lines(&mut text.as_bytes(), 150, 1 << 20, begins, &mut Vec::new, &mut |piece| pieces.push(piece));
        assert!(pieces.len() > 5);
        for piece in &pieces {
            assert!(piece.bytes[piece.owned.clone()].starts_with(b"I"), "{:?}", piece.offset);
        }
    }

    #[test]
    fn an_endless_line_is_cut_and_what_follows_keeps_its_place() {
        let text = format!("a\n{}\nb\nc\nd\ne\n", "x".repeat(500_000));
        let mut pieces = Vec::new();
        let cut =
            lines(&mut text.as_bytes(), 64, 100, always, &mut Vec::new, &mut |piece| pieces.push(piece));
        assert_eq!(cut.bytes, text.len() as u64);
        let last = pieces.last().unwrap();
        let start = usize::try_from(last.offset).unwrap();
        assert_eq!(last.bytes[last.owned.clone()], text.as_bytes()[start..]);
        let kept: usize = pieces.iter().map(|p| p.owned.len()).sum();
        assert!(kept < 1000, "{kept}");
    }

    #[test]
    fn a_whole_document_is_bounded() {
        let (bytes, more, failed) = whole(&mut &b"0123456789"[..], None, 4);
        assert_eq!((bytes.as_slice(), more, failed.is_none()), (&b"0123"[..], true, true));
        let (bytes, more, _) = whole(&mut &b"0123"[..], Some(4), 4);
        assert_eq!((bytes.len(), more), (4, false));
    }
}
