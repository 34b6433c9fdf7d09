//! One rule on one bundle, through the whole engine, in memory.

use super::case::Case;
use crate::base::Limits;
use crate::ingest::Ingested;
use crate::ingest::memory::ingest_memory;
use crate::object::path::Projection;
use crate::rule::{Rule, Rulebook};
use crate::scan::Program;
use crate::verdict::weigh::{Weighed, weigh};
use crate::verdict::{self, Verdict};

/// A book of one rule.
#[must_use]
pub fn alone(rule: Rule) -> Rulebook {
    Rulebook { rules: vec![rule], ..Rulebook::default() }
}

/// A book of one rule, ready to be run on tests.
pub struct Stand<'b> {
    book: &'b Rulebook,
    program: Program<'b>,
    projection: Projection,
}

impl<'b> Stand<'b> {
    /// Compiles the rule.
    #[must_use]
    pub fn of(book: &'b Rulebook) -> Self {
        Self { book, program: Program::compile(book), projection: crate::projection(book) }
    }

    /// Reads the bundle of a test.
    #[must_use]
    pub fn ingest(&self, case: &Case<'_>) -> Ingested {
        ingest_memory(case.contents.clone(), case.captured_at, &self.program, &self.projection)
    }

    /// The rule's verdict.
    #[must_use]
    pub fn judge(&self, case: &Case<'_>, ingested: &Ingested) -> Verdict {
        self.judge_as(self.book, case, ingested)
    }

    /// The verdict of another book's rule that looks for the same records.
    #[must_use]
    pub fn judge_as(&self, book: &Rulebook, case: &Case<'_>, ingested: &Ingested) -> Verdict {
        let judged = verdict::judge(book, &self.program, ingested, &case.coverage, Limits::default().groups);
        judged.into_iter().next().map_or(Verdict::NotApplicable, |judged| judged.verdict)
    }

    /// What the verdict rests on.
    #[must_use]
    pub fn weigh(&self, case: &Case<'_>, ingested: &Ingested) -> Weighed {
        weigh(0, self.book, &self.program, ingested, &case.coverage, Limits::default().groups)
    }
}
