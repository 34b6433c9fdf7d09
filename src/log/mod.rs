//! One line of a log → what it says: its time, level, message and fields.
//!
//! A line may be wrapped (CRI, docker, journald) around what the program itself wrote (klog, zap, logrus, …).
//! [`read`] takes the wrappers off from outside in, then tries the [`FORMATS`](format::FORMATS) in order. It never
//! fails: a line that no format knows is a record whose message is the whole line.
//!
//! Around lines: [`view`] makes files searchable whose bytes hide what was written, [`join`] says which lines are one
//! record, [`marker`] reads what is between the lines, and [`shape`] tells messages apart by what does not vary.

mod ansi;
mod civil;
pub mod format;
pub mod join;
pub mod level;
mod logfmt;
pub mod marker;
pub mod shape;
pub mod speaker;
pub mod view;
pub mod wrapper;

use std::borrow::Cow;

pub use level::Level;

use crate::base::{Basis, Stamp};

/// One log entry. Borrows the line; lives for one check.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record<'c> {
    /// The best time on the line: the wrapper's when it is an instant, else the program's, else the wrapper's.
    pub stamp: Option<Stamp>,
    /// The time that the wrappers wrote.
    pub outer: Option<Stamp>,
    /// The time that the program itself wrote.
    pub inner: Option<Stamp>,
    /// Whether the line has a head of its own: a format knows it, or a stamped wrapper names its program. A line
    /// without one is often the continuation of another.
    pub known: bool,
    /// The component that wrote the line, when the line itself tells: see [`speaker`]. `None` means that it is that of
    /// the file.
    pub speaker: Option<&'static str>,
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
    /// The line without its wrappers and colours, as the program wrote it.
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
    /// The level that the wrapper states.
    pub level: Option<Level>,
    /// The host that the wrapper names.
    pub host: Option<Cow<'c, str>>,
    /// The program that the wrapper names.
    pub program: Option<Cow<'c, str>>,
    /// What was wrapped.
    pub rest: Cow<'c, str>,
}

impl<'c> Unwrapped<'c> {
    /// What a wrapper that says nothing held.
    pub(crate) fn bare(rest: Cow<'c, str>) -> Self {
        Self { stamp: None, level: None, host: None, program: None, rest }
    }
}

/// How many wrappers may lie around a line (json-file around CRI around journald is already a curiosity).
const WRAPPERS_MAX: usize = 3;

/// Reads one line (without its line feed). The cost is linear in its length.
#[must_use]
pub fn read(line: &str) -> Record<'_> {
    let peeled = peel(line);
    let entry = match &peeled.text {
        Cow::Borrowed(text) => format::parse(text),
        Cow::Owned(text) => format::parse(text).map(own_entry),
    };
    let stamped_program = peeled.program.is_some() && peeled.stamp.is_some();
    let known = entry.is_some() || stamped_program;
    let entry = entry.unwrap_or_else(|| Entry { message: peeled.text.clone(), ..Entry::default() });
    Record {
        stamp: better(peeled.stamp, entry.stamp),
        outer: peeled.stamp,
        inner: entry.stamp,
        known,
        speaker: speaker::of(peeled.program.as_deref(), &entry.fields),
        level: entry.level.or(peeled.level),
        message: entry.message,
        fields: entry.fields,
        host: peeled.host,
        program: peeled.program,
        text: peeled.text,
    }
}

/// A line without its wrappers and colours, and what they say.
pub(crate) struct Peeled<'c> {
    n_wrappers: usize,
    stamp: Option<Stamp>,
    level: Option<Level>,
    host: Option<Cow<'c, str>>,
    program: Option<Cow<'c, str>>,
    pub(crate) text: Cow<'c, str>,
}

pub(crate) fn peel(line: &str) -> Peeled<'_> {
    let text = trimmed(ansi::strip(line));
    let mut peeled = Peeled { n_wrappers: 0, stamp: None, level: None, host: None, program: None, text };
    while peeled.n_wrappers < WRAPPERS_MAX {
        let Some(layer) = unwrap_once(&peeled.text) else { break };
        peeled.n_wrappers += 1;
        peeled.stamp = better(peeled.stamp, layer.stamp);
        peeled.level = layer.level.or(peeled.level);
        peeled.host = peeled.host.or(layer.host);
        peeled.program = layer.program.or(peeled.program);
        peeled.text = trimmed(layer.rest);
    }
    peeled
}

/// Without a byte order mark before it and carriage returns behind it.
fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    let trim = |text: &'_ str| -> (usize, usize) {
        let start = text.len() - text.trim_start_matches('\u{feff}').len();
        (start, text.trim_end_matches('\r').len().max(start))
    };
    let (start, end) = trim(&text);
    if (start, end) == (0, text.len()) {
        return text;
    }
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(start..end).unwrap_or(text)),
        Cow::Owned(text) => Cow::Owned(text.get(start..end).unwrap_or(&text).to_owned()),
    }
}

/// Bytes as text, with what is not UTF-8 replaced.
fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Only the time of a line, for coverage.
#[must_use]
pub fn stamp(line: &str) -> Option<Stamp> {
    read(line).stamp
}

fn unwrap_once<'c>(text: &Cow<'c, str>) -> Option<Unwrapped<'c>> {
    let unwrapped = match text {
        Cow::Borrowed(text) => wrapper::unwrap(text)?,
        Cow::Owned(text) => own_unwrapped(wrapper::unwrap(text)?),
    };
    // A wrapper that escapes what it holds hides colours too.
    match unwrapped.rest {
        Cow::Owned(rest) if text.starts_with('{') => {
            Some(Unwrapped { rest: Cow::Owned(ansi::strip(&rest).into_owned()), ..unwrapped })
        }
        _ => Some(unwrapped),
    }
}

fn own_unwrapped<'c>(unwrapped: Unwrapped<'_>) -> Unwrapped<'c> {
    let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
    Unwrapped {
        stamp: unwrapped.stamp,
        level: unwrapped.level,
        host: unwrapped.host.map(own),
        program: unwrapped.program.map(own),
        rest: own(unwrapped.rest),
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
    fn both_times_are_kept() {
        let wrapped = format!("2026-11-22T03:41:20.5Z stderr F {KLOG}");
        let record = read(&wrapped);
        assert_eq!(stamp_text(record.outer), "2026-11-22T03:41:20.5Z");
        assert_eq!(stamp_text(record.inner), "--11-22T03:41:19.405968");
        let record = read(KLOG);
        assert_eq!((record.outer, stamp_text(record.inner)), (None, "--11-22T03:41:19.405968".to_owned()));
    }

    #[test]
    fn a_line_is_known_by_a_head_of_its_own() {
        for (line, known) in [
            (KLOG, true),
            ("Nov 22 03:41:20 cp-1 systemd[1]: Started x.", true),
            ("2026-11-22T03:41:20.5Z stderr F \tat x", false),
            ("[pod/a/b] plain", false),
            ("\tat x", false),
        ] {
            assert_eq!(read(line).known, known, "{line}");
        }
    }

    #[test]
    fn colours_hide_nothing() {
        let line = "\u{1b}[33mWARN\u{1b}[0m[2026/11/22 03:13:45] No secret   \u{1b}[33mkey\u{1b}[0m=v";
        check(line, "2026-11-22T03:13:45 warning No secret");
        check(
            r#"{"log":"\u001b[31mERRO\u001b[0m[0001] lost\n","stream":"stdout","time":"2026-11-22T03:41:22Z"}"#,
            "2026-11-22T03:41:22Z error lost",
        );
        check("\u{1b}[36metcd-1  | \u{1b}[0mplain \u{1b}[1mtext", "- - plain text");
        check("\u{feff}INFO: a\r", "- info a");
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
            "\0".repeat(n),
            "50%\r".repeat(n),
            "\u{fffd}".repeat(n),
            "<1>1 - - - - - [a b=\"".to_owned() + &"\\\"".repeat(n),
            format!("{{\"MESSAGE\":[{}", "1,".repeat(n)),
            format!("type=A msg=audit(1620449081.123:1): {}", "a=b c ".repeat(n)),
            format!("a-1  |{}", " | ".repeat(n)),
            format!("1.1.1.1 - - [04/May/2021:12:00:00 +0000] {}", "\"a\" ".repeat(n)),
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
