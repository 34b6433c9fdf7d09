//! Memory does not grow with the input.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

const MIB: u64 = 1 << 20;

/// Streams an archive with one log of about this many bytes: lines of klog, some of which hit.
fn write_archive(path: &Path, bytes: u64) {
    let mut block = String::new();
    for number in 0..2000 {
        let (second, micros) = (number / 100, number * 7919 % 1_000_000);
        let line = match number % 50 {
            0 => "http: TLS handshake error from 192.0.2.7:41212: remote error: tls: bad certificate"
                .to_owned(),
            1 => "etcdserver: read-only range request took too long (1.2s) to execute".to_owned(),
            _ => format!(
                "reflector.go:{number}] watch of *v1.Pod closed with: too old resource version: {micros}"
            ),
        };
        block.push_str(&format!("W1122 03:11:{second:02}.{micros:06}       1 {line}\n"));
    }
    let blocks = bytes / block.len() as u64;
    let mut header = tar::Header::new_gnu();
    header.set_path("n1-2026-11-22_03_11_34/rke/containerlogs/kube-apiserver").unwrap();
    header.set_size(blocks * block.len() as u64);
    header.set_mode(0o644);
    header.set_cksum();
    let mut writer = GzEncoder::new(File::create(path).unwrap(), Compression::fast());
    writer.write_all(header.as_bytes()).unwrap();
    for _ in 0..blocks {
        writer.write_all(block.as_bytes()).unwrap();
    }
    let padding = (512 - blocks * block.len() as u64 % 512) % 512;
    writer.write_all(&vec![0; usize::try_from(padding).unwrap() + 1024]).unwrap();
    writer.finish().unwrap();
}

/// Analyses an archive and gives the most memory that the program held, in bytes.
fn peak(directory: &Path, archive: &Path, more: &[&str]) -> u64 {
    let mut child = Command::new(env!("CARGO_BIN_EXE_rancher-bundle"))
        .current_dir(directory)
        .arg("analyze")
        .arg(archive)
        .args(["--jobs", "2", "-q", "-o", "result.json"])
        .args(more)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    // The kernel keeps the highest mark, so that the last look before the end is enough.
    let mut highest = 0;
    let ended = loop {
        highest = high_water_mark(&status).unwrap_or(highest);
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    assert!(ended.success(), "{ended}");
    highest
}

/// `VmHWM` of a process, in bytes; `None` once it is gone.
fn high_water_mark(status: &str) -> Option<u64> {
    let status = std::fs::read_to_string(status).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

#[test]
#[cfg(target_os = "linux")]
fn a_log_that_is_thirty_times_longer_needs_no_more_memory() {
    let directory = tempfile::tempdir().unwrap();
    let peak_of = |bytes: u64| {
        let archive = directory.path().join("long.tar.gz");
        write_archive(&archive, bytes);
        peak(directory.path(), &archive, &[])
    };
    let (short, long) = (peak_of(8 * MIB), peak_of(256 * MIB));
    assert!(short > MIB, "the short run was not seen: {short}");
    let (short, long) = (short / MIB, long / MIB);
    assert!(long <= short + 32, "8 MiB of log need {short} MiB of memory, 256 MiB need {long} MiB");
}

/// Rules that compare as many hits with each other as they can, by fields that are different in each line.
const GREEDY: &[(&str, &str)] = &[
    (
        "greedy-groups",
        "group_by: [token]\nsignals:\n  a: {logs: etcd, match: \"began {token}\"}\n  b: {logs: etcd, match: \"ended {token}\"}\n  d: {of: a, near: b, within: 1s, same: token}\nwhen: d.count >= 1",
    ),
    (
        "greedy-pairs",
        "signals:\n  a: {logs: etcd, match: \"began {token}\"}\n  b: {logs: etcd, match: \"ended {token}\"}\n  d: {of: a, followed_by: b, same: token}\n  e: {of: d, not_followed_by: b, within: 1h}\nwhen: d.distinct(\"token\") >= 1 || e.count >= 1",
    ),
    (
        "greedy-times",
        "signals:\n  a: {logs: etcd, match: \"began {token}\", window: 1s}\n  b: {logs: etcd, match: \"ended {token}\"}\n  d: {of: a, after: b, within: 1ms}\nwhen: d.peak >= 1000000",
    ),
    (
        "greedy-pattern",
        "signals:\n  a: {logs: etcd, match: '/(?:(?:[a-z0-9]+)+ ?)+ (?:began|ended).*(?:.*.*)*(?:x+x+)+y/'}\nwhen: a.count >= 1",
    ),
];

/// A log in which every line has a time, a token and (almost) a length of its own.
fn write_greedy_log(path: &Path, lines: u32) {
    let mut file = std::io::BufWriter::new(File::create(path).unwrap());
    for number in 0..lines {
        // A fixed walk through the hour, out of order.
        let micros = u64::from(number).wrapping_mul(2_654_435_761) % 3_600_000_000;
        let (minute, second, rest) = (micros / 60_000_000, micros / 1_000_000 % 60, micros % 1_000_000);
        let word = if number % 2 == 0 { "began" } else { "ended" };
        let token = number / 2;
        let long = "x".repeat(usize::try_from(number % 97).unwrap());
        writeln!(file, "2026-11-22 03:{minute:02}:{second:02}.{rest:06} I | etcdserver: something {word} t{token:07} {long}").unwrap();
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_rule_that_compares_all_lines_of_a_log_that_has_no_two_alike_stays_bounded() {
    let directory = tempfile::tempdir().unwrap();
    for (id, rest) in GREEDY {
        let text = format!("id: {id}\ntitle: t\nseverity: error\ncomponent: etcd\nabout: why\n{rest}\n");
        std::fs::write(directory.path().join(format!("{id}.yaml")), text).unwrap();
    }
    let node = directory.path().join("n1-2026-11-22_04_30_00/rke/containerlogs");
    std::fs::create_dir_all(&node).unwrap();
    // Whoever compared each line with each other one would be at it for hours.
    write_greedy_log(&node.join("etcd"), 400_000);
    let bundle = directory.path().join("n1-2026-11-22_04_30_00");
    let peak = peak(directory.path(), &bundle, &["--rules", "."]) / MIB;
    assert!(peak <= 256, "{peak} MiB of memory");
    let result = std::fs::read_to_string(directory.path().join("result.json")).unwrap();
    assert!(result.contains("\"greedy-groups\""), "the rules were not used");
    assert!(result.contains("max-groups"), "what was given up is not said");
}
