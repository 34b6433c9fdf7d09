//! JUnit's XML, for continuous integration: a suite for each rule, a case for each test and for each kind of gap.
//!
//! Written by hand: it is five elements, and the crate for it brings UUIDs, a calendar and an XML library along.

use super::{GapKind, Report, RuleReport};

/// Renders a report; `strict` makes failures of all gaps, as it does for the exit code.
#[must_use]
pub fn render(report: &Report, strict: bool) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let suites: Vec<Vec<Entry>> = report.rules.iter().map(|rule| entries(rule, strict)).collect();
    let failed = |suite: &Vec<Entry>| suite.iter().filter(|entry| entry.failure.is_some()).count();
    let (tests, failures) = (suites.iter().map(Vec::len).sum(), suites.iter().map(failed).sum());
    out.push_str(&open("testsuites", "rules", tests, failures));
    for (rule, suite) in report.rules.iter().zip(&suites) {
        out.push_str("  ");
        out.push_str(&open("testsuite", &rule.id, suite.len(), failed(suite)));
        for entry in suite {
            let head = format!(
                "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\"",
                escape(&rule.id),
                escape(&entry.name),
                escape(&rule.file)
            );
            out.push_str(&head);
            out.push_str(&match (&entry.failure, &entry.note) {
                (Some(text), _) => {
                    let first = text.lines().next().unwrap_or_default();
                    let (first, text) = (escape(first), escape(text));
                    format!(">\n      <failure message=\"{first}\">{text}</failure>\n    </testcase>\n")
                }
                (None, Some(text)) => {
                    format!(">\n      <system-out>{}</system-out>\n    </testcase>\n", escape(text))
                }
                (None, None) => "/>\n".to_owned(),
            });
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

struct Entry {
    name: String,
    failure: Option<String>,
    note: Option<String>,
}

fn entries(rule: &RuleReport, strict: bool) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for test in &rule.tests {
        let text = test.wrong.iter().chain(&test.why).cloned().collect::<Vec<_>>().join("\n");
        let failure = (!test.wrong.is_empty()).then_some(text);
        entries.push(Entry { name: test.name.clone(), failure, note: None });
    }
    for kind in GapKind::ALL {
        let gaps = rule.gaps.iter().filter(|gap| gap.kind == *kind);
        let lines: Vec<String> = gaps
            .map(|gap| match gap.line {
                Some(line) => format!("line {line}: {}", gap.message),
                None => gap.message.clone(),
            })
            .collect();
        let text = (!lines.is_empty()).then(|| lines.join("\n"));
        let fails = strict || kind.is_failure();
        let (failure, note) = if fails { (text, None) } else { (None, text) };
        entries.push(Entry { name: format!("({})", kind.name()), failure, note });
    }
    entries
}

fn open(element: &str, name: &str, tests: usize, failures: usize) -> String {
    format!("<{element} name=\"{}\" tests=\"{tests}\" failures=\"{failures}\">\n", escape(name))
}

/// Text as XML may hold it: control characters cannot be written at all.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::{Gap, TestReport};
    use super::*;

    #[test]
    fn tests_and_gaps_are_cases_of_their_rule() {
        let test = |name: &str, wrong: &[&str]| TestReport {
            name: name.to_owned(),
            wrong: wrong.iter().map(|text| (*text).to_owned()).collect(),
            ..TestReport::default()
        };
        let rule = RuleReport {
            id: "a-rule".to_owned(),
            file: "a-rule.yaml".to_owned(),
            tests: vec![test("passes", &[]), test("a < \"b\"\u{1b}", &["expected clear, found finding"])],
            gaps: vec![Gap {
                kind: GapKind::Clause,
                line: Some(3),
                message: "`x > 1` was never true".to_owned(),
            }],
            ..RuleReport::default()
        };
        insta::assert_snapshot!(render(&Report { rules: vec![rule] }, false));
    }
}
