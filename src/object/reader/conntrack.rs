//! `conntrack -S` → `HostConntrack`: the counters of all processors together.
//!
//! conntrack-tools `conntrack.c`: one line for each processor, `cpu=0 found=0 invalid=12 insert_failed=3 drop=3 …`; which counters
//! there are differs between kernels.

use std::collections::BTreeMap;

use super::Reader;
use super::host::{Places, begins, conclude, only};
use crate::object::derived::{Derived, Expected};
use crate::object::gather::Gather;
use crate::object::line::lines;
use crate::object::{Document, Reading};

/// What the connection tracker has counted.
pub const CONNTRACK: Derived = Derived {
    kind: "HostConntrack",
    what: "what a machine's connection tracker has counted since its start, named by its file",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[
        ("invalid", "packets that fit no connection"),
        ("insertFailed", "connections that could not be entered"),
        ("drop", "packets dropped, for want of memory or because the table was full"),
        ("earlyDrop", "connections thrown out to make room"),
        ("error", "packets"),
        ("searchRestart", "searches that had to begin again"),
    ],
};

/// The counters that are kept: conntrack's name and ours.
const COUNTERS: [(&str, &str); 6] = [
    ("invalid", "invalid"),
    ("insert_failed", "insertFailed"),
    ("drop", "drop"),
    ("early_drop", "earlyDrop"),
    ("error", "error"),
    ("search_restart", "searchRestart"),
];

/// The reader.
pub const READER: Reader = Reader { name: "conntrack", derives: &[&CONNTRACK], sniff, read };

const PLACES: Places = Places { files: &["systeminfo/conntrack"], commands: &[] };

fn sniff(path: &str, head: &[u8]) -> bool {
    PLACES.hold(path) || begins(head, |text| counters(text).is_some())
}

/// The counters of one processor.
fn counters(text: &str) -> Option<impl Iterator<Item = (&str, u64)>> {
    let mut words = text.split_whitespace();
    let cpu = words.next()?.strip_prefix("cpu=")?;
    cpu.parse::<u32>().ok()?;
    text.contains("insert_failed=").then(|| {
        words.filter_map(|word| {
            let (name, count) = word.split_once('=')?;
            Some((name, count.parse().ok()?))
        })
    })
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    let mut first = None;
    for line in lines(document.bytes) {
        let Some(counters) = counters(&line.text) else { continue };
        for (name, count) in counters {
            if let Some((_, path)) = COUNTERS.iter().find(|(known, _)| *known == name) {
                let sum = sums.entry(path).or_default();
                *sum = sum.saturating_add(count);
            }
        }
        first.get_or_insert_with(|| line.clone());
    }
    let mut shown: &[&str] = &[];
    if let Some(line) = first {
        let mut draft = only(document, CONNTRACK.kind, &line);
        sums.iter().for_each(|(path, sum)| draft.put(path, *sum));
        draft.know_only(sums.keys().copied());
        gather.add(draft);
        shown = &[CONNTRACK.kind];
    }
    conclude(gather, shown, "counters of conntrack")
}

#[cfg(test)]
mod tests {
    use super::super::host::tests::{check, check_foreign};
    use super::*;

    #[test]
    fn processors_are_added_up() {
        let text = "cpu=0   \tfound=0 invalid=12 insert=0 insert_failed=3 drop=3 early_drop=0 error=0 search_restart=7\ncpu=1   \tfound=1 invalid=1 insert=0 insert_failed=4 drop=0 early_drop=2 error=0 search_restart=0\n";
        check(
            &READER,
            "pasted",
            text,
            &[
                r#"HostConntrack - {"drop":3,"earlyDrop":2,"error":0,"insertFailed":7,"invalid":13,"searchRestart":7} of drop,earlyDrop,error,insertFailed,invalid,searchRestart"#,
                "lists HostConntrack",
            ],
        );
    }

    #[test]
    fn nothing_is_no_counter() {
        let path = "n/systeminfo/conntrack";
        check(&READER, path, "", &[]);
        check(&READER, path, "sh: conntrack: not found\n", &["failed: sh: conntrack: not found"]);
        check_foreign(&READER, &["cpu=0 idle=3\n", "cpu=all insert_failed=1\n"]);
    }
}
