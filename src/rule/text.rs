//! The texts of a rule: minijinja templates, and what they speak of.

use std::collections::BTreeSet;

use minijinja::Environment;

/// The dotted paths that a text reads: `refused.fields.local`, `group.webhook`.
///
/// # Errors
/// When it is not a template: a sentence fragment.
pub fn paths(text: &str) -> Result<BTreeSet<String>, String> {
    let environment = Environment::new();
    let template = environment.template_from_str(text).map_err(|e| e.to_string())?;
    Ok(template.undeclared_variables(true).into_iter().collect())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_in_all_their_forms() {
        let text =
            "{{ a.fields.x }} {% if b.first.fields.y %}{{ b.max.z | duration }}{% endif %} {{ fields.w }}";
        let found: Vec<String> =
            fields_of_signals(text).into_iter().map(|(signal, field)| format!("{signal}.{field}")).collect();
        assert_eq!(found, ["a.x", "b.y", "b.z", "fields.w"]);
    }
}
