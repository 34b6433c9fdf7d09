//! Templates: literal text with typed holes, lowered to a regular expression.
//!
//! `request cluster ID mismatch (got {remote:hex} want {local:hex})` is what a rule author copies from a log line and
//! makes general by naming what varies. Classes are ASCII only: Unicode classes in search patterns make the lazy DFA
//! of `regex` a hundred times slower.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use regex::{Captures, Regex, RegexBuilder};
use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind};
use regex_syntax::utf8::Utf8Sequences;

use super::atoms::{self, AnyOf};

/// A template or regular expression.
#[derive(Clone)]
pub struct Template {
    /// As the author wrote it.
    pub source: String,
    /// The regular expression, with one named group for each kept hole.
    pub pattern: String,
    /// The names of the kept holes, in order, without repeats.
    pub holes: Vec<String>,
    /// The sets of literals of which every text that it fits holds one each.
    pub required: Vec<AnyOf>,
    /// Whether it is certainly not too large.
    is_small: bool,
    /// Compiled when it is first needed: in most bundles most patterns never are. `None` when it is too large, which
    /// [`Template::compile`] refuses.
    regex: Arc<OnceLock<Option<Regex>>>,
}

/// Two templates are equal when they become the same regular expression, whether or not they have become it yet.
impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.pattern == other.pattern
    }
}

impl Eq for Template {}

impl Hash for Template {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.pattern.hash(state);
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template({})", self.source)
    }
}

/// What a compiled pattern may need: far more than any line of a log asks for, and little enough for thousands of them.
const SIZE_MAX: usize = 1 << 20;

/// Why a template cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// What is wrong: a fragment.
    pub message: String,
    /// The bytes of the template that are.
    pub at: Range<usize>,
    /// What to write instead: a fragment.
    pub help: Option<String>,
    /// Whether it is a regular expression that is wrong.
    pub is_regex: bool,
}

impl TemplateError {
    fn new(message: impl Into<String>, at: Range<usize>, help: Option<String>) -> Self {
        Self { message: message.into(), at, help, is_regex: false }
    }
}

/// Whether a template may be found anywhere in a text or must be all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Anywhere.
    Within,
    /// The whole text.
    Whole,
}

impl Template {
    /// Compiles `/regex/` or a template.
    ///
    /// # Errors
    /// Unknown hole types, bad names, unbalanced braces, invalid and huge regular expressions.
    pub fn compile(text: &str, extent: Extent) -> Result<Self, TemplateError> {
        let template = Self::parse(text, extent)?;
        // What parses can still be too large.
        if template.is_small || template.regex().is_some() {
            return Ok(template);
        }
        Err(TemplateError {
            message: "this regular expression is too large to search logs with".to_owned(),
            at: 0..text.len(),
            help: Some("repeat less: `{1,20}` of a class is enough for most words".to_owned()),
            is_regex: true,
        })
    }

    /// As [`Template::compile`], but what is too large is not found out: it fits nothing.
    ///
    /// # Errors
    /// All others of [`Template::compile`].
    pub fn parse(text: &str, extent: Extent) -> Result<Self, TemplateError> {
        let pattern = match regex_of(text) {
            Some(regex) => regex.to_owned(),
            None => lower(text)?,
        };
        // What is wrong is shown in the regular expression as it was written.
        let hir = regex_syntax::Parser::new().parse(&pattern).map_err(|error| not_a_regex(&error))?;
        let pattern = match extent {
            Extent::Within => pattern,
            Extent::Whole => format!(r"\A(?:{pattern})\z"),
        };
        let mut holes = Vec::new();
        names(&hir, &mut holes);
        let required = atoms::required(&hir);
        let is_small = states(&hir) <= STATES_SMALL;
        Ok(Self { source: text.to_owned(), pattern, holes, required, is_small, regex: Arc::default() })
    }

    /// Whether it fits a text.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text))
    }

    /// What its holes take from a text; `None` when it does not fit.
    #[must_use]
    pub fn captures<'t>(&self, text: &'t str) -> Option<Captures<'t>> {
        self.regex()?.captures(text)
    }

    fn regex(&self) -> Option<&Regex> {
        let compile = || RegexBuilder::new(&self.pattern).size_limit(SIZE_MAX).build().ok();
        self.regex.get_or_init(compile).as_ref()
    }
}

/// A regular expression of so many states is smaller than [`SIZE_MAX`], as each takes less than a hundred bytes: 32 by itself, 8 for each
/// way out of it.
const STATES_SMALL: usize = SIZE_MAX / 100;

/// How many states a regular expression needs at most: repetitions count as often as they are written out.
fn states(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(Class::Bytes(_)) => 1,
        HirKind::Class(Class::Unicode(class)) => bytes_of(class),
        HirKind::Capture(capture) => states(&capture.sub).saturating_add(2),
        HirKind::Repetition(repeated) => {
            let times = repeated.max.unwrap_or(repeated.min).max(1);
            states(&repeated.sub).saturating_add(1).saturating_mul(times as usize).saturating_add(1)
        }
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().fold(1, |sum, part| states(part).saturating_add(sum))
        }
    }
}

/// How many bytes the characters of a class are, written as sequences of ranges of bytes.
fn bytes_of(class: &ClassUnicode) -> usize {
    if class.is_ascii() {
        return 1 + class.ranges().len();
    }
    let sequences = class.iter().flat_map(|range| Utf8Sequences::new(range.start(), range.end()));
    1 + sequences.map(|sequence| sequence.len()).sum::<usize>()
}

/// The names of the groups in a regular expression, each once.
fn names(hir: &Hir, found: &mut Vec<String>) {
    match hir.kind() {
        HirKind::Capture(capture) => {
            if let Some(name) = capture.name.as_deref().filter(|name| !found.iter().any(|own| own == name)) {
                found.push(name.to_owned());
            }
            names(&capture.sub, found);
        }
        HirKind::Repetition(repeated) => names(&repeated.sub, found),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().for_each(|part| names(part, found));
        }
        _ => {}
    }
}

/// The regular expression between slashes.
#[must_use]
pub fn regex_of(text: &str) -> Option<&str> {
    text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'))
}

/// Says where a regular expression is wrong, as the parser of expressions does.
fn not_a_regex(error: &regex_syntax::Error) -> TemplateError {
    let (message, span) = match error {
        regex_syntax::Error::Parse(error) => (error.kind().to_string(), *error.span()),
        regex_syntax::Error::Translate(error) => (error.kind().to_string(), *error.span()),
        other => {
            let whole = regex_syntax::ast::Position::new(0, 1, 1);
            (other.to_string(), regex_syntax::ast::Span::splat(whole))
        }
    };
    let message = message.split(", ").next().unwrap_or_default().to_owned();
    let help = if message.contains("look-around") || message.contains("backreferences") {
        "there is no look-around and no back-reference: match the whole text, and name look-alikes in `exclude`"
    } else {
        "write `\\` in front of a character that is meant as it is, or leave the slashes away: then all text is"
    };
    // The slash in front of it.
    let at = span.start.offset + 1..span.end.offset.max(span.start.offset + 1) + 1;
    let message = format!("this is not a regular expression: {message}");
    TemplateError { message, at, help: Some(help.to_owned()), is_regex: true }
}

/// The types of holes with what they match. `{x}` is a word, `{x:text}` and `{x:rest}` depend on what follows.
pub const HOLE_TYPES: &[(&str, &str)] = &[
    ("int", r"-?[0-9]+"),
    ("float", r"-?[0-9]+(?:\.[0-9]+)?"),
    ("hex", r"(?:0x)?[0-9a-fA-F]+"),
    ("duration", r"(?:[0-9]+(?:\.[0-9]+)?(?:ns|us|\x{b5}s|\x{3bc}s|ms|s|m|h))+"),
    ("ip", r"(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:]*:[0-9a-fA-F:.]*)"),
    (
        "addr",
        r"(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|\[[0-9a-fA-F:.]+(?:%[0-9A-Za-z_.-]+)?\]|[0-9A-Za-z_.-]+):[0-9]+",
    ),
];

/// The names of all types of holes, and of those that depend on what follows.
pub fn hole_types() -> impl Iterator<Item = &'static str> {
    HOLE_TYPES.iter().map(|(name, _)| *name).chain(["text", "rest", "quoted"])
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Fixed text.
    Literal(String),
    /// A hole, by its type; the empty type is a word.
    Hole(String),
}

/// The parts of a template that is no regular expression and has no mistakes.
#[must_use]
pub fn parts(text: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for token in tokens(text).into_iter().flatten() {
        match token {
            Token::Literal(text) => match parts.last_mut() {
                Some(Part::Literal(before)) => before.push_str(text),
                _ => parts.push(Part::Literal(text.to_owned())),
            },
            Token::Hole { hole, .. } => {
                parts.push(Part::Hole(hole.split_once(':').map_or("", |(_, kind)| kind).to_owned()));
            }
        }
    }
    parts
}

/// A piece of a template's text.
enum Token<'t> {
    Literal(&'t str),
    /// What stands between braces, where, and what follows.
    Hole {
        hole: &'t str,
        at: Range<usize>,
        after: &'t str,
    },
}

fn tokens(text: &str) -> Result<Vec<Token<'_>>, TemplateError> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (literal, tail) = rest.split_at(at);
        if !literal.is_empty() {
            tokens.push(Token::Literal(literal));
        }
        let here = text.len() - tail.len();
        if let Some(after) = tail.strip_prefix("{{") {
            tokens.push(Token::Literal("{"));
            rest = after;
        } else if let Some(after) = tail.strip_prefix("}}") {
            tokens.push(Token::Literal("}"));
            rest = after;
        } else if let Some(after) = tail.strip_prefix('{') {
            let Some((hole, after)) = after.split_once('}') else {
                return Err(TemplateError::new(
                    "a hole is not closed",
                    here..here + 1,
                    Some("close it with `}`, or write `{{` for a brace".to_owned()),
                ));
            };
            tokens.push(Token::Hole { hole, at: here..here + hole.len() + 2, after });
            rest = after;
        } else {
            let help = Some("write `}}` for a brace".to_owned());
            return Err(TemplateError::new("a `}` closes nothing", here..here + 1, help));
        }
    }
    if !rest.is_empty() {
        tokens.push(Token::Literal(rest));
    }
    Ok(tokens)
}

/// Lowers a template to the source of a regular expression.
fn lower(text: &str) -> Result<String, TemplateError> {
    let mut out = String::new();
    let mut names: Vec<&str> = Vec::new();
    for token in tokens(text)? {
        match token {
            Token::Literal(literal) => out.push_str(&regex::escape(literal)),
            Token::Hole { hole, at, after } => {
                let name = hole.split_once(':').map_or(hole, |(name, _)| name);
                if name != "_" && names.contains(&name) {
                    let help = Some("give each hole a name of its own, or call one `{_}`".to_owned());
                    return Err(TemplateError::new(format!("the hole `{name}` stands here twice"), at, help));
                }
                names.push(name);
                out.push_str(&lower_hole(hole, &at, after)?);
            }
        }
    }
    Ok(out)
}

/// Lowers one hole; `after` is what follows it in the template.
fn lower_hole(hole: &str, at: &Range<usize>, after: &str) -> Result<String, TemplateError> {
    let (name, kind) = hole.split_once(':').unwrap_or((hole, ""));
    let named = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    if !named {
        return Err(TemplateError::new(
            format!("`{{{hole}}}` is not a hole: a name is lower-case letters, digits and `_`"),
            at.clone(),
            Some("write `{{` and `}}` for braces that stand in the line".to_owned()),
        ));
    }
    let last = after.is_empty();
    let class = match kind {
        "" if last || after.starts_with([' ', '\t']) => r"\S+",
        "" => r"\S+?",
        "text" if last => ".+",
        "text" => ".+?",
        "rest" => ".*",
        // Text in quotes, whose quotes may be escaped themselves when a message was quoted again.
        "quoted" => {
            return Ok(if name == "_" {
                r#"\\*"(?:[^"\\]|\\[^"])*?\\*""#.to_owned()
            } else {
                format!(r#"\\*"(?P<{name}>(?:[^"\\]|\\[^"])*?)\\*""#)
            });
        }
        other => match HOLE_TYPES.iter().find(|(name, _)| *name == other) {
            Some((_, class)) => class,
            None => {
                let help = match crate::base::words::nearest(other, hole_types()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the types are {}", hole_types().collect::<Vec<_>>().join(", ")),
                };
                let kind = at.end - 1 - other.len()..at.end - 1;
                return Err(TemplateError::new(format!("no such type of hole: `{other}`"), kind, Some(help)));
            }
        },
    };
    Ok(if name == "_" { format!("(?:{class})") } else { format!("(?P<{name}>{class})") })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compiles, searches, and shows `hole=value` pairs.
    fn check(template: &str, text: &str, expect: Option<&str>) {
        let template = Template::compile(template, Extent::Within).unwrap();
        let found = template.captures(text).map(|captures| {
            let pairs: Vec<String> = template
                .holes
                .iter()
                .filter_map(|hole| captures.name(hole).map(|value| format!("{hole}={}", value.as_str())))
                .collect();
            pairs.join(" ")
        });
        assert_eq!(found.as_deref(), expect, "{text}");
    }

    #[test]
    fn holes_take_what_their_type_says() {
        check("(got {a:hex} want {b:hex})", "mismatch (got 73c4f want a688)", Some("a=73c4f b=a688"));
        check("took too long ({d:duration})", "took too long (123.940884ms) to", Some("d=123.940884ms"));
        check(
            "from \"{peer:ip}:{_:int}\" (",
            "from \"192.168.77.12:34616\" (error",
            Some("peer=192.168.77.12"),
        );
        check("from {peer:addr} x", "from [fe80::1]:2380 x", Some("peer=[fe80::1]:2380"));
        check("peer {id} became", "peer d3f4 became inactive", Some("id=d3f4"));
        check("error: {why:rest}", "error: a b c", Some("why=a b c"));
        check("term {n:int}", "term x", None);
    }

    #[test]
    fn quoted_holes_take_both_plain_and_escaped_quotes() {
        check("webhook {name:quoted}: ", "failed calling webhook \"a.b\": x", Some("name=a.b"));
        check("webhook {name:quoted}: ", "failed calling webhook \\\"a.b\\\": x", Some("name=a.b"));
    }

    #[test]
    fn braces_are_doubled_and_literals_are_literal() {
        check("{{a}} [x] {b}", "{a} [x] y", Some("b=y"));
        check("a.c", "abc", None);
    }

    #[test]
    fn slashes_make_a_regular_expression() {
        check("/took (?<t>[0-9.]+)s/", "took 1.5s", Some("t=1.5"));
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        for (template, part, message) in [
            ("x {a:hexx}", "hexx", "no such type of hole: `hexx`"),
            ("x {a", "{", "a hole is not closed"),
            ("a}", "}", "a `}` closes nothing"),
            ("{Ab}", "{Ab}", "`{Ab}` is not a hole: a name is lower-case letters, digits and `_`"),
            ("/a(/", "(", "this is not a regular expression: unclosed group"),
            ("/a(?=b)/", "(?=", "this is not a regular expression: look-around"),
        ] {
            let error = Template::compile(template, Extent::Within).unwrap_err();
            assert_eq!((&template[error.at], error.message.as_str()), (part, message));
        }
    }

    #[test]
    fn a_huge_regular_expression_is_refused() {
        let error = Template::compile(r"/some words (\w{1,200}){1,200}/", Extent::Within).unwrap_err();
        assert!(error.message.contains("too large"), "{}", error.message);
    }

    #[test]
    fn parts_are_literals_and_holes() {
        let literal = |text: &str| Part::Literal(text.to_owned());
        assert_eq!(
            parts("a {{b}} {x:int} c {y}"),
            [literal("a {b} "), Part::Hole("int".to_owned()), literal(" c "), Part::Hole(String::new())]
        );
    }
}
