//! A rule file as its author wrote it. The only file that names the YAML crate of the rulebook.
//!
//! Unknown keys are errors, values that a later check may complain about carry their place ([`At`]).

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{self, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};

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
    pub severity: At<Scale>,
    /// How sure, if it fires.
    #[serde(default)]
    pub confidence: Option<At<Scale>>,
    /// Whose problem it is.
    pub component: At<String>,
    /// 0 host … 6 workloads; 6 when it is not said.
    #[serde(default)]
    pub layer: Option<At<u8>>,
    /// To which clusters the rule applies.
    #[serde(default)]
    pub applies: Applies,
    /// What to count.
    pub signals: Named<SignalFile>,
    /// When the rule fires.
    pub when: At<String>,
    /// One finding for each distinct value of these fields.
    #[serde(default)]
    pub group_by: Many<String>,
    /// What it means (Markdown).
    pub about: At<String>,
    /// What to do, in order.
    #[serde(default)]
    pub remedy: Vec<RemedyFile>,
    /// What to ask for when the rule cannot be decided.
    #[serde(default)]
    pub collect: Many<String>,
    /// Consequences.
    #[serde(default)]
    pub explains: Many<String>,
    /// Other ids.
    #[serde(default)]
    pub aliases: Many<String>,
    /// URLs.
    #[serde(default)]
    pub references: Many<String>,
    /// The rule's own tests.
    #[serde(default)]
    pub tests: Vec<At<TestFile>>,
}

/// To which clusters a rule applies.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Applies {
    /// Distributions; empty for all.
    #[serde(default)]
    pub distributions: Many<String>,
}

/// One step towards repair.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemedyFile {
    /// What to do.
    pub step: At<String>,
    /// The command.
    #[serde(default)]
    pub run: Option<At<String>>,
    /// `read-only`, `disruptive`, `data-loss`.
    #[serde(default)]
    pub risk: Option<At<String>>,
}

/// A signal: over logs, over objects, or over the hits of another signal.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalFile {
    /// Components whose logs are searched.
    #[serde(default)]
    pub logs: Many<String>,
    /// The kind of object that is counted.
    #[serde(default)]
    pub objects: Option<At<String>>,
    /// The signal whose hits are counted where they stand in a relation.
    #[serde(default)]
    pub of: Option<At<String>>,
    /// Alternatives, for logs.
    #[serde(default, rename = "match")]
    pub matches: Many<MatchFile>,
    /// Look-alikes that do not count.
    #[serde(default)]
    pub exclude: Many<MatchFile>,
    /// Levels that count.
    #[serde(default)]
    pub level: Many<String>,
    /// Only logs and objects of these nodes, by name or role.
    #[serde(default)]
    pub nodes: Many<String>,
    /// Only pod logs of this namespace.
    #[serde(default)]
    pub namespace: Option<At<String>>,
    /// Only logs of this container.
    #[serde(default)]
    pub container: Option<At<String>>,
    /// Only hits of the alternatives with these tags, for derived signals.
    #[serde(default)]
    pub tag: Many<String>,
    /// Only hits that are at most this old at capture.
    #[serde(default)]
    pub recent: Option<At<String>>,
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
    pub fields: Named<String>,
    /// When an object's hit happened: CEL that gives a time of RFC 3339.
    #[serde(default)]
    pub time: Option<At<String>>,
    /// The relation of a derived signal: a hit of this signal is near in time.
    #[serde(default)]
    pub near: Option<At<String>>,
    /// … comes later.
    #[serde(default)]
    pub before: Option<At<String>>,
    /// … came earlier.
    #[serde(default)]
    pub after: Option<At<String>>,
    /// … comes later: `before` in other words.
    #[serde(default)]
    pub followed_by: Option<At<String>>,
    /// … does not come later.
    #[serde(default)]
    pub not_followed_by: Option<At<String>>,
    /// … is there at all, at any time or none.
    #[serde(default)]
    pub with: Option<At<String>>,
    /// … is not there at all.
    #[serde(default)]
    pub without: Option<At<String>>,
    /// How far apart the two may be.
    #[serde(default)]
    pub within: Option<At<String>>,
    /// Fields in which the two agree; `node` is one.
    #[serde(default)]
    pub same: Many<String>,
    /// By how much the clocks of two nodes may differ.
    #[serde(default)]
    pub skew: Option<At<String>>,
}

/// One alternative of a log signal.
#[derive(Clone, Debug)]
pub enum MatchFile {
    /// A template, or a regular expression between slashes.
    Text(String),
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
    pub json: Named<String>,
    /// Our name → the record's field.
    #[serde(default)]
    pub fields: Named<String>,
    /// Which alternative hit.
    #[serde(default)]
    pub tag: Option<At<String>>,
}

impl<'de> Deserialize<'de> for MatchFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = MatchFile;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a template, or a map with `text` or `json`")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<MatchFile, E> {
                Ok(MatchFile::Text(text.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<MatchFile, A::Error> {
                FullMatch::deserialize(de::value::MapAccessDeserializer::new(map)).map(MatchFile::Full)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// A word, or a map from words to what makes them hold.
#[derive(Clone, Debug)]
pub enum Scale {
    /// The same for every finding.
    One(String),
    /// The highest that holds.
    Steps(Named<Step>),
}

/// What makes a step of a scale hold.
#[derive(Clone, Debug)]
pub enum Step {
    /// So many hits.
    Count(u64),
    /// Nothing more: it always holds.
    Always,
    /// A condition.
    When(String),
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Step;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of hits, `true`, or a condition")
            }
            fn visit_u64<E: de::Error>(self, count: u64) -> Result<Step, E> {
                Ok(Step::Count(count))
            }
            fn visit_bool<E: de::Error>(self, always: bool) -> Result<Step, E> {
                if always { Ok(Step::Always) } else { Err(E::custom("a step that never holds says nothing")) }
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Step, E> {
                Ok(if text == "true" { Step::Always } else { Step::When(text.to_owned()) })
            }
        }
        deserializer.deserialize_any(Any)
    }
}

impl<'de> Deserialize<'de> for Scale {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Scale;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a word, or a map from words to conditions")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Scale, E> {
                Ok(Scale::One(text.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Scale, A::Error> {
                Named::deserialize(de::value::MapAccessDeserializer::new(map)).map(Scale::Steps)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// One value or a list of them, each with its place.
#[derive(Clone, Debug)]
pub struct Many<T>(pub Vec<At<T>>);

impl<T> Default for Many<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Clone> Many<T> {
    /// The values without their places.
    #[must_use]
    pub fn values(&self) -> Vec<T> {
        self.0.iter().map(|at| at.value.clone()).collect()
    }
}

/// A list, or something else that is then the only element.
enum ListOrOne<T> {
    List(Vec<At<T>>),
    One(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ListOrOne<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = ListOrOne<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one value or a list of them")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                T::deserialize(text.into_deserializer()).map(ListOrOne::One)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(de::value::MapAccessDeserializer::new(map)).map(ListOrOne::One)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = seq.next_element::<At<T>>()? {
                    list.push(item);
                }
                Ok(ListOrOne::List(list))
            }
        }
        deserializer.deserialize_any(Either(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Many<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A scalar's place is known only to whoever asks for it with the value: here, around the choice.
        let At { value, referenced, defined } = At::<ListOrOne<T>>::deserialize(deserializer)?;
        Ok(match value {
            ListOrOne::List(list) => Self(list),
            ListOrOne::One(one) => Self(vec![At::new(one, referenced, defined)]),
        })
    }
}

/// Names, in the author's order, with what they stand for, each with its place.
#[derive(Clone, Debug)]
pub struct Named<T>(pub Vec<(At<String>, At<T>)>);

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Named<T> {
    /// What a name stands for.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&At<T>> {
        self.0.iter().find(|(at, _)| at.value == name).map(|(_, value)| value)
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.value.as_str())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = Named<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map from names")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry::<At<String>, At<T>>()? {
                    entries.push(entry);
                }
                Ok(Named(entries))
            }
        }
        deserializer.deserialize_map(Entries(PhantomData))
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
    pub missing: Many<String>,
    /// Component → the time that its logs cover; all time for what is not named.
    #[serde(default)]
    pub covers: BTreeMap<String, CoversFile>,
    /// When the bundle was captured, RFC 3339.
    #[serde(default)]
    pub captured_at: Option<At<String>>,
    /// What must come out.
    pub expect: At<Expect>,
}

/// The time that the logs of a component cover in a test.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoversFile {
    /// Nothing older is there, RFC 3339.
    #[serde(default)]
    pub from: Option<String>,
    /// Nothing newer is there, RFC 3339.
    #[serde(default)]
    pub until: Option<String>,
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
    /// The nodes that each write it; one node when none is named.
    #[serde(default)]
    pub nodes: Vec<String>,
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
                        "nodes" => series.nodes = map.next_value()?,
                        _ => {
                            nodes.insert(key, map.next_value()?);
                        }
                    }
                }
                match (series.line.is_empty(), nodes.is_empty()) {
                    (false, true) => Ok(TestLog::Series(series)),
                    (true, _) => Ok(TestLog::Nodes(nodes)),
                    (false, false) => Err(de::Error::custom(
                        "a series has `line`, `repeat`, `every`, `start` and `nodes` only",
                    )),
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

/// The id that a rule file has by its name, wherever it lies: in a directory, or behind the `!` of an archive.
#[must_use]
pub fn id_of_name(path: &str) -> Option<&str> {
    path.rsplit(['/', '\\', '!']).next()?.strip_suffix(".yaml")
}

/// The line of a placed value, when the place is known.
#[must_use]
pub fn line_of<T>(at: &At<T>) -> Option<u64> {
    Some(at.referenced.line()).filter(|line| *line > 0)
}

/// The bytes of a placed value in its file, when the place is known.
#[must_use]
pub fn bytes_of<T>(at: &At<T>) -> Option<Range<usize>> {
    let span = at.referenced.span();
    let start = usize::try_from(span.byte_offset()?).ok()?;
    Some(start..start + usize::try_from(span.byte_len()?).ok()?)
}
