//! Mutants: a rule with one thing changed. If no test of the rule notices, that thing is not proven.

use super::written::{Spot, Written};
use crate::base::stamp::{SECOND, duration_text, parse_duration};
use crate::rule::clause::{Form, Node};
use crate::rule::file::{self, SignalFile};
use crate::rule::{
    CONFIDENCES, Condition, DerivedSignal, Holds, LogSignal, RelationKind, Rule, SEVERITIES, SignalSource,
    keys,
};

/// A rule with one thing changed.
pub struct Mutant {
    /// The line of what was changed.
    pub line: Option<u64>,
    /// What was changed: a fragment.
    pub change: String,
    /// Which test would notice: a fragment.
    pub advice: String,
    /// The rule.
    pub rule: Rule,
    /// Whether it looks for other records than the rule it comes from.
    pub rescans: bool,
}

/// Makes the mutants of a rule, in the order of its parts.
#[must_use]
pub fn mutants(written: &Written<'_>) -> Vec<Mutant> {
    let mut maker = Maker { written, mutants: Vec::new() };
    maker.conditions();
    maker.scales();
    for position in 0..written.rule.signals.len() {
        maker.signal(position);
    }
    maker.groups();
    maker.mutants
}

struct Maker<'w, 'r> {
    written: &'w Written<'r>,
    mutants: Vec<Mutant>,
}

const ADVICE: &str = "add a test whose outcome depends on it";

impl Maker<'_, '_> {
    fn add(&mut self, line: Option<u64>, change: String, advice: &str, edit: impl FnOnce(&mut Rule)) {
        let mut rule = self.written.rule.clone();
        edit(&mut rule);
        self.mutants.push(Mutant { line, change, advice: advice.to_owned(), rule, rescans: false });
    }

    fn add_rescan(&mut self, line: Option<u64>, change: String, edit: impl FnOnce(&mut Rule)) {
        self.add(line, change, ADVICE, edit);
        if let Some(mutant) = self.mutants.last_mut() {
            mutant.rescans = true;
        }
    }

    fn conditions(&mut self) {
        for (spot, condition) in self.written.conditions() {
            let source = &condition.source;
            let Some(node) = Node::of(source) else { continue };
            let is_of_evidence = |node: &Node| {
                let text = source.get(node.range.clone()).unwrap_or_default();
                Condition::compile(text).is_ok_and(|condition| self.written.is_of_evidence(&condition))
            };
            for Edit { range, text, change, of, advice } in edits(&node, source, &is_of_evidence) {
                let (head, tail) = (source.get(..range.start), source.get(range.end..));
                let changed = [head.unwrap_or_default(), &text, tail.unwrap_or_default()].concat();
                let Ok(changed) = Condition::compile(&changed) else { continue };
                let change = match spot {
                    Spot::When => change,
                    spot => format!("in `{}`, {change}", self.written.name_of(spot)),
                };
                let advice = if spot == Spot::When { advice } else { ADVICE.to_owned() };
                let line = self.written.line_of(spot, &of);
                self.add(line, change, &advice, |rule| put(rule, spot, changed));
            }
        }
    }

    /// Each step of `severity` and `confidence` with another word, and each number of hits moved by one.
    fn scales(&mut self) {
        let rule = self.written.rule;
        for (scale, words, spot) in [
            (&rule.severity, SEVERITIES, Spot::Severity as fn(usize) -> Spot),
            (&rule.confidence, CONFIDENCES, Spot::Confidence),
        ] {
            if scale.len() < 2 {
                continue;
            }
            for (at, (level, holds)) in scale.iter().enumerate() {
                let line = self.written.line_of(spot(at), "");
                let other = if *level == 0 { 1 } else { level - 1 };
                let (word, instead) = (words.get(*level).unwrap_or(&""), words.get(other).unwrap_or(&""));
                let name = self.written.name_of(spot(at));
                let advice = format!("add a test that expects `{name}`");
                self.add(line, format!("`{word}` → `{instead}` in `{name}`"), &advice, |rule| {
                    if let Some(step) = steps(rule, spot(at)).get_mut(at) {
                        step.0 = other;
                    }
                });
                let Holds::Count(count) = holds else { continue };
                for changed in [count.saturating_sub(1), count + 1] {
                    let change = format!("`{name}` from {count} hits on → from {changed}");
                    let advice = format!("add a test with {} hits", (*count).min(changed));
                    self.add(line, change, &advice, |rule| {
                        if let Some(step) = steps(rule, spot(at)).get_mut(at) {
                            step.1 = Holds::Count(changed);
                        }
                    });
                }
            }
        }
    }

    fn signal(&mut self, position: usize) {
        let Some(signal) = self.written.rule.signals.get(position) else { return };
        let Some(file) = self.written.signal(position) else { return };
        let name = &signal.name;
        for (what, at, value) in
            [("window", &file.window, Some(signal.window)), ("recent", &file.recent, signal.recent)]
        {
            let (Some(at), Some(value)) = (at, value) else { continue };
            for changed in [value / 2, value.saturating_mul(2)] {
                let change = format!("{what} of `{name}`: {} → {}", at.value, text_of(changed));
                let advice = format!("add a test whose hits are {} apart", between(value, changed));
                self.add(file::line_of(at), change, &advice, |rule| {
                    let Some(signal) = rule.signals.get_mut(position) else { return };
                    if what == "window" {
                        signal.window = changed;
                    } else {
                        signal.recent = Some(changed);
                    }
                });
            }
        }
        if !signal.nodes.is_empty() {
            let line = file.nodes.0.first().and_then(file::line_of);
            self.add(line, format!("`{name}` without `nodes`"), ADVICE, |rule| {
                if let Some(signal) = rule.signals.get_mut(position) {
                    signal.nodes.clear();
                }
            });
        }
        match &signal.source {
            SignalSource::Logs(logs) => self.logs(position, name, logs, file),
            SignalSource::Objects(objects) => {
                if objects.filter.is_some() {
                    let line = file.filter.as_ref().and_then(file::line_of);
                    self.add(line, format!("`{name}` without `where`"), ADVICE, |rule| {
                        put_none(rule, position)
                    });
                }
            }
            SignalSource::Derived(derived) => self.derived(position, name, derived, file),
        }
    }

    fn logs(&mut self, position: usize, name: &str, logs: &LogSignal, file: &SignalFile) {
        let edit = |change: fn(&mut LogSignal, usize), at: usize| {
            move |rule: &mut Rule| {
                if let Some(SignalSource::Logs(logs)) =
                    rule.signals.get_mut(position).map(|signal| &mut signal.source)
                {
                    change(logs, at);
                }
            }
        };
        if logs.patterns.len() > 1 {
            for at in 0..logs.patterns.len() {
                let line = self.written.line_of_match(position, at);
                self.add_rescan(
                    line,
                    format!("`{name}` without match {}", at + 1),
                    edit(|logs, at| drop(logs.patterns.remove(at)), at),
                );
            }
        }
        for at in 0..logs.exclude.len() {
            let line = self.written.line_of_exclude(position, at);
            let change = format!("`{name}` without exclude {}", at + 1);
            self.add_rescan(line, change, edit(|logs, at| drop(logs.exclude.remove(at)), at));
        }
        if !logs.levels.is_empty() {
            let line = file.level.0.first().and_then(file::line_of);
            self.add_rescan(
                line,
                format!("`{name}` without `level`"),
                edit(|logs, _| logs.levels.clear(), 0),
            );
        }
        if let Some(at) = &file.namespace {
            let change = format!("`{name}` without `namespace`");
            self.add_rescan(file::line_of(at), change, edit(|logs, _| logs.namespace = None, 0));
        }
        if let Some(at) = &file.container {
            let change = format!("`{name}` without `container`");
            self.add_rescan(file::line_of(at), change, edit(|logs, _| logs.container = None, 0));
        }
    }

    fn derived(&mut self, position: usize, name: &str, derived: &DerivedSignal, file: &SignalFile) {
        let edit = |change: Box<dyn FnOnce(&mut DerivedSignal)>| {
            move |rule: &mut Rule| {
                if let Some(SignalSource::Derived(derived)) =
                    rule.signals.get_mut(position).map(|signal| &mut signal.source)
                {
                    change(derived);
                }
            }
        };
        let line = file.of.as_ref().and_then(file::line_of);
        for at in 0..derived.tags.len() {
            let tag = derived.tags.get(at).cloned().unwrap_or_default();
            let change = format!("`{name}` without the tag `{tag}`");
            self.add(line, change, ADVICE, edit(Box::new(move |derived| drop(derived.tags.remove(at)))));
        }
        let Some(relation) = &derived.relation else { return };
        self.add(
            line,
            format!("`{name}` without its relation"),
            ADVICE,
            edit(Box::new(|d| d.relation = None)),
        );
        for &(kind, word) in others(relation.kind) {
            let change = format!("`{name}` with `{word}` as its relation");
            let edit = edit(Box::new(move |derived| {
                if let Some(relation) = &mut derived.relation {
                    relation.kind = kind;
                }
            }));
            self.add(line, change, ADVICE, edit);
        }
        if let (Some(at), Some(within)) = (&file.within, relation.within) {
            for changed in [within / 2, within.saturating_mul(2)] {
                let change = format!("within of `{name}`: {} → {}", at.value, text_of(changed));
                let advice = format!("add a test with the two {} apart", between(within, changed));
                let edit = edit(Box::new(move |derived| {
                    if let Some(relation) = &mut derived.relation {
                        relation.within = Some(changed);
                    }
                }));
                self.add(file::line_of(at), change, &advice, edit);
            }
        }
        for (at, field) in relation.same.iter().enumerate() {
            let line = file.same.0.get(at).and_then(file::line_of);
            let edit = edit(Box::new(move |derived| {
                if let Some(relation) = &mut derived.relation {
                    relation.same.remove(at);
                }
            }));
            self.add(line, format!("`{name}` without `same: {field}`"), ADVICE, edit);
        }
    }

    fn groups(&mut self) {
        for (at, field) in self.written.rule.group_by.iter().enumerate() {
            let line = self.written.line_of_group(at);
            self.add_rescan(line, format!("without `group_by: {field}`"), |rule| {
                rule.group_by.remove(at);
                keys::track(rule);
            });
        }
    }
}

/// Relations that a slip of the author could have put in place of one.
fn others(kind: RelationKind) -> &'static [(RelationKind, &'static str)] {
    match kind {
        RelationKind::Near => &[(RelationKind::Before, "before"), (RelationKind::After, "after")],
        RelationKind::Before => &[(RelationKind::After, "after")],
        RelationKind::After => &[(RelationKind::Before, "before")],
        RelationKind::NotFollowedBy => &[(RelationKind::Before, "followed_by")],
        RelationKind::With => &[(RelationKind::Without, "without")],
        RelationKind::Without => &[(RelationKind::With, "with")],
    }
}

fn steps(rule: &mut Rule, spot: Spot) -> &mut Vec<(usize, Holds)> {
    if matches!(spot, Spot::Severity(_)) { &mut rule.severity } else { &mut rule.confidence }
}

fn put(rule: &mut Rule, spot: Spot, condition: Condition) {
    match spot {
        Spot::When => rule.when = condition,
        Spot::Severity(at) | Spot::Confidence(at) => {
            if let Some(step) = steps(rule, spot).get_mut(at) {
                step.1 = Holds::When(condition);
            }
        }
        Spot::Where(at) => {
            if let Some(SignalSource::Objects(objects)) =
                rule.signals.get_mut(at).map(|signal| &mut signal.source)
            {
                objects.filter = Some(condition);
            }
        }
    }
}

fn put_none(rule: &mut Rule, position: usize) {
    if let Some(SignalSource::Objects(objects)) =
        rule.signals.get_mut(position).map(|signal| &mut signal.source)
    {
        objects.filter = None;
    }
}

fn text_of(duration: i64) -> String {
    duration_text(duration as f64 / SECOND as f64)
}

fn between(a: i64, b: i64) -> String {
    format!("{} to {}", text_of(a.min(b)), text_of(a.max(b)))
}

/// A change of a condition's text.
struct Edit {
    range: std::ops::Range<usize>,
    text: String,
    change: String,
    /// The clause that it is about.
    of: String,
    advice: String,
}

/// All changes of a condition: each operand dropped, each clause reversed, each number moved.
fn edits(node: &Node, source: &str, is_of_evidence: &dyn Fn(&Node) -> bool) -> Vec<Edit> {
    let mut edits = Vec::new();
    if !is_of_evidence(node) {
        return edits;
    }
    match &node.form {
        Form::Clause => of_clause(node, source, &mut edits),
        Form::All(parts) | Form::Any(parts) => {
            let word = if matches!(node.form, Form::All(_)) { " && " } else { " || " };
            for (at, part) in parts.iter().enumerate() {
                if !is_of_evidence(part) || is_guard(part, parts, source) {
                    continue;
                }
                let kept = parts.iter().enumerate().filter(|(other, _)| *other != at);
                let kept: Vec<&str> = kept.filter_map(|(_, part)| source.get(part.outer.clone())).collect();
                let text = part.text(source);
                edits.push(Edit {
                    range: node.range.clone(),
                    text: kept.join(word),
                    change: format!("without `{text}`"),
                    of: text,
                    advice: ADVICE.to_owned(),
                });
            }
        }
        Form::Not(_) | Form::Choice(_) => {}
    }
    edits.extend(node.parts().iter().flat_map(|part| self::edits(part, source, is_of_evidence)));
    edits
}

/// Whether a part asks only for the presence of what another part then compares: a comparison with something absent does
/// not hold anyway.
fn is_guard(part: &Node, parts: &[Node], source: &str) -> bool {
    let text = part.text(source);
    let Some(path) = text.strip_prefix("has(").and_then(|rest| rest.strip_suffix(')')) else { return false };
    let clauses = parts.iter().filter(|other| other.form == Form::Clause && other.range != part.range);
    clauses.map(|other| other.text(source)).any(|other| other.contains(path))
}

fn of_clause(node: &Node, source: &str, edits: &mut Vec<Edit>) {
    let text = source.get(node.range.clone()).unwrap_or_default();
    let of = node.text(source);
    edits.push(Edit {
        range: node.range.clone(),
        text: format!("!({text})"),
        change: format!("`{of}` → `!({of})`"),
        of: of.clone(),
        advice: ADVICE.to_owned(),
    });
    for (range, changed) in numbers(text) {
        let (head, tail) = (text.get(..range.start), text.get(range.end..));
        let instead = [head.unwrap_or_default(), &changed, tail.unwrap_or_default()].concat();
        let range = node.range.start + range.start..node.range.start + range.end;
        let squeezed = instead.split_whitespace().collect::<Vec<_>>().join(" ");
        let advice = advice(&of, &squeezed).unwrap_or_else(|| ADVICE.to_owned());
        edits.push(Edit {
            range,
            text: changed,
            change: format!("`{of}` → `{squeezed}`"),
            of: of.clone(),
            advice,
        });
    }
}

/// Numbers in a clause with what to put in their place. What is counted moves by one; what is measured (it has a decimal point,
/// or is a duration) becomes half and double.
fn numbers(text: &str) -> Vec<(std::ops::Range<usize>, String)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let word =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || "._".contains(c))).unwrap_or(rest.len());
        let first = rest.chars().next().unwrap_or(' ');
        if let Some(quoted) = rest.strip_prefix(['"', '\'']) {
            let end = quoted.find(first).unwrap_or(quoted.len());
            let inner = quoted.get(..end).unwrap_or_default();
            let is_duration = text.get(..at).is_some_and(|head| head.ends_with(".recent("));
            if let Some(seconds) = parse_duration(inner).filter(|_| is_duration) {
                let range = at + 1..at + 1 + end;
                found.push((range.clone(), format!("{}s", seconds / 2.0)));
                found.push((range, format!("{}s", seconds * 2.0)));
            }
            at += (end + 2).min(rest.len());
        } else if first.is_ascii_digit() {
            let number = rest.get(..word).unwrap_or_default();
            if let Ok(whole) = number.parse::<i64>() {
                found.push((at..at + word, (whole - 1).to_string()));
                found.push((at..at + word, (whole + 1).to_string()));
            } else if let Ok(measure) = number.parse::<f64>() {
                found.push((at..at + word, format!("{:?}", measure / 2.0)));
                found.push((at..at + word, format!("{:?}", measure * 2.0)));
            }
            at += word;
        } else {
            at += if word > 0 { word } else { first.len_utf8() };
        }
    }
    found
}

/// The value that tells a threshold from the one that was put in its place.
fn advice(clause: &str, changed: &str) -> Option<String> {
    let (value, operator, limit) = threshold(clause)?;
    let (_, _, other) = threshold(changed)?;
    let is_lower = other < limit;
    let at = match operator {
        ">=" | "<" => limit.min(other),
        ">" | "<=" => limit.max(other),
        _ => return None,
    };
    let holds = (operator.starts_with('>')) != is_lower;
    let outcome = if holds { "where the clause holds" } else { "where it does not hold" };
    Some(format!("add a test with `{value}` = {at} {outcome}"))
}

/// `x.count >= 5` → (`x.count`, `>=`, 5).
#[must_use]
pub fn threshold(clause: &str) -> Option<(&str, &str, i64)> {
    let (head, limit) = clause.rsplit_once(' ')?;
    let (value, operator) = head.rsplit_once(' ')?;
    let known = [">=", ">", "<=", "<"].contains(&operator);
    let plain = !value.contains([' ', '<', '>', '=']);
    Some((value, operator, limit.parse().ok()?)).filter(|_| known && plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expect: &[&str]) {
        let node = Node::of(source).unwrap();
        let of_evidence =
            |node: &Node| !node.text(source).contains("bundle") || node.text(source).contains("x.");
        let changes: Vec<String> =
            edits(&node, source, &of_evidence).into_iter().map(|edit| edit.change).collect();
        assert_eq!(changes, expect, "{source}");
    }

    #[test]
    fn operands_are_dropped_clauses_reversed_and_numbers_moved() {
        check(
            "x.count >= 5 && x.last",
            &[
                "without `x.count >= 5`",
                "without `x.last`",
                "`x.count >= 5` → `!(x.count >= 5)`",
                "`x.count >= 5` → `x.count >= 4`",
                "`x.count >= 5` → `x.count >= 6`",
                "`x.last` → `!(x.last)`",
            ],
        );
        check(
            "x.recent('1h')",
            &[
                "`x.recent('1h')` → `!(x.recent('1h'))`",
                "`x.recent('1h')` → `x.recent('1800s')`",
                "`x.recent('1h')` → `x.recent('7200s')`",
            ],
        );
    }

    #[test]
    fn what_no_test_can_notice_is_not_changed() {
        check("has(bundle.time)", &[]);
        check(
            "has(x.last) && x.last",
            &["without `x.last`", "`has(x.last)` → `!(has(x.last))`", "`x.last` → `!(x.last)`"],
        );
    }

    #[test]
    fn the_value_between_two_thresholds_is_told() {
        let told = |a: &str, b: &str| advice(a, b).unwrap();
        assert_eq!(told("x.peak >= 5", "x.peak >= 4"), "add a test with `x.peak` = 4 where it does not hold");
        assert_eq!(told("x.peak >= 5", "x.peak >= 6"), "add a test with `x.peak` = 5 where the clause holds");
        assert_eq!(told("x.peak > 5", "x.peak > 4"), "add a test with `x.peak` = 5 where it does not hold");
        assert_eq!(
            told("x.count < 5", "x.count < 4"),
            "add a test with `x.count` = 4 where the clause holds"
        );
    }
}
