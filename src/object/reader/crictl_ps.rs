//! `crictl ps -a` → `HostContainer` {name, pod, namespace, attempt, state}: which run of each container is the latest, so
//! that a missing log of it is missed. `ATTEMPT` counts from 0, as the kubelet's `N.log` does (cri-tools, `container.go`).
//! Before cri-tools 1.31 there is no `NAMESPACE` column.

use super::Reader;
use super::grid::Grid;
use crate::object::derived::{Derived, Expected};
use crate::object::gather::{Draft, Gather};
use crate::object::line::lines;
use crate::object::{Document, Reading, preamble};

/// One run of a container, named `<pod>/<container>/<attempt>`.
pub const CONTAINER: Derived = Derived {
    kind: "HostContainer",
    what: "one run of a container, named `<pod>/<container>/<attempt>`",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[
        ("name", "the container's name in its pod"),
        ("pod", "the pod's name"),
        ("namespace", "the pod's namespace, where the table shows it"),
        ("attempt", "which run, from 0"),
        ("state", "`Running`, `Exited`, `Created` or `Unknown`"),
    ],
};

const KIND: &str = CONTAINER.kind;

/// The reader.
pub const READER: Reader = Reader { name: "crictl-ps", derives: &[&CONTAINER], sniff, read };

fn sniff(_path: &str, head: &[u8]) -> bool {
    lines(head).next().is_some_and(|line| is_heading(&line.text))
}

fn is_heading(text: &str) -> bool {
    text.starts_with("CONTAINER")
        && ["ATTEMPT", "POD ID", "STATE"].iter().all(|heading| text.contains(heading))
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let mut grid: Option<Grid> = None;
    for line in lines(document.bytes) {
        if is_heading(&line.text) {
            grid = Some(Grid::parse(&line.text));
            gather.list(KIND, true);
            continue;
        }
        if line.text.trim().is_empty() || preamble::is_noise(&line.text) {
            continue;
        }
        let Some((grid, cells)) = grid.as_ref().and_then(|grid| Some((grid, grid.cells(&line.text)?))) else {
            super::unreadable(&mut gather, &line, "container");
            continue;
        };
        let cell = |heading| grid.cell(&cells, heading).unwrap_or_default();
        let Ok(attempt) = cell("ATTEMPT").parse::<u64>() else {
            super::unreadable(&mut gather, &line, "container");
            continue;
        };
        let mut draft =
            Draft::new(document, KIND, format!("{}/{}/{attempt}", cell("POD"), cell("NAME")), &line);
        draft.put("name", cell("NAME"));
        draft.put("pod", cell("POD"));
        draft.put("attempt", attempt);
        draft.put("state", cell("STATE"));
        gather.add(draft);
    }
    gather.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::path::Projection;

    #[test]
    fn runs_of_a_container_are_told_apart() {
        let text = "CONTAINER           IMAGE               CREATED             STATE               NAME                ATTEMPT             POD ID              POD\n\
                    20aa3847b889c       c6a9d11cc5c04       10 minutes ago      Exited              etcd                0                   0b747b8e22586       etcd-srv02\n\
                    9fda1e3a2db6e       c6a9d11cc5c04       9 minutes ago       Running             etcd                1                   0b747b8e22586       etcd-srv02\n";
        let mut projection = Projection::default();
        projection.ask(KIND, "");
        let document = Document {
            path: "rke2/crictl/psa",
            bytes: text.as_bytes(),
            captured_at: None,
            projection: &projection,
        };
        assert!(sniff("x", text.as_bytes()));
        let reading = read(&document);
        let fields: Vec<String> = reading.objects.iter().map(|object| object.fields.to_string()).collect();
        assert_eq!(
            fields,
            [
                r#"{"name":"etcd","pod":"etcd-srv02","attempt":0,"state":"Exited"}"#,
                r#"{"name":"etcd","pod":"etcd-srv02","attempt":1,"state":"Running"}"#,
            ]
        );
    }

    #[test]
    fn other_tables_are_not_containers() {
        assert!(!sniff("x", b"CONTAINER ID   IMAGE   COMMAND   CREATED   STATUS   PORTS   NAMES\n"));
    }
}
