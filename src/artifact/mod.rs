//! What a file is: which collector wrote it, which component speaks in it, how it is to be read.

pub mod classify;
pub mod component;
pub mod distribution;
pub mod layout;

use crate::object::Reader;

pub use classify::classify;
pub use component::{COMPONENTS, Component};

/// What is known of a file from its path and first bytes.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    /// Which collector's layout it lies in; `None` when in none.
    pub layout: Option<&'static layout::Layout>,
    /// The path up to where the layout begins: all files of one capture share it.
    pub root: String,
    /// The node that the path names.
    pub node: Option<String>,
    /// How it is to be read.
    pub kind: Kind,
}

/// How a file is to be read.
#[derive(Clone, Debug, Default)]
pub enum Kind {
    /// Line by line, as a log.
    Log(LogIdentity),
    /// As a whole, by a reader of objects.
    Document(&'static Reader),
    /// `kubectl cluster-info dump`: documents and logs in one file.
    Dump,
    /// Known, and neither a log nor a document that is read (yet).
    Other,
    /// Not text.
    #[default]
    Binary,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Who speaks in a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogIdentity {
    /// The components that write into it; empty when that is not known.
    pub components: Vec<Component>,
    /// The pod, for pod logs.
    pub pod: Option<PodRef>,
    /// Whether it is the log of an earlier run of the container.
    pub previous: bool,
    /// Whether times without a zone are on the machine's clock; containers write UTC.
    pub host_clock: bool,
}

/// A pod that a log belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PodRef {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}
