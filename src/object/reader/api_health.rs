//! The API server's `/readyz?verbose`, `/livez?verbose` and `/healthz?verbose` → `ApiHealth`.
//!
//! Source: k8s.io/apiserver `pkg/server/healthz/healthz.go`: `[+]ping ok`, `[-]etcd failed: reason withheld`, then `readyz check passed`
//! or `readyz check failed`. When a check fails, kubectl prints the whole answer in quotes behind `Error from server`.

use crate::object::derived::{Derived, Expected};
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, lines};
use crate::object::{Document, Reader, Reading, preamble};

/// One check, and the sum of them.
pub const HEALTH: Derived = Derived {
    kind: "ApiHealth",
    what: "a check that the API server makes of itself, named by the check; their sum is named by the endpoint",
    expected: Expected::Never,
    bulk: false,
    fields: &[
        ("endpoint", "`readyz`, `livez` or `healthz`; absent if the text ends early"),
        ("check", "`etcd`, `poststarthook/…`; the endpoint for the sum"),
        ("ok", "whether it passed"),
        ("reason", "what is said of a check that did not"),
    ],
};

const KIND: &str = HEALTH.kind;

/// Reads the verbose answers of the API server's health endpoints; etcd 3.5.11 and later answers alike.
pub const READER: Reader = Reader { name: "api-health", derives: &[&HEALTH], sniff, read };

/// Behind this the answer stands in Go's quotes.
const QUOTED: &str = "an error on the server (\"";

fn sniff(_path: &str, head: &[u8]) -> bool {
    let first = lines(head).find(|line| !line.text.trim().is_empty() && !preamble::is_noise(&line.text));
    first.is_some_and(|line| parts(&line.text).iter().any(|text| check(text).is_some()))
}

/// The lines of the answer in one line of the file.
fn parts(text: &str) -> Vec<&str> {
    match text.split_once(QUOTED) {
        Some((_, quoted)) => {
            quoted.split("\") has prevented").next().unwrap_or_default().split("\\n").collect()
        }
        None => vec![text.trim_end()],
    }
}

/// Check, whether it passed, and what is said of it.
fn check(text: &str) -> Option<(&str, bool, &str)> {
    let (ok, rest) = match text.strip_prefix("[+]") {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix("[-]")?),
    };
    let (name, said) = rest.split_once(' ')?;
    let is_said = ["ok", "failed", "excluded"].iter().any(|word| said.starts_with(word));
    (!name.is_empty() && is_said).then(|| (name, ok, said.split_once(": ").map_or("", |(_, reason)| reason)))
}

/// `readyz check passed`.
fn sum(text: &str) -> Option<(&str, bool)> {
    let (endpoint, verdict) = text.trim().split_once(" check ")?;
    let known = matches!(endpoint, "readyz" | "livez" | "healthz");
    match verdict {
        "passed" if known => Some((endpoint, true)),
        "failed" if known => Some((endpoint, false)),
        _ => None,
    }
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let mut found: Vec<(String, bool, String, Line<'_>)> = Vec::new();
    let mut total: Option<(String, bool, Line<'_>)> = None;
    for line in lines(document.bytes) {
        let all = parts(&line.text);
        let is_answer = all.len() > 1 || check(&line.text).is_some();
        if preamble::is_error(&line.text) && !is_answer {
            gather.fail(&line);
        }
        for text in all {
            if let Some((name, ok, reason)) = check(text).filter(|_| found.len() < 10_000) {
                found.push((name.to_owned(), ok, reason.to_owned(), line.clone()));
            } else if let Some((endpoint, ok)) = sum(text) {
                total = Some((endpoint.to_owned(), ok, line.clone()));
            }
        }
    }
    let endpoint = total.as_ref().map(|(endpoint, ..)| endpoint.clone());
    if endpoint.is_some() {
        gather.list(KIND, true);
    }
    let sum = total.map(|(endpoint, ok, line)| (endpoint, ok, String::new(), line));
    for (name, ok, reason, line) in found.into_iter().chain(sum) {
        let mut draft = Draft::new(document, KIND, name.clone(), &line);
        if let Some(endpoint) = &endpoint {
            draft.put("endpoint", endpoint.as_str());
        }
        draft.put("check", name);
        draft.put("ok", ok);
        if !ok && !reason.is_empty() {
            draft.put("reason", reason);
        }
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
    fn checks_are_read_plain_and_quoted() {
        let expected = [
            ("ping", json!({"endpoint": "readyz", "check": "ping", "ok": true})),
            (
                "etcd",
                json!({"endpoint": "readyz", "check": "etcd", "ok": false, "reason": "reason withheld"}),
            ),
            ("readyz", json!({"endpoint": "readyz", "check": "readyz", "ok": false})),
        ];
        for text in [
            "[+]ping ok\r\n[-]etcd failed: reason withheld\r\nreadyz check failed\r\n",
            "Error from server (InternalError): an error on the server (\"[+]ping ok\\n[-]etcd failed: reason withheld\\nreadyz check failed\") has \
             prevented the request from succeeding\n",
        ] {
            let reading = read(&READER, &[KIND], "x", text);
            let found: Vec<_> = reading.objects.iter().map(named).collect();
            assert_eq!(
                found,
                expected.iter().map(|(name, fields)| (*name, fields)).collect::<Vec<_>>(),
                "{text}"
            );
            assert!(reading.lists[0].complete && reading.failed.is_none());
        }
    }

    #[test]
    fn without_the_sum_the_list_is_not_complete() {
        let reading = read(&READER, &[KIND], "x", "[+]ping ok\n[+]lo");
        assert_eq!(reading.objects.len(), 1);
        assert!(reading.lists.is_empty());
        assert!(!sniff("x", b"[+] Running 3/3\n") && !sniff("x", b"[-]\n"));
    }
}
