//! `df` → `HostFilesystem`, and with `-i` → `HostInodes`.
//!
//! coreutils `df.c`, busybox `df.c`. Human sizes (`-h`) are rounded up and in multiples of 1024. Without `-P` a long device
//! name stands on a line of its own. A file system that cannot be asked has a line on stderr instead of a row
//! (`df: /mnt/x: Stale file handle`); it becomes an object that knows nothing but its error.

use super::Reader;
use super::host::{Places, bytes, claims, conclude, words};
use crate::object::derived::{Derived, Expected};
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, cut, lines};
use crate::object::{Document, Reading, preamble};

/// How full a file system is.
pub const FILESYSTEM: Derived = Derived {
    kind: "HostFilesystem",
    what: "one mounted file system and how full it is, named by its mount point",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[
        ("mountpoint", "path"),
        ("device", "`/dev/vda1`, `tmpfs`, `overlay`, `nas:/export`"),
        ("sizeBytes", "bytes, rounded up if df printed human sizes"),
        ("usedBytes", "bytes"),
        ("availableBytes", "bytes for users without privileges"),
        ("usedPercent", "0 to 100; absent of file systems without a size"),
        (
            "error",
            "why it could not be asked (`Stale file handle`); then nothing else but `mountpoint` is known",
        ),
    ],
};

/// How many inodes a file system has left.
pub const INODES: Derived = Derived {
    kind: "HostInodes",
    what: "one mounted file system and how many inodes it has left, named by its mount point",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[
        ("mountpoint", "path"),
        ("device", "as in `HostFilesystem`"),
        ("total", "inodes; 0 where they are not counted (btrfs, vfat)"),
        ("used", "inodes"),
        ("available", "inodes"),
        ("usedPercent", "0 to 100; absent where they are not counted"),
        ("error", "as in `HostFilesystem`"),
    ],
};

/// The reader.
pub const READER: Reader = Reader { name: "df", derives: &[&FILESYSTEM, &INODES], sniff, read };

const PLACES: Places = Places {
    files: &["systeminfo/dfh", "systeminfo/dfi", "systeminfo/dfvar", "systeminfo/dfivar"],
    commands: &["df"],
};

fn sniff(path: &str, head: &[u8]) -> bool {
    claims(&PLACES, path, head, |text| Heading::parse(text).is_some())
}

/// What the columns of a table are.
#[derive(Clone, Copy)]
struct Heading {
    /// Inodes instead of bytes.
    inodes: bool,
    /// Bytes that a number without a letter counts.
    unit: u64,
    /// Words of the device's cell that are its type (`-T`).
    typed: bool,
}

impl Heading {
    /// `Filesystem [Type] Size Used Avail Use% Mounted on`, in its English variants.
    fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let ["Filesystem", columns @ .., "Mounted", "on"] = words.as_slice() else { return None };
        let typed = columns.first() == Some(&"Type");
        let [size, used, free, percent] = columns.get(usize::from(typed)..)? else { return None };
        if !percent.ends_with('%') && *percent != "Capacity" {
            return None;
        }
        let inodes =
            *size == "Inodes" && used.eq_ignore_ascii_case("iused") && free.eq_ignore_ascii_case("ifree");
        let unit = match size.strip_suffix("-blocks").or_else(|| size.strip_suffix("-block")) {
            Some(block) => bytes(block, 1)?,
            None if *size == "Size" || inodes => 1,
            None => return None,
        };
        Some(Self { inodes, unit, typed })
    }
}

/// A row's cells; sizes are as printed.
struct Row<'t> {
    device: &'t str,
    cells: [&'t str; 3],
    percent: &'t str,
    mountpoint: &'t str,
}

impl<'t> Row<'t> {
    /// The first place where three sizes, a percentage and a path follow each other: names may have spaces.
    fn parse(text: &'t str, typed: bool) -> Option<Self> {
        let words: Vec<(usize, &str)> = words(text).take(64).collect();
        let is_size = |word: &str| word == "-" || word.starts_with(|c: char| c.is_ascii_digit());
        let is_percent = |word: &str| word == "-" || word.ends_with('%');
        let mut runs = words.windows(5).enumerate().skip(if typed { 2 } else { 1 });
        let (at, run) = runs.find(|(_, run)| match run {
            [(_, size), (_, used), (_, free), (_, percent), (_, path)] => {
                [size, used, free].iter().all(|word| is_size(word))
                    && is_percent(percent)
                    && path.starts_with('/')
            }
            _ => false,
        })?;
        let [(start, size), (_, used), (_, free), (_, percent), (path, _)] = run else { return None };
        let end = if typed { words.get(at - 1)?.0 } else { *start };
        Some(Self {
            device: text.get(..end)?.trim(),
            cells: [*size, *used, *free],
            percent,
            mountpoint: text.get(*path..)?.trim_end(),
        })
    }
}

fn read(document: &Document<'_>) -> Reading {
    let mut table = Table {
        gather: Gather::new(document),
        heading: None,
        wrapped: None,
        errors: Vec::new(),
        rows: 0,
        root: false,
    };
    for line in lines(document.bytes) {
        table.line(line);
    }
    table.finish(document)
}

struct Table<'d, 'p> {
    gather: Gather<'d, 'p>,
    heading: Option<Heading>,
    /// A line with a device name only.
    wrapped: Option<Line<'d>>,
    /// Mount point, complaint, line.
    errors: Vec<(String, String, Line<'d>)>,
    rows: usize,
    /// Whether the root is among the rows.
    root: bool,
}

impl<'d> Table<'d, '_> {
    fn line(&mut self, line: Line<'d>) {
        const ERRORS: usize = 1000;
        let text = line.text.trim_end();
        if text.is_empty() || preamble::is_noise(text) {
            return;
        }
        if let Some((mountpoint, error)) = complaint(text) {
            if self.errors.len() < ERRORS {
                self.errors.push((cut(mountpoint).to_owned(), cut(error).to_owned(), line.clone()));
            }
            return;
        }
        if let Some(heading) = Heading::parse(text) {
            self.heading = Some(heading);
            return;
        }
        let Some(heading) = self.heading else { return };
        let joined = match self.wrapped.take() {
            Some(above) if text.starts_with([' ', '\t']) => format!("{} {text}", above.text.trim_end()),
            Some(above) => {
                super::unreadable(&mut self.gather, &above, "row of df");
                text.to_owned()
            }
            None => text.to_owned(),
        };
        match Row::parse(&joined, heading.typed) {
            Some(row) => self.row(heading, &row, &line),
            None if text.starts_with("total ") => {}
            None if joined.len() == text.len() && !text.starts_with(' ') => self.wrapped = Some(line),
            None => super::unreadable(&mut self.gather, &line, "row of df"),
        }
    }

    fn row(&mut self, heading: Heading, row: &Row<'_>, line: &Line<'_>) {
        const BYTES: [&str; 3] = ["sizeBytes", "usedBytes", "availableBytes"];
        const COUNTS: [&str; 3] = ["total", "used", "available"];
        let (kind, paths) = if heading.inodes { (INODES.kind, COUNTS) } else { (FILESYSTEM.kind, BYTES) };
        let mountpoint = cut(row.mountpoint);
        let mut draft = Draft::new(self.gather.document, kind, mountpoint, line);
        draft.put("mountpoint", mountpoint);
        draft.put("device", cut(row.device));
        for (path, cell) in paths.into_iter().zip(row.cells) {
            if let Some(number) = bytes(cell, heading.unit) {
                draft.put(path, number);
            }
        }
        let percent = row.percent.strip_suffix('%').and_then(|percent| percent.parse::<u64>().ok());
        if let Some(percent) = percent {
            draft.put("usedPercent", percent);
        }
        self.rows += 1;
        self.root |= mountpoint == "/";
        self.gather.add(draft);
    }

    fn finish(mut self, document: &Document<'_>) -> Reading {
        if let Some(line) = self.wrapped.take() {
            super::unreadable(&mut self.gather, &line, "row of df");
        }
        let Some(heading) = self.heading else { return conclude(self.gather, &[], "table of df") };
        let kind = if heading.inodes { INODES.kind } else { FILESYSTEM.kind };
        for (mountpoint, error, line) in &self.errors {
            let mut draft = Draft::new(document, kind, mountpoint.as_str(), line);
            draft.put("mountpoint", mountpoint.as_str());
            draft.put("error", error.as_str());
            draft.know_only(["mountpoint", "error"]);
            self.gather.add(draft);
        }
        // `df /var` shows one file system and does not say that there are others.
        if self.root && self.rows > 1 {
            self.gather.list(kind, true);
        }
        self.gather.finish()
    }
}

/// The mount point and the error of `df: /mnt/x: Stale file handle`; older versions quote the path.
fn complaint(text: &str) -> Option<(&str, &str)> {
    let (path, error) = text.strip_prefix("df: ")?.rsplit_once(": ")?;
    let path =
        path.strip_prefix("cannot access ").or_else(|| path.strip_prefix("cannot read ")).unwrap_or(path);
    let path = path.trim_matches(['\'', '"', '`', '‘', '’']);
    path.starts_with('/').then_some((path, error))
}

#[cfg(test)]
mod tests {
    use super::super::host::tests::{check, check_foreign, shown};
    use super::*;

    const H: &str = "Filesystem      Size  Used Avail Use% Mounted on\n";

    #[test]
    fn every_unit_gives_bytes() {
        let root = r#"HostFilesystem / {"mountpoint":"/","device":"/dev/vda1","sizeBytes":1073741824,"usedBytes":536870912,"availableBytes":536870912,"usedPercent":50}"#;
        let run = r#"HostFilesystem /run {"mountpoint":"/run","device":"tmpfs","sizeBytes":0,"usedBytes":0,"availableBytes":0}"#;
        for text in [
            "Filesystem      Size  Used Avail Use% Mounted on\n/dev/vda1       1.0G  512M  512M  50% /\ntmpfs              0     0     0    - /run\n",
            "Filesystem     1K-blocks   Used Available Use% Mounted on\n/dev/vda1        1048576 524288    524288  50% /\ntmpfs                  0      0         0    - /run\n",
            "Filesystem     1024-blocks   Used Available Capacity Mounted on\n/dev/vda1        1048576 524288    524288  50% /\ntmpfs                  0      0         0    - /run\n",
            "Filesystem     1M-blocks  Used Available Use% Mounted on\n/dev/vda1           1024   512       512  50% /\ntmpfs                  0     0         0    - /run\n",
            "Filesystem     Type   Size  Used Avail Use% Mounted on\n/dev/vda1      ext4   1,0G  512M  512M  50% /\ntmpfs          tmpfs     0     0     0    - /run\n",
        ] {
            check(&READER, "pasted", text, &[root, run, "lists HostFilesystem"]);
        }
    }

    #[test]
    fn inodes_are_a_kind_of_their_own() {
        let text = "Filesystem       Inodes  IUsed    IFree IUse% Mounted on\n/dev/vda1      10321920 262070 10059850    3% /\n/dev/vda15            0      0        0     - /boot/efi\n";
        check(
            &READER,
            "n/systeminfo/dfi",
            text,
            &[
                r#"HostInodes / {"mountpoint":"/","device":"/dev/vda1","total":10321920,"used":262070,"available":10059850,"usedPercent":3}"#,
                r#"HostInodes /boot/efi {"mountpoint":"/boot/efi","device":"/dev/vda15","total":0,"used":0,"available":0}"#,
                "lists HostInodes",
            ],
        );
    }

    #[test]
    fn long_names_wrap_and_names_have_spaces() {
        let text = format!(
            "{H}/dev/mapper/rootvg-very--long--name--of--a--volume\n                      20G   10G   10G  50% /\n//nas/Größe 1 2    1.0K   512   512  50% /mnt/a b\n"
        );
        check(
            &READER,
            "pasted",
            &text,
            &[
                r#"HostFilesystem / {"mountpoint":"/","device":"/dev/mapper/rootvg-very--long--name--of--a--volume","sizeBytes":21474836480,"usedBytes":10737418240,"availableBytes":10737418240,"usedPercent":50}"#,
                r#"HostFilesystem /mnt/a b {"mountpoint":"/mnt/a b","device":"//nas/Größe 1 2","sizeBytes":1024,"usedBytes":512,"availableBytes":512,"usedPercent":50}"#,
                "lists HostFilesystem",
            ],
        );
    }

    #[test]
    fn what_cannot_be_asked_knows_only_its_error() {
        let text = format!("df: /mnt/x: Stale file handle\n{H}/dev/vda1 1.0G 512M 512M 50% /\n");
        check(
            &READER,
            "n/systeminfo/dfh",
            &text,
            &[
                r#"HostFilesystem / {"mountpoint":"/","device":"/dev/vda1","sizeBytes":1073741824,"usedBytes":536870912,"availableBytes":536870912,"usedPercent":50}"#,
                r#"HostFilesystem /mnt/x {"mountpoint":"/mnt/x","error":"Stale file handle"} of error,mountpoint"#,
            ],
        );
        check(
            &READER,
            "n/systeminfo/dfh",
            "df: /mnt/x: Stale file handle\n",
            &["failed: df: /mnt/x: Stale file handle"],
        );
    }

    #[test]
    fn rows_that_are_none_are_said_and_left_out() {
        let text = format!("{H}garbage\n/dev/vda1 1.0G 512M 512M 50% /\n tmpfs \u{1}\n");
        let found = shown(&READER, "n/systeminfo/dfh", text.as_bytes());
        assert!(found.ends_with("line 2") && found.starts_with("HostFilesystem / "), "{found}");
        let found = shown(
            &READER,
            "n/systeminfo/dfh",
            format!("{H}/dev/\u{0}x 1G 1G 0 100% /m\n").replace('\0', "x").as_bytes(),
        );
        assert!(found.contains("/dev/xx"), "{found}");
        let bad = [H.as_bytes(), b"nas:/\xff 1.0K 512 512 50% /m\xfe\n"].concat();
        assert!(shown(&READER, "n/systeminfo/dfh", &bad).contains("nas:/\u{fffd}"));
    }

    #[test]
    fn other_languages_are_refused() {
        let path = "n/systeminfo/dfh";
        check(
            &READER,
            path,
            "Dateisystem    Größe Benutzt Verf. Verw% Eingehängt auf\n/dev/vda1 1G 1G 0 100% /\n",
            &["line 1"],
        );
        check(&READER, path, "", &[]);
        check_foreign(&READER, &["Filesystem is full\n", "Filesystem   Size\n"]);
    }
}
