//! Boundary probes: bundles that stand just at a number of a rule and just beyond it, made from the rule's own tests.
//!
//! A probe leaves lines or objects out until a value is one below its threshold, or moves lines (or the capture) in time
//! until a distance is exceeded by at most a second. The outcome there has to be another than just before, or than that of
//! the rule with this number loosened by one. A number of which neither holds in any of these bundles is told: nothing
//! turns on it. Where no such bundle can be made (objects that stand in files, times that cannot be rewritten) nothing is said.

use super::case::Case;
use super::edit::{changed, numbers, threshold};
use super::mutant::put;
use super::stand::{Stand, alone};
use super::variant::{self, Place};
use super::written::{Clause, Written};
use super::{Gap, GapKind};
use crate::base::stamp::{SECOND, parse_duration};
use crate::ingest::Ingested;
use crate::ingest::memory::Content;
use crate::rule::file::line_of;
use crate::rule::{Answer, LogSignal, Rule, SignalSource};
use crate::verdict::Verdict;
use crate::verdict::evaluate::Evaluator;
use crate::verdict::signal::SignalValue;

/// Tests from which a boundary is approached before it is given up.
const TRIES: usize = 6;

/// What the probes found.
#[derive(Default)]
pub struct Probes {
    /// Boundaries that were probed.
    pub probed: usize,
    /// What is not proven of them.
    pub gaps: Vec<Gap>,
}

/// Probes the boundaries of a rule from its tests.
#[must_use]
pub fn probe(written: &Written<'_>, stand: &Stand<'_>, cases: &[(Case<'_>, Ingested)]) -> Probes {
    let outcomes = cases.iter().map(|(case, ingested)| outcome(&stand.judge(case, ingested))).collect();
    let mut prober = Prober { written, stand, cases, outcomes, probes: Probes::default() };
    for clause in written.clauses() {
        prober.threshold(&clause);
        prober.recent_of(&clause);
    }
    for position in 0..written.rule.signals.len() {
        prober.distances(position);
    }
    prober.probes
}

struct Prober<'p, 't> {
    written: &'p Written<'p>,
    stand: &'p Stand<'p>,
    cases: &'p [(Case<'t>, Ingested)],
    /// What the tests come to, in their order.
    outcomes: Vec<Outcome>,
    probes: Probes,
}

/// What of a verdict a number can change: which it is, and the severities and confidences of the findings.
type Outcome = (&'static str, Vec<(usize, usize)>);

/// Something that a boundary is about, in one bundle.
type Gauge<'g> = dyn Fn(&Evaluator, &[SignalValue]) -> Option<i64> + 'g;

impl<'t> Prober<'_, 't> {
    fn gap(&mut self, line: Option<u64>, message: String) {
        self.probes.gaps.push(Gap { kind: GapKind::Boundary, line, message });
    }

    /// The greatest value in any group.
    fn gauge(&self, case: &Case<'_>, ingested: &Ingested, gauge: &Gauge<'_>) -> i64 {
        let evaluator = Evaluator::new(&ingested.bundle);
        let weighed = self.stand.weigh(case, ingested);
        weighed.groups.iter().filter_map(|values| gauge(&evaluator, values)).max().unwrap_or(0)
    }

    /// Whether a test as it is written tells a rule from its loosened form.
    fn is_decided(&self, loosened: &Rule) -> bool {
        let loosened = alone(loosened.clone());
        let mut cases = self.cases.iter().zip(&self.outcomes);
        cases.any(|((case, ingested), known)| {
            outcome(&self.stand.judge_as(&loosened, case, ingested)) != *known
        })
    }

    /// Whether the outcome turns where a gauge does; `None` where no bundles can be made in which it turns.
    fn turns(
        &self,
        variant: &dyn Fn(u64) -> Option<Case<'t>>,
        most: u64,
        limit: Option<i64>,
        gauge: &Gauge<'_>,
        loosened: &Rule,
    ) -> Option<bool> {
        let start = variant(0)?;
        let limit = limit.unwrap_or_else(|| self.gauge(&start, &self.stand.ingest(&start), gauge));
        let turn = self.turn(variant, most, limit, gauge)?;
        let (before, at) = (variant(turn - 1)?, variant(turn)?);
        let read = self.stand.ingest(&at);
        let here = outcome(&self.stand.judge(&at, &read));
        let there = outcome(&self.stand.judge(&before, &self.stand.ingest(&before)));
        let loosened = alone(loosened.clone());
        Some(here != there || here != outcome(&self.stand.judge_as(&loosened, &at, &read)))
    }

    /// The least `n` up to `most` from which on the gauge is below `limit`; the bundles come from `variant`.
    fn turn(
        &self,
        variant: &dyn Fn(u64) -> Option<Case<'t>>,
        most: u64,
        limit: i64,
        gauge: &Gauge<'_>,
    ) -> Option<u64> {
        let below = |n: u64| {
            let case = variant(n)?;
            Some(self.gauge(&case, &self.stand.ingest(&case), gauge) < limit)
        };
        if below(0)? || !below(most)? {
            return None;
        }
        let (mut above, mut beneath) = (0, most);
        while beneath - above > 1 {
            let middle = above + (beneath - above) / 2;
            if below(middle)? {
                beneath = middle;
            } else {
                above = middle;
            }
        }
        Some(beneath)
    }

    /// `x.count >= 5`: a test has to stand at 5, and with 4 the outcome has to be another.
    fn threshold(&mut self, clause: &Clause) {
        let Some((value, operator, number)) = threshold(&clause.text) else { return };
        let Some((name, what)) = value.split_once('.').filter(|_| operator.starts_with('>')) else { return };
        let least = if operator == ">" { number + 1 } else { number };
        let signals = &self.written.rule.signals;
        let Some(position) = signals.iter().position(|signal| signal.name == name) else { return };
        let gauge = |_: &Evaluator, values: &[SignalValue]| measure(values.get(position)?, what);
        let reached: Vec<(i64, &Case<'t>)> = self
            .cases
            .iter()
            .map(|(case, ingested)| (self.gauge(case, ingested, &gauge), case))
            .filter(|(value, _)| *value >= least)
            .collect();
        // That it is never reached, clause coverage tells.
        let Some(nearest) = reached.iter().map(|(value, _)| *value).min() else { return };
        if nearest > least {
            let text = &clause.text;
            self.gap(
                clause.line,
                format!("no test stands at the threshold of `{text}` (the nearest has {nearest})"),
            );
        }
        let Some(loosened) = self.loosened(clause, &number.to_string(), &(number - 1).to_string()) else {
            return;
        };
        let mut reached = reached;
        reached.sort_by_key(|(value, _)| *value);
        let made = |of: &Self| {
            any(reached.iter().take(TRIES).map(|(_, case)| {
                let parts = of.parts(position, case);
                of.turns(
                    &|n| Some(variant::fewer(case, &parts, n)),
                    parts.len() as u64,
                    Some(least),
                    &gauge,
                    &loosened,
                )
            }))
        };
        let text = &clause.text;
        self.told(
            clause.line,
            &loosened,
            made,
            &format!("nothing turns on `{text}`: with {} the outcome is the same", least - 1),
        );
    }

    /// `x.recent("1h")`: captured a second later than that, the outcome has to be another.
    fn recent_of(&mut self, clause: &Clause) {
        let Some((_, rest)) = clause.text.split_once(".recent(") else { return };
        let told = rest.trim_matches(|c: char| c == '"' || c == '\'' || c == ')');
        let Some(seconds) = parse_duration(told) else { return };
        let Some(loosened) = self.loosened(clause, told, &format!("{}s", seconds + 1.0)) else { return };
        let gauge = |evaluator: &Evaluator, values: &[SignalValue]| {
            Some(i64::from(evaluator.when(&clause.condition, values) == Answer::True))
        };
        let made = |of: &Self| {
            any(of.cases.iter().map(|(case, _)| of.later(case, seconds as u64, &gauge, &loosened)))
        };
        self.told(clause.line, &loosened, made, &nothing_turns(&format!("`{}`", clause.text)));
    }

    /// Whether the outcome turns when the capture is moved by so many seconds.
    fn later(&self, case: &Case<'t>, seconds: u64, gauge: &Gauge<'_>, loosened: &Rule) -> Option<bool> {
        self.turns(&|n| Some(variant::captured_later(case, n)), seconds + 1, None, gauge, loosened)
    }

    /// Notes whether the outcome turns at a number, as a test shows or else the bundles made from the tests.
    fn told(
        &mut self,
        line: Option<u64>,
        loosened: &Rule,
        made: impl Fn(&Self) -> Option<bool>,
        message: &str,
    ) {
        let turns = if self.is_decided(loosened) { Some(true) } else { made(self) };
        let Some(turns) = turns else { return };
        self.probes.probed += 1;
        if !turns {
            self.gap(line, message.to_owned());
        }
    }

    /// `window`, `recent` and `within` of a signal.
    fn distances(&mut self, position: usize) {
        let written = self.written;
        let Some(signal) = written.rule.signals.get(position) else { return };
        let Some(file) = written.signal(position) else { return };
        let name = &signal.name;
        let gauge = |what: &'static str| {
            move |_: &Evaluator, values: &[SignalValue]| measure(values.get(position)?, what)
        };
        if let Some(at) = &file.window {
            let loosened =
                self.with(|rule| rule.signals.get_mut(position).map(|signal| signal.window += SECOND));
            let seconds = whole_seconds(signal.window);
            let made = |of: &Self| {
                let trimmed = of.cases.iter().flat_map(|(case, _)| of.at_thresholds(position, case));
                any(trimmed.map(|case| {
                    let earliest = variant::earliest(&case, &of.lines(position, &case));
                    of.moved(&case, earliest.as_slice(), seconds, &gauge("peak"), &loosened)
                }))
            };
            let what = format!("the window of `{name}` ({})", at.value);
            self.told(line_of(at), &loosened, made, &nothing_turns(&what));
        }
        if let (Some(at), Some(recent)) = (&file.recent, signal.recent) {
            let loosened = self.with(|rule| {
                let recent = rule.signals.get_mut(position).and_then(|signal| signal.recent.as_mut());
                recent.map(|recent| *recent += SECOND)
            });
            let seconds = whole_seconds(recent);
            let made = |of: &Self| {
                any(of.cases.iter().map(|(case, _)| of.later(case, seconds, &gauge("count"), &loosened)))
            };
            let what = format!("`recent: {}` of `{name}`", at.value);
            self.told(line_of(at), &loosened, made, &nothing_turns(&what));
        }
        if let Some(at) = &file.within {
            self.within(position, line_of(at), &format!("`within: {}` of `{name}`", at.value));
        }
    }

    /// `within`: the outcome turns when one of the two sides of the relation is moved.
    fn within(&mut self, position: usize, line: Option<u64>, what: &str) {
        let source = self.written.rule.signals.get(position).map(|signal| &signal.source);
        let Some(SignalSource::Derived(derived)) = source else { return };
        let Some((relation, within)) = derived.relation.as_ref().and_then(|r| Some((r, r.within?))) else {
            return;
        };
        let loosened = self.with(|rule| match &mut rule.signals.get_mut(position)?.source {
            SignalSource::Derived(derived) => {
                let within = derived.relation.as_mut().and_then(|relation| relation.within.as_mut());
                within.map(|within| *within += SECOND)
            }
            _ => None,
        });
        let seconds = whole_seconds(within + relation.skew);
        let (sides, is_absence) = ([derived.of, relation.other], relation.kind.is_absence());
        let gauge = |_: &Evaluator, values: &[SignalValue]| {
            let count = measure(values.get(position)?, "count")?;
            Some(if is_absence { -count } else { count })
        };
        let made = |of: &Self| {
            let sided = of.cases.iter().flat_map(|(case, _)| sides.map(|side| (case, side)));
            any(sided.map(|(case, side)| of.moved(case, &of.lines(side, case), seconds, &gauge, &loosened)))
        };
        self.told(line, &loosened, made, &nothing_turns(what));
    }

    /// Whether the outcome turns when lines are moved by so many seconds.
    fn moved(
        &self,
        case: &Case<'t>,
        lines: &[Place],
        seconds: u64,
        gauge: &Gauge<'_>,
        loosened: &Rule,
    ) -> Option<bool> {
        if lines.is_empty() {
            return None;
        }
        self.turns(&|n| variant::earlier(case, lines, n), seconds + 1, None, gauge, loosened)
    }

    /// The test with just as many hits of a signal as each threshold on its peak asks for.
    fn at_thresholds(&self, position: usize, case: &Case<'t>) -> Vec<Case<'t>> {
        let name = self.written.rule.signals.get(position).map_or("", |signal| signal.name.as_str());
        let lines = self.parts(position, case);
        let clauses = self.written.clauses();
        let thresholds = clauses.iter().filter_map(|clause| threshold(&clause.text));
        let of_peak = thresholds.filter(|(value, ..)| value.strip_prefix(name) == Some(".peak"));
        let gauge = |_: &Evaluator, values: &[SignalValue]| measure(values.get(position)?, "peak");
        let fewer = |n: u64| Some(variant::fewer(case, &lines, n));
        let trimmed = of_peak.filter_map(|(_, operator, number)| {
            let least = if operator == ">" { number + 1 } else { number };
            let turn = self.turn(&fewer, lines.len() as u64, least, &gauge)?;
            fewer(turn - 1)
        });
        trimmed.collect()
    }

    /// The rule with a clause that says something else.
    fn loosened(&self, clause: &Clause, from: &str, to: &str) -> Option<Rule> {
        let condition = self.written.conditions().into_iter().find(|(spot, _)| *spot == clause.spot)?.1;
        let text = condition.source.get(clause.range.clone())?;
        let (range, _) =
            numbers(text).into_iter().find(|(range, _)| text.get(range.clone()) == Some(from))?;
        let range = clause.range.start + range.start..clause.range.start + range.end;
        let condition = changed(condition, range, to)?;
        let mut rule = self.written.rule.clone();
        put(&mut rule, clause.spot, condition);
        Some(rule)
    }

    fn with(&self, edit: impl FnOnce(&mut Rule) -> Option<()>) -> Rule {
        let mut rule = self.written.rule.clone();
        // The caller has seen that what it edits is there.
        let _ = edit(&mut rule);
        rule
    }

    /// The lines in which a signal may hit; of a derived one, those of the signal that it is derived from.
    fn lines(&self, position: usize, case: &Case<'_>) -> Vec<Place> {
        self.log_signal(position).map(|logs| variant::lines_of(case, logs)).unwrap_or_default()
    }

    fn log_signal(&self, position: usize) -> Option<&LogSignal> {
        match &self.written.rule.signals.get(position)?.source {
            SignalSource::Logs(logs) => Some(logs),
            SignalSource::Derived(derived) => self.log_signal(derived.of),
            SignalSource::Objects(_) => None,
        }
    }

    /// What can be left out of a test to have fewer hits of a signal.
    fn parts(&self, position: usize, case: &Case<'_>) -> Vec<Place> {
        let Some(SignalSource::Objects(objects)) = self.written.rule.signals.get(position).map(|s| &s.source)
        else {
            return self.lines(position, case);
        };
        let contents = case.contents.iter().enumerate().filter_map(|(at, (_, content))| match content {
            Content::Objects(list) => Some((at, list)),
            _ => None,
        });
        contents
            .flat_map(|(at, list)| list.iter().enumerate().map(move |(number, object)| (at, number, object)))
            .filter(|(.., object)| *object.kind == *objects.kind)
            .map(|(at, number, _)| (at, number))
            .collect()
    }
}

/// Whether any is true; `None` when none is known.
fn any(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut known = None;
    for answer in answers.flatten() {
        known = Some(answer);
        if answer {
            break;
        }
    }
    known
}

fn nothing_turns(what: &str) -> String {
    format!("nothing turns on {what}: a second more, and the outcome is the same")
}

fn whole_seconds(ns: i64) -> u64 {
    u64::try_from(ns / SECOND).unwrap_or(0)
}

/// `count`, `peak` or `distinct("field")` of a signal.
fn measure(value: &SignalValue, what: &str) -> Option<i64> {
    let measured = match what {
        "count" => value.count,
        "peak" => value.peak,
        _ => {
            let field = what.strip_prefix("distinct(")?.strip_suffix(')')?;
            let values = value.fields.get(field.trim_matches(['"', '\'']));
            values.map_or(0, |values| values.seen.len() as u64)
        }
    };
    i64::try_from(measured).ok()
}

fn outcome(verdict: &Verdict) -> Outcome {
    let levels = verdict.findings().iter().map(|finding| (finding.severity, finding.confidence));
    (verdict.name(), levels.collect())
}
