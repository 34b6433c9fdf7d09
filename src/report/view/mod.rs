//! The result arranged for reading: what is folded below what, which words say it, which command proves it.
//!
//! All formats for people are written from here. The strings are as the bundle had them; escaping belongs to the
//! format that prints them.

mod cards;
mod tables;
mod verdict;

use serde::Serialize;

use crate::analysis::{Analysis, Risk, Severity};
use crate::base::{Time, Untrusted, words};

/// How much of the evidence a format shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Detail {
    /// Lines of evidence of a root cause.
    pub root: usize,
    /// Lines of evidence of any other finding.
    pub other: usize,
    /// Lines of context on each side.
    pub context: usize,
    /// Characters of one line of context.
    pub width: usize,
    /// Bytes of all evidence together; beyond it, one bare line a finding remains.
    pub bytes: usize,
}

/// Everything a template prints.
#[derive(Debug, Serialize)]
pub(super) struct View {
    pub tool: String,
    pub title: String,
    pub worst: &'static str,
    pub symbol: &'static str,
    pub headline: String,
    pub lines: Vec<Fact>,
    pub subject: Vec<String>,
    pub causes: Vec<Card>,
    pub others: Vec<Card>,
    pub gaps: Vec<Gap>,
    pub unknown: usize,
    pub clear: Vec<String>,
    pub coverage: Vec<Row>,
    pub cluster_wide: Vec<Cell>,
    pub columns: Vec<String>,
    pub nodes: Vec<NodeRow>,
    pub distribution: String,
    pub versions: Vec<Fact>,
    pub diagnostics: Vec<Note>,
    pub suppressed: Vec<Fact>,
    pub inputs: Vec<InputRow>,
    pub provenance: Vec<Fact>,
}

/// A label and what it says.
#[derive(Debug, Serialize)]
pub(super) struct Fact {
    pub label: String,
    pub text: String,
}

/// An instant for machines and for people.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Moment {
    pub iso: String,
    pub text: String,
    /// Month, day, hour and minute, for narrow cells.
    pub short: String,
}

/// One finding with everything below it.
#[derive(Debug, Serialize)]
pub(super) struct Card {
    pub anchor: String,
    pub rule: String,
    pub fingerprint: String,
    pub severity: &'static str,
    pub symbol: &'static str,
    pub confidence: &'static str,
    pub title: String,
    pub summary: String,
    pub about: String,
    pub component: String,
    pub layer: &'static str,
    pub nodes: Vec<String>,
    pub values: Vec<Fact>,
    pub count: String,
    pub first: Option<Moment>,
    pub last: Option<Moment>,
    pub lasted: Option<String>,
    pub evidence: Vec<Proof>,
    /// `3 of 12,431 shown`, when not all are.
    pub shown: Option<String>,
    pub remedy: Vec<Step>,
    pub references: Vec<Reference>,
    pub consequences: Vec<Card>,
    /// Findings that it explains and that are folded below another root cause.
    pub also: Vec<Pointer>,
    /// What explains it, when that is not the card that it is folded below.
    pub explained_by: Vec<Pointer>,
}

/// A finding named elsewhere.
#[derive(Debug, Serialize)]
pub(super) struct Pointer {
    pub anchor: String,
    pub symbol: &'static str,
    pub severity: &'static str,
    pub title: String,
}

/// One line of evidence.
#[derive(Debug, Serialize)]
pub(super) struct Proof {
    pub node: Option<String>,
    pub file: String,
    pub line: u64,
    pub offset: String,
    pub time: Option<Moment>,
    pub signal: String,
    pub lines: Vec<Line>,
    pub command: Option<String>,
}

/// A line of the bundle with its number.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    pub n: u64,
    pub text: String,
    pub hit: bool,
}

/// One step of a remedy.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    pub step: String,
    pub run: Option<String>,
    pub risk: &'static str,
}

/// An address of the rulebook; `link` when it may be followed.
#[derive(Debug, Serialize)]
pub(super) struct Reference {
    pub url: String,
    pub link: bool,
}

/// A missing source, and which rules wait for it.
#[derive(Debug, Serialize)]
pub(super) struct Gap {
    pub anchor: String,
    pub source: String,
    /// `not collected: node-2 and node-3`.
    pub reasons: Vec<Fact>,
    pub rules: Vec<Fact>,
    pub waiting: String,
    pub collect: Vec<String>,
}

/// A source in the coverage matrix.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub source: String,
    pub cells: Vec<Option<Cell>>,
}

/// What the bundle holds of a source.
#[derive(Debug, Serialize)]
pub(super) struct Cell {
    pub source: String,
    pub state: &'static str,
    pub symbol: &'static str,
    /// `12,431 lines`, or the word of the state.
    pub text: String,
    pub first: Option<Moment>,
    pub last: Option<Moment>,
    pub gaps: usize,
    /// The anchor of the [`Gap`] of this source.
    pub gap: Option<String>,
}

/// A node in the inventory.
#[derive(Debug, Serialize)]
pub(super) struct NodeRow {
    pub name: String,
    pub roles: String,
    pub addresses: Vec<String>,
    pub versions: Vec<Fact>,
    pub captured: Option<Moment>,
    pub skew: Option<String>,
}

/// A diagnostic.
#[derive(Debug, Serialize)]
pub(super) struct Note {
    pub severity: &'static str,
    pub symbol: &'static str,
    pub code: &'static str,
    pub place: String,
    pub message: String,
    pub help: String,
}

/// An input in the provenance.
#[derive(Debug, Serialize)]
pub(super) struct InputRow {
    pub path: String,
    pub bytes: String,
    pub members: String,
    pub sha256: String,
}

/// The shape that goes with a severity, so that colour is never alone.
pub(super) fn symbol(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "◆",
        Severity::Error => "●",
        Severity::Warning => "▲",
        Severity::Info => "○",
    }
}

fn risk(risk: Risk) -> &'static str {
    match risk {
        Risk::ReadOnly => "read-only",
        Risk::Disruptive => "disruptive",
        Risk::DataLoss => "data-loss",
    }
}

/// The first `most` of `items`, and how many more there are.
pub(super) fn few(items: &[String], most: usize) -> String {
    if items.len() <= most {
        return words::list(items);
    }
    let shown: Vec<&str> = items.iter().take(most).map(String::as_str).collect();
    format!("{} and {} more", shown.join(", "), words::grouped((items.len() - most) as u64))
}

fn moment(time: Option<Time>) -> Option<Moment> {
    let short = |text: &str| text.get(5..16).unwrap_or(text).to_owned();
    time.map(|time| {
        let text = time.to_seconds_text();
        Moment { iso: time.to_string(), short: short(&text), text }
    })
}

fn raw(texts: &[Untrusted]) -> Vec<String> {
    texts.iter().map(|text| text.raw().to_owned()).collect()
}

/// Letters, digits, `-`, `_` and `.` stay; everything else, which an address could misread, becomes `-`.
fn slug(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '.') { c } else { '-' }).collect()
}

/// Arranges the result.
pub(super) fn view(analysis: &Analysis, detail: Detail) -> View {
    let tree = cards::tree(&analysis.findings);
    let (causes, others) = cards::cards(analysis, &tree, detail);
    let gaps = tables::gaps(analysis);
    let columns = tables::columns(analysis);
    let worst = analysis.verdict.worst;
    let headline = verdict::headline(analysis);
    View {
        tool: format!("{} {}", analysis.tool.name, analysis.tool.version),
        title: match worst {
            Some(severity) => format!("{} {}: {headline}", symbol(severity), severity.name()),
            None => headline.clone(),
        },
        worst: worst.map_or("none", Severity::name),
        symbol: worst.map_or("◇", symbol),
        headline,
        lines: verdict::lines(analysis, &tree, &gaps),
        subject: verdict::subject(analysis),
        causes,
        others,
        unknown: analysis.unknown.len(),
        clear: analysis.clear.clone(),
        coverage: tables::coverage(analysis, &columns, &gaps),
        cluster_wide: tables::cluster_wide(analysis, &gaps),
        columns,
        gaps,
        nodes: tables::nodes(analysis),
        distribution: analysis.cluster.distribution.clone(),
        versions: tables::facts(&analysis.cluster.versions),
        diagnostics: tables::diagnostics(analysis),
        suppressed: tables::suppressed(analysis),
        inputs: tables::inputs(analysis),
        provenance: tables::provenance(analysis),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use cards::tree;

    const DETAIL: Detail = Detail { root: 8, other: 5, context: 3, width: 1000, bytes: 1 << 20 };

    #[test]
    fn a_chain_of_consequences_is_folded_below_its_first_cause() {
        let mut analysis = sample::sample();
        let findings = &mut analysis.findings;
        // c is explained by b only, b by a; d is explained by both root causes.
        let (a, b, c) = (
            findings[0].fingerprint.clone(),
            findings[1].fingerprint.clone(),
            findings[2].fingerprint.clone(),
        );
        findings[0].explains = vec![b.clone()];
        findings[1].explained_by = vec![a];
        findings[1].explains = vec![c];
        findings[2].explained_by = vec![b];
        let tree = tree(findings);
        assert_eq!(tree.causes[0], (0, vec![1, 2], vec![]));
    }

    #[test]
    fn a_consequence_of_two_causes_is_shown_once() {
        let mut analysis = sample::sample();
        let second = analysis.findings.iter().rposition(|f| f.root_cause).unwrap();
        let shared = analysis.findings[1].fingerprint.clone();
        analysis.findings[second].explains.push(shared);
        let tree = tree(&analysis.findings);
        assert_eq!(tree.causes[1].2, vec![1]);
        assert!(!tree.causes[1].1.contains(&1));
    }

    #[test]
    fn a_loop_of_explanations_ends() {
        let mut analysis = sample::sample();
        let root = analysis.findings[0].fingerprint.clone();
        analysis.findings[1].explains.push(root);
        assert_eq!(tree(&analysis.findings).causes[0].1, vec![1, 2]);
    }

    #[test]
    fn the_verdict_has_at_most_five_lines() {
        for analysis in [sample::sample(), sample::nothing_found(), sample::nothing_known()] {
            assert!(view(&analysis, DETAIL).lines.len() <= 4);
        }
    }

    #[test]
    fn what_was_not_found_is_never_called_healthy() {
        let lines = |analysis: &Analysis| {
            view(analysis, DETAIL).lines.iter().map(|f| f.text.clone()).collect::<Vec<_>>().join("\n")
        };
        assert!(lines(&sample::nothing_found()).contains("not proof of health"));
        assert!(lines(&sample::nothing_known()).contains("neither good nor bad"));
    }

    #[test]
    fn evidence_beyond_the_budget_is_counted() {
        let view = view(&sample::sample(), Detail { bytes: 1, ..DETAIL });
        assert_eq!(view.causes[0].evidence.len(), 1);
        assert_eq!(view.causes[0].shown.as_deref(), Some("1 of 12,431 shown"));
    }
}
