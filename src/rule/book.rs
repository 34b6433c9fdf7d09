//! Books of rules: the one inside the program, and those of the user.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{Rule, check};
use crate::base::{Diagnostic, words};

/// Rules in the order of their ids.
#[derive(Debug, Default)]
pub struct Rulebook {
    /// The rules.
    pub rules: Vec<Rule>,
    /// SHA-256 over all rule files in the order of their ids, in hex.
    pub sha256: String,
}

// The built-in rule files: (path, text), sorted by path. Made by build.rs.
include!(concat!(env!("OUT_DIR"), "/rules.rs"));

impl Rulebook {
    /// The rules inside the program.
    #[must_use]
    pub fn built_in() -> (Self, Vec<Diagnostic>) {
        Self::from_files(BUILT_IN.iter().map(|(path, text)| (*path, *text)))
    }

    /// Checks and compiles rule files. A later file with the id of an earlier one replaces it and says so; a broken
    /// file is said and left out.
    pub fn from_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> (Self, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        let mut rules: BTreeMap<String, (Rule, &str)> = BTreeMap::new();
        for (path, text) in files {
            let (rule, mut said) = check::check(path, text);
            diagnostics.append(&mut said);
            let Some(rule) = rule else { continue };
            if let Some((old, _)) = rules.get(&rule.id) {
                diagnostics.push(
                    Diagnostic::info(
                        "rule-replaced",
                        format!("`{}` replaces the rule of `{}`", rule.id, old.file),
                    )
                    .in_file(path),
                );
            }
            rules.insert(rule.id.clone(), (rule, text));
        }
        let mut digest = Sha256::new();
        for (id, (_, text)) in &rules {
            digest.update(id.as_bytes());
            digest.update(text.as_bytes());
        }
        let sha256 = words::hex(&digest.finalize());
        let book = Self { rules: rules.into_values().map(|(rule, _)| rule).collect(), sha256 };
        diagnostics.extend(book.dead_ends());
        (book, diagnostics)
    }

    /// `explains` that name no rule.
    fn dead_ends(&self) -> Vec<Diagnostic> {
        let known: Vec<&str> = self
            .rules
            .iter()
            .flat_map(|rule| std::iter::once(&rule.id).chain(&rule.aliases))
            .map(String::as_str)
            .collect();
        let mut said = Vec::new();
        for rule in &self.rules {
            for id in rule.explains.iter().filter(|id| !known.contains(&id.as_str())) {
                let hint = words::nearest(id, known.iter().copied())
                    .map_or(String::new(), |near| format!("; did you mean `{near}`?"));
                said.push(
                    Diagnostic::warning("rule-explains", format!("`explains` names no rule: `{id}`{hint}"))
                        .in_file(&rule.file),
                );
            }
        }
        said
    }

    /// The rule with this id or alias.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id || rule.aliases.iter().any(|alias| alias == id))
    }
}
