//! `ss` and `netstat` → `HostSocket` (what listens) and `HostSockets` (how many connections in which state).
//!
//! iproute2 `ss.c`, net-tools `netstat.c`. ss has a Netid column only when several families are shown; its last heading may be
//! glued to the one before (`Peer Address:PortProcess`), and with `-i`, `-m` or `-o` more lines follow, indented by a
//! tab. netstat leaves the state of UDP empty. Raw, packet, netlink and UNIX sockets have no ports and are left out.
//!
//! The Rancher collector asks the same question nine times: what `ss -anp` shows, the other files of ss only repeat in part, so that
//! they are left alone.

use super::Reader;
use super::host::{Places, claims, conclude, ends_in, is_trouble, only};
use crate::object::derived::{Derived, Expected};
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, cut, lines};
use crate::object::{Document, Reading};

/// A socket that waits for others.
pub const SOCKET: Derived = Derived {
    kind: "HostSocket",
    what: "one listening socket of TCP, or an unconnected one of UDP, named `<protocol>/<address>/<port>`",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[
        ("protocol", "`tcp` or `udp`, of either family"),
        ("address", "`10.0.0.1`, `::1`; `0.0.0.0`, `::` or `*` (both families) is any"),
        ("port", "number"),
        (
            "process",
            "name of the first process, at most 15 characters; unknown if the command may not see any",
        ),
        ("pid", "number; as above"),
    ],
};

/// All connections of TCP.
pub const SOCKETS: Derived = Derived {
    kind: "HostSockets",
    what: "how many connections of TCP a machine has in which state, named by their file",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[
        ("established", "connections"),
        ("timeWait", "connections"),
        ("closeWait", "connections"),
        ("synSent", "connections"),
        ("synReceived", "connections"),
        ("closing", "connections in FIN-WAIT, LAST-ACK or CLOSING"),
    ],
};

/// The reader.
pub const READER: Reader = Reader { name: "sockets", derives: &[&SOCKET, &SOCKETS], sniff, read };

const PLACES: Places =
    Places { files: &["networking/ssanp", "networking/netstat"], commands: &["ss", "netstat"] };

/// Parts of what `networking/ssanp` shows.
const PARTS: [&str; 8] = [
    "networking/ssitan",
    "networking/ssuapn",
    "networking/sswapn",
    "networking/ssxapn",
    "networking/ss4apn",
    "networking/ss6apn",
    "networking/sstunlp4",
    "networking/sstunlp6",
];

fn sniff(path: &str, head: &[u8]) -> bool {
    let part = PARTS.iter().any(|part| ends_in(path, part));
    !part && claims(&PLACES, path, head, |text| heading(text).is_some() || is_banner(text))
}

/// More listening sockets than this are hostile input; then none are listed.
const LISTENERS: usize = 10_000;

/// netstat's first line.
fn is_banner(text: &str) -> bool {
    text.starts_with("Active Internet connections (")
}

/// The columns of a table.
#[derive(Clone, Copy)]
enum Table {
    Ss { netid: bool },
    Netstat,
}

fn heading(text: &str) -> Option<Table> {
    let words: Vec<&str> = text.split_whitespace().take(6).collect();
    match words.as_slice() {
        ["Netid", "State", "Recv-Q", "Send-Q", "Local", ..] => Some(Table::Ss { netid: true }),
        ["State", "Recv-Q", "Send-Q", "Local", "Address:Port", ..] => Some(Table::Ss { netid: false }),
        ["Proto", "Recv-Q", "Send-Q", "Local", "Address", "Foreign"] => Some(Table::Netstat),
        _ => None,
    }
}

/// One row.
struct Row<'t> {
    protocol: &'static str,
    state: State,
    local: &'t str,
    process: Option<(String, Option<u64>)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Listen,
    Unconnected,
    Established,
    TimeWait,
    CloseWait,
    SynSent,
    SynReceived,
    Closing,
}

impl State {
    /// Of ss (`TIME-WAIT`) or netstat (`TIME_WAIT`).
    fn parse(text: &str) -> Option<Self> {
        Some(match text.replace('_', "-").as_str() {
            "LISTEN" => Self::Listen,
            "UNCONN" | "CLOSE" => Self::Unconnected,
            "ESTAB" | "ESTABLISHED" => Self::Established,
            "TIME-WAIT" => Self::TimeWait,
            "CLOSE-WAIT" => Self::CloseWait,
            "SYN-SENT" => Self::SynSent,
            "SYN-RECV" | "NEW-SYN-RECV" => Self::SynReceived,
            "FIN-WAIT-1" | "FIN-WAIT-2" | "FIN-WAIT1" | "FIN-WAIT2" | "LAST-ACK" | "CLOSING" => Self::Closing,
            _ => return None,
        })
    }
}

/// `tcp` of `tcp6`; `None` for families without ports.
fn protocol(text: &str) -> Option<&'static str> {
    match text {
        "tcp" | "tcp6" => Some("tcp"),
        "udp" | "udp6" => Some("udp"),
        _ => None,
    }
}

/// A row of ss; `Ok(None)` for a family without ports.
fn of_ss(text: &str, netid: bool) -> Result<Option<Row<'_>>, ()> {
    let words: Vec<&str> = text.split_whitespace().take(64).collect();
    let (family, rest) = if netid { words.split_first().ok_or(())? } else { (&"", words.as_slice()) };
    if netid && protocol(family).is_none() {
        return Ok(None);
    }
    let [state, _received, _sent, local, _peer, rest @ ..] = rest else { return Err(()) };
    let state = State::parse(state).ok_or(())?;
    // Without the column, only TCP has these states, and what is unconnected may be raw.
    let family = match protocol(family) {
        Some(family) => family,
        None if state == State::Unconnected => return Ok(None),
        None => "tcp",
    };
    let users = rest.iter().find_map(|word| word.strip_prefix("users:((\""));
    let process = users.and_then(|users| {
        let (name, rest) = users.split_once('"')?;
        let pid = rest.strip_prefix(",pid=").or_else(|| rest.strip_prefix(','));
        let pid = pid.and_then(|pid| pid.split([',', ')']).next()?.parse().ok());
        Some((cut(name).to_owned(), pid))
    });
    Ok(Some(Row { protocol: family, state, local, process }))
}

fn of_netstat(text: &str) -> Result<Option<Row<'_>>, ()> {
    let words: Vec<&str> = text.split_whitespace().take(64).collect();
    let [family, _received, _sent, local, _peer, rest @ ..] = words.as_slice() else { return Err(()) };
    let Some(family) = protocol(family) else { return Ok(None) };
    let state = match rest.first().and_then(|state| State::parse(state)) {
        Some(state) => state,
        None if family == "udp" => State::Unconnected,
        None => return Err(()),
    };
    let process = rest.iter().find_map(|word| {
        let (pid, name) = word.split_once('/')?;
        Some((cut(name.trim_end_matches(':')).to_owned(), Some(pid.parse().ok()?)))
    });
    Ok(Some(Row { protocol: family, state, local, process }))
}

/// Address and port; `None` for a port with a name.
fn address(local: &str) -> Option<(String, u16)> {
    let (address, port) = local.rsplit_once(':')?;
    let address = address.split('%').next()?.trim_start_matches('[').trim_end_matches(']');
    let address = if address.is_empty() { "*" } else { address };
    Some((cut(address).to_owned(), port.parse().ok()?))
}

fn read(document: &Document<'_>) -> Reading {
    let mut counts = Counts::default();
    let mut gather = Gather::new(document);
    let mut listening: Vec<Draft<'_>> = Vec::new();
    let mut table: Option<(Table, Line<'_>)> = None;
    let mut nameless = true;
    for line in lines(document.bytes) {
        if let Some(found) = heading(&line.text) {
            table = Some((found, line));
            continue;
        }
        // netstat's second table is of UNIX sockets.
        if line.text.starts_with("Active UNIX domain sockets") {
            break;
        }
        let Some((current, _)) = &table else { continue };
        if line.text.trim().is_empty() || line.text.starts_with(['\t', ' ']) || is_trouble(&line.text) {
            continue;
        }
        let row = match current {
            Table::Ss { netid } => of_ss(&line.text, *netid),
            Table::Netstat => of_netstat(&line.text),
        };
        match row {
            Ok(None) => {}
            Ok(Some(row)) => {
                counts.count(&row);
                if matches!(row.state, State::Listen | State::Unconnected) {
                    nameless &= row.process.is_none();
                    match listener(document, &row, &line) {
                        Some(draft) if listening.len() < LISTENERS => listening.push(draft),
                        _ => counts.unread += 1,
                    }
                }
            }
            Err(()) => super::unreadable(&mut gather, &line, "socket"),
        }
    }
    let Some((_, heading)) = table else { return conclude(gather, &[], "table of sockets") };
    for mut draft in listening {
        if nameless {
            draft.know_only(["protocol", "address", "port"]);
        }
        gather.add(draft);
    }
    // `ss -tn` does not show what listens, `ss -tln` nothing else: what was asked for is seen in what there is.
    if counts.listening > 0 && counts.unread == 0 {
        gather.list(SOCKET.kind, true);
    }
    if counts.listening > 0 && counts.connections() > 0 {
        gather.add(counts.draft(document, &heading));
        gather.list(SOCKETS.kind, true);
    }
    gather.finish()
}

fn listener<'p>(document: &Document<'p>, row: &Row<'_>, line: &Line<'_>) -> Option<Draft<'p>> {
    let (address, port) = address(row.local)?;
    let name = format!("{}/{address}/{port}", row.protocol);
    let mut draft = Draft::new(document, SOCKET.kind, name, line);
    draft.put("protocol", row.protocol);
    draft.put("address", address);
    draft.put("port", port);
    if let Some((process, pid)) = &row.process {
        draft.put("process", process.as_str());
        pid.iter().for_each(|pid| draft.put("pid", *pid));
    }
    Some(draft)
}

/// Sockets of TCP by state.
#[derive(Default)]
struct Counts {
    listening: u64,
    /// Listening sockets whose port could not be read.
    unread: u64,
    established: u64,
    time_wait: u64,
    close_wait: u64,
    syn_sent: u64,
    syn_received: u64,
    closing: u64,
}

impl Counts {
    fn count(&mut self, row: &Row<'_>) {
        if row.protocol != "tcp" {
            return;
        }
        match row.state {
            State::Listen => self.listening += 1,
            State::Unconnected => {}
            State::Established => self.established += 1,
            State::TimeWait => self.time_wait += 1,
            State::CloseWait => self.close_wait += 1,
            State::SynSent => self.syn_sent += 1,
            State::SynReceived => self.syn_received += 1,
            State::Closing => self.closing += 1,
        }
    }

    fn connections(&self) -> u64 {
        self.established + self.time_wait + self.close_wait + self.syn_sent + self.syn_received + self.closing
    }

    fn draft<'p>(&self, document: &Document<'p>, line: &Line<'_>) -> Draft<'p> {
        let mut draft = only(document, SOCKETS.kind, line);
        draft.put("established", self.established);
        draft.put("timeWait", self.time_wait);
        draft.put("closeWait", self.close_wait);
        draft.put("synSent", self.syn_sent);
        draft.put("synReceived", self.syn_received);
        draft.put("closing", self.closing);
        draft
    }
}

#[cfg(test)]
mod tests {
    use super::super::host::tests::{check, check_foreign};
    use super::*;

    fn socket(protocol: &str, address: &str, port: u16, rest: &str) -> String {
        format!(
            r#"HostSocket {protocol}/{address}/{port} {{"protocol":"{protocol}","address":"{address}","port":{port}{rest}"#
        )
    }

    #[test]
    fn ss_with_all_families() {
        let text = "RTNETLINK answers: Invalid argument\nNetid State     Recv-Q Send-Q   Local Address:Port     Peer Address:PortProcess\nnl    UNCONN    0      0                  0:0                 *\nudp   UNCONN    0      0        127.0.0.53%lo:53            0.0.0.0:*     users:((\"systemd-resolve\",pid=232732,fd=13))\ntcp   LISTEN    0      4096                  *:10250              *:*     users:((\"kubelet\",pid=8869,fd=14),(\"b\",pid=1,fd=2))\ntcp   ESTAB     0      0          10.0.0.5:22          10.0.0.1:50000\n\t cubic cwnd:10\ntcp   TIME-WAIT 0      0          10.0.0.5:2379        10.0.0.1:50001\nu_str LISTEN    0      4096   /run/systemd/private 1133199             * 0\n";
        check(
            &READER,
            "n/networking/ssanp",
            text,
            &[
                &socket("udp", "127.0.0.53", 53, r#","process":"systemd-resolve","pid":232732}"#),
                &socket("tcp", "*", 10250, r#","process":"kubelet","pid":8869}"#),
                r#"HostSockets - {"established":1,"timeWait":1,"closeWait":0,"synSent":0,"synReceived":0,"closing":0}"#,
                "lists HostSocket",
                "lists HostSockets",
            ],
        );
    }

    #[test]
    fn ss_with_one_family_and_no_right_to_see_processes() {
        let text = "State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process\nLISTEN 0      128             [::]:22            [::]:*\n";
        check(
            &READER,
            "pasted",
            text,
            &[&socket("tcp", "::", 22, "} of address,port,protocol"), "lists HostSocket"],
        );
    }

    #[test]
    fn netstat_leaves_the_state_of_udp_empty() {
        let text = "Active Internet connections (servers and established)\nProto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name    \ntcp        0      0 127.0.0.1:2379          0.0.0.0:*               LISTEN      13/etcd36           \ntcp6       0      0 :::80                   :::*                    LISTEN      77/nginx: master \ntcp        0      0 10.0.0.5:22             10.0.0.1:50000          CLOSE_WAIT  -                   \nudp        0      0 0.0.0.0:8472            0.0.0.0:*                           -                   \nActive UNIX domain sockets (servers and established)\nProto RefCnt Flags       Type       State         I-Node   Path\nunix  2      [ ACC ]     STREAM     LISTENING     1        /run/x\n";
        check(
            &READER,
            "pasted",
            text,
            &[
                &socket("tcp", "127.0.0.1", 2379, r#","process":"etcd36","pid":13}"#),
                &socket("tcp", "::", 80, r#","process":"nginx","pid":77}"#),
                &socket("udp", "0.0.0.0", 8472, "}"),
                r#"HostSockets - {"established":0,"timeWait":0,"closeWait":1,"synSent":0,"synReceived":0,"closing":0}"#,
                "lists HostSocket",
                "lists HostSockets",
            ],
        );
    }

    #[test]
    fn what_was_not_asked_for_is_not_listed() {
        let heading = "State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n";
        check(&READER, "pasted", &format!("{heading}ESTAB 0 0 10.0.0.5:22 10.0.0.1:50000\n"), &[]);
        let named = format!("{heading}LISTEN 0 128 0.0.0.0:ssh 0.0.0.0:*\n");
        check(&READER, "pasted", &named, &[]);
        check(&READER, "n/networking/ssanp", "", &[]);
        check(
            &READER,
            "n/networking/ssanp",
            "bash: ss: command not found\n",
            &["failed: bash: ss: command not found"],
        );
        assert!(!(READER.sniff)("n/networking/ss4apn", heading.as_bytes()));
        check_foreign(&READER, &["State: x\n", "Proto Recv-Q\n"]);
    }
}
