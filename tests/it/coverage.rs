//! What the shipped rules cover, as a page: component × class of failure × distribution. `UPDATE=1 cargo test --test it coverage`
//! writes it anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use rancher_bundle::rule::{CLASSES, Rule};
use serde::Deserialize;

use crate::documents::compare;
use crate::support::{ROOT, book, report};

/// What ought to be covered.
#[derive(Debug, Deserialize)]
struct Field {
    components: Vec<Row>,
    left_out: Vec<LeftOut>,
}

/// A row of the page.
#[derive(Debug, Deserialize)]
struct Row {
    title: String,
    /// The components whose rules are counted in it.
    of: Vec<String>,
    /// Components whose rules count here as well, where they apply to a distribution of this row.
    #[serde(default)]
    shared: Vec<String>,
    /// What can go wrong with it.
    classes: Vec<String>,
    /// Where it exists; empty for everywhere.
    #[serde(default)]
    distributions: Vec<String>,
}

/// A known failure without a rule.
#[derive(Debug, Deserialize)]
struct LeftOut {
    id: String,
    why: String,
}

fn docs() -> PathBuf {
    Path::new(ROOT).join("docs")
}

fn field() -> Field {
    serde_yaml::from_str(&std::fs::read_to_string(docs().join("coverage.yaml")).unwrap()).unwrap()
}

fn distributions() -> Vec<&'static str> {
    rancher_bundle::vocabulary().distributions.clone()
}

/// How many of these rules apply to each distribution where the row's component exists.
fn counts(row: &Row, rules: &[&Rule]) -> BTreeMap<&'static str, usize> {
    let exists =
        |name: &&str| row.distributions.is_empty() || row.distributions.iter().any(|one| one == name);
    let all = distributions().into_iter().filter(exists);
    all.map(|name| (name, rules.iter().filter(|rule| applies(rule, name)).count())).collect()
}

/// How many rules, and where fewer apply: `5 (k3s 4, rke1 3)`. A gap is a dash, what cannot be is empty.
fn cell(row: &Row, class: &str, rules: &[&Rule]) -> String {
    let total = rules.len();
    if total == 0 {
        return if row.classes.iter().any(|one| one == class) { "–".to_owned() } else { String::new() };
    }
    let fewer: Vec<String> = counts(row, rules)
        .into_iter()
        .filter(|(_, count)| *count < total)
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    if fewer.is_empty() { total.to_string() } else { format!("{total} ({})", fewer.join(", ")) }
}

/// Whether a rule applies to a distribution.
fn applies(rule: &Rule, name: &str) -> bool {
    rule.distributions.is_empty() || rule.distributions.iter().any(|one| one == name)
}

fn of_row<'b>(row: &Row) -> Vec<&'b Rule> {
    let is_shared = |rule: &Rule| {
        row.shared.contains(&rule.component) && row.distributions.iter().any(|name| applies(rule, name))
    };
    book().rules.iter().filter(|rule| row.of.contains(&rule.component) || is_shared(rule)).collect()
}

fn of_class<'b>(rules: &[&'b Rule], class: &str) -> Vec<&'b Rule> {
    rules.iter().copied().filter(|rule| rule.class.as_deref() == Some(class)).collect()
}

fn matrix(field: &Field) -> String {
    let mut out = format!(
        "| component | rules | {} |\n|---|{}\n",
        CLASSES.join(" | "),
        "---|".repeat(CLASSES.len() + 1)
    );
    for row in &field.components {
        let rules = of_row(row);
        let cells: Vec<String> =
            CLASSES.iter().map(|class| cell(row, class, &of_class(&rules, class))).collect();
        let _ = writeln!(out, "| {} | {} | {} |", row.title, rules.len(), cells.join(" | "));
    }
    let totals: Vec<String> = CLASSES
        .iter()
        .map(|class| of_class(&book().rules.iter().collect::<Vec<_>>(), class).len().to_string())
        .collect();
    let _ = writeln!(out, "| **all** | {} | {} |", book().rules.len(), totals.join(" | "));
    out
}

/// The gaps in words, a line for each component that has some.
fn gaps(field: &Field) -> String {
    let lines = field.components.iter().filter_map(|row| {
        let rules = of_row(row);
        let missing: Vec<&str> = row
            .classes
            .iter()
            .map(String::as_str)
            .filter(|class| of_class(&rules, class).is_empty())
            .collect();
        (!missing.is_empty()).then(|| format!("- {}: {}\n", row.title, missing.join(", ")))
    });
    let lines: String = lines.collect();
    if lines.is_empty() { "None.\n".to_owned() } else { lines }
}

fn by_distribution() -> String {
    let mut out = "| distribution | rules that apply | of these only there |\n|---|---|---|\n".to_owned();
    for name in distributions() {
        let rules: Vec<&Rule> = book().rules.iter().filter(|rule| applies(rule, name)).collect();
        let only = rules.iter().filter(|rule| rule.distributions.len() == 1).count();
        let _ = writeln!(out, "| {name} | {} | {only} |", rules.len());
    }
    out
}

fn left_out(field: &Field) -> String {
    if field.left_out.is_empty() {
        return "None.\n".to_owned();
    }
    let row = |one: &LeftOut| format!("| `{}` | {} |\n", one.id, one.why);
    format!(
        "| failure | why it has no rule |\n|---|---|\n{}",
        field.left_out.iter().map(row).collect::<String>()
    )
}

fn page(field: &Field) -> String {
    format!(
        "<!-- Made by `UPDATE=1 cargo test --test it coverage` from coverage.yaml and the rules. -->\n\
         # What the rules cover\n\n\
         How many of the {} shipped rules look for which class of failure of which component. Where a number stands in brackets, fewer rules apply to that\n\
         distribution. A dash is a gap: such failures happen, and no rule knows them. What is empty does not happen, or shows as a failure of another component.\n\n\
         {}\n## Distributions\n\n{}\n## Gaps\n\n{}\n## Known failures without a rule\n\n{}",
        book().rules.len(),
        matrix(field),
        by_distribution(),
        gaps(field),
        left_out(field)
    )
}

#[test]
fn the_page_is_what_the_rules_cover() {
    let mut wrong = Vec::new();
    compare(&docs().join("coverage.md"), &page(&field()), &mut wrong);
    report(&wrong);
}

#[test]
fn every_rule_stands_in_one_cell() {
    let field = field();
    let mut wrong = Vec::new();
    for rule in &book().rules {
        let rows = field.components.iter().filter(|row| row.of.contains(&rule.component)).count();
        if rows != 1 {
            wrong.push(format!("{}: its component `{}` stands in {rows} rows", rule.id, rule.component));
        }
        if rule.class.is_none() {
            wrong.push(format!("{}: it has no class", rule.id));
        }
    }
    let classes: BTreeSet<&str> = CLASSES.iter().copied().collect();
    let named =
        field.components.iter().flat_map(|row| row.classes.iter().map(move |class| (&row.title, class)));
    wrong.extend(
        named
            .filter(|(_, class)| !classes.contains(class.as_str()))
            .map(|(title, class)| format!("{title}: there is no class `{class}`")),
    );
    report(&wrong);
}

#[test]
fn what_is_left_out_has_no_rule() {
    let names: Vec<&String> =
        book().rules.iter().flat_map(|rule| std::iter::once(&rule.id).chain(&rule.aliases)).collect();
    let wrong: Vec<String> = field()
        .left_out
        .iter()
        .filter(|one| names.contains(&&one.id) || one.why.is_empty())
        .map(|one| format!("{}: there is a rule, or no reason", one.id))
        .collect();
    report(&wrong);
}
