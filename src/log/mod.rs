//! One line of a log → what it says: its time, level, message and fields.
//!
//! A line may be wrapped (CRI, docker, journald) around what the program itself wrote (klog, zap, logrus, …).
//! [`read`] takes the wrappers off from outside in, then tries the [`FORMATS`](format::FORMATS) in order. It never
//! fails: a line that no format knows is a record whose message is the whole line.

mod civil;
pub mod format;
pub mod level;
mod logfmt;
pub mod wrapper;

use std::borrow::Cow;

pub use level::Level;

use crate::base::{Basis, Stamp};

/// One log entry. Borrows the line; lives for one check.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record<'c> {
    /// The best time on the line: the wrapper's when it is an instant, else the program's, else the wrapper's.
    pub stamp: Option<Stamp>,
    /// The level, when the line gives one.
    pub level: Option<Level>,
    /// What the program said, without head and fields; unescaped.
    pub message: Cow<'c, str>,
    /// Structured fields in the order in which they were written, unescaped.
    pub fields: Fields<'c>,
    /// The host that a syslog or journald head names.
    pub host: Option<Cow<'c, str>>,
    /// The program that a syslog or journald head names (`k3s`, `kubelet`, `systemd`).
    pub program: Option<Cow<'c, str>>,
    /// The line without its wrappers, as the program wrote it.
    pub text: Cow<'c, str>,
}

/// Names and values of a structured record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields<'c>(pub Vec<(Cow<'c, str>, Cow<'c, str>)>);

impl<'c> Fields<'c> {
    /// The first value with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_ref())
    }

    /// Adds a field at the end.
    pub fn push(&mut self, name: impl Into<Cow<'c, str>>, value: impl Into<Cow<'c, str>>) {
        self.0.push((name.into(), value.into()));
    }

    /// All values.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, value)| value.as_ref())
    }
}

/// What a program's own log format found on a line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry<'c> {
    /// The time that the program wrote.
    pub stamp: Option<Stamp>,
    /// The level that the program wrote.
    pub level: Option<Level>,
    /// The message, unescaped.
    pub message: Cow<'c, str>,
    /// The fields, unescaped.
    pub fields: Fields<'c>,
}

/// A line without one wrapper.
#[derive(Clone, Debug, PartialEq)]
pub struct Unwrapped<'c> {
    /// The time that the wrapper wrote.
    pub stamp: Option<Stamp>,
    /// The host that the wrapper names.
    pub host: Option<&'c str>,
    /// The program that the wrapper names.
    pub program: Option<&'c str>,
    /// What was wrapped.
    pub rest: Cow<'c, str>,
}

/// How many wrappers may lie around a line (json-file around CRI around journald is already a curiosity).
const WRAPPERS_MAX: usize = 3;

/// Reads one line (without its line feed).
#[must_use]
pub fn read(line: &str) -> Record<'_> {
    let mut record = Record::default();
    let mut text: Cow<'_, str> = Cow::Borrowed(line.trim_end_matches('\r'));
    for _ in 0..WRAPPERS_MAX {
        let Some(unwrapped) = unwrap_once(&text) else { break };
        record.stamp = better(record.stamp, unwrapped.stamp);
        record.host = record.host.or(unwrapped.host);
        record.program = unwrapped.program.or(record.program);
        text = unwrapped.rest;
    }
    let entry = match &text {
        Cow::Borrowed(text) => format::parse(text),
        Cow::Owned(text) => format::parse(text).map(own_entry),
    };
    match entry {
        Some(entry) => {
            record.stamp = better(record.stamp, entry.stamp);
            record.level = entry.level;
            record.message = entry.message;
            record.fields = entry.fields;
        }
        None => record.message = text.clone(),
    }
    record.text = text;
    record
}

/// Only the time of a line, for coverage.
#[must_use]
pub fn stamp(line: &str) -> Option<Stamp> {
    read(line).stamp
}

struct Layer<'c> {
    stamp: Option<Stamp>,
    host: Option<Cow<'c, str>>,
    program: Option<Cow<'c, str>>,
    rest: Cow<'c, str>,
}

fn unwrap_once<'c>(text: &Cow<'c, str>) -> Option<Layer<'c>> {
    match text {
        Cow::Borrowed(text) => wrapper::unwrap(text).map(|u| Layer {
            stamp: u.stamp,
            host: u.host.map(Cow::Borrowed),
            program: u.program.map(Cow::Borrowed),
            rest: u.rest,
        }),
        Cow::Owned(text) => wrapper::unwrap(text).map(|u| Layer {
            stamp: u.stamp,
            host: u.host.map(|host| Cow::Owned(host.to_owned())),
            program: u.program.map(|program| Cow::Owned(program.to_owned())),
            rest: Cow::Owned(u.rest.into_owned()),
        }),
    }
}

fn own_entry<'c>(entry: Entry<'_>) -> Entry<'c> {
    let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
    Entry {
        stamp: entry.stamp,
        level: entry.level,
        message: own(entry.message),
        fields: Fields(entry.fields.0.into_iter().map(|(k, v)| (own(k), own(v))).collect()),
    }
}

/// The outer stamp wins when it is an instant; otherwise the one that says more wins, the outer one on a tie.
fn better(outer: Option<Stamp>, inner: Option<Stamp>) -> Option<Stamp> {
    match (outer, inner) {
        (Some(outer), Some(inner)) if rank(inner.basis) < rank(outer.basis) => Some(inner),
        (outer, inner) => outer.or(inner),
    }
}

fn rank(basis: Basis) -> u8 {
    match basis {
        Basis::Utc => 0,
        Basis::Local => 1,
        Basis::Yearless => 2,
    }
}

/// A stamp as samples write it: see [`format::Sample::says`].
#[cfg(test)]
fn stamp_text(stamp: Option<Stamp>) -> String {
    let Some(stamp) = stamp else { return "-".to_owned() };
    let text = crate::base::Time(stamp.ns).to_string();
    let local = text.trim_end_matches('Z');
    match stamp.basis {
        Basis::Utc => text,
        Basis::Local => local.to_owned(),
        Basis::Yearless => format!("--{}", &local[5..]),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KLOG: &str = "E1122 03:41:19.405968       1 lease.go:361] lost";

    fn check(line: &str, expected: &str) {
        let record = read(line);
        let level = record.level.map_or("-", Level::name);
        assert_eq!(format!("{} {level} {}", stamp_text(record.stamp), record.message), expected, "{line}");
    }

    #[test]
    fn the_outer_instant_wins() {
        check(&format!("2026-11-22T03:41:20.5Z stderr F {KLOG}"), "2026-11-22T03:41:20.5Z error lost");
        check(&format!("2026-11-22T03:41:20.500000000Z {KLOG}"), "2026-11-22T03:41:20.5Z error lost");
        check(
            "2026-11-22T03:41:20+0000 cp-1 rke2[888]: time=\"2026-11-22T03:41:21Z\" level=error msg=\"no proxy\"",
            "2026-11-22T03:41:20Z error no proxy",
        );
    }

    #[test]
    fn the_inner_instant_wins_over_an_outer_time_without_year() {
        check(
            r#"Nov 22 03:41:20 cp-1 k3s[1]: {"level":"warn","ts":"2026-11-22T03:41:20.147718Z","msg":"single port"}"#,
            "2026-11-22T03:41:20.147718Z warning single port",
        );
        check(
            "Nov 22 03:41:20 cp-1 rke2[888]: time=\"2026-11-22T03:41:21Z\" level=error msg=\"no proxy\"",
            "2026-11-22T03:41:21Z error no proxy",
        );
    }

    #[test]
    fn the_outer_time_wins_when_both_lack_the_year() {
        check(&format!("Nov 22 03:41:20 cp-1 kubelet[1]: {KLOG}"), "--11-22T03:41:20 error lost");
    }

    #[test]
    fn wrappers_come_off_from_outside_in() {
        let line = r#"{"log":"Nov 22 03:41:20 cp-1 etcd[7]: 2026-11-22 03:41:19.140405 W | rafthttp: slow\n","stream":"stdout","time":"2026-11-22T03:41:22Z"}"#;
        check(line, "2026-11-22T03:41:22Z warning slow");
        let record = read(line);
        assert_eq!((record.host.as_deref(), record.program.as_deref()), (Some("cp-1"), Some("etcd")));
        assert_eq!(record.fields.get("pkg"), Some("rafthttp"));
        assert_eq!(record.text, "2026-11-22 03:41:19.140405 W | rafthttp: slow");
    }

    #[test]
    fn a_line_that_nobody_knows_is_its_own_message() {
        check("goroutine 7 [running]:\r", "- - goroutine 7 [running]:");
        check("2026-11-22T03:41:20.5Z stderr F \t/src/x.go:7", "2026-11-22T03:41:20.5Z - \t/src/x.go:7");
        check("", "- - ");
    }

    #[test]
    fn a_hostile_line_costs_no_more_than_its_length() {
        let n = 200_000;
        for line in [
            "[".repeat(n),
            format!("{{\"msg\":{}", "[".repeat(n)),
            "{\"a\":".repeat(n),
            format!("level=info {}", "k=[ ".repeat(n)),
            format!("2026-11-22 03:41:20.123 [INFO][1] a.go 1: {}", "k=\"".repeat(n)),
            format!("I1122 03:41:20.000001       1 a.go:1] \"{}", "\\\"".repeat(n)),
            format!("\u{1b}[33mWARN\u{1b}[0m[0001] {}", "\u{1b}[".repeat(n)),
            "Nov 22 03:41:20 a b[1]: ".repeat(n),
        ] {
            assert!(read(&line).message.len() <= line.len());
        }
    }

    /// Lines that are nearly of a format: pieces of real ones in any order.
    fn nearly_a_line() -> impl Strategy<Value = String> {
        let samples = || format::FORMATS.iter().flat_map(|format| format.samples).map(|sample| sample.line);
        let lines: Vec<&'static str> = samples()
            .chain(wrapper::WRAPPERS.iter().flat_map(|w| w.samples).map(|sample| sample.line))
            .collect();
        let piece = (prop::sample::select(lines), any::<prop::sample::Index>(), any::<prop::sample::Index>());
        prop::collection::vec(piece, 1..4).prop_map(|pieces| {
            let cut = |(line, a, b): &(&'static str, prop::sample::Index, prop::sample::Index)| {
                let chars: Vec<char> = line.chars().collect();
                let (a, b) = (a.index(chars.len()), b.index(chars.len()));
                chars[a.min(b)..a.max(b)].iter().collect::<String>()
            };
            pieces.iter().map(cut).collect()
        })
    }

    fn n_wrappers(line: &str) -> usize {
        wrapper::unwrap(line).map_or(0, |unwrapped| 1 + n_wrappers(&unwrapped.rest))
    }

    /// What a wrapper may not change. One more than [`WRAPPERS_MAX`] does: then one stays on.
    fn blind(line: &str) -> Result<(), TestCaseError> {
        prop_assume!(n_wrappers(line) < WRAPPERS_MAX);
        // `docker logs -t` makes a CRI line of this one, and nobody can tell.
        prop_assume!(!line.starts_with("stdout ") && !line.starts_with("stderr "));
        let bare = read(line);
        for wrapper in wrapper::WRAPPERS {
            let wrapped = (wrapper.wrap)(line, 1_795_318_880_000_000_000);
            let record = read(&wrapped);
            prop_assert_eq!(&record.message, &bare.message, "{}", wrapped);
            prop_assert_eq!(&record.fields, &bare.fields, "{}", wrapped);
            prop_assert_eq!(record.level, bare.level, "{}", wrapped);
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn wrappers_change_nothing_about_any_text(line in "[^\\n]*") {
            blind(&line)?;
        }

        #[test]
        fn wrappers_change_nothing_about_what_is_nearly_a_line(line in nearly_a_line()) {
            blind(&line)?;
        }
    }
}
