//! Readers of documents. One file a format, one line in [`READERS`]; the order is the precedence.

use super::Reader;

/// All readers; the first whose `sniff` accepts a document reads it.
pub const READERS: &[&Reader] = &[];

/// The reader for a document with this path and these first bytes.
#[must_use]
pub fn sniff(path: &str, head: &[u8]) -> Option<&'static Reader> {
    READERS.iter().find(|reader| (reader.sniff)(path, head)).copied()
}
