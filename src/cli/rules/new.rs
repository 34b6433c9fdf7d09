//! `rules new ID`

use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::super::{Outcome, complain, print};
use super::schema;
use crate::artifact::component;
use crate::log::{self, Record, speaker};
use crate::rule::draft::{Draft, SCHEMA_FILE};
use crate::rule::{ANY, Rulebook};

/// Bytes of standard input that are read; the longest line of a log is shorter.
const LINE_BYTES: u64 = 1 << 20;

/// What to write, and where.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The id of the new rule: lower-case letters, digits and `-`; it names the file, ID.yaml
    id: String,
    /// A log line of a ticket, from which the rule is made; `-` for standard input
    #[arg(long, value_name = "LINE", allow_hyphen_values = true)]
    from: Option<String>,
    /// The directory of your rules
    #[arg(long, value_name = "DIR", default_value = ".")]
    rules: PathBuf,
}

/// Writes a rule with what the line tells, and says what is left to do.
pub fn run(arguments: &Arguments) -> Outcome {
    let id = &arguments.id;
    if id.is_empty() || !id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
        let help = "use lower-case letters, digits and `-`, as in `etcd-slow-disk`";
        return complain(&format!("`{id}` is not an id"), Some(help));
    }
    let line = match arguments.from.as_deref().map(line_of).transpose() {
        Ok(line) => line,
        Err(message) => return complain(&message, Some("give the line, as in --from \"$LINE\"")),
    };
    let logs = line.as_deref().map(|line| writer(&log::read(line), line));
    let logs = logs.unwrap_or(speaker::SYSTEM);
    let component = if logs == ANY { speaker::SYSTEM } else { logs };
    let text = Draft { id, logs, component, line: line.as_deref() }.text();
    let directory = arguments.rules.strip_prefix(".").unwrap_or(&arguments.rules);
    let path = directory.join(format!("{id}.yaml"));
    if let Err(error) = create(&path, &text) {
        let help = (error.kind() == io::ErrorKind::AlreadyExists)
            .then_some("choose another id, or change that file");
        return complain(&format!("cannot write `{}`: {error}", path.display()), help);
    }
    print(&format!("wrote {}\n", path.display()));
    let schema = directory.join(SCHEMA_FILE);
    if create(&schema, &schema::text()).is_ok() {
        print(&format!(
            "wrote {}: with it your editor completes and explains what you write\n",
            schema.display()
        ));
    }
    print(&told(line.as_deref(), logs));
    if Rulebook::built_in(&crate::vocabulary()).0.get(id).is_some() {
        print(&format!("note: there is a built-in rule `{id}`; used with --rules, yours replaces it\n"));
    }
    print(&format!(
        "\nnow replace what begins with `say`, until these two have nothing to say:\n  rancher-bundle rules lint {0}\n  rancher-bundle rules test {0}\n",
        path.display()
    ));
    Outcome::Fine
}

/// Writes a file that is not there yet.
fn create(path: &Path, text: &str) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}

/// The line that is meant: the argument's, or the first of standard input.
fn line_of(from: &str) -> Result<String, String> {
    let mut text = from.to_owned();
    if from == "-" {
        text.clear();
        let read = io::stdin().lock().take(LINE_BYTES).read_to_string(&mut text);
        read.map_err(|error| format!("cannot read standard input: {error}"))?;
    }
    let line = text.lines().find(|line| !line.trim().is_empty());
    line.map(|line| line.trim_end().to_owned()).ok_or_else(|| "there is no log line to begin from".to_owned())
}

/// The component that wrote the line, as far as the line tells.
fn writer(record: &Record<'_>, line: &str) -> &'static str {
    let supervisor = || record.program.as_deref().and_then(speaker::supervisor);
    let component = record.speaker.or_else(supervisor).or_else(|| component::of_content(line.as_bytes()));
    component.unwrap_or(ANY)
}

/// How the line was read.
fn told(line: Option<&str>, logs: &str) -> String {
    let Some(line) = line else {
        return "the line of a ticket would fill in more: --from \"$LINE\"\n".to_owned();
    };
    let record = log::read(line);
    let level = record.level.map_or(String::new(), |level| format!(", level {}", level.name()));
    let time = record.stamp.map_or("without a time", |_| "with its time");
    let who = if logs == ANY {
        "the line does not tell which program wrote it, so all logs are searched: name the component if you know it".to_owned()
    } else {
        format!("written by {logs}")
    };
    format!("the line was read {time}{level}; {who}\n")
}
