//! What texts alone decide of a condition, without CEL: to make an object known to CEL takes a hundred times as long as to compare its
//! reason with another one.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, LiteralValue, operators};

use super::{MATCHES, path_of};

/// The texts of an object.
pub struct Texts<'e, 't> {
    /// The variable that stands for the object.
    pub root: &'e str,
    /// The text at a path, where it is known that there is one.
    pub text_at: &'e dyn Fn(&str) -> Option<&'t str>,
    /// Whether a text fits a regular expression; nothing where that is none.
    pub fits: &'e dyn Fn(&str, &str) -> Option<bool>,
}

impl Texts<'_, '_> {
    /// Whether an expression holds, if texts decide it.
    pub fn tell(&self, expr: &IdedExpr) -> Option<bool> {
        let Expr::Call(call) = &expr.expr else { return None };
        match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::LOGICAL_AND, [a, b]) => match self.tell(a) {
                Some(false) => Some(false),
                first => match self.tell(b) {
                    Some(true) => first,
                    second => second.filter(|holds| !holds),
                },
            },
            (operators::LOGICAL_OR, [a, b]) => match self.tell(a) {
                Some(true) => Some(true),
                first => match self.tell(b) {
                    Some(false) => first,
                    second => second.filter(|holds| *holds),
                },
            },
            (operators::LOGICAL_NOT, [a]) => self.tell(a).map(|holds| !holds),
            (operators::EQUALS, [a, b]) => self.is(a, b),
            (operators::NOT_EQUALS, [a, b]) => self.is(a, b).map(|holds| !holds),
            (operators::IN, [a, b]) => {
                let Expr::List(list) = &b.expr else { return None };
                let wanted: Vec<&str> = list.elements.iter().map(literal).collect::<Option<_>>()?;
                Some(wanted.contains(&self.text(a)?))
            }
            (_, [part]) => self.called(call, literal(part)?),
            _ => None,
        }
    }

    /// Whether the text at a path and a literal, on either side, are the same.
    fn is(&self, a: &IdedExpr, b: &IdedExpr) -> Option<bool> {
        let (path, wanted) = match (literal(a), literal(b)) {
            (None, Some(wanted)) => (a, wanted),
            (Some(wanted), None) => (b, wanted),
            _ => return None,
        };
        Some(self.text(path)? == wanted)
    }

    /// Whether a function of the text at a path holds.
    fn called(&self, call: &CallExpr, part: &str) -> Option<bool> {
        let text = || self.text(call.target.as_deref()?);
        match call.func_name.as_str() {
            "contains" => Some(text()?.contains(part)),
            "startsWith" => Some(text()?.starts_with(part)),
            "endsWith" => Some(text()?.ends_with(part)),
            MATCHES => (self.fits)(text()?, part),
            _ => None,
        }
    }

    fn text(&self, path: &IdedExpr) -> Option<&str> {
        // `has(object.reason)` asks whether there is a text, not for it.
        if matches!(&path.expr, Expr::Select(select) if select.test) {
            return None;
        }
        (self.text_at)(&path_of(path, self.root)?)
    }
}

fn literal(expr: &IdedExpr) -> Option<&str> {
    match &expr.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::rule::Condition;

    #[test]
    fn what_texts_decide_is_told_and_nothing_else() {
        let tell = |source: &str| {
            let condition = Condition::compile(source).unwrap();
            let text_at = |path: &str| (path == "reason").then_some("Killing");
            let fits =
                |text: &str, regex: &str| regex::Regex::new(regex).ok().map(|regex| regex.is_match(text));
            condition.told_by_texts("object", &text_at, &fits)
        };
        for refused in [
            "object.reason == 'BackOff'",
            "object.count > 3 && 'BackOff' == object.reason",
            "object.reason in ['BackOff', 'Failed'] && object.count > 3",
            "object.reason == 'BackOff' || object.reason == 'Failed'",
            "object.reason != 'Killing'",
            "!object.reason.startsWith('Kill')",
            "object.count > 3 && object.reason.matches('^Back')",
        ] {
            assert_eq!(tell(refused), Some(false), "{refused}");
        }
        for held in [
            "object.reason == 'Killing'",
            "object.reason in ['Killing', 'Failed']",
            "object.count > 3 || object.reason.contains('ill')",
            "!(object.reason == 'BackOff') && object.reason.endsWith('ing')",
            "object.reason.matches('^Kill.*g$')",
        ] {
            assert_eq!(tell(held), Some(true), "{held}");
        }
        for open in [
            "object.reason == 'BackOff' || object.count > 3",
            "object.reason == 'Killing' && object.count > 3",
            "object.kind == 'Pod'",
            "object.reason == object.kind",
            "has(object.reason) == 'Killing'",
            "object.reason == ['Killing']",
            "object.reason.size('Killing')",
            "object.reason.matches('(')",
        ] {
            assert_eq!(tell(open), None, "{open}");
        }
    }
}
