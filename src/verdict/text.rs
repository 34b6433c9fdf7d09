//! Titles, summaries and commands of a finding, from the rule's templates and what was found.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use minijinja::{Environment, Value, context};

use super::signal::{Shown, SignalValue};
use crate::base::TimeSpan;
use crate::base::stamp::duration_text;
use crate::model::Bundle;

/// Values of one field that a text names before it says how many more there are.
const NAMED_MAX: usize = 5;

/// Steps that one text may take: a rule of somebody else's must not keep the report waiting with a loop.
const FUEL: u64 = 100_000;

/// Renders the texts of rules.
pub struct Texts {
    environment: Environment<'static>,
}

/// What a text can speak of.
pub struct Scene<'a> {
    /// The signals.
    pub values: &'a [SignalValue],
    /// The group.
    pub group: &'a BTreeMap<String, String>,
    /// The fields of all signals.
    pub fields: &'a BTreeMap<String, Vec<String>>,
    /// The nodes of all signals.
    pub nodes: &'a BTreeSet<String>,
    /// All records and objects.
    pub count: u64,
    /// From the first to the last.
    pub span: Option<TimeSpan>,
}

impl Texts {
    /// Texts on one bundle: the filter `node` gives the node of an address or etcd member id, where that is known.
    #[must_use]
    pub fn new(bundle: &Bundle) -> Self {
        let mut environment = Environment::new();
        environment.set_fuel(Some(FUEL));
        let names = Arc::new(bundle.names.clone());
        environment
            .add_filter("node", move |value: String| names.node(&value).map_or(value.clone(), str::to_owned));
        environment.add_filter("duration", duration_text);
        Self { environment }
    }

    /// Renders one template. A template that fails gives its own source: a broken text must not hide a finding.
    #[must_use]
    pub fn render(&self, template: &str, scene: &Scene<'_>) -> String {
        let signals: BTreeMap<String, Value> =
            scene.values.iter().map(|value| (value.name.clone(), of_signal(value))).collect();
        let own = context! {
            group => scene.group.clone(),
            fields => joined(scene.fields.iter().map(|(name, values)| (name.as_str(), values.as_slice()))),
            nodes => few(&scene.nodes.iter().cloned().collect::<Vec<_>>()),
            count => scene.count,
            since => scene.span.map(|span| span.first.to_seconds_text()).unwrap_or_default(),
            span => scene.span.map(|span| duration_text(span.last.seconds_since(span.first))).unwrap_or_default(),
        };
        let scope = context! { ..own, ..Value::from(signals) };
        self.environment
            .render_str(template, scope)
            .map_or_else(|_| template.to_owned(), |text| squeeze(&text))
    }
}

/// YAML's folded texts carry line feeds and double spaces that a title must not have.
fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn of_signal(value: &SignalValue) -> Value {
    let fields: Vec<(String, Vec<String>)> = value
        .fields
        .iter()
        .map(|(name, values)| (name.clone(), values.seen.keys().map(ToString::to_string).collect()))
        .collect();
    let range = |end: fn(&(f64, f64)) -> f64| -> BTreeMap<String, f64> {
        value
            .fields
            .iter()
            .filter_map(|(name, values)| Some((name.clone(), end(values.range.as_ref()?))))
            .collect()
    };
    context! {
        count => value.count,
        peak => value.peak,
        peak_time => value.peak_at.map(|time| time.to_seconds_text()).unwrap_or_default(),
        nodes => few(&value.nodes.iter().cloned().collect::<Vec<_>>()),
        span => duration_text(value.seconds()),
        fields => joined(fields.iter().map(|(name, values)| (name.as_str(), values.as_slice()))),
        min => range(|range| range.0),
        max => range(|range| range.1),
        first => of_shown(value.first.as_ref()),
        last => of_shown(value.last.as_ref()),
    }
}

/// A hit; of none everything is empty.
fn of_shown(shown: Option<&Shown>) -> Value {
    let fields: BTreeMap<String, String> =
        shown.map(|shown| shown.fields.iter().cloned().collect()).unwrap_or_default();
    context! {
        time => shown.and_then(|shown| shown.time).map(|time| time.to_seconds_text()).unwrap_or_default(),
        node => shown.and_then(|shown| shown.node.clone()).unwrap_or_default(),
        fields => fields,
    }
}

fn joined<'a>(fields: impl Iterator<Item = (&'a str, &'a [String])>) -> BTreeMap<String, String> {
    fields.map(|(name, values)| (name.to_owned(), few(values))).collect()
}

/// `a, b, c and 4 more`.
fn few(values: &[String]) -> String {
    match values.get(..NAMED_MAX) {
        Some(named) if values.len() > NAMED_MAX => {
            format!("{} and {} more", named.join(", "), values.len() - NAMED_MAX)
        }
        _ => values.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_does_not_end_gives_its_own_source() {
        let text =
            "{% for i in range(10000) %}{% for j in range(10000) %}{{ i * j }}{% endfor %}{% endfor %}";
        let (fields, nodes) = (BTreeMap::new(), BTreeSet::new());
        let scene = Scene {
            values: &[],
            group: &BTreeMap::new(),
            fields: &fields,
            nodes: &nodes,
            count: 0,
            span: None,
        };
        assert_eq!(Texts::new(&Bundle::default()).render(text, &scene), text);
    }
}
