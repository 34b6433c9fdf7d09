//! `uname -a` and `/proc/version` → `HostKernel`.
//!
//! coreutils `uname.c`: `Linux <node> <release> <version> <machine> [<processor> <platform>] GNU/Linux`, where the version
//! has spaces (`#123-Ubuntu SMP Mon Jun 10 08:16:17 UTC 2024`) and unknown parts are left out or `unknown`.

use super::Reader;
use super::host::{Places, claims, conclude, first_lines, only};
use crate::object::derived::{Derived, Expected};
use crate::object::gather::Gather;
use crate::object::{Document, Reading};

/// The kernel.
pub const KERNEL: Derived = Derived {
    kind: "HostKernel",
    what: "a machine's kernel, named by its file",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[
        ("release", "`5.15.0-113-generic`"),
        ("architecture", "`x86_64`, `aarch64`, …; unknown from `/proc/version`"),
    ],
};

/// The reader.
pub const READER: Reader = Reader { name: "uname", derives: &[&KERNEL], sniff, read };

const PLACES: Places = Places { files: &["systeminfo/uname", "proc/version"], commands: &["uname"] };

fn sniff(path: &str, head: &[u8]) -> bool {
    let one_line = || first_lines(head).nth(1).is_none();
    claims(&PLACES, path, head, |text| matches!(parse(text), Some((_, Some(_)))) && one_line())
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let mut shown: &[&str] = &[];
    if let Some(line) = first_lines(document.bytes).next()
        && let Some((release, architecture)) = parse(&line.text)
    {
        let mut draft = only(document, KERNEL.kind, &line);
        draft.put("release", release);
        match architecture {
            Some(architecture) => draft.put("architecture", architecture),
            None => draft.know_only(["release"]),
        }
        gather.add(draft);
        shown = &[KERNEL.kind];
    }
    conclude(gather, shown, "kernel")
}

/// Release and architecture.
fn parse(text: &str) -> Option<(&str, Option<&str>)> {
    if text.len() > 1024 {
        return None;
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_release = |word: &str| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.');
    match words.as_slice() {
        ["Linux", "version", release, ..] if is_release(release) => Some((*release, None)),
        ["Linux", _node, release, version, rest @ .., last]
            if is_release(release) && version.starts_with('#') =>
        {
            let is_machine = |word: &&&str| {
                !["GNU/Linux", "Linux", "unknown"].contains(*word)
                    && word.starts_with(|c: char| c.is_ascii_lowercase())
                    && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
            };
            let machine = rest.iter().chain([last]).rfind(is_machine).copied();
            Some((*release, machine))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::host::tests::{check, check_foreign};
    use super::*;

    #[test]
    fn release_and_architecture_are_found_between_spaces() {
        for (text, release, architecture) in [
            (
                "Linux srv01 5.15.0-113-generic #123-Ubuntu SMP Mon Jun 10 08:16:17 UTC 2024 x86_64 x86_64 x86_64 GNU/Linux\n",
                "5.15.0-113-generic",
                "x86_64",
            ),
            (
                "Linux k3s-srv01 6.18.44-fc-v669 #1 SMP PREEMPT_DYNAMIC @0 x86_64 GNU/Linux\n",
                "6.18.44-fc-v669",
                "x86_64",
            ),
            (
                "Linux a 6.1.0 #1 SMP Thu Jan 1 00:00:00 UTC 2026 aarch64 unknown unknown GNU/Linux\n",
                "6.1.0",
                "aarch64",
            ),
            ("Linux a 6.1.0 #1-Alpine SMP Thu, 01 Jan 2026 00:00:00 +0000 armv7l Linux\n", "6.1.0", "armv7l"),
        ] {
            let expect =
                format!("HostKernel - {{\"release\":\"{release}\",\"architecture\":\"{architecture}\"}}");
            check(&READER, "pasted", text, &[&expect, "lists HostKernel"]);
        }
        check(
            &READER,
            "n/proc/version",
            "Linux version 5.14.0-1.el9.x86_64 (a@b) (gcc 11) #1 SMP\n",
            &["HostKernel - {\"release\":\"5.14.0-1.el9.x86_64\"} of release", "lists HostKernel"],
        );
    }

    #[test]
    fn other_lines_are_no_kernels() {
        check(&READER, "n/systeminfo/uname", "Darwin a 23.0 x\n", &["line 1"]);
        check(&READER, "n/systeminfo/uname", "", &[]);
        check_foreign(
            &READER,
            &[
                "Linux is fine\n",
                "Linux version 5.14.0 (a@b) #1\nCommand line: x\n",
                "Linux a 6.1.0 #1 SMP x86_64 GNU/Linux\nmore\n",
            ],
        );
    }
}
