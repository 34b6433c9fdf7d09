//! What others put around a line. One file a wrapper, one line in [`WRAPPERS`]; the order is the precedence.

mod compose;
mod cri;
mod docker_json;
mod journald;
mod journald_json;
mod longhorn;
mod pod_prefix;
mod syslog;
mod timestamps;

use super::{Level, Unwrapped};

/// A wrapper: how to take it off and sample lines that prove it.
pub struct Wrapper {
    /// The name in the field (`cri`, `journald`).
    pub name: &'static str,
    /// Takes the wrapper off; `None` when the line is not wrapped this way.
    pub unwrap: for<'c> fn(&'c str) -> Option<Unwrapped<'c>>,
    /// Puts the wrapper around a line as the real program would, for tests of wrapper blindness. The stamp is
    /// nanoseconds since the epoch in UTC.
    pub wrap: fn(line: &str, ns: i64) -> String,
    /// Wrapped lines with what must remain.
    pub samples: &'static [Sample],
}

/// A wrapped line and what is inside.
pub struct Sample {
    /// The wrapped line.
    pub line: &'static str,
    /// RFC 3339 as in [`super::format::Sample::says`].
    pub stamp: &'static str,
    /// The line without the wrapper.
    pub rest: &'static str,
}

/// All wrappers; the first that accepts a line wins.
pub const WRAPPERS: &[&Wrapper] = &[
    &cri::WRAPPER,
    &docker_json::WRAPPER,
    &journald_json::WRAPPER,
    &syslog::WRAPPER,
    // Before `timestamps`: both start with an instant, but only this one names a host and a program.
    &journald::WRAPPER,
    &pod_prefix::WRAPPER,
    &compose::WRAPPER,
    &longhorn::WRAPPER,
    &timestamps::WRAPPER,
];

/// Takes one wrapper off, by the first that fits.
#[must_use]
pub fn unwrap(text: &str) -> Option<Unwrapped<'_>> {
    WRAPPERS.iter().find_map(|wrapper| (wrapper.unwrap)(text))
}

/// The level that a priority of syslog or journald states. `info` is what systemd gives to all that a program prints
/// and `notice` what `logger` gives, so these two state nothing.
fn stated_level(severity: u8) -> Option<Level> {
    if matches!(severity, 5 | 6) { None } else { Level::of_severity(severity) }
}

/// Reads the number of `<13>`: facility times eight plus severity.
fn priority(digits: &str) -> Option<u8> {
    let fits = (1..=3).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|priority| fits && *priority < 192)
}

/// RFC 3339 in UTC with zeros at the end of the fraction trimmed, for `wrap`.
fn utc(ns: i64) -> String {
    crate::base::Time(ns).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Basis, Stamp};
    use crate::log::{format::FORMATS, read, stamp_text};

    /// 2026-11-22T03:41:20Z: a whole second, because not every wrapper writes more.
    const AT: i64 = 1_795_318_880_000_000_000;

    #[test]
    fn every_sample_is_unwrapped() {
        for wrapper in WRAPPERS {
            assert!(wrapper.samples.len() > 1, "{}", wrapper.name);
            for sample in wrapper.samples {
                let place = format!("{}: {}", wrapper.name, sample.line);
                let unwrapped = (wrapper.unwrap)(sample.line).unwrap_or_else(|| panic!("{place}"));
                assert_eq!(stamp_text(unwrapped.stamp), sample.stamp, "{place}");
                assert_eq!(unwrapped.rest, sample.rest, "{place}");
                assert_eq!(unwrap(sample.line), Some(unwrapped), "an earlier wrapper takes {place}");
            }
        }
    }

    #[test]
    fn wrapping_and_unwrapping_gives_back_line_and_stamp() {
        for wrapper in WRAPPERS {
            for line in
                FORMATS.iter().flat_map(|format| format.samples).map(|sample| sample.line).chain(["", "a: b"])
            {
                let wrapped = (wrapper.wrap)(line, AT);
                let unwrapped = unwrap(&wrapped).unwrap_or_else(|| panic!("{}: {wrapped}", wrapper.name));
                assert_eq!(unwrapped.rest, line, "{}", wrapper.name);
                let expected = match unwrapped.stamp.map(|stamp| stamp.basis) {
                    None => "-",
                    Some(Basis::Yearless) => "--11-22T03:41:20",
                    Some(_) => "2026-11-22T03:41:20Z",
                };
                assert_eq!(stamp_text(unwrapped.stamp), expected, "{}", wrapper.name);
            }
        }
    }

    #[test]
    fn a_wrapper_changes_neither_message_nor_level_nor_fields() {
        for line in FORMATS.iter().flat_map(|format| format.samples).map(|sample| sample.line) {
            let bare = read(line);
            for outer in WRAPPERS {
                let once = (outer.wrap)(line, AT);
                for wrapped in WRAPPERS.iter().map(|inner| (inner.wrap)(&once, AT)).chain([once.clone()]) {
                    let record = read(&wrapped);
                    assert_eq!(record.message, bare.message, "{wrapped}");
                    assert_eq!(record.level, bare.level, "{wrapped}");
                    assert_eq!(record.fields, bare.fields, "{wrapped}");
                    assert_eq!(record.text, bare.text, "{wrapped}");
                }
            }
        }
    }

    #[test]
    fn journald_names_host_and_program() {
        for (line, host, program) in [
            ("Nov 22 03:41:20 k3s-srv01 k3s[1001]: x", Some("k3s-srv01"), "k3s"),
            ("Nov 22 03:41:20 k3s-srv01 kernel: x", Some("k3s-srv01"), "kernel"),
            ("Nov 22 03:41:20 fe80::1 (sd-pam)[7]: x", Some("fe80::1"), "(sd-pam)"),
            ("Nov 22 03:41:20 cron[7]: x", None, "cron"),
            ("2026-11-22T03:41:20+01:00 a.lan Docker Daemon[7]: x", Some("a.lan"), "Docker Daemon"),
            ("Sun 2026-11-22 03:41:20 UTC cp-1 k3s.service[7]: x", Some("cp-1"), "k3s.service"),
            ("[   12.345678] cp-1 kubelet[1234]: x", Some("cp-1"), "kubelet"),
            ("<30>1 2026-11-22T03:41:20Z cp-1 kubelet 1234 - - x", Some("cp-1"), "kubelet"),
            ("<30>1 - - etcd - - - x", None, "etcd"),
            (
                r#"{"_HOSTNAME":"cp-1","_COMM":"sshd","__REALTIME_TIMESTAMP":"1","MESSAGE":"x"}"#,
                Some("cp-1"),
                "sshd",
            ),
            ("[pod/etcd-cp-1/etcd] x", None, "etcd"),
        ] {
            let unwrapped = unwrap(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(
                (unwrapped.host.as_deref(), unwrapped.program.as_deref()),
                (host, Some(program)),
                "{line}"
            );
        }
    }

    #[test]
    fn what_a_program_wrote_is_no_wrapper() {
        for line in [
            "2026-11-22T03:41:20.123Z\tinfo\tetcdmain/etcd.go:105\tready",
            "2026-11-22T03:41:20Z [verbose] Add: ns:pod",
            "2026-11-22T03:41:20Z Add pod: x",
            "2026-11-22T03:41:20+00:00 ERROR main: x",
            "2026-11-22T03:41:20Z the part before x[1]: y",
            "2026-11-22T03:41:20.123Z INFO main::run: x",
            "2026-11-22T03:41:20Z stderr X not CRI",
            "2026-11-22 03:41:20.123456 I | etcdmain: x",
            "Nov 22 03:41:20 a sentence without an ident",
            "[12345.678901] usb 1-1: New USB device found",
            "[12345.678901] EXT4-fs error: inode[1]: x",
            "[pod/without a container] x",
            "[pvc] x",
            "a table | with bars",
            "| a-1  | b |",
            "<34>2 2026-11-22T03:41:20Z h a 1 - - of another version",
            "{\"MESSAGE\":\"no time\",\"A\":1}",
            "{\"__REALTIME_TIMESTAMP\":\"1\",\"MESS",
            "{\"log\":\"x\",\"level\":\"info\"}",
            "{\"log\":\"torn",
            "12345678901234567 a b[1]: c",
        ] {
            assert_eq!(unwrap(line), None, "{line}");
        }
    }

    #[test]
    fn nanoseconds_are_not_those_of_journald() {
        let unwrapped = unwrap("2026-11-22T03:41:20.123456789Z agent probe[7]: x").unwrap();
        assert_eq!((unwrapped.host, unwrapped.rest.as_ref()), (None, "agent probe[7]: x"));
    }

    #[test]
    fn a_priority_states_a_level_unless_it_is_a_default() {
        for (line, level) in [
            ("<11>Nov 22 03:41:20 cp-1 probe[7]: x", Some(Level::Error)),
            ("<14>Nov 22 03:41:20 cp-1 probe[7]: x", None),
            ("<8>1 2026-11-22T03:41:20Z cp-1 probe 7 - - x", Some(Level::Fatal)),
            (r#"{"PRIORITY":"4","__REALTIME_TIMESTAMP":"1","MESSAGE":"x"}"#, Some(Level::Warning)),
            (r#"{"PRIORITY":"3","CONTAINER_NAME":"a","__REALTIME_TIMESTAMP":"1","MESSAGE":"x"}"#, None),
            ("<11>Nov 22 03:41:20 cp-1 probe[7]: I1122 03:41:20.000001       1 a.go:1] x", Some(Level::Info)),
        ] {
            assert_eq!(read(line).level, level, "{line}");
        }
    }

    #[test]
    fn a_stamp_of_a_wrapper_is_never_invented() {
        let unwrapped = unwrap("{\"log\":\"x\",\"stream\":\"stdout\",\"time\":\"soon\"}").unwrap();
        assert_eq!((unwrapped.stamp, unwrapped.rest.as_ref()), (None::<Stamp>, "x"));
    }
}
