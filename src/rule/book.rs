//! Books of rules: the one inside the program, and those of the user.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::complaints::Complaints;
use super::file::{At, RuleFile};
use super::{Rule, Vocabulary, check, lints, read};
use crate::base::{Diagnostic, words};

/// Rules in the order of their ids.
#[derive(Debug, Default)]
pub struct Rulebook {
    /// The rules.
    pub rules: Vec<Rule>,
    /// SHA-256 over all rule files in the order of their ids, in hex.
    pub sha256: String,
    /// Rule files that were read, with those that are broken.
    pub files: usize,
}

// The built-in rule files: (path, text), sorted by path. Made by build.rs.
include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// One file of a book, whether or not its rule can be used.
struct Page<'a> {
    path: &'a str,
    text: &'a str,
    file: RuleFile,
}

/// What other rules need to know of a rule.
struct Entry {
    names: Vec<String>,
    layer: u8,
}

impl Entry {
    fn of(file: &RuleFile) -> Self {
        let names = std::iter::once(&file.id.value).chain(file.aliases.0.iter().map(|at| &at.value));
        Self { names: names.cloned().collect(), layer: check::layer(file) }
    }

    fn is(&self, name: &str) -> bool {
        self.names.iter().any(|own| own == name)
    }
}

impl Rulebook {
    /// The rules inside the program.
    #[must_use]
    pub fn built_in(vocabulary: &Vocabulary) -> (Self, Vec<Diagnostic>) {
        Self::from_files(BUILT_IN.iter().map(|(path, text)| (*path, *text)), vocabulary)
    }

    /// Checks and compiles rule files. A later file with the id of an earlier one replaces it and says so; a broken
    /// file is said and left out. The words that rules may name are those of the vocabulary; with an empty one, any.
    pub fn from_files<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
        vocabulary: &Vocabulary,
    ) -> (Self, Vec<Diagnostic>) {
        let mut said: BTreeMap<usize, Vec<Diagnostic>> = BTreeMap::new();
        let mut rules: BTreeMap<String, (Rule, &str)> = BTreeMap::new();
        let mut pages: Vec<Page<'_>> = Vec::new();
        for (index, (path, text)) in files.into_iter().enumerate() {
            let checked = check::check(path, text, vocabulary);
            said.insert(index, checked.said);
            if let (Some(rule), Some(file)) = (checked.rule, &checked.file) {
                if let Some((old, _)) = rules.get(&rule.id) {
                    let mut complaints = Complaints::new(path, text);
                    complaints
                        .say(&lints::REPLACED, file.id.place, format!("`{}` replaces the rule of `{}`", rule.id, old.file));
                    said.entry(index).or_default().append(&mut complaints.finish());
                }
                rules.insert(rule.id.clone(), (rule, text));
            }
            pages.extend(checked.file.map(|file| Page { path, text, file }));
        }
        let mut digest = Sha256::new();
        for (id, (_, text)) in &rules {
            digest.update(id.as_bytes());
            digest.update(text.as_bytes());
        }
        let sha256 = words::hex(&digest.finalize());
        let book = Self { rules: rules.into_values().map(|(rule, _)| rule).collect(), sha256, files: said.len() };
        let mut diagnostics: Vec<Diagnostic> = said.into_values().flatten().collect();
        diagnostics.extend(links(&pages));
        (book, diagnostics)
    }

    /// The rule with this id or alias.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id || rule.aliases.iter().any(|alias| alias == id))
    }
}

/// What is wrong between rules: `explains` and aliases. A file that is broken still has its names; rules of the program
/// count, too, because files of a user are read beside them.
fn links(pages: &[Page<'_>]) -> Vec<Diagnostic> {
    let mut known: Vec<Entry> = pages.iter().map(|page| Entry::of(&page.file)).collect();
    let own = known.len();
    let unresolved = |page: &Page<'_>| {
        let mut named = page.file.explains.0.iter();
        named.any(|at| !known.iter().any(|entry| entry.is(&at.value)))
    };
    if pages.iter().any(unresolved) && !pages.iter().any(|page| BUILT_IN.iter().any(|(path, _)| *path == page.path)) {
        known.extend(built_in_entries());
    }
    let mut said = Vec::new();
    for (index, page) in pages.iter().enumerate() {
        let mut complaints = Complaints::new(page.path, page.text);
        for at in &page.file.explains.0 {
            explains(&mut complaints, page, at, &known);
        }
        for alias in &page.file.aliases.0 {
            let others = known.iter().take(own).enumerate().filter(|(other, _)| *other != index);
            let clash = others.map(|(_, entry)| entry).find(|entry| entry.is(&alias.value));
            let Some(clash) = clash.filter(|entry| entry.names.first() != Some(&page.file.id.value)) else { continue };
            complaints
                .say(&lints::ALIAS, alias.place, format!("`{}` is taken", alias.value))
                .label(format!("the rule `{}` answers to it", clash.names.first().map_or("", String::as_str)))
                .help("an alias belongs to one rule: take it away here or there");
        }
        said.append(&mut complaints.finish());
    }
    said
}

fn built_in_entries() -> impl Iterator<Item = Entry> {
    BUILT_IN.iter().filter_map(|(path, text)| {
        let mut unsaid = Complaints::new(path, text);
        Some(Entry::of(&read::rule(&mut unsaid)?))
    })
}

fn explains(complaints: &mut Complaints<'_>, page: &Page<'_>, at: &At<String>, known: &[Entry]) {
    let Some(entry) = known.iter().find(|entry| entry.is(&at.value)) else {
        let names = known.iter().flat_map(|entry| &entry.names).map(String::as_str);
        let near = words::nearest(&at.value, names);
        complaints.say(&lints::EXPLAINS, at.place, format!("there is no rule `{}`", at.value)).help(match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`rules list` names them all".to_owned(),
        });
        return;
    };
    let layer = check::layer(&page.file);
    if entry.is(&page.file.id.value) {
        complaints.say(&lints::EXPLAINS, at.place, "a rule does not explain itself").help("take it away");
    } else if entry.layer < layer {
        complaints
            .say(&lints::EXPLAINS, at.place, format!("`{}` can never be explained by this rule", at.value))
            .label(format!("it is of layer {}, this rule of layer {layer}", entry.layer))
            .help("a cause lies in the same layer or a deeper one: take it away, or correct a `layer`");
    }
}
