//! The tables of crictl: `ps`, `pods`, `images`, `stats`.
//!
//! Headings: cri-tools `cmd/crictl/{container,sandbox,image,stats}.go`. `ps` has `POD` since 1.24 and `NAMESPACE` since 1.31,
//! `stats` has `NAME` since 1.28 and `SWAP` since 1.32. `ATTEMPT` counts from 0, as the kubelet's `N.log` does.

use std::collections::BTreeSet;

use super::Reader;
use super::container::{
    CONTAINER, IMAGE, Names, SANDBOX, STATS, bytes, percent, plain, put_since, put_some, shown, state,
};
use super::grid::Grid;
use crate::object::derived::Derived;
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, lines};
use crate::object::{Document, Reading, preamble};

/// The reader.
pub const READER: Reader =
    Reader { name: "crictl-table", derives: &[&CONTAINER, &SANDBOX, &IMAGE, &STATS], sniff, read };

/// An object's name, and the paths that its row shows.
type Filled = (String, Vec<&'static str>);

/// One of the tables.
struct Table {
    /// The file's names among those of the collectors, with their folder.
    files: &'static [&'static str],
    /// How the heading begins, and what else it holds.
    headings: (&'static str, &'static [&'static str]),
    kind: &'static Derived,
    source: &'static str,
    /// Puts a row into an object; returns the object's name and the paths that the row shows.
    fill: fn(&Row<'_>, &mut Draft<'_>) -> Option<Filled>,
}

const TABLES: &[Table] = &[
    Table {
        files: &["crictl/psa", "crictl/ps", "containerd/crictl-ps.txt"],
        headings: ("CONTAINER ", &["ATTEMPT", "POD ID", "STATE"]),
        kind: &CONTAINER,
        source: "crictl ps",
        fill: container,
    },
    Table {
        files: &["crictl/pods", "containerd/crictl-pods.txt"],
        headings: ("POD ID ", &["STATE", "NAME", "ATTEMPT"]),
        kind: &SANDBOX,
        source: "crictl pods",
        fill: sandbox,
    },
    Table {
        files: &["crictl/images", "containerd/crictl-images.txt"],
        headings: ("IMAGE ", &["TAG", "IMAGE ID", "SIZE"]),
        kind: &IMAGE,
        source: "crictl images",
        fill: image,
    },
    Table {
        files: &["crictl/statsa", "crictl/stats"],
        headings: ("CONTAINER ", &["CPU %", "MEM ", "DISK", "INODES"]),
        kind: &STATS,
        source: "crictl stats",
        fill: stats,
    },
];

fn sniff(path: &str, head: &[u8]) -> bool {
    let first = lines(head).find(|line| !line.text.trim().is_empty());
    match first {
        Some(line) => {
            table_of(&plain(&line.text)).is_some()
                || (table_at(path).is_some() && preamble::is_error(&line.text))
        }
        None => table_at(path).is_some(),
    }
}

fn table_of(heading: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| {
        let (start, others) = table.headings;
        heading.starts_with(start) && others.iter().all(|other| heading.contains(other))
    })
}

fn table_at(path: &str) -> Option<&'static Table> {
    let ends =
        |file: &str| path.strip_suffix(file).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
    TABLES.iter().find(|table| table.files.iter().any(|file| ends(file)))
}

/// A row with its columns.
struct Row<'r> {
    grid: &'r Grid,
    cells: &'r [String],
    document: &'r Document<'r>,
}

impl Row<'_> {
    /// The text under a heading, empty if there is no such column.
    fn cell(&self, heading: &str) -> &str {
        self.grid.cell(self.cells, heading).unwrap_or_default()
    }

    fn has(&self, heading: &str) -> bool {
        self.grid.index(heading).is_some()
    }
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let mut names = Names::default();
    let mut open: Option<(&'static Table, Grid)> = None;
    for line in lines(document.bytes) {
        let text = plain(&line.text);
        if let Some(table) = table_of(&text) {
            gather.list(table.kind.kind, true);
            open = Some((table, Grid::parse(&text)));
            continue;
        }
        if text.trim().is_empty() || preamble::is_noise(&text) {
            continue;
        }
        let Some((table, grid)) = &open else {
            no_row(&mut gather, &line, &text);
            continue;
        };
        let Some(cells) = grid.cells(&text) else {
            no_row(&mut gather, &line, &text);
            continue;
        };
        let mut draft = Draft::new(document, table.kind.kind, "", &line);
        let row = Row { grid, cells: &cells, document };
        let Some((name, shown)) = (table.fill)(&row, &mut draft) else {
            no_row(&mut gather, &line, &text);
            continue;
        };
        let id = draft.fields.get("id").and_then(|id| id.as_str()).unwrap_or_default();
        draft.name = names.of(name, id);
        draft.put("source", table.source);
        let known: BTreeSet<&str> = shown.into_iter().chain(["source"]).collect();
        draft.know_only(known);
        gather.add(draft);
    }
    gather.finish()
}

fn no_row(gather: &mut Gather<'_, '_>, line: &Line<'_>, text: &str) {
    if preamble::is_error(text) {
        gather.fail(line);
    } else {
        super::unreadable(gather, line, "row of the table");
    }
}

fn container(row: &Row<'_>, draft: &mut Draft<'_>) -> Option<Filled> {
    let attempt: u64 = row.cell("ATTEMPT").parse().ok()?;
    let (name, id, sandbox) = (row.cell("NAME"), row.cell("CONTAINER"), row.cell("POD ID"));
    draft.put("id", id);
    draft.put("name", name);
    draft.put("podSandboxId", sandbox);
    draft.put("attempt", attempt);
    draft.put("image", row.cell("IMAGE"));
    draft.put("state", state(row.cell("STATE"))?);
    let mut known = vec!["id", "name", "podSandboxId", "attempt", "image", "state"];
    // Containers of other clients have no pod.
    for (heading, path) in [("POD", "pod"), ("NAMESPACE", "namespace")] {
        if row.has(heading) {
            put_some(draft, path, shown(row.cell(heading)));
            known.push(path);
        }
    }
    known.extend(age(row, draft));
    let pod = shown(row.cell("POD")).unwrap_or(sandbox);
    Some((format!("{pod}/{name}/{attempt}"), known))
}

fn age(row: &Row<'_>, draft: &mut Draft<'_>) -> Vec<&'static str> {
    put_since(draft, row.document.captured_at, row.cell("CREATED"), ("ageSeconds", "createdAt"))
}

fn sandbox(row: &Row<'_>, draft: &mut Draft<'_>) -> Option<Filled> {
    let attempt: u64 = row.cell("ATTEMPT").parse().ok()?;
    let (name, namespace) = (row.cell("NAME"), row.cell("NAMESPACE"));
    draft.put("id", row.cell("POD ID"));
    draft.put("name", name);
    draft.put("namespace", namespace);
    draft.put("attempt", attempt);
    draft.put("state", state(row.cell("STATE"))?);
    let mut known = vec!["id", "name", "namespace", "attempt", "state"];
    if row.has("RUNTIME") {
        put_some(draft, "runtime", shown(row.cell("RUNTIME")).filter(|runtime| *runtime != "(default)"));
        known.push("runtime");
    }
    known.extend(age(row, draft));
    Some((format!("{namespace}/{name}/{attempt}"), known))
}

fn image(row: &Row<'_>, draft: &mut Draft<'_>) -> Option<Filled> {
    let id = shown(row.cell("IMAGE ID"))?;
    let (repository, tag) = (shown(row.cell("IMAGE")), shown(row.cell("TAG")));
    draft.put("id", id);
    put_some(draft, "repository", repository);
    put_some(draft, "tag", tag);
    let mut known = vec!["id", "repository", "tag"];
    if let Some(size) = bytes(row.cell("SIZE")) {
        draft.put("sizeBytes", size);
        known.push("sizeBytes");
    }
    if row.has("PINNED") {
        draft.put("pinned", row.cell("PINNED") == "true");
        known.push("pinned");
    }
    if row.has("DIGEST") {
        put_some(draft, "digest", shown(row.cell("DIGEST")));
        known.push("digest");
    }
    let name = match (repository, tag) {
        (Some(repository), Some(tag)) => format!("{repository}:{tag}"),
        _ => id.to_owned(),
    };
    Some((name, known))
}

fn stats(row: &Row<'_>, draft: &mut Draft<'_>) -> Option<Filled> {
    let id = shown(row.cell("CONTAINER"))?;
    draft.put("id", id);
    let mut known = vec!["id"];
    if row.has("NAME") {
        put_some(draft, "name", shown(row.cell("NAME")));
        known.push("name");
    }
    if let Some(cpu) = percent(row.cell("CPU %")) {
        draft.put("cpuPercent", cpu);
        known.push("cpuPercent");
    }
    for (heading, path) in [("MEM", "memoryBytes"), ("DISK", "diskBytes"), ("SWAP", "swapBytes")] {
        if let Some(bytes) = bytes(row.cell(heading)) {
            draft.put(path, bytes);
            known.push(path);
        }
    }
    if let Ok(inodes) = row.cell("INODES").parse::<u64>() {
        draft.put("inodes", inodes);
        known.push("inodes");
    }
    Some((id.to_owned(), known))
}

#[cfg(test)]
mod tests {
    use super::super::etcd::tests::read;
    use super::*;

    fn check(text: &str, expect: &[&str]) {
        let kinds = ["HostContainer", "HostPodSandbox", "HostImage", "HostContainerStats"];
        let reading = read(&READER, &kinds, "n/rke2/crictl/x", text);
        let found: Vec<String> =
            reading.objects.iter().map(|object| format!("{} {}", object.name, object.fields)).collect();
        assert_eq!(found, expect, "{text}");
        assert_eq!(reading.lists.len(), 1);
    }

    #[test]
    fn runs_of_a_container_are_told_apart() {
        check(
            "CONTAINER           IMAGE               CREATED              STATE               NAME                ATTEMPT             POD ID              POD\n\
             20aa3847b889c       c6a9d11cc5c04       About a minute ago   Exited              etcd                0                   0b747b8e22586       etcd-srv02\n\
             time=\"2026-11-22T03:00:00Z\" level=warning msg=\"late\"\n\
             9fda1e3a2db6e       c6a9d11cc5c04       9 seconds ago        Running             etcd                1                   0b747b8e22586       etcd-srv02\n",
            &[
                r#"etcd-srv02/etcd/0 {"id":"20aa3847b889c","name":"etcd","podSandboxId":"0b747b8e22586","attempt":0,"image":"c6a9d11cc5c04","state":"exited","pod":"etcd-srv02","ageSeconds":60.0,"createdAt":"2026-11-22T03:59:00Z","source":"crictl ps"}"#,
                r#"etcd-srv02/etcd/1 {"id":"9fda1e3a2db6e","name":"etcd","podSandboxId":"0b747b8e22586","attempt":1,"image":"c6a9d11cc5c04","state":"running","pod":"etcd-srv02","ageSeconds":9.0,"createdAt":"2026-11-22T03:59:51Z","source":"crictl ps"}"#,
            ],
        );
    }

    #[test]
    fn a_column_that_is_not_there_is_unknown() {
        let text = "CONTAINER           IMAGE               CREATED             STATE               NAME                ATTEMPT             POD ID\n\
                    20aa3847b889c       c6a9d11cc5c04       10 minutes ago      Exited              etcd                0                   0b747b8e22586\n\
                    30aa3847b889c       c6a9d11cc5c04       12 minutes ago      Exited              etcd                0                   0b747b8e22586\n";
        let reading = read(&READER, &["HostContainer"], "x", text);
        let names: Vec<&str> = reading.objects.iter().map(|object| &*object.name).collect();
        assert_eq!(names, ["0b747b8e22586/etcd/0", "0b747b8e22586/etcd/0 (30aa3847b889c)"]);
        let known = &reading.objects[0].known;
        assert_eq!(
            ["pod", "namespace", "exitCode", "createdAt", "state"].map(|path| known.covers(path)),
            [false, false, false, true, true]
        );
    }

    #[test]
    fn sandboxes_have_their_namespace() {
        check(
            "POD ID              CREATED             STATE               NAME                NAMESPACE           ATTEMPT             RUNTIME\n\
             fa176c941b4fd       2 weeks ago         NotReady            web-0               shop                3                   (default)\n",
            &[
                r#"shop/web-0/3 {"id":"fa176c941b4fd","name":"web-0","namespace":"shop","attempt":3,"state":"notready","ageSeconds":1209600.0,"createdAt":"2026-11-08T04:00:00Z","source":"crictl pods"}"#,
            ],
        );
    }

    #[test]
    fn images_without_a_name_have_their_id() {
        check(
            "IMAGE                              TAG                 IMAGE ID            SIZE\n\
             docker.io/rancher/hardened-etcd    v3.6.4-k3s3         c6a9d11cc5c04       17.9MB\n\
             <none>                             <none>              d6a9d11cc5c04       1.2GB\n",
            &[
                r#"docker.io/rancher/hardened-etcd:v3.6.4-k3s3 {"id":"c6a9d11cc5c04","repository":"docker.io/rancher/hardened-etcd","tag":"v3.6.4-k3s3","sizeBytes":17900000,"source":"crictl images"}"#,
                r#"d6a9d11cc5c04 {"id":"d6a9d11cc5c04","sizeBytes":1200000000,"source":"crictl images"}"#,
            ],
        );
    }

    #[test]
    fn stats_begin_with_a_cleared_screen() {
        check(
            "\u{1b}[2J\u{1b}[HCONTAINER           NAME                CPU %               MEM                 DISK                INODES              SWAP\n\
             0349a03bf13fe       typha               0.27                29.42MB             45.06kB             14                  0B\n",
            &[
                r#"0349a03bf13fe {"id":"0349a03bf13fe","name":"typha","cpuPercent":0.27,"memoryBytes":29420000,"diskBytes":45060,"swapBytes":0,"inodes":14,"source":"crictl stats"}"#,
            ],
        );
    }

    #[test]
    fn other_tables_and_errors() {
        assert!(!sniff("x", b"CONTAINER ID   IMAGE   COMMAND   CREATED   STATUS   PORTS   NAMES\n"));
        let reading =
            read(&READER, &["HostContainer"], "n/k3s/crictl/psa", "bash: crictl: command not found\n");
        assert!(reading.failed.is_some() && reading.lists.is_empty());
        assert_eq!(read(&READER, &["HostContainer"], "n/k3s/crictl/pods", "").lists, []);
    }
}
