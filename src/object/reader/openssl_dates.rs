//! `openssl x509 -dates` (`-startdate`, `-enddate`, with `-subject`, `-issuer`, `-serial`): lines of `key=value`
//! (openssl `apps/x509.c`). A loop over files has the file's name on a line before.

use std::collections::BTreeSet;

use super::certificate::{CERTIFICATE, Origin, file_name, serial};
use super::openssl_text::set_name;
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, lines};
use crate::object::{Document, Reader, Reading, moment, preamble};

/// The reader.
pub const READER: Reader = Reader { name: "openssl-x509-dates", derives: &[&CERTIFICATE], sniff, read };

const KEYS: [&str; 5] = ["notBefore", "notAfter", "subject", "issuer", "serial"];

/// More certificates than this are not of one machine.
const CERTIFICATES: usize = 5000;

fn sniff(_path: &str, head: &[u8]) -> bool {
    let content = || lines(head).map(|line| line.text).filter(|text| !text.trim().is_empty()).take(12);
    let is_date = |text: &str| {
        let date = entry(text).filter(|(key, _)| key.starts_with("not")).map(|(_, date)| date);
        date.is_some_and(|date| moment::openssl_date(date).is_some())
    };
    // Fingerprints are `key=value` too; a log that quotes a date has other lines.
    let is_ours =
        |text: &str| text.contains('=') || name_line(text).is_some() || preamble::is_error(text.trim());
    content().any(|text| is_date(&text)) && content().all(|text| is_ours(&text))
}

/// `key=value`, with one of the keys.
fn entry(text: &str) -> Option<(&'static str, &str)> {
    let (key, value) = text.trim().split_once('=')?;
    KEYS.into_iter().find(|known| *known == key).map(|key| (key, value.trim()))
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let mut block: Vec<(&'static str, String, Line<'_>)> = Vec::new();
    let mut file: Option<String> = None;
    let mut names = BTreeSet::new();
    for line in lines(document.bytes) {
        let Some((key, value)) = entry(&line.text) else {
            if let Some(name) = name_line(&line.text) {
                finish(&mut gather, &mut block, file.as_deref(), &mut names);
                file = Some(name.to_owned());
            } else if preamble::is_error(line.text.trim()) {
                gather.fail(&line);
            }
            continue;
        };
        if block.iter().any(|(known, ..)| *known == key) {
            finish(&mut gather, &mut block, file.as_deref(), &mut names);
            file = None;
        }
        block.push((key, value.to_owned(), line));
    }
    finish(&mut gather, &mut block, file.as_deref(), &mut names);
    gather.finish()
}

/// A line that names a file: `/etc/x.crt:`, `==> x.pem <==`, `--- x.crt`.
fn name_line(text: &str) -> Option<&str> {
    const ENDS: [&str; 4] = [".crt", ".pem", ".cer", ".cert"];
    let name = text.trim_matches(|c: char| c.is_whitespace() || "=-#<>:*'\"".contains(c));
    let name = name.rsplit(' ').next()?;
    ENDS.iter().any(|end| name.ends_with(end)).then_some(name)
}

/// Makes a certificate of the lines so far.
fn finish(
    gather: &mut Gather<'_, '_>,
    block: &mut Vec<(&'static str, String, Line<'_>)>,
    file: Option<&str>,
    names: &mut BTreeSet<String>,
) {
    let block = std::mem::take(block);
    let document = gather.document;
    let Some((_, _, first)) = block.first().filter(|_| names.len() < CERTIFICATES) else { return };
    let origin = Origin { source: "file", owner: file_name(file.unwrap_or(document.path)) };
    let position = (0..=names.len()).find(|n| !names.contains(&origin.name(*n))).unwrap_or(names.len());
    names.insert(origin.name(position));
    let mut draft = Draft::new(document, CERTIFICATE.kind, origin.name(position), first);
    let mut known = vec!["position", "source", "owner"];
    for (key, value, line) in &block {
        match *key {
            "subject" => set_name(&mut draft, line, ("subject", "commonName"), value),
            "issuer" => set_name(&mut draft, line, ("issuer", "issuerCommonName"), value),
            "serial" => draft.set("serial", serial(&value.to_ascii_lowercase()), line),
            date => match moment::openssl_date(value) {
                Some(value) => draft.set(date, value, line),
                None => {
                    super::unreadable(gather, line, "date of a certificate");
                    continue;
                }
            },
        }
        known.push(key);
        known.extend(match *key {
            "subject" => Some("commonName"),
            "issuer" => Some("issuerCommonName"),
            _ => None,
        });
    }
    if known.len() == 3 {
        return;
    }
    origin.put(&mut draft, position);
    draft.know_only(known);
    gather.list(CERTIFICATE.kind, false);
    gather.add(draft);
}

#[cfg(test)]
mod tests {
    use super::super::etcd::tests::read;
    use super::*;

    #[test]
    fn a_loop_over_files_gives_each_its_dates() {
        let text = "/etc/ssl/kube-ca.pem:\nsubject=CN = kube-ca\nnotBefore=Nov  2 03:06:37 2026 GMT\nnotAfter=Nov 22 03:06:37 2055 GMT\n\
                    ==> kube-node.pem <==\nnotAfter=Bad time value\nnotAfter=Nov 1 03:06:37 2026 GMT\n";
        let reading = read(&READER, &["Certificate"], "case/dates.txt", text);
        let found: Vec<String> =
            reading.objects.iter().map(|object| format!("{} {}", object.name, object.fields)).collect();
        assert_eq!(
            found,
            [
                r#"kube-ca.pem {"subject":"CN=kube-ca","commonName":"kube-ca","notBefore":"2026-11-02T03:06:37Z","notAfter":"2055-11-22T03:06:37Z","position":0,"source":"file","owner":"kube-ca.pem"}"#,
                r#"dates.txt {"notAfter":"2026-11-01T03:06:37Z","position":0,"source":"file","owner":"dates.txt"}"#,
            ]
        );
        let known = |n: usize, path: &str| reading.objects[n].known.covers(path);
        assert_eq!([known(0, "dnsNames"), known(1, "notBefore"), known(1, "notAfter")], [false, false, true]);
        assert_eq!(reading.diagnostics.len(), 1);
        for text in ["subject=a\nkey=value\n", "starting\nnotAfter=Nov 1 03:06:37 2026 GMT\n"] {
            assert!(!sniff("x", text.as_bytes()), "{text}");
        }
    }
}
