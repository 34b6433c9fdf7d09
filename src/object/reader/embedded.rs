//! Certificates within Kubernetes objects: in Secrets, and as `caBundle` of webhooks, API services and definitions of custom
//! resources (kubernetes `admissionregistration/v1`, `apiregistration/v1`, `apiextensions/v1`).
//!
//! Of a Secret only what is a certificate is kept; that there is a private key is said, and nothing of it.

use serde_json::Value;

use super::base64::decode;
use super::certificate::{CERTIFICATE, Origin, PRIVATE_KEY};
use super::pem;
use crate::object::gather::Gather;
use crate::object::line::Line;

/// The largest value that is looked at, decoded or not.
const VALUE_BYTES: usize = 2 << 20;

/// Kinds that may hold certificates.
const HOLDERS: &[&str] = &[
    "Secret",
    "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
    "APIService",
    "CustomResourceDefinition",
];

/// Whether objects of this kind have to be read for the certificates in them.
pub fn is_wanted(gather: &Gather<'_, '_>, kind: &str) -> bool {
    HOLDERS.contains(&kind) && (gather.wants(CERTIFICATE.kind) || gather.wants(PRIVATE_KEY.kind))
}

/// Takes the certificates out of an object, before it forgets its secrets; `line` makes the line that names it.
pub fn certificates<'a>(
    gather: &mut Gather<'_, '_>,
    kind: &str,
    value: &Value,
    line: impl FnOnce() -> Line<'a>,
) {
    if !is_wanted(gather, kind) {
        return;
    }
    let found = match kind {
        // Each token of a service account repeats the authority of the cluster.
        "Secret"
            if value.get("type").and_then(Value::as_str) == Some("kubernetes.io/service-account-token") =>
        {
            return;
        }
        "Secret" => secret(value),
        "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" => webhooks(value),
        "APIService" => one(value, "/spec/caBundle"),
        "CustomResourceDefinition" => one(value, "/spec/conversion/webhook/clientConfig/caBundle"),
        _ => return,
    };
    if found.is_empty() {
        return;
    }
    let line = line();
    let text = |path: &str| value.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
    let source = if kind == "Secret" { "secret" } else { "caBundle" };
    for (part, pem) in found {
        let owner: Vec<&str> =
            [kind, namespace, name, part.as_str()].into_iter().filter(|part| !part.is_empty()).collect();
        pem::embedded(gather, &pem, Origin { source, owner: &owner.join("/") }, &line);
    }
}

/// PEM text, with the part of the object that it belongs to.
type Found = Vec<(String, Vec<u8>)>;

fn secret(value: &Value) -> Found {
    let entries = |key: &str| value.get(key).and_then(Value::as_object).into_iter().flatten().take(1000);
    let encoded = entries("data").filter_map(|(key, text)| Some((key, decoded(text)?)));
    let plain =
        entries("stringData").filter_map(|(key, text)| Some((key, text.as_str()?.as_bytes().to_vec())));
    encoded.chain(plain).filter(|(_, text)| is_pem(text)).map(|(key, text)| (key.clone(), text)).collect()
}

fn decoded(text: &Value) -> Option<Vec<u8>> {
    // `-----BEGIN` begins so; white space before it is not worth decoding every password for.
    text.as_str()
        .filter(|text| text.len() <= VALUE_BYTES && text.starts_with("LS0tLS1CRUdJTi"))
        .and_then(decode)
}

fn is_pem(text: &[u8]) -> bool {
    text.len() <= VALUE_BYTES && text.starts_with(b"-----BEGIN ")
}

fn webhooks(value: &Value) -> Found {
    let list = value.get("webhooks").and_then(Value::as_array).into_iter().flatten().take(200);
    list.filter_map(|webhook| {
        let name = webhook.get("name").and_then(Value::as_str).unwrap_or_default();
        Some((name.to_owned(), decoded(webhook.pointer("/clientConfig/caBundle")?)?))
    })
    .collect()
}

fn one(value: &Value, path: &str) -> Found {
    value.pointer(path).and_then(decoded).map(|text| (String::new(), text)).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::super::etcd::tests::read;
    use super::super::pem::tests::{ROOT, base64_of_the_root};
    use super::super::{k8s_json, k8s_yaml};
    use serde_json::json;

    const KINDS: [&str; 3] = ["Certificate", "PrivateKey", "Secret"];

    #[test]
    fn a_secret_shows_its_certificate_and_hides_its_key() {
        let ca = base64_of_the_root();
        let key = "LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFWS0tLS0tClFVRkJRVUZCUVVGQlFVRkJRVUZCUVVGQlFVRkJRVUZCUVVGQlFVRkJRVUZCUVVGQlFVRkJRVUZCUVVGQlFVRkJRVUZCUVVFPQotLS0tLUVORCBFQyBQUklWQVRFIEtFWS0tLS0tCg==";
        let text = format!(
            "apiVersion: v1\nkind: Secret\ntype: kubernetes.io/tls\nmetadata:\n  name: web-tls\n  namespace: shop\ndata:\n  tls.crt: {ca}\n  tls.key: {key}\n  password: aHVzaA==\n"
        );
        let reading = read(&k8s_yaml::READER, &KINDS, "secrets.yaml", &text);
        let shown = format!("{reading:?}");
        assert!(!shown.contains("QUFB") && !shown.contains("LS0t") && !shown.contains("aHVza"), "{shown}");
        let found: Vec<_> =
            reading.objects.iter().map(|it| (&*it.kind, &*it.name, it.quotes[0].line)).collect();
        assert_eq!(
            found,
            [
                ("Certificate", "Secret/shop/web-tls/tls.crt", 4),
                ("PrivateKey", "Secret/shop/web-tls/tls.key", 4),
                ("Secret", "web-tls", 4),
            ]
        );
        assert_eq!(reading.objects[0].fields["source"], json!("secret"));
        let plain = serde_json::to_string(ROOT).unwrap();
        let text = format!(
            "{{\"kind\":\"Secret\",\"apiVersion\":\"v1\",\"metadata\":{{\"name\":\"a\"}},\"stringData\":{{\"ca.crt\":{plain}}}}}"
        );
        let reading = read(&k8s_json::READER, &KINDS, "s.json", &text);
        assert_eq!(&*reading.objects[0].name, "Secret/a/ca.crt");
        assert!(!format!("{reading:?}").contains("MIIB"));
    }

    #[test]
    fn bundles_of_webhooks_have_their_owner() {
        let ca = base64_of_the_root();
        let text = format!(
            "{{\"kind\":\"ValidatingWebhookConfiguration\",\"apiVersion\":\"admissionregistration.k8s.io/v1\",\"metadata\":{{\"name\":\"w\"}},\
             \"webhooks\":[{{\"name\":\"a.example\",\"clientConfig\":{{\"caBundle\":\"{ca}\"}}}},{{\"name\":\"b.example\",\"clientConfig\":{{\"caBundle\":\"Cg==\"}}}}]}}"
        );
        let reading = read(&k8s_json::READER, &["Certificate"], "w.json", &text);
        let found: Vec<_> = reading
            .objects
            .iter()
            .map(|it| (&*it.name, &it.fields["source"], &it.fields["notAfter"]))
            .collect();
        assert_eq!(
            found,
            [(
                "ValidatingWebhookConfiguration/w/a.example",
                &json!("caBundle"),
                &json!("2051-11-01T00:00:00Z")
            )]
        );
    }
}
