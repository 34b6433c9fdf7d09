//! `uptime`, the first line of `w`, `/proc/uptime` and `/proc/loadavg` → `HostUptime`, `HostLoad`.
//!
//! procps `whattime.c`, busybox `uptime.c`. Some locales write the load with a decimal comma.

use super::Reader;
use super::host::{Places, conclude, first_lines, only};
use crate::object::derived::{Derived, Expected};
use crate::object::gather::Gather;
use crate::object::line::Line;
use crate::object::{Document, Reading};

/// Since when the machine runs.
pub const UPTIME: Derived = Derived {
    kind: "HostUptime",
    what: "how long a machine has been running, named by its file",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[
        ("upSeconds", "seconds since the boot, to the minute"),
        ("users", "logins; absent where they are not shown"),
    ],
};

/// How many processes run or wait.
pub const LOAD: Derived = Derived {
    kind: "HostLoad",
    what: "a machine's load average, named by its file",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[
        ("load1", "processes that run or wait, mean of 1 minute"),
        ("load5", "mean of 5 minutes"),
        ("load15", "mean of 15 minutes"),
    ],
};

/// The reader.
pub const READER: Reader = Reader { name: "uptime", derives: &[&UPTIME, &LOAD], sniff, read };

const PLACES: Places =
    Places { files: &["systeminfo/uptime", "proc/uptime", "proc/loadavg"], commands: &["uptime", "w"] };

fn sniff(path: &str, head: &[u8]) -> bool {
    let mut said = first_lines(head);
    PLACES.hold(path)
        || (said.next().is_some_and(|line| parse(&line.text).is_some())
            // `uptime` says no more; `w` goes on with its table.
            && said.next().is_none_or(|line| line.text.starts_with("USER ")))
}

/// What one line says.
struct Uptime {
    seconds: Option<u64>,
    users: Option<u64>,
    load: Option<[f64; 3]>,
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let first = first_lines(document.bytes).next();
    let said = first.as_ref().and_then(|line| parse(&line.text).or_else(|| parse_proc(document.path, line)));
    let mut shown = Vec::new();
    if let (Some(line), Some(uptime)) = (first, said) {
        if let Some(seconds) = uptime.seconds {
            let mut draft = only(document, UPTIME.kind, &line);
            draft.put("upSeconds", seconds);
            match uptime.users {
                Some(users) => draft.put("users", users),
                None => draft.know_only(["upSeconds"]),
            }
            gather.add(draft);
            shown.push(UPTIME.kind);
        }
        if let Some([one, five, fifteen]) = uptime.load {
            let mut draft = only(document, LOAD.kind, &line);
            draft.put("load1", one);
            draft.put("load5", five);
            draft.put("load15", fifteen);
            gather.add(draft);
            shown.push(LOAD.kind);
        }
    }
    conclude(gather, &shown, "uptime")
}

/// ` 02:53:22 up 3 days,  4:05,  1 user,  load average: 0.10, 0.20, 0.30`.
fn parse(text: &str) -> Option<Uptime> {
    let (clock, rest) = text.trim().split_once(" up ")?;
    let is_clock =
        clock.len() <= 11 && clock.starts_with(|c: char| c.is_ascii_digit()) && clock.contains(':');
    let (up, load) = rest.split_once("load average: ").or_else(|| rest.split_once("load averages: "))?;
    if !is_clock {
        return None;
    }
    let (mut seconds, mut users) = (0_u64, None);
    for part in up.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let words: Vec<&str> = part.split_whitespace().collect();
        match words.as_slice() {
            [days, "day" | "days"] => {
                seconds = seconds.checked_add(days.parse::<u64>().ok()?.checked_mul(86_400)?)?
            }
            [minutes, "min"] => {
                seconds = seconds.checked_add(minutes.parse::<u64>().ok()?.checked_mul(60)?)?
            }
            [count, "user" | "users"] => users = Some(count.parse().ok()?),
            [clock] => {
                let (hours, minutes) = clock.split_once(':')?;
                let (hours, minutes): (u64, u64) = (hours.parse().ok()?, minutes.parse().ok()?);
                seconds =
                    seconds.checked_add(hours.checked_mul(3600)?)?.checked_add(minutes.checked_mul(60)?)?;
            }
            _ => return None,
        }
    }
    Some(Uptime { seconds: Some(seconds), users, load: Some(loads(load.split(", "))?) })
}

/// The two files of /proc: `1240412.52 2310000.12` and `0.95 0.91 0.94 1/198 12345`.
fn parse_proc(path: &str, line: &Line<'_>) -> Option<Uptime> {
    let words: Vec<&str> = line.text.split_whitespace().collect();
    match words.as_slice() {
        [up, _idle] if path.ends_with("uptime") => {
            let up: f64 = up.parse().ok()?;
            let seconds = (0.0..1e12).contains(&up).then_some(up as u64)?;
            Some(Uptime { seconds: Some(seconds), users: None, load: None })
        }
        [one, five, fifteen, processes, _last] if processes.contains('/') => {
            let load = loads([*one, *five, *fifteen].into_iter())?;
            Some(Uptime { seconds: None, users: None, load: Some(load) })
        }
        _ => None,
    }
}

fn loads<'t>(mut parts: impl Iterator<Item = &'t str>) -> Option<[f64; 3]> {
    let mut load = || {
        let value: f64 = parts.next()?.trim().replace(',', ".").parse().ok()?;
        (0.0..1e9).contains(&value).then_some(value)
    };
    Some([load()?, load()?, load()?])
}

#[cfg(test)]
mod tests {
    use super::super::host::tests::{check, check_foreign};
    use super::*;

    fn check_line(text: &str, seconds: u64, users: Option<u64>, load: &str) {
        let up = match users {
            Some(users) => format!("HostUptime - {{\"upSeconds\":{seconds},\"users\":{users}}}"),
            None => format!("HostUptime - {{\"upSeconds\":{seconds}}} of upSeconds"),
        };
        let load = format!("HostLoad - {load}");
        check(&READER, "pasted", text, &[&up, &load, "lists HostLoad", "lists HostUptime"]);
    }

    #[test]
    fn every_form_of_uptime_is_read() {
        let load = r#"{"load1":0.1,"load5":0.2,"load15":10.3}"#;
        for (up, seconds, users) in [
            ("3 days,  4:05,  1 user,", 273_900, Some(1)),
            ("1 day, 5 min,  0 users,", 86_700, Some(0)),
            ("20 min,  2 users,", 1200, Some(2)),
            (" 1:12,", 4320, None),
        ] {
            check_line(
                &format!(" 02:53:22 up {up}  load average: 0.10, 0.20, 10.30\n"),
                seconds,
                users,
                load,
            );
        }
        check_line(" 02:53:22 up 20 min,  2 users,  load average: 0,10, 0,20, 10,30\n", 1200, Some(2), load);
    }

    #[test]
    fn the_files_of_proc_say_half_each() {
        check(
            &READER,
            "n/proc/uptime",
            "1240412.52 2310000.12\n",
            &["HostUptime - {\"upSeconds\":1240412} of upSeconds", "lists HostUptime"],
        );
        check(
            &READER,
            "n/proc/loadavg",
            "0.95 0.91 0.94 1/198 12345\n",
            &[r#"HostLoad - {"load1":0.95,"load5":0.91,"load15":0.94}"#, "lists HostLoad"],
        );
    }

    #[test]
    fn what_is_no_uptime_is_refused() {
        let path = "n/systeminfo/uptime";
        check(&READER, path, "", &[]);
        check(&READER, path, "sh: 1: uptime: not found\n", &["failed: sh: 1: uptime: not found"]);
        check(
            &READER,
            path,
            " 02:53:22 up 3 Tage,  1 Benutzer,  load average: 0,10, 0,20, 0,30\n",
            &["line 1"],
        );
        check_foreign(
            &READER,
            &[
                "02:53:22 came up late\n",
                "top - 03:41:50 up  1:12,  0 user,  load average: 1.10, 1.45, 1.05\n",
            ],
        );
    }
}
