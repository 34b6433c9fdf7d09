//! Files → artifacts, streams, objects, each in its capture.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::super::fold::{DOMINANT_LINES, FoldedFile, FoldedInput, FoldedStream};
use super::super::{Ingested, Options};
use crate::artifact::layout::{Layout, Subject};
use crate::artifact::{Component, distribution, rotation};
use crate::base::{Diagnostic, Stamp, Time};
use crate::log::shape;
use crate::model::{Artifact, ArtifactState, Bundle, Capture, Dominant, InputRead, Stream};
use crate::scan::sample::Journal;
use crate::scan::{HitKey, Sample, SignalHits, SignalId};
use crate::source::{Input, container};

/// The model in the making, and what its logs showed of themselves.
#[derive(Default)]
pub(super) struct Assembled {
    /// The model and the hits.
    pub(super) ingested: Ingested,
    /// By stream.
    pub(super) seen: Vec<Seen>,
}

/// What a log showed of its clock.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Lines that were looked at.
    pub(super) samples: Vec<Sample>,
    /// The earliest and latest stamps of its hits.
    pub(super) stamps: Option<(Stamp, Stamp)>,
    /// When the file was closed, as its name says.
    pub(super) closed: Option<String>,
    /// What journald says of the log as a whole.
    pub(super) journal: Option<Journal>,
}

impl Assembled {
    /// Makes room for so many files at once: growing step by step would copy a hundred thousand streams time and again.
    fn reserve(&mut self, files: &[FoldedFile]) {
        let streams = files.iter().map(|file| file.streams.len()).sum();
        self.ingested.bundle.artifacts.reserve(files.len());
        self.ingested.bundle.streams.reserve(streams);
        self.ingested.hits.reserve(streams);
        self.seen.reserve(streams);
    }

    fn add(&mut self, stream: Stream, seen: Seen, hits: BTreeMap<SignalId, SignalHits>) {
        self.ingested.bundle.streams.push(stream);
        self.ingested.hits.push(hits);
        self.seen.push(seen);
    }
}

/// Adds what was read of one input.
pub(super) fn add_input(out: &mut Assembled, input: &Input, folded: &mut FoldedInput, options: &Options) {
    let taken = std::mem::take(&mut folded.taken);
    if taken.members == 0 && folded.said.is_empty() {
        let what = if taken.bytes == 0 { "the input is empty" } else { "there is no file in the input" };
        folded
            .said
            .push(Diagnostic::warning("empty-input", what).in_file(&input.name).help("ask for it again"));
    }
    if taken.members > 0 && !folded.files.iter().any(is_recognised) {
        let what = "no file in it is of a known kind: what is text was searched, nothing else";
        let help = "is it a support bundle? An encrypted one must be decrypted first";
        folded.said.push(Diagnostic::warning("nothing-recognised", what).in_file(&input.name).help(help));
    }
    out.ingested.bundle.inputs.push(InputRead {
        name: input.name.clone(),
        bytes: taken.bytes,
        sha256: taken.sha256,
        members: taken.members,
    });
    out.ingested.bundle.diagnostics.append(&mut folded.said);
    out.reserve(&folded.files);
    for file in folded.files.drain(..) {
        add_file(out, input, file, options);
    }
}

/// Whether a file was more than unknown text.
fn is_recognised(file: &FoldedFile) -> bool {
    let known_log = file.streams.iter().any(|stream| !stream.log.components.is_empty() || stream.log.mixed);
    known_log
        || !file.counts.is_empty()
        || !file.lists.is_empty()
        || !file.objects.is_empty()
        || !file.identity.root.is_empty()
}

fn add_file(out: &mut Assembled, input: &Input, file: FoldedFile, options: &Options) {
    let bundle = &mut out.ingested.bundle;
    let capture = file.identity.layout.map(|layout| capture_of(bundle, input, layout, &file));
    let index = bundle.artifacts.len();
    bundle.objects.add(index, file.objects, &file.lists, options.limits.objects);
    for mut stream in file.streams {
        // An error in place of the log of an earlier run says that there was none: its lines are not of the log.
        if file.state == ArtifactState::Empty {
            (stream.lines, stream.samples) = (0, Vec::new());
        }
        add_stream(out, index, &file.path, stream);
    }
    out.ingested.bundle.artifacts.push(Artifact {
        path: file.path,
        capture,
        root: file.identity.root,
        node: file.identity.node,
        kind: file.kind,
        state: file.state,
        bytes: file.bytes,
        lists: file.lists,
        counts: file.counts,
    });
}

/// Adds a log, and what each component wrote in it where that was told apart.
fn add_stream(out: &mut Assembled, artifact: usize, path: &str, folded: FoldedStream) {
    let FoldedStream { log, lines, bytes, stamps, hits, samples, examples, journal, part, .. } = folded;
    let rotation = rotation::rotation(path);
    let mut by_speaker: BTreeMap<Option<Component>, BTreeMap<SignalId, SignalHits>> = BTreeMap::new();
    for (HitKey { signal, speaker }, hits) in hits {
        by_speaker.entry(speaker).or_default().insert(signal, hits);
    }
    let mut speakers: BTreeMap<Component, u64> = BTreeMap::new();
    // In the log of all programs, what a supervisor's lines leave open is its own.
    let is_of_all = log.components.is_empty();
    let speaker_of = |sample: &Sample| sample.speaker.or(sample.supervisor.filter(|_| is_of_all));
    let mut sampled = 0;
    for (sample, weight) in weighted(&samples) {
        sampled += weight;
        if let Some(speaker) = speaker_of(sample).filter(|_| log.mixed) {
            *speakers.entry(speaker).or_default() += weight;
        }
    }
    let whole = out.ingested.bundle.streams.len();
    let stream = Stream {
        artifact,
        components: log.components,
        pod: log.pod,
        container: log.container,
        previous: log.previous,
        host_clock: log.host_clock,
        failed: part.failed,
        lines,
        bytes,
        family: rotation.family,
        rank: Some(rotation.rank),
        sampled,
        mixed: log.mixed,
        ..Stream::default()
    };
    let named: BTreeSet<Component> =
        speakers.keys().copied().chain(by_speaker.keys().flatten().copied()).collect();
    let parts: Vec<(Stream, Vec<Sample>, BTreeMap<SignalId, SignalHits>)> = named
        .into_iter()
        .map(|speaker| {
            let own: Vec<Sample> =
                samples.iter().filter(|sample| speaker_of(sample) == Some(speaker)).copied().collect();
            let weight = u128::from(speakers.get(speaker).copied().unwrap_or(0));
            let share = u128::from(lines) * weight / u128::from(sampled.max(1));
            let part = Stream {
                part_of: Some(whole),
                components: vec![speaker],
                lines: u64::try_from(share).unwrap_or(lines).max(1),
                ..stream.clone()
            };
            (part, own, by_speaker.remove(&Some(speaker)).unwrap_or_default())
        })
        .collect();
    let closed = rotation.closed;
    let seen = |samples, stamps| Seen { samples, stamps, closed: closed.clone(), journal: journal.clone() };
    let hits = by_speaker.remove(&None).unwrap_or_default();
    let dominant = dominant(&samples, &examples, lines);
    out.add(Stream { speakers, dominant, ..stream }, seen(samples, stamps), hits);
    for (part, samples, hits) in parts {
        out.add(part, seen(samples, None), hits);
    }
}

/// A message that makes up at least this much of a log fills it.
const DOMINANT_PERCENT: u64 = 90;

/// The message that fills a log, if one does.
fn dominant(samples: &[Sample], examples: &BTreeMap<u64, String>, lines: u64) -> Option<Dominant> {
    if lines < DOMINANT_LINES {
        return None;
    }
    let mut weights: BTreeMap<u64, u64> = BTreeMap::new();
    for (sample, weight) in weighted(samples) {
        *weights.entry(sample.shape).or_default() += weight;
    }
    let all: u64 = weights.values().sum();
    let (shape, weight) = weights.into_iter().max_by_key(|(shape, weight)| (*weight, Reverse(*shape)))?;
    let percent = weight.saturating_mul(100) / all.max(1);
    let text = shape::shape_text(examples.get(&shape)?);
    let fills = percent >= DOMINANT_PERCENT && says_something(&text);
    fills.then_some(Dominant { percent, text })
}

/// Whether a message has words that stay the same. A line for each request has none, and is no noise.
fn says_something(text: &str) -> bool {
    let is_word = |word: &&str| {
        word.len() > 2 && word.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | ':'))
    };
    text.split_whitespace().filter(is_word).count() >= 2
}

/// The lines that were read, each with the bytes that it stands for: logs are read more closely where they begin.
fn weighted(samples: &[Sample]) -> impl Iterator<Item = (&Sample, u64)> {
    let next = samples.iter().skip(1).map(|sample| Some(sample.at)).chain([None]);
    let mut last = 0;
    samples.iter().zip(next).map(move |(sample, next)| {
        last = next.map_or(last, |next| next.saturating_sub(sample.at));
        (sample, last.max(1))
    })
}

/// The capture that a file belongs to; a new one for a root that was not seen before.
fn capture_of(bundle: &mut Bundle, input: &Input, layout: &'static Layout, file: &FoldedFile) -> usize {
    let identity = &file.identity;
    // Collectors borrow each other's names: what lies under one root was collected in one go.
    let found = bundle.captures.iter().position(|capture| capture.root == identity.root);
    let index = found.unwrap_or_else(|| {
        bundle.captures.push(new_capture(input, layout, &identity.root));
        bundle.captures.len() - 1
    });
    if let Some(capture) = bundle.captures.get_mut(index) {
        if capture.node.is_none() && layout.subject == Subject::Machine {
            capture.node.clone_from(&identity.node);
        }
        let found = distribution_of(file).filter(|found| !capture.distributions.contains(*found));
        capture.distributions.extend(found.map(str::to_owned));
    }
    index
}

/// The distribution whose directory a file lies in, where its layout has such directories.
pub(super) fn distribution_of(file: &FoldedFile) -> Option<&'static str> {
    let identity = &file.identity;
    identity.layout.filter(|layout| layout.has_distributions)?;
    let inner = file.path.get(identity.root.len()..)?.trim_start_matches(['/', '!']);
    distribution::of_directory(inner.split('/').next()?)
}

/// A capture with what its name says: that of its directory, or of the input itself, or of an archive without a directory.
fn new_capture(input: &Input, layout: &'static Layout, root: &str) -> Capture {
    let name = root.rsplit(['/', '!']).next().filter(|name| !name.is_empty()).unwrap_or(&input.name);
    let name = container::stem(name);
    let named = (layout.named)(name);
    let time = named.time.as_deref().and_then(Time::parse_assuming_utc);
    let zoned = named.time.as_deref().and_then(Time::parse).is_some();
    let source =
        if zoned { format!("the name `{name}`") } else { format!("the name `{name}`, taken for UTC") };
    Capture {
        root: root.to_owned(),
        layout,
        node: named.host,
        time,
        time_source: time.map(|_| source),
        time_is_exact: zoned,
        zone: None,
        version: None,
        obfuscated: false,
        complaints: Vec::new(),
        distributions: BTreeSet::new(),
    }
}

/// Files that no layout knows belong to the capture in whose folder they lie.
pub(super) fn adopt(bundle: &mut Bundle) {
    let Bundle { artifacts, captures, .. } = bundle;
    for artifact in artifacts.iter_mut().filter(|artifact| artifact.capture.is_none()) {
        let holds = |(_, capture): &(usize, &Capture)| {
            let rest = artifact.path.strip_prefix(capture.root.as_str());
            !capture.root.is_empty() && rest.is_some_and(|rest| rest.starts_with(['/', '!']))
        };
        let deepest = captures.iter().enumerate().filter(holds).max_by_key(|(_, capture)| capture.root.len());
        if let Some((index, capture)) = deepest {
            artifact.capture = Some(index);
            artifact.root.clone_from(&capture.root);
        }
    }
}
