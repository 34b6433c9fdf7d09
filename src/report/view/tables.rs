//! Everything around the findings: what is missing, what is covered, what the cluster is, where it all came from.

use std::collections::{BTreeMap, BTreeSet};

use super::{Cell, Fact, Gap, InputRow, NodeRow, Note, Row, few, moment, raw, slug};
use crate::analysis::{Analysis, State};
use crate::base::stamp::duration_text;
use crate::base::{Untrusted, words};

/// Commands that are shown for one source that is missing.
const COMMANDS: usize = 3;

/// Missing sources, those that most rules wait for first.
pub(super) fn gaps(analysis: &Analysis) -> Vec<Gap> {
    #[derive(Default)]
    struct Group {
        reasons: BTreeMap<String, BTreeSet<String>>,
        rules: BTreeMap<String, String>,
        /// Command → how many rules ask for it.
        collect: BTreeMap<String, usize>,
    }
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for unknown in &analysis.unknown {
        if unknown.missing.is_empty() {
            let group = groups.entry("source not stated".to_owned()).or_default();
            group.rules.insert(unknown.rule.clone(), unknown.title.clone());
        }
        for missing in &unknown.missing {
            let group = groups.entry(missing.source.clone()).or_default();
            group.rules.insert(unknown.rule.clone(), unknown.title.clone());
            let nodes = group.reasons.entry(missing.reason.clone()).or_default();
            nodes.extend(missing.node.as_ref().map(|node| node.raw().to_owned()));
            for command in &missing.collect {
                *group.collect.entry(command.clone()).or_default() += 1;
            }
        }
    }
    let mut out: Vec<Gap> = groups
        .into_iter()
        .map(|(source, group)| Gap {
            anchor: gap_anchor(&source),
            source,
            reasons: group.reasons.into_iter().map(reason).collect(),
            waiting: words::count(group.rules.len() as u64, "rule"),
            rules: group.rules.into_iter().map(|(label, text)| Fact { label, text }).collect(),
            collect: most_asked(group.collect),
        })
        .collect();
    out.sort_by(|a, b| (b.rules.len(), &a.source).cmp(&(a.rules.len(), &b.source)));
    out
}

/// The commands that most rules ask for, those first. A log that hundreds of rules wait for would fill a report with commands; the
/// result as JSON has them all.
fn most_asked(asked: BTreeMap<String, usize>) -> Vec<String> {
    let mut asked: Vec<(String, usize)> = asked.into_iter().collect();
    asked.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    asked.into_iter().take(COMMANDS).map(|(command, _)| command).collect()
}

fn reason((reason, nodes): (String, BTreeSet<String>)) -> Fact {
    let nodes: Vec<String> = nodes.into_iter().collect();
    Fact { label: few(&nodes, 12), text: reason }
}

/// Node names of the matrix: those of the inventory, then any others.
pub(super) fn columns(analysis: &Analysis) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let known = analysis.cluster.nodes.iter().map(|node| &node.name);
    let covered = analysis.coverage.iter().filter_map(|entry| entry.node.as_ref());
    for name in known.chain(covered).map(Untrusted::raw) {
        let is_covered = analysis.coverage.iter().any(|e| e.node.as_ref().is_some_and(|n| n.raw() == name));
        if is_covered && !out.iter().any(|seen| seen == name) {
            out.push(name.to_owned());
        }
    }
    out
}

pub(super) fn coverage(analysis: &Analysis, columns: &[String], gaps: &[Gap]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for entry in &analysis.coverage {
        let Some(node) = &entry.node else { continue };
        let at = rows.iter().position(|row| row.source == entry.source).unwrap_or_else(|| {
            let cells = columns.iter().map(|_| None).collect();
            rows.push(Row { source: entry.source.clone(), cells });
            rows.len() - 1
        });
        let column = columns.iter().position(|name| name == node.raw());
        let slot = column.and_then(|column| rows.get_mut(at)?.cells.get_mut(column));
        if let Some(slot) = slot {
            *slot = Some(cell(entry, gaps));
        }
    }
    rows
}

/// What belongs to no node.
pub(super) fn cluster_wide(analysis: &Analysis, gaps: &[Gap]) -> Vec<Cell> {
    let wide = analysis.coverage.iter().filter(|entry| entry.node.is_none());
    wide.map(|entry| cell(entry, gaps)).collect()
}

fn cell(entry: &crate::analysis::Coverage, gaps: &[Gap]) -> Cell {
    let (state, symbol) = match entry.state {
        State::Present => ("present", "■"),
        State::Empty => ("empty", "□"),
        State::Truncated => ("truncated", "◧"),
        State::Missing => ("missing", "–"),
        State::Unreadable => ("unreadable", "×"),
        State::Redacted => ("redacted", "▒"),
    };
    let noun = if entry.source.ends_with("logs") { "line" } else { "object" };
    Cell {
        source: entry.source.clone(),
        state,
        symbol,
        text: match entry.state {
            State::Present => words::count(entry.lines, noun),
            State::Truncated => format!("truncated, {}", words::count(entry.lines, noun)),
            _ => state.to_owned(),
        },
        first: moment(entry.first),
        last: moment(entry.last),
        gaps: entry.gaps.len(),
        gap: gaps
            .iter()
            .find(|gap| gap.source == entry.source && entry.state != State::Present)
            .map(|gap| gap.anchor.clone()),
    }
}

pub(super) fn facts(map: &BTreeMap<String, String>) -> Vec<Fact> {
    map.iter().map(|(label, text)| Fact { label: label.clone(), text: text.clone() }).collect()
}

pub(super) fn nodes(analysis: &Analysis) -> Vec<NodeRow> {
    let row = |node: &crate::analysis::Node| NodeRow {
        name: node.name.raw().to_owned(),
        roles: node.roles.join(", "),
        addresses: raw(&node.addresses),
        versions: facts(&node.versions),
        captured: moment(node.captured_at),
        skew: node.clock_skew_ms.map(|ms| {
            let sign = if ms < 0 { "−" } else { "+" };
            format!("{sign}{}", duration_text(ms as f64 / 1000.0))
        }),
    };
    analysis.cluster.nodes.iter().map(row).collect()
}

pub(super) fn diagnostics(analysis: &Analysis) -> Vec<Note> {
    use crate::base::Severity as Level;
    let mut notes: Vec<_> = analysis.diagnostics.iter().collect();
    notes.sort_by_key(|diagnostic| std::cmp::Reverse(diagnostic.severity));
    let row = |diagnostic: &&crate::base::Diagnostic| {
        let (severity, symbol) = match diagnostic.severity {
            Level::Error => ("error", "●"),
            Level::Warning => ("warning", "▲"),
            Level::Info => ("info", "○"),
        };
        let file = diagnostic.file.clone().unwrap_or_default();
        Note {
            severity,
            symbol,
            code: diagnostic.code,
            place: diagnostic.line.map_or(file.clone(), |line| format!("{file}:{line}")),
            message: diagnostic.message.clone(),
            help: [diagnostic.help.clone(), diagnostic.limit.map(|flag| format!("limit: --{flag}"))]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join("; "),
        }
    };
    notes.iter().map(row).collect()
}

pub(super) fn suppressed(analysis: &Analysis) -> Vec<Fact> {
    let row = |suppressed: &crate::analysis::Suppressed| Fact {
        label: suppressed.fingerprint.clone(),
        text: match &suppressed.expires {
            Some(date) => format!("{} (until {date})", suppressed.reason),
            None => suppressed.reason.clone(),
        },
    };
    analysis.suppressed.iter().map(row).collect()
}

pub(super) fn inputs(analysis: &Analysis) -> Vec<InputRow> {
    let row = |input: &crate::analysis::Input| InputRow {
        path: input.path.raw().to_owned(),
        bytes: words::count(input.bytes, "byte"),
        members: words::count(input.members, "file"),
        sha256: input.sha256.clone(),
    };
    analysis.inputs.iter().map(row).collect()
}

pub(super) fn provenance(analysis: &Analysis) -> Vec<Fact> {
    let fact = |label: &str, text: String| Fact { label: label.to_owned(), text };
    let captured = match (analysis.captured_at, &analysis.captured_at_source) {
        (Some(time), Some(source)) => format!("{time}, read from {source}"),
        (Some(time), None) => format!("{time}, source not recorded"),
        (None, _) => "not known, so ages cannot be told".to_owned(),
    };
    let book = &analysis.tool.rulebook;
    let own = if book.own.is_empty() {
        String::new()
    } else {
        format!(", {} of them not built in ({})", book.own.len(), words::list(&book.own))
    };
    vec![
        fact("Tool", format!("{} {}", analysis.tool.name, analysis.tool.version)),
        fact(
            "Rulebook",
            format!("{}{own}, SHA-256 {}", words::count(book.rules as u64, "rule"), book.sha256),
        ),
        fact("Schema", analysis.schema.to_owned()),
        fact("Captured", captured),
    ]
}

fn gap_anchor(source: &str) -> String {
    format!("missing-{}", slug(&source.to_lowercase()))
}
