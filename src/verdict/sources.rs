//! What of a signal's sources is there: on which nodes, for which time, and what is missing.

use std::collections::BTreeSet;

use super::derive::Sources;
use super::group::Found;
use super::signal::Contribution;
use super::timeline::Instant;
use super::{Judge, Lack, TIMES};
use crate::artifact::component::{self, Runs};
use crate::base::Time;
use crate::base::stamp::duration_text;
use crate::model::coverage::{Covered, Gap};
use crate::rule::{ANY, Answer, Signal, SignalSource};

impl Judge<'_> {
    /// Whether a node is one of those that are named, by name or role. Of an unknown node nobody knows that it is not.
    pub(super) fn is_on(&self, node: Option<&str>, named: &[String]) -> bool {
        let Some(node) = node else { return true };
        let about = self.ingested.bundle.nodes.get(node);
        named.iter().any(|name| name == node || about.is_some_and(|about| about.roles.contains(name)))
    }

    /// The hits that are recent enough for the signal.
    pub(super) fn recent(
        &self,
        signal: &Signal,
        contributions: Vec<Contribution>,
        lacks: &mut BTreeSet<Lack>,
    ) -> Vec<Contribution> {
        let (Some(recent), Some(captured_at)) = (signal.recent, self.ingested.bundle.captured_at) else {
            return contributions;
        };
        let since = captured_at.0.saturating_sub(recent);
        let holds = |at: Option<Instant>| match at {
            Some(at) if at.ns >= since => Answer::True,
            Some(at) if at.last() < since => Answer::False,
            _ => Answer::Unknown,
        };
        let mut parts = Vec::new();
        for contribution in contributions {
            let (part, unsure) = contribution.part(&holds);
            if unsure > 0 {
                let reason = "there are lines of which it is not known whether they are recent".to_owned();
                let gap = Gap { node: contribution.node.clone(), reason };
                lacks.insert(Lack { source: TIMES.to_owned(), gap });
            }
            parts.push(part);
        }
        parts.retain(|part| part.count > 0);
        parts
    }

    /// The time that the logs of these components cover, where it is limited.
    pub(super) fn covered(&self, components: &[String]) -> Vec<(String, Covered)> {
        let of = |component: &String| {
            let spans = self.coverage.covered.get(component).cloned().unwrap_or_default();
            let source = format!("{component} logs");
            spans.into_iter().map(move |covered| (source.clone(), covered))
        };
        if components.iter().any(|component| component == ANY) {
            // A pod's log begins with the pod: only what runs as long as its node says how far the logs reach.
            let lasts = |name: &&String| {
                component::find(name).is_some_and(|about| !matches!(about.runs, Runs::Pods | Runs::Anywhere))
            };
            return self.coverage.covered.keys().filter(lasts).flat_map(of).collect();
        }
        components.iter().flat_map(of).collect()
    }

    /// Logs that do not reach back for as long as a signal looks.
    pub(super) fn too_short(&self, covered: &[(String, Covered)], recent: i64) -> Vec<Lack> {
        let Some(captured_at) = self.ingested.bundle.captured_at else { return Vec::new() };
        let since = Time(captured_at.0.saturating_sub(recent));
        let mut short: Vec<Lack> = Vec::new();
        for (source, covered) in covered {
            let Some(from) = covered.from.filter(|from| *from > since) else { continue };
            let reason = format!(
                "they begin at {}, less than {} before the capture",
                from.to_seconds_text(),
                duration_text(captured_at.seconds_since(since))
            );
            short.push(Lack {
                source: format!("earlier {source}"),
                gap: Gap { node: covered.node.clone(), reason },
            });
        }
        short
    }

    /// What is known of a signal's sources before it is compared with others.
    pub(super) fn sources(&self, found: &Found<'_>) -> Sources {
        let covered = match &found.signal.source {
            SignalSource::Logs(logs) => self.covered(&logs.components),
            SignalSource::Objects(_) | SignalSource::Derived(_) => Vec::new(),
        };
        Sources { lacks: found.lacks.clone(), covered, captured_at: self.ingested.bundle.captured_at }
    }

    /// What is missing of the logs of these components.
    pub(super) fn log_lacks(&self, components: &[String]) -> Vec<Lack> {
        let any = components.iter().any(|component| component == ANY);
        let mut named: Vec<&String> =
            if any { self.coverage.logs.keys().collect() } else { components.iter().collect() };
        // A source that nobody expects is missed only by a rule that has no other.
        let expected = |name: &String| component::find(name).is_none_or(|about| about.runs != Runs::Anywhere);
        if named.iter().any(|name| expected(name)) {
            named.retain(|name| expected(name));
        }
        let of = |component: &String| {
            let source = format!("{component} logs");
            self.coverage.log_gaps(component).into_iter().map(move |gap| Lack { source: source.clone(), gap })
        };
        named.into_iter().flat_map(of).collect()
    }
}
