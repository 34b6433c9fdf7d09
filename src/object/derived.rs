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

/// What kind of value a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A text.
    Text,
    /// A number, whole or not.
    Number,
    /// True or false.
    Bool,
    /// A list.
    List,
}

/// Beginnings of meanings that tell what a field holds.
const MEANINGS: &[(&str, Shape)] = &[
    ("list", Shape::List),
    ("whether ", Shape::Bool),
    ("boolean", Shape::Bool),
    ("`true`", Shape::Bool),
    ("number", Shape::Number),
    ("bytes", Shape::Number),
    ("seconds", Shape::Number),
    ("count", Shape::Number),
    ("inodes", Shape::Number),
    ("packets", Shape::Number),
    ("connections", Shape::Number),
    ("how many", Shape::Number),
    ("how often", Shape::Number),
    ("RFC 3339", Shape::Text),
    ("hexadecimal", Shape::Text),
    ("lower-case hexadecimal", Shape::Text),
    ("path", Shape::Text),
    ("text", Shape::Text),
    ("the name", Shape::Text),
    ("`", Shape::Text),
];

/// Ends of names that tell that a field holds a number.
const NUMBERS: &[&str] = &["Bytes", "Seconds", "Percent"];

/// What a field holds, where its name or the beginning of its meaning tells.
#[must_use]
pub fn shape(name: &str, meaning: &str) -> Option<Shape> {
    if NUMBERS.iter().any(|end| name.ends_with(end)) {
        return Some(Shape::Number);
    }
    // A number in backticks may be one, or a text of digits.
    let digits = meaning.strip_prefix('`').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let begins = MEANINGS.iter().find(|(beginning, _)| meaning.starts_with(beginning));
    begins.map(|(_, shape)| *shape).filter(|_| !digits)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::object::{Object, path};

    /// Rules are checked against the declarations of fields.
    pub fn holds_what_is_declared(object: &Object) {
        let Some(derived) = find(&object.kind) else { return };
        for (name, meaning) in derived.fields {
            let Some(value) = path::get(&object.fields, name).filter(|value| !value.is_null()) else {
                continue;
            };
            let fits = match shape(name, meaning) {
                Some(Shape::Text) => value.is_string(),
                Some(Shape::Number) => value.is_number(),
                Some(Shape::Bool) => value.is_boolean(),
                Some(Shape::List) => value.is_array(),
                None => true,
            };
            assert!(fits, "{}.{name} is {value}", object.kind);
        }
    }

    #[test]
    fn each_kind_is_declared_once_and_says_what_it_is() {
        for derived in all() {
            assert!(derived.what.len() > 10 && !derived.fields.is_empty(), "{}", derived.kind);
            assert_eq!(find(derived.kind), Some(derived), "two declarations of {}", derived.kind);
        }
    }
}
