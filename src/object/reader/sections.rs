//! The layout of `kubectl describe`: objects as blocks of `Key:  value` lines, with what belongs to a key indented below it.
//!
//! Source: kubernetes `staging/src/k8s.io/kubectl/pkg/describe/describe.go`. An object begins at a line `Name:` in column 0.

use serde_json::{Map, Value, json};

use super::grid::Grid;
use crate::object::line::{Line, lines};

/// More lines than this do not belong to one object.
const BLOCK_LINES: usize = 100_000;

/// How deep generic text may be nested; deeper lines are left out.
const DEPTH: usize = 32;

/// The cells of a row, and its line.
type Cells<'s, 'a> = (Vec<String>, &'s Line<'a>);

/// A key in column 0 with what belongs to it.
pub struct Section<'a> {
    /// The key, without its colon.
    pub key: String,
    /// What follows on its line.
    pub value: String,
    /// Its line.
    pub line: Line<'a>,
    /// The lines below it.
    pub body: Vec<Line<'a>>,
}

impl<'a> Section<'a> {
    /// The value and the lines below it, as a list: labels, annotations, taints.
    pub fn items(&self) -> impl Iterator<Item = (&str, &Line<'a>)> {
        let first = std::iter::once((self.value.as_str(), &self.line));
        let rest = self.body.iter().map(|line| (line.text.trim(), line));
        first.chain(rest).filter(|(text, _)| !matches!(*text, "" | "<none>"))
    }

    /// The rows of the table in the body, each with its line.
    pub fn rows(&self) -> Option<(Grid, Vec<Cells<'_, 'a>>)> {
        let (header, rest) = self.body.split_first()?;
        let grid = Grid::parse(&header.text);
        let rows = rest
            .iter()
            .filter(|line| !line.text.trim_start().starts_with("--"))
            .filter_map(|line| grid.cells(&line.text).map(|cells| (cells, line)))
            .collect();
        Some((grid, rows))
    }
}

/// One described object.
pub struct Block<'a> {
    /// Its sections, the first of which is `Name`.
    pub sections: Vec<Section<'a>>,
}

impl<'a> Block<'a> {
    /// The section of a key.
    pub fn section(&self, key: &str) -> Option<&Section<'a>> {
        self.sections.iter().find(|section| section.key == key)
    }

    /// What follows a key on its line, unless it is empty or `<none>`.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.section(key)
            .map(|section| section.value.as_str())
            .filter(|text| !matches!(*text, "" | "<none>" | "<unset>"))
    }
}

/// A part of a document.
pub enum Part<'a> {
    /// One described object.
    Object(Block<'a>),
    /// A line that belongs to none.
    Other(Line<'a>),
}

/// Takes a document apart, object by object, so that only one of them at a time is held.
pub fn parts<'a>(bytes: &'a [u8], mut each: impl FnMut(Part<'a>)) {
    let mut block: Option<Block<'a>> = None;
    let mut held = 0;
    for line in lines(bytes) {
        let key = key(&line.text).filter(|_| !line.text.starts_with(' '));
        match (key, &mut block) {
            (Some(("Name", value)), _) => {
                let value = value.to_owned();
                let section = Section { key: "Name".to_owned(), value, line, body: Vec::new() };
                if let Some(done) = block.replace(Block { sections: vec![section] }) {
                    each(Part::Object(done));
                }
                held = 0;
            }
            (Some((key, value)), Some(block)) if held < BLOCK_LINES => {
                let (key, value) = (key.to_owned(), value.to_owned());
                block.sections.push(Section { key, value, line, body: Vec::new() });
                held += 1;
            }
            (None, _) if line.text.trim().is_empty() => {}
            (None, Some(block)) if line.text.starts_with(' ') && held < BLOCK_LINES => {
                if let Some(section) = block.sections.last_mut() {
                    section.body.push(line);
                    held += 1;
                }
            }
            _ => each(Part::Other(line)),
        }
    }
    if let Some(done) = block {
        each(Part::Object(done));
    }
}

/// `Key:  value`, indented or not.
pub fn key(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let (key, value) = match text.split_once(": ") {
        Some(pair) => pair,
        None => (text.strip_suffix(':')?, ""),
    };
    // Keys are words; a sentence with a colon is none.
    let is_key =
        key.starts_with(|c: char| c.is_ascii_uppercase()) && key.len() < 64 && !key.contains(['"', '/', '=']);
    is_key.then(|| (key, value.trim()))
}

/// How far a line is indented.
pub fn indent(text: &str) -> usize {
    text.len() - text.trim_start_matches(' ').len()
}

/// The fields below a key, as the generic describer writes them: words for camel case, indents for nesting, and lists of
/// maps as repeated keys.
pub fn generic(body: &[Line<'_>]) -> Value {
    nested(body, 0)
}

fn nested(body: &[Line<'_>], depth: usize) -> Value {
    let Some(base) = body.first().map(|line| indent(&line.text)) else { return Value::Null };
    let mut entries: Vec<(String, Value)> = Vec::new();
    let mut at = 0;
    while let Some(line) = body.get(at) {
        let below = body.get(at + 1..).unwrap_or_default();
        let length = below.iter().take_while(|line| indent(&line.text) > base).count();
        let below = below.get(..length).unwrap_or_default();
        at += 1 + length;
        let Some((key, value)) = line_key(&line.text) else { continue };
        let value = match (value, below) {
            ("", below) if !below.is_empty() && depth < DEPTH => nested(below, depth + 1),
            (value, _) => scalar(value),
        };
        entries.push((camel(key), value));
    }
    if entries.is_empty() {
        let texts: Vec<&str> = body.iter().map(|line| line.text.trim()).collect();
        return json!(texts);
    }
    join(entries)
}

/// Generic keys are any words.
fn line_key(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    text.split_once(": ")
        .map(|(key, value)| (key.trim(), value.trim()))
        .or_else(|| Some((text.strip_suffix(':')?, "")))
}

/// Entries with a repeated key are a list of maps, each of which begins with the first key.
fn join(entries: Vec<(String, Value)>) -> Value {
    let first = entries.first().map(|(key, _)| key.clone()).unwrap_or_default();
    let is_list = entries.iter().filter(|(key, _)| *key == first).count() > 1;
    let mut maps: Vec<Map<String, Value>> = Vec::new();
    for (key, value) in entries {
        let value = if key == "conditions" && value.is_object() { json!([value]) } else { value };
        if maps.is_empty() || (is_list && key == first) {
            maps.push(Map::new());
        }
        if let Some(map) = maps.last_mut() {
            map.insert(key, value);
        }
    }
    match (is_list, maps.pop()) {
        (false, Some(map)) => Value::Object(map),
        (true, Some(last)) => {
            maps.push(last);
            Value::Array(maps.into_iter().map(Value::Object).collect())
        }
        (_, None) => Value::Null,
    }
}

fn scalar(text: &str) -> Value {
    match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        "" | "<none>" | "<nil>" => Value::Null,
        _ => text.parse::<i64>().map_or_else(|_| json!(text), Value::from),
    }
}

/// `Last Transition Time` → `lastTransitionTime`.
pub fn camel(key: &str) -> String {
    let mut words = key.split(' ').filter(|word| !word.is_empty());
    let mut name = words.next().unwrap_or_default().to_owned();
    let is_word = name.chars().skip(1).all(|c| c.is_lowercase() || c.is_ascii_digit());
    let is_short = name.chars().all(|c| c.is_ascii_uppercase());
    if is_word || is_short {
        name = name.to_lowercase();
    }
    words.for_each(|word| name.push_str(word));
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_camel_case() {
        for (key, expected) in [
            ("API Version", "apiVersion"),
            ("Last Transition Time", "lastTransitionTime"),
            ("Name", "name"),
            ("app.kubernetes.io/name", "app.kubernetes.io/name"),
        ] {
            assert_eq!(camel(key), expected);
        }
    }

    #[test]
    fn generic_text_is_nested() {
        let text = "  Conditions:\n    Message:  m: n\n    Status:   False\n    Type:     Available\n  Ports:\n    Name:  a\n    Port:  1\n    Name:  b\n";
        let body: Vec<_> = lines(text.as_bytes()).collect();
        assert_eq!(
            generic(&body),
            json!({"conditions": [{"message": "m: n", "status": "False", "type": "Available"}],
                   "ports": [{"name": "a", "port": 1}, {"name": "b"}]})
        );
        let deep: String = (0..2000).map(|n| format!("{}K:\n", " ".repeat(n))).collect();
        let body: Vec<_> = lines(deep.as_bytes()).collect();
        assert!(generic(&body).is_object());
    }
}
