//! From text to expression, by the quicker of CEL's two parsers where both make the same of it.
//!
//! The parser that ANTLR generated takes ten times as long; it says better what is wrong, and alone tells where each part was written.
//! The hand-written one numbers the parts of an expression as the other one does, which places depend on. Texts in which the two
//! differ (they were looked for with the test below, at length) are left to the generated one, and so is all that the other refuses.

use cel::parser::{Parser, PrattParser};
use cel::{IdedExpr, ParseErrors};

/// Reads an expression.
///
/// # Errors
/// When it is not CEL.
pub fn parse(source: &str) -> Result<IdedExpr, ParseErrors> {
    let quick = if is_plain(source) { PrattParser::new().parse(source).ok() } else { None };
    quick.map_or_else(|| Parser::new().parse(source), Ok)
}

/// With so many open brackets it may depend on the parser whether there are too many.
const BRACKETS_MAX: usize = 40;

/// Whether both parsers make the same of a text if they make anything of it. Of maps they number the parts differently, of `!!` and
/// `--` they keep more or less, and only one takes texts that go over the end of a line.
fn is_plain(source: &str) -> bool {
    let mut before = ' ';
    let mut brackets = 0;
    for c in source.chars().filter(|c| *c != ' ') {
        let sign = |c: char| matches!(c, '!' | '-');
        if c == '{' || c.is_control() || (sign(before) && sign(c)) || (before == '0' && c == 'X') {
            return false;
        }
        brackets += usize::from(matches!(c, '(' | '[' | '?'));
        before = c;
    }
    brackets <= BRACKETS_MAX
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{Rulebook, SignalSource, Vocabulary};

    /// What may stand in an expression, and what may not.
    const PIECES: &str = "&& || ! ( ) [ ] { } , . : ? - + * / % = == != < <= >= in has size a _x 1 1u 1U 1.5 .5 1. 1e3 1e400 0x1f 0X1F 0x \
        9223372036854775808 -9223372036854775808 'b' \"c\" r'\\d' R\"\\d\" b'x' '\\n' '\\z' '\\x41' '\\u00e4' '\\101' '''q''' \"\"\"q\"\"\" ' \" \
        true false null if for let package //c `d` @ # $ ; ä \u{a0} \u{2028} \\ object exists .exists(x,x) .all(x,true) .map(x,x) .map(x,x,x) \
        .filter(x,x) .exists_one(x,x) .exists(1,x) has(a) has(a.b) has(a[0]) T{a:1} {'a':1} [1,] f(1,) a.?b a[?0] a.in a.if a.b() .a \
        double(1) matches";

    /// The conditions of the shipped rules.
    fn sources() -> Vec<String> {
        let (book, _) = Rulebook::built_in(&Vocabulary::default());
        let objects =
            book.rules.iter().flat_map(|rule| &rule.signals).filter_map(|signal| match &signal.source {
                SignalSource::Objects(objects) => Some(objects),
                _ => None,
            });
        let of_objects = objects.flat_map(|of| of.filter.iter().chain(of.fields.values()).chain(&of.time));
        let all = book.rules.iter().map(|rule| &rule.when).chain(of_objects);
        let mut sources: Vec<String> = all.map(|condition| condition.source.clone()).collect();
        sources.sort();
        sources.dedup();
        sources
    }

    /// Says when the parsers differ on a text that is left to the quick one.
    fn check(source: &str) {
        if is_plain(source)
            && let Ok(quick) = PrattParser::new().parse(source)
        {
            assert_eq!(Some(quick), Parser::new().parse(source).ok(), "{source}");
        }
    }

    /// Words, numbers and signs.
    fn tokens(source: &str) -> Vec<String> {
        let mut tokens: Vec<String> = Vec::new();
        for c in source.chars() {
            match tokens.last_mut() {
                Some(last) if c.is_alphanumeric() && last.ends_with(char::is_alphanumeric) => last.push(c),
                _ => tokens.push(c.to_string()),
            }
        }
        tokens
    }

    #[test]
    fn the_quick_parser_reads_nothing_that_the_other_one_does_not_read_alike() {
        let (sources, pieces): (_, Vec<&str>) = (sources(), PIECES.split_ascii_whitespace().collect());
        let plain =
            sources.iter().filter(|source| is_plain(source) && PrattParser::new().parse(source).is_ok());
        assert!(plain.count() * 20 > sources.len() * 19, "most conditions are left to the slow parser");
        let mut state = 88_172_645_463_325_252_u64;
        let mut random = move |n: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % n as u64).unwrap()
        };
        for source in sources.iter().flat_map(|source| std::iter::repeat_n(source, ROUNDS)) {
            check(source);
            let mut tokens = tokens(source);
            for _ in 0..1 + random(3) {
                let (at, piece) = (random(tokens.len()), pieces[random(pieces.len())].to_owned());
                let other = tokens[random(tokens.len())].clone();
                match random(4) {
                    0 => tokens[at].clear(),
                    1 => tokens[at] = piece,
                    2 => tokens.insert(at, piece),
                    _ => tokens.insert(at, other),
                }
            }
            check(&tokens.concat());
        }
    }

    /// How often each condition is spoilt.
    const ROUNDS: usize = 3;

    #[test]
    fn long_and_deep_expressions_are_read_alike() {
        for times in [10, 39, 45, 90, 100, 300] {
            for (open, middle, close) in [
                ("(", "a", ")"),
                ("[", "a", "]"),
                ("f(", "a", ")"),
                ("a[", "0", "]"),
                ("a ? b : ", "c", ""),
                ("a || ", "b", ""),
                ("a && b || ", "c", ""),
                ("a + ", "b", ""),
                ("a.", "b", ""),
                ("a == ", "b", ""),
                ("!(", "a", ")"),
                ("", "a", ".b()"),
                ("a.exists(x, ", "x", ")"),
                ("(a || ", "b", ") && c"),
                ("a ? (", "b", ") : c"),
            ] {
                check(&[&open.repeat(times), middle, &close.repeat(times)].concat());
            }
        }
    }
}
