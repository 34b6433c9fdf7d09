//! From a rule file to a rule: everything that can be wrong with it is said with its place and with what to write instead.

mod constant;
mod expression;
mod literal;
mod matches;
mod overlap;
mod relation;
mod scale;
mod signal;
mod test;
mod text;
mod types;
mod usage;

use super::complaints::Complaints;
use super::file::{self, At, Place, RemedyFile, RuleFile};
use super::place::first_line;
use super::{
    CLASSES, CONFIDENCES, Checked, Holds, RISKS, Remedy, Rule, SEVERITIES, Signal, draft, keys, lints, read,
};
use crate::base::stamp::{SECOND, parse_duration};
use crate::base::words;
use crate::rule::Vocabulary;

/// The layer of a rule that names none: a symptom, which explains nothing below it.
const LAYER_DEFAULT: u8 = 6;

/// The deepest layer's number is 0; this is the highest.
const LAYER_MAX: u8 = 6;

/// What a signal gives to conditions, besides its functions.
pub const SIGNAL_FIELDS: &[&str] = &["count", "peak", "nodes", "span", "first", "last"];

/// The variable of every condition that holds what is known of the bundle.
pub const BUNDLE: &str = "bundle";

/// The variable that an object signal speaks of.
pub const OBJECT: &str = "object";

/// How much is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Care {
    /// Nothing: the rule was checked before it was shipped with the program. Its tests are not read, and what it is made of is compiled
    /// when it is first needed: whoever reads a bundle waits for the rules.
    Shipped,
    /// What makes a rule unusable: whoever reads a bundle with rules of his own is told that, and of what could be better by
    /// `rules lint`. The tests are not read.
    Soundness,
    /// All that is wrong or could be better.
    Everything,
}

/// Reads and checks one rule file. A rule with an error is left out; a rule with warnings is kept.
#[must_use]
pub fn check(path: &str, text: &str, vocabulary: &Vocabulary, care: Care) -> Checked {
    let mut said = Complaints::new(path, text);
    let read = if care == Care::Everything { text } else { without_tests(text) };
    let file = read::rule(&mut said, read);
    let mut check = Check { path, vocabulary, care, said };
    let rule = file.as_ref().and_then(|file| check.rule(file));
    let rule = rule.filter(|_| !check.said.is_broken());
    Checked { rule, file, said: check.said.finish() }
}

/// A rule file up to its tests, if they are the last in it: they make up most of it.
fn without_tests(text: &str) -> &str {
    const TESTS: &str = "\ntests:\n";
    let Some(at) = text.find(TESTS) else { return text };
    let (rule, tests) = text.split_at(at + 1);
    let is_last = tests.lines().skip(1).all(|line| line.is_empty() || line.starts_with([' ', '#', '-']));
    if is_last { rule } else { text }
}

/// The layer of a rule.
#[must_use]
pub fn layer(file: &RuleFile) -> u8 {
    file.layer.as_ref().map_or(LAYER_DEFAULT, |layer| layer.value)
}

/// Checks one file.
struct Check<'a> {
    path: &'a str,
    vocabulary: &'a Vocabulary,
    care: Care,
    said: Complaints<'a>,
}

impl Check<'_> {
    /// Whether it is looked for what makes a rule unusable.
    fn is_careful(&self) -> bool {
        self.care != Care::Shipped
    }

    /// Whether it is looked for what could be better, too.
    fn is_thorough(&self) -> bool {
        self.care == Care::Everything
    }

    fn rule(&mut self, file: &RuleFile) -> Option<Rule> {
        if self.is_careful() {
            self.names(file);
            self.blanks(file);
        }
        let signals = self.signals(file);
        let shapes = if self.is_careful() { signal::shapes(file, &signals) } else { Vec::new() };
        let signals: Option<Vec<Signal>> = signals.into_iter().collect();
        let order = signals.as_ref().map(|signals| self.order(signals, file));
        if self.is_careful() {
            self.relations(file, &shapes);
        }
        let severity = self.steps("severity", &file.severity, SEVERITIES, &shapes);
        let confidence = match &file.confidence {
            Some(written) => self.steps("confidence", written, CONFIDENCES, &shapes),
            None => vec![(CONFIDENCES.len() - 1, Holds::Always)],
        };
        let when = self.condition(&file.when, "when", &types::Scope::Signals(&shapes));
        let remedy = self.remedies(&file.remedy);
        if self.is_careful() {
            self.texts(file, &shapes);
            self.groups(file, &shapes);
        }
        if self.is_thorough() {
            self.unused(file, &shapes);
            self.tests(file, &shapes);
        }
        let mut rule = Rule {
            id: file.id.value.clone(),
            title: file.title.value.clone(),
            summary: file.summary.as_ref().map(|summary| summary.value.clone()).unwrap_or_default(),
            severity,
            confidence,
            component: file.component.value.clone(),
            layer: layer(file),
            class: file.class.as_ref().map(|class| class.value.clone()),
            distributions: file.applies.distributions.values(),
            signals: signals?,
            order: order?,
            when: when?,
            group_by: file.group_by.values(),
            about: file.about.value.clone(),
            remedy,
            collect: file.collect.values(),
            explains: file.explains.values(),
            aliases: file.aliases.values(),
            references: file.references.values(),
            tests: file.tests.iter().map(|test| test.value.clone()).collect(),
            file: self.path.to_owned(),
            source: self.said.source.to_owned(),
        };
        // Positions of signals are right only where all signals are.
        if !self.said.is_broken() {
            keys::track(&mut rule);
            keys::count_once(&mut rule);
        }
        Some(rule)
    }

    fn blanks(&mut self, file: &RuleFile) {
        for (key, blank, place) in draft::unfilled(file) {
            let place = first_line(self.said.source, place);
            self.said.say(&lints::BLANK, place, format!("`{key}` is still to be written")).help(blank);
        }
    }

    fn names(&mut self, file: &RuleFile) {
        self.id(&file.id);
        for id in file.aliases.0.iter().chain(&file.explains.0) {
            self.kebab(id);
        }
        self.whose(&file.component);
        if let Some(class) = &file.class {
            self.word(class, CLASSES, "class");
        }
        for at in &file.applies.distributions.0 {
            let known = &self.vocabulary.distributions;
            self.one_of(&lints::DISTRIBUTION, at, known, "distribution");
        }
        let empty = [(&file.title, "title"), (&file.about, "about"), (&file.when, "when")];
        for (at, key) in empty {
            if at.place.is_written() && at.value.trim().is_empty() {
                let help = match key {
                    "about" => "say what it means, why it happens, and what it breaks",
                    "title" => "say in one line what is wrong",
                    _ => "write when the rule fires: `signal.count > 0`",
                };
                self.said.say(&lints::MISSING_KEY, at.place, format!("`{key}` is empty")).help(help);
            }
        }
        if let Some(layer) = file.layer.as_ref().filter(|layer| layer.value > LAYER_MAX) {
            self.said
                .say(&lints::LAYER, layer.place, "there is no such layer")
                .help("0 host, 1 network, time, space, 2 certificates, 3 datastore, 4 API server, runtime, 5 kubelet, 6 agents and workloads");
        }
    }

    fn id(&mut self, at: &At<String>) {
        let stem = file::id_of_name(self.path);
        if at.place.is_written() && self.kebab(at) && stem.is_some_and(|stem| stem != at.value) {
            self.said
                .say(&lints::ID, at.place, format!("the id is `{}`, the name of the file is not", at.value))
                .label(format!("the file is `{}.yaml`", stem.unwrap_or_default()))
                .help(format!("name the file `{}.yaml`, or give the rule the id of the file", at.value));
        }
    }

    /// Whether an id is one; says it if not.
    fn kebab(&mut self, at: &At<String>) -> bool {
        let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let kebab = at.value.chars().all(fine) && at.value.starts_with(|c: char| c.is_ascii_alphanumeric());
        if !kebab {
            let plain: String = at
                .value
                .trim()
                .chars()
                .map(|c| if fine(c.to_ascii_lowercase()) { c.to_ascii_lowercase() } else { '-' })
                .collect();
            self.said
                .say(&lints::ID, at.place, format!("`{}` is not an id", at.value))
                .label("ids are lower-case letters, digits and `-`")
                .help(format!("write `{}`", plain.trim_matches('-')));
        }
        kebab
    }

    /// Whose problem it is may be any word (`webhook`, `certificates`), but no misspelt component.
    fn whose(&mut self, at: &At<String>) {
        let known = &self.vocabulary.components;
        let is_known = known.contains(&at.value.as_str());
        if !is_known && words::nearest(&at.value, known.iter().copied()).is_some() {
            self.component(at);
        }
    }

    fn component(&mut self, at: &At<String>) {
        if at.place.is_written() {
            let known = &self.vocabulary.components;
            self.one_of(&lints::COMPONENT, at, known, "component");
        }
    }

    /// The position of a word among those that are known; says it if it is none of them.
    fn one_of(
        &mut self,
        lint: &'static lints::Lint,
        at: &At<String>,
        known: &[&str],
        what: &str,
    ) -> Option<usize> {
        let found = known.iter().position(|word| *word == at.value);
        // What was not written has been said already; without a vocabulary every word will do.
        if found.is_none() && at.place.is_written() && !known.is_empty() {
            self.said
                .say(lint, at.place, format!("no such {what}: `{}`", at.value))
                .help(suggestion(&at.value, known));
        }
        found
    }

    fn word(&mut self, at: &At<String>, known: &[&str], what: &str) -> Option<usize> {
        self.one_of(&lints::WORD, at, known, what)
    }

    /// A length of time in nanoseconds. Two hits may be none apart, and clocks need not differ; windows are never empty.
    fn duration(&mut self, at: &At<String>, what: &str) -> Option<i64> {
        let may_be_none = matches!(what, "within" | "skew");
        let fits = |seconds: &f64| *seconds > 0.0 || (may_be_none && *seconds == 0.0);
        let parsed = parse_duration(&at.value).filter(fits);
        if parsed.is_none() {
            let help = if at.value.chars().all(|c| c.is_ascii_digit() || c == '.') && !at.value.is_empty() {
                format!("write the unit: `{0}s`, `{0}m` or `{0}h`", at.value)
            } else {
                "write `90s`, `10m`, `24h` or `1h30m`".to_owned()
            };
            self.said
                .say(&lints::TIME, at.place, format!("`{what}` wants a duration: `{}` is none", at.value))
                .help(help);
        }
        parsed.map(|seconds| (seconds * SECOND as f64) as i64)
    }

    fn remedies(&mut self, written: &[RemedyFile]) -> Vec<Remedy> {
        let mut remedies: Vec<Remedy> = Vec::new();
        for remedy in written {
            if let (Some(run), None) = (&remedy.run, &remedy.risk) {
                self.said
                    .say(&lints::RISK, run.place, "a command that does not say its risk")
                    .help("add `risk: read-only`, `disruptive` or `data-loss`");
            }
            let risk = remedy.risk.as_ref().and_then(|at| self.word(at, RISKS, "risk"));
            let risk = risk.and_then(|i| RISKS.get(i)).copied().unwrap_or("read-only");
            let run = remedy.run.as_ref().map(|run| run.value.clone());
            remedies.push(Remedy { step: remedy.step.value.clone(), run, risk: risk.to_owned() });
        }
        let later = remedies.iter().position(|remedy| remedy.risk == "read-only" && remedy.run.is_some());
        if let (Some(first), Some(later)) = (remedies.first(), later)
            && first.risk == "data-loss"
        {
            let place =
                |index: usize| written.get(index).map_or(Place::default(), |remedy| remedy.step.place);
            self.said
                .say(&lints::ORDER, place(0), "the first step loses data, and a later one only looks")
                .also(place(later), "this only looks")
                .help("let those who follow the steps look first");
        }
        remedies
    }
}

/// What to write for a word that is not known.
fn suggestion(word: &str, known: &[&str]) -> String {
    let plain = word.to_ascii_lowercase();
    let same = known.iter().copied().find(|known| known.to_ascii_lowercase() == plain);
    match same.or_else(|| words::nearest(word, known.iter().copied())) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.len() > NAMED_MAX => {
            format!("there are {}, …", known.get(..NAMED_MAX).unwrap_or_default().join(", "))
        }
        None => format!(
            "there are {}",
            words::list(&known.iter().map(|known| format!("`{known}`")).collect::<Vec<_>>())
        ),
    }
}

/// So many names are listed where none is near.
const NAMED_MAX: usize = 12;
