//! What programs write themselves. One file a format, one line in [`FORMATS`]; the order is the precedence.

use super::Entry;

/// A log format: a parser and sample lines that prove it.
pub struct LogFormat {
    /// The name in the field (`klog`, `zap-json`).
    pub name: &'static str,
    /// Reads a line without its wrappers; `None` when the line is not of this format.
    pub parse: for<'c> fn(&'c str) -> Option<Entry<'c>>,
    /// Lines of this format with what they say; tested here, and tested to be of no other format.
    pub samples: &'static [Sample],
}

/// A line and what must be read from it.
pub struct Sample {
    /// The line, without wrappers.
    pub line: &'static str,
    /// `STAMP LEVEL MESSAGE`, where STAMP is RFC 3339 (`Z` when the zone is known, no suffix when it is not,
    /// `--MM-DDThh:mm:ss` without a year, `-` without a time) and LEVEL is a level's name or `-`.
    pub says: &'static str,
    /// Fields that must be there.
    pub fields: &'static [(&'static str, &'static str)],
}

/// All formats; the first that accepts a line wins.
pub const FORMATS: &[&LogFormat] = &[];

/// Reads a line without its wrappers by the first format that knows it.
#[must_use]
pub fn parse(text: &str) -> Option<Entry<'_>> {
    FORMATS.iter().find_map(|format| (format.parse)(text))
}
