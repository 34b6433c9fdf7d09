//! The JSON Schema of rule files, for editors: draft 2020-12.
//!
//! An editor that reads it completes keys and words, shows what they mean, and underlines what does not fit while the
//! author writes. It knows less than lint: nothing of conditions, templates or other files.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::Vocabulary;
use super::grammar::{ALL, Grammar, RULE, Shape};

/// The schema, with these names for editors to complete.
#[must_use]
pub fn schema(names: &Vocabulary) -> Value {
    let mut definitions = Map::new();
    definitions.insert("component".to_owned(), json!({ "enum": names.components }));
    definitions.insert("distribution".to_owned(), json!({ "enum": names.distributions }));
    let kinds: BTreeSet<&str> = names.kind_names().collect();
    // Operators bring kinds of their own.
    let kinds = json!({ "anyOf": [{ "enum": kinds }, { "type": "string", "pattern": "^[A-Z]" }] });
    definitions.insert("kind".to_owned(), kinds);
    for grammar in ALL.iter().filter(|grammar| grammar.name != RULE.name) {
        definitions.insert(grammar.name.to_owned(), of_grammar(grammar));
    }
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".to_owned(), json!("rancher-bundle rule"));
    if let Value::Object(rule) = of_grammar(&RULE) {
        schema.extend(rule);
    }
    schema.insert("$defs".to_owned(), Value::Object(definitions));
    Value::Object(schema)
}

fn of_grammar(grammar: &Grammar) -> Value {
    let property = |key: &super::grammar::Key| {
        let mut value = of_shape(&key.shape);
        if let Value::Object(value) = &mut value {
            value.insert("description".to_owned(), json!(key.what));
        }
        (key.name.to_owned(), value)
    };
    let properties: Map<String, Value> = grammar.keys.iter().map(property).collect();
    let required: Vec<&str> = grammar.keys.iter().filter(|key| key.needed).map(|key| key.name).collect();
    let mut value = json!({
        "description": grammar.what,
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    });
    if let Value::Object(value) = &mut value
        && !required.is_empty()
    {
        value.insert("required".to_owned(), json!(required));
    }
    value
}

fn of_shape(shape: &Shape) -> Value {
    match shape {
        Shape::Text => json!({ "type": "string" }),
        Shape::Plain => json!({ "type": ["string", "number"] }),
        Shape::Whole(least, None) => json!({ "type": "integer", "minimum": least }),
        Shape::Whole(least, Some(most)) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Yes => json!({ "const": true }),
        Shape::Id => json!({ "type": "string", "pattern": "^[a-z0-9-]+$" }),
        Shape::Duration => json!({ "type": "string", "pattern": "^([0-9.]+(ns|us|µs|ms|s|m|h|d))+$" }),
        Shape::Time => json!({ "type": "string", "format": "date-time" }),
        Shape::Word(words) => json!({ "enum": words }),
        Shape::Component => json!({ "$ref": "#/$defs/component" }),
        Shape::Distribution => json!({ "$ref": "#/$defs/distribution" }),
        Shape::Kind => json!({ "$ref": "#/$defs/kind" }),
        Shape::Anything => json!({ "type": "object" }),
        Shape::Many(inner) => {
            let one = of_shape(inner);
            json!({ "anyOf": [one, { "type": "array", "items": one }] })
        }
        Shape::List(inner) => json!({ "type": "array", "items": of_shape(inner) }),
        Shape::Map(inner) => json!({ "type": "object", "additionalProperties": of_shape(inner) }),
        Shape::Scale(words, step) => {
            let steps: Map<String, Value> =
                words.iter().rev().map(|word| ((*word).to_owned(), of_shape(step))).collect();
            json!({ "type": "object", "additionalProperties": false, "properties": steps })
        }
        Shape::Of(grammar) => json!({ "$ref": format!("#/$defs/{}", grammar.name) }),
        Shape::Either(shapes) => json!({ "anyOf": shapes.iter().map(of_shape).collect::<Vec<_>>() }),
    }
}
