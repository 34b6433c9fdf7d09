//! What the readers of containers share: the kinds, and one form for the words of docker, crictl and ctr.
//!
//! Durations and sizes are those of docker's go-units (`duration.go`, `size.go`), which crictl uses too. Durations are
//! rounded down to their unit, so that a time computed from one may be up to a unit too late.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::base::Time;
use crate::object::derived::{Derived, Expected};
use crate::object::gather::Draft;
use crate::object::moment;

/// One run of a container.
pub const CONTAINER: Derived = Derived {
    kind: "HostContainer",
    what: "one run of a container, named `<pod>/<container>/<attempt>`, outside Kubernetes by its name",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[
        ("id", "the runtime's id, in tables its beginning"),
        ("name", "the container's name in its pod, outside Kubernetes its own"),
        ("pod", "the pod's name; absent outside Kubernetes"),
        ("namespace", "the pod's namespace; unknown where a table has no such column"),
        ("podUid", "the pod's uid (docker's names, inspect)"),
        ("podSandboxId", "the id of the pod's sandbox (crictl)"),
        ("attempt", "which run, from 0"),
        ("image", "name or beginning of the id, as shown"),
        ("state", "`running`, `exited`, `created`, `restarting`, `paused`, `removing`, `dead` or `unknown`"),
        ("exitCode", "of a run that ended"),
        ("health", "docker's health check: `healthy`, `unhealthy` or `starting`; absent without one"),
        ("reason", "why it ended, one word (crictl inspect)"),
        ("message", "why it ended or did not start, a sentence (inspect)"),
        ("oomKilled", "whether the kernel killed it for its memory (docker inspect; crictl: the reason)"),
        ("restartCount", "how often the runtime itself restarted it (docker inspect)"),
        ("createdAt", "RFC 3339; from an age only if the capture time is known"),
        ("startedAt", "as createdAt"),
        ("finishedAt", "as createdAt; absent while it never ended"),
        ("ageSeconds", "since it was created, rounded down to the unit that the table shows"),
        ("stateSeconds", "since the state began, rounded down to the unit (docker ps)"),
        ("source", "`crictl ps`, `docker ps`, `crictl inspect`, `docker inspect` or `ctr containers`"),
    ],
};

/// The sandbox of a pod.
pub const SANDBOX: Derived = Derived {
    kind: "HostPodSandbox",
    what: "one sandbox of a pod on a machine, named `<namespace>/<pod>/<attempt>`",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[
        ("id", "the runtime's id, in tables its beginning"),
        ("name", "the pod's name"),
        ("namespace", "the pod's namespace"),
        ("podUid", "the pod's uid (docker's names, inspect)"),
        ("attempt", "which sandbox of the pod, from 0"),
        ("state", "`ready` or `notready`"),
        ("runtime", "the handler; absent for the default one (crictl)"),
        ("createdAt", "RFC 3339; from an age only if the capture time is known"),
        ("ageSeconds", "since it was created, rounded down to the unit that the table shows"),
        ("source", "`crictl pods`, `crictl inspectp` or `docker ps`"),
    ],
};

/// An image.
pub const IMAGE: Derived = Derived {
    kind: "HostImage",
    what: "one image on a machine, named `<repository>:<tag>`, without a tag by its id",
    expected: Expected::EveryNode,
    bulk: true,
    fields: &[
        ("id", "the image's id, in tables its beginning"),
        ("repository", "without the tag; absent for an image without a name"),
        ("tag", "absent for an image without one"),
        ("digest", "of the repository, where it is shown"),
        ("sizeBytes", "on disk; approximate except in JSON"),
        ("pinned", "whether the kubelet may not remove it (crictl)"),
        ("ageSeconds", "since it was built, rounded down to the unit (docker)"),
        ("createdAt", "RFC 3339, if the capture time is known (docker)"),
        ("inUse", "whether a container uses it (docker 29)"),
        ("source", "`crictl images`, `docker images` or `ctr images`"),
    ],
};

/// What a container uses.
pub const STATS: Derived = Derived {
    kind: "HostContainerStats",
    what: "what one container used when it was captured, named by the container's id",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[
        ("id", "the beginning of the container's id"),
        ("name", "the container's name, where the table shows it"),
        ("cpuPercent", "of one core; absent if not running"),
        ("memoryBytes", "working set; absent if not running"),
        ("memoryLimitBytes", "the limit, without one the machine's memory (docker)"),
        ("memoryPercent", "of the limit (docker)"),
        ("diskBytes", "of the writable layer (crictl)"),
        ("inodes", "of the writable layer (crictl)"),
        ("swapBytes", "swap (crictl 1.32)"),
        ("pids", "processes and threads (docker)"),
        ("source", "`crictl stats` or `docker stats`"),
    ],
};

/// The container runtime.
pub const RUNTIME: Derived = Derived {
    kind: "HostRuntime",
    what: "what one command says of a machine's container runtime, named by the command",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[
        ("runtimeReady", "condition `RuntimeReady` (crictl info)"),
        ("networkReady", "condition `NetworkReady` (crictl info)"),
        ("conditions", "list of `type`, `status` (true or false), `reason`, `message` (crictl info)"),
        ("lastCNILoadStatus", "`OK`, or why no network configuration was loaded (crictl info)"),
        ("runtimeName", "`containerd`, `docker`, `runc`, … (crictl version, version lines)"),
        ("runtimeVersion", "its version"),
        ("crictlVersion", "the version of crictl itself"),
        ("serverVersion", "docker's version (docker info, docker version)"),
        ("storageDriver", "`overlay2`, … (docker info)"),
        ("loggingDriver", "`json-file`, … (docker info)"),
        ("cgroupDriver", "`systemd` or `cgroupfs` (docker info; crictl info)"),
        ("cgroupVersion", "`1` or `2` (docker info)"),
        ("rootDir", "where docker keeps its data (docker info)"),
        ("containers", "how many there are (docker info)"),
        ("containersRunning", "how many of them run (docker info)"),
        ("images", "how many there are (docker info)"),
        ("warnings", "list of what docker warns of (docker info)"),
        ("imageFilesystems", "list of `mountpoint`, `usedBytes`, `inodesUsed` (crictl imagefsinfo)"),
        ("source", "the command"),
    ],
};

/// Names that no two objects of a document share: a pod that was made anew begins at attempt 0 again.
#[derive(Default)]
pub struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    /// The name, with the id behind it if an earlier object has it.
    pub fn of(&mut self, name: String, id: &str) -> String {
        let name = if self.taken.contains(&name) && !id.is_empty() { format!("{name} ({id})") } else { name };
        self.taken.insert(name.clone());
        name
    }
}

/// The state of a container or sandbox in one form: `Exited`, `CONTAINER_EXITED` and `exited` are one.
pub fn state(text: &str) -> Option<&'static str> {
    let word = text.trim().to_ascii_lowercase();
    let word = word.strip_prefix("container_").or_else(|| word.strip_prefix("sandbox_")).unwrap_or(&word);
    const STATES: [&str; 10] = [
        "running",
        "exited",
        "created",
        "restarting",
        "paused",
        "removing",
        "dead",
        "unknown",
        "ready",
        "notready",
    ];
    STATES.into_iter().find(|state| *state == word)
}

/// The seconds of `3 weeks`, `About a minute`, `Less than a second` (go-units, `HumanDuration`), with or without ` ago`.
pub fn human_seconds(text: &str) -> Option<f64> {
    let text = text.trim();
    let text = text.strip_suffix(" ago").unwrap_or(text);
    match text {
        "Less than a second" => return Some(0.0),
        "About a minute" => return Some(60.0),
        "About an hour" => return Some(3600.0),
        _ => {}
    }
    let (number, unit) = text.split_once(' ')?;
    let number: u32 = number.parse().ok()?;
    const DAY: f64 = 86_400.0;
    let unit = match unit.trim_end_matches('s') {
        "second" => 1.0,
        "minute" => 60.0,
        "hour" => 3600.0,
        "day" => DAY,
        "week" => 7.0 * DAY,
        "month" => 30.0 * DAY,
        "year" => 365.0 * DAY,
        _ => return None,
    };
    Some(f64::from(number) * unit)
}

/// Puts the time since `field`'s instant, and the instant if the capture time is known. Returns the paths that the
/// source shows by it: without a capture time the instant stays unknown.
pub fn put_since(
    draft: &mut Draft<'_>,
    captured_at: Option<Time>,
    text: &str,
    (seconds_field, field): (&'static str, &'static str),
) -> Vec<&'static str> {
    let Some(seconds) = human_seconds(text) else { return Vec::new() };
    draft.put(seconds_field, seconds);
    let Some(captured_at) = captured_at else { return vec![seconds_field] };
    draft.put(field, moment::before(captured_at, seconds).to_string());
    vec![seconds_field, field]
}

/// The bytes of `29.42MB`, `1.7MiB`, `265.0 MiB`, `0B`; `None` for `--` and for what is no size.
pub fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(end);
    let (kilo, prefix) = match unit.trim() {
        "B" => (1.0, ""),
        unit => match unit.strip_suffix("iB") {
            Some(prefix) => (1024.0, prefix),
            None => (1000.0, unit.strip_suffix('B')?),
        },
    };
    let power = match prefix {
        "" => 0,
        "k" | "K" => 1,
        "M" => 2,
        "G" => 3,
        "T" => 4,
        "P" => 5,
        _ => return None,
    };
    let number: f64 = number.parse().ok()?;
    Some((number * f64::powi(kilo, power)).round() as u64)
}

/// The number of `12.5%` or `12.5`; `None` for `--`.
pub fn percent(text: &str) -> Option<f64> {
    text.trim().trim_end_matches('%').trim_end().parse().ok().filter(|number: &f64| number.is_finite())
}

/// An instant of an inspection in UTC; the zero time of Go and of protobuf mean that it never came.
pub fn instant(text: &str) -> Option<String> {
    let never =
        text.is_empty() || text.starts_with("0001-01-01T") || text.starts_with("1970-01-01T00:00:00Z");
    if never { None } else { Time::parse(text).map(|time| time.to_string()) }
}

/// `repository:tag`; the repository may have a port. `<none>` is absent.
pub fn split_image(text: &str) -> (Option<&str>, Option<&str>) {
    let slash = text.rfind('/').map_or(0, |at| at + 1);
    let colon = text.get(slash..).and_then(|last| last.find(':')).map(|at| slash + at);
    let (repository, tag) = match colon {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
        None => (text, None),
    };
    (shown(repository), tag.and_then(shown))
}

/// A cell that is neither empty nor docker's and crictl's word for nothing.
pub fn shown(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !matches!(*text, "" | "<none>" | "--" | "-" | "<unknown>"))
}

/// Puts a number or text where there is one.
pub fn put_some(draft: &mut Draft<'_>, path: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        draft.put(path, value);
    }
}

/// What a docker name such as `k8s_<container>_<pod>_<namespace>_<uid>_<attempt>` says (kubelet `dockershim`,
/// `naming.go`; cri-dockerd keeps it). Neither part can hold `_`.
pub struct KubeletName<'n> {
    /// The container's name; `POD` for a sandbox.
    pub container: &'n str,
    /// The pod's name.
    pub pod: &'n str,
    /// The pod's namespace.
    pub namespace: &'n str,
    /// The pod's uid.
    pub uid: &'n str,
    /// Which run.
    pub attempt: u64,
}

impl<'n> KubeletName<'n> {
    /// Reads a name, with or without the slash that docker puts before it.
    pub fn parse(text: &'n str) -> Option<Self> {
        let mut parts = text.trim_start_matches('/').split('_');
        parts.next().filter(|start| *start == "k8s")?;
        let (container, pod, namespace) = (parts.next()?, parts.next()?, parts.next()?);
        let (uid, attempt) = (parts.next()?, parts.next()?.parse().ok()?);
        Some(Self { container, pod, namespace, uid, attempt })
    }

    /// Puts what the name says of a container; returns the object's name.
    pub fn put(&self, draft: &mut Draft<'_>) -> String {
        draft.put("name", self.container);
        draft.put("pod", self.pod);
        draft.put("namespace", self.namespace);
        draft.put("podUid", self.uid);
        draft.put("attempt", self.attempt);
        format!("{}/{}/{}", self.pod, self.container, self.attempt)
    }

    /// Puts what the name says of a sandbox; returns the object's name.
    pub fn put_sandbox(&self, draft: &mut Draft<'_>) -> String {
        draft.put("name", self.pod);
        draft.put("namespace", self.namespace);
        draft.put("podUid", self.uid);
        draft.put("attempt", self.attempt);
        format!("{}/{}/{}", self.namespace, self.pod, self.attempt)
    }
}

/// A line without terminal escapes: `crictl stats` clears the screen first, whatever it writes to.
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains('\u{1b}') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\u{1b}' {
            out.push(c);
        } else if chars.next() == Some('[') {
            // A control sequence ends at its first letter.
            let _ = chars.find(|c| ('\u{40}'..='\u{7e}').contains(c));
        }
    }
    Cow::Owned(out)
}

/// Conditions in one form, from the runtime's own status.
pub fn conditions(list: &Value) -> Value {
    let items = list.as_array().into_iter().flatten().take(100).map(|item| {
        let text = |key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default();
        json!({"type": text("type"), "status": item.get("status").and_then(Value::as_bool),
            "reason": text("reason"), "message": text("message")})
    });
    Value::Array(items.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_docker_says_them() {
        for (text, seconds) in [
            ("Less than a second ago", 0.0),
            ("1 second ago", 1.0),
            ("About a minute ago", 60.0),
            ("46 minutes", 2760.0),
            ("About an hour", 3600.0),
            ("13 days ago", 1_123_200.0),
            ("3 months ago", 7_776_000.0),
            ("2 years ago", 63_072_000.0),
        ] {
            assert_eq!(human_seconds(text), Some(seconds), "{text}");
        }
        for text in ["", "ago", "two days ago", "3 fortnights ago", "-1 days", "N/A"] {
            assert_eq!(human_seconds(text), None, "{text}");
        }
    }

    #[test]
    fn sizes_are_of_1000_and_of_1024() {
        for (text, expected) in [
            ("0B", 0),
            ("45.06kB", 45_060),
            ("1.97GB", 1_970_000_000),
            ("1.5MiB", 1_572_864),
            ("23.4GiB", 25_125_558_682),
            ("265.0 MiB", 277_872_640),
        ] {
            assert_eq!(bytes(text), Some(expected), "{text}");
        }
        for text in ["--", "", "12", "MB", "1XB", "1.2.3MB"] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }

    #[test]
    fn words_have_one_form() {
        for (text, expected) in [
            ("Exited", Some("exited")),
            ("CONTAINER_RUNNING", Some("running")),
            ("SANDBOX_NOTREADY", Some("notready")),
            ("NotReady", Some("notready")),
            ("sleeping", None),
        ] {
            assert_eq!(state(text), expected, "{text}");
        }
        for (text, expected) in [
            ("rancher/rancher:v2.9.1", (Some("rancher/rancher"), Some("v2.9.1"))),
            ("reg:5000/a/b", (Some("reg:5000/a/b"), None)),
            ("<none>:<none>", (None, None)),
        ] {
            assert_eq!(split_image(text), expected, "{text}");
        }
        assert_eq!(plain("\u{1b}[2J\u{1b}[HCONTAINER\u{1b}[0m"), "CONTAINER");
        assert_eq!(instant("0001-01-01T00:00:00Z"), None);
        assert_eq!(instant("2026-11-22T04:00:00.5+01:00").as_deref(), Some("2026-11-22T03:00:00.5Z"));
    }
}
