//! What stands behind a dot.

use cel::IdedExpr;
use cel::common::ast::{Expr, SelectExpr};

use super::{Scope, Type, Typing};
use crate::base::words;
use crate::rule::check::{SIGNAL_FIELDS, suggestion};
use crate::rule::lints;

/// What a hit gives.
const HIT_FIELDS: &[&str] = &["time", "node", "fields"];

/// What is known of the bundle.
const BUNDLE_FIELDS: &[&str] = &["time", "distribution"];

/// The functions of a signal.
pub const SIGNAL_FUNCTIONS: &[&str] = &["values", "distinct", "min", "max", "recent"];

impl Typing<'_> {
    pub(super) fn select(&mut self, expr: &IdedExpr, select: &SelectExpr) -> Type {
        let of = self.of(&select.operand);
        let found = self.behind(expr, &of, &select.field);
        if select.test { Type::Bool } else { found }
    }

    /// The type of a field of a value.
    pub(super) fn behind(&mut self, expr: &IdedExpr, of: &Type, field: &str) -> Type {
        match of {
            Type::Signal(name) => self.of_signal(expr, name, field),
            Type::Hit(name) => match field {
                "time" => Type::Float,
                "node" => Type::Text,
                "fields" => Type::Fields(name.clone()),
                _ => {
                    self.no_value(expr, field, HIT_FIELDS, "a hit", |near| format!("did you mean `{near}`?"))
                }
            },
            Type::Fields(name) => {
                self.field_of(expr, &name.clone(), field);
                Type::Text
            }
            Type::Bundle => match field {
                "time" => Type::Float,
                "distribution" => Type::Text,
                _ => self.no_value(expr, field, BUNDLE_FIELDS, "the bundle", |near| {
                    format!("did you mean `{near}`?")
                }),
            },
            Type::Path(path) => self.of_object(expr, path, field),
            Type::Any | Type::Map => Type::Any,
            Type::Bool | Type::Int | Type::Float | Type::Number | Type::Text | Type::List(_) => {
                let at = self.condition.name_extent(expr);
                let help = match (of, field) {
                    (Type::List(_), "count" | "length" | "size") => "write `.size()`".to_owned(),
                    (Type::List(_), _) => "ask for one of them: `.exists(x, x == \"…\")`".to_owned(),
                    _ => "take it away".to_owned(),
                };
                let message = format!("{} has no `{field}`", of.name());
                self.fault(&lints::UNKNOWN_VALUE, at, message, String::new(), Some(help));
                Type::Any
            }
        }
    }

    fn of_signal(&mut self, expr: &IdedExpr, name: &str, field: &str) -> Type {
        match field {
            "count" | "peak" => Type::Int,
            "span" => Type::Float,
            "nodes" => Type::List(Box::new(Type::Text)),
            "first" | "last" => Type::Hit(name.to_owned()),
            _ if SIGNAL_FUNCTIONS.contains(&field) => {
                let argument = if field == "recent" { "1h" } else { "field" };
                let help = Some(format!("write `{name}.{field}(\"{argument}\")`"));
                let at = self.condition.name_extent(expr);
                self.fault(
                    &lints::UNKNOWN_VALUE,
                    at,
                    format!("`{field}` is a function"),
                    String::new(),
                    help,
                );
                Type::Any
            }
            _ if self.shape(name).is_some_and(|shape| shape.known && shape.gives(field)) => {
                let help = Some(format!(
                    "write `{name}.first.fields.{field}`, or `{name}.values(\"{field}\")` for all of them"
                ));
                let at = self.condition.name_extent(expr);
                let message = format!("`{field}` is a field of the hits, not a value of the signal");
                self.fault(&lints::UNKNOWN_VALUE, at, message, String::new(), help);
                Type::Any
            }
            _ => self
                .no_value(expr, field, SIGNAL_FIELDS, "a signal", |near| format!("did you mean `{near}`?")),
        }
    }

    fn no_value(
        &mut self,
        expr: &IdedExpr,
        field: &str,
        known: &[&str],
        of: &str,
        near: impl Fn(&str) -> String,
    ) -> Type {
        let all = || format!("{of} gives {}", words::list(known));
        let help = words::nearest(field, known.iter().copied()).map_or_else(all, near);
        let at = self.condition.name_extent(expr);
        self.fault(&lints::UNKNOWN_VALUE, at, format!("{of} has no `{field}`"), String::new(), Some(help));
        Type::Any
    }

    /// A field of the hits of a signal.
    pub(super) fn field_of(&mut self, expr: &IdedExpr, signal: &str, field: &str) {
        let Some(shape) = self.shape(signal).filter(|shape| !shape.gives(field)) else { return };
        let known: Vec<&str> = shape.fields.keys().map(String::as_str).collect();
        let help = if known.is_empty() {
            format!("name what varies in its `match`: `{{{field}}}`")
        } else {
            suggestion(field, &known)
        };
        let at = match &expr.expr {
            Expr::Select(_) => self.condition.name_extent(expr),
            _ => self.condition.extent(expr),
        };
        let message = format!("no match of `{signal}` fills `{field}`");
        self.fault(&lints::UNFILLED, at, message, String::new(), Some(help));
    }

    fn of_object(&mut self, expr: &IdedExpr, path: &str, field: &str) -> Type {
        let Scope::Object(Some(kind)) = self.scope else { return Type::Any };
        let longer = if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") };
        match kind.field(&longer) {
            // What lies below is known only by its path.
            Some(crate::rule::vocabulary::FieldType::Any) => Type::Path(longer),
            Some(of) => of.into(),
            None => {
                let known: Vec<&str> = kind
                    .fields
                    .iter()
                    .filter_map(|(name, _)| {
                        if path.is_empty() { Some(*name) } else { name.strip_prefix(path)?.strip_prefix('.') }
                    })
                    .collect();
                let at = self.condition.name_extent(expr);
                let message = format!("`{}` has no field `{longer}`", kind.name);
                self.fault(
                    &lints::UNKNOWN_FIELD,
                    at,
                    message,
                    String::new(),
                    Some(suggestion(field, &known)),
                );
                Type::Any
            }
        }
    }
}
