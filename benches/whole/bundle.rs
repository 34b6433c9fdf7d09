//! Writes bundles as the Rancher logs collector does on RKE2, of any size: nothing is held in memory but a few lines.
//!
//! The logs cover the two days before the capture. Logs are cut to pieces as the programs themselves cut them.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::Result;
use crate::lines::{Clock, Line, Random, write_time};
use crate::material::{Material, PROGRAMS, Place, Program, directory};

/// When the capture that the small files come from was made: seconds since 1970.
const CAPTURED: i64 = 1_795_318_590;

/// When the logs begin.
const BEGIN: i64 = CAPTURED - 48 * 3600;

const NANOSECONDS: i64 = 1_000_000_000;

/// Bytes of one piece of a log that its program rotates.
const PIECE: u64 = 10 << 20;

/// What is put among the lines of a log.
#[derive(Clone, Debug)]
pub struct Planted<'a> {
    /// Its lines, in turn, without wrapper.
    pub lines: &'a [String],
    /// It is every so-manieth line of the log …
    pub every: u64,
    /// … until there are so many.
    pub at_most: u64,
}

/// A log of exactly so many bytes, with times that go forward.
#[derive(Debug)]
pub struct Log {
    lines: Vec<Line>,
    sowing: Option<Sowing>,
    n_lines: u64,
    /// The length of the longest line. The last line is filled up with blanks to the end of the log when not every line
    /// has room behind it.
    longest: u64,
    clock: Clock,
    now: i64,
    end: i64,
    step: i64,
    /// Bytes that are still to be written.
    left: u64,
    written: Vec<u8>,
    taken: usize,
    random: Random,
}

/// What is still to be planted in a log.
#[derive(Debug)]
struct Sowing {
    lines: Vec<Line>,
    every: u64,
    left: u64,
}

impl Log {
    /// A log of so many bytes, from one second to another.
    fn new(lines: Vec<Line>, sowing: Option<Sowing>, bytes: u64, (from, to): (i64, i64), seed: u64) -> Self {
        let sown = sowing.iter().flat_map(|sowing| &sowing.lines);
        let longest = lines.iter().chain(sown).map(Line::length).max().unwrap_or_default();
        let mean = sowing.as_ref().map_or_else(
            || mean(&lines),
            |sowing| (mean(&lines) * (sowing.every - 1) + mean(&sowing.lines)) / sowing.every,
        );
        let n_lines = bytes / mean.max(1) + 1;
        Self {
            lines,
            sowing,
            n_lines: 0,
            longest,
            clock: Clock::at(from * NANOSECONDS),
            now: from * NANOSECONDS,
            end: to * NANOSECONDS,
            step: (to - from) * NANOSECONDS / i64::try_from(n_lines).unwrap_or(i64::MAX),
            left: bytes,
            written: Vec::new(),
            taken: 0,
            random: Random(seed),
        }
    }

    fn write_line(&mut self) {
        self.n_lines += 1;
        self.now = self.end.min(self.now + self.step);
        self.clock.set(self.now);
        let sowing =
            self.sowing.as_mut().filter(|one| one.left > 0 && self.n_lines.is_multiple_of(one.every));
        let line = match sowing {
            Some(sowing) => {
                sowing.left -= 1;
                pick(&sowing.lines, sowing.left)
            }
            None => pick(&self.lines, self.random.number()),
        };
        let before = self.written.len();
        if let Some(line) = line {
            line.write(&mut self.written, &self.clock, &mut self.random);
        }
        let length = (self.written.len() - before) as u64;
        if self.left >= length + self.longest {
            self.left -= length;
            return;
        }
        self.written.pop();
        self.written.resize(before + usize::try_from(self.left).unwrap_or_default(), b' ');
        if let Some(end) = self.written.last_mut() {
            *end = b'\n';
        }
        self.left = 0;
    }
}

/// The line at a position; after the last comes the first.
fn pick(lines: &[Line], at: u64) -> Option<&Line> {
    lines.get(usize::try_from(at % lines.len().max(1) as u64).unwrap_or_default())
}

/// The mean length of lines, in bytes.
fn mean(lines: &[Line]) -> u64 {
    lines.iter().map(Line::length).sum::<u64>() / lines.len().max(1) as u64
}

impl Read for Log {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.written.len() {
            self.written.clear();
            self.taken = 0;
            while self.left > 0 && self.written.len() < 1 << 16 {
                self.write_line();
            }
        }
        let n = self.written.get(self.taken..).unwrap_or_default().read(buffer)?;
        self.taken += n;
        Ok(n)
    }
}

/// Where a bundle is written to.
pub enum Bundle {
    /// A .tar.gz, packed at the level of `tar czf`.
    Archive(Box<tar::Builder<Pipe>>),
    /// The same on disk.
    Directory(PathBuf),
}

impl Bundle {
    /// Begins an archive.
    pub fn archive(path: &Path) -> Result<Self> {
        Ok(Self::Archive(Box::new(tar::Builder::new(Pipe::new(path)?))))
    }

    /// Begins a directory.
    pub fn directory(path: &Path) -> Result<Self> {
        fs::create_dir_all(path)?;
        Ok(Self::Directory(path.to_owned()))
    }

    /// Adds a file.
    pub fn add(&mut self, path: &str, bytes: u64, mut content: impl Read) -> Result<()> {
        match self {
            Self::Archive(archive) => {
                let mut header = tar::Header::new_gnu();
                header.set_size(bytes);
                header.set_mode(0o644);
                header.set_mtime(CAPTURED.unsigned_abs());
                archive.append_data(&mut header, path, content)?;
            }
            Self::Directory(root) => {
                let path = root.join(path);
                path.parent().map_or(Ok(()), fs::create_dir_all)?;
                io::copy(&mut content, &mut BufWriter::with_capacity(1 << 18, File::create(path)?))?;
            }
        }
        Ok(())
    }

    /// Writes the end.
    pub fn finish(self) -> Result<()> {
        match self {
            Self::Archive(archive) => archive.into_inner()?.finish(),
            Self::Directory(_) => Ok(()),
        }
    }
}

/// Hands what is written to a thread that packs it: the other core goes on with the lines.
#[derive(Debug)]
pub struct Pipe {
    block: Vec<u8>,
    blocks: SyncSender<Vec<u8>>,
    packer: JoinHandle<io::Result<()>>,
}

const BLOCK: usize = 1 << 20;

impl Pipe {
    fn new(path: &Path) -> Result<Self> {
        let mut packed = GzEncoder::new(BufWriter::new(File::create(path)?), Compression::new(6));
        let (blocks, received) = sync_channel::<Vec<u8>>(8);
        let packer = std::thread::spawn(move || {
            for block in received {
                packed.write_all(&block)?;
            }
            packed.finish()?.flush()
        });
        Ok(Self { block: Vec::with_capacity(BLOCK), blocks, packer })
    }

    fn send(&mut self) -> io::Result<()> {
        let block = std::mem::replace(&mut self.block, Vec::with_capacity(BLOCK));
        self.blocks.send(block).map_err(|_| io::Error::other("the packing thread has ended"))
    }

    fn finish(mut self) -> Result<()> {
        self.send()?;
        drop(self.blocks);
        Ok(self.packer.join().map_err(|_| "the packing thread has panicked")??)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.block.extend_from_slice(bytes);
        if self.block.len() >= BLOCK {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Adds what a node has: its small files, and logs of so many bytes; to the logs of some programs something is added.
pub fn add_node(
    bundle: &mut Bundle,
    material: &Material,
    node: &str,
    bytes: u64,
    planted: &[(&str, Planted<'_>)],
) -> Result<()> {
    add_small(bundle, material, node)?;
    let small: u64 = material.small(node).map(|(_, content)| content.len() as u64).sum();
    for program in PROGRAMS {
        let planted = planted.iter().find(|(name, _)| *name == program.name).map(|(_, planted)| planted);
        let bytes = bytes.saturating_sub(small) * program.share / 100;
        // The last piece is the one that is being written.
        let n_pieces = if matches!(program.place, Place::Journal) { 1 } else { bytes.div_ceil(PIECE).max(1) };
        let time_of = |piece: u64| {
            let piece = i64::try_from(piece).unwrap_or_default();
            BEGIN + (CAPTURED - BEGIN) * piece / i64::try_from(n_pieces).unwrap_or(1)
        };
        for piece in 0..n_pieces {
            let span = (time_of(piece), time_of(piece + 1));
            let closed = (piece + 1 < n_pieces).then_some(span.1);
            let path = path(program, node, closed);
            let log = log(material, program, node, bytes / n_pieces, span, planted, seed(&path));
            bundle.add(&path, bytes / n_pieces, log)?;
        }
    }
    Ok(())
}

/// Adds the small files of a node.
pub fn add_small(bundle: &mut Bundle, material: &Material, node: &str) -> Result<()> {
    for (path, content) in material.small(node) {
        bundle.add(path, content.len() as u64, content.as_slice())?;
    }
    Ok(())
}

/// Adds one log, of all the time. The path is that within the directory of the node.
pub fn add_log(
    bundle: &mut Bundle,
    material: &Material,
    program: &Program,
    (node, path, bytes): (&str, &str, u64),
    planted: Option<&Planted<'_>>,
) -> Result<()> {
    let path = format!("{}/{path}", directory(node));
    let log = log(material, program, node, bytes, (BEGIN, CAPTURED), planted, seed(&path));
    bundle.add(&path, bytes, log)
}

/// Where the log of a program lies that is being written.
pub fn path_within(program: &Program, node: &str) -> String {
    let path = path(program, node, None);
    path.strip_prefix(&directory(node)).unwrap_or(&path).trim_start_matches('/').to_owned()
}

/// The mean length of the lines of a program, in bytes.
pub fn mean_line(material: &Material, program: &Program, node: &str) -> u64 {
    mean(&wrapped(material.lines(program), program, node))
}

/// The length of a line in the log of a program, in bytes.
pub fn length_of(line: &str, program: &Program, node: &str) -> u64 {
    Line::parse(&wrap(program, node, line)).length()
}

fn log(
    material: &Material,
    program: &Program,
    node: &str,
    bytes: u64,
    span: (i64, i64),
    planted: Option<&Planted<'_>>,
    seed: u64,
) -> Log {
    let sowing = planted.map(|planted| Sowing {
        lines: wrapped(planted.lines, program, node),
        every: planted.every,
        left: planted.at_most,
    });
    Log::new(wrapped(material.lines(program), program, node), sowing, bytes, span, seed)
}

fn wrapped(lines: &[String], program: &Program, node: &str) -> Vec<Line> {
    lines.iter().map(|line| Line::parse(&wrap(program, node, line))).collect()
}

/// A line as the kubelet or journald keeps it. The time is any: it is replaced.
fn wrap(program: &Program, node: &str, line: &str) -> String {
    match program.place {
        Place::AgentLog => line.to_owned(),
        Place::Journal => format!("Nov 22 03:00:00 {node} rke2[812]: {line}"),
        Place::StaticPod | Place::Pod(_) => format!("2026-11-22T03:00:00.000000000Z stderr F {line}"),
    }
}

/// The path of a log, or of a piece of it that was closed at this second.
fn path(program: &Program, node: &str, closed: Option<i64>) -> String {
    let (root, name) = (directory(node), program.name);
    let piece = |form: &str| closed.map_or_else(String::new, |second| write_time(second, form));
    match program.place {
        Place::AgentLog => {
            format!("{root}/rke2/agent-logs/{name}{}.log", piece("-%Y-%m-%dT%H-%M-%S.000"))
        }
        Place::Journal => format!("{root}/journald/{name}"),
        Place::StaticPod => {
            let uid = format!("{:016x}{:016x}", seed(node), seed(name));
            let end = piece(".%Y%m%d-%H%M%S");
            format!("{root}/rke2/podlogs/kube-system_{name}-{node}_{uid}/{name}/0.log{end}")
        }
        Place::Pod(namespace) => {
            let uid =
                format!("7d1f0a52-31c4-4b8e-9a60-{:012x}", seed(&format!("{name}{node}")) & 0xffff_ffff_ffff);
            let end = piece(".%Y%m%d-%H%M%S");
            let pod = uid.get(31..36).unwrap_or_default();
            format!("{root}/rke2/podlogs/{namespace}_{name}-{pod}_{uid}/{name}/0.log{end}")
        }
    }
}

/// A number that belongs to a text (FNV-1a): every log is another one, and the same in every run.
fn seed(text: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}
