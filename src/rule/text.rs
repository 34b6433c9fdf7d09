//! The texts of a rule: minijinja templates, and what they speak of.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::{Environment, UndefinedBehavior};

/// The dotted paths that a text reads: `refused.fields.local`, `group.webhook`.
///
/// # Errors
/// When it is not a template: a sentence fragment.
pub fn paths(text: &str) -> Result<BTreeSet<String>, String> {
    // Most commands speak of nothing, and to find that out is dear.
    if !is_template(text) {
        return Ok(BTreeSet::new());
    }
    let environment = Environment::empty();
    let template = environment.template_from_str(text).map_err(|e| e.to_string())?;
    Ok(template.undeclared_variables(true).into_iter().collect())
}

/// Whether a text is anything else than itself.
#[must_use]
pub fn is_template(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|open| text.contains(open))
}

/// Stands for all signals, in `fields.x`.
pub const ANY_SIGNAL: &str = "fields";

/// The fields of signals that a text reads: `(signal, field)`, with [`ANY_SIGNAL`] for `fields.field`.
#[must_use]
pub fn fields_of_signals(text: &str) -> BTreeSet<(String, String)> {
    let mut fields = BTreeSet::new();
    for path in paths(text).unwrap_or_default() {
        let parts: Vec<&str> = path.split('.').collect();
        if let [signal, "fields" | "min" | "max", field] | [signal, "first" | "last", "fields", field] =
            parts.as_slice()
        {
            fields.insert(((*signal).to_owned(), (*field).to_owned()));
        } else if let [ANY_SIGNAL, field] = parts.as_slice() {
            fields.insert((ANY_SIGNAL.to_owned(), (*field).to_owned()));
        }
    }
    fields
}

/// A text as it reads before anything was found: what depends on the bundle is named in angle brackets, and what is
/// only said of what was found is left out. `None` when the text has no such reading.
#[must_use]
pub fn general(text: &str) -> Option<String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    for filter in ["node", "duration"] {
        environment.add_filter(filter, |value: minijinja::Value| value);
    }
    let rendered = environment.render_str(&named(text), ()).ok()?;
    Some(rendered.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The text with `{{ webhook.fields.name | … }}` written as `<name>`; variables that it sets go by what they are made of,
/// and other expressions stay.
fn named(text: &str) -> String {
    let mut variables: BTreeMap<String, String> = BTreeMap::new();
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("{{").into_iter().chain(rest.find("{%")).min() {
        let (plain, tag) = rest.split_at(at);
        out.push_str(plain);
        let close = if tag.starts_with("{{") { "}}" } else { "%}" };
        let Some((inner, after)) = tag.get(2..).and_then(|inner| inner.split_once(close)) else { break };
        rest = after;
        let inner = inner.trim_matches(['-', ' ', '\n']);
        let set = inner.strip_prefix("set ").and_then(|set| set.split_once('=')).filter(|_| close == "%}");
        match (set, subject(inner)) {
            (Some((name, value)), _) => {
                let name = name.trim();
                let of = subject(value).map_or_else(
                    || name.to_owned(),
                    |of| variables.get(of).map_or(of, String::as_str).to_owned(),
                );
                out.push_str(&format!("{{% set {name} = '' %}}"));
                variables.insert(name.to_owned(), of);
            }
            (None, Some(name)) if close == "}}" => {
                out.push_str(&format!("<{}>", variables.get(name).map_or(name, String::as_str)));
            }
            _ => out.push_str(&format!("{}{inner} {close}", tag.get(..2).unwrap_or_default())),
        }
    }
    out.push_str(rest);
    out
}

/// What an expression is about: the last name of the path that it begins with.
fn subject(expression: &str) -> Option<&str> {
    let inner = expression.trim_start_matches(['(', ' ', '\n']);
    let end =
        inner.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '.')).unwrap_or(inner.len());
    let path = inner.get(..end)?;
    path.rsplit('.').next().filter(|_| path.starts_with(|c: char| c.is_ascii_alphabetic()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_general_names_what_varies_and_leaves_out_what_is_not_known() {
        for (text, expected) in [
            ("no template", Some("no template")),
            (
                "{{ group.webhook }} denies ({{ denied.count }} time{{ 's' if denied.count != 1 }})",
                Some("<webhook> denies (<count> times)"),
            ),
            (
                "{% if a.nodes and ',' not in a.nodes %}{{ a.nodes }} is{% else %}some are{% endif %} lost",
                Some("some are lost"),
            ),
            (
                "{% if won.peak >= 5 %}{{ won.peak }} elections{% else %}again  and again{% endif %}",
                Some("again and again"),
            ),
            ("{{ fields.peer | node }} for {{ span | duration }}", Some("<peer> for <span>")),
            (
                "to {% set l = (a.fields.host or '') | split(', ') | list %}{{ l | first }}{% if l | length > 1 %} and others{% endif %}",
                Some("to <host>"),
            ),
            ("{% set b = a.max.size | float %}{{ (b / 1024) | round }} {{ 'KiB' }}", Some("<size> KiB")),
            ("{{ 1 | no_such_filter }}", None),
        ] {
            assert_eq!(general(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn fields_are_found_in_all_their_forms() {
        let text =
            "{{ a.fields.x }} {% if b.first.fields.y %}{{ b.max.z | duration }}{% endif %} {{ fields.w }}";
        let found: Vec<String> =
            fields_of_signals(text).into_iter().map(|(signal, field)| format!("{signal}.{field}")).collect();
        assert_eq!(found, ["a.x", "b.y", "b.z", "fields.w"]);
    }
}
