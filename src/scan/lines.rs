//! The lines of a piece as they are searched, and where each stands in the file.

use crate::log::view::View;
use crate::source::cut::Piece;

/// The lines that a piece owns, in the form in which they are searched: as they are, or as their programs wrote them.
pub struct Lines<'a> {
    piece: &'a Piece,
    own: &'a [u8],
    view: Option<Viewed<'a>>,
}

struct Viewed<'a> {
    view: &'a View,
    /// The view's line with which `own` begins.
    first: usize,
    /// The line of the piece with which its owned range begins.
    base: u64,
}

/// Where a line stands, relative to the owned range of its piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line, from 0.
    pub line: u64,
    /// The offset of its first byte.
    pub offset: u64,
}

impl<'a> Lines<'a> {
    /// The owned lines of a piece, given its view if it has one.
    pub fn new(piece: &'a Piece, view: Option<&'a View>) -> Self {
        let raw = piece.bytes.get(piece.owned.clone()).unwrap_or_default();
        let Some(view) = view else { return Self { piece, own: raw, view: None } };
        let first = view.lines.partition_point(|origin| origin.offset < piece.owned.start);
        let last = view.lines.partition_point(|origin| origin.offset < piece.owned.end);
        let (start, end) = (nth_line(&view.bytes, first), nth_line(&view.bytes, last));
        let head = piece.bytes.get(..piece.owned.start).unwrap_or_default();
        let base = memchr::memchr_iter(b'\n', head).count() as u64;
        let own = view.bytes.get(start..end).unwrap_or_default();
        Self { piece, own, view: Some(Viewed { view, first, base }) }
    }

    /// The bytes to search.
    pub fn own(&self) -> &'a [u8] {
        self.own
    }

    /// The bytes of the file, for evidence; owned lines and the context around them.
    pub fn piece(&self) -> &'a Piece {
        self.piece
    }

    /// The lines as their programs wrote them, each with where it begins in the piece; `None` when the piece hides nothing.
    pub fn viewed(&self) -> Option<impl Iterator<Item = (usize, &'a [u8])>> {
        let Viewed { view, first, .. } = self.view.as_ref()?;
        let texts = self.own.split(|byte| *byte == b'\n');
        Some(view.lines.iter().skip(*first).map(|origin| origin.offset).zip(texts))
    }

    /// Where the line stands that is the `number`-th of those searched (from 0) and begins at `offset` among them.
    pub fn place(&self, number: u64, offset: usize) -> Place {
        let Some(Viewed { view, first, base }) = &self.view else {
            return Place { line: number, offset: offset as u64 };
        };
        let index = usize::try_from(number).unwrap_or(usize::MAX).saturating_add(*first);
        let origin = view.lines.get(index);
        let line = origin.map_or(0, |origin| origin.line.saturating_sub(*base));
        let offset = origin.map_or(0, |origin| origin.offset.saturating_sub(self.piece.owned.start));
        Place { line, offset: offset as u64 }
    }
}

/// Where the n-th line begins.
fn nth_line(bytes: &[u8], n: usize) -> usize {
    match n.checked_sub(1) {
        None => 0,
        Some(feeds) => memchr::memchr_iter(b'\n', bytes).nth(feeds).map_or(bytes.len(), |feed| feed + 1),
    }
}

/// Where the line that holds `at` ends: its line feed, or the end.
pub(super) fn end_of(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    memchr::memchr(b'\n', rest).map_or(bytes.len(), |feed| at + feed)
}

/// Where the line begins that ends at `end`.
pub(super) fn start_of(bytes: &[u8], end: usize) -> usize {
    let head = bytes.get(..end).unwrap_or_default();
    memchr::memrchr(b'\n', head).map_or(0, |feed| feed + 1)
}
