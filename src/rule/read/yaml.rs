//! What is wrong with the YAML itself, in words for people who write rules.

use crate::rule::complaints::Complaints;
use crate::rule::lints;
use crate::rule::place::Place;
use crate::rule::tree::{Content, Node, SyntaxError};

/// Says each key that stands twice in one map.
pub fn duplicates(said: &mut Complaints<'_>, node: &Node) {
    match &node.content {
        Content::Scalar(..) => {}
        Content::List(items) => items.iter().for_each(|item| duplicates(said, item)),
        Content::Map(entries) => {
            for (index, (key, value)) in entries.iter().enumerate() {
                let first = entries.iter().take(index).find(|(other, _)| other.value == key.value);
                if let Some((first, _)) = first {
                    said.say(
                        &lints::DUPLICATE_KEY,
                        key.place,
                        format!("the key `{}` stands here twice", key.value),
                    )
                    .label("this one would not be read")
                    .also(first.place, "the first one")
                    .help("put both into one list, or give one of them another name");
                }
                duplicates(said, value);
            }
        }
    }
}

/// Where the mistake is, as seen from where the parser noticed it.
#[derive(Clone, Copy)]
enum Guilty {
    /// There.
    Here,
    /// At the last quote before.
    Quote,
    /// At the last bracket before that is not closed.
    Bracket,
    /// At the first `\` behind it that begins no escape.
    Escape,
    /// At the last line of dashes before.
    Dashes,
}

/// What to say of a tab, and what to write instead.
const TAB: (&str, &str) = ("a tab stands where YAML wants spaces", "indent with spaces");

/// What the parser says, where the mistake is, what to say, and what to write instead.
const MISTAKES: &[(&str, Guilty, &str, &str)] = &[
    ("found a tab", Guilty::Here, TAB.0, TAB.1),
    (
        "mapping values are not allowed",
        Guilty::Here,
        "a `: ` stands where no key can be",
        "put the text in quotes if the `: ` belongs to it; else check the indentation",
    ),
    (
        "invalid indentation in multiline quoted scalar",
        Guilty::Quote,
        "a quote is not closed",
        "close it on the same line; a quote inside is doubled ('') or escaped (\\\")",
    ),
    ("unexpected end of stream", Guilty::Quote, "a quote is not closed", "close it on the same line"),
    (
        "illegal placement of ':'",
        Guilty::Bracket,
        "a bracket is not closed",
        "close it, or put the text in quotes",
    ),
    ("expected ',' or '}'", Guilty::Bracket, "a `{` is not closed", "close it, or put the text in quotes"),
    ("expected ',' or ']'", Guilty::Bracket, "a `[` is not closed", "close it, or put the text in quotes"),
    ("unexpected character", Guilty::Here, "a text without quotes cannot begin so", "put the text in quotes"),
    (
        "invalid trailing content",
        Guilty::Here,
        "something follows the closing quote",
        "put the whole text in quotes; a quote inside is doubled ('') or escaped (\\\")",
    ),
    (
        "unknown anchor",
        Guilty::Here,
        "`*` in front of a text makes it an alias, and there is none of that name",
        "put the text in quotes",
    ),
    (
        "expected '-' indicator",
        Guilty::Here,
        "a key stands where the next item of a list should",
        "indent it so that it belongs to the item, or take the `- ` above away",
    ),
    (
        "unknown escape",
        Guilty::Escape,
        "a `\\` in double quotes begins an escape, and this is none",
        "use single quotes, in which `\\` is a `\\`",
    ),
    (
        "block sequence entries are not allowed",
        Guilty::Here,
        "a `- ` stands on the line of its key",
        "begin the list on the next line, or write it in brackets: [a, b]",
    ),
    (
        "did not find expected key",
        Guilty::Here,
        "this line belongs to nothing above",
        "check its indentation",
    ),
    (
        "multiple documents",
        Guilty::Dashes,
        "a second document begins",
        "one file holds one rule: put the other into a file of its own",
    ),
];

/// Says why a file is not YAML.
pub fn complain(said: &mut Complaints<'_>, error: &SyntaxError) {
    let source = said.source;
    let told = error.said.to_ascii_lowercase();
    let line_start = source.get(..error.at).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let indent =
        source.get(line_start..).map_or(0, |line| line.len() - line.trim_start_matches([' ', '\t']).len());
    // However a tab is noticed, it is the tab that is wrong.
    if let Some(tab) = source.get(line_start..line_start + indent).and_then(|blanks| blanks.find('\t')) {
        said.say(&lints::YAML, here(source, line_start + tab), TAB.0).help(TAB.1);
        return;
    }
    let known = MISTAKES.iter().find(|(parser, ..)| told.contains(parser));
    let (guilty, message, help) = match known {
        Some((_, guilty, message, help)) => (*guilty, *message, *help),
        None => (Guilty::Here, "this is not YAML", "check quotes, brackets and indentation here and above"),
    };
    let before = source.get(..error.at).unwrap_or(source);
    let at = match guilty {
        Guilty::Here => error.at,
        Guilty::Quote => before.rfind(['"', '\'']).unwrap_or(error.at),
        Guilty::Escape => no_escape(source, error.at).unwrap_or(error.at),
        Guilty::Dashes => before.rfind("\n---").map_or(error.at, |at| at + 1),
        Guilty::Bracket => open_bracket(before).unwrap_or(error.at),
    };
    said.say(&lints::YAML, here(source, at), message).help(help);
}

/// The first `\` behind a place that begins no escape of double quotes.
fn no_escape(source: &str, at: usize) -> Option<usize> {
    let mut chars = source.get(at..)?.char_indices();
    while let Some((offset, c)) = chars.next() {
        if c == '\\' && chars.next().is_some_and(|(_, kind)| !"0abtnvfre \"/\\N_LPxuU\n".contains(kind)) {
            return Some(at + offset);
        }
    }
    None
}

/// The last bracket that is not closed. Brackets in quotes may mislead it, which moves the place and no more.
fn open_bracket(before: &str) -> Option<usize> {
    let mut closed = 0_usize;
    before.char_indices().rev().find_map(|(at, c)| {
        match c {
            '}' | ']' => closed += 1,
            '{' | '[' if closed > 0 => closed -= 1,
            '{' | '[' => return Some(at),
            _ => {}
        }
        None
    })
}

/// One character, or the last one of the line when the line ends there.
fn here(source: &str, at: usize) -> Place {
    let text = source.get(at..).unwrap_or_default();
    let at = match text.chars().next() {
        Some(c) if c != '\n' => at,
        _ => source.get(..at).unwrap_or_default().trim_end().char_indices().last().map_or(0, |(at, _)| at),
    };
    let length = source.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    let line = source.get(..at).unwrap_or_default().matches('\n').count() as u64 + 1;
    Place { start: at, end: at + length, line }
}
