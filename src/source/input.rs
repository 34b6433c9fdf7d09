//! One input of the command line: a file or a directory; its size and digest are taken while it is read.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::container::Walk;
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
    /// Whether it is a directory.
    pub directory: bool,
    /// Its size in bytes, for the progress bar; 0 for a directory.
    pub bytes: u64,
}

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
        let error = |source| InputError { path: path.to_owned(), source };
        let metadata = std::fs::metadata(path).map_err(error)?;
        let name = path
            .canonicalize()
            .ok()
            .as_deref()
            .unwrap_or(path)
            .file_name()
            .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
        if !metadata.is_dir() {
            File::open(path).map_err(error)?;
        }
        let bytes = if metadata.is_dir() { 0 } else { metadata.len() };
        Ok(Self { path: path.to_owned(), name, directory: metadata.is_dir(), bytes })
    }

    /// Shows every member to the visitor. `progress` is told of every byte taken from the file system.
    pub fn read(&self, limits: &Limits, visitor: &mut dyn Visitor, progress: &dyn Fn(u64)) -> Taken {
        let mut walk = Walk { visitor, limits, members: 0, bytes: 0 };
        let mut hash = Sha256::new();
        let bytes = if self.directory {
            self.read_directory(&mut walk, &mut hash, progress)
        } else {
            // A plain file is a member with its own name; an archive's members have paths of their own.
            let member = Member { path: MemberPath::default(), size: Some(self.bytes), modified: None };
            read_file(&self.path, &member, &mut walk, &mut hash, progress)
        };
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
    let mut tapped = Tapped { inner: file, hash, progress, bytes: 0 };
    walk.stream(member, 0, &mut tapped);
    let mut rest = vec![0; 64 * 1024];
    while matches!(tapped.read(&mut rest), Ok(n) if n > 0) {}
    tapped.bytes
}

struct Tapped<'a> {
    inner: File,
    hash: &'a mut Sha256,
    progress: &'a dyn Fn(u64),
    bytes: u64,
}

impl Read for Tapped<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.hash.update(buffer.get(..n).unwrap_or_default());
        (self.progress)(n as u64);
        self.bytes += n as u64;
        Ok(n)
    }
}
