//! The rules of a run: those inside the program, and those of files, directories and archives.
//!
//! An archive may come from anybody. Nothing of it is unpacked to disk, no path in it is opened, and only files named
//! `*.yaml` are read, so many and so large as rules ever are.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use walkdir::{DirEntry, WalkDir};

use crate::base::text::visible;
use crate::base::{Diagnostic, Limits, Severity, words};
use crate::rule::{Rulebook, lints};
use crate::source::{Input, Member, Visitor};

/// Bytes of one rule file; the largest shipped one has a hundredth of it.
const RULE_BYTES: u64 = 1 << 20;

/// What an archive of rules may hold.
fn pack_limits() -> Limits {
    Limits { nesting: 4, members: 10_000, bytes: 64 << 20, zip: 64 << 20, ..Limits::default() }
}

/// Which rules a run uses.
#[derive(Debug, Args)]
pub struct RuleArguments {
    /// Also use the rules of this file, directory or archive; one with the id of a built-in rule replaces it (repeatable)
    #[arg(long, value_name = "PATH")]
    rules: Vec<PathBuf>,
    /// Use the rules given with --rules only
    #[arg(long, requires = "rules")]
    no_default_rules: bool,
}

/// A rulebook, and what is wrong with the files that it was made of.
type Loaded = (Rulebook, Vec<Diagnostic>);

impl RuleArguments {
    /// The rulebook for whoever reads a bundle: without the tests of its rules.
    ///
    /// # Errors
    /// When there are no rules at one of the given places: a sentence fragment.
    pub fn book(&self) -> Result<Loaded, String> {
        self.load(|files| Rulebook::for_bundles(texts(files), &crate::vocabulary()))
    }

    /// The rulebook for whoever reads the rules.
    ///
    /// # Errors
    /// As [`RuleArguments::book`].
    pub fn whole_book(&self) -> Result<Loaded, String> {
        self.load(|files| Rulebook::with_built_in(texts(files), &crate::vocabulary()))
    }

    fn load(&self, with_built_in: impl Fn(&[RuleText]) -> Loaded) -> Result<Loaded, String> {
        if self.no_default_rules {
            return load(&self.rules);
        }
        let (files, mut said) = rule_files(&self.rules)?;
        let (book, more) = with_built_in(&files);
        // What could be better in a rule is for `rules lint`; here counts which rules are used.
        said.extend(
            more.into_iter().filter(|d| d.severity != Severity::Warning || d.code == lints::TWICE.code),
        );
        Ok((book, said))
    }
}

/// The rules of the given files, directories and archives; the built-in ones when none is given.
///
/// # Errors
/// When there are no rules at one of the given places: a sentence fragment.
pub fn load(paths: &[PathBuf]) -> Result<Loaded, String> {
    if paths.is_empty() {
        return Ok(Rulebook::built_in(&crate::vocabulary()));
    }
    let (files, mut said) = rule_files(paths)?;
    let (book, more) = Rulebook::from_files(texts(&files), &crate::vocabulary());
    said.extend(more);
    Ok((book, said))
}

fn texts(files: &[RuleText]) -> impl Iterator<Item = (&str, &str)> {
    files.iter().map(|file| (file.path.as_str(), file.text.as_str()))
}

/// A rule file as it was found.
#[derive(Debug)]
pub struct RuleText {
    /// Where: as it was given on the command line, and behind a `!` where in the archive.
    pub path: String,
    /// What is in it.
    pub text: String,
}

/// The rule files at these places, those of each place sorted by path, and what could not be read.
///
/// # Errors
/// When there is none at one of the places: a sentence fragment.
pub fn rule_files(paths: &[PathBuf]) -> Result<(Vec<RuleText>, Vec<Diagnostic>), String> {
    let mut found = Found::default();
    for path in paths {
        let before = found.files.len() + found.said.len();
        if path.is_dir() {
            found.directory(path)?;
        } else if is_rule(path) {
            found.file(path)?;
        } else {
            found.archive(path)?;
        }
        if found.files.len() + found.said.len() == before {
            return Err(format!("there is no rule file (`*.yaml`) in `{}`", path.display()));
        }
    }
    Ok((found.files, found.said))
}

fn is_rule(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml")
}

/// Whether a name is that of settings or of what tools leave behind (`.git`, `.github`, `._rule.yaml` of macOS).
fn is_hidden(name: &str) -> bool {
    name.starts_with('.')
}

#[derive(Default)]
struct Found {
    files: Vec<RuleText>,
    said: Vec<Diagnostic>,
}

impl Found {
    fn directory(&mut self, path: &Path) -> Result<(), String> {
        let hidden = |entry: &DirEntry| entry.depth() > 0 && is_hidden(&entry.file_name().to_string_lossy());
        for entry in WalkDir::new(path).sort_by_file_name().into_iter().filter_entry(|entry| !hidden(entry)) {
            let entry = entry.map_err(|e| format!("cannot read the rules: {e}"))?;
            if entry.file_type().is_file() && is_rule(entry.path()) {
                self.file(entry.path())?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path) -> Result<(), String> {
        let shown = path.display().to_string();
        let mut file = std::fs::File::open(path).map_err(|e| format!("cannot open `{shown}`: {e}"))?;
        self.read(shown, &mut file);
        Ok(())
    }

    fn archive(&mut self, path: &Path) -> Result<(), String> {
        let input = Input::open(path).map_err(|e| e.to_string())?;
        let mut pack = Pack { name: path.display().to_string(), found: Self::default(), alone: false };
        input.read(&pack_limits(), &mut pack, &|_| {});
        if pack.alone {
            return Err(format!(
                "`{}` is no rule file (`*.yaml`), no directory and no archive",
                path.display()
            ));
        }
        let Self { mut files, said } = pack.found;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        self.files.append(&mut files);
        self.said.extend(said);
        Ok(())
    }

    /// Reads one rule file, or says why it is left out.
    fn read(&mut self, path: String, reader: &mut dyn Read) {
        let mut bytes = Vec::new();
        let wrong = match reader.take(RULE_BYTES + 1).read_to_end(&mut bytes) {
            Err(error) => format!("cannot be read: {error}"),
            Ok(_) if bytes.len() as u64 > RULE_BYTES => {
                format!("is larger than {} bytes: this is no rule", words::grouped(RULE_BYTES))
            }
            Ok(_) => match String::from_utf8(bytes) {
                Ok(text) => return self.files.push(RuleText { path, text }),
                Err(error) => {
                    format!("is not UTF-8 from byte {} on", error.utf8_error().valid_up_to())
                }
            },
        };
        self.said.push(Diagnostic::error(lints::FILE.code, format!("the file {wrong}")).in_file(path));
    }
}

/// An archive of rules while it is read.
struct Pack {
    name: String,
    found: Found,
    /// Whether it is no archive, but a single file of something else.
    alone: bool,
}

impl Visitor for Pack {
    fn member(&mut self, member: &Member, reader: &mut dyn Read) {
        let path = member.path.as_str();
        self.alone |= path.is_empty();
        let parts = || path.split(['/', '!']);
        if is_rule(Path::new(path)) && !parts().any(is_hidden) {
            self.found.read(format!("{}!{}", self.name, visible(path)), reader);
        }
    }

    fn diagnostic(&mut self, mut diagnostic: Diagnostic) {
        let inner = diagnostic.file.take().filter(|path| !path.is_empty());
        let inner = inner.map_or(String::new(), |path| format!("!{}", visible(&path)));
        // The limits of rules are not those that the command line can raise.
        diagnostic.limit = None;
        self.found.said.push(diagnostic.in_file(format!("{}{inner}", self.name)));
    }
}
