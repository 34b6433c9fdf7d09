//! Which lines of a document show which field.
//!
//! Pretty-printed JSON and block YAML are both structured by indentation, so that one scanner with a stack of keys finds
//! the line of a path in either. What is not laid out so (compact JSON, flow YAML) is quoted by its first line only.

use super::Quote;
use super::derive::{self, Source};
use super::line::{Line, lines_from};
use super::path::Projection;

/// The most lines that are kept for one path.
const LINES_PER_PATH: usize = 16;

/// The lines found so far for the paths that were asked for.
#[derive(Debug, Default)]
pub struct Shown<'p> {
    asked: Vec<Asked<'p>>,
}

#[derive(Debug)]
struct Asked<'p> {
    path: &'p str,
    source: Source<'p>,
    found: Vec<Quote>,
}

impl<'p> Shown<'p> {
    /// Nothing found yet for the paths that are asked of this kind.
    #[must_use]
    pub fn new(projection: &'p Projection, kind: &str) -> Self {
        let paths = projection.paths(kind).into_iter().flatten();
        let asked = paths
            .filter(|path| kind != "Secret" || !is_secret(path))
            .map(|path| Asked { path, source: derive::source(kind, path), found: Vec::new() })
            .collect();
        Self { asked }
    }

    /// A line that shows exactly this path, or the message or reason in one of the items that were asked for: of a list of
    /// conditions they say more than the line that begins the list.
    pub fn exact(&mut self, path: &str, line: &Line<'_>) {
        let is_message = path.ends_with(".message") || path.ends_with(".reason");
        for asked in &mut self.asked {
            if matches!(asked.source, Source::Path(source) if source == path || (is_message && lies_under(path, source)))
            {
                asked.keep(line);
            }
        }
    }

    /// A line that shows this path, what lies above it, or what lies under it.
    pub fn near(&mut self, path: &str, line: &Line<'_>) {
        for asked in &mut self.asked {
            if asked.path.is_empty() || lies_under(asked.path, path) || lies_under(path, asked.path) {
                asked.keep(line);
            }
        }
    }

    /// The lines of one condition, of this type.
    fn condition(&mut self, condition_type: &str, group: &[(String, Line<'_>)]) {
        for asked in &mut self.asked {
            if matches!(asked.source, Source::Condition(wanted) if wanted == condition_type) {
                for (path, line) in group {
                    if ["type", "status", "reason", "message"].iter().any(|key| path.ends_with(key)) {
                        asked.keep(line);
                    }
                }
            }
        }
    }

    /// The quotes: the naming line, then the others by path and line. A line that the naming line repeats is left out.
    #[must_use]
    pub fn into_quotes(self, name: Quote) -> Vec<Quote> {
        let name_line = name.line;
        let mut quotes = vec![name];
        for asked in self.asked {
            quotes.extend(asked.found.into_iter().filter(|quote| quote.line != name_line));
        }
        quotes
    }
}

impl Asked<'_> {
    fn keep(&mut self, line: &Line<'_>) {
        let known = self.found.iter().any(|quote| quote.line == line.number);
        if !known && self.found.len() < LINES_PER_PATH {
            self.found.push(line.quote(self.path));
        }
    }
}

/// Whether a path of a Secret leads to what is secret (the last applied manifest, an annotation, repeats the data).
#[must_use]
pub fn is_secret(path: &str) -> bool {
    ["data", "stringData", "metadata.annotations"].iter().any(|secret| lies_under(path, secret))
}

/// Whether `path` is `above` or lies under it.
fn lies_under(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Scans the text of one JSON or YAML object that begins at this line (from 0) and offset of its document.
/// Returns the line that holds `metadata.name`.
pub fn scan<'a>(shown: &mut Shown<'_>, bytes: &'a [u8], line: u64, offset: u64) -> Option<Line<'a>> {
    let mut keys = Keys::default();
    let mut conditions = Conditions::default();
    let mut name = None;
    for line in lines_from(bytes, line, offset) {
        let Some(entry) = entry(&line.text) else { continue };
        keys.enter(&entry);
        let path = keys.path();
        if conditions.leaves(path, &entry) {
            conditions.flush(shown);
        }
        if name.is_none() && path == "metadata.name" {
            name = Some(line.clone());
        }
        shown.exact(path, &line);
        conditions.take(path, &entry, &line);
    }
    conditions.flush(shown);
    name
}

/// What one line holds: a key, or an item of a list of plain values.
struct Entry<'t> {
    indent: usize,
    key: Option<&'t str>,
    value: &'t str,
    /// The line begins an item of a list.
    begins_item: bool,
}

fn entry(text: &str) -> Option<Entry<'_>> {
    let mut rest = text.trim_start_matches(' ');
    let mut indent = text.len() - rest.len();
    let item_indent = indent;
    let mut begins_item = false;
    while let Some(item) = rest.strip_prefix("- ") {
        let inner = item.trim_start_matches(' ');
        indent += rest.len() - inner.len();
        rest = inner;
        begins_item = true;
    }
    let json = rest.starts_with('"');
    if let Some((key, value)) = split_key(rest) {
        return Some(Entry { indent, key: Some(key), value, begins_item });
    }
    // Without a key: `- x` in YAML belongs to the key above with the same or a smaller indent, `"x",` in JSON to one
    // with a smaller indent. Anything else continues a long value.
    match (begins_item, json) {
        (true, _) => Some(Entry { indent: item_indent + 1, key: None, value: rest, begins_item }),
        (false, true) => Some(Entry { indent, key: None, value: rest, begins_item }),
        (false, false) => None,
    }
}

/// `"key": value`, `key: value`, `key:`; the key without quotes.
fn split_key(text: &str) -> Option<(&str, &str)> {
    let quoted = text.starts_with('"');
    let (key, rest) = if quoted {
        let inner = text.get(1..)?;
        let end = memchr::memchr2(b'"', b'\\', inner.as_bytes())?;
        (inner.get(..end)?, inner.get(end..)?.strip_prefix('"')?.trim_start().strip_prefix(':')?)
    } else {
        let end = text.find(": ").or_else(|| text.ends_with(':').then(|| text.len() - 1))?;
        (text.get(..end)?, text.get(end + 1..)?)
    };
    let plain = !key.is_empty() && !key.contains(['{', '[', '#', ' ']);
    (plain && (rest.is_empty() || rest.starts_with(' ') || quoted)).then(|| (key, rest.trim()))
}

/// The keys that lead to the current line.
#[derive(Default)]
struct Keys {
    path: String,
    /// Indent of each key, and the length of the path before it.
    stack: Vec<(usize, usize)>,
}

impl Keys {
    fn enter(&mut self, entry: &Entry<'_>) {
        while let Some((indent, length)) = self.stack.last().copied() {
            if indent < entry.indent {
                break;
            }
            self.path.truncate(length);
            self.stack.pop();
        }
        let Some(key) = entry.key else { return };
        self.stack.push((entry.indent, self.path.len()));
        if !self.path.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(key);
    }

    fn path(&self) -> &str {
        &self.path
    }
}

/// The lines of the condition that is being scanned: its type may come first or last.
#[derive(Default)]
struct Conditions<'a> {
    group: Vec<(String, Line<'a>)>,
    kind: String,
}

impl<'a> Conditions<'a> {
    /// Whether the line of this path is not part of the condition so far.
    fn leaves(&self, path: &str, entry: &Entry<'_>) -> bool {
        !path.starts_with("status.conditions.")
            || entry.begins_item
            || self.group.iter().any(|(known, _)| known == path)
    }

    fn take(&mut self, path: &str, entry: &Entry<'_>, line: &Line<'a>) {
        if !path.starts_with("status.conditions.") {
            return;
        }
        if path == "status.conditions.type" {
            entry.value.trim_end_matches(',').trim_matches('"').clone_into(&mut self.kind);
        }
        self.group.push((path.to_owned(), line.clone()));
    }

    fn flush(&mut self, shown: &mut Shown<'_>) {
        if !self.kind.is_empty() {
            shown.condition(&self.kind, &self.group);
        }
        self.group.clear();
        self.kind.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: &str, paths: &[&str], text: &str, expected: &[(&str, u64)]) {
        let mut projection = Projection::default();
        for path in paths {
            projection.ask(kind, path);
        }
        let mut shown = Shown::new(&projection, kind);
        let name = scan(&mut shown, text.as_bytes(), 0, 0).expect("a naming line");
        let quotes = shown.into_quotes(name.quote(""));
        let found: Vec<_> = quotes.iter().map(|quote| (&*quote.path, quote.line)).collect();
        assert_eq!(found, expected, "{text}");
    }

    const YAML: &str = "apiVersion: v1\nkind: Namespace\nmetadata:\n  finalizers:\n  - a.example/b\n  - c\n  name: shop\n\
        status:\n  conditions:\n  - message: 'x: y\n      name: no'\n    status: \"True\"\n    type: A\n  phase: Terminating\n";

    #[test]
    fn yaml_paths_have_their_lines() {
        check(
            "Namespace",
            &["metadata.finalizers", "metadata.name", "status.phase", "status.conditions.status", "spec"],
            YAML,
            &[
                ("", 6),
                ("metadata.finalizers", 3),
                ("metadata.finalizers", 4),
                ("metadata.finalizers", 5),
                ("status.conditions.status", 11),
                ("status.phase", 13),
            ],
        );
    }

    const JSON: &str = "{\n    \"metadata\": {\n        \"finalizers\": [\n            \"a\"\n        ],\n        \"name\": \"n\"\n    },\n    \
        \"status\": {\n        \"conditions\": [\n            {\n                \"status\": \"True\",\n                \
        \"type\": \"DiskPressure\"\n            },\n            {\n                \"status\": \"False\",\n                \
        \"type\": \"Ready\"\n            }\n        ],\n        \"phase\": \"x\"\n    }\n}\n";

    #[test]
    fn json_paths_have_their_lines_and_derived_ones_the_condition() {
        check(
            "Node",
            &["metadata.finalizers", "status.phase", "status.ready"],
            JSON,
            &[
                ("", 5),
                ("metadata.finalizers", 2),
                ("metadata.finalizers", 3),
                ("status.phase", 18),
                ("status.ready", 14),
                ("status.ready", 15),
            ],
        );
    }

    #[test]
    fn secrets_are_not_quoted() {
        check(
            "Secret",
            &["data.password", "type"],
            "metadata:\n  name: a\ndata:\n  password: x\ntype: t\n",
            &[("", 1), ("type", 4)],
        );
    }
}
