//! The result in words: one file for the browser, one for a ticket, one for programs, and the terminal.
//!
//! A renderer of results sees an [`Analysis`] and nothing else ([`rules`] shows what rules say of themselves). What several formats need (which finding is folded below
//! which, which command prints a line, what is missing) is arranged once, in [`view`]; a format only writes.

mod command;
mod explain;
mod html;
mod inspect;
mod json;
mod markdown;
mod page;
mod prose;
pub mod rules;
#[cfg(test)]
mod sample;
mod terminal;
mod view;

use crate::analysis::Analysis;
pub use explain::explain;
pub use inspect::inspect;
pub use page::{Style, Verbosity};
pub use terminal::terminal;

/// A format of a report file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One page that needs nothing else.
    Html,
    /// For tickets: at most 64 KiB.
    Markdown,
    /// The whole result, for programs.
    Json,
}

/// One row of [`FORMATS`].
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Which format it is.
    pub format: Format,
    /// Its name on the command line.
    pub name: &'static str,
    /// The extension of its files, without the dot.
    pub extension: &'static str,
    /// Writes it.
    pub render: fn(&Analysis) -> Result<String, RenderError>,
}

/// All formats, in the order of the command line's help.
pub const FORMATS: &[Entry] = &[
    Entry { format: Format::Html, name: "html", extension: "html", render: html::render },
    Entry { format: Format::Markdown, name: "md", extension: "md", render: markdown::render },
    Entry { format: Format::Json, name: "json", extension: "json", render: json::render },
];

/// Why a report could not be written. Both cases are faults of this program, never of a bundle.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The template and the view disagree.
    #[error("render the template: {0:#}")]
    Template(#[from] minijinja::Error),
    /// The result could not be serialised.
    #[error("write the result as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The format is not in [`FORMATS`].
    #[error("render the format {0:?}: it has no renderer")]
    Unknown(Format),
}

impl Format {
    /// The format that a file name asks for by its extension, in any case.
    #[must_use]
    pub fn from_path(path: &std::path::Path) -> Option<Self> {
        Self::from_name(path.extension()?.to_str()?)
    }

    /// The format with this name (`html`, `md`, `json`; also `htm` and `markdown`), in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let name = match name.to_ascii_lowercase().as_str() {
            "htm" => "html".to_owned(),
            "markdown" => "md".to_owned(),
            other => other.to_owned(),
        };
        FORMATS.iter().find(|entry| entry.name == name).map(|entry| entry.format)
    }
}

/// Writes the report in one format. The same result gives the same bytes.
pub fn render(format: Format, analysis: &Analysis) -> Result<String, RenderError> {
    let entry = FORMATS.iter().find(|entry| entry.format == format).ok_or(RenderError::Unknown(format))?;
    (entry.render)(analysis)
}

/// An empty template environment in which block tags leave no trace in the output.
fn templates() -> Result<minijinja::Environment<'static>, minijinja::Error> {
    let mut env = minijinja::Environment::new();
    let mut syntax = minijinja::syntax::SyntaxConfig::builder();
    env.set_syntax(syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()?);
    Ok(env)
}

/// Prints one value of a template through `escape`, unless a filter has marked it as done: the only way from a value to
/// the output, so that no template can forget it.
fn print_value(
    out: &mut minijinja::Output<'_>,
    value: &minijinja::Value,
    escape: fn(&str) -> String,
) -> Result<(), minijinja::Error> {
    if value.is_none() {
        return Ok(());
    }
    match value.as_str() {
        Some(text) if value.is_safe() => out.write_str(text)?,
        Some(text) => out.write_str(&escape(text))?,
        None => out.write_str(&escape(&value.to_string()))?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_file_name_chooses_the_format() {
        for (path, format) in [
            ("a/report.html", Some(Format::Html)),
            ("REPORT.HTM", Some(Format::Html)),
            ("ticket.md", Some(Format::Markdown)),
            ("result.json", Some(Format::Json)),
            ("report.pdf", None),
            ("html", None),
        ] {
            assert_eq!(Format::from_path(Path::new(path)), format, "{path}");
        }
    }

    #[test]
    fn every_format_has_a_row() {
        let analysis = sample::sample();
        for format in [Format::Html, Format::Markdown, Format::Json] {
            assert!(!render(format, &analysis).unwrap().is_empty(), "{format:?}");
        }
    }

    #[test]
    fn every_title_and_rule_is_in_every_format() {
        let analysis = sample::sample();
        let style = Style { color: false, width: 100, verbosity: Verbosity::Normal };
        let mut outputs: Vec<(String, String)> =
            FORMATS.iter().map(|entry| (entry.name.to_owned(), (entry.render)(&analysis).unwrap())).collect();
        outputs.push(("terminal".to_owned(), terminal(&analysis, &style)));
        for (name, text) in &outputs {
            for finding in &analysis.findings {
                // Long titles are wrapped in a terminal, so its text is compared without line breaks.
                let flat = text.split_whitespace().collect::<Vec<_>>().join(" ").replace("&#39;", "'");
                assert!(flat.contains(finding.title.raw()), "{name} lacks {:?}", finding.title.raw());
                assert!(flat.contains(&finding.rule), "{name} lacks {}", finding.rule);
            }
        }
    }

    #[test]
    fn a_second_rendering_gives_the_same_bytes() {
        let analysis = sample::sample();
        for entry in FORMATS {
            assert_eq!((entry.render)(&analysis).unwrap(), (entry.render)(&analysis).unwrap());
        }
    }

    /// For looking at the formats: `REPORT_SAMPLES=dir cargo test -- --ignored write_samples`.
    #[test]
    #[ignore = "writes files for people to look at"]
    #[expect(clippy::disallowed_methods, reason = "a tool for the developer, not a test")]
    fn write_samples() {
        let Ok(dir) = std::env::var("REPORT_SAMPLES") else { return };
        let hostile = sample::with_text(|_| sample::HOSTILE.join(" "));
        for (name, analysis) in [
            ("sample", sample::sample()),
            ("nothing-found", sample::nothing_found()),
            ("nothing-known", sample::nothing_known()),
            ("hostile", hostile),
            ("large", sample::large(500)),
        ] {
            for entry in FORMATS {
                let path = Path::new(&dir).join(name).with_extension(entry.extension);
                std::fs::write(path, (entry.render)(&analysis).unwrap()).unwrap();
            }
            let style = Style { color: true, width: 100, verbosity: Verbosity::Normal };
            std::fs::write(Path::new(&dir).join(name).with_extension("txt"), terminal(&analysis, &style))
                .unwrap();
        }
    }
}
