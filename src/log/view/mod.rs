//! Files that hide what programs wrote, made searchable.
//!
//! Patterns are looked for in the bytes of a file. Some files do not hold the bytes that were written: terminals' colours
//! stand between them, a container runtime cut a long line in parts, journald's export format spreads a record over
//! fields, JSON hides letters behind escapes. A [`View`] holds one line for each that was written, with enough of its
//! wrapper that [`read`](super::read) gives time, host and program, and says where in the file it begins.
//!
//! Parts are joined per stream (`stdout`, `stderr`), as they interleave. Source: containerd,
//! `internal/cri/io/logger.go`; moby, `daemon/logger/copier.go`; systemd, `docs/JOURNAL_EXPORT_FORMATS.md` and
//! `src/shared/logs-show.c`.

mod escapes;
mod export;

use super::{ansi, join, peel};
use crate::base::text::lossy;

/// How long a line may get by joining, in bytes. containerd and docker cut at 16 KiB.
const LINE_MAX: usize = 1024 * 1024;

/// The lines that programs wrote, searchable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// The lines, each with a line feed.
    pub bytes: Vec<u8>,
    /// Where each line of `bytes` begins in what was viewed. In order.
    pub lines: Vec<Origin>,
    /// How many bytes were dropped because a line was longer than a mebibyte.
    pub n_dropped: usize,
}

/// A place in the bytes that were viewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The line, from 0.
    pub line: u64,
    /// The offset of its first byte.
    pub offset: usize,
}

/// What stands wherever a file hides something, besides colours and escapes. [`hides_at`] tells whether something is hidden there.
pub const MARKS: [&[u8]; 5] = [export::CURSOR, b"stdout P ", b"stderr P ", STREAM, escapes::MESSAGE];

/// Whether one of the [`MARKS`] hides something where it begins.
#[must_use]
pub fn hides_at(bytes: &[u8], mark: usize, at: usize) -> bool {
    match MARKS.get(mark) {
        Some(&export::CURSOR) => export::is_at(bytes, at),
        Some(&STREAM) => is_open_log(bytes, at),
        mark => mark.is_some(),
    }
}

/// Whether colours or escapes hide something in the bytes.
#[must_use]
pub fn has_escapes(bytes: &[u8]) -> bool {
    ansi::is_in(bytes) || escapes::hide_letters(bytes)
}

/// The view of a piece that holds whole lines. Worth its cost where one of the [`MARKS`] or an escape hides something: all else can be
/// searched as it is.
#[must_use]
pub fn view(bytes: &[u8]) -> View {
    Builder { bytes, exported: export::is_in(bytes), ..Builder::default() }.build()
}

/// Whether a new record begins with `line`, so that a piece may begin there: the line has a head that a format or a
/// stamped wrapper knows, and is not the rest of a record that `previous`, the line before it, began. Both without
/// line feed. Streams that interleave are not seen: of these only the line before counts.
#[must_use]
pub fn begins_record(previous: &[u8], line: &[u8]) -> bool {
    if is_partial(previous) || previous.ends_with(b"=<") {
        return false;
    }
    if line.starts_with(export::CURSOR) {
        return true;
    }
    if export::is_field(previous) {
        return false;
    }
    let text = lossy(line);
    let peeled = peel(&text);
    let is_blank = peeled.text.trim().is_empty();
    let has_head = peeled.stamp.is_some() && !is_blank && !join::continues(&text);
    has_head || super::format::parse(&peeled.text).is_some()
}

/// Whether the line is a part to which more belongs.
fn is_partial(line: &[u8]) -> bool {
    Cri::read(line).is_some_and(|cri| cri.is_partial)
        || Docker::read(line).is_some_and(|docker| docker.is_open)
}

const STREAMS: [&[u8]; 2] = [b"stdout", b"stderr"];

/// A line of a CRI log.
struct Cri<'b> {
    /// The time and the stream, up to the tag.
    head: &'b [u8],
    stream: usize,
    is_partial: bool,
    text: &'b [u8],
}

impl<'b> Cri<'b> {
    fn read(line: &'b [u8]) -> Option<Self> {
        // `2024-05-08T04:44:41Z` to `2024-05-08T04:44:41.406070907+02:00`.
        let time = memchr::memchr(b' ', line.get(..36.min(line.len()))?).filter(|end| *end >= 20)?;
        let stream = line.get(time + 1..time + 7)?;
        let stream = STREAMS.iter().position(|name| *name == stream)?;
        let head = line.get(..time + 8).filter(|head| head.ends_with(b" ") && head.starts_with(b"2"))?;
        let rest = line.get(time + 8..)?;
        let end = memchr::memchr(b' ', rest).unwrap_or(rest.len());
        let (tag, text) = rest.split_at_checked(end)?;
        let is_partial = match tag.split(|byte| *byte == b':').next()? {
            b"P" => true,
            b"F" => false,
            _ => return None,
        };
        Some(Self { head, stream, is_partial, text: text.get(1..).unwrap_or_default() })
    }
}

/// What follows the text in docker's json-file, when there are no attributes between.
const STREAM: &[u8] = b"\",\"stream\":\"std";

/// What stands before it.
const LOG: &[u8] = b"{\"log\":\"";

/// Whether the text that ends at this place ends without a line feed.
fn is_open_log(bytes: &[u8], at: usize) -> bool {
    let head = bytes.get(..at).unwrap_or_default();
    !ends_with_line_feed(head)
}

/// Whether the escaped text ends with `\n`, and not with `\\n`.
fn ends_with_line_feed(text: &[u8]) -> bool {
    let Some(before) = text.strip_suffix(b"n") else { return false };
    before.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// A line of docker's json-file.
struct Docker<'b> {
    stream: usize,
    is_open: bool,
    /// Escaped, as it stands.
    text: &'b [u8],
    /// What follows the text, from its closing quote.
    tail: &'b [u8],
}

impl<'b> Docker<'b> {
    fn read(line: &'b [u8]) -> Option<Self> {
        let rest = line.strip_prefix(LOG)?;
        let (text, tail) = rest.split_at_checked(closing_quote(rest)?)?;
        let stream = tail.strip_prefix(b"\",\"stream\":\"")?.get(..6)?;
        let stream = STREAMS.iter().position(|name| *name == stream)?;
        Some(Self { stream, is_open: !ends_with_line_feed(text), text, tail })
    }
}

/// Where the JSON string ends that these bytes are within.
fn closing_quote(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + memchr::memchr2(b'"', b'\\', bytes.get(from..)?)?;
        if bytes.get(at) == Some(&b'"') {
            return Some(at);
        }
        from = at + 2;
    }
}

/// What stands before the text of a line, the text, and what stands behind it.
type Parts<'p> = (&'p [&'p [u8]], &'p [u8], &'p [u8]);

/// A line whose parts are being joined.
struct Partial {
    /// Its place among the lines of the view.
    place: usize,
    text: Vec<u8>,
    tail: Vec<u8>,
}

#[derive(Default)]
struct Builder<'b> {
    bytes: &'b [u8],
    exported: bool,
    view: View,
    /// One for each stream of CRI, then one for each of docker.
    open: [Option<Partial>; 4],
    /// Joined lines, for which `view` holds an empty one so far.
    joined: Vec<Partial>,
    counted: usize,
    line: u64,
}

impl<'b> Builder<'b> {
    fn build(mut self) -> View {
        let bytes = self.bytes;
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            if self.exported && rest.starts_with(export::CURSOR) {
                at += self.block(at, rest);
                continue;
            }
            let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            self.physical(at, rest.get(..end).unwrap_or_default());
            at += end + 1;
        }
        let Self { mut view, open, mut joined, .. } = self;
        joined.extend(open.into_iter().flatten());
        insert(&mut view, joined);
        view
    }

    /// One record of journald's export format: a line of the view for each line of its message. Gives its length.
    fn block(&mut self, at: usize, rest: &[u8]) -> usize {
        let block = export::Block::read(rest);
        let head = block.head();
        let mut offset = at + block.message_at;
        for (number, line) in block.message.split(|byte| *byte == b'\n').enumerate() {
            // The field's own line, not that of its text: there is where a reader finds it.
            let origin = if number == 0 { at + block.field_at } else { offset };
            // A tab where journald fills up to the message's column: many short lines must not become many long ones.
            let text = [if number == 0 { &head } else { &b"\t"[..] }, line].concat();
            offset += line.len() + 1;
            self.add(origin, &text);
        }
        block.length
    }

    fn physical(&mut self, at: usize, line: &'b [u8]) {
        if let Some(cri) = Cri::read(line) {
            let text =
                if cri.is_partial { cri.text } else { cri.text.strip_suffix(b"\r").unwrap_or(cri.text) };
            return self.part(at, line, cri.stream, cri.is_partial, (&[cri.head, b"F "], text, &[]));
        }
        match Docker::read(line) {
            Some(docker) => {
                self.part(at, line, 2 + docker.stream, docker.is_open, (&[LOG], docker.text, docker.tail));
            }
            None => self.add(at, line),
        }
    }

    /// A line that may be a part: joins it with those before it, or opens a line for those that follow.
    fn part(&mut self, at: usize, line: &[u8], slot: usize, is_open: bool, parts: Parts<'_>) {
        let (head, text, tail) = parts;
        let Some(open) = self.open.get_mut(slot) else { return };
        match open.take() {
            Some(mut partial) => {
                let room = LINE_MAX.saturating_sub(partial.text.len()).min(text.len());
                partial.text.extend_from_slice(text.get(..room).unwrap_or_default());
                self.view.n_dropped += text.len() - room;
                if is_open { *open = Some(partial) } else { self.joined.push(partial) }
            }
            None if is_open => {
                let place = self.view.lines.len();
                *open = Some(Partial { place, text: [&head.concat(), text].concat(), tail: tail.to_vec() });
                self.add(at, b"");
            }
            None => self.add(at, line),
        }
    }

    fn add(&mut self, offset: usize, line: &[u8]) {
        let passed = self.bytes.get(self.counted..offset).unwrap_or_default();
        self.line += memchr::memchr_iter(b'\n', passed).count() as u64;
        self.counted = self.counted.max(offset);
        self.view.lines.push(Origin { line: self.line, offset });
        clean_into(line, &mut self.view.bytes);
        self.view.bytes.push(b'\n');
    }
}

/// Puts the joined lines in their places.
fn insert(view: &mut View, mut joined: Vec<Partial>) {
    if joined.is_empty() {
        return;
    }
    joined.sort_by_key(|partial| partial.place);
    let mut joined = joined.into_iter().peekable();
    let mut out = Vec::with_capacity(view.bytes.len());
    for (place, line) in view.bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        match joined.next_if(|partial| partial.place == place) {
            Some(partial) => {
                clean_into(&[partial.text, partial.tail].concat(), &mut out);
                out.push(b'\n');
            }
            None => out.extend_from_slice(line),
        }
    }
    view.bytes = out;
}

/// Appends a line without colours and without escapes that hide letters.
fn clean_into(line: &[u8], out: &mut Vec<u8>) {
    let mut plain = Vec::new();
    let line = if ansi::is_in(line) {
        ansi::strip_into(line, &mut plain);
        &plain
    } else {
        line
    };
    escapes::undo_into(line, out);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::log::{read, stamp_text};

    /// The view, where something is hidden; marks are looked for one by one.
    fn viewed(bytes: &[u8]) -> Option<View> {
        let is_marked = MARKS
            .iter()
            .enumerate()
            .any(|(index, mark)| memchr::memmem::find_iter(bytes, mark).any(|at| hides_at(bytes, index, at)));
        (is_marked || has_escapes(bytes)).then(|| view(bytes))
    }

    /// The lines of the view as `number:text`.
    fn check(text: &str, expected: &[&str]) {
        let view = viewed(text.as_bytes()).unwrap_or_else(|| panic!("nothing is hidden in {text:?}"));
        let shown = String::from_utf8_lossy(&view.bytes);
        let lines: Vec<String> =
            shown.lines().zip(&view.lines).map(|(line, origin)| format!("{}:{line}", origin.line)).collect();
        assert_eq!(lines, expected, "{text:?}");
    }

    #[test]
    fn what_hides_nothing_has_no_view() {
        for text in [
            "",
            "2026-11-22T03:41:20.5Z stderr F whole P lines\n",
            "{\"log\":\"whole\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-22T03:41:22Z\"}\n",
            "x __CURSOR=1\n{\"msg\":\"\\u003cnil\\u003e\"}\n",
            "\0\0\0\r\r\n",
        ] {
            assert_eq!(viewed(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn parts_are_joined_per_stream_in_the_place_of_the_first() {
        check(
            "2026-11-22T03:41:20.1Z stdout P one \n2026-11-22T03:41:20.2Z stderr F other\r\n\
             2026-11-22T03:41:20.3Z stdout P two\n2026-11-22T03:41:20.4Z stdout F  three\nplain",
            &[
                "0:2026-11-22T03:41:20.1Z stdout F one two three",
                "1:2026-11-22T03:41:20.2Z stderr F other",
                "4:plain",
            ],
        );
        check(
            "2026-11-22T03:41:20+02:00 stdout P never ends\n",
            &["0:2026-11-22T03:41:20+02:00 stdout F never ends"],
        );
    }

    #[test]
    fn lines_that_docker_split_are_whole_again() {
        let tail =
            |second: u8| format!("\",\"stream\":\"stdout\",\"time\":\"2026-11-22T03:41:2{second}Z\"}}");
        let text = format!(
            "{{\"log\":\"one \\\\n{}\n{{\"log\":\"and \\\"two\\\"\\n{}\n{{\"log\":\"x\\n{}\n",
            tail(1),
            tail(2),
            tail(3)
        );
        let seen = viewed(text.as_bytes()).unwrap();
        let shown = String::from_utf8(seen.bytes).unwrap();
        let first = read(shown.lines().next().unwrap());
        assert_eq!(first.message, "one \\nand \"two\"");
        assert_eq!(stamp_text(first.stamp), "2026-11-22T03:41:21Z");
        assert_eq!(seen.lines.iter().map(|origin| origin.line).collect::<Vec<_>>(), [0, 2]);
    }

    #[test]
    fn a_word_that_a_colour_or_a_part_cuts_is_found() {
        check("INFO[0001] a\u{1b}[33mb\u{1b}[0mc\n", &["0:INFO[0001] abc"]);
        check(
            "2026-11-22T03:41:20.1Z stdout P \u{1b}[3\n2026-11-22T03:41:20.3Z stdout F 3mwhole\n",
            &["0:2026-11-22T03:41:20.1Z stdout F whole"],
        );
        check("{\"msg\":\"\\u0041ll\"}\r\n", &["0:{\"msg\":\"All\"}"]);
    }

    #[test]
    fn exported_records_become_lines_of_journald() {
        let mut bytes =
            b"__CURSOR=a\n__REALTIME_TIMESTAMP=1620449081405968\n_HOSTNAME=cp-1\n_PID=1234\n".to_vec();
        bytes.extend_from_slice(b"SYSLOG_IDENTIFIER=kubelet\nPRIORITY=3\nMESSAGE=E0508 04:44:41.405968    1234 kubelet.go:2183] x\n\n");
        bytes.extend_from_slice(
            b"__CURSOR=b\n__REALTIME_TIMESTAMP=1620449083405970\n_HOSTNAME=cp-1\nMESSAGE\n",
        );
        bytes
            .extend_from_slice(b"\x11\0\0\0\0\0\0\0line one\nline two\n_PID=888\nSYSLOG_IDENTIFIER=rke2\n\n");
        let seen = viewed(&bytes).unwrap();
        let shown = String::from_utf8(seen.bytes).unwrap();
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert_eq!(seen.lines.iter().map(|origin| origin.line).collect::<Vec<_>>(), [6, 11, 13]);
        let record = read(lines[0]);
        assert_eq!(
            (stamp_text(record.stamp).as_str(), record.host.as_deref()),
            ("2021-05-08T04:44:41.405968Z", Some("cp-1"))
        );
        assert_eq!((record.program.as_deref(), record.message.as_ref()), (Some("kubelet"), "x"));
        assert_eq!(crate::log::join::message_of(&lines[1..]), "line one line two");
        assert_eq!(crate::log::join::tests::extent(&lines[1..]), 2);
    }

    #[test]
    fn a_record_begins_with_a_head_and_not_within_another() {
        let klog = "E1122 03:41:19.405968       1 lease.go:361] lost";
        for (previous, line, expected) in [
            ("", klog, true),
            ("", "\tat x", false),
            ("", "plain", false),
            ("", "__CURSOR=s", true),
            ("MESSAGE", klog, false),
            ("_PID=1", klog, false),
            ("E1122 03:41:19.405968       1 x.go:1] \"x\" err=<", klog, false),
            ("2026-11-22T03:41:20.5Z stdout P a", "2026-11-22T03:41:20.5Z stdout F b", false),
            ("2026-11-22T03:41:20.5Z stdout F a", "2026-11-22T03:41:20.5Z stdout F b", true),
            ("2026-11-22T03:41:20.5Z stdout F a", "2026-11-22T03:41:20.5Z stdout F \tb", false),
            ("2026-11-22T03:41:20.5Z stdout F a", "2026-11-22T03:41:20.5Z stdout F a.io/b.C(0x1)", false),
            ("2026-11-22T03:41:20.5Z stdout F a", "2026-11-22T03:41:20.5Z stdout F ", false),
            ("{\"log\":\"a\",\"stream\":\"stdout\",\"time\":\"2026-11-22T03:41:22Z\"}", klog, false),
        ] {
            assert_eq!(
                begins_record(previous.as_bytes(), line.as_bytes()),
                expected,
                "{previous:?} {line:?}"
            );
        }
    }

    #[test]
    fn a_line_does_not_grow_without_bound() {
        let part = format!("2026-11-22T03:41:20.1Z stdout P {}\n", "x".repeat(16_384));
        let seen = viewed(part.repeat(100).as_bytes()).unwrap();
        assert_eq!(seen.lines.len(), 1);
        assert!(seen.bytes.len() <= LINE_MAX + 1);
        assert_eq!(
            seen.bytes.len() + seen.n_dropped,
            100 * 16_384 + "2026-11-22T03:41:20.1Z stdout F \n".len()
        );
    }

    fn pieces() -> impl Strategy<Value = Vec<u8>> {
        let pieces: Vec<&'static [u8]> = vec![
            b"2026-11-22T03:41:20.1Z stdout P ",
            b"2026-11-22T03:41:20.1Z stderr F ",
            b"{\"log\":\"",
            b"\\n",
            b"\",\"stream\":\"stdout\",\"time\":\"\"}",
            b"\n",
            b"\n",
            b"\n__CURSOR=",
            b"MESSAGE\n",
            b"MESSAGE=",
            b"\x1b[1m",
            b"\x04\0\0\0\0\0\0\0",
            b"\"MESSAGE\":[1,2]",
            b"\\u0041",
            b"\xff",
            b"text",
            b"{\"",
        ];
        prop::collection::vec(prop::sample::select(pieces), 0..24).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn each_line_begins_where_a_line_begins(bytes in pieces()) {
            if let Some(seen) = viewed(&bytes) {
                let n_lines = memchr::memchr_iter(b'\n', &seen.bytes).count();
                prop_assert_eq!(n_lines, seen.lines.len());
                prop_assert!(seen.lines.is_sorted());
                for origin in &seen.lines {
                    let feeds = memchr::memchr_iter(b'\n', &bytes[..origin.offset]).count();
                    prop_assert_eq!(feeds as u64, origin.line);
                }
            }
        }

        #[test]
        fn bytes_of_any_kind_have_a_view_or_none(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let (a, b) = bytes.split_at(bytes.len() / 2);
            let _ = (viewed(&bytes), begins_record(a, b));
        }
    }
}
