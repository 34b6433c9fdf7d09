//! One YAML document → a JSON value. The only file that names the YAML crate.
//!
//! Kubernetes never writes more YAML than JSON can say; tags are dropped and keys become text. Times stay text, as the
//! crate follows the YAML 1.2 core schema, which has none.

use serde_json::{Map, Number, Value};
use serde_yaml::Value as Yaml;

use crate::base::Diagnostic;

/// Reads the text of one document. Lines in the diagnostic are from 1, relative to the text.
///
/// Nesting and aliases are bounded by the crate, so that hostile text is an error and not a stack overflow.
pub fn parse(text: &str) -> Result<Value, Box<Diagnostic>> {
    match serde_yaml::from_str::<Yaml>(text) {
        Ok(value) => Ok(convert(value)),
        Err(error) => {
            let place = error.location().map_or(1, |place| place.line() as u64);
            let message = error.to_string().replace(['\n', '\r'], " ");
            Err(Box::new(Diagnostic::warning("yaml-unreadable", message).at_line(place)))
        }
    }
}

fn convert(value: Yaml) -> Value {
    match value {
        Yaml::Null => Value::Null,
        Yaml::Bool(truth) => Value::Bool(truth),
        Yaml::Number(number) => convert_number(&number),
        Yaml::String(text) => Value::String(text),
        Yaml::Sequence(items) => Value::Array(items.into_iter().map(convert).collect()),
        Yaml::Mapping(pairs) => {
            let mut map = Map::new();
            for (key, value) in pairs {
                map.insert(key_text(key), convert(value));
            }
            Value::Object(map)
        }
        Yaml::Tagged(tagged) => convert(tagged.value),
    }
}

/// JSON has no infinities: what it cannot hold stays text. A whole number in scientific form (`1.073741824e+10`, as Go prints a
/// float that JSON brought) is a whole number.
fn convert_number(number: &serde_yaml::Number) -> Value {
    if let Some(whole) = number.as_u64() {
        return Value::Number(whole.into());
    }
    if let Some(whole) = number.as_i64() {
        return Value::Number(whole.into());
    }
    /// Up to here a float holds every whole number.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if let Some(float) = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < EXACT) {
        return Value::Number((float as i64).into());
    }
    number
        .as_f64()
        .and_then(Number::from_f64)
        .map_or_else(|| Value::String(number.to_string()), Value::Number)
}

fn key_text(key: Yaml) -> String {
    match convert(key) {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop, proptest};
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_become_values() {
        for (text, expected) in [
            ("a: 2026-11-22T03:28:32Z", json!({"a": "2026-11-22T03:28:32Z"})),
            ("a: 1.073741824e+10\n", json!({"a": 10_737_418_240_u64})),
            ("1: x\ntrue: y\n", json!({"1": "x", "true": "y"})),
            (
                "a: !mine [1, -2, 1.5, .inf, 18446744073709551615]",
                json!({"a": [1, -2, 1.5, ".inf", u64::MAX]}),
            ),
            ("a: |\n  b: c\n", json!({"a": "b: c\n"})),
            ("", Value::Null),
        ] {
            assert_eq!(parse(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn errors_say_their_line() {
        let diagnostic = parse("a: b\nc: [d\n").unwrap_err();
        assert_eq!(diagnostic.code, "yaml-unreadable");
        assert!(diagnostic.line.is_some_and(|line| line >= 2), "{diagnostic:?}");
    }

    #[test]
    fn hostile_text_is_an_error() {
        let deep = "[".repeat(100_000);
        assert!(parse(&deep).is_err());
        let laughs = (1..12).fold("a0: &a0 [x, x]\n".to_owned(), |text, n| {
            let alias = format!("*a{}", n - 1);
            format!("{text}a{n}: &a{n} [{}]\n", [alias.as_str(); 9].join(", "))
        });
        assert!(parse(&laughs).is_err());
    }

    proptest! {
        #[test]
        fn nothing_panics(text in prop::collection::vec("[-a:\\[\\]{}&*!|>'\"#%@ \n\t\\PC]", 0..60)) {
            let _ = parse(&text.concat());
        }
    }
}
