//! What is written in `docs/` is what the program says. `UPDATE=1 cargo test --test it documents` writes it anew.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use rancher_bundle::base::Severity;
use rancher_bundle::rule::{Rulebook, grammar};
use rancher_bundle::testing::{self, Depth};
use serde_json::Value;

use crate::support::{ROOT, report};

/// The directory of the documents.
fn docs() -> PathBuf {
    Path::new(ROOT).join("docs")
}

/// Whether documents are to be written in place of being compared.
#[expect(clippy::disallowed_methods, reason = "how one asks for documents to be written")]
pub fn is_update() -> bool {
    std::env::var("UPDATE").is_ok_and(|value| value == "1")
}

/// Compares a document with what it should be, or writes it.
pub fn compare(path: &Path, expected: &str, wrong: &mut Vec<String>) {
    let found = std::fs::read_to_string(path).unwrap_or_default();
    if found == expected {
        return;
    }
    if is_update() {
        std::fs::write(path, expected).unwrap();
        return;
    }
    let differs = found.lines().zip(expected.lines()).position(|(a, b)| a != b);
    let line = differs.unwrap_or(found.lines().count().min(expected.lines().count()));
    let shown = |text: &str| text.lines().nth(line).unwrap_or("(its end)").to_owned();
    wrong.push(format!(
        "{}:{}: run UPDATE=1 cargo test --test it\n  is:        {}\n  should be: {}",
        path.display(),
        line + 1,
        shown(&found),
        shown(expected)
    ));
}

fn output(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_rancher-bundle"))
        .current_dir(ROOT)
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn schema() -> Value {
    serde_json::from_str(&output(&["rules", "schema"])).unwrap()
}

/// The files of a directory by name.
fn files(directory: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten();
    entries
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

#[test]
fn the_pages_of_the_rules_are_those_that_the_rules_make() {
    let made = tempfile::tempdir().unwrap();
    output(&["rules", "docs", made.path().to_str().unwrap()]);
    let (made, place) = (files(made.path()), docs().join("rules"));
    let mut wrong = Vec::new();
    std::fs::create_dir_all(&place).unwrap();
    for name in files(&place).keys().filter(|name| !made.contains_key(*name)) {
        if is_update() {
            std::fs::remove_file(place.join(name)).unwrap();
        } else {
            wrong.push(format!("docs/rules/{name}: there is no such rule"));
        }
    }
    for (name, text) in &made {
        compare(&place.join(name), text, &mut wrong);
        for id in text.split("](").skip(1).filter_map(|rest| rest.split_once(".md)")).map(|(id, _)| id) {
            assert!(made.contains_key(&format!("{id}.md")), "{name} links to {id}");
        }
    }
    report(&wrong);
}

#[test]
fn the_schema_is_the_one_that_the_program_prints() {
    let mut wrong = Vec::new();
    compare(&docs().join("rule.schema.json"), &output(&["rules", "schema"]), &mut wrong);
    report(&wrong);
}

#[test]
fn the_tables_of_the_language_are_those_of_the_grammar() {
    let path = docs().join("rule-language.md");
    let mut text = std::fs::read_to_string(&path).unwrap();
    for grammar in grammar::ALL {
        let (start, end) = (format!("<!-- keys of {} -->\n", grammar.name), "<!-- end of keys -->");
        let Some((before, rest)) = text.split_once(&start) else {
            panic!("rule-language.md has no table of the keys of {}", grammar.name);
        };
        let (_, after) = rest.split_once(end).expect("a table that ends");
        text = format!("{before}{start}{}{end}{after}", grammar.table());
    }
    let mut wrong = Vec::new();
    compare(&path, &text, &mut wrong);
    report(&wrong);
}

/// The whole rules in a document: YAML blocks that begin with an id.
fn rules_in(document: &str) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(docs().join(document)).unwrap();
    let blocks = text.split("```yaml\n").skip(1).filter_map(|rest| rest.split_once("```"));
    let rules = blocks.filter(|(block, _)| block.starts_with("id: "));
    rules
        .map(|(block, _)| {
            let id = block.lines().next().unwrap().trim_start_matches("id: ");
            (format!("{id}.yaml"), block.to_owned())
        })
        .collect()
}

#[test]
fn the_rules_in_the_documents_are_sound_and_pass_their_tests() {
    for (document, least) in [("rule-language.md", 1), ("rule-examples.md", 5), ("../README.md", 1)] {
        let files = rules_in(document);
        assert!(files.len() >= least, "{document} has {} rules", files.len());
        let (book, said) = Rulebook::from_files(
            files.iter().map(|(path, text)| (path.as_str(), text.as_str())),
            &rancher_bundle::vocabulary(),
        );
        let said: Vec<String> = said
            .iter()
            .filter(|one| one.severity == Severity::Error)
            .map(|one| format!("{}: {}", one.file.as_deref().unwrap_or_default(), one.message))
            .collect();
        report(&said);
        let tested = testing::run(&book, Depth::Coverage);
        let wrong: Vec<String> = tested
            .rules
            .iter()
            .flat_map(|rule| rule.tests.iter().map(|test| (rule.id.clone(), test)))
            .filter(|(_, test)| !test.wrong.is_empty())
            .map(|(id, test)| format!("{document}, {id}, \"{}\": {:?} {:?}", test.name, test.wrong, test))
            .collect();
        report(&wrong);
        assert!(tested.is_fine(false), "{document} has a rule without a test for each verdict");
    }
}

#[test]
fn the_smallest_rule_has_eight_lines() {
    let files = rules_in("rule-language.md");
    let smallest = files.iter().map(|(_, text)| text.lines().count()).min();
    assert_eq!(smallest, Some(8));
}

/// What of a value does not fit a schema: `path: why`. Knows the keywords that our schema uses, and no others.
fn misfits(root: &Value, schema: &Value, value: &Value, path: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for (keyword, rule) in schema.as_object().unwrap() {
        let list = || rule.as_array().unwrap();
        let fits = |name: &Value| match name.as_str().unwrap() {
            "string" => value.is_string(),
            "integer" => value.is_u64() || value.is_i64(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "object" => value.is_object(),
            "array" => value.is_array(),
            other => panic!("type {other}"),
        };
        let fine = match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "format" => true,
            "type" => rule.as_array().map_or_else(|| fits(rule), |names| names.iter().any(fits)),
            "enum" => list().contains(value),
            "const" => rule == value,
            "minimum" => value.as_u64().is_none_or(|n| n >= rule.as_u64().unwrap()),
            "maximum" => value.as_u64().is_none_or(|n| n <= rule.as_u64().unwrap()),
            "pattern" => {
                let pattern = regex::Regex::new(rule.as_str().unwrap()).unwrap();
                value.as_str().is_none_or(|text| pattern.is_match(text))
            }
            "required" => list().iter().all(|key| value.get(key.as_str().unwrap()).is_some()),
            "anyOf" => list().iter().any(|one| misfits(root, one, value, path).is_empty()),
            "$ref" => {
                let target = root.pointer(rule.as_str().unwrap().trim_start_matches('#')).unwrap();
                wrong.extend(misfits(root, target, value, path));
                true
            }
            "items" => {
                let items = value.as_array().into_iter().flatten().enumerate();
                wrong.extend(items.flat_map(|(i, item)| misfits(root, rule, item, &format!("{path}/{i}"))));
                true
            }
            "properties" | "additionalProperties" => {
                for (key, item) in value.as_object().into_iter().flatten() {
                    let of_key = schema.get("properties").and_then(|properties| properties.get(key));
                    let path = format!("{path}/{key}");
                    match (keyword.as_str(), of_key) {
                        ("properties", Some(one)) => wrong.extend(misfits(root, one, item, &path)),
                        ("properties", None) | ("additionalProperties", Some(_)) => {}
                        _ if rule == &Value::Bool(false) => wrong.push(format!("{path}: no such key")),
                        _ => wrong.extend(misfits(root, rule, item, &path)),
                    }
                }
                true
            }
            other => panic!("the test does not know the keyword {other}"),
        };
        if !fine {
            wrong.push(format!("{path}: {keyword}"));
        }
    }
    wrong
}

#[test]
fn every_shipped_rule_fits_the_schema() {
    let schema = schema();
    let mut wrong = Vec::new();
    for entry in walkdir::WalkDir::new(Path::new(ROOT).join("rules")) {
        let entry = entry.unwrap();
        if entry.path().extension().is_some_and(|extension| extension == "yaml") {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            let value: Value = serde_yaml::from_str(&text).unwrap();
            let name = entry.file_name().to_string_lossy();
            wrong.extend(misfits(&schema, &schema, &value, &name));
        }
    }
    report(&wrong);
}

#[test]
fn the_schema_refuses_what_is_no_rule() {
    let schema = schema();
    let sound = "id: a\ntitle: t\nseverity: error\ncomponent: etcd\nsignals: {s: {logs: etcd, match: words, window: 5m}}\nwhen: s.count > 0\nabout: x\nlayer: 3\ntests: [{name: n, missing: etcd, expect: unknown}]\n";
    let check = |from: &str, to: &str| {
        assert!(sound.contains(from), "{from}");
        let value: Value = serde_yaml::from_str(&sound.replace(from, to)).unwrap();
        misfits(&schema, &schema, &value, "")
    };
    assert!(check("", "").is_empty(), "{:?}", check("", ""));
    for (from, to) in [
        ("severity: error", "severity: grave"),
        ("title: t\n", ""),
        ("about:", "abuot:"),
        ("logs: etcd", "logs: etdc"),
        ("window: 5m", "window: 5"),
        ("window: 5m", "widnow: 5m"),
        ("layer: 3", "layer: 7"),
        ("expect: unknown", "expect: nothing"),
        ("id: a", "id: A_b"),
    ] {
        assert!(!check(from, to).is_empty(), "{to}");
    }
}
