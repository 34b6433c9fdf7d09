//! The types of a CEL expression: what is compared with what, which names there are, which functions take what.
//!
//! CEL finds such mistakes while it evaluates, and a comparison that fails does not hold: a rule with one would be silent for
//! ever. Nothing is said where the type is not certain.

mod call;
mod operator;
mod select;

use std::ops::Range;

use cel::IdedExpr;
use cel::common::ast::{ComprehensionExpr, Expr, LiteralValue};

use super::signal::Shape;
use super::{BUNDLE, OBJECT, suggestion};
use crate::rule::lints::Lint;
use crate::rule::vocabulary::{FieldType, Kind};
use crate::rule::{Condition, condition, lints};

/// What an expression can name.
#[derive(Clone, Copy, Debug)]
pub enum Scope<'r> {
    /// The signals of a rule.
    Signals(&'r [Shape]),
    /// One object, of a kind that a reader makes or of any other.
    Object(Option<&'r Kind>),
}

/// The type of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// Not certain.
    Any,
    /// True or false.
    Bool,
    /// A whole number.
    Int,
    /// A number with a decimal point.
    Float,
    /// A number of an object, which may be either.
    Number,
    /// A text.
    Text,
    /// A list.
    List(Box<Type>),
    /// A map.
    Map,
    /// A signal, by name.
    Signal(String),
    /// A hit of a signal.
    Hit(String),
    /// The fields of a hit.
    Fields(String),
    /// What is known of the bundle.
    Bundle,
    /// A path of an object of a known kind; the empty path is the object itself.
    Path(String),
}

impl Type {
    /// In words.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Type::Any => "a value",
            Type::Bool => "true or false",
            Type::Int => "a whole number",
            Type::Float | Type::Number => "a number",
            Type::Text => "a text",
            Type::List(_) => "a list",
            Type::Map | Type::Bundle => "a map",
            Type::Signal(_) => "a signal",
            Type::Hit(_) => "a hit",
            Type::Fields(_) => "all fields of a hit",
            Type::Path(path) if path.is_empty() => "the whole object",
            Type::Path(_) => "a part of the object that holds others",
        }
        .to_owned()
    }

    fn is_number(&self) -> bool {
        matches!(self, Type::Int | Type::Float | Type::Number)
    }

    /// Whether nothing can be said about it.
    fn is_open(&self) -> bool {
        matches!(self, Type::Any | Type::Path(_))
    }
}

impl From<FieldType> for Type {
    fn from(of: FieldType) -> Self {
        match of {
            FieldType::Text => Type::Text,
            FieldType::Number => Type::Number,
            FieldType::Bool => Type::Bool,
            FieldType::List => Type::List(Box::new(Type::Any)),
            FieldType::Any => Type::Any,
        }
    }
}

/// A mistake in an expression.
#[derive(Debug)]
pub struct Fault {
    /// Its kind.
    pub lint: &'static Lint,
    /// Its bytes in the expression.
    pub at: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to write under it.
    pub label: String,
    /// What to write instead.
    pub help: Option<String>,
}

/// The type of a condition, and what is wrong with it.
pub fn of(condition: &Condition, scope: &Scope<'_>) -> (Type, Vec<Fault>) {
    let mut typing =
        Typing { condition, scope: *scope, locals: Vec::new(), loops: Vec::new(), faults: Vec::new() };
    let found = typing.of(condition.expression());
    (found, typing.faults)
}

/// What to write where a value stands for a condition.
pub fn compare_it(source: &str, found: &Type) -> String {
    let source = source.trim();
    match found {
        Type::Signal(name) => format!("write `{name}.count > 0`"),
        Type::Int | Type::Float | Type::Number => format!("compare it: `{source} > 0`"),
        Type::List(_) => format!("write `{source}.size() > 0`"),
        Type::Hit(name) | Type::Fields(name) => format!("write `{name}.count > 0`"),
        _ => format!("compare it: `{source} == \"…\"`"),
    }
}

struct Typing<'c> {
    condition: &'c Condition,
    scope: Scope<'c>,
    /// Variables of loops, innermost last.
    locals: Vec<(String, Type)>,
    /// The variables of the loops that are open.
    loops: Vec<String>,
    faults: Vec<Fault>,
}

impl Typing<'_> {
    fn of(&mut self, expr: &IdedExpr) -> Type {
        match &expr.expr {
            Expr::Literal(literal) => match literal {
                LiteralValue::Boolean(_) => Type::Bool,
                LiteralValue::Double(_) => Type::Float,
                LiteralValue::Int(_) | LiteralValue::UInt(_) => Type::Int,
                LiteralValue::String(_) => Type::Text,
                LiteralValue::Bytes(_) | LiteralValue::Null => Type::Any,
            },
            Expr::Ident(name) => self.variable(expr, name),
            Expr::Select(select) => self.select(expr, select),
            Expr::Call(call) => self.call(expr, call),
            Expr::List(list) => {
                let types: Vec<Type> = list.elements.iter().map(|element| self.of(element)).collect();
                let first = types.first().cloned().unwrap_or(Type::Any);
                Type::List(Box::new(if types.iter().all(|of| *of == first) { first } else { Type::Any }))
            }
            Expr::Comprehension(around) => self.comprehension(expr, around),
            Expr::Map(_) | Expr::Struct(_) => Type::Map,
            Expr::Unspecified => Type::Any,
        }
    }

    fn fault(
        &mut self,
        lint: &'static Lint,
        at: Range<usize>,
        message: String,
        label: String,
        help: Option<String>,
    ) {
        // Of a mistake within a mistake only the inner one is said.
        if !self.faults.iter().any(|fault| fault.at.start < at.end && at.start < fault.at.end) {
            self.faults.push(Fault { lint, at, message, label, help });
        }
    }

    fn shape(&self, name: &str) -> Option<&Shape> {
        match self.scope {
            Scope::Signals(shapes) => shapes.iter().find(|shape| shape.name == name),
            Scope::Object(_) => None,
        }
    }

    fn variable(&mut self, expr: &IdedExpr, name: &str) -> Type {
        if let Some((_, of)) = self.locals.iter().rev().find(|(local, _)| local == name) {
            return of.clone();
        }
        // What macros bind for themselves.
        if name.starts_with('@') {
            return Type::Any;
        }
        match self.scope {
            _ if name == BUNDLE => return Type::Bundle,
            Scope::Signals(shapes) if shapes.iter().any(|shape| shape.name == name) => {
                return Type::Signal(name.to_owned());
            }
            Scope::Object(kind) if name == OBJECT => {
                return kind.map_or(Type::Any, |_| Type::Path(String::new()));
            }
            // Without signals any name will do; that there are none has been said.
            Scope::Signals([]) => return Type::Any,
            // `lost-leader.count` is a difference; that the signal cannot be called so has been said.
            Scope::Signals(shapes) if shapes.iter().any(|shape| shape.is_made_of(name)) => return Type::Any,
            _ => {}
        }
        let known: Vec<&str> = match self.scope {
            Scope::Signals(shapes) => {
                shapes.iter().map(|shape| shape.name.as_str()).chain([BUNDLE]).collect()
            }
            Scope::Object(_) => vec![OBJECT, BUNDLE],
        };
        let (message, help) = match self.scope {
            Scope::Signals(_) if name == OBJECT => (
                "`object` is for `where`; conditions speak of signals".to_owned(),
                "put the condition into `where` of the signal".to_owned(),
            ),
            Scope::Signals(_) => (format!("no such signal: `{name}`"), suggestion(name, &known)),
            Scope::Object(_) => {
                let near = crate::base::words::nearest(name, known.iter().copied());
                let help = near.map_or_else(
                    || format!("a field of the object is `object.{name}`, a text is in quotes: `\"{name}\"`"),
                    |near| format!("did you mean `{near}`?"),
                );
                (format!("no such variable: `{name}`"), help)
            }
        };
        let at = self.condition.extent(expr);
        self.fault(&lints::UNKNOWN_SIGNAL, at, message, String::new(), Some(help));
        Type::Any
    }

    /// `exists`, `all`, `map` and their like, which the parser has turned into a loop.
    fn comprehension(&mut self, expr: &IdedExpr, around: &ComprehensionExpr) -> Type {
        let range = self.of(&around.iter_range);
        let element = match &range {
            Type::List(element) => (**element).clone(),
            Type::Any | Type::Map | Type::Path(_) => Type::Any,
            Type::Fields(_) => Type::Text,
            other => {
                let at = self.condition.extent(&around.iter_range);
                let help = match other {
                    Type::Signal(name) => {
                        format!("signals give lists: `{name}.values(\"field\")`, `{name}.nodes`")
                    }
                    _ => "loops go over lists".to_owned(),
                };
                self.fault(
                    &lints::TYPES,
                    at,
                    "a loop over what is no list".to_owned(),
                    format!("this is {}", other.name()),
                    Some(help),
                );
                Type::Any
            }
        };
        if let Some(outer) = self.loops.last().filter(|outer| !names(&around.iter_range, outer)) {
            let message = "a loop within a loop goes over something else".to_owned();
            let label = format!("this does not come from `{outer}`");
            let at = self.condition.extent(expr);
            let help = "compare lists by a derived signal: `{of: a, with: b, same: field}`".to_owned();
            self.fault(&lints::LOOPS, at, message, label, Some(help));
        }
        self.locals.push((around.iter_var.clone(), element));
        self.locals.push((around.accu_var.clone(), Type::Any));
        self.loops.push(around.iter_var.clone());
        self.of(&around.loop_step);
        self.loops.pop();
        self.locals.truncate(self.locals.len() - 2);
        match &around.accu_init.expr {
            Expr::List(_) => Type::List(Box::new(Type::Any)),
            _ => Type::Bool,
        }
    }
}

/// Whether an expression names a variable.
fn names(expr: &IdedExpr, variable: &str) -> bool {
    matches!(&expr.expr, Expr::Ident(name) if name == variable)
        || condition::parts(expr).into_iter().any(|part| names(part, variable))
}
