//! The bundle that a test describes.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::artifact::component;
use crate::base::stamp::{SECOND, parse_duration};
use crate::base::{Time, words};
use crate::ingest::memory::Content;
use crate::model::coverage::{Coverage, Covered, Gap};
use crate::object::{Known, Object, Quote, derive, path};
use crate::rule::{ANY, Series, TestFile, TestLog};

/// When the bundle of a test was captured, unless it says so itself.
const CAPTURED_AT: &str = "2026-11-22T04:00:00Z";

/// The node of a test that names none.
const NODE: &str = "node1";

/// A test with what it puts into a bundle.
#[derive(Clone)]
pub struct Case<'t> {
    /// The test.
    pub test: &'t TestFile,
    /// When the bundle was captured.
    pub captured_at: Time,
    /// What is in it, each with its node.
    pub contents: Vec<(String, Content)>,
    /// What is missing.
    pub coverage: Coverage,
}

impl<'t> Case<'t> {
    /// Reads a test.
    ///
    /// # Errors
    /// When it names a component or a time that does not exist: a sentence fragment.
    pub fn of(test: &'t TestFile) -> Result<Self, String> {
        let told = test.captured_at.as_ref().map_or(CAPTURED_AT, |at| &at.value);
        let captured_at = time(told)?;
        let contents = contents(test, captured_at)?;
        Ok(Self { test, captured_at, contents, coverage: coverage(test)? })
    }
}

fn time(text: &str) -> Result<Time, String> {
    Time::parse(text).ok_or_else(|| format!("`{text}` is not a time of RFC 3339: write `{CAPTURED_AT}`"))
}

fn contents(test: &TestFile, captured_at: Time) -> Result<Vec<(String, Content)>, String> {
    let mut contents = Vec::new();
    for (name, log) in &test.logs {
        let about = component::find(name).ok_or_else(|| no_component(name))?;
        add_log(about.name, NODE, log, captured_at, &mut contents)?;
    }
    for (path, text) in &test.files {
        // `node:path` puts a file on a node of its own, `:path` on none.
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
        TestLog::Several(parts) => {
            let mut several = Vec::new();
            for part in parts {
                add_log(component, node, part, captured_at, &mut several)?;
            }
            // One log for each node, whichever part wrote it.
            let mut texts: BTreeMap<String, String> = BTreeMap::new();
            for (node, content) in several {
                if let Content::Log { text, .. } = content {
                    let whole = texts.entry(node).or_default();
                    whole.push_str(text.trim_end_matches('\n'));
                    whole.push('\n');
                }
            }
            contents.extend(texts.into_iter().map(|(node, text)| (node, Content::Log { component, text })));
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

/// The lines of a series, an hour before the capture when it does not say when.
fn expand(series: &Series, captured_at: Time) -> Result<String, String> {
    let every =
        parse_duration(&series.every).ok_or_else(|| format!("`{}` is not a duration", series.every))?;
    let start = match &series.start {
        None => Time(captured_at.0 - 3600 * SECOND),
        Some(text) => time(text)?,
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
    derive::derive(kind, &mut whole, Some(captured_at));
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
fn coverage(test: &TestFile) -> Result<Coverage, String> {
    let gap = || vec![Gap { node: None, reason: "the test says so".to_owned() }];
    let mut coverage = Coverage { rest_complete: true, ..Coverage::default() };
    for name in &test.missing.0 {
        let name = &name.value;
        let is_component = component::find(name).is_some() || name == ANY;
        let into = if is_component { &mut coverage.logs } else { &mut coverage.objects };
        into.insert(name.clone(), gap());
    }
    for (name, span) in &test.covers {
        let about = component::find(name).ok_or_else(|| no_component(name))?;
        let at = |text: &Option<String>| text.as_deref().map(time).transpose();
        let covered = Covered { node: None, from: at(&span.from)?, until: at(&span.until)? };
        coverage.covered.insert(about.name.to_owned(), vec![covered]);
    }
    Ok(coverage)
}
