//! The tests of a rule: what they name must exist, and each must be able to fail.

use std::collections::BTreeSet;

use super::signal::Shape;
use super::{Check, suggestion};
use crate::base::stamp::parse_duration;
use crate::base::{Time, words};
use crate::rule::file::{At, Mention, RuleFile, TestFile};
use crate::rule::{ANY, CONFIDENCES, NODE, SEVERITIES, lints};

/// What a rule can come to.
const VERDICTS: &[&str] = &["finding", "clear", "unknown"];

impl Check<'_> {
    pub fn tests(&mut self, file: &RuleFile, shapes: &[Shape]) {
        let mut names: Vec<&At<String>> = Vec::new();
        for test in &file.tests {
            for (mention, at) in test.value.mentions.iter().filter(|(_, at)| at.place.is_written()) {
                match mention {
                    Mention::Name => {
                        if let Some(first) = names.iter().find(|name| name.value == at.value) {
                            self.said
                                .say(
                                    &lints::TEST_NAME,
                                    at.place,
                                    format!("there are two tests `{}`", at.value),
                                )
                                .also(first.place, "the first one")
                                .help("say in the name what this one shows");
                        }
                        names.push(at);
                    }
                    _ => self.mention(*mention, at, &test.value, file, shapes),
                }
            }
        }
        self.verdicts(file);
    }

    fn mention(
        &mut self,
        mention: Mention,
        at: &At<String>,
        test: &TestFile,
        file: &RuleFile,
        shapes: &[Shape],
    ) {
        match mention {
            Mention::Name => {}
            Mention::Component => self.component(at),
            Mention::Kind => self.kind(at),
            Mention::Source => self.source(at),
            Mention::Time => {
                if Time::parse(&at.value).is_none() {
                    self.said
                        .say(&lints::TIME, at.place, format!("`{}` is not a time of RFC 3339", at.value))
                        .help("write `2026-11-22T03:10:00Z`");
                }
            }
            Mention::Duration => {
                if parse_duration(&at.value).is_none() {
                    self.duration(at, "every");
                }
            }
            Mention::Verdict => {
                self.one_of(&lints::TEST, at, VERDICTS, "verdict");
            }
            Mention::Severity => {
                self.word(at, SEVERITIES, "severity");
            }
            Mention::Confidence => {
                self.word(at, CONFIDENCES, "confidence");
            }
            Mention::OfFinding => {
                if matches!(test.expect.value.verdict.as_str(), "clear" | "unknown") {
                    self.said
                        .say(
                            &lints::TEST_EXPECT,
                            at.place,
                            format!("`{}` is compared with findings only", at.value),
                        )
                        .label(format!("this test expects {}", test.expect.value.verdict))
                        .help("take it away");
                }
            }
            Mention::Field => self.expected_field(at, file, shapes),
        }
    }

    fn expected_field(&mut self, at: &At<String>, file: &RuleFile, shapes: &[Shape]) {
        let grouped = file.group_by.0.iter().any(|field| field.value == at.value);
        let filled = shapes.iter().any(|shape| !shape.known || shape.fields.contains_key(&at.value));
        if filled || grouped {
            return;
        }
        let known: BTreeSet<&str> =
            shapes.iter().flat_map(|shape| shape.fields.keys()).map(String::as_str).collect();
        let help = if at.value == NODE {
            "add `node` to `group_by`, or expect the title".to_owned()
        } else if known.is_empty() {
            "no signal has fields: name what varies in a `match`".to_owned()
        } else {
            suggestion(&at.value, &known.into_iter().collect::<Vec<_>>())
        };
        self.said
            .say(&lints::UNFILLED, at.place, format!("no finding has the field `{}`", at.value))
            .help(help);
    }

    /// A component or a kind, which begins with a capital.
    fn source(&mut self, at: &At<String>) {
        if at.value == ANY || self.vocabulary.components.contains(&at.value.as_str()) {
            return;
        }
        if at.value.starts_with(|c: char| c.is_ascii_uppercase()) {
            self.kind(at);
        } else {
            self.component(at);
        }
    }

    /// A rule is shown to hold by a test of each verdict.
    fn verdicts(&mut self, file: &RuleFile) {
        let told =
            |verdict: &&&str| file.tests.iter().any(|test| test.value.expect.value.verdict == **verdict);
        let missing: Vec<&str> = VERDICTS.iter().filter(|verdict| !told(verdict)).copied().collect();
        // A verdict that is misspelt has been said.
        let misspelt =
            file.tests.iter().any(|test| !VERDICTS.contains(&test.value.expect.value.verdict.as_str()));
        if missing.is_empty() || misspelt {
            return;
        }
        let what: Vec<&str> = missing
            .iter()
            .map(|verdict| match *verdict {
                "finding" => "a line that fires",
                "clear" => "a look-alike that does not",
                _ => "`missing: [component]`",
            })
            .collect();
        self.said
            .say(&lints::TEST_MISSING, file.id.place, format!("no test expects {}", words::list(&missing)))
            .help(format!("add to `tests`: {}", words::list(&what)));
    }
}
