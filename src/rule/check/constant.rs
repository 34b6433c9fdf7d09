//! Conditions that cannot hold, and conditions that always do.
//!
//! Each comparison of a value with a number or a text is tried with every value that can make a difference: the numbers at,
//! between and beside those that are named, each text that is named, another one, and none at all. Everything else in a
//! condition is taken as true or false by itself. What comes out the same for all choices is certain; where there are too
//! many choices nothing is said.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use cel::IdedExpr;
use cel::common::ast::{Expr, LiteralValue, operators};

use super::types::Scope;
use crate::rule::Condition;

/// With more choices than this nothing is said.
const CHOICES_MAX: usize = 20_000;

/// The parts of a condition that always hold (`true`) or never do, each as small as possible.
pub fn parts(condition: &Condition, scope: &Scope<'_>) -> Vec<(Range<usize>, bool)> {
    let mut facts = Facts::default();
    facts.collect(condition, condition.expression());
    // What limits each other is tried with the numbers of both.
    for end in [".count", ".peak"] {
        let other = if end == ".count" { ".peak" } else { ".count" };
        let more: Vec<(String, Vec<Value>)> = facts
            .named
            .iter()
            .filter_map(|(name, literals)| {
                Some((format!("{}{other}", name.strip_suffix(end)?), literals.clone()))
            })
            .collect();
        for (name, literals) in more {
            facts.named.entry(name).and_modify(|own| own.extend(literals));
        }
    }
    let domains: Vec<(String, Vec<Value>)> = facts
        .named
        .iter()
        .map(|(name, literals)| (name.clone(), domain(name, literals, scope)))
        .chain(facts.open.iter().map(|name| (name.clone(), vec![Value::Truth(false), Value::Truth(true)])))
        .collect();
    let choices = domains.iter().try_fold(1_usize, |n, (_, values)| n.checked_mul(values.len()));
    let Some(choices) = choices.filter(|n| *n <= CHOICES_MAX) else { return Vec::new() };
    let mut seen: BTreeMap<u64, (bool, bool)> = BTreeMap::new();
    for choice in 0..choices {
        let chosen = choose(&domains, choice);
        if is_possible(&chosen) {
            evaluate(condition, condition.expression(), &chosen, &mut seen);
        }
    }
    let mut found = Vec::new();
    smallest(condition, condition.expression(), &seen, &mut found);
    found
}

/// A value that something can have.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Absent,
    Truth(bool),
    Number(f64),
    Text(String),
}

type Chosen<'d> = BTreeMap<&'d str, &'d Value>;

/// What a condition depends on.
#[derive(Default)]
struct Facts {
    /// What is compared → with what.
    named: BTreeMap<String, Vec<Value>>,
    /// Conditions that are taken as they are, by their source.
    open: BTreeSet<String>,
}

/// A comparison of something with a literal.
struct Comparison {
    name: String,
    sign: &'static str,
    literal: Value,
}

impl Facts {
    fn collect(&mut self, condition: &Condition, expr: &IdedExpr) {
        match joined(expr) {
            Some(parts) => parts.into_iter().for_each(|part| self.collect(condition, part)),
            None => match comparison(expr) {
                Some(compared) => self.named.entry(compared.name).or_default().push(compared.literal),
                None if truth(expr).is_some() => {}
                None => {
                    self.open.insert(key_of(condition, expr));
                }
            },
        }
    }
}

/// The conditions that `&&`, `||`, `!` or `?:` join.
fn joined(expr: &IdedExpr) -> Option<Vec<&IdedExpr>> {
    let Expr::Call(call) = &expr.expr else { return None };
    let joins =
        [operators::LOGICAL_AND, operators::LOGICAL_OR, operators::LOGICAL_NOT, operators::CONDITIONAL];
    joins.contains(&call.func_name.as_str()).then(|| call.args.iter().collect())
}

fn truth(expr: &IdedExpr) -> Option<bool> {
    match &expr.expr {
        Expr::Literal(LiteralValue::Boolean(value)) => Some(*value.inner()),
        _ => None,
    }
}

fn key_of(condition: &Condition, expr: &IdedExpr) -> String {
    condition.source.get(condition.extent(expr)).unwrap_or_default().split_whitespace().collect()
}

fn literal(expr: &IdedExpr) -> Option<Value> {
    match &expr.expr {
        Expr::Literal(LiteralValue::Int(n)) => Some(Value::Number(*n.inner() as f64)),
        Expr::Literal(LiteralValue::UInt(n)) => Some(Value::Number(*n.inner() as f64)),
        Expr::Literal(LiteralValue::Double(n)) => Some(Value::Number(*n.inner())),
        Expr::Literal(LiteralValue::String(text)) => Some(Value::Text(text.inner().to_owned())),
        _ => None,
    }
}

fn comparison(expr: &IdedExpr) -> Option<Comparison> {
    let Expr::Call(call) = &expr.expr else { return None };
    let (sign, turned) = match call.func_name.as_str() {
        operators::EQUALS => ("==", "=="),
        operators::NOT_EQUALS => ("!=", "!="),
        operators::LESS => ("<", ">"),
        operators::LESS_EQUALS => ("<=", ">="),
        operators::GREATER => (">", "<"),
        operators::GREATER_EQUALS => (">=", "<="),
        _ => return None,
    };
    let [a, b] = call.args.as_slice() else { return None };
    match (name(a), literal(b), literal(a), name(b)) {
        (Some(name), Some(literal), ..) => Some(Comparison { name, sign, literal }),
        (_, _, Some(literal), Some(name)) => Some(Comparison { name, sign: turned, literal }),
        _ => None,
    }
}

/// What is compared, in one spelling: `size(a.b)` and `a.b.size()` are the same.
fn name(expr: &IdedExpr) -> Option<String> {
    match &expr.expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) if !select.test => Some(format!("{}.{}", name(&select.operand)?, select.field)),
        Expr::Call(call) => match (call.func_name.as_str(), call.target.as_deref(), call.args.as_slice()) {
            ("size", None, [of]) => Some(format!("{}.size()", name(of)?)),
            ("double", None, [of]) => name(of),
            (function @ ("size" | "distinct" | "min" | "max"), Some(target), args) => {
                let args: Option<Vec<String>> = args
                    .iter()
                    .map(|arg| match literal(arg)? {
                        Value::Text(text) => Some(format!("{text:?}")),
                        _ => None,
                    })
                    .collect();
                Some(format!("{}.{function}({})", name(target)?, args?.join(", ")))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether something is a whole number from 0 on that is always there.
fn is_count(name: &str, scope: &Scope<'_>) -> bool {
    let Scope::Signals(_) = scope else { return false };
    let of_signal = |end: &str| name.strip_suffix(end).is_some_and(|signal| !signal.contains('.'));
    let distinct = name.split_once('.').is_some_and(|(_, rest)| rest.starts_with("distinct("));
    of_signal(".count") || of_signal(".peak") || of_signal(".nodes.size()") || distinct
}

/// The values that make a difference.
fn domain(name: &str, literals: &[Value], scope: &Scope<'_>) -> Vec<Value> {
    let mut numbers: Vec<f64> = literals
        .iter()
        .filter_map(|value| if let Value::Number(n) = value { Some(*n) } else { None })
        .collect();
    numbers.sort_by(f64::total_cmp);
    numbers.dedup();
    let count = is_count(name, scope);
    let span =
        matches!(scope, Scope::Signals(_)) && name.split_once('.').is_some_and(|(_, rest)| rest == "span");
    let mut values: Vec<f64> = Vec::new();
    for (index, number) in numbers.iter().enumerate() {
        let next = numbers.get(index + 1).map_or(number + 2.0, |next| *next);
        if count {
            values.extend([number.floor() - 1.0, number.floor(), number.floor() + 1.0]);
        } else {
            values.extend([number - 1.0, *number, f64::midpoint(*number, next)]);
        }
    }
    if count || span {
        values.push(0.0);
        values.retain(|value| *value >= 0.0);
    }
    values.sort_by(f64::total_cmp);
    values.dedup();
    let mut domain: Vec<Value> = values.into_iter().map(Value::Number).collect();
    for value in literals.iter().filter(|value| matches!(value, Value::Text(_))) {
        if !domain.contains(value) {
            domain.push(value.clone());
        }
    }
    // Any other text: no literal has a NUL in it.
    domain.push(Value::Text("\0".to_owned()));
    if !count && !span {
        domain.push(Value::Absent);
    } else {
        domain.retain(|value| matches!(value, Value::Number(_)));
    }
    domain
}

fn choose(domains: &[(String, Vec<Value>)], mut choice: usize) -> Chosen<'_> {
    let mut chosen = Chosen::new();
    for (name, values) in domains {
        if let Some(value) = values.get(choice % values.len()) {
            chosen.insert(name, value);
        }
        choice /= values.len();
    }
    chosen
}

/// Of a signal no window holds more hits than there are.
fn is_possible(chosen: &Chosen<'_>) -> bool {
    chosen.iter().all(|(name, value)| {
        let Some(signal) = name.strip_suffix(".peak") else { return true };
        match (value, chosen.get(format!("{signal}.count").as_str())) {
            (Value::Number(peak), Some(Value::Number(count))) => peak <= count,
            _ => true,
        }
    })
}

/// Evaluates a part of the condition, and notes for it and all within whether it was ever true and ever false.
fn evaluate(
    condition: &Condition,
    expr: &IdedExpr,
    chosen: &Chosen<'_>,
    seen: &mut BTreeMap<u64, (bool, bool)>,
) -> bool {
    let answer = match (&expr.expr, joined(expr)) {
        (Expr::Call(call), Some(parts)) => {
            let answers: Vec<bool> =
                parts.into_iter().map(|part| evaluate(condition, part, chosen, seen)).collect();
            match (call.func_name.as_str(), answers.as_slice()) {
                (operators::LOGICAL_AND, answers) => answers.iter().all(|answer| *answer),
                (operators::LOGICAL_OR, answers) => answers.iter().any(|answer| *answer),
                (operators::LOGICAL_NOT, [answer]) => !answer,
                (_, [test, yes, no]) => {
                    if *test {
                        *yes
                    } else {
                        *no
                    }
                }
                _ => false,
            }
        }
        _ => match (comparison(expr), truth(expr)) {
            (_, Some(answer)) => answer,
            (Some(compared), _) => {
                chosen.get(compared.name.as_str()).is_some_and(|value| holds(value, &compared))
            }
            (None, None) => matches!(chosen.get(key_of(condition, expr).as_str()), Some(Value::Truth(true))),
        },
    };
    let noted = seen.entry(expr.id).or_default();
    noted.0 |= answer;
    noted.1 |= !answer;
    answer
}

/// A comparison of what is absent, or of things of different types, fails, and so does not hold.
fn holds(value: &Value, compared: &Comparison) -> bool {
    let order = match (value, &compared.literal) {
        (Value::Number(a), Value::Number(b)) => a.partial_cmp(b),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Absent, _) => None,
        _ => return compared.sign == "!=",
    };
    order.is_some_and(|order| match compared.sign {
        "==" => order.is_eq(),
        "!=" => order.is_ne(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    })
}

/// Whether a part, or one within it, always comes out the same; the smallest ones are told.
fn smallest(
    condition: &Condition,
    expr: &IdedExpr,
    seen: &BTreeMap<u64, (bool, bool)>,
    found: &mut Vec<(Range<usize>, bool)>,
) -> bool {
    let within = joined(expr).unwrap_or_default();
    let mut told = false;
    for part in within {
        told |= smallest(condition, part, seen, found);
    }
    match seen.get(&expr.id) {
        Some((true, false) | (false, true)) if !told => {
            let holds = seen.get(&expr.id).is_some_and(|(holds, _)| *holds);
            found.push((condition.extent(expr), holds));
            true
        }
        _ => told,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, scope: &Scope<'_>, expect: &[(&str, bool)]) {
        let condition = Condition::compile(source).unwrap();
        let found: Vec<(String, bool)> = parts(&condition, scope)
            .into_iter()
            .map(|(range, holds)| (condition.source[range].to_owned(), holds))
            .collect();
        let expect: Vec<(String, bool)> =
            expect.iter().map(|(part, holds)| ((*part).to_owned(), *holds)).collect();
        assert_eq!(found, expect, "{source}");
    }

    #[test]
    fn numbers_of_signals_are_counted_from_zero() {
        let scope = Scope::Signals(&[]);
        check("a.count >= 0", &scope, &[("a.count >= 0", true)]);
        check("a.count < 0 || b.count > 1", &scope, &[("a.count < 0", false)]);
        check("a.count > 5 && a.count < 3", &scope, &[("a.count > 5 && a.count < 3", false)]);
        check("a.count > 5 && a.count < 7", &scope, &[]);
        check("a.count > 5 && a.count < 6", &scope, &[("a.count > 5 && a.count < 6", false)]);
        check("a.count < 3 || a.count >= 3", &scope, &[("a.count < 3 || a.count >= 3", true)]);
        check("a.peak > 5 && a.count < 5", &scope, &[("a.peak > 5 && a.count < 5", false)]);
        check("a.count > 5 && a.peak < 5", &scope, &[]);
        check("a.peak >= 30 || a.count >= 1", &scope, &[]);
        check("a.span > 5.0 && a.span < 5.5", &scope, &[]);
        check("a.max('x') > 5.0 || a.max('x') <= 5.0", &scope, &[]);
        check("0 > a.distinct('x')", &scope, &[("0 > a.distinct('x')", false)]);
    }

    #[test]
    fn a_condition_and_its_opposite_are_certain() {
        let scope = Scope::Signals(&[]);
        check("a.recent('1h') || !a.recent('1h')", &scope, &[("a.recent('1h') || !a.recent('1h')", true)]);
        check("a.recent('1h') && b.recent('1h')", &scope, &[]);
        check("a.count > 0 && false", &scope, &[("false", false)]);
    }

    #[test]
    fn a_field_has_one_text_or_none() {
        let scope = Scope::Object(None);
        let never = "object.a == 'x' && object.a == 'y'";
        check(never, &scope, &[(never, false)]);
        check("object.a == 'x' || object.a == 'y'", &scope, &[]);
        check("object.a != 'x' || object.a != 'y'", &scope, &[]);
        check("object.n >= 0 && object.n < 0", &scope, &[("object.n >= 0 && object.n < 0", false)]);
    }
}
