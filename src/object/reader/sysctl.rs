//! `sysctl -a` → `HostSysctl`.
//!
//! procps `sysctl.c`: `net.ipv4.ip_forward = 1`; a value of several lines repeats the name. troubleshoot's collector prints
//! the files of /proc/sys instead (`/proc/sys/net/ipv4/ip_forward = 1`).

use super::Reader;
use super::host::{Places, conclude, first_lines, is_trouble};
use crate::object::derived::{Derived, Expected};
use crate::object::gather::{Draft, Gather};
use crate::object::line::{cut, lines};
use crate::object::{Document, Reading};

/// One kernel parameter.
pub const SYSCTL: Derived = Derived {
    kind: "HostSysctl",
    what: "one kernel parameter, named after it",
    expected: Expected::EveryNode,
    bulk: true,
    fields: &[
        ("name", "with dots: `net.ipv4.ip_forward`"),
        ("value", "text as printed; of several lines the first"),
        ("number", "the value as a whole number; absent if it is none"),
    ],
};

/// The reader.
pub const READER: Reader = Reader { name: "sysctl", derives: &[&SYSCTL], sniff, read };

const PLACES: Places = Places { files: &["systeminfo/sysctla"], commands: &["sysctl"] };

/// The directories of /proc/sys.
const ROOTS: [&str; 10] = ["abi", "crypto", "debug", "dev", "fs", "kernel", "net", "sunrpc", "user", "vm"];

fn sniff(path: &str, head: &[u8]) -> bool {
    let mut said = first_lines(head).take(3).peekable();
    PLACES.hold(path) || (said.peek().is_some() && said.all(|line| parameter(&line.text).is_some()))
}

/// Name and value.
fn parameter(text: &str) -> Option<(String, &str)> {
    let (name, value) = text.split_once(" =")?;
    let name = match name.strip_prefix("/proc/sys/") {
        // Interface names may have dots, which sysctl writes as slashes.
        Some(file) => file
            .chars()
            .map(|c| match c {
                '/' => '.',
                '.' => '/',
                c => c,
            })
            .collect(),
        None => name.to_owned(),
    };
    let root = name.split('.').next()?;
    let fits = name.len() < 256 && !name.contains(char::is_whitespace) && name.contains('.');
    (fits && ROOTS.contains(&root)).then(|| (name, cut(value.trim())))
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let mut any = false;
    let mut last = String::new();
    for line in lines(document.bytes) {
        let Some((name, value)) = parameter(&line.text) else {
            if any && !line.text.trim().is_empty() && !is_trouble(&line.text) {
                super::unreadable(&mut gather, &line, "kernel parameter");
            }
            continue;
        };
        any = true;
        if name == last {
            continue;
        }
        let mut draft = Draft::new(document, SYSCTL.kind, name.as_str(), &line);
        draft.put("name", name.as_str());
        draft.put("value", value);
        if let Ok(number) = value.parse::<i64>() {
            draft.put("number", number);
        }
        gather.add(draft);
        last = name;
    }
    conclude(gather, if any { &[SYSCTL.kind] } else { &[] }, "list of kernel parameters")
}

#[cfg(test)]
mod tests {
    use super::super::host::tests::{check, check_foreign};
    use super::*;

    #[test]
    fn parameters_have_text_and_number() {
        let text = "sysctl: permission denied on key 'fs.protected_fifos'\nfs.file-nr = 1845\t0\t2466170\ndev.cdrom.info = CD-ROM\ndev.cdrom.info = \nnet.ipv4.ip_forward = 1\nkernel.core_pattern = |/usr/bin/x %p = y\nvm.x = -1\nkernel.domainname = \n";
        check(
            &READER,
            "pasted",
            text,
            &[
                "HostSysctl fs.file-nr {\"name\":\"fs.file-nr\",\"value\":\"1845\\t0\\t2466170\"}",
                r#"HostSysctl dev.cdrom.info {"name":"dev.cdrom.info","value":"CD-ROM"}"#,
                r#"HostSysctl net.ipv4.ip_forward {"name":"net.ipv4.ip_forward","value":"1","number":1}"#,
                r#"HostSysctl kernel.core_pattern {"name":"kernel.core_pattern","value":"|/usr/bin/x %p = y"}"#,
                r#"HostSysctl vm.x {"name":"vm.x","value":"-1","number":-1}"#,
                r#"HostSysctl kernel.domainname {"name":"kernel.domainname","value":""}"#,
                "lists HostSysctl",
            ],
        );
        check(
            &READER,
            "pasted",
            "/proc/sys/net/ipv4/conf/eth0.5/arp_accept = 0\n",
            &[
                r#"HostSysctl net.ipv4.conf.eth0/5.arp_accept {"name":"net.ipv4.conf.eth0/5.arp_accept","value":"0","number":0}"#,
                "lists HostSysctl",
            ],
        );
    }

    #[test]
    fn nothing_is_no_parameter() {
        let path = "n/systeminfo/sysctla";
        check(&READER, path, "", &[]);
        check(&READER, path, "sh: 1: sysctl: not found\n", &["failed: sh: 1: sysctl: not found"]);
        check(&READER, path, "key: value\n", &["failed: key: value"]);
        check_foreign(&READER, &["", "a.b = c\n", "net.ipv4.ip_forward = 1\nother\n"]);
    }
}
