//! Broken rule files are told what is wrong with them, where, and what to write instead.

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rancher_bundle::base::{Diagnostic, snippet};
    use rancher_bundle::rule::{Rulebook, lints};

    /// The broken rule files, sorted: name and text.
    fn broken() -> Vec<(String, String)> {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/rules/broken");
        let mut files: Vec<(String, String)> = std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let name = entry.file_name().into_string().unwrap();
                (name, std::fs::read_to_string(entry.path()).unwrap())
            })
            .collect();
        files.sort();
        files
    }

    fn lint(name: &str, text: &str) -> Vec<Diagnostic> {
        Rulebook::from_files([(name, text)], &rancher_bundle::vocabulary()).1
    }

    /// Each file says in its first line what is wrong with it: `# rule-code in line 5`.
    #[test]
    fn one_mistake_is_one_diagnostic_at_its_line() {
        let mut wrong = Vec::new();
        for (name, text) in broken() {
            let expect = text.lines().next().and_then(|line| line.strip_prefix("# ")).unwrap().to_owned();
            let said: Vec<String> = lint(&name, &text)
                .iter()
                .map(|d| format!("{} in line {}", d.code, d.line.unwrap_or(0)))
                .collect();
            if said != [expect.as_str()] {
                wrong.push(format!("{name}: expected {expect}, found {said:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn the_diagnostics_of_all_broken_files_read_well() {
        let shown: Vec<String> = broken()
            .iter()
            .flat_map(|(name, text)| lint(name, text))
            .map(|diagnostic| snippet::render(&diagnostic, false))
            .collect();
        insta::assert_snapshot!(shown.join("\n"));
    }

    /// What is wrong with more than one file, or with none, is shown elsewhere.
    const OF_BOOKS: &[&lints::Lint] = &[&lints::FILE, &lints::REPLACED, &lints::NOT_REPLACED, &lints::TWICE];

    #[test]
    fn every_kind_of_mistake_is_shown_by_a_broken_file() {
        let shown: BTreeSet<&str> = broken()
            .iter()
            .flat_map(|(name, text)| lint(name, text))
            .map(|diagnostic| diagnostic.code)
            .collect();
        let missing: Vec<&str> = lints::ALL
            .iter()
            .filter(|lint| !OF_BOOKS.contains(lint) && !shown.contains(lint.code))
            .map(|lint| lint.code)
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn the_documentation_names_every_kind_of_mistake() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rule-language.md");
        let docs = std::fs::read_to_string(path).unwrap();
        let section = docs.split("## What lint finds").nth(1).unwrap().split("\n## ").next().unwrap();
        let rows: Vec<String> = lints::ALL
            .iter()
            .map(|lint| {
                let severity = format!("{:?}", lint.severity).to_lowercase().replace("info", "note");
                format!("| `{}` | {severity} | {} |", lint.code, lint.what)
            })
            .collect();
        let found: Vec<&str> = section.lines().filter(|line| line.starts_with("| `rule-")).collect();
        assert_eq!(found, rows, "the table of docs/rule-language.md should be:\n{}", rows.join("\n"));
    }

    /// What is wrong in one place does not hide what is wrong in another.
    #[test]
    fn several_mistakes_are_said_in_the_order_of_the_file() {
        let text = "id: a\ntitel: x\nseverity: eror\ncomponent: etcd\nsignals:\n  s: {logs: [etdc], match: 'abcd {x}'}\n  t: {objects: Pod, where: object.a = 1}\nwhen: s.cuont > 1 && u.count > 1\nabout: why\n";
        let said = lint("a.yaml", text);
        let codes: Vec<(u64, &str)> = said.iter().map(|d| (d.line.unwrap_or(0), d.code)).collect();
        let expect = [
            (1, lints::TEST_MISSING.code),
            (2, lints::UNKNOWN_KEY.code),
            (3, lints::WORD.code),
            (6, lints::COMPONENT.code),
            (7, lints::UNUSED_SIGNAL.code),
            (7, lints::EXPRESSION.code),
            (8, lints::UNKNOWN_VALUE.code),
            (8, lints::UNKNOWN_SIGNAL.code),
        ];
        assert_eq!(codes, expect);
    }
}
