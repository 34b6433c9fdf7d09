//! Runs programs, each in turn, and says what they took.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::Result;

/// What GNU time is on every Linux that has it. The `time` of the shell knows no memory.
const TIME: &str = "/usr/bin/time";

/// A program to be measured.
#[derive(Debug)]
pub struct Contender {
    /// What the reader calls it.
    pub name: String,
    /// The program and its arguments.
    pub command: Vec<OsString>,
    /// A directory that it fills: made before and removed after each run, which is not measured.
    pub fills: Option<PathBuf>,
}

impl Contender {
    /// A contender that writes nothing.
    pub fn new<T: Into<OsString>>(name: &str, command: impl IntoIterator<Item = T>) -> Self {
        Self { name: name.to_owned(), command: command.into_iter().map(Into::into).collect(), fills: None }
    }
}

/// What one run took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Run {
    /// Seconds from start to end.
    pub wall: f64,
    /// Seconds of all its threads and children, in the program and in the kernel.
    pub cpu: f64,
    /// The most memory that it had at once, in KiB.
    pub peak: f64,
}

/// What a contender took, run by run; never empty.
#[derive(Debug)]
pub struct Runs {
    /// The contender's.
    pub name: String,
    runs: Vec<Run>,
}

impl Runs {
    /// The median of one figure.
    pub fn median(&self, figure: impl Fn(&Run) -> f64) -> f64 {
        let mut figures: Vec<f64> = self.runs.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures.get(figures.len() / 2).copied().unwrap_or_default()
    }

    /// The least and the greatest wall time.
    pub fn span(&self) -> (f64, f64) {
        let walls = || self.runs.iter().map(|run| run.wall);
        (walls().fold(f64::INFINITY, f64::min), walls().fold(0.0, f64::max))
    }
}

/// Where programs are run, and how they are measured.
#[derive(Debug)]
pub struct Track {
    /// A directory for what they write.
    pub scratch: PathBuf,
    has_time: bool,
}

impl Track {
    /// Measures with GNU time where it is installed.
    pub fn new(scratch: &Path) -> Self {
        let mut probe = Command::new(TIME);
        probe.args(["-f", "%M", "true"]).stdout(Stdio::null()).stderr(Stdio::null());
        let has_time = probe.status().is_ok_and(|status| status.success());
        Self { scratch: scratch.to_owned(), has_time }
    }

    /// How CPU time and memory are measured.
    pub fn means(&self) -> &'static str {
        if self.has_time { "GNU time" } else { "a look at /proc every 2 ms (children are not counted)" }
    }

    /// Runs every contender once in each round, so that what disturbs the machine disturbs all of them. One round before
    /// is not counted: it brings the input into the cache.
    pub fn compete(&self, contenders: &[Contender], rounds: usize) -> Result<Vec<Runs>> {
        let mut all: Vec<Runs> =
            contenders.iter().map(|one| Runs { name: one.name.clone(), runs: Vec::new() }).collect();
        for round in 0..=rounds {
            for (contender, runs) in contenders.iter().zip(&mut all) {
                let run = self.run(contender)?;
                if round > 0 {
                    runs.runs.push(run);
                }
            }
        }
        Ok(all)
    }

    /// Runs a contender once.
    pub fn run(&self, contender: &Contender) -> Result<Run> {
        if let Some(directory) = &contender.fills {
            fs::create_dir_all(directory)?;
        }
        let complaints = self.scratch.join("stderr.txt");
        let figures = self.scratch.join("time.txt");
        let mut words = contender.command.iter();
        let mut command = if self.has_time {
            let mut command = Command::new(TIME);
            command.args(["-f", "%U %S %M", "-o"]).arg(&figures);
            command
        } else {
            Command::new(words.next().ok_or("a command without words")?)
        };
        command.args(words).current_dir(&self.scratch).stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(fs::File::create(&complaints)?);
        #[expect(clippy::disallowed_methods, reason = "the wall clock is what is measured here")]
        let start = Instant::now();
        let mut child = command.spawn().map_err(|e| format!("cannot start {}: {e}", contender.name))?;
        let (status, mut run) =
            if self.has_time { (child.wait()?, Run::default()) } else { watch(&mut child)? };
        run.wall = start.elapsed().as_secs_f64();
        if let Some(directory) = &contender.fills {
            fs::remove_dir_all(directory)?;
        }
        // Of `rg`, 1 means that nothing was found.
        let is_rg = contender.command.first().is_some_and(|program| program == "rg");
        if !(status.success() || is_rg && status.code() == Some(1)) {
            let said = fs::read_to_string(&complaints).unwrap_or_default();
            return Err(format!("{} failed ({status}): {}", contender.name, said.trim()).into());
        }
        if self.has_time {
            (run.cpu, run.peak) = read_figures(&fs::read_to_string(&figures)?);
        }
        Ok(run)
    }
}

/// CPU seconds and KiB of the line that GNU time wrote last; before it may stand how the program ended.
fn read_figures(text: &str) -> (f64, f64) {
    let last = text.lines().last().unwrap_or_default();
    let mut numbers = last.split(' ').map(|number| number.parse::<f64>().unwrap_or_default());
    let mut next = || numbers.next().unwrap_or_default();
    (next() + next(), next())
}

/// Waits for a child and looks at its figures in `/proc` meanwhile.
fn watch(child: &mut Child) -> Result<(ExitStatus, Run)> {
    let process = PathBuf::from(format!("/proc/{}", child.id()));
    let mut run = Run::default();
    loop {
        if let Some(peak) = peak(&process) {
            run.peak = peak;
        }
        if let Some(cpu) = cpu(&process) {
            run.cpu = cpu;
        }
        if let Some(status) = child.try_wait()? {
            return Ok((status, run));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn peak(process: &Path) -> Option<f64> {
    let status = fs::read_to_string(process.join("status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// `utime` and `stime` of proc_pid_stat(5), in hundredths of a second: the twelfth and the thirteenth word behind the name.
fn cpu(process: &Path) -> Option<f64> {
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    let (_, behind) = stat.rsplit_once(')')?;
    let ticks: Vec<f64> = behind.split_whitespace().skip(11).take(2).filter_map(|t| t.parse().ok()).collect();
    Some(ticks.iter().sum::<f64>() / 100.0)
}

/// How many processes wanted a core in the last minute, on average, where the system says so.
pub fn load() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

/// Whether a program can be started.
pub fn is_installed(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
