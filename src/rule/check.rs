//! From a rule file to a rule: everything that can be wrong with it is said with its place.

use std::collections::{BTreeMap, BTreeSet};

use super::file::{self, At, FullMatch, MatchFile, OneOrMap, RuleFile, SignalFile};
use super::template::{Extent, Template};
use super::{
    CONFIDENCES, Checked, Condition, LogSignal, Matcher, ObjectSignal, Pattern, RISKS, Remedy, Rule,
    SEVERITIES, Signal, SignalSource, atoms,
};
use crate::base::stamp::{SECOND, parse_duration};
use crate::base::{Diagnostic, words};
use crate::log::Level;

/// The window of `peak` when a signal names none.
const WINDOW_DEFAULT: i64 = 600 * SECOND;

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
    let rule = if check.broken { None } else { rule };
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
            None => vec![(CONFIDENCES.len() - 1, None)],
        };
        let signals: Vec<Signal> =
            file.signals.iter().filter_map(|(name, signal)| self.signal(name, signal)).collect();
        let when = self.condition(&file.when, "when");
        if let Some(when) = &when {
            self.signal_names(when, &file);
        }
        self.text(&file.title, "title");
        if let Some(summary) = &file.summary {
            self.text(summary, "summary");
        }
        let remedy = file.remedy.iter().map(|remedy| self.remedy(remedy)).collect();
        if file.layer > 6 {
            self.error("rule-layer", None, format!("layer {} does not exist: layers are 0 to 6", file.layer));
        }
        Some(Rule {
            id: file.id.value,
            title: file.title.value,
            summary: file.summary.map(|summary| summary.value).unwrap_or_default(),
            severity,
            confidence,
            component: file.component.value,
            layer: file.layer,
            distributions: file.applies.distributions,
            signals,
            when: when?,
            group_by: file.group_by.into_iter().map(|field| field.value).collect(),
            about: file.about,
            remedy,
            collect: file.collect,
            explains: file.explains.into_iter().map(|id| id.value).collect(),
            aliases: file.aliases,
            references: file.references,
            tests: file.tests,
            file: self.path.to_owned(),
        })
    }

    fn names(&mut self, file: &RuleFile) {
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
        let stem = self.path.rsplit('/').next().and_then(|name| name.strip_suffix(".yaml"));
        if kebab && stem.is_some_and(|stem| stem != id) {
            self.error(
                "rule-id",
                file::line_of(&file.id),
                format!("the id is `{id}`, the file's name is not: name the file `{id}.yaml`"),
            );
        }
        if file.signals.is_empty() {
            self.error("rule-signals", None, "the rule has no signals");
        }
        if file.about.trim().is_empty() {
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
    fn steps(
        &mut self,
        what: &str,
        written: &At<OneOrMap>,
        scale: &[&str],
    ) -> Vec<(usize, Option<Condition>)> {
        let line = file::line_of(written);
        let words: Vec<(&str, Option<&str>)> = match &written.value {
            OneOrMap::One(word) => vec![(word, None)],
            OneOrMap::Map(map) => {
                map.iter().map(|(word, source)| (word.as_str(), Some(source.as_str()))).collect()
            }
        };
        let mut steps: Vec<(usize, Option<Condition>)> = Vec::new();
        for (word, source) in words {
            let Some(level) = scale.iter().position(|known| *known == word) else {
                self.error("rule-word", line, no_such(what, word, scale));
                continue;
            };
            match source.map(Condition::compile).transpose() {
                Ok(condition) => steps.push((level, condition)),
                Err(e) => self.error("rule-condition", line, format!("{what} `{word}`: {}", e.message)),
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
        let defined: BTreeSet<&str> = file.signals.keys().map(String::as_str).collect();
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
        if let Err(e) = minijinja::Environment::new().template_from_str(&at.value) {
            self.error("rule-text", file::line_of(at), format!("`{what}` is not a template: {e}"));
        }
    }

    fn remedy(&mut self, remedy: &file::RemedyFile) -> Remedy {
        let risk = match &remedy.risk {
            Some(at) => self.word(at, RISKS, "risk").and_then(|i| RISKS.get(i)).copied().unwrap_or_default(),
            None => "read-only",
        };
        Remedy { step: remedy.step.clone(), run: remedy.run.clone(), risk: risk.to_owned() }
    }

    fn signal(&mut self, name: &str, file: &SignalFile) -> Option<Signal> {
        let window = match &file.window {
            None => WINDOW_DEFAULT,
            Some(at) => match parse_duration(&at.value) {
                Some(seconds) if seconds > 0.0 => (seconds * SECOND as f64) as i64,
                _ => {
                    self.error(
                        "rule-window",
                        file::line_of(at),
                        format!("`{}` is not a duration: write `10m` or `90s`", at.value),
                    );
                    WINDOW_DEFAULT
                }
            },
        };
        let source = match (&file.objects, file.logs.is_empty()) {
            (Some(kind), true) => SignalSource::Objects(self.object_signal(kind, file)),
            (None, false) => SignalSource::Logs(self.log_signal(name, file)),
            _ => {
                self.error(
                    "rule-signal",
                    None,
                    format!("signal `{name}` needs either `logs` and `match`, or `objects`"),
                );
                return None;
            }
        };
        Some(Signal { name: name.to_owned(), window, context: file.context, source })
    }

    fn object_signal(&mut self, kind: &At<String>, file: &SignalFile) -> ObjectSignal {
        if !file.matches.is_empty() {
            self.error("rule-signal", file::line_of(kind), "`match` is for logs; use `where` for objects");
        }
        let filter = file.filter.as_ref().and_then(|filter| self.condition(filter, "where"));
        let mut fields = BTreeMap::new();
        for (name, at) in &file.fields {
            if let Some(condition) = self.condition(at, name) {
                fields.insert(name.clone(), condition);
            }
        }
        ObjectSignal { kind: kind.value.clone(), filter, fields }
    }

    fn log_signal(&mut self, name: &str, file: &SignalFile) -> LogSignal {
        if let Some(filter) = &file.filter {
            self.error(
                "rule-signal",
                file::line_of(filter),
                "`where` is for objects; use `match` and `exclude` for logs",
            );
        }
        if file.matches.is_empty() {
            self.error("rule-signal", None, format!("signal `{name}` has no `match`"));
        }
        let patterns = file.matches.iter().filter_map(|written| self.pattern(name, written)).collect();
        let exclude = file.exclude.iter().filter_map(|at| self.template(at, Extent::Within)).collect();
        let mut levels = Vec::new();
        for at in &file.level {
            match Level::parse(&at.value) {
                Some(level) => levels.push(level),
                None => self.error(
                    "rule-word",
                    file::line_of(at),
                    no_such("level", &at.value, &["debug", "info", "warning", "error", "fatal"]),
                ),
            }
        }
        let components = file.logs.iter().map(|at| at.value.clone()).collect();
        LogSignal { components, patterns, exclude, levels, namespace: file.namespace.clone() }
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

    fn pattern(&mut self, signal: &str, written: &MatchFile) -> Option<Pattern> {
        let full = match written {
            MatchFile::Text(text) => &FullMatch { text: Some(text.clone()), ..FullMatch::default() },
            MatchFile::Full(full) => full,
        };
        let (matcher, atoms) = match (&full.text, full.json.is_empty()) {
            (Some(text), true) => {
                let template = self.template(text, Extent::Within)?;
                let atoms = atoms::of_regex(template.regex.as_str());
                (Matcher::Text(template), atoms)
            }
            (None, false) => {
                let mut conditions = BTreeMap::new();
                for (field, at) in &full.json {
                    conditions.insert(field.clone(), self.template(at, Extent::Whole)?);
                }
                let atoms = conditions
                    .values()
                    .filter_map(|t| atoms::of_regex(t.regex.as_str()))
                    .max_by_key(|atoms| atoms.iter().map(Vec::len).min().unwrap_or(0));
                (Matcher::Fields { conditions, copies: full.fields.clone() }, atoms)
            }
            _ => {
                self.error(
                    "rule-match",
                    None,
                    format!("a match of `{signal}` needs either `text` or `json`"),
                );
                return None;
            }
        };
        let Some(atoms) = atoms else {
            let what = full.text.as_ref().map_or("a `json` match", |text| text.value.as_str());
            let line = full.text.as_ref().and_then(file::line_of);
            self.error(
                "rule-atom",
                line,
                format!(
                    "`{what}` in `{signal}` has no literal of {} bytes that every record must hold",
                    atoms::ATOM_MIN
                ),
            );
            return None;
        };
        if let (Some(text), true) = (&full.text, full.json.is_empty())
            && !full.fields.is_empty()
        {
            self.warn(
                "rule-match",
                file::line_of(text),
                "`fields` of a text match are not used; name them as holes",
            );
        }
        Some(Pattern { matcher, tag: full.tag.clone(), atoms })
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
