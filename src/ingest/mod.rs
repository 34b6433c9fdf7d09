//! Threads, order, memory: inputs in, model and hits out.
//!
//! One reader an input inflates and cuts; workers scan pieces and read documents; of small files the reader collects many, and a worker
//! does all that is left to do ([`small`]). The caller's thread folds the results in the order in which they were cut. The buffer is
//! the permit: a reader waits for a free buffer and nothing else waits for anything, so memory is fixed by construction and nothing
//! can lock up.

mod fold;
pub mod memory;
mod read;
mod sections;
mod settle;
mod sink;
mod small;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::artifact::LogIdentity;
use crate::base::timer::{Stage, Timer, timed};
use crate::base::{Diagnostic, Limits, Time};
use crate::model::{ArtifactKind, ArtifactState, Bundle};
use crate::object::path::Projection;
use crate::object::{self, Document, Reading};
use crate::scan::{self, Bounds, Program, Scanned, Scope, SignalHits, SignalId};
use crate::source::Input;
use crate::source::cut::Piece;
use crate::source::input::Taken;

/// How a run goes about its input.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads that scan and parse.
    pub jobs: usize,
    /// Bytes of a log that are scanned at once.
    pub chunk: usize,
    /// The limits.
    pub limits: Limits,
    /// Adds up where the time goes, if somebody wants to know.
    pub timer: Option<Arc<Timer>>,
}

/// Pieces of about this many bytes keep all threads busy and stay in the second-level cache.
pub const CHUNK: usize = 1 << 20;

impl Default for Options {
    fn default() -> Self {
        Self { jobs: 1, chunk: CHUNK, limits: Limits::default(), timer: None }
    }
}

/// The model and, for each of its streams, the hits of each signal.
#[derive(Debug, Default)]
pub struct Ingested {
    /// The model.
    pub bundle: Bundle,
    /// By stream, then by signal.
    pub hits: Vec<BTreeMap<SignalId, SignalHits>>,
}

/// What happens to an input, in order.
#[derive(Debug)]
pub(crate) enum Event {
    Begin { path: String, identity: crate::artifact::Identity, kind: ArtifactKind, modified: Option<i64> },
    Part { log: LogIdentity, part: read::Part },
    Piece { scanned: Scanned, offset: u64 },
    Reading { reading: Reading, line: u64, offset: u64 },
    End { state: ArtifactState, bytes: u64, said: Vec<Diagnostic> },
    Said(Diagnostic),
    Done(Taken),
}

/// Events with their place in the order of their input.
struct Message {
    input: usize,
    seq: u64,
    events: Vec<Event>,
}

/// Work for any thread.
struct Job {
    input: usize,
    seq: u64,
    work: Work,
}

enum Work {
    /// Part of a file.
    Task { path: Arc<str>, task: Task },
    /// Whole files, and the buffer for which their reader waited.
    Files { files: Vec<small::Small>, permit: Vec<u8> },
}

enum Task {
    Scan {
        piece: Piece,
        scope: Arc<Scope>,
    },
    Read {
        reader: &'static object::Reader,
        bytes: Vec<u8>,
        captured_at: Option<Time>,
        line: u64,
        offset: u64,
    },
}

/// The ends of the channels that a reader needs.
struct Pipes {
    free: Receiver<Vec<u8>>,
    jobs: Sender<Job>,
    messages: Sender<Message>,
}

/// Reads all inputs: a model for each cluster among them, at least one. `progress` is told of bytes taken from the file system, from any thread.
pub fn ingest(
    inputs: &[Input],
    program: &Program<'_>,
    projection: &Projection,
    options: &Options,
    progress: &(dyn Fn(u64) + Sync),
) -> Vec<Ingested> {
    let jobs = options.jobs.max(1);
    let buffers = 2 * jobs + 2;
    let (free_in, free) = unbounded();
    for _ in 0..buffers {
        // The receiver lives as long as this function.
        let _ = free_in.send(Vec::new());
    }
    let (job_in, job_out) = unbounded::<Job>();
    let (message_in, message_out) = unbounded::<Message>();
    let next = AtomicUsize::new(0);
    let readers = inputs.len().min(jobs);
    let mut folded = std::thread::scope(|threads| {
        for _ in 0..readers {
            let pipes = Pipes { free: free.clone(), jobs: job_in.clone(), messages: message_in.clone() };
            let next = &next;
            threads.spawn(move || {
                while let Some((index, input)) = take(next, inputs) {
                    small::read(index, input, inputs.len() > 1, program, options, &pipes, progress);
                }
            });
        }
        for _ in 0..jobs {
            let (job_out, message_in, free_in) = (job_out.clone(), message_in.clone(), free_in.clone());
            let worker = Worker { inputs, program, projection, options };
            threads.spawn(move || worker.work(&job_out, &message_in, &free_in));
        }
        drop((job_in, job_out, message_in, free));
        fold::fold(&message_out, inputs.len(), options)
    });
    timed(options.timer.as_deref(), Stage::Model, || settle::settle(inputs, &mut folded, options))
}

fn take<'i>(next: &AtomicUsize, inputs: &'i [Input]) -> Option<(usize, &'i Input)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    inputs.get(index).map(|input| (index, input))
}

/// One worker, and what it needs to know.
pub(crate) struct Worker<'r> {
    inputs: &'r [Input],
    program: &'r Program<'r>,
    projection: &'r Projection,
    options: &'r Options,
}

impl Worker<'_> {
    /// Works until no reader is left.
    fn work(&self, jobs: &Receiver<Job>, messages: &Sender<Message>, free: &Sender<Vec<u8>>) {
        let mut reader = small::OnWorker::default();
        for Job { input, seq, work } in jobs {
            let (events, buffer) = match work {
                Work::Task { path, task } => {
                    let (event, buffer) = self.done(&path, task);
                    (vec![event], buffer)
                }
                Work::Files { files, permit } => (reader.read(self, input, files), permit),
            };
            // The fold outlives the workers, and so does the pool of buffers: these cannot fail.
            let _ = messages.send(Message { input, seq, events });
            let _ = free.send(buffer);
        }
    }

    /// Does a task: what came of it, and its buffer.
    fn done(&self, path: &str, task: Task) -> (Event, Vec<u8>) {
        let bounds = Bounds::from(&self.options.limits);
        let stage = match task {
            Task::Scan { .. } => Stage::Scanning,
            Task::Read { .. } => Stage::Documents,
        };
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let timer = self.options.timer.as_deref();
            timed(timer, stage, || run(task, path, self.program, self.projection, bounds))
        }));
        done.unwrap_or_else(|_| (Event::Said(fault(path)), Vec::new()))
    }
}

/// What is said of a file at which a worker failed.
fn fault(path: &str) -> Diagnostic {
    let what = "internal error: this part could not be read; please report it with the file";
    Diagnostic::error("internal", what).in_file(path)
}

fn run(
    task: Task,
    path: &str,
    program: &Program<'_>,
    projection: &Projection,
    bounds: Bounds,
) -> (Event, Vec<u8>) {
    match task {
        Task::Scan { piece, scope } => {
            let scanned = scan::scan(program, &scope, &piece, bounds);
            (Event::Piece { scanned, offset: piece.offset }, piece.bytes)
        }
        Task::Read { reader, bytes, captured_at, line, offset } => {
            let document = Document { path, bytes: &bytes, captured_at, projection };
            let reading = (reader.read)(&document);
            // The document's own buffer may be far larger than a piece: an empty one takes its place in the pool.
            (Event::Reading { reading, line, offset }, Vec::new())
        }
    }
}
