//! What the compiler does not check: who may use whom, that every table is complete, that no failure is in the code.

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use rancher_bundle::artifact::COMPONENTS;
    use rancher_bundle::rule::Rulebook;

    /// The modules by their height: each uses only lower ones. See `docs/architecture.md`.
    const RANKS: &[(&str, u8)] = &[
        ("base", 0),
        ("source", 1),
        ("log", 1),
        ("object", 1),
        ("rule", 1),
        ("artifact", 2),
        ("scan", 2),
        ("model", 3),
        ("ingest", 4),
        ("verdict", 5),
        ("cause", 6),
        ("analysis", 7),
        ("testing", 7),
        ("report", 8),
        ("cli", 9),
    ];

    /// Uses that the heights forbid, each with its reason.
    const EXCEPTIONS: &[(&str, &str, &str)] =
        &[("rule", "log", "a rule names levels, and `Level` belongs to the records that have one")];

    /// What `lib.rs` itself defines: the seam between the modules and the program.
    const OF_THE_LIBRARY: &[&str] =
        &["inspect", "analyze", "explain", "projection", "vocabulary", "unreadable"];

    fn root() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR"))
    }

    /// Files below a directory, as path from the root and text, sorted; what is not UTF-8 is left out.
    fn files(directory: &str) -> Vec<(String, String)> {
        let mut found: Vec<(String, String)> = walkdir::WalkDir::new(root().join(directory))
            .into_iter()
            .filter_map(Result::ok)
            .filter(|entry| entry.file_type().is_file())
            .filter_map(|entry| {
                let text = std::fs::read_to_string(entry.path()).ok()?;
                Some((relative(entry.path()), text))
            })
            .collect();
        found.sort();
        assert!(!found.is_empty(), "nothing in {directory}");
        found
    }

    fn relative(path: &Path) -> String {
        path.strip_prefix(root()).unwrap().to_string_lossy().into_owned()
    }

    /// The lines of code before the tests at the end of a file, with their numbers; comments are left out.
    fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
        let lines = text.lines().enumerate().map(|(number, line)| (number + 1, line));
        lines
            .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    fn rank(module: &str) -> u8 {
        let found = RANKS.iter().find(|(name, _)| *name == module);
        found.unwrap_or_else(|| panic!("the module `{module}` has no height in tests/tidy.rs")).1
    }

    /// The module of a file: `src/log/level.rs` is of `log`.
    fn module(path: &str) -> Option<&str> {
        let inner = path.strip_prefix("src/")?;
        let name = inner.split('/').next()?.trim_end_matches(".rs");
        (!matches!(name, "lib" | "main")).then_some(name)
    }

    fn report(wrong: &[String]) {
        assert!(wrong.is_empty(), "{} problem(s):\n{}", wrong.len(), wrong.join("\n"));
    }

    #[test]
    fn modules_use_only_what_is_below_them() {
        let mut wrong = Vec::new();
        for (path, text) in files("src") {
            let Some(module) = module(&path) else { continue };
            for (number, line) in text.lines().enumerate().filter(|(_, line)| !is_comment(line)) {
                for rest in line.split("crate::").skip(1) {
                    let used: String =
                        rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                    let fine = used.is_empty()
                        || used == module
                        || OF_THE_LIBRARY.contains(&&*used)
                        || EXCEPTIONS.iter().any(|(by, of, _)| (*by, *of) == (module, &*used))
                        || rank(&used) < rank(module);
                    if !fine {
                        wrong.push(format!("{path}:{}: `{module}` may not use `{used}`", number + 1));
                    }
                }
                if line.trim_start().starts_with("use crate::{") {
                    wrong.push(format!("{path}:{}: one `use crate::module` a line, please", number + 1));
                }
            }
        }
        report(&wrong);
    }

    fn is_comment(line: &str) -> bool {
        line.trim_start().starts_with("//")
    }

    #[test]
    fn every_exception_is_still_needed() {
        for (by, of, _) in EXCEPTIONS {
            let used = format!("crate::{of}");
            assert!(files(&format!("src/{by}")).iter().any(|(_, text)| text.contains(&used)), "{by} -> {of}");
        }
    }

    #[test]
    fn every_file_of_a_table_is_in_it() {
        let mut wrong = Vec::new();
        for (directory, constant) in [
            ("src/log/format", "FORMAT"),
            ("src/log/wrapper", "WRAPPER"),
            ("src/object/reader", "READER"),
            ("src/artifact/layout", "LAYOUT"),
        ] {
            let table = std::fs::read_to_string(root().join(directory).join("mod.rs")).unwrap();
            let mut rows = 0;
            for (path, text) in files(directory) {
                let name = Path::new(&path).file_stem().unwrap().to_string_lossy().into_owned();
                let declares = |word: &str| text.contains(&format!("{word} {constant}: "));
                if name == "mod" || !(declares("static") || declares("const")) {
                    continue;
                }
                rows += 1;
                if !table.contains(&format!("&{name}::{constant},"))
                    && !table.contains(&format!("&{name}::{constant}]"))
                {
                    wrong.push(format!("{path} is not in the table of {directory}/mod.rs"));
                }
            }
            assert!(rows > 1, "{directory} declares no {constant}");
        }
        report(&wrong);
    }

    #[test]
    fn only_the_command_line_knows_what_time_it_is() {
        let mut wrong = Vec::new();
        for (path, text) in files("src").iter().filter(|(path, _)| !path.starts_with("src/cli/")) {
            for (number, line) in code(text) {
                for clock in
                    ["SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now", "TimeZone::system"]
                {
                    if line.contains(clock) {
                        wrong.push(format!("{path}:{number}: {clock}"));
                    }
                }
            }
        }
        report(&wrong);
    }

    #[test]
    fn no_rule_is_named_in_the_code() {
        let (book, said) = Rulebook::built_in(&rancher_bundle::vocabulary());
        assert!(said.is_empty(), "{said:?}");
        let ids: Vec<&String> =
            book.rules.iter().flat_map(|rule| std::iter::once(&rule.id).chain(&rule.aliases)).collect();
        let mut wrong = Vec::new();
        for (path, text) in files("src").iter().filter(|(path, _)| path != "src/report/sample.rs") {
            for (number, line) in code(text) {
                let named = ids.iter().filter(|id| line.contains(&format!("\"{id}\"")));
                wrong.extend(named.map(|id| format!("{path}:{number}: {id}")));
            }
        }
        report(&wrong);
    }

    /// Places that name a component and mean something else.
    const NOT_A_COMPONENT: &[(&str, &str, &str)] = &[
        ("src/model/coverage.rs", "etcd", "the role"),
        ("src/model/coverage.rs", "pod", "the field of a container"),
        ("src/ingest/settle/nodes.rs", "etcd", "the role"),
        ("src/ingest/settle/nodes.rs", "kubelet", "the key of its version, from a Node"),
        ("src/ingest/settle/nodes.rs", "kernel", "the key of its version, from a Node or its machine"),
        ("src/ingest/settle/streams.rs", "etcd", "the role"),
        ("src/analysis/describe.rs", "kubelet", "the key of its version"),
        ("src/analysis/machine.rs", "kernel", "a fact of a machine"),
        ("src/analysis/describe.rs", "etcd", "the key of its version, from its endpoint"),
    ];

    #[test]
    fn components_are_named_only_where_files_and_lines_are_told_apart() {
        let mut wrong = Vec::new();
        let at_home = ["src/artifact/", "src/log/", "src/object/", "src/testing/", "src/report/sample.rs"];
        for (path, text) in
            files("src").iter().filter(|(path, _)| !at_home.iter().any(|home| path.starts_with(home)))
        {
            for (number, line) in code(text) {
                for about in COMPONENTS.iter().filter(|about| line.contains(&format!("\"{}\"", about.name))) {
                    let other =
                        NOT_A_COMPONENT.iter().any(|(file, name, _)| (*file, *name) == (&**path, about.name));
                    if !other {
                        wrong.push(format!("{path}:{number}: `{}`", about.name));
                    }
                }
            }
        }
        report(&wrong);
    }

    #[test]
    fn nothing_names_a_registry_or_a_machine() {
        // In parts, so that this file does not name them either.
        let hosts =
            [["crates", ".io/"], ["static.", "crates.io"], ["index.", "crates.io"], ["registry", "+"]];
        let paths = [["/wo", "rk/"], ["/ho", "me/"], ["/Us", "ers/"], ["/ro", "ot/"]];
        let mut wrong = Vec::new();
        let directories = ["src", "rules", "docs", "templates", "tests"];
        let single = ["Cargo.toml", "build.rs", "clippy.toml", "rustfmt.toml", "testdata/README.md"];
        let singles = single.iter().filter_map(|name| {
            let text = std::fs::read_to_string(root().join(name)).ok()?;
            Some(((*name).to_owned(), text))
        });
        for (path, text) in directories.iter().flat_map(|directory| files(directory)).chain(singles) {
            for (number, line) in text.lines().enumerate() {
                for parts in hosts.iter().chain(&paths) {
                    if line.contains(&parts.concat()) {
                        wrong.push(format!("{path}:{}: {}", number + 1, parts.concat()));
                    }
                }
            }
        }
        report(&wrong);
    }
}
