//! From a rule file to a rule: everything that can be wrong with it is said with its place.

use std::collections::{BTreeMap, BTreeSet};

use super::file::{self, At, FullMatch, MatchFile, Named, RuleFile, Scale, SignalFile, Step};
use super::template::{Extent, Template};
use super::{
    CONFIDENCES, Checked, Condition, DerivedSignal, Holds, LogSignal, Matcher, ObjectSignal, Pattern, RISKS,
    Relation, RelationKind, Remedy, Rule, SEVERITIES, Signal, SignalSource, atoms, draft, keys, text,
};
use crate::base::stamp::{SECOND, parse_duration};
use crate::base::{Diagnostic, words};
use crate::log::Level;

/// The window of `peak` when a signal names none.
const WINDOW_DEFAULT: i64 = 600 * SECOND;

/// By how much the clocks of two nodes may differ when a relation says nothing: etcd complains from one second on.
const SKEW_DEFAULT: i64 = 2 * SECOND;

/// The layer of a rule that names none: a symptom, which explains nothing below it.
const LAYER_DEFAULT: u8 = 6;

/// What a signal gives to conditions, besides its functions.
pub const SIGNAL_FIELDS: &[&str] = &["count", "peak", "nodes", "span", "first", "last"];

/// The variable of every condition that holds what is known of the bundle.
pub const BUNDLE: &str = "bundle";

/// Reads and checks one rule file. A rule with an error is left out; a rule with warnings is kept.
#[must_use]
pub fn check(path: &str, text: &str) -> Checked {
    let mut check = Check { path, diagnostics: Vec::new(), broken: false };
    let rule = match file::parse(text) {
        Ok(file) => check.rule(file),
        Err((line, message)) => {
            check.error("rule-syntax", line, message);
            None
        }
    };
    let rule = rule.filter(|_| !check.broken).map(|rule| Rule { source: text.to_owned(), ..rule });
    (rule, check.diagnostics)
}

struct Check<'a> {
    path: &'a str,
    diagnostics: Vec<Diagnostic>,
    broken: bool,
}

impl Check<'_> {
    fn error(&mut self, code: &'static str, line: Option<u64>, message: impl Into<String>) {
        self.broken = true;
        let mut diagnostic = Diagnostic::error(code, message).in_file(self.path);
        diagnostic.line = line;
        self.diagnostics.push(diagnostic);
    }

    fn warn(&mut self, code: &'static str, line: Option<u64>, message: impl Into<String>) {
        let mut diagnostic = Diagnostic::warning(code, message).in_file(self.path);
        diagnostic.line = line;
        self.diagnostics.push(diagnostic);
    }

    fn rule(&mut self, file: RuleFile) -> Option<Rule> {
        self.names(&file);
        let severity = self.steps("severity", &file.severity, SEVERITIES);
        let confidence = match &file.confidence {
            Some(written) => self.steps("confidence", written, CONFIDENCES),
            None => vec![(CONFIDENCES.len() - 1, Holds::Always)],
        };
        let mut names: Vec<&str> = file.signals.names().collect();
        names.sort_unstable();
        let mut signals: Vec<Signal> = file
            .signals
            .0
            .iter()
            .filter_map(|(name, signal)| self.signal(&name.value, &signal.value, &names))
            .collect();
        signals.sort_by(|a, b| a.name.cmp(&b.name));
        let order =
            if signals.len() == names.len() { self.order(&signals, &file.signals) } else { Vec::new() };
        let when = self.condition(&file.when, "when");
        if let Some(when) = &when {
            self.signal_names(when, &file);
        }
        self.text(&file.title, "title");
        if let Some(summary) = &file.summary {
            self.text(summary, "summary");
        }
        let remedy = file.remedy.iter().map(|remedy| self.remedy(remedy)).collect();
        if let Some(layer) = file.layer.as_ref().filter(|layer| layer.value > 6) {
            let message = format!("layer {} does not exist: layers are 0 to 6", layer.value);
            self.error("rule-layer", file::line_of(layer), message);
        }
        let mut rule = Rule {
            id: file.id.value,
            title: file.title.value,
            summary: file.summary.map(|summary| summary.value).unwrap_or_default(),
            severity,
            confidence,
            component: file.component.value,
            layer: file.layer.map_or(LAYER_DEFAULT, |layer| layer.value),
            distributions: file.applies.distributions.values(),
            signals,
            order,
            when: when?,
            group_by: file.group_by.values(),
            about: file.about.value,
            remedy,
            collect: file.collect.values(),
            explains: file.explains.values(),
            aliases: file.aliases.values(),
            references: file.references.values(),
            tests: file.tests.into_iter().map(|test| test.value).collect(),
            file: self.path.to_owned(),
            source: String::new(),
        };
        keys::track(&mut rule);
        keys::count_once(&mut rule);
        Some(rule)
    }

    fn names(&mut self, file: &RuleFile) {
        for (key, line) in draft::unfilled(file) {
            let message = format!("`{key}` is still what `rules new` wrote: put your own words there");
            self.warn("rule-blank", line, message);
        }
        let id = &file.id.value;
        let kebab =
            !id.is_empty() && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if !kebab {
            self.error(
                "rule-id",
                file::line_of(&file.id),
                format!("`{id}` is not an id: use lower-case letters, digits and `-`"),
            );
        }
        let stem = file::id_of_name(self.path);
        if kebab && stem.is_some_and(|stem| stem != id) {
            self.error(
                "rule-id",
                file::line_of(&file.id),
                format!("the id is `{id}`, the file's name is not: name the file `{id}.yaml`"),
            );
        }
        if file.signals.0.is_empty() {
            self.error("rule-signals", None, "the rule has no signals");
        }
        if file.about.value.trim().is_empty() {
            self.error("rule-about", None, "`about` is empty: say what it means and why");
        }
    }

    fn word(&mut self, at: &At<String>, known: &[&str], what: &str) -> Option<usize> {
        let found = known.iter().position(|word| *word == at.value);
        if found.is_none() {
            self.error("rule-word", file::line_of(at), no_such(what, &at.value, known));
        }
        found
    }

    /// The steps of a scale (severity, confidence) with their conditions, highest first; the last has none.
    fn steps(&mut self, what: &str, written: &At<Scale>, scale: &[&str]) -> Vec<(usize, Holds)> {
        let mut steps: Vec<(usize, Holds)> = Vec::new();
        match &written.value {
            Scale::One(word) => {
                let word = At::new(word.clone(), written.referenced, written.defined);
                steps.extend(self.word(&word, scale, what).map(|level| (level, Holds::Always)));
            }
            Scale::Steps(named) => {
                for (word, step) in &named.0 {
                    let Some(level) = self.word(word, scale, what) else { continue };
                    let holds = match &step.value {
                        Step::Count(count) => Some(Holds::Count(*count)),
                        Step::Always => Some(Holds::Always),
                        Step::When(source) => {
                            let source = At::new(source.clone(), step.referenced, step.defined);
                            self.condition(&source, what).map(Holds::When)
                        }
                    };
                    steps.extend(holds.map(|holds| (level, holds)));
                }
            }
        }
        steps.sort_by_key(|(level, _)| std::cmp::Reverse(*level));
        steps
    }

    fn condition(&mut self, at: &At<String>, what: &str) -> Option<Condition> {
        match Condition::compile(&at.value) {
            Ok(condition) => Some(condition),
            Err(e) => {
                let line = file::line_of(at).map(|line| line + e.line - 1);
                self.error(
                    "rule-condition",
                    line,
                    format!("`{what}` is not a CEL expression: {}", e.message),
                );
                None
            }
        }
    }

    fn signal_names(&mut self, when: &Condition, file: &RuleFile) {
        let used = when.variables();
        let defined: BTreeSet<&str> = file.signals.names().collect();
        for name in &used {
            if !defined.contains(name.as_str()) && name != BUNDLE && !is_loop_variable(when, name) {
                let known: Vec<&str> = defined.iter().copied().collect();
                self.error("rule-signal", file::line_of(&file.when), no_such("signal", name, &known));
            }
        }
        let mut paths = BTreeSet::new();
        for name in defined.iter().filter(|name| used.contains(**name)) {
            paths.clear();
            super::condition::collect_paths(when.expression(), name, &mut paths);
            for path in &paths {
                let field = path.split('.').next().unwrap_or_default();
                if !field.is_empty() && !SIGNAL_FIELDS.contains(&field) {
                    self.error(
                        "rule-signal",
                        file::line_of(&file.when),
                        no_such("value of a signal", field, SIGNAL_FIELDS),
                    );
                }
            }
        }
    }

    /// A template that cannot be parsed would show its own source in the report.
    fn text(&mut self, at: &At<String>, what: &str) {
        if let Err(e) = text::paths(&at.value) {
            self.error("rule-text", file::line_of(at), format!("`{what}` is not a template: {e}"));
        }
    }

    fn remedy(&mut self, remedy: &file::RemedyFile) -> Remedy {
        let risk = match &remedy.risk {
            Some(at) => self.word(at, RISKS, "risk").and_then(|i| RISKS.get(i)).copied().unwrap_or_default(),
            None => "read-only",
        };
        let run = remedy.run.as_ref().map(|run| run.value.clone());
        Remedy { step: remedy.step.value.clone(), run, risk: risk.to_owned() }
    }

    fn duration(&mut self, at: &At<String>, what: &str) -> Option<i64> {
        let parsed = parse_duration(&at.value).filter(|seconds| *seconds > 0.0);
        if parsed.is_none() {
            let message = format!("`{}` is not a duration: write `10m` or `90s` for `{what}`", at.value);
            self.error("rule-window", file::line_of(at), message);
        }
        parsed.map(|seconds| (seconds * SECOND as f64) as i64)
    }

    fn signal(&mut self, name: &str, file: &SignalFile, names: &[&str]) -> Option<Signal> {
        let window = file.window.as_ref().and_then(|at| self.duration(at, "window"));
        let recent = file.recent.as_ref().and_then(|at| self.duration(at, "recent"));
        let source = match (&file.objects, file.logs.0.is_empty(), &file.of) {
            (Some(kind), true, None) => SignalSource::Objects(self.object_signal(kind, file)),
            (None, false, None) => SignalSource::Logs(self.log_signal(name, file)),
            (None, true, Some(of)) => SignalSource::Derived(self.derived_signal(of, file, names)?),
            _ => {
                self.error(
                    "rule-signal",
                    None,
                    format!("signal `{name}` needs either `logs` and `match`, or `objects`, or `of`"),
                );
                return None;
            }
        };
        let window = window.unwrap_or(WINDOW_DEFAULT);
        let nodes = file.nodes.values();
        Some(Signal {
            name: name.to_owned(),
            window,
            context: file.context,
            part_of_other: false,
            recent,
            nodes,
            source,
        })
    }

    fn signal_named(&mut self, at: &At<String>, names: &[&str]) -> Option<usize> {
        self.word(at, names, "signal")
    }

    fn derived_signal(
        &mut self,
        of: &At<String>,
        file: &SignalFile,
        names: &[&str],
    ) -> Option<DerivedSignal> {
        let kinds = [
            (RelationKind::Near, &file.near),
            (RelationKind::Before, &file.before),
            (RelationKind::After, &file.after),
            (RelationKind::Before, &file.followed_by),
            (RelationKind::NotFollowedBy, &file.not_followed_by),
            (RelationKind::With, &file.with),
            (RelationKind::Without, &file.without),
        ];
        let mut told = kinds.iter().filter_map(|(kind, at)| Some((*kind, at.as_ref()?)));
        let first = told.next();
        if told.next().is_some() {
            self.error(
                "rule-relation",
                file::line_of(of),
                "a signal stands in one relation; derive another one",
            );
        }
        let relation = match first {
            None => None,
            Some((kind, other)) => Some(Relation {
                kind,
                other: self.signal_named(other, names)?,
                within: file.within.as_ref().and_then(|at| self.duration(at, "within")),
                same: file.same.values(),
                skew: file.skew.as_ref().and_then(|at| self.duration(at, "skew")).unwrap_or(SKEW_DEFAULT),
            }),
        };
        Some(DerivedSignal { of: self.signal_named(of, names)?, tags: file.tag.values(), relation })
    }

    /// The positions of the signals, each after those that it is derived from.
    fn order(&mut self, signals: &[Signal], written: &Named<SignalFile>) -> Vec<usize> {
        let mut order: Vec<usize> = Vec::new();
        loop {
            let ready = |position: &usize| match signals.get(*position).map(|signal| &signal.source) {
                Some(SignalSource::Derived(derived)) => {
                    let other = derived.relation.as_ref().map(|relation| relation.other);
                    std::iter::once(derived.of).chain(other).all(|needed| order.contains(&needed))
                }
                _ => true,
            };
            let next = (0..signals.len()).find(|position| !order.contains(position) && ready(position));
            match next {
                Some(position) => order.push(position),
                None => break,
            }
        }
        let stuck = signals.iter().enumerate().find(|(position, _)| !order.contains(position));
        if let Some((_, signal)) = stuck {
            let place = written.0.iter().find(|(name, _)| name.value == signal.name);
            self.error(
                "rule-cycle",
                place.and_then(|(name, _)| file::line_of(name)),
                format!("signal `{}` is derived from itself", signal.name),
            );
        }
        order
    }

    fn object_signal(&mut self, kind: &At<String>, file: &SignalFile) -> ObjectSignal {
        if !file.matches.0.is_empty() {
            self.error("rule-signal", file::line_of(kind), "`match` is for logs; use `where` for objects");
        }
        let filter = file.filter.as_ref().and_then(|filter| self.condition(filter, "where"));
        let mut fields = BTreeMap::new();
        for (name, at) in &file.fields.0 {
            if let Some(condition) = self.condition(at, &name.value) {
                fields.insert(name.value.clone(), condition);
            }
        }
        let time = file.time.as_ref().and_then(|time| self.condition(time, "time"));
        ObjectSignal { kind: kind.value.clone(), filter, fields, time }
    }

    fn log_signal(&mut self, name: &str, file: &SignalFile) -> LogSignal {
        if let Some(filter) = &file.filter {
            self.error(
                "rule-signal",
                file::line_of(filter),
                "`where` is for objects; use `match` and `exclude` for logs",
            );
        }
        if file.matches.0.is_empty() {
            self.error("rule-signal", None, format!("signal `{name}` has no `match`"));
        }
        let patterns = file.matches.0.iter().filter_map(|written| self.pattern(name, written)).collect();
        let exclude = file.exclude.0.iter().filter_map(|at| Some(self.matcher(name, at)?.0)).collect();
        let mut levels = Vec::new();
        for at in &file.level.0 {
            match Level::parse(&at.value) {
                Some(level) => levels.push(level),
                None => self.error(
                    "rule-word",
                    file::line_of(at),
                    no_such("level", &at.value, &["debug", "info", "warning", "error", "fatal"]),
                ),
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

    fn template(&mut self, at: &At<String>, extent: Extent) -> Option<Template> {
        match Template::compile(&at.value, extent) {
            Ok(template) => Some(template),
            Err(message) => {
                self.error("rule-template", file::line_of(at), format!("in `{}`: {message}", at.value));
                None
            }
        }
    }

    /// How a record is recognised, and the literals of which one stands in it.
    fn matcher(&mut self, signal: &str, written: &At<MatchFile>) -> Option<(Matcher, Option<Vec<Vec<u8>>>)> {
        let text;
        let full = match &written.value {
            MatchFile::Text(source) => {
                text = At::new(source.clone(), written.referenced, written.defined);
                &FullMatch { text: Some(text), ..FullMatch::default() }
            }
            MatchFile::Full(full) => full,
        };
        match (&full.text, full.json.0.is_empty()) {
            (Some(text), true) => {
                let template = self.template(text, Extent::Within)?;
                let atoms = atoms::of_regex(template.regex.as_str());
                if !full.fields.0.is_empty() {
                    self.warn(
                        "rule-match",
                        file::line_of(text),
                        "`fields` of a text match are not used; name them as holes",
                    );
                }
                Some((Matcher::Text(template), atoms))
            }
            (None, false) => {
                let mut conditions = BTreeMap::new();
                for (field, at) in &full.json.0 {
                    conditions.insert(field.value.clone(), self.template(at, Extent::Whole)?);
                }
                let atoms = conditions
                    .values()
                    .filter_map(|t| atoms::of_regex(t.regex.as_str()))
                    .max_by_key(|atoms| atoms.iter().map(Vec::len).min().unwrap_or(0));
                let copies =
                    full.fields.0.iter().map(|(ours, theirs)| (ours.value.clone(), theirs.value.clone()));
                Some((Matcher::Fields { conditions, copies: copies.collect() }, atoms))
            }
            _ => {
                self.error(
                    "rule-match",
                    file::line_of(written),
                    format!("a match of `{signal}` needs either `text` or `json`"),
                );
                None
            }
        }
    }

    fn pattern(&mut self, signal: &str, written: &At<MatchFile>) -> Option<Pattern> {
        let (matcher, atoms) = self.matcher(signal, written)?;
        let (tag, what) = match &written.value {
            MatchFile::Text(text) => (None, text.as_str()),
            MatchFile::Full(full) => {
                let text = full.text.as_ref().map_or("a `json` match", |text| text.value.as_str());
                (full.tag.as_ref().map(|tag| tag.value.clone()), text)
            }
        };
        let Some(atoms) = atoms else {
            self.error(
                "rule-atom",
                file::line_of(written),
                format!(
                    "`{what}` in `{signal}` has no literal of {} bytes that every record must hold",
                    atoms::ATOM_MIN
                ),
            );
            return None;
        };
        Some(Pattern { matcher, tag, atoms })
    }
}

/// Variables that macros bind (`exists(x, …)`) are listed among the references of a CEL program.
fn is_loop_variable(condition: &Condition, name: &str) -> bool {
    name.starts_with('@') || {
        let source = &condition.source;
        ["exists(", "all(", "map(", "filter(", "exists_one("].iter().any(|macro_name| {
            source.match_indices(macro_name).any(|(at, _)| {
                let rest = source.get(at + macro_name.len()..).unwrap_or_default();
                rest.trim_start().strip_prefix(name).is_some_and(|tail| tail.trim_start().starts_with(','))
            })
        })
    }
}

fn no_such(what: &str, word: &str, known: &[&str]) -> String {
    match words::nearest(word, known.iter().copied()) {
        Some(near) => format!("no such {what}: `{word}`; did you mean `{near}`?"),
        None => format!("no such {what}: `{word}`; there are {}", words::list(known)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = "id: a-rule\ntitle: t\nseverity: error\ncomponent: etcd\nlayer: 3\nsignals:\n  s:\n    logs: [etcd]\n    match: [\"some words {x:hex}\"]\nwhen: s.count > 0\nabout: why\n";

    /// Checks the sound rule with one line replaced; gives the errors.
    fn check_with(from: &str, to: &str) -> Vec<String> {
        assert!(SOUND.contains(from), "{from}");
        let (rule, diagnostics) = check("rules/etcd/a-rule.yaml", &SOUND.replace(from, to));
        assert_eq!(rule.is_none(), !diagnostics.is_empty());
        diagnostics.iter().map(|d| format!("{}: {}", d.line.unwrap_or(0), d.message)).collect()
    }

    #[test]
    fn a_sound_rule_is_compiled() {
        let (rule, diagnostics) = check("rules/etcd/a-rule.yaml", SOUND);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        let rule = rule.unwrap();
        assert_eq!((rule.id.as_str(), rule.severity_worst(), rule.signals.len()), ("a-rule", 2, 1));
    }

    #[test]
    fn mistakes_are_said_with_their_place_and_what_to_write_instead() {
        assert_eq!(check_with("error", "eror"), ["3: no such severity: `eror`; did you mean `error`?"]);
        assert_eq!(check_with("s.count >", "t.count >"), ["10: no such signal: `t`; did you mean `s`?"]);
        assert_eq!(
            check_with("s.count >", "s.cuont >"),
            ["10: no such value of a signal: `cuont`; did you mean `count`?"]
        );
        assert!(check_with("s.count > 0", "s.count >")[0].starts_with("10: `when` is not a CEL expression"));
        assert!(check_with("{x:hex}", "{x:hexx}")[0].contains("did you mean `hex`?"));
        assert!(check_with("some words {x:hex}", "{x}ms")[0].contains("has no literal of 4 bytes"));
        assert!(check_with("id: a-rule", "id: b-rule")[0].contains("name the file `b-rule.yaml`"));
        assert!(check_with("about: why", "abuot: why")[0].contains("abuot"));
        assert!(check_with("title: t", "title: '{{ s.count'")[0].starts_with("2: `title` is not a template"));
    }
}
