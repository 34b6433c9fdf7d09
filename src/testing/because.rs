//! Why a test came out as it did: what each clause came to, what the signals were, and which lines were nearly hits.

use super::case::Case;
use super::stand::Stand;
use super::written::{Spot, Written};
use crate::base::words;
use crate::ingest::Ingested;
use crate::ingest::memory::Content;
use crate::log;
use crate::rule::{ANY, LogSignal, Pattern, SignalSource};
use crate::scan::verify;
use crate::verdict::Verdict;
use crate::verdict::evaluate::Evaluator;
use crate::verdict::signal::SignalValue;

/// Groups that are shown; more say the same again.
const GROUPS: usize = 3;

/// Lines that are named of one kind.
const LINES: usize = 3;

/// Values of a field that are shown.
const VALUES: usize = 5;

/// Says why, a line each.
#[must_use]
pub fn because(
    written: &Written<'_>,
    stand: &Stand<'_>,
    case: &Case<'_>,
    ingested: &Ingested,
    verdict: &Verdict,
) -> Vec<String> {
    let evaluator = Evaluator::new(&ingested.bundle);
    let weighed = stand.weigh(case, ingested);
    let mut why = Vec::new();
    for (number, values) in weighed.groups.iter().take(GROUPS).enumerate() {
        if weighed.groups.len() > 1 {
            why.push(format!("group {} of {}:", number + 1, weighed.groups.len()));
        }
        why.extend(clauses(written, &evaluator, values));
        why.extend(values.iter().map(signal));
    }
    if let Verdict::Unknown(lacks) = verdict {
        let lacks: Vec<String> =
            lacks.iter().take(LINES).map(|lack| format!("{}: {}", lack.source, lack.gap.reason)).collect();
        why.push(format!("unknown because of {}", lacks.join("; ")));
    }
    for signal in &written.rule.signals {
        if let SignalSource::Logs(logs) = &signal.source {
            let values = weighed.groups.iter().flatten();
            let is_seen = values.filter(|value| value.name == signal.name).any(|value| value.count > 0);
            why.extend(nearest(&signal.name, logs, case, is_seen));
        }
    }
    why.extend(untimed(case));
    why
}

fn clauses(written: &Written<'_>, evaluator: &Evaluator, values: &[SignalValue]) -> Vec<String> {
    let clauses = written.clauses().into_iter().filter(|clause| clause.spot == Spot::When);
    clauses
        .map(|clause| {
            let answer = evaluator.when(&clause.condition, values).word();
            let line = clause.line.map_or(String::new(), |line| format!("line {line}: "));
            format!("{line}`{}` is {answer}", clause.text)
        })
        .collect()
}

/// `refused: count 3, peak 2, on node1, remote = a, b`.
fn signal(value: &SignalValue) -> String {
    let mut parts = vec![format!("count {}, peak {}", value.count, value.peak)];
    if value.count > 0 {
        let nodes: Vec<&str> = value.nodes.iter().map(String::as_str).collect();
        parts.push(format!("on {}", words::list(&nodes)));
        parts.extend(value.last_time().map(|time| format!("last at {}", time.to_seconds_text())));
    }
    if value.partial {
        parts.push("perhaps more: sources are missing".to_owned());
    }
    for (field, values) in &value.fields {
        let shown: Vec<&str> = values.seen.keys().take(VALUES).map(AsRef::as_ref).collect();
        let more = if values.seen.len() > VALUES { ", …" } else { "" };
        parts.push(format!("{field} = {}{more}", shown.join(", ")));
    }
    format!("`{}`: {}", value.name, parts.join(", "))
}

/// Lines that hold the words of an alternative and do not fit it; where there are no hits, also those that do.
fn nearest(name: &str, signal: &LogSignal, case: &Case<'_>, is_seen: bool) -> Vec<String> {
    let mut why = Vec::new();
    for (component, text) in logs(case) {
        let is_read = signal.components.iter().any(|named| named == ANY || named == component);
        for (number, line) in text.lines().enumerate() {
            let place = format!("line {} of the {component} log", number + 1);
            let fitting =
                signal.patterns.iter().position(|pattern| verify::fits(&log::read(line), &pattern.matcher));
            let near = signal.patterns.iter().position(|pattern| holds_atom(pattern, line));
            why.extend(match (fitting, near) {
                (_, Some(_)) if !is_read => Some(format!(
                    "{place} has the words of `{name}`, which does not read the logs of {component}"
                )),
                (Some(_), _) if is_seen => None,
                (Some(at), _) => {
                    let what = "its level, its program or an `exclude` leaves it out";
                    Some(format!("{place} fits match {} of `{name}`: {what}", at + 1))
                }
                (None, Some(at)) => Some(format!(
                    "{place} has the words of match {} of `{name}` and does not fit the rest",
                    at + 1
                )),
                (None, None) => None,
            });
        }
    }
    if why.is_empty() && !is_seen {
        why.push(format!("no line has the words of any match of `{name}`"));
    }
    why.truncate(LINES);
    why
}

fn holds_atom(pattern: &Pattern, line: &str) -> bool {
    pattern.required.atoms.iter().any(|atom| memchr::memmem::find(line.as_bytes(), atom).is_some())
}

/// Lines whose time nobody can read: windows and order do not see them.
fn untimed(case: &Case<'_>) -> Vec<String> {
    let mut why = Vec::new();
    for (component, text) in logs(case) {
        let lines: Vec<String> = text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty() && !log::join::continues(line))
            .filter(|(_, line)| log::read(line).stamp.is_none())
            .map(|(number, _)| (number + 1).to_string())
            .take(LINES)
            .collect();
        if !lines.is_empty() {
            let noun = if lines.len() == 1 { "line" } else { "lines" };
            let told = words::list(&lines);
            why.push(format!("{noun} {told} of the {component} log: no time that any format knows"));
        }
    }
    why
}

fn logs<'c>(case: &'c Case<'_>) -> impl Iterator<Item = (&'static str, &'c str)> {
    case.contents.iter().filter_map(|(_, content)| match content {
        Content::Log { component, text } => Some((*component, text.as_str())),
        Content::File { .. } | Content::Objects(_) => None,
    })
}
