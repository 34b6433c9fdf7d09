//! Functions: those of CEL, and those that signals and times have.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, LiteralValue, operators};

use super::select::SIGNAL_FUNCTIONS;
use super::{Type, Typing};
use crate::base::stamp::parse_duration;
use crate::base::words;
use crate::rule::check::SIGNAL_FIELDS;
use crate::rule::lints;

/// Functions that stand in front of their argument, with what they give. Each takes one.
const GLOBAL: &[(&str, Type)] = &[
    ("size", Type::Int),
    ("int", Type::Int),
    ("uint", Type::Int),
    ("double", Type::Float),
    ("string", Type::Text),
    ("bool", Type::Bool),
    ("dyn", Type::Any),
    ("type", Type::Any),
    ("epoch", Type::Float),
    ("age", Type::Float),
];

/// Functions of texts; each takes a text and gives true or false.
const OF_TEXTS: &[&str] = &["startsWith", "endsWith", "contains", "matches"];

/// Macros, which are functions only where they are written wrongly: name and example.
const MACROS: &[(&str, &str)] = &[
    ("exists", "exists(x, x == \"a\")"),
    ("all", "all(x, x == \"a\")"),
    ("exists_one", "exists_one(x, x == \"a\")"),
    ("map", "map(x, x.name)"),
    ("filter", "filter(x, x == \"a\")"),
    ("has", "has(object.spec.name)"),
];

impl Typing<'_> {
    pub(super) fn call(&mut self, expr: &IdedExpr, call: &CallExpr) -> Type {
        let name = call.func_name.as_str();
        if name == operators::NOT_STRICTLY_FALSE {
            return call.args.first().map_or(Type::Any, |arg| self.of(arg));
        }
        if let Some(of) = self.operator(expr, name, &call.args) {
            return of;
        }
        if let Some((_, example)) = MACROS.iter().find(|(of, _)| *of == name) {
            let at = self.condition.extent(expr);
            let help = Some(format!("write `{example}`"));
            self.fault(&lints::ARGUMENTS, at, format!("`{name}` takes other arguments"), String::new(), help);
            return if matches!(name, "map" | "filter") { Type::Any } else { Type::Bool };
        }
        match &call.target {
            Some(target) => {
                let of = self.of(target);
                self.member(expr, &of, name, &call.args)
            }
            None => self.global(expr, name, &call.args),
        }
    }

    fn global(&mut self, expr: &IdedExpr, name: &str, args: &[IdedExpr]) -> Type {
        let types: Vec<Type> = args.iter().map(|arg| self.of(arg)).collect();
        let Some((_, gives)) = GLOBAL.iter().find(|(of, _)| *of == name) else {
            let known = GLOBAL.iter().map(|(name, _)| *name).chain(["has"]);
            let help = if OF_TEXTS.contains(&name) {
                format!("write `text.{name}(\"…\")`")
            } else if SIGNAL_FUNCTIONS.contains(&name) {
                format!("write `signal.{name}(\"field\")`")
            } else {
                words::nearest(name, known.clone()).map_or_else(
                    || format!("there are {}", known.collect::<Vec<_>>().join(", ")),
                    |near| format!("did you mean `{near}`?"),
                )
            };
            self.no_function(expr, name, help);
            return Type::Any;
        };
        let [of] = types.as_slice() else {
            self.arguments(expr, name, "one value", args.len());
            return gives.clone();
        };
        let help = match (name, of) {
            ("epoch" | "age", Type::Int | Type::Float | Type::Number) => {
                Some("the time is a number already: leave the function away".to_owned())
            }
            ("epoch" | "age", Type::Bool | Type::List(_) | Type::Signal(_) | Type::Hit(_)) => {
                Some(format!("`{name}` takes a time as text: `{name}(object.metadata.creationTimestamp)`"))
            }
            ("size", Type::Signal(name)) => Some(format!("write `{name}.count`")),
            ("size", Type::Int | Type::Float | Type::Number | Type::Bool) => {
                Some("`size` takes a text or a list".to_owned())
            }
            ("double" | "int", Type::List(_) | Type::Bool | Type::Signal(_)) => {
                Some(format!("`{name}` takes a number or a text"))
            }
            _ => None,
        };
        if let (Some(help), Some(arg)) = (help, args.first()) {
            let at = self.condition.extent(arg);
            let message = format!("`{name}` does not take {}", of.name());
            self.fault(&lints::ARGUMENTS, at, message, String::new(), Some(help));
        }
        gives.clone()
    }

    fn member(&mut self, expr: &IdedExpr, of: &Type, name: &str, args: &[IdedExpr]) -> Type {
        let types: Vec<Type> = args.iter().map(|arg| self.of(arg)).collect();
        match of {
            Type::Signal(signal) => self.of_signal_function(expr, &signal.clone(), name, args),
            Type::Any | Type::Path(_) => match name {
                "size" => Type::Int,
                _ if OF_TEXTS.contains(&name) => Type::Bool,
                _ => {
                    self.unknown_member(expr, of, name);
                    Type::Any
                }
            },
            Type::Text if OF_TEXTS.contains(&name) => {
                self.one_text(expr, name, args, &types);
                Type::Bool
            }
            Type::Text | Type::List(_) | Type::Map | Type::Fields(_) if name == "size" => {
                if !args.is_empty() {
                    self.arguments(expr, name, "nothing", args.len());
                }
                Type::Int
            }
            _ => {
                self.unknown_member(expr, of, name);
                if OF_TEXTS.contains(&name) { Type::Bool } else { Type::Any }
            }
        }
    }

    fn one_text(&mut self, expr: &IdedExpr, name: &str, args: &[IdedExpr], types: &[Type]) {
        match (args, types) {
            ([arg], [of]) => {
                if !of.is_open() && *of != Type::Text {
                    let at = self.condition.extent(arg);
                    let help = Some(format!("write a text in quotes: `{name}(\"…\")`"));
                    self.fault(
                        &lints::ARGUMENTS,
                        at,
                        format!("`{name}` takes a text"),
                        format!("this is {}", of.name()),
                        help,
                    );
                }
                if name == "matches"
                    && let Expr::Literal(LiteralValue::String(pattern)) = &arg.expr
                    && regex_syntax::parse(pattern.inner()).is_err()
                {
                    let at = self.condition.extent(arg);
                    let help = Some(
                        "check its brackets, and write `\\\\` in front of what is meant as it is".to_owned(),
                    );
                    self.fault(
                        &lints::REGEX,
                        at,
                        "this is not a regular expression".to_owned(),
                        String::new(),
                        help,
                    );
                }
            }
            _ => self.arguments(expr, name, "one text", args.len()),
        }
    }

    fn of_signal_function(&mut self, expr: &IdedExpr, signal: &str, name: &str, args: &[IdedExpr]) -> Type {
        let gives = match name {
            "values" => Type::List(Box::new(Type::Text)),
            "distinct" => Type::Int,
            "min" | "max" => Type::Float,
            "recent" => Type::Bool,
            _ => {
                let help = if SIGNAL_FIELDS.contains(&name) {
                    format!("write `{signal}.{name}` without brackets")
                } else {
                    let near = words::nearest(name, SIGNAL_FUNCTIONS.iter().copied());
                    near.map_or_else(
                        || format!("a signal has {}", words::list(SIGNAL_FUNCTIONS)),
                        |near| format!("did you mean `{near}`?"),
                    )
                };
                self.no_function(expr, name, help);
                return if SIGNAL_FIELDS.contains(&name) { Type::Int } else { Type::Any };
            }
        };
        let [arg] = args else {
            let wants = if name == "recent" { "one duration" } else { "the name of a field" };
            self.arguments(expr, name, wants, args.len());
            return gives;
        };
        self.argument(expr, arg, (signal, name));
        gives
    }

    /// The argument of a function of a signal: a field, or for `recent` a duration.
    fn argument(&mut self, expr: &IdedExpr, arg: &IdedExpr, (signal, name): (&str, &str)) {
        match &arg.expr {
            Expr::Literal(LiteralValue::String(text)) if name == "recent" => {
                if parse_duration(text.inner()).is_none() {
                    let at = self.condition.extent(arg);
                    let help = Some("write `\"1h\"` or `\"30m\"`".to_owned());
                    self.fault(&lints::ARGUMENTS, at, "this is no duration".to_owned(), String::new(), help);
                }
            }
            Expr::Literal(LiteralValue::String(text)) => {
                let (text, is_node) = (text.inner().to_owned(), text.inner() == crate::rule::NODE);
                if is_node && matches!(name, "values" | "distinct") {
                    let at = self.condition.extent(expr);
                    let instead = if name == "values" { ".nodes" } else { ".nodes.size()" };
                    let help = Some(format!("write `{signal}{instead}`"));
                    self.fault(
                        &lints::UNFILLED,
                        at,
                        "nodes are not among the values".to_owned(),
                        String::new(),
                        help,
                    );
                } else {
                    self.field_of(arg, signal, &text);
                }
            }
            _ => {
                let at = self.condition.extent(arg);
                let source = self.condition.source.get(at.clone()).unwrap_or_default().to_owned();
                let help = Some(format!("write `{name}(\"{source}\")`"));
                // What is said of the name within is the same mistake.
                self.faults.retain(|fault| fault.at != at);
                self.fault(
                    &lints::ARGUMENTS,
                    at,
                    format!("`{name}` takes a name in quotes"),
                    String::new(),
                    help,
                );
            }
        }
    }

    fn unknown_member(&mut self, expr: &IdedExpr, of: &Type, name: &str) {
        let texts = OF_TEXTS.iter().copied().chain(["size"]);
        let help = match (of, words::nearest(name, texts)) {
            (Type::Int | Type::Float | Type::Number, _) if OF_TEXTS.contains(&name) => {
                "compare numbers with `==`, `<` or `>`, or write `string(…)`".to_owned()
            }
            (Type::List(_), _) if OF_TEXTS.contains(&name) => format!("ask each item: `.exists(x, x.{name}(\"…\"))`"),
            (_, Some(near)) if near != name => format!("did you mean `{near}`?"),
            _ => "texts have startsWith, endsWith, contains and matches; lists have size, exists, all, map and filter".to_owned(),
        };
        let message = if OF_TEXTS.contains(&name) {
            format!("`{name}` is for texts")
        } else {
            format!("no such function: `{name}`")
        };
        let at = self.condition.name_extent(expr);
        let label = if of.is_open() { String::new() } else { format!("in front of it is {}", of.name()) };
        self.fault(&lints::UNKNOWN_FUNCTION, at, message, label, Some(help));
    }

    fn no_function(&mut self, expr: &IdedExpr, name: &str, help: String) {
        let at = self.condition.name_extent(expr);
        self.fault(
            &lints::UNKNOWN_FUNCTION,
            at,
            format!("no such function: `{name}`"),
            String::new(),
            Some(help),
        );
    }

    fn arguments(&mut self, expr: &IdedExpr, name: &str, wants: &str, given: usize) {
        let at = self.condition.extent(expr);
        let message = format!("`{name}` takes {wants}");
        self.fault(&lints::ARGUMENTS, at, message, words::count(given as u64, "argument"), None);
    }
}
