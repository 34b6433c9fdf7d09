//! `free` and `/proc/meminfo` → `HostMemory`.
//!
//! procps `free.c`: with `-h` each number has its unit, without it the option of the command says which (KiB by default).
//! A loose file does not tell the option, so that only the ratio is known. Before procps 3.3.10 there is no `available`
//! column and a line `-/+ buffers/cache:` instead; busybox prints both ways too.

use std::collections::BTreeMap;

use super::Reader;
use super::host::{Places, begins, bytes, command, conclude, labelled, only, percent};
use crate::object::derived::{Derived, Expected};
use crate::object::gather::Gather;
use crate::object::line::{Line, lines};
use crate::object::{Document, Reading};

/// The machine's memory.
pub const MEMORY: Derived = Derived {
    kind: "HostMemory",
    what: "a machine's memory when it was captured, named by its file",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[
        ("totalBytes", "bytes"),
        ("usedBytes", "bytes in use by processes and the kernel, without caches"),
        ("availableBytes", "bytes that processes could still get; unknown of old machines"),
        ("availablePercent", "of the total, 0 to 100"),
        ("swapTotalBytes", "bytes; 0 without swap"),
        ("swapUsedBytes", "bytes"),
    ],
};

/// The reader.
pub const READER: Reader = Reader { name: "memory", derives: &[&MEMORY], sniff, read };

const PLACES: Places = Places {
    files: &[
        "systeminfo/freem",
        "systeminfo/freeh",
        "systeminfo/memory",
        "systeminfo/meminfo",
        "proc/meminfo",
    ],
    commands: &["free"],
};

fn sniff(path: &str, head: &[u8]) -> bool {
    PLACES.hold(path) || begins(head, |text| is_heading(text) || kilobytes(text, "MemTotal").is_some())
}

fn is_heading(text: &str) -> bool {
    let mut words = text.split_whitespace();
    words.by_ref().take(4).eq(["total", "used", "free", "shared"])
        && words.all(|word| ["buff/cache", "buffers", "cache", "cached", "available"].contains(&word))
}

/// What a document says, in bytes.
#[derive(Default)]
struct Memory {
    total: Option<u64>,
    used: Option<u64>,
    available: Option<u64>,
    swap_total: Option<u64>,
    swap_used: Option<u64>,
    /// Whether the numbers are bytes; if not, only their ratio means something.
    in_bytes: bool,
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let is_free = lines(document.bytes).take(100).any(|line| is_heading(&line.text));
    let said = if is_free { free(document) } else { meminfo(document) };
    let mut shown: &[&str] = &[];
    if let Some((line, memory)) = said {
        let mut draft = only(document, MEMORY.kind, &line);
        let mut known = Vec::new();
        let percent = memory.total.zip(memory.available).and_then(|(total, part)| percent(part, total));
        let mut put = |path: &'static str, value: Option<serde_json::Value>| {
            if let Some(value) = value {
                draft.put(path, value);
                known.push(path);
            }
        };
        let in_bytes = |bytes: Option<u64>| bytes.filter(|_| memory.in_bytes).map(Into::into);
        put("totalBytes", in_bytes(memory.total));
        put("usedBytes", in_bytes(memory.used));
        put("availableBytes", in_bytes(memory.available));
        put("availablePercent", percent.map(Into::into));
        put("swapTotalBytes", in_bytes(memory.swap_total));
        put("swapUsedBytes", in_bytes(memory.swap_used));
        if known.len() < MEMORY.fields.len() {
            draft.know_only(known.iter().copied());
        }
        if !known.is_empty() {
            gather.add(draft);
            shown = &[MEMORY.kind];
        }
    }
    conclude(gather, shown, "table of memory")
}

/// What a number without a letter counts; `None` if the path does not tell.
fn unit(path: &str) -> Option<u64> {
    let command = match path.rsplit('/').next() {
        Some("freem") => return Some(1 << 20),
        Some("free") => "free".to_owned(),
        _ => command(path)?,
    };
    let options: String =
        command.split_whitespace().filter(|word| word.starts_with('-') && !word.starts_with("--")).collect();
    let factor = |letter: char| match letter {
        'b' => Some(1),
        'k' => Some(1 << 10),
        'm' => Some(1 << 20),
        'g' => Some(1 << 30),
        _ => None,
    };
    // A long option (`--si`, `--mega`) is not in any collector that we know.
    (!command.contains("--")).then(|| options.chars().find_map(factor).unwrap_or(1 << 10))
}

fn free<'d>(document: &Document<'d>) -> Option<(Line<'d>, Memory)> {
    let unit = unit(document.path);
    let mut headings: Vec<String> = Vec::new();
    let mut first = None;
    let mut memory = Memory { in_bytes: true, ..Memory::default() };
    for line in lines(document.bytes).take(100) {
        if is_heading(&line.text) {
            headings = line.text.split_whitespace().map(str::to_owned).collect();
            continue;
        }
        let words: Vec<&str> = line.text.split_whitespace().collect();
        let cell = |heading: &str| {
            let column = headings.iter().position(|name| name == heading)?;
            bytes(words.get(column + 1)?, unit.unwrap_or(1))
        };
        match words.as_slice() {
            ["Mem:", total, ..] if first.is_none() => {
                memory.total = cell("total");
                memory.used = cell("used").filter(|_| headings.iter().any(|name| name == "available"));
                memory.available = cell("available");
                memory.in_bytes = unit.is_some() || total.ends_with(|c: char| c.is_ascii_alphabetic());
                first = Some(line.clone());
            }
            ["-/+", "buffers/cache:", used, ..] => memory.used = bytes(used, unit.unwrap_or(1)),
            ["Swap:", ..] => (memory.swap_total, memory.swap_used) = (cell("total"), cell("used")),
            _ => {}
        }
    }
    first.filter(|_| memory.total.is_some()).map(|line| (line, memory))
}

/// The bytes of `MemTotal:  4005816 kB`.
fn kilobytes(text: &str, label: &str) -> Option<u64> {
    labelled(text, label)?.strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
}

fn meminfo<'d>(document: &Document<'d>) -> Option<(Line<'d>, Memory)> {
    const LABELS: [&str; 4] = ["MemTotal", "MemAvailable", "SwapTotal", "SwapFree"];
    let mut found: BTreeMap<&str, u64> = BTreeMap::new();
    let mut first = None;
    for line in lines(document.bytes).take(200) {
        let said = LABELS.iter().find_map(|label| Some((*label, kilobytes(&line.text, label)?)));
        let Some((label, bytes)) = said else { continue };
        found.entry(label).or_insert(bytes);
        first.get_or_insert_with(|| line.clone());
    }
    let of = |label: &str| found.get(label).copied();
    let less = |whole: &str, part: &str| of(whole)?.checked_sub(of(part)?);
    let memory = Memory {
        total: of("MemTotal"),
        used: less("MemTotal", "MemAvailable"),
        available: of("MemAvailable"),
        swap_total: of("SwapTotal"),
        swap_used: less("SwapTotal", "SwapFree"),
        in_bytes: true,
    };
    first.filter(|_| memory.total.is_some()).map(|line| (line, memory))
}

#[cfg(test)]
mod tests {
    use super::super::host::tests::{check, check_foreign};
    use super::*;

    const NEW: &str = "               total        used        free      shared  buff/cache   available\n";

    #[test]
    fn units_come_from_the_number_or_from_the_name() {
        let text = format!(
            "{NEW}Mem:            4000        2778         113           7        1019        1000\nSwap:              0           0           0\n"
        );
        let all = |factor: u64| {
            format!(
                r#"HostMemory - {{"totalBytes":{},"usedBytes":{},"availableBytes":{},"availablePercent":25.0,"swapTotalBytes":0,"swapUsedBytes":0}}"#,
                4000 * factor,
                2778 * factor,
                1000 * factor
            )
        };
        check(&READER, "n/systeminfo/freem", &text, &[&all(1 << 20), "lists HostMemory"]);
        check(&READER, "sos_commands/memory/free_-m", &text, &[&all(1 << 20), "lists HostMemory"]);
        check(&READER, "sos_commands/memory/free", &text, &[&all(1 << 10), "lists HostMemory"]);
        let ratio = "HostMemory - {\"availablePercent\":25.0} of availablePercent";
        check(&READER, "case/free.txt", &text, &[ratio, "lists HostMemory"]);
    }

    #[test]
    fn human_numbers_bring_their_units() {
        let text = format!(
            "{NEW}Mem:            23Gi       1,5Gi        20Gi       8.7Mi       1.7Gi        22Gi\nSwap:             0B          0B          0B\n"
        );
        let expect = r#"HostMemory - {"totalBytes":24696061952,"usedBytes":1610612736,"availableBytes":23622320128,"availablePercent":95.7,"swapTotalBytes":0,"swapUsedBytes":0}"#;
        check(&READER, "case/free.txt", &text, &[expect, "lists HostMemory"]);
    }

    #[test]
    fn old_tables_know_nothing_of_what_is_available() {
        let text = "             total       used       free     shared    buffers     cached\nMem:          1000        900        100          0        100        500\n-/+ buffers/cache:        300        700\nSwap:          200         50        150\n";
        let expect = r#"HostMemory - {"totalBytes":1048576000,"usedBytes":314572800,"swapTotalBytes":209715200,"swapUsedBytes":52428800} of swapTotalBytes,swapUsedBytes,totalBytes,usedBytes"#;
        check(&READER, "n/systeminfo/freem", text, &[expect, "lists HostMemory"]);
    }

    #[test]
    fn the_kernel_counts_in_kilobytes() {
        let text = "MemTotal:        4000 kB\nMemFree:          500 kB\nMemAvailable:    1000 kB\nSwapTotal:        100 kB\nSwapFree:          40 kB\n";
        let expect = r#"HostMemory - {"totalBytes":4096000,"usedBytes":3072000,"availableBytes":1024000,"availablePercent":25.0,"swapTotalBytes":102400,"swapUsedBytes":61440}"#;
        check(&READER, "pasted", text, &[expect, "lists HostMemory"]);
    }

    #[test]
    fn other_languages_and_errors_give_nothing() {
        let path = "n/systeminfo/freeh";
        check(&READER, path, "              gesamt       benutzt     frei\nSpeicher:  1 2 3\n", &["line 1"]);
        check(&READER, path, "sh: free: command not found\n", &["failed: sh: free: command not found"]);
        check(&READER, path, "", &[]);
        check_foreign(&READER, &["total 48\n", "total used\n"]);
    }
}
