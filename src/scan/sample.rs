//! Some lines of every log, read whether or not a rule looks for them: for its times, its speakers and its noise.
//!
//! Which lines is decided by where they lie in the log, so that the sample is the same however the log was cut.

use std::collections::BTreeMap;
use std::ops::Range;

use super::TEXT_MAX;
use super::lines::{Lines, end_of, start_of};
use crate::base::Stamp;
use crate::base::text::lossy;
use crate::log::marker::{self, Marker};
use crate::log::{self, shape, speaker};
use crate::source::cut::Piece;

/// One line that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The offset of its first byte: in the piece's owned range, and in the log after folding.
    pub at: u64,
    /// The time of its wrapper.
    pub outer: Option<Stamp>,
    /// The time that the program wrote.
    pub inner: Option<Stamp>,
    /// Who wrote it, when the line tells.
    pub speaker: Option<&'static str>,
    /// The component that runs others, when its program wrote it.
    pub supervisor: Option<&'static str>,
    /// Its message without what differs from one time to the next.
    pub shape: u64,
}

/// What was read of one piece.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Samples {
    /// In order.
    pub lines: Vec<Sample>,
    /// The most frequent shape with one of its messages, when it makes up half of the piece's samples.
    pub example: Option<(u64, String)>,
    /// What journald says above the first line.
    pub journal: Option<Journal>,
}

/// The first line of a journal up to systemd 249.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    /// The zone in which the lines are written: an abbreviation or an offset.
    pub zone: String,
}

/// How far apart the lines are that are read at this offset: close where a log begins, as most are short.
fn step(offset: u64) -> u64 {
    const SHORT: u64 = 128 << 10;
    const LONG: u64 = 8 << 20;
    match offset {
        0..SHORT => 2 << 10,
        SHORT..LONG => 16 << 10,
        _ => 64 << 10,
    }
}

/// The first place at or after `offset` of which the next line is read.
fn grid(offset: u64) -> u64 {
    offset.next_multiple_of(step(offset))
}

/// Lines at each end of a log that are tried for one with a time: banners and stack traces have none.
const EDGE_LINES: usize = 32;

/// Reads the sample of a piece.
#[must_use]
pub fn samples(lines: &Lines<'_>) -> Samples {
    let piece = lines.piece();
    let mut taken = Taken::default();
    match lines.viewed() {
        Some(viewed) => taken.viewed(piece, viewed),
        None => taken.raw(piece),
    }
    let journal = if piece.offset == 0 { journal(piece) } else { None };
    taken.finish(journal)
}

/// What was read so far.
#[derive(Default)]
struct Taken {
    /// In the order of the piece.
    lines: Vec<Sample>,
    /// How often each shape was seen, with its first message.
    shapes: BTreeMap<u64, (u64, String)>,
}

impl Taken {
    /// Reads a line that begins at `at` in the owned range; says whether it has a time.
    fn take(&mut self, at: u64, bytes: &[u8]) -> bool {
        let place = match self.lines.binary_search_by_key(&at, |sample| sample.at) {
            // The ends of a short log are on the grid as well.
            Ok(known) => {
                return self.lines.get(known).is_some_and(|known| known.outer.or(known.inner).is_some());
            }
            Err(place) => place,
        };
        let text = lossy(bytes.get(..bytes.len().min(TEXT_MAX)).unwrap_or(bytes));
        let record = log::read(&text);
        let shape = shape::shape(&record.message);
        let supervisor = record.program.as_deref().and_then(speaker::supervisor);
        let (outer, inner, speaker) = (record.outer, record.inner, record.speaker);
        let sample = Sample { at, outer, inner, speaker, supervisor, shape };
        self.lines.insert(place, sample);
        self.shapes.entry(shape).or_insert_with(|| (0, record.message.to_string())).0 += 1;
        record.stamp.is_some()
    }

    /// Lines that stand in the file otherwise than their programs wrote them.
    fn viewed<'b>(&mut self, piece: &Piece, lines: impl Iterator<Item = (usize, &'b [u8])>) {
        let start = piece.owned.start;
        let mut wanted = first_wanted(piece);
        let mut last = None;
        for (offset, line) in lines.filter(|(_, line)| !line.is_empty()) {
            let at = offset.saturating_sub(start) as u64;
            if piece.offset + at >= wanted {
                self.take(at, line);
                wanted = grid(piece.offset + at + 1);
            }
            last = Some((at, line));
        }
        if let Some((at, line)) = last.filter(|_| piece.last) {
            self.take(at, line);
        }
    }

    /// Lines of a file as they are.
    fn raw(&mut self, piece: &Piece) {
        let Range { start, end } = piece.owned;
        let mut take = |line: Range<usize>| {
            self.take((line.start - start) as u64, piece.bytes.get(line).unwrap_or_default())
        };
        let mut at = start;
        let mut wanted = first_wanted(piece);
        while at < end {
            let place = piece.offset + (at - start) as u64;
            if place >= wanted {
                take(at..line_end(&piece.bytes, at, end));
                wanted = grid(place + 1);
            }
            // The next line to be read is the first that begins at or after the wanted place.
            let skip = usize::try_from(wanted.saturating_sub(place + 1)).unwrap_or(usize::MAX);
            let from = at.saturating_add(skip).min(end);
            at = line_end(&piece.bytes, from, end) + 1;
        }
        if piece.offset == 0 {
            edge(piece, &mut take);
        }
        if piece.last {
            edge_back(piece, &mut take);
        }
    }

    fn finish(self, journal: Option<Journal>) -> Samples {
        let n = self.lines.len() as u64;
        let most =
            self.shapes.into_iter().max_by_key(|(shape, (count, _))| (*count, std::cmp::Reverse(*shape)));
        let example = most.filter(|(_, (count, _))| *count * 2 >= n).map(|(shape, (_, text))| (shape, text));
        Samples { lines: self.lines, example, journal }
    }
}

/// From where on the first line of a piece is read: only if no line before it was read for the same place of the grid.
fn first_wanted(piece: &Piece) -> u64 {
    if piece.offset == 0 { 0 } else { grid(before(piece) + 1) }
}

fn journal(piece: &Piece) -> Option<Journal> {
    let end = line_end(&piece.bytes, piece.owned.start, piece.owned.end);
    let line = std::str::from_utf8(piece.bytes.get(piece.owned.start..end)?).ok()?;
    match marker::marker(line)? {
        Marker::Range { zone, .. } => Some(Journal { zone: zone.to_owned() }),
        _ => None,
    }
}

/// Where in the log the line before the piece's first one begins.
fn before(piece: &Piece) -> u64 {
    let head = piece.owned.start.checked_sub(1).and_then(|end| piece.bytes.get(..end)).unwrap_or_default();
    let line = start_of(head, head.len());
    piece.offset.saturating_sub((piece.owned.start - line) as u64)
}

/// Where the line that holds `at` ends: its line feed, or the end of what the piece owns.
fn line_end(bytes: &[u8], at: usize, end: usize) -> usize {
    end_of(bytes.get(..end).unwrap_or_default(), at)
}

/// Reads lines from the start until one has a time.
fn edge(piece: &Piece, take: &mut dyn FnMut(Range<usize>) -> bool) {
    let mut at = piece.owned.start;
    for _ in 0..EDGE_LINES {
        if at >= piece.owned.end {
            return;
        }
        let line = at..line_end(&piece.bytes, at, piece.owned.end);
        if take(line.clone()) {
            return;
        }
        at = line.end + 1;
    }
}

/// Reads lines from the end backwards until one has a time.
fn edge_back(piece: &Piece, take: &mut dyn FnMut(Range<usize>) -> bool) {
    let own = piece.bytes.get(..piece.owned.end).unwrap_or_default();
    let mut end = own.len() - usize::from(own.last() == Some(&b'\n'));
    for _ in 0..EDGE_LINES {
        if end <= piece.owned.start {
            return;
        }
        let start = start_of(own, end).max(piece.owned.start);
        if take(start..end) || start <= piece.owned.start {
            return;
        }
        end = start - 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::cut;

    fn sampled(text: &str, size: usize) -> Vec<(u64, u64)> {
        let mut out = Vec::new();
        cut::lines(&mut text.as_bytes(), size, 1 << 20, |_, _| true, &mut Vec::new, &mut |piece| {
            let lines = samples(&Lines::new(&piece, None)).lines;
            out.extend(lines.iter().map(|sample| (piece.offset + sample.at, sample.shape)));
        });
        out
    }

    fn log(lengths: &[usize]) -> String {
        let line = |(n, length): (usize, &usize)| {
            format!(
                "I1122 03:{:02}:{:02}.000000       1 a.go:1] {}\n",
                n / 60 % 60,
                n % 60,
                "x".repeat(*length)
            )
        };
        lengths.iter().enumerate().map(line).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn the_sample_does_not_depend_on_the_cutting(
            lengths in proptest::collection::vec(0usize..3000, 1..120), size in 3000usize..60_000
        ) {
            let text = log(&lengths);
            prop_assert_eq!(sampled(&text, size), sampled(&text, 1 << 30));
        }
    }

    #[test]
    fn the_first_and_the_last_time_are_read() {
        let text = format!("banner\nanother\n{}\tat the end\n", log(&[10; 3]));
        let piece = Piece { owned: 0..text.len(), bytes: text.into_bytes(), offset: 0, last: true };
        let seen: Vec<bool> =
            samples(&Lines::new(&piece, None)).lines.iter().map(|sample| sample.inner.is_some()).collect();
        assert_eq!(seen, [false, false, true, true, false]);
    }

    #[test]
    fn what_fills_a_piece_is_its_example() {
        let text = log(&[10; 2000]);
        let piece = Piece { owned: 0..text.len(), bytes: text.into_bytes(), offset: 0, last: true };
        assert_eq!(samples(&Lines::new(&piece, None)).example.unwrap().1, "xxxxxxxxxx");
    }
}
