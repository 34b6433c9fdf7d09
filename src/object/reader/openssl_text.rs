//! `openssl x509 -text -noout` → `Certificate`.
//!
//! Layout: openssl `crypto/x509/t_x509.c`; names are `CN = x` since 1.1.0 and `CN=x` before. Of a file with several
//! certificates openssl prints only the first; several texts in one file are of a loop over files. The text says nothing
//! about the host, so that the object has the file's name.

use serde_json::json;

use super::certificate::{CERTIFICATE, Origin, file_name, is_self_signed, serial as short_serial};
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, lines};
use crate::object::{Document, Reader, Reading, moment, preamble};

const KIND: &str = CERTIFICATE.kind;

/// Reads the text form of certificates.
pub const READER: Reader = Reader { name: "openssl-x509-text", derives: &[&CERTIFICATE], sniff, read };

/// A certificate with a thousand names fits ten times over.
const CERTIFICATE_LINES: usize = 20_000;

/// More texts than this are not of one machine.
const CERTIFICATES: usize = 1000;

fn sniff(path: &str, head: &[u8]) -> bool {
    let first = lines(head).find(|line| !line.text.trim().is_empty());
    match first {
        Some(line) if is_heading(&line) => memchr::memmem::find(head, b"Serial Number:").is_some(),
        Some(line) => is_certificate_path(path) && preamble::is_error(&line.text),
        None => is_certificate_path(path),
    }
}

fn is_heading(line: &Line<'_>) -> bool {
    line.text.trim_end() == "Certificate:"
}

fn is_certificate_path(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let in_folder = folders.split('/').any(|folder| matches!(folder, "certs" | "tmpcerts" | "pki"));
    in_folder && (name.ends_with(".crt") || name.ends_with(".pem"))
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let mut text: Vec<Line<'_>> = Vec::new();
    let mut position = 0;
    for line in lines(document.bytes) {
        if is_heading(&line) {
            certificate(&mut gather, &text, &mut position);
            text.clear();
        }
        if text.len() < CERTIFICATE_LINES && (is_heading(&line) || !text.is_empty()) {
            text.push(line);
        }
    }
    certificate(&mut gather, &text, &mut position);
    if position == 0
        && let Some(line) = preamble::error_in_place(document.bytes)
    {
        gather.fail(&line);
    }
    gather.finish()
}

/// Takes the lines of one certificate, if there are any.
fn certificate(gather: &mut Gather<'_, '_>, text: &[Line<'_>], position: &mut usize) {
    let Some(first) = text.first().filter(|_| *position < CERTIFICATES) else { return };
    let document = gather.document;
    let origin = Origin { source: "file", owner: file_name(document.path) };
    let named_by = text.iter().find(|line| line.text.trim_start().starts_with("Subject:")).unwrap_or(first);
    let mut draft = Draft::new(document, KIND, origin.name(*position), named_by);
    draft.put("isCA", false);
    draft.put("usages", json!([]));
    for (n, line) in text.iter().enumerate() {
        field(&mut draft, line, text.get(n + 1));
    }
    origin.put(&mut draft, *position);
    let of = |key: &str| draft.fields.get(key).and_then(|value| value.as_str());
    let self_signed = of("subject")
        .zip(of("issuer"))
        .map(|(subject, issuer)| is_self_signed(subject, issuer, of("keyId"), of("authorityKeyId")));
    let whole = self_signed.is_some() && of("notBefore").is_some() && of("notAfter").is_some();
    if let Some(self_signed) = self_signed {
        draft.put("selfSigned", self_signed);
    }
    if !whole {
        // A text that ends early does not say that there is no SAN.
        let shown: Vec<String> =
            draft.fields.as_object().into_iter().flat_map(|map| map.keys().cloned()).collect();
        let shown = shown.iter().map(String::as_str);
        draft.know_only(shown.filter(|path| !matches!(*path, "isCA" | "usages")));
        super::unreadable(gather, first, "whole certificate");
    }
    gather.add(draft);
    // The files of a machine, and not all of them.
    gather.list(KIND, false);
    *position += 1;
}

/// Takes what one line says, or the line below it.
fn field(draft: &mut Draft<'_>, line: &Line<'_>, next: Option<&Line<'_>>) {
    let text = line.text.trim();
    let below = || next.map(|next| (next, next.text.trim()));
    if let Some(rest) = text.strip_prefix("Serial Number:") {
        serial(draft, line, rest.trim(), below());
    } else if let Some(issuer) = text.strip_prefix("Issuer:") {
        set_name(draft, line, ("issuer", "issuerCommonName"), issuer);
    } else if let Some(subject) = text.strip_prefix("Subject:") {
        set_name(draft, line, ("subject", "commonName"), subject);
    } else if let Some(date) = text.strip_prefix("Not Before:").and_then(moment::openssl_date) {
        draft.set("notBefore", date, line);
    } else if let Some(date) = text.strip_prefix("Not After :").and_then(moment::openssl_date) {
        draft.set("notAfter", date, line);
    } else if let Some((next, below)) = below() {
        extension(draft, text, next, below);
    }
}

/// Sets a distinguished name, in one form for all releases: `O=system:nodes, CN=a`.
pub fn set_name(
    draft: &mut Draft<'_>,
    line: &Line<'_>,
    (path, common_path): (&'static str, &'static str),
    text: &str,
) {
    let name = text.trim().replace(" = ", "=");
    let common = name.split(", ").find_map(|part| part.strip_prefix("CN=")).map(str::to_owned);
    draft.set(path, name, line);
    if let Some(common) = common {
        draft.set(common_path, common, line);
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
            let ip = with("IP Address:").into_iter().map(address);
            draft.set("dnsNames", json!(with("DNS:")), line);
            draft.set("ipAddresses", json!(ip.collect::<Vec<_>>()), line);
        }
        "X509v3 Key Usage" | "X509v3 Extended Key Usage" => {
            let mut usages: Vec<String> = draft
                .fields
                .get("usages")
                .and_then(|usages| usages.as_array())
                .map(|usages| usages.iter().filter_map(|usage| Some(usage.as_str()?.to_owned())).collect())
                .unwrap_or_default();
            usages.extend(value.split(", ").map(|word| usage(word.trim())).take(50));
            draft.set("usages", json!(usages), line);
        }
        _ => {}
    }
}

/// openssl writes IPv6 addresses without shortening them.
fn address(text: String) -> String {
    text.parse::<std::net::IpAddr>().map_or(text, |address| address.to_string())
}

/// A usage in the words of Go's `crypto/x509`; others stay as they are (openssl `crypto/x509/v3_bitst.c`, `objects.txt`).
fn usage(text: &str) -> String {
    const WORDS: &[(&str, &str)] = &[
        ("Certificate Sign", "CertSign"),
        ("CRL Sign", "CRLSign"),
        ("TLS Web Server Authentication", "ServerAuth"),
        ("TLS Web Client Authentication", "ClientAuth"),
        ("E-mail Protection", "EmailProtection"),
        ("Time Stamping", "TimeStamping"),
        ("Any Extended Key Usage", "Any"),
    ];
    let word = WORDS.iter().find(|(openssl, _)| *openssl == text);
    word.map_or_else(|| text.replace(' ', ""), |(_, word)| (*word).to_owned())
}

/// Small serials are decimal with hexadecimal in brackets, large ones hexadecimal pairs on the next line.
fn serial(draft: &mut Draft<'_>, line: &Line<'_>, rest: &str, below: Option<(&Line<'_>, &str)>) {
    let hex = rest.split_once("(0x").map(|(_, hex)| hex.trim_end_matches(')'));
    match (hex, below) {
        (Some(hex), _) => draft.set("serial", short_serial(hex), line),
        (None, Some((next, pairs))) if rest.is_empty() => {
            draft.set("serial", short_serial(&key_id(pairs)), next);
        }
        _ => {}
    }
}

/// `57:BE:09` or `keyid:57:BE:09`, in one form: lower case without colons.
fn key_id(text: &str) -> String {
    let text = text.strip_prefix("keyid:").unwrap_or(text);
    text.chars().filter(char::is_ascii_hexdigit).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::etcd::tests::{named, read};
    use super::*;

    #[test]
    fn a_certificate_of_either_openssl_is_read() {
        for (name, equals) in [("new", " = "), ("old", "=")] {
            let text = format!(
                "Certificate:\n    Data:\n        Serial Number:\n            00:3f:AA:01\n        Issuer: CN{equals}ca\n        Validity\n            \
                 Not Before: Nov  2 03:06:37 2026 GMT\n            Not After : Nov 22 03:06:37 2051 GMT\n        Subject: O{equals}system:nodes, CN{equals}system:node:a\n        \
                 X509v3 extensions:\n            X509v3 Key Usage: critical\n                Digital Signature, Certificate Sign\n            \
                 X509v3 Extended Key Usage: \n                TLS Web Client Authentication\n            X509v3 Subject Alternative Name: critical\n                \
                 DNS:a, IP Address:10.0.0.1, DNS:b, IP Address:FD00:0:0:0:0:0:0:1\n            \
                 X509v3 Subject Key Identifier: \n                75:99\n            X509v3 Authority Key Identifier: \n                keyid:57:BE\n"
            );
            let reading = read(&READER, &[KIND], &format!("x/certs/{name}.crt"), &text);
            let file = format!("{name}.crt");
            assert_eq!(
                named(&reading.objects[0]),
                (
                    &*file,
                    &json!({
                "isCA": false, "usages": ["DigitalSignature", "CertSign", "ClientAuth"], "serial": "3faa01", "issuer": "CN=ca",
                "issuerCommonName": "ca", "notBefore": "2026-11-02T03:06:37Z", "notAfter": "2051-11-22T03:06:37Z",
                "subject": "O=system:nodes, CN=system:node:a", "commonName": "system:node:a", "dnsNames": ["a", "b"],
                "ipAddresses": ["10.0.0.1", "fd00::1"], "keyId": "7599", "authorityKeyId": "57be", "position": 0, "source": "file",
                "owner": file, "selfSigned": false})
                )
            );
        }
    }

    const ROOT: &str = "Certificate:\n        Serial Number: 12 (0xc)\n        Issuer: CN = ca\n            \
        Not Before: Nov 1 03:06:37 2026 GMT\n            Not After : Nov 22 03:06:37 2027 GMT\n        \
        Subject: CN = ca\n            X509v3 Basic Constraints: critical\n                CA:TRUE\n";

    #[test]
    fn texts_of_a_loop_are_counted_and_a_root_signs_itself() {
        let reading = read(&READER, &[KIND], "all.txt", &format!("{ROOT}{ROOT}"));
        let names: Vec<&str> = reading.objects.iter().map(|object| &*object.name).collect();
        assert_eq!(names, ["all.txt", "all.txt#1"]);
        let fields = &reading.objects[1].fields;
        assert_eq!(
            (&fields["isCA"], &fields["selfSigned"], &fields["serial"], &fields["position"]),
            (&json!(true), &json!(true), &json!("c"), &json!(1))
        );
    }

    #[test]
    fn what_a_text_that_ends_early_does_not_show_is_unknown() {
        let (cut, _) = ROOT.split_once("Not After").unwrap();
        let reading = read(&READER, &[KIND], "x", cut);
        let known = &reading.objects[0].known;
        assert_eq!(
            ["notAfter", "dnsNames", "isCA", "notBefore"].map(|path| known.covers(path)),
            [false, false, false, true]
        );
        assert_eq!(reading.diagnostics.len(), 1);
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
