//! `openssl x509 -text -noout` → `Certificate`.
//!
//! Layout: openssl `crypto/x509/t_x509.c`; names are `CN = x` since 1.1.0 and `CN=x` before. Only the first certificate of a file is
//! printed. The text says nothing about the host, so that the object has the file's name.

use serde_json::json;

use crate::object::derived::{Derived, Expected};
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, lines};
use crate::object::{Document, Reader, Reading, moment, preamble};

/// One certificate of one file, named by the file.
pub const CERTIFICATE: Derived = Derived {
    kind: "Certificate",
    what: "one certificate of one file, named by the file",
    expected: Expected::Never,
    bulk: false,
    fields: &[
        ("subject", "`O=system:nodes, CN=x`"),
        ("issuer", "as the subject"),
        ("commonName", "of the subject"),
        ("notBefore", "RFC 3339"),
        ("notAfter", "RFC 3339"),
        ("dnsNames", "list; absent without a SAN"),
        ("ipAddresses", "list; absent without a SAN"),
        ("isCA", "whether it may sign"),
        ("serial", "lower-case hexadecimal"),
        ("keyId", "lower-case hexadecimal, no colons"),
        ("authorityKeyId", "lower-case hexadecimal, no colons"),
        ("selfSigned", "whether it signed itself"),
    ],
};

const KIND: &str = CERTIFICATE.kind;

/// Reads the text form of one certificate.
pub const READER: Reader = Reader { name: "openssl-x509-text", derives: &[&CERTIFICATE], sniff, read };

fn sniff(path: &str, head: &[u8]) -> bool {
    let first = lines(head).find(|line| !line.text.trim().is_empty());
    match first {
        Some(line) if line.text.trim_end() == "Certificate:" => {
            memchr::memmem::find(head, b"Serial Number:").is_some()
        }
        Some(line) => is_certificate_path(path) && preamble::is_error(&line.text),
        None => is_certificate_path(path),
    }
}

fn is_certificate_path(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let in_folder = folders.split('/').any(|folder| matches!(folder, "certs" | "tmpcerts" | "pki"));
    in_folder && (name.ends_with(".crt") || name.ends_with(".pem"))
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    // A certificate with a thousand names fits ten times over.
    let all: Vec<Line<'_>> = lines(document.bytes).take(20_000).collect();
    let Some(first) = all.iter().find(|line| line.text.trim_end() == "Certificate:") else {
        if let Some(line) = preamble::error_in_place(document.bytes) {
            gather.fail(&line);
        }
        return gather.finish();
    };
    let name = document.path.rsplit('/').next().unwrap_or(document.path);
    let named_by = all.iter().find(|line| line.text.trim_start().starts_with("Subject:")).unwrap_or(first);
    let mut draft = Draft::new(document, KIND, name, named_by);
    draft.put("isCA", false);
    for (n, line) in all.iter().enumerate() {
        let next = all.get(n + 1);
        field(&mut draft, line, next);
    }
    let self_signed = |draft: &Draft<'_>| {
        let text = |key: &str| draft.fields.get(key).cloned();
        text("subject").is_some()
            && text("subject") == text("issuer")
            && (text("authorityKeyId").is_none() || text("authorityKeyId") == text("keyId"))
    };
    let self_signed = self_signed(&draft);
    draft.put("selfSigned", self_signed);
    if draft.fields.get("notAfter").is_none() {
        super::unreadable(&mut gather, first, "whole certificate");
    }
    gather.add(draft);
    // One file holds one certificate, of one node.
    gather.list(KIND, false);
    gather.finish()
}

/// Takes what one line says, or the line below it.
fn field(draft: &mut Draft<'_>, line: &Line<'_>, next: Option<&Line<'_>>) {
    let text = line.text.trim();
    let below = || next.map(|next| (next, next.text.trim()));
    if let Some(rest) = text.strip_prefix("Serial Number:") {
        serial(draft, line, rest.trim(), below());
    } else if let Some(issuer) = text.strip_prefix("Issuer:") {
        draft.set("issuer", name(issuer), line);
    } else if let Some(subject) = text.strip_prefix("Subject:") {
        let subject = name(subject);
        let common = subject.split(", ").find_map(|part| part.strip_prefix("CN=")).map(str::to_owned);
        draft.set("subject", subject, line);
        if let Some(common) = common {
            draft.set("commonName", common, line);
        }
    } else if let Some(date) = text.strip_prefix("Not Before:").and_then(moment::openssl_date) {
        draft.set("notBefore", date.to_string(), line);
    } else if let Some(date) = text.strip_prefix("Not After :").and_then(moment::openssl_date) {
        draft.set("notAfter", date.to_string(), line);
    } else if let Some((next, below)) = below() {
        extension(draft, text, next, below);
    }
}

/// An extension's value is on the line below its name.
fn extension(draft: &mut Draft<'_>, name: &str, line: &Line<'_>, value: &str) {
    let name = name.trim_end_matches(" critical").trim_end_matches(':');
    match name {
        "X509v3 Basic Constraints" => draft.set("isCA", value.contains("CA:TRUE"), line),
        "X509v3 Subject Key Identifier" => draft.set("keyId", key_id(value), line),
        "X509v3 Authority Key Identifier" => draft.set("authorityKeyId", key_id(value), line),
        "X509v3 Subject Alternative Name" => {
            let with = |start: &str| -> Vec<String> {
                value
                    .split(", ")
                    .filter_map(|name| name.trim().strip_prefix(start))
                    .map(str::to_owned)
                    .collect()
            };
            draft.set("dnsNames", json!(with("DNS:")), line);
            draft.set("ipAddresses", json!(with("IP Address:")), line);
        }
        _ => {}
    }
}

/// Small serials are decimal with hexadecimal in brackets, large ones hexadecimal pairs on the next line.
fn serial(draft: &mut Draft<'_>, line: &Line<'_>, rest: &str, below: Option<(&Line<'_>, &str)>) {
    let hex = rest.split_once("(0x").map(|(_, hex)| hex.trim_end_matches(')'));
    match (hex, below) {
        (Some(hex), _) => draft.set("serial", hex, line),
        (None, Some((next, pairs))) if rest.is_empty() => draft.set("serial", key_id(pairs), next),
        _ => {}
    }
}

/// `57:BE:09` or `keyid:57:BE:09`, in one form: lower case without colons.
fn key_id(text: &str) -> String {
    let text = text.strip_prefix("keyid:").unwrap_or(text);
    text.chars().filter(char::is_ascii_hexdigit).map(|c| c.to_ascii_lowercase()).collect()
}

/// A distinguished name in one form: `O=system:nodes, CN=system:node:a`.
fn name(text: &str) -> String {
    text.trim().replace(" = ", "=")
}

#[cfg(test)]
mod tests {
    use super::super::etcd::tests::{named, read};
    use super::*;

    #[test]
    fn a_certificate_of_either_openssl_is_read() {
        for (name, equals) in [("new", " = "), ("old", "=")] {
            let text = format!(
                "Certificate:\n    Data:\n        Serial Number:\n            3f:AA:01\n        Issuer: CN{equals}ca\n        Validity\n            \
                 Not Before: Nov  2 03:06:37 2026 GMT\n            Not After : Nov 22 03:06:37 2027 GMT\n        Subject: O{equals}system:nodes, CN{equals}system:node:a\n        \
                 X509v3 extensions:\n            X509v3 Subject Alternative Name: critical\n                DNS:a, IP Address:10.0.0.1, DNS:b\n            \
                 X509v3 Subject Key Identifier: \n                75:99\n            X509v3 Authority Key Identifier: \n                keyid:57:BE\n"
            );
            let reading = read(&READER, &[KIND], &format!("x/certs/{name}.crt"), &text);
            assert_eq!(
                named(&reading.objects[0]),
                (
                    &*format!("{name}.crt"),
                    &json!({
                "isCA": false, "serial": "3faa01", "issuer": "CN=ca", "notBefore": "2026-11-02T03:06:37Z",
                "notAfter": "2027-11-22T03:06:37Z", "subject": "O=system:nodes, CN=system:node:a", "commonName": "system:node:a",
                "dnsNames": ["a", "b"], "ipAddresses": ["10.0.0.1"], "keyId": "7599", "authorityKeyId": "57be", "selfSigned": false})
                )
            );
        }
    }

    #[test]
    fn a_root_signs_itself() {
        let text = "Certificate:\n        Serial Number: 12 (0xc)\n        Issuer: CN = ca\n            Not After : Nov 22 03:06:37 2027 GMT\n        \
            Subject: CN = ca\n            X509v3 Basic Constraints: critical\n                CA:TRUE\n";
        let reading = read(&READER, &[KIND], "ca.pem", text);
        assert_eq!(
            (
                &reading.objects[0].fields["isCA"],
                &reading.objects[0].fields["selfSigned"],
                &reading.objects[0].fields["serial"]
            ),
            (&json!(true), &json!(true), &json!("c"))
        );
    }

    #[test]
    fn errors_and_empty_files_hold_no_certificate() {
        for (text, failed) in [
            ("Could not read certificate from x.crt\nUnable to load certificate\n", true),
            ("", false),
            ("bash: openssl: command not found\n", true),
        ] {
            let reading = read(&READER, &[KIND], "x/rke2/certs/server/x.crt", text);
            assert_eq!(
                (reading.objects.len(), reading.lists.len(), reading.failed.is_some()),
                (0, 0, failed),
                "{text}"
            );
        }
    }
}
