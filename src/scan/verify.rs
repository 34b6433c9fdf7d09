//! A line with an atom → record → pattern → hit.

use std::collections::BTreeMap;
use std::ops::Range;

use super::hits::{Bounds, GroupKey, Hit, SignalHits};
use super::prefilter::PatternUse;
use super::{CONTEXT_LINES, Program, Scope, SignalId, TEXT_MAX};
use crate::base::Stamp;
use crate::base::stamp::extremes;
use crate::log::{self, Record};
use crate::rule::{LogSignal, Matcher, Pattern};

/// Checks candidate lines of one chunk.
pub struct Verifier<'a, 'r> {
    program: &'a Program<'r>,
    scope: &'a Scope,
    bytes: &'a [u8],
    owned: Range<usize>,
    bounds: Bounds,
    hits: BTreeMap<SignalId, SignalHits>,
    stamps: Option<(Stamp, Stamp)>,
    counted: usize,
    line_number: u64,
}

impl<'a, 'r> Verifier<'a, 'r> {
    /// A verifier over the lines that begin in `owned`; `bounds` says how much of the hits is kept.
    #[must_use]
    pub fn new(
        program: &'a Program<'r>,
        scope: &'a Scope,
        bytes: &'a [u8],
        owned: Range<usize>,
        bounds: Bounds,
    ) -> Self {
        Self {
            program,
            scope,
            bytes,
            owned,
            bounds,
            hits: BTreeMap::new(),
            stamps: None,
            counted: 0,
            line_number: 0,
        }
    }

    /// Checks one line, given relative to the owned range. Lines must come in order.
    pub fn line(&mut self, line: Range<usize>, uses: &[PatternUse]) {
        let uses = uses.iter().filter(|(signal, _)| self.scope.holds(*signal));
        let program = self.program;
        let mut done: Option<SignalId> = None;
        let mut candidates: Vec<(SignalId, &LogSignal, &Pattern)> = Vec::new();
        for (id, pattern) in uses {
            let Some(signal) = program.signals.get(*id) else { continue };
            let Some(pattern) = signal.logs.patterns.get(*pattern) else { continue };
            candidates.push((*id, signal.logs, pattern));
        }
        if candidates.is_empty() {
            return;
        }
        let number = self.number_of(line.start);
        let text = self.text(&line);
        let parsed = log::read(&text);
        for (id, logs, pattern) in candidates {
            // The first alternative of a signal that fits is the one that counts.
            if done == Some(id) {
                continue;
            }
            let Some(fields) = matches(&parsed, logs, pattern) else { continue };
            done = Some(id);
            self.hit(id, &line, number, &parsed, fields);
        }
    }

    /// Hands over the hits, with their texts; gives the earliest and latest stamps among them.
    pub fn finish(self, into: &mut BTreeMap<SignalId, SignalHits>) -> Vec<Stamp> {
        let own = self.owned.start;
        let mut hits = self.hits;
        for hit in hits.values_mut().flat_map(SignalHits::kept_mut) {
            let start = own + usize::try_from(hit.offset).unwrap_or(0);
            hit.text = shown(self.bytes, start);
            (hit.before, hit.after) = context(self.bytes, start);
        }
        *into = hits;
        self.stamps.into_iter().flat_map(|(first, last)| [first, last]).collect()
    }

    fn text(&self, line: &Range<usize>) -> String {
        let start = self.owned.start + line.start;
        let bytes = self.bytes.get(start..self.owned.start + line.end).unwrap_or_default();
        String::from_utf8_lossy(bytes).into_owned()
    }

    /// The line's number from 0 within the owned range.
    fn number_of(&mut self, at: usize) -> u64 {
        let start = self.owned.start;
        let between = self.bytes.get(start + self.counted..start + at).unwrap_or_default();
        self.line_number += memchr::memchr_iter(b'\n', between).count() as u64;
        self.counted = at;
        self.line_number
    }

    fn hit(&mut self, id: SignalId, line: &Range<usize>, number: u64, record: &Record<'_>, fields: Fields) {
        let Some(signal) = self.program.signals.get(id) else { return };
        self.stamps = extremes(self.stamps.into_iter().flat_map(|(a, b)| [a, b]).chain(record.stamp));
        let key: GroupKey = signal
            .group_by
            .iter()
            .map(|name| {
                fields.iter().find(|(field, _)| field.as_ref() == name).map(|(_, value)| value.clone())
            })
            .collect();
        let hit = Hit {
            line: number,
            offset: line.start as u64,
            stamp: record.stamp,
            fields,
            text: Box::default(),
            before: Vec::new(),
            after: Vec::new(),
        };
        self.hits.entry(id).or_default().add(key, hit, self.bounds);
    }
}

/// Names and values that a hit carries.
type Fields = Vec<(Box<str>, Box<str>)>;

/// The fields of the hit when the record fits the pattern and its signal.
fn matches(record: &Record<'_>, signal: &LogSignal, pattern: &Pattern) -> Option<Fields> {
    if !signal.levels.is_empty() && record.level.is_some_and(|level| !signal.levels.contains(&level)) {
        return None;
    }
    let mut fields = match &pattern.matcher {
        Matcher::Text(template) => {
            let captures = texts(record).find_map(|text| template.regex.captures(text))?;
            let value = |hole: &String| {
                captures.name(hole).map(|value| (hole.as_str().into(), value.as_str().into()))
            };
            template.holes.iter().filter_map(value).collect()
        }
        Matcher::Fields { conditions, copies } => {
            let mut fields: Fields = Vec::new();
            for (name, template) in conditions {
                let captures = template.regex.captures(field(record, name)?)?;
                let value = |hole: &String| {
                    captures.name(hole).map(|value| (hole.as_str().into(), value.as_str().into()))
                };
                fields.extend(template.holes.iter().filter_map(value));
            }
            for (ours, theirs) in copies {
                if let Some(value) = field(record, theirs) {
                    fields.push((ours.as_str().into(), value.into()));
                }
            }
            fields
        }
    };
    if signal.exclude.iter().any(|template| texts(record).any(|text| template.regex.is_match(text))) {
        return None;
    }
    if let Some(tag) = &pattern.tag {
        fields.push(("tag".into(), tag.as_str().into()));
    }
    Some(fields)
}

/// Where a text is looked for: the message, each field's value, the line as the program wrote it.
fn texts<'a>(record: &'a Record<'_>) -> impl Iterator<Item = &'a str> {
    std::iter::once(record.message.as_ref())
        .chain(record.fields.values())
        .chain(std::iter::once(record.text.as_ref()))
}

fn field<'a>(record: &'a Record<'_>, name: &str) -> Option<&'a str> {
    if name == "msg" { Some(record.message.as_ref()) } else { record.fields.get(name) }
}

/// The line that begins at `start`, cut for display.
fn shown(bytes: &[u8], start: usize) -> Box<str> {
    let rest = bytes.get(start..).unwrap_or_default();
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    cut(rest.get(..end).unwrap_or(rest))
}

fn cut(line: &[u8]) -> Box<str> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match line.get(..TEXT_MAX) {
        None => String::from_utf8_lossy(line).into(),
        Some(head) => {
            // A character must not be cut in two: its first byte is not a continuation byte.
            let end =
                (0..head.len()).rev().find(|at| line.get(at + 1).is_none_or(|next| next & 0xc0 != 0x80));
            String::from_utf8_lossy(head.get(..=end.unwrap_or(0)).unwrap_or(head)).into()
        }
    }
}

/// Up to [`CONTEXT_LINES`] lines before and after the line that begins at `start`.
fn context(bytes: &[u8], start: usize) -> (Vec<Box<str>>, Vec<Box<str>>) {
    let mut before = Vec::new();
    let mut at = start;
    while before.len() < CONTEXT_LINES && at > 0 {
        let head = bytes.get(..at - 1).unwrap_or_default();
        let from = memchr::memrchr(b'\n', head).map_or(0, |feed| feed + 1);
        before.push(cut(head.get(from..).unwrap_or_default()));
        at = from;
    }
    before.reverse();
    let mut after = Vec::new();
    let mut rest = bytes.get(start..).unwrap_or_default();
    while after.len() <= CONTEXT_LINES && !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        after.push(cut(rest.get(..end).unwrap_or(rest)));
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    if !after.is_empty() {
        after.remove(0);
    }
    (before, after)
}
