//! What the parser of CEL says, in words for people who write rules.

use super::ConditionError;

/// Words of other languages → CEL.
const OTHER_WORDS: &[(&str, &str)] = &[
    ("and", "&&"),
    ("or", "||"),
    ("not", "!"),
    ("&", "&&"),
    ("|", "||"),
    ("=", "=="),
    ("===", "=="),
    ("<>", "!="),
    ("True", "true"),
    ("False", "false"),
];

/// Says what is wrong at a byte of an expression.
pub fn explain(source: &str, at: usize, said: &str) -> ConditionError {
    let rest = source.get(at..).unwrap_or_default();
    let length = token(rest);
    let word = rest.get(..length).unwrap_or_default();
    let before = source.get(..at).unwrap_or_default();
    let error = |at: std::ops::Range<usize>, message: String, help: Option<&str>| ConditionError {
        at,
        message,
        help: help.map(str::to_owned),
    };
    let here = at..at + length.max(usize::from(!rest.is_empty()));
    if said.contains("has()") {
        let help = "name a field: `has(object.spec.name)`";
        return error(here, "`has` asks for a field".to_owned(), Some(help));
    }
    if word.starts_with(['"', '\'']) && said.contains("token recognition") {
        return error(here, "a text is not closed".to_owned(), Some("add the missing quote"));
    }
    // `not a` is complained of at `a`.
    let previous = before.trim_end().rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let other = OTHER_WORDS.iter().find(|(other, _)| *other == word);
    if let Some((other, cel)) = other.or_else(|| OTHER_WORDS.iter().find(|(other, _)| *other == previous)) {
        let start = if *other == word { at } else { before.trim_end().len() - other.len() };
        let help = format!("write `{cel}`");
        return error(start..start + other.len(), format!("`{other}` is not CEL"), Some(&help));
    }
    if rest.trim().is_empty() {
        let end = source.trim_end().len();
        let start = end.saturating_sub(1);
        let start = (0..=start).rev().find(|byte| source.is_char_boundary(*byte)).unwrap_or(0);
        return match (source.trim().is_empty(), said.contains("')'") || said.contains("']'")) {
            (true, _) => {
                error(0..source.len(), "there is no condition".to_owned(), Some("write `signal.count > 0`"))
            }
            (_, true) => {
                error(start..end, "a bracket is not closed".to_owned(), Some("add the missing bracket"))
            }
            _ => error(
                start..end,
                "the condition ends too early".to_owned(),
                Some("write what it is compared with"),
            ),
        };
    }
    if matches!(word, ")" | "]" | "}") {
        return error(
            here,
            format!("this `{word}` closes nothing"),
            Some("take it away, or add the one that opens"),
        );
    }
    let help = if said.contains("extraneous input") && said.contains("<EOF>") || said.contains("mismatched") {
        Some("join conditions with `&&` or `||`, and put texts in quotes")
    } else {
        None
    };
    error(here, format!("`{word}` cannot stand here"), help)
}

/// The length of the word, the sign or the text at the beginning.
fn token(rest: &str) -> usize {
    let Some(first) = rest.chars().next() else { return 0 };
    let while_ = |take: &dyn Fn(char) -> bool| rest.find(|c| !take(c)).unwrap_or(rest.len());
    match first {
        '"' | '\'' => rest.lines().next().unwrap_or_default().len(),
        c if c.is_alphanumeric() || c == '_' => while_(&|c| c.is_alphanumeric() || c == '_'),
        '&' | '|' | '=' | '<' | '>' => while_(&|c| c == first || (first == '<' && c == '>')),
        c => c.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use crate::rule::Condition;

    #[test]
    fn what_people_write_by_mistake_is_said_in_their_words() {
        for (source, part, message) in [
            ("a.count > 0 and b.count > 0", "and", "`and` is not CEL"),
            ("not a.b", "not", "`not` is not CEL"),
            ("a.count = 1", "=", "`=` is not CEL"),
            ("a.b & c.d", "&", "`&` is not CEL"),
            ("a.count >", ">", "the condition ends too early"),
            ("(a.count > 0", "0", "a bracket is not closed"),
            ("a.count > 0)", ")", "this `)` closes nothing"),
            ("a.x == \"b", "\"b", "a text is not closed"),
            ("has(a)", "a", "`has` asks for a field"),
            ("a.count > 0 b", "b", "`b` cannot stand here"),
        ] {
            let error = Condition::compile(source).unwrap_err();
            assert_eq!((&source[error.at], error.message.as_str()), (part, message), "{source}");
        }
    }
}
