//! Containers: recognised by content, opened as streams, nested to a limit.

use std::io::{self, BufReader, Read};

use flate2::read::MultiGzDecoder;

use super::{Member, MemberPath, Visitor};
use crate::base::{Diagnostic, Limits};

/// Enough to see a tar header.
const HEAD: usize = 512;

/// Bytes that are read from a compressed stream at once.
const BUFFER: usize = 256 * 1024;

/// Zeros that may stand behind the end of an archive: tar pads to 10 KiB, other programs to more.
const PADDING: u64 = 1 << 20;

/// Up to here, no ratio of inflation is suspicious.
const RATIO_FREE: u64 = 64 << 20;

/// What the first bytes of a stream say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Gzip,
    Tar,
    Unsupported(&'static str),
    Plain,
}

fn recognise(head: &[u8]) -> Format {
    const MAGICS: &[(&[u8], Format)] = &[
        (b"\x1f\x8b", Format::Gzip),
        (b"PK\x03\x04", Format::Unsupported("zip")),
        (b"\xfd7zXZ\0", Format::Unsupported("xz")),
        (b"\x28\xb5\x2f\xfd", Format::Unsupported("zstd")),
        (b"BZh", Format::Unsupported("bzip2")),
    ];
    if let Some((_, format)) = MAGICS.iter().find(|(magic, _)| head.starts_with(magic)) {
        return *format;
    }
    if head.get(257..262) == Some(b"ustar") || is_old_tar(head) { Format::Tar } else { Format::Plain }
}

/// A file's name without what says how it is packed: `a.tar.gz`, `a.txz` and `a.zip` are `a`.
#[must_use]
pub fn stem(name: &str) -> &str {
    const ENDS: &[&str] =
        &[".tgz", ".txz", ".tbz2", ".tbz", ".tzst", ".tar", ".zip", ".gz", ".xz", ".bz2", ".zst"];
    let mut stem = name;
    while let Some(shorter) = ENDS.iter().find_map(|end| stem.strip_suffix(end)) {
        stem = shorter;
    }
    stem
}

/// A tar of before 1988 has no magic; its checksum is as telling.
fn is_old_tar(head: &[u8]) -> bool {
    let (Some(block), Some(field)) = (head.get(..HEAD), head.get(148..156)) else { return false };
    if head.first().is_none_or(|byte| *byte == 0) {
        return false;
    }
    let text: String = field.iter().take_while(|b| **b != 0).map(|b| char::from(*b)).collect();
    let Ok(said) = u64::from_str_radix(text.trim(), 8) else { return false };
    let sum: u64 =
        block.iter().enumerate().map(|(i, b)| if (148..156).contains(&i) { 32 } else { u64::from(*b) }).sum();
    sum == said
}

/// Walks a stream: an archive gives its members, anything else is a member itself.
pub struct Walk<'a> {
    /// Who is shown the members.
    pub visitor: &'a mut dyn Visitor,
    /// How deep, how many, how much.
    pub limits: &'a Limits,
    /// Members so far.
    pub members: u64,
    /// Inflated bytes so far.
    pub bytes: u64,
}

impl Walk<'_> {
    /// Visits one stream. `path` is empty for the input itself when it is an archive.
    pub fn stream(&mut self, member: &Member, depth: u64, reader: &mut dyn Read) {
        let mut head = [0; HEAD];
        let (filled, failed) = fill(reader, &mut head);
        let head = head.get(..filled).unwrap_or_default();
        if let Some(error) = failed {
            self.ends_early(member.path.as_str(), &error);
        }
        let mut whole = head.chain(reader);
        match recognise(head) {
            Format::Gzip | Format::Tar if depth >= self.limits.nesting => {
                let what = format!("containers are nested more than {} deep here", self.limits.nesting);
                self.say(
                    Diagnostic::warning("nesting", what)
                        .help("unpack the inner archive and analyse it alone")
                        .limit("max-nesting"),
                    member,
                );
            }
            Format::Gzip => self.gzip(member, depth, &mut whole),
            Format::Tar => self.tar(member, depth, &mut whole),
            Format::Unsupported(name) => {
                let what = format!("this is a {name} file, which this version does not read");
                self.say(
                    Diagnostic::warning("container", what).help("unpack it, and analyse the directory"),
                    member,
                );
            }
            Format::Plain => self.plain(member, &mut whole),
        }
    }

    fn gzip(&mut self, member: &Member, depth: u64, reader: &mut dyn Read) {
        let counted = Counted { inner: reader, bytes: 0 };
        let inflated = MultiGzDecoder::new(BufReader::with_capacity(BUFFER, counted));
        let mut bounded = Bounded { inner: inflated, ratio: self.limits.ratio, out: 0, limit: false };
        self.stream(member, depth + 1, &mut bounded);
        if bounded.limit {
            let what = format!(
                "each compressed byte inflates to more than {} bytes: the rest is not read",
                self.limits.ratio
            );
            self.say(Diagnostic::warning("ratio", what).limit("max-ratio"), member);
        }
    }

    fn tar(&mut self, member: &Member, depth: u64, reader: &mut dyn Read) {
        let mut archive = tar::Archive::new(&mut *reader);
        let entries = match archive.entries() {
            Ok(entries) => entries,
            Err(error) => return self.ends_early(member.path.as_str(), &error),
        };
        for entry in entries {
            let mut entry = match entry {
                Ok(entry) => entry,
                Err(error) => return self.ends_early(member.path.as_str(), &error),
            };
            if !entry.header().entry_type().is_file() {
                continue;
            }
            let inner = Member {
                path: member.path.within(&MemberPath::new(&String::from_utf8_lossy(&entry.path_bytes()))),
                size: Some(entry.size()),
                modified: entry
                    .header()
                    .mtime()
                    .ok()
                    .and_then(|at| i64::try_from(at).ok())
                    .filter(|at| *at > 0),
            };
            self.stream(&inner, depth + 1, &mut entry);
            if self.members >= self.limits.members || self.bytes >= self.limits.bytes {
                return;
            }
        }
        self.checksum(member, reader);
    }

    /// An archive ends before the stream around it: only the end of the stream tells whether its checksum is right.
    fn checksum(&mut self, member: &Member, reader: &mut dyn Read) {
        match io::copy(&mut reader.take(PADDING), &mut io::sink()) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.ends_early(member.path.as_str(), &error);
            }
            Err(error) => {
                let what = format!("the archive is read to its end, but what stands there is wrong: {error}");
                self.say(
                    Diagnostic::warning("checksum", what).help(
                        "some lines may have changed on the way; when in doubt, ask for the file again",
                    ),
                    member,
                );
            }
            Ok(_) => {}
        }
    }

    fn plain(&mut self, member: &Member, reader: &mut dyn Read) {
        if self.members >= self.limits.members {
            let what = format!("more than {} members: the rest is not read", self.limits.members);
            return self.say(Diagnostic::warning("members", what).limit("max-members"), member);
        }
        self.members += 1;
        let left = self.limits.bytes.saturating_sub(self.bytes);
        let mut counted = Counted { inner: reader.take(left), bytes: 0 };
        self.visitor.member(member, &mut counted);
        self.bytes += counted.bytes;
        if self.bytes >= self.limits.bytes {
            let what = format!("more than {} bytes: the rest is not read", self.limits.bytes);
            self.say(Diagnostic::warning("bytes", what).limit("max-bytes"), member);
        }
    }

    fn say(&mut self, diagnostic: Diagnostic, member: &Member) {
        self.visitor.diagnostic(diagnostic.in_file(member.path.as_str()));
    }

    fn ends_early(&mut self, path: &str, error: &io::Error) {
        let what = format!("the archive is damaged or ends early: {error}");
        let mut diagnostic = Diagnostic::warning("truncated", what)
            .help("ask for the file again; what stands behind this place is not in the result");
        if !path.is_empty() {
            diagnostic = diagnostic.in_file(path);
        }
        self.visitor.diagnostic(diagnostic);
    }
}

/// Reads until the buffer is full, the stream ends, or it fails; gives what was read and the failure.
pub fn fill(reader: &mut dyn Read, buffer: &mut [u8]) -> (usize, Option<io::Error>) {
    let mut filled = 0;
    loop {
        let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) else {
            return (filled, None);
        };
        match reader.read(rest) {
            Ok(0) => return (filled, None),
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (filled, Some(error)),
        }
    }
}

/// Counts what passes.
struct Counted<R> {
    inner: R,
    bytes: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.bytes += n as u64;
        Ok(n)
    }
}

/// Ends the stream when it inflates beyond all reason.
struct Bounded<R: Read> {
    inner: MultiGzDecoder<BufReader<Counted<R>>>,
    ratio: u64,
    out: u64,
    limit: bool,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let taken = self.inner.get_ref().get_ref().bytes;
        if self.out > RATIO_FREE.max(taken.saturating_mul(self.ratio)) {
            self.limit = true;
            return Ok(0);
        }
        let n = self.inner.read(buffer)?;
        self.out += n as u64;
        Ok(n)
    }
}
