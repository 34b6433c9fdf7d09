//! `docker info` and `docker version`: trees of `Key: value` lines, indented by one space a level.
//!
//! Sources: docker/cli `cli/command/system/{info,version}.go`. Warnings stand at the end or, from stderr, at the beginning.

use serde_json::{Value, json};

use super::Reader;
use super::container::RUNTIME;
use crate::object::derived::Derived;
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, lines};
use crate::object::{Document, Reading, preamble};

const KIND: &Derived = &RUNTIME;

/// The reader.
pub const READER: Reader = Reader { name: "docker-info", derives: &[KIND], sniff, read };

/// Keys of `docker info`, and the fields that they become.
const KEYS: &[(&str, &str, Shape)] = &[
    ("Server Version", "serverVersion", Shape::Text),
    ("Storage Driver", "storageDriver", Shape::Text),
    ("Logging Driver", "loggingDriver", Shape::Text),
    ("Cgroup Driver", "cgroupDriver", Shape::Text),
    ("Cgroup Version", "cgroupVersion", Shape::Text),
    ("Docker Root Dir", "rootDir", Shape::Text),
    ("Containers", "containers", Shape::Number),
    ("Running", "containersRunning", Shape::Number),
    ("Images", "images", Shape::Number),
];

#[derive(Clone, Copy)]
enum Shape {
    Text,
    Number,
}

fn sniff(path: &str, head: &[u8]) -> bool {
    const FILES: [&str; 4] =
        ["docker/dockerinfo", "docker/docker-info.txt", "docker/dockerversion", "docker/docker-version.txt"];
    let is_ours = || FILES.iter().any(|file| path.ends_with(file));
    let is_content = |text: &str| !text.trim().is_empty() && !preamble::is_noise(text);
    let Some(first) = lines(head).find(|line| is_content(&line.text)) else { return is_ours() };
    let begins = first.text.starts_with("Client:")
        || first.text.starts_with("Server:")
        || first.text.starts_with("Containers: ");
    let holds = |start: &str| lines(head).any(|line| line.text.trim_start().starts_with(start));
    let is_tree = holds("Server Version:") || holds("API version:") || holds("Storage Driver:");
    (begins && (is_tree || is_ours())) || (is_ours() && preamble::is_error(&first.text))
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let mut tree = Tree::default();
    let mut warnings = Vec::new();
    let mut draft: Option<Draft<'_>> = None;
    let mut known = vec!["source"];
    for line in lines(document.bytes).take(5000) {
        let text = line.text.trim();
        if let Some(warning) = text.strip_prefix("WARNING: ") {
            warnings.push((warning.to_owned(), line));
            continue;
        }
        if preamble::is_error(text) || text.starts_with("ERROR: ") {
            gather.fail(&line);
            continue;
        }
        let Some((field, value)) = tree.field(&line) else { continue };
        let draft = draft.get_or_insert_with(|| Draft::new(document, KIND.kind, "", &line));
        draft.set(field, value, &line);
        known.push(field);
    }
    let Some(mut draft) = draft else { return gather.finish() };
    let source = if tree.is_version { "docker version" } else { "docker info" };
    draft.name = source.to_owned();
    draft.put("source", source);
    if !tree.is_version {
        let texts: Vec<&str> = warnings.iter().map(|(text, _)| text.as_str()).take(100).collect();
        draft.put("warnings", json!(texts));
        known.push("warnings");
        warnings.iter().for_each(|(_, line)| draft.shown.near("warnings", line));
    }
    draft.know_only(known);
    if !tree.is_version {
        gather.list(KIND.kind, true);
    }
    gather.add(draft);
    gather.finish()
}

/// Where in the tree the lines are.
#[derive(Default)]
struct Tree {
    in_client: bool,
    in_engine: bool,
    is_version: bool,
}

impl Tree {
    /// The field that a line shows.
    fn field(&mut self, line: &Line<'_>) -> Option<(&'static str, Value)> {
        let indent = line.text.len() - line.text.trim_start().len();
        let (key, value) = line.text.trim().split_once(':')?;
        let value = value.trim();
        if indent == 0 {
            self.in_client = key == "Client";
        }
        if self.in_client {
            return None;
        }
        // `docker version` has the server's version below `Engine`, beside those of its parts.
        if value.is_empty() && indent == 1 {
            self.in_engine = key == "Engine";
        }
        if self.in_engine && key == "Version" {
            self.is_version = true;
            return Some(("serverVersion", value.into()));
        }
        if self.is_version {
            return None;
        }
        let (_, field, shape) = KEYS.iter().find(|(name, ..)| *name == key)?;
        let value = match shape {
            Shape::Text => Some(Value::from(value)).filter(|_| !value.is_empty()),
            Shape::Number => value.parse::<u64>().ok().map(Value::from),
        }?;
        Some((field, value))
    }
}

#[cfg(test)]
mod tests {
    use super::super::etcd::tests::read;
    use super::*;

    fn check(text: &str, expect: &str) {
        let reading = read(&READER, &["HostRuntime"], "n/docker/dockerinfo", text);
        let found: Vec<String> = reading.objects.iter().map(|object| object.fields.to_string()).collect();
        assert_eq!(found.join(" "), expect, "{text}");
    }

    #[test]
    fn the_server_is_told_from_the_client() {
        let expect = r#"{"containers":14,"containersRunning":9,"images":31,"serverVersion":"20.10.6","storageDriver":"overlay2","loggingDriver":"json-file","cgroupDriver":"cgroupfs","rootDir":"/var/lib/docker","source":"docker info","warnings":["No swap limit support"]}"#;
        check(
            "Client:\n Version: 24\n Context:    default\n Debug Mode: false\n\nServer:\n Containers: 14\n  Running: 9\n  Paused: 0\n  Stopped: 5\n Images: 31\n \
             Server Version: 20.10.6\n Storage Driver: overlay2\n  Backing Filesystem: xfs\n Logging Driver: json-file\n Cgroup Driver: cgroupfs\n Plugins:\n  Volume: local\n \
             Docker Root Dir: /var/lib/docker\nWARNING: No swap limit support\n",
            expect,
        );
        // Before docker 19.03 there is no tree.
        check(
            "WARNING: No swap limit support\nContainers: 14\n Running: 9\nImages: 31\nServer Version: 20.10.6\nStorage Driver: overlay2\n\
             Logging Driver: json-file\nCgroup Driver: cgroupfs\nDocker Root Dir: /var/lib/docker\n",
            expect,
        );
    }

    #[test]
    fn a_version_is_the_engines() {
        check(
            "Client: Docker Engine - Community\n Version:           24.0.1\n API version:       1.41\n\nServer: Docker Engine - Community\n Engine:\n  \
             Version:          20.10.6\n  API version:      1.41\n containerd:\n  Version:          1.4.4\n",
            r#"{"serverVersion":"20.10.6","source":"docker version"}"#,
        );
    }

    #[test]
    fn a_server_that_does_not_answer_is_a_failure() {
        let text = "Client:\n Context:    default\n Debug Mode: false\n\nServer:\nERROR: Cannot connect to the Docker daemon at unix:///var/run/docker.sock.\nerrors pretty printing info\n";
        let reading = read(&READER, &["HostRuntime"], "n/docker/dockerinfo", text);
        assert_eq!((reading.objects.len(), reading.lists.len(), reading.failed.is_some()), (0, 0, true));
    }
}
