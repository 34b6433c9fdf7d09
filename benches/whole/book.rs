//! The rulebook as the other contenders need it: its literals, and all of it once more under other names.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use rancher_bundle::rule::{Rulebook, SignalSource};
use regex::{Captures, Regex};
use walkdir::WalkDir;

use crate::Result;

/// What the second copy of a rule is called behind its name.
const SUFFIX: &str = "-again";

/// The built-in rules.
pub fn built_in() -> Rulebook {
    Rulebook::built_in(&rancher_bundle::vocabulary()).0
}

/// Writes the literals that the rules look for, one in each line; returns how many.
pub fn write_literals(book: &Rulebook, path: &Path) -> Result<usize> {
    let mut literals: BTreeSet<&[u8]> = BTreeSet::new();
    for signal in book.rules.iter().flat_map(|rule| &rule.signals) {
        let SignalSource::Logs(logs) = &signal.source else { continue };
        literals.extend(logs.patterns.iter().flat_map(|pattern| &pattern.required.atoms).map(Vec::as_slice));
    }
    // `rg` knows no literal of two lines.
    literals.retain(|literal| !literal.is_empty() && !literal.contains(&b'\n'));
    let lines: Vec<&[u8]> = literals.into_iter().collect();
    let mut text = lines.join(&b'\n');
    text.push(b'\n');
    fs::write(path, text)?;
    Ok(lines.len())
}

/// Writes all rules into a directory, under other ids and with references to these.
pub fn write_again(book: &Rulebook, directory: &Path) -> Result<()> {
    let ids: BTreeSet<&str> = book
        .rules
        .iter()
        .flat_map(|rule| std::iter::once(&rule.id).chain(&rule.aliases))
        .map(String::as_str)
        .collect();
    let word = Regex::new("[a-z0-9]+(?:-[a-z0-9]+)*")?;
    let rename = |found: &Captures<'_>| match found.get_match().as_str() {
        id if ids.contains(id) => format!("{id}{SUFFIX}"),
        other => other.to_owned(),
    };
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    for entry in WalkDir::new(&rules).sort_by_file_name() {
        let entry = entry?;
        let path = entry.path();
        let Some(id) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let text = fs::read_to_string(path)?;
        let mut again = String::with_capacity(text.len());
        let mut names_ids = false;
        for line in text.lines() {
            // A key of the rule itself stands at the margin; what follows it to the next one is its value.
            if line.starts_with(|letter: char| letter.is_ascii_lowercase()) {
                names_ids = ["id:", "aliases:", "explains:"].iter().any(|key| line.starts_with(key));
            }
            again.push_str(&if names_ids { word.replace_all(line, rename) } else { line.into() });
            again.push('\n');
        }
        let area = directory.join(path.parent().unwrap_or(&rules).strip_prefix(&rules)?);
        fs::create_dir_all(&area)?;
        fs::write(area.join(format!("{id}{SUFFIX}.yaml")), again)?;
    }
    Ok(())
}
