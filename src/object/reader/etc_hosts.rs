//! `/etc/hosts` → `HostHosts`.

use serde_json::{Value, json};

use super::Reader;
use super::host::{ITEMS, Places, conclude, only};
use crate::object::derived::{Derived, Expected};
use crate::object::gather::Gather;
use crate::object::line::{Line, cut, lines};
use crate::object::{Document, Reading};

/// The names that a machine knows by itself.
pub const HOSTS: Derived = Derived {
    kind: "HostHosts",
    what: "a machine's /etc/hosts, named by its file",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[("entries", "list of `address` and `names`, in the order of the file")],
};

/// The reader.
pub const READER: Reader = Reader { name: "etc-hosts", derives: &[&HOSTS], sniff, read };

const PLACES: Places = Places { files: &["systeminfo/etchosts", "etc/hosts"], commands: &[] };

fn sniff(path: &str, _head: &[u8]) -> bool {
    PLACES.hold(path)
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let mut entries: Vec<Value> = Vec::new();
    let mut shown_by: Vec<Line<'_>> = Vec::new();
    for line in lines(document.bytes) {
        let text = line.text.split('#').next().unwrap_or_default();
        let mut words = text.split_whitespace().map(cut);
        let Some(address) = words.next() else { continue };
        if address.split('%').next().is_none_or(|bare| bare.parse::<std::net::IpAddr>().is_err()) {
            if !entries.is_empty() {
                super::unreadable(&mut gather, &line, "line of /etc/hosts");
            }
            continue;
        }
        if entries.len() < ITEMS {
            let names: Vec<&str> = words.take(ITEMS).collect();
            entries.push(json!({"address": address, "names": names}));
            shown_by.push(line.clone());
        }
    }
    let Some(line) = shown_by.first() else { return conclude(gather, &[], "/etc/hosts") };
    let mut draft = only(document, HOSTS.kind, line);
    draft.put("entries", entries);
    shown_by.iter().for_each(|line| draft.shown.near("entries", line));
    gather.add(draft);
    conclude(gather, &[HOSTS.kind], "/etc/hosts")
}

#[cfg(test)]
mod tests {
    use super::super::host::tests::check;
    use super::*;

    #[test]
    fn entries_keep_their_order() {
        let text = "# local\n127.0.0.1\tlocalhost localhost.localdomain # x\n\n::1 ip6-localhost\nfe80::1%lo0 localhost\n10.0.0.5 srv01\nnonsense here\n";
        check(
            &READER,
            "n/systeminfo/etchosts",
            text,
            &[
                r#"HostHosts - {"entries":[{"address":"127.0.0.1","names":["localhost","localhost.localdomain"]},{"address":"::1","names":["ip6-localhost"]},{"address":"fe80::1%lo0","names":["localhost"]},{"address":"10.0.0.5","names":["srv01"]}]}"#,
                "lists HostHosts",
                "line 7",
            ],
        );
        check(&READER, "n/etc/hosts", "", &[]);
        check(
            &READER,
            "n/etc/hosts",
            "cat: /etc/hosts: Permission denied\n",
            &["failed: cat: /etc/hosts: Permission denied"],
        );
    }
}
