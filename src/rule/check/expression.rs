//! CEL: what does not parse, what does not fit together, what cannot hold.

use super::types::{self, Scope, Type};
use super::{Care, Check, constant};
use crate::rule::file::At;
use crate::rule::{Condition, lints};

impl Check<'_> {
    /// A condition: it must give true or false, and not always the same.
    pub fn condition(&mut self, at: &At<String>, what: &str, scope: &Scope<'_>) -> Option<Condition> {
        if self.care == Care::Shipped {
            return Some(Condition::defer(&at.value));
        }
        let before = self.said.len();
        let condition = self.parse(at)?;
        let found = self.typed(at, &condition, scope);
        if self.said.len() > before {
            return Some(condition);
        }
        if !matches!(found, Type::Bool | Type::Any) {
            let place = at.place;
            let complaint = self
                .said
                .say(
                    &lints::TYPES,
                    super::first_line(self.said.source, place),
                    format!("`{what}` wants true or false"),
                )
                .label(format!("this is {}", found.name()));
            complaint.help(types::compare_it(&at.value, &found));
            return Some(condition);
        }
        if !self.is_thorough() {
            return Some(condition);
        }
        for (range, holds) in constant::parts(&condition, scope) {
            let place = self.said.inside(at, &range);
            let (lint, message, help) = if holds {
                (
                    &lints::ALWAYS,
                    "this always holds",
                    "take it away, or ask for what healthy clusters do not show",
                )
            } else {
                (&lints::NEVER, "this can never hold", "use `||` where either will do, or mend the numbers")
            };
            self.said.say(lint, place, message).help(help);
        }
        Some(condition)
    }

    /// An expression that gives a value.
    pub fn expression(&mut self, at: &At<String>, what: &str, scope: &Scope<'_>) -> Option<Condition> {
        if self.care == Care::Shipped {
            return Some(Condition::defer(&at.value));
        }
        let condition = self.parse(at)?;
        let before = self.said.len();
        let found = self.typed(at, &condition, scope);
        if self.said.len() == before && matches!(found, Type::Map) {
            self.said
                .say(&lints::TYPES, at.place, format!("{what} wants one value or a list of them"))
                .label(format!("this is {}", found.name()))
                .help("name what is inside: `object.spec.name`");
        }
        Some(condition)
    }

    fn parse(&mut self, at: &At<String>) -> Option<Condition> {
        // An empty one, or one that is not there, has been said.
        if at.value.trim().is_empty() {
            return None;
        }
        match Condition::compile(&at.value) {
            Ok(condition) => Some(condition),
            Err(error) => {
                let place = self.said.inside(at, &error.at);
                self.said.say(&lints::EXPRESSION, place, error.message).help_if(error.help);
                None
            }
        }
    }

    fn typed(&mut self, at: &At<String>, condition: &Condition, scope: &Scope<'_>) -> Type {
        let (found, faults) = types::of(condition, scope);
        for fault in faults {
            let place = self.said.inside(at, &fault.at);
            self.said.say(fault.lint, place, fault.message).label(fault.label).help_if(fault.help);
        }
        found
    }
}
