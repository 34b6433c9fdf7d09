//! `rules list`

use super::super::{Outcome, analyze, print};
use crate::report;
use crate::rule::Rulebook;

/// Lists the rules.
pub fn run(book: &Rulebook) -> Outcome {
    let mut style = analyze::style(false, false);
    if !analyze::is_terminal() {
        // What other programs read is never cut.
        style.width = usize::MAX;
    }
    print(&report::rules::list(book, &style));
    Outcome::Fine
}
