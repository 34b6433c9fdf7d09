//! `lsblk` → `HostBlockDevice`.
//!
//! util-linux `lsblk.c`: a tree in the NAME column, sizes in multiples of 1024, and since 2.37 several mount points on lines of
//! their own below the device. Other columns (`lsblk -f`) are another table.

use serde_json::json;

use super::Reader;
use super::host::{Places, bytes, claims, conclude};
use crate::object::derived::{Derived, Expected};
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, cut, lines};
use crate::object::{Document, Reading, preamble};

/// One block device.
pub const DEVICE: Derived = Derived {
    kind: "HostBlockDevice",
    what: "one block device, named after it",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[
        ("name", "`vda1`, `rootvg-home`"),
        ("type", "`disk`, `part`, `lvm`, `loop`, `rom`, …"),
        ("sizeBytes", "bytes, rounded"),
        ("readOnly", "boolean"),
        ("removable", "boolean"),
        ("mountpoints", "list of paths; `[SWAP]` for swap"),
    ],
};

/// The reader.
pub const READER: Reader = Reader { name: "lsblk", derives: &[&DEVICE], sniff, read };

const PLACES: Places = Places { files: &["systeminfo/lsblk"], commands: &["lsblk"] };

/// Volumes of pods are mounted in many places.
const MOUNTPOINTS: usize = 256;

fn sniff(path: &str, head: &[u8]) -> bool {
    claims(&PLACES, path, head, is_heading)
}

fn is_heading(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (last, columns) = match words.split_last() {
        Some((last, columns)) => (*last, columns),
        None => return false,
    };
    columns == ["NAME", "MAJ:MIN", "RM", "SIZE", "RO", "TYPE"] && last.starts_with("MOUNTPOINT")
}

/// A device while its mount points are read.
struct Device<'a> {
    line: Line<'a>,
    name: String,
    device_type: String,
    size: u64,
    read_only: bool,
    removable: bool,
    mountpoints: Vec<(String, Line<'a>)>,
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let mut headed = false;
    let mut open: Option<Device<'_>> = None;
    for line in lines(document.bytes) {
        if is_heading(&line.text) {
            headed = true;
        } else if !headed || line.text.trim().is_empty() || preamble::is_noise(&line.text) {
            // What stands before the table is said at the end if no table follows.
        } else if let Some(device) = parse(&line) {
            open.replace(device).into_iter().for_each(|device| add(&mut gather, &device));
        } else if let (Some(path), Some(device)) = (mountpoint(&line.text), &mut open) {
            if device.mountpoints.len() < MOUNTPOINTS {
                device.mountpoints.push((path.to_owned(), line));
            }
        } else {
            super::unreadable(&mut gather, &line, "block device");
        }
    }
    open.into_iter().for_each(|device| add(&mut gather, &device));
    conclude(gather, if headed { &[DEVICE.kind] } else { &[] }, "table of block devices")
}

/// What a tree is drawn with, in UTF-8 and in ASCII.
const TREE: [char; 10] = [' ', '|', '`', '-', '\t', '│', '├', '└', '─', '\u{a0}'];

/// A mount point on a line of its own.
fn mountpoint(text: &str) -> Option<&str> {
    let path = text.trim_start_matches(TREE).trim_end();
    (path.starts_with('/') || path == "[SWAP]").then(|| cut(path))
}

fn parse<'a>(line: &Line<'a>) -> Option<Device<'a>> {
    let text = line.text.trim_start_matches(TREE);
    let words: Vec<(usize, &str)> = super::host::words(text).take(64).collect();
    let is_number = |word: &str| {
        let (major, minor) = word.split_once(':').unwrap_or_default();
        [major, minor].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    // Old versions print `rootvg-home (dm-1)`.
    let at = words.iter().take(4).position(|(_, word)| is_number(word))?;
    let (_, name) = words.first().filter(|_| at > 0)?;
    let [(_, removable), (_, size), (_, read_only), (end, device_type), rest @ ..] = words.get(at + 1..)?
    else {
        return None;
    };
    let flag = |text: &str| match text {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    };
    let path = text.get(end + device_type.len()..).unwrap_or_default().trim();
    let path = (!rest.is_empty()).then(|| (cut(path).to_owned(), line.clone()));
    Some(Device {
        line: line.clone(),
        name: cut(name).to_owned(),
        device_type: cut(device_type).to_owned(),
        size: bytes(size, 1)?,
        read_only: flag(read_only)?,
        removable: flag(removable)?,
        mountpoints: path.into_iter().collect(),
    })
}

fn add(gather: &mut Gather<'_, '_>, device: &Device<'_>) {
    let mut draft = Draft::new(gather.document, DEVICE.kind, device.name.as_str(), &device.line);
    draft.put("name", device.name.as_str());
    draft.put("type", device.device_type.as_str());
    draft.put("sizeBytes", device.size);
    draft.put("readOnly", device.read_only);
    draft.put("removable", device.removable);
    let paths: Vec<&String> = device.mountpoints.iter().map(|(path, _)| path).collect();
    draft.put("mountpoints", json!(paths));
    device.mountpoints.iter().for_each(|(_, line)| draft.shown.exact("mountpoints", line));
    gather.add(draft);
}

#[cfg(test)]
mod tests {
    use super::super::host::tests::{check, check_foreign};
    use super::*;

    #[test]
    fn devices_keep_all_their_mount_points() {
        let text = "NAME    MAJ:MIN RM  SIZE RO TYPE MOUNTPOINTS\nloop0     7:0    0 63.9M  1 loop /snap/core/1\nvda     252:0    0   80G  0 disk \n|-vda1  252:1    0   79G  0 part /var/lib/kubelet/pods/a/volume-subpaths/b c/1\n|                                /\n`-vda14 252:14   0    4M  0 part \nsr0      11:0    1 1024M  0 rom  \n";
        let device = |name: &str, kind: &str, size: u64, read_only: bool, removable: bool, paths: &str| {
            format!(
                r#"HostBlockDevice {name} {{"name":"{name}","type":"{kind}","sizeBytes":{size},"readOnly":{read_only},"removable":{removable},"mountpoints":[{paths}]}}"#
            )
        };
        check(
            &READER,
            "pasted",
            text,
            &[
                &device("loop0", "loop", 67_004_006, true, false, r#""/snap/core/1""#),
                &device("vda", "disk", 80 << 30, false, false, ""),
                &device(
                    "vda1",
                    "part",
                    79 << 30,
                    false,
                    false,
                    r#""/var/lib/kubelet/pods/a/volume-subpaths/b c/1","/""#,
                ),
                &device("vda14", "part", 4 << 20, false, false, ""),
                &device("sr0", "rom", 1 << 30, false, true, ""),
                "lists HostBlockDevice",
            ],
        );
        let old = "NAME                 MAJ:MIN RM   SIZE RO TYPE MOUNTPOINT\nsda                    8:0    0    20G  0 disk \n└─vg-swap (dm-1)     253:1    0     2G  0 lvm  [SWAP]\n";
        check(
            &READER,
            "n/systeminfo/lsblk",
            old,
            &[
                &device("sda", "disk", 20 << 30, false, false, ""),
                &device("vg-swap", "lvm", 2 << 30, false, false, r#""[SWAP]""#),
                "lists HostBlockDevice",
            ],
        );
    }

    #[test]
    fn other_tables_are_refused() {
        let path = "n/systeminfo/lsblk";
        check(&READER, path, "NAME FSTYPE LABEL UUID MOUNTPOINT\nsda\n", &["line 1"]);
        let said = "lsblk: failed to access sysfs directory: /sys/dev/block: No such file or directory";
        check(&READER, path, &format!("{said}\n"), &[&format!("failed: {said}")]);
        check(&READER, path, "", &[]);
        check_foreign(&READER, &["NAME   STATUS   AGE\n"]);
    }
}
