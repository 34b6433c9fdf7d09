//! What programs write themselves. One file a format, one line in [`FORMATS`]; the order is the precedence.

mod access;
mod audit;
mod calico;
mod capnslog;
mod coredns;
mod dated;
mod go_std;
mod gokit;
mod json;
mod kernel;
mod klog;
mod kube_bench;
mod level_prefix;
mod logrus;
mod logrus_tty;
mod nginx;
mod raft;
mod rancher;
mod zap_console;

use super::Entry;

/// A log format: a parser and sample lines that prove it.
pub struct LogFormat {
    /// The name in the field (`klog`, `zap-json`).
    pub name: &'static str,
    /// Reads a line without its wrappers; `None` when the line is not of this format.
    pub parse: for<'c> fn(&'c str) -> Option<Entry<'c>>,
    /// Lines of this format with what they say; tested here, and tested to be of no other format.
    pub samples: &'static [Sample],
}

/// A line and what must be read from it.
pub struct Sample {
    /// The line, without wrappers.
    pub line: &'static str,
    /// `STAMP LEVEL MESSAGE`, where STAMP is RFC 3339 (`Z` when the zone is known, no suffix when it is not,
    /// `--MM-DDThh:mm:ss` without a year, `-` without a time) and LEVEL is a level's name or `-`.
    pub says: &'static str,
    /// Fields that must be there.
    pub fields: &'static [(&'static str, &'static str)],
}

/// All formats; the first that accepts a line wins.
pub const FORMATS: &[&LogFormat] = &[
    &json::FORMAT,
    &klog::FORMAT,
    &capnslog::FORMAT,
    &raft::FORMAT,
    &zap_console::FORMAT,
    &calico::FORMAT,
    &logrus::FORMAT,
    &logrus_tty::FORMAT,
    &gokit::FORMAT,
    &nginx::FORMAT,
    &rancher::FORMAT,
    &go_std::FORMAT,
    &access::FORMAT,
    &kernel::FORMAT,
    &audit::FORMAT,
    &kube_bench::FORMAT,
    &coredns::FORMAT,
    &level_prefix::FORMAT,
    &dated::FORMAT,
];

/// Reads a line without its wrappers by the first format that knows it.
#[must_use]
pub fn parse(text: &str) -> Option<Entry<'_>> {
    FORMATS.iter().find_map(|format| (format.parse)(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::stamp_text;

    fn samples() -> impl Iterator<Item = (&'static LogFormat, &'static Sample)> {
        FORMATS.iter().flat_map(|format| format.samples.iter().map(|sample| (*format, sample)))
    }

    #[test]
    fn every_sample_says_what_it_says() {
        for (format, sample) in samples() {
            let place = format!("{}: {}", format.name, sample.line);
            let entry = (format.parse)(sample.line).unwrap_or_else(|| panic!("{place}"));
            let level = entry.level.map_or("-", crate::log::Level::name);
            assert_eq!(
                format!("{} {level} {}", stamp_text(entry.stamp), entry.message),
                sample.says,
                "{place}"
            );
            for (name, value) in sample.fields {
                assert_eq!(entry.fields.get(name), Some(*value), "{place}: {name}");
            }
        }
    }

    #[test]
    fn every_sample_is_of_one_format_only() {
        for (format, sample) in samples() {
            let names: Vec<&str> =
                FORMATS.iter().filter(|other| (other.parse)(sample.line).is_some()).map(|f| f.name).collect();
            assert_eq!(names, [format.name], "{}", sample.line);
        }
    }

    #[test]
    fn no_sample_looks_wrapped() {
        for (format, sample) in samples() {
            assert_eq!(crate::log::wrapper::unwrap(sample.line), None, "{}: {}", format.name, sample.line);
        }
    }

    #[test]
    fn every_format_has_several_samples_and_a_name_of_its_own() {
        for (at, format) in FORMATS.iter().enumerate() {
            assert!(format.samples.len() > 1, "{}", format.name);
            assert!(!FORMATS.iter().skip(at + 1).any(|other| other.name == format.name), "{}", format.name);
        }
    }

    #[test]
    fn what_no_format_knows_stays_unknown() {
        for line in [
            "",
            "goroutine 1 [running]:",
            "\tk8s.io/kubernetes/pkg/x.go:77 +0x1b",
            "Trace[123]: [1.2s] [1.2s] END",
            "{}",
            "{\"a\":1}",
            "{\"level\":\"info\",\"msg\":\"cut of",
            "-- Logs begin at Sun 2026-11-22 03:41:20 UTC, end at Sun 2026-11-22 03:44:46 UTC. --",
            "E0508",
            "time=",
            "level=info",
            "I am 3 years old: yes",
            "IN=eth0 OUT= SRC=10.0.0.1",
            "  - name: a",
            "== Summary master ==",
            "42 checks PASS",
            "[FAIL] 1.2.1",
            "type=AVC msg=audit(soon:1): x",
            "[2024-13-04 12:00:00.123][7][info] there is no such month",
            "E1322 03:11:28.405968       1 x.go:9] nor this one",
            "raft2026/02/30 02:45:41 INFO: nor this day",
            "kern  :loud  : [    0.000000] no such level",
        ] {
            assert_eq!(parse(line), None, "{line}");
        }
    }

    #[test]
    fn the_earlier_format_wins_where_two_could_read() {
        for (line, level) in [
            ("2024/05/04 12:00:00 [ERROR] 1#1: upper case is no nginx", "error"),
            ("WARNING: 2024/05/04 12:00:00 gRPC, not a script", "warning"),
            ("level=info ts=2024-05-04T12:00:00Z msg=\"go-kit, not logrus\"", "info"),
        ] {
            let entry = parse(line).unwrap_or_else(|| panic!("{line}"));
            assert!(entry.stamp.is_some(), "{line}");
            assert_eq!(entry.level.map(crate::log::Level::name), Some(level), "{line}");
        }
    }
}
