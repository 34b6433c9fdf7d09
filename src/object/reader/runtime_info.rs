//! What the container runtime says of itself: `crictl info`, `crictl version`, `crictl imagefsinfo`, and the lines of
//! `containerd --version`, `runc --version`, `crictl --version`.
//!
//! Sources: cri-tools `cmd/crictl/{info,version,image}.go`, containerd `internal/cri/server/status.go`. The rest of `crictl info`
//! is configuration, with the secrets of registries: it is not kept.

use serde_json::{Value, json};

use super::Reader;
use super::container::{RUNTIME, bytes, conditions, put_some};
use super::etcd::{items, line_with};
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, lines};
use crate::object::{Document, Reading, preamble};

/// The reader.
pub const READER: Reader = Reader { name: "runtime-info", derives: &[&RUNTIME], sniff, read };

/// The largest `crictl info` that is read.
const JSON_BYTES: usize = 4 << 20;

/// Which command wrote the file.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Info,
    FileSystems,
    FileSystemsText,
    Version,
    VersionLine(&'static str),
    Error,
}

fn sniff(path: &str, head: &[u8]) -> bool {
    form(path, head).is_some()
}

fn form(path: &str, head: &[u8]) -> Option<Form> {
    const FILES: [&str; 5] =
        ["crictl/info", "crictl/version", "crictl/imagefsinfo", "crictl-info.txt", "ctr-version.txt"];
    let is_ours = || FILES.iter().any(|file| path.ends_with(file));
    let Some(first) =
        lines(head).find(|line| !line.text.trim().is_empty() && !preamble::is_noise(&line.text))
    else {
        return is_ours().then_some(Form::Error);
    };
    let text = first.text.trim();
    let holds = |needle: &str| memchr::memmem::find(head, needle.as_bytes()).is_some();
    if text.starts_with('{') {
        let info = holds("\"cniconfig\"")
            || holds("\"lastCNILoadStatus\"")
            || holds("\"RuntimeReady\"") && holds("\"conditions\"");
        let filesystems = holds("\"imageFilesystems\"") || holds("\"imageFilesystem\"");
        return if info { Some(Form::Info) } else { filesystems.then_some(Form::FileSystems) };
    }
    const LINES: [(&str, &str); 3] =
        [("crictl version ", "crictl"), ("containerd ", "containerd"), ("runc version ", "runc")];
    let version_line = LINES.iter().find(|(start, _)| text.starts_with(start));
    let short = head.len() < 1000 && lines(head).count() <= 8;
    match version_line {
        Some((_, name)) if short && last_version(text).is_some() => return Some(Form::VersionLine(name)),
        _ => {}
    }
    if text.starts_with("Version:") && holds("RuntimeName:") && short {
        Some(Form::Version)
    } else if holds("Filesystem") && holds("TimeStamp[0]:") {
        Some(Form::FileSystemsText)
    } else {
        (is_ours() && preamble::is_error(text)).then_some(Form::Error)
    }
}

/// The first word of a version line that is a version.
fn last_version(text: &str) -> Option<&str> {
    text.split_whitespace().find(|word| {
        let digits = word.strip_prefix('v').unwrap_or(word);
        digits.starts_with(|c: char| c.is_ascii_digit()) && digits.contains('.')
    })
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let bytes = document.bytes;
    let head = bytes.get(..8192).unwrap_or(bytes);
    let start = preamble::body_start(head);
    let Some(form) = form(document.path, head.get(start..).unwrap_or_default()) else {
        return gather.finish();
    };
    match form {
        Form::Error => {
            if let Some(line) = preamble::error_in_place(bytes) {
                gather.fail(&line);
            }
        }
        Form::Info => json_form(&mut gather, "crictl info", info),
        Form::FileSystems => json_form(&mut gather, "crictl imagefsinfo", filesystems),
        Form::FileSystemsText => filesystems_text(&mut gather),
        Form::Version => version(&mut gather),
        Form::VersionLine(name) => version_line(&mut gather, name),
    }
    gather.finish()
}

/// Reads the JSON, with the function that puts it into an object; returns what is known.
fn json_form(
    gather: &mut Gather<'_, '_>,
    source: &'static str,
    fill: fn(&Value, &mut Draft<'_>) -> Vec<&'static str>,
) {
    let document = gather.document;
    let Some(line) = lines(document.bytes).find(|line| line.text.trim_start().starts_with('{')) else {
        return;
    };
    let rest = usize::try_from(line.offset).ok().and_then(|at| document.bytes.get(at..)).unwrap_or_default();
    let rest = rest.get(..JSON_BYTES).unwrap_or(rest);
    let rest = rest.strip_prefix(b"\xef\xbb\xbf").unwrap_or(rest);
    let Some(Ok(value)) = serde_json::Deserializer::from_slice(rest).into_iter::<Value>().next() else {
        return super::unreadable(gather, &line, "whole JSON");
    };
    // The whole line may be configuration: compact text is not quoted.
    let compact = |line: &Line<'_>| line.text.len() > 2000;
    let mut draft = if compact(&line) {
        let quiet = Line { text: format!("({source}, compact: not shown)").into(), ..line.clone() };
        Draft::new(document, RUNTIME.kind, source, &quiet)
    } else {
        Draft::new(document, RUNTIME.kind, source, &line)
    };
    let known = fill(&value, &mut draft);
    for (path, text) in [
        ("networkReady", "\"NetworkReady\""),
        ("runtimeReady", "\"RuntimeReady\""),
        ("lastCNILoadStatus", "\"lastCNILoadStatus\""),
    ] {
        if known.contains(&path) && !compact(&line) {
            let shown = far_line(document.bytes, &line, text);
            draft.shown.near(path, &shown);
        }
    }
    finish(gather, draft, source, &known);
}

/// The line that holds this text, however far below: `status` is the last key of `crictl info`.
fn far_line<'a>(bytes: &'a [u8], first: &Line<'a>, text: &str) -> Line<'a> {
    memchr::memmem::find(bytes, text.as_bytes())
        .and_then(|at| {
            let start = bytes.get(..at)?.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            let number = crate::object::line::number_at(bytes, start);
            crate::object::line::lines_from(bytes.get(start..)?, number, start as u64).next()
        })
        .unwrap_or_else(|| line_with(bytes, first, text))
}

fn finish(gather: &mut Gather<'_, '_>, mut draft: Draft<'_>, source: &'static str, known: &[&'static str]) {
    draft.put("source", source);
    draft.know_only(known.iter().copied().chain(["source"]));
    // Only the status tells whether the runtime works: without it something is missing.
    if source == "crictl info" {
        gather.list(RUNTIME.kind, true);
    }
    gather.add(draft);
}

fn info(value: &Value, draft: &mut Draft<'_>) -> Vec<&'static str> {
    let mut known = Vec::new();
    if let Some(list) = value.pointer("/status/conditions") {
        for (kind, path) in [("RuntimeReady", "runtimeReady"), ("NetworkReady", "networkReady")] {
            let ready = items(Some(list))
                .find(|item| item.get("type").and_then(Value::as_str) == Some(kind))
                .and_then(|item| item.get("status").and_then(Value::as_bool));
            if let Some(ready) = ready {
                draft.put(path, ready);
                known.push(path);
            }
        }
        draft.put("conditions", conditions(list));
        known.push("conditions");
    }
    // The name of the second key is that of the network configuration; without it the first is of all.
    let loaded = value.get("lastCNILoadStatus").and_then(Value::as_str);
    if let Some(loaded) = loaded {
        draft.put("lastCNILoadStatus", loaded);
        known.push("lastCNILoadStatus");
    }
    let systemd =
        value.pointer("/config/containerd/runtimes/runc/options/SystemdCgroup").and_then(Value::as_bool);
    if let Some(systemd) = systemd {
        draft.put("cgroupDriver", if systemd { "systemd" } else { "cgroupfs" });
        known.push("cgroupDriver");
    }
    known
}

fn filesystems(value: &Value, draft: &mut Draft<'_>) -> Vec<&'static str> {
    let status = value.get("status").unwrap_or(value);
    let number = |item: &Value, key: &str| {
        let number = item.get(key).map(|number| number.get("value").unwrap_or(number))?;
        number.as_u64().or_else(|| number.as_str()?.parse().ok())
    };
    let list = status.get("imageFilesystems").or_else(|| status.get("imageFilesystem"));
    let found: Vec<Value> = items(list)
        .map(|item| {
            json!({"mountpoint": item.pointer("/fsId/mountpoint").and_then(Value::as_str),
                "usedBytes": number(item, "usedBytes"), "inodesUsed": number(item, "inodesUsed")})
        })
        .collect();
    draft.put("imageFilesystems", found);
    vec!["imageFilesystems"]
}

/// `Image Filesystem` with `Disk[0]: 4.2GB` and `Inodes[0]: 12` below it.
fn filesystems_text(gather: &mut Gather<'_, '_>) {
    let document = gather.document;
    let (mut disks, mut inodes, mut mounts) = (Vec::new(), Vec::new(), Vec::new());
    let mut of_images = false;
    let mut first = None;
    for line in lines(document.bytes).take(1000) {
        let text = line.text.trim();
        if text.ends_with("Filesystem") {
            of_images = text.starts_with("Image");
            first.get_or_insert(line);
        } else if let Some((key, value)) = text.split_once("]:").filter(|_| of_images) {
            let value = value.trim();
            match key.split('[').next().unwrap_or_default() {
                "Disk" => disks.push(bytes(value)),
                "Inodes" => inodes.push(value.parse::<u64>().ok()),
                "Mountpoint" | "Mount Point" => mounts.push(value.to_owned()),
                _ => {}
            }
        }
    }
    let Some(first) = first else { return };
    let found: Vec<Value> = disks
        .iter()
        .enumerate()
        .map(|(n, disk)| {
            json!({"mountpoint": mounts.get(n), "usedBytes": disk, "inodesUsed": inodes.get(n).copied().flatten()})
        })
        .collect();
    let mut draft = Draft::new(document, RUNTIME.kind, "crictl imagefsinfo", &first);
    draft.put("imageFilesystems", found);
    finish(gather, draft, "crictl imagefsinfo", &["imageFilesystems"]);
}

fn version(gather: &mut Gather<'_, '_>) {
    let document = gather.document;
    let mut draft: Option<Draft<'_>> = None;
    let mut known = Vec::new();
    for line in lines(document.bytes).take(100) {
        let Some((key, value)) = line.text.split_once(':') else { continue };
        let path = match key.trim() {
            "RuntimeName" => "runtimeName",
            "RuntimeVersion" => "runtimeVersion",
            _ => continue,
        };
        let draft = draft.get_or_insert_with(|| Draft::new(document, RUNTIME.kind, "crictl version", &line));
        draft.set(path, value.trim(), &line);
        known.push(path);
    }
    if let Some(draft) = draft {
        finish(gather, draft, "crictl version", &known);
    }
}

fn version_line(gather: &mut Gather<'_, '_>, name: &'static str) {
    let document = gather.document;
    let line = lines(document.bytes).find(|line| line.text.trim_start().starts_with(name));
    let Some(line) = line else { return };
    let (source, path) = match name {
        "crictl" => ("crictl --version", "crictlVersion"),
        "runc" => ("runc --version", "runtimeVersion"),
        _ => ("containerd --version", "runtimeVersion"),
    };
    let mut draft = Draft::new(document, RUNTIME.kind, source, &line);
    put_some(&mut draft, path, last_version(&line.text));
    let mut known = vec![path];
    if path == "runtimeVersion" {
        draft.put("runtimeName", name);
        known.push("runtimeName");
    }
    finish(gather, draft, source, &known);
}

#[cfg(test)]
mod tests {
    use super::super::etcd::tests::read;
    use super::*;

    fn check(path: &str, text: &str, expect: &str) {
        let reading = read(&READER, &["HostRuntime"], path, text);
        let found: Vec<String> = reading.objects.iter().map(|object| object.fields.to_string()).collect();
        assert_eq!(found.join(" "), expect, "{text}");
    }

    #[test]
    fn a_network_that_is_not_ready_says_why() {
        check(
            "n/rke2/crictl/info",
            "{\n  \"cniconfig\": {\"Networks\": []},\n  \"config\": {\"registry\": {\"auths\": {\"a\": {\"password\": \"hush\"}}},\n   \
             \"containerd\": {\"runtimes\": {\"runc\": {\"options\": {\"SystemdCgroup\": true}}}}},\n  \
             \"lastCNILoadStatus\": \"cni config load failed: no network config found\",\n  \"status\": {\n    \"conditions\": [\n      \
             {\"message\": \"\", \"reason\": \"\", \"status\": true, \"type\": \"RuntimeReady\"},\n      \
             {\"message\": \"cni plugin not initialized\", \"reason\": \"NetworkPluginNotReady\", \"status\": false, \"type\": \"NetworkReady\"}\n    ]\n  }\n}\n",
            r#"{"runtimeReady":true,"networkReady":false,"conditions":[{"type":"RuntimeReady","status":true,"reason":"","message":""},{"type":"NetworkReady","status":false,"reason":"NetworkPluginNotReady","message":"cni plugin not initialized"}],"lastCNILoadStatus":"cni config load failed: no network config found","cgroupDriver":"systemd","source":"crictl info"}"#,
        );
    }

    #[test]
    fn versions_and_file_systems_are_read() {
        check(
            "x",
            "Version:  0.1.0\nRuntimeName:  containerd\nRuntimeVersion:  v1.7.17-k3s1\nRuntimeApiVersion:  v1\n",
            r#"{"runtimeName":"containerd","runtimeVersion":"v1.7.17-k3s1","source":"crictl version"}"#,
        );
        check(
            "x",
            "containerd github.com/k3s-io/containerd v2.0.5-k3s2 a753664d5b51\n",
            r#"{"runtimeVersion":"v2.0.5-k3s2","runtimeName":"containerd","source":"containerd --version"}"#,
        );
        check("x", "crictl version v1.32.0\n", r#"{"crictlVersion":"v1.32.0","source":"crictl --version"}"#);
        let expect = r#"{"imageFilesystems":[{"mountpoint":"/a","usedBytes":4200000000,"inodesUsed":7}],"source":"crictl imagefsinfo"}"#;
        check(
            "x",
            "{\n\"status\": {\"imageFilesystems\": [{\"fsId\": {\"mountpoint\": \"/a\"}, \"inodesUsed\": {\"value\": \"7\"}, \"usedBytes\": {\"value\": \"4200000000\"}}]}}\n",
            expect,
        );
        check(
            "x",
            "Container Filesystem\nTimeStamp[0]: 1\nDisk[0]: 1GB\n\nImage Filesystem\nTimeStamp[0]: 1\nDisk[0]: 4.2GB\nInodes[0]: 7\nMountpoint[0]: /a\n",
            expect,
        );
    }

    #[test]
    fn a_runtime_that_does_not_answer_is_a_failure_and_a_log_is_no_version() {
        let reading = read(
            &READER,
            &["HostRuntime"],
            "n/rke2/crictl/info",
            "time=\"x\" level=fatal msg=\"y\"\nFailed to connect\n",
        );
        assert!(reading.failed.is_some() && reading.lists.is_empty());
        for text in
            ["containerd started\n", "containerd 1.7 is\n1\n2\n3\n4\n5\n6\n7\n8\n", "{\"level\":\"info\"}\n"]
        {
            assert!(!sniff("x", text.as_bytes()), "{text}");
        }
    }
}
