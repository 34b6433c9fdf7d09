//! `hostname`, `/etc/hostname` and `hostnamectl` → `HostName`.

use super::Reader;
use super::host::{Places, begins, conclude, labelled, only};
use crate::object::derived::{Derived, Expected};
use crate::object::gather::Gather;
use crate::object::line::lines;
use crate::object::{Document, Reading};

/// What the machine calls itself.
pub const NAME: Derived = Derived {
    kind: "HostName",
    what: "the name that a machine gives itself, named by its file",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[("hostname", "as `hostname` prints it")],
};

/// The reader.
pub const READER: Reader = Reader { name: "hostname", derives: &[&NAME], sniff, read };

const PLACES: Places =
    Places { files: &["systeminfo/hostname", "etc/hostname"], commands: &["hostname", "hostnamectl"] };

/// A name longer than this is none (RFC 1035).
const LONGEST: usize = 253;

fn sniff(path: &str, head: &[u8]) -> bool {
    PLACES.hold(path) || begins(head, |text| labelled(text, "Static hostname").is_some())
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let first =
        lines(document.bytes).find(|line| !line.text.trim().is_empty() && !line.text.starts_with('#'));
    let mut shown: &[&str] = &[];
    if let Some(line) = first {
        let name = labelled(&line.text, "Static hostname").unwrap_or(line.text.trim());
        if is_name(name) {
            let mut draft = only(document, NAME.kind, &line);
            draft.put("hostname", name);
            gather.add(draft);
            shown = &[NAME.kind];
        }
    }
    conclude(gather, shown, "host name")
}

/// Obfuscated bundles and old machines have underscores in their names.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= LONGEST
        // `hostname -I` prints addresses.
        && text.parse::<std::net::IpAddr>().is_err()
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))
}

#[cfg(test)]
mod tests {
    use super::super::host::tests::check;
    use super::*;

    #[test]
    fn the_host_name_is_the_first_line() {
        let named = |name: &str| format!("HostName - {{\"hostname\":\"{name}\"}}");
        let path = "n/systeminfo/hostname";
        check(&READER, path, "srv01\n", &[&named("srv01"), "lists HostName"]);
        check(&READER, path, "", &[]);
        check(&READER, path, "(none)\n", &["line 1"]);
        check(&READER, path, "10.0.0.1\n", &["line 1"]);
        check(
            &READER,
            path,
            "bash: hostname: command not found\n",
            &["failed: bash: hostname: command not found"],
        );
        check(
            &READER,
            "n/etc/hostname",
            "# set by me\nsrv-1.example.org\n",
            &[&named("srv-1.example.org"), "lists HostName"],
        );
        check(
            &READER,
            "pasted",
            " Static hostname: srv02\n       Icon name: computer-vm\n",
            &[&named("srv02"), "lists HostName"],
        );
    }
}
