//! A line with an atom → record → pattern → hit.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use super::hits::{Bounds, Fields, GroupKey, Hit, SignalHits};
use super::lines::{Lines, end_of, start_of};
use super::prefilter::PatternUse;
use super::several::{Joined, Several};
use super::{CONTEXT_LINES, HitKey, Others, Program, ProgramSignal, Scope, SignalId, TEXT_MAX};
use crate::base::Stamp;
use crate::base::stamp::extremes;
use crate::base::text::lossy;
use crate::base::timer::RuleCost;
use crate::log::{self, Record, join};
use crate::rule::{LogSignal, Matcher, Pattern, TAG, Template};
use crate::source::cut::{RECORD_BYTES, RECORD_LINES};

/// Checks candidate lines of one piece.
pub struct Verifier<'a, 'r> {
    program: &'a Program<'r>,
    scope: &'a Scope,
    lines: &'a Lines<'a>,
    bounds: Bounds,
    hits: BTreeMap<HitKey, SignalHits>,
    stamps: Option<(Stamp, Stamp)>,
    counted: usize,
    line_number: u64,
    /// The record of several lines that was looked at last.
    several: Option<Several>,
    /// By pattern, counted through all signals: what it said of the last message that it was tried on. As long as it has to be: most
    /// files have no line to try a pattern on.
    memos: Vec<Option<Box<Memo>>>,
    /// What each rule cost, if there is a timer.
    costs: BTreeMap<usize, RuleCost>,
    /// Whether the line that begins here belongs to one before it.
    continues: Option<(usize, bool)>,
    /// Where the line began that hit last, by signal: a record counts once.
    last_hit: BTreeMap<SignalId, usize>,
    /// Up to where lines were looked at for a time, and the last one found, with where its line begins.
    clock: (usize, Option<(usize, Stamp)>),
}

/// A pattern that a line may fit, with its signal.
struct Wanted<'a> {
    used: PatternUse,
    signal: &'a ProgramSignal<'a>,
    pattern: &'a Pattern,
    others: &'a Others<'a>,
}

/// One line among those that are searched.
struct Candidate<'t> {
    range: Range<usize>,
    /// The line as it stands there, of a record of one line: a literal that it does not hold, the record does not hold.
    raw: Option<&'t [u8]>,
    record: Record<'t>,
}

impl<'a, 'r> Verifier<'a, 'r> {
    /// A verifier of these lines; `bounds` says how much of the hits is kept.
    #[must_use]
    pub fn new(program: &'a Program<'r>, scope: &'a Scope, lines: &'a Lines<'a>, bounds: Bounds) -> Self {
        Self {
            program,
            scope,
            lines,
            bounds,
            hits: BTreeMap::new(),
            stamps: None,
            counted: 0,
            line_number: 0,
            several: None,
            memos: Vec::new(),
            costs: BTreeMap::new(),
            continues: None,
            last_hit: BTreeMap::new(),
            clock: (0, None),
        }
    }

    /// Checks one line. Lines must come in order.
    pub fn line(&mut self, range: Range<usize>, uses: &[PatternUse]) {
        let Some(timer) = self.program.timer() else { return self.read(range, uses) };
        let looks = uses.iter().filter(|used| self.program.may_look_at(used.0, self.scope));
        let users =
            looks.filter_map(|used| self.program.signals.get(used.0)).flat_map(|signal| &signal.users);
        let rules: BTreeSet<usize> = users.map(|(rule, _)| *rule).collect();
        let start = timer.now();
        self.read(range, uses);
        let share = timer.now().saturating_sub(start) / rules.len().max(1) as u64;
        for rule in rules {
            let cost = self.costs.entry(rule).or_default();
            cost.lines += 1;
            cost.scanning += share;
        }
    }

    /// Reads a line for the patterns that want it.
    fn read(&mut self, range: Range<usize>, uses: &[PatternUse]) {
        let raw = self.lines.own().get(range.clone()).unwrap_or_default();
        let alone: Vec<Wanted<'a>> = self.wanted(uses).filter(|one| one.others.are_in(raw)).collect();
        // Most lines are decided alone; what leaves some out has to know the whole record at once.
        let at_once = alone.iter().any(|one| !one.signal.logs.exclude.is_empty());
        let mut joined = None;
        if !alone.is_empty() {
            let text = lossy(raw);
            let record = log::read(&text);
            self.continues = Some((range.start, join::is_continuation(&record.text)));
            if at_once {
                joined = self.join(&range);
            }
            let candidate = Candidate { range: range.clone(), raw: Some(raw), record };
            self.check(&alone, &candidate, joined.as_deref());
        }
        let has_hit = |id: &SignalId| self.last_hit.get(id).is_some_and(|hit| *hit == range.start);
        if self.wanted(uses).all(|one| has_hit(&one.used.0)) {
            return;
        }
        if !at_once {
            joined = self.join(&range);
        }
        let Some(joined) = joined else { return };
        // What one of its lines alone has shown already is not shown again. Of a signal all patterns are tried, in their order, for the
        // first that fits is the one that counts: which of them has its atom in this line depends on how the record was broken.
        let is_new = |id: &SignalId| self.last_hit.get(id).is_none_or(|hit| *hit < joined.start);
        let signals: BTreeSet<SignalId> = self.wanted(uses).map(|one| one.used.0).filter(is_new).collect();
        let mut wanted: Vec<Wanted<'a>> = signals.into_iter().flat_map(|id| self.patterns(id)).collect();
        if let Some(several) = &mut self.several {
            wanted.retain(|one| several.is_new(one.used));
        }
        if wanted.is_empty() {
            return;
        }
        let candidate = Candidate { range, raw: None, record: joined.record() };
        self.check(&wanted, &candidate, Some(&joined));
    }

    /// Those patterns that look at this log.
    fn wanted(&self, uses: &[PatternUse]) -> impl Iterator<Item = Wanted<'a>> {
        let (program, scope) = (self.program, self.scope);
        let looks = uses.iter().filter(move |used| program.may_look_at(used.0, scope));
        looks.filter_map(move |used| {
            let signal = program.signals.get(used.0)?;
            let (pattern, others) = (signal.logs.patterns.get(used.1)?, signal.others.get(used.1)?);
            Some(Wanted { used: *used, signal, pattern, others })
        })
    }

    /// The patterns of a signal, in their order.
    fn patterns(&self, id: SignalId) -> impl Iterator<Item = Wanted<'a>> + use<'a, 'r> {
        let program = self.program;
        program.signals.get(id).into_iter().flat_map(move |signal| {
            let patterns = signal.logs.patterns.iter().zip(&signal.others).enumerate();
            patterns.map(move |(index, (pattern, others))| Wanted {
                used: (id, index),
                signal,
                pattern,
                others,
            })
        })
    }

    /// Counts the hits among the candidates.
    fn check(&mut self, candidates: &[Wanted<'a>], line: &Candidate<'_>, joined: Option<&Joined>) {
        let mut done: Option<SignalId> = None;
        let speaker = self.scope.speaker(&line.record);
        for Wanted { used: (id, index), signal, pattern, .. } in candidates {
            // The first alternative of a signal that fits is the one that counts.
            if done == Some(*id) || !self.program.looks_at(*id, self.scope, speaker) {
                continue;
            }
            let number = signal.first_pattern + index;
            if self.memos.len() <= number {
                self.memos.resize_with(number + 1, || None);
            }
            let Some(memo) = self.memos.get_mut(number) else { continue };
            let memo = memo.get_or_insert_default();
            let Some(taken) = matches(&line.record, signal.logs, pattern, memo) else { continue };
            if signal.excludes(&line.record, line.raw) {
                continue;
            }
            // What excludes it may stand in another line of the record.
            let whole = joined.filter(|_| line.raw.is_some() && !signal.logs.exclude.is_empty());
            if whole.is_some_and(|joined| signal.excludes(&joined.record(), None)) {
                continue;
            }
            done = Some(*id);
            self.last_hit.insert(*id, line.range.start);
            let stamp = line.record.stamp.or_else(|| self.stamp_before(line.range.start));
            self.hit(*id, line, stamp, &taken);
        }
    }

    /// Hands over the hits, with their texts, and the earliest and latest stamps among them.
    pub fn finish(self) -> (BTreeMap<HitKey, SignalHits>, Option<(Stamp, Stamp)>) {
        if let Some(timer) = self.program.timer() {
            timer.add_rules(self.costs);
        }
        let piece = self.lines.piece();
        let mut hits = self.hits;
        let start = |hit: &Hit| piece.owned.start + usize::try_from(hit.offset).unwrap_or(0);
        for hits in hits.values_mut() {
            for hit in hits.kept_mut() {
                hit.text = shown(&piece.bytes, start(hit));
                (hit.before, hit.after) = context(&piece.bytes, start(hit));
            }
            hits.moments_mut().for_each(|hit| hit.text = shown(&piece.bytes, start(hit)));
        }
        (hits, self.stamps)
    }

    fn text(&self, range: &Range<usize>) -> Cow<'a, str> {
        lossy(self.lines.own().get(range.clone()).unwrap_or_default())
    }

    /// Whether a line belongs to one before it.
    fn continues(&mut self, line: Range<usize>) -> bool {
        // Of neighbours each is asked of twice.
        if let Some((_, continues)) = self.continues.filter(|(start, _)| *start == line.start) {
            return continues;
        }
        let continues = join::continues(&self.text(&line));
        self.continues = Some((line.start, continues));
        continues
    }

    /// The line's number from 0 among those that are searched.
    fn number_of(&mut self, at: usize) -> u64 {
        let between = self.lines.own().get(self.counted..at).unwrap_or_default();
        self.line_number += memchr::memchr_iter(b'\n', between).count() as u64;
        self.counted = at;
        self.line_number
    }

    fn hit(&mut self, id: SignalId, line: &Candidate<'_>, stamp: Option<Stamp>, taken: &Taken) {
        let Some(signal) = self.program.signals.get(id) else { return };
        self.stamps = extremes(self.stamps.into_iter().flat_map(|(a, b)| [a, b]).chain(stamp));
        let number = self.number_of(line.range.start);
        let place = self.lines.place(number, line.range.start);
        let hit = Hit {
            line: place.line,
            offset: place.offset,
            stamp,
            fields: Arc::clone(&taken.fields),
            text: Box::default(),
            before: Vec::new(),
            after: Vec::new(),
        };
        let speaker = self.scope.speaker(&line.record);
        self.hits.entry(HitKey { signal: id, speaker }).or_default().add(
            &taken.key,
            hit,
            signal.logs.is_compared,
            self.bounds,
        );
    }

    /// The line with those of its record that belong to it; `None` when the line is a record alone.
    fn join(&mut self, line: &Range<usize>) -> Option<Arc<Joined>> {
        let known = self.several.as_ref().is_some_and(|several| several.range().contains(&line.start));
        if !known {
            let own = self.lines.own();
            let next = line.end + 1;
            if !self.continues(line.clone())
                && (next >= own.len() || !self.continues(next..end_of(own, next)))
            {
                return None;
            }
            let before = self.several.as_ref().map_or(0, |several| several.range().end);
            self.several = Some(Several::around(own, line, before));
        }
        self.several.as_mut()?.joined(self.lines.own(), line.start)
    }

    /// The time of the last line before `at` that has one: a line without a time was written then or soon after.
    fn stamp_before(&mut self, at: usize) -> Option<Stamp> {
        let own = self.lines.own();
        let (seen, known) = self.clock;
        let mut start = at;
        let mut found = None;
        for _ in 0..RECORD_LINES {
            let Some(end) = start.checked_sub(1).filter(|end| *end >= seen) else {
                found = known;
                break;
            };
            start = start_of(own, end);
            found = log::stamp(&self.text(&(start..end))).map(|stamp| (start, stamp));
            if found.is_some() {
                break;
            }
        }
        self.clock = (at, found);
        found.filter(|(line, _)| at - line <= RECORD_BYTES).map(|(_, stamp)| stamp)
    }
}

/// Names and values in the making.
type Named = Vec<(Box<str>, Box<str>)>;

/// What a signal takes from a record that hits it.
#[derive(Debug)]
struct Taken {
    /// What is kept together, hit by hit.
    key: GroupKey,
    fields: Fields,
}

impl Taken {
    fn new(mut fields: Named, signal: &LogSignal, pattern: &Pattern) -> Arc<Self> {
        if let Some(tag) = &pattern.tag {
            fields.push((TAG.into(), tag.as_str().into()));
        }
        let value = |name: &String| fields.iter().find(|(field, _)| **field == **name);
        let key = signal.keys.iter().map(|name| value(name).map(|(_, value)| value.clone())).collect();
        Arc::new(Self { key, fields: fields.into() })
    }
}

/// A message, and what a pattern takes from it. In a flood one line says what the one before it said, at another time.
#[derive(Debug, Default)]
struct Memo {
    message: String,
    taken: Option<Arc<Taken>>,
}

/// What the signal takes from the record when that fits the pattern.
fn matches(
    record: &Record<'_>,
    signal: &LogSignal,
    pattern: &Pattern,
    memo: &mut Memo,
) -> Option<Arc<Taken>> {
    if !signal.levels.is_empty() && record.level.is_some_and(|level| !signal.levels.contains(&level)) {
        return None;
    }
    if let Matcher::Text(template) = &pattern.matcher {
        let message = &*record.message;
        if memo.message != message || memo.message.is_empty() {
            message.clone_into(&mut memo.message);
            let fields = template.is_match(message).then(|| captured(template, message)).flatten();
            memo.taken = fields.map(|fields| Taken::new(fields, signal, pattern));
        }
        if let Some(taken) = &memo.taken {
            return Some(Arc::clone(taken));
        }
    }
    let fields = fields_of(record, &pattern.matcher)?;
    Some(Taken::new(fields, signal, pattern))
}

/// What a matcher takes from a record, of a text without its message; `None` when it does not fit.
fn fields_of(record: &Record<'_>, matcher: &Matcher) -> Option<Named> {
    Some(match matcher {
        Matcher::Text(template) => {
            // Asking first is cheaper than making room for what a match may capture.
            let text = texts(record).skip(1).find(|text| template.is_match(text))?;
            captured(template, text)?
        }
        Matcher::Fields { conditions, copies } => {
            let mut fields = Named::new();
            for (name, template) in conditions {
                let value = field(record, name)?;
                if !template.is_match(value) {
                    return None;
                }
                fields.extend(captured(template, value)?);
            }
            for (ours, theirs) in copies {
                if let Some(value) = field(record, theirs) {
                    fields.push((ours.as_str().into(), value.into()));
                }
            }
            fields
        }
    })
}

/// What the holes of a template take from a text that it fits.
fn captured(template: &Template, text: &str) -> Option<Named> {
    if template.holes.is_empty() {
        return Some(Named::new());
    }
    let captures = template.captures(text)?;
    let value =
        |hole: &String| captures.name(hole).map(|value| (hole.as_str().into(), value.as_str().into()));
    Some(template.holes.iter().filter_map(value).collect())
}

impl ProgramSignal<'_> {
    /// Whether a record is one of those that it leaves out. `raw` is its line, if it has only one.
    fn excludes(&self, record: &Record<'_>, raw: Option<&[u8]>) -> bool {
        let mut matchers = self.logs.exclude.iter().zip(&self.excluded);
        matchers
            .any(|(matcher, required)| raw.is_none_or(|raw| required.are_in(raw)) && fits(record, matcher))
    }
}

/// Whether a record is one that a matcher looks for.
#[must_use]
pub fn fits(record: &Record<'_>, matcher: &Matcher) -> bool {
    match matcher {
        Matcher::Text(template) => texts(record).any(|text| template.is_match(text)),
        Matcher::Fields { .. } => fields_of(record, matcher).is_some(),
    }
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
        None => lossy(line).into(),
        Some(head) => {
            // A character must not be cut in two: its first byte is not a continuation byte.
            let end =
                (0..head.len()).rev().find(|at| line.get(at + 1).is_none_or(|next| next & 0xc0 != 0x80));
            lossy(head.get(..=end.unwrap_or(0)).unwrap_or(head)).into()
        }
    }
}

/// Up to [`CONTEXT_LINES`] lines before and after the line that begins at `start`.
fn context(bytes: &[u8], start: usize) -> (Vec<Box<str>>, Vec<Box<str>>) {
    let mut before = Vec::new();
    let mut at = start;
    while before.len() < CONTEXT_LINES && at > 0 {
        let from = start_of(bytes, at - 1);
        before.push(cut(bytes.get(from..at - 1).unwrap_or_default()));
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
