//! Where what a file holds goes: to the other threads piece by piece, or, for a small file that a worker has whole, nowhere
//! but through that worker's own hands.

use std::sync::Arc;

use super::{Event, Job, Message, Pipes, Task, Work, Worker};
use crate::base::timer::Timer;
use crate::model::ArtifactState;

/// Takes events and tasks in order.
pub enum Sink<'a, 'r> {
    /// The reader's: events go to the fold, tasks to the workers.
    Pipes(Pipe<'a>),
    /// A worker's: a task is done at once.
    Here(Here<'a, 'r>),
}

/// The ends of the reader's channels, with its place in the order.
pub struct Pipe<'a> {
    input: usize,
    seq: u64,
    pipes: &'a Pipes,
    timer: Option<&'a Timer>,
    /// Nanoseconds for which it waited for buffers, if there is a timer.
    pub waited: u64,
}

/// What a worker has made of whole files so far.
pub struct Here<'a, 'r> {
    worker: &'a Worker<'r>,
    /// The events, in order.
    pub events: Vec<Event>,
    /// A buffer that goes from one piece to the next.
    buffer: Vec<u8>,
    /// Nanoseconds for tasks, which have a stage of their own.
    pub busy: u64,
}

impl<'a> Pipe<'a> {
    /// The sink of the reader of this input.
    pub fn new(input: usize, pipes: &'a Pipes, timer: Option<&'a Timer>) -> Self {
        Self { input, seq: 0, pipes, timer, waited: 0 }
    }

    /// Waits for a buffer. The workers return every one, so that this always ends.
    fn free(&mut self) -> Vec<u8> {
        let start = self.timer.map_or(0, Timer::now);
        let buffer = self.pipes.free.recv().unwrap_or_default();
        self.waited += self.timer.map_or(0, Timer::now).saturating_sub(start);
        buffer
    }

    fn event(&mut self, event: Event) {
        // The fold outlives the readers.
        let _ = self.pipes.messages.send(Message { input: self.input, seq: self.seq, events: vec![event] });
        self.seq += 1;
    }

    /// Hands work to the workers; whoever calls this holds a permit.
    fn job(&mut self, work: Work) {
        let _ = self.pipes.jobs.send(Job { input: self.input, seq: self.seq, work });
        self.seq += 1;
    }

    /// Hands whole files to one worker.
    pub fn files(&mut self, files: Vec<super::small::Small>) {
        let permit = self.free();
        self.job(Work::Files { files, permit });
    }
}

impl<'a, 'r> Here<'a, 'r> {
    /// The sink of a worker.
    pub fn new(worker: &'a Worker<'r>) -> Self {
        Self { worker, events: Vec::new(), buffer: Vec::new(), busy: 0 }
    }

    fn task(&mut self, path: &str, task: Task) {
        let timer = self.worker.options.timer.as_deref();
        let start = timer.map_or(0, Timer::now);
        let (event, buffer) = self.worker.done(path, task);
        self.busy += timer.map_or(0, Timer::now).saturating_sub(start);
        self.events.push(event);
        self.buffer = buffer;
    }
}

impl Sink<'_, '_> {
    /// Puts an event in its place in the order.
    pub fn event(&mut self, event: Event) {
        match self {
            Self::Pipes(pipe) => pipe.event(event),
            Self::Here(here) => here.events.push(event),
        }
    }

    /// Ends a file at which a worker failed: what was read of it is not all.
    pub fn break_off(&mut self) {
        let Self::Here(Here { events, .. }) = self else { return };
        let ends = |event: &&Event| matches!(event, Event::Begin { .. } | Event::End { .. });
        if let Some(Event::Begin { .. }) = events.iter().rev().find(ends) {
            events.push(Event::End { state: ArtifactState::Truncated, bytes: 0, said: Vec::new() });
        }
    }

    /// Hands on, or does, a task for which there is a permit.
    pub fn task(&mut self, path: &Arc<str>, task: Task) {
        match self {
            Self::Pipes(pipe) => pipe.job(Work::Task { path: Arc::clone(path), task }),
            Self::Here(here) => here.task(path, task),
        }
    }

    /// A buffer, which is the permit for a piece.
    pub fn buffer(&mut self) -> Vec<u8> {
        match self {
            Self::Pipes(pipe) => pipe.free(),
            Self::Here(here) => std::mem::take(&mut here.buffer),
        }
    }

    /// A permit for what needs no buffer.
    pub fn permit(&mut self) {
        if let Self::Pipes(pipe) = self {
            drop(pipe.free());
        }
    }
}
