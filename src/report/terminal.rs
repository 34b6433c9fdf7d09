//! The result on a terminal: the verdict, then each root cause as a good compiler would show it.
//!
//! No line is wider than the terminal and nothing from a bundle reaches it uncleaned: every piece of text goes
//! through [`visible`], so that the only escape codes are ours.

use unicode_width::UnicodeWidthStr;

use super::page::{Ink, Page, Style, Verbosity, chunks, clean, tail};
use super::prose::{self, Block};
use super::view::{self, Card, Detail, Gap, Proof, View};
use crate::analysis::Analysis;
use crate::base::words;

/// Writes the result for a terminal; ends with a line break.
#[must_use]
pub fn terminal(analysis: &Analysis, style: &Style) -> String {
    let verbose = style.verbosity == Verbosity::Verbose;
    let (lines, context) = if verbose { (8, 2) } else { (3, 0) };
    let detail = Detail { root: lines, other: lines, context, width: 400, bytes: usize::MAX };
    let view = view::view(analysis, detail);
    let mut page = Page { style: Style { width: style.width.max(40), ..*style }, out: String::new() };
    page.verdict(&view);
    if style.verbosity == Verbosity::Quiet {
        return page.out;
    }
    view.causes.iter().for_each(|card| page.cause(card));
    page.others(&view);
    page.unchecked(&view);
    if verbose {
        page.coverage(&view);
        page.diagnostics(&view);
    }
    page.pointer(&view);
    page.out
}

impl Page {
    fn verdict(&mut self, view: &View) {
        let ink = Ink::of(view.worst);
        let word = if view.worst == "none" { String::new() } else { format!(" {}:", view.worst) };
        self.wrapped(&[(ink, view.symbol), (ink, &word), (Ink::Plain, " ")], Ink::Bold, &view.headline);
        self.line(&[(Ink::Dim, "  "), (Ink::Dim, &view.subject.join(" · "))]);
        for fact in &view.lines {
            self.wrapped(&[(Ink::Dim, &format!("  {:<12}", fact.label))], Ink::Plain, &fact.text);
        }
    }

    fn cause(&mut self, card: &Card) {
        self.blank();
        self.title("", card);
        let gutter = card.evidence.iter().flat_map(|proof| &proof.lines).map(|line| line.n.to_string().len());
        let gutter = gutter.max().unwrap_or(1) + 1;
        let pad = " ".repeat(gutter);
        for proof in &card.evidence {
            self.proof(proof, gutter);
        }
        self.note(&pad, "seen", &seen(card));
        if !card.summary.is_empty() {
            self.note(&pad, "note", &card.summary);
        }
        self.remedy(&pad, card);
        if self.is_verbose() {
            self.background(&pad, card);
        }
        self.consequences(&pad, card);
    }

    /// `◆ critical[rule]: title`.
    fn title(&mut self, indent: &str, card: &Card) {
        let ink = Ink::of(card.severity);
        let lead = format!("{} {}[{}]", card.symbol, card.severity, card.rule);
        self.wrapped(&[(Ink::Dim, indent), (ink, &lead), (Ink::Bold, ": ")], Ink::Bold, &card.title);
    }

    fn proof(&mut self, proof: &Proof, gutter: usize) {
        let about: Vec<&str> = [proof.node.as_deref(), proof.time.as_ref().map(|time| time.text.as_str())]
            .into_iter()
            .flatten()
            .collect();
        let about = if about.is_empty() { String::new() } else { format!("  ({})", about.join(", ")) };
        let arrow = format!("{}--> ", " ".repeat(gutter.saturating_sub(1)));
        let place = format!("{}:{}", clean(&proof.file), proof.line);
        // The end of a path says more than its start, and the line number must stay.
        let room = self.style.width.saturating_sub(arrow.width() + about.width()).max(24);
        self.line(&[(Ink::Info, &arrow), (Ink::Plain, &tail(&place, room)), (Ink::Dim, &about)]);
        for line in &proof.lines {
            let number = format!("{:>width$} | ", line.n, width = gutter);
            let more = format!("{:>width$} | ", "", width = gutter);
            let ink = if line.hit { Ink::Plain } else { Ink::Dim };
            let room = self.style.width.saturating_sub(gutter + 3).max(16);
            // Two rows hold what matters of nearly every line, behind its timestamps.
            let rows = if line.hit { 2 } else { 1 };
            for (i, row) in chunks(&clean(&line.text), room, rows).iter().enumerate() {
                self.line(&[(Ink::Info, if i == 0 { &number } else { &more }), (ink, row)]);
            }
        }
        if self.is_verbose()
            && let Some(command) = &proof.command
        {
            self.command(
                &[(Ink::Info, &" ".repeat(gutter)), (Ink::Info, " = "), (Ink::Bold, "line: ")],
                command,
            );
        }
    }

    fn note(&mut self, pad: &str, label: &str, text: &str) {
        self.wrapped(
            &[(Ink::Plain, pad), (Ink::Info, " = "), (Ink::Bold, label), (Ink::Bold, ": ")],
            Ink::Plain,
            text,
        );
    }

    fn remedy(&mut self, pad: &str, card: &Card) {
        let most = if self.is_verbose() { usize::MAX } else { 2 };
        for step in card.remedy.iter().take(most) {
            let risk = if step.risk == "read-only" { String::new() } else { format!(" ({})", step.risk) };
            self.note(pad, "help", &format!("{}{risk}", step.step));
            for command in step.run.iter().flat_map(|run| run.lines()) {
                self.command(&[(Ink::Plain, pad), (Ink::Dim, "         $ ")], command);
            }
        }
        if card.remedy.len() > most {
            let more = words::count((card.remedy.len() - most) as u64, "more step");
            self.line(&[(Ink::Plain, pad), (Ink::Dim, &format!("         {more}: -v, or the report"))]);
        }
    }

    fn background(&mut self, pad: &str, card: &Card) {
        for block in prose::blocks(&card.about) {
            match block {
                Block::Paragraph(text) | Block::Heading(text) => self.note(pad, "about", &text),
                Block::List(_, items) => {
                    items.iter().for_each(|item| {
                        self.wrapped(&[(Ink::Plain, pad), (Ink::Dim, "          - ")], Ink::Plain, item)
                    });
                }
                Block::Code(text) => {
                    text.lines().for_each(|line| {
                        self.line(&[(Ink::Plain, pad), (Ink::Dim, "            "), (Ink::Plain, line)])
                    });
                }
            }
        }
        card.references.iter().for_each(|reference| self.note(pad, "see", &reference.url));
    }

    fn consequences(&mut self, pad: &str, card: &Card) {
        if card.consequences.is_empty() && card.also.is_empty() {
            return;
        }
        self.line(&[(Ink::Plain, pad), (Ink::Info, " = "), (Ink::Bold, "explains:")]);
        let indent = format!("{pad}   ");
        for consequence in &card.consequences {
            self.title(&indent, consequence);
        }
        for also in &card.also {
            let lead = format!("{} {}", also.symbol, also.severity);
            self.wrapped(
                &[(Ink::Plain, &indent), (Ink::of(also.severity), &lead), (Ink::Plain, ": ")],
                Ink::Plain,
                &format!("{} (above)", also.title),
            );
        }
    }

    fn others(&mut self, view: &View) {
        if view.others.is_empty() {
            return;
        }
        self.blank();
        self.line(&[(Ink::Bold, "Other findings")]);
        for card in &view.others {
            self.title("  ", card);
            if self.is_verbose() {
                card.evidence
                    .iter()
                    .take(1)
                    .for_each(|proof| self.proof(proof, proof.line.to_string().len() + 3));
            }
        }
    }

    fn unchecked(&mut self, view: &View) {
        if view.gaps.is_empty() {
            return;
        }
        self.blank();
        let rules = words::count(view.unknown as u64, "rule");
        self.line(&[
            (Ink::Bold, "Could not be checked"),
            (Ink::Dim, &format!("  {rules}, for want of data")),
        ]);
        let most = if self.is_verbose() { usize::MAX } else { 12 };
        for gap in view.gaps.iter().take(most) {
            self.gap(gap);
        }
        if view.gaps.len() > most {
            let more = words::count((view.gaps.len() - most) as u64, "more source");
            self.line(&[(Ink::Dim, &format!("  {more}: -v, or the report"))]);
        }
    }

    fn gap(&mut self, gap: &Gap) {
        let reason = gap.reasons.first().map_or_else(String::new, |reason| {
            if reason.label.is_empty() {
                reason.text.clone()
            } else {
                format!("{}: {}", reason.label, reason.text)
            }
        });
        let reason = if reason.is_empty() { reason } else { format!("; {reason}") };
        self.line(&[
            (Ink::Warning, "  ? "),
            (Ink::Plain, &gap.source),
            (Ink::Dim, &format!("  {}{reason}", gap.waiting)),
        ]);
        if self.is_verbose() {
            gap.collect.iter().for_each(|command| self.command(&[(Ink::Dim, "      $ ")], command));
        }
    }

    fn coverage(&mut self, view: &View) {
        if view.coverage.is_empty() && view.cluster_wide.is_empty() {
            return;
        }
        self.blank();
        self.line(&[(Ink::Bold, "Coverage")]);
        let of_nodes = view.coverage.iter().flat_map(|row| {
            row.cells
                .iter()
                .zip(&view.columns)
                .filter_map(|(cell, node)| Some((cell.as_ref()?, node.as_str())))
        });
        for (cell, node) in of_nodes.chain(view.cluster_wide.iter().map(|cell| (cell, ""))) {
            let span = match (&cell.first, &cell.last) {
                (Some(first), Some(last)) => format!("  {} to {}", first.text, last.text),
                _ => String::new(),
            };
            let ink = if cell.state == "present" { Ink::Plain } else { Ink::Warning };
            let place = if node.is_empty() { String::new() } else { format!(" of {node}") };
            self.line(&[
                (ink, &format!("  {} ", cell.symbol)),
                (Ink::Plain, &format!("{}{place}: {}", cell.source, cell.text)),
                (Ink::Dim, &span),
            ]);
        }
    }

    fn diagnostics(&mut self, view: &View) {
        if view.diagnostics.is_empty() {
            return;
        }
        self.blank();
        self.line(&[(Ink::Bold, "Diagnostics")]);
        for note in &view.diagnostics {
            let ink = Ink::of(note.severity);
            let lead = format!("  {} {}[{}]", note.symbol, note.severity, note.code);
            self.wrapped(&[(ink, &lead), (Ink::Plain, ": ")], Ink::Plain, &note.message);
            if !note.place.is_empty() {
                let place = tail(&clean(&note.place), self.style.width.saturating_sub(8));
                self.line(&[(Ink::Info, "    --> "), (Ink::Plain, &place)]);
            }
            if !note.help.is_empty() {
                self.note("    ", "help", &note.help);
            }
        }
    }

    /// What the run left out here, and where to find it.
    fn pointer(&mut self, view: &View) {
        self.blank();
        let bad = view.diagnostics.iter().filter(|note| note.severity != "info").count();
        if bad > 0 && !self.is_verbose() {
            let problems = words::count(bad as u64, "problem");
            self.line(&[(Ink::Dim, &format!("{problems} with the input: -v, or the report"))]);
        }
        self.line(&[(Ink::Dim, "Evidence with context, coverage and inventory: -o report.html")]);
    }
}

fn seen(card: &Card) -> String {
    let mut out = card.count.clone();
    if let Some(lasted) = &card.lasted {
        out.push_str(&format!(" within {lasted}"));
    }
    if let Some(first) = &card.first {
        out.push_str(&format!(", first {} UTC", first.text));
    }
    if !card.nodes.is_empty() {
        out.push_str(&format!(", on {}", view::few(&card.nodes, 4)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{self, sample};

    fn style(width: usize, verbosity: Verbosity) -> Style {
        Style { color: false, width, verbosity }
    }

    #[test]
    fn the_sample_reads_well() {
        insta::assert_snapshot!(terminal(&sample(), &style(100, Verbosity::Normal)));
    }

    #[test]
    fn the_sample_reads_well_when_much_is_asked() {
        insta::assert_snapshot!(terminal(&sample(), &style(120, Verbosity::Verbose)));
    }

    #[test]
    fn quiet_says_the_verdict() {
        insta::assert_snapshot!(terminal(&sample(), &style(80, Verbosity::Quiet)));
    }

    #[test]
    fn nothing_found_and_nothing_known_read_well() {
        let found = terminal(&sample::nothing_found(), &style(80, Verbosity::Normal));
        let known = terminal(&sample::nothing_known(), &style(80, Verbosity::Normal));
        insta::assert_snapshot!(format!("{found}\n=====\n{known}"));
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in [40, 57, 80, 200] {
            for text in
                [sample(), sample::with_text(|_| "節点 ".repeat(60)), sample::with_text(|_| "x".repeat(500))]
            {
                for verbosity in [Verbosity::Quiet, Verbosity::Normal, Verbosity::Verbose] {
                    let out = terminal(&text, &style(width, verbosity));
                    // Commands are never cut.
                    for line in out.lines().filter(|l| !l.contains(" $ ") && !l.contains(" = line: ")) {
                        assert!(line.width() <= width, "{width}: {} {line}", line.width());
                    }
                }
            }
        }
    }

    #[test]
    fn escape_codes_are_ours_and_only_with_colour() {
        for hostile in sample::HOSTILE {
            let analysis = sample::with_text(|_| (*hostile).to_owned());
            let plain = terminal(&analysis, &style(80, Verbosity::Verbose));
            assert!(!plain.contains(|c: char| c != '\n' && c.is_control()), "{hostile:?}");
            let painted = terminal(&analysis, &Style { color: true, ..style(80, Verbosity::Verbose) });
            let without =
                painted.split('\u{1b}').map(|part| part.split_once('m').map_or(part, |(_, rest)| rest));
            let without: String = painted.split('\u{1b}').next().into_iter().chain(without.skip(1)).collect();
            assert_eq!(without, plain, "{hostile:?}");
        }
    }
}
