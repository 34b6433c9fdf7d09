//! How long the whole program takes, against other programs that read the same bytes. See `benches/README.md`.

mod book;
mod bundle;
mod cases;
mod inputs;
mod lines;
mod material;
mod measure;
mod table;

use std::error::Error;
use std::hint::black_box;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use flate2::bufread::MultiGzDecoder;
use walkdir::WalkDir;

use cases::Cases;

/// What everything here gives: who runs a benchmark can do no more about an error than read it.
type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Compares `analyze` with other programs that read the same bytes
#[derive(Debug, Parser)]
struct Arguments {
    /// Bytes of a bundle before packing: 100MiB, 1GiB, 8GiB
    #[arg(long, default_value = "1GiB", value_parser = size)]
    size: u64,
    /// Rounds; in each, every program runs once
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Cases, in this order; all when none is named
    #[arg(long, value_enum, value_delimiter = ',', value_name = "CASE")]
    only: Vec<Case>,
    /// Where inputs are kept (default: `bench-inputs` in the target directory)
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Cargo's: `cargo test --benches` does not give it
    #[arg(long, hide = true)]
    bench: bool,
    /// Only inflates these files, to be measured
    #[arg(long, hide = true, num_args = 1..)]
    inflate: Vec<PathBuf>,
    /// Only reads these directories, to be measured
    #[arg(long, hide = true, num_args = 1..)]
    read: Vec<PathBuf>,
}

/// What is compared.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Case {
    /// Three nodes in one .tar.gz.
    One,
    /// The same nodes, each in its own .tar.gz.
    Three,
    /// The same nodes in a directory.
    Directory,
    /// One huge log in a .tar.gz.
    Log,
    /// 100,000 small logs against one of the same bytes.
    Small,
    /// A million hits of a rule against none.
    Hits,
    /// All rules twice against once.
    Rules,
    /// Whether reports are the same whatever the threads, the order of the inputs, the run.
    Outputs,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            table::note(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    if !arguments.inflate.is_empty() {
        return inflate(&arguments.inflate);
    }
    if !arguments.read.is_empty() {
        return read(&arguments.read);
    }
    if !arguments.bench {
        table::note("nothing is measured: run `cargo bench --bench whole`");
        return Ok(());
    }
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench-inputs");
    let kept = arguments.keep.clone().unwrap_or(target);
    let cases = Cases::new(&kept, arguments.size, arguments.runs.max(1))?;
    let only = if arguments.only.is_empty() { Case::value_variants() } else { &arguments.only };
    only.iter().try_for_each(|case| cases.run(*case))
}

/// Bytes of a text such as `100MiB`.
fn size(text: &str) -> std::result::Result<u64, String> {
    let units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("", 0)];
    let found = units.iter().find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, shift)));
    let (number, shift) = found.unwrap_or((text, &0));
    let number: u64 = number.trim().parse().map_err(|_| "a number with KiB, MiB or GiB".to_owned())?;
    number.checked_mul(1 << shift).ok_or_else(|| "that is too much".to_owned())
}

/// Inflates as fast as the program's library can: small buffers cost 10 to 40 % more.
fn inflate(paths: &[PathBuf]) -> Result<()> {
    let mut block = vec![0; 1 << 20];
    for path in paths {
        drain(&mut MultiGzDecoder::new(inputs::open(path)?), &mut block)?;
    }
    Ok(())
}

/// Reads every file, one after the other.
fn read(roots: &[PathBuf]) -> Result<()> {
    let mut block = vec![0; 1 << 20];
    for entry in roots.iter().flat_map(WalkDir::new) {
        let entry = entry?;
        if entry.file_type().is_file() {
            drain(&mut std::fs::File::open(entry.path())?, &mut block)?;
        }
    }
    Ok(())
}

/// Reads to the end, to nowhere.
fn drain(from: &mut impl Read, block: &mut [u8]) -> Result<()> {
    while black_box(from.read(block)?) > 0 {}
    Ok(())
}
