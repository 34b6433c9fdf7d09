//! A diagnostic as compilers show it: what is wrong, where, the lines with the guilty part underlined, what to do.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::diagnostic::{Diagnostic, Label, Severity};
use super::text::visible;

/// Shows a diagnostic. `source` is the text of its file; without it the place is said and not shown.
#[must_use]
pub fn render(diagnostic: &Diagnostic, source: Option<&str>, color: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::NOTE,
    };
    let message = visible(&diagnostic.message);
    let title = level.primary_title(message).id(diagnostic.code);
    let mut group = match (source, &diagnostic.file) {
        (Some(source), Some(file)) if !diagnostic.labels.is_empty() => {
            let labels = diagnostic.labels.iter().enumerate().filter_map(|(index, label)| {
                let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
                let (start, end) = underlined(source, label)?;
                let text = (!label.text.is_empty()).then(|| visible(&label.text));
                Some(kind.span(start..end).label(text))
            });
            Group::with_title(title).element(Snippet::source(source).path(file.as_str()).annotations(labels))
        }
        (_, Some(file)) => Group::with_title(title).element(origin(diagnostic, file)),
        (_, None) => Group::with_title(title),
    };
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(visible(help)));
    }
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut text = renderer.decor_style(DecorStyle::Ascii).render(&[group]);
    text.push('\n');
    text
}

fn origin<'d>(diagnostic: &Diagnostic, file: &'d str) -> Origin<'d> {
    let number = |n: Option<u64>| n.and_then(|n| usize::try_from(n).ok());
    let mut origin = Origin::path(file);
    if let Some(line) = number(diagnostic.line) {
        origin = origin.line(line);
        if let Some(column) = number(diagnostic.column) {
            origin = origin.char_column(column);
        }
    }
    origin
}

/// What of a label is on its first line; nothing when the file is another one by now.
fn underlined(source: &str, label: &Label) -> Option<(usize, usize)> {
    let text = source.get(label.start..label.end)?;
    let line = text.split('\n').next().unwrap_or_default().trim_end();
    Some((label.start, label.start + line.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guilty_part_is_underlined() {
        let mut diagnostic = Diagnostic::error("rule-x", "no such word").in_file("a.yaml").help("did you mean `b`?");
        diagnostic.labels = vec![Label { start: 8, end: 11, text: "this".to_owned() }];
        let shown = render(&diagnostic, Some("a: 1\nk: foo\n"), false);
        let expect = "error[rule-x]: no such word\n --> a.yaml:2:4\n  |\n2 | k: foo\n  |    ^^^ this\n  |\n  = help: did you mean `b`?\n";
        assert_eq!(shown, expect);
    }

    #[test]
    fn without_the_file_the_place_is_said() {
        let diagnostic = Diagnostic::warning("w", "odd \u{1b}[31m").in_file("a").at_line(3);
        assert_eq!(render(&diagnostic, None, false), "warning[w]: odd \u{241b}[31m\n --> a:3\n");
    }
}
