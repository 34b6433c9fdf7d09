//! A rule's documentation on a terminal.

use crate::report::Style;
use crate::report::page::{Ink, Page};
use crate::report::prose;
use crate::rule::describe::{Block, Line, Part, Step, describe};
use crate::rule::{Rule, Rulebook};

/// How wide the names of facts are.
const LABEL: usize = 20;

/// The documentation of one rule of a book.
#[must_use]
pub fn terminal(book: &Rulebook, rule: &Rule, style: &Style) -> String {
    let mut page = Page { style: Style { width: style.width.max(40), ..*style }, out: String::new() };
    page.wrapped(&[(Ink::Bold, &rule.id), (Ink::Plain, ": ")], Ink::Bold, &rule.general_title());
    for block in describe(book, rule) {
        match block {
            Block::Heading(text) => {
                page.blank();
                page.line(&[(Ink::Bold, text)]);
            }
            Block::Facts(facts) => {
                page.blank();
                for (label, line) in facts {
                    page.wrapped(&[(Ink::Dim, &format!("  {label:LABEL$}  "))], Ink::Plain, &flat(&line));
                }
            }
            Block::Prose(text) => prose_blocks(&mut page, &text),
            Block::Line(line) => page.wrapped(&[(Ink::Plain, "  ")], Ink::Plain, &flat(&line)),
            Block::List(lines) => {
                for line in lines {
                    page.wrapped(&[(Ink::Dim, "  - ")], Ink::Plain, &flat(&line));
                }
            }
            Block::Code(text) => {
                text.lines().for_each(|line| page.wrapped(&[(Ink::Plain, "  ")], Ink::Info, line.trim_end()));
            }
            Block::Steps(steps) => steps.iter().enumerate().for_each(|(i, one)| step(&mut page, i + 1, one)),
        }
    }
    page.out
}

fn step(page: &mut Page, number: usize, step: &Step) {
    let lead = format!("  {number}. ");
    page.wrapped(&[(Ink::Dim, &lead)], Ink::Plain, &format!("{} ({})", step.text, step.risk));
    for command in step.run.iter().flat_map(|run| run.lines()) {
        page.command(&[(Ink::Dim, "     $ ")], command);
    }
}

fn prose_blocks(page: &mut Page, text: &str) {
    for (i, block) in prose::blocks(text).into_iter().enumerate() {
        if i > 0 {
            page.blank();
        }
        match block {
            prose::Block::Paragraph(text) => page.wrapped(&[(Ink::Plain, "  ")], Ink::Plain, &text),
            prose::Block::Heading(text) => page.wrapped(&[(Ink::Plain, "  ")], Ink::Bold, &text),
            prose::Block::List(_, items) => {
                items.iter().for_each(|item| page.wrapped(&[(Ink::Dim, "  - ")], Ink::Plain, item));
            }
            prose::Block::Code(text) => {
                text.lines().for_each(|line| page.command(&[(Ink::Plain, "    ")], line));
            }
        }
    }
}

/// A line as plain text; what stands so elsewhere is between backticks.
fn flat(line: &Line) -> String {
    line.iter()
        .map(|part| match part {
            Part::Text(text) | Part::Rule(text) | Part::Link(text) => text.clone(),
            Part::Code(text) => format!("`{text}`"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Severity;
    use crate::report::Verbosity;
    use crate::rule::Vocabulary;

    #[test]
    fn a_rule_explains_itself() {
        let texts = [
            (
                "area/slow-disk.yaml",
                "id: slow-disk\ntitle: a disk is slow\nseverity: error\ncomponent: host\nlayer: 0\nsignals: {s: {logs: kernel, match: 'I/O error'}}\nwhen: s.count > 0\nabout: x\nexplains: [lost-leader]\n",
            ),
            ("area/lost-leader.yaml", include_str!("../../../testdata/rules/lost-leader.yaml")),
        ];
        let (book, said) = Rulebook::from_files(texts, &Vocabulary::default());
        assert!(said.iter().all(|one| one.severity != Severity::Error), "{said:?}");
        let style = Style { color: false, width: 90, verbosity: Verbosity::Normal };
        let rule = book.get("leader-gone").unwrap();
        insta::assert_snapshot!("terminal", terminal(&book, rule, &style));
        insta::assert_snapshot!("markdown", super::super::page(&book, rule));
        insta::assert_snapshot!("list", super::super::list(&book, &style));
    }
}
