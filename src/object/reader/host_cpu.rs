//! `lscpu` and `/proc/cpuinfo` → `HostCpu`.
//!
//! util-linux `lscpu.c`; the kernel's `arch/*/kernel/cpu/proc.c`: ARM has no model name, s390x writes `processor 0: …`.

use super::Reader;
use super::host::{Places, begins, conclude, labelled, only};
use crate::object::derived::{Derived, Expected};
use crate::object::gather::Gather;
use crate::object::line::{Line, lines};
use crate::object::{Document, Reading};

/// The machine's processors.
pub const CPU: Derived = Derived {
    kind: "HostCpu",
    what: "a machine's processors, named by their file",
    expected: Expected::EveryNode,
    bulk: false,
    fields: &[
        ("count", "logical processors"),
        ("model", "as the processor names itself; absent where it does not"),
    ],
};

/// The reader.
pub const READER: Reader = Reader { name: "cpu", derives: &[&CPU], sniff, read };

const PLACES: Places =
    Places { files: &["systeminfo/cpuinfo", "systeminfo/lscpu", "proc/cpuinfo"], commands: &["lscpu"] };

fn sniff(path: &str, head: &[u8]) -> bool {
    PLACES.hold(path)
        || begins(head, |text| {
            is_processor(text)
                || labelled(text, "Architecture")
                    .is_some_and(|name| !name.contains(' ') && text.starts_with('A'))
                    && text.contains("  ")
        })
}

/// `processor : 0`, with a tab before the colon.
fn is_processor(text: &str) -> bool {
    labelled(text, "processor").is_some_and(|number| number.parse::<u32>().is_ok())
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let (mut count, mut listed, mut model): (Option<u64>, u64, Option<String>) = (None, 0, None);
    let mut first: Option<Line<'_>> = None;
    for line in lines(document.bytes) {
        let total = labelled(&line.text, "CPU(s)").or_else(|| labelled(&line.text, "# processors"));
        if let Some(total) = total.and_then(|total| total.parse().ok()) {
            count.get_or_insert(total);
            first.get_or_insert_with(|| line.clone());
        } else if is_processor(&line.text) {
            listed += 1;
            first.get_or_insert_with(|| line.clone());
        } else if model.is_none() {
            model = labelled(&line.text, "Model name")
                .or_else(|| labelled(&line.text, "model name"))
                .filter(|name| *name != "-")
                .map(str::to_owned);
        }
    }
    let mut shown: &[&str] = &[];
    if let Some(line) = first {
        let mut draft = only(document, CPU.kind, &line);
        draft.put("count", count.unwrap_or(listed));
        if let Some(model) = model {
            draft.put("model", model);
        }
        gather.add(draft);
        shown = &[CPU.kind];
    }
    conclude(gather, shown, "list of processors")
}

#[cfg(test)]
mod tests {
    use super::super::host::tests::{check, check_foreign};
    use super::*;

    #[test]
    fn both_sources_count_logical_processors() {
        let expect = &[r#"HostCpu - {"count":2,"model":"AMD EPYC"}"#, "lists HostCpu"];
        let cpuinfo = "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC\n\nprocessor\t: 1\nmodel name\t: AMD EPYC\n";
        check(&READER, "pasted", cpuinfo, expect);
        let lscpu = "Architecture:                            x86_64\nCPU op-mode(s):      32-bit, 64-bit\nCPU(s):                                  2\nOn-line CPU(s) list:   0,1\nModel name:            AMD EPYC\nNUMA node0 CPU(s):     0,1\n";
        check(&READER, "pasted", lscpu, expect);
    }

    #[test]
    fn what_does_not_name_itself_has_no_model() {
        let arm = "processor\t: 0\nBogoMIPS\t: 243.75\n\nprocessor\t: 1\nCPU part\t: 0xd0c\n";
        check(&READER, "n/proc/cpuinfo", arm, &["HostCpu - {\"count\":2}", "lists HostCpu"]);
    }

    #[test]
    fn nothing_is_no_processor() {
        check(&READER, "n/systeminfo/lscpu", "", &[]);
        check(&READER, "n/systeminfo/lscpu", "Architektur:   x86_64\n", &["line 1"]);
        check(&READER, "n/systeminfo/lscpu", "sh: lscpu: not found\n", &["failed: sh: lscpu: not found"]);
        check_foreign(&READER, &["Architecture: a long story\n", "processor: fast\n"]);
    }
}
