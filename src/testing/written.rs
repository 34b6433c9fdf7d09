//! The parts of a rule with their places, as its author wrote them.

use std::ops::Range;

use crate::rule::clause::Node;
use crate::rule::file::{self, At, MatchFile, RuleFile, Scale, SignalFile};
use crate::rule::{CONFIDENCES, Condition, Holds, Rule, SEVERITIES, SignalSource, read};

/// A condition of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spot {
    /// `when`.
    When,
    /// A step of `severity`, by position.
    Severity(usize),
    /// A step of `confidence`, by position.
    Confidence(usize),
    /// `where` of a signal, by position.
    Where(usize),
}

/// A rule and its file.
pub struct Written<'r> {
    /// The rule.
    pub rule: &'r Rule,
    file: RuleFile,
}

/// A clause of a condition.
pub struct Clause {
    /// The condition that it is part of.
    pub spot: Spot,
    /// Its line.
    pub line: Option<u64>,
    /// Its text, white space made single.
    pub text: String,
    /// Where it stands in the condition.
    pub range: Range<usize>,
    /// It alone.
    pub condition: Condition,
}

impl<'r> Written<'r> {
    /// Reads the file of a rule again.
    ///
    /// # Errors
    /// When the file is no rule, which a rule's own file never is: a sentence fragment.
    pub fn of(rule: &'r Rule) -> Result<Self, String> {
        let file = read::parse(&rule.source).ok_or("the file of the rule is no rule")?;
        Ok(Self { rule, file })
    }

    /// The conditions of the rule.
    #[must_use]
    pub fn conditions(&self) -> Vec<(Spot, &'r Condition)> {
        let rule = self.rule;
        let mut conditions = vec![(Spot::When, &rule.when)];
        for (scale, spot) in
            [(&rule.severity, Spot::Severity as fn(usize) -> Spot), (&rule.confidence, Spot::Confidence)]
        {
            for (step, (_, holds)) in scale.iter().enumerate() {
                if let Holds::When(condition) = holds {
                    conditions.push((spot(step), condition));
                }
            }
        }
        for (position, signal) in rule.signals.iter().enumerate() {
            if let SignalSource::Objects(objects) = &signal.source {
                conditions.extend(objects.filter.iter().map(|filter| (Spot::Where(position), filter)));
            }
        }
        conditions
    }

    /// The clauses of all conditions that say anything of evidence: what is said of the bundle alone, a test cannot change.
    #[must_use]
    pub fn clauses(&self) -> Vec<Clause> {
        let mut clauses = Vec::new();
        for (spot, condition) in self.conditions() {
            let source = &condition.source;
            for part in Node::of(source).clauses() {
                let text = part.text(source);
                let Ok(condition) = Condition::compile(source.get(part.range.clone()).unwrap_or_default())
                else {
                    continue;
                };
                if self.is_of_evidence(&condition) {
                    let line = self.line_of(spot, &text);
                    clauses.push(Clause { spot, line, text, range: part.range.clone(), condition });
                }
            }
        }
        clauses
    }

    /// Whether a condition names a signal, or the object in question.
    #[must_use]
    pub fn is_of_evidence(&self, condition: &Condition) -> bool {
        let names = condition.variables();
        names.contains(crate::verdict::evaluate::OBJECT)
            || self.rule.signals.iter().any(|signal| names.contains(&signal.name))
    }

    /// What a condition is called: `confidence: high`.
    #[must_use]
    pub fn name_of(&self, spot: Spot) -> String {
        let step = |scale: &[(usize, Holds)], words: &[&str], name: &str, step: usize| {
            let word = scale.get(step).and_then(|(level, _)| words.get(*level)).copied().unwrap_or_default();
            format!("{name}: {word}")
        };
        match spot {
            Spot::When => "when".to_owned(),
            Spot::Severity(at) => step(&self.rule.severity, SEVERITIES, "severity", at),
            Spot::Confidence(at) => step(&self.rule.confidence, CONFIDENCES, "confidence", at),
            Spot::Where(at) => {
                format!("{}.where", self.rule.signals.get(at).map_or("", |signal| &signal.name))
            }
        }
    }

    /// The line of a part of a condition.
    #[must_use]
    pub fn line_of(&self, spot: Spot, text: &str) -> Option<u64> {
        let step = |scale: Option<&At<Scale>>, steps: &[(usize, Holds)], words: &[&str], at: usize| {
            let word = steps.get(at).and_then(|(level, _)| words.get(*level))?;
            match &scale?.value {
                Scale::Steps(named) => file::line_of(named.get(word)?),
                Scale::One(_) => file::line_of(scale?),
            }
        };
        let from = match spot {
            Spot::When => file::line_of(&self.file.when),
            Spot::Severity(at) => step(Some(&self.file.severity), &self.rule.severity, SEVERITIES, at),
            Spot::Confidence(at) => {
                step(self.file.confidence.as_ref(), &self.rule.confidence, CONFIDENCES, at)
            }
            Spot::Where(at) => {
                let filter = self.signal(at).and_then(|signal| signal.filter.as_ref());
                filter.and_then(file::line_of)
            }
        }?;
        Some(find(&self.rule.source, from, text).unwrap_or(from))
    }

    /// A signal as it was written.
    #[must_use]
    pub fn signal(&self, position: usize) -> Option<&SignalFile> {
        let name = &self.rule.signals.get(position)?.name;
        self.file.signals.get(name).map(|at| &at.value)
    }

    /// The line of an alternative of a log signal.
    #[must_use]
    pub fn line_of_match(&self, signal: usize, pattern: usize) -> Option<u64> {
        self.signal(signal)?.matches.0.get(pattern).and_then(line_of_text)
    }

    /// The line of something that a log signal leaves out.
    #[must_use]
    pub fn line_of_exclude(&self, signal: usize, exclude: usize) -> Option<u64> {
        self.signal(signal)?.exclude.0.get(exclude).and_then(line_of_text)
    }

    /// The line of `group_by`.
    #[must_use]
    pub fn line_of_group(&self, position: usize) -> Option<u64> {
        self.file.group_by.0.get(position).and_then(file::line_of)
    }

    /// The line of a test.
    #[must_use]
    pub fn line_of_test(&self, position: usize) -> Option<u64> {
        self.file.tests.get(position).and_then(file::line_of)
    }
}

fn line_of_text(at: &At<MatchFile>) -> Option<u64> {
    file::line_of(at)
}

/// The line, at `from` or below it, where a text begins of which the file may break the lines anywhere.
fn find(source: &str, from: u64, text: &str) -> Option<u64> {
    let skipped = usize::try_from(from.checked_sub(1)?).ok()?;
    let start: usize = source.split_inclusive('\n').take(skipped).map(str::len).sum();
    let rest = source.get(start..)?;
    let mut places = rest.char_indices().filter(|(_, c)| !c.is_whitespace()).map(|(at, _)| at);
    let at = places.find(|at| begins(rest.get(*at..).unwrap_or_default(), text))?;
    Some(from + rest.get(..at)?.matches('\n').count() as u64)
}

/// Whether `rest` begins with `text`, whatever the white space, and with quotes as YAML escapes them.
fn begins(rest: &str, text: &str) -> bool {
    let mut rest = rest.chars().filter(|c| !c.is_whitespace() && *c != '\\');
    let mut text = text.chars().filter(|c| !c.is_whitespace() && *c != '\\');
    text.all(|c| rest.next() == Some(c))
}
