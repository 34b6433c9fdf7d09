//! `dpkg -l` and `rpm -qa` → `HostPackage`.
//!
//! dpkg `querycmd.c` (`ii  name  version  architecture  description`; the first letter is what is wanted, the second what is); rpm
//! prints `name-version-release.architecture`, and sosreport and insights add columns behind a tab or blanks.

use super::Reader;
use super::host::{Places, begins, command, conclude, first_lines, is_trouble};
use crate::object::derived::{Derived, Expected};
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, cut, lines};
use crate::object::{Document, Reading};

/// A package.
pub const PACKAGE: Derived = Derived {
    kind: "HostPackage",
    what: "one package of the operating system, named `<name>` (dpkg) or `<name>-<version>.<architecture>` (rpm)",
    expected: Expected::EveryNode,
    bulk: true,
    fields: &[
        ("name", "without version and architecture"),
        ("version", "with epoch and release, as the tool prints it"),
        ("architecture", "`amd64`, `x86_64`, `noarch`, …"),
        ("installed", "false of packages of which only the configuration is left"),
    ],
};

/// The reader.
pub const READER: Reader = Reader { name: "packages", derives: &[&PACKAGE], sniff, read };

const PLACES: Places = Places {
    files: &["systeminfo/packages-dpkg", "systeminfo/packages-rpm", "installed-rpms", "installed-debs"],
    commands: &["dpkg", "rpm"],
};

fn sniff(path: &str, head: &[u8]) -> bool {
    let mut said = first_lines(head).take(3).peekable();
    // `rpm -V` lists files that were changed.
    let lists = command(path).is_none_or(|command| command.contains(" -qa") || command.contains(" -l"));
    (PLACES.hold(path) && lists)
        || begins(head, |text| text.starts_with("Desired=Unknown/Install/Remove"))
        || (said.peek().is_some() && said.all(|line| rpm(&line.text).is_some()))
}

/// Name, version, architecture, whether it is installed, and the name of the object.
type Package<'t> = (&'t str, &'t str, &'t str, bool, &'t str);

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let mut any = false;
    for line in lines(document.bytes) {
        let Some(package) = dpkg(&line.text).or_else(|| rpm(&line.text)) else {
            if any && !line.text.trim().is_empty() && !is_trouble(&line.text) && !is_key(&line.text) {
                super::unreadable(&mut gather, &line, "package");
            }
            continue;
        };
        any = true;
        gather.add(draft(document, &line, package));
    }
    conclude(gather, if any { &[PACKAGE.kind] } else { &[] }, "list of packages")
}

fn draft<'p>(document: &Document<'p>, line: &Line<'_>, package: Package<'_>) -> Draft<'p> {
    let (name, version, architecture, installed, full) = package;
    let mut draft = Draft::new(document, PACKAGE.kind, cut(full), line);
    draft.put("name", cut(name));
    draft.put("version", cut(version));
    draft.put("architecture", cut(architecture));
    draft.put("installed", installed);
    draft
}

/// `ii  libc6:amd64   2.36-9   amd64   GNU C Library`.
fn dpkg(text: &str) -> Option<Package<'_>> {
    let mut words = text.split_whitespace();
    let (state, full, version, architecture) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let mut letters = state.chars();
    let (wanted, is, error) = (letters.next()?, letters.next()?, letters.next());
    let fits = "uihrp".contains(wanted)
        && "nicUHFWt".contains(is)
        && error.is_none_or(|error| error == 'R')
        && letters.next().is_none();
    // `t` and `W` wait for triggers and are there all the same.
    let installed = matches!(is, 'i' | 't' | 'W');
    fits.then(|| (full.split(':').next().unwrap_or(full), version, architecture, installed, full))
}

/// `openssl-3.0.7-27.el9.x86_64`.
fn rpm(text: &str) -> Option<Package<'_>> {
    const ARCHITECTURES: [&str; 8] =
        ["x86_64", "noarch", "aarch64", "i686", "i586", "s390x", "ppc64le", "armv7hl"];
    let full = text.split_whitespace().next()?;
    let (rest, architecture) = full.rsplit_once('.')?;
    if !ARCHITECTURES.contains(&architecture) {
        return None;
    }
    let (above, _release) = rest.rsplit_once('-')?;
    let (name, _version) = above.rsplit_once('-')?;
    let version = rest.get(name.len() + 1..)?;
    (!name.is_empty()).then_some((name, version, architecture, true, full))
}

/// A key that rpm keeps as a package, and has no architecture.
fn is_key(text: &str) -> bool {
    text.starts_with("gpg-pubkey-")
}

#[cfg(test)]
mod tests {
    use super::super::host::tests::{check, check_foreign};
    use super::*;

    #[test]
    fn dpkg_says_what_is_and_what_is_left() {
        let text = "Desired=Unknown/Install/Remove/Purge/Hold\n| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend\n|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)\n||/ Name   Version  Architecture Description\n+++-======-========-============-===========\nii  libc6:amd64  2.36-9+deb12u4  amd64  GNU C Library: Shared libraries\nrc  linux-image-5  5.1-2  amd64\nhi  docker-ce  5:24.0.7-1  amd64  x\n";
        check(
            &READER,
            "pasted",
            text,
            &[
                r#"HostPackage libc6:amd64 {"name":"libc6","version":"2.36-9+deb12u4","architecture":"amd64","installed":true}"#,
                r#"HostPackage linux-image-5 {"name":"linux-image-5","version":"5.1-2","architecture":"amd64","installed":false}"#,
                r#"HostPackage docker-ce {"name":"docker-ce","version":"5:24.0.7-1","architecture":"amd64","installed":true}"#,
                "lists HostPackage",
            ],
        );
    }

    #[test]
    fn rpm_joins_everything_with_dashes() {
        let text = "container-selinux-2.229.0-1.el9.noarch\tTue Jun 19 15:56:42 2026\ngpg-pubkey-fd431d51-4ae0493b\nkernel-core-5.14.0-427.el9.x86_64\n";
        check(
            &READER,
            "n/systeminfo/packages-rpm",
            text,
            &[
                r#"HostPackage container-selinux-2.229.0-1.el9.noarch {"name":"container-selinux","version":"2.229.0-1.el9","architecture":"noarch","installed":true}"#,
                r#"HostPackage kernel-core-5.14.0-427.el9.x86_64 {"name":"kernel-core","version":"5.14.0-427.el9","architecture":"x86_64","installed":true}"#,
                "lists HostPackage",
            ],
        );
    }

    #[test]
    fn nothing_is_no_package() {
        check(&READER, "n/systeminfo/packages-rpm", "", &[]);
        let said = "error: rpmdb open failed";
        check(&READER, "n/systeminfo/packages-rpm", &format!("{said}\n"), &[&format!("failed: {said}")]);
        check_foreign(&READER, &["a-b.x86_64\n", "ii is no package\n", ""]);
    }
}
