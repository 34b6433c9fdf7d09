//! Which finding explains which: consequences are folded under their root cause.
//!
//! Rules say what they can explain; findings decide whether they do: they must speak of the same things, the cause
//! must not begin after the consequence ended nor have ended a day before it began, and a deeper layer is never explained by a
//! higher one.

use std::collections::BTreeMap;

use crate::base::Time;
use crate::base::stamp::SECOND;
use crate::rule::{Rule, Rulebook};
use crate::verdict::Finding;

/// A cause may be logged a little after its consequence: detection takes time, and clocks differ.
const SLACK: i64 = 60 * SECOND;

/// What was over for so long explains nothing that begins now: a process that was killed two weeks ago, a restart of last month.
const OVER: i64 = 24 * 3600 * SECOND;

/// A finding's place among the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Findings that explain it, by position.
    pub explained_by: Vec<usize>,
    /// Findings that it explains, by position.
    pub explains: Vec<usize>,
}

/// Links findings, by position. Without cycles: every chain of explanations ends in a root.
#[must_use]
pub fn link(book: &Rulebook, findings: &[Finding]) -> Vec<Link> {
    let mut links = vec![Link::default(); findings.len()];
    let mut edges: Vec<(usize, usize)> = Vec::new();
    for (cause, a) in findings.iter().enumerate() {
        for (effect, b) in findings.iter().enumerate() {
            let (Some(rule_a), Some(rule_b)) = (book.rules.get(a.rule), book.rules.get(b.rule)) else {
                continue;
            };
            if cause != effect && may_explain(rule_a, rule_b) && meet(a, b) {
                edges.push((cause, effect));
            }
        }
    }
    // The likelier cause first, so that of two findings that explain each other the deeper and earlier one is the cause.
    edges.sort_by_key(|(cause, effect)| (rank(book, findings, *cause), rank(book, findings, *effect)));
    for (cause, effect) in edges {
        if !reaches(&links, effect, cause) {
            if let Some(link) = links.get_mut(cause) {
                link.explains.push(effect);
            }
            if let Some(link) = links.get_mut(effect) {
                link.explained_by.push(cause);
            }
        }
    }
    links
}

fn may_explain(cause: &Rule, effect: &Rule) -> bool {
    let named = cause.explains.iter().any(|id| *id == effect.id || effect.aliases.contains(id));
    named && cause.layer <= effect.layer
}

/// Deeper layers, then earlier beginnings, then a fixed order.
fn rank(book: &Rulebook, findings: &[Finding], index: usize) -> (u8, Option<Time>, usize) {
    let finding = findings.get(index);
    let layer = finding.and_then(|finding| book.rules.get(finding.rule)).map_or(u8::MAX, |rule| rule.layer);
    (layer, finding.and_then(|finding| finding.span).map(|span| span.first), index)
}

/// Whether two findings speak of the same things at fitting times.
fn meet(cause: &Finding, effect: &Finding) -> bool {
    let apart =
        cause.group.iter().any(|(name, value)| effect.group.get(name).is_some_and(|other| other != value));
    let fits = match (cause.span, effect.span) {
        (Some(cause), Some(effect)) => {
            let late = cause.first.0 > effect.last.0.saturating_add(SLACK);
            let over = effect.first.0 > cause.last.0.saturating_add(OVER);
            !late && !over
        }
        _ => true,
    };
    !apart && fits
}

/// Whether a chain of explanations leads from one finding to another.
fn reaches(links: &[Link], from: usize, to: usize) -> bool {
    let mut seen = BTreeMap::new();
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        if at == to {
            return true;
        }
        if seen.insert(at, ()).is_none() {
            open.extend(links.get(at).into_iter().flat_map(|link| link.explains.iter().copied()));
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::TimeSpan;
    use crate::rule::Vocabulary;

    const NONE: Vec<usize> = Vec::new();

    fn book(rules: &[(&str, u8, &[&str])]) -> Rulebook {
        let files: Vec<(String, String)> = rules
            .iter()
            .map(|(id, layer, explains)| {
                let text = format!(
                    "id: {id}\ntitle: t\nseverity: error\ncomponent: etcd\nlayer: {layer}\nsignals:\n  s:\n    logs: [etcd]\n    match: [some words]\nwhen: s.count > 0\nabout: why\nexplains: [{}]\n",
                    explains.join(", ")
                );
                (format!("rules/{id}.yaml"), text)
            })
            .collect();
        Rulebook::from_files(
            files.iter().map(|(path, text)| (path.as_str(), text.as_str())),
            &Vocabulary::default(),
        )
        .0
    }

    fn finding(rule: usize, group: &[(&str, &str)], seconds: Option<(i64, i64)>) -> Finding {
        Finding {
            rule,
            group: group.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            severity: 2,
            confidence: 2,
            title: String::new(),
            summary: String::new(),
            commands: Vec::new(),
            count: 1,
            span: seconds
                .map(|(first, last)| TimeSpan { first: Time(first * SECOND), last: Time(last * SECOND) }),
            nodes: Default::default(),
            fields: BTreeMap::new(),
            evidence: Vec::new(),
        }
    }

    /// For each finding, the positions of those that explain it.
    fn explained(book: &Rulebook, findings: &[Finding]) -> Vec<Vec<usize>> {
        link(book, findings).into_iter().map(|link| link.explained_by).collect()
    }

    #[test]
    fn consequences_are_folded_under_what_explains_them() {
        let book = book(&[("a", 1, &["b"]), ("b", 3, &["c"]), ("c", 4, &[])]);
        let findings = [finding(0, &[], Some((0, 9))), finding(1, &[], Some((1, 9))), finding(2, &[], None)];
        assert_eq!(explained(&book, &findings), [NONE, vec![0], vec![1]]);
    }

    #[test]
    fn a_cause_does_not_begin_after_its_consequence_ended() {
        let book = book(&[("a", 1, &["b"]), ("b", 3, &[])]);
        assert_eq!(
            explained(&book, &[finding(0, &[], Some((100, 200))), finding(1, &[], Some((0, 30)))]),
            [NONE, NONE]
        );
        assert_eq!(
            explained(&book, &[finding(0, &[], Some((80, 200))), finding(1, &[], Some((0, 30)))]),
            [NONE, vec![0]]
        );
    }

    #[test]
    fn different_things_do_not_explain_each_other() {
        let book = book(&[("a", 1, &["b"]), ("b", 3, &[])]);
        let a = finding(0, &[("namespace", "x")], None);
        assert_eq!(explained(&book, &[a, finding(1, &[("namespace", "y")], None)]), [NONE, NONE]);
        let a = finding(0, &[("namespace", "x")], None);
        assert_eq!(explained(&book, &[a, finding(1, &[("peer", "y")], None)]), [NONE, vec![0]]);
    }

    #[test]
    fn cycles_are_broken_at_the_deeper_and_earlier_finding() {
        let book = book(&[("a", 3, &["b"]), ("b", 3, &["a"])]);
        assert_eq!(
            explained(&book, &[finding(0, &[], Some((5, 9))), finding(1, &[], Some((1, 9)))]),
            [vec![1], NONE]
        );
    }

    #[test]
    fn a_deeper_layer_is_never_explained_by_a_higher_one() {
        let book = book(&[("a", 5, &["b"]), ("b", 3, &[])]);
        assert_eq!(explained(&book, &[finding(0, &[], None), finding(1, &[], None)]), [NONE, NONE]);
    }

    #[test]
    fn what_was_over_a_day_before_explains_nothing() {
        let book = book(&[("cause", 1, &["effect"]), ("effect", 2, &[])]);
        let day = 24 * 3600;
        let near = [finding(0, &[], Some((0, 10))), finding(1, &[], Some((day, day + 5)))];
        let far = [finding(0, &[], Some((0, 10))), finding(1, &[], Some((day + 11, day + 20)))];
        assert_eq!(explained(&book, &near), [NONE, vec![0]]);
        assert_eq!(explained(&book, &far), [NONE, NONE]);
    }
}
