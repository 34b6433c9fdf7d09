//! How one rule came to its verdict, for a terminal.

use std::collections::{BTreeMap, BTreeSet};

use super::page::{Ink, Page, Style, tail};
use super::view::few;
use crate::analysis::explanation::{Clause, Explanation, Found, Group, Place};
use crate::base::stamp::duration_text;
use crate::base::{Untrusted, words};

/// Nodes that are named with their hits.
const NODES_SHOWN: usize = 6;

/// Sources that are named with one reason.
const SOURCES_SHOWN: usize = 4;

/// Writes explanations, one for each cluster, for a terminal; ends with a line break.
#[must_use]
pub fn explain(explanations: &[Explanation], style: &Style) -> String {
    let mut page = Page { style: Style { width: style.width.max(40), ..*style }, out: String::new() };
    for (number, explanation) in explanations.iter().enumerate() {
        if number > 0 {
            page.blank();
        }
        page.explanation(explanation);
    }
    page.out
}

impl Page {
    fn explanation(&mut self, explanation: &Explanation) {
        let cluster =
            explanation.cluster.as_ref().map_or(String::new(), |cluster| format!(" on {}", cluster.raw()));
        let verdict = match explanation.verdict {
            "finding" => Ink::Error,
            "unknown" => Ink::Warning,
            _ => Ink::Plain,
        };
        let lead = format!("{}{cluster}: ", explanation.rule);
        self.line(&[(Ink::Bold, &lead), (verdict, explanation.verdict)]);
        if explanation.verdict == "not applicable" {
            self.line(&[(Ink::Plain, "  the rule is for other distributions: see its `applies`")]);
            return;
        }
        explanation.groups.iter().for_each(|group| self.group(explanation, group));
        if explanation.more_groups > 0 {
            let more = words::count(explanation.more_groups as u64, "more group");
            self.line(&[(Ink::Dim, &format!("  {more}"))]);
        }
        self.missing(explanation);
    }

    fn group(&mut self, explanation: &Explanation, group: &Group) {
        self.blank();
        if !group.key.is_empty() {
            let key: Vec<String> =
                group.key.iter().map(|(name, value)| format!("{name} = {}", value.raw())).collect();
            self.wrapped(&[(Ink::Plain, "  ")], Ink::Bold, &key.join(", "));
        }
        if let Some((severity, confidence, title)) = &group.finding {
            let lead = format!("  {severity}, {confidence} confidence: ");
            self.wrapped(&[(Ink::of(severity), &lead)], Ink::Bold, title.raw());
        }
        if group.clauses.len() > 1 {
            self.wrapped(&[(Ink::Dim, "  when ")], Ink::Dim, &explanation.when);
        }
        group.clauses.iter().for_each(|clause| self.clause(clause));
        group.found.iter().for_each(|found| self.found(explanation, found));
    }

    fn clause(&mut self, clause: &Clause) {
        let (mark, ink) = match clause.answer {
            "true" => ("✓", Ink::Bold),
            "false" => ("✗", Ink::Plain),
            _ => ("?", Ink::Warning),
        };
        let lead = format!("  {mark} {}  ", clause.text);
        self.wrapped(&[(ink, &lead)], Ink::Dim, &compared(clause));
    }

    fn found(&mut self, explanation: &Explanation, found: &Found) {
        self.blank();
        let what = explanation.signals.iter().find(|source| source.name == found.name);
        let what = what.map_or("", |source| source.what.as_str());
        self.wrapped(&[(Ink::Bold, &format!("  {}  ", found.name))], Ink::Dim, what);
        let mut facts = vec![count(found)];
        facts.extend(found.span.map(|(first, last)| {
            if first == last {
                format!("at {} UTC", first.to_seconds_text())
            } else {
                format!("from {} to {} UTC", first.to_seconds_text(), last.to_seconds_text())
            }
        }));
        facts.extend(found.peak.filter(|_| found.count > 1).map(|(peak, window, at)| {
            let (peak, window) = (words::grouped(peak), duration_text(window));
            format!("at most {peak} within {window}, from {}", at.to_seconds_text())
        }));
        self.wrapped(&[(Ink::Plain, "    ")], Ink::Plain, &facts.join("; "));
        if found.nodes.len() > 1 || found.nodes.iter().any(|(node, _)| node.is_some()) {
            self.wrapped(&[(Ink::Dim, "    on ")], Ink::Plain, &nodes(&found.nodes));
        }
        for (name, values, all) in &found.fields {
            let values: Vec<&str> = values.iter().map(Untrusted::raw).collect();
            let more = all.saturating_sub(values.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let values = format!("{}{more}", values.join(", "));
            self.wrapped(&[(Ink::Dim, &format!("    {name} = "))], Ink::Plain, &values);
        }
        found.evidence.iter().for_each(|place| self.place(place));
    }

    fn place(&mut self, place: &Place) {
        let at =
            format!("    {}:{}", tail(place.file.raw(), self.style.width.saturating_sub(16)), place.line);
        self.line(&[(Ink::Dim, &at)]);
        self.line(&[(Ink::Dim, "      "), (Ink::Plain, place.text.raw())]);
    }

    fn missing(&mut self, explanation: &Explanation) {
        let mut lacking: BTreeMap<(Option<&Untrusted>, &str), BTreeSet<&str>> = BTreeMap::new();
        for missing in &explanation.missing {
            let about = (missing.node.as_ref(), missing.reason.as_str());
            lacking.entry(about).or_default().insert(&missing.source);
        }
        if lacking.is_empty() {
            return;
        }
        self.blank();
        self.line(&[(Ink::Bold, "  Missing")]);
        for ((node, reason), sources) in lacking {
            let named: Vec<String> = sources.iter().map(|source| (*source).to_owned()).collect();
            let place = node.map_or(String::new(), |node| format!(" of {}", node.raw()));
            let text = format!("{}{place}: {reason}", few(&named, SOURCES_SHOWN));
            self.wrapped(&[(Ink::Warning, "  ? ")], Ink::Plain, &text);
        }
        for command in &explanation.collect {
            self.wrapped(&[(Ink::Dim, "    collect: ")], Ink::Plain, command);
        }
    }
}

/// What a comparison came to: `it is 4, 1 short of 5`.
fn compared(clause: &Clause) -> String {
    let Some((left, right)) = &clause.compared else { return String::new() };
    let numbers = left.raw().parse::<f64>().ok().zip(right.raw().parse::<f64>().ok());
    let known = if clause.answer == "unknown" { "in what is there it is" } else { "it is" };
    match numbers {
        // Of `>` nobody can say by how much it is missed: there is no least number above another.
        Some((have, need)) if have < need && clause.answer != "true" && clause.text.contains(">=") => {
            format!("{known} {have}, {} short of {need}", need - have)
        }
        _ => format!("{known} {}", left.raw()),
    }
}

fn count(found: &Found) -> String {
    match (found.count, found.open) {
        (0, false) => "none".to_owned(),
        (0, true) => "none in what is there".to_owned(),
        (n, true) => format!("{} at least", words::grouped(n)),
        (n, false) => words::grouped(n),
    }
}

fn nodes(nodes: &[(Option<Untrusted>, u64)]) -> String {
    let told = |(node, n): &(Option<Untrusted>, u64)| {
        format!("{}: {}", node.as_ref().map_or("unknown nodes", Untrusted::raw), words::grouped(*n))
    };
    few(&nodes.iter().map(told).collect::<Vec<_>>(), NODES_SHOWN)
}
