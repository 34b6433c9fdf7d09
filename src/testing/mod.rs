//! Runs the tests that rules carry: each through the whole engine, in memory.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde_json::Value;

use crate::artifact::component;
use crate::base::stamp::{SECOND, parse_duration};
use crate::base::{Limits, Time, words};
use crate::ingest::memory::{Content, ingest_memory};
use crate::model::coverage::{Coverage, Gap};
use crate::object::{Known, Object, Quote, path};
use crate::rule::{CONFIDENCES, Expect, Rule, Rulebook, SEVERITIES, Series, TestFile, TestLog};
use crate::scan::Program;
use crate::verdict::{self, Finding, Verdict};

/// When the bundle of a test was captured, unless it says so itself.
const CAPTURED_AT: &str = "2026-11-22T04:00:00Z";

/// The node of a test that names none.
const NODE: &str = "node1";

/// A test that does not come out as it should, or a rule whose tests are not enough.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Failure {
    /// The rule.
    pub rule: String,
    /// The test; empty for what concerns the rule's tests as a whole.
    pub test: String,
    /// What is wrong.
    pub message: String,
}

/// What came of all tests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Tests that were run.
    pub run: usize,
    /// What failed, by rule and test.
    pub failures: Vec<Failure>,
}

impl Outcome {
    /// Tests that came out as they should.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.run.saturating_sub(self.failed())
    }

    /// Tests, and rules as a whole, that did not.
    #[must_use]
    pub fn failed(&self) -> usize {
        let mut failed: Vec<(&str, &str)> =
            self.failures.iter().map(|f| (f.rule.as_str(), f.test.as_str())).collect();
        failed.sort_unstable();
        failed.dedup();
        failed.len()
    }
}

/// Runs the tests of every rule, each rule alone.
#[must_use]
pub fn run(book: &Rulebook) -> Outcome {
    let failures: Vec<Vec<Failure>> = book.rules.par_iter().map(|rule| test_rule(book, rule)).collect();
    Outcome {
        run: book.rules.iter().map(|rule| rule.tests.len()).sum(),
        failures: failures.into_iter().flatten().collect(),
    }
}

fn test_rule(book: &Rulebook, rule: &Rule) -> Vec<Failure> {
    let fail =
        |test: &str, message: String| Failure { rule: rule.id.clone(), test: test.to_owned(), message };
    let mut failures: Vec<Failure> = ["finding", "clear", "unknown"]
        .iter()
        .filter(|verdict| !rule.tests.iter().any(|test| test.expect.value.verdict == **verdict))
        .map(|verdict| {
            fail("", format!("no test expects `{verdict}`: a test that cannot fail proves nothing"))
        })
        .collect();
    let program = match Program::compile(book) {
        Ok(program) => program,
        Err(message) => return vec![fail("", message)],
    };
    for test in &rule.tests {
        failures.extend(
            test_one(book, rule, &program, test).into_iter().map(|message| fail(&test.name, message)),
        );
    }
    failures
}

/// What is wrong with the outcome of one test.
fn test_one(book: &Rulebook, rule: &Rule, program: &Program<'_>, test: &TestFile) -> Vec<String> {
    let told = test.captured_at.as_ref().map_or(CAPTURED_AT, |at| &at.value);
    let Some(captured_at) = Time::parse(told) else {
        return vec!["`captured_at` is not a time of RFC 3339".to_owned()];
    };
    let contents = match contents(test, captured_at) {
        Ok(contents) => contents,
        Err(message) => return vec![message],
    };
    let ingested = ingest_memory(contents, captured_at, program, &crate::projection(book));
    let judged = verdict::judge(book, program, &ingested, &coverage(test), Limits::default().groups);
    let verdict = judged.iter().find(|judged| book.rules.get(judged.rule).is_some_and(|r| r.id == rule.id));
    let mut wrong = unused(test, &ingested.bundle);
    match verdict {
        Some(judged) => wrong.extend(compare(&test.expect.value, &judged.verdict)),
        None => wrong.push("the rule was not judged".to_owned()),
    }
    wrong
}

/// Files of a test that nothing could read would let it pass for the wrong reason.
fn unused(test: &TestFile, bundle: &crate::model::Bundle) -> Vec<String> {
    let unread = |path: &&String| {
        bundle.artifacts.iter().any(|artifact| {
            artifact.path.ends_with(path.as_str()) && artifact.kind == crate::model::ArtifactKind::Other
        })
    };
    test.files.keys().filter(unread).map(|path| format!("no reader knows the file `{path}`")).collect()
}

fn contents(test: &TestFile, captured_at: Time) -> Result<Vec<(String, Content)>, String> {
    let mut contents = Vec::new();
    for (name, log) in &test.logs {
        let about = component::find(name).ok_or_else(|| no_component(name))?;
        add_log(about.name, NODE, log, captured_at, &mut contents)?;
    }
    for (path, text) in &test.files {
        // `node:path` puts a file on a node of its own.
        let (node, path) = path.split_once(':').unwrap_or((NODE, path));
        contents.push((node.to_owned(), Content::File { path: path.to_owned(), text: text.clone() }));
    }
    for (kind, objects) in &test.objects {
        let objects = objects.iter().map(|fields| object(kind, fields, captured_at)).collect();
        contents.push((NODE.to_owned(), Content::Objects(objects)));
    }
    Ok(contents)
}

fn no_component(name: &str) -> String {
    let known = component::COMPONENTS.iter().map(|about| about.name);
    let hint = words::nearest(name, known).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    format!("no such component: `{name}`{hint}")
}

fn add_log(
    component: &'static str,
    node: &str,
    log: &TestLog,
    captured_at: Time,
    contents: &mut Vec<(String, Content)>,
) -> Result<(), String> {
    match log {
        TestLog::Text(text) => {
            contents.push((node.to_owned(), Content::Log { component, text: text.clone() }))
        }
        TestLog::Series(series) => {
            let text = expand(series, captured_at)?;
            let named = series.nodes.iter().map(String::as_str);
            let nodes = named.chain(series.nodes.is_empty().then_some(node));
            contents
                .extend(nodes.map(|node| (node.to_owned(), Content::Log { component, text: text.clone() })));
        }
        TestLog::Nodes(nodes) => {
            for (node, log) in nodes {
                add_log(component, node, log, captured_at, contents)?;
            }
        }
    }
    Ok(())
}

/// Times that a series may write, beside `{time}` (RFC 3339): klog's, Rancher's and raft's, capnslog's.
const TIMES: &[(&str, &str)] = &[
    ("{klog}", "%m%d %H:%M:%S.%6f"),
    ("{slash}", "%Y/%m/%d %H:%M:%S"),
    ("{plain}", "%Y-%m-%d %H:%M:%S.%6f"),
];

fn expand(series: &Series, captured_at: Time) -> Result<String, String> {
    let every =
        parse_duration(&series.every).ok_or_else(|| format!("`{}` is not a duration", series.every))?;
    let start = match &series.start {
        None => Time(captured_at.0 - 3600 * SECOND),
        Some(text) => Time::parse(text).ok_or_else(|| format!("`{text}` is not a time of RFC 3339"))?,
    };
    let line = |i: u32| {
        let time = Time(start.0 + (f64::from(i) * every * SECOND as f64) as i64);
        let line = series.line.trim_end().replace("{time}", &time.to_string()).replace("{n}", &i.to_string());
        TIMES.iter().fold(line, |line, (hole, form)| line.replace(hole, &time.format(form))) + "\n"
    };
    Ok((0..series.repeat).map(line).collect())
}

fn object(kind: &str, fields: &Value, captured_at: Time) -> Object {
    let text = |at: &str| path::get(fields, at).and_then(Value::as_str).map(Box::from);
    let name =
        text("metadata.name").or_else(|| text("name")).or_else(|| text("id")).or_else(|| text("endpoint"));
    let mut whole = fields.clone();
    crate::object::derive::derive(kind, &mut whole, Some(captured_at));
    Object {
        kind: kind.into(),
        namespace: text("metadata.namespace"),
        name: name.unwrap_or_else(|| fields.to_string().into()),
        fields: whole,
        known: Known::All,
        quotes: vec![Quote { path: Box::default(), line: 0, offset: 0, text: fields.to_string().into() }],
    }
}

/// Everything that a test does not call missing is there.
fn coverage(test: &TestFile) -> Coverage {
    let gap = || vec![Gap { node: None, reason: "the test says so".to_owned() }];
    let mut coverage = Coverage { rest_complete: true, ..Coverage::default() };
    for name in &test.missing.0 {
        let name = &name.value;
        let is_component = component::find(name).is_some() || name == crate::rule::ANY;
        let into = if is_component { &mut coverage.logs } else { &mut coverage.objects };
        into.insert(name.clone(), gap());
    }
    coverage
}

fn compare(expect: &Expect, verdict: &Verdict) -> Vec<String> {
    let (name, findings): (&str, &[Finding]) = match verdict {
        Verdict::Finding(findings) => ("finding", findings),
        Verdict::Clear => ("clear", &[]),
        Verdict::Unknown(_) => ("unknown", &[]),
        Verdict::NotApplicable => ("not applicable", &[]),
    };
    if name != expect.verdict {
        let title = findings.first().map_or(String::new(), |finding| format!(" (\"{}\")", finding.title));
        return vec![format!("expected {}, found {name}{title}", expect.verdict)];
    }
    let mut wrong: Vec<String> = findings
        .iter()
        .flat_map(|finding| [&finding.title, &finding.summary])
        .filter(|text| text.contains("{{") || text.contains("{%"))
        .map(|text| format!("a text does not render: `{text}`"))
        .collect();
    let mut differs = |what: &str, expected: Option<String>, found: String| {
        if let Some(expected) = expected.filter(|expected| *expected != found) {
            wrong.push(format!("{what}: expected `{expected}`, found `{found}`"));
        }
    };
    differs("findings", expect.findings.map(|n| n.to_string()), findings.len().to_string());
    let Some(finding) = findings.first() else { return wrong };
    differs("count", expect.count.map(|n| n.to_string()), finding.count.to_string());
    differs("title", expect.title.clone(), finding.title.clone());
    let severity = SEVERITIES.get(finding.severity).copied().unwrap_or_default();
    differs("severity", expect.severity.clone(), severity.to_owned());
    let confidence = CONFIDENCES.get(finding.confidence).copied().unwrap_or_default();
    differs("confidence", expect.confidence.clone(), confidence.to_owned());
    let found: BTreeMap<&String, String> =
        finding.fields.iter().map(|(name, values)| (name, values.join(", "))).collect();
    for (name, expected) in &expect.fields {
        let group = finding.group.get(name).cloned();
        let value = found
            .get(name)
            .cloned()
            .filter(|value| value == expected)
            .or(group)
            .or_else(|| found.get(name).cloned());
        differs(name, Some(expected.clone()), value.unwrap_or_default());
    }
    wrong
}
