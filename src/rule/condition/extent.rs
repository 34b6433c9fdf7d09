//! Where in its source a part of an expression was written. The parser gives one token of each part: the dot of a
//! selection, the bracket of a call, the sign between two operands.

use std::ops::Range;

use cel::IdedExpr;
use cel::common::ast::{Expr, LiteralValue, SourceInfo, operators};

/// The bytes of a part of an expression.
pub fn of(source: &str, info: &SourceInfo, expr: &IdedExpr) -> Option<Range<usize>> {
    let token = token(info, expr)?;
    Some(match &expr.expr {
        Expr::Literal(literal) if is_negative(literal) && source.get(..token.start)?.ends_with('-') => {
            token.start - 1..token.end
        }
        Expr::Select(select) if select.test => {
            name_before(source, token.start).start..closing(source, token.start)?
        }
        Expr::Select(select) => {
            of(source, info, &select.operand)?.start..field(source, token.start, &select.field)?.end
        }
        Expr::Call(call) => match (call.func_name.as_str(), call.target.as_deref(), call.args.as_slice()) {
            (operators::INDEX, _, [of_what, ..]) => {
                of(source, info, of_what)?.start..closing(source, token.start)?
            }
            (operators::LOGICAL_NOT | operators::NEGATE, _, [of_what]) => {
                token.start..of(source, info, of_what)?.end
            }
            (_, Some(target), _) => of(source, info, target)?.start..closing(source, token.start)?,
            (name, None, [first, .., last]) if is_operator(name) => {
                of(source, info, first)?.start..of(source, info, last)?.end
            }
            _ => name_before(source, token.start).start..closing(source, token.start)?,
        },
        Expr::Comprehension(around) => {
            of(source, info, &around.iter_range)?.start..closing(source, token.start)?
        }
        Expr::List(_) | Expr::Map(_) | Expr::Struct(_) => token.start..closing(source, token.start)?,
        _ => token,
    })
}

/// The bytes of a function's name, or of a selected field.
pub fn of_name(source: &str, info: &SourceInfo, expr: &IdedExpr) -> Option<Range<usize>> {
    let token = token(info, expr)?;
    match &expr.expr {
        Expr::Select(select) if !select.test => field(source, token.start, &select.field),
        Expr::Call(call) if !is_operator(&call.func_name) => Some(name_before(source, token.start)),
        _ => None,
    }
}

fn token(info: &SourceInfo, expr: &IdedExpr) -> Option<Range<usize>> {
    let (first, last) = info.offset_for(expr.id)?;
    Some(usize::try_from(first).ok()?..usize::try_from(last).ok()? + 1)
}

/// Whether a function is written as signs, not as a name with brackets behind it.
pub fn is_operator(name: &str) -> bool {
    name.contains('_') && !name.starts_with(|c: char| c.is_ascii_alphabetic()) || name == operators::IN
}

fn is_negative(literal: &LiteralValue) -> bool {
    match literal {
        LiteralValue::Int(n) => *n.inner() < 0,
        LiteralValue::Double(n) => *n.inner() < 0.0,
        _ => false,
    }
}

/// The field behind the dot at a byte.
fn field(source: &str, dot: usize, name: &str) -> Option<Range<usize>> {
    let start = dot + source.get(dot..)?.find(name)?;
    Some(start..start + name.len())
}

/// The name in front of the bracket at a byte.
fn name_before(source: &str, bracket: usize) -> Range<usize> {
    let before = source.get(..bracket).unwrap_or_default().trim_end();
    let name = before.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap_or_default();
    before.len() - name.len()..before.len()
}

/// The byte behind the bracket that closes the one at a byte.
fn closing(source: &str, open: usize) -> Option<usize> {
    let (mut depth, mut quote, mut escaped) = (0_usize, None, false);
    for (at, c) in source.get(open..)?.char_indices() {
        match (quote, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(mark), c) if c == mark => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(open + at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::rule::Condition;
    use crate::rule::condition::parts;

    /// The sources of an expression and of all its parts, outermost first.
    fn shown(condition: &Condition, expr: &cel::IdedExpr, out: &mut Vec<String>) {
        let text = condition.source[condition.extent(expr)].to_owned();
        if !out.contains(&text) {
            out.push(text);
        }
        parts(expr).into_iter().for_each(|part| shown(condition, part, out));
    }

    fn check(source: &str, expect: &[&str]) {
        let condition = Condition::compile(source).unwrap();
        let mut found = Vec::new();
        shown(&condition, condition.expression(), &mut found);
        assert_eq!(found, expect);
    }

    #[test]
    fn every_part_is_where_it_was_written() {
        check("a.b > -3", &["a.b > -3", "a.b", "a", "-3"]);
        check("size(a) == 1", &["size(a) == 1", "size(a)", "a", "1"]);
        check("a.f(\")\") && !b", &["a.f(\")\") && !b", "a.f(\")\")", "a", "\")\"", "!b", "b"]);
        check("a[0].c in [\"x\"]", &["a[0].c in [\"x\"]", "a[0].c", "a[0]", "a", "0", "[\"x\"]", "\"x\""]);
        check("ä == 1".replace('ä', "\"ä\"").as_str(), &["\"ä\" == 1", "\"ä\"", "1"]);
    }

    #[test]
    fn a_loop_reaches_from_its_list_to_its_bracket() {
        let condition = Condition::compile("a.b.exists(x, x == 1) && c").unwrap();
        let first = parts(condition.expression())[0];
        assert_eq!(&condition.source[condition.extent(first)], "a.b.exists(x, x == 1)");
    }
}
