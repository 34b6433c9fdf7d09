//! A diagnostic as compilers show it: what is wrong, where, the lines with the guilty part underlined, what to do.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::diagnostic::{Diagnostic, Label, Severity};
use super::text::visible;

/// Shows a diagnostic; its file where it has a part of it, its place otherwise.
#[must_use]
pub fn render(diagnostic: &Diagnostic, color: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::NOTE,
    };
    let title = level.primary_title(visible(&diagnostic.message)).id(diagnostic.code);
    let file = diagnostic.file.as_deref().map(visible);
    let mut group = match (&diagnostic.excerpt, file) {
        (Some(excerpt), Some(file)) => {
            let labels = excerpt.labels.iter().enumerate().filter_map(|(index, label)| {
                let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
                let text = (!label.text.is_empty()).then(|| visible(&label.text));
                Some(kind.span(underlined(&excerpt.text, label)?).label(text))
            });
            Group::with_title(title).element(Snippet::source(&*excerpt.text).path(file).annotations(labels))
        }
        (None, Some(file)) => Group::with_title(title).element(origin(diagnostic, file)),
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

fn origin(diagnostic: &Diagnostic, file: String) -> Origin<'static> {
    let number = |n: Option<u64>| n.and_then(|n| usize::try_from(n).ok());
    let origin = Origin::path(file);
    match (number(diagnostic.line), number(diagnostic.column)) {
        (Some(line), Some(column)) => origin.line(line).char_column(column),
        (Some(line), None) => origin.line(line),
        _ => origin,
    }
}

/// What of a label is on its first line; nothing when it is not of this text.
fn underlined(text: &str, label: &Label) -> Option<Range<usize>> {
    let part = text.get(label.start..label.end)?;
    let line = part.split('\n').next().unwrap_or_default().trim_end();
    Some(label.start..label.start + line.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::diagnostic::Excerpt;

    #[test]
    fn the_guilty_part_is_underlined() {
        let mut diagnostic =
            Diagnostic::error("rule-x", "no such word").in_file("a.yaml").help("did you mean `b`?");
        let labels = vec![Label { start: 8, end: 11, text: "this".to_owned() }];
        diagnostic.excerpt = Some(Excerpt { labels, text: "a: 1\nk: foo\n".into() });
        let shown = render(&diagnostic, false);
        let expect = "error[rule-x]: no such word\n --> a.yaml:2:4\n  |\n2 | k: foo\n  |    ^^^ this\n  |\n  = help: did you mean `b`?\n";
        assert_eq!(shown, expect);
    }

    #[test]
    fn without_the_file_the_place_is_said() {
        let diagnostic = Diagnostic::warning("w", "odd \u{1b}[31m").in_file("a").at_line(3);
        assert_eq!(render(&diagnostic, false), "warning[w]: odd \u{241b}[31m\n--> a:3\n");
    }
}
