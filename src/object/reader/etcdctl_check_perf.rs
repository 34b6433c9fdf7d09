//! `etcdctl check perf` → `EtcdPerf`: what a short load test said of a cluster.
//!
//! The progress bar is one line whose states are parted by carriage returns; the verdicts follow (etcdctl `check.go`). A good value
//! is said with `PASS: Throughput is …`, a bad one in other words: `FAIL: Throughput too low: …`, `Slowest request took too long: …`.

use super::etcd;
use crate::object::derived::{Derived, Expected};
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, lines};
use crate::object::{Document, Reader, Reading};

/// A load test, named by its file.
pub const PERF: Derived = Derived {
    kind: "EtcdPerf",
    what: "a short load test of etcd, named by its file",
    expected: Expected::Never,
    bulk: false,
    fields: &[
        ("verdict", "`pass` or `fail`, as the test says; absent if it did not end"),
        ("throughput", "writes per second"),
        ("slowestSeconds", "seconds of the slowest request"),
        ("stddevSeconds", "seconds"),
    ],
};

const KIND: &str = PERF.kind;

/// Reads `etcdctl check perf`.
pub const READER: Reader = Reader { name: "etcdctl-check-perf", derives: &[&PERF], sniff, read };

/// How a value is said, the field, and the unit after the number.
const SAID: &[(&str, &str, &str)] = &[
    ("Throughput is ", "throughput", " writes/s"),
    ("Throughput too low: ", "throughput", " writes/s"),
    ("Slowest request took too long: ", "slowestSeconds", "s"),
    ("Slowest request took ", "slowestSeconds", "s"),
    ("Stddev is ", "stddevSeconds", "s"),
    ("Stddev too high: ", "stddevSeconds", "s"),
];

fn sniff(path: &str, head: &[u8]) -> bool {
    // The test always takes 60 seconds; other tools draw bars too.
    let is_bar = |text: &str| text.trim_start().starts_with("0 / 60 ") && text.contains('%');
    etcd::names(path, "checkperf")
        || lines(head).take(3).any(|line| is_bar(&line.text) || value(&line.text).is_some())
}

/// The field and the number that a line says.
fn value(text: &str) -> Option<(&'static str, f64)> {
    let text = after_bar(text);
    let text = ["PASS: ", "FAIL: "].iter().find_map(|start| text.strip_prefix(start)).unwrap_or(text);
    SAID.iter().find_map(|(start, field, unit)| {
        let number = text.strip_prefix(start)?.strip_suffix(unit)?;
        Some((*field, number.parse().ok()?))
    })
}

/// What a terminal would show of a line: the text after the last carriage return.
fn after_bar(text: &str) -> &str {
    text.trim_end().rsplit('\r').next().unwrap_or_default().trim()
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    etcd::fail_on_errors(&mut gather);
    let mut draft: Option<Draft<'_>> = None;
    for line in lines(document.bytes) {
        let verdict = match after_bar(&line.text) {
            "PASS" => Some("pass"),
            "FAIL" => Some("fail"),
            _ => None,
        };
        let value = value(&line.text);
        if verdict.is_none() && value.is_none() {
            continue;
        }
        // The bar before the first value may be long; only what is shown is quoted.
        let line = Line { text: after_bar(&line.text).to_owned().into(), ..line };
        let draft = draft.get_or_insert_with(|| Draft::new(document, KIND, document.path, &line));
        if let Some((field, number)) = value {
            draft.set(field, number, &line);
        }
        if let Some(verdict) = verdict {
            draft.set("verdict", verdict, &line);
        }
    }
    if let Some(draft) = draft {
        gather.add(draft);
    }
    gather.finish()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::etcd::tests::{named, read};
    use super::*;

    #[test]
    fn verdicts_and_values_are_read_in_either_wording() {
        for (text, expected) in [
            (
                " 0 / 60    0.00%\r 60 / 60  100.00% 1m0s\nPASS: Throughput is 150 writes/s\nPASS: Slowest request took 0.165899s\n\
                 PASS: Stddev is 0.006531s\nPASS\n",
                json!({"throughput": 150.0, "slowestSeconds": 0.165_899, "stddevSeconds": 0.006_531, "verdict": "pass"}),
            ),
            (
                "FAIL: Throughput too low: 91 writes/s\nSlowest request took too long: 1.200000s\nStddev too high: 0.200000s\nFAIL\n",
                json!({"throughput": 91.0, "slowestSeconds": 1.2, "stddevSeconds": 0.2, "verdict": "fail"}),
            ),
        ] {
            let reading = read(&READER, &[KIND], "perf.txt", text);
            assert_eq!(
                reading.objects.iter().map(named).collect::<Vec<_>>(),
                [("perf.txt", &expected)],
                "{text}"
            );
        }
    }

    #[test]
    fn a_test_that_did_not_end_says_nothing() {
        let text = " 0 / 60    0.00%\r 9 / 60 15.00%\nError: context deadline exceeded\n";
        let reading = read(&READER, &[KIND], "x", text);
        assert!(reading.objects.is_empty() && reading.failed.is_some());
        assert!(!sniff("test.log", b"PASS\n") && !sniff("x", b"PASS: TestA took 3s\n"));
    }
}
