//! What all tests share: the captures, what is in them, and runs of the analysis.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use rancher_bundle::analysis::{Analysis, Finding};
use rancher_bundle::ingest::{self, Options};
use rancher_bundle::object::path::Projection;
use rancher_bundle::rule::Rulebook;
use rancher_bundle::scan::Program;
use rancher_bundle::source::Input;

/// The directory of the package.
pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// An archive with the truth about it beside it.
#[derive(Clone, Debug)]
pub struct Capture {
    /// The file name without `.tar.gz`.
    pub name: String,
    /// `NAME.tar.gz`.
    pub archive: PathBuf,
    /// `NAME.truth.yaml`.
    pub truth: PathBuf,
}

/// The captures of this repository, by name.
pub fn captures() -> Vec<Capture> {
    let found = captures_in(&Path::new(ROOT).join("testdata/captures"));
    assert!(found.len() >= 21, "only {} captures are left", found.len());
    found
}

/// One capture of this repository.
pub fn capture(name: &str) -> Capture {
    captures().into_iter().find(|capture| capture.name == name).unwrap_or_else(|| panic!("no capture {name}"))
}

/// Every `NAME.tar.gz` in a directory that has its `NAME.truth.yaml`, by name.
pub fn captures_in(directory: &Path) -> Vec<Capture> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let archive = entry.unwrap().path();
        let file = archive.file_name().unwrap().to_string_lossy().into_owned();
        let Some(name) = file.strip_suffix(".tar.gz") else { continue };
        let truth = directory.join(format!("{name}.truth.yaml"));
        if truth.is_file() {
            found.push(Capture { name: name.to_owned(), archive, truth });
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// The built-in rules, compiled once.
pub fn book() -> &'static Rulebook {
    static BOOK: OnceLock<Rulebook> = OnceLock::new();
    BOOK.get_or_init(|| Rulebook::built_in(&rancher_bundle::vocabulary()).0)
}

/// The built-in rules as one search, compiled once: that takes longer than a small capture.
fn program() -> (&'static Program<'static>, &'static Projection) {
    static PROGRAM: OnceLock<(Program<'static>, Projection)> = OnceLock::new();
    let (program, projection) =
        PROGRAM.get_or_init(|| (Program::compile(book()), rancher_bundle::projection(book())));
    (program, projection)
}

/// Analyses the files at these paths with the built-in rules, on one thread.
pub fn analyse<P: AsRef<Path>>(paths: &[P]) -> Analysis {
    analyse_with(paths, &Options::default())
}

/// As [`analyse`], with options: what `rancher_bundle::analyze` does, with rules that are compiled already.
pub fn analyse_with<P: AsRef<Path>>(paths: &[P], options: &Options) -> Analysis {
    let inputs: Vec<Input> = paths.iter().map(|path| Input::open(path.as_ref()).unwrap()).collect();
    let (program, projection) = program();
    let ingested = ingest::ingest(&inputs, program, projection, options, &|_| {});
    rancher_bundle::assess(&ingested, book(), program, Vec::new(), &options.limits)
}

/// A file of an archive.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its path, without a leading `./`.
    pub path: String,
    /// Its modification time.
    pub modified: u64,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl Entry {
    /// The first part of the path: the host's directory, in a collector's archive.
    pub fn top(&self) -> &str {
        self.path.split('/').next().unwrap_or_default()
    }

    /// Whether it lies beside what the collector wrote, where no inventory expects it.
    pub fn is_extra(&self) -> bool {
        self.path.starts_with("extra-")
    }
}

/// The files of a `.tar.gz`, in their order.
pub fn entries(archive: &Path) -> Vec<Entry> {
    entries_of(MultiGzDecoder::new(File::open(archive).unwrap()))
}

fn entries_of(tar: impl Read) -> Vec<Entry> {
    let mut found = Vec::new();
    for entry in tar::Archive::new(tar).entries().unwrap() {
        let mut entry = entry.unwrap();
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let path = entry.path().unwrap().to_string_lossy().trim_start_matches("./").to_owned();
        let modified = entry.header().mtime().unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        found.push(Entry { path, modified, bytes });
    }
    found
}

/// All files of a `.tar.gz` and of the archives in it, by the path under which results name them.
pub fn members(archive: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in entries(archive) {
        if entry.path.ends_with(".tar.gz") || entry.path.ends_with(".tgz") {
            for inner in entries_of(MultiGzDecoder::new(&entry.bytes[..])) {
                found.insert(format!("{}!{}", entry.path, inner.path), inner.bytes);
            }
        } else {
            found.insert(entry.path, entry.bytes);
        }
    }
    found
}

/// Writes a tar of these files to any writer.
pub fn write_tar<'e>(writer: impl Write, entries: impl IntoIterator<Item = &'e Entry>) {
    let mut tar = tar::Builder::new(writer);
    for entry in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(entry.bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(entry.modified);
        tar.append_data(&mut header, &entry.path, &entry.bytes[..]).unwrap();
    }
    tar.into_inner().unwrap().flush().unwrap();
}

/// Writes a tar of these files.
pub fn tar_file<'e>(path: &Path, entries: impl IntoIterator<Item = &'e Entry>) {
    write_tar(std::io::BufWriter::new(File::create(path).unwrap()), entries);
}

/// Writes a compressed tar of these files.
pub fn tar_gz_file<'e>(path: &Path, entries: impl IntoIterator<Item = &'e Entry>) {
    write_tar(GzEncoder::new(File::create(path).unwrap(), Compression::fast()), entries);
}

/// What became of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It found something.
    Finding,
    /// It found nothing.
    Clear,
    /// It could not be decided.
    Unknown,
    /// It is not about this distribution.
    Absent,
}

impl Verdict {
    /// The word in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Finding => "finding",
            Self::Clear => "clear",
            Self::Unknown => "unknown",
            Self::Absent => "not applicable",
        }
    }
}

/// The verdict of every rule.
pub fn verdicts(analysis: &Analysis) -> BTreeMap<&str, Verdict> {
    let mut found: BTreeMap<&str, Verdict> =
        book().rules.iter().map(|rule| (rule.id.as_str(), Verdict::Absent)).collect();
    found.extend(analysis.clear.iter().map(|id| (id.as_str(), Verdict::Clear)));
    found.extend(analysis.unknown.iter().map(|unknown| (unknown.rule.as_str(), Verdict::Unknown)));
    found.extend(analysis.findings.iter().map(|finding| (finding.rule.as_str(), Verdict::Finding)));
    found
}

/// One finding in a line of a message.
pub fn line(finding: &Finding) -> String {
    format!("{} {}: {}", finding.severity.name(), finding.rule, finding.title.visible())
}

/// All findings in lines of a message, root causes marked and consequences indented.
pub fn tree(analysis: &Analysis) -> String {
    let lines: Vec<String> = analysis
        .findings
        .iter()
        .map(|finding| format!("    {} {}", if finding.root_cause { "◆" } else { "  └" }, line(finding)))
        .collect();
    if lines.is_empty() { "    nothing".to_owned() } else { lines.join("\n") }
}

/// Internal errors that the run caught: there must never be any.
pub fn internal_errors(analysis: &Analysis) -> Vec<String> {
    analysis
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.code == "internal")
        .map(|diagnostic| format!("{} ({:?})", diagnostic.message, diagnostic.file))
        .collect()
}

/// Fails with all problems at once.
pub fn report(problems: &[String]) {
    assert!(problems.is_empty(), "{} problem(s):\n{}", problems.len(), problems.join("\n"));
}
