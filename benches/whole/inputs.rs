//! The bundles of the cases, each made once and kept.

#![expect(clippy::print_stdout, reason = "who waits for an input wants to know it")]

use std::cell::OnceCell;
use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use crate::Result;
use crate::bundle::{self, Bundle, Planted};
use crate::material::{Material, NODES, PROGRAMS, Program, election_storm};

/// Inputs of another version are made anew. To be raised with every change of what is written.
const VERSION: u32 = 1;

/// How many small files there are, and how large each is.
pub const SMALL_FILES: u64 = 100_000;
const SMALL_BYTES: u64 = 2 << 10;

/// How many lines hit the one rule.
pub const HITS: u64 = 1_000_000;

/// The rule that is hit.
pub const HIT_RULE: &str = "webhook-connection-failed";

/// What hits it.
const HIT: &str = "W1122 03:00:00.000000       1 dispatcher.go:129] Failed calling webhook, failing closed carts.policy.example: failed calling webhook \"carts.policy.example\": Post \"https://policy.guard.svc:443/v1?timeout=3s\": dial tcp 10.43.7.12:443: connect: connection refused";

/// As many bytes that hit nothing.
const NO_HIT: &str = "I1122 03:00:00.000000       1 dispatcher.go:129] Called another webhook, passing closed carts.policy.example: called another webhook \"carts.policy.example\": Post \"https://policy.guard.svc:443/v1?timeout=3s\": dial tcp 10.43.7.12:443: connect: connection renewed";

/// The inputs of one size.
#[derive(Debug)]
pub struct Inputs {
    directory: PathBuf,
    size: u64,
    material: OnceCell<Material>,
}

impl Inputs {
    /// Inputs of so many bytes before packing, kept in a directory.
    pub fn new(kept: &Path, size: u64) -> Self {
        Self { directory: kept.join(format!("v{VERSION}-{size}")), size, material: OnceCell::new() }
    }

    /// Bytes before packing.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Three nodes in one archive.
    pub fn one(&self) -> Result<PathBuf> {
        self.made("one.tar.gz", |path, material| {
            let mut bundle = Bundle::archive(path)?;
            for node in NODES {
                bundle::add_node(&mut bundle, material, node, self.size / 3, &[])?;
            }
            bundle.finish()
        })
    }

    /// Three nodes in three archives.
    pub fn three(&self) -> Result<Vec<PathBuf>> {
        let node = |node: &&str| {
            self.made(&format!("{node}.tar.gz"), |path, material| {
                let mut bundle = Bundle::archive(path)?;
                bundle::add_node(&mut bundle, material, node, self.size / 3, &[])?;
                bundle.finish()
            })
        };
        NODES.iter().map(node).collect()
    }

    /// Three nodes as a directory.
    pub fn unpacked(&self) -> Result<PathBuf> {
        self.made("directory", |path, material| {
            let mut bundle = Bundle::directory(path)?;
            for node in NODES {
                bundle::add_node(&mut bundle, material, node, self.size / 3, &[])?;
            }
            bundle.finish()
        })
    }

    /// Three nodes with troubles in three archives: reports of healthy ones say little. They are small, for they are
    /// analysed often.
    pub fn troubled(&self) -> Result<Vec<PathBuf>> {
        let storm = election_storm()?;
        let refused = [HIT.to_owned()];
        let node = |node: &&str| {
            self.made(&format!("{node}-troubled.tar.gz"), |path, material| {
                let mut bundle = Bundle::archive(path)?;
                let planted = [
                    ("etcd", Planted { lines: &storm, every: 20, at_most: 2_000 }),
                    ("kube-apiserver", Planted { lines: &refused, every: 30, at_most: 2_000 }),
                ];
                bundle::add_node(&mut bundle, material, node, self.size.min(256 << 20) / 3, &planted)?;
                bundle.finish()
            })
        };
        NODES.iter().map(node).collect()
    }

    /// One node with one huge log.
    pub fn log(&self) -> Result<PathBuf> {
        let kubelet = program("kubelet")?;
        self.one_log("log.tar.gz", kubelet, &|node| bundle::path_within(kubelet, node), self.size, None)
    }

    /// Many logs of pods.
    pub fn small(&self) -> Result<PathBuf> {
        self.made("small.tar.gz", |path, material| {
            let mut bundle = Bundle::archive(path)?;
            for node in NODES {
                bundle::add_small(&mut bundle, material, node)?;
            }
            let program = program("rke2-ingress-nginx-controller")?;
            for (number, node) in (0..SMALL_FILES).zip(NODES.iter().cycle()) {
                let path = pod_log(number);
                bundle::add_log(&mut bundle, material, program, (node, &path, SMALL_BYTES), None)?;
            }
            bundle.finish()
        })
    }

    /// The same lines as one log of a pod.
    pub fn not_small(&self) -> Result<PathBuf> {
        let program = program("rke2-ingress-nginx-controller")?;
        self.one_log("not-small.tar.gz", program, &|_| pod_log(0), SMALL_FILES * SMALL_BYTES, None)
    }

    /// A log with a million hits, and one of the same length with none.
    pub fn hits(&self) -> Result<[PathBuf; 2]> {
        let log = |name: &str, line: &str| {
            let program = program("kube-apiserver")?;
            let node = NODES.first().copied().unwrap_or_default();
            let hits = HITS * bundle::length_of(line, program, node);
            let bytes = self.size.max(2 * hits);
            let mean = bundle::mean_line(self.material()?, program, node);
            // A fiftieth more often than it would be right on average, so that all have room.
            let others = (bytes - hits) * 98 / 100 / mean;
            let lines = [line.to_owned()];
            let planted = Planted { lines: &lines, every: 1 + others / HITS, at_most: HITS };
            self.one_log(name, program, &|node| bundle::path_within(program, node), bytes, Some(&planted))
        };
        Ok([log("hits.tar.gz", HIT)?, log("no-hits.tar.gz", NO_HIT)?])
    }

    /// The small files alone.
    pub fn tiny(&self) -> Result<PathBuf> {
        self.made("tiny.tar.gz", |path, material| {
            let mut bundle = Bundle::archive(path)?;
            for node in NODES {
                bundle::add_small(&mut bundle, material, node)?;
            }
            bundle.finish()
        })
    }

    /// The small files, and one log on the first node.
    fn one_log(
        &self,
        name: &str,
        program: &Program,
        path_on: &dyn Fn(&str) -> String,
        bytes: u64,
        planted: Option<&Planted<'_>>,
    ) -> Result<PathBuf> {
        self.made(name, |path, material| {
            let mut bundle = Bundle::archive(path)?;
            for node in NODES {
                bundle::add_small(&mut bundle, material, node)?;
            }
            let node = NODES.first().copied().unwrap_or_default();
            bundle::add_log(&mut bundle, material, program, (node, &path_on(node), bytes), planted)?;
            bundle.finish()
        })
    }

    fn material(&self) -> Result<&Material> {
        if self.material.get().is_none() {
            let _ = self.material.set(Material::load()?);
        }
        Ok(self.material.get().ok_or("no material")?)
    }

    /// An input that is there, or is made now. It has its name only when it is whole.
    fn made(&self, name: &str, make: impl FnOnce(&Path, &Material) -> Result<()>) -> Result<PathBuf> {
        let path = self.directory.join(name);
        if path.exists() {
            return Ok(path);
        }
        let material = self.material()?;
        println!("making `{}` …", path.display());
        fs::create_dir_all(&self.directory)?;
        let begun = self.directory.join(format!("{name}.part"));
        if begun.is_dir() {
            fs::remove_dir_all(&begun)?;
        }
        make(&begun, material)?;
        fs::rename(&begun, &path)?;
        Ok(path)
    }
}

fn pod_log(number: u64) -> String {
    format!("rke2/podlogs/shop_web-{number:05}_7d1f0a52-31c4-4b8e-9a60-{number:012x}/web/0.log")
}

fn program(name: &str) -> Result<&'static Program> {
    let program = PROGRAMS.iter().find(|program| program.name == name);
    Ok(program.ok_or_else(|| format!("no program `{name}`"))?)
}

/// Bytes of a file.
pub fn length(path: &Path) -> Result<u64> {
    Ok(fs::metadata(path)?.len())
}

/// A buffered reader as large as that of the program.
pub fn open(path: &Path) -> io::Result<BufReader<File>> {
    Ok(BufReader::with_capacity(256 * 1024, File::open(path)?))
}
