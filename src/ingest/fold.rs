//! The caller's thread: takes the events of each input in order and adds them up.

use std::collections::BTreeMap;

use crossbeam_channel::Receiver;

use super::read::Part;
use super::{Event, Message, Options};
use crate::artifact::{Identity, LogIdentity};
use crate::base::stamp::extremes;
use crate::base::timer::{Stage, timed};
use crate::base::{Diagnostic, Stamp};
use crate::model::{ArtifactKind, ArtifactState};
use crate::object::{Listing, Object, Reading};
use crate::scan::sample::Journal;
use crate::scan::{Bounds, Hit, HitKey, Sample, Scanned, SignalHits};
use crate::source::input::Taken;

/// One input, added up.
#[derive(Debug, Default)]
pub struct FoldedInput {
    /// Size, digest, members.
    pub taken: Taken,
    /// Its files, in order.
    pub files: Vec<FoldedFile>,
    /// What was wrong with it.
    pub said: Vec<Diagnostic>,
    /// Lines that are remembered of all its logs.
    samples: usize,
    /// The logs of which more than [`SAMPLES_MIN`] are. There may be a hundred thousand logs of which nothing can be given
    /// up, and they must not be looked at for each file again.
    long: Vec<Place>,
    /// Hits of all its logs that are kept for signals of which others are derived.
    moments: usize,
    /// The logs that have such hits.
    compared: Vec<Place>,
    next: u64,
    waiting: BTreeMap<u64, Vec<Event>>,
}

/// One file, added up.
#[derive(Debug, Default)]
pub struct FoldedFile {
    /// Its path inside the bundle.
    pub path: String,
    /// What was known of it before reading.
    pub identity: Identity,
    /// What it is.
    pub kind: ArtifactKind,
    /// Its modification time as its archive gives it, in seconds since the epoch.
    pub modified: Option<i64>,
    /// Whether it could be read.
    pub state: ArtifactState,
    /// Its size.
    pub bytes: u64,
    /// Its logs.
    pub streams: Vec<FoldedStream>,
    /// Its objects.
    pub objects: Vec<Object>,
    /// Kinds that it lists.
    pub lists: Vec<Listing>,
    /// How many objects of each kind it shows, also of kinds that nobody asks for.
    pub counts: Vec<(Box<str>, u64)>,
}

/// One log, added up.
#[derive(Debug, Default)]
pub struct FoldedStream {
    /// Whose it is.
    pub log: LogIdentity,
    /// Lines in it.
    pub lines: u64,
    /// The earliest and latest stamps of its hits.
    pub stamps: Option<(Stamp, Stamp)>,
    /// Hits by signal; lines and offsets are those of the file.
    pub hits: BTreeMap<HitKey, SignalHits>,
    /// Lines that were read for what they say of the log; offsets are those of the log. Of a long log only every
    /// second, fourth, … is kept.
    pub samples: Vec<Sample>,
    /// Messages of the most frequent shapes.
    pub examples: BTreeMap<u64, String>,
    /// What journald says above its first line.
    pub journal: Option<Journal>,
    /// Lines of the file (from 0) that are longer than allowed: the first of them.
    long_lines: Vec<u64>,
    /// Bytes in it.
    pub bytes: u64,
    /// Which part of the file it is.
    pub part: Part,
}

/// Adds up the events of all inputs until no sender is left.
pub fn fold(messages: &Receiver<Message>, inputs: usize, options: &Options) -> Vec<FoldedInput> {
    let bounds = Bounds::from(&options.limits);
    let mut folded: Vec<FoldedInput> = Vec::new();
    folded.resize_with(inputs, FoldedInput::default);
    for Message { input, seq, events } in messages {
        let Some(state) = folded.get_mut(input) else { continue };
        state.waiting.insert(seq, events);
        while let Some(events) = state.waiting.remove(&state.next) {
            state.next += 1;
            timed(options.timer.as_deref(), Stage::Folding, || {
                events.into_iter().for_each(|event| state.take(event, bounds));
            });
        }
    }
    folded
}

impl FoldedInput {
    /// Some files of an input.
    #[must_use]
    pub fn part(taken: Taken, files: Vec<FoldedFile>, said: Vec<Diagnostic>) -> Self {
        Self { taken, files, said, ..Self::default() }
    }

    /// Adds the next event in order.
    pub fn take(&mut self, event: Event, bounds: Bounds) {
        match event {
            Event::Begin { path, identity, kind, modified } => {
                self.files.push(FoldedFile { path, identity, kind, modified, ..FoldedFile::default() });
            }
            Event::Said(diagnostic) => self.said.push(diagnostic),
            Event::Done(taken) => self.taken = taken,
            Event::Part { log, part } => {
                if let Some(file) = self.files.last_mut() {
                    // Most files are one log, and there may be very many: no room for more is made beforehand.
                    if file.streams.is_empty() {
                        file.streams.reserve_exact(1);
                    }
                    file.streams.push(FoldedStream { log, part, ..FoldedStream::default() });
                }
            }
            Event::Piece { scanned, offset } => {
                if let Some(stream) = self.files.last_mut().and_then(|file| file.streams.last_mut()) {
                    stream.add(scanned, offset, bounds);
                }
            }
            Event::Reading { reading, line, offset } => {
                if let Some(file) = self.files.last_mut() {
                    self.said.extend(file.add(reading, line, offset));
                }
            }
            Event::End { state, bytes, said } => {
                self.said.extend(self.files.last().into_iter().flat_map(|file| file.long_lines(bounds.line)));
                self.said.extend(said);
                let index = self.files.len().saturating_sub(1);
                if let Some(file) = self.files.last_mut() {
                    for (at, stream) in file.streams.iter_mut().enumerate() {
                        stream.close();
                        self.samples += stream.samples.len();
                        self.long.extend((stream.samples.len() > SAMPLES_MIN).then_some((index, at)));
                        let moments = stream.n_moments();
                        self.moments += moments;
                        self.compared.extend((moments > 0).then_some((index, at)));
                    }
                    file.bytes = bytes;
                    // What a reader found to have failed is worse than what the bytes say.
                    if file.state == ArtifactState::Read {
                        file.state = state;
                    }
                }
                self.thin();
            }
        }
    }

    /// Keeps what is remembered of all logs together within bounds: a collector brings many logs of ten megabytes. What is
    /// given up depends on what was read so far in the order of the input, and on nothing else.
    fn thin(&mut self) {
        let Self { files, samples, long, moments, compared, .. } = self;
        while *samples > SAMPLES_OF_ALL && !long.is_empty() {
            thin_all(files, long, |stream| {
                let before = stream.samples.len();
                thin(&mut stream.samples);
                stream.samples.shrink_to_fit();
                *samples -= before - stream.samples.len();
                stream.samples.len() > SAMPLES_MIN
            });
        }
        while *moments > MOMENTS_OF_ALL && !compared.is_empty() {
            thin_all(files, compared, |stream| {
                let before = stream.n_moments();
                let more = stream.hits.values_mut().fold(false, |more, hits| hits.thin_moments() | more);
                *moments -= before - stream.n_moments();
                more
            });
        }
    }
}

/// Where a log is among those of its input: the position of its file, and its own in the file.
type Place = (usize, usize);

/// Gives up something of each of these logs; those of which there is nothing more to give up are left out from then on.
fn thin_all(
    files: &mut [FoldedFile],
    places: &mut Vec<Place>,
    mut thin: impl FnMut(&mut FoldedStream) -> bool,
) {
    places.retain(|(file, at)| {
        files.get_mut(*file).and_then(|file| file.streams.get_mut(*at)).is_some_and(&mut thin)
    });
}

impl FoldedFile {
    /// What there is to say of lines that are longer than `max` bytes.
    fn long_lines(&self, max: usize) -> impl Iterator<Item = Diagnostic> {
        self.streams.iter().flat_map(|stream| &stream.long_lines).map(move |line| {
            let what = format!("the line is longer than {max} bytes");
            Diagnostic::info("long-line", what)
                .in_file(self.path.as_str())
                .at_line(line + 1)
                .limit("max-line")
        })
    }

    /// Adds what a reader found in the document that begins at `line` and `offset`; gives what there is to say.
    fn add(&mut self, reading: Reading, line: u64, offset: u64) -> Vec<Diagnostic> {
        let mut said: Vec<Diagnostic> = reading
            .diagnostics
            .into_iter()
            .map(|mut diagnostic| {
                diagnostic.line = diagnostic.line.map(|at| at + line);
                diagnostic.in_file(self.path.as_str())
            })
            .collect();
        for mut object in reading.objects {
            for quote in &mut object.quotes {
                quote.line += line;
                quote.offset += offset;
            }
            self.objects.push(object);
        }
        self.lists.extend(reading.lists);
        self.counts.extend(reading.counts);
        if let Some((at, text)) = reading.failed {
            let what = format!("the command behind this file failed: {text}");
            said.push(
                Diagnostic::warning("command-failed", what)
                    .in_file(self.path.as_str())
                    .at_line(at + line + 1),
            );
            self.state = ArtifactState::CommandFailed(text);
        }
        said
    }
}

impl FoldedStream {
    fn n_moments(&self) -> usize {
        self.hits.values().map(SignalHits::n_moments).sum()
    }

    /// Gives up what was needed only while there might be more.
    fn close(&mut self) {
        self.samples.shrink_to_fit();
        self.hits.values_mut().for_each(SignalHits::close);
        if self.lines < DOMINANT_LINES {
            self.examples = BTreeMap::new();
        }
    }

    fn add(&mut self, scanned: Scanned, offset: u64, bounds: Bounds) {
        let line = self.part.line + self.lines;
        let offset = self.part.offset + offset;
        for (key, mut hits) in scanned.hits {
            let place = |hit: &mut Hit| {
                hit.line += line;
                hit.offset += offset;
            };
            hits.kept_mut().for_each(place);
            hits.moments_mut().for_each(place);
            self.hits.entry(key).or_default().append(hits, bounds);
        }
        self.long_lines.extend(scanned.long_lines.iter().map(|at| at + line));
        self.long_lines.truncate(LONG_LINES_NAMED);
        self.lines += scanned.lines;
        self.bytes += scanned.bytes;
        let ends = self.stamps.into_iter().chain(scanned.stamps).flat_map(|(first, last)| [first, last]);
        self.stamps = extremes(ends);
        let start = offset - self.part.offset;
        self.samples
            .extend(scanned.samples.lines.iter().map(|sample| Sample { at: sample.at + start, ..*sample }));
        if self.samples.len() > SAMPLES_MAX {
            thin(&mut self.samples);
        }
        self.journal = self.journal.take().or(scanned.samples.journal);
        if let Some((shape, text)) = scanned.samples.example
            && self.examples.len() < EXAMPLES_MAX
        {
            self.examples.entry(shape).or_insert(text);
        }
    }
}

/// A message that fills a shorter log is nothing to speak of.
pub const DOMINANT_LINES: u64 = 1000;

/// Lines of one log that are remembered for what they say of it.
const SAMPLES_MAX: usize = 4096;

/// Of all logs of an input together. Ten mebibytes.
const SAMPLES_OF_ALL: usize = 1 << 17;

/// Hits that are kept for signals of which others are derived, of all logs of an input together. Each is a line of text,
/// and is there twice while rules are judged: with lines of usual length ten to twenty mebibytes. A gibibyte of logs of a healthy cluster has half as many.
const MOMENTS_OF_ALL: usize = 1 << 14;

/// So many stay of each log.
const SAMPLES_MIN: usize = 64;

/// Long lines that are named.
const LONG_LINES_NAMED: usize = 8;

/// Messages that are remembered because they may fill the log.
const EXAMPLES_MAX: usize = 8;

/// Keeps every second one; the last one stays, as it tells when the log ends.
fn thin(samples: &mut Vec<Sample>) {
    let last = samples.len().is_multiple_of(2);
    let mut index = 0;
    let kept_last = samples.last().copied().filter(|_| last);
    samples.retain(|_| {
        index += 1;
        index % 2 == 1
    });
    samples.extend(kept_last);
}
