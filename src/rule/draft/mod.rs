//! A new rule: what a log line tells is filled in, what only a person can say is asked for.

mod holes;

use super::file::{At, MatchFile, Mention, Place, RuleFile};
use crate::log::{self, Record};
use holes::MESSAGE_MAX;

/// What stands where a person has to write something, by key.
const BLANKS: &[(&str, &str)] = &[
    ("title", "say what is wrong, in one line"),
    ("about", "say what it means, why it happens and what it breaks"),
    ("step", "say what to do first"),
    ("name", "say which harmless line looks alike, and put it in place of this one"),
    ("match", "say what only this failure prints"),
];

/// The name of the file that editors read the schema from, beside the rules.
pub const SCHEMA_FILE: &str = "rule.schema.json";

fn blank(key: &str) -> &'static str {
    BLANKS.iter().find(|(name, _)| *name == key).map_or("", |(_, text)| text)
}

/// A rule that is to be written.
#[derive(Clone, Copy, Debug)]
pub struct Draft<'a> {
    /// Its id.
    pub id: &'a str,
    /// Whose log the line is from, as `logs` names it; [`ANY`](super::ANY) when nobody knows.
    pub logs: &'a str,
    /// A component that stands for `logs` in a test, and whose problem it may be.
    pub component: &'a str,
    /// The log line of a ticket.
    pub line: Option<&'a str>,
}

impl Draft<'_> {
    /// The rule file. One of its tests fails until somebody has found a look-alike.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { id, logs, component, line } = self;
        let pattern =
            line.map_or_else(|| format!(" {}", scalar(blank("match"))), |line| pattern(&log::read(line)));
        let line = scalar(line.unwrap_or("paste a whole line here"));
        let (title, about, step, name) = (blank("title"), blank("about"), blank("step"), blank("name"));
        format!(
            "# yaml-language-server: $schema={SCHEMA_FILE}
id: {id}
title: {title}
severity: warning # how bad, if true: critical, error, warning or info
component: {component} # whose problem it is
signals:
  seen:
    logs: {logs}
    match:{pattern}
when: seen.count >= 1 # when healthy systems print it too: seen.peak >= 5
about: {about}
remedy:
  - {{step: {step}, risk: read-only}}
tests:
  - name: the line of the ticket
    logs: {{{component}: {line}}}
    expect: finding
  - name: {name}
    logs: {{{component}: {line}}}
    expect: clear
  - {{name: no log, missing: {logs}, expect: unknown}}
"
        )
    }
}

/// How the record is recognised: by its message, and by what a structured one says beside it.
fn pattern(record: &Record<'_>) -> String {
    let telling: Vec<(&str, &str)> = record
        .fields
        .0
        .iter()
        .map(|(name, value)| (name.as_ref(), value.as_ref()))
        .filter(|(name, value)| {
            !ABOUT_THE_LINE.contains(name) && !value.is_empty() && value.len() <= MESSAGE_MAX
        })
        .collect();
    let message = scalar(&holes::template(&record.message));
    if telling.is_empty() || record.message.len() > MESSAGE_MAX {
        return format!(" {message}");
    }
    // What went wrong often stands beside a message that only says during what.
    let is_error = |name: &str| matches!(name, "error" | "err");
    let reason = telling.iter().find(|(name, _)| is_error(name));
    let reason = reason.or_else(|| telling.iter().find(|(_, value)| value.matches(' ').count() >= 2));
    let mut out = format!("\n      json: {{msg: {message}");
    if let Some((name, value)) = reason {
        out.push_str(&format!(", {}: {}", scalar(name), scalar(&holes::template(value))));
    }
    out.push('}');
    let carried = telling.iter().filter(|one| Some(*one) != reason).take(FIELDS_MAX);
    let carried: Vec<String> =
        carried.map(|(name, _)| format!("{}: {}", variable(name), scalar(name))).collect();
    if !carried.is_empty() {
        out.push_str(&format!("\n      fields: {{{}}}", carried.join(", ")));
    }
    out
}

/// Fields of a record that a draft copies; whoever needs others adds them.
const FIELDS_MAX: usize = 4;

/// Fields that speak of the line and not of what happened.
const ABOUT_THE_LINE: &[&str] = &[
    "caller",
    "pkg",
    "logger",
    "component",
    "ts",
    "time",
    "level",
    "source",
    "stacktrace",
    "thread",
    "uptime",
    "reconcileID",
    "pid",
];

/// A name that conditions and texts can write: `remote-peer-id` is `remote_peer_id`.
fn variable(name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    if plain.starts_with(|c: char| c.is_ascii_lowercase()) && plain != super::NODE && plain != super::TAG {
        plain
    } else {
        format!("the_{plain}")
    }
}

/// A text as a YAML scalar, on one line.
fn scalar(text: &str) -> String {
    if text.chars().any(|c| c.is_control() || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}')) {
        // The escapes of JSON are those of YAML's double quotes.
        return serde_json::Value::from(text).to_string();
    }
    format!("'{}'", text.replace('\'', "''"))
}

/// What of a rule a person still has to write: the key, what stands there now, and where.
#[must_use]
pub fn unfilled(rule: &RuleFile) -> Vec<(&'static str, &'static str, Place)> {
    let of_texts = |key, at: &At<String>| still(key, &at.value, at.place);
    let mut found: Vec<Option<(&str, &str, Place)>> =
        vec![of_texts("title", &rule.title), of_texts("about", &rule.about)];
    found.extend(rule.remedy.iter().map(|remedy| of_texts("step", &remedy.step)));
    found.extend(rule.tests.iter().map(|test| {
        let written = test.value.mentions.iter().find(|(what, _)| *what == Mention::Name);
        still("name", &test.value.name, written.map_or(test.place, |(_, name)| name.place))
    }));
    let matches = rule.signals.0.iter().flat_map(|(_, signal)| &signal.value.matches.0);
    found.extend(matches.map(|one| match &one.value {
        MatchFile::Text(text) => still("match", text, one.place),
        MatchFile::Full(_) => None,
    }));
    found.into_iter().flatten().collect()
}

/// The blank that stands at this place, if it was not filled in.
fn still(key: &str, text: &str, place: Place) -> Option<(&'static str, &'static str, Place)> {
    let (key, blank) = BLANKS.iter().find(|(name, blank)| *name == key && *blank == text.trim())?;
    Some((key, blank, place))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rule::check::{Care, check};
    use crate::rule::{Vocabulary, lints};

    fn draft(line: &str) -> String {
        Draft { id: "new-rule", logs: "etcd", component: "etcd", line: Some(line) }.text()
    }

    /// The lines of `match` in a draft.
    fn pattern_of(line: &str) -> String {
        let text = draft(line);
        let lines = text.lines().skip_while(|line| !line.trim_start().starts_with("match:"));
        lines.take_while(|line| !line.starts_with("when")).map(str::trim).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_line_gives_the_pattern_of_its_format() {
        for (line, expected) in [
            (
                "2026-11-22 03:11:12.437435 E | etcdserver: publish error: term 7",
                "match: 'publish error: term {term:int}'",
            ),
            (
                r#"{"level":"warn","ts":"2026-11-22T09:30:50.671Z","caller":"rafthttp/stream.go:653","msg":"lost the TCP stream","remote-peer-id":"d3f483b0d4e06567","error":"EOF after 3 bytes"}"#,
                "match: json: {msg: 'lost the TCP stream', 'error': 'EOF after {number:int} bytes'} fields: {remote_peer_id: 'remote-peer-id'}",
            ),
            (
                r#"E1122 04:10:00.123456     123 kubelet.go:2855] "Network not ready" pod="a/b" reason="the plugin says: no 7""#,
                "match: json: {msg: 'Network not ready', 'reason': 'the plugin says: no {number:int}'} fields: {pod: 'pod'}",
            ),
            ("it's a line of no format at all", "match: 'it''s a line of no format at all'"),
        ] {
            assert_eq!(pattern_of(line), expected);
        }
    }

    #[test]
    fn what_a_person_has_to_say_is_told() {
        let text = draft("2026-11-22 03:11:12.437435 E | etcdserver: publish error");
        let said = check("new-rule.yaml", &text, &Vocabulary::default(), Care::Everything).said;
        let said: Vec<(&str, u64)> = said.iter().map(|d| (d.code, d.line.unwrap_or(0))).collect();
        assert_eq!(said, [3, 11, 13, 18].map(|line| ("rule-blank", line)));
    }

    proptest! {
        #[test]
        fn a_draft_of_any_line_is_a_rule(line in "\\PC{0,60}|[ -~\t\u{1b}]{5,80}|(some|words|[0-9a-f]{8}|\"[a-z]+\"|k=v|'|:|#| ){4,12}") {
            let text = draft(&line);
            let checked = check("new-rule.yaml", &text, &Vocabulary::default(), Care::Everything);
            let literal = checked.said.iter().any(|d| d.code == lints::NO_LITERAL.code);
            prop_assert!(checked.rule.is_some() || literal, "{}\n{:?}", text, checked.said);
        }
    }
}
