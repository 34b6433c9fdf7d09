//! From a message to a template: what varies becomes a typed hole, everything else stays as it is.
//!
//! Nobody can tell from one line what varies. What is written in digits, in quotes, or as an address most likely does; a
//! number that matters is put back by whoever knows better.

use crate::base::Time;
use crate::rule::template::{Extent, Template};

/// Bytes of a message that a template is made of; a longer one is cut at a word.
pub(super) const MESSAGE_MAX: usize = 400;

/// Names with a digit that are always written so, in part or whole.
const CONSTANTS: &[&str] = &[
    "x509", "rke1", "rke2", "ipv4", "ipv6", "ip4", "ip6", "utf8", "utf", "8", "sha1", "sha256", "md5",
    "base64", "http2", "h2", "s3", "l4", "l7", "oauth2", "etcd3", "clientv3", "v3rpc",
];

/// Words that say nothing of what comes behind them.
const STOP_WORDS: &[&str] = &[
    "a", "an", "and", "are", "as", "at", "after", "be", "been", "but", "by", "did", "do", "for", "from",
    "got", "had", "has", "have", "in", "into", "is", "it", "more", "no", "not", "of", "on", "only", "or",
    "than", "that", "the", "then", "to", "too", "was", "were", "will", "with", "within", "long", "over",
    "under", "exceeded", "err", "error",
];

/// The template that finds this message and others of its kind.
#[must_use]
pub fn template(message: &str) -> String {
    let message = cut(message);
    let mut holes = Holes::default();
    holes.read(message);
    // A template is no use that does not find the very message it was made of, or that nothing is left of but holes.
    let serves = Template::compile(&holes.out, Extent::Within)
        .is_ok_and(|template| template.is_match(message) && !template.required.is_empty());
    if serves {
        return holes.out;
    }
    // Between slashes it would be a regular expression.
    let is_regex = message.len() > 1 && message.starts_with('/') && message.ends_with('/');
    literal(message) + if is_regex { "{_:rest}" } else { "" }
}

/// The beginning of a text, up to the end of a word.
fn cut(text: &str) -> &str {
    if text.len() <= MESSAGE_MAX {
        return text;
    }
    let end = text.char_indices().map(|(at, _)| at).take_while(|at| *at <= MESSAGE_MAX).last().unwrap_or(0);
    let head = text.get(..end).unwrap_or(text);
    head.rsplit_once(' ').map_or(head, |(head, _)| head)
}

/// Text as it stands in a template.
fn literal(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

/// A template while it is made.
#[derive(Default)]
struct Holes {
    out: String,
    names: Vec<String>,
    /// The last plain word, which often names what comes behind it.
    before: String,
}

impl Holes {
    fn read(&mut self, message: &str) {
        let mut rest = message;
        while let Some(first) = rest.chars().next() {
            let taken = match first {
                '"' => self.quoted(rest),
                '\\' if rest.starts_with("\\\"") => self.quoted(rest),
                '[' => self.bracketed(rest),
                '\'' if !self.out.ends_with(|c: char| c.is_alphanumeric()) => self.single(rest),
                c if is_separator(c) => None,
                _ => Some(self.word(rest)),
            };
            let taken = taken.unwrap_or_else(|| {
                self.out.push_str(&literal(first.encode_utf8(&mut [0; 4])));
                first.len_utf8()
            });
            rest = rest.get(taken..).unwrap_or_default();
        }
    }

    /// Text in double quotes, which may be escaped themselves. A name varies; a sentence and the key of JSON do not.
    fn quoted(&mut self, rest: &str) -> Option<usize> {
        let any = Template::compile("{text:quoted}", Extent::Within).ok()?;
        let found = any.captures(rest).filter(|found| found.get(0).is_some_and(|all| all.start() == 0))?;
        let (all, inner) = (found.get(0)?, found.name("text")?);
        let is_key = rest.get(all.end()..)?.starts_with(":\"");
        if inner.is_empty() || is_key {
            self.out.push_str(&literal(all.as_str()));
        } else if inner.as_str().matches(' ').count() >= 2 {
            self.out.push_str(rest.get(..inner.start())?);
            self.read(inner.as_str());
            self.out.push_str(rest.get(inner.end()..all.end())?);
        } else {
            self.hole("quoted", "name");
        }
        Some(all.end())
    }

    /// An IPv6 address with its port.
    fn bracketed(&mut self, rest: &str) -> Option<usize> {
        let word = rest.split(char::is_whitespace).next()?.trim_end_matches([',', ';', ':', '.', ')']);
        fits("addr", word).then(|| {
            self.hole("addr", "address");
            word.len()
        })
    }

    /// Text in single quotes.
    fn single(&mut self, rest: &str) -> Option<usize> {
        let inner = rest.get(1..)?;
        let end = inner.find('\'').filter(|end| *end > 0)?;
        self.out.push('\'');
        let plain = inner.get(..end)?.contains(char::is_whitespace);
        self.hole(if plain { "text" } else { "" }, "name");
        self.out.push('\'');
        Some(end + 2)
    }

    /// A word up to a separator; addresses and URLs hold what is a separator elsewhere.
    fn word(&mut self, rest: &str) -> usize {
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'')).unwrap_or(rest.len());
        let whole = rest.get(..end).unwrap_or(rest);
        let body = whole.trim_end_matches([',', ';', ':', '.', ')', ']', '}', '>']);
        if body.contains("://") {
            self.hole("", "url");
            return body.len();
        }
        let end = whole.find(is_separator).filter(|at| *at > 0).unwrap_or(body.len());
        let word = body.get(..end.min(body.len())).unwrap_or(body);
        let word = word.trim_end_matches([':', '.']);
        if word.is_empty() {
            // Only marks: one of them, and on.
            let first = rest.chars().next().unwrap_or(' ');
            self.out.push_str(&literal(first.encode_utf8(&mut [0; 4])));
            return first.len_utf8();
        }
        match kind_of(word) {
            Some((kind, name)) => self.hole(kind, name),
            None => {
                self.out.push_str(&literal(word));
                self.before = word.to_ascii_lowercase();
            }
        }
        word.len()
    }

    /// Puts a hole, named after the word before it, else by what it holds.
    fn hole(&mut self, kind: &str, name: &str) {
        let before = std::mem::take(&mut self.before).replace(['-', '/', '.'], "_");
        let names = |word: &str| {
            word.len() > 1
                && word.starts_with(|c: char| c.is_ascii_lowercase())
                && word.chars().all(|c| c.is_ascii_lowercase() || c == '_')
                && !STOP_WORDS.contains(&word)
        };
        let mut name = if names(&before) && before.len() <= 20 { before } else { name.to_owned() };
        // These two are fields of every hit.
        if name == crate::rule::NODE || name == crate::rule::TAG {
            name.push_str("_name");
        }
        let base = name.clone();
        let mut n = 2;
        while self.names.contains(&name) {
            name = format!("{base}{n}");
            n += 1;
        }
        self.out.push_str(&if kind.is_empty() {
            format!("{{{name}}}")
        } else {
            format!("{{{name}:{kind}}}")
        });
        self.names.push(name);
    }
}

fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | ',' | ';' | '=' | '|' | '"' | '\'')
}

/// The type of hole for a word and a name for it; `None` for a word that probably never varies.
fn kind_of(word: &str) -> Option<(&'static str, &'static str)> {
    if !word.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if Time::parse(word).is_some() || is_clock(word) {
        return Some(("", "time"));
    }
    for (kind, name) in
        [("int", "number"), ("float", "value"), ("duration", "duration"), ("ip", "ip"), ("addr", "address")]
    {
        if fits(kind, word) {
            return Some((kind, name));
        }
    }
    let digits = word.trim_start_matches("0x");
    if digits.len() >= 6 && fits("hex", word) {
        return Some(("hex", "id"));
    }
    let varies = |part: &str| part.contains(|c: char| c.is_ascii_digit()) && !is_constant(part);
    word.split(['/', '.', '-', ':', '_', '@'])
        .any(varies)
        .then_some(("", if word.contains('/') { "path" } else { "name" }))
}

/// Whether a hole of this type takes the whole word.
fn fits(kind: &str, word: &str) -> bool {
    Template::compile(&format!("{{x:{kind}}}"), Extent::Whole).is_ok_and(|template| template.is_match(word))
}

/// `03:11:12.437435`, `2026-11-22`, `2026/11/22`.
fn is_clock(word: &str) -> bool {
    let parts: Vec<&str> = word.split([':', '-', '/', '.', ',']).collect();
    let numbers = parts.iter().all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()));
    let date = word.len() == 10 && parts.len() == 3 && (word.contains('-') || word.contains('/'));
    let clock = word.matches(':').count() == 2 && parts.iter().take(3).all(|part| part.len() == 2);
    numbers && (date || clock)
}

fn is_constant(part: &str) -> bool {
    let lower = part.to_ascii_lowercase();
    // `v1`, `v1beta1`: versions of APIs.
    let version = lower.strip_prefix('v').is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit())
            && rest.replace("alpha", "").replace("beta", "").chars().all(|c| c.is_ascii_digit())
    });
    // `k8s`, `i18n`, `e2e`: a word of which the middle is counted.
    let middle = lower
        .strip_prefix(|c: char| c.is_ascii_lowercase())
        .and_then(|rest| rest.strip_suffix(|c: char| c.is_ascii_lowercase()));
    let counted =
        middle.is_some_and(|middle| !middle.is_empty() && middle.chars().all(|c| c.is_ascii_digit()));
    version || counted || CONSTANTS.contains(&lower.as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_varies_becomes_a_typed_hole() {
        for (message, expected) in [
            (
                "rafthttp: request cluster ID mismatch (got 73c4f4af6603f71e want a688f964158beada)",
                "rafthttp: request cluster ID mismatch (got {id:hex} want {want:hex})",
            ),
            ("lost leader 8b086ca8f74233be at term 4", "lost leader {leader:hex} at term {term:int}"),
            (
                "apply request took too long (123.940884ms) to execute",
                "apply request took too long ({duration:duration}) to execute",
            ),
            (
                "rejected connection from \"192.168.77.12:34616\" (error \"EOF\")",
                "rejected connection from {name:quoted} (error {name2:quoted})",
            ),
            (
                "failed calling webhook \"rancher.cattle.io\": Post \"https://x.svc:443/v1?timeout=10s\": dial tcp 10.43.0.1:443: connect: connection refused",
                "failed calling webhook {webhook:quoted}: Post {post:quoted}: dial tcp {tcp:addr}: connect: connection refused",
            ),
            (
                "x509: certificate signed by unknown authority",
                "x509: certificate signed by unknown authority",
            ),
            (
                "certificate has expired: current time 2026-11-22T03:11:12Z is after 2026-10-01T00:00:00Z",
                "certificate has expired: current time {time} is after {time2}",
            ),
            ("node k8s-etcd03 is not ready since 03:11:12", "node {node_name} is not ready since {since}"),
            ("the 'foo bar' of pod 'a-1'", "the '{name:text}' of pod '{pod}'"),
            ("dial [fe80::1]:2380: no", "dial {dial:addr}: no"),
            ("get https://10.0.0.1:6443/api, failed", "get {get}, failed"),
            (
                "code=503 retries=4 {\"a\": 1}",
                "code={code:int} retries={retries:int} {{{name:quoted}: {number:int}}}",
            ),
            ("kind apps/v1 in batch/v1beta1 of rke2-server", "kind apps/v1 in batch/v1beta1 of rke2-server"),
            ("lease.k8s.io of k3s-agent", "lease.k8s.io of k3s-agent"),
            ("it's 7 of don't 8", "it's {number:int} of don't {number2:int}"),
            ("...", "..."),
            (
                r#""level":"warn","msg":"the disk of node-7 is slow""#,
                r#""level":{name:quoted},"msg":"the disk of {name2} is slow""#,
            ),
            ("\"a\" 7", "\"a\" 7"),
            ("", ""),
        ] {
            assert_eq!(template(message), expected, "{message}");
        }
    }

    #[test]
    fn a_long_message_is_cut_at_a_word() {
        let long = format!("panic in {}", "some words ".repeat(100));
        let template = template(&long);
        assert!(template.len() <= MESSAGE_MAX && template.ends_with(" words some"), "{template}");
    }

    proptest! {
        #[test]
        fn a_template_always_finds_its_message(
            words in prop::collection::vec("[a-z]{1,6}|[0-9]{1,4}(ms|s)?|[0-9.:]{3,12}|[\"'\\\\(){}\\[\\]/=,:|<>]{1,3}|\\PC{1,4}|[0-9a-f]{8}", 0..12),
        ) {
            let message = words.join(" ");
            let template = Template::compile(&template(&message), Extent::Within);
            prop_assert!(template.is_ok_and(|t| t.is_match(&message)), "{}", message);
        }
    }
}
