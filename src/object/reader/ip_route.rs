//! `ip route` → `HostRoute`: the default routes only.
//!
//! iproute2 `iproute.c`: `default via 10.0.0.1 dev eth0 proto dhcp metric 100`; several next hops stand on lines of their
//! own below (`nexthop via …`); a default of type `unreachable`, `blackhole`, … leads nowhere and begins with its type.

use super::Reader;
use super::host::{ITEMS, Places, claims, command, conclude, ends_in};
use crate::object::derived::{Derived, Expected};
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, lines};
use crate::object::{Document, Reading};

/// A default route.
pub const ROUTE: Derived = Derived {
    kind: "HostRoute",
    what: "one next hop of a default route, named `<table>/<gateway>/<interface>`",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[
        ("family", "`ipv4` or `ipv6`"),
        ("gateway", "address; absent if the interface is the way out"),
        ("interface", "name; absent if not said"),
        ("table", "`main` or the table's number or name"),
        ("metric", "number, smaller wins; absent if not said"),
    ],
};

/// The reader.
pub const READER: Reader = Reader { name: "ip-route", derives: &[&ROUTE], sniff, read };

const PLACES: Places =
    Places { files: &["networking/iproute", "networking/ipv6route"], commands: &["ip route", "ip r"] };

fn sniff(path: &str, head: &[u8]) -> bool {
    claims(&PLACES, path, head, is_route)
}

/// What `ip neighbour` says last of a line that begins as a route does: `10.0.0.1 dev eth0 lladdr … STALE`.
const NEIGHBOURS: [&str; 9] =
    ["REACHABLE", "STALE", "DELAY", "PROBE", "FAILED", "PERMANENT", "NOARP", "INCOMPLETE", "NONE"];

/// Whether a line is a route: `<destination> [via <gateway>] dev <interface> …`, perhaps after its type.
fn is_route(text: &str) -> bool {
    if text.split_whitespace().any(|word| word == "lladdr" || NEIGHBOURS.contains(&word)) {
        return false;
    }
    let mut words = text.split_whitespace().peekable();
    // A route that leads nowhere need not name an interface.
    let nowhere =
        words.next_if(|word| ["unreachable", "blackhole", "prohibit", "throw"].contains(word)).is_some();
    words.next_if(|word| ["local", "broadcast", "multicast", "anycast", "unicast"].contains(word));
    let is_address = |word: &str| {
        word.contains(['.', ':'])
            && word.bytes().all(|byte| byte.is_ascii_hexdigit() || b".:/".contains(&byte))
    };
    words.next().is_some_and(|word| word == "default" || is_address(word))
        && (nowhere || matches!((words.next(), words.nth(1)), (Some("via"), Some("dev")) | (Some("dev"), _)))
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let only_six = ends_in(document.path, "networking/ipv6route")
        || command(document.path).is_some_and(|command| command.contains(" -6"));
    let mut any = false;
    let mut open: Option<Hop> = None;
    let mut count = 0;
    for line in lines(document.bytes) {
        let words: Vec<&str> = line.text.split_whitespace().take(64).collect();
        any |= is_route(&line.text) || (words.first() == Some(&"default"));
        let hop = match words.split_first() {
            Some((&"default", rest)) => {
                let hop = Hop::parse(rest, only_six);
                let complete = hop.gateway.is_some() || hop.interface.is_some();
                open = (!complete).then(|| hop.clone());
                complete.then_some(hop)
            }
            Some((&"nexthop", rest)) => open.as_ref().map(|route| route.with(&Hop::parse(rest, only_six))),
            _ => {
                open = None;
                None
            }
        };
        if let Some(hop) = hop.filter(|_| count < ITEMS) {
            count += 1;
            gather.add(hop.draft(document, &line));
        }
    }
    // `ip -6 route` cannot show what most machines route by.
    let shown: &[&str] = if any && !only_six { &[ROUTE.kind] } else { &[] };
    if any && only_six { gather.finish() } else { conclude(gather, shown, "route") }
}

/// A next hop of a default route.
#[derive(Clone)]
struct Hop {
    family: &'static str,
    gateway: Option<String>,
    interface: Option<String>,
    table: String,
    metric: Option<u64>,
}

impl Hop {
    fn parse(words: &[&str], only_six: bool) -> Self {
        let after = |name: &str| {
            let at = words.iter().position(|word| *word == name)?;
            words.get(at + 1).copied()
        };
        // `via inet6 fe80::1` is an IPv4 route over an IPv6 neighbour.
        let gateway = after("via").filter(|word| *word != "inet6").or_else(|| after("inet6"));
        let six = only_six || (after("via") != Some("inet6") && gateway.is_some_and(|to| to.contains(':')));
        let six = six || after("pref").is_some();
        Self {
            family: if six { "ipv6" } else { "ipv4" },
            gateway: gateway.map(str::to_owned),
            interface: after("dev").map(str::to_owned),
            table: after("table").unwrap_or("main").to_owned(),
            metric: after("metric").and_then(|metric| metric.parse().ok()),
        }
    }

    /// This route by another next hop.
    fn with(&self, hop: &Self) -> Self {
        Self {
            family: hop.family,
            gateway: hop.gateway.clone(),
            interface: hop.interface.clone(),
            ..self.clone()
        }
    }

    fn draft<'p>(&self, document: &Document<'p>, line: &Line<'_>) -> Draft<'p> {
        let (gateway, interface) = (self.gateway.as_deref(), self.interface.as_deref());
        let name =
            format!("{}/{}/{}", self.table, gateway.unwrap_or_default(), interface.unwrap_or_default());
        let mut draft = Draft::new(document, ROUTE.kind, name, line);
        draft.put("family", self.family);
        gateway.into_iter().for_each(|gateway| draft.put("gateway", gateway));
        interface.into_iter().for_each(|interface| draft.put("interface", interface));
        draft.put("table", self.table.as_str());
        self.metric.into_iter().for_each(|metric| draft.put("metric", metric));
        draft
    }
}

#[cfg(test)]
mod tests {
    use super::super::host::tests::{check, check_foreign};
    use super::*;

    #[test]
    fn only_default_routes_are_kept() {
        let text = "default via 10.0.0.1 dev eth0 proto dhcp src 10.0.0.5 metric 100 \n10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.5 \nunreachable default dev lo table unspec proto kernel metric 4294967295 error -101\ndefault dev wg0 table 51820 scope link\ndefault via fe80::1 dev eth0 proto ra metric 1024 pref medium\n";
        check(
            &READER,
            "n/networking/iproute",
            text,
            &[
                r#"HostRoute main/10.0.0.1/eth0 {"family":"ipv4","gateway":"10.0.0.1","interface":"eth0","table":"main","metric":100}"#,
                r#"HostRoute 51820//wg0 {"family":"ipv4","interface":"wg0","table":"51820"}"#,
                r#"HostRoute main/fe80::1/eth0 {"family":"ipv6","gateway":"fe80::1","interface":"eth0","table":"main","metric":1024}"#,
                "lists HostRoute",
            ],
        );
    }

    #[test]
    fn each_next_hop_counts() {
        let text = "10.0.0.0/24 dev eth0 scope link\ndefault proto static metric 20 \n\tnexthop via 10.0.0.1 dev eth0 weight 1 \n\tnexthop via 10.0.1.1 dev eth1 weight 1 \n";
        check(
            &READER,
            "pasted",
            text,
            &[
                r#"HostRoute main/10.0.0.1/eth0 {"family":"ipv4","gateway":"10.0.0.1","interface":"eth0","table":"main","metric":20}"#,
                r#"HostRoute main/10.0.1.1/eth1 {"family":"ipv4","gateway":"10.0.1.1","interface":"eth1","table":"main","metric":20}"#,
                "lists HostRoute",
            ],
        );
    }

    #[test]
    fn a_table_without_a_default_says_that_there_is_none() {
        let text = "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.5\n";
        check(&READER, "n/networking/iproute", text, &["lists HostRoute"]);
        check(
            &READER,
            "n/networking/ipv6route",
            "fe80::/64 dev eth0 proto kernel metric 256 pref medium\n",
            &[],
        );
        check(&READER, "n/networking/iproute", "", &[]);
        check(
            &READER,
            "n/networking/iproute",
            "Cannot open netlink socket: x\n",
            &["failed: Cannot open netlink socket: x"],
        );
        check_foreign(
            &READER,
            &["10.0.0.1 dev eth0 lladdr 62:65:b1:07:01:51 REACHABLE \n", "10.0.0.2 dev eth0  FAILED\n"],
        );
        check_foreign(&READER, &["default via mail\n", "backend: default\n", "10.0.0.1 srv01\n"]);
    }
}
