//! Members → events and tasks, in order: on the reader's thread, and for small files on a worker's.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

use super::sink::Sink;
use super::{Event, Options, Task};
use crate::artifact::classify::{self, HEAD};
use crate::artifact::{Component, Identity, Kind, LogIdentity};
use crate::base::{Diagnostic, Time};
use crate::log::marker::{self, Marker};
use crate::log::view;
use crate::model::{ArtifactKind, ArtifactState};
use crate::object;
use crate::scan::{Program, Scope, Whose};
use crate::source::container::fill;
use crate::source::cut::{self, Piece};
use crate::source::utf16::{self, Utf16};
use crate::source::{Input, Member, Visitor};

/// What decides which signals look at a log: its components, namespace and container, and whether it is mixed.
type ScopeKey = (Vec<Component>, Option<String>, Option<String>, bool);

/// More scopes than this are made anew: a bundle may have a hundred thousand containers, each with a name of its own.
const SCOPES_MAX: usize = 1024;

/// Turns the members of one input into events and tasks.
pub struct Reader<'a, 'r> {
    /// Which input.
    pub input: usize,
    name: &'a str,
    prefix: String,
    program: &'a Program<'r>,
    options: &'a Options,
    scopes: BTreeMap<ScopeKey, Arc<Scope>>,
    times: BTreeMap<String, Option<Time>>,
    /// Where events and tasks go.
    pub sink: Sink<'a, 'r>,
}

impl<'a, 'r> Reader<'a, 'r> {
    /// Reads members of `inputs[input]`.
    pub fn new(
        (index, input): (usize, &'a Input),
        several: bool,
        program: &'a Program<'r>,
        options: &'a Options,
        sink: Sink<'a, 'r>,
    ) -> Self {
        let prefix = if several { format!("{}!", input.name) } else { String::new() };
        Self {
            input: index,
            name: &input.name,
            prefix,
            program,
            options,
            scopes: BTreeMap::new(),
            times: BTreeMap::new(),
            sink,
        }
    }
}

impl Visitor for Reader<'_, '_> {
    fn member(&mut self, member: &Member, reader: &mut dyn Read) {
        // An input that is a plain file has no path inside itself: its name stands for it.
        let path = match member.path.as_str() {
            "" => self.name.to_owned(),
            inner => format!("{}{inner}", self.prefix),
        };
        let (head, failed) = head_of(reader);
        let Some(order) = utf16::byte_order(&head) else {
            return self.file(member, path, head, failed, reader);
        };
        let what = "the file is in UTF-16: offsets count the bytes of its text in UTF-8";
        self.sink.event(Event::Said(Diagnostic::info("utf-16", what).in_file(&*path)));
        let mut whole = Failing { head: &head, rest: reader, failed };
        let mut text = Utf16::new(&mut whole, order);
        let (head, failed) = head_of(&mut text);
        self.file(member, path, head, failed, &mut text);
    }

    fn diagnostic(&mut self, mut diagnostic: Diagnostic) {
        let inner = diagnostic.file.take().unwrap_or_default();
        diagnostic.file =
            Some(if inner.is_empty() { self.name.to_owned() } else { format!("{}{inner}", self.prefix) });
        self.sink.event(Event::Said(diagnostic));
    }
}

fn kind_of(kind: &Kind) -> ArtifactKind {
    match kind {
        Kind::Log(_) => ArtifactKind::Log,
        Kind::Document(reader) => ArtifactKind::Document(reader.name),
        Kind::Sections(_) => ArtifactKind::Dump,
        Kind::Other => ArtifactKind::Other,
        Kind::Binary(what) => ArtifactKind::Binary(*what),
    }
}

/// Which part of a file a log is; the default is all of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Part {
    /// The line at which it begins, from 0.
    pub line: u64,
    /// The offset of that line.
    pub offset: u64,
    /// Whether it holds an error message in place of a log.
    pub failed: bool,
}

/// What became of a member: its state, its size, and what there is to say.
type Outcome = (ArtifactState, u64, Vec<Diagnostic>);

/// The first bytes of a stream, and why it ended within them, if it failed.
fn head_of(reader: &mut dyn Read) -> (Vec<u8>, Option<std::io::Error>) {
    let mut head = vec![0; HEAD];
    let (filled, failed) = fill(reader, &mut head);
    head.truncate(filled);
    (head, failed)
}

impl Reader<'_, '_> {
    /// Reads a file of which the head was read already.
    fn file(
        &mut self,
        member: &Member,
        path: String,
        head: Vec<u8>,
        failed: Option<std::io::Error>,
        reader: &mut dyn Read,
    ) {
        let identity = self.identity(member, &path, &head);
        let kind = kind_of(&identity.kind);
        self.sink.event(Event::Begin {
            path: path.clone(),
            identity: Identity {
                layout: identity.layout,
                root: identity.root.clone(),
                node: identity.node.clone(),
                // How it is to be read matters no more; of a log its part tells.
                kind: Kind::Other,
            },
            kind,
            modified: member.modified,
        });
        let path: Arc<str> = path.into();
        let (state, bytes, said) = if head.is_empty() && failed.is_none() {
            self.empty(&identity, &path);
            (ArtifactState::Empty, 0, Vec::new())
        } else {
            let mut whole = Failing { head: &head, rest: reader, failed };
            let outcome = self.content(&identity, &path, member.size, &mut whole);
            error_for_log(&identity, &head, &path, outcome)
        };
        self.sink.event(Event::End { state, bytes, said });
    }

    /// What a file is. The name of an archive tells as much as that of a directory, whether or not it is part of the path.
    fn identity(&self, member: &Member, path: &str, head: &[u8]) -> Identity {
        if !self.prefix.is_empty() || member.path.as_str().is_empty() {
            return classify::classify(path, head);
        }
        let mut identity = classify::classify(&format!("{}!{path}", self.name), head);
        let inner = identity.root.strip_prefix(self.name).unwrap_or(&identity.root);
        identity.root = inner.trim_start_matches(['/', '!']).to_owned();
        identity
    }

    /// An empty file still says that its log or list is there.
    fn empty(&mut self, identity: &Identity, path: &Arc<str>) {
        match &identity.kind {
            Kind::Log(log) => self.sink.event(Event::Part { log: log.clone(), part: Part::default() }),
            Kind::Document(reader) => self.document(reader, identity, path, Vec::new(), 0, 0),
            _ => {}
        }
    }

    fn content(
        &mut self,
        identity: &Identity,
        path: &Arc<str>,
        size: Option<u64>,
        reader: &mut dyn Read,
    ) -> Outcome {
        match &identity.kind {
            Kind::Log(log) => self.log(log, path, size, reader, Part::default()),
            Kind::Document(found) => self.whole(found, identity, path, size, reader),
            Kind::Sections(format) => super::sections::sections(*format, self, identity, path, reader),
            Kind::Other | Kind::Binary(_) => skip(reader, path),
        }
    }

    /// Cuts a log, or a part of a file.
    pub fn log(
        &mut self,
        log: &LogIdentity,
        path: &Arc<str>,
        size: Option<u64>,
        reader: &mut dyn Read,
        part: Part,
    ) -> Outcome {
        self.sink.event(Event::Part { log: log.clone(), part });
        let scope = self.scope(log);
        let chunk = self.options.chunk;
        // A small file does not need a large buffer to be cleared for it; one byte more sees its end.
        let step =
            size.and_then(|size| usize::try_from(size + 1).ok()).map_or(chunk, |size| size.clamp(1, chunk));
        let line_max = usize::try_from(self.options.limits.line).unwrap_or(usize::MAX);
        // Cutting asks for buffers and gives pieces, in turn.
        let sink = std::cell::RefCell::new(&mut self.sink);
        let mut emit =
            |piece: Piece| sink.borrow_mut().task(path, Task::Scan { piece, scope: Arc::clone(&scope) });
        let mut buffer = || sink.borrow_mut().buffer();
        let cut = cut::lines(reader, step, line_max, view::begins_record, &mut buffer, &mut emit);
        ended(cut.failed, cut.bytes, Vec::new(), path)
    }

    fn whole(
        &mut self,
        found: &'static object::Reader,
        identity: &Identity,
        path: &Arc<str>,
        size: Option<u64>,
        reader: &mut dyn Read,
    ) -> Outcome {
        let max = self.options.limits.document;
        let (bytes, more, failed) = cut::whole(reader, size, max);
        let read = bytes.len() as u64;
        self.document(found, identity, path, bytes, 0, 0);
        let mut said = Vec::new();
        if more {
            said.push(too_large(max, path));
            return (ArtifactState::Truncated, read, said);
        }
        ended(failed, read, said, path)
    }

    /// Hands a document to a worker; `line` and `offset` are where it begins in its file.
    pub fn document(
        &mut self,
        reader: &'static object::Reader,
        identity: &Identity,
        path: &Arc<str>,
        bytes: Vec<u8>,
        line: u64,
        offset: u64,
    ) {
        // A document holds a permit like a piece does, so that documents cannot pile up before slow parsers.
        self.sink.permit();
        let captured_at = self.captured_at(identity);
        self.sink.task(path, Task::Read { reader, bytes, captured_at, line, offset });
    }

    /// The time in the name of the capture's directory, taken for UTC where it has no zone; what depends on it is inexact
    /// by the zone.
    fn captured_at(&mut self, identity: &Identity) -> Option<Time> {
        let layout = identity.layout?;
        if let Some(time) = self.times.get(&identity.root) {
            return *time;
        }
        let last = identity.root.rsplit(['/', '!']).next().unwrap_or_default();
        let time = (layout.named)(last).time.and_then(|text| Time::parse_assuming_utc(&text));
        self.times.insert(identity.root.clone(), time);
        time
    }

    fn scope(&mut self, log: &LogIdentity) -> Arc<Scope> {
        let namespace = log.pod.as_ref().map(|pod| pod.namespace.clone());
        let key = (log.components.clone(), namespace, log.container.clone(), log.mixed);
        let program = self.program;
        if self.scopes.len() >= SCOPES_MAX && !self.scopes.contains_key(&key) {
            self.scopes.clear();
        }
        Arc::clone(self.scopes.entry(key).or_insert_with(|| Arc::new(program.scope(&whose(log)))))
    }

    /// The limits of the run.
    #[must_use]
    pub fn limits(&self) -> &crate::base::Limits {
        &self.options.limits
    }
}

/// Whose a log is, for those who search it.
pub(super) fn whose(log: &LogIdentity) -> Whose<'_> {
    Whose {
        components: &log.components,
        namespace: log.pod.as_ref().map(|pod| pod.namespace.as_str()),
        container: log.container.as_deref(),
        mixed: log.mixed,
    }
}

/// The outcome of reading to the end, or to where the stream failed.
pub fn ended(failed: Option<std::io::Error>, bytes: u64, mut said: Vec<Diagnostic>, path: &str) -> Outcome {
    match failed {
        None => (ArtifactState::Read, bytes, said),
        Some(error) => {
            let what = format!("the file ends early, after {bytes} bytes: {error}");
            said.push(
                Diagnostic::warning("truncated", what)
                    .in_file(path)
                    .help("ask for the archive again; what is missing is not in the result"),
            );
            (ArtifactState::Truncated, bytes, said)
        }
    }
}

/// A collector's log file that holds nothing but an error message is no log, and neither is a file that nobody reads. What a
/// person saved may well be just that message, and of an earlier run of a container the API says in this way that there
/// was none.
fn error_for_log(identity: &Identity, head: &[u8], path: &str, outcome: Outcome) -> Outcome {
    let (state, bytes, mut said) = outcome;
    let what = match &identity.kind {
        Kind::Log(log) if log.previous => "",
        Kind::Log(_) => "there is an error message in place of the log",
        Kind::Other => "the command behind this file failed",
        _ => return (state, bytes, said),
    };
    let is_whole = bytes <= head.len() as u64 && identity.layout.is_some();
    if is_whole
        && std::str::from_utf8(head).is_ok_and(|text| marker::marker(text.trim()) == Some(Marker::NoEntries))
    {
        return (ArtifactState::Empty, bytes, said);
    }
    match error_alone(head).filter(|_| is_whole) {
        None => (state, bytes, said),
        Some(_) if what.is_empty() => (ArtifactState::Empty, bytes, said),
        Some(line) => {
            let what = format!("{what}: {}", line.text);
            said.push(Diagnostic::warning("command-failed", what).in_file(path).at_line(line.number + 1));
            (ArtifactState::CommandFailed(line.text.into_owned()), bytes, said)
        }
    }
}

/// The error message that is all there is in these bytes.
pub fn error_alone(bytes: &[u8]) -> Option<object::line::Line<'_>> {
    object::preamble::error_in_place(bytes).filter(|_| crate::scan::count_lines(bytes) <= ERROR_LINES)
}

/// An error message in place of a log has at most this many lines.
const ERROR_LINES: u64 = 3;

/// A document that is larger than is read.
pub fn too_large(max: u64, path: &str) -> Diagnostic {
    let what = format!("the document is larger than {max} bytes: its end is not read");
    Diagnostic::warning("document-size", what).in_file(path).limit("max-document")
}

/// Reads a file of no interest to its end, for its size and for what its damage says of the archive.
fn skip(reader: &mut dyn Read, path: &str) -> Outcome {
    let mut buffer = vec![0; 64 * 1024];
    let mut bytes = 0;
    loop {
        let (n, failed) = fill(reader, &mut buffer);
        bytes += n as u64;
        if n < buffer.len() || failed.is_some() {
            return ended(failed, bytes, Vec::new(), path);
        }
    }
}

/// The head that was looked at, then the rest; a failure that came with the head comes again after it.
pub struct Failing<'a> {
    /// What was read already.
    pub head: &'a [u8],
    /// The rest.
    pub rest: &'a mut dyn Read,
    /// The failure that came with the head.
    pub failed: Option<std::io::Error>,
}

impl Read for Failing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if !self.head.is_empty() {
            return self.head.read(buffer);
        }
        match self.failed.take() {
            Some(error) => Err(error),
            None => self.rest.read(buffer),
        }
    }
}
