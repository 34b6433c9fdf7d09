//! `rules lint`

use super::super::{Outcome, print, say};
use crate::artifact::component;
use crate::base::{Diagnostic, words};
use crate::rule::{ANY, Rulebook, SignalSource};

/// Says what is wrong with the rules.
pub fn run(book: &Rulebook, said: &[Diagnostic]) -> Outcome {
    said.iter().for_each(say);
    print(&format!(
        "{}, {}\n",
        words::count(book.rules.len() as u64, "rule"),
        words::count(said.len() as u64, "diagnostic")
    ));
    Outcome::Fine
}

/// Components that rules name and no layout knows.
pub fn unknown_components(book: &Rulebook) -> Vec<Diagnostic> {
    let mut said = Vec::new();
    for rule in &book.rules {
        for signal in &rule.signals {
            let SignalSource::Logs(logs) = &signal.source else { continue };
            for name in logs.components.iter().filter(|name| *name != ANY && component::find(name).is_none())
            {
                let known = component::COMPONENTS.iter().map(|about| about.name);
                let hint = words::nearest(name, known)
                    .map_or(String::new(), |near| format!("; did you mean `{near}`?"));
                said.push(
                    Diagnostic::error("rule-component", format!("no such component: `{name}`{hint}"))
                        .in_file(&rule.file),
                );
            }
        }
    }
    said
}
