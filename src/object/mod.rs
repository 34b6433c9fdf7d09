//! A document → objects: things with a kind, a name and fields.
//!
//! Kubernetes objects are objects, whether they came from JSON, YAML, a `kubectl get` table or a `kubectl describe`
//! text: the same field paths, fewer fields. etcd members, endpoints, alarms and certificates are objects too.
//!
//! Knowledge is per field: what a table does not show is *unknown*, not absent. [`Known`] says which.

pub mod derive;
pub mod derived;
mod gather;
mod json;
pub mod line;
mod moment;
pub mod path;
pub mod preamble;
mod quantity;
pub mod quote;
pub mod reader;
pub mod resource;
pub mod yaml;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use crate::base::{Diagnostic, Time};

/// A thing with a kind, a name and fields, as one document shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// `Namespace`, `EtcdEndpoint`, `Certificate`, …
    pub kind: Box<str>,
    /// The namespace, for namespaced kinds.
    pub namespace: Option<Box<str>>,
    /// The name.
    pub name: Box<str>,
    /// The fields, under the same paths as in the Kubernetes API.
    pub fields: Value,
    /// Which paths the reader could know.
    pub known: Known,
    /// Lines of the document that show the object: first the one that names it, then one for each path that
    /// was asked for.
    pub quotes: Vec<Quote>,
}

/// Which field paths a reader can know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// The whole object was read: a path that is not there is absent.
    All,
    /// Only these paths (dotted, without list indices) and what lies under them; anything else is unknown.
    Only(Arc<BTreeSet<String>>),
}

impl Known {
    /// Whether the object's source could show `path` (dotted, as in `status.phase`).
    #[must_use]
    pub fn covers(&self, path: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(paths) => {
                let mut end = path.len();
                loop {
                    let Some(prefix) = path.get(..end) else { return false };
                    if paths.contains(prefix) {
                        return true;
                    }
                    match prefix.rfind('.') {
                        Some(dot) => end = dot,
                        None => return false,
                    }
                }
            }
        }
    }
}

/// A line of a document that shows something of an object. Relative to the document's first byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The path that the line shows; empty for the line that names the object.
    pub path: Box<str>,
    /// The line, from 0, relative to the document.
    pub line: u64,
    /// The offset of the line's first byte, relative to the document.
    pub offset: u64,
    /// The line's text, without its line feed (lossy UTF-8).
    pub text: Box<str>,
}

/// What a reader is given.
pub struct Document<'a> {
    /// The path inside the bundle, for readers that must know it (`rke/kubectl/namespaces`).
    pub path: &'a str,
    /// The whole document.
    pub bytes: &'a [u8],
    /// When the bundle was captured, when that is known before reading: turns `AGE` into times.
    pub captured_at: Option<Time>,
    /// Which fields to keep and quote.
    pub projection: &'a path::Projection,
}

/// What a reader found.
#[derive(Debug, Default)]
pub struct Reading {
    /// The objects, in the order of the document.
    pub objects: Vec<Object>,
    /// Kinds that the document lists, also when it lists none of them.
    pub lists: Vec<Listing>,
    /// How many objects of each kind the document shows, also of kinds that nobody asks for.
    pub counts: Vec<(Box<str>, u64)>,
    /// The command behind the file failed: its error text and line (from 0). Objects may still be there.
    pub failed: Option<(u64, String)>,
    /// What could not be read. Lines are from 1, relative to the document; the file is added by the caller.
    pub diagnostics: Vec<Diagnostic>,
}

/// A kind that a document lists.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listing {
    /// The kind.
    pub kind: Box<str>,
    /// Whether the list was of the whole cluster (every namespace), so that what it does not show does not exist.
    pub complete: bool,
}

/// A reader of one kind of document.
pub struct Reader {
    /// The name in the field (`kubectl-table`, `etcdctl-endpoint-status`).
    pub name: &'static str,
    /// The kinds that it makes and that are not Kubernetes' own.
    pub derives: &'static [&'static derived::Derived],
    /// Whether a document with this path and these first bytes (up to 8 KiB, preamble stripped) is of this kind.
    pub sniff: fn(path: &str, head: &[u8]) -> bool,
    /// Reads the whole document.
    pub read: fn(&Document<'_>) -> Reading,
}
