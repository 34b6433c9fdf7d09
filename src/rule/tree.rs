//! YAML with the place of everything in it. The only file that names the YAML crate of the rulebook.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{DuplicateKeyPolicy, Error, Location, MergeKeyPolicy, Spanned};

use super::place::{At, Place};

/// A value of any kind.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it was written.
    pub place: Place,
    /// What it is.
    pub content: Content,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum Content {
    /// A text, a number, or another word, as it was written and without quotes.
    Scalar(String, Scalar),
    /// A list.
    List(Vec<Node>),
    /// A map, in the author's order; a key may come twice.
    Map(Vec<(At<String>, Node)>),
}

/// What a scalar is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar {
    /// Nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Another number.
    Float(f64),
    /// A text.
    Text,
}

impl Node {
    /// What it is, in words.
    #[must_use]
    pub fn what(&self) -> &'static str {
        match &self.content {
            Content::Scalar(_, Scalar::Null) => "nothing",
            Content::Scalar(_, Scalar::Bool(_)) => "`true` or `false`",
            Content::Scalar(_, Scalar::Int(_) | Scalar::Float(_)) => "a number",
            Content::Scalar(_, Scalar::Text) => "a text",
            Content::List(_) => "a list",
            Content::Map(_) => "a map",
        }
    }

    /// The value as JSON has it.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        match &self.content {
            Content::Scalar(_, Scalar::Null) => serde_json::Value::Null,
            Content::Scalar(_, Scalar::Bool(value)) => (*value).into(),
            Content::Scalar(_, Scalar::Int(value)) => (*value).into(),
            Content::Scalar(_, Scalar::Float(value)) => (*value).into(),
            Content::Scalar(text, Scalar::Text) => text.as_str().into(),
            Content::List(items) => items.iter().map(Node::json).collect(),
            Content::Map(entries) => {
                entries.iter().map(|(key, value)| (key.value.clone(), value.json())).collect()
            }
        }
    }
}

/// Why a text is not YAML.
#[derive(Debug)]
pub struct SyntaxError {
    /// What the parser says, which is not for users.
    pub said: String,
    /// The byte where it noticed.
    pub at: usize,
}

/// Reads a text.
///
/// # Errors
/// When it is not YAML, or more than one document.
pub fn parse(text: &str) -> Result<Node, SyntaxError> {
    let options = serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        merge_keys: MergeKeyPolicy::AsOrdinary,
        with_snippet: false,
    };
    match serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options) {
        Ok(raw) => Ok(node(text, raw)),
        Err(error) => {
            let at = error.location().map_or(text.len(), |location| byte_of(text, &location));
            let said = match &error {
                Error::MultipleDocuments { .. } => "multiple documents".to_owned(),
                other => other.to_string(),
            };
            Err(SyntaxError { said, at })
        }
    }
}

/// The byte of a location, which the parser counts in characters.
fn byte_of(text: &str, location: &Location) -> usize {
    let line = usize::try_from(location.line()).unwrap_or(1).max(1);
    let column = usize::try_from(location.column()).unwrap_or(1).max(1);
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    start + rest.char_indices().nth(column - 1).map_or(rest.len(), |(byte, _)| byte)
}

/// What the deserializer gives: words of YAML 1.1 (`y`, `on`) come as booleans, and so every word is read again.
enum Raw {
    Text(String),
    Word,
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Raw>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Raw;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Raw, E> {
                Ok(Raw::Text(text.to_owned()))
            }
            fn visit_bool<E: de::Error>(self, _: bool) -> Result<Raw, E> {
                Ok(Raw::Word)
            }
            fn visit_i64<E: de::Error>(self, _: i64) -> Result<Raw, E> {
                Ok(Raw::Word)
            }
            fn visit_u64<E: de::Error>(self, _: u64) -> Result<Raw, E> {
                Ok(Raw::Word)
            }
            fn visit_i128<E: de::Error>(self, _: i128) -> Result<Raw, E> {
                Ok(Raw::Word)
            }
            fn visit_u128<E: de::Error>(self, _: u128) -> Result<Raw, E> {
                Ok(Raw::Word)
            }
            fn visit_f64<E: de::Error>(self, _: f64) -> Result<Raw, E> {
                Ok(Raw::Word)
            }
            fn visit_unit<E: de::Error>(self) -> Result<Raw, E> {
                Ok(Raw::Word)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Raw::List(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Raw::Map(entries))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

fn place_of(location: &Location) -> Place {
    let bytes = |n: Option<u64>| n.and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    let start = bytes(location.span().byte_offset());
    Place { start, end: start + bytes(location.span().byte_len()), line: location.line() }
}

fn node(file: &str, raw: Spanned<Raw>) -> Node {
    let mut place = place_of(&raw.referenced);
    let content = match raw.value {
        Raw::Text(text) => Content::Scalar(text, Scalar::Text),
        Raw::Word => {
            let defined = place_of(&raw.defined);
            let word = file.get(defined.start..defined.end).unwrap_or_default();
            Content::Scalar(word.to_owned(), scalar(word))
        }
        Raw::List(items) => Content::List(items.into_iter().map(|item| node(file, item)).collect()),
        Raw::Map(entries) => Content::Map(
            entries
                .into_iter()
                .map(|(key, value)| {
                    let (key, value) = (node(file, key), node(file, value));
                    // A key that is a list or a map is no word, and so no key that anybody knows.
                    let text = match key.content {
                        Content::Scalar(text, _) => text,
                        _ => file.get(key.place.start..key.place.end).unwrap_or_default().to_owned(),
                    };
                    (At::new(text, key.place), value)
                })
                .collect(),
        ),
    };
    // The parser gives the beginning of a list or a map only. What was copied by an alias stands elsewhere.
    if raw.referenced == raw.defined {
        let last = match &content {
            Content::List(items) => items.last().map(|item| item.place),
            Content::Map(entries) => entries.last().map(|(key, value)| key.place.to(value.place)),
            Content::Scalar(..) => None,
        };
        place = last.map_or(place, |last| place.to(last));
    }
    Node { place, content }
}

/// What a word without quotes is, in the core schema of YAML 1.2: `yes` and `on` are texts.
fn scalar(word: &str) -> Scalar {
    match word {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "true" | "True" | "TRUE" => return Scalar::Bool(true),
        "false" | "False" | "FALSE" => return Scalar::Bool(false),
        _ => {}
    }
    let radix = |mark: &str, radix| word.strip_prefix(mark).and_then(|n| i64::from_str_radix(n, radix).ok());
    if let Some(number) = word.parse().ok().or_else(|| radix("0x", 16)).or_else(|| radix("0o", 8)) {
        return Scalar::Int(number);
    }
    let numeric = word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
    word.parse().ok().filter(|n: &f64| numeric && n.is_finite()).map_or(Scalar::Text, Scalar::Float)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        parse(text).unwrap().json().to_string()
    }

    #[test]
    fn words_are_read_as_yaml_1_2_reads_them() {
        assert_eq!(json("[y, on, true, 5, '5', -5, 1.5, 0x1f, ~, 1s, 2026-11-22]"), {
            r#"["y","on",true,5,"5",-5,1.5,31,null,"1s","2026-11-22"]"#
        });
        assert_eq!(json("n: {y: }"), r#"{"n":{"y":null}}"#);
    }

    #[test]
    fn an_alias_gives_what_it_stands_for() {
        assert_eq!(json("a: &x [1, b]\nc: *x"), r#"{"a":[1,"b"],"c":[1,"b"]}"#);
    }

    #[test]
    fn a_list_reaches_to_its_last_item() {
        let text = "a:\n  - b\n  - c: d\n";
        let Content::Map(entries) = parse(text).unwrap().content else { panic!() };
        let place = entries[0].1.place;
        assert_eq!((&text[place.start..place.end], place.line), ("- b\n  - c: d", 2));
    }
}
