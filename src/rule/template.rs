//! Templates: literal text with typed holes, lowered to a regular expression.
//!
//! `request cluster ID mismatch (got {remote:hex} want {local:hex})` is what a rule author copies from a log line and
//! makes general by naming what varies. Classes are ASCII only: Unicode classes in search patterns make the lazy DFA
//! of `regex` a hundred times slower.

use regex::Regex;

/// A compiled template or regular expression.
#[derive(Clone, Debug)]
pub struct Template {
    /// As the author wrote it.
    pub source: String,
    /// The pattern, with one named group for each kept hole.
    pub regex: Regex,
    /// The names of the kept holes, in order, without repeats.
    pub holes: Vec<String>,
}

/// Why a template cannot be used: a fragment for a diagnostic.
pub type TemplateError = String;

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
    /// Unknown hole types, bad names, unbalanced braces, and invalid regular expressions, each as a sentence fragment.
    pub fn compile(text: &str, extent: Extent) -> Result<Self, TemplateError> {
        let source = match text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
            Some(regex) => regex.to_owned(),
            None => lower(text)?,
        };
        let source = match extent {
            Extent::Within => source,
            Extent::Whole => format!(r"\A(?:{source})\z"),
        };
        let regex = Regex::new(&source)
            .map_err(|e| format!("this is not a regular expression: {}", last_line(&e)))?;
        let mut holes = Vec::new();
        for name in regex.capture_names().flatten() {
            if !holes.iter().any(|hole| hole == name) {
                holes.push(name.to_owned());
            }
        }
        Ok(Self { source: text.to_owned(), regex, holes })
    }
}

fn last_line(error: &regex::Error) -> String {
    error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
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

/// Lowers a template to the source of a regular expression.
fn lower(text: &str) -> Result<String, TemplateError> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (literal, tail) = rest.split_at(at);
        out.push_str(&regex::escape(literal));
        if let Some(after) = tail.strip_prefix("{{") {
            out.push_str(r"\{");
            rest = after;
        } else if let Some(after) = tail.strip_prefix("}}") {
            out.push_str(r"\}");
            rest = after;
        } else if let Some(after) = tail.strip_prefix('{') {
            let Some((hole, after)) = after.split_once('}') else {
                return Err("a hole is not closed: write `{{` for a brace".to_owned());
            };
            out.push_str(&lower_hole(hole, after)?);
            rest = after;
        } else {
            return Err("a `}` closes nothing: write `}}` for a brace".to_owned());
        }
    }
    out.push_str(&regex::escape(rest));
    Ok(out)
}

/// Lowers one hole; `after` is what follows it in the template.
fn lower_hole(hole: &str, after: &str) -> Result<String, TemplateError> {
    let (name, kind) = hole.split_once(':').unwrap_or((hole, ""));
    let named = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    if !named {
        return Err(format!(
            "`{{{hole}}}` is not a hole: a name is lower-case letters, digits and `_`; write `{{{{` for a brace"
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
                let known = HOLE_TYPES.iter().map(|(name, _)| *name).chain(["text", "rest", "quoted"]);
                let hint = crate::base::words::nearest(other, known)
                    .map_or(String::new(), |near| format!("; did you mean `{near}`?"));
                return Err(format!("no such type of hole: `{other}`{hint}"));
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
        let found = template.regex.captures(text).map(|captures| {
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
    fn mistakes_are_named() {
        for (template, message) in [
            ("{a:hexx}", "no such type of hole: `hexx`; did you mean `hex`?"),
            ("{a", "a hole is not closed: write `{{` for a brace"),
            ("a}", "a `}` closes nothing: write `}}` for a brace"),
        ] {
            assert_eq!(Template::compile(template, Extent::Within).unwrap_err(), message);
        }
        assert!(Template::compile("{\"json\": 1}", Extent::Within).unwrap_err().contains("is not a hole"));
        assert!(
            Template::compile("/a(/", Extent::Within)
                .unwrap_err()
                .starts_with("this is not a regular expression")
        );
    }
}
