//! A page of a terminal: lines that are never wider than it, with no escape codes but ours.
//!
//! Every piece of text goes through [`visible`], so that nothing from a bundle reaches the terminal uncleaned.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::base::text::visible;

/// How the terminal is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether escape codes may be written.
    pub color: bool,
    /// Columns; fewer than 40 count as 40.
    pub width: usize,
    /// How much is said.
    pub verbosity: Verbosity,
}

/// How much the terminal is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// The verdict only.
    Quiet,
    /// The verdict, the root causes with some evidence, and one line for everything else.
    Normal,
    /// Also context, background, all steps, what to collect, coverage and diagnostics.
    Verbose,
}

/// The colour of a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Plain,
    Bold,
    Dim,
    Critical,
    Error,
    Warning,
    Info,
}

impl Ink {
    /// The parameters of the escape code (ECMA-48, SGR). The sixteen basic colours follow the terminal's theme.
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Critical => "1;31",
            Self::Error => "31",
            Self::Warning => "33",
            Self::Info => "34",
        }
    }

    pub(super) fn of(severity: &str) -> Self {
        match severity {
            "critical" => Self::Critical,
            "error" => Self::Error,
            "warning" => Self::Warning,
            "info" => Self::Info,
            _ => Self::Bold,
        }
    }
}

/// The output so far.
pub(super) struct Page {
    pub(super) style: Style,
    pub(super) out: String,
}

impl Page {
    pub(super) fn is_verbose(&self) -> bool {
        self.style.verbosity == Verbosity::Verbose
    }

    pub(super) fn blank(&mut self) {
        self.out.push('\n');
    }

    /// One line of pieces; what does not fit is cut with `…`.
    pub(super) fn line(&mut self, pieces: &[(Ink, &str)]) {
        let mut left = self.style.width;
        let mut cleaned: Vec<(Ink, String)> = Vec::new();
        for (ink, text) in pieces {
            let text = clean(text);
            let width = text.width();
            if width > left {
                cleaned.push((*ink, format!("{}…", head(&text, left.saturating_sub(1)))));
                break;
            }
            left -= width;
            cleaned.push((*ink, text));
        }
        while cleaned.last().is_some_and(|(_, text)| text.trim_end().is_empty()) {
            cleaned.pop();
        }
        let last = cleaned.len().saturating_sub(1);
        for (i, (ink, text)) in cleaned.iter().enumerate() {
            self.paint(*ink, if i == last { text.trim_end() } else { text });
        }
        self.out.push('\n');
    }

    pub(super) fn paint(&mut self, ink: Ink, text: &str) {
        if self.style.color && ink != Ink::Plain && !text.is_empty() {
            self.out.push_str(&format!("\u{1b}[{}m{text}\u{1b}[0m", ink.code()));
        } else {
            self.out.push_str(text);
        }
    }

    /// A command behind a lead. It is never cut, because it is there to be copied; the terminal wraps it.
    pub(super) fn command(&mut self, lead: &[(Ink, &str)], command: &str) {
        lead.iter().for_each(|(ink, text)| self.paint(*ink, text));
        self.out.push_str(clean(command).trim_end());
        self.out.push('\n');
    }

    /// Text behind a lead, wrapped; the rows after the first are indented by the lead's width.
    pub(super) fn wrapped(&mut self, lead: &[(Ink, &str)], ink: Ink, text: &str) {
        let indent: usize = lead.iter().map(|(_, text)| text.width()).sum();
        let rows = wrap(&clean(text), self.style.width.saturating_sub(indent).max(16));
        let pad = " ".repeat(indent);
        for (i, row) in rows.iter().enumerate() {
            if i == 0 {
                let pieces: Vec<(Ink, &str)> = lead.iter().copied().chain([(ink, row.as_str())]).collect();
                self.line(&pieces);
            } else {
                self.line(&[(Ink::Plain, &pad), (ink, row)]);
            }
        }
    }
}

/// Text that cannot act on a terminal; tabs become spaces, because their width is not known.
pub(super) fn clean(text: &str) -> String {
    visible(text).replace('\t', "    ")
}

/// The longest start of `text` that fits into `room` columns.
pub(super) fn head(text: &str, room: usize) -> &str {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > room {
            return text.get(..at).unwrap_or_default();
        }
    }
    text
}

/// The text, or an ellipsis and the end of it.
pub(super) fn tail(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let mut used = 1;
    let mut start = text.len();
    for (at, c) in text.char_indices().rev() {
        used += c.width().unwrap_or(0);
        if used > room {
            break;
        }
        start = at;
    }
    format!("…{}", text.get(start..).unwrap_or_default())
}

/// The text in rows of `room` columns, at most `rows` of them; the last ends with `…` when more follows.
pub(super) fn chunks(text: &str, room: usize, rows: usize) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = text;
    while !rest.is_empty() && out.len() < rows {
        let last = out.len() + 1 == rows;
        let row = head(rest, room);
        let (row, after) = rest.split_at(row.len());
        if last && !after.is_empty() {
            out.push(format!("{}…", head(row, room.saturating_sub(1))));
        } else {
            out.push(row.to_owned());
        }
        rest = after;
    }
    if out.is_empty() { vec![String::new()] } else { out }
}

/// Words in rows of `room` columns; a word that is longer than a row is broken.
pub(super) fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut rows = vec![String::new()];
    for word in text.split_whitespace() {
        let used = rows.last().map_or(0, |row| row.width());
        let gap = usize::from(used > 0);
        if used + gap + word.width() <= room {
            if let Some(row) = rows.last_mut() {
                row.push_str(if gap == 1 { " " } else { "" });
                row.push_str(word);
            }
            continue;
        }
        if used == 0 {
            rows.pop();
        }
        rows.extend(chunks(word, room, usize::MAX));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_break_at_words_and_long_words_break_anywhere() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh ij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(tail("a/long/path:12", 8), "…path:12");
        assert_eq!(chunks("abcdefgh", 3, 2), ["abc", "de…"]);
    }
}
