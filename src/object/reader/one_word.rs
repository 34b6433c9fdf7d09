//! Commands that print one word: `getenforce` (and `sestatus`) → `HostSelinux`, `systemd-detect-virt` → `HostVirtualization`.
//!
//! libselinux `getenforce.c`, policycoreutils `sestatus.c`, systemd `virt.c` (`none` on bare metal).

use super::Reader;
use super::host::{Places, conclude, first_lines, labelled, only};
use crate::object::derived::{Derived, Expected};
use crate::object::gather::Gather;
use crate::object::line::lines;
use crate::object::{Document, Reading};

/// SELinux.
pub const SELINUX: Derived = Derived {
    kind: "HostSelinux",
    what: "what SELinux does on a machine, named by its file",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[("mode", "`enforcing`, `permissive` or `disabled`")],
};

/// What the machine runs in.
pub const VIRTUALIZATION: Derived = Derived {
    kind: "HostVirtualization",
    what: "what a machine runs in, named by its file",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[("type", "`kvm`, `vmware`, `microsoft`, `docker`, …; `none` on bare metal")],
};

/// The reader.
pub const READER: Reader = Reader { name: "one-word", derives: &[&SELINUX, &VIRTUALIZATION], sniff, read };

const SELINUX_PLACES: Places =
    Places { files: &["systeminfo/rhel-getenforce"], commands: &["getenforce", "sestatus"] };

const VIRTUALIZATION_PLACES: Places = Places {
    files: &["systeminfo/systemd-detect-virt", "systeminfo/detect-virt"],
    commands: &["systemd-detect-virt"],
};

fn sniff(path: &str, head: &[u8]) -> bool {
    SELINUX_PLACES.hold(path)
        || VIRTUALIZATION_PLACES.hold(path)
        || first_lines(head).next().is_some_and(|line| labelled(&line.text, "SELinux status").is_some())
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let virtualization = VIRTUALIZATION_PLACES.hold(document.path);
    let (kind, path) = if virtualization { (VIRTUALIZATION.kind, "type") } else { (SELINUX.kind, "mode") };
    let found = lines(document.bytes).take(100).find_map(|line| {
        let word = if virtualization { virtual_machine(&line.text) } else { mode(&line.text) };
        Some((word?, line))
    });
    let mut shown = Vec::new();
    if let Some((word, line)) = found {
        let mut draft = only(document, kind, &line);
        draft.put(path, word);
        gather.add(draft);
        shown.push(kind);
    }
    conclude(gather, &shown, "state")
}

/// `Enforcing`, or of sestatus `Current mode:   enforcing` and `SELinux status:   disabled`.
fn mode(text: &str) -> Option<String> {
    const MODES: [&str; 3] = ["enforcing", "permissive", "disabled"];
    let word = labelled(text, "Current mode").or_else(|| labelled(text, "SELinux status"));
    let word = word.unwrap_or(text.trim()).to_ascii_lowercase();
    MODES.contains(&&*word).then_some(word)
}

fn virtual_machine(text: &str) -> Option<String> {
    let word = text.trim();
    let fits = (2..32).contains(&word.len())
        && word
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte));
    fits.then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::host::tests::{check, check_foreign};
    use super::*;

    #[test]
    fn modes_of_selinux() {
        let enforcing = &["HostSelinux - {\"mode\":\"enforcing\"}", "lists HostSelinux"];
        check(&READER, "n/systeminfo/rhel-getenforce", "Enforcing\n", enforcing);
        check(
            &READER,
            "pasted",
            "SELinux status:                 enabled\nSELinuxfs mount:                /sys/fs/selinux\nCurrent mode:                   enforcing\nMode from config file:          permissive\n",
            enforcing,
        );
        let disabled = &["HostSelinux - {\"mode\":\"disabled\"}", "lists HostSelinux"];
        check(
            &READER,
            "sos_commands/selinux/sestatus_-b",
            "SELinux status:                 disabled\n",
            disabled,
        );
        check(&READER, "n/systeminfo/rhel-getenforce", "", &[]);
        check_foreign(&READER, &["Enforcing\n"]);
    }

    #[test]
    fn what_a_machine_runs_in() {
        let path = "n/systeminfo/systemd-detect-virt";
        let none = &["HostVirtualization - {\"type\":\"none\"}", "lists HostVirtualization"];
        check(&READER, path, "none\n", none);
        check(&READER, path, "Failed to check: x\n", &["failed: Failed to check: x"]);
        check(&READER, path, "", &[]);
    }
}
