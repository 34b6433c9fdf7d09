//! Clause coverage: what a rule says and none of its tests shows.
//!
//! Asked for are, of each clause of `when`, that some test sees it true, false and unknown; of each clause of `where` and
//! of the steps of `severity` and `confidence`, true and false; that each alternative of `match` hits and that each
//! `exclude` leaves something out. Not asked for is what no test could show: clauses that speak of the bundle alone.

use std::collections::{BTreeMap, BTreeSet};

use super::case::Case;
use super::stand::{Stand, alone};
use super::written::{Clause, Spot, Written};
use crate::base::words;
use crate::ingest::Ingested;
use crate::rule::{Answer, Holds, LogSignal, Rule, Rulebook, Signal, SignalSource, TAG};
use crate::verdict::evaluate::Evaluator;
use crate::verdict::objects::of_json;
use crate::verdict::signal::SignalValue;

/// What no test of a rule shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The line of what is not shown.
    pub line: Option<u64>,
    /// What is not shown: a fragment.
    pub message: String,
}

/// The log signals of a rule, so changed that a hit tells its alternative and that a look-alike can be seen.
pub struct Tagged {
    book: Rulebook,
    /// Of each signal, the one of the rule that it is of, and the look-alike that it counts.
    of: Vec<(usize, Option<usize>)>,
}

/// Collects what the tests of a rule show.
pub struct Coverage<'w, 'r> {
    written: &'w Written<'r>,
    tagged: &'w Tagged,
    /// The search for the tagged signals.
    search: Stand<'w>,
    clauses: Vec<Clause>,
    seen: Vec<Vec<Answer>>,
    /// Alternatives that hit: (signal, alternative).
    hit: BTreeSet<(usize, usize)>,
    /// Look-alikes that were left out: (signal, exclude).
    left_out: BTreeSet<(usize, usize)>,
}

impl<'w, 'r> Coverage<'w, 'r> {
    /// Nothing is shown yet.
    ///
    /// # Errors
    /// When the signals cannot be compiled into a search: a sentence fragment.
    pub fn of(written: &'w Written<'r>, tagged: &'w Tagged) -> Result<Self, String> {
        let clauses = written.clauses();
        let seen = vec![Vec::new(); clauses.len()];
        let search = Stand::of(&tagged.book);
        let (hit, left_out) = (BTreeSet::new(), BTreeSet::new());
        Ok(Self { written, tagged, search, clauses, seen, hit, left_out })
    }

    /// Takes in what one test shows.
    pub fn take(&mut self, stand: &Stand<'_>, case: &Case<'_>, ingested: &Ingested) {
        let rule = self.written.rule;
        let evaluator = Evaluator::new(&ingested.bundle);
        let weighed = stand.weigh(case, ingested);
        for values in weighed.groups.iter().chain([&weighed.nothing]) {
            self.note(&[Spot::When], |clause| evaluator.when(clause, values));
            if evaluator.when(&rule.when, values) == Answer::True {
                self.note(&reached(rule, &evaluator, values), |clause| evaluator.when(clause, values));
            }
        }
        for (position, signal) in rule.signals.iter().enumerate() {
            let SignalSource::Objects(objects) = &signal.source else { continue };
            for (_, views) in ingested.bundle.objects.of_kind(&objects.kind) {
                for object in views.iter().map(|view| &view.object) {
                    let fields = of_json(&object.fields);
                    let known = |path: &str| path.is_empty() || object.known.covers(path);
                    self.note(&[Spot::Where(position)], |clause| evaluator.object(clause, &fields, &known));
                }
            }
        }
        self.take_matches(case);
    }

    fn note(&mut self, spots: &[Spot], answer: impl Fn(&crate::rule::Condition) -> Answer) {
        for (clause, seen) in self.clauses.iter().zip(&mut self.seen) {
            if !spots.contains(&clause.spot) {
                continue;
            }
            let answer = answer(&clause.condition);
            if !seen.contains(&answer) {
                seen.push(answer);
            }
        }
    }

    /// Which alternatives hit and which look-alikes were left out.
    fn take_matches(&mut self, case: &Case<'_>) {
        let weighed = self.search.weigh(case, &self.search.ingest(case));
        let Some(values) = weighed.groups.first() else { return };
        let mut counts: BTreeMap<usize, u64> = BTreeMap::new();
        for (value, (signal, without)) in values.iter().zip(&self.tagged.of) {
            match without {
                None => {
                    counts.insert(*signal, value.count);
                    let tags = value.fields.get(TAG).into_iter().flat_map(|tags| tags.seen.keys());
                    self.hit.extend(tags.filter_map(|tag| Some((*signal, tag.parse().ok()?))));
                }
                Some(exclude) => {
                    if value.count > counts.get(signal).copied().unwrap_or_default() {
                        self.left_out.insert((*signal, *exclude));
                    }
                }
            }
        }
    }

    /// What no test has shown, in the order of the rule's parts.
    #[must_use]
    pub fn missing(&self) -> Vec<Missing> {
        let mut missing: Vec<Missing> = self
            .clauses
            .iter()
            .zip(&self.seen)
            .filter_map(|(clause, seen)| self.unseen(clause, seen))
            .collect();
        for (position, signal) in self.written.rule.signals.iter().enumerate() {
            let SignalSource::Logs(logs) = &signal.source else { continue };
            for at in (0..logs.patterns.len()).filter(|at| !self.hit.contains(&(position, *at))) {
                let line = self.written.line_of_match(position, at);
                let message = format!("match {} of `{}` hits in no test", at + 1, signal.name);
                missing.push(Missing { line, message });
            }
            for at in (0..logs.exclude.len()).filter(|at| !self.left_out.contains(&(position, *at))) {
                let line = self.written.line_of_exclude(position, at);
                let message =
                    format!("exclude {} of `{}` leaves out nothing in any test", at + 1, signal.name);
                missing.push(Missing { line, message });
            }
        }
        missing
    }

    fn unseen(&self, clause: &Clause, seen: &[Answer]) -> Option<Missing> {
        let asked = [(Answer::True, "true"), (Answer::False, "false"), (Answer::Unknown, "unknown")];
        let asked = if clause.spot == Spot::When { &asked[..] } else { asked.get(..2)? };
        let never: Vec<&str> =
            asked.iter().filter(|(answer, _)| !seen.contains(answer)).map(|(_, word)| *word).collect();
        if never.is_empty() {
            return None;
        }
        let spot = match clause.spot {
            Spot::When => String::new(),
            spot => format!(" in `{}`", self.written.name_of(spot)),
        };
        let message =
            format!("`{}`{spot} was never {}", clause.text, words::list(&never).replace(" and ", " or "));
        Some(Missing { line: clause.line, message })
    }
}

/// The steps of a finding's scales that have to be looked at.
fn reached(rule: &Rule, evaluator: &Evaluator, values: &[SignalValue]) -> Vec<Spot> {
    let count: u64 =
        values.iter().filter(|value| !value.context && !value.part_of_other).map(|value| value.count).sum();
    let mut spots = Vec::new();
    for (scale, spot) in
        [(&rule.severity, Spot::Severity as fn(usize) -> Spot), (&rule.confidence, Spot::Confidence)]
    {
        for (step, (_, holds)) in scale.iter().enumerate() {
            spots.push(spot(step));
            let holds = match holds {
                Holds::Always => true,
                Holds::Count(least) => count >= *least,
                Holds::When(condition) => evaluator.when(condition, values) == Answer::True,
            };
            if holds {
                break;
            }
        }
    }
    spots
}

impl Tagged {
    /// A rule with nothing but the log signals of another, whose alternatives have their numbers for tags; and of each
    /// signal that leaves something out, one for each look-alike that counts it.
    #[must_use]
    pub fn of(rule: &Rule) -> Self {
        let mut signals: Vec<Signal> = Vec::new();
        let mut of = Vec::new();
        for (position, signal) in rule.signals.iter().enumerate() {
            let SignalSource::Logs(logs) = &signal.source else { continue };
            let mut logs = LogSignal { keys: Vec::new(), ..logs.clone() };
            for (number, pattern) in logs.patterns.iter_mut().enumerate() {
                pattern.tag = Some(number.to_string());
            }
            let without = (0..logs.exclude.len()).map(Some);
            for without in std::iter::once(None).chain(without) {
                let mut logs = logs.clone();
                if let Some(at) = without {
                    logs.exclude.remove(at);
                }
                // An old line shows what a match takes as well as a recent one.
                signals.push(Signal { source: SignalSource::Logs(logs), recent: None, ..signal.clone() });
                of.push((position, without));
            }
        }
        let order = (0..signals.len()).collect();
        let rule = Rule { signals, order, group_by: Vec::new(), ..rule.clone() };
        Self { book: alone(rule), of }
    }
}
