//! `k3s certificate check` and `rke2 certificate check`, in each of their forms, and `kubeadm certs check-expiration`.
//!
//! Source: k3s `pkg/cli/cert/cert.go`; kubeadm `cmd/phases/certs` and `cmd/certs.go`. Releases before May 2025 print the whole
//! name of the subject, later ones its common name and the usages. Of a certificate that is not yet valid some releases
//! print the first instant and others the last: its dates stay unknown. A file is listed with each certificate in it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::certificate::{CERTIFICATE, Origin, file_name};
use super::certificate_date::expiry;
use super::container::plain;
use super::grid::Grid;
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, lines};
use crate::object::{Document, Reader, Reading, preamble, yaml};

/// The reader.
pub const READER: Reader = Reader { name: "certificate-check", derives: &[&CERTIFICATE], sniff, read };

/// The largest JSON or YAML that is read.
const TEXT_BYTES: usize = 4 << 20;

/// More certificates than this are not of one machine.
const CERTIFICATES: usize = 5000;

/// What a form says of one certificate.
#[derive(Debug, Default, PartialEq)]
struct Row {
    file: String,
    /// A common name or a whole name.
    subject: Option<String>,
    issuer: Option<String>,
    usages: Option<Vec<String>>,
    expires: Option<String>,
    status: Option<&'static str>,
}

fn sniff(_path: &str, head: &[u8]) -> bool {
    let content = || lines(head).filter(|line| !line.text.trim().is_empty()).take(12);
    let Some(first) = content().next() else { return false };
    let holds = |text: &str| memchr::memmem::find(head, text.as_bytes()).is_some();
    let is_data = |start: &str| {
        first.text.starts_with(start) && ["ilename", "xpiry", "ubject"].iter().all(|key| holds(key))
    };
    let is_sentence = |text: &str| sentence(&plain(text)).is_some();
    // The servers log such sentences too, among others.
    let only_sentences = || {
        content().any(|line| is_sentence(&line.text))
            && content().all(|line| is_sentence(&line.text) || line.text.contains(" detected, checking "))
    };
    // kubeadm says first what it reads.
    is_data("{\"Certificates\":")
        || is_data("certificates:")
        || content().any(|line| is_heading(&line.text))
        || only_sentences()
}

fn is_heading(text: &str) -> bool {
    let starts = ["FILENAME ", "CERTIFICATE "].iter().any(|start| text.starts_with(start));
    starts && (text.contains(" EXPIRES ") || text.trim_end().ends_with(" EXPIRES"))
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let mut positions = BTreeMap::new();
    let body = preamble::strip(document.bytes);
    if body.starts_with(b"{") || body.starts_with(b"certificates:") {
        data(&mut gather, &mut positions, body);
        return gather.finish();
    }
    let mut grid: Option<Grid> = None;
    for line in lines(document.bytes) {
        let text = plain(&line.text);
        if is_heading(&text) {
            grid = Some(Grid::parse(&text));
        } else if let Some(row) = sentence(&text) {
            add(&mut gather, &mut positions, row, &line);
        } else if let Some(row) = grid.as_ref().and_then(|grid| table_row(grid, &text)) {
            add(&mut gather, &mut positions, row, &line);
        } else if preamble::is_error(&text) {
            gather.fail(&line);
        }
    }
    gather.finish()
}

/// `client-admin.crt: certificate system:admin (ClientAuth) is ok, expires at 2035-07-01T07:07:50Z`, behind logrus' stamp,
/// plain or quoted.
fn sentence(text: &str) -> Option<Row> {
    const TAILS: [(&str, &str); 4] = [
        (" is ok, expires at ", "ok"),
        (" will expire within ", "warning"),
        (" expired at ", "expired"),
        (" is not valid before ", "not yet valid"),
    ];
    let (before, rest) = text.split_once(": certificate ")?;
    let file = before.rsplit([' ', '"', ']']).next().filter(|file| !file.is_empty())?;
    let (at, tail, status) =
        TAILS.iter().filter_map(|(tail, status)| Some((rest.find(tail)?, tail, status))).min()?;
    let whose = rest.get(..at)?;
    let when = rest.get(at + tail.len()..)?;
    let when = if *status == "warning" { when.split_once(" days at ")?.1 } else { when };
    let (subject, usages) = match whose.rsplit_once(" (") {
        Some((subject, usages)) if usages.ends_with(')') => {
            (subject, Some(words(usages.trim_end_matches(')'))))
        }
        _ => (whose, None),
    };
    Some(Row {
        file: file.to_owned(),
        subject: Some(subject.to_owned()),
        issuer: None,
        usages,
        expires: Some(when.trim_end_matches(['"', ' ']).to_owned()),
        status: Some(status),
    })
}

fn words(text: &str) -> Vec<String> {
    text.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).take(20).collect()
}

fn status(text: &str) -> Option<&'static str> {
    match text {
        "OK" => Some("ok"),
        "WARNING" => Some("warning"),
        "EXPIRED" => Some("expired"),
        "NOT YET VALID" => Some("not yet valid"),
        _ => None,
    }
}

fn table_row(grid: &Grid, text: &str) -> Option<Row> {
    if text.starts_with("---") || text.trim().is_empty() {
        return None;
    }
    let cells = grid.cells(text)?;
    let cell = |heading: &str| grid.cell(&cells, heading).map(str::trim);
    let file = cell("FILENAME").or(cell("CERTIFICATE")).or(cell("CERTIFICATE AUTHORITY"))?;
    let expires = cell("EXPIRES")?;
    expiry(expires)?;
    Some(Row {
        file: file.trim_start_matches("!MISSING! ").to_owned(),
        subject: cell("SUBJECT").map(str::to_owned),
        issuer: None,
        usages: cell("USAGES").map(words),
        expires: Some(expires.to_owned()),
        status: cell("STATUS").and_then(status),
    })
}

/// The JSON and YAML forms; the keys of YAML are in lower case.
fn data(gather: &mut Gather<'_, '_>, positions: &mut BTreeMap<String, usize>, body: &[u8]) {
    let document = gather.document;
    let Some(first) = lines(document.bytes).find(|line| line.text.starts_with(['{', 'c'])) else { return };
    let body = body.get(..TEXT_BYTES).unwrap_or(body);
    let value = if body.starts_with(b"{") {
        serde_json::Deserializer::from_slice(body).into_iter::<Value>().next().and_then(Result::ok)
    } else {
        yaml::parse(&String::from_utf8_lossy(body)).ok()
    };
    let get =
        |value: &Value, key: &str| value.get(key).or_else(|| value.get(key.to_ascii_lowercase())).cloned();
    let Some(Value::Array(list)) = value.as_ref().and_then(|value| get(value, "Certificates")) else {
        return super::unreadable(gather, &first, "whole list of certificates");
    };
    for item in &list {
        let text = |key: &str| get(item, key).and_then(|value| value.as_str().map(str::to_owned));
        let usages = get(item, "Usages").map(|usages| {
            let usages = usages.as_array().map(Vec::as_slice).unwrap_or_default();
            usages.iter().filter_map(|usage| Some(usage.as_str()?.to_owned())).take(20).collect()
        });
        let row = Row {
            file: text("Filename").unwrap_or_default(),
            subject: text("Subject"),
            issuer: text("Issuer"),
            usages,
            expires: text("ExpiryTime"),
            status: text("Status").as_deref().and_then(status),
        };
        add(gather, positions, row, &first);
    }
}

fn add(gather: &mut Gather<'_, '_>, positions: &mut BTreeMap<String, usize>, row: Row, line: &Line<'_>) {
    if row.file.is_empty() || positions.len() >= CERTIFICATES {
        return;
    }
    let next = positions.entry(row.file.clone()).or_default();
    let position = *next;
    *next += 1;
    let origin = Origin { source: "certificate check", owner: file_name(&row.file) };
    let mut draft = Draft::new(gather.document, CERTIFICATE.kind, origin.name(position), line);
    let mut known = vec!["position", "source", "owner", "checkStatus"];
    for (text, whole, common) in
        [(&row.subject, "subject", "commonName"), (&row.issuer, "issuer", "issuerCommonName")]
    {
        let Some(text) = text.as_deref().filter(|text| !text.is_empty()) else { continue };
        if let Some(name) = go_name(text) {
            let part = name.split(", ").find_map(|part| part.strip_prefix("CN=")).map(str::to_owned);
            draft.put(whole, name);
            if let Some(part) = part {
                draft.put(common, part);
            }
            known.push(whole);
        } else {
            draft.put(common, text);
        }
        known.push(common);
    }
    if let Some(usages) = row.usages {
        draft.put("usages", usages);
        known.push("usages");
    }
    if row.status != Some("not yet valid")
        && let Some(expires) = row.expires.as_deref().and_then(expiry)
    {
        draft.put("notAfter", expires);
        known.push("notAfter");
    }
    if let Some(status) = row.status {
        draft.put("checkStatus", status);
    }
    origin.put(&mut draft, position);
    draft.know_only(known);
    gather.list(CERTIFICATE.kind, false);
    gather.add(draft);
}

/// Go's form of a whole name, `CN=a,O=b` from the end to the beginning (`pkix.Name.String`, RFC 2253), in the form of all
/// others; `None` for a common name.
fn go_name(text: &str) -> Option<String> {
    let is_key = |key: &str| {
        !key.is_empty() && key.len() <= 24 && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '.')
    };
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    let whole = parts.iter().all(|part| part.split_once('=').is_some_and(|(key, _)| is_key(key)));
    whole.then(|| parts.into_iter().rev().collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::etcd::tests::read;
    use super::*;

    fn check(text: &str, expect: &[&str]) {
        let reading = read(&READER, &["Certificate"], "case/check.txt", text);
        let found: Vec<String> = reading
            .objects
            .iter()
            .map(|object| {
                let text = |key: &str| match object.fields.get(key) {
                    Some(value) => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
                    None if object.known.covers(key) => "absent".to_owned(),
                    None => "?".to_owned(),
                };
                let keys = ["commonName", "subject", "usages", "notAfter", "checkStatus", "dnsNames"];
                format!("{} {}", object.name, keys.map(text).join(" "))
            })
            .collect();
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn sentences_of_logrus_in_either_form() {
        check(
            "INFO[0000] Server detected, checking agent and server certificates\n\
             \u{1b}[36mINFO\u{1b}[0m[0000] client-admin.crt: certificate system:admin (ClientAuth) is ok, expires at 2035-07-01T07:07:50Z\n\
             time=\"2026-11-22T03:00:00Z\" level=warning msg=\"client-admin.crt: certificate rke2-client-ca@1751526470 (CertSign) will expire within 120 days at 2027-01-01T07:07:50Z\"\n\
             time=\"2026-11-22T03:00:00Z\" level=error msg=\"client-kubelet.crt: certificate CN=system:node:a,O=system:nodes expired at 2026-11-01T07:07:50Z\"\n\
             ERRO[0000] service.key: certificate a is not valid before 2026-12-01T07:07:50Z\n",
            &[
                r#"client-admin.crt system:admin ? ["ClientAuth"] 2035-07-01T07:07:50Z ok ?"#,
                r#"client-admin.crt#1 rke2-client-ca@1751526470 ? ["CertSign"] 2027-01-01T07:07:50Z warning ?"#,
                "client-kubelet.crt system:node:a O=system:nodes, CN=system:node:a ? 2026-11-01T07:07:50Z expired ?",
                "service.key a ? ? ? not yet valid ?",
            ],
        );
    }

    #[test]
    fn tables_of_all_releases() {
        check(
            "\nFILENAME                     SUBJECT                     USAGES       EXPIRES                  RESIDUAL TIME   STATUS\n\
             --------                     -------                     ------       -------                  -------------   ------\n\
             client-kubelet.crt           system:node:a               ClientAuth   Jun 12, 2026 11:12 UTC   1 year          OK\n\
             client-kubelet.crt           rke2-client-ca@1749726675   CertSign     Jun 10, 2035 11:11 UTC   10 years        NOT YET VALID\n",
            &[
                r#"client-kubelet.crt system:node:a ? ["ClientAuth"] 2026-06-12T11:12:00Z ok ?"#,
                r#"client-kubelet.crt#1 rke2-client-ca@1749726675 ? ["CertSign"] ? not yet valid ?"#,
            ],
        );
        check(
            "\nCERTIFICATE          SUBJECT                           STATUS    EXPIRES\n-----------          -------                           ------    -------\n\
             client-admin.crt     CN=system:admin,O=system:masters  EXPIRED   2026-06-12T11:12:13Z\n",
            &[
                "client-admin.crt system:admin O=system:masters, CN=system:admin ? 2026-06-12T11:12:13Z expired ?",
            ],
        );
        check(
            "[check-expiration] Reading configuration from the cluster...\n\n\
             CERTIFICATE                EXPIRES                  RESIDUAL TIME   CERTIFICATE AUTHORITY   EXTERNALLY MANAGED\n\
             admin.conf                 Dec 30, 2026 23:36 UTC   364d            ca                      no\n\n\
             CERTIFICATE AUTHORITY   EXPIRES                  RESIDUAL TIME   EXTERNALLY MANAGED\n\
             ca                      Dec 28, 2035 23:36 UTC   9y              no\n",
            &["admin.conf ? ? ? 2026-12-30T23:36:00Z absent ?", "ca ? ? ? 2035-12-28T23:36:00Z absent ?"],
        );
    }

    #[test]
    fn data_in_json_and_yaml() {
        let expect = [r#"client-admin.crt system:admin ? ["ClientAuth"] 2027-07-01T07:07:50Z ok ?"#];
        check(
            "{\"Certificates\":[{\"Filename\":\"client-admin.crt\",\"Subject\":\"system:admin\",\"Issuer\":\"ca\",\"Usages\":[\"ClientAuth\"],\
             \"ExpiryTime\":\"2027-07-01T07:07:50Z\",\"ResidualTime\":1,\"Status\":\"OK\"}]}\n",
            &expect,
        );
        check(
            "certificates:\n- filename: client-admin.crt\n  subject: system:admin\n  issuer: ca\n  usages:\n  - ClientAuth\n  \
             expirytime: 2027-07-01T07:07:50Z\n  residualtime: 1h\n  status: OK\n",
            &expect,
        );
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "CERTIFICATE   AGE\n",
            "a: certificate has expired\n",
            "certificates: []\n",
            "INFO[0000] a.crt: certificate b (ClientAuth) is ok, expires at 2035-07-01T07:07:50Z\nINFO[0001] Starting k3s\n",
            "{\"Certificates\":1}",
        ] {
            assert!(!sniff("x", text.as_bytes()), "{text}");
        }
    }
}
