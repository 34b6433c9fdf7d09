//! Variants of a test's bundle: with fewer lines, with lines of an earlier time, captured later.

use super::case::Case;
use crate::base::Time;
use crate::base::stamp::SECOND;
use crate::ingest::memory::Content;
use crate::log;
use crate::rule::LogSignal;

/// A line of a test: which of its contents, and which line of that.
pub type Place = (usize, usize);

const DAY: i64 = 24 * 3600;

/// The lines that hold the words of one of a signal's matches, in the order of the test.
#[must_use]
pub fn lines_of(case: &Case<'_>, signal: &LogSignal) -> Vec<Place> {
    let mut places = Vec::new();
    for (content, text) in texts(case) {
        for (number, line) in text.lines().enumerate() {
            let mut atoms = signal.patterns.iter().flat_map(|pattern| &pattern.required.atoms);
            if atoms.any(|atom| memchr::memmem::find(line.as_bytes(), atom).is_some()) {
                places.push((content, number));
            }
        }
    }
    places
}

/// The one of these lines with the earliest time.
#[must_use]
pub fn earliest(case: &Case<'_>, places: &[Place]) -> Option<Place> {
    let stamp = |place: &&Place| {
        let (_, text) = texts(case).find(|(content, _)| *content == place.0)?;
        log::read(text.lines().nth(place.1)?).stamp.map(|stamp| stamp.ns)
    };
    places.iter().filter(|place| stamp(place).is_some()).min_by_key(stamp).copied()
}

fn texts<'c>(case: &'c Case<'_>) -> impl Iterator<Item = (usize, &'c str)> {
    case.contents.iter().enumerate().filter_map(|(at, (_, content))| match content {
        Content::Log { text, .. } | Content::File { text, .. } => Some((at, text.as_str())),
        Content::Objects(_) => None,
    })
}

/// The test without these lines.
#[must_use]
pub fn without<'t>(case: &Case<'t>, places: &[Place]) -> Case<'t> {
    // A line that is left out gives nothing, and so cannot fail.
    edit(case, places, |_| Some(String::new())).unwrap_or_else(|| case.clone())
}

/// The test without the last `n` of some lines or objects.
#[must_use]
pub fn fewer<'t>(case: &Case<'t>, parts: &[Place], n: u64) -> Case<'t> {
    let kept = parts.len().saturating_sub(usize::try_from(n).unwrap_or(usize::MAX));
    let gone = parts.get(kept..).unwrap_or_default();
    let mut case = without(case, gone);
    for (at, (_, content)) in case.contents.iter_mut().enumerate() {
        if let Content::Objects(objects) = content {
            let mut number = 0;
            objects.retain(|_| {
                number += 1;
                !gone.contains(&(at, number - 1))
            });
        }
    }
    case
}

/// The test with these lines written so many seconds earlier; `None` where their times cannot be rewritten.
#[must_use]
pub fn earlier<'t>(case: &Case<'t>, places: &[Place], seconds: u64) -> Option<Case<'t>> {
    let seconds = i64::try_from(seconds).ok()?;
    edit(case, places, |line| Some(moved(line, seconds)? + "\n"))
}

/// The test captured so many seconds later.
#[must_use]
pub fn captured_later<'t>(case: &Case<'t>, seconds: u64) -> Case<'t> {
    let later = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(SECOND);
    Case { captured_at: Time(case.captured_at.0.saturating_add(later)), ..case.clone() }
}

/// The test with other text in place of some lines.
fn edit<'t>(case: &Case<'t>, places: &[Place], change: impl Fn(&str) -> Option<String>) -> Option<Case<'t>> {
    let mut case = case.clone();
    for (at, (_, content)) in case.contents.iter_mut().enumerate() {
        let (Content::Log { text, .. } | Content::File { text, .. }) = content else { continue };
        if !places.iter().any(|(content, _)| *content == at) {
            continue;
        }
        let mut out = String::new();
        for (number, line) in text.lines().enumerate() {
            if places.contains(&(at, number)) {
                out.push_str(&change(line)?);
            } else {
                out.push_str(line);
                out.push('\n');
            }
        }
        *text = out;
    }
    Some(case)
}

/// A line with all its times of day moved back; `None` when a time would be of the day before, or when the line then does not
/// say what was asked for.
fn moved(line: &str, seconds: i64) -> Option<String> {
    let before = log::read(line).stamp?;
    let mut out = String::with_capacity(line.len());
    let mut at = 0;
    while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
        let width = rest.chars().next().map_or(1, char::len_utf8);
        let is_start = !line.get(..at).is_some_and(|head| head.ends_with(|c: char| c.is_ascii_digit()));
        match rest.get(..8).and_then(second_of_day).filter(|_| is_start) {
            Some(second) => {
                let second = second.checked_sub(seconds).filter(|second| (0..DAY).contains(second))?;
                out.push_str(&format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60));
                at += 8;
            }
            None => {
                out.push_str(rest.get(..width)?);
                at += width;
            }
        }
    }
    let after = log::read(&out).stamp?;
    (after.basis == before.basis && before.ns - after.ns == seconds * SECOND).then_some(out)
}

/// `03:11:12` → the second of the day.
fn second_of_day(text: &str) -> Option<i64> {
    let parts: Vec<&str> = text.split(':').collect();
    let [hour, minute, second] = parts.as_slice() else { return None };
    let two = |part: &str| {
        let is_number = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<i64>().ok().filter(|_| is_number)
    };
    Some(two(hour)? * 3600 + two(minute)? * 60 + two(second)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_moved_whatever_wrote_them() {
        let check = |line: &str, expect: &str| assert_eq!(moved(line, 65).as_deref(), Some(expect), "{line}");
        check("2026-11-22 03:11:12.437435 E | raft: x", "2026-11-22 03:10:07.437435 E | raft: x");
        check("I1122 03:00:00.000000       1 a.go:1] x", "I1122 02:58:55.000000       1 a.go:1] x");
        check(
            "{\"level\":\"info\",\"ts\":\"2026-11-22T03:07:25.1Z\",\"msg\":\"x\"}",
            "{\"level\":\"info\",\"ts\":\"2026-11-22T03:06:20.1Z\",\"msg\":\"x\"}",
        );
    }

    #[test]
    fn a_time_that_cannot_be_moved_is_not() {
        assert_eq!(moved("no time at all", 5), None);
        assert_eq!(moved("2026-11-22 00:00:04.437435 E | raft: x", 5), None);
    }
}
