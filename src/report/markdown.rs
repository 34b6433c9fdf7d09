//! The report for a ticket: Markdown of at most 64 KiB that pings nobody.
//!
//! Every printed value is escaped by one formatter, so that nothing from a bundle becomes markup, a link, a mention
//! or an issue number. Evidence stands in fences that are longer than any run of backticks within them.

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior};

use super::RenderError;
use super::prose::{self, Block};
use super::view::{Detail, View, view};
use crate::analysis::Analysis;
use crate::base::text::visible;
use crate::base::words;

const TEMPLATE: &str = include_str!("../../templates/report.md.jinja");

/// What the issue trackers that we know accept as one text.
const LIMIT: usize = 64 << 10;

/// From the richest to the leanest; the first that fits is taken.
const LEVELS: &[Detail] = &[
    Detail { root: 4, other: 2, context: 2, width: 300, bytes: 40 << 10 },
    Detail { root: 2, other: 1, context: 0, width: 300, bytes: 24 << 10 },
    Detail { root: 1, other: 0, context: 0, width: 300, bytes: 8 << 10 },
];

#[derive(serde::Serialize)]
struct Page {
    view: View,
}

/// Writes `report.md`.
pub(super) fn render(analysis: &Analysis) -> Result<String, RenderError> {
    let env = environment()?;
    let template = env.get_template("report.md")?;
    let mut text = String::new();
    for detail in LEVELS {
        let page = Page { view: view(analysis, *detail) };
        text = tidy(&template.render(Serde(&page))?);
        if text.len() <= LIMIT {
            return Ok(text);
        }
    }
    Ok(cut(&text, LIMIT))
}

fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut env = super::templates()?;
    env.set_auto_escape_callback(|_| AutoEscape::Custom("markdown".into()));
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_formatter(|out, _, value| super::print_value(out, value, inline));
    env.add_filter("code", |text: &str| Value::from_safe_string(code(text)));
    env.add_filter("fence", |text: &str, language: &str| Value::from_safe_string(fence(text, language)));
    env.add_filter("plain", |text: &str| Value::from_safe_string(text.to_owned()));
    env.add_filter("prose", |text: &str| Value::from_safe_string(about(text)));
    env.add_template("report.md", TEMPLATE)?;
    Ok(env)
}

/// Text within a line, a heading or a cell: it reads as it was written and does nothing.
pub(super) fn inline(text: &str) -> String {
    let text = visible(text.trim());
    let mut out = String::with_capacity(text.len() + 16);
    for (i, word) in text.split(' ').enumerate() {
        if i > 0 {
            out.push(' ');
        }
        if summons(word) {
            // Only within code is a name neither a mention nor a link, on every forge.
            out.push_str(&code(word).replace('|', "\\|"));
        } else {
            escape_word(word, i == 0, &mut out);
        }
    }
    out
}

/// Whether a forge would make more of this word than text: a mention, an issue, a merge request, an address.
fn summons(word: &str) -> bool {
    let numbered =
        |mark: char| word.split(mark).skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let lower = word.to_ascii_lowercase();
    word.contains('@')
        || numbered('#')
        || numbered('!')
        || lower.contains("://")
        || lower.contains("www.")
        || lower.starts_with("gh-")
}

fn escape_word(word: &str, first: bool, out: &mut String) {
    let last = word.chars().count().saturating_sub(1);
    let is_rule = word.chars().all(|c| matches!(c, '-' | '+' | '='));
    let is_number = word.trim_end_matches(['.', ')']).chars().all(|c| c.is_ascii_digit());
    for (i, c) in word.chars().enumerate() {
        // Only the first word of a line can open a list or underline a heading.
        let opens = first && ((is_rule && i == 0) || (is_number && i == last && matches!(c, '.' | ')')));
        let special =
            matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '#' | '$' | '&');
        // An underscore between letters is text in every dialect of today.
        let inner = c == '_' && i > 0 && i < last;
        if (special && !inner) || opens {
            out.push('\\');
        }
        out.push(c);
    }
}

fn longest_run(text: &str, mark: char) -> usize {
    text.split(|c| c != mark).map(str::len).max().unwrap_or(0)
}

/// A code span that holds the text whatever is in it.
pub(super) fn code(text: &str) -> String {
    let text = visible(text);
    if text.trim().is_empty() {
        return String::new();
    }
    let ticks = "`".repeat(longest_run(&text, '`') + 1);
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// A fenced block that holds the text whatever is in it.
pub(super) fn fence(text: &str, language: &str) -> String {
    let lines: Vec<String> = text.lines().map(visible).collect();
    let text = lines.join("\n");
    let ticks = "`".repeat(longest_run(&text, '`').max(2) + 1);
    format!("{ticks}{language}\n{text}\n{ticks}")
}

/// An `about` text of the rulebook: Markdown already, without its headings and without HTML.
pub(super) fn about(text: &str) -> String {
    let plain = |text: &str| {
        let mut in_code = false;
        text.chars().fold(String::new(), |mut out, c| {
            in_code ^= c == '`';
            out.push_str(if c == '<' && !in_code { "\\" } else { "" });
            out.push(c);
            out
        })
    };
    let blocks = prose::blocks(text).into_iter().map(|block| match block {
        Block::Paragraph(text) => plain(&text),
        Block::Heading(text) => format!("**{}**", plain(&text)),
        Block::Code(text) => fence(&text, ""),
        Block::List(ordered, items) => {
            let mark = if ordered { "1." } else { "-" };
            items.iter().map(|item| format!("{mark} {}", plain(item))).collect::<Vec<_>>().join("\n")
        }
    });
    blocks.collect::<Vec<_>>().join("\n\n")
}

/// No trailing spaces and no two blank lines in a row outside of fences.
pub(super) fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut fenced: Option<String> = None;
    let mut blank = true;
    for line in text.lines() {
        track(&mut fenced, line);
        let line = if fenced.is_some() { line } else { line.trim_end() };
        if line.is_empty() && blank && fenced.is_none() {
            continue;
        }
        blank = line.is_empty();
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// Keeps the fence that is open after `line`.
fn track(fenced: &mut Option<String>, line: &str) {
    let ticks: String = line.chars().take_while(|c| *c == '`').collect();
    match fenced {
        Some(open) if line == open => *fenced = None,
        None if ticks.len() >= 3 => *fenced = Some(ticks),
        _ => {}
    }
}

/// The text up to a blank line outside of any fence, and how much follows.
fn cut(text: &str, limit: usize) -> String {
    const NOTE: usize = 200;
    let (mut fenced, mut at, mut end) = (None, 0, 0);
    for line in text.split_inclusive('\n') {
        track(&mut fenced, line.trim_end_matches('\n'));
        at += line.len();
        if at + NOTE > limit {
            break;
        }
        if line == "\n" && fenced.is_none() {
            end = at;
        }
    }
    let (kept, rest) = text.split_at(end);
    format!(
        "{kept}*Cut here to stay below 64 KiB: {} more. The HTML and JSON reports hold all of it.*\n",
        words::count(rest.lines().count() as u64, "line")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{self, sample};

    #[test]
    fn the_sample_reads_well() {
        insta::assert_snapshot!(render(&sample()).unwrap());
    }

    #[test]
    fn nothing_found_reads_well() {
        insta::assert_snapshot!(render(&sample::nothing_found()).unwrap());
    }

    #[test]
    fn text_of_the_bundle_does_nothing() {
        for (text, markdown) in [
            ("ping @everyone now", "ping `@everyone` now"),
            ("see #123, owner/repo#4", "see `#123,` `owner/repo#4`"),
            ("# not a heading", "\\# not a heading"),
            ("- not a list", "\\- not a list"),
            ("1. not a list", "1\\. not a list"),
            ("a|b", "a\\|b"),
            ("<b>*x*</b> _y_ snake_case", "\\<b\\>\\*x\\*\\</b\\> \\_y\\_ snake_case"),
            ("[a](javascript:x)", "\\[a\\](javascript:x)"),
            ("go to https://evil.example/`x", "go to ``https://evil.example/`x``"),
            ("two\nlines", "two␊lines"),
        ] {
            assert_eq!(inline(text), markdown, "{text}");
        }
    }

    #[test]
    fn code_holds_backticks() {
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`x`"), "`` `x` ``");
        assert_eq!(fence("a\n````\nb", "text"), "`````text\na\n````\nb\n`````");
    }

    /// The lines outside of fences, with their code spans taken out.
    fn prose_lines(text: &str) -> Vec<String> {
        let mut fenced = None;
        let mut out = Vec::new();
        for line in text.lines() {
            let was = fenced.is_some();
            track(&mut fenced, line);
            if !was && fenced.is_none() {
                out.push(without_code(line));
            }
        }
        assert!(fenced.is_none(), "a fence stays open");
        out
    }

    fn without_code(line: &str) -> String {
        let mut out = String::new();
        let mut rest = line;
        while let Some(at) = rest.find('`') {
            if rest[..at].ends_with('\\') {
                out.push_str(&rest[..=at]);
                rest = &rest[at + 1..];
                continue;
            }
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            let ticks = rest.len() - rest.trim_start_matches('`').len();
            let mut close = ticks;
            while let Some(next) = rest[close..].find('`') {
                let run = rest[close + next..].len() - rest[close + next..].trim_start_matches('`').len();
                close += next + run;
                if run == ticks {
                    break;
                }
            }
            rest = &rest[close..];
        }
        out + rest
    }

    #[test]
    fn hostile_text_changes_no_structure() {
        let shape = |text: &str| -> Vec<String> {
            let mark = |line: &String| {
                line.split(' ').next().unwrap_or_default().chars().take(4).collect::<String>()
            };
            prose_lines(text).iter().map(mark).filter(|mark| mark.starts_with(['#', '|'])).collect()
        };
        let benign = render(&sample::with_text(|_| "plain".to_owned())).unwrap();
        for hostile in sample::HOSTILE {
            let page = render(&sample::with_text(|_| (*hostile).to_owned())).unwrap();
            assert_eq!(shape(&page), shape(&benign), "{hostile:?}");
            let cells = |text: &str| {
                prose_lines(text)
                    .iter()
                    .filter(|l| l.starts_with('|'))
                    .map(|l| l.replace("\\|", "").matches('|').count())
                    .collect::<Vec<_>>()
            };
            assert_eq!(cells(&page), cells(&benign), "{hostile:?}");
            for line in prose_lines(&page) {
                // Addresses of the rulebook are the only links.
                let bare =
                    line.replace("- <https://", "").replace("\\<", "").replace("\\[", "").replace("\\]", "");
                assert!(!bare.contains('<') && !bare.contains("](javascript"), "{line}");
                assert!(!bare.contains("@everyone") && !bare.contains("#123"), "{line}");
            }
        }
    }

    #[test]
    fn a_large_result_is_cut_and_says_so() {
        let page = render(&sample::large(500)).unwrap();
        assert!(page.len() <= LIMIT, "{}", page.len());
        let last = page.lines().last().unwrap();
        assert!(
            last.starts_with("*Cut here to stay below 64 KiB: ") && last.contains(" lines more"),
            "{last}"
        );
        prose_lines(&page);
    }
}
