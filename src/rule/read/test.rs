//! Tests.

use std::collections::BTreeMap;

use super::{Map, first_line, items, text, tick, wrong_type};
use crate::rule::file::{CoversFile, Expect, Mention, Series, TestFile, TestLog};
use crate::rule::place::{At, Place};
use crate::rule::tree::{Content, Node};

/// The keys of a test, those that are needed first.
pub const TEST_KEYS: &[&str] =
    &["name", "expect", "logs", "objects", "files", "missing", "covers", "captured_at"];

/// The keys of a series.
pub const SERIES_KEYS: &[&str] = &["line", "repeat", "every", "start", "nodes"];

/// The keys of an expectation that is a map.
pub const EXPECT_KEYS: &[&str] =
    &["verdict", "count", "findings", "title", "severity", "confidence", "fields"];

pub fn all(rule: &mut Map<'_, '_, '_>) -> Vec<At<TestFile>> {
    let Some(node) = rule.get("tests") else { return Vec::new() };
    let mut tests = Vec::new();
    for item in items(node) {
        let place = first_line(rule.said.source, item.place);
        let Some(mut map) = Map::open(rule.said, item, "a test", TEST_KEYS, place) else { continue };
        map.needs(2);
        tests.push(At::new(map.test(), place));
    }
    tests
}

type Mentions = Vec<(Mention, At<String>)>;

impl<'n> Map<'n, '_, '_> {
    fn test(&mut self) -> TestFile {
        let mut mentions: Mentions = Vec::new();
        let name = self.text("name").unwrap_or_default();
        mentions.push((Mention::Name, name.clone()));
        let logs = self.logs(&mut mentions);
        let mut objects = BTreeMap::new();
        for (kind, list) in self.entries_of("objects", "a map from kinds to lists of objects") {
            mentions.push((Mention::Kind, kind.clone()));
            objects.insert(kind.value.clone(), items(list).iter().map(Node::json).collect());
        }
        let mut files = BTreeMap::new();
        for (path, content) in self.entries_of("files", "a map from paths to texts") {
            if let Some(content) = text(self.said, content, &tick(&path.value)) {
                files.insert(path.value.clone(), content.value);
            }
        }
        let missing = self.many("missing");
        mentions.extend(missing.0.iter().map(|source| (Mention::Source, source.clone())));
        let covers = self.covers(&mut mentions);
        let captured_at = self.text("captured_at");
        mentions.extend(captured_at.iter().map(|time| (Mention::Time, time.clone())));
        let expect = self.expect(&mut mentions);
        TestFile { name: name.value, logs, objects, files, missing, covers, captured_at, expect, mentions }
    }

    /// The entries of a map whose keys are names.
    fn entries_of(&mut self, key: &'static str, wanted: &str) -> &'n [(At<String>, Node)] {
        match self.get(key).map(|node| (node, &node.content)) {
            None => &[],
            Some((_, Content::Map(entries))) => entries,
            Some((node, _)) => {
                wrong_type(self.said, node, &tick(key), wanted);
                &[]
            }
        }
    }

    fn logs(&mut self, mentions: &mut Mentions) -> BTreeMap<String, TestLog> {
        let mut logs = BTreeMap::new();
        for (component, log) in self.entries_of("logs", "a map from components to their logs") {
            mentions.push((Mention::Component, component.clone()));
            let log = self.log(log, &component.value, mentions);
            logs.extend(log.map(|log| (component.value.clone(), log)));
        }
        logs
    }

    fn log(&mut self, node: &Node, name: &str, mentions: &mut Mentions) -> Option<TestLog> {
        if let Content::List(parts) = &node.content {
            let parts = parts.iter().filter_map(|part| self.log(part, name, mentions));
            return Some(TestLog::Several(parts.collect()));
        }
        let Content::Map(entries) = &node.content else {
            return text(self.said, node, &format!("the log of `{name}`"))
                .map(|text| TestLog::Text(text.value));
        };
        if entries.iter().any(|(key, _)| matches!(key.value.as_str(), "line" | "repeat" | "every")) {
            let place = entries.first().map_or(node.place, |(key, _)| key.place);
            return self.series(node, place, mentions).map(TestLog::Series);
        }
        let mut nodes = BTreeMap::new();
        for (node, log) in entries {
            let log = self.log(log, &node.value, mentions);
            nodes.extend(log.map(|log| (node.value.clone(), log)));
        }
        Some(TestLog::Nodes(nodes))
    }

    fn series(&mut self, node: &Node, place: Place, mentions: &mut Mentions) -> Option<Series> {
        let mut map = Map::open(self.said, node, "a series", SERIES_KEYS, place)?;
        map.needs(3);
        let every = map.text("every").unwrap_or_default();
        let start = map.text("start");
        mentions.push((Mention::Duration, every.clone()));
        mentions.extend(start.iter().map(|start| (Mention::Time, start.clone())));
        Some(Series {
            line: map.text("line").unwrap_or_default().value,
            repeat: map.whole("repeat").map_or(0, |n| u32::try_from(n.value).unwrap_or(u32::MAX)),
            every: every.value,
            start: start.map(|start| start.value),
            nodes: map.many("nodes").values(),
        })
    }

    fn covers(&mut self, mentions: &mut Mentions) -> BTreeMap<String, CoversFile> {
        let mut covers = BTreeMap::new();
        for (component, span) in self.entries_of("covers", "a map from components to `{from, until}`") {
            mentions.push((Mention::Component, component.clone()));
            let keys = &["from", "until"];
            let Some(mut map) = Map::open(self.said, span, "a time that is covered", keys, component.place)
            else {
                continue;
            };
            let (from, until) = (map.text("from"), map.text("until"));
            mentions.extend(from.iter().chain(&until).map(|time| (Mention::Time, time.clone())));
            let span = CoversFile { from: from.map(|at| at.value), until: until.map(|at| at.value) };
            covers.insert(component.value.clone(), span);
        }
        covers
    }

    fn expect(&mut self, mentions: &mut Mentions) -> At<Expect> {
        let Some(node) = self.get("expect") else { return At::default() };
        if !matches!(node.content, Content::Map(_)) {
            let Some(verdict) = text(self.said, node, "`expect`") else { return At::default() };
            mentions.push((Mention::Verdict, verdict.clone()));
            return verdict.with(Expect { verdict: verdict.value.clone(), ..Expect::default() });
        }
        let place = first_line(self.said.source, node.place);
        let Some(mut map) = Map::open(self.said, node, "`expect`", EXPECT_KEYS, place) else {
            return At::default();
        };
        map.needs(1);
        let verdict = map.text("verdict").unwrap_or_default();
        mentions.push((Mention::Verdict, verdict.clone()));
        let severity = map.text("severity");
        mentions.extend(severity.iter().map(|word| (Mention::Severity, word.clone())));
        let confidence = map.text("confidence");
        mentions.extend(confidence.iter().map(|word| (Mention::Confidence, word.clone())));
        let compared = map.entries.iter().filter(|(key, ..)| *key != "verdict");
        mentions.extend(compared.map(|(key, at, _)| (Mention::OfFinding, at.with((*key).to_owned()))));
        let fields = map.named("fields");
        mentions.extend(fields.0.iter().map(|(name, _)| (Mention::Field, name.clone())));
        let expect = Expect {
            verdict: verdict.value,
            count: map.whole("count").map(|at| at.value),
            findings: map.whole("findings").and_then(|at| usize::try_from(at.value).ok()),
            title: map.text("title").map(|at| at.value),
            severity: severity.map(|at| at.value),
            confidence: confidence.map(|at| at.value),
            fields: fields.0.into_iter().map(|(name, value)| (name.value, value.value)).collect(),
        };
        At::new(expect, place)
    }
}
