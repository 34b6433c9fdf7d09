//! Signals, and what each gives to conditions and texts.

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use super::types::Scope;
use crate::base::stamp::SECOND;
use crate::log::Level;
use crate::rule::file::{At, Place, RuleFile, SignalFile};
use crate::rule::{LogSignal, Matcher, NODE, ObjectSignal, Pattern, Signal, SignalSource, TAG, lints};

/// The window of `peak` when a signal names none.
const WINDOW_DEFAULT: i64 = 600 * SECOND;

/// The words for levels that a rule may use.
const LEVELS: &[&str] = &["debug", "info", "warning", "error", "fatal"];

/// What a signal gives to conditions and texts.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Its name.
    pub name: String,
    /// Where it is defined.
    pub place: Place,
    /// Its fields, and whether each of its matches fills them.
    pub fields: BTreeMap<String, bool>,
    /// The tags of its matches.
    pub tags: BTreeSet<String>,
    /// Whether its hits have a time.
    pub timed: bool,
    /// Whether it is over records, not objects, in the end.
    pub of_logs: bool,
    /// Whether it is known at all: a broken signal may give anything.
    pub known: bool,
}

impl Shape {
    /// Whether its hits can have this field.
    #[must_use]
    pub fn gives(&self, field: &str) -> bool {
        !self.known || field == NODE || self.fields.contains_key(field)
    }

    /// Whether its name is none, and holds this word.
    #[must_use]
    pub fn is_made_of(&self, word: &str) -> bool {
        !is_word(&self.name) && self.name.split(|c: char| !is_word_part(c)).any(|part| part == word)
    }
}

/// The shapes of all signals, in the order of the file. A broken one is not known.
pub fn shapes(file: &RuleFile, signals: &[Option<Signal>]) -> Vec<Shape> {
    let find = |name: &str| signals.iter().flatten().find(|signal| signal.name == name);
    file.signals
        .0
        .iter()
        .map(|(name, _)| {
            let mut shape = Shape {
                name: name.value.clone(),
                place: name.place,
                fields: BTreeMap::new(),
                tags: BTreeSet::new(),
                timed: true,
                of_logs: true,
                known: false,
            };
            // Signals that are derived from each other have no base: each step goes to another signal, so that as many steps as
            // there are signals are enough.
            let mut at = find(&name.value);
            for _ in 0..signals.len() {
                match at.map(|signal| &signal.source) {
                    Some(SignalSource::Derived(derived)) => {
                        at = signals.get(derived.of).and_then(Option::as_ref)
                    }
                    Some(SignalSource::Logs(logs)) => return of_logs(shape, logs),
                    Some(SignalSource::Objects(objects)) => {
                        shape.fields = objects.fields.keys().map(|name| (name.clone(), true)).collect();
                        shape.timed = objects.time.is_some();
                        shape.of_logs = false;
                        shape.known = true;
                        return shape;
                    }
                    None => break,
                }
            }
            shape
        })
        .collect()
}

fn of_logs(mut shape: Shape, logs: &LogSignal) -> Shape {
    let fields_of = |pattern: &Pattern| -> BTreeSet<String> {
        let mut fields: BTreeSet<String> = match &pattern.matcher {
            Matcher::Text(template) => template.holes.iter().cloned().collect(),
            Matcher::Fields { conditions, copies } => conditions
                .values()
                .flat_map(|template| &template.holes)
                .chain(copies.keys())
                .cloned()
                .collect(),
        };
        fields.extend(pattern.tag.as_ref().map(|_| TAG.to_owned()));
        fields
    };
    let each: Vec<BTreeSet<String>> = logs.patterns.iter().map(fields_of).collect();
    for field in each.iter().flatten() {
        shape.fields.insert(field.clone(), each.iter().all(|fields| fields.contains(field)));
    }
    shape.tags = logs.patterns.iter().filter_map(|pattern| pattern.tag.clone()).collect();
    shape.known = true;
    shape
}

impl Check<'_> {
    /// The signals, sorted by name; a broken one is `None`.
    pub fn signals(&mut self, file: &RuleFile) -> Vec<Option<Signal>> {
        if file.signals.0.is_empty() && !self.said.is_broken() {
            let place = file.when.place;
            self.said
                .say(&lints::MISSING_KEY, place, "the rule has no signals")
                .help("add a signal below `signals:`, with `logs` and `match`");
        }
        let mut names: Vec<&str> = file.signals.names().collect();
        names.sort_unstable();
        names.dedup();
        let signals = names.iter().map(|name| {
            let (at, signal) = file.signals.0.iter().find(|(at, _)| at.value == **name)?;
            self.signal(at, &signal.value, &names)
        });
        signals.collect()
    }

    fn signal(&mut self, name: &At<String>, file: &SignalFile, names: &[&str]) -> Option<Signal> {
        if self.is_careful() {
            self.signal_name(name);
        }
        let before = self.said.len();
        let window = file.window.as_ref().and_then(|at| self.duration(at, "window"));
        let recent = file.recent.as_ref().and_then(|at| self.duration(at, "recent"));
        let source = match (&file.objects, file.logs.0.is_empty(), &file.of) {
            (Some(kind), true, None) => SignalSource::Objects(self.object_signal(kind, file)),
            (None, false, None) => SignalSource::Logs(self.log_signal(file)),
            (None, true, Some(of)) => SignalSource::Derived(self.derived_signal(name, of, file, names)?),
            _ => return None,
        };
        let signal = Signal {
            name: name.value.clone(),
            window: window.unwrap_or(WINDOW_DEFAULT),
            context: file.context,
            part_of_other: false,
            recent,
            nodes: file.nodes.values(),
            source,
        };
        (!self.said.is_broken_since(before)).then_some(signal)
    }

    /// Conditions and texts name signals, and so their names are words of both languages.
    fn signal_name(&mut self, at: &At<String>) {
        let word = is_word(&at.value);
        let taken = RESERVED.contains(&at.value.as_str());
        if !word || taken {
            let why = if taken {
                "means something else in conditions and texts"
            } else {
                "cannot be named in a condition"
            };
            let plain: String = at
                .value
                .chars()
                .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
                .collect();
            let help = if taken {
                format!("call it `{plain}s` or so")
            } else {
                format!("call it `{}`", plain.trim_matches('_'))
            };
            self.said
                .say(&lints::WORD, at.place, format!("`{}` is no name for a signal: it {why}", at.value))
                .help(help);
        }
    }

    fn object_signal(&mut self, kind: &At<String>, file: &SignalFile) -> ObjectSignal {
        let vocabulary = self.vocabulary;
        if self.is_careful() {
            self.kind(kind);
        }
        let scope = Scope::Object(vocabulary.kind(&kind.value));
        let filter = file.filter.as_ref().and_then(|filter| self.condition(filter, "where", &scope));
        let mut fields = BTreeMap::new();
        for (name, at) in &file.fields.0 {
            let value = self.expression(at, &format!("field `{}`", name.value), &scope);
            fields.extend(value.map(|value| (name.value.clone(), value)));
        }
        let time = file.time.as_ref().and_then(|time| self.expression(time, "time", &scope));
        ObjectSignal { kind: kind.value.clone(), filter, fields, time }
    }

    /// A kind that a reader makes, or any word that could be a kind of Kubernetes.
    pub fn kind(&mut self, at: &At<String>) {
        let known: Vec<&str> = self.vocabulary.kind_names().collect();
        if known.is_empty() || known.contains(&at.value.as_str()) {
            return;
        }
        let plain = at.value.to_ascii_lowercase();
        let (name, group) = at.value.split_once('.').unwrap_or((&at.value, ""));
        let camel = name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.chars().all(|c| c.is_ascii_alphanumeric())
            && group.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-'));
        let singular = plain.strip_suffix('s').unwrap_or(&plain);
        let same = known.iter().copied().find(|kind| {
            let kind = kind.to_ascii_lowercase();
            kind == plain || kind == singular
        });
        let near = same.or_else(|| crate::base::words::nearest(&at.value, known.iter().copied()));
        if camel && near.is_none() {
            return;
        }
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "kinds are written as in manifests: `Pod`, `Cluster.management.cattle.io`; docs/objects.md lists the others".to_owned(),
        };
        self.said.say(&lints::KIND, at.place, format!("no such kind of object: `{}`", at.value)).help(help);
    }

    fn log_signal(&mut self, file: &SignalFile) -> LogSignal {
        if self.is_careful() {
            file.logs.0.iter().for_each(|component| self.component(component));
        }
        let (patterns, exclude) = self.matches(file);
        let mut levels = Vec::new();
        for at in &file.level.0 {
            match Level::parse(&at.value) {
                Some(level) => levels.push(level),
                None => {
                    self.word(at, LEVELS, "level");
                }
            }
        }
        LogSignal {
            components: file.logs.values(),
            patterns,
            exclude,
            levels,
            namespace: file.namespace.as_ref().map(|at| at.value.clone()),
            container: file.container.as_ref().map(|at| at.value.clone()),
            keys: Vec::new(),
            is_compared: false,
        }
    }
}

fn is_word(name: &str) -> bool {
    name.chars().all(is_word_part) && name.starts_with(|c: char| c.is_ascii_alphabetic())
}

fn is_word_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// What conditions and texts mean by these words is not a signal.
const RESERVED: &[&str] = &[
    "bundle", "object", "fields", "group", "nodes", "count", "since", "span", "in", "true", "false", "null",
];
