//! Severity and confidence that depend on the evidence.

use super::Check;
use super::signal::Shape;
use super::types::Scope;
use crate::rule::file::{At, Place, Scale, Step};
use crate::rule::{Holds, lints};

impl Check<'_> {
    /// The steps of a scale (severity, confidence) with what makes them hold, highest first.
    pub fn steps(
        &mut self,
        what: &str,
        written: &At<Scale>,
        scale: &[&str],
        shapes: &[Shape],
    ) -> Vec<(usize, Holds)> {
        let mut steps: Vec<(usize, Place, Holds)> = Vec::new();
        match &written.value {
            Scale::One(word) => {
                let level = self.word(&written.with(word.clone()), scale, what);
                steps.extend(level.map(|level| (level, written.place, Holds::Always)));
            }
            Scale::Steps(named) => {
                for (word, step) in &named.0 {
                    let level = self.word(word, scale, what);
                    let holds = match &step.value {
                        Step::Count(count) => Some(Holds::Count(*count)),
                        Step::Always => Some(Holds::Always),
                        Step::When(source) => self
                            .condition(&step.with(source.clone()), what, &Scope::Signals(shapes))
                            .map(Holds::When),
                    };
                    steps.extend(level.zip(holds).map(|(level, holds)| (level, word.place, holds)));
                }
            }
        }
        steps.sort_by_key(|(level, ..)| std::cmp::Reverse(*level));
        self.unreachable(&steps, scale);
        steps.into_iter().map(|(level, _, holds)| (level, holds)).collect()
    }

    /// Steps before which a higher one always holds.
    fn unreachable(&mut self, steps: &[(usize, Place, Holds)], scale: &[&str]) {
        let name = |level: usize| scale.get(level).copied().unwrap_or_default();
        for (index, (level, place, holds)) in steps.iter().enumerate() {
            let higher = steps.iter().take(index).find(|(.., higher)| forestalls(higher, holds));
            let Some((above, above_place, _)) = higher else { continue };
            self.said
                .say(&lints::UNREACHABLE, *place, format!("`{}` is never reached", name(*level)))
                .also(*above_place, format!("`{}` holds whenever it does", name(*above)))
                .help("the highest step that holds counts: ask more of the higher one");
        }
    }
}

/// Whether a higher step holds whenever a lower one does.
fn forestalls(higher: &Holds, lower: &Holds) -> bool {
    match (higher, lower) {
        (Holds::Always, _) => true,
        // A finding has at least one hit.
        (Holds::Count(higher), Holds::Count(lower)) => higher <= lower,
        (Holds::Count(higher), _) => *higher <= 1,
        (Holds::When(higher), Holds::When(lower)) => higher.source == lower.source,
        (Holds::When(_), _) => false,
    }
}
