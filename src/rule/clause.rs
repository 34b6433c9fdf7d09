//! The clauses of a condition as its author wrote them: what stands between `&&`, `||`, `!` and `?:`.
//!
//! The CEL crate keeps one token of the source for each expression, and no ranges; who speaks of a clause, or takes one
//! away, needs all of its text. Only the logic is read here: what a clause says is the business of CEL.

use std::ops::Range;

/// A condition, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Where it stands in the source, without the parentheses around it.
    pub range: Range<usize>,
    /// The same with its parentheses.
    pub outer: Range<usize>,
    /// What it is made of.
    pub form: Form,
}

/// What a part of a condition is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// A clause: it has an answer of its own.
    Clause,
    /// `!…`
    Not(Box<Node>),
    /// `… && …`
    All(Vec<Node>),
    /// `… || …`
    Any(Vec<Node>),
    /// `… ? … : …`
    Choice(Vec<Node>),
}

impl Node {
    /// Reads the logic of an expression that CEL accepts. What is not understood (a comment within a clause) is one clause.
    #[must_use]
    pub fn of(source: &str) -> Self {
        let mut reader = Reader { source, at: 0 };
        let node = reader.choice();
        reader.blank();
        let whole = || Self { range: 0..source.len(), outer: 0..source.len(), form: Form::Clause };
        node.filter(|_| reader.at == source.len()).unwrap_or_else(whole)
    }

    /// The clauses from left to right, in the order in which a condition's decision asks for them.
    #[must_use]
    pub fn clauses(&self) -> Vec<&Node> {
        match &self.form {
            Form::Clause => vec![self],
            _ => self.parts().iter().flat_map(Node::clauses).collect(),
        }
    }

    /// What it is directly made of.
    #[must_use]
    pub fn parts(&self) -> &[Node] {
        match &self.form {
            Form::Clause => &[],
            Form::Not(inner) => std::slice::from_ref(inner),
            Form::All(parts) | Form::Any(parts) | Form::Choice(parts) => parts,
        }
    }

    /// Its text, white space made single.
    #[must_use]
    pub fn text(&self, source: &str) -> String {
        let text = source.get(self.range.clone()).unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

struct Reader<'s> {
    source: &'s str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.source.get(self.at..).unwrap_or_default()
    }

    /// Skips white space and comments.
    fn blank(&mut self) {
        loop {
            let rest = self.rest();
            let mut next = self.at + rest.len() - rest.trim_start().len();
            if rest.trim_start().starts_with("//") {
                next += rest.trim_start().find('\n').unwrap_or(rest.trim_start().len());
            }
            if next == self.at {
                return;
            }
            self.at = next;
        }
    }

    fn takes(&mut self, word: &str) -> bool {
        self.blank();
        let found = self.rest().starts_with(word);
        self.at += if found { word.len() } else { 0 };
        found
    }

    fn choice(&mut self) -> Option<Node> {
        let test = self.chain("||")?;
        if !self.takes("?") {
            return Some(test);
        }
        let yes = self.choice()?;
        if !self.takes(":") {
            return None;
        }
        let no = self.choice()?;
        Some(join(vec![test, yes, no], Form::Choice))
    }

    fn chain(&mut self, operator: &str) -> Option<Node> {
        let is_any = operator == "||";
        let mut parts = Vec::new();
        loop {
            parts.push(if is_any { self.chain("&&")? } else { self.operand()? });
            if !self.takes(operator) {
                break;
            }
        }
        if parts.len() == 1 {
            return parts.pop();
        }
        Some(join(parts, if is_any { Form::Any } else { Form::All }))
    }

    fn operand(&mut self) -> Option<Node> {
        self.blank();
        let start = self.at;
        let end = self.clause_end(start)?;
        let text = self.source.get(start..end)?.trim_end();
        let range = start..start + text.len();
        if text.is_empty() {
            return None;
        }
        // `!a == b` is `(!a) == b`: one clause.
        if text.starts_with('!') && !text.starts_with("!=") && is_alone(text.get(1..)?) {
            self.at = start + 1;
            let inner = self.operand()?;
            return Some(Node { outer: range.clone(), range, form: Form::Not(Box::new(inner)) });
        }
        if text.starts_with('(') && closing(text, 0)? + 1 == text.len() {
            self.at = start + 1;
            let inner = self.choice()?;
            return self.takes(")").then_some(Node { outer: range, ..inner });
        }
        self.at = range.end;
        Some(Node { outer: range.clone(), range, form: Form::Clause })
    }

    /// Where the text ends that no logical operator divides.
    fn clause_end(&self, start: usize) -> Option<usize> {
        let mut at = start;
        while let Some(rest) = self.source.get(at..).filter(|rest| !rest.is_empty()) {
            let ends = ["&&", "||", "//"].iter().any(|end| rest.starts_with(end));
            if ends || rest.starts_with(['?', ':', ')', ']', '}']) {
                break;
            }
            at += step(rest)?;
        }
        Some(at)
    }
}

fn join(parts: Vec<Node>, form: fn(Vec<Node>) -> Form) -> Node {
    let start = parts.first().map_or(0, |part| part.outer.start);
    let range = start..parts.last().map_or(start, |part| part.outer.end);
    Node { outer: range.clone(), range, form: form(parts) }
}

/// How long the next piece is that must not be looked into: a text, something in brackets, or one character.
fn step(rest: &str) -> Option<usize> {
    let first = rest.chars().next()?;
    match first {
        '(' | '[' | '{' => Some(closing(rest, 0)? + 1),
        '"' | '\'' => quoted(rest, true),
        'r' | 'R' if rest.get(1..).is_some_and(|rest| rest.starts_with(['"', '\''])) => {
            Some(1 + quoted(rest.get(1..)?, false)?)
        }
        // A name may end in `r`: it must not be cut before its last letter.
        c if c.is_alphanumeric() || c == '_' => {
            Some(rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len()))
        }
        c => Some(c.len_utf8()),
    }
}

/// The length of a text in quotes, which may be three.
fn quoted(rest: &str, escapes: bool) -> Option<usize> {
    let quote = rest.get(..1)?;
    let triple = quote.repeat(3);
    let mark = if rest.starts_with(&triple) { triple.as_str() } else { quote };
    let mut at = mark.len();
    while let Some(tail) = rest.get(at..).filter(|tail| !tail.is_empty()) {
        if tail.starts_with(mark) {
            return Some(at + mark.len());
        }
        let width = tail.chars().next().map_or(1, char::len_utf8);
        let escaped = tail.chars().nth(1).map_or(0, char::len_utf8);
        at += if escapes && tail.starts_with('\\') { width + escaped } else { width };
    }
    None
}

/// Where the bracket closes that opens at `open`.
fn closing(text: &str, open: usize) -> Option<usize> {
    let mut at = open + 1;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with([')', ']', '}']) {
            return Some(at);
        }
        at += step(rest)?;
    }
    None
}

/// Whether a text is one operand of `!`: a name, a call or something in parentheses, and no comparison.
fn is_alone(text: &str) -> bool {
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if at > 0 && rest.starts_with(|c: char| c.is_whitespace() || "=<>+-*/%!".contains(c)) {
            return false;
        }
        match step(rest) {
            Some(length) => at += length,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{Answer, Condition, Rulebook};

    /// The logic with its clauses between `<` and `>`.
    fn shown(node: &Node, source: &str) -> String {
        let parts: Vec<String> = node.parts().iter().map(|part| shown(part, source)).collect();
        match &node.form {
            Form::Clause => format!("<{}>", node.text(source)),
            Form::Not(_) => format!("!{}", parts.concat()),
            Form::All(_) => format!("({})", parts.join(" & ")),
            Form::Any(_) => format!("({})", parts.join(" | ")),
            Form::Choice(_) => format!("({})", parts.join(" ? ")),
        }
    }

    fn check(source: &str, expect: &str) {
        let node = Node::of(source);
        assert_eq!(shown(&node, source), expect, "{source}");
        assert_eq!(node.clauses().len(), asked(&Condition::compile(source).unwrap()), "{source}");
    }

    /// How many clauses a condition asks for when it has to know all.
    fn asked(condition: &Condition) -> usize {
        let mut asked = 0;
        condition.decide(&mut |_| {
            asked += 1;
            Answer::Unknown
        });
        asked
    }

    #[test]
    fn clauses_stand_between_logical_operators() {
        check("a > 1", "<a > 1>");
        check("a > 1 && b < 2 || !c", "((<a > 1> & <b < 2>) | !<c>)");
        check("((a == 1) || b) && (c)", "((<a == 1> | <b>) & <c>)");
        check("(a + b) > 3 && !(c || d)", "(<(a + b) > 3> & !(<c> | <d>))");
        check("a ? b > 1 : c && d", "(<a> ? <b > 1> ? (<c> & <d>))");
        check("a\n  .b(c)  >= 1 // && x\n && d", "(<a .b(c) >= 1> & <d>)");
        check("a || b || c", "(<a> | <b> | <c>)");
    }

    #[test]
    fn texts_lists_and_calls_are_not_looked_into() {
        check("a == 'x && y' || b == \"\\\" || \"", "(<a == 'x && y'> | <b == \"\\\" || \">)");
        check("x.exists(i, i == 1 && j) && y in [a, b]", "(<x.exists(i, i == 1 && j)> & <y in [a, b]>)");
        check("m == {'a': 1} || r'\\' == for_r", "(<m == {'a': 1}> | <r'\\' == for_r>)");
    }

    #[test]
    fn not_binds_tighter_than_a_comparison() {
        check("!a == b && !has(c.d)", "(<!a == b> & !<has(c.d)>)");
        check("!x.startsWith('a')", "!<x.startsWith('a')>");
    }

    #[test]
    fn every_condition_of_the_book_is_understood() {
        let (book, _) = Rulebook::built_in(&crate::rule::Vocabulary::default());
        for rule in &book.rules {
            let node = Node::of(&rule.when.source);
            assert_eq!(node.clauses().len(), asked(&rule.when), "{}", rule.id);
        }
    }
}
