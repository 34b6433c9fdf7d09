//! The answer in at most five lines: what broke first, where, since when, what it explains, what to do next, how
//! sure that is, and what was not in the bundle.

use super::cards::Tree;
use super::{Fact, Gap, few, raw, risk};
use crate::analysis::{Analysis, Confidence, Finding, Risk};
use crate::base::stamp::duration_text;
use crate::base::{Time, words};

/// One sentence: what broke first. Never "healthy".
pub(super) fn headline(analysis: &Analysis) -> String {
    let said = analysis.verdict.headline.raw().trim();
    if !said.is_empty() {
        return said.to_owned();
    }
    match (analysis.findings.first(), analysis.clear.is_empty(), analysis.unknown.is_empty()) {
        (Some(finding), _, _) => finding.title.raw().to_owned(),
        (None, true, false) => "Nothing could be checked".to_owned(),
        (None, _, _) => "Nothing found in what could be checked".to_owned(),
    }
}

/// What was analysed, in a few words each: distribution, nodes, capture, inputs.
pub(super) fn subject(analysis: &Analysis) -> Vec<String> {
    let mut out = Vec::new();
    let cluster = &analysis.cluster;
    if !cluster.distribution.is_empty() && cluster.distribution != "unknown" {
        out.push(cluster.distribution.clone());
    }
    if !cluster.nodes.is_empty() {
        out.push(words::count(cluster.nodes.len() as u64, "node"));
    }
    out.push(match analysis.captured_at {
        Some(time) => format!("captured {} UTC", time.to_seconds_text()),
        None => "time of capture unknown".to_owned(),
    });
    match analysis.inputs.as_slice() {
        [only] => out.push(only.path.raw().to_owned()),
        many => out.push(words::count(many.len() as u64, "input")),
    }
    out
}

/// The lines below the headline; with it there are never more than five.
pub(super) fn lines(analysis: &Analysis, tree: &Tree, gaps: &[Gap]) -> Vec<Fact> {
    let fact = |label: &str, text: String| Fact { label: label.to_owned(), text };
    let leader = tree.causes.first().map(|(root, ..)| *root).or_else(|| tree.others.first().copied());
    let Some(first) = leader.and_then(|i| analysis.findings.get(i)) else {
        return lines_without_findings(analysis, gaps);
    };
    let next = match first.remedy.first() {
        Some(step) if step.risk == Risk::ReadOnly => step.step.clone(),
        Some(step) => format!("{} ({})", step.step, risk(step.risk)),
        None => "Read the evidence below: the rulebook has no remedy for this.".to_owned(),
    };
    vec![
        fact("Since", since(first, analysis.captured_at)),
        fact("Explains", explains(analysis, tree)),
        fact("Do next", next),
        fact(
            "How sure",
            format!("{}. {}", sentence(certainty(first.confidence)), missing_line(analysis, gaps)),
        ),
    ]
}

fn lines_without_findings(analysis: &Analysis, gaps: &[Gap]) -> Vec<Fact> {
    let fact = |label: &str, text: String| Fact { label: label.to_owned(), text };
    let clear = words::count(analysis.clear.len() as u64, "rule");
    let meaning = match (analysis.clear.is_empty(), analysis.unknown.is_empty()) {
        (true, true) => "No rule was asked, so this says nothing about the cluster.".to_owned(),
        (true, false) => {
            "No rule had the data that it needs, so this says nothing about the cluster: neither good nor bad."
                .to_owned()
        }
        (false, _) => format!(
            "{clear} looked at the data and found nothing. That is not proof of health: it speaks only of \
             failures that the rulebook knows."
        ),
    };
    let mut out = vec![fact("Meaning", meaning), fact("Not checked", missing_line(analysis, gaps))];
    if let Some(command) = gaps.iter().find_map(|gap| gap.collect.first()) {
        out.push(fact("Do next", format!("Ask for what is missing, first: {command}")));
    }
    out
}

/// When and where a finding was seen.
fn since(finding: &Finding, captured_at: Option<Time>) -> String {
    let nodes = raw(&finding.nodes);
    let place = if nodes.is_empty() { String::new() } else { format!(", on {}", few(&nodes, 4)) };
    let Some(first) = finding.first else {
        return format!("not known: the evidence carries no time{place}");
    };
    let age = match captured_at {
        Some(captured) if captured >= first => {
            format!(" ({} before the capture)", duration_text(captured.seconds_since(first)))
        }
        _ => String::new(),
    };
    format!("{} UTC{age}{place}", first.to_seconds_text())
}

/// How the findings hang together.
fn explains(analysis: &Analysis, tree: &Tree) -> String {
    let Some((_, own, also)) = tree.causes.first() else {
        return "nothing: no finding here is a cause of another".to_owned();
    };
    let titles: Vec<&str> =
        own.iter().chain(also).filter_map(|i| Some(analysis.findings.get(*i)?.title.raw())).collect();
    let explained = match titles.as_slice() {
        [] => "no other finding".to_owned(),
        [only] => (*only).to_owned(),
        [first, second] => format!("{first}; {second}"),
        [first, rest @ ..] => format!("{first}; {}", words::count(rest.len() as u64, "further consequence")),
    };
    let beside: Vec<String> = [
        (tree.causes.len().saturating_sub(1), "further root cause"),
        (tree.others.len(), "unexplained finding"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, noun)| words::count(n as u64, noun))
    .collect();
    if beside.is_empty() { explained } else { format!("{explained}. Beside it: {}", words::list(&beside)) }
}

/// What was not in the bundle, and what that costs.
fn missing_line(analysis: &Analysis, gaps: &[Gap]) -> String {
    if analysis.unknown.is_empty() {
        return "Every rule could be decided".to_owned() + ".";
    }
    let sources: Vec<String> = gaps.iter().map(Gap::named).collect();
    let rules = words::count(analysis.unknown.len() as u64, "rule");
    if sources.is_empty() {
        return format!("{rules} could not be decided.");
    }
    format!("Not in the bundle: {}; {rules} could not be decided.", few(&sources, 3))
}

/// The text with a capital first letter.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// How sure a finding is, in words.
fn certainty(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "high confidence: nothing else looks like this",
        Confidence::Medium => "medium confidence: likely, not certain",
        Confidence::Low => "low confidence: one reading among several",
    }
}

impl Gap {
    /// The source, and the nodes where that is all there is to say.
    fn named(&self) -> String {
        match self.reasons.as_slice() {
            [only] if !only.label.is_empty() && only.label.len() <= 60 => {
                format!("{} of {}", self.source, only.label)
            }
            _ => self.source.clone(),
        }
    }
}
