//! `mount` and `/proc/mounts` → `HostMount`.
//!
//! util-linux `mount.c`: `<source> on <target> type <type> (<options>) [<label>]`; proc_mounts(5): six fields, in which
//! blanks are octal escapes.

use serde_json::json;

use super::Reader;
use super::host::{ITEMS, Places, begins, conclude};
use crate::object::derived::{Derived, Expected};
use crate::object::gather::{Draft, Gather};
use crate::object::line::{cut, lines};
use crate::object::{Document, Reading, preamble};

/// One mount.
pub const MOUNT: Derived = Derived {
    kind: "HostMount",
    what: "one mount, named by its mount point",
    expected: Expected::EveryNode,
    bulk: true,
    fields: &[
        ("mountpoint", "path"),
        ("device", "what is mounted"),
        ("type", "`ext4`, `xfs`, `nfs4`, …"),
        ("readOnly", "boolean"),
        ("options", "list, as written"),
    ],
};

/// The reader.
pub const READER: Reader = Reader { name: "mount", derives: &[&MOUNT], sniff, read };

const PLACES: Places = Places {
    files: &[
        "systeminfo/mount",
        "systeminfo/mount_cgroup",
        "proc/mounts",
        "proc/self/mounts",
        "hostinfos/proc_mounts",
    ],
    commands: &["mount"],
};

fn sniff(path: &str, head: &[u8]) -> bool {
    PLACES.hold(path) || begins(head, |text| printed(text).is_some())
}

/// Device, mount point, type and options.
type Mount = (String, String, String, String);

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let (mut any, mut root) = (false, false);
    for line in lines(document.bytes) {
        if line.text.trim().is_empty() || preamble::is_noise(&line.text) {
            continue;
        }
        let Some((device, mountpoint, fs_type, options)) =
            printed(&line.text).or_else(|| of_kernel(&line.text))
        else {
            if any {
                super::unreadable(&mut gather, &line, "mount");
            }
            continue;
        };
        any = true;
        root |= mountpoint == "/";
        let mut draft = Draft::new(document, MOUNT.kind, mountpoint.as_str(), &line);
        let options: Vec<&str> = options.split(',').take(ITEMS).collect();
        draft.put("mountpoint", mountpoint.as_str());
        draft.put("device", device.as_str());
        draft.put("type", fs_type.as_str());
        draft.put("readOnly", options.contains(&"ro"));
        draft.put("options", json!(options));
        gather.add(draft);
    }
    // A choice of the mounts (those of cgroups, say) is no list of them.
    if root {
        gather.list(MOUNT.kind, true);
    }
    if any { gather.finish() } else { conclude(gather, &[], "mount") }
}

fn printed(text: &str) -> Option<Mount> {
    let (head, rest) = text.rsplit_once(" (")?;
    let (options, _label) = rest.rsplit_once(')')?;
    let (head, fs_type) = head.rsplit_once(" type ")?;
    let (device, mountpoint) = head.split_once(" on /")?;
    let options = cut(options).to_owned();
    (!fs_type.contains(' '))
        .then(|| (cut(device).to_owned(), format!("/{}", cut(mountpoint)), cut(fs_type).to_owned(), options))
}

fn of_kernel(text: &str) -> Option<Mount> {
    let words: Vec<&str> = text.split(' ').collect();
    let [device, mountpoint, fs_type, options, "0" | "1", "0" | "1" | "2"] = words.as_slice() else {
        return None;
    };
    let fits =
        mountpoint.starts_with('/') && options.split(',').any(|option| option == "rw" || option == "ro");
    let plain = |word: &str| {
        cut(word).replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")
    };
    fits.then(|| (plain(device), plain(mountpoint), plain(fs_type), plain(options)))
}

#[cfg(test)]
mod tests {
    use super::super::host::tests::{check, check_foreign};
    use super::*;

    const ROOT: &str = r#"HostMount / {"mountpoint":"/","device":"/dev/vda1","type":"ext4","readOnly":true,"options":["ro","relatime"]}"#;

    #[test]
    fn both_forms_give_the_same_mounts() {
        let shared = r#"HostMount /mnt/a b {"mountpoint":"/mnt/a b","device":"nas:/größe on x","type":"nfs4","readOnly":false,"options":["rw","vers=4.2"]}"#;
        let expect = &[ROOT, shared, "lists HostMount"];
        check(
            &READER,
            "pasted",
            "/dev/vda1 on / type ext4 (ro,relatime) [root]\nnas:/größe on x on /mnt/a b type nfs4 (rw,vers=4.2)\n",
            expect,
        );
        check(
            &READER,
            "n/proc/mounts",
            "/dev/vda1 / ext4 ro,relatime 0 0\nnas:/größe\\040on\\040x /mnt/a\\040b nfs4 rw,vers=4.2 0 0\n",
            expect,
        );
    }

    #[test]
    fn some_mounts_are_no_list() {
        let cgroup = "cgroup2 on /sys/fs/cgroup type cgroup2 (rw,nosuid)\n";
        let expect = r#"HostMount /sys/fs/cgroup {"mountpoint":"/sys/fs/cgroup","device":"cgroup2","type":"cgroup2","readOnly":false,"options":["rw","nosuid"]}"#;
        check(&READER, "n/systeminfo/mount_cgroup", cgroup, &[expect]);
        check(
            &READER,
            "n/systeminfo/mount",
            "/dev/vda1 on / type ext4 (ro,relatime)\nnoise\n",
            &[ROOT, "lists HostMount", "line 2"],
        );
    }

    #[test]
    fn nothing_is_no_mount() {
        check(&READER, "n/systeminfo/mount", "", &[]);
        let said = "mount: failed to read mtab: No such file or directory";
        check(&READER, "n/systeminfo/mount", &format!("{said}\n"), &[&format!("failed: {said}")]);
        check_foreign(&READER, &["UUID=1 / xfs defaults 0 0\n", "I am on / type x\n"]);
    }
}
