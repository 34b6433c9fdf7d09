//! The tables of docker: `ps -a`, `images`, `stats --no-stream`. nerdctl and podman print the same ones.
//!
//! Headings: docker/cli `cli/command/formatter/{container,image}.go`, `cli/command/container/formatter_stats.go`; the images of
//! docker 29: `cli/command/image/tree.go`. `STATUS` is a sentence: moby `container/state.go`, `String`. A container named
//! `k8s_POD_…` is the sandbox of a pod.

use super::Reader;
use super::container::{
    CONTAINER, IMAGE, KubeletName, Names, SANDBOX, STATS, bytes, percent, plain, put_since, put_some, shown,
    split_image,
};
use super::docker_status::Status;
use super::grid::Grid;
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, lines};
use crate::object::{Document, Reading, preamble};

/// The reader.
pub const READER: Reader =
    Reader { name: "docker-table", derives: &[&CONTAINER, &SANDBOX, &IMAGE, &STATS], sniff, read };

/// Which table a heading begins.
#[derive(Clone, Copy, PartialEq)]
enum Table {
    Ps,
    Images,
    /// Of docker 29: names and numbers are aligned on the right, platforms are branches.
    Tree,
    Stats,
}

fn table_of(text: &str) -> Option<Table> {
    let has = |headings: &[&str]| headings.iter().all(|heading| text.contains(heading));
    if text.starts_with("CONTAINER ID ") && has(&["IMAGE", "COMMAND", "CREATED", "STATUS", "NAMES"]) {
        Some(Table::Ps)
    } else if text.starts_with("CONTAINER ID ") && has(&["NAME", "CPU %", "MEM USAGE"]) {
        Some(Table::Stats)
    } else if text.starts_with("REPOSITORY ") && has(&["TAG", "IMAGE ID", "SIZE"]) {
        Some(Table::Images)
    } else if text.starts_with("IMAGE ") && has(&["ID", "DISK USAGE", "CONTENT SIZE"]) {
        Some(Table::Tree)
    } else {
        None
    }
}

fn sniff(path: &str, head: &[u8]) -> bool {
    // Docker 29 explains its signs and warns before the heading.
    let mut first = lines(head).filter(|line| !line.text.trim().is_empty()).take(4).peekable();
    match first.peek() {
        Some(line) if is_ours(path) && preamble::is_error(&line.text) => true,
        Some(_) => first.any(|line| table_of(&plain(&line.text)).is_some()),
        None => is_ours(path),
    }
}

fn is_ours(path: &str) -> bool {
    const FILES: [&str; 6] = [
        "docker/dockerpsa",
        "docker/dockerps",
        "docker/dockerimages",
        "docker/dockerstats",
        "docker/docker-ps.txt",
        "docker/docker-images.txt",
    ];
    FILES.iter().any(|file| path.ends_with(file))
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let mut rows = Rows { names: Names::default(), open: None };
    for line in lines(document.bytes) {
        let text = plain(&line.text);
        if let Some(table) = table_of(&text) {
            let kinds: &[&str] = match table {
                Table::Ps => &[CONTAINER.kind, SANDBOX.kind],
                Table::Images | Table::Tree => &[IMAGE.kind],
                Table::Stats => &[STATS.kind],
            };
            kinds.iter().for_each(|kind| gather.list(kind, true));
            rows.open = Some((table, Grid::parse(&text)));
        } else if text.trim().is_empty() || preamble::is_noise(&text) || is_legend(&text) {
            // Nothing of the table.
        } else if preamble::is_error(&text) {
            gather.fail(&line);
        } else {
            match rows.row(document, &line, &text) {
                Some(Some(draft)) => gather.add(draft),
                Some(None) => {}
                None => super::unreadable(&mut gather, &line, "row of the table"),
            }
        }
    }
    gather.finish()
}

/// What docker 29 says of its signs: `i Info →   U  In Use`.
fn is_legend(text: &str) -> bool {
    text.contains('→') && text.contains("In Use")
}

/// The rows below a heading.
struct Rows {
    names: Names,
    open: Option<(Table, Grid)>,
}

impl Rows {
    /// The object of a row, if the row is one; `None` if the line is no row.
    fn row<'p>(&mut self, document: &Document<'p>, line: &Line<'_>, text: &str) -> Option<Option<Draft<'p>>> {
        let (table, grid) = self.open.as_ref()?;
        let (mut draft, name, known) = match table {
            Table::Ps => container(document, line, grid, text)?,
            Table::Images => image(document, line, grid, text)?,
            Table::Stats => stats(document, line, grid, text)?,
            // A platform of the image above, or another name of the image below.
            Table::Tree if text.trim_start().starts_with(['├', '└']) || !text.trim().contains(' ') => {
                return Some(None);
            }
            Table::Tree => tree_image(document, line, text)?,
        };
        let id = draft.fields.get("id").and_then(|id| id.as_str()).unwrap_or_default();
        draft.name = self.names.of(name, id);
        draft.know_only(known.into_iter().chain(["source"]));
        Some(Some(draft))
    }
}

/// An object, its name, and the paths that the row shows.
type Shown<'p> = (Draft<'p>, String, Vec<&'static str>);

/// The columns of `docker ps` that say something.
struct PsRow {
    id: String,
    image: String,
    created: String,
    status: String,
    name: String,
}

fn container<'p>(document: &Document<'p>, line: &Line<'_>, grid: &Grid, text: &str) -> Option<Shown<'p>> {
    let row = ps_by_columns(grid, text).or_else(|| ps_by_grammar(text))?;
    let status = Status::parse(&row.status)?;
    // `docker ps` joins the names of links.
    let own = row.name.split(',').find(|name| !name.contains('/')).unwrap_or(&row.name);
    let kubelet = KubeletName::parse(own);
    let is_sandbox = kubelet.as_ref().is_some_and(|name| name.container == "POD");
    let kind = if is_sandbox { &SANDBOX } else { &CONTAINER };
    let mut draft = Draft::new(document, kind.kind, "", line);
    draft.put("id", row.id);
    let mut known = vec!["id", "name", "namespace", "podUid", "attempt", "state"];
    let name =
        match (&kubelet, row.name.strip_prefix("k8s://").map(|rest| rest.split('/').collect::<Vec<_>>())) {
            (Some(kubelet), _) if is_sandbox => kubelet.put_sandbox(&mut draft),
            (Some(kubelet), _) => kubelet.put(&mut draft),
            // nerdctl's form; it does not say which run it is.
            (None, Some(parts)) if parts.len() == 3 => {
                for (path, part) in ["namespace", "pod", "name"].into_iter().zip(&parts) {
                    draft.put(path, *part);
                }
                known.retain(|path| !matches!(*path, "attempt" | "podUid"));
                parts.get(1..).unwrap_or_default().join("/")
            }
            _ => {
                draft.put("name", own);
                own.to_owned()
            }
        };
    draft.put("source", "docker ps");
    known.extend(put_since(&mut draft, document.captured_at, &row.created, ("ageSeconds", "createdAt")));
    if is_sandbox {
        draft.put("state", if status.state == "running" { "ready" } else { "notready" });
    } else {
        draft.put("image", row.image);
        known.extend(["pod", "image", "exitCode", "health"]);
        known.extend(status.put(&mut draft, document.captured_at));
    }
    Some((draft, name, known))
}

/// The row by its columns, if what stands there can be what the heading says.
fn ps_by_columns(grid: &Grid, text: &str) -> Option<PsRow> {
    let cells = grid.cells(text)?;
    let cell = |heading| grid.cell(&cells, heading).unwrap_or_default().to_owned();
    let row = PsRow {
        id: cell("CONTAINER ID"),
        image: cell("IMAGE"),
        created: cell("CREATED"),
        status: cell("STATUS"),
        name: cell("NAMES"),
    };
    let fits = row.created.ends_with(" ago") && Status::parse(&row.status).is_some() && !row.name.is_empty();
    (fits && !row.name.contains(' ') && !row.id.contains(' ')).then_some(row)
}

/// The row by its words, when its cells do not begin below their headings: an id, an image, a quoted command, `… ago`, the
/// status up to the gap behind it, and the name at the end.
fn ps_by_grammar(text: &str) -> Option<PsRow> {
    let (id, rest) = text.trim().split_once(' ')?;
    let (image, rest) = rest.trim_start().split_once(' ')?;
    let command = rest.trim_start().strip_prefix('"')?;
    let rest = command.get(quoted_end(command)? + 1..)?.trim_start();
    let ago = rest.find(" ago")? + " ago".len();
    let (created, rest) = rest.split_at(ago);
    let name = rest.split_whitespace().next_back()?;
    let status = rest.trim_start().split("  ").next()?.trim_end();
    Some(PsRow {
        id: id.to_owned(),
        image: image.to_owned(),
        created: created.to_owned(),
        status: status.to_owned(),
        name: name.to_owned(),
    })
}

/// Where the closing quote of a text is whose opening quote is gone.
fn quoted_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at),
            _ => {}
        }
    }
    None
}

fn image<'p>(document: &Document<'p>, line: &Line<'_>, grid: &Grid, text: &str) -> Option<Shown<'p>> {
    let by_columns = grid.cells(text).and_then(|cells| {
        let cell = |heading| grid.cell(&cells, heading).unwrap_or_default().to_owned();
        let row = [cell("REPOSITORY"), cell("TAG"), cell("IMAGE ID"), cell("CREATED"), cell("SIZE")];
        bytes(&row[4]).is_some().then_some((row, cell("DIGEST")))
    });
    let (row, digest) = match by_columns {
        Some(row) => row,
        // Aligned otherwise: the same cells, at least two spaces apart.
        None => {
            let cells: Vec<&str> = text.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
            (<[&str; 5]>::try_from(cells).ok()?.map(str::to_owned), String::new())
        }
    };
    let [repository, tag, id, created, size] = row;
    let mut draft = Draft::new(document, IMAGE.kind, "", line);
    let (repository, tag) = (shown(&repository), shown(&tag));
    draft.put("id", id.as_str());
    put_some(&mut draft, "repository", repository);
    put_some(&mut draft, "tag", tag);
    let mut known = vec!["id", "repository", "tag"];
    draft.put("sizeBytes", bytes(&size)?);
    known.push("sizeBytes");
    if grid.index("DIGEST").is_some() {
        put_some(&mut draft, "digest", shown(&digest));
        known.push("digest");
    }
    known.extend(put_since(&mut draft, document.captured_at, &created, ("ageSeconds", "createdAt")));
    draft.put("source", "docker images");
    let name = match (repository, tag) {
        (Some(repository), Some(tag)) => format!("{repository}:{tag}"),
        _ => id.clone(),
    };
    Some((draft, name, known))
}

/// `name  id  disk usage  content size  [signs]`. Of an image with several names only the last is on its line.
fn tree_image<'p>(document: &Document<'p>, line: &Line<'_>, text: &str) -> Option<Shown<'p>> {
    let cells: Vec<&str> = text.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
    let (reference, id, size, signs) = match cells.as_slice() {
        [reference, id, size, _content, signs @ ..] => (*reference, *id, *size, signs),
        _ => return None,
    };
    let (repository, tag) = split_image(reference);
    let mut draft = Draft::new(document, IMAGE.kind, "", line);
    draft.put("id", id);
    put_some(&mut draft, "repository", repository);
    put_some(&mut draft, "tag", tag);
    draft.put("sizeBytes", bytes(size)?);
    draft.put("inUse", signs.iter().any(|sign| matches!(*sign, "U" | "✔")));
    draft.put("source", "docker images");
    let name = if repository.is_some() { reference } else { id };
    Some((draft, name.to_owned(), vec!["id", "repository", "tag", "sizeBytes", "inUse"]))
}

fn stats<'p>(document: &Document<'p>, line: &Line<'_>, grid: &Grid, text: &str) -> Option<Shown<'p>> {
    let cells = grid.cells(text)?;
    let cell = |heading| grid.cell(&cells, heading).unwrap_or_default();
    let id = shown(cell("CONTAINER ID"))?;
    let mut draft = Draft::new(document, STATS.kind, "", line);
    draft.put("id", id);
    put_some(&mut draft, "name", shown(cell("NAME")));
    draft.put("source", "docker stats");
    let mut known = vec!["id", "name"];
    for (heading, path) in [("CPU %", "cpuPercent"), ("MEM %", "memoryPercent")] {
        if let Some(percent) = percent(cell(heading)) {
            draft.put(path, percent);
            known.push(path);
        }
    }
    let (usage, limit) = cell("MEM USAGE / LIMIT").split_once(" / ").unwrap_or_default();
    for (text, path) in [(usage, "memoryBytes"), (limit, "memoryLimitBytes")] {
        if let Some(bytes) = bytes(text) {
            draft.put(path, bytes);
            known.push(path);
        }
    }
    if let Ok(pids) = cell("PIDS").parse::<u64>() {
        draft.put("pids", pids);
        known.push("pids");
    }
    Some((draft, id.to_owned(), known))
}

#[cfg(test)]
mod tests {
    use super::super::etcd::tests::read;
    use super::*;

    fn check(text: &str, expect: &[&str]) {
        let kinds = ["HostContainer", "HostPodSandbox", "HostImage", "HostContainerStats"];
        let reading = read(&READER, &kinds, "n/docker/dockerpsa", text);
        let found: Vec<String> = reading
            .objects
            .iter()
            .map(|object| format!("{} {} {}", object.kind, object.name, object.fields))
            .collect();
        assert_eq!(found, expect, "{text}");
        assert_eq!(reading.diagnostics, [], "{text}");
    }

    #[test]
    fn containers_of_docker_and_of_the_kubelet() {
        check(
            "WARNING: Error loading config file\n\
             CONTAINER ID   IMAGE                                COMMAND                  CREATED        STATUS                      PORTS     NAMES\n\
             3f1b2c4d5e6f   rancher/hyperkube:v1.20.6-rancher1   \"/opt/rke-tools/entr…\"   3 months ago   Up 2 hours (unhealthy)                kubelet\n\
             1a1b2c3d4e5f   4a1b2c3d4e5f                         \"/coredns -conf '/et…\"   2 weeks ago    Exited (137) 5 minutes ago            k8s_coredns_coredns-5d-x2_kube-system_0a1b-c_57\n\
             2a1b2c3d4e5f   rancher/mirrored-pause:3.6           \"/pause\"                 2 weeks ago    Up 2 weeks                            k8s_POD_coredns-5d-x2_kube-system_0a1b-c_2\n",
            &[
                r#"HostContainer kubelet {"id":"3f1b2c4d5e6f","name":"kubelet","source":"docker ps","ageSeconds":7776000.0,"createdAt":"2026-08-24T04:00:00Z","image":"rancher/hyperkube:v1.20.6-rancher1","state":"running","health":"unhealthy","stateSeconds":7200.0,"startedAt":"2026-11-22T02:00:00Z"}"#,
                r#"HostContainer coredns-5d-x2/coredns/57 {"id":"1a1b2c3d4e5f","name":"coredns","pod":"coredns-5d-x2","namespace":"kube-system","podUid":"0a1b-c","attempt":57,"source":"docker ps","ageSeconds":1209600.0,"createdAt":"2026-11-08T04:00:00Z","image":"4a1b2c3d4e5f","state":"exited","exitCode":137,"stateSeconds":300.0,"finishedAt":"2026-11-22T03:55:00Z"}"#,
                r#"HostPodSandbox kube-system/coredns-5d-x2/2 {"id":"2a1b2c3d4e5f","name":"coredns-5d-x2","namespace":"kube-system","podUid":"0a1b-c","attempt":2,"source":"docker ps","ageSeconds":1209600.0,"createdAt":"2026-11-08T04:00:00Z","state":"ready"}"#,
            ],
        );
    }

    #[test]
    fn rows_beside_their_headings_are_read_by_their_words() {
        check(
            "CONTAINER ID   IMAGE                      COMMAND                   CREATED         STATUS                     PORTS     NAMES\n\
             dab236ba3ece   rancher/etcd:v3.4.23       \"sh -c \\\"a\\\" …\" 15 minutes ago  Exited (1) 12 minutes ago                        etcd\n",
            &[
                r#"HostContainer etcd {"id":"dab236ba3ece","name":"etcd","source":"docker ps","ageSeconds":900.0,"createdAt":"2026-11-22T03:45:00Z","image":"rancher/etcd:v3.4.23","state":"exited","exitCode":1,"stateSeconds":720.0,"finishedAt":"2026-11-22T03:48:00Z"}"#,
            ],
        );
    }

    #[test]
    fn images_of_all_releases() {
        check(
            "REPOSITORY        TAG       IMAGE ID       CREATED        SIZE\n\
             rancher/rancher   v2.9.1    7e9c950a2c86   2 years ago    1.83GB\n\
             <none>            <none>    8e9c950a2c86   4 weeks ago    83.8MB\n",
            &[
                r#"HostImage rancher/rancher:v2.9.1 {"id":"7e9c950a2c86","repository":"rancher/rancher","tag":"v2.9.1","sizeBytes":1830000000,"ageSeconds":63072000.0,"createdAt":"2024-11-22T04:00:00Z","source":"docker images"}"#,
                r#"HostImage 8e9c950a2c86 {"id":"8e9c950a2c86","sizeBytes":83800000,"ageSeconds":2419200.0,"createdAt":"2026-10-25T04:00:00Z","source":"docker images"}"#,
            ],
        );
        check(
            "                                       i Info →   U  In Use\n\
             IMAGE                    ID             DISK USAGE   CONTENT SIZE   EXTRA\n\
             rancher/rancher:v2.9.1   beefdbd8a1da       13.6MB         4.09MB    U\n\
             ├─ linux/amd64           ceefdbd8a1da       13.6MB         4.09MB    U\n\
             \n\
             reg:5000/a:1             deefdbd8a1da        1.2GB          300MB\n",
            &[
                r#"HostImage rancher/rancher:v2.9.1 {"id":"beefdbd8a1da","repository":"rancher/rancher","tag":"v2.9.1","sizeBytes":13600000,"inUse":true,"source":"docker images"}"#,
                r#"HostImage reg:5000/a:1 {"id":"deefdbd8a1da","repository":"reg:5000/a","tag":"1","sizeBytes":1200000000,"inUse":false,"source":"docker images"}"#,
            ],
        );
    }

    #[test]
    fn stats_of_what_does_not_run_are_unknown() {
        let text = "CONTAINER ID   NAME      CPU %     MEM USAGE / LIMIT   MEM %     NET I/O   BLOCK I/O   PIDS\n\
                    dab236ba3ece   etcd      1.10%     56.9MiB / 23.4GiB   0.24%     0B / 0B   0B / 0B     14\n\
                    eab236ba3ece   kubelet   --        -- / --             --        --        --          --\n";
        check(
            text,
            &[
                r#"HostContainerStats dab236ba3ece {"id":"dab236ba3ece","name":"etcd","source":"docker stats","cpuPercent":1.1,"memoryPercent":0.24,"memoryBytes":59663974,"memoryLimitBytes":25125558682,"pids":14}"#,
                r#"HostContainerStats eab236ba3ece {"id":"eab236ba3ece","name":"kubelet","source":"docker stats"}"#,
            ],
        );
        let reading = read(&READER, &["HostContainerStats"], "x", text);
        assert!(!reading.objects[1].known.covers("memoryBytes"));
    }

    #[test]
    fn a_daemon_that_does_not_answer_is_a_failure() {
        let text = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n";
        let reading = read(&READER, &["HostContainer"], "n/docker/dockerpsa", text);
        assert!(reading.failed.is_some() && reading.lists.is_empty());
        assert!(!sniff("x", b"CONTAINER           IMAGE   CREATED   STATE   NAME   ATTEMPT   POD ID\n"));
    }
}
