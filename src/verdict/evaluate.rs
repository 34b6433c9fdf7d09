//! Conditions over signals and objects, evaluated with CEL.
//!
//! A signal with missing sources is a lower bound. Each comparison is evaluated with what was seen and with as much as
//! there could be: where both agree the answer stands, where they differ it is unknown. That is exact for comparisons
//! that grow or fall with the amount of evidence, which is all that a rule can sensibly ask.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, LazyLock, RwLock};

use cel::common::ast::{CallExpr, Expr, LiteralValue, operators};
use cel::extractors::This;
use cel::objects::Key;
use cel::{Context, Env, ExecutionError, IdedExpr, Value};
use regex::Regex;

use super::signal::{Shown, SignalValue};
use crate::base::Time;
use crate::base::stamp::{SECOND, parse_duration};
use crate::model::Bundle;
use crate::rule::check::BUNDLE;
use crate::rule::condition::{MATCHES, collect_paths};
use crate::rule::{Answer, Condition};

/// What stands for "as many as there could be". Far above any count, and sums of it still fit.
const PLENTY: i64 = 1 << 40;

/// How many values stand for those that nobody has seen. They equal nothing.
const UNSEEN: usize = 100;

/// Signals with missing sources that one comparison may name; with more it is unknown unless it is trivial.
const PARTIAL_MAX: usize = 4;

/// Evaluates conditions on one bundle.
pub struct Evaluator {
    /// What every condition may use: the functions, and the bundle.
    root: Context<'static, 'static>,
}

impl Evaluator {
    /// An evaluator for one bundle.
    #[must_use]
    pub fn new(bundle: &Bundle) -> Self {
        let mut facts: Vec<(&str, Value)> = vec![("distribution", string(&bundle.distribution))];
        if let Some(time) = bundle.captured_at {
            facts.push(("time", Value::Float(time.0 as f64 / SECOND as f64)));
        }
        Self { root: root(bundle.captured_at, map(facts)) }
    }

    /// Decides a condition over signals.
    #[must_use]
    pub fn when(&self, condition: &Condition, values: &[SignalValue]) -> Answer {
        let variables = condition.variables();
        let named = values.iter().filter(|value| variables.contains(&value.name)).collect();
        let mut scopes = Scopes { root: &self.root, named, made: BTreeMap::new() };
        condition.decide(&mut |leaf| scopes.leaf(leaf))
    }

    /// What both sides of a comparison come to with what was seen; `None` when the condition is no comparison, or a side has
    /// no value that can be told in a word.
    #[must_use]
    pub fn sides(&self, condition: &Condition, values: &[SignalValue]) -> Option<(String, String)> {
        let Expr::Call(call) = &condition.evaluated().expr else { return None };
        let [left, right] = call.args.as_slice() else { return None };
        let mut context = self.root.new_inner_scope();
        for value in values {
            context.add_variable_from_value(value.name.as_str(), of_signal(value, false));
        }
        let side = |side: &IdedExpr| shown(&Value::resolve(side, &context).ok()?);
        Some((side(left)?, side(right)?))
    }

    /// Decides a condition over one object; `known` says which paths the object's source could show.
    pub fn object(&self, condition: &Condition, fields: &Value, known: &dyn Fn(&str) -> bool) -> Answer {
        let mut scope = self.root.new_inner_scope();
        scope.add_variable_from_value(OBJECT, fields.clone());
        condition.decide(&mut |leaf| {
            let mut paths = BTreeSet::new();
            collect_paths(leaf, OBJECT, &mut paths);
            if paths.iter().all(|path| known(path)) {
                truth(&Value::resolve(leaf, &scope), false)
            } else {
                Answer::Unknown
            }
        })
    }

    /// The values that an expression over one object gives: none when it fails, several for a list.
    #[must_use]
    pub fn field(&self, condition: &Condition, fields: &Value) -> Vec<String> {
        let mut context = self.root.new_inner_scope();
        context.add_variable_from_value(OBJECT, fields.clone());
        match Value::resolve(condition.evaluated(), &context) {
            Ok(Value::List(items)) => items.iter().filter_map(shown).collect(),
            Ok(value) => shown(&value).into_iter().collect(),
            Err(_) => Vec::new(),
        }
    }
}

/// CEL's own functions, made once: making them costs more than judging a small rule.
static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// What conditions are evaluated in.
fn root(at: Option<Time>, bundle: Value) -> Context<'static, 'static> {
    let mut context = Context::with_env(Arc::clone(&ENV));
    context.add_variable_from_value(BUNDLE, bundle);
    // None of these names is one of CEL's own, so that adding them cannot fail.
    let _ = context.add_function(MATCHES, matches);
    let _ = context.add_function("values", values);
    let _ = context.add_function("distinct", distinct);
    let _ =
        context.add_function("min", |this: This<Value>, field: Arc<String>| range(&this.0, &field, "@min"));
    let _ =
        context.add_function("max", |this: This<Value>, field: Arc<String>| range(&this.0, &field, "@max"));
    let _ = context
        .add_function("recent", move |this: This<Value>, span: Arc<String>| recent(&this.0, &span, at));
    let _ = context.add_function("epoch", |text: Arc<String>| epoch(&text));
    let _ = context.add_function("age", move |text: Arc<String>| age(&text, at));
    context
}

/// The signals that a condition names, in every mixture of what was seen and as much as there could be. Each mixture is made
/// known once: that costs more than comparing.
struct Scopes<'e> {
    root: &'e Context<'static, 'static>,
    named: Vec<&'e SignalValue>,
    /// Which signals are as much as there could be (a bit for each) → what comparisons are evaluated in.
    made: BTreeMap<u64, Context<'e, 'static>>,
}

impl<'e> Scopes<'e> {
    /// Decides a comparison. Whether two numbers are equal does not grow or fall with what there is: they are where neither is
    /// the greater.
    fn leaf(&mut self, leaf: &IdedExpr) -> Answer {
        if let Some(answer) = self.counted(leaf) {
            return answer;
        }
        let (answer, _) = self.mixed(leaf);
        let Expr::Call(call) = &leaf.expr else { return answer };
        let is_equal = call.func_name == operators::EQUALS;
        let is_open = self.named.iter().any(|value| value.is_open());
        if !is_open || !(is_equal || call.func_name == operators::NOT_EQUALS) {
            return answer;
        }
        let mut with = |operator: &str| {
            let call = CallExpr { func_name: operator.to_owned(), ..call.clone() };
            self.mixed(&IdedExpr { id: leaf.id, expr: Expr::Call(call) })
        };
        match (with(operators::GREATER), with(operators::LESS)) {
            // What has no order can only be the same or not.
            ((_, true), _) | (_, (_, true)) => answer,
            ((Answer::Unknown, _), (below, _)) if below != Answer::True => Answer::Unknown,
            ((above, _), (Answer::Unknown, _)) if above != Answer::True => Answer::Unknown,
            _ => answer,
        }
    }

    /// Decides whether a signal was seen more or less often than a number. Most comparisons are of this kind, and what CEL has to
    /// know for one takes a hundred times as long as the comparison.
    fn counted(&self, leaf: &IdedExpr) -> Option<Answer> {
        let Expr::Call(call) = &leaf.expr else { return None };
        let [left, right] = call.args.as_slice() else { return None };
        let (Expr::Select(select), Expr::Literal(LiteralValue::Int(limit))) = (&left.expr, &right.expr)
        else {
            return None;
        };
        let Expr::Ident(name) = &select.operand.expr else { return None };
        let value = self.named.iter().find(|value| value.name == *name)?;
        let (least, most) = match select.field.as_str() {
            "count" => (value.count, value.count),
            "peak" => (value.peak, value.peak_most.max(value.peak)),
            _ => return None,
        };
        let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let (least, most) = (whole(least), if value.partial { PLENTY } else { whole(most) });
        let limit = *limit.inner();
        let sure = |least: bool, most: bool| {
            if least == most { Answer::from_bool(least) } else { Answer::Unknown }
        };
        Some(match call.func_name.as_str() {
            operators::GREATER => sure(least > limit, most > limit),
            operators::GREATER_EQUALS => sure(least >= limit, most >= limit),
            operators::LESS => sure(least < limit, most < limit),
            operators::LESS_EQUALS => sure(least <= limit, most <= limit),
            _ => return None,
        })
    }

    /// Decides a comparison: it is unknown where the mixtures of the signals that it names differ. And whether it cannot be evaluated.
    fn mixed(&mut self, leaf: &IdedExpr) -> (Answer, bool) {
        let is_named = |name: &str| {
            let mut paths = BTreeSet::new();
            collect_paths(leaf, name, &mut paths);
            !paths.is_empty()
        };
        let partial: Vec<usize> = (0..self.named.len())
            .filter(|at| self.named.get(*at).is_some_and(|value| value.is_open() && is_named(&value.name)))
            .collect();
        if partial.len() > PARTIAL_MAX {
            return (Answer::Unknown, false);
        }
        let (mut first, mut fails) = (None, false);
        for corner in 0..1_u64 << partial.len() {
            let most = partial.iter().enumerate().map(|(bit, at)| (corner >> bit & 1) << (at % 64)).sum();
            let result = Value::resolve(leaf, self.scope(most));
            fails |= result.is_err();
            let answer = truth(&result, !partial.is_empty());
            if *first.get_or_insert(answer) != answer {
                return (Answer::Unknown, fails);
            }
        }
        (first.unwrap_or(Answer::Unknown), fails)
    }

    fn scope(&mut self, most: u64) -> &Context<'e, 'static> {
        let (root, named) = (self.root, &self.named);
        self.made.entry(most).or_insert_with(|| {
            let mut scope = root.new_inner_scope();
            for (at, value) in named.iter().enumerate() {
                scope.add_variable_from_value(
                    value.name.as_str(),
                    of_signal(value, most >> (at % 64) & 1 == 1),
                );
            }
            scope
        })
    }
}

/// The variable that an object signal speaks of.
pub const OBJECT: &str = "object";

/// A comparison that fails (an absent field, the first of no hits) does not hold; where sources are missing it might.
fn truth(result: &Result<Value, ExecutionError>, partial: bool) -> Answer {
    match result {
        Ok(Value::Bool(value)) => Answer::from_bool(*value),
        _ if partial => Answer::Unknown,
        _ => Answer::False,
    }
}

fn string(text: &str) -> Value {
    Value::String(Arc::new(text.to_owned()))
}

fn map<'k>(entries: impl IntoIterator<Item = (&'k str, Value)>) -> Value {
    let entries: HashMap<Key, Value> =
        entries.into_iter().map(|(name, value)| (Key::String(Arc::new(name.to_owned())), value)).collect();
    Value::Map(cel::objects::Map { map: Arc::new(entries) })
}

/// A signal as CEL sees it: what was seen, or as much as there could be.
fn of_signal(value: &SignalValue, most: bool) -> Value {
    // Where only the peak is not exact, everything else is as it was seen.
    let peak_most = most.then_some(value.peak_most).filter(|_| !value.partial);
    let most = most && value.partial;
    let count = |n: u64| if most { PLENTY } else { i64::try_from(n).unwrap_or(i64::MAX) };
    let nodes = value.nodes.iter().map(|node| string(node)).chain(unseen(most)).collect();
    let values = value.fields.iter().map(|(name, values)| {
        (name.as_str(), Value::List(Arc::new(values.seen.keys().map(|v| string(v)).collect())))
    });
    let low =
        value.fields.iter().filter_map(|(name, values)| Some((name.as_str(), Value::Float(values.range?.0))));
    let high =
        value.fields.iter().filter_map(|(name, values)| Some((name.as_str(), Value::Float(values.range?.1))));
    let mut entries = vec![
        ("count", Value::Int(count(value.count))),
        ("peak", Value::Int(count(peak_most.unwrap_or(value.peak)))),
        ("@last", value.last_time().map_or(Value::Null, |time| Value::Float(time.0 as f64 / SECOND as f64))),
        ("span", Value::Float(if most { PLENTY as f64 } else { value.seconds() })),
        ("nodes", Value::List(Arc::new(nodes))),
        ("@values", map(values)),
        ("@min", map(low)),
        ("@max", map(high)),
        ("@most", Value::Bool(most)),
    ];
    entries.extend(value.first.as_ref().map(|shown| ("first", of_shown(shown))));
    entries.extend(value.last.as_ref().map(|shown| ("last", of_shown(shown))));
    map(entries)
}

fn of_shown(shown: &Shown) -> Value {
    let mut entries =
        vec![("fields", map(shown.fields.iter().map(|(name, value)| (name.as_str(), string(value)))))];
    entries.extend(shown.node.as_ref().map(|node| ("node", string(node))));
    entries.extend(shown.time.map(|time| ("time", Value::Float(time.0 as f64 / SECOND as f64))));
    map(entries)
}

fn entry<'v>(this: &'v Value, name: &str) -> Option<&'v Value> {
    match this {
        Value::Map(map) => map.map.get(&Key::String(Arc::new(name.to_owned()))),
        _ => None,
    }
}

fn is_most(this: &Value) -> bool {
    matches!(entry(this, "@most"), Some(Value::Bool(true)))
}

/// Values that nobody has seen.
static NOBODY_SAW: LazyLock<Vec<Arc<String>>> =
    LazyLock::new(|| (0..UNSEEN).map(|i| Arc::new(format!("\0unseen {i}"))).collect());

/// Values that nobody has seen, where there may be some.
fn unseen(most: bool) -> impl Iterator<Item = Value> {
    let some = if most { NOBODY_SAW.as_slice() } else { &[] };
    some.iter().map(|value| Value::String(Arc::clone(value)))
}

/// The values of a field that were seen.
fn seen<'v>(this: &'v Value, field: &str) -> &'v [Value] {
    match entry(this, "@values").and_then(|values| entry(values, field)) {
        Some(Value::List(items)) => items,
        _ => &[],
    }
}

fn values(This(this): This<Value>, field: Arc<String>) -> Value {
    let seen = seen(&this, &field).iter().cloned();
    Value::List(Arc::new(seen.chain(unseen(is_most(&this))).collect()))
}

fn distinct(This(this): This<Value>, field: Arc<String>) -> Value {
    let seen = i64::try_from(seen(&this, &field).len()).unwrap_or(i64::MAX);
    Value::Int(if is_most(&this) { PLENTY } else { seen })
}

fn range(this: &Value, field: &str, end: &str) -> Result<Value, ExecutionError> {
    if is_most(this) {
        let most = PLENTY as f64;
        return Ok(Value::Float(if end == "@min" { -most } else { most }));
    }
    let value = entry(this, end).and_then(|values| entry(values, field));
    value.cloned().ok_or_else(|| ExecutionError::no_such_key(field))
}

/// Whether the last hit was at most that long before the capture. Where times are not known nobody can say that it was not.
fn recent(this: &Value, span: &str, captured_at: Option<Time>) -> Result<Value, ExecutionError> {
    let span = parse_duration(span)
        .ok_or_else(|| ExecutionError::function_error("recent", "not a duration: write \"1h\""))?;
    let last = match entry(this, "@last") {
        Some(Value::Float(last)) => Some(*last),
        _ => None,
    };
    let is_old = captured_at.zip(last).is_some_and(|(at, last)| at.0 as f64 / SECOND as f64 - last > span);
    let is_none = matches!(entry(this, "count"), Some(Value::Int(0)));
    Ok(Value::Bool(is_most(this) || (!is_none && !is_old)))
}

fn epoch(text: &str) -> Result<Value, ExecutionError> {
    let time =
        Time::parse(text).ok_or_else(|| ExecutionError::function_error("epoch", "not a time of RFC 3339"))?;
    Ok(Value::Float(time.0 as f64 / SECOND as f64))
}

fn age(text: &str, captured_at: Option<Time>) -> Result<Value, ExecutionError> {
    let time =
        Time::parse(text).ok_or_else(|| ExecutionError::function_error("age", "not a time of RFC 3339"))?;
    let at = captured_at
        .ok_or_else(|| ExecutionError::function_error("age", "the time of the capture is not known"))?;
    Ok(Value::Float(at.seconds_since(time)))
}

/// How many regular expressions are kept: those that rules write down. One that comes from a bundle's values is made each time
/// when there are more.
const PATTERNS_MAX: usize = 1024;

/// Regular expressions that were met, `None` for what is none.
static PATTERNS: LazyLock<RwLock<HashMap<String, Option<Regex>>>> = LazyLock::new(RwLock::default);

/// Whether a text has a part that a regular expression describes.
fn matches(This(this): This<Arc<String>>, pattern: Arc<String>) -> Result<Value, ExecutionError> {
    let fits = fits(&this, &pattern).map(Value::Bool);
    fits.ok_or_else(|| ExecutionError::function_error("matches", "not a regular expression"))
}

/// Whether a text fits a regular expression; nothing where that is none.
pub fn fits(text: &str, pattern: &str) -> Option<bool> {
    let kept = PATTERNS.read().ok().and_then(|patterns| {
        let regex = patterns.get(pattern)?;
        Some(regex.as_ref().map(|regex| regex.is_match(text)))
    });
    kept.unwrap_or_else(|| {
        let regex = Regex::new(pattern).ok();
        let fits = regex.as_ref().map(|regex| regex.is_match(text));
        if let Ok(mut patterns) = PATTERNS.write()
            && patterns.len() < PATTERNS_MAX
        {
            patterns.insert(pattern.to_owned(), regex);
        }
        fits
    })
}

/// A CEL value as a field's text.
fn shown(value: &Value) -> Option<String> {
    Some(match value {
        Value::String(text) => text.to_string(),
        Value::Int(n) => n.to_string(),
        Value::UInt(n) => n.to_string(),
        Value::Float(n) => n.to_string(),
        Value::Bool(b) => b.to_string(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::hits::Values;

    fn signal(name: &str, count: u64, partial: bool, ids: &[&str]) -> SignalValue {
        let mut values = Values::default();
        ids.iter().for_each(|id| values.add(id, 1));
        let fields = [("id".to_owned(), values)].into();
        SignalValue { name: name.to_owned(), count, partial, fields, ..SignalValue::default() }
    }

    fn check(source: &str, a: &SignalValue, b: &SignalValue, expect: Answer) {
        let evaluator = Evaluator::new(&Bundle::default());
        let condition = Condition::compile(source).unwrap();
        assert_eq!(evaluator.when(&condition, &[a.clone(), b.clone()]), expect, "{source}");
    }

    #[test]
    fn complete_signals_are_decided() {
        let (a, b) = (signal("a", 2, false, &["x", "y"]), signal("b", 0, false, &[]));
        check("a.count >= 2 && b.count == 0", &a, &b, Answer::True);
        check("a.distinct('id') > 1", &a, &b, Answer::True);
        check("'x' in a.values('id')", &a, &b, Answer::True);
        check("b.first.time > 0.0", &a, &b, Answer::False);
        check("a.count > b.count + 1", &a, &b, Answer::True);
    }

    #[test]
    fn partial_signals_are_lower_bounds() {
        let (a, b) = (signal("a", 2, true, &["x"]), signal("b", 0, true, &[]));
        check("a.count >= 2", &a, &b, Answer::True);
        check("a.count >= 3", &a, &b, Answer::Unknown);
        check("a.count == 2", &a, &b, Answer::Unknown);
        check("a.count == 3", &a, &b, Answer::Unknown);
        check("a.count != 3", &a, &b, Answer::Unknown);
        check("a.count == 1", &a, &b, Answer::False);
        check("a.count != 1", &a, &b, Answer::True);
        check("a.distinct('id') == 2", &a, &b, Answer::Unknown);
        check("b.count > 0", &a, &b, Answer::Unknown);
        check("b.count == 0", &a, &b, Answer::Unknown);
        check("a.count >= 2 || b.count > 0", &a, &b, Answer::True);
        check("a.count < 2 && b.count > 0", &a, &b, Answer::False);
        check("'x' in a.values('id')", &a, &b, Answer::True);
        check("a.values('id').all(v, v == 'x')", &a, &b, Answer::Unknown);
        check("a.distinct('id') > 1", &a, &b, Answer::Unknown);
        check("b.first.time > 0.0", &a, &b, Answer::Unknown);
        check("a.max('took') > 1.0", &a, &b, Answer::Unknown);
    }

    #[test]
    fn numbers_compare_across_kinds() {
        let mut a = signal("a", 2, false, &["1.5s", "200ms"]);
        a.peak = 3;
        let b = signal("b", 0, false, &[]);
        check("a.max('id') > 1.0 && a.min('id') < 0.5", &a, &b, Answer::True);
        check("a.max('id') > 1", &a, &b, Answer::True);
        check("a.peak >= 3 && a.span < 1.0", &a, &b, Answer::True);
    }
}
