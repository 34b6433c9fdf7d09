//! `kubectl top` → `NodeMetrics` and `PodMetrics`, as the metrics API has them, with numbers for quantities.
//!
//! Columns: kubectl `pkg/metricsutil/metrics_printer.go`; `CPU%` became `CPU(%)` in 1.33. Without a metrics server there is only an
//! error, which says nothing of the load.

use serde_json::{Value, json};

use super::grid::Grid;
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, lines};
use crate::object::{Document, Reader, Reading, preamble, quantity, resource};

/// Reads `kubectl top nodes` and `kubectl top pods`, also with `--containers`.
pub const READER: Reader = Reader { name: "kubectl-top", derives: &[], sniff, read };

/// Headings, the path, and whether the cell is a quantity; the others are percents.
const COLUMNS: &[(&[&str], &str, bool)] = &[
    (&["CPU(cores)"], "usage.cpu", true),
    (&["MEMORY(bytes)"], "usage.memory", true),
    (&["CPU%", "CPU(%)"], "cpuPercent", false),
    (&["MEMORY%", "MEMORY(%)"], "memoryPercent", false),
];

fn sniff(path: &str, head: &[u8]) -> bool {
    let first = lines(head).find(|line| !line.text.trim().is_empty() && !preamble::is_noise(&line.text));
    match first {
        None => is_top_path(path),
        Some(line) => {
            is_header(&line.text)
                || line.text.starts_with("error: Metrics API not available")
                || (is_top_path(path) && preamble::is_error(&line.text))
        }
    }
}

/// `top-nodes.txt`, `kubectl/toppods`, `kubectl-top-pods-A`.
fn is_top_path(path: &str) -> bool {
    let stem = resource::file_stem(path).replace(['-', '_'], "");
    let stem = stem.strip_prefix("kubectl").unwrap_or(&stem);
    stem.strip_prefix("top").is_some_and(|rest| rest.starts_with("node") || rest.starts_with("pod"))
}

fn is_header(text: &str) -> bool {
    text.starts_with(['N', 'P']) && text.contains("CPU(cores)") && text.contains("MEMORY(bytes)")
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let mut grid: Option<Grid> = None;
    let mut pod: Option<Draft<'_>> = None;
    for line in lines(document.bytes) {
        let text = line.text.trim_end();
        if is_header(text) {
            finish_pod(&mut gather, pod.take());
            let found = Grid::parse(text);
            let kind = if is_of_nodes(&found) { "NodeMetrics" } else { "PodMetrics" };
            gather.list(kind, kind == "NodeMetrics" || found.index("NAMESPACE").is_some());
            grid = Some(found);
        } else if preamble::is_error(text) {
            gather.fail(&line);
        } else if let Some(grid) = grid.as_ref().filter(|_| is_row(text)) {
            match grid.cells(text) {
                Some(cells) => row(&mut gather, &mut pod, grid, &cells, &line),
                None => super::unreadable(&mut gather, &line, "row of `kubectl top`"),
            }
        }
    }
    finish_pod(&mut gather, pod);
    gather.finish()
}

/// `--sum` ends the table with a rule and a row without a name.
fn is_row(text: &str) -> bool {
    !text.is_empty() && !text.starts_with(' ') && !preamble::is_noise(text)
}

/// Only nodes have percents.
fn is_of_nodes(grid: &Grid) -> bool {
    grid.index("CPU%").or(grid.index("CPU(%)")).is_some()
}

fn row<'p>(
    gather: &mut Gather<'_, 'p>,
    pod: &mut Option<Draft<'p>>,
    grid: &Grid,
    cells: &[String],
    line: &Line<'_>,
) {
    let cell = |heading: &str| grid.cell(cells, heading).filter(|text| !text.is_empty());
    let namespace = cell("NAMESPACE").map(str::to_owned);
    let Some(name) = cell("POD").or(cell("NAME")).map(str::to_owned) else { return };
    let shown = COLUMNS.iter().filter_map(|(headings, path, is_quantity)| {
        let text = headings.iter().find_map(|heading| cell(heading))?;
        let value =
            if *is_quantity { quantity::parse(text)? } else { text.strip_suffix('%')?.parse().ok()? };
        Some((*path, value))
    });
    let mut fields = json!({});
    for (path, value) in shown {
        crate::object::path::set(&mut fields, path, json!(value));
    }
    if let Some(container) = cell("POD").and(cell("NAME")) {
        let same = pod.as_ref().is_some_and(|pod| pod.name == name && pod.namespace == namespace);
        if !same {
            finish_pod(gather, pod.take());
        }
        let draft = pod.get_or_insert_with(|| new(gather, "PodMetrics", &name, namespace, line));
        let mut item = json!({"name": container});
        crate::object::path::set(
            &mut item,
            "usage",
            fields.get_mut("usage").map(Value::take).unwrap_or_default(),
        );
        draft.shown.near("containers", line);
        if let Some(list) = draft.fields.get_mut("containers").and_then(Value::as_array_mut) {
            list.push(item);
        } else {
            draft.put("containers", json!([item]));
        }
        return;
    }
    let kind = if is_of_nodes(grid) { "NodeMetrics" } else { "PodMetrics" };
    let mut draft = new(gather, kind, &name, namespace, line);
    let mut known = vec!["metadata.name", "metadata.namespace"];
    for (_, path, _) in COLUMNS {
        if let Some(value) = crate::object::path::get(&fields, path) {
            draft.put(path, value.clone());
            known.push(path);
        }
    }
    draft.know_only(known);
    gather.add(draft);
}

fn new<'p>(
    gather: &Gather<'_, 'p>,
    kind: &str,
    name: &str,
    namespace: Option<String>,
    line: &Line<'_>,
) -> Draft<'p> {
    let mut draft = Draft::new(gather.document, kind, name, line);
    draft.put("metadata.name", name);
    if let Some(namespace) = &namespace {
        draft.put("metadata.namespace", namespace.as_str());
    }
    draft.namespace = namespace;
    draft
}

/// A pod whose containers were listed uses what they use.
fn finish_pod(gather: &mut Gather<'_, '_>, pod: Option<Draft<'_>>) {
    let Some(mut draft) = pod else { return };
    crate::object::derive::derive("PodMetrics", &mut draft.fields, None);
    draft.know_only(["metadata.name", "metadata.namespace", "containers", "usage"]);
    gather.add(draft);
}

#[cfg(test)]
mod tests {
    use super::super::etcd::tests::read;
    use super::*;

    fn check(text: &str, expected: &[(&str, Value)], complete: bool) {
        let reading = read(&READER, &["NodeMetrics", "PodMetrics"], "top.txt", text);
        let found: Vec<_> =
            reading.objects.iter().map(|object| (&*object.kind, object.fields.clone())).collect();
        assert_eq!(found, expected, "{text}");
        assert_eq!(reading.lists.iter().map(|list| list.complete).collect::<Vec<_>>(), [complete], "{text}");
        assert_eq!(reading.diagnostics, [], "{text}");
    }

    #[test]
    fn nodes_have_percents_unless_they_are_unknown() {
        for heading in [
            "NAME   CPU(cores)   CPU%        MEMORY(bytes)   MEMORY%",
            "NAME   CPU(cores)   CPU(%)      MEMORY(bytes)   MEMORY(%)",
        ] {
            check(
                &format!(
                    "{heading}\ncp-1   250m         12%         2048Mi          51%\nw-1    1500m        <unknown>   1Gi             <unknown>\n"
                ),
                &[
                    (
                        "NodeMetrics",
                        json!({"metadata": {"name": "cp-1"}, "usage": {"cpu": 0.25, "memory": 2_147_483_648.0}, "cpuPercent": 12.0, "memoryPercent": 51.0}),
                    ),
                    (
                        "NodeMetrics",
                        json!({"metadata": {"name": "w-1"}, "usage": {"cpu": 1.5, "memory": 1_073_741_824.0}}),
                    ),
                ],
                true,
            );
        }
    }

    #[test]
    fn pods_use_what_their_containers_use() {
        check(
            "NAMESPACE   NAME    CPU(cores)   MEMORY(bytes)\nshop        web-0   10m          1Mi\n            ________   ________\n            10m          1Mi\n",
            &[(
                "PodMetrics",
                json!({"metadata": {"name": "web-0", "namespace": "shop"}, "usage": {"cpu": 0.01, "memory": 1_048_576.0}}),
            )],
            true,
        );
        check(
            "POD     NAME   CPU(cores)   MEMORY(bytes)\nweb-0   app    500m         1Mi\nweb-0   side   1500m        3Mi\ndb-0    db     1000m        2Mi\n",
            &[
                (
                    "PodMetrics",
                    json!({"metadata": {"name": "web-0"}, "containers": [{"name": "app", "usage": {"cpu": 0.5, "memory": 1_048_576.0}},
                    {"name": "side", "usage": {"cpu": 1.5, "memory": 3_145_728.0}}], "usage": {"cpu": 2.0, "memory": 4_194_304.0}}),
                ),
                (
                    "PodMetrics",
                    json!({"metadata": {"name": "db-0"}, "containers": [{"name": "db", "usage": {"cpu": 1.0, "memory": 2_097_152.0}}],
                    "usage": {"cpu": 1.0, "memory": 2_097_152.0}}),
                ),
            ],
            false,
        );
    }

    #[test]
    fn an_error_says_nothing_of_the_load() {
        for (path, text) in [
            ("pasted.txt", "error: Metrics API not available\n"),
            (
                "kubectl/top-nodes",
                "Error from server (ServiceUnavailable): the server is currently unable to handle the request (get nodes.metrics.k8s.io)\n",
            ),
        ] {
            let reading = read(&READER, &["NodeMetrics"], path, text);
            assert!(reading.lists.is_empty() && reading.failed.is_some(), "{text}");
        }
        assert!(!sniff("top", b"top - 03:28:31 up 1 day\n") && !sniff("systeminfo/top", b""));
    }
}
