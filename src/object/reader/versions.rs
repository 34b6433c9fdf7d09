//! What programs say of their version → `HostVersion`.
//!
//! The Rancher collector's `versions` and `<distribution>/version` (`rke2 --version`), docker, containerd, runc, crictl and
//! etcdctl by their own words, `kubectl version` in its three forms (`Client Version: v1.32.7`, before 1.28 `version.Info{…}`,
//! JSON or YAML), the `/version` of the API and of etcd. Formats: kubectl `version.go`, cri-tools `version.go`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Reader;
use super::host::{Places, conclude, ends_in, first_lines};
use crate::object::derived::{Derived, Expected};
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, cut, lines};
use crate::object::{Document, Reading, preamble};

/// A program's version.
pub const VERSION: Derived = Derived {
    kind: "HostVersion",
    what: "the version of one program, named after it",
    expected: Expected::Never,
    bulk: false,
    fields: &[
        (
            "component",
            "`rke2`, `k3s`, `docker`, `containerd`, `runc`, `crictl`, `kubectl`, `kube-apiserver`, `etcd`, …",
        ),
        ("version", "as the program writes it: `v1.32.7+rke2r1`, `20.10.24`"),
    ],
};

/// The reader.
pub const READER: Reader = Reader { name: "versions", derives: &[&VERSION], sniff, read };

const PLACES: Places = Places {
    files: &[
        "rke2/version",
        "k3s/version",
        "crictl/version",
        "crictl/containerd-version",
        "crictl/runc-version",
        "crictl/crictl-version",
        "kubectl/version",
        "kubectl-version.json",
        "server-version.json",
        "cluster-info/cluster_version.json",
    ],
    commands: &["kubectl version"],
};

/// More JSON than this is no version.
const JSON_BYTES: usize = 1 << 20;

fn sniff(path: &str, head: &[u8]) -> bool {
    let mut said = first_lines(head).take(12).peekable();
    if PLACES.hold(path) {
        return true;
    }
    let Some(first) = said.peek() else { return false };
    let text = &first.text;
    if text.starts_with('{') {
        let head = String::from_utf8_lossy(head.get(..400).unwrap_or(head));
        return head.contains("\"clientVersion\"")
            || (head.contains("\"major\"") && head.contains("\"gitVersion\""))
            || (head.contains("\"etcdserver\"") && head.contains("\"etcdcluster\""));
    }
    text.starts_with("Client Version: ")
        || *text == "clientVersion:"
        || of_program(text).is_some()
        || (ends_in(path, "versions") && said.any(|line| of_program(&line.text).is_some()))
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let body = document.bytes.get(preamble::body_start(document.bytes)..).unwrap_or_default();
    let found = if body.starts_with(b"{") { json(&mut gather, body) } else { text(&mut gather) };
    conclude(gather, if found { &[VERSION.kind] } else { &[] }, "version")
}

fn add(gather: &mut Gather<'_, '_>, component: &str, version: &str, line: &Line<'_>) {
    let mut draft = Draft::new(gather.document, VERSION.kind, component, line);
    draft.put("component", component);
    draft.put("version", cut(version));
    gather.add(draft);
}

fn text(gather: &mut Gather<'_, '_>) -> bool {
    let (mut section, mut runtime, mut error) = (None, None, None);
    let mut found = BTreeSet::new();
    for line in lines(gather.document.bytes).take(1000) {
        let text = line.text.trim_end();
        if preamble::is_error(text) {
            error.get_or_insert(line);
            continue;
        }
        if let Some(name) = text.strip_prefix("RuntimeName:") {
            runtime = Some(cut(name.trim()).to_owned());
            continue;
        }
        // YAML: `clientVersion:` and the lines under it.
        if let Some(component) = text.strip_suffix(':').and_then(side) {
            section = Some(component);
            continue;
        }
        let version = match (text.strip_prefix("RuntimeVersion:"), &runtime, section) {
            (Some(version), Some(runtime), _) => Some((runtime.as_str(), version.trim())),
            (_, _, Some(section)) => {
                text.strip_prefix("  gitVersion:").map(|version| (section, version.trim()))
            }
            _ => of_kubectl(text).or_else(|| of_program(text)),
        };
        if let Some((component, version)) = version.filter(|(_, version)| is_version(version)) {
            add(gather, component, version, &line);
            found.insert(component.to_owned());
        }
    }
    // The collector's `versions` also holds tables, of which one may be an error; a client without its server is one.
    let unanswered = found.contains("kubectl") && !found.contains("kube-apiserver");
    if let Some(error) = error.filter(|_| unanswered || found.is_empty()) {
        gather.fail(&error);
    }
    !found.is_empty()
}

/// Whose version a key of kubectl's JSON and YAML holds.
fn side(key: &str) -> Option<&'static str> {
    match key {
        "clientVersion" => Some("kubectl"),
        "serverVersion" => Some("kube-apiserver"),
        _ => None,
    }
}

/// `Server Version: v1.32.7` or `Server Version: version.Info{Major:"1", …, GitVersion:"v1.20.2", …}`.
fn of_kubectl(text: &str) -> Option<(&'static str, &str)> {
    let (component, version) = match text.strip_prefix("Client Version: ") {
        Some(version) => ("kubectl", version),
        None => ("kube-apiserver", text.strip_prefix("Server Version: ")?),
    };
    let version = match version.strip_prefix("version.Info{") {
        Some(parts) => parts.split_once("GitVersion:\"")?.1.split('"').next()?,
        None => version,
    };
    Some((component, version))
}

/// `rke2 version v1.32.7+rke2r1 (43f7…)`, `Docker version 20.10.24, build 297e128`, `containerd <module> v2.0.5 <commit>`.
fn of_program(text: &str) -> Option<(&'static str, &str)> {
    const PROGRAMS: [(&str, &str); 9] = [
        ("rke2", "rke2"),
        ("k3s", "k3s"),
        ("rke", "rke"),
        ("runc", "runc"),
        ("crictl", "crictl"),
        ("Docker", "docker"),
        ("docker", "docker"),
        ("etcdctl", "etcdctl"),
        ("helm", "helm"),
    ];
    let mut words = text.split_whitespace();
    let (first, second, third) = (words.next()?, words.next()?, words.next()?.trim_end_matches(','));
    let component = match (first, second) {
        (program, "version" | "version:") => PROGRAMS.iter().find(|(name, _)| *name == program)?.1,
        ("containerd", module) if module.contains('.') => "containerd",
        _ => return None,
    };
    is_version(third).then_some((component, third))
}

/// Whether this can be a version: digits and a point behind an optional `v`.
fn is_version(text: &str) -> bool {
    let number = text.strip_prefix('v').unwrap_or(text);
    number.len() < 128
        && number.starts_with(|c: char| c.is_ascii_digit())
        && number.contains('.')
        && !number.contains(char::is_whitespace)
}

fn json(gather: &mut Gather<'_, '_>, body: &[u8]) -> bool {
    let start = (gather.document.bytes.len() - body.len()) as u64;
    let Some(line) =
        lines(gather.document.bytes).find(|line| line.offset >= start || line.text.starts_with('{'))
    else {
        return false;
    };
    let body = body.get(..JSON_BYTES).unwrap_or(body);
    // Behind the value may stand the error of a server that did not answer.
    let Some(Ok(value)) = serde_json::Deserializer::from_slice(body).into_iter::<Value>().next() else {
        return false;
    };
    let mut found = false;
    let sides = ["clientVersion", "serverVersion"]
        .map(|key| (side(key), value.pointer(&format!("/{key}/gitVersion"))));
    let api = [value.pointer("/info/gitVersion"), value.get("gitVersion")];
    let etcd = value.get("etcdserver").filter(|_| value.get("etcdcluster").is_some());
    let all = sides
        .into_iter()
        .chain(api.map(|version| (side("serverVersion"), version)))
        .chain([(Some("etcd"), etcd)]);
    for (component, version) in all {
        let (Some(component), Some(version)) = (component, version.and_then(Value::as_str)) else { continue };
        if is_version(version) {
            // The line that shows this version, where the JSON is laid out in lines.
            let shown = lines(gather.document.bytes).take(1000).find(|line| line.text.contains(version));
            add(gather, component, version, shown.as_ref().unwrap_or(&line));
            found = true;
        }
    }
    let errors = lines(gather.document.bytes).find(|line| preamble::is_error(&line.text));
    errors.iter().for_each(|line| gather.fail(line));
    found
}

#[cfg(test)]
mod tests {
    use super::super::host::tests::{check, check_foreign};
    use super::*;

    fn version(component: &str, version: &str) -> String {
        format!(r#"HostVersion {component} {{"component":"{component}","version":"{version}"}}"#)
    }

    fn check_versions(path: &str, text: &str, expect: &[(&str, &str)]) {
        let mut lines: Vec<String> =
            expect.iter().map(|(component, found)| version(component, found)).collect();
        lines.push("lists HostVersion".to_owned());
        check(&READER, path, text, &lines.iter().map(String::as_str).collect::<Vec<_>>());
    }

    #[test]
    fn programs_say_it_in_their_own_words() {
        check_versions(
            "n/versions",
            "Sun Nov 22 03:08:02 UTC 2026\nLinux rke2-srv02 6.18.44 #1 SMP x86_64 GNU/Linux\nDebian GNU/Linux 12 (bookworm)\nrke2 version v1.34.1+rke2r1 (a1b2)\ngo version go1.27.3\n",
            &[("rke2", "v1.34.1+rke2r1")],
        );
        check_versions(
            "n/versions",
            "Docker version 20.10.24, build 297e128\nerror: the server doesn't have a resource type \"apps\"\n",
            &[("docker", "20.10.24")],
        );
        check_versions("pasted", "Docker version 20.10.24, build 297e128\n", &[("docker", "20.10.24")]);
        check_versions(
            "pasted",
            "containerd github.com/k3s-io/containerd v2.1.4-k3s1 a753\n",
            &[("containerd", "v2.1.4-k3s1")],
        );
        check_versions(
            "n/rke2/crictl/runc-version",
            "runc version 1.3.1\ncommit: v1.2.6-0-ge89a2992\nspec: 1.2.0\n",
            &[("runc", "1.3.1")],
        );
        check_versions(
            "n/rke2/crictl/version",
            "Version:  0.1.0\nRuntimeName:  containerd\nRuntimeVersion:  v2.1.4-k3s1\nRuntimeApiVersion:  v1\n",
            &[("containerd", "v2.1.4-k3s1")],
        );
    }

    #[test]
    fn kubectl_has_had_three_forms() {
        let both = [("kubectl", "v1.20.2"), ("kube-apiserver", "v1.32.7+rke2r1")];
        check_versions(
            "pasted",
            "Client Version: v1.20.2\nKustomize Version: v5.5.0\nServer Version: v1.32.7+rke2r1\n",
            &both,
        );
        check_versions(
            "pasted",
            "Client Version: version.Info{Major:\"1\", Minor:\"20\", GitVersion:\"v1.20.2\", GitCommit:\"f\"}\nServer Version: version.Info{Major:\"\", GitVersion:\"v1.32.7+rke2r1\"}\n",
            &both,
        );
        check_versions(
            "pasted",
            "{\n  \"clientVersion\": {\n    \"major\": \"1\",\n    \"gitVersion\": \"v1.20.2\"\n  },\n  \"serverVersion\": {\n    \"gitVersion\": \"v1.32.7+rke2r1\"\n  }\n}\n",
            &both,
        );
        check_versions(
            "pasted",
            "clientVersion:\n  gitVersion: v1.20.2\n  major: \"1\"\nserverVersion:\n  gitVersion: v1.32.7+rke2r1\n",
            &both,
        );
    }

    #[test]
    fn servers_answer_for_themselves() {
        check_versions(
            "cluster-info/cluster_version.json",
            "{\n  \"info\": {\n    \"major\": \"1\",\n    \"gitVersion\": \"v1.31.2+k3s1\"\n  },\n  \"string\": \"v1.31.2+k3s1\"\n}\n",
            &[("kube-apiserver", "v1.31.2+k3s1")],
        );
        check_versions(
            "pasted",
            "{\"etcdserver\":\"3.4.23\",\"etcdcluster\":\"3.4.0\"}\n",
            &[("etcd", "3.4.23")],
        );
    }

    #[test]
    fn a_server_that_does_not_answer_is_a_failure() {
        let said = "The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?";
        check(
            &READER,
            "n/rke2/kubectl/version",
            &format!("Client Version: v1.32.7\n{said}\n"),
            &[&version("kubectl", "v1.32.7"), "lists HostVersion", &format!("failed: {said}")],
        );
        check(&READER, "n/rke2/version", "", &[]);
        check(&READER, "n/rke2/version", "go version go1.27.3\n", &["line 1"]);
        check_foreign(
            &READER,
            &[
                "{\"kind\":\"List\"}",
                "rke2 version of the story\n",
                "version: 1\n",
                "name: app\nversion: 1.2\n",
            ],
        );
    }
}
