//! What was wrong with the input or with a rule: data for the result, never an error of the program.
//!
//! A bad file, member, line or rule becomes a [`Diagnostic`] with its place, and the run goes on.

use std::sync::Arc;

use serde::Serialize;

/// How much a diagnostic matters to whoever reads the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know; nothing is missing from the result.
    Info,
    /// Something was left out or could not be read.
    Warning,
    /// A whole input or a rule could not be used.
    Error,
}

/// The stable name of a kind of diagnostic, in kebab case.
pub type Code = &'static str;

/// One thing that was wrong, where, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// Which kind of diagnostic it is.
    pub code: Code,
    /// The path inside the input, or of the rule file; null for what concerns no file.
    pub file: Option<String>,
    /// The line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The column in characters, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
    /// What happened: a fragment, lower case, no full stop.
    pub message: String,
    /// What to do now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The limit that was hit, by its flag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<&'static str>,
    /// The file's text with the parts that it speaks of, for whoever shows it.
    #[serde(skip)]
    pub excerpt: Option<Excerpt>,
}

/// A text, and the parts of it that a diagnostic speaks of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Excerpt {
    /// The parts, the guilty one first.
    pub labels: Vec<Label>,
    /// The whole text.
    pub text: Arc<str>,
}

/// A part of a text, and what is to be said of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    /// Its first byte.
    pub start: usize,
    /// The byte behind it.
    pub end: usize,
    /// A fragment; may be empty for the guilty part.
    pub text: String,
}

impl Diagnostic {
    /// A warning without a place; the builder methods add what is known.
    #[must_use]
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            code,
            file: None,
            line: None,
            column: None,
            message: message.into(),
            help: None,
            limit: None,
            excerpt: None,
        }
    }

    /// As [`Diagnostic::warning`], at level error.
    #[must_use]
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, ..Self::warning(code, message) }
    }

    /// As [`Diagnostic::warning`], at level info.
    #[must_use]
    pub fn info(code: Code, message: impl Into<String>) -> Self {
        Self { severity: Severity::Info, ..Self::warning(code, message) }
    }

    /// Names the file.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// Names the line, from 1.
    #[must_use]
    pub fn at_line(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Names the limit that was hit by its command-line flag.
    #[must_use]
    pub fn limit(mut self, flag: &'static str) -> Self {
        self.limit = Some(flag);
        self
    }
}

/// Diagnostics in the order in which they were found.
pub type Diagnostics = Vec<Diagnostic>;
