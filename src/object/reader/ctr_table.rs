//! `ctr containers list` and `ctr images list` (containerd `cmd/ctr/commands/{containers,images}`). The first shows no states:
//! which containers run is unknown, and so it is no list of them.

use super::Reader;
use super::container::{CONTAINER, IMAGE, Names, bytes, put_some, shown, split_image};
use super::grid::Grid;
use crate::object::gather::{Draft, Gather};
use crate::object::line::lines;
use crate::object::{Document, Reading, preamble};

/// The reader.
pub const READER: Reader = Reader { name: "ctr-table", derives: &[&CONTAINER, &IMAGE], sniff, read };

fn sniff(path: &str, head: &[u8]) -> bool {
    let is_ours =
        || path.ends_with("containerd/ctr-containers.txt") || path.ends_with("containerd/ctr-images.txt");
    match lines(head).find(|line| !line.text.trim().is_empty()) {
        Some(line) => is_heading(&line.text) || (is_ours() && preamble::is_error(&line.text)),
        None => is_ours(),
    }
}

fn is_heading(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    matches!(words.as_slice(), ["CONTAINER", "IMAGE", "RUNTIME"] | ["REF", "TYPE", "DIGEST", "SIZE", ..])
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let mut names = Names::default();
    let mut grid: Option<Grid> = None;
    for line in lines(document.bytes) {
        if is_heading(&line.text) {
            let new = Grid::parse(&line.text);
            if new.index("REF").is_some() {
                gather.list(IMAGE.kind, true);
            }
            grid = Some(new);
            continue;
        }
        if line.text.trim().is_empty() || preamble::is_noise(&line.text) {
            continue;
        }
        if preamble::is_error(&line.text) {
            gather.fail(&line);
            continue;
        }
        let row = grid.as_ref().and_then(|grid| Some((grid, grid.cells(&line.text)?)));
        let Some((grid, cells)) = row else {
            super::unreadable(&mut gather, &line, "row of the table");
            continue;
        };
        let cell = |heading| grid.cell(&cells, heading).unwrap_or_default();
        let draft = if grid.index("REF").is_some() {
            let mut draft = Draft::new(document, IMAGE.kind, cell("REF"), &line);
            let (reference, _) = cell("REF").split_once('@').unwrap_or((cell("REF"), ""));
            let (repository, tag) = split_image(reference);
            put_some(&mut draft, "repository", repository);
            put_some(&mut draft, "tag", tag.filter(|_| !reference.starts_with("sha256:")));
            put_some(&mut draft, "digest", shown(cell("DIGEST")));
            put_some(&mut draft, "sizeBytes", bytes(cell("SIZE")));
            draft.put("source", "ctr images");
            draft.know_only(["repository", "tag", "digest", "sizeBytes", "source"]);
            draft
        } else {
            let id = cell("CONTAINER");
            let mut draft = Draft::new(document, CONTAINER.kind, id, &line);
            draft.put("id", id);
            put_some(&mut draft, "image", shown(cell("IMAGE")));
            draft.put("source", "ctr containers");
            draft.know_only(["id", "image", "source"]);
            draft
        };
        let name = names.of(draft.name.clone(), "again");
        gather.add(Draft { name, ..draft });
    }
    gather.finish()
}

#[cfg(test)]
mod tests {
    use super::super::etcd::tests::read;
    use super::*;

    fn check(text: &str, expect: &str, lists: usize) {
        let reading = read(&READER, &["HostContainer", "HostImage"], "x", text);
        let found: Vec<String> = reading.objects.iter().map(|object| object.fields.to_string()).collect();
        assert_eq!((found.join(" ").as_str(), reading.lists.len()), (expect, lists), "{text}");
    }

    #[test]
    fn containers_have_no_state_and_images_have_a_size() {
        check(
            "\u{feff}CONTAINER                     IMAGE                              RUNTIME                  \r\n\
             0a1b2c                        docker.io/rancher/pause:3.6        io.containerd.runhcs-wcow-process    \r\n",
            r#"{"id":"0a1b2c","image":"docker.io/rancher/pause:3.6","source":"ctr containers"}"#,
            0,
        );
        check(
            "REF                         TYPE                                                 DIGEST       SIZE      PLATFORMS   LABELS\n\
             docker.io/rancher/pause:3.6 application/vnd.docker.distribution.manifest.v2+json sha256:0a1b  301.8 KiB linux/amd64 -\n",
            r#"{"repository":"docker.io/rancher/pause","tag":"3.6","digest":"sha256:0a1b","sizeBytes":309043,"source":"ctr images"}"#,
            1,
        );
    }
}
