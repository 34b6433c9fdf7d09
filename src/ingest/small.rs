//! The reader's thread, and small files, of which it hands many at once to one worker.
//!
//! What is the same for every file (waking a worker, a message, a turn of the fold) costs more than a small file does, so
//! the reader only reads these and a worker does all the rest.

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::read::{Failing, Reader};
use super::sink::{Here, Pipe, Sink};
use super::{Event, Options, Pipes, Worker};
use crate::base::Diagnostic;
use crate::base::timer::{Stage, Timer};
use crate::scan::Program;
use crate::source::container::fill;
use crate::source::input::Taken;
use crate::source::{Input, Member, Visitor};

/// A file of at most so many bytes is small: its search takes less than what it would cost to hand it over.
const SMALL: u64 = 32 << 10;

/// Bytes of small files that one worker gets at once: little enough that no other waits long for its share.
const BATCH_BYTES: usize = 256 << 10;

/// And so many files, as there may be very many empty ones.
const BATCH_FILES: usize = 512;

/// A whole file.
#[derive(Debug)]
pub struct Small {
    member: Member,
    bytes: Vec<u8>,
}

/// Reads one input and hands its pieces to the workers.
pub fn read(
    index: usize,
    input: &Input,
    several: bool,
    program: &Program<'_>,
    options: &Options,
    pipes: &Pipes,
    progress: &(dyn Fn(u64) + Sync),
) {
    let timer = options.timer.as_deref();
    let sink = Sink::Pipes(Pipe::new(index, pipes, timer));
    let reader = Reader::new((index, input), several, program, options, sink);
    let mut collector = Collector { reader, files: Vec::new(), bytes: 0 };
    // A fault of a container format's library must cost its input, not the run.
    let start = timer.map_or(0, Timer::now);
    let taken = catch_unwind(AssertUnwindSafe(|| {
        input.read(&options.limits, &mut collector, &|bytes| progress(bytes))
    }));
    collector.flush();
    let mut sink = collector.reader.sink;
    if let (Some(timer), Sink::Pipes(pipe)) = (timer, &sink) {
        timer.add(Stage::Reading, timer.now().saturating_sub(start).saturating_sub(pipe.waited));
        timer.add(Stage::Waiting, pipe.waited);
    }
    let taken = taken.unwrap_or_else(|_| {
        let what = "internal error: the rest of the input could not be read; please report it with the file";
        sink.event(Event::Said(Diagnostic::error("internal", what).in_file(&input.name)));
        Taken::default()
    });
    sink.event(Event::Done(taken));
}

/// Collects small files; what else comes has to wait until these are handed over.
struct Collector<'a, 'r> {
    reader: Reader<'a, 'r>,
    files: Vec<Small>,
    bytes: usize,
}

impl Collector<'_, '_> {
    fn flush(&mut self) {
        self.bytes = 0;
        if let Sink::Pipes(pipe) = &mut self.reader.sink
            && !self.files.is_empty()
        {
            pipe.files(std::mem::take(&mut self.files));
        }
    }
}

impl Visitor for Collector<'_, '_> {
    fn member(&mut self, member: &Member, reader: &mut dyn Read) {
        let size = member.size.filter(|size| *size <= SMALL).and_then(|size| usize::try_from(size).ok());
        let Some(size) = size else {
            self.flush();
            return self.reader.member(member, reader);
        };
        // One byte more sees whether it ends where its archive says.
        let mut bytes = vec![0; size + 1];
        let (filled, failed) = fill(reader, &mut bytes);
        bytes.truncate(filled);
        if failed.is_some() || filled > size {
            self.flush();
            let mut whole = Failing { head: &bytes, rest: reader, failed };
            return self.reader.member(member, &mut whole);
        }
        // What was allocated counts: a size may be a lie.
        self.bytes += size + 1;
        self.files.push(Small { member: member.clone(), bytes });
        if self.bytes >= BATCH_BYTES || self.files.len() >= BATCH_FILES {
            self.flush();
        }
    }

    fn diagnostic(&mut self, diagnostic: Diagnostic) {
        self.flush();
        self.reader.diagnostic(diagnostic);
    }
}

/// A worker's reader of whole files: kept from one batch to the next, for what it remembers of its input.
#[derive(Default)]
pub struct OnWorker<'a, 'r>(Option<Reader<'a, 'r>>);

impl<'a, 'r> OnWorker<'a, 'r> {
    /// The events of these files, in order. A fault in one costs only what follows in it.
    pub fn read(&mut self, worker: &'a Worker<'r>, input: usize, files: Vec<Small>) -> Vec<Event> {
        let Some(of) = worker.inputs.get(input) else { return Vec::new() };
        if self.0.as_ref().is_none_or(|reader| reader.input != input) {
            let several = worker.inputs.len() > 1;
            let sink = Sink::Here(Here::new(worker));
            self.0 = Some(Reader::new((input, of), several, worker.program, worker.options, sink));
        }
        let Some(reader) = &mut self.0 else { return Vec::new() };
        let timer = worker.options.timer.as_deref();
        let start = timer.map_or(0, Timer::now);
        for Small { member, bytes } in files {
            let read = catch_unwind(AssertUnwindSafe(|| reader.member(&member, &mut bytes.as_slice())));
            if read.is_err() {
                reader.diagnostic(super::fault(member.path.as_str()));
                reader.sink.break_off();
            }
        }
        let Sink::Here(here) = &mut reader.sink else { return Vec::new() };
        if let Some(timer) = timer {
            let busy = std::mem::take(&mut here.busy);
            timer.add(Stage::Reading, timer.now().saturating_sub(start).saturating_sub(busy));
        }
        std::mem::take(&mut here.events)
    }
}
