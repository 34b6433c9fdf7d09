//! PEM (RFC 7468): certificates of a file, one or many, and private keys that should not be there.
//!
//! Around the blocks there may be anything: `Bag Attributes` (PKCS#12), `subject=` lines (`openssl s_client`), comments (CA
//! bundles), the text form of the certificate (`openssl x509 -text` without `-noout`).

use super::base64::decode;
use super::certificate::{self, CERTIFICATE, Origin, PRIVATE_KEY, file_name};
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, lines};
use crate::object::{Document, Reader, Reading};

/// Reads certificates in PEM.
pub const READER: Reader = Reader { name: "pem", derives: &[&CERTIFICATE, &PRIVATE_KEY], sniff, read };

/// The longest base64 text of one certificate.
const BLOCK_BYTES: usize = 1 << 20;

/// More blocks than the largest bundles of public authorities have.
const BLOCKS: usize = 5000;

/// A shorter body is no key: collectors write a word in its place.
const KEY_CHARS: usize = 60;

fn sniff(path: &str, head: &[u8]) -> bool {
    const ENDS: [&str; 8] = [".pem", ".crt", ".cer", ".cert", ".key", ".ca", ".ca-bundle", ".chain"];
    const STARTS: [&str; 8] = [
        "-----BEGIN ",
        "Bag Attributes",
        "subject=",
        "issuer=",
        "CONNECTED(",
        "Certificate:",
        "depth=",
        "localKeyID",
    ];
    let begins = |line: &Line<'_>| label(line.text.trim(), "-----BEGIN ").is_some_and(is_read);
    if !lines(head).any(|line| begins(&line)) {
        return false;
    }
    let first = lines(head).find(|line| !line.text.trim().is_empty());
    let is_named = ENDS.iter().any(|end| path.ends_with(end));
    is_named || first.is_some_and(|line| STARTS.iter().any(|start| line.text.starts_with(start)))
}

fn is_read(label: &str) -> bool {
    is_certificate(label) || label.ends_with("PRIVATE KEY")
}

fn is_certificate(label: &str) -> bool {
    matches!(label, "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE")
}

/// The label of a line such as `-----BEGIN CERTIFICATE-----`.
fn label<'t>(text: &'t str, start: &str) -> Option<&'t str> {
    text.strip_prefix(start)?.strip_suffix("-----")
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let text = lines(document.bytes);
    let origin = Origin { source: "file", owner: file_name(document.path) };
    blocks(&mut gather, text, origin, None);
    gather.finish()
}

/// Reads the certificates and keys of PEM text that was found within another document; what is in it is shown by `line`.
pub fn embedded(gather: &mut Gather<'_, '_>, text: &[u8], origin: Origin<'_>, line: &Line<'_>) {
    blocks(gather, lines(text), origin, Some(line));
}

/// One block while it is being read.
struct Block<'a> {
    label: String,
    line: Line<'a>,
    /// The base64 text of a certificate; of a key never anything.
    body: String,
    /// How many characters the body of a key has.
    chars: usize,
    encrypted: bool,
}

fn blocks<'a>(
    gather: &mut Gather<'_, '_>,
    text: impl Iterator<Item = Line<'a>>,
    origin: Origin<'_>,
    shown_by: Option<&Line<'a>>,
) {
    let mut open: Option<Block<'a>> = None;
    let (mut certificates, mut keys) = (0, 0);
    for line in text {
        let words = line.text.trim();
        if let Some(begun) = label(words, "-----BEGIN ") {
            if let Some(cut) = open.take().filter(|block| is_certificate(&block.label)) {
                unreadable(gather, shown_by.unwrap_or(&cut.line));
                certificates += 1;
            }
            if is_read(begun) && certificates + keys < BLOCKS {
                let encrypted = begun.starts_with("ENCRYPTED");
                let label = begun.to_owned();
                open = Some(Block { label, line, body: String::new(), chars: 0, encrypted });
            }
            continue;
        }
        let Some(block) = &mut open else { continue };
        if label(words, "-----END ").is_none() {
            block.take(words);
            continue;
        }
        let Some(block) = open.take() else { continue };
        let line = shown_by.unwrap_or(&block.line);
        if is_certificate(&block.label) {
            let read = decode(&block.body)
                .is_some_and(|der| certificate::add(gather, &der, origin, certificates, line));
            if !read {
                unreadable(gather, line);
            }
            certificates += 1;
        } else if block.chars >= KEY_CHARS {
            key(gather, &block, origin, keys, line);
            keys += 1;
        }
    }
    if let Some(block) = open {
        let line = shown_by.unwrap_or(&block.line);
        if is_certificate(&block.label) {
            unreadable(gather, line);
        } else if block.chars >= KEY_CHARS {
            key(gather, &block, origin, keys, line);
        }
    }
}

impl Block<'_> {
    fn take(&mut self, text: &str) {
        if is_certificate(&self.label) {
            let fits = self.body.len() + text.len() <= BLOCK_BYTES;
            // Headers (RFC 1421) have a colon, which base64 has not.
            if fits && !text.contains(':') {
                self.body.push_str(text);
            }
            return;
        }
        if self.chars == 0 && self.label == "OPENSSH PRIVATE KEY" {
            // The format's name and `none` as the name of its cipher (openssh `PROTOCOL.key`).
            self.encrypted = !text.starts_with("b3BlbnNzaC1rZXktdjEAAAAABG5v");
        }
        if text.contains(':') {
            self.encrypted |= text.contains("ENCRYPTED");
        } else if text.bytes().all(|c| c.is_ascii_alphanumeric() || b"+/=".contains(&c)) {
            self.chars = self.chars.saturating_add(text.len());
        }
    }
}

fn unreadable(gather: &mut Gather<'_, '_>, line: &Line<'_>) {
    super::unreadable(gather, line, "whole certificate");
}

fn key(gather: &mut Gather<'_, '_>, block: &Block<'_>, origin: Origin<'_>, position: usize, line: &Line<'_>) {
    let kind = match block.label.trim_end_matches("PRIVATE KEY").trim() {
        "" | "ENCRYPTED" => "PKCS8",
        other => other,
    };
    let mut draft = Draft::new(gather.document, PRIVATE_KEY.kind, origin.name(position), line);
    draft.put("type", kind);
    draft.put("encrypted", block.encrypted);
    origin.put(&mut draft, position);
    gather.list(PRIVATE_KEY.kind, false);
    gather.add(draft);
}

#[cfg(test)]
pub mod tests {
    use super::super::etcd::tests::{named, read};
    use super::*;
    use serde_json::json;

    /// An authority until 2051: `openssl ca -selfsign`, made for this test.
    pub const ROOT: &str = "-----BEGIN CERTIFICATE-----\n\
        MIIBjzCCATagAwIBAgIDD6oBMAoGCCqGSM49BAMCMB0xGzAZBgNVBAMMEnNob3At\n\
        Y2FAMTc5NTAwMDAwMDAgFw0yNjExMDEwMDAwMDBaGA8yMDUxMTEwMTAwMDAwMFow\n\
        HTEbMBkGA1UEAwwSc2hvcC1jYUAxNzk1MDAwMDAwMFkwEwYHKoZIzj0CAQYIKoZI\n\
        zj0DAQcDQgAEXx5X0t1Yu88J0Vsyw/ZN0wiw9ohb8NsLhoofET3lHV8bqVcihOZx\n\
        aBxHjo8/c5B6CLsbM4bdVenyHNykHVOJVaNjMGEwDwYDVR0TAQH/BAUwAwEB/zAO\n\
        BgNVHQ8BAf8EBAMCAYYwHQYDVR0OBBYEFPbHJ9Q1QwYiOXISXUITXKuyHOjaMB8G\n\
        A1UdIwQYMBaAFPbHJ9Q1QwYiOXISXUITXKuyHOjaMAoGCCqGSM49BAMCA0cAMEQC\n\
        IEoA0Lgmhx1bEs4jQNlcKwYZWlsRMimVaKoX8N4dIq8AAiBj6K9UeeSLl/zzdyoZ\n\
        k1mOAiS7ytmLVtg2hBhT0VMvyg==\n\
        -----END CERTIFICATE-----\n";
    /// A certificate of the authority with names and addresses.
    const LEAF: &str = "-----BEGIN CERTIFICATE-----\n\
        MIICCjCCAa+gAwIBAgIDD6oCMAoGCCqGSM49BAMCMB0xGzAZBgNVBAMMEnNob3At\n\
        Y2FAMTc5NTAwMDAwMDAeFw0yNjExMDIwMzA2MzdaFw0yNzExMjIwMzA2MzdaMEIx\n\
        FTATBgNVBAoMDHN5c3RlbTpub2RlczENMAsGA1UECwwEYSwgYjEaMBgGA1UEAwwR\n\
        c3lzdGVtOm5vZGU6c3J2MDEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQ5zD90\n\
        dpYixtOlzVt7ak5Rh+XPAOO7GWC/WoS2hMzVg+9tIaWUE/ABKMX1QOSL3VDDjIeO\n\
        6Xq9uhE5g9Jj+zNOo4G4MIG1MAwGA1UdEwEB/wQCMAAwDgYDVR0PAQH/BAQDAgWg\n\
        MB0GA1UdJQQWMBQGCCsGAQUFBwMBBggrBgEFBQcDAjAdBgNVHQ4EFgQU3Q809PcF\n\
        HkcQV1K6KYg5lOVfmOowHwYDVR0jBBgwFoAU9scn1DVDBiI5chJdQhNcq7Ic6Now\n\
        NgYDVR0RBC8wLYIFc3J2MDGCDHNob3AuZXhhbXBsZYcECgAAAYcQIAENuAAAAAAA\n\
        AAAAAAAAATAKBggqhkjOPQQDAgNJADBGAiEAqt9ALcje0DttrRluQeRK+ThUm+on\n\
        h8WPClfDET0PJwcCIQDEZX1xScF3tHim0xgtkdx/lMLxncdPinUajYe71xpy6w==\n\
        -----END CERTIFICATE-----\n";
    /// A certificate without an end.
    const ENDLESS: &str = "-----BEGIN CERTIFICATE-----\n\
        MIIBcDCCARWgAwIBAgIDD6oDMAoGCCqGSM49BAMCMB0xGzAZBgNVBAMMEnNob3At\n\
        Y2FAMTc5NTAwMDAwMDAgFw0yNjExMDIwMzA2MzdaGA85OTk5MTIzMTIzNTk1OVow\n\
        EjEQMA4GA1UEAwwHZm9yZXZlcjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABHr7\n\
        GPHhjS71C98NYwJ0EgmUkm6nWKwlyeXXVtR/3/y5Spp7K7pdb2Fth6mUyB6YiFlP\n\
        Cu5vHgSYjglLINgB2ZejTTBLMAkGA1UdEwQCMAAwHQYDVR0OBBYEFI6JC2SMkntg\n\
        CUFqrUVdSo34z8WdMB8GA1UdIwQYMBaAFPbHJ9Q1QwYiOXISXUITXKuyHOjaMAoG\n\
        CCqGSM49BAMCA0kAMEYCIQDBgOJoDs0hWJ9v0OlmyHtY73oN9AiXzGDgnlklEjVe\n\
        uwIhAPI4vrrwpkw34IdmNgwE+U59psV2bNsgZGGJ9QkT1QWQ\n\
        -----END CERTIFICATE-----\n";

    /// The authority as kubeconfigs and Secrets hold it.
    pub fn base64_of_the_root() -> String {
        const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut out = String::new();
        for three in ROOT.as_bytes().chunks(3) {
            let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte))
                << (8 * (3 - three.len()));
            for n in 0..4 {
                let digit = DIGITS[(bits >> (18 - 6 * n)) as usize & 63] as char;
                out.push(if n <= three.len() { digit } else { '=' });
            }
        }
        out
    }

    const KINDS: [&str; 2] = ["Certificate", "PrivateKey"];

    fn check(text: &str, expect: &[&str], diagnostics: usize) {
        let reading = read(&READER, &KINDS, "case/tls.crt", text);
        let found: Vec<String> = reading
            .objects
            .iter()
            .map(|object| {
                let word = object.fields.get("commonName").or(object.fields.get("type")).unwrap();
                let end = object.fields.get("notAfter").or(object.fields.get("encrypted")).unwrap();
                format!("{}@{} {word} {end}", object.name, object.quotes[0].line)
            })
            .collect();
        assert_eq!(
            (found, reading.diagnostics.len()),
            (expect.iter().map(|it| (*it).to_owned()).collect(), diagnostics),
            "{text}"
        );
    }

    #[test]
    fn a_certificate_has_all_its_fields() {
        let reading = read(&READER, &KINDS, "case/tls.crt", LEAF);
        assert_eq!(
            named(&reading.objects[0]),
            (
                "tls.crt",
                &json!({"subject": "O=system:nodes, OU=\"a, b\", CN=system:node:srv01", "issuer": "CN=shop-ca@1795000000",
                    "notBefore": "2026-11-02T03:06:37Z", "notAfter": "2027-11-22T03:06:37Z", "serial": "faa02", "isCA": false,
                    "commonName": "system:node:srv01", "issuerCommonName": "shop-ca@1795000000",
                    "dnsNames": ["srv01", "shop.example"], "ipAddresses": ["10.0.0.1", "2001:db8::1"],
                    "usages": ["DigitalSignature", "KeyEncipherment", "ServerAuth", "ClientAuth"], "selfSigned": false,
                    "keyId": "dd0f34f4f7051e47105752ba29883994e55f98ea", "authorityKeyId": "f6c727d4354306223972125d42135cabb21ce8da",
                    "position": 0, "source": "file", "owner": "tls.crt"})
            )
        );
        let root = &read(&READER, &KINDS, "ca.pem", ROOT).objects[0].fields;
        assert_eq!(
            (&root["selfSigned"], &root["isCA"], root.get("dnsNames")),
            (&json!(true), &json!(true), None)
        );
    }

    #[test]
    fn chains_and_bundles_are_read_one_by_one() {
        let leaf = r#"tls.crt@0 "system:node:srv01" "2027-11-22T03:06:37Z""#;
        check(
            &format!("{LEAF}{ROOT}"),
            &[leaf, r#"tls.crt#1@13 "shop-ca@1795000000" "2051-11-01T00:00:00Z""#],
            0,
        );
        let bundle = format!("# Shop CA\n\n{ROOT}\nBag Attributes\n    localKeyID: 01\nsubject=CN = forever\n{ENDLESS}garbage\n").replace('\n', "\r\n");
        check(
            &bundle,
            &[
                r#"tls.crt@2 "shop-ca@1795000000" "2051-11-01T00:00:00Z""#,
                r#"tls.crt#1@17 "forever" "9999-12-31T23:59:59Z""#,
            ],
            0,
        );
    }

    #[test]
    fn damage_costs_one_certificate() {
        let (cut, _) = LEAF.split_at(300);
        let root = r#"tls.crt#1@5 "shop-ca@1795000000" "2051-11-01T00:00:00Z""#;
        check(&format!("{cut}\n{ROOT}"), &[&root.replace("@5", "@6")], 1);
        check(cut, &[], 1);
        check(&LEAF.replace("MIICC", "MIIC!"), &[], 1);
        check(&LEAF.replace("MIICC", "AAAAA"), &[], 1);
        check("-----BEGIN CERTIFICATE-----\nREDACTED\n-----END CERTIFICATE-----\n", &[], 1);
    }

    #[test]
    fn a_private_key_is_seen_and_not_kept() {
        let body = "QUJDREVG".repeat(8);
        for (label, header, expect) in [
            ("EC PRIVATE KEY", String::new(), r#"tls.crt@0 "EC" false"#),
            ("PRIVATE KEY", String::new(), r#"tls.crt@0 "PKCS8" false"#),
            ("ENCRYPTED PRIVATE KEY", String::new(), r#"tls.crt@0 "PKCS8" true"#),
            (
                "RSA PRIVATE KEY",
                "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,0A\n\n".to_owned(),
                r#"tls.crt@0 "RSA" true"#,
            ),
            (
                "OPENSSH PRIVATE KEY",
                "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ\n".to_owned(),
                r#"tls.crt@0 "OPENSSH" false"#,
            ),
        ] {
            let text = format!("-----BEGIN {label}-----\n{header}{body}\n-----END {label}-----\n");
            check(&text, &[expect], 0);
            let reading = read(&READER, &KINDS, "case/tls.crt", &text);
            assert!(!format!("{reading:?}").contains("QUJD"), "{label}");
        }
        check("-----BEGIN PRIVATE KEY-----\n***HIDDEN***\n-----END PRIVATE KEY-----\n", &[], 0);
    }

    #[test]
    fn logs_and_other_blocks_are_no_certificates() {
        for text in [
            "I1122 03:28:31.200243 a.go:1] got:\n-----BEGIN CERTIFICATE-----\nMIIB\n",
            "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n",
            "BEGIN CERTIFICATE\n",
        ] {
            assert!(!sniff("a.log", text.as_bytes()), "{text}");
        }
    }
}
