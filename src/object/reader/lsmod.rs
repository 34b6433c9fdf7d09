//! `lsmod` and `/proc/modules` → `HostModule`.
//!
//! kmod `lsmod.c`; the kernel's `kernel/module/procfs.c`: `nf_nat 49152 2 xt_nat,nft_nat, Live 0x0000000000000000`.

use serde_json::json;

use super::Reader;
use super::host::{ITEMS, Places, claims, conclude, is_trouble};
use crate::object::derived::{Derived, Expected};
use crate::object::gather::{Draft, Gather};
use crate::object::line::{cut, lines};
use crate::object::{Document, Reading};

/// One loaded module.
pub const MODULE: Derived = Derived {
    kind: "HostModule",
    what: "one loaded kernel module, named after it",
    expected: Expected::EveryNode,
    bulk: true,
    fields: &[
        ("name", "as the kernel writes it, with underscores"),
        ("sizeBytes", "bytes"),
        ("users", "how many use it; -2 if it cannot be unloaded"),
        ("usedBy", "list of modules"),
    ],
};

/// The reader.
pub const READER: Reader = Reader { name: "lsmod", derives: &[&MODULE], sniff, read };

const PLACES: Places = Places { files: &["systeminfo/lsmod", "proc/modules"], commands: &["lsmod"] };

fn sniff(path: &str, head: &[u8]) -> bool {
    claims(&PLACES, path, head, is_heading)
}

fn is_heading(text: &str) -> bool {
    text.split_whitespace().eq(["Module", "Size", "Used", "by"])
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let mut any = false;
    for line in lines(document.bytes) {
        if is_heading(&line.text) {
            any = true;
            continue;
        }
        let words: Vec<&str> = line.text.split_whitespace().take(8).collect();
        let module = match words.as_slice() {
            [name, size, users, rest @ ..] => size
                .parse::<u64>()
                .ok()
                .zip(users.parse::<i64>().ok())
                .map(|(size, users)| (*name, size, users, rest.first().copied().unwrap_or_default())),
            _ => None,
        };
        let Some((name, size, users, by)) = module else {
            if any && !words.is_empty() && !is_trouble(&line.text) {
                super::unreadable(&mut gather, &line, "module");
            }
            continue;
        };
        any = true;
        let by: Vec<&str> =
            by.split(',').filter(|name| !["", "-", "[permanent]"].contains(name)).take(ITEMS).collect();
        let mut draft = Draft::new(document, MODULE.kind, cut(name), &line);
        draft.put("name", cut(name));
        draft.put("sizeBytes", size);
        draft.put("users", users);
        draft.put("usedBy", json!(by));
        gather.add(draft);
    }
    conclude(gather, if any { &[MODULE.kind] } else { &[] }, "table of modules")
}

#[cfg(test)]
mod tests {
    use super::super::host::tests::{check, check_foreign};
    use super::*;

    #[test]
    fn both_forms_give_the_same_modules() {
        let expect = &[
            r#"HostModule nf_nat {"name":"nf_nat","sizeBytes":49152,"users":2,"usedBy":["xt_nat","nft_nat"]}"#,
            r#"HostModule overlay {"name":"overlay","sizeBytes":151552,"users":0,"usedBy":[]}"#,
            "lists HostModule",
        ];
        check(
            &READER,
            "pasted",
            "Module                  Size  Used by\nnf_nat                 49152  2 xt_nat,nft_nat\noverlay               151552  0\n",
            expect,
        );
        check(
            &READER,
            "n/proc/modules",
            "nf_nat 49152 2 xt_nat,nft_nat, Live 0x0000000000000000\noverlay 151552 0 - Live 0x0000000000000000\n",
            expect,
        );
    }

    #[test]
    fn an_empty_table_is_a_list() {
        let path = "n/systeminfo/lsmod";
        check(&READER, path, "Module                  Size  Used by\n", &["lists HostModule"]);
        check(&READER, path, "", &[]);
        let said = "/tmp/x.sh: line 223: lsmod: command not found";
        check(&READER, path, &format!("{said}\n"), &[&format!("failed: {said}")]);
        check_foreign(&READER, &["Module loaded\n", "nf_nat 1 2\n"]);
    }
}
