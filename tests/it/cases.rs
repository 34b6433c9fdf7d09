//! Cases: folders with an excerpt of what somebody pasted, and a `truth.yaml` that says what it was. The score is how often
//! the first root cause is the true one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rancher_bundle::analysis::{Analysis, Finding, Severity};
use rayon::prelude::*;
use serde::Deserialize;

use crate::support::{ROOT, analyse, book, line, report};

/// What is true of a case. The file holds more, for people.
#[derive(Debug, Deserialize)]
struct Truth {
    category: String,
    #[serde(default)]
    secondary_categories: Vec<String>,
    #[serde(default)]
    evidence_type: String,
}

impl Truth {
    /// Whether nothing was wrong.
    fn is_benign(&self) -> bool {
        self.category == "benign"
    }

    /// Whether it was made up to show something, so that a miss says little.
    fn is_illustrative(&self) -> bool {
        self.evidence_type.contains("illustrative")
    }
}

/// A case and what came out.
#[derive(Debug)]
struct Outcome {
    name: String,
    truth: Truth,
    analysis: Analysis,
}

impl Outcome {
    /// Analyses a folder, all but its truth.
    fn of(folder: &Path) -> Self {
        let text = std::fs::read_to_string(folder.join("truth.yaml")).unwrap();
        let mut excerpt: Vec<PathBuf> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        excerpt.retain(|path| path.file_name().is_some_and(|name| name != "truth.yaml"));
        excerpt.sort();
        Self {
            name: folder.file_name().unwrap().to_string_lossy().into_owned(),
            truth: serde_yaml::from_str(&text).unwrap(),
            analysis: analyse(&excerpt),
        }
    }

    fn first(&self) -> Option<&Finding> {
        self.analysis.findings.iter().find(|finding| finding.root_cause)
    }

    /// Nothing grave where nothing was wrong; else the true category first.
    fn is_right(&self, categories: &Categories) -> bool {
        if self.truth.is_benign() {
            return self.analysis.findings.iter().all(|finding| finding.severity < Severity::Error);
        }
        let truths = || std::iter::once(&self.truth.category).chain(&self.truth.secondary_categories);
        self.first().is_some_and(|first| truths().any(|category| is_answer(categories, category, first)))
    }

    /// As a row of the table.
    fn row(&self, categories: &Categories) -> String {
        let first = self.first().map_or_else(|| "nothing".to_owned(), |first| first.rule.clone());
        let right = if self.is_right(categories) { "yes" } else { "**no**" };
        let Truth { category, evidence_type, .. } = &self.truth;
        format!("| {} | {category} | {evidence_type} | {first} | {right} |", self.name)
    }
}

/// Category → the rules that are its right answers.
type Categories = BTreeMap<String, Vec<String>>;

fn is_answer(categories: &Categories, category: &str, finding: &Finding) -> bool {
    let rules = categories.get(category).map(Vec::as_slice).unwrap_or_default();
    finding.rule == category
        || finding.aliases.iter().any(|alias| alias == category)
        || rules.contains(&finding.rule)
}

fn categories() -> Categories {
    let text = std::fs::read_to_string(Path::new(ROOT).join("testdata/cases/categories.yaml")).unwrap();
    serde_yaml::from_str(&text).unwrap()
}

/// What came out of the folders that have a truth, by name.
fn outcomes(directory: &Path) -> Vec<Outcome> {
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| folder.join("truth.yaml").is_file());
    folders.sort();
    folders.par_iter().map(|folder| Outcome::of(folder)).collect()
}

/// How many are right, and how many there are.
fn score<'o>(outcomes: impl Iterator<Item = &'o Outcome>, categories: &Categories) -> (usize, usize) {
    outcomes
        .fold((0, 0), |(right, all), outcome| (right + usize::from(outcome.is_right(categories)), all + 1))
}

/// The table and the score as Markdown.
fn table(outcomes: &[Outcome], categories: &Categories) -> String {
    let (benign, faulty): (Vec<&Outcome>, Vec<&Outcome>) =
        outcomes.iter().partition(|outcome| outcome.truth.is_benign());
    let (sure, illustrative): (Vec<&Outcome>, Vec<&Outcome>) =
        faulty.into_iter().partition(|outcome| !outcome.truth.is_illustrative());
    let mut out =
        "| case | category | evidence | first root cause | right |\n|---|---|---|---|---|\n".to_owned();
    for outcome in outcomes {
        out.push_str(&outcome.row(categories));
        out.push('\n');
    }
    for (what, some) in [("faulty", sure), ("illustrative", illustrative), ("benign", benign)] {
        let (right, all) = score(some.into_iter(), categories);
        out.push_str(&format!("\n{what}: {right} of {all} right\n"));
    }
    out
}

/// `RANCHER_BUNDLE_CASES_DIR=DIR cargo test --test it cases -- --ignored --nocapture` scores any directory of cases. It fails
/// where fewer than nine in ten are right, or where something benign gives an error.
#[test]
#[ignore = "needs RANCHER_BUNDLE_CASES_DIR"]
#[expect(clippy::disallowed_methods, reason = "the directory comes from whoever runs the test")]
fn nine_of_ten_cases_of_the_given_directory_are_right() {
    let directory = std::env::var("RANCHER_BUNDLE_CASES_DIR").expect("RANCHER_BUNDLE_CASES_DIR is not set");
    let (outcomes, categories) = (outcomes(Path::new(&directory)), categories());
    assert!(!outcomes.is_empty(), "there is no folder with a truth.yaml");
    println!("{}", table(&outcomes, &categories));
    let counted = outcomes.iter().filter(|one| !one.truth.is_benign() && !one.truth.is_illustrative());
    let (right, all) = score(counted, &categories);
    assert!(right * 10 >= all * 9, "{right} of {all} are right");
    let false_alarms: Vec<String> = outcomes
        .iter()
        .filter(|one| one.truth.is_benign() && !one.is_right(&categories))
        .flat_map(|one| {
            one.analysis.findings.iter().map(|finding| format!("{}: {}", one.name, line(finding)))
        })
        .collect();
    report(&false_alarms);
}

#[test]
fn our_own_cases_are_right() {
    let (outcomes, categories) = (outcomes(&Path::new(ROOT).join("testdata/cases")), categories());
    let (right, all) = score(outcomes.iter(), &categories);
    assert!(all >= 3 && right == all, "{}", table(&outcomes, &categories));
}

#[test]
fn a_case_with_another_truth_is_wrong() {
    let categories = categories();
    for mut outcome in outcomes(&Path::new(ROOT).join("testdata/cases")) {
        let other = if outcome.truth.is_benign() { "dns-failure" } else { "benign" };
        outcome.truth.category = other.to_owned();
        assert!(!outcome.is_right(&categories), "{} passes for {other}", outcome.name);
    }
}

#[test]
fn categories_name_rules_of_the_book() {
    let rules: Vec<&str> = book().rules.iter().map(|rule| rule.id.as_str()).collect();
    let unknown: Vec<String> = categories()
        .into_iter()
        .flat_map(|(category, ids)| ids.into_iter().map(move |id| (category.clone(), id)))
        .filter(|(_, id)| !rules.contains(&id.as_str()))
        .map(|(category, id)| format!("{category}: there is no rule {id}"))
        .collect();
    report(&unknown);
}
