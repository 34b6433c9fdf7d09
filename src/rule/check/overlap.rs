//! Whether one match finds every record that another one finds. It says so only where that is certain.

use std::collections::BTreeMap;

use crate::rule::template::{Part, parts, regex_of};

/// What recognises a record.
#[derive(Debug, PartialEq, Eq)]
pub enum Sketch<'r> {
    /// A text anywhere in it.
    Text {
        /// As the author wrote it.
        written: &'r str,
        /// As it is searched.
        regex: &'r str,
    },
    /// Fields, each with the expression for its value.
    Fields(BTreeMap<&'r str, &'r str>),
}

/// Whether `wide` is found in every record in which `narrow` is.
pub fn covers(wide: &Sketch<'_>, narrow: &Sketch<'_>) -> bool {
    match (wide, narrow) {
        (Sketch::Text { written: a, regex: x }, Sketch::Text { written: b, regex: y }) => {
            if unnamed(x) == unnamed(y) {
                return true;
            }
            regex_of(a).is_none() && regex_of(b).is_none() && within(&parts(a), &parts(b))
        }
        (Sketch::Fields(wide), Sketch::Fields(narrow)) => {
            wide.iter().all(|(name, x)| narrow.get(name).is_some_and(|y| unnamed(x) == unnamed(y)))
        }
        _ => false,
    }
}

/// A regular expression whose groups have lost their names.
fn unnamed(regex: &str) -> String {
    let mut out = String::with_capacity(regex.len());
    let mut rest = regex;
    while let Some(at) = rest.find("(?") {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        let named = tail.strip_prefix("(?P<").or_else(|| tail.strip_prefix("(?<"));
        match named.and_then(|tail| tail.split_once('>')) {
            Some((_, after)) => {
                out.push_str("(?:");
                rest = after;
            }
            None => {
                out.push_str("(?");
                rest = tail.get(2..).unwrap_or_default();
            }
        }
    }
    out + rest
}

/// Whether the parts of a template stand in a row among those of another one.
fn within(wide: &[Part], narrow: &[Part]) -> bool {
    // A hole at either end takes one more character, which may not be there.
    let framed = matches!((wide.first(), wide.last()), (Some(Part::Literal(_)), Some(Part::Literal(_))));
    framed && (0..narrow.len()).any(|start| narrow.get(start..).is_some_and(|rest| begins(wide, rest)))
}

/// Whether a template stands at these parts: its first literal ends there as the part does, its last one begins so.
fn begins(wide: &[Part], narrow: &[Part]) -> bool {
    if let ([Part::Literal(only)], Some(Part::Literal(text))) = (wide, narrow.first()) {
        return text.contains(only.as_str());
    }
    let last = wide.len() - 1;
    narrow.len() >= wide.len()
        && wide.iter().zip(narrow).enumerate().all(|(index, pair)| match pair {
            (Part::Literal(a), Part::Literal(b)) if index == 0 => b.ends_with(a.as_str()),
            (Part::Literal(a), Part::Literal(b)) if index == last => b.starts_with(a.as_str()),
            (Part::Literal(a), Part::Literal(b)) => a == b,
            (Part::Hole(a), Part::Hole(b)) => takes(a, b),
            _ => false,
        })
}

/// Whether a hole of one type takes everything that one of another type does.
fn takes(wide: &str, narrow: &str) -> bool {
    const WORDS: &[&str] = &["", "int", "float", "hex", "duration", "ip", "addr"];
    match wide {
        // Nothing at all is no text.
        "text" => narrow == "text" || WORDS.contains(&narrow),
        "rest" => true,
        "" => WORDS.contains(&narrow),
        "float" | "hex" if narrow == "int" => wide == "float",
        _ => wide == narrow,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::template::{Extent, Template};

    fn check(wide: &str, narrow: &str, expect: bool) {
        let regex = |text: &str| Template::compile(text, Extent::Within).unwrap().pattern;
        let (x, y) = (regex(wide), regex(narrow));
        let wide_sketch = Sketch::Text { written: wide, regex: &x };
        let narrow_sketch = Sketch::Text { written: narrow, regex: &y };
        assert_eq!(covers(&wide_sketch, &narrow_sketch), expect, "{wide} / {narrow}");
    }

    #[test]
    fn a_part_of_a_text_is_found_wherever_the_text_is() {
        check("lost leader", "raft: lost leader {id}", true);
        check("leader {id:hex} at", "lost leader {x:hex} at term {n:int}", true);
        check("leader {id} at", "lost leader {x:hex} at term", true);
        check("leader {id:hex} at", "lost leader {x} at term", false);
        check("lost leader at", "lost leader {x} at", false);
        check("lost leader {x}", "lost leader {x}", true);
        check("lost leader {x}", "lost leader ", false);
        check("/lost (?<a>x|y) z/", "/lost (?<b>x|y) z/", true);
        check("/lost/", "lost leader", false);
    }
}
