//! Runs the tests that rules carry, each through the whole engine, in memory, and says what they leave unproven.
//!
//! Each rule is tested alone: the tests of a book take as long as its rules together, however large it is.

mod because;
mod case;
mod compare;
mod coverage;
mod edit;
pub mod junit;
mod mutant;
mod probe;
mod stand;
mod variant;
mod written;

use rayon::prelude::*;

use crate::ingest::Ingested;
use crate::model::ArtifactKind;
use crate::rule::{Rule, Rulebook};
use case::Case;
use coverage::{Coverage, Missing, Tagged};
use stand::{Stand, alone};
use written::Written;

/// What to do besides running the tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// Look at what the tests cover, and at the boundaries.
    #[default]
    Coverage,
    /// And change the rules to see whether the tests notice.
    Mutants,
}

/// What came of the tests of a book, by rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// In the order of the book.
    pub rules: Vec<RuleReport>,
}

/// What came of the tests of one rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleReport {
    /// The rule's id.
    pub id: String,
    /// Its file.
    pub file: String,
    /// Its tests.
    pub tests: Vec<TestReport>,
    /// What they leave unproven, in the order of kinds, then of the file.
    pub gaps: Vec<Gap>,
    /// Boundaries that were probed.
    pub probed: usize,
    /// Mutants that were made.
    pub mutants: usize,
}

/// What came of one test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestReport {
    /// Its name.
    pub name: String,
    /// Its line in the rule's file.
    pub line: Option<u64>,
    /// What is wrong; empty when it passes.
    pub wrong: Vec<String>,
    /// What explains it.
    pub why: Vec<String>,
}

/// Something that the tests of a rule do not prove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// What kind of thing.
    pub kind: GapKind,
    /// The line in the rule's file.
    pub line: Option<u64>,
    /// What it is: a fragment.
    pub message: String,
}

/// Kinds of what tests do not prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GapKind {
    /// A verdict that no test expects.
    Verdict,
    /// A part of the rule that no test shows in all its states.
    Clause,
    /// A threshold or a distance at which no test stands.
    Boundary,
    /// A change of the rule that no test notices.
    Survivor,
}

impl GapKind {
    /// All kinds.
    pub const ALL: &'static [Self] = &[Self::Verdict, Self::Clause, Self::Boundary, Self::Survivor];

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Verdict => "verdict",
            Self::Clause => "coverage",
            Self::Boundary => "boundary",
            Self::Survivor => "survived",
        }
    }

    /// Whether it fails the rule, and not only in a strict run.
    #[must_use]
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Verdict | Self::Survivor)
    }
}

impl Report {
    /// All tests.
    #[must_use]
    pub fn tests(&self) -> usize {
        self.rules.iter().map(|rule| rule.tests.len()).sum()
    }

    /// Tests that failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.rules.iter().flat_map(|rule| &rule.tests).filter(|test| !test.wrong.is_empty()).count()
    }

    /// How many things of a kind are not proven.
    #[must_use]
    pub fn gaps(&self, kind: GapKind) -> usize {
        self.rules.iter().flat_map(|rule| &rule.gaps).filter(|gap| gap.kind == kind).count()
    }

    /// Whether all is well; a strict run forgives no gap.
    #[must_use]
    pub fn is_fine(&self, strict: bool) -> bool {
        let fails = |kind: &&GapKind| strict || kind.is_failure();
        self.failed() == 0 && GapKind::ALL.iter().filter(fails).all(|kind| self.gaps(*kind) == 0)
    }
}

/// Runs the tests of every rule, each rule alone.
#[must_use]
pub fn run(book: &Rulebook, depth: Depth) -> Report {
    // An indexed collect: the order is that of the book, whatever the threads do.
    Report { rules: book.rules.par_iter().map(|rule| test_rule(rule, depth)).collect() }
}

fn test_rule(rule: &Rule, depth: Depth) -> RuleReport {
    let mut report = RuleReport { id: rule.id.clone(), file: rule.file.clone(), ..RuleReport::default() };
    report.gaps.extend(
        ["finding", "clear", "unknown"]
            .iter()
            .filter(|verdict| !rule.tests.iter().any(|test| test.expect.value.verdict == **verdict))
            .map(|verdict| Gap {
                kind: GapKind::Verdict,
                line: None,
                message: format!("no test expects `{verdict}`: what is never tested cannot fail"),
            }),
    );
    let book = alone(rule.clone());
    match Written::of(rule).map(|written| (written, Stand::of(&book))) {
        Ok((written, stand)) => Bench { written, stand, depth }.run(&mut report),
        Err(message) => report.gaps.push(Gap { kind: GapKind::Verdict, line: None, message }),
    }
    report
}

/// A rule with all that its tests need.
struct Bench<'b> {
    written: Written<'b>,
    stand: Stand<'b>,
    depth: Depth,
}

impl Bench<'_> {
    fn run(&self, report: &mut RuleReport) {
        let mut passed: Vec<(Case<'_>, Ingested)> = Vec::new();
        for (position, test) in self.written.rule.tests.iter().enumerate() {
            let line = self.written.line_of_test(position);
            let mut told = TestReport { name: test.name.clone(), line, ..TestReport::default() };
            match Case::of(test) {
                Ok(case) => {
                    let ingested = self.stand.ingest(&case);
                    self.test(&case, &ingested, &mut told);
                    passed.push((case, ingested));
                }
                Err(message) => told.wrong.push(message),
            }
            report.tests.push(told);
        }
        // What tests that fail do not prove is no news.
        if report.tests.iter().any(|test| !test.wrong.is_empty()) {
            return;
        }
        report.gaps.extend(self.unseen(&passed));
        let probes = probe::probe(&self.written, &self.stand, &passed);
        report.probed = probes.probed;
        report.gaps.extend(probes.gaps);
        if self.depth == Depth::Mutants {
            self.mutate(&passed, report);
        }
    }

    fn test(&self, case: &Case<'_>, ingested: &Ingested, told: &mut TestReport) {
        told.wrong = unused(case, ingested);
        let verdict = self.stand.judge(case, ingested);
        told.wrong.extend(compare::compare(&case.test.expect.value, &verdict));
        if !told.wrong.is_empty() {
            told.why = because::because(&self.written, &self.stand, case, ingested, &verdict);
        }
    }

    /// What no test shows.
    fn unseen(&self, cases: &[(Case<'_>, Ingested)]) -> Vec<Gap> {
        let tagged = Tagged::of(self.written.rule);
        let missing = Coverage::of(&self.written, &tagged).map(|mut coverage| {
            cases.iter().for_each(|(case, ingested)| coverage.take(&self.stand, case, ingested));
            coverage.missing()
        });
        let missing = missing.unwrap_or_else(|message| vec![Missing { line: None, message }]);
        let gap = |Missing { line, message }| Gap { kind: GapKind::Clause, line, message };
        missing.into_iter().map(gap).collect()
    }

    /// Every mutant has to fail a test.
    fn mutate(&self, cases: &[(Case<'_>, Ingested)], report: &mut RuleReport) {
        let mutants = mutant::mutants(&self.written);
        report.mutants = mutants.len();
        let survivors: Vec<Option<Gap>> = mutants
            .into_par_iter()
            .map(|mutant::Mutant { line, change, advice, rule, rescans }| {
                let book = alone(rule);
                let message = format!("{change}: {advice}");
                let gap = Gap { kind: GapKind::Survivor, line, message };
                let stand = rescans.then(|| Stand::of(&book));
                let notices = |(case, ingested): &(Case<'_>, Ingested)| {
                    let verdict = match &stand {
                        Some(stand) => stand.judge(case, &stand.ingest(case)),
                        None => self.stand.judge_as(&book, case, ingested),
                    };
                    !compare::compare(&case.test.expect.value, &verdict).is_empty()
                };
                (!cases.iter().any(notices)).then_some(gap)
            })
            .collect();
        report.gaps.extend(survivors.into_iter().flatten());
    }
}

/// Files of a test that nothing could read would let it pass for the wrong reason.
fn unused(case: &Case<'_>, ingested: &Ingested) -> Vec<String> {
    let unread = |path: &&String| {
        let path = path.split_once(':').map_or(path.as_str(), |(_, path)| path);
        let mut artifacts = ingested.bundle.artifacts.iter();
        artifacts.any(|artifact| artifact.path.ends_with(path) && artifact.kind == ArtifactKind::Other)
    };
    case.test.files.keys().filter(unread).map(|path| format!("no reader knows the file `{path}`")).collect()
}

#[cfg(test)]
mod tests;
