//! Puts the rule files of `rules/` into the program, sorted by path, so that the binary needs nothing beside it.

#![expect(clippy::disallowed_methods, reason = "Cargo speaks to build scripts through the environment")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=rules");
    let root = env::var("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    let mut files = Vec::new();
    walk(&root.join("rules"), &mut files);
    files.sort();
    let mut table = String::from(
        "/// The built-in rule files: path and text, sorted by path.\npub const BUILT_IN: &[(&str, &str)] = &[\n",
    );
    for file in files {
        let name = file.strip_prefix(&root).unwrap_or(&file).display().to_string();
        let _ = writeln!(table, "    ({name:?}, include_str!({:?})),", file.display().to_string());
    }
    table.push_str("];\n");
    let out = env::var("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    if let Err(e) = fs::write(out.join("rules.rs"), table) {
        println!("cargo::error=cannot write the table of rules: {e}");
    }
}

fn walk(dir: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
}
