//! The reference of a rulebook as Markdown: an index, and a page for each rule.

use std::collections::BTreeMap;

use crate::report::markdown::{about, code, fence, inline, tidy};
use crate::rule::describe::{Block, Line, Part, Step, describe};
use crate::rule::{Rule, Rulebook, SEVERITIES};

/// Says who wrote the page, so that nobody mends it by hand.
const MADE: &str = "<!-- Made by `rancher-bundle rules docs`. Change the rule, not this page. -->";

/// The page of one rule of a book.
#[must_use]
pub fn page(book: &Rulebook, rule: &Rule) -> String {
    let mut out = format!("{MADE}\n# {}\n\n**{}**\n", inline(&rule.id), inline(&rule.general_title()));
    for block in describe(book, rule) {
        out.push('\n');
        out.push_str(&set(&block));
        out.push('\n');
    }
    tidy(&out)
}

/// The page that lists them, by area.
#[must_use]
pub fn index(book: &Rulebook) -> String {
    let mut areas: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for rule in &book.rules {
        areas.entry(rule.area()).or_default().push(rule);
    }
    let mut out = format!("{MADE}\n# Rules\n");
    for (area, rules) in areas {
        let area = if area.is_empty() { "other" } else { area };
        out.push_str(&format!(
            "\n## {}\n\n| rule | severity | component | what |\n|---|---|---|---|\n",
            inline(area)
        ));
        for rule in rules {
            let severity = SEVERITIES.get(rule.severity_worst()).copied().unwrap_or_default();
            let cells =
                [link(&rule.id), severity.to_owned(), inline(&rule.component), inline(&rule.general_title())];
            out.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
    }
    tidy(&out)
}

fn link(id: &str) -> String {
    format!("[{}]({id}.md)", inline(id))
}

fn set(block: &Block) -> String {
    match block {
        Block::Heading(text) => format!("## {text}"),
        Block::Facts(facts) => {
            let row = |(label, text): &(&str, Line)| format!("| {label} | {} |", cell(text));
            format!("| | |\n|---|---|\n{}", facts.iter().map(row).collect::<Vec<_>>().join("\n"))
        }
        Block::Prose(text) => about(text),
        Block::Line(text) => line(text),
        Block::List(lines) => {
            lines.iter().map(|text| format!("- {}", line(text))).collect::<Vec<_>>().join("\n")
        }
        Block::Code(text) => fence(text, ""),
        Block::Steps(steps) => {
            steps.iter().enumerate().map(|(i, one)| step(i + 1, one)).collect::<Vec<_>>().join("\n")
        }
    }
}

fn step(number: usize, step: &Step) -> String {
    let lead = format!("{number}. ");
    let mut out = format!("{lead}{} *({})*", inline(&step.text), step.risk);
    if let Some(run) = &step.run {
        let pad = " ".repeat(lead.len());
        let fenced: Vec<String> = fence(run, "sh").lines().map(|line| format!("{pad}{line}")).collect();
        out.push_str(&format!("\n\n{}\n", fenced.join("\n")));
    }
    out
}

/// A line in a cell of a table, where `|` parts cells also within code.
fn cell(text: &Line) -> String {
    let part = |part: &Part| match part {
        Part::Code(text) => code(text).replace('|', "\\|"),
        other => line(&vec![other.clone()]),
    };
    text.iter().map(part).collect()
}

fn line(line: &Line) -> String {
    let mut out = String::new();
    for part in line {
        match part {
            Part::Text(text) => {
                // `inline` sets a whole line, without the spaces at its ends.
                let (start, end) = (text.starts_with(' '), text.len() > 1 && text.ends_with(' '));
                out.push_str(if start { " " } else { "" });
                out.push_str(&inline(text));
                out.push_str(if end { " " } else { "" });
            }
            Part::Code(text) => out.push_str(&code(text)),
            Part::Rule(id) => out.push_str(&link(id)),
            Part::Link(address) => out.push_str(&format!("<{address}>")),
        }
    }
    out
}
