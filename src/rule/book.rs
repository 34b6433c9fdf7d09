//! Books of rules: the one inside the program, and those of the user.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use sha2::{Digest, Sha256};

use super::check::Care;
use super::complaints::Complaints;
use super::file::{self, At, RuleFile};
use super::{Rule, Vocabulary, check, lints, read};
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
    /// Rule files that were read, with those that are broken.
    pub files: usize,
}

// The built-in rule files: (path, text), sorted by path. Made by build.rs.
include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// Who wrote a rule file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    BuiltIn,
    Own,
}

/// One file of a book, whether or not its rule can be used.
struct Page<'a> {
    origin: Origin,
    path: &'a str,
    text: &'a str,
    file: RuleFile,
}

/// A file of a book: who wrote it, its path, what is in it.
type Text<'a> = (Origin, &'a str, &'a str);

/// The rules that were read so far, by id.
type Rules<'a> = BTreeMap<String, (Rule, Origin, &'a str)>;

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
        Self::compile(built_in(), vocabulary, Care::Everything)
    }

    /// The rules inside the program and these files, of which one with the id of a built-in rule replaces it.
    pub fn with_built_in<'a>(
        own: impl IntoIterator<Item = (&'a str, &'a str)>,
        vocabulary: &Vocabulary,
    ) -> (Self, Vec<Diagnostic>) {
        Self::compile(built_in().chain(of_user(own)), vocabulary, Care::Everything)
    }

    /// As [`Rulebook::with_built_in`], for whoever reads a bundle and waits for this: no rule has its tests, and of the built-in ones
    /// nothing is said.
    pub fn for_bundles<'a>(
        own: impl IntoIterator<Item = (&'a str, &'a str)>,
        vocabulary: &Vocabulary,
    ) -> (Self, Vec<Diagnostic>) {
        Self::compile(built_in().chain(of_user(own)), vocabulary, Care::Shipped)
    }

    /// The rules of these files only. What they say of built-in rules is checked all the same.
    pub fn from_files<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
        vocabulary: &Vocabulary,
    ) -> (Self, Vec<Diagnostic>) {
        Self::compile(of_user(files), vocabulary, Care::Everything)
    }

    /// Checks and compiles rule files. A later file with the id of an earlier one replaces it and says so; a broken
    /// file is said and left out. The words that rules may name are those of the vocabulary; with an empty one, any.
    /// The care is that for built-in files; those of the user are never trusted.
    fn compile<'a>(
        files: impl Iterator<Item = Text<'a>>,
        vocabulary: &Vocabulary,
        care: Care,
    ) -> (Self, Vec<Diagnostic>) {
        let files: Vec<Text<'a>> = files.collect();
        let look = |(origin, path, text): &Text<'a>| {
            let care = if *origin == Origin::Own && care == Care::Shipped { Care::Soundness } else { care };
            check::check(path, text, vocabulary, care)
        };
        let checked = in_parallel(&files, look);
        let mut diagnostics: Vec<Diagnostic> = Vec::new();
        let mut rules = Rules::new();
        let mut pages: Vec<Page<'_>> = Vec::new();
        let n_files = files.len();
        for ((origin, path, text), checked) in files.into_iter().zip(checked) {
            diagnostics.extend(checked.said);
            match (checked.rule, &checked.file) {
                (Some(rule), Some(file)) => {
                    diagnostics.extend(replaced(&rules, &rule, file));
                    rules.insert(rule.id.clone(), (rule, origin, text));
                }
                _ => diagnostics.extend(stays(&rules, path)),
            }
            pages.extend(checked.file.map(|file| Page { origin, path, text, file }));
        }
        let mut digest = Sha256::new();
        for (id, (_, _, text)) in &rules {
            digest.update(id.as_bytes());
            digest.update(text.as_bytes());
        }
        let own = rules.values().filter(|(_, origin, _)| *origin == Origin::Own);
        let own = own.map(|(rule, ..)| rule.id.clone()).collect();
        let sha256 = words::hex(&digest.finalize());
        let rules = rules.into_values().map(|(rule, ..)| rule).collect();
        diagnostics.extend(links(&pages, care));
        (Self { rules, sha256, own, files: n_files }, diagnostics)
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
fn replaced(rules: &Rules<'_>, new: &Rule, file: &RuleFile) -> Vec<Diagnostic> {
    let mut complaints = Complaints::new(&new.file, &new.source);
    match rules.get(&new.id) {
        None => {}
        Some((_, Origin::BuiltIn, _)) => {
            complaints.say(
                &lints::REPLACED,
                file.id.place,
                format!("`{}` replaces the built-in rule of this id", new.id),
            );
        }
        Some((old, Origin::Own, _)) => {
            let what =
                format!("two files have the rule `{}`: this one counts, `{}` is left out", new.id, old.file);
            complaints
                .say(&lints::TWICE, file.id.place, what)
                .help("remove one of them, or give it another id");
        }
    }
    complaints.finish()
}

/// Says that a rule which should have been replaced is still used.
fn stays(rules: &Rules<'_>, path: &str) -> Option<Diagnostic> {
    let (old, ..) = rules.get(file::id_of_name(path)?)?;
    let what = format!("this file is left out, so the rule `{}` of `{}` is used", old.id, old.file);
    Some(Diagnostic::info(lints::NOT_REPLACED.code, what).in_file(path))
}

/// What is wrong between rules: `explains` and aliases. A file that is broken still has its names; rules of the program
/// count, too, because files of a user are read beside them; they are looked at themselves only where everything is.
fn links(pages: &[Page<'_>], care: Care) -> Vec<Diagnostic> {
    let mut known: Vec<Entry> = pages.iter().map(|page| Entry::of(&page.file)).collect();
    let names_others = |page: &Page<'_>| !page.file.explains.0.is_empty() || !page.file.aliases.0.is_empty();
    if pages.iter().all(|page| page.origin == Origin::Own) && pages.iter().any(names_others) {
        known.extend(built_in_entries());
    }
    let mut said = Vec::new();
    for page in pages.iter().filter(|page| page.origin == Origin::Own || care == Care::Everything) {
        let mut complaints = Complaints::new(page.path, page.text);
        for at in &page.file.explains.0 {
            explains(&mut complaints, page, at, &known);
        }
        for alias in &page.file.aliases.0 {
            // Several rules may answer to one id of a catalogue, but not to the id of a rule.
            if known.iter().any(|entry| entry.names.first() == Some(&alias.value)) {
                complaints
                    .say(&lints::ALIAS, alias.place, format!("`{}` is the id of a rule", alias.value))
                    .help("take it away: who names this id means that rule");
            }
        }
        said.append(&mut complaints.finish());
    }
    said
}

/// Does the same with each item, in a few threads of its own: a book may be made while a pool's worker holds the lock that
/// another job of the same pool waits for. Each thread takes the next item that nobody has: files of the user come last and cost
/// the most, because they are checked.
fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let take = || {
        let at = next.fetch_add(1, Ordering::Relaxed);
        items.get(at).map(|item| (at, work(item)))
    };
    let mut done: Vec<(usize, R)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.min(items.len()))
            .map(|_| scope.spawn(|| std::iter::from_fn(take).collect::<Vec<_>>()))
            .collect();
        let shares = workers.into_iter().map(|worker| worker.join());
        shares.flat_map(|share| share.unwrap_or_else(|e| std::panic::resume_unwind(e))).collect()
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

fn built_in<'a>() -> impl Iterator<Item = Text<'a>> {
    BUILT_IN.iter().map(|(path, text)| (Origin::BuiltIn, *path, *text))
}

fn of_user<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> impl Iterator<Item = Text<'a>> {
    files.into_iter().map(|(path, text)| (Origin::Own, path, text))
}

fn built_in_entries() -> impl Iterator<Item = Entry> {
    BUILT_IN.iter().filter_map(|(path, text)| {
        let mut unsaid = Complaints::new(path, text);
        Some(Entry::of(&read::rule(&mut unsaid, text)?))
    })
}

fn explains(complaints: &mut Complaints<'_>, page: &Page<'_>, at: &At<String>, known: &[Entry]) {
    let Some(entry) = known.iter().find(|entry| entry.is(&at.value)) else {
        let names = known.iter().flat_map(|entry| &entry.names).map(String::as_str);
        let near = words::nearest(&at.value, names);
        complaints.say(&lints::EXPLAINS, at.place, format!("there is no rule `{}`", at.value)).help(
            match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`rules list` names them all".to_owned(),
            },
        );
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

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(id: &str, title: &str) -> String {
        format!(
            "id: {id}\ntitle: {title}\nseverity: info\ncomponent: etcd\nabout: why\nsignals:\n  s: {{logs: etcd, match: some words}}\nwhen: s.count > 0\ntests:\n  - {{name: a, expect: finding}}\n  - {{name: b, expect: clear}}\n  - {{name: c, expect: unknown}}\n"
        )
    }

    /// Reads files of our own beside the built-in ones; gives the title of the rule, and what was said of it.
    fn check(id: &str, files: &[(&str, &str)]) -> (String, Vec<String>) {
        let (book, said) = Rulebook::for_bundles(files.iter().copied(), &Vocabulary::default());
        let said = said.iter().map(|d| format!("{}: {}", d.code, d.message)).collect();
        (book.get(id).map(|rule| rule.title.clone()).unwrap_or_default(), said)
    }

    #[test]
    fn a_rule_of_ones_own_stands_beside_the_built_in_ones_and_changes_the_digest() {
        let text = rule("my-rule", "mine");
        let (book, said) = Rulebook::for_bundles([("d/my-rule.yaml", &*text)], &Vocabulary::default());
        assert!(said.is_empty(), "{said:?}");
        let (built_in, _) = Rulebook::built_in(&Vocabulary::default());
        assert_eq!((book.rules.len(), book.own), (built_in.rules.len() + 1, vec!["my-rule".to_owned()]));
        assert_ne!(book.sha256, built_in.sha256);
        assert_eq!(
            Rulebook::from_files([("d/my-rule.yaml", &*text)], &Vocabulary::default()).0.rules.len(),
            1
        );
    }

    #[test]
    fn the_shipped_rules_are_the_same_without_the_checks() {
        let vocabulary = Vocabulary::default();
        let (checked, _) = Rulebook::built_in(&vocabulary);
        let (quick, said) = Rulebook::for_bundles([], &vocabulary);
        assert!(said.is_empty(), "{said:?}");
        assert_eq!((quick.rules.len(), quick.sha256), (checked.rules.len(), checked.sha256));
        for (quick, mut checked) in quick.rules.into_iter().zip(checked.rules) {
            assert!(quick.tests.is_empty() && !checked.tests.is_empty(), "{}", quick.id);
            checked.tests.clear();
            assert_eq!(format!("{quick:?}"), format!("{checked:?}"));
        }
    }

    #[test]
    fn what_replaces_a_rule_is_said() {
        let (path, text) = BUILT_IN[0];
        let (sound, _) = Rulebook::from_files([(path, text)], &Vocabulary::default());
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
        assert!(!title.is_empty() && said[0].starts_with(lints::YAML.code), "{said:?}");
        assert!(said[1].ends_with(&format!("the rule `{id}` of `{path}` is used")), "{said:?}");
    }
}
