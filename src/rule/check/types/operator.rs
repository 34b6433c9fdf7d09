//! Comparisons, sums and logic.

use cel::IdedExpr;
use cel::common::ast::{Expr, LiteralValue, operators};

use super::{Type, Typing};
use crate::rule::lints;

impl Typing<'_> {
    /// The type of `a && b`, `a < b`, `a + b` and their like; `None` when it is no operator.
    pub(super) fn operator(&mut self, expr: &IdedExpr, name: &str, args: &[IdedExpr]) -> Option<Type> {
        Some(match (name, args) {
            (operators::LOGICAL_AND | operators::LOGICAL_OR, [a, b]) => {
                for side in [a, b] {
                    let of = self.of(side);
                    self.wants_truth(side, &of);
                }
                Type::Bool
            }
            (operators::LOGICAL_NOT, [a]) => {
                let of = self.of(a);
                self.wants_truth(a, &of);
                Type::Bool
            }
            (operators::CONDITIONAL, [test, yes, no]) => {
                let of = self.of(test);
                self.wants_truth(test, &of);
                let (yes, no) = (self.of(yes), self.of(no));
                if yes == no { yes } else { Type::Any }
            }
            (operators::EQUALS | operators::NOT_EQUALS, [a, b]) => self.compared(expr, a, b, false),
            (
                operators::LESS | operators::LESS_EQUALS | operators::GREATER | operators::GREATER_EQUALS,
                [a, b],
            ) => self.compared(expr, a, b, true),
            (operators::IN, [item, list]) => self.is_in(expr, item, list),
            (
                operators::ADD
                | operators::SUBSTRACT
                | operators::MULTIPLY
                | operators::DIVIDE
                | operators::MODULO,
                [a, b],
            ) => self.computed(expr, name, a, b),
            (operators::NEGATE, [a]) => self.of(a),
            (operators::INDEX, [of, key]) => self.index(expr, of, key),
            _ => return None,
        })
    }

    fn wants_truth(&mut self, side: &IdedExpr, of: &Type) {
        if !of.is_open() && *of != Type::Bool {
            let at = self.condition.extent(side);
            let source = self.condition.source.get(at.clone()).unwrap_or_default().to_owned();
            let help = super::compare_it(&source, of);
            let message = "`&&`, `||` and `!` join conditions".to_owned();
            self.fault(&lints::TYPES, at, message, format!("this is {}", of.name()), Some(help));
        }
    }

    fn compared(&mut self, expr: &IdedExpr, a: &IdedExpr, b: &IdedExpr, ordered: bool) -> Type {
        let (x, y) = (self.of(a), self.of(b));
        let alike = x.is_open() || y.is_open() || (x.is_number() && y.is_number());
        let same = match (&x, &y) {
            (Type::List(_), Type::List(_)) => !ordered,
            (Type::Bool, Type::Bool) | (Type::Text, Type::Text) => true,
            _ => false,
        };
        if !alike && !same {
            let (a_text, b_text) = (self.text(a), self.text(b));
            let help =
                advice(&x, a, &a_text, &y, b, &b_text).or_else(|| advice(&y, b, &b_text, &x, a, &a_text));
            let message = format!("{} is compared with {}", x.name(), y.name());
            let at = self.condition.extent(expr);
            self.fault(&lints::TYPES, at, message, "this never holds".to_owned(), help);
        }
        Type::Bool
    }

    fn text(&self, expr: &IdedExpr) -> String {
        self.condition.source.get(self.condition.extent(expr)).unwrap_or_default().to_owned()
    }

    fn is_in(&mut self, expr: &IdedExpr, item: &IdedExpr, list: &IdedExpr) -> Type {
        let (item_type, list_type) = (self.of(item), self.of(list));
        let (item_text, list_text) = (|| self.text(item), || self.text(list));
        let wrong = match &list_type {
            Type::Text => {
                Some(format!("a text holds another one by `{}.contains({})`", list_text(), item_text()))
            }
            Type::Bool | Type::Int | Type::Float | Type::Number => {
                Some(format!("write `{} == {}`", item_text(), list_text()))
            }
            Type::Signal(name) => Some(format!("write `{} in {name}.values(\"field\")`", item_text())),
            Type::Hit(_) | Type::Bundle => Some("write a list: `in [\"a\", \"b\"]`".to_owned()),
            _ => None,
        };
        if let Some(help) = wrong {
            let at = self.condition.extent(list);
            let message = "`in` wants a list".to_owned();
            self.fault(&lints::TYPES, at, message, format!("this is {}", list_type.name()), Some(help));
        } else if let Type::List(element) = &list_type
            && !item_type.is_open()
            && !element.is_open()
            && item_type != **element
            && !(item_type.is_number() && element.is_number())
        {
            let message = format!("{} is looked for in a list of others", item_type.name());
            let help = Some(format!("the items are each {}", element.name()));
            let at = self.condition.extent(expr);
            self.fault(&lints::TYPES, at, message, "this never holds".to_owned(), help);
        }
        Type::Bool
    }

    fn computed(&mut self, expr: &IdedExpr, name: &str, a: &IdedExpr, b: &IdedExpr) -> Type {
        let (x, y) = (self.of(a), self.of(b));
        let sum = name == operators::ADD;
        match (&x, &y) {
            _ if x.is_open() || y.is_open() => return if x.is_open() { y } else { x },
            (Type::Int, Type::Int) | (Type::Float, Type::Float) | (Type::Number, Type::Number) => return x,
            (Type::Text, Type::Text) | (Type::List(_), Type::List(_)) if sum => return x,
            _ => {}
        }
        let at = self.condition.extent(expr);
        if x.is_number() && y.is_number() {
            let (a_text, b_text) = (self.text(a), self.text(b));
            let help = decimal(&x, a, &a_text).or_else(|| decimal(&y, b, &b_text));
            let message = "CEL does not compute with whole numbers and decimal ones at once".to_owned();
            let label = format!("{} and {}", kind(&x), kind(&y));
            self.fault(&lints::TYPES, at, message, label, help);
            return Type::Float;
        }
        let message = format!("{} and {} are computed with each other", x.name(), y.name());
        let help = match (&x, &y) {
            (Type::Text, _) | (_, Type::Text) => {
                Some("`double(…)` makes a number of a text, `string(…)` a text of a number".to_owned())
            }
            (Type::Signal(name), _) | (_, Type::Signal(name)) => Some(format!("write `{name}.count`")),
            _ => None,
        };
        self.fault(&lints::TYPES, at, message, String::new(), help);
        Type::Any
    }

    fn index(&mut self, expr: &IdedExpr, of: &IdedExpr, key: &IdedExpr) -> Type {
        let found = self.of(of);
        let key_type = self.of(key);
        match (&found, &key.expr) {
            (Type::Fields(name), Expr::Literal(LiteralValue::String(field))) => {
                self.field_of(expr, &name.clone(), field.inner());
                Type::Text
            }
            (Type::Fields(_), _) => Type::Text,
            (Type::List(element), _) if key_type.is_number() || key_type.is_open() => (**element).clone(),
            (Type::Any | Type::Map | Type::Path(_), _) => Type::Any,
            _ => {
                let at = self.condition.extent(expr);
                let message = format!("{} has nothing in brackets", found.name());
                self.fault(
                    &lints::TYPES,
                    at,
                    message,
                    String::new(),
                    Some("brackets are for lists and maps".to_owned()),
                );
                Type::Any
            }
        }
    }
}

fn kind(of: &Type) -> &'static str {
    match of {
        Type::Int => "a whole number",
        Type::Float => "a decimal number",
        _ => "a number that may be whole",
    }
}

/// How to make a decimal number of a side that is none.
fn decimal(of: &Type, expr: &IdedExpr, text: &str) -> Option<String> {
    match (of, &expr.expr) {
        (Type::Int, Expr::Literal(_)) => Some(format!("write `{text}.0`")),
        (Type::Int | Type::Number, _) => Some(format!("write `double({text})`")),
        _ => None,
    }
}

/// What to write where one side has the wrong type for the other.
fn advice(
    of: &Type,
    expr: &IdedExpr,
    text: &str,
    other: &Type,
    other_expr: &IdedExpr,
    other_text: &str,
) -> Option<String> {
    let literal = matches!(expr.expr, Expr::Literal(_));
    match (of, other) {
        // The number says what to write.
        (Type::Text, other) if literal && other.is_number() => None,
        (Type::Text, Type::Bool) if literal => Some("write `true` or `false` without quotes".to_owned()),
        (Type::Text, other) if other.is_number() => {
            Some(format!("write `double({text})`, or `max(\"field\")` for the largest of a signal"))
        }
        (Type::Number | Type::Int | Type::Float, Type::Text)
            if matches!(other_expr.expr, Expr::Literal(_)) =>
        {
            let bare = other_text.trim_matches(['"', '\'']);
            let number = bare.parse::<f64>().is_ok();
            Some(if number {
                format!("write `{bare}` without quotes")
            } else {
                format!("compare it with a number, not with {other_text}")
            })
        }
        (Type::Signal(name), Type::Text) => {
            Some(format!("write `{name}.first.fields.…`, or `{name}.values(\"field\")`"))
        }
        (Type::Signal(name), _) => Some(format!("write `{name}.count`")),
        (Type::List(_), other) if other.is_number() => Some(format!("write `{text}.size()`")),
        (Type::List(_), Type::Text) => Some(format!("write `{other_text} in {text}`")),
        (Type::Hit(_), other) if other.is_number() => Some(format!("write `{text}.time`")),
        (Type::Hit(_), _) => Some(format!("write `{text}.node` or `{text}.fields.…`")),
        _ => None,
    }
}
