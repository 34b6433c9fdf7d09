//! Books of rules: the one inside the program, and those of the user.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{Rule, check, file};
use crate::base::{Diagnostic, words};

/// Rules in the order of their ids.
#[derive(Debug, Default)]
pub struct Rulebook {
    /// The rules.
    pub rules: Vec<Rule>,
    /// SHA-256 over all rule files in the order of their ids, in hex.
    pub sha256: String,
    /// Ids of the rules that did not come with the program, sorted.
    pub own: Vec<String>,
}

// The built-in rule files: (path, text), sorted by path. Made by build.rs.
include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// Who wrote a rule file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    BuiltIn,
    Own,
}

impl Rulebook {
    /// The rules inside the program.
    #[must_use]
    pub fn built_in() -> (Self, Vec<Diagnostic>) {
        Self::with_built_in([])
    }

    /// The rules inside the program and these files, of which one with the id of a built-in rule replaces it.
    pub fn with_built_in<'a>(own: impl IntoIterator<Item = (&'a str, &'a str)>) -> (Self, Vec<Diagnostic>) {
        let built_in = BUILT_IN.iter().map(|(path, text)| (Origin::BuiltIn, *path, *text));
        Self::compile(built_in.chain(own.into_iter().map(|(path, text)| (Origin::Own, path, text))))
    }

    /// The rules of these files only.
    pub fn from_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> (Self, Vec<Diagnostic>) {
        Self::compile(files.into_iter().map(|(path, text)| (Origin::Own, path, text)))
    }

    /// Checks and compiles rule files. A later file with the id of an earlier one replaces it and says so; a broken
    /// file is said and left out.
    fn compile<'a>(files: impl Iterator<Item = (Origin, &'a str, &'a str)>) -> (Self, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        let mut rules: BTreeMap<String, (Rule, Origin, &str)> = BTreeMap::new();
        for (origin, path, text) in files {
            let (rule, mut said) = check::check(path, text);
            diagnostics.append(&mut said);
            match rule {
                Some(rule) => {
                    let old = rules.get(&rule.id).map(|(old, origin, _)| (old, *origin));
                    diagnostics.extend(old.map(|(old, by)| replaced(&rule, old, by)));
                    rules.insert(rule.id.clone(), (rule, origin, text));
                }
                None => diagnostics.extend(stays(&rules, path)),
            }
        }
        let mut digest = Sha256::new();
        for (id, (_, _, text)) in &rules {
            digest.update(id.as_bytes());
            digest.update(text.as_bytes());
        }
        let sha256 = words::hex(&digest.finalize());
        let own = rules.values().filter(|(_, origin, _)| *origin == Origin::Own);
        let own = own.map(|(rule, ..)| rule.id.clone()).collect();
        let book = Self { rules: rules.into_values().map(|(rule, ..)| rule).collect(), sha256, own };
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

    /// The rule with this id or alias, for whoever typed it.
    ///
    /// # Errors
    /// What to do when there is none.
    pub fn find(&self, id: &str) -> Result<&Rule, String> {
        self.get(id).ok_or_else(|| {
            let known = self.rules.iter().flat_map(|rule| std::iter::once(&rule.id).chain(&rule.aliases));
            words::nearest(id, known.map(String::as_str)).map_or_else(
                || "`rancher-bundle rules list` shows them all".to_owned(),
                |near| format!("did you mean `{near}`?"),
            )
        })
    }

    /// The rule with this id or alias.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id || rule.aliases.iter().any(|alias| alias == id))
    }
}

/// Says that a rule takes the place of another one. Of two that the user gave, one is probably a copy.
fn replaced(new: &Rule, old: &Rule, by: Origin) -> Diagnostic {
    match by {
        Origin::BuiltIn => {
            Diagnostic::info("rule-replaced", format!("`{}` replaces the built-in rule of this id", new.id))
        }
        Origin::Own => Diagnostic::warning(
            "rule-twice",
            format!("two files have the rule `{}`: this one counts, `{}` is left out", new.id, old.file),
        )
        .help("remove one of them, or give it another id"),
    }
    .in_file(&new.file)
}

/// Says that a rule which should have been replaced is still used.
fn stays(rules: &BTreeMap<String, (Rule, Origin, &str)>, path: &str) -> Option<Diagnostic> {
    let (old, ..) = rules.get(file::id_of_name(path)?)?;
    let what = format!("this file is left out, so the rule `{}` of `{}` is used", old.id, old.file);
    Some(Diagnostic::info("rule-not-replaced", what).in_file(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(id: &str, title: &str) -> String {
        format!(
            "id: {id}\ntitle: {title}\nseverity: info\ncomponent: etcd\nabout: why\nsignals:\n  s: {{logs: etcd, match: some words}}\nwhen: s.count > 0\n"
        )
    }

    /// Reads files of our own beside the built-in ones; gives the title of the rule, and what was said of it.
    fn check(id: &str, files: &[(&str, &str)]) -> (String, Vec<String>) {
        let (book, said) = Rulebook::with_built_in(files.iter().copied());
        let said = said.iter().map(|d| format!("{}: {}", d.code, d.message)).collect();
        (book.get(id).map(|rule| rule.title.clone()).unwrap_or_default(), said)
    }

    #[test]
    fn a_rule_of_ones_own_stands_beside_the_built_in_ones_and_changes_the_digest() {
        let text = rule("my-rule", "mine");
        let (book, said) = Rulebook::with_built_in([("d/my-rule.yaml", &*text)]);
        assert!(said.is_empty(), "{said:?}");
        let (built_in, _) = Rulebook::built_in();
        assert_eq!((book.rules.len(), book.own), (built_in.rules.len() + 1, vec!["my-rule".to_owned()]));
        assert_ne!(book.sha256, built_in.sha256);
        assert_eq!(Rulebook::from_files([("d/my-rule.yaml", &*text)]).0.rules.len(), 1);
    }

    #[test]
    fn what_replaces_a_rule_is_said() {
        let (path, text) = BUILT_IN[0];
        let (sound, _) = Rulebook::from_files([(path, text)]);
        let id = &sound.rules[0].id;
        let (file, copy) = (format!("mine/{id}.yaml"), format!("copy/{id}.yaml"));
        let (first, second) = (rule(id, "first"), rule(id, "second"));
        assert_eq!(
            check(id, &[(&file, &first)]),
            (
                "first".to_owned(),
                vec![format!("rule-replaced: `{id}` replaces the built-in rule of this id")]
            )
        );
        let (title, said) = check(id, &[(&file, &first), (&copy, &second)]);
        assert_eq!(title, "second");
        assert!(said[1].contains("this one counts, `mine/"), "{said:?}");
    }

    #[test]
    fn a_broken_rule_replaces_nothing_and_that_is_said() {
        let (path, _) = BUILT_IN[0];
        let id = path.rsplit('/').next().unwrap().strip_suffix(".yaml").unwrap();
        let (title, said) = check(id, &[(&format!("mine/{id}.yaml"), "id: [")]);
        assert!(!title.is_empty() && said[0].starts_with("rule-syntax"), "{said:?}");
        assert!(said[1].ends_with(&format!("the rule `{id}` of `{path}` is used")), "{said:?}");
    }
}
