//! Builds a [`Reading`]: what all readers do with what they find.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use super::line::Line;
use super::path;
use super::quote::Shown;
use super::{Document, Known, Listing, Object, Quote, Reading};
use crate::base::Diagnostic;

/// An object before its fields are pruned.
#[derive(Debug)]
pub struct Draft<'p> {
    /// The kind.
    pub kind: String,
    /// The namespace.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
    /// All fields that the document shows.
    pub fields: Value,
    /// Which paths the document can show.
    pub known: Known,
    /// The line that names the object.
    pub named_by: Quote,
    /// The lines that show its fields.
    pub shown: Shown<'p>,
}

impl<'p> Draft<'p> {
    /// An object without fields, named by this line; all of it is known.
    #[must_use]
    pub fn new(document: &Document<'p>, kind: &str, name: impl Into<String>, line: &Line<'_>) -> Self {
        Self {
            kind: kind.to_owned(),
            namespace: None,
            name: name.into(),
            fields: json!({}),
            known: Known::All,
            named_by: line.quote(""),
            shown: Shown::new(document.projection, kind),
        }
    }

    /// Puts a value at a path, shown by this line.
    pub fn set(&mut self, path: &str, value: impl Into<Value>, line: &Line<'_>) {
        path::set(&mut self.fields, path, value.into());
        self.shown.near(path, line);
    }

    /// Says that the document can show no other paths than these.
    pub fn know_only<'k>(&mut self, paths: impl IntoIterator<Item = &'k str>) {
        self.known = Known::Only(Arc::new(paths.into_iter().map(str::to_owned).collect()));
    }

    /// Puts a value at a path, shown by the line that names the object.
    pub fn put(&mut self, path: &str, value: impl Into<Value>) {
        path::set(&mut self.fields, path, value.into());
    }
}

/// A reading in the making.
pub struct Gather<'d, 'p> {
    /// What is being read.
    pub document: &'d Document<'p>,
    /// What was found so far.
    pub reading: Reading,
    lists: BTreeMap<String, bool>,
    counts: BTreeMap<String, u64>,
}

impl<'d, 'p> Gather<'d, 'p> {
    /// Nothing found yet.
    #[must_use]
    pub fn new(document: &'d Document<'p>) -> Self {
        Self { document, reading: Reading::default(), lists: BTreeMap::new(), counts: BTreeMap::new() }
    }

    /// Whether anybody asks for objects of this kind.
    #[must_use]
    pub fn wants(&self, kind: &str) -> bool {
        self.document.projection.paths(kind).is_some()
    }

    /// The document lists this kind. A second list of the same kind shows that neither was of the whole cluster.
    pub fn list(&mut self, kind: &str, complete: bool) {
        self.lists.entry(kind.to_owned()).and_modify(|known| *known = false).or_insert(complete);
    }

    /// Whether the document was seen to list this kind.
    #[must_use]
    pub fn lists(&self, kind: &str) -> bool {
        self.lists.contains_key(kind)
    }

    /// The command failed with this line; the first failure is kept.
    pub fn fail(&mut self, line: &Line<'_>) {
        if self.reading.failed.is_none() {
            let text = super::line::cut(line.text.trim()).to_owned();
            self.reading.failed = Some((line.number, text));
        }
    }

    /// Says what could not be read; of a document that is damaged all over, only the beginning.
    pub fn note(&mut self, diagnostic: Diagnostic) {
        const MOST: usize = 20;
        match self.reading.diagnostics.len() {
            n if n < MOST => self.reading.diagnostics.push(diagnostic),
            MOST => {
                let line = diagnostic.line.unwrap_or(1);
                let more = Diagnostic::warning(
                    "document-damaged",
                    "more from here on cannot be read; it is not listed",
                );
                self.reading.diagnostics.push(more.at_line(line));
            }
            _ => {}
        }
    }

    /// An object of this kind was seen, whether or not it is kept.
    pub fn count(&mut self, kind: &str) {
        match self.counts.get_mut(kind) {
            Some(count) => *count += 1,
            None => drop(self.counts.insert(kind.to_owned(), 1)),
        }
    }

    /// Keeps the asked-for fields of an object; an object of a kind that nobody asks for is dropped.
    pub fn add(&mut self, draft: Draft<'_>) {
        self.count(&draft.kind);
        if !self.wants(&draft.kind) {
            return;
        }
        let fields = self.document.projection.prune(&draft.kind, &draft.fields);
        self.reading.objects.push(Object {
            kind: draft.kind.into(),
            namespace: draft.namespace.map(Into::into),
            name: draft.name.into(),
            fields,
            known: draft.known,
            quotes: draft.shown.into_quotes(draft.named_by),
        });
    }

    /// The reading. After a failure no list is complete: what is missing may be what failed.
    #[must_use]
    pub fn finish(mut self) -> Reading {
        let failed = self.reading.failed.is_some();
        self.reading.counts = self.counts.into_iter().map(|(kind, count)| (kind.into(), count)).collect();
        self.reading.lists = self
            .lists
            .into_iter()
            .map(|(kind, complete)| Listing { kind: kind.into(), complete: complete && !failed })
            .collect();
        self.reading
    }
}

/// Sets of known paths, shared between the objects that have the same.
#[derive(Default)]
pub struct KnownPaths {
    sets: BTreeSet<Arc<BTreeSet<String>>>,
}

impl KnownPaths {
    /// The shared form of this set of paths.
    pub fn only(&mut self, paths: BTreeSet<String>) -> Known {
        if let Some(known) = self.sets.get(&paths) {
            return Known::Only(Arc::clone(known));
        }
        let set = Arc::new(paths);
        self.sets.insert(Arc::clone(&set));
        Known::Only(set)
    }
}
