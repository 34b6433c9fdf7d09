//! Object signals: which objects count, and what of them is not known.

use std::collections::{BTreeMap, BTreeSet};

use super::evaluate::{self, Evaluator, OBJECT};
use super::signal::{Contribution, Shown, identify};
use super::timeline::Clock;
use crate::base::Time;
use crate::model::Bundle;
use crate::model::objects::{ObjectKey, View};
use crate::object::{Quote, derived, path};
use crate::rule::{Answer, NODE, ObjectSignal, Rule};
use crate::scan::hits::Values;

/// Lines that are shown of one object in the document that decides.
const QUOTES_MAX: usize = 3;

/// Other documents of which a line is shown.
const OTHERS_MAX: usize = 6;

/// A shorter text in a condition stands in too many lines to tell anything.
const TELLING: usize = 4;

/// The first bytes of a carried value by which the line is found that shows it: a longer one may be folded, and a shorter value is a
/// name, which stands in many lines.
const MESSAGE: usize = 20;

/// What an object signal found.
#[derive(Debug, Default)]
pub struct JudgedObjects {
    /// One for each object that counts.
    pub contributions: Vec<Contribution>,
    /// Why some objects could not be judged.
    pub unknown: BTreeSet<String>,
}

/// Judges all objects of the signal's kind.
#[must_use]
pub fn of_objects(
    bundle: &Bundle,
    evaluator: &Evaluator,
    rule: &Rule,
    signal: &ObjectSignal,
) -> JudgedObjects {
    let mut judged = JudgedObjects::default();
    for (key, views) in bundle.objects.of_kind(&signal.kind) {
        // The fullest view comes first; the first that can decide does.
        let answers: Vec<Answer> = views.iter().map(|view| judge(evaluator, signal, view)).collect();
        let decided = views.iter().zip(&answers).find(|(_, answer)| **answer != Answer::Unknown);
        match decided {
            None => {
                judged.unknown.insert(unknown_because(signal, key, views));
            }
            Some((view, Answer::True)) => {
                let agree = |answer: &Answer| *answer != Answer::False;
                let others = views
                    .iter()
                    .zip(&answers)
                    .filter(|(other, answer)| other.artifact != view.artifact && agree(answer));
                let others: Vec<&View> = others.map(|(other, _)| other).collect();
                judged.contributions.push(contribution(bundle, evaluator, rule, signal, view, &others));
            }
            Some(_) => {}
        }
    }
    judged
}

fn judge(evaluator: &Evaluator, signal: &ObjectSignal, view: &View) -> Answer {
    let Some(filter) = &signal.filter else { return Answer::True };
    let known = |path: &str| path.is_empty() || view.object.known.covers(path);
    let text_at = |path: &str| {
        path::get(&view.object.fields, path).and_then(serde_json::Value::as_str).filter(|_| known(path))
    };
    let told = filter.told_by_texts(OBJECT, &text_at, &|text, regex| evaluate::fits(text, regex));
    told.map_or_else(|| evaluator.object(filter, &of_json(&view.object.fields), &known), Answer::from_bool)
}

/// The fields of an object as CEL sees them.
#[must_use]
pub fn of_json(value: &serde_json::Value) -> cel::Value {
    cel::to_value(value).unwrap_or(cel::Value::Null)
}

/// The paths that were asked for and that no source shows.
fn unknown_because(signal: &ObjectSignal, key: &ObjectKey, views: &[View]) -> String {
    let asked = signal.filter.as_ref().map(|filter| filter.paths(OBJECT)).unwrap_or_default();
    let missing: Vec<&str> = asked
        .iter()
        .filter(|path| !views.iter().any(|view| view.object.known.covers(path)))
        .map(String::as_str)
        .collect();
    let place = if key.namespace.is_empty() { String::new() } else { format!("{}/", key.namespace) };
    format!("{} of {place}{} is not collected", crate::base::words::list(&missing), key.name)
}

/// The machine that an object is about: what is no object of Kubernetes was captured on it, a Node is its own, a Pod runs on one.
fn node_of(bundle: &Bundle, signal: &ObjectSignal, view: &View) -> Option<String> {
    if derived::find(&signal.kind).is_some() {
        return bundle.node_of_artifact(view.artifact).map(str::to_owned);
    }
    let object = &view.object;
    let name = match signal.kind.as_str() {
        "Node" => Some(&*object.name),
        "Pod" => path::get(&object.fields, "spec.nodeName").and_then(serde_json::Value::as_str),
        _ => None,
    };
    name.map(|name| identify(bundle, name))
}

fn contribution(
    bundle: &Bundle,
    evaluator: &Evaluator,
    rule: &Rule,
    signal: &ObjectSignal,
    view: &View,
    others: &[&View],
) -> Contribution {
    let fields = of_json(&view.object.fields);
    let carried: BTreeMap<&str, Vec<String>> = signal
        .fields
        .iter()
        .map(|(name, condition)| (name.as_str(), evaluator.field(condition, &fields)))
        .collect();
    let told = carried.get(NODE).and_then(|values| values.first());
    let node = told.map(|node| identify(bundle, node)).or_else(|| node_of(bundle, signal, view));
    let node = node.as_deref();
    let key = rule.group_by.iter().map(|name| match carried.get(name.as_str()) {
        _ if name == NODE => node.map(str::to_owned),
        Some(values) if !values.is_empty() => Some(identify(bundle, &values.join(", "))),
        _ => None,
    });
    let mut counted: BTreeMap<String, Values> = BTreeMap::new();
    let mut pairs = Vec::new();
    for (name, values) in &carried {
        for value in values {
            counted.entry((*name).to_owned()).or_default().add(value, 1);
            pairs.push(((*name).to_owned(), value.clone()));
        }
    }
    let time = signal
        .time
        .as_ref()
        .and_then(|time| evaluator.field(time, &fields).first().and_then(|text| Time::parse(text)));
    // One line of each other document that shows the object: its row in the table of another node, say.
    let mut shown: Vec<Shown> =
        quotes(signal, view, &pairs).into_iter().map(|quote| of_quote(view, quote, node, &pairs)).collect();
    for other in others.iter().take(OTHERS_MAX) {
        shown.extend(quotes(signal, other, &pairs).first().map(|quote| of_quote(other, quote, node, &pairs)));
    }
    shown.iter_mut().for_each(|shown| shown.time = time);
    let joint = carried.iter().map(|(name, values)| {
        ((*name).to_owned(), values.iter().map(|value| identify(bundle, value)).collect())
    });
    Contribution {
        key: key.collect(),
        joint: joint.collect(),
        count: 1,
        times: time.map(|time| (time.0, 1)).into_iter().collect(),
        width: 1,
        clock: node.map_or(Clock::File(view.artifact), |node| Clock::Node(node.to_owned())),
        node: node.map(str::to_owned),
        fields: counted,
        shown,
        moments: Vec::new(),
    }
}

/// The lines that show the fields that were asked for, those first that hold most of a text that was asked for or of what the hit
/// carries; the line that names the object when there are none.
fn quotes<'v>(signal: &ObjectSignal, view: &'v View, carried: &[(String, String)]) -> Vec<&'v Quote> {
    let conditions = signal.filter.iter().chain(signal.fields.values());
    let asked: BTreeSet<String> = conditions.flat_map(|condition| condition.paths(OBJECT)).collect();
    let told = signal.filter.as_ref().map(|filter| filter.literals()).unwrap_or_default();
    // A time says when, and not what.
    let messages = carried.iter().filter(|(_, value)| Time::parse(value).is_none());
    let messages = messages.filter_map(|(_, value)| value.get(..MESSAGE));
    let told: Vec<&str> = told.iter().map(String::as_str).chain(messages).collect();
    let shows = |quote: &&Quote| {
        let path = &*quote.path;
        !path.is_empty()
            && asked
                .iter()
                .any(|asked| !asked.is_empty() && (path.starts_with(asked) || asked.starts_with(path)))
    };
    let longest = |quote: &Quote| {
        let found = told.iter().filter(|text| text.len() >= TELLING && quote.text.contains(*text));
        found.map(|text| text.len()).max().unwrap_or_default()
    };
    let mut ranked: Vec<&Quote> = view.object.quotes.iter().filter(shows).collect();
    ranked.sort_by_key(|quote| std::cmp::Reverse(longest(quote)));
    let mut chosen: Vec<&Quote> = Vec::new();
    for quote in ranked.into_iter().chain(view.object.quotes.first()) {
        if chosen.len() < QUOTES_MAX && !chosen.iter().any(|other| other.line == quote.line) {
            chosen.push(quote);
        }
    }
    chosen
}

fn of_quote(view: &View, quote: &Quote, node: Option<&str>, fields: &[(String, String)]) -> Shown {
    Shown {
        node: node.map(str::to_owned),
        artifact: view.artifact,
        line: quote.line,
        offset: quote.offset,
        text: quote.text.to_string(),
        fields: fields.to_vec(),
        ..Shown::default()
    }
}
