//! What is wrong with one rule file, as it is found.

use std::sync::Arc;

use super::lints::Lint;
use super::place::{At, Place, inside};
use crate::base::diagnostic::{Excerpt, Label};
use crate::base::{Diagnostic, Severity};

/// Collects what is wrong with one file.
#[derive(Debug)]
pub struct Complaints<'a> {
    path: &'a str,
    /// The file's text.
    pub source: &'a str,
    /// The same, once something was said of it.
    shared: Option<Arc<str>>,
    said: Vec<Diagnostic>,
}

/// The last diagnostic, which can still be added to.
pub struct Complaint<'c>(&'c mut Vec<Diagnostic>);

impl Complaint<'_> {
    /// What to write under the guilty part.
    pub fn label(self, text: impl Into<String>) -> Self {
        if let Some(label) = self.0.last_mut().and_then(|said| said.excerpt.as_mut()?.labels.first_mut()) {
            label.text = text.into();
        }
        self
    }

    /// Another part of the file that has to do with it.
    pub fn also(self, place: Place, text: impl Into<String>) -> Self {
        let excerpt = self.0.last_mut().and_then(|said| said.excerpt.as_mut());
        if let Some(excerpt) = excerpt.filter(|_| place.is_written()) {
            excerpt.labels.push(Label { start: place.start, end: place.end, text: text.into() });
        }
        self
    }

    /// What to write instead.
    pub fn help(self, text: impl Into<String>) -> Self {
        if let Some(said) = self.0.last_mut() {
            said.help = Some(text.into());
        }
        self
    }

    /// As [`Complaint::help`], when there is something to say.
    pub fn help_if(self, text: Option<String>) -> Self {
        match text {
            Some(text) => self.help(text),
            None => self,
        }
    }
}

impl<'a> Complaints<'a> {
    /// None yet.
    #[must_use]
    pub fn new(path: &'a str, source: &'a str) -> Self {
        Self { path, source, shared: None, said: Vec::new() }
    }

    /// Says that something is wrong at a place.
    pub fn say(&mut self, lint: &'static Lint, place: Place, message: impl Into<String>) -> Complaint<'_> {
        let mut diagnostic = Diagnostic::warning(lint.code, message).in_file(self.path);
        diagnostic.severity = lint.severity;
        if place.is_written() {
            let before = self.source.get(..place.start).unwrap_or_default();
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
            diagnostic.line = Some(place.line);
            diagnostic.column = Some(column as u64 + 1);
            let label = Label { start: place.start, end: place.end, text: String::new() };
            let text = self.shared.get_or_insert_with(|| self.source.into());
            diagnostic.excerpt = Some(Excerpt { labels: vec![label], text: Arc::clone(text) });
        }
        self.said.push(diagnostic);
        Complaint(&mut self.said)
    }

    /// The place of some bytes of a value.
    #[must_use]
    pub fn inside(&self, at: &At<String>, range: &std::ops::Range<usize>) -> Place {
        inside(self.source, at, range.start, range.end)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.said.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.said.is_empty()
    }

    /// Whether the rule cannot be used.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.said.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether there is an error among those after the first `before`.
    #[must_use]
    pub fn is_broken_since(&self, before: usize) -> bool {
        self.said.iter().skip(before).any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// All of them, in the order of the file.
    #[must_use]
    pub fn finish(self) -> Vec<Diagnostic> {
        let mut said = self.said;
        said.sort_by_key(|diagnostic| {
            let label = diagnostic.excerpt.as_ref().and_then(|excerpt| excerpt.labels.first());
            label.map_or((usize::MAX, 0), |label| (label.start, label.end))
        });
        said
    }
}
