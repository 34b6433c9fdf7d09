//! What is compared with what, and how much each may take.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use rancher_bundle::rule::Rulebook;
use serde_json::Value;

use crate::inputs::{self, HIT_RULE, HITS, Inputs, SMALL_FILES};
use crate::measure::{self, Contender, Runs, Track, is_installed};
use crate::table::{self, Target};
use crate::{Case, Result, book};

/// The program that is measured.
const PROGRAM: &str = env!("CARGO_BIN_EXE_rancher-bundle");

/// The names of the contenders that targets speak of.
const ANALYZE: &str = "analyze";
const INFLATE: &str = "inflating alone";
const GZIP: &str = "gzip -dc";

/// The most memory that an analysis may need, in MiB.
const PEAK: f64 = 256.0;

/// The least that an analysis of what is not packed shall read, in MB/s.
const READ: f64 = 600.0;

/// The size that the targets speak of.
const GIB: u64 = 1 << 30;

/// Everything that cases need.
#[derive(Debug)]
pub struct Cases {
    inputs: Inputs,
    /// Inputs of the size that memory is compared with.
    of_one_gib: Inputs,
    track: Track,
    rounds: usize,
    literals: PathBuf,
    built_in: Rulebook,
}

impl Cases {
    /// Cases over inputs of one size, kept in a directory.
    pub fn new(kept: &Path, size: u64, rounds: usize) -> Result<Self> {
        // Programs are started elsewhere, so paths must not depend on where this one was.
        fs::create_dir_all(kept)?;
        let kept = fs::canonicalize(kept)?;
        let scratch = kept.join("scratch");
        fs::create_dir_all(&scratch)?;
        let literals = scratch.join("literals.txt");
        let built_in = book::built_in();
        let n_literals = book::write_literals(&built_in, &literals)?;
        let cases = Self {
            inputs: Inputs::new(&kept, size),
            of_one_gib: Inputs::new(&kept, GIB),
            track: Track::new(&scratch),
            rounds,
            literals,
            built_in,
        };
        table::note(&format!(
            "{} of logs and small files, packed at level 6 as `tar czf` does; {rounds} rounds after one that is not counted; medians.",
            table::bytes(size)
        ));
        table::note(&format!("CPU time and memory: {}.", cases.track.means()));
        table::note(
            "`inflating alone` is the library of the program, read in blocks of 256 KiB and inflated into one of 1 MiB, to nowhere.",
        );
        table::note(&format!(
            "`rg` looks for {n_literals} literals of {} rules.",
            cases.built_in.rules.len()
        ));
        table::note(
            "A ratio is the time of the first line to that of the other. The targets are for 1 GiB and two cores.",
        );
        if let Some(load) = measure::load() {
            table::note(&format!(
                "Load of the machine before: {load:.2}. Much above 0, threads wait and ratios are too great."
            ));
        }
        Ok(cases)
    }

    /// Runs a case.
    pub fn run(&self, case: Case) -> Result<()> {
        match case {
            Case::One => self.archive("one: three nodes in one .tar.gz", &[self.inputs.one()?], 0.40),
            Case::Three => self.archive("three: three nodes in three .tar.gz", &self.inputs.three()?, 0.25),
            Case::Directory => self.directory(),
            Case::Log => self.archive("log: one huge log in a .tar.gz", &[self.inputs.log()?], 0.40),
            Case::Small => self.small(),
            Case::Hits => self.hits(),
            Case::Rules => self.rules(),
            Case::Outputs => self.outputs(),
        }
    }

    /// Everything that reads packed bundles.
    fn archive(&self, title: &str, paths: &[PathBuf], of_gzip: f64) -> Result<()> {
        self.expect_findings(paths, &[])?;
        let mut contenders = vec![analyze(ANALYZE, paths), this(INFLATE, "--inflate", paths)?];
        if is_installed("gzip") {
            contenders.push(with_paths(GZIP, ["gzip", "-dc"], paths));
        } else {
            table::note("gzip is not installed");
        }
        if is_installed("rg") {
            let search = [OsString::from("rg"), "-z".into(), "-c".into(), "-F".into(), "-f".into()];
            let search = search.into_iter().chain([self.literals.clone().into_os_string()]);
            contenders.push(with_paths("rg -z", search, paths));
        } else {
            table::note("rg is not installed");
        }
        if is_installed("tar") {
            contenders.push(self.tar(paths));
        } else {
            table::note("tar is not installed");
        }
        let all = self.track.compete(&contenders, self.rounds)?;
        let packed: u64 = paths.iter().map(|path| inputs::length(path).unwrap_or_default()).sum();
        let title = format!("{title}, {} packed", table::bytes(packed));
        let mut targets = vec![Target { of: GZIP, at_most: of_gzip }];
        if paths.len() == 1 {
            targets.push(Target { of: INFLATE, at_most: 1.25 });
        }
        table::print(&title, &all, &targets);
        memory(&all);
        self.growth(&all)
    }

    /// The unpacked bundle.
    fn directory(&self) -> Result<()> {
        let paths = [self.inputs.unpacked()?];
        self.expect_findings(&paths, &[])?;
        let mut contenders = vec![analyze(ANALYZE, &paths), this("reading alone", "--read", &paths)?];
        if is_installed("rg") {
            // Names as the collector gives them tell rg nothing: it shall read all of them.
            let search = ["rg", "-uuu", "-a", "-c", "-F", "-f"].into_iter().map(OsString::from);
            let search = search.chain([self.literals.clone().into_os_string()]);
            contenders.push(with_paths("rg", search, &paths));
        } else {
            table::note("rg is not installed");
        }
        let all = self.track.compete(&contenders, self.rounds)?;
        table::print("directory: three nodes, not packed", &all, &[]);
        let wall = all.first().map_or(f64::NAN, |runs| runs.median(|run| run.wall));
        #[expect(clippy::cast_precision_loss, reason = "shown without digits")]
        let rate = self.inputs.size() as f64 / wall / 1e6;
        table::note(&format!("{rate:.0} MB/s; {}", table::at_least(rate, READ)));
        memory(&all);
        self.growth(&all)
    }

    /// Many small files against one.
    fn small(&self) -> Result<()> {
        let (small, large) = (self.inputs.small()?, self.inputs.not_small()?);
        self.expect_findings(&[&small], &[])?;
        self.expect_findings(&[&large], &[])?;
        let other = "one file of the same bytes";
        let contenders = [analyze("analyze, 100,000 files", &[small]), analyze(other, &[large])];
        let all = self.track.compete(&contenders, self.rounds)?;
        table::print(
            &format!("small: {SMALL_FILES} logs of pods, 2 KiB each, in a .tar.gz"),
            &all,
            &[Target { of: other, at_most: 2.0 }],
        );
        memory(&all);
        Ok(())
    }

    /// A million hits against none.
    fn hits(&self) -> Result<()> {
        let [hits, none] = self.inputs.hits()?;
        self.expect_findings(&[&none], &[])?;
        self.expect_findings(&[&hits], &[HIT_RULE])?;
        let other = "no hit, the same bytes";
        let contenders = [analyze("analyze, a million hits", &[hits]), analyze(other, &[none])];
        let all = self.track.compete(&contenders, self.rounds)?;
        table::print(
            &format!("hits: {HITS} lines in a log hit `{HIT_RULE}`"),
            &all,
            &[Target { of: other, at_most: 1.5 }],
        );
        memory(&all);
        Ok(())
    }

    /// The rulebook twice against once.
    fn rules(&self) -> Result<()> {
        let again = self.track.scratch.join("rules-again");
        if again.exists() {
            fs::remove_dir_all(&again)?;
        }
        book::write_again(&self.built_in, &again)?;
        let other = "the rulebook";
        let twice = |paths: &[&Path]| {
            let mut contender = analyze("analyze, the rulebook twice", paths);
            contender.command.extend(["--rules".into(), again.clone().into_os_string()]);
            contender
        };
        let one = self.inputs.one()?;
        let contenders = [twice(&[&one]), analyze(other, &[&one])];
        let all = self.track.compete(&contenders, self.rounds)?;
        let targets = [Target { of: other, at_most: 1.2 }];
        table::print("rules: all rules twice, three nodes in one .tar.gz", &all, &targets);
        let tiny = self.inputs.tiny()?;
        let contenders = [twice(&[&tiny]), analyze(other, &[&tiny])];
        let all = self.track.compete(&contenders, self.rounds)?;
        table::print("rules, start-up: the same on small files only", &all, &[]);
        let seconds = |position: usize| all.get(position).map_or(0.0, |runs| runs.median(|run| run.wall));
        table::note(&format!(
            "the second copy costs {:.3} s before any log is read",
            seconds(0) - seconds(1)
        ));
        Ok(())
    }

    /// Whether reports depend on anything but the input.
    fn outputs(&self) -> Result<()> {
        let paths = self.inputs.troubled()?;
        let [a, b, c] = paths.as_slice() else { return Err("not three inputs".into()) };
        let first = self.reports(&paths, None)?;
        table::note("");
        table::note("outputs: byte-identical JSON, HTML and Markdown of three nodes with troubles");
        table::note("");
        let say = |what: &str, different: Vec<String>| {
            let verdict = if different.is_empty() { "yes" } else { "NO" };
            table::note(&format!("{what:<34} {verdict} {}", different.join(", ")));
        };
        let mut different = Vec::new();
        for jobs in [1, 2, 3, 8, 32] {
            let reports = self.reports(&paths, Some(jobs))?;
            different.extend(first.differences(&reports).map(|format| format!("{format} at --jobs {jobs}")));
        }
        say("for --jobs 1, 2, 3, 8, 32", different);
        let mut different = Vec::new();
        for order in [[a, c, b], [b, a, c], [b, c, a], [c, a, b], [c, b, a]] {
            let reports = self.reports(&order.map(Clone::clone), None)?;
            different.extend(first.differences(&reports).map(|format| format!("{format} in another order")));
        }
        say("for every order of the inputs", different);
        let mut different = Vec::new();
        for run in 2..=10 {
            let reports = self.reports(&paths, None)?;
            different.extend(first.differences(&reports).map(|format| format!("{format} in run {run}")));
        }
        say("in ten runs", different);
        Ok(())
    }

    /// The reports of one run.
    fn reports(&self, paths: &[PathBuf], jobs: Option<usize>) -> Result<Reports> {
        let mut contender = analyze(ANALYZE, paths);
        let files = FORMATS.map(|format| self.track.scratch.join(format!("report.{format}")));
        for file in &files {
            contender.command.extend(["--output".into(), file.clone().into_os_string()]);
        }
        if let Some(jobs) = jobs {
            contender.command.extend(["--jobs".into(), jobs.to_string().into()]);
        }
        self.track.run(&contender)?;
        let texts: Result<Vec<Vec<u8>>> = files.iter().map(|file| Ok(fs::read(file)?)).collect();
        Ok(Reports(texts?))
    }

    /// How much more the first contender needs than with 1 GiB.
    fn growth(&self, all: &[Runs]) -> Result<()> {
        if self.inputs.size() > GIB {
            let paths = [self.of_one_gib.one()?];
            let small = self.track.compete(&[analyze(ANALYZE, &paths)], self.rounds)?;
            let peak = |runs: &[Runs]| runs.first().map_or(f64::NAN, table::peak);
            let ratio = peak(all) / peak(&small);
            table::note(&format!(
                "peak memory {ratio:.2} of that of 1 GiB in one .tar.gz; {}",
                table::at_most(ratio, 1.1, 2)
            ));
        }
        Ok(())
    }

    /// Makes sure that the input is what it is said to be: that these rules and no others fire.
    fn expect_findings(&self, paths: &[impl AsRef<Path>], expected: &[&str]) -> Result<()> {
        let paths: Vec<&Path> = paths.iter().map(AsRef::as_ref).collect();
        let file = self.track.scratch.join("check.json");
        let mut contender = analyze(ANALYZE, &paths);
        contender.command.extend(["--output".into(), file.clone().into_os_string()]);
        self.track.run(&contender)?;
        let report: Value = serde_json::from_slice(&fs::read(&file)?)?;
        let findings = report.get("findings").and_then(Value::as_array).ok_or("a report without findings")?;
        let name = |finding: &Value| finding.get("rule").and_then(Value::as_str).map(str::to_owned);
        let found: Vec<String> = findings.iter().filter_map(name).collect();
        if found != expected {
            return Err(format!("the input is to show {expected:?} and shows {found:?}").into());
        }
        let counts = findings.iter().filter_map(|finding| finding.get("count").and_then(Value::as_u64));
        if !expected.is_empty() && counts.sum::<u64>() != HITS {
            return Err(format!("the input has not {HITS} hits").into());
        }
        Ok(())
    }

    /// Unpacks to disk, one archive after the other.
    fn tar(&self, paths: &[PathBuf]) -> Contender {
        let unpacked = self.track.scratch.join("unpacked");
        let each = "to=$1; shift; for bundle; do tar xzf \"$bundle\" -C \"$to\" || exit; done";
        let shell = [OsString::from("sh"), "-c".into(), each.into(), "sh".into(), unpacked.clone().into()];
        Contender { fills: Some(unpacked), ..with_paths("tar xzf", shell, paths) }
    }
}

/// What the first contender needs.
fn memory(all: &[Runs]) {
    let peak = all.first().map_or(f64::NAN, table::peak);
    table::note(&format!("peak memory {peak:.1} MiB; {}", table::at_most(peak, PEAK, 0)));
}

const FORMATS: [&str; 3] = ["json", "html", "md"];

/// The reports of one run, as in [`FORMATS`].
struct Reports(Vec<Vec<u8>>);

impl Reports {
    /// The formats that are not the same.
    fn differences<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'static str> + 'a {
        let pairs = self.0.iter().zip(&other.0).zip(FORMATS);
        pairs.filter(|((one, other), _)| one != other).map(|(_, format)| format)
    }
}

/// The analysis: with the report that it writes when nothing else is said.
fn analyze(name: &str, paths: &[impl AsRef<Path>]) -> Contender {
    with_paths(name, [PROGRAM, "analyze"], paths)
}

/// This program in another role.
fn this(name: &str, role: &str, paths: &[PathBuf]) -> Result<Contender> {
    Ok(with_paths(name, [std::env::current_exe()?.into_os_string(), role.into()], paths))
}

fn with_paths<T: Into<OsString>>(
    name: &str,
    command: impl IntoIterator<Item = T>,
    paths: &[impl AsRef<Path>],
) -> Contender {
    let command = command.into_iter().map(Into::into);
    Contender::new(name, command.chain(paths.iter().map(|path| path.as_ref().as_os_str().to_owned())))
}
