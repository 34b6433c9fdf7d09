//! Small changes of a condition's text: what an author could have got wrong.

use std::ops::Range;

use crate::base::stamp::parse_duration;
use crate::rule::Condition;
use crate::rule::clause::{Form, Node};

/// What is said when nothing better is known.
pub const ADVICE: &str = "add a test whose outcome depends on it";

/// A condition with another text in place of a part of it; `None` when that is no condition.
#[must_use]
pub fn changed(condition: &Condition, range: Range<usize>, text: &str) -> Option<Condition> {
    let (head, tail) = (condition.source.get(..range.start)?, condition.source.get(range.end..)?);
    Condition::compile(&[head, text, tail].concat()).ok()
}

/// A change of a condition's text.
pub struct Edit {
    /// What is replaced.
    pub range: Range<usize>,
    /// By what.
    pub text: String,
    /// What is changed by it: a fragment.
    pub change: String,
    /// The clause that it is about.
    pub of: String,
    /// Which test would notice: a fragment.
    pub advice: String,
}

/// All changes of a condition: each operand dropped, each clause reversed, each number moved.
#[must_use]
pub fn edits(node: &Node, source: &str, is_of_evidence: &dyn Fn(&Node) -> bool) -> Vec<Edit> {
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
/// or is a duration) becomes half and double; nothing is neither.
#[must_use]
pub fn numbers(text: &str) -> Vec<(Range<usize>, String)> {
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
            } else if let Some(measure) = number.parse::<f64>().ok().filter(|measure| *measure != 0.0) {
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
        let node = Node::of(source);
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
    fn nothing_has_no_half() {
        assert_eq!(numbers("x.size > 0.0"), []);
        assert_eq!(numbers("x1.count == 0").len(), 2);
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
