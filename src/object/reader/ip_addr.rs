//! `ip addr`, `ip link` and `ip -s link` → `HostAddresses`, `HostInterface`, `HostInterfaceStatistics`.
//!
//! iproute2 `ipaddress.c`: `2: eth0@if4: <BROADCAST,UP> mtu 1500 … state UP …`, then indented lines; with `-s` a heading
//! line and a line of numbers each for RX and TX. `-o` puts one address on a line: `2: eth0    inet 10.0.0.1/24 …`.

use serde_json::json;

use super::Reader;
use super::host::{ITEMS, Places, claims, command, conclude, ends_in, only};
use crate::object::derived::{Derived, Expected};
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, cut, lines};
use crate::object::{Document, Reading};

/// The machine's addresses.
pub const ADDRESSES: Derived = Derived {
    kind: "HostAddresses",
    what: "the addresses of a machine's interfaces, named by their file",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[("addresses", "list, without loopback and link-local ones")],
};

/// One network interface.
pub const INTERFACE: Derived = Derived {
    kind: "HostInterface",
    what: "one network interface, named after it",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[
        ("name", "without the peer after `@`"),
        ("state", "`UP`, `DOWN`, `UNKNOWN` (virtual ones), …"),
        ("up", "whether it was switched on (flag `UP`)"),
        ("carrier", "whether it has a link (flag `LOWER_UP`)"),
        ("mtu", "bytes"),
        ("addresses", "list, without prefix lengths; unknown from `ip link`"),
    ],
};

/// What an interface has counted.
pub const STATISTICS: Derived = Derived {
    kind: "HostInterfaceStatistics",
    what: "what one network interface has counted since it was made, named after it",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[
        ("name", "without the peer after `@`"),
        ("received.bytes", "bytes"),
        ("received.packets", "packets"),
        ("received.errors", "packets"),
        ("received.dropped", "packets"),
        ("sent.bytes", "bytes"),
        ("sent.packets", "packets"),
        ("sent.errors", "packets"),
        ("sent.dropped", "packets"),
        ("received", "the four above"),
        ("sent", "the four above"),
    ],
};

/// The reader.
pub const READER: Reader =
    Reader { name: "ip-addr", derives: &[&ADDRESSES, &INTERFACE, &STATISTICS], sniff, read };

const PLACES: Places = Places {
    files: &["networking/ipaddrshow", "networking/ipv6addrshow", "networking/iplinkshow"],
    commands: &["ip addr", "ip address", "ip a", "ip link", "ip l"],
};

fn sniff(path: &str, head: &[u8]) -> bool {
    let wanted = |text: &str| {
        // Without flags only the command tells that this is a list of addresses.
        let known = command(path).is_some_and(|command| command.starts_with("ip "));
        Interface::parse(text).is_some_and(|(_, flags)| flags.is_some() || known)
    };
    claims(&PLACES, path, head, wanted)
}

/// One interface while its lines are read.
struct Interface<'a> {
    line: Line<'a>,
    name: String,
    flags: Option<String>,
    addresses: Vec<(String, Line<'a>)>,
    counts: Vec<(&'static str, u64, Line<'a>)>,
}

impl Interface<'_> {
    /// The name in `2: eth0@if4: <BROADCAST,UP> …` and what follows it; in the one-line form there are no flags.
    fn parse(text: &str) -> Option<(&str, Option<&str>)> {
        let (index, rest) = text.split_once(": ")?;
        if index.is_empty() || index.len() > 9 || !index.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let (name, rest) = match rest.split_once(": <") {
            Some((name, flags)) => (name, Some(flags)),
            None => (rest.split_whitespace().next()?, None),
        };
        let name = name.split('@').next()?;
        let fits = !name.is_empty() && name.len() < 64 && !name.contains(char::is_whitespace);
        fits.then_some((name, rest))
    }

    /// The word after this one among the attributes.
    fn attribute(&self, name: &str) -> Option<&str> {
        let mut words = self.flags.as_deref()?.split_whitespace();
        words.find(|word| *word == name)?;
        words.next()
    }
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let interfaces = interfaces(document);
    let counted = interfaces.iter().any(|interface| !interface.counts.is_empty());
    let addressed = shows_addresses(document.path, &interfaces);
    let flagged = interfaces.iter().any(|interface| interface.flags.is_some());
    let mut shown = Vec::new();
    if addressed && let Some(interface) = interfaces.first() {
        let mut draft = only(document, ADDRESSES.kind, &interface.line);
        let all = interfaces.iter().flat_map(|interface| &interface.addresses).map(|(address, _)| address);
        let own: Vec<&String> = all.filter(|address| !is_everywhere(address)).take(ITEMS).collect();
        draft.put("addresses", json!(own));
        gather.add(draft);
        if !only_one_family(document.path) {
            shown.push(ADDRESSES.kind);
        }
    }
    // `ip -6 addr` leaves out interfaces without such an address, and `ip -s link` repeats those of `ip addr`.
    let whole = flagged && !only_one_family(document.path) && (addressed || !counted);
    if whole {
        interfaces.iter().for_each(|interface| gather.add(of_interface(document, interface, addressed)));
        shown.push(INTERFACE.kind);
    }
    if counted {
        let with = interfaces.iter().filter(|interface| !interface.counts.is_empty());
        with.for_each(|interface| gather.add(of_counts(document, interface)));
        shown.push(STATISTICS.kind);
    }
    let partial = shown.is_empty() && !interfaces.is_empty();
    if partial { gather.finish() } else { conclude(gather, &shown, "network interface") }
}

fn shows_addresses(path: &str, interfaces: &[Interface<'_>]) -> bool {
    let named =
        ends_in(path, "networking/ipaddrshow") || command(path).is_some_and(|command| command.contains(" a"));
    let shown = interfaces.iter().any(|interface| !interface.addresses.is_empty());
    !interfaces.is_empty() && (named || shown)
}

/// Whether the path says that only addresses of IPv4 or of IPv6 were asked for.
fn only_one_family(path: &str) -> bool {
    ends_in(path, "networking/ipv6addrshow")
        || command(path).is_some_and(|command| command.contains(" -6") || command.contains(" -4"))
}

fn interfaces<'d>(document: &Document<'d>) -> Vec<Interface<'d>> {
    let mut interfaces: Vec<Interface<'d>> = Vec::new();
    let mut heading: Option<(&'static str, Vec<String>)> = None;
    for line in lines(document.bytes) {
        if let Some((name, flags)) = Interface::parse(&line.text) {
            let repeated = flags.is_none() && interfaces.last().is_some_and(|last| last.name == name);
            if !repeated {
                let (name, flags) = (name.to_owned(), flags.map(|flags| cut(flags).to_owned()));
                let line = line.clone();
                interfaces.push(Interface { line, name, flags, addresses: Vec::new(), counts: Vec::new() });
            }
        }
        let Some(interface) = interfaces.last_mut() else { continue };
        if let Some((direction, headings)) = heading.take() {
            let numbers = line.text.split_whitespace().map(|word| word.parse::<u64>().ok());
            for (heading, number) in headings.iter().zip(numbers) {
                let (Some(path), Some(number)) = (counter(direction, heading), number) else { continue };
                interface.counts.push((path, number, line.clone()));
            }
        } else if let Some(address) = address(&line.text) {
            if interface.addresses.len() < ITEMS {
                interface.addresses.push((address.to_owned(), line.clone()));
            }
        } else {
            heading = counters(&line.text);
        }
    }
    interfaces
}

/// The address after `inet` or `inet6`, without its prefix length.
fn address(text: &str) -> Option<&str> {
    let mut words = text.split_whitespace().take(4).skip_while(|word| *word != "inet" && *word != "inet6");
    let address = words.nth(1)?.split('/').next()?;
    let fits = address.len() < 64 && address.contains(['.', ':']);
    fits.then_some(address)
}

/// Loopback and link-local addresses say nothing of which machine it is.
fn is_everywhere(address: &str) -> bool {
    address.starts_with("fe80:") || address.starts_with("127.") || address == "::1"
}

/// The headings of `    RX:  bytes packets errors dropped  missed   mcast`.
fn counters(text: &str) -> Option<(&'static str, Vec<String>)> {
    let mut words = text.split_whitespace();
    let direction = match words.next()? {
        "RX:" => "RX",
        "TX:" => "TX",
        _ => return None,
    };
    let headings: Vec<String> = words.take(16).map(str::to_owned).collect();
    // `RX errors:` of `-s -s` is another table.
    (headings.first().map(String::as_str) == Some("bytes")).then_some((direction, headings))
}

fn counter(direction: &str, heading: &str) -> Option<&'static str> {
    Some(match (direction, heading) {
        ("RX", "bytes") => "received.bytes",
        ("RX", "packets") => "received.packets",
        ("RX", "errors") => "received.errors",
        ("RX", "dropped") => "received.dropped",
        ("TX", "bytes") => "sent.bytes",
        ("TX", "packets") => "sent.packets",
        ("TX", "errors") => "sent.errors",
        ("TX", "dropped") => "sent.dropped",
        _ => return None,
    })
}

fn of_interface<'p>(document: &Document<'p>, interface: &Interface<'_>, addressed: bool) -> Draft<'p> {
    let mut draft = Draft::new(document, INTERFACE.kind, interface.name.as_str(), &interface.line);
    draft.put("name", interface.name.as_str());
    let flags = interface.flags.as_deref().and_then(|flags| flags.split('>').next()).unwrap_or_default();
    draft.put("up", flags.split(',').any(|flag| flag == "UP"));
    draft.put("carrier", flags.split(',').any(|flag| flag == "LOWER_UP"));
    if let Some(state) = interface.attribute("state") {
        draft.put("state", state);
    }
    if let Some(mtu) = interface.attribute("mtu").and_then(|mtu| mtu.parse::<u64>().ok()) {
        draft.put("mtu", mtu);
    }
    if addressed {
        let addresses: Vec<&String> = interface.addresses.iter().map(|(address, _)| address).collect();
        draft.put("addresses", json!(addresses));
        interface.addresses.iter().for_each(|(_, line)| draft.shown.exact("addresses", line));
    } else {
        draft.know_only(["name", "up", "carrier", "state", "mtu"]);
    }
    draft
}

fn of_counts<'p>(document: &Document<'p>, interface: &Interface<'_>) -> Draft<'p> {
    let mut draft = Draft::new(document, STATISTICS.kind, interface.name.as_str(), &interface.line);
    draft.put("name", interface.name.as_str());
    for (path, number, line) in &interface.counts {
        draft.set(path, *number, line);
    }
    draft
}

#[cfg(test)]
mod tests {
    use super::super::host::tests::{check, check_foreign};
    use super::*;

    const LO: &str = "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n";
    const ETH0: &str = "2: eth0@if4: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1450 qdisc noqueue state DOWN group default\n    link/ether ea:e5:ea:7e:0d:1c brd ff:ff:ff:ff:ff:ff link-netnsid 0\n";

    #[test]
    fn addresses_leave_out_those_that_every_machine_has() {
        let text = format!(
            "{LO}    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n    inet6 ::1/128 scope host\n{ETH0}    altname enp0s3\n    inet 10.0.0.1/24 brd 10.0.0.255 scope global eth0\n    inet6 fe80::1/64 scope link\n    inet6 2001:db8::1/64 scope global\n"
        );
        check(
            &READER,
            "n/networking/ipaddrshow",
            &text,
            &[
                r#"HostAddresses - {"addresses":["10.0.0.1","2001:db8::1"]}"#,
                r#"HostInterface lo {"name":"lo","up":true,"carrier":true,"state":"UNKNOWN","mtu":65536,"addresses":["127.0.0.1","::1"]}"#,
                r#"HostInterface eth0 {"name":"eth0","up":true,"carrier":false,"state":"DOWN","mtu":1450,"addresses":["10.0.0.1","fe80::1","2001:db8::1"]}"#,
                "lists HostAddresses",
                "lists HostInterface",
            ],
        );
    }

    #[test]
    fn one_line_forms_have_addresses_only() {
        let text = "1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever\n2: eth0    inet 10.0.0.1/24 brd 10.0.0.255 scope global eth0\\ x\n2: eth0    inet6 fe80::1/64 scope link\n";
        check(
            &READER,
            "sos_commands/networking/ip_-o_addr",
            text,
            &[r#"HostAddresses - {"addresses":["10.0.0.1"]}"#, "lists HostAddresses"],
        );
    }

    #[test]
    fn one_family_is_no_list_of_addresses() {
        let text = format!("{LO}    inet6 ::1/128 scope host\n{ETH0}    inet6 2001:db8::1/64 scope global\n");
        check(
            &READER,
            "n/networking/ipv6addrshow",
            &text,
            &[r#"HostAddresses - {"addresses":["2001:db8::1"]}"#],
        );
    }

    #[test]
    fn links_without_counters_are_interfaces_without_addresses() {
        check(
            &READER,
            "pasted",
            LO,
            &[
                r#"HostInterface lo {"name":"lo","up":true,"carrier":true,"state":"UNKNOWN","mtu":65536} of carrier,mtu,name,state,up"#,
                "lists HostInterface",
            ],
        );
    }

    #[test]
    fn counters_stand_under_their_headings() {
        let text = format!(
            "{ETH0}    RX:   bytes  packets errors dropped  missed   mcast           \n    10000534607 63845063      1       2       0       0 \n    TX:   bytes  packets errors dropped carrier collsns           \n    62491029957 71328216      3       4       0       0 \n    altname enp0s3\n"
        );
        check(
            &READER,
            "n/networking/iplinkshow",
            &text,
            &[
                r#"HostInterfaceStatistics eth0 {"name":"eth0","received":{"bytes":10000534607,"packets":63845063,"errors":1,"dropped":2},"sent":{"bytes":62491029957,"packets":71328216,"errors":3,"dropped":4}}"#,
                "lists HostInterfaceStatistics",
            ],
        );
    }

    #[test]
    fn a_machine_without_the_tool_says_so() {
        let said = "bash: line 1: ip: command not found";
        check(&READER, "n/networking/ipaddrshow", &format!("{said}\n"), &[&format!("failed: {said}")]);
        check(&READER, "n/networking/ipaddrshow", "", &[]);
        check_foreign(&READER, &["1: first point\n", "2: b: c\n", "10: <x>\n"]);
    }
}
