//! `/etc/os-release`, `/etc/lsb-release`, `/etc/*release` joined, and `lsb_release -a` → `HostOs`.
//!
//! os-release(5). The Rancher collector joins all files, so that keys repeat: the first counts, and a key counts only if it
//! stands at the line's beginning (`ID=` is not `DISTRIB_ID=`).

use super::Reader;
use super::host::{Places, conclude, first_lines, labelled, only};
use crate::object::derived::{Derived, Expected};
use crate::object::gather::Gather;
use crate::object::line::{Line, cut, lines};
use crate::object::{Document, Reading};

/// The operating system.
pub const OS: Derived = Derived {
    kind: "HostOs",
    what: "a machine's operating system, named by its file",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[
        ("id", "as in os-release: `ubuntu`, `rhel`, `sles`, …"),
        ("versionId", "`22.04`, `9.4`, `15.6`; absent of rolling ones"),
        ("prettyName", "`Ubuntu 22.04.4 LTS`"),
    ],
};

/// The reader.
pub const READER: Reader = Reader { name: "os-release", derives: &[&OS], sniff, read };

const PLACES: Places = Places {
    files: &[
        "systeminfo/osrelease",
        "systeminfo/os-release",
        "etc/os-release",
        "usr/lib/os-release",
        "etc/redhat-release",
        "etc/SuSE-release",
    ],
    commands: &["lsb release", "lsb_release"],
};

fn sniff(path: &str, head: &[u8]) -> bool {
    let mut said = first_lines(head).take(40).peekable();
    let begins = said.peek().is_some_and(|line| {
        value(&line.text).is_some()
            || labelled(&line.text, "Distributor ID").is_some()
            || labelled(&line.text, "LSB Version").is_some()
    });
    PLACES.hold(path)
        || (begins
            && said.any(|line| {
                line.text.starts_with("PRETTY_NAME=")
                    || line.text.starts_with("DISTRIB_DESCRIPTION=")
                    || labelled(&line.text, "Distributor ID").is_some()
            }))
}

/// The key and value of `PRETTY_NAME="Ubuntu 22.04.4 LTS"`.
fn value(text: &str) -> Option<(&str, &str)> {
    let (key, value) = text.trim_end().split_once('=')?;
    let fits = !key.is_empty()
        && key.bytes().all(|byte| byte.is_ascii_uppercase() || b"_0123456789".contains(&byte));
    fits.then_some((key, cut(value.trim_matches(['"', '\'']))))
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let lines: Vec<Line<'_>> = lines(document.bytes).take(400).collect();
    let key = |name: &str| {
        lines.iter().find_map(|line| {
            value(&line.text)
                .filter(|(key, value)| *key == name && !value.is_empty())
                .map(|(_, value)| (line, value))
        })
    };
    let label = |name: &str| lines.iter().find_map(|line| Some((line, labelled(&line.text, name)?)));
    // `Red Hat Enterprise Linux Server release 7.5 (Maipo)`, a file of one line.
    let release = || {
        let line = lines.iter().find(|line| line.text.contains(" release "))?;
        let (_, version) = line.text.split_once(" release ")?;
        Some((line, cut(line.text.trim()), version.split_whitespace().next()?))
    };
    let id = key("ID");
    let version = key("VERSION_ID")
        .or_else(|| key("DISTRIB_RELEASE"))
        .or_else(|| label("Release"))
        .or_else(|| release().map(|(line, _, version)| (line, version)));
    let name = key("PRETTY_NAME")
        .or_else(|| key("DISTRIB_DESCRIPTION"))
        .or_else(|| label("Description"))
        .or_else(|| release().map(|(line, name, _)| (line, name)));
    let mut shown: &[&str] = &[];
    if let Some((line, _)) = name.or(id) {
        let mut draft = only(document, OS.kind, line);
        for (path, found) in [("id", id), ("versionId", version), ("prettyName", name)] {
            if let Some((line, text)) = found {
                draft.set(path, text, line);
            }
        }
        if id.is_none() {
            draft.know_only(["versionId", "prettyName"]);
        }
        gather.add(draft);
        shown = &[OS.kind];
    }
    conclude(gather, shown, "description of an operating system")
}

#[cfg(test)]
mod tests {
    use super::super::host::tests::{check, check_foreign};
    use super::*;

    #[test]
    fn the_first_of_joined_files_counts() {
        let text = "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=22.04\nDISTRIB_DESCRIPTION=\"Ubuntu 22.04.4 LTS\"\nPRETTY_NAME=\"Ubuntu 22.04.4 LTS\"\nVERSION_ID=\"22.04\"\nID=ubuntu\nID_LIKE=debian\nPRETTY_NAME=\"Other\"\nID=other\n";
        let expect = r#"HostOs - {"id":"ubuntu","versionId":"22.04","prettyName":"Ubuntu 22.04.4 LTS"}"#;
        check(&READER, "n/systeminfo/osrelease", text, &[expect, "lists HostOs"]);
        check(&READER, "pasted", text, &[expect, "lists HostOs"]);
    }

    #[test]
    fn other_sources_do_not_know_the_id() {
        let red_hat = "Red Hat Enterprise Linux Server release 7.5 (Maipo)\n";
        let expect = r#"HostOs - {"versionId":"7.5","prettyName":"Red Hat Enterprise Linux Server release 7.5 (Maipo)"} of prettyName,versionId"#;
        check(&READER, "n/etc/redhat-release", red_hat, &[expect, "lists HostOs"]);
        let lsb = "No LSB modules are available.\nDistributor ID:\tDebian\nDescription:\tDebian GNU/Linux 12 (bookworm)\nRelease:\t12\nCodename:\tbookworm\n";
        let expect = r#"HostOs - {"versionId":"12","prettyName":"Debian GNU/Linux 12 (bookworm)"} of prettyName,versionId"#;
        check(&READER, "insights_commands/lsb_release_-a", lsb, &[expect, "lists HostOs"]);
        check(&READER, "pasted", lsb.split_once('\n').unwrap().1, &[expect, "lists HostOs"]);
    }

    #[test]
    fn nothing_is_no_system() {
        check(&READER, "n/systeminfo/osrelease", "", &[]);
        let said = "cat: '/etc/*release': No such file or directory";
        check(&READER, "n/systeminfo/osrelease", &format!("{said}\n"), &[&format!("failed: {said}")]);
        check_foreign(&READER, &["PATH=/bin\nHOME=/\n", "a=b\nPRETTY_NAME=x\n", "ID=1\n"]);
    }
}
