//! The form that etcdctl writes with `-w fields`: `"Key" : value` lines, records between blank lines.
//!
//! Source: etcdctl `ctlv3/command/printer_fields.go`. Ids are decimal. The header of the answer (`ClusterID`, `MemberID`, `Revision`,
//! `RaftTerm`) stands before the first record without a blank line between, so that a key may occur twice in one record.

use crate::object::line::{Line, lines};

/// One record: its keys and values in their order, each with its line.
pub struct Record<'a> {
    pairs: Vec<(String, String, Line<'a>)>,
}

impl<'a> Record<'a> {
    /// The first value of a key, without its quotes.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.pairs.iter().find(|(name, ..)| name == key).map(|(_, value, _)| value.as_str())
    }

    /// The last value of a key: the record's own where the header has the same key.
    pub fn own(&self, key: &str) -> Option<&str> {
        self.pairs.iter().rfind(|(name, ..)| name == key).map(|(_, value, _)| value.as_str())
    }

    /// All values of a key.
    pub fn all(&self, key: &str) -> Vec<&str> {
        self.pairs.iter().filter(|(name, ..)| name == key).map(|(_, value, _)| value.as_str()).collect()
    }

    /// A whole number.
    pub fn number(&self, key: &str) -> Option<u64> {
        self.own(key)?.parse().ok()
    }

    /// The line of a key, else the record's first.
    pub fn line(&self, key: &str) -> Option<&Line<'a>> {
        let of_key = self.pairs.iter().find(|(name, ..)| name == key);
        of_key.or(self.pairs.first()).map(|(.., line)| line)
    }
}

/// All records of a document that have this key.
pub fn records<'a>(bytes: &'a [u8], key: &str) -> Vec<Record<'a>> {
    /// More records than this did not come from etcdctl.
    const MOST: usize = 1000;
    /// A member has a few addresses, and no record has more keys than this.
    const PAIRS: usize = 200;
    let mut records: Vec<Record<'a>> = Vec::new();
    let mut is_open = false;
    for line in lines(bytes) {
        let Some((name, value)) = pair(&line.text) else {
            is_open &= !line.text.trim().is_empty();
            continue;
        };
        let (name, value) = (name.to_owned(), value.to_owned());
        if !is_open {
            if records.len() == MOST {
                break;
            }
            records.push(Record { pairs: Vec::new() });
        }
        is_open = true;
        if let Some(record) = records.last_mut().filter(|record| record.pairs.len() < PAIRS) {
            record.pairs.push((name, value, line));
        }
    }
    records.retain(|record| record.get(key).is_some());
    records
}

/// Whether a file's head has a line with this key.
pub fn shows(head: &[u8], key: &str) -> bool {
    lines(head).any(|line| pair(&line.text).is_some_and(|(name, _)| name == key))
}

/// `"Key" : value`; Go quotes text and leaves numbers, claims and durations bare.
fn pair(text: &str) -> Option<(&str, &str)> {
    let (key, value) = text.trim_end().strip_prefix('"')?.split_once("\" :")?;
    let is_key = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric());
    let value = value.trim();
    let inner = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    is_key.then(|| (key, inner.unwrap_or(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_end_at_blank_lines() {
        let text = "{\"level\":\"warn\"}\n\"MemberID\" : 1\n\"Name\" : \"a\"\n\"MemberID\" : 2\n\n\"Name\" : \"\"\n\"Error\" : \n\nError: x\n";
        let found = records(text.as_bytes(), "Name");
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].get("MemberID"), found[0].own("MemberID")), (Some("1"), Some("2")));
        assert_eq!((found[1].get("Name"), found[1].get("Error")), (Some(""), Some("")));
        assert_eq!(found[1].line("Error").map(|line| line.number), Some(6));
        assert!(shows(text.as_bytes(), "Error") && !shows(b"\"a\": 1\n{\"Error\" : 1}\n", "Error"));
    }
}
