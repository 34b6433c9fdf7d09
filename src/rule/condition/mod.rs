//! CEL conditions with three answers.
//!
//! CEL evaluates comparisons; `&&`, `||`, `!` and `?:` above them follow Kleene's logic here, because a bundle is never
//! complete: a comparison over something that the bundle does not hold is neither true nor false.

mod extent;
mod parse;
mod syntax;
mod texts;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use cel::common::ast::{Expr, LiteralValue, operators};
use cel::{IdedExpr, Program};
use parse::parse;
use texts::Texts;

/// What a condition can come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It holds, whatever else there may be.
    True,
    /// It does not hold, whatever else there may be.
    False,
    /// What is missing could decide it either way.
    Unknown,
}

impl Answer {
    /// `True` or `False`.
    #[must_use]
    pub fn from_bool(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }

    /// `true`, `false` or `unknown`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::True => "true",
            Self::False => "false",
            Self::Unknown => "unknown",
        }
    }

    /// The opposite.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "`!` on three values would read as if there were two")]
    pub fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }

    /// Whether one of two holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::True, _) | (_, Self::True) => Self::True,
            (Self::False, Self::False) => Self::False,
            _ => Self::Unknown,
        }
    }
}

/// A CEL expression with its source.
#[derive(Clone)]
pub struct Condition {
    /// As the author wrote it.
    pub source: String,
    /// Made when it is first needed: many conditions speak of objects that no bundle holds.
    compiled: Arc<OnceLock<Compiled>>,
}

struct Compiled {
    /// The expression as it was written.
    written: IdedExpr,
    /// The expression as it is evaluated: with [`MATCHES`] in place of CEL's own function.
    evaluated: IdedExpr,
    variables: BTreeSet<String>,
    /// Where each part of it was written, for whoever complains of one. `None` for what is not CEL.
    located: OnceLock<Option<Program>>,
}

impl Compiled {
    fn new(written: IdedExpr) -> Self {
        let mut evaluated = written.clone();
        rename(&mut evaluated);
        let variables = written.references().variables().into_iter().map(str::to_owned).collect();
        Self { written, evaluated, variables, located: OnceLock::new() }
    }
}

/// What stands for an expression that is none: it has no value.
fn nothing() -> IdedExpr {
    IdedExpr { id: 0, expr: Expr::Unspecified }
}

/// The function that `matches` is evaluated with. CEL's own compiles the regular expression anew for each value, which took most of the
/// time of a run in which rules looked at thousands of events.
pub const MATCHES: &str = "@matches";

impl std::fmt::Debug for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Condition({})", self.source)
    }
}

/// Where and why an expression does not compile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionError {
    /// The bytes of the expression that are wrong.
    pub at: Range<usize>,
    /// What is wrong: a fragment.
    pub message: String,
    /// What to write instead: a fragment.
    pub help: Option<String>,
}

impl Condition {
    /// Compiles an expression.
    ///
    /// # Errors
    /// When it is not CEL.
    pub fn compile(source: &str) -> Result<Self, ConditionError> {
        let written = parse(source).map_err(|errors| {
            let first = errors.errors.first();
            let (line, column) = first.map_or((1, 1), |error| error.pos);
            syntax::explain(source, byte_of(source, line, column), first.map_or("", |e| &e.msg))
        })?;
        Ok(Self { source: source.to_owned(), compiled: Arc::new(OnceLock::from(Compiled::new(written))) })
    }

    /// As [`Condition::compile`], when it is first needed; what is not CEL then has no value.
    #[must_use]
    pub fn defer(source: &str) -> Self {
        Self { source: source.to_owned(), compiled: Arc::default() }
    }

    fn compiled(&self) -> &Compiled {
        self.compiled.get_or_init(|| Compiled::new(parse(&self.source).unwrap_or_else(|_| nothing())))
    }

    fn located(&self) -> Option<&Program> {
        self.compiled().located.get_or_init(|| Program::compile(&self.source).ok()).as_ref()
    }

    /// The bytes of the source that a part of the expression was written as.
    #[must_use]
    pub fn extent(&self, expr: &IdedExpr) -> Range<usize> {
        let extent = self.located().and_then(|program| extent::of(&self.source, program.source_info(), expr));
        extent.unwrap_or(0..self.source.len())
    }

    /// The bytes of the name of a function, or of the field that is selected, in a part of the expression.
    #[must_use]
    pub fn name_extent(&self, expr: &IdedExpr) -> Range<usize> {
        let extent =
            self.located().and_then(|program| extent::of_name(&self.source, program.source_info(), expr));
        extent.unwrap_or_else(|| self.extent(expr))
    }

    /// The expression as it was written.
    #[must_use]
    pub fn expression(&self) -> &IdedExpr {
        &self.compiled().written
    }

    /// The expression, for evaluation as a whole.
    #[must_use]
    pub fn evaluated(&self) -> &IdedExpr {
        &self.compiled().evaluated
    }

    /// The variables that it names.
    #[must_use]
    pub fn variables(&self) -> &BTreeSet<String> {
        &self.compiled().variables
    }

    /// The functions that it calls.
    #[must_use]
    pub fn functions(&self) -> BTreeSet<String> {
        self.expression().references().functions().into_iter().map(str::to_owned).collect()
    }

    /// The paths that it reads under the variable `root`: `object.status.phase` gives `status.phase`.
    #[must_use]
    pub fn paths(&self, root: &str) -> BTreeSet<String> {
        let mut paths = BTreeSet::new();
        collect_paths(self.expression(), root, &mut paths);
        paths
    }

    /// Fields of signals that it reads: `(signal, field)` for `signal.values("field")`, `signal.first.fields.field`.
    #[must_use]
    pub fn fields_of_signals(&self) -> BTreeSet<(String, String)> {
        let mut fields = BTreeSet::new();
        collect_fields(self.expression(), &mut fields);
        fields
    }

    /// The texts that it compares with.
    #[must_use]
    pub fn literals(&self) -> BTreeSet<String> {
        let mut literals = BTreeSet::new();
        collect_literals(self.expression(), &mut literals);
        literals
    }

    /// What the condition comes to as far as texts alone decide it: `text_at` gives the text at a path under `root`, where it is known,
    /// and `fits` says whether a text fits a regular expression. That is cheap to tell, and most conditions over objects ask for texts
    /// (the reason and the message of an event, the type of a secret).
    #[must_use]
    pub fn told_by_texts<'t>(
        &self,
        root: &str,
        text_at: &dyn Fn(&str) -> Option<&'t str>,
        fits: &dyn Fn(&str, &str) -> Option<bool>,
    ) -> Option<bool> {
        Texts { root, text_at, fits }.tell(self.evaluated())
    }

    /// Decides the condition; `leaf` decides each comparison in it.
    pub fn decide(&self, leaf: &mut dyn FnMut(&IdedExpr) -> Answer) -> Answer {
        decide(self.evaluated(), leaf)
    }
}

/// The byte at a line and column, both from 1 and in characters.
fn byte_of(source: &str, line: isize, column: isize) -> usize {
    let before = |n: isize| usize::try_from(n - 1).unwrap_or(0);
    let start: usize = source.split_inclusive('\n').take(before(line)).map(str::len).sum();
    let rest = source.get(start..).unwrap_or_default();
    start + rest.char_indices().nth(before(column)).map_or(rest.len(), |(byte, _)| byte)
}

fn decide(expr: &IdedExpr, leaf: &mut dyn FnMut(&IdedExpr) -> Answer) -> Answer {
    let Expr::Call(call) = &expr.expr else { return leaf(expr) };
    match (call.func_name.as_str(), call.args.as_slice()) {
        (operators::LOGICAL_AND, [a, b]) => match decide(a, leaf) {
            Answer::False => Answer::False,
            first => match (first, decide(b, leaf)) {
                (_, Answer::False) => Answer::False,
                (Answer::True, Answer::True) => Answer::True,
                _ => Answer::Unknown,
            },
        },
        (operators::LOGICAL_OR, [a, b]) => match decide(a, leaf) {
            Answer::True => Answer::True,
            first => first.or(decide(b, leaf)),
        },
        (operators::LOGICAL_NOT, [a]) => decide(a, leaf).not(),
        (operators::CONDITIONAL, [test, yes, no]) => match decide(test, leaf) {
            Answer::True => decide(yes, leaf),
            Answer::False => decide(no, leaf),
            Answer::Unknown => {
                let (yes, no) = (decide(yes, leaf), decide(no, leaf));
                if yes == no { yes } else { Answer::Unknown }
            }
        },
        _ => leaf(expr),
    }
}

/// Puts [`MATCHES`] in place of `matches`.
fn rename(expr: &mut IdedExpr) {
    match &mut expr.expr {
        Expr::Call(call) => {
            if call.func_name == "matches" {
                MATCHES.clone_into(&mut call.func_name);
            }
            call.target.as_deref_mut().into_iter().chain(&mut call.args).for_each(rename);
        }
        Expr::Select(select) => rename(&mut select.operand),
        Expr::List(list) => list.elements.iter_mut().for_each(rename),
        Expr::Comprehension(loop_) => {
            let within = [&mut loop_.iter_range, &mut loop_.accu_init, &mut loop_.loop_cond];
            within.into_iter().chain([&mut loop_.loop_step, &mut loop_.result]).for_each(rename);
        }
        _ => {}
    }
}

/// The expressions directly within an expression.
#[must_use]
pub fn parts(expr: &IdedExpr) -> Vec<&IdedExpr> {
    match &expr.expr {
        Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).collect(),
        Expr::Select(select) => vec![&select.operand],
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Comprehension(loop_) => {
            vec![&loop_.iter_range, &loop_.accu_init, &loop_.loop_cond, &loop_.loop_step, &loop_.result]
        }
        _ => Vec::new(),
    }
}

fn collect_literals(expr: &IdedExpr, literals: &mut BTreeSet<String>) {
    if let Expr::Literal(LiteralValue::String(text)) = &expr.expr {
        literals.insert(text.inner().to_owned());
    }
    parts(expr).into_iter().for_each(|part| collect_literals(part, literals));
}

/// Functions of a signal whose argument is the name of a field.
const FIELD_FUNCTIONS: &[&str] = &["values", "distinct", "min", "max"];

fn collect_fields(expr: &IdedExpr, fields: &mut BTreeSet<(String, String)>) {
    match &expr.expr {
        Expr::Call(call) if FIELD_FUNCTIONS.contains(&call.func_name.as_str()) => {
            if let (
                Some(Expr::Ident(signal)),
                [IdedExpr { expr: Expr::Literal(LiteralValue::String(field)), .. }],
            ) = (call.target.as_deref().map(|target| &target.expr), call.args.as_slice())
            {
                fields.insert((signal.clone(), field.inner().to_owned()));
            }
        }
        Expr::Select(select) => {
            if let Expr::Select(of) = &select.operand.expr
                && of.field == "fields"
                && let Expr::Select(hit) = &of.operand.expr
                && let Expr::Ident(signal) = &hit.operand.expr
            {
                fields.insert((signal.clone(), select.field.clone()));
            }
        }
        _ => {}
    }
    parts(expr).into_iter().for_each(|part| collect_fields(part, fields));
}

/// The dotted paths under `root` that an expression reads.
pub fn collect_paths(expr: &IdedExpr, root: &str, paths: &mut BTreeSet<String>) {
    if let Some(path) = path_of(expr, root) {
        paths.insert(path);
        return;
    }
    parts(expr).into_iter().for_each(|part| collect_paths(part, root, paths));
}
/// The path when the expression is a chain of selections on `root`; the empty path for `root` itself.
fn path_of(expr: &IdedExpr, root: &str) -> Option<String> {
    match &expr.expr {
        Expr::Ident(name) => (name == root).then(String::new),
        Expr::Select(select) => {
            let mut path = path_of(&select.operand, root)?;
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&select.field);
            Some(path)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, unknown: &str, expect: Answer) {
        let condition = Condition::compile(source).unwrap();
        let context = cel::Context::default();
        let answer = condition.decide(&mut |leaf| {
            let mut paths = BTreeSet::new();
            collect_paths(leaf, unknown, &mut paths);
            if !paths.is_empty() {
                return Answer::Unknown;
            }
            Answer::from_bool(cel::Value::resolve(leaf, &context) == Ok(true.into()))
        });
        assert_eq!(answer, expect, "{source}");
    }

    #[test]
    fn unknown_comparisons_decide_nothing_that_others_decide() {
        check("true || x > 1", "x", Answer::True);
        check("x > 1 || true", "x", Answer::True);
        check("false && x > 1", "x", Answer::False);
        check("x > 1 && false", "x", Answer::False);
        check("x > 1 || false", "x", Answer::Unknown);
        check("!(x > 1)", "x", Answer::Unknown);
        check("x > 1 ? true : true", "x", Answer::True);
        check("1 < 2 && [1, 2].exists(i, i == 2)", "x", Answer::True);
        check("[1, 2].exists(i, i == x.a)", "x", Answer::Unknown);
    }

    #[test]
    fn paths_are_read_through_calls_macros_and_presence_tests() {
        let condition = Condition::compile(
            "has(object.a.b) && object.c.exists(x, x.d == 1) && size(object.e.f) > 1 && object.g['h'] == object.i.j",
        )
        .unwrap();
        let paths: Vec<String> = condition.paths("object").into_iter().collect();
        assert_eq!(paths, ["a.b", "c", "e.f", "g", "i.j"]);
    }

    #[test]
    fn mistakes_have_a_place() {
        let error = Condition::compile("a >\n > b").unwrap_err();
        assert_eq!(error.at, 5..6);
    }
}
