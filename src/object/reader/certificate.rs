//! Certificates from wherever they are: the kinds, and DER → fields.
//!
//! Fields are RFC 5280's, in the words of openssl (names) and Go (usages: `crypto/x509`, as `k3s certificate check` shows
//! them). Of a private key nothing is kept but that it is there.

use serde_json::{Value, json};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{ExtendedKeyUsage, GeneralName, KeyUsage, ParsedExtension};
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;
use x509_parser::x509::X509Name;

use crate::base::words::hex;
use crate::object::derived::{Derived, Expected};
use crate::object::gather::{Draft, Gather};
use crate::object::line::Line;

/// One certificate.
pub const CERTIFICATE: Derived = Derived {
    kind: "Certificate",
    what: "one certificate, named by its file or owner; of several the later ones have `#1`, `#2`, … behind it",
    expected: Expected::Never,
    bulk: false,
    fields: &[
        ("subject", "`O=system:nodes, CN=x`"),
        ("issuer", "as the subject"),
        ("commonName", "of the subject"),
        ("issuerCommonName", "of the issuer"),
        ("notBefore", "RFC 3339"),
        ("notAfter", "RFC 3339; years up to 9999 are possible"),
        ("dnsNames", "list; absent without a SAN"),
        ("ipAddresses", "list; absent without a SAN"),
        ("isCA", "whether it may sign"),
        ("usages", "list: `ServerAuth`, `ClientAuth`, `CertSign`, `DigitalSignature`, …"),
        ("serial", "lower-case hexadecimal, no leading zeros"),
        ("keyId", "lower-case hexadecimal, no colons"),
        ("authorityKeyId", "lower-case hexadecimal, no colons"),
        ("selfSigned", "whether it signed itself, by its names and key ids"),
        ("position", "which certificate of the file or value, from 0"),
        ("source", "`file`, `kubeconfig`, `secret`, `caBundle` or `certificate check`"),
        ("owner", "the file, user, cluster, secret or webhook that it belongs to"),
        ("checkStatus", "what `certificate check` says of it: `ok`, `warning`, `expired`, `not yet valid`"),
    ],
};

/// A private key that somebody left in a bundle.
pub const PRIVATE_KEY: Derived = Derived {
    kind: "PrivateKey",
    what: "a private key that is in the bundle, named as the certificates are; nothing of the key is kept",
    expected: Expected::Never,
    bulk: false,
    fields: &[
        ("type", "`RSA`, `EC`, `DSA`, `PKCS8`, `OPENSSH`"),
        ("encrypted", "whether a password protects it"),
        ("position", "which key of the file or value, from 0"),
        ("source", "`file`, `kubeconfig` or `secret`"),
        ("owner", "as of a certificate"),
    ],
};

/// Where a certificate or a key comes from.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'o> {
    /// What kind of place.
    pub source: &'static str,
    /// Whose it is.
    pub owner: &'o str,
}

impl Origin<'_> {
    /// The name of the object at this position.
    pub fn name(&self, position: usize) -> String {
        if position == 0 { self.owner.to_owned() } else { format!("{}#{position}", self.owner) }
    }

    /// Puts where the object comes from.
    pub fn put(&self, draft: &mut Draft<'_>, position: usize) {
        draft.put("position", position as u64);
        draft.put("source", self.source);
        draft.put("owner", self.owner);
    }
}

/// The last part of a path.
pub fn file_name(path: &str) -> &str {
    path.rsplit(['/', '!', '\\']).next().unwrap_or(path)
}

/// Adds the certificate whose DER this is; returns whether it could be read.
pub fn add(
    gather: &mut Gather<'_, '_>,
    der: &[u8],
    origin: Origin<'_>,
    position: usize,
    line: &Line<'_>,
) -> bool {
    let Some(fields) = fields(der) else { return false };
    let mut draft = Draft::new(gather.document, CERTIFICATE.kind, origin.name(position), line);
    for (path, value) in fields {
        draft.put(path, value);
    }
    origin.put(&mut draft, position);
    gather.list(CERTIFICATE.kind, false);
    gather.add(draft);
    true
}

/// The fields of a certificate; `None` if it cannot be read. What follows it (as in `TRUSTED CERTIFICATE`) is left out.
pub fn fields(der: &[u8]) -> Option<Vec<(&'static str, Value)>> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let validity = certificate.validity();
    let (subject, issuer) = (name(certificate.subject()), name(certificate.issuer()));
    let mut found = vec![
        ("subject", json!(subject)),
        ("issuer", json!(issuer)),
        ("notBefore", json!(date(validity.not_before))),
        ("notAfter", json!(date(validity.not_after))),
        ("serial", json!(serial(&hex(certificate.raw_serial())))),
        ("isCA", json!(certificate.is_ca())),
    ];
    for (path, name) in [("commonName", certificate.subject()), ("issuerCommonName", certificate.issuer())] {
        found.extend(common_name(name).map(|name| (path, json!(name))));
    }
    let (mut usages, mut key_id, mut authority) = (Vec::new(), None, None);
    for extension in certificate.extensions().iter().take(100) {
        match extension.parsed_extension() {
            ParsedExtension::SubjectAlternativeName(names) => {
                let (dns, ip) = alternative(&names.general_names);
                found.extend([("dnsNames", json!(dns)), ("ipAddresses", json!(ip))]);
            }
            ParsedExtension::SubjectKeyIdentifier(id) => key_id = Some(hex(id.0)),
            ParsedExtension::AuthorityKeyIdentifier(id) => {
                authority = id.key_identifier.as_ref().map(|id| hex(id.0));
            }
            ParsedExtension::KeyUsage(usage) => usages.extend(key_usages(usage)),
            ParsedExtension::ExtendedKeyUsage(usage) => usages.extend(extended_usages(usage)),
            _ => {}
        }
    }
    found.push(("usages", json!(usages)));
    found.push((
        "selfSigned",
        json!(is_self_signed(&subject, &issuer, key_id.as_deref(), authority.as_deref())),
    ));
    found.extend(key_id.map(|id| ("keyId", json!(id))));
    found.extend(authority.map(|id| ("authorityKeyId", json!(id))));
    Some(found)
}

/// Whether names and key ids are those of a certificate that signed itself.
pub fn is_self_signed(subject: &str, issuer: &str, key_id: Option<&str>, authority: Option<&str>) -> bool {
    subject == issuer && (authority.is_none() || authority == key_id)
}

/// Hexadecimal without the zeros at its beginning, which openssl and DER write differently.
pub fn serial(hex: &str) -> &str {
    let short = hex.trim_start_matches('0');
    if short.is_empty() { "0" } else { short }
}

fn key_usages(usage: &KeyUsage) -> impl Iterator<Item = &'static str> {
    [
        (usage.digital_signature(), "DigitalSignature"),
        (usage.non_repudiation(), "NonRepudiation"),
        (usage.key_encipherment(), "KeyEncipherment"),
        (usage.data_encipherment(), "DataEncipherment"),
        (usage.key_agreement(), "KeyAgreement"),
        (usage.key_cert_sign(), "CertSign"),
        (usage.crl_sign(), "CRLSign"),
        (usage.encipher_only(), "EncipherOnly"),
        (usage.decipher_only(), "DecipherOnly"),
    ]
    .into_iter()
    .filter_map(|(set, word)| set.then_some(word))
}

fn extended_usages(usage: &ExtendedKeyUsage<'_>) -> impl Iterator<Item = &'static str> {
    [
        (usage.any, "Any"),
        (usage.server_auth, "ServerAuth"),
        (usage.client_auth, "ClientAuth"),
        (usage.code_signing, "CodeSigning"),
        (usage.email_protection, "EmailProtection"),
        (usage.time_stamping, "TimeStamping"),
        (usage.ocsp_signing, "OCSPSigning"),
    ]
    .into_iter()
    .filter_map(|(set, word)| set.then_some(word))
}

/// RFC 3339. Instants of jiff end a day before the year 9999 does, and `99991231235959Z` means that there is no end.
fn date(time: ASN1Time) -> String {
    let at = time.to_datetime();
    let (year, month, day) = (at.year(), at.month() as u8, at.day());
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", at.hour(), at.minute(), at.second())
}

fn alternative(names: &[GeneralName<'_>]) -> (Vec<String>, Vec<String>) {
    const NAMES: usize = 10_000;
    let (mut dns, mut ip) = (Vec::new(), Vec::new());
    for name in names.iter().take(NAMES) {
        match name {
            GeneralName::DNSName(name) => dns.push((*name).to_owned()),
            GeneralName::IPAddress(bytes) => ip.extend(address(bytes)),
            _ => {}
        }
    }
    (dns, ip)
}

fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(std::net::Ipv4Addr::from(four).to_string());
    }
    <[u8; 16]>::try_from(bytes).ok().map(|sixteen| std::net::Ipv6Addr::from(sixteen).to_string())
}

/// `O=system:nodes, CN=a`, in the order of the certificate, as `openssl` prints names; parts that stand together are
/// joined by ` + `.
fn name(name: &X509Name<'_>) -> String {
    let parts = name.iter_rdn().take(100).map(|rdn| {
        let pairs = rdn.iter().take(10).map(|pair| {
            let oid = pair.attr_type().to_id_string();
            let key = SHORT.iter().find(|(id, _)| *id == oid).map_or(oid.as_str(), |(_, short)| short);
            let value = text(pair.as_str().ok(), pair.as_slice());
            let quoted = if value.contains(',') { format!("\"{value}\"") } else { value };
            format!("{key}={quoted}")
        });
        pairs.collect::<Vec<_>>().join(" + ")
    });
    parts.collect::<Vec<_>>().join(", ")
}

fn common_name(name: &X509Name<'_>) -> Option<String> {
    name.iter_common_name().next().map(|pair| text(pair.as_str().ok(), pair.as_slice()))
}

fn text(text: Option<&str>, bytes: &[u8]) -> String {
    text.map_or_else(|| String::from_utf8_lossy(bytes).into_owned(), str::to_owned)
}

/// The short names of openssl (`crypto/objects/objects.txt`).
const SHORT: &[(&str, &str)] = &[
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "street"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "title"),
    ("2.5.4.17", "postalCode"),
    ("2.5.4.42", "GN"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("0.9.2342.19200300.100.1.1", "UID"),
];
