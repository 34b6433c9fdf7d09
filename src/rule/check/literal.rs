//! What to write for a match that holds no fixed text.

use std::ops::Range;

use crate::rule::atoms::ATOM_MIN;
use crate::rule::template::regex_of;

/// What to say of such a match.
pub struct Advice {
    /// The guilty bytes of its text, when it is not all of it.
    pub at: Option<Range<usize>>,
    /// What they do.
    pub label: String,
    /// What to write instead.
    pub help: String,
}

/// What is wrong with a match without a literal; `text` is what it searches, `None` for fields of a record.
pub fn advice(text: Option<&str>) -> Advice {
    let Some(text) = text else {
        return Advice {
            at: None,
            label: "each value can be anything".to_owned(),
            help: format!("compare one field with a text of at least {ATOM_MIN} bytes: the message is `msg`"),
        };
    };
    let Some(regex) = regex_of(text) else {
        return Advice {
            at: None,
            label: "what is not a hole is too short to look for".to_owned(),
            help: "copy more of the line: what stands before or behind the holes on every such line"
                .to_owned(),
        };
    };
    if let Some(at) = regex.find("(?i") {
        let end = regex.get(at..).and_then(|rest| rest.find(')')).map_or(regex.len(), |end| at + end + 1);
        return Advice {
            at: Some(at + 1..end + 1),
            label: "without upper and lower case there is no fixed text".to_owned(),
            help: "write the spellings that programs print as alternatives: `timeout` and `Timeout`"
                .to_owned(),
        };
    }
    if regex.contains('|') {
        return Advice {
            at: None,
            label: "one of its alternatives is too short to look for".to_owned(),
            help: "give each alternative more of its line, or write them as matches of their own".to_owned(),
        };
    }
    Advice {
        at: None,
        label: "what is no class and no repetition is too short to look for".to_owned(),
        help: "copy more of the line; a letter in `[ ]` or in front of `?` and `*` is not fixed, and `\"`, `\\`, `<`, `>`, `&` may be written otherwise by what wraps the line".to_owned(),
    }
}
