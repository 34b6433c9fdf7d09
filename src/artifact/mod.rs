//! What a file is: which collector wrote it, which component speaks in it, how it is to be read.

pub mod classify;
pub mod component;
pub mod distribution;
pub mod host_log;
pub mod layout;
pub mod magic;
pub mod pod_log;
pub mod rotation;
pub mod section;

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
#[derive(Clone, Debug)]
pub enum Kind {
    /// Line by line, as a log.
    Log(LogIdentity),
    /// As a whole, by a reader of objects.
    Document(&'static Reader),
    /// Section by section: the outputs of several commands in one file.
    Sections(section::Format),
    /// Known, and neither a log nor a document that is read (yet).
    Other,
    /// Not text; what it is, where its first bytes say so.
    Binary(Option<&'static str>),
}

impl Default for Kind {
    fn default() -> Self {
        Self::Binary(None)
    }
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
    /// Several programs write into it, and each line says which: `components` are those that may, empty is any.
    pub mixed: bool,
    /// The pod, for pod logs.
    pub pod: Option<PodRef>,
    /// The container in the pod, where the path tells it.
    pub container: Option<String>,
    /// Whether it is the log of an earlier run of the container.
    pub previous: bool,
    /// Whether times without a zone are on the machine's clock; containers write UTC.
    pub host_clock: bool,
}

impl LogIdentity {
    /// A log of these components, on no machine's clock.
    #[must_use]
    pub fn of(components: &[Component]) -> Self {
        Self { components: components.to_vec(), ..Self::default() }
    }

    /// A log that these components write on the machine itself, on its clock.
    #[must_use]
    pub fn on_host(components: &[Component]) -> Self {
        Self { host_clock: true, ..Self::of(components) }
    }

    /// A log of the machine into which several programs write.
    #[must_use]
    pub fn mixed(components: &[Component]) -> Self {
        Self { mixed: true, ..Self::on_host(components) }
    }
}

/// A pod that a log belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PodRef {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}
