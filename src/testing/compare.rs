//! What a test expects and what came out.

use std::collections::BTreeMap;

use crate::rule::{CONFIDENCES, Expect, SEVERITIES};
use crate::verdict::Verdict;

/// What differs from what was expected; nothing when the test passes.
#[must_use]
pub fn compare(expect: &Expect, verdict: &Verdict) -> Vec<String> {
    let (name, findings) = (verdict.name(), verdict.findings());
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
