//! One input of the command line: a file or a directory; its size and digest are taken while it is read.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::container::{self, Walk, fill};
use super::{Member, MemberPath, Visitor};
use crate::base::words::hex;
use crate::base::{Diagnostic, Limits};

/// An input that can be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Where it is.
    pub path: PathBuf,
    /// Its name: the last component of its path. All that the result says of where it was.
    pub name: String,
    /// What it is.
    pub kind: InputKind,
    /// Its size in bytes, for the progress bar; 0 where that is not known before reading.
    pub bytes: u64,
}

/// What an input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// A file of any kind.
    File,
    /// A directory.
    Directory,
    /// Standard input.
    Stdin,
}

/// What stands for standard input among the arguments.
const STDIN: &str = "-";

/// Why an input cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot open `{}`: {source}", path.display())]
pub struct InputError {
    /// Which.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// What was read of an input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Its size in bytes; for a directory, that of all its files.
    pub bytes: u64,
    /// SHA-256 in hex; for a directory, over the sorted paths and contents.
    pub sha256: String,
    /// Files in it.
    pub members: u64,
}

impl Input {
    /// Looks at a path.
    ///
    /// # Errors
    /// When there is nothing at the path, or it may not be read.
    pub fn open(path: &Path) -> Result<Self, InputError> {
        if path == Path::new(STDIN) {
            let name = "standard-input".to_owned();
            return Ok(Self { path: path.to_owned(), name, kind: InputKind::Stdin, bytes: 0 });
        }
        let error = |source| InputError { path: path.to_owned(), source };
        let metadata = std::fs::metadata(path).map_err(error)?;
        let name = path
            .canonicalize()
            .ok()
            .as_deref()
            .unwrap_or(path)
            .file_name()
            .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
        if metadata.is_dir() {
            return Ok(Self { path: path.to_owned(), name, kind: InputKind::Directory, bytes: 0 });
        }
        File::open(path).map_err(error)?;
        Ok(Self { path: path.to_owned(), name, kind: InputKind::File, bytes: metadata.len() })
    }

    /// Shows every member to the visitor. `progress` is told of every byte taken from the file system.
    pub fn read(&self, limits: &Limits, visitor: &mut dyn Visitor, progress: &dyn Fn(u64)) -> Taken {
        let mut walk = Walk { visitor, limits, members: 0, bytes: 0, links: 0, full: false };
        let mut hash = Sha256::new();
        // A plain file is a member with its own name; an archive's members have paths of their own.
        let size = (self.kind == InputKind::File).then_some(self.bytes);
        let member = Member { size, ..Member::default() };
        let bytes = match self.kind {
            InputKind::Directory => self.read_directory(&mut walk, &mut hash, progress),
            InputKind::File => read_file(&self.path, &member, &mut walk, &mut hash, progress),
            InputKind::Stdin => read_stream(io::stdin().lock(), &member, &mut walk, &mut hash, progress),
        };
        walk.finish();
        Taken { bytes, sha256: hex(&hash.finalize()), members: walk.members }
    }

    fn read_directory(&self, walk: &mut Walk<'_>, hash: &mut Sha256, progress: &dyn Fn(u64)) -> u64 {
        let mut bytes = 0;
        // Links are not followed: they may lead out of the bundle, or in circles.
        for entry in walkdir::WalkDir::new(&self.path).sort_by_file_name() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let what = format!("cannot read a directory entry: {error}");
                    walk.visitor.diagnostic(Diagnostic::warning("directory", what));
                    continue;
                }
            };
            if !entry.file_type().is_file() {
                continue;
            }
            let relative = entry.path().strip_prefix(&self.path).unwrap_or(entry.path());
            let path = MemberPath::new(&relative.to_string_lossy());
            hash.update(path.as_str().as_bytes());
            hash.update([0]);
            let size = entry.metadata().ok().map(|metadata| metadata.len());
            let member = Member { path, size, modified: None };
            bytes += read_file(entry.path(), &member, walk, hash, progress);
        }
        bytes
    }
}

/// Walks one file to its end, also when the archive in it ends earlier, so that its digest is that of the file.
fn read_file(
    path: &Path,
    member: &Member,
    walk: &mut Walk<'_>,
    hash: &mut Sha256,
    progress: &dyn Fn(u64),
) -> u64 {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) => {
            let what = format!("cannot open the file: {error}");
            walk.visitor.diagnostic(Diagnostic::warning("open", what).in_file(member.path.as_str()));
            return 0;
        }
    };
    match zip_of(&file, hash, progress) {
        Some(bytes) => {
            walk.seekable(member, BufReader::new(file));
            bytes
        }
        None => read_stream(file, member, walk, hash, progress),
    }
}

/// The size of a file that is a zip; its digest is taken beforehand, because it is not read from start to end.
fn zip_of(mut file: &File, hash: &mut Sha256, progress: &dyn Fn(u64)) -> Option<u64> {
    let mut head = [0; 8];
    let (filled, _) = fill(&mut file, &mut head);
    file.rewind().ok()?;
    if !container::is_zip(head.get(..filled)?) {
        return None;
    }
    let mut tapped = Tapped { inner: file, hash, progress, bytes: 0 };
    drain(&mut tapped);
    let bytes = tapped.bytes;
    file.rewind().ok()?;
    Some(bytes)
}

fn read_stream(
    stream: impl Read,
    member: &Member,
    walk: &mut Walk<'_>,
    hash: &mut Sha256,
    progress: &dyn Fn(u64),
) -> u64 {
    let mut tapped = Tapped { inner: stream, hash, progress, bytes: 0 };
    walk.stream(member, 0, &mut tapped);
    drain(&mut tapped);
    tapped.bytes
}

/// Reads to the end.
fn drain(reader: &mut dyn Read) {
    let mut rest = vec![0; 64 * 1024];
    while matches!(reader.read(&mut rest), Ok(n) if n > 0) {}
}

struct Tapped<'a, R> {
    inner: R,
    hash: &'a mut Sha256,
    progress: &'a dyn Fn(u64),
    bytes: u64,
}

impl<R: Read> Read for Tapped<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.hash.update(buffer.get(..n).unwrap_or_default());
        (self.progress)(n as u64);
        self.bytes += n as u64;
        Ok(n)
    }
}
