//! `systemctl list-units` → `HostUnit`; `systemctl list-unit-files` → `HostUnitFile`.
//!
//! systemd `systemctl-list-units.c`: a mark before units in trouble (`●`, `*`, `×`, `○`), no spaces in names, a JOB column
//! only while jobs run, and a legend below the table. Shown without `--full`, long names are cut in their middle (`…`).

use super::Reader;
use super::host::{Places, claims, conclude, is_trouble};
use crate::object::derived::{Derived, Expected};
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, cut, lines};
use crate::object::{Document, Reading};

/// One unit of systemd.
pub const UNIT: Derived = Derived {
    kind: "HostUnit",
    what: "one unit of systemd that is loaded, named after it",
    expected: Expected::EveryNode,
    bulk: true,
    fields: &[
        ("name", "with its type: `kubelet.service`"),
        ("load", "`loaded`, `not-found`, `masked`, `error`, …"),
        ("active", "`active`, `inactive`, `failed`, `activating`, …"),
        ("sub", "`running`, `exited`, `dead`, `auto-restart`, …"),
        ("description", "text; empty if there is none"),
    ],
};

/// One file of a unit.
pub const UNIT_FILE: Derived = Derived {
    kind: "HostUnitFile",
    what: "one installed unit file of systemd, named after the unit",
    expected: Expected::EveryNode,
    bulk: true,
    fields: &[
        ("name", "with its type: `firewalld.service`"),
        ("state", "`enabled`, `disabled`, `static`, `masked`, `generated`, …"),
    ],
};

/// The reader.
pub const READER: Reader = Reader { name: "systemctl", derives: &[&UNIT, &UNIT_FILE], sniff, read };

const PLACES: Places = Places {
    files: &["systeminfo/systemd-units", "systeminfo/systemd-unit-files"],
    commands: &["systemctl list-units", "systemctl list-unit-files"],
};

fn sniff(path: &str, head: &[u8]) -> bool {
    claims(&PLACES, path, head, |text| heading(text).is_some())
}

/// Which table follows.
#[derive(Clone, Copy)]
enum Table {
    /// Units, perhaps with a JOB column.
    Units {
        jobs: bool,
    },
    Files,
}

fn heading(text: &str) -> Option<Table> {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        ["UNIT", "LOAD", "ACTIVE", "SUB", "DESCRIPTION"] => Some(Table::Units { jobs: false }),
        ["UNIT", "LOAD", "ACTIVE", "SUB", "JOB", "DESCRIPTION"] => Some(Table::Units { jobs: true }),
        ["UNIT", "FILE", "STATE", ..] if words.len() < 6 => Some(Table::Files),
        _ => None,
    }
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let (mut table, mut known) = (None, false);
    let mut shown = Vec::new();
    for line in lines(document.bytes) {
        let text = line.text.trim();
        if let Some(found) = heading(text) {
            table = Some(found);
            known = true;
            if matches!(found, Table::Files) && !shown.contains(&UNIT_FILE.kind) {
                shown.push(UNIT_FILE.kind);
            }
            continue;
        }
        let Some(current) = table else { continue };
        if text.is_empty() {
            // The legend follows.
            table = None;
            continue;
        }
        let draft = match current {
            Table::Units { jobs } => unit(document, &line, jobs),
            Table::Files => unit_file(document, &line),
        };
        match draft {
            Some(draft) => {
                // A table of failed units only (`--failed`) does not list the units.
                let failed = draft.fields.get("active").is_some_and(|active| active == "failed");
                if draft.kind == UNIT.kind && !failed && !shown.contains(&UNIT.kind) {
                    shown.push(UNIT.kind);
                }
                gather.add(draft);
            }
            None if is_trouble(text) => {}
            None => super::unreadable(&mut gather, &line, "unit"),
        }
    }
    if known && shown.is_empty() { gather.finish() } else { conclude(gather, &shown, "table of units") }
}

/// Whether this is a unit's name: it ends in its type.
fn is_unit(name: &str) -> bool {
    const TYPES: [&str; 11] = [
        ".service",
        ".mount",
        ".device",
        ".socket",
        ".target",
        ".timer",
        ".path",
        ".slice",
        ".scope",
        ".automount",
        ".swap",
    ];
    TYPES.iter().any(|kind| name.ends_with(kind))
}

fn unit<'p>(document: &Document<'p>, line: &Line<'_>, jobs: bool) -> Option<Draft<'p>> {
    const JOBS: [&str; 6] = ["start", "stop", "restart", "reload", "verify-active", "nop"];
    let marked = line.text.trim_start();
    let text = match marked.chars().next()? {
        mark @ ('●' | '*' | '×' | '○' | '↻' | '\u{fffd}') => marked.trim_start_matches(mark),
        _ => marked,
    };
    let words: Vec<(usize, &str)> = super::host::words(text).take(6).collect();
    let [(_, name), (_, load), (_, active), (at, sub), rest @ ..] = words.as_slice() else { return None };
    // The states are words of English in lower case; anything else is a row of another table.
    let is_state = |word: &str| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    if !is_unit(name) || ![load, active, sub].iter().all(|word| is_state(word)) {
        return None;
    }
    let described = text.get(at + sub.len()..).unwrap_or_default().trim();
    let described = match rest.first() {
        Some((_, job)) if jobs && JOBS.contains(job) => {
            described.strip_prefix(job).unwrap_or(described).trim()
        }
        _ => described,
    };
    let mut draft = Draft::new(document, UNIT.kind, cut(name), line);
    draft.put("name", cut(name));
    draft.put("load", cut(load));
    draft.put("active", cut(active));
    draft.put("sub", cut(sub));
    draft.put("description", cut(described));
    Some(draft)
}

fn unit_file<'p>(document: &Document<'p>, line: &Line<'_>) -> Option<Draft<'p>> {
    let mut words = line.text.split_whitespace();
    let (name, state) = (words.next()?, words.next()?);
    if !is_unit(name) || words.nth(1).is_some() {
        return None;
    }
    let mut draft = Draft::new(document, UNIT_FILE.kind, cut(name), line);
    draft.put("name", cut(name));
    draft.put("state", cut(state));
    Some(draft)
}

#[cfg(test)]
mod tests {
    use super::super::host::tests::{check, check_foreign};
    use super::*;

    fn row(name: &str, load: &str, active: &str, sub: &str, description: &str) -> String {
        format!(
            r#"HostUnit {name} {{"name":"{name}","load":"{load}","active":"{active}","sub":"{sub}","description":"{description}"}}"#
        )
    }

    #[test]
    fn marks_and_legends_are_no_units() {
        let text = "  UNIT                LOAD      ACTIVE   SUB     DESCRIPTION\n  rke2-server.service loaded    active   running Rancher Kubernetes Engine v2 (server)\n● multipathd.service  loaded    failed   failed  Device-Mapper Größe\n* ntp.service         not-found inactive dead    ntp.service\n  -.mount             loaded    active   mounted\n\nLOAD   = Reflects whether the unit definition was properly loaded.\n4 loaded units listed.\nTo show all installed unit files use 'systemctl list-unit-files'.\n";
        check(
            &READER,
            "pasted",
            text,
            &[
                &row(
                    "rke2-server.service",
                    "loaded",
                    "active",
                    "running",
                    "Rancher Kubernetes Engine v2 (server)",
                ),
                &row("multipathd.service", "loaded", "failed", "failed", "Device-Mapper Größe"),
                &row("ntp.service", "not-found", "inactive", "dead", "ntp.service"),
                &row("-.mount", "loaded", "active", "mounted", ""),
                "lists HostUnit",
            ],
        );
    }

    #[test]
    fn a_running_job_has_its_own_column() {
        let text = "UNIT        LOAD   ACTIVE     SUB   JOB   DESCRIPTION\nk3s.service loaded activating start start Lightweight Kubernetes\na.service   loaded active     exited      starts a\n";
        check(
            &READER,
            "pasted",
            text,
            &[
                &row("k3s.service", "loaded", "activating", "start", "Lightweight Kubernetes"),
                &row("a.service", "loaded", "active", "exited", "starts a"),
                "lists HostUnit",
            ],
        );
    }

    #[test]
    fn failed_units_alone_are_no_list() {
        let text = "  UNIT               LOAD   ACTIVE SUB    DESCRIPTION\n● multipathd.service loaded failed failed x\n";
        check(
            &READER,
            "sos_commands/systemd/systemctl_list-units_--failed",
            text,
            &[&row("multipathd.service", "loaded", "failed", "failed", "x")],
        );
    }

    #[test]
    fn files_have_a_state() {
        let text = "UNIT FILE                 STATE           VENDOR PRESET\nfirewalld.service         enabled         enabled\n-.mount                   generated       -\nold.service               masked\n\n3 unit files listed.\n";
        let file =
            |name: &str, state: &str| format!(r#"HostUnitFile {name} {{"name":"{name}","state":"{state}"}}"#);
        check(
            &READER,
            "n/systeminfo/systemd-unit-files",
            text,
            &[
                &file("firewalld.service", "enabled"),
                &file("-.mount", "generated"),
                &file("old.service", "masked"),
                "lists HostUnitFile",
            ],
        );
    }

    #[test]
    fn a_machine_without_systemd_says_so() {
        let said = "System has not been booted with systemd as init system (PID 1). Can't operate.";
        check(&READER, "n/systeminfo/systemd-units", &format!("{said}\n"), &[&format!("failed: {said}")]);
        check(&READER, "n/systeminfo/systemd-units", "", &[]);
        check_foreign(&READER, &["UNIT LOAD\n", "UNIT FILE\n"]);
    }
}
