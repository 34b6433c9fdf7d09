//! The tutorial is true: its commands are run in a directory of their own, and say what it shows.
//!
//! A `sh` block is run; a `text` block behind it is what it says, with errors and in order; a `yaml` block that begins with
//! `# NAME.yaml` is what the reader has in that file from there on. `UPDATE=1 cargo test --test it tutorial` writes the
//! `text` blocks anew.

use std::path::Path;
use std::process::Command;

use crate::documents::compare;
use crate::support::{ROOT, report};

/// Runs the commands of a block; gives what they said and whether the last one went well.
fn run(commands: &str, place: &Path) -> (String, bool) {
    let binary = Path::new(env!("CARGO_BIN_EXE_rancher-bundle")).parent().unwrap();
    let path = std::env::join_paths(
        std::iter::once(binary.to_owned()).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let output = Command::new("sh")
        .arg("-c")
        .arg(format!("exec 2>&1\n{commands}"))
        .current_dir(place)
        .env("PATH", path.unwrap())
        .env("COLUMNS", "100")
        .output()
        .unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.success())
}

/// The tutorial with the outputs that its commands have now.
fn replay(text: &str, place: &Path, wrong: &mut Vec<String>) -> String {
    let mut out = String::new();
    let mut lines = text.lines().enumerate().peekable();
    let mut said: Option<(String, bool, usize)> = None;
    while let Some((number, line)) = lines.next() {
        out.push_str(&format!("{line}\n"));
        let Some(language) = line.strip_prefix("```").filter(|language| !language.is_empty()) else {
            continue;
        };
        let block: Vec<&str> =
            lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
        let block = block.join("\n") + "\n";
        let shown = match (language, said.take()) {
            ("text", Some((output, ..))) => output,
            (_, Some((output, false, line))) => {
                wrong.push(format!("tutorial.md:{line}: this fails, and the reader is not told:\n{output}"));
                block.clone()
            }
            _ => block.clone(),
        };
        match language {
            "sh" => {
                let (output, fine) = run(&block, place);
                said = Some((output, fine, number + 1));
            }
            "yaml" => {
                if let Some(name) = block.lines().next().and_then(|line| line.strip_prefix("# ")) {
                    std::fs::write(place.join(name), &block).unwrap();
                }
            }
            _ => {}
        }
        out.push_str(&shown);
        out.push_str("```\n");
    }
    out
}

#[test]
fn every_command_of_the_tutorial_says_what_is_shown() {
    let path = Path::new(ROOT).join("docs/tutorial.md");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.matches("\n```sh\n").count() >= 5, "the tutorial has no commands");
    let place = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    compare(&path, &replay(&text, place.path(), &mut wrong), &mut wrong);
    report(&wrong);
}
