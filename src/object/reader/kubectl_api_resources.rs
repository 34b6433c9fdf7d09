//! `kubectl api-resources` → `ApiResource`: what the API server offers.
//!
//! Columns: kubectl `pkg/cmd/apiresources`: `APIGROUP` up to 1.19, `APIVERSION` since. When an aggregated API does not answer, the table
//! is followed by an error that names it; what that API offers is then not in the table.

use serde_json::json;

use super::grid::Grid;
use crate::object::derived::{Derived, Expected};
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, lines};
use crate::object::{Document, Reader, Reading, preamble, resource};

/// A resource of the API, named as kubectl takes it.
pub const RESOURCE: Derived = Derived {
    kind: "ApiResource",
    what: "a resource that the API server offers, named `<plural>.<group>`, or `<plural>` in the core group",
    expected: Expected::Never,
    bulk: true,
    fields: &[
        ("name", "the plural"),
        ("shortNames", "list"),
        ("group", "empty for the core group"),
        ("version", "absent up to kubectl 1.19"),
        ("namespaced", "whether its objects live in namespaces"),
        ("kind", "the kind, without its group"),
        ("verbs", "list; only with `-o wide`"),
    ],
};

const KIND: &str = RESOURCE.kind;

/// Reads `kubectl api-resources`.
pub const READER: Reader = Reader { name: "kubectl-api-resources", derives: &[&RESOURCE], sniff, read };

fn sniff(path: &str, head: &[u8]) -> bool {
    let first = lines(head).find(|line| !line.text.trim().is_empty() && !preamble::is_noise(&line.text));
    let is_path = resource::file_stem(path).replace(['-', '_'], "").ends_with("apiresources");
    match first {
        None => is_path,
        Some(line) => is_header(&line.text) || (is_path && preamble::is_error(&line.text)),
    }
}

fn is_header(text: &str) -> bool {
    text.starts_with("NAME ") && ["SHORTNAMES", "NAMESPACED", "KIND"].iter().all(|word| text.contains(word))
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let mut grid: Option<Grid> = None;
    for line in lines(document.bytes) {
        let text = line.text.trim_end();
        if is_header(text) {
            gather.list(KIND, true);
            grid = Some(Grid::parse(text));
        } else if text.is_empty() || preamble::is_noise(text) {
            // stderr lines may stand anywhere.
        } else if preamble::is_error(text) {
            gather.fail(&line);
        } else if !grid.as_ref().is_some_and(|grid| row(&mut gather, grid, &line)) {
            super::unreadable(&mut gather, &line, "resource");
        }
    }
    gather.finish()
}

/// Reads a row; returns whether it could.
fn row(gather: &mut Gather<'_, '_>, grid: &Grid, line: &Line<'_>) -> bool {
    let Some(cells) = grid.cells(&line.text) else { return false };
    let cell = |heading: &str| grid.cell(&cells, heading).filter(|text| !text.is_empty());
    let (Some(name), Some(kind)) = (cell("NAME"), cell("KIND")) else { return false };
    let (group, version) = match cell("APIVERSION") {
        Some(text) => {
            text.split_once('/').map_or(("", Some(text)), |(group, version)| (group, Some(version)))
        }
        None => (cell("APIGROUP").unwrap_or_default(), None),
    };
    let full = if group.is_empty() { name.to_owned() } else { format!("{name}.{group}") };
    let mut draft = Draft::new(gather.document, KIND, full, line);
    draft.put("name", name);
    draft.put("group", group);
    draft.put("kind", kind);
    let words = |text: &str| -> Vec<String> {
        let inner = text.trim_start_matches('[').trim_end_matches(']');
        inner.split([',', ' ']).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    draft.put("shortNames", json!(words(cell("SHORTNAMES").unwrap_or_default())));
    let mut known = vec!["name", "group", "kind", "shortNames"];
    if let Some(version) = version {
        draft.put("version", version);
        known.push("version");
    }
    if let Some(namespaced) = cell("NAMESPACED").and_then(|text| text.parse::<bool>().ok()) {
        draft.put("namespaced", namespaced);
        known.push("namespaced");
    }
    if let Some(verbs) = cell("VERBS") {
        draft.put("verbs", json!(words(verbs)));
        known.push("verbs");
    }
    draft.know_only(known);
    gather.add(draft);
    true
}

#[cfg(test)]
mod tests {
    use super::super::etcd::tests::{named, read};
    use super::*;

    #[test]
    fn resources_of_both_headings_are_read() {
        let core = json!({"name": "bindings", "group": "", "kind": "Binding", "shortNames": [], "version": "v1", "namespaced": true});
        let apps = json!({"name": "deployments", "group": "apps", "kind": "Deployment", "shortNames": ["deploy"], "version": "v1", "namespaced": true,
            "verbs": ["create", "delete"]});
        let old = json!({"name": "deployments", "group": "apps", "kind": "Deployment", "shortNames": ["deploy"], "namespaced": true});
        for (text, name, expected) in [
            (
                "NAME       SHORTNAMES   APIVERSION   NAMESPACED   KIND\nbindings                v1           true         Binding\n",
                "bindings",
                core,
            ),
            (
                "NAME          SHORTNAMES   APIVERSION   NAMESPACED   KIND         VERBS\ndeployments   deploy       apps/v1      true         Deployment   [create delete]\n",
                "deployments.apps",
                apps,
            ),
            (
                "NAME          SHORTNAMES   APIGROUP   NAMESPACED   KIND\ndeployments   deploy       apps       true         Deployment\n",
                "deployments.apps",
                old,
            ),
        ] {
            let reading = read(&READER, &[KIND], "x.txt", text);
            assert_eq!(reading.objects.iter().map(named).collect::<Vec<_>>(), [(name, &expected)], "{text}");
            assert!(reading.lists[0].complete);
        }
    }

    #[test]
    fn an_api_that_does_not_answer_leaves_the_table_incomplete() {
        let text = "NAME   SHORTNAMES   APIVERSION   NAMESPACED   KIND\npods   po           v1           true         Pod\n\
            error: unable to retrieve the complete list of server APIs: metrics.k8s.io/v1beta1: the server is currently unable to handle the request\n";
        let reading = read(&READER, &[KIND], "rke2/kubectl/api-resources", text);
        assert!(!reading.lists[0].complete && reading.objects.len() == 1);
        assert!(reading.failed.unwrap().1.contains("metrics.k8s.io/v1beta1"));
    }
}
