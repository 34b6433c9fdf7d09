//! How the lines of a stream lie in time: from when to when, where they are silent, and in which order they stand.
//!
//! Seen are samples, not all lines. So a silence is one only if there is no more of the file between its ends than
//! between other samples: where sampling was sparse, nobody knows.

use std::fmt;

use crate::base::stamp::SECOND;
use crate::base::{Time, TimeSpan};

/// What samples tell of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    /// From the earliest to the latest line; `None` without samples.
    pub span: Option<TimeSpan>,
    /// The longest silences, in the order of time.
    pub gaps: Vec<TimeSpan>,
    /// The order of the lines.
    pub order: Order,
}

/// In which order lines stand in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// No line is earlier than the one before it.
    Forward,
    /// The newest is first (`journalctl -r`).
    Backward,
    /// So many logs, one after the other, each in order (`kubectl logs --all-containers`).
    Blocks(usize),
    /// Lines step back: a little, because several writers share the file, or without any order.
    Jittered,
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forward => f.write_str("in order"),
            Self::Backward => f.write_str("newest first"),
            Self::Blocks(n) => write!(f, "{n} logs one after the other"),
            Self::Jittered => f.write_str("not in order"),
        }
    }
}

/// So many gaps are kept.
const GAPS_MAX: usize = 5;

/// Less is no silence worth a word.
const GAP_MIN: i64 = 600 * SECOND;

/// A gap is so many times as long as the silence that one meets elsewhere, and no more of the file lies in it than so
/// many times what lies between other samples.
const OUT_OF_PROPORTION: u64 = 10;

/// Writers that share a file overtake each other by less than this.
const JITTER: i64 = 60 * SECOND;

/// Blocks have so many samples on average; what steps back more often has no order.
const BLOCK_MIN: usize = 3;

/// Surveys a stream by samples in the order of the file: the offset of a line in bytes, and its time.
#[must_use]
pub fn survey(sightings: &[(u64, Time)]) -> Survey {
    let span =
        sightings.iter().map(|(_, at)| TimeSpan::at(*at)).fold(None, |a, b| TimeSpan::join(a, Some(b)));
    let order = order(sightings);
    Survey { span, gaps: gaps(sightings, order), order }
}

fn steps(sightings: &[(u64, Time)]) -> impl Iterator<Item = i64> {
    sightings.iter().zip(sightings.iter().skip(1)).map(|((_, a), (_, b))| b.0.saturating_sub(a.0))
}

fn order(sightings: &[(u64, Time)]) -> Order {
    let count = |is: fn(&i64) -> bool| steps(sightings).filter(is).count();
    let back = count(|step| *step < 0);
    let blocks = count(|step| *step < -JITTER) + 1;
    match back {
        0 => Order::Forward,
        _ if back > 4 * count(|step| *step > 0) => Order::Backward,
        _ if blocks > 1 && blocks * BLOCK_MIN <= sightings.len() => Order::Blocks(blocks),
        _ => Order::Jittered,
    }
}

/// A sample, and the block that it is in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Sample {
    time: Time,
    at: u64,
    block: usize,
}

fn gaps(sightings: &[(u64, Time)], order: Order) -> Vec<TimeSpan> {
    let in_blocks = matches!(order, Order::Blocks(_));
    let mut samples: Vec<Sample> = Vec::with_capacity(sightings.len());
    for (at, time) in sightings {
        let block = samples.last().map_or(0, |before| {
            let begins = in_blocks && time.0.saturating_sub(before.time.0) < -JITTER;
            before.block + usize::from(begins)
        });
        samples.push(Sample { time: *time, at: *at, block });
    }
    samples.sort_unstable();
    let pairs = || samples.iter().zip(samples.iter().skip(1));
    let length = |(a, b): (&Sample, &Sample)| b.time.0.abs_diff(a.time.0);
    let usual = usual_silence(pairs().map(length).collect());
    let bytes = median(pairs().map(|(a, b)| a.at.abs_diff(b.at)).collect());
    let long = usual.saturating_mul(OUT_OF_PROPORTION).max(GAP_MIN.unsigned_abs());
    let far = bytes.saturating_mul(OUT_OF_PROPORTION);
    let mut gaps: Vec<(u64, TimeSpan)> = pairs()
        // Equality is no excess: where all silences are alike, none stands out.
        .filter(|pair| length(*pair) > long)
        .filter(|(a, b)| a.block != b.block || a.at.abs_diff(b.at) <= far)
        .map(|pair| (length(pair), TimeSpan { first: pair.0.time, last: pair.1.time }))
        .collect();
    gaps.sort_by_key(|(length, gap)| (std::cmp::Reverse(*length), gap.first));
    gaps.truncate(GAPS_MAX);
    let mut gaps: Vec<TimeSpan> = gaps.into_iter().map(|(_, gap)| gap).collect();
    gaps.sort_by_key(|gap| gap.first);
    gaps
}

/// The silence within which half of the time lies, the longest ones left out. The median of the silences themselves
/// would be that of the seconds in which a job writes, and each pause between its runs would be a gap.
fn usual_silence(mut lengths: Vec<u64>) -> u64 {
    lengths.sort_unstable();
    // Of a few silences, at most every third may be out of proportion.
    let left_out = GAPS_MAX.min(lengths.len() / 3);
    lengths.truncate(lengths.len() - left_out);
    let total: u128 = lengths.iter().map(|length| u128::from(*length)).sum();
    let mut passed = 0;
    let half = lengths.iter().find(|length| {
        passed += u128::from(**length);
        passed * 2 >= total
    });
    half.copied().unwrap_or(0)
}

fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: i64 = 60;

    /// Samples at these seconds, every hundred bytes.
    fn samples(seconds: impl IntoIterator<Item = i64>) -> Vec<(u64, Time)> {
        seconds.into_iter().enumerate().map(|(n, at)| (n as u64 * 100, Time(at * SECOND))).collect()
    }

    fn gaps_of(seconds: impl IntoIterator<Item = i64>) -> Vec<(i64, i64)> {
        shown(&survey(&samples(seconds)))
    }

    fn shown(survey: &Survey) -> Vec<(i64, i64)> {
        survey.gaps.iter().map(|gap| (gap.first.0 / SECOND, gap.last.0 / SECOND)).collect()
    }

    #[test]
    fn a_silence_out_of_proportion_is_a_gap() {
        let each_minute = |from: i64, n: i64| (0..n).map(move |minute| from + minute * MINUTE);
        assert_eq!(gaps_of(each_minute(0, 20).chain(each_minute(3000, 20))), [(1140, 3000)]);
        // Ten minutes are ten times a minute, not more.
        assert!(gaps_of(each_minute(0, 20).chain(each_minute(1140 + 600, 20))).is_empty());
        // A silence may be longer than all the rest.
        assert_eq!(gaps_of(each_minute(0, 20).chain(each_minute(90_000, 20))), [(1140, 90_000)]);
        assert_eq!(gaps_of([0, 60, 120, 90_000]), [(120, 90_000)]);
        // Two lines have no proportion.
        assert!(gaps_of([0, 90_000]).is_empty());
    }

    #[test]
    fn pauses_between_the_runs_of_a_job_are_no_gaps() {
        let run = |from: i64| (0..20).map(move |second| from + second);
        let hourly = |hours: std::ops::Range<i64>| hours.flat_map(move |hour| run(hour * 60 * MINUTE));
        assert!(gaps_of(hourly(0..24)).is_empty());
        assert_eq!(gaps_of(hourly(0..24).chain(hourly(40..60))), [(23 * 3600 + 19, 40 * 3600)]);
    }

    #[test]
    fn what_was_not_sampled_is_no_silence() {
        let mut head_and_tail = samples((0..20).chain(90_000..90_020));
        assert_eq!(shown(&survey(&head_and_tail)), [(19, 90_000)]);
        head_and_tail.iter_mut().skip(20).for_each(|(at, _)| *at += 1_000_000);
        assert!(shown(&survey(&head_and_tail)).is_empty());
    }

    #[test]
    fn the_longest_gaps_are_kept_in_the_order_of_time() {
        let begin = |run: i64| run * (70_000 + run * 100);
        let runs = (0..8).flat_map(|run| (0..1000).map(move |minute| begin(run) + minute * MINUTE));
        let longest: Vec<(i64, i64)> =
            (2..7).map(|run| (begin(run) + 999 * MINUTE, begin(run + 1))).collect();
        assert_eq!(gaps_of(runs), longest);
    }

    #[test]
    fn a_gap_is_found_in_any_order() {
        let forward: Vec<i64> = (0..30).chain(90_000..90_030).collect();
        let backward = forward.iter().rev().copied();
        let jittered = forward.chunks(2).flat_map(|pair| [pair[1], pair[0]]);
        assert_eq!(gaps_of(backward), [(29, 90_000)]);
        assert_eq!(gaps_of(jittered), [(29, 90_000)]);
        // What one block does not say, another may.
        let blocks = forward.iter().copied().chain((0..40).map(|n| n * 2500));
        assert!(gaps_of(blocks).is_empty());
    }

    #[test]
    fn the_order_of_lines_is_told() {
        let check = |seconds: &[i64], expect: Order| {
            assert_eq!(survey(&samples(seconds.iter().copied())).order, expect, "{seconds:?}");
        };
        check(&[], Order::Forward);
        check(&[5], Order::Forward);
        check(&[1, 1, 2, 2, 90_000], Order::Forward);
        check(&[90_000, 500, 500, 2, 1], Order::Backward);
        check(&[1, 3, 2, 4], Order::Jittered);
        check(&[0, 500, 900, 0, 400, 800], Order::Blocks(2));
        check(&[0, 500, 900, 0, 400, 800, 790, 10, 500, 1000], Order::Blocks(3));
        check(&[0, 900, 100, 1000, 200, 1100, 300], Order::Jittered);
    }

    #[test]
    fn a_survey_of_nothing_knows_nothing() {
        assert_eq!(survey(&[]), Survey { span: None, gaps: Vec::new(), order: Order::Forward });
    }

    proptest! {
        #[test]
        fn no_sample_lies_in_a_gap(sightings in prop::collection::vec((any::<u64>(), any::<i64>()), 0..60)) {
            let sightings: Vec<(u64, Time)> = sightings.into_iter().map(|(at, ns)| (at, Time(ns))).collect();
            let survey = survey(&sightings);
            let within = |gap: &TimeSpan, at: Time| gap.first < at && at < gap.last;
            for gap in &survey.gaps {
                prop_assert!(sightings.iter().all(|(_, at)| !within(gap, *at)));
            }
            let ends = sightings.iter().map(|(_, at)| *at);
            prop_assert_eq!(survey.span.map(|span| (span.first, span.last)), ends.clone().min().zip(ends.max()));
        }
    }
}
