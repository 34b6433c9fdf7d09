//! What a collector says of its own work: which tool and version made a capture, when, and of what.
//!
//! Sources: support-bundle-kit `metadata.yaml` (`pkg/types`), troubleshoot `version.yaml` and `cluster-info/cluster_version.json`
//! (`pkg/collect`), must-gather `version` and `timestamp` (Go's `time.String()`, with what is left of the monotonic clock), the banner
//! of supportconfig, the SCC operator's `metadata.txt`, `date.log` of the supportability review, and `summary.txt` of the Rancher
//! logs collector. A time is given only with a zone that is known.

use serde_json::Value;

use super::Reader;
use crate::base::{Stamp, Time};
use crate::object::derived::{Derived, Expected};
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, lines};
use crate::object::{Document, Reading};

/// A capture as its collector describes it.
pub const CAPTURE: Derived = Derived {
    kind: "CaptureInfo",
    what: "what a collector says of a capture, named by its file",
    expected: Expected::Never,
    bulk: false,
    fields: &[
        ("tool", "the collector"),
        ("toolVersion", "its version"),
        ("createdAt", "when it began, or was made: RFC 3339"),
        ("endedAt", "when it ended: RFC 3339"),
        ("clusterVersion", "the version of Kubernetes that the API server gave"),
        ("productVersion", "the version of the product that made it"),
        ("bundleName", "the name that it was given"),
        ("namespaceUid", "the UID of the namespace that tells clusters apart"),
        ("issue", "what was written about the problem"),
        ("hostname", "the machine"),
        ("kernel", "its kernel"),
        ("os", "its operating system"),
        ("distribution", "the distribution of Kubernetes that was found"),
        ("binary", "its program"),
        ("dataDir", "its directory of data"),
        ("init", "the machine's init"),
        ("obfuscated", "names and addresses were replaced; never certain for all files"),
    ],
};

/// The reader.
pub const READER: Reader = Reader { name: "capture-info", derives: &[&CAPTURE], sniff, read };

/// Lines at the beginning of a file that are looked at: what describes a capture is short.
const LINES: usize = 200;

/// The forms in which collectors describe a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    SupportBundleKit,
    TroubleshootVersion,
    ClusterVersion,
    MustGatherVersion,
    MustGatherTimestamp,
    Supportconfig,
    SccOperator,
    DateLog,
    RancherSummary,
}

/// The form of a file with this path and beginning. The names alone are anybody's.
fn form(path: &str, head: &[u8]) -> Option<Form> {
    let name = path.rsplit(['/', '!']).next().unwrap_or(path);
    let text = String::from_utf8_lossy(head);
    let has = |needle: &str| text.contains(needle);
    let found = match name {
        "metadata.yaml"
            if ["bundlename:", "projectnamespaceuuid:", "longhornnamespaceuuid:"]
                .iter()
                .any(|key| has(key)) =>
        {
            Form::SupportBundleKit
        }
        "version.yaml" if has("troubleshoot.") && has("kind: SupportBundle") => Form::TroubleshootVersion,
        "cluster_version.json" if path.ends_with("cluster-info/cluster_version.json") => Form::ClusterVersion,
        "version" if text.lines().next().is_some_and(|line| line.contains("must-gather")) => {
            Form::MustGatherVersion
        }
        "timestamp" if text.lines().next().is_some_and(|line| go_time(line).is_some()) => {
            Form::MustGatherTimestamp
        }
        "metadata.txt" if has("SCC Operator Support Bundle") => Form::SccOperator,
        "date.log" => Form::DateLog,
        "summary.txt" if has("Logs Collector Summary") => Form::RancherSummary,
        _ if has("Support Utilities") && has("Script Version:") => Form::Supportconfig,
        _ => return None,
    };
    Some(found)
}

fn sniff(path: &str, head: &[u8]) -> bool {
    form(path, head).is_some()
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let head = document.bytes.get(..document.bytes.len().min(8 * 1024)).unwrap_or_default();
    let Some(form) = form(document.path, head) else { return gather.finish() };
    let all: Vec<Line<'_>> = lines(document.bytes).take(LINES).collect();
    let Some(first) = all.iter().find(|line| !line.text.trim().is_empty()) else { return gather.finish() };
    let mut draft = Draft::new(document, CAPTURE.kind, document.path, first);
    match form {
        Form::SupportBundleKit => support_bundle_kit(&mut draft, &all),
        Form::TroubleshootVersion => {
            draft.put("tool", "troubleshoot");
            set_keys(&mut draft, &all, &[("versionNumber", "toolVersion")]);
        }
        Form::ClusterVersion => cluster_version(&mut draft, document.bytes),
        Form::MustGatherVersion => {
            draft.put("tool", first.text.trim());
            if let Some(line) =
                all.iter().skip_while(|line| line.number <= first.number).find(|l| !l.text.trim().is_empty())
            {
                draft.set("toolVersion", line.text.trim(), line);
            }
        }
        Form::MustGatherTimestamp => timestamps(&mut draft, &all),
        Form::Supportconfig => {
            draft.put("tool", "supportconfig");
            set_keys(&mut draft, &all, &[("Script Version", "toolVersion")]);
        }
        Form::SccOperator => scc_operator(&mut draft, &all),
        Form::DateLog => {
            if let Some((line, time)) = all.iter().find_map(|line| Some((line, date(line.text.trim())?))) {
                draft.set("createdAt", time.to_string(), line);
            }
        }
        Form::RancherSummary => rancher_summary(&mut draft, &all),
    }
    gather.add(draft);
    gather.finish()
}

/// The value behind `key:` on a line, whatever its indent and quotes.
fn value_of<'l>(line: &'l Line<'_>, key: &str) -> Option<&'l str> {
    let value = line.text.trim_start().strip_prefix(key)?.strip_prefix(':')?;
    let value = value.trim().trim_matches(['"', '\'']);
    (!value.is_empty()).then_some(value)
}

/// Sets fields from the first line of each key.
fn set_keys(draft: &mut Draft<'_>, all: &[Line<'_>], keys: &[(&str, &str)]) {
    for (key, field) in keys {
        if let Some((line, value)) = all.iter().find_map(|line| Some((line, value_of(line, key)?))) {
            draft.set(field, value, line);
        }
    }
}

/// Sets a time from the first line of a key, if it is RFC 3339.
fn set_time(draft: &mut Draft<'_>, all: &[Line<'_>], key: &str, read: fn(&str) -> Option<Time>) {
    if let Some((line, time)) = all.iter().find_map(|line| Some((line, read(value_of(line, key)?)?))) {
        draft.set("createdAt", time.to_string(), line);
    }
}

fn support_bundle_kit(draft: &mut Draft<'_>, all: &[Line<'_>]) {
    draft.put("tool", "support-bundle-kit");
    set_keys(
        draft,
        all,
        &[
            ("bundlename", "bundleName"),
            ("bundleversion", "toolVersion"),
            ("kubernetesversion", "clusterVersion"),
            ("longhornversion", "productVersion"),
            ("projectnamespaceuuid", "namespaceUid"),
            ("longhornnamespaceuuid", "namespaceUid"),
            ("issuedescription", "issue"),
        ],
    );
    set_time(draft, all, "bundlecreatedat", Time::parse);
}

fn cluster_version(draft: &mut Draft<'_>, bytes: &[u8]) {
    const MOST: usize = 64 * 1024;
    let value: Option<Value> =
        bytes.get(..bytes.len().min(MOST)).and_then(|bytes| serde_json::from_slice(bytes).ok());
    draft.put("tool", "troubleshoot");
    let version = value.as_ref().and_then(|value| {
        value.pointer("/info/gitVersion").or_else(|| value.pointer("/string")).and_then(Value::as_str)
    });
    if let Some(version) = version.filter(|version| !version.is_empty()) {
        draft.put("clusterVersion", version);
    }
}

/// The first line is when it began, the last when it ended.
fn timestamps(draft: &mut Draft<'_>, all: &[Line<'_>]) {
    draft.put("tool", "must-gather");
    let mut times = all.iter().filter_map(|line| Some((line, go_time(&line.text)?)));
    if let Some((line, time)) = times.next() {
        draft.set("createdAt", time.to_string(), line);
    }
    if let Some((line, time)) = times.max_by_key(|(_, time)| *time) {
        draft.set("endedAt", time.to_string(), line);
    }
}

fn scc_operator(draft: &mut Draft<'_>, all: &[Line<'_>]) {
    draft.put("tool", "scc-operator-collector");
    set_keys(draft, all, &[("Bundle Name", "bundleName"), ("Server Version", "clusterVersion")]);
    set_time(draft, all, "Collection Date", |text| {
        Time::parse(&format!("{}Z", text.strip_suffix(" UTC")?.replace(' ', "T")))
    });
}

fn rancher_summary(draft: &mut Draft<'_>, all: &[Line<'_>]) {
    draft.put("tool", "rancher-logs-collector");
    set_keys(
        draft,
        all,
        &[("Hostname", "hostname"), ("Kernel", "kernel"), ("Distro", "distribution"), ("Init", "init")],
    );
    set_time(draft, all, "Generated", date);
    let said = all.iter().find_map(|line| match value_of(line, "Obfuscate") {
        Some("enabled") => Some((line, true)),
        Some("disabled") => Some((line, false)),
        _ => None,
    });
    if let Some((line, obfuscated)) = said {
        draft.set("obfuscated", obfuscated, line);
    }
}

/// Go's `time.String()`: `2021-08-03 12:11:56.91501602 +0200 CEST m=+1.651641915`.
fn go_time(text: &str) -> Option<Time> {
    let mut words = text.split_whitespace();
    let (date, clock, offset) = (words.next()?, words.next()?, words.next()?);
    let (hours, minutes) = offset.get(1..3).zip(offset.get(3..5))?;
    let sign = offset.get(..1).filter(|sign| matches!(*sign, "+" | "-"))?;
    (offset.len() == 5).then_some(())?;
    Time::parse(&format!("{date}T{clock}{sign}{hours}:{minutes}"))
}

/// `date` in the C locale, on a machine in UTC: `Sun Nov 22 03:43:32 UTC 2026`. Other zones are left to who knows the machine.
fn date(text: &str) -> Option<Time> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let words: Vec<&str> = text.split_whitespace().collect();
    let [_, month, day, clock, "UTC" | "GMT", year] = words.as_slice() else { return None };
    let month = i8::try_from(MONTHS.iter().position(|name| name == month)? + 1).ok()?;
    let mut parts = clock.split(':').map(|part| part.parse::<i8>().ok());
    let clock = (parts.next()??, parts.next()??, parts.next()??);
    let stamp = Stamp::from_civil(Some(year.parse().ok()?), month, day.parse().ok()?, clock, 0, Some(0))?;
    Some(Time(stamp.ns))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::path::Projection;

    fn check(path: &str, text: &str, expect: &str) {
        let mut projection = Projection::default();
        projection.ask(CAPTURE.kind, "");
        let document = Document { path, bytes: text.as_bytes(), captured_at: None, projection: &projection };
        assert!(sniff(path, text.as_bytes()), "{path}");
        let reading = read(&document);
        let [object] = reading.objects.as_slice() else { panic!("{path}: {reading:?}") };
        let expect: Value = serde_json::from_str(expect).unwrap();
        assert_eq!(object.fields, expect, "{text}");
    }

    #[test]
    fn each_collector_describes_its_capture() {
        for (path, text, expect) in [
            (
                "s/metadata.yaml",
                "bundlename: supportbundle_x\nbundleversion: 0.1.0\nkubernetesversion: v1.32.4+rke2r1\nprojectnamespaceuuid: 0a1b-2c\nbundlecreatedat: \"2026-11-22T03:11:34Z\"\nissueurl: \"\"\nissuedescription: disks are slow\n",
                r#"{"bundleName":"supportbundle_x","clusterVersion":"v1.32.4+rke2r1","createdAt":"2026-11-22T03:11:34Z","issue":"disks are slow","namespaceUid":"0a1b-2c","tool":"support-bundle-kit","toolVersion":"0.1.0"}"#,
            ),
            (
                "s/version.yaml",
                "apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nspec:\n  versionNumber: v0.99.1\n",
                r#"{"tool":"troubleshoot","toolVersion":"v0.99.1"}"#,
            ),
            (
                "s/cluster-info/cluster_version.json",
                "{\"info\":{\"gitVersion\":\"v1.31.2+k3s1\"},\"string\":\"v1.31.2+k3s1\"}",
                r#"{"clusterVersion":"v1.31.2+k3s1","tool":"troubleshoot"}"#,
            ),
            (
                "m/version",
                "openshift/must-gather\n4.9.0-dev\n",
                r#"{"tool":"openshift/must-gather","toolVersion":"4.9.0-dev"}"#,
            ),
            (
                "m/timestamp",
                "2026-11-22 04:11:56.5 +0100 CET m=+1.6\n2026-11-22 04:14:13.25 +0100 CET m=+138.3\n",
                r#"{"createdAt":"2026-11-22T03:11:56.5Z","endedAt":"2026-11-22T03:14:13.25Z","tool":"must-gather"}"#,
            ),
            (
                "scc_n1_261122_0311/basic-environment.txt",
                "====\n                     Support Utilities - Supportconfig\n                          Script Version: 3.2.8-1\n====\n",
                r#"{"tool":"supportconfig","toolVersion":"3.2.8-1"}"#,
            ),
            (
                "s/metadata.txt",
                "SCC Operator Support Bundle\n====\n\nCollection Date: 2026-11-22 03:11:34 UTC\nBundle Name: scc-support-bundle-1\n",
                r#"{"bundleName":"scc-support-bundle-1","createdAt":"2026-11-22T03:11:34Z","tool":"scc-operator-collector"}"#,
            ),
            ("x/date.log", "Sun Nov 22 03:43:32 UTC 2026\n", r#"{"createdAt":"2026-11-22T03:43:32Z"}"#),
            (
                "n/summary.txt",
                "Rancher 2.x Logs Collector Summary\n==\n\nGenerated: Sun Nov 22 03:12:45 UTC 2026\nHostname:  n1\nDistro:    rke2\nInit:      systemd\nObfuscate: \nObfuscate: enabled\n",
                r#"{"createdAt":"2026-11-22T03:12:45Z","distribution":"rke2","hostname":"n1","init":"systemd","obfuscated":true,"tool":"rancher-logs-collector"}"#,
            ),
        ] {
            check(path, text, expect);
        }
    }

    #[test]
    fn files_of_others_are_not_taken() {
        for (path, text) in [
            ("chart/metadata.yaml", "name: x\n"),
            ("rke2/version", "rke2 version v1.32.7+rke2r1\n"),
            ("x/timestamp", "now\n"),
            ("x/summary.txt", "a\n"),
            ("x/version.yaml", "kind: Pod\n"),
        ] {
            assert!(!sniff(path, text.as_bytes()), "{path}");
        }
        assert_eq!(date("Sun Nov 22 03:43:32 CET 2026"), None);
    }
}
