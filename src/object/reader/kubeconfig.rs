//! Kubeconfigs (client-go `tools/clientcmd/api/v1`): where they lead, who they are, and the certificates in them. Tokens,
//! passwords and keys are never kept, and only lines without a value that may be secret are quoted.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::base64::decode;
use super::certificate::{CERTIFICATE, Origin, PRIVATE_KEY, file_name};
use super::pem;
use crate::object::derived::{Derived, Expected};
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, lines};
use crate::object::{Document, Reader, Reading, preamble, yaml};

/// A kubeconfig.
pub const KUBECONFIG: Derived = Derived {
    kind: "Kubeconfig",
    what: "one kubeconfig, named by its file",
    expected: Expected::Never,
    bulk: false,
    fields: &[
        ("currentContext", "the name of the context in use; absent if none is"),
        ("servers", "list of the URLs of the API servers"),
        (
            "clusters",
            "list of `name`, `server`, `skipsVerification`, `certificateAuthority` (`data`, `file` or `none`)",
        ),
        ("contexts", "list of `name`, `cluster`, `user`, `namespace`"),
        (
            "users",
            "list of `name`, `auth` (list of `certificate`, `token`, `tokenFile`, `password`, `exec`, `provider`)",
        ),
    ],
};

/// The reader.
pub const READER: Reader =
    Reader { name: "kubeconfig", derives: &[&KUBECONFIG, &CERTIFICATE, &PRIVATE_KEY], sniff, read };

/// The largest kubeconfig that is read.
const TEXT_BYTES: usize = 4 << 20;

/// More clusters, contexts or users than this are left out.
const ENTRIES: usize = 500;

fn sniff(_path: &str, head: &[u8]) -> bool {
    let text = head.trim_ascii_start();
    let holds = |needle: &str| memchr::memmem::find(head, needle.as_bytes()).is_some();
    if text.starts_with(b"{") {
        return holds("\"clusters\"")
            && (holds("\"current-context\"") || holds("\"contexts\""))
            && holds("\"apiVersion\"");
    }
    let at_start = |key: &str| lines(head).any(|line| line.text.starts_with(key));
    let is_config =
        lines(head).any(|line| matches!(line.text.trim_end(), "kind: Config" | "kind: \"Config\""));
    let first = lines(head).find(|line| is_content(&line.text));
    let begins = first.is_some_and(|line| {
        ["apiVersion:", "kind:", "clusters:", "contexts:", "current-context:", "preferences:", "users:"]
            .iter()
            .any(|key| line.text.starts_with(key))
    });
    begins
        && at_start("apiVersion: v1")
        && (at_start("clusters:") && (is_config || holds("- cluster:")) || is_config && at_start("users:"))
}

fn is_content(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && !text.starts_with('#') && text != "---"
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let start = preamble::body_start(document.bytes);
    let body = document.bytes.get(start..).unwrap_or_default();
    let text = String::from_utf8_lossy(body.get(..TEXT_BYTES).unwrap_or(body));
    let Some(first) =
        lines(document.bytes).find(|line| is_content(&line.text) && !preamble::is_noise(&line.text))
    else {
        return gather.finish();
    };
    let value = if text.trim_start().starts_with('{') {
        serde_json::Deserializer::from_str(&text).into_iter::<Value>().next().and_then(Result::ok)
    } else {
        yaml::parse(first_document(&text)).ok()
    };
    let Some(value) = value else {
        super::unreadable(&mut gather, &quiet(&first), "whole kubeconfig");
        return gather.finish();
    };
    config(&mut gather, &value, &quiet(&first));
    certificates(&mut gather, &value);
    gather.finish()
}

/// The text before a second document.
fn first_document(text: &str) -> &str {
    let text = text.trim_start().strip_prefix("---\n").unwrap_or(text);
    text.split_once("\n---").map_or(text, |(first, _)| first)
}

/// A line that may be quoted: compact text has everything in one.
fn quiet<'a>(line: &Line<'a>) -> Line<'a> {
    let safe =
        ["apiVersion:", "kind:", "clusters:", "contexts:", "current-context:", "{", "- name:", "name:"];
    let text = line.text.trim();
    let is_safe = text == "{"
        || (text.len() < 300 && !text.starts_with('{') && safe.iter().any(|key| text.starts_with(key)));
    let text = if is_safe { line.text.clone() } else { Cow::Borrowed("(line of a kubeconfig: not shown)") };
    Line { text, ..line.clone() }
}

/// The entries of `clusters`, `contexts` or `users`: name and what is under `inner`.
fn entries<'v>(value: &'v Value, list: &str, inner: &'v str) -> impl Iterator<Item = (&'v str, &'v Value)> {
    let items = value.get(list).and_then(Value::as_array).into_iter().flatten().take(ENTRIES);
    items.filter_map(move |item| {
        let name = item.get("name").and_then(Value::as_str).unwrap_or_default();
        Some((name, item.get(inner)?))
    })
}

fn config(gather: &mut Gather<'_, '_>, value: &Value, line: &Line<'_>) {
    let document = gather.document;
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let has = |value: &Value, key: &str| value.get(key).is_some_and(|value| !value.is_null() && value != "");
    let clusters: Vec<Value> = entries(value, "clusters", "cluster")
        .map(|(name, cluster)| {
            let authority = match cluster {
                _ if has(cluster, "certificate-authority-data") => "data",
                _ if has(cluster, "certificate-authority") => "file",
                _ => "none",
            };
            json!({"name": name, "server": text(cluster, "server").map(|url| without_user(&url)),
                "skipsVerification": cluster.get("insecure-skip-tls-verify").and_then(Value::as_bool).unwrap_or(false),
                "certificateAuthority": authority})
        })
        .collect();
    let users: Vec<Value> = entries(value, "users", "user")
        .map(|(name, user)| {
            const KINDS: [(&str, &str); 7] = [
                ("client-certificate-data", "certificate"),
                ("client-certificate", "certificate"),
                ("token", "token"),
                ("tokenFile", "tokenFile"),
                ("password", "password"),
                ("exec", "exec"),
                ("auth-provider", "provider"),
            ];
            let kinds: Vec<&str> =
                KINDS.iter().filter(|(key, _)| has(user, key)).map(|(_, kind)| *kind).collect();
            json!({"name": name, "auth": kinds})
        })
        .collect();
    let contexts: Vec<Value> = entries(value, "contexts", "context")
        .map(|(name, context)| {
            json!({"name": name, "cluster": text(context, "cluster"), "user": text(context, "user"),
                "namespace": text(context, "namespace")})
        })
        .collect();
    let servers: Vec<&Value> =
        clusters.iter().filter_map(|cluster| cluster.get("server")).filter(|url| url.is_string()).collect();
    let mut draft = Draft::new(document, KUBECONFIG.kind, file_name(document.path), line);
    if let Some(context) = text(value, "current-context").filter(|context| !context.is_empty()) {
        draft.put("currentContext", context);
    }
    draft.put("servers", json!(servers));
    draft.put("clusters", clusters);
    draft.put("contexts", contexts);
    draft.put("users", users);
    gather.list(KUBECONFIG.kind, false);
    gather.add(draft);
}

/// A URL without the user and password that it may have.
fn without_user(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find('/').unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    let host = host.rsplit('@').next().unwrap_or(host);
    // A query may hold a token.
    let path = path.split(['?', '#']).next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

fn certificates(gather: &mut Gather<'_, '_>, value: &Value) {
    let document = gather.document;
    let file = file_name(document.path);
    let mut found: Vec<(String, &'static str, Vec<u8>)> = Vec::new();
    let pairs = entries(value, "clusters", "cluster")
        .map(|(name, cluster)| ("cluster", name, cluster))
        .chain(entries(value, "users", "user").map(|(name, user)| ("user", name, user)));
    for (what, name, body) in pairs {
        for key in ["certificate-authority-data", "client-certificate-data", "client-key-data"] {
            let Some(text) = body.get(key).and_then(Value::as_str).and_then(decode) else { continue };
            found.push((format!("{file}/{what}/{name}"), key, text));
        }
    }
    for (owner, key, text) in found {
        let line = key_line(document.bytes, key);
        pem::embedded(gather, &text, Origin { source: "kubeconfig", owner: &owner }, &line);
    }
}

/// The line of a key, without its value.
fn key_line<'a>(bytes: &'a [u8], key: &str) -> Line<'a> {
    let line = lines(bytes).find(|line| line.text.contains(key));
    let line = line.or_else(|| lines(bytes).next());
    let line = line.unwrap_or(Line { number: 0, offset: 0, text: "".into() });
    Line { text: format!("{key}: (not shown)").into(), ..line }
}

#[cfg(test)]
mod tests {
    use super::super::etcd::tests::{named, read};
    use super::*;

    const KINDS: [&str; 3] = ["Kubeconfig", "Certificate", "PrivateKey"];

    #[test]
    fn a_kubeconfig_says_where_it_leads_and_not_how_it_gets_in() {
        let ca = super::super::pem::tests::base64_of_the_root();
        let text = format!(
            "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: {ca}\n    server: https://me:hush@10.0.0.1:6443/k8s?token=hush\n  name: local\n\
             contexts:\n- context: {{cluster: local, user: admin}}\n  name: here\ncurrent-context: here\nkind: Config\npreferences: {{}}\nusers:\n\
             - name: admin\n  user:\n    client-certificate-data: DATA+OMITTED\n    token: hush\n- name: cloud\n  user:\n    exec: {{command: hush}}\n"
        );
        let reading = read(&READER, &KINDS, "k/kube_config_cluster.yml", &text);
        assert!(!format!("{reading:?}").contains("hush"));
        assert_eq!(
            named(&reading.objects[0]),
            (
                "kube_config_cluster.yml",
                &json!({"currentContext": "here", "servers": ["https://10.0.0.1:6443/k8s"],
                    "clusters": [{"name": "local", "server": "https://10.0.0.1:6443/k8s", "skipsVerification": false, "certificateAuthority": "data"}],
                    "contexts": [{"name": "here", "cluster": "local", "user": "admin", "namespace": null}],
                    "users": [{"name": "admin", "auth": ["certificate", "token"]}, {"name": "cloud", "auth": ["exec"]}]})
            )
        );
        let certificate = &reading.objects[1];
        assert_eq!(
            (&*certificate.name, &certificate.fields["source"], &certificate.fields["commonName"]),
            ("kube_config_cluster.yml/cluster/local", &json!("kubeconfig"), &json!("shop-ca@1795000000"))
        );
    }

    #[test]
    fn keys_are_seen_and_not_kept_and_compact_text_is_not_quoted() {
        // Encoded: a block of a private key whose body is one letter, again and again.
        let key = "LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFWS0tLS0tClFVRkJRVUZCUVVGQlFVRkJRVUZCUVVGQlFVRkJRVUZCUVVGQlFVRkJRVUZCUVVGQlFVRkJRVUZCUVVGQlFVRkJRVUZCUVVFPQotLS0tLUVORCBFQyBQUklWQVRFIEtFWS0tLS0tCg==";
        let text = format!(
            "{{\"apiVersion\":\"v1\",\"kind\":\"Config\",\"clusters\":[],\"contexts\":[],\"users\":[{{\"name\":\"a\",\"user\":{{\"client-key-data\":\"{key}\",\"token\":\"hush\"}}}}]}}\n"
        );
        let reading = read(&READER, &KINDS, "config", &text);
        let shown = format!("{reading:?}");
        assert!(!shown.contains("hush") && !shown.contains("QUFB") && !shown.contains("LS0t"));
        assert_eq!(
            named(&reading.objects[1]),
            (
                "config/user/a",
                &json!({"type": "EC", "encrypted": false, "position": 0, "source": "kubeconfig", "owner": "config/user/a"})
            )
        );
    }

    #[test]
    fn other_yaml_is_no_kubeconfig() {
        for text in [
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n",
            "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n",
            "apiVersion: audit.k8s.io/v1\nkind: Policy\n",
        ] {
            assert!(!sniff("x", text.as_bytes()), "{text}");
        }
    }
}
