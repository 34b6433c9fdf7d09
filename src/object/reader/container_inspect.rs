//! Containers in JSON: `docker inspect`, `crictl inspect`, `crictl inspectp`, and `crictl ps|pods|images -o json`.
//!
//! Sources: moby `api/types/container`, cri-api `api.proto` (64-bit numbers are text there). Environment, arguments and mounts
//! may hold secrets: they are never kept, and of compact text no line is quoted.

use serde_json::{Map, Value};

use super::Reader;
use super::container::{
    CONTAINER, IMAGE, KubeletName, Names, SANDBOX, instant, put_some, split_image, state,
};
use crate::base::Time;
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, lines, lines_from, number_at};
use crate::object::{Document, Reading, json, preamble};

/// The reader.
pub const READER: Reader =
    Reader { name: "container-inspect", derives: &[&CONTAINER, &SANDBOX, &IMAGE], sniff, read };

/// The largest container that is read.
const CONTAINER_BYTES: usize = 4 << 20;

/// A longer line is compact text, which may hold an environment.
const COMPACT_BYTES: usize = 400;

fn sniff(path: &str, head: &[u8]) -> bool {
    let folder = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    let is_ours = || {
        folder.ends_with("/containerinspect")
            || folder.ends_with("/podinspect")
            || folder == "containerinspect"
    };
    let Some(first) = lines(head).find(|line| !line.text.trim().is_empty()) else { return is_ours() };
    let holds = |text: &str| memchr::memmem::find(head, text.as_bytes()).is_some();
    if !first.text.trim_start().starts_with(['[', '{']) {
        return is_ours() && preamble::is_error(&first.text);
    }
    let nothing =
        first.text.trim() == "[]" && (is_ours() || holds("No such object") || holds("No such container"));
    let docker = holds("\"Id\"") && holds("\"State\"") && (holds("\"Status\"") || holds("\"Running\""));
    let cri = [
        "\"CONTAINER_",
        "\"SANDBOX_",
        "\"sandboxID\"",
        "\"runtimeSpec\"",
        "\"io.kubernetes.container.name\"",
    ];
    let crictl = ["\"status\"", "\"info\"", "\"containers\"", "\"items\""].iter().any(|key| holds(key))
        && cri.iter().any(|text| holds(text));
    let images = holds("\"images\"") && holds("\"repoTags\"") && holds("\"repoDigests\"");
    // Kubernetes' own objects name containers too.
    nothing || ((docker || crictl || images) && !holds("\"apiVersion\""))
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let mut names = Names::default();
    let bytes = document.bytes;
    let mut at = preamble::body_start(bytes);
    while let Some(first) = bytes.get(at).filter(|byte| matches!(byte, b'[' | b'{')) {
        let Some(end) = json::value_end(bytes, at) else {
            let line = line_at(bytes, at);
            super::unreadable(&mut gather, &line, "whole JSON; what came before its end is read");
            if *first == b'[' {
                array(&mut gather, &mut names, at + 1);
            }
            break;
        };
        if *first == b'[' {
            array(&mut gather, &mut names, at + 1);
        } else {
            element(&mut gather, &mut names, at..end);
        }
        at = json::skip_space(bytes, end);
    }
    let rest = bytes.get(at..).unwrap_or_default();
    let error = lines(rest).take(20).find(|line| preamble::is_error(line.text.trim()));
    if let Some(error) = error {
        let number = number_at(bytes, at) + error.number;
        gather.fail(&Line { number, offset: error.offset + at as u64, text: error.text });
    }
    gather.finish()
}

/// The items of a list, one at a time.
fn array(gather: &mut Gather<'_, '_>, names: &mut Names, mut at: usize) {
    let bytes = gather.document.bytes;
    while let Some(Ok(range)) = json::next_item(bytes, at) {
        at = range.end;
        element(gather, names, range);
    }
}

/// One value: a container, or crictl's list of them.
fn element(gather: &mut Gather<'_, '_>, names: &mut Names, range: std::ops::Range<usize>) {
    let document = gather.document;
    let bytes = document.bytes;
    let line = line_at(bytes, range.start);
    // Lists are as long as the machine has containers; all of `docker inspect $(docker ps -aq)` comes item by item.
    let text = bytes.get(range.clone()).unwrap_or_default();
    let value = Some(text).filter(|text| text.len() <= CONTAINER_BYTES);
    let Some(value) = value.and_then(|text| serde_json::from_slice::<Value>(text).ok()) else {
        return super::unreadable(gather, &line, "container in JSON");
    };
    let place = Place { bytes, line, end: range.end };
    for (key, kind, source) in [
        ("containers", CONTAINER.kind, "crictl ps"),
        ("items", SANDBOX.kind, "crictl pods"),
        ("images", IMAGE.kind, "crictl images"),
    ] {
        let Some(list) = value.get(key).and_then(Value::as_array) else { continue };
        gather.list(kind, true);
        for item in list {
            one(gather, names, &place, item, source);
        }
        return;
    }
    let source = match value.get("status") {
        Some(_) if value.pointer("/status/state").and_then(Value::as_str).is_some_and(is_sandbox) => {
            "crictl inspectp"
        }
        Some(_) => "crictl inspect",
        None => "docker inspect",
    };
    one(gather, names, &place, value.get("status").unwrap_or(&value), source);
}

fn is_sandbox(state: &str) -> bool {
    state.starts_with("SANDBOX_")
}

/// Where a value stands.
struct Place<'a> {
    bytes: &'a [u8],
    line: Line<'a>,
    end: usize,
}

impl<'a> Place<'a> {
    /// The line below the beginning that shows this id, if it is one that shows nothing else.
    fn line_of(&self, id: &str) -> Line<'a> {
        let start = usize::try_from(self.line.offset).unwrap_or(usize::MAX);
        let text = self.bytes.get(start..self.end).unwrap_or_default();
        let quoted = format!("\"{id}\"");
        let found = lines_from(text, self.line.number, self.line.offset)
            .take(20_000)
            .find(|line| line.text.len() < COMPACT_BYTES && line.text.contains(&quoted));
        match found {
            Some(line) => line,
            None if self.line.text.len() < COMPACT_BYTES => self.line.clone(),
            None => Line { text: "(compact text of a container: not shown)".into(), ..self.line.clone() },
        }
    }
}

fn one(
    gather: &mut Gather<'_, '_>,
    names: &mut Names,
    place: &Place<'_>,
    value: &Value,
    source: &'static str,
) {
    let document = gather.document;
    let Some(map) = value.as_object() else { return };
    let id = text(map, "Id").or_else(|| text(map, "id")).unwrap_or_default();
    if id.is_empty() {
        return super::unreadable(gather, &place.line, "container with an id");
    }
    let line = place.line_of(id);
    let kind = match source {
        "crictl pods" | "crictl inspectp" => SANDBOX.kind,
        "crictl images" => IMAGE.kind,
        "docker inspect" if docker_name(map).is_some_and(|name| name.container == "POD") => SANDBOX.kind,
        _ => CONTAINER.kind,
    };
    let mut draft = Draft::new(document, kind, "", &line);
    draft.put("id", id);
    draft.put("source", source);
    let (name, known) = match source {
        "docker inspect" => docker(map, &mut draft),
        "crictl images" => image(map, &mut draft),
        "crictl pods" | "crictl inspectp" => cri_sandbox(map, &mut draft),
        _ => cri_container(map, &mut draft),
    };
    draft.name = names.of(name, id);
    draft.know_only(known.iter().copied().chain(["id", "source"]));
    gather.add(draft);
}

fn text<'v>(map: &'v Map<String, Value>, key: &str) -> Option<&'v str> {
    map.get(key).and_then(Value::as_str)
}

/// A number that may be text, as protobuf writes those of 64 bits.
fn number(value: Option<&Value>) -> Option<i64> {
    let value = value?;
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn docker_name(map: &Map<String, Value>) -> Option<KubeletName<'_>> {
    KubeletName::parse(text(map, "Name")?)
}

fn docker(map: &Map<String, Value>, draft: &mut Draft<'_>) -> (String, Vec<&'static str>) {
    let mut known = vec!["name", "pod", "namespace", "podUid", "attempt"];
    let is_sandbox = docker_name(map).is_some_and(|name| name.container == "POD");
    let own = text(map, "Name").unwrap_or_default().trim_start_matches('/');
    let name = match docker_name(map) {
        Some(kubelet) if is_sandbox => kubelet.put_sandbox(draft),
        Some(kubelet) => kubelet.put(draft),
        None => {
            draft.put("name", own);
            own.to_owned()
        }
    };
    let state_of = |key: &str| map.get("State").and_then(|state| state.get(key));
    let word = state_of("Status").and_then(Value::as_str).and_then(state);
    if is_sandbox {
        put_some(draft, "state", word.map(|word| if word == "running" { "ready" } else { "notready" }));
        known.push("state");
        return (name, known);
    }
    let mut put = |path: &'static str, value: Option<Value>, shown: bool| {
        put_some(draft, path, value);
        if shown {
            known.push(path);
        }
    };
    put("state", word.map(Value::from), word.is_some());
    let exit = number(state_of("ExitCode"));
    // A container that runs or never ran has code 0 too.
    put(
        "exitCode",
        exit.filter(|_| !matches!(word, Some("running" | "created" | "paused"))).map(Value::from),
        exit.is_some(),
    );
    let killed = state_of("OOMKilled").and_then(Value::as_bool);
    put("oomKilled", killed.map(Value::from), killed.is_some());
    let error = state_of("Error").and_then(Value::as_str);
    put("message", error.filter(|text| !text.is_empty()).map(Value::from), error.is_some());
    let health = state_of("Health").and_then(|health| health.get("Status")).and_then(Value::as_str);
    put("health", health.filter(|word| *word != "none").map(Value::from), true);
    let restarts = number(map.get("RestartCount"));
    put("restartCount", restarts.map(Value::from), restarts.is_some());
    let image =
        map.get("Config").and_then(|config| config.get("Image")).or(map.get("Image")).and_then(Value::as_str);
    put("image", image.map(Value::from), image.is_some());
    for (path, value) in [
        ("createdAt", text(map, "Created")),
        ("startedAt", state_of("StartedAt").and_then(Value::as_str)),
        ("finishedAt", state_of("FinishedAt").and_then(Value::as_str)),
    ] {
        put(path, value.and_then(instant).map(Value::from), value.is_some());
    }
    (name, known)
}

/// A time of the CRI: RFC 3339 in `inspect`, nanoseconds since the epoch in lists; zero is never.
fn cri_time(value: Option<&Value>) -> Option<String> {
    match number(value) {
        Some(nanos) => (nanos > 0).then(|| Time(nanos).to_string()),
        None => instant(value?.as_str()?),
    }
}

/// What the kubelet's labels say, and whether there are labels.
fn labels<'v>(map: &'v Map<String, Value>) -> impl Fn(&str) -> Option<&'v str> {
    let labels = map.get("labels");
    move |key| labels.and_then(|labels| labels.get(key)).and_then(Value::as_str)
}

fn cri_container(map: &Map<String, Value>, draft: &mut Draft<'_>) -> (String, Vec<&'static str>) {
    let metadata = |key: &str| map.get("metadata").and_then(|metadata| metadata.get(key));
    let label = labels(map);
    let own = metadata("name").and_then(Value::as_str).unwrap_or_default();
    // Protobuf leaves zeros out.
    let attempt = number(metadata("attempt")).unwrap_or(0);
    let mut known = vec!["name", "attempt", "pod", "namespace", "podUid", "state", "image", "createdAt"];
    draft.put("name", own);
    draft.put("attempt", attempt);
    let pod = label("io.kubernetes.pod.name");
    put_some(draft, "pod", pod);
    put_some(draft, "namespace", label("io.kubernetes.pod.namespace"));
    put_some(draft, "podUid", label("io.kubernetes.pod.uid"));
    let word = text(map, "state").and_then(state);
    put_some(draft, "state", word);
    put_some(draft, "image", map.get("image").and_then(|image| image.get("image")).and_then(Value::as_str));
    put_some(draft, "createdAt", cri_time(map.get("createdAt")));
    if let Some(sandbox) = text(map, "podSandboxId") {
        draft.put("podSandboxId", sandbox);
        known.push("podSandboxId");
    }
    if map.contains_key("startedAt") || map.contains_key("finishedAt") {
        put_some(draft, "startedAt", cri_time(map.get("startedAt")));
        put_some(draft, "finishedAt", cri_time(map.get("finishedAt")));
        let ended = word == Some("exited");
        put_some(draft, "exitCode", ended.then(|| number(map.get("exitCode")).unwrap_or(0)));
        let reason = text(map, "reason").filter(|text| !text.is_empty());
        put_some(draft, "reason", reason);
        put_some(draft, "message", text(map, "message").filter(|text| !text.is_empty()));
        draft.put("oomKilled", reason == Some("OOMKilled"));
        known.extend(["startedAt", "finishedAt", "exitCode", "reason", "message", "oomKilled"]);
    }
    (format!("{}/{own}/{attempt}", pod.unwrap_or_default()), known)
}

fn cri_sandbox(map: &Map<String, Value>, draft: &mut Draft<'_>) -> (String, Vec<&'static str>) {
    let metadata = |key: &str| map.get("metadata").and_then(|metadata| metadata.get(key));
    let of = |key: &str| metadata(key).and_then(Value::as_str).unwrap_or_default();
    let (name, namespace) = (of("name"), of("namespace"));
    let attempt = number(metadata("attempt")).unwrap_or(0);
    draft.put("name", name);
    draft.put("namespace", namespace);
    draft.put("podUid", of("uid"));
    draft.put("attempt", attempt);
    put_some(draft, "state", text(map, "state").and_then(state));
    put_some(draft, "runtime", text(map, "runtimeHandler").filter(|handler| !handler.is_empty()));
    put_some(draft, "createdAt", cri_time(map.get("createdAt")));
    let known = vec!["name", "namespace", "podUid", "attempt", "state", "runtime", "createdAt"];
    (format!("{namespace}/{name}/{attempt}"), known)
}

fn image(map: &Map<String, Value>, draft: &mut Draft<'_>) -> (String, Vec<&'static str>) {
    let first = |key: &str| map.get(key).and_then(Value::as_array).and_then(|list| list.first()?.as_str());
    let reference = first("repoTags");
    let (repository, tag) = reference.map(split_image).unwrap_or_default();
    put_some(draft, "repository", repository);
    put_some(draft, "tag", tag);
    put_some(
        draft,
        "digest",
        first("repoDigests").and_then(|digest| digest.split_once('@')).map(|(_, hash)| hash),
    );
    put_some(draft, "sizeBytes", number(map.get("size")));
    draft.put("pinned", map.get("pinned").and_then(Value::as_bool).unwrap_or(false));
    let id = text(map, "id").unwrap_or_default();
    (reference.unwrap_or(id).to_owned(), vec!["repository", "tag", "digest", "sizeBytes", "pinned"])
}

/// The line in which an offset lies.
fn line_at(bytes: &[u8], at: usize) -> Line<'_> {
    let before = bytes.get(..at).unwrap_or_default();
    let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    let number = number_at(bytes, start);
    lines_from(bytes.get(start..).unwrap_or_default(), number, start as u64).next().unwrap_or(Line {
        number,
        offset: start as u64,
        text: "".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::etcd::tests::read;
    use super::*;

    fn check(text: &str, expect: &[&str]) {
        let kinds = ["HostContainer", "HostPodSandbox", "HostImage"];
        let reading = read(&READER, &kinds, "n/rke/containerinspect/etcd", text);
        assert!(!format!("{reading:?}").contains("hush"), "{text}");
        let found: Vec<String> =
            reading.objects.iter().map(|object| format!("{} {}", object.name, object.fields)).collect();
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn docker_says_how_a_container_ended() {
        check(
            "[\n    {\n        \"Id\": \"dab236ba\",\n        \"Created\": \"2026-11-22T03:31:26.123456789Z\",\n        \"State\": {\n            \"Status\": \"exited\",\n            \
             \"Running\": false,\n            \"OOMKilled\": true,\n            \"ExitCode\": 137,\n            \"Error\": \"\",\n            \
             \"StartedAt\": \"2026-11-22T03:31:28Z\",\n            \"FinishedAt\": \"2026-11-22T03:40:00Z\"\n        },\n        \"Name\": \"/etcd\",\n        \
             \"RestartCount\": 4,\n        \"Config\": {\n            \"Env\": [\"PASSWORD=hush\"],\n            \"Image\": \"rancher/etcd:v3\"\n        }\n    }\n]\n",
            &[
                r#"etcd {"id":"dab236ba","source":"docker inspect","name":"etcd","state":"exited","exitCode":137,"oomKilled":true,"restartCount":4,"image":"rancher/etcd:v3","createdAt":"2026-11-22T03:31:26.123456789Z","startedAt":"2026-11-22T03:31:28Z","finishedAt":"2026-11-22T03:40:00Z"}"#,
            ],
        );
    }

    #[test]
    fn what_never_ended_has_no_end_and_compact_text_is_not_quoted() {
        let env = "x".repeat(500);
        check(
            &format!(
                "[{{\"Id\":\"a1\",\"State\":{{\"Status\":\"running\",\"ExitCode\":0,\"FinishedAt\":\"0001-01-01T00:00:00Z\"}},\
                 \"Name\":\"/k8s_web_web-0_shop_0a-1_3\",\"Config\":{{\"Env\":[\"A=hush{env}\"]}}}}]"
            ),
            &[
                r#"web-0/web/3 {"id":"a1","source":"docker inspect","name":"web","pod":"web-0","namespace":"shop","podUid":"0a-1","attempt":3,"state":"running"}"#,
            ],
        );
    }

    #[test]
    fn crictl_says_the_same_in_its_own_words() {
        check(
            "{\n  \"status\": {\n    \"id\": \"b2\",\n    \"metadata\": {\"attempt\": 2, \"name\": \"web\"},\n    \"state\": \"CONTAINER_EXITED\",\n    \
             \"createdAt\": \"2026-11-22T04:00:00.5+01:00\",\n    \"startedAt\": \"2026-11-22T04:00:01+01:00\",\n    \"finishedAt\": \"2026-11-22T04:00:09+01:00\",\n    \
             \"exitCode\": \"1\",\n    \"image\": {\"image\": \"nginx:1\"},\n    \"reason\": \"Error\",\n    \"message\": \"\",\n    \
             \"labels\": {\"io.kubernetes.pod.name\": \"web-0\", \"io.kubernetes.pod.namespace\": \"shop\", \"io.kubernetes.pod.uid\": \"u\"}\n  },\n  \
             \"info\": {\"runtimeSpec\": {\"process\": {\"env\": [\"A=hush\"]}}}\n}\n",
            &[
                r#"web-0/web/2 {"id":"b2","source":"crictl inspect","name":"web","attempt":2,"pod":"web-0","namespace":"shop","podUid":"u","state":"exited","image":"nginx:1","createdAt":"2026-11-22T03:00:00.5Z","startedAt":"2026-11-22T03:00:01Z","finishedAt":"2026-11-22T03:00:09Z","exitCode":1,"reason":"Error","oomKilled":false}"#,
            ],
        );
        check(
            "{\"items\":[{\"id\":\"c3\",\"metadata\":{\"name\":\"web-0\",\"namespace\":\"shop\",\"uid\":\"u\",\"attempt\":1},\"state\":\"SANDBOX_READY\",\"createdAt\":\"1795312800000000000\"}]}",
            &[
                r#"shop/web-0/1 {"id":"c3","source":"crictl pods","name":"web-0","namespace":"shop","podUid":"u","attempt":1,"state":"ready","createdAt":"2026-11-22T02:00:00Z"}"#,
            ],
        );
    }

    #[test]
    fn nothing_found_and_text_that_ends_early() {
        let kinds = ["HostContainer"];
        let reading =
            read(&READER, &kinds, "n/rke/containerinspect/etcd", "[]\nError: No such object: etcd\n");
        assert!(reading.failed.is_some_and(|(line, _)| line == 1));
        let text = "[{\"Id\":\"a1\",\"Name\":\"/etcd\",\"State\":{\"Status\":\"dead\"}},{\"Id\":\"a2\",\"Sta";
        let reading = read(&READER, &kinds, "x", text);
        assert_eq!((reading.objects.len(), reading.diagnostics.len()), (1, 1));
        for text in [
            "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":[]}",
            "[]\n",
            "{\"status\":{\"conditions\":[]}}",
        ] {
            assert!(!sniff("x", text.as_bytes()), "{text}");
        }
    }
}
