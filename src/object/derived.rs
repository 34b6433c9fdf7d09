//! Kinds that are not Kubernetes' own: what a machine, etcd or a certificate file says of itself.
//!
//! A reader declares the kinds that it makes in [`Reader::derives`](super::Reader::derives); several readers of one
//! kind (a table and a JSON form, docker and crictl) share one declaration.

use super::reader::READERS;

/// Of which machines a kind is expected, and so whether its absence is a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Of each machine with the etcd role.
    EtcdNodes,
    /// Of each machine.
    EveryNode,
    /// A collector keeps some and leaves out others, without saying which: never complete.
    Never,
}

/// A kind, and what its objects hold.
#[derive(Debug, PartialEq, Eq)]
pub struct Derived {
    /// The kind as rules write it (`EtcdMember`, `HostFilesystem`).
    pub kind: &'static str,
    /// What one object is, and what its name is.
    pub what: &'static str,
    /// Of which machines there should be such objects.
    pub expected: Expected,
    /// Many objects of which few are ever asked for (sysctls, packages): kept only when a rule asks for the kind.
    pub bulk: bool,
    /// Fields with their meaning and unit.
    pub fields: &'static [(&'static str, &'static str)],
}

/// The declaration of a derived kind; `None` for Kubernetes' own kinds.
#[must_use]
pub fn find(kind: &str) -> Option<&'static Derived> {
    all().find(|derived| derived.kind == kind)
}

/// All derived kinds, in the order of their readers; those of several readers come several times.
pub fn all() -> impl Iterator<Item = &'static Derived> {
    READERS.iter().flat_map(|reader| reader.derives).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_declared_once_and_says_what_it_is() {
        for derived in all() {
            assert!(derived.what.len() > 10 && !derived.fields.is_empty(), "{}", derived.kind);
            assert_eq!(find(derived.kind), Some(derived), "two declarations of {}", derived.kind);
        }
    }
}
