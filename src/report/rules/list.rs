//! A book of rules as a table, one line for each rule.

use unicode_width::UnicodeWidthStr;

use crate::report::Style;
use crate::report::page::{Ink, Page};
use crate::rule::{Rule, Rulebook, SEVERITIES};

/// Id, severity, component and title in general words.
#[must_use]
pub fn list(book: &Rulebook, style: &Style) -> String {
    let widest =
        |text: fn(&Rule) -> &str| book.rules.iter().map(|rule| text(rule).width()).max().unwrap_or(0);
    let (id, component) = (widest(|rule| &rule.id), widest(|rule| &rule.component));
    let mut page = Page { style: *style, out: String::new() };
    for rule in &book.rules {
        let severity = SEVERITIES.get(rule.severity_worst()).copied().unwrap_or_default();
        page.line(&[
            (Ink::Bold, &format!("{:id$}  ", rule.id)),
            (Ink::of(severity), &format!("{severity:8}  ")),
            (Ink::Plain, &format!("{:component$}  ", rule.component)),
            (Ink::Plain, &rule.general_title()),
        ]);
    }
    page.out
}
