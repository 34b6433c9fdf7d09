//! `/etc/resolv.conf` → `HostResolver`, and what systemd-resolved itself asks → `HostUpstreamResolver`.
//!
//! resolv.conf(5): the last `search` or `domain` line counts, servers add up. The kubelet of a machine with
//! systemd-resolved gives pods the second file.

use serde_json::json;

use super::Reader;
use super::host::{ITEMS, Places, conclude, ends_in, first_lines, only};
use crate::object::derived::{Derived, Expected};
use crate::object::gather::Gather;
use crate::object::line::{Line, cut, lines};
use crate::object::{Document, Reading};

const FIELDS: &[(&str, &str)] = &[
    ("nameservers", "list of addresses"),
    ("search", "list of domains"),
    ("options", "list, as written: `ndots:5`"),
];

/// What the machine's programs ask.
pub const RESOLVER: Derived = Derived {
    kind: "HostResolver",
    what: "a machine's resolv.conf, named by its file",
    expected: Expected::EveryNode,
    bulk: false,
    fields: FIELDS,
};

/// What systemd-resolved asks for them.
pub const UPSTREAM: Derived = Derived {
    kind: "HostUpstreamResolver",
    what: "the name servers behind systemd-resolved, named by their file",
    expected: Expected::EveryNode,
    bulk: false,
    fields: FIELDS,
};

/// The reader.
pub const READER: Reader = Reader { name: "resolv-conf", derives: &[&RESOLVER, &UPSTREAM], sniff, read };

const PLACES: Places = Places { files: &["systeminfo/etcresolvconf", "etc/resolv.conf"], commands: &[] };

const UPSTREAM_PLACES: Places =
    Places { files: &["systeminfo/systemd-resolved", "systemd/resolve/resolv.conf"], commands: &[] };

const KEYWORDS: [&str; 5] = ["nameserver", "search", "domain", "options", "sortlist"];

fn sniff(path: &str, head: &[u8]) -> bool {
    let is_line = |line: &Line<'_>| {
        line.text.starts_with(['#', ';'])
            || line.text.split_whitespace().next().is_some_and(|word| KEYWORDS.contains(&word))
    };
    let has_server = || first_lines(head).any(|line| line.text.starts_with("nameserver "));
    PLACES.hold(path)
        || UPSTREAM_PLACES.hold(path)
        || (has_server() && first_lines(head).all(|line| is_line(&line)))
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let (mut servers, mut search, mut options) = (Vec::new(), Vec::new(), Vec::new());
    let mut shown_by: Vec<(&str, Line<'_>)> = Vec::new();
    let mut commented = None;
    for line in lines(document.bytes).take(ITEMS) {
        let text = line.text.trim().to_owned();
        let mut words = text.split_whitespace().map(|word| cut(word).to_owned());
        match words.next().as_deref() {
            Some("nameserver") => {
                servers.extend(words.next());
                shown_by.push(("nameservers", line));
            }
            Some("search" | "domain") => {
                search = words.take(ITEMS).collect();
                shown_by.push(("search", line));
            }
            Some("options") => {
                options.extend(words.take(ITEMS));
                shown_by.push(("options", line));
            }
            Some(word) if word.starts_with(['#', ';']) => {
                commented.get_or_insert(line);
            }
            _ => {}
        }
    }
    // A file of comments is a file without servers; an empty one may be a copy that failed.
    let first = shown_by.first().map(|(_, line)| line).or(commented.as_ref());
    let Some(line) = first else { return conclude(gather, &[], "resolv.conf") };
    let upstream = UPSTREAM_PLACES.hold(document.path)
        || (ends_in(document.path, "resolv.conf") && document.path.contains("systemd/resolve/"));
    let kind = if upstream { UPSTREAM.kind } else { RESOLVER.kind };
    let mut draft = only(document, kind, line);
    draft.put("nameservers", json!(servers));
    draft.put("search", json!(search));
    draft.put("options", json!(options));
    shown_by.iter().for_each(|(path, line)| draft.shown.near(path, line));
    gather.add(draft);
    conclude(gather, &[kind], "resolv.conf")
}

#[cfg(test)]
mod tests {
    use super::super::host::tests::{check, check_foreign};
    use super::*;

    #[test]
    fn servers_add_up_and_the_last_search_counts() {
        let text = "# made by hand\nnameserver 192.0.2.53\nnameserver 2001:db8::53\ndomain example.org\nsearch lab.example a.b\noptions edns0 trust-ad\noptions ndots:2\n";
        let fields = r#"{"nameservers":["192.0.2.53","2001:db8::53"],"search":["lab.example","a.b"],"options":["edns0","trust-ad","ndots:2"]}"#;
        check(&READER, "pasted", text, &[&format!("HostResolver - {fields}"), "lists HostResolver"]);
        check(
            &READER,
            "n/systeminfo/systemd-resolved",
            text,
            &[&format!("HostUpstreamResolver - {fields}"), "lists HostUpstreamResolver"],
        );
    }

    #[test]
    fn a_file_without_servers_says_so() {
        let path = "n/systeminfo/etcresolvconf";
        let none = r#"HostResolver - {"nameservers":[],"search":[],"options":[]}"#;
        check(&READER, path, "# no servers\n", &[none, "lists HostResolver"]);
        check(&READER, path, "", &[]);
        let said = "cp: cannot stat '/etc/resolv.conf': No such file or directory";
        check(&READER, path, &format!("{said}\n"), &[&format!("failed: {said}")]);
        check_foreign(&READER, &["# comment\n", "nameserver 1\nother text\n", "search x\n"]);
    }
}
