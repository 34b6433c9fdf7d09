//! Records of several lines: which of them belong to one that holds what is looked for.
//!
//! Lines that are indented under one head need not belong together: a list has items that know nothing of each other. To a
//! line belong those above it that are less indented (what it is about), and those below it that are more indented (what
//! is said of it). Only in klog's `key=<` … ` >`, which is one text, all belong together, and after a comma the next line.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::lines::{end_of, start_of};
use super::prefilter::PatternUse;
use crate::base::text::lossy;
use crate::log::join::{self, Joiner};
use crate::log::{self, Record};
use crate::source::cut::{RECORD_BYTES, RECORD_LINES};

/// A record of several lines.
pub(super) struct Several {
    lines: Vec<Part>,
    /// Whether all of it is one text.
    is_block: bool,
    /// That text, once somebody asked for it.
    block: Option<Arc<Joined>>,
    /// The patterns that were tried on it.
    tried: BTreeSet<PatternUse>,
}

/// One of its lines.
struct Part {
    range: Range<usize>,
    /// How far it is indented; 0 for the head.
    indent: usize,
    /// Whether the next line goes on with it.
    is_open: bool,
}

/// A line with those that belong to it, as one text.
pub(super) struct Joined {
    /// Where the first of them begins.
    pub(super) start: usize,
    head: String,
    message: String,
    text: String,
}

impl Joined {
    /// It as a record: the head's time, level and fields, and all of the text.
    pub(super) fn record(&self) -> Record<'_> {
        let mut record = log::read(&self.head);
        record.message = self.message.as_str().into();
        record.text = self.text.as_str().into();
        record
    }
}

impl Several {
    /// The record around a line. One that began before `before` is cut there: it is longer than records may be.
    pub(super) fn around(own: &[u8], line: &Range<usize>, before: usize) -> Self {
        let start = head(own, line.start, before);
        let mut lines: Vec<Part> = Vec::new();
        let mut is_block = false;
        let mut joiner: Option<Joiner> = None;
        let mut at = start;
        while at < own.len() {
            let range = at..end_of(own, at);
            at = range.end + 1;
            let text = text(own, &range);
            let is_open = text.trim_end().ends_with(',');
            let Some(joiner) = &mut joiner else {
                is_block = text.trim_end().ends_with("=<");
                joiner = Some(Joiner::new(&text));
                lines.push(Part { range, indent: 0, is_open: false });
                continue;
            };
            if !joiner.takes(&text) {
                break;
            }
            lines.push(Part { range, indent: indent(&text), is_open });
        }
        Self { lines, is_block, block: None, tried: BTreeSet::new() }
    }

    /// From the first byte of its first line to the end of its last.
    pub(super) fn range(&self) -> Range<usize> {
        let start = self.lines.first().map_or(0, |part| part.range.start);
        start..self.lines.last().map_or(0, |part| part.range.end + 1)
    }

    /// The line that begins at `at`, with those that belong to it; `None` when none does.
    pub(super) fn joined(&mut self, own: &[u8], at: usize) -> Option<Arc<Joined>> {
        if self.block.is_some() {
            return self.block.clone();
        }
        let index = self.lines.binary_search_by_key(&at, |part| part.range.start).ok()?;
        let chosen: Vec<&Part> = if self.is_block { self.lines.iter().collect() } else { self.of(index) };
        if chosen.len() < 2 {
            return None;
        }
        let texts: Vec<Cow<'_, str>> = chosen.iter().map(|part| text(own, &part.range)).collect();
        let lines: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
        let joined = Arc::new(Joined {
            start: chosen.first()?.range.start,
            head: lines.first().map(|head| (*head).to_owned())?,
            message: join::message_of(&lines),
            text: join::text_of(&lines),
        });
        self.block = self.is_block.then(|| Arc::clone(&joined));
        Some(joined)
    }

    /// Whether a pattern has to be tried on the text of a line: that of a block is the same for all its lines.
    pub(super) fn is_new(&mut self, pattern: PatternUse) -> bool {
        !self.is_block || self.tried.insert(pattern)
    }

    /// What belongs to a line, and the line itself.
    fn of(&self, index: usize) -> Vec<&Part> {
        let mut chosen: Vec<&Part> = Vec::new();
        let Some((above, rest)) = self.lines.split_at_checked(index) else { return chosen };
        let Some((line, below)) = rest.split_first() else { return chosen };
        let mut limit = line.indent;
        for part in above.iter().rev() {
            if part.indent < limit || (part.indent == limit && part.is_open) {
                limit = part.indent;
                chosen.push(part);
            }
        }
        chosen.reverse();
        chosen.push(line);
        let mut open = line.is_open;
        for part in below {
            if part.indent < line.indent || (part.indent == line.indent && !open) {
                break;
            }
            open = part.is_open;
            chosen.push(part);
        }
        chosen
    }
}

/// Where the line begins that the continuation at `at` belongs to.
fn head(own: &[u8], at: usize, before: usize) -> usize {
    let mut start = at;
    for _ in 1..RECORD_LINES {
        if !join::continues(&text(own, &(start..end_of(own, start)))) {
            break;
        }
        let end = start.checked_sub(1).filter(|_| start > before && at - start <= RECORD_BYTES);
        let Some(end) = end else { break };
        start = start_of(own, end);
    }
    start
}

/// How far what a program wrote is indented; a tab goes to the next eighth column.
fn indent(line: &str) -> usize {
    let peeled = log::peel(line);
    let blank = peeled.text.chars().take_while(|c| c.is_whitespace());
    blank.fold(0, |column, c| if c == '\t' { (column / 8 + 1) * 8 } else { column + 1 })
}

fn text<'b>(own: &'b [u8], range: &Range<usize>) -> Cow<'b, str> {
    lossy(own.get(range.clone()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is joined to the line that holds `needle`.
    fn check(text: &str, needle: &str, expect: Option<&str>) {
        let at = start_of(text.as_bytes(), text.find(needle).unwrap());
        let line = at..end_of(text.as_bytes(), at);
        let mut several = Several::around(text.as_bytes(), &line, 0);
        let joined = several.joined(text.as_bytes(), at);
        assert_eq!(joined.as_ref().map(|joined| joined.text.as_str()), expect, "{needle}");
    }

    #[test]
    fn an_error_that_is_broken_over_lines_is_one() {
        let text = "Error: install:\n  failed calling webhook:\n    Post x:\n      dial tcp: refused\nnext\n";
        let all = Some("Error: install: failed calling webhook: Post x: dial tcp: refused");
        ["Error", "failed", "Post", "dial"].iter().for_each(|needle| check(text, needle, all));
        check(text, "next", None);
    }

    #[test]
    fn items_of_a_list_know_nothing_of_each_other() {
        let text = "Events:\n  Warning  failed calling webhook a\n  Warning  probe: refused\n    more of the probe\n";
        check(text, "webhook", Some("Events: Warning  failed calling webhook a"));
        check(text, "refused", Some("Events: Warning  probe: refused more of the probe"));
    }

    #[test]
    fn a_block_of_klog_is_one_text_and_a_comma_goes_on() {
        let block = "E1122 03:00:00.000000 1 a.go:1] \"x\" err=<\n\tfirst:\n\tsecond\n >\nI1122 03:00:00.000000 1 a.go:1] y\n";
        let all = Some("E1122 03:00:00.000000 1 a.go:1] \"x\" err=< first: second >");
        check(block, "second", all);
        check("a:\n  valid for x,\n  not for y\n  z\n", "valid", Some("a: valid for x, not for y"));
    }

    #[test]
    fn a_record_without_end_is_cut() {
        let text = format!("head\n{}", "  line\n".repeat(1000));
        let last = text.len() - 7..text.len() - 1;
        let first = Several::around(text.as_bytes(), &last, 0);
        assert!(first.lines.len() <= RECORD_LINES);
        assert!(first.range().contains(&last.start));
    }
}
