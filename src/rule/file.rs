//! A rule file as its author wrote it. The only file that names the YAML crate of the rulebook.
//!
//! Unknown keys are errors, values that a later check may complain about carry their place ([`At`]).

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};

/// A value with the place where it was written.
pub type At<T> = serde_saphyr::Spanned<T>;

/// A whole rule file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    /// Kebab case, the file's name.
    pub id: At<String>,
    /// One line, minijinja.
    pub title: At<String>,
    /// One to three sentences about this case, minijinja.
    #[serde(default)]
    pub summary: Option<At<String>>,
    /// How bad, if true.
    pub severity: At<OneOrMap>,
    /// How sure, if it fires.
    #[serde(default)]
    pub confidence: Option<At<OneOrMap>>,
    /// Whose problem it is.
    pub component: At<String>,
    /// 0 host … 6 workloads.
    pub layer: u8,
    /// To which clusters the rule applies.
    #[serde(default)]
    pub applies: Applies,
    /// What to count.
    pub signals: BTreeMap<String, SignalFile>,
    /// When the rule fires.
    pub when: At<String>,
    /// One finding for each distinct value of these fields.
    #[serde(default)]
    pub group_by: Vec<At<String>>,
    /// What it means (Markdown).
    pub about: String,
    /// What to do, in order.
    #[serde(default)]
    pub remedy: Vec<RemedyFile>,
    /// What to ask for when the rule cannot be decided.
    #[serde(default)]
    pub collect: Vec<String>,
    /// Consequences.
    #[serde(default)]
    pub explains: Vec<At<String>>,
    /// Other ids.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// URLs.
    #[serde(default)]
    pub references: Vec<String>,
    /// The rule's own tests.
    #[serde(default)]
    pub tests: Vec<TestFile>,
}

/// To which clusters a rule applies.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Applies {
    /// Distributions; empty for all.
    #[serde(default)]
    pub distributions: Vec<String>,
}

/// One step towards repair.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemedyFile {
    /// What to do.
    pub step: String,
    /// The command.
    #[serde(default)]
    pub run: Option<String>,
    /// `read-only`, `disruptive`, `data-loss`.
    #[serde(default)]
    pub risk: Option<At<String>>,
}

/// A signal: over logs or over objects.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalFile {
    /// Components whose logs are searched.
    #[serde(default)]
    pub logs: Vec<At<String>>,
    /// The kind of object that is counted.
    #[serde(default)]
    pub objects: Option<At<String>>,
    /// Alternatives, for logs.
    #[serde(default, rename = "match")]
    pub matches: Vec<MatchFile>,
    /// Look-alikes that do not count.
    #[serde(default)]
    pub exclude: Vec<At<String>>,
    /// Levels that count.
    #[serde(default)]
    pub level: Vec<At<String>>,
    /// Only pod logs of this namespace.
    #[serde(default)]
    pub namespace: Option<String>,
    /// The window of `peak`.
    #[serde(default)]
    pub window: Option<At<String>>,
    /// Whether it is only compared with, and shows nothing of the failure itself.
    #[serde(default)]
    pub context: bool,
    /// Which objects count: CEL.
    #[serde(default, rename = "where")]
    pub filter: Option<At<String>>,
    /// What an object's hit carries: name → CEL.
    #[serde(default)]
    pub fields: BTreeMap<String, At<String>>,
}

/// One alternative of a log signal.
#[derive(Clone, Debug)]
pub enum MatchFile {
    /// A template, or a regular expression between slashes.
    Text(At<String>),
    /// With a tag, or on the fields of a structured record.
    Full(FullMatch),
}

/// An alternative written as a map.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FullMatch {
    /// A template or a regular expression.
    #[serde(default)]
    pub text: Option<At<String>>,
    /// Field of the record → template for its whole value.
    #[serde(default)]
    pub json: BTreeMap<String, At<String>>,
    /// Our name → the record's field.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// Which alternative hit.
    #[serde(default)]
    pub tag: Option<String>,
}

impl<'de> Deserialize<'de> for MatchFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // `Spanned` and "string or map" do not mix in one visitor, so the string loses its span to the list's.
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = MatchFile;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a template, or a map with `text` or `json`")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<MatchFile, E> {
                Ok(MatchFile::Text(unplaced(text.to_owned())))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<MatchFile, A::Error> {
                FullMatch::deserialize(de::value::MapAccessDeserializer::new(map)).map(MatchFile::Full)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

fn unplaced<T>(value: T) -> At<T> {
    At::new(value, serde_saphyr::Location::UNKNOWN, serde_saphyr::Location::UNKNOWN)
}

/// A word, or a map from words to conditions.
#[derive(Clone, Debug)]
pub enum OneOrMap {
    /// The same for every finding.
    One(String),
    /// The highest whose condition holds.
    Map(BTreeMap<String, String>),
}

impl<'de> Deserialize<'de> for OneOrMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = OneOrMap;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a word, or a map from words to conditions")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<OneOrMap, E> {
                Ok(OneOrMap::One(text.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<OneOrMap, A::Error> {
                BTreeMap::deserialize(de::value::MapAccessDeserializer::new(map)).map(OneOrMap::Map)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// One test of a rule.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestFile {
    /// What it shows.
    pub name: String,
    /// Component → text.
    #[serde(default)]
    pub logs: BTreeMap<String, TestLog>,
    /// Kind → complete objects.
    #[serde(default)]
    pub objects: BTreeMap<String, Vec<serde_json::Value>>,
    /// Path inside a collector's bundle → text.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// Components and kinds that the bundle does not hold.
    #[serde(default)]
    pub missing: Vec<String>,
    /// When the bundle was captured, RFC 3339.
    #[serde(default)]
    pub captured_at: Option<String>,
    /// What must come out.
    pub expect: Expect,
}

/// A log of a test.
#[derive(Clone, Debug)]
pub enum TestLog {
    /// Lines, on one node.
    Text(String),
    /// A line repeated in time, on one node.
    Series(Series),
    /// Node → lines or series.
    Nodes(BTreeMap<String, TestLog>),
}

/// A line repeated in time.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// The line; `{time}` becomes RFC 3339.
    pub line: String,
    /// How often.
    pub repeat: u32,
    /// How far apart.
    pub every: String,
    /// The first time, RFC 3339.
    #[serde(default)]
    pub start: Option<String>,
}

impl<'de> Deserialize<'de> for TestLog {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = TestLog;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text, a series (line, repeat, every), or a map from nodes to these")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<TestLog, E> {
                Ok(TestLog::Text(text.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<TestLog, A::Error> {
                let mut series = Series::default();
                let mut nodes = BTreeMap::new();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "line" => series.line = map.next_value()?,
                        "repeat" => series.repeat = map.next_value()?,
                        "every" => series.every = map.next_value()?,
                        "start" => series.start = Some(map.next_value()?),
                        _ => {
                            nodes.insert(key, map.next_value()?);
                        }
                    }
                }
                match (series.line.is_empty(), nodes.is_empty()) {
                    (false, true) => Ok(TestLog::Series(series)),
                    (true, _) => Ok(TestLog::Nodes(nodes)),
                    (false, false) => {
                        Err(de::Error::custom("a series has `line`, `repeat`, `every` and `start` only"))
                    }
                }
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// What a test expects.
#[derive(Clone, Debug, Default)]
pub struct Expect {
    /// `finding`, `clear` or `unknown`.
    pub verdict: String,
    /// Hits of the first finding.
    pub count: Option<u64>,
    /// How many findings.
    pub findings: Option<usize>,
    /// The first finding's title.
    pub title: Option<String>,
    /// The first finding's severity.
    pub severity: Option<String>,
    /// The first finding's confidence.
    pub confidence: Option<String>,
    /// Fields of the first finding.
    pub fields: BTreeMap<String, String>,
}

/// [`Expect`] written as a map.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectMap {
    verdict: String,
    #[serde(default)]
    count: Option<u64>,
    #[serde(default)]
    findings: Option<usize>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    severity: Option<String>,
    #[serde(default)]
    confidence: Option<String>,
    #[serde(default)]
    fields: BTreeMap<String, String>,
}

impl<'de> Deserialize<'de> for Expect {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Expect;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`finding`, `clear`, `unknown`, or a map with `verdict`")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Expect, E> {
                Ok(Expect { verdict: text.to_owned(), ..Expect::default() })
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Expect, A::Error> {
                let ExpectMap { verdict, count, findings, title, severity, confidence, fields } =
                    ExpectMap::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(Expect { verdict, count, findings, title, severity, confidence, fields })
            }
            fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Expect, A::Error> {
                Err(de::Error::custom("expected a word or a map"))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// Reads a rule file.
///
/// # Errors
/// With the place underlined, as the YAML crate renders it, and the line.
pub fn parse(text: &str) -> Result<RuleFile, (Option<u64>, String)> {
    serde_saphyr::from_str(text).map_err(|e| (e.location().map(|at| at.line()), e.to_string()))
}

/// The line of a placed value, when the place is known.
#[must_use]
pub fn line_of<T>(at: &At<T>) -> Option<u64> {
    Some(at.referenced.line()).filter(|line| *line > 0)
}
