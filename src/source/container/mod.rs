//! Containers: recognised by content, opened as streams, nested to a limit.

mod compressed;
mod tar;
mod zip;

use std::cell::Cell;
use std::io::{self, Cursor, Read, Seek};

use super::{Member, MemberPath, Visitor};
use crate::base::{Diagnostic, Limits, words};
use compressed::{Bounded, Compression};

/// Enough to see a tar header.
const HEAD: usize = 512;

/// What the first bytes of a stream say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Compressed(Compression),
    Tar,
    Zip,
    Unsupported(&'static str),
    Plain,
}

/// What files begin with.
const MAGICS: &[(&[u8], Format)] = &[
    (b"\x1f\x8b", Format::Compressed(Compression::Gzip)),
    (b"\xfd7zXZ\0", Format::Compressed(Compression::Xz)),
    (b"\x28\xb5\x2f\xfd", Format::Compressed(Compression::Zstandard)),
    (b"BZh", Format::Compressed(Compression::Bzip2)),
    (b"PK\x03\x04", Format::Zip),
    (b"PK\x05\x06", Format::Zip),
    (b"PK\x07\x08", Format::Unsupported("part of a split zip")),
    (b"\x04\x22\x4d\x18", Format::Unsupported("lz4 file")),
    (b"7z\xbc\xaf\x27\x1c", Format::Unsupported("7z archive")),
    (b"Rar!\x1a\x07", Format::Unsupported("rar archive")),
    (b"LZIP", Format::Unsupported("lzip file")),
    (b"\x1f\x9d", Format::Unsupported("file of compress(1)")),
    (b"\x85\x01", Format::Unsupported("file encrypted by GnuPG")),
    (b"-----BEGIN PGP MESSAGE", Format::Unsupported("file encrypted by GnuPG")),
    (b"age-encryption.org/", Format::Unsupported("file encrypted by age")),
    (b"Salted__", Format::Unsupported("file encrypted by openssl")),
];

fn recognise(head: &[u8]) -> Format {
    let found = MAGICS.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, format)| *format);
    // A log may begin with the letters `BZh`; the level and the first block's mark are bzip2's alone.
    let bzip2 = Format::Compressed(Compression::Bzip2);
    if let Some(format) = found.filter(|format| *format != bzip2 || is_bzip2(head)) {
        return format;
    }
    if head.get(257..262) == Some(b"ustar") || is_old_tar(head) { Format::Tar } else { Format::Plain }
}

fn is_bzip2(head: &[u8]) -> bool {
    let blocks: [&[u8]; 2] = [b"\x31\x41\x59\x26\x53\x59", b"\x17\x72\x45\x38\x50\x90"];
    matches!(head.get(3), Some(b'1'..=b'9')) && head.get(4..10).is_some_and(|block| blocks.contains(&block))
}

/// Whether a file that begins so is a zip, which is best read from the file itself.
#[must_use]
pub fn is_zip(head: &[u8]) -> bool {
    recognise(head) == Format::Zip
}

/// A file's name without what says how it is packed: `a.tar.gz`, `a.txz` and `a.zip` are `a`.
#[must_use]
pub fn stem(name: &str) -> &str {
    const ENDS: &[&str] =
        &[".tgz", ".txz", ".tbz2", ".tbz", ".tzst", ".tar", ".zip", ".gz", ".xz", ".bz2", ".zst"];
    let mut stem = name;
    // Most names of directories have no dot, and are asked for by many layouts.
    if !name.contains('.') {
        return name;
    }
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
    /// Links and devices that were met; they hold nothing, and are not followed.
    pub links: u64,
    /// Whether a limit of the whole run is reached, which was said then.
    pub full: bool,
}

impl Walk<'_> {
    /// Visits one stream. `path` is empty for the input itself when it is an archive.
    pub fn stream(&mut self, member: &Member, depth: u64, reader: &mut dyn Read) {
        let mut head = [0; HEAD];
        let (filled, failed) = fill(reader, &mut head);
        let head = head.get(..filled).unwrap_or_default();
        if let Some(error) = failed {
            self.ends_early(member.path.as_str(), &error);
            if head.is_empty() {
                return;
            }
        }
        let mut whole = head.chain(reader);
        match recognise(head) {
            Format::Compressed(compression) => self.compressed(member, depth, compression, &mut whole),
            Format::Tar => self.tar(member, depth, &mut whole),
            Format::Zip => self.zip_in_memory(member, depth, &mut whole),
            Format::Unsupported(name) => {
                let what = format!("this is a {name}, which cannot be read");
                let help = "unpack, join or decrypt it, and analyse the directory";
                self.say(Diagnostic::warning("container", what).help(help), member);
            }
            Format::Plain => self.plain(member, &mut whole),
        }
    }

    /// Visits a file that can be read in any order: a zip.
    pub fn seekable(&mut self, member: &Member, reader: impl Read + Seek) {
        self.zip(member, 0, reader);
    }

    /// Whether containers are nested too deep here; says so.
    fn too_deep(&mut self, member: &Member, depth: u64) -> bool {
        if depth < self.limits.nesting {
            return false;
        }
        let what = format!("containers are nested more than {} deep here", self.limits.nesting);
        let help = "unpack the inner archive and analyse it alone";
        self.say(Diagnostic::warning("nesting", what).help(help).limit("max-nesting"), member);
        true
    }

    fn compressed(&mut self, member: &Member, depth: u64, how: Compression, reader: &mut dyn Read) {
        if self.too_deep(member, depth) {
            return;
        }
        let taken = Cell::new(0);
        let inflated = how.inflate(reader, &taken, self.limits.window);
        let mut bounded = Bounded::new(inflated, &taken, self.limits.ratio);
        self.stream(member, depth + 1, &mut bounded);
        if bounded.limit {
            self.say_ratio(member);
        }
    }

    fn say_ratio(&mut self, member: &Member) {
        let what = format!(
            "each compressed byte inflates to more than {} bytes: the rest is not read",
            self.limits.ratio
        );
        self.say(Diagnostic::warning("ratio", what).limit("max-ratio"), member);
    }

    /// A zip within a stream has to be read to its end, where its directory is, before anything in it can be found.
    fn zip_in_memory(&mut self, member: &Member, depth: u64, reader: &mut dyn Read) {
        let mut bytes = Vec::new();
        let most = self.limits.zip;
        let read = reader.take(most.saturating_add(1)).read_to_end(&mut bytes);
        if bytes.len() as u64 > most {
            let what = format!("the zip within an archive is larger than {most} bytes: it is not read");
            let help = "unpack the outer archive, and analyse the directory";
            return self.say(Diagnostic::warning("zip-size", what).help(help).limit("max-zip"), member);
        }
        if let Err(error) = read {
            self.ends_early(member.path.as_str(), &error);
        }
        self.zip(member, depth, Cursor::new(bytes));
    }

    /// Says what was left out without being read.
    pub fn finish(&mut self) {
        if self.links > 0 {
            let what = format!(
                "{} in the input: what a link points to is read where it lies",
                words::count(self.links, "link")
            );
            self.visitor.diagnostic(Diagnostic::info("links", what));
        }
    }

    fn plain(&mut self, member: &Member, reader: &mut dyn Read) {
        if self.full {
            return;
        }
        if self.members >= self.limits.members {
            self.full = true;
            let what = format!("more than {} members: the rest is not read", self.limits.members);
            return self.say(Diagnostic::warning("members", what).limit("max-members"), member);
        }
        self.members += 1;
        let left = self.limits.bytes.saturating_sub(self.bytes);
        let mut counted = Counted { inner: reader.take(left), bytes: 0 };
        self.visitor.member(member, &mut counted);
        self.bytes += counted.bytes;
        if self.bytes >= self.limits.bytes {
            self.full = true;
            let what = format!("more than {} bytes: the rest is not read", self.limits.bytes);
            self.say(Diagnostic::warning("bytes", what).limit("max-bytes"), member);
        }
    }

    fn say(&mut self, diagnostic: Diagnostic, member: &Member) {
        self.visitor.diagnostic(diagnostic.in_file(member.path.as_str()));
    }

    fn ends_early(&mut self, path: &str, error: &io::Error) {
        let mut diagnostic = if error.kind() == io::ErrorKind::OutOfMemory {
            let what = format!("more memory is needed to inflate this than is allowed: {error}");
            Diagnostic::warning("window", what).limit("max-window")
        } else {
            let what = format!("the archive is damaged or ends early: {error}");
            Diagnostic::warning("truncated", what)
                .help("ask for the file again; what stands behind this place is not in the result")
        };
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::source::Input;

    /// Members as `path=content`, and codes of what was said.
    #[derive(Default)]
    struct Seen {
        members: Vec<String>,
        said: Vec<&'static str>,
    }

    impl Visitor for Seen {
        fn member(&mut self, member: &Member, reader: &mut dyn Read) {
            let mut text = String::new();
            reader.read_to_string(&mut text).unwrap();
            self.members.push(format!("{}={}", member.path.as_str(), text.trim_end().replace('\n', "|")));
        }

        fn diagnostic(&mut self, diagnostic: Diagnostic) {
            self.said.push(diagnostic.code);
        }
    }

    fn read(name: &str, limits: &Limits) -> Seen {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/containers").join(name);
        let mut seen = Seen::default();
        Input::open(&path).unwrap().read(limits, &mut seen, &|_| {});
        seen
    }

    const TREE: [&str; 2] =
        ["tree/node1/hostname=node1", "tree/node1/logs/kubelet.log=first line|second line"];

    #[test]
    fn the_same_tree_comes_out_of_every_container() {
        for name in [
            "tree.tar",
            "tree.tar.gz",
            "members.tar.gz",
            "tree.tar.bz2",
            "tree.tar.xz",
            "streams.tar.xz",
            "tree.tar.zst",
            "frames.tar.zst",
            "tree.zip",
            "windows.zip",
        ] {
            let seen = read(name, &Limits::default());
            assert_eq!(seen.members, TREE, "{name}");
            assert!(seen.said.is_empty(), "{name}: {:?}", seen.said);
        }
    }

    #[test]
    fn archives_nest_in_a_zip_and_a_single_file_may_be_compressed() {
        let seen = read("nested.zip", &Limits::default());
        let nested: Vec<String> = ["tree.tar.xz!", "inner.zip!"]
            .iter()
            .flat_map(|outer| TREE.map(|member| format!("{outer}{member}")))
            .collect();
        assert_eq!(seen.members, nested);
        assert_eq!(read("kubelet.log.gz", &Limits::default()).members, ["=first line|second line"]);
    }

    #[test]
    fn a_zip_without_its_end_gives_what_stands_before() {
        let seen = read("torn.zip", &Limits::default());
        assert_eq!((seen.members, seen.said), (TREE.map(str::to_owned).to_vec(), vec!["truncated"]));
    }

    #[test]
    fn limits_are_said() {
        let shallow = Limits { nesting: 1, ..Limits::default() };
        assert_eq!(read("tree.tar.gz", &shallow).said, ["nesting"]);
        for name in ["tree.tar.gz", "tree.zip"] {
            let seen = read(name, &Limits { members: 1, ..Limits::default() });
            assert_eq!((seen.members.len(), seen.said), (1, vec!["members"]), "{name}");
            assert!(read(name, &Limits { members: 2, ..Limits::default() }).said.is_empty(), "{name}");
        }
        let small = Limits { zip: 100, ..Limits::default() };
        assert_eq!(read("nested.zip", &small).said, ["zip-size"]);
        let narrow = Limits { window: 1024, ..Limits::default() };
        assert_eq!(read("tree.tar.xz", &narrow).said, ["window"]);
    }

    #[test]
    fn a_log_that_begins_like_an_archive_is_a_log() {
        assert_eq!(recognise(b"BZhello"), Format::Plain);
        assert_eq!(recognise(b"PK is an abbreviation"), Format::Plain);
        assert_eq!(recognise(b"7z\xbc\xaf\x27\x1c\0\x04"), Format::Unsupported("7z archive"));
    }

    #[test]
    fn names_lose_their_packing() {
        for (name, expected) in
            [("a.tar.gz", "a"), ("a.txz", "a"), ("a.b.zip", "a.b"), ("x", "x"), ("a.log.gz", "a.log")]
        {
            assert_eq!(stem(name), expected);
        }
    }
}
