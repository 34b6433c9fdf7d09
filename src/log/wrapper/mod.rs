//! What others put around a line. One file a wrapper, one line in [`WRAPPERS`]; the order is the precedence.

use super::Unwrapped;

/// A wrapper: how to take it off and sample lines that prove it.
pub struct Wrapper {
    /// The name in the field (`cri`, `journald`).
    pub name: &'static str,
    /// Takes the wrapper off; `None` when the line is not wrapped this way.
    pub unwrap: for<'c> fn(&'c str) -> Option<Unwrapped<'c>>,
    /// Puts the wrapper around a line as the real program would, for tests of wrapper blindness. The stamp is
    /// nanoseconds since the epoch in UTC.
    pub wrap: fn(line: &str, ns: i64) -> String,
    /// Wrapped lines with what must remain.
    pub samples: &'static [Sample],
}

/// A wrapped line and what is inside.
pub struct Sample {
    /// The wrapped line.
    pub line: &'static str,
    /// RFC 3339 as in [`super::format::Sample::says`].
    pub stamp: &'static str,
    /// The line without the wrapper.
    pub rest: &'static str,
}

/// All wrappers; the first that accepts a line wins.
pub const WRAPPERS: &[&Wrapper] = &[];

/// Takes one wrapper off, by the first that fits.
#[must_use]
pub fn unwrap(text: &str) -> Option<Unwrapped<'_>> {
    WRAPPERS.iter().find_map(|wrapper| (wrapper.unwrap)(text))
}
