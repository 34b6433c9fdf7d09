//! What the readers of a machine's own words share: whose file it is, sizes, errors in place of output.
//!
//! A document is known by its name or by its beginning. The Rancher collector has names of its own (`systeminfo/dfh`),
//! sosreport and insights write the command with underscores (`sos_commands/filesys/df_-al`; sos, `_mangle_command`), a
//! section of a supportconfig ends in the command itself (`fs-diskio.txt/bin/df -h`), and copied files keep their place
//! (`proc/meminfo`).
//!
//! A kind holds what every document shows that lists it: a rule that asks for what one of two documents cannot show
//! would never know.

use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, cut, lines};
use crate::object::{Document, Reading, preamble};

/// More addresses, options or names than this in one object are hostile input; the rest is left out.
pub const ITEMS: usize = 1024;

/// Where the documents of one format lie.
pub struct Places {
    /// Ends of paths, in whole components (`systeminfo/dfh`, `proc/meminfo`).
    pub files: &'static [&'static str],
    /// Commands by their words, without options (`df`, `ip addr`).
    pub commands: &'static [&'static str],
}

impl Places {
    /// Whether the document at this path is of the format, whatever it holds.
    pub fn hold(&self, path: &str) -> bool {
        self.files.iter().any(|file| ends_in(path, file))
            || command(path).is_some_and(|command| self.commands.iter().any(|known| runs(&command, known)))
    }
}

/// Whether a document is of a format of which commands with other options are not: its name is a collector's own, or
/// it begins as wanted, or the command said nothing but complaints.
pub fn claims(places: &Places, path: &str, head: &[u8], wanted: impl Fn(&str) -> bool) -> bool {
    places.files.iter().any(|file| ends_in(path, file))
        || match first_lines(head).next() {
            Some(line) => wanted(&line.text),
            None => places.hold(path),
        }
}

/// Whether a path ends in these whole components.
pub fn ends_in(path: &str, end: &str) -> bool {
    path.strip_suffix(end).is_some_and(|above| above.is_empty() || above.ends_with(['/', '!']))
}

/// The command whose output lies at this path, if the path says so: `df -al`.
pub fn command(path: &str) -> Option<String> {
    let name = path.rsplit(['/', '!']).next().unwrap_or_default();
    if ["sos_commands/", "insights_commands/"].iter().any(|folder| path.contains(folder)) {
        return Some(name.replace('_', " "));
    }
    let (_, section) = path.rsplit_once(".txt/")?;
    let program = section.split(' ').next().unwrap_or_default();
    let arguments = section.get(program.len()..).unwrap_or_default();
    match program.rsplit_once('/') {
        Some((folder, program)) if folder.ends_with("bin") => Some(format!("{program}{arguments}")),
        Some(_) => None,
        None => Some(section.to_owned()),
    }
}

/// Whether a command begins with these words; its options may stand between them.
fn runs(command: &str, known: &str) -> bool {
    let mut words = command.split_whitespace().filter(|word| !word.starts_with('-'));
    known.split(' ').all(|known| words.next() == Some(known))
}

/// The first lines of a document's head that are neither blank nor written to stderr.
pub fn first_lines(head: &[u8]) -> impl Iterator<Item = Line<'_>> {
    lines(head).filter(|line| !line.text.trim().is_empty() && !is_trouble(&line.text))
}

/// Whether the first line that is no complaint is as wanted.
pub fn begins(head: &[u8], wanted: impl Fn(&str) -> bool) -> bool {
    first_lines(head).next().is_some_and(|line| wanted(&line.text))
}

/// Whether a line is a command's complaint and no output: the shell's, or that of a program which names itself.
pub fn is_trouble(text: &str) -> bool {
    const STARTS: [&str; 10] = [
        "System has not been booted with systemd",
        "Can't operate",
        "RTNETLINK answers",
        "Cannot open netlink socket",
        "Cannot find device",
        "Operation not permitted",
        "Running in chroot",
        "netlink error",
        "Fatal: ",
        "(Not all processes could be identified",
    ];
    let text = text.trim_start();
    preamble::is_noise(text)
        || preamble::is_error(text)
        || STARTS.iter().any(|start| text.starts_with(start))
        || text.split_once(": ").is_some_and(|(program, _)| is_program(program))
}

/// Whether this stands before the colon of a complaint: `df`, `sh`, `/usr/sbin/ss`.
fn is_program(text: &str) -> bool {
    let first = text.starts_with(|c: char| c.is_ascii_lowercase() || c == '/' || c == '-');
    first && text.len() < 64 && text.chars().all(|c| c.is_ascii_alphanumeric() || "/._+-".contains(c))
}

/// The one object of a document, named by its file and shown by this line.
pub fn only<'p>(document: &Document<'p>, kind: &str, line: &Line<'_>) -> Draft<'p> {
    Draft::new(document, kind, document.path, line)
}

/// Ends a reading. A document that showed something lists these kinds. One that did not is a failed command if its first
/// line complains, and otherwise no `what`; an empty one says nothing.
pub fn conclude(mut gather: Gather<'_, '_>, shown: &[&str], what: &str) -> Reading {
    shown.iter().for_each(|kind| gather.list(kind, true));
    if shown.is_empty() {
        let document = gather.document;
        let mut said = lines(document.bytes).filter(|line| !line.text.trim().is_empty());
        match said.find(|line| !preamble::is_noise(&line.text)) {
            Some(line) if is_trouble(&line.text) => gather.fail(&line),
            Some(line) => super::unreadable(&mut gather, &line, what),
            None => {}
        }
    }
    gather.finish()
}

/// Bytes as df, free and lsblk print them: `1.4Gi`, `512K`, `0B`, `63,9M` are multiples of 1024, rounded; a number
/// without a letter counts in `unit` bytes.
pub fn bytes(text: &str, unit: u64) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').unwrap_or(text.len());
    let (number, letters) = text.split_at_checked(end)?;
    let number: f64 = number.replace(',', ".").parse().ok()?;
    let letters = letters.strip_suffix('B').unwrap_or(letters);
    let letters = letters.strip_suffix('i').unwrap_or(letters);
    let factor = match letters {
        "" if text.ends_with('B') => 1,
        "" => unit,
        "k" | "K" => 1 << 10,
        "M" => 1 << 20,
        "G" => 1 << 30,
        "T" => 1 << 40,
        "P" => 1 << 50,
        "E" => 1 << 60,
        _ => return None,
    };
    let bytes = number * factor as f64;
    (0.0..9e18).contains(&bytes).then_some(bytes.round() as u64)
}

/// `part` in percent of `whole`, to one decimal.
pub fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 1000.0).round() / 10.0)
}

/// The words of a text, each with the byte at which it begins.
pub fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_whitespace().map(move |word| {
        // Between two words there is only white space, so that the next match is the word itself.
        let start = text.get(at..).and_then(|rest| rest.find(word)).map_or(at, |found| at + found);
        at = start + word.len();
        (start, word)
    })
}

/// The text after a label and its colon: `Model name:   AMD EPYC`.
pub fn labelled<'t>(text: &'t str, label: &str) -> Option<&'t str> {
    let rest = text.trim_start().strip_prefix(label)?.trim_start().strip_prefix(':')?;
    Some(cut(rest.trim()))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::object::derived::tests::holds_what_is_declared;
    use crate::object::path::Projection;
    use crate::object::{Known, Reader};

    /// What a reader makes of a document, one line for each object, list, failure and diagnostic.
    pub fn shown(reader: &Reader, path: &str, text: &[u8]) -> String {
        let mut projection = Projection::default();
        reader.derives.iter().for_each(|derived| projection.ask(derived.kind, ""));
        let document = Document { path, bytes: text, captured_at: None, projection: &projection };
        let reading = (reader.read)(&document);
        let mut shown = Vec::new();
        for object in &reading.objects {
            let name = if &*object.name == path { "-" } else { &object.name };
            let known = match &object.known {
                Known::All => String::new(),
                Known::Only(paths) => format!(" of {}", paths.iter().cloned().collect::<Vec<_>>().join(",")),
            };
            shown.push(format!("{} {name} {}{known}", object.kind, object.fields));
            holds_what_is_declared(object);
            let derived = reader.derives.iter().find(|derived| *derived.kind == *object.kind).unwrap();
            for field in object.fields.as_object().unwrap().keys() {
                assert!(derived.fields.iter().any(|(name, _)| name == field), "{field} is not declared");
            }
        }
        shown.extend(reading.lists.iter().map(|list| format!("lists {}", list.kind)));
        shown.extend(reading.failed.iter().map(|(_, text)| format!("failed: {text}")));
        shown.extend(reading.diagnostics.iter().map(|d| format!("line {}", d.line.unwrap_or(0))));
        shown.join("\n")
    }

    /// Checks what a reader makes of a document that it must know; no path means that only the content tells.
    pub fn check(reader: &Reader, path: &str, text: &str, expect: &[&str]) {
        assert!((reader.sniff)(path, preamble::strip(text.as_bytes())), "{path} is not known: {text}");
        assert_eq!(shown(reader, path, text.as_bytes()), expect.join("\n"), "{path}: {text}");
        let windows = text.replace('\n', "\r\n");
        assert_eq!(shown(reader, path, windows.as_bytes()), expect.join("\n"), "{path} with CRLF: {text}");
    }

    /// Checks that a reader leaves these contents to others when the path says nothing.
    pub fn check_foreign(reader: &Reader, texts: &[&str]) {
        for text in texts {
            assert!(!(reader.sniff)("pasted.txt", text.as_bytes()), "{}: {text}", reader.name);
        }
    }

    #[test]
    fn paths_say_which_command_wrote_them() {
        let places = Places { files: &["systeminfo/dfh", "proc/meminfo"], commands: &["df", "ip addr"] };
        for path in [
            "systeminfo/dfh",
            "a.tgz!systeminfo/dfh",
            "n/sos_commands/filesys/df_-al_-x_autofs",
            "insights_commands/ip_-s_addr_show",
            "scc_n/fs-diskio.txt/bin/df -h",
            "scc_n/network.txt/usr/sbin/ip -4 addr show",
            "scc_n/network.txt/ip addr show",
            "scc_n/memory.txt/bin/cat /proc/meminfo",
        ] {
            assert!(places.hold(path), "{path}");
        }
        for path in [
            "systeminfo/dfhx",
            "xsysteminfo/dfh",
            "n/usr/bin/df",
            "n/df_-al",
            "scc_n/network.txt/usr/sbin/ip link show",
            "scc_n/x.txt/etc/df",
        ] {
            assert!(!places.hold(path), "{path}");
        }
    }

    #[test]
    fn sizes_are_multiples_of_1024() {
        for (text, expected) in [
            ("1.5Gi", Some(1_610_612_736)),
            ("63,5M", Some(66_584_576)),
            ("0B", Some(0)),
            ("7", Some(7168)),
            ("512K", Some(524_288)),
            ("-", None),
            ("1.2.3", None),
            ("9999999E", None),
            ("", None),
            ("5 G", None),
        ] {
            assert_eq!(bytes(text, 1024), expected, "{text}");
        }
    }

    #[test]
    fn complaints_are_told_from_output() {
        for text in [
            "df: /mnt/x: Stale file handle",
            "sh: 1: ethtool: not found",
            "/tmp/collector.sh: line 223: lsmod: command not found",
            "dmesg: read kernel buffer failed: Operation not permitted",
            "System has not been booted with systemd as init system (PID 1). Can't operate.",
        ] {
            assert!(is_trouble(text), "{text}");
        }
        for text in ["Mem:  1 2 3", "processor\t: 0", "tmpfs 1 2 3 1% /a: b", "1: lo: <LOOPBACK>"] {
            assert!(!is_trouble(text), "{text}");
        }
    }
}
