//! What can be wrong with a rule: one line for each kind, from which the documentation is checked.

use crate::base::Severity;

/// One kind of mistake.
#[derive(Debug, PartialEq, Eq)]
pub struct Lint {
    /// Its stable name.
    pub code: &'static str,
    /// An error leaves the rule out; a warning and a note do not.
    pub severity: Severity,
    /// What it says, in one sentence.
    pub what: &'static str,
}

macro_rules! lints {
    ($($name:ident $severity:ident $code:literal $what:literal;)*) => {
        $(
            #[doc = $what]
            pub const $name: Lint = Lint { code: $code, severity: Severity::$severity, what: $what };
        )*

        /// All of them, in the order of the documentation.
        pub const ALL: &[&Lint] = &[$(&$name),*];
    };
}

lints! {
    // The file.
    FILE Error "rule-file" "A file that is too large for a rule, that is no UTF-8, or that cannot be read.";
    YAML Error "rule-yaml" "The file is not YAML.";
    DUPLICATE_KEY Error "rule-duplicate-key" "A map has the same key twice.";
    UNKNOWN_KEY Error "rule-unknown-key" "A key that nobody reads.";
    MISSING_KEY Error "rule-missing-key" "A key that is needed is not there, or says nothing.";
    WRONG_TYPE Error "rule-wrong-type" "A value is of another type than its key wants: a list for a text, a word for a number.";
    WRONG_PLACE Error "rule-wrong-place" "A key that belongs to another kind of signal: `where` beside `logs`, `within` without a relation.";

    // Names and words.
    ID Error "rule-id" "The id is not kebab-case, or is not the name of the file.";
    WORD Error "rule-unknown-word" "A word that is not on its list: a severity, a confidence, a risk, a level, a verdict.";
    COMPONENT Error "rule-unknown-component" "No layout and no reader knows such a component.";
    KIND Error "rule-unknown-kind" "No reader makes such objects, and Kubernetes has none.";
    DISTRIBUTION Error "rule-unknown-distribution" "No such distribution is told apart.";
    LAYER Error "rule-layer" "Layers are 0 to 6.";
    TIME Error "rule-time" "Not a time of RFC 3339, or not a duration.";

    // Matches.
    TEMPLATE Error "rule-template" "A template has a hole that is not closed, without a name, or of no known type.";
    REGEX Error "rule-regex" "Not a regular expression, or a longer one than a log can be searched for.";
    NO_LITERAL Error "rule-no-literal" "A match holds no four bytes of fixed text, so that it would have to be tried on every line of every log.";
    SHADOWED Warning "rule-shadowed-match" "An earlier match of the signal takes every record that this one would.";
    EXCLUDED Error "rule-excluded-match" "An `exclude` takes away every record that a match finds.";
    UNUSED_FIELDS Warning "rule-unused-fields" "`fields` beside a text: its holes are its fields.";

    // Expressions.
    EXPRESSION Error "rule-expression" "Not a CEL expression.";
    UNKNOWN_SIGNAL Error "rule-unknown-signal" "A name that is no signal of the rule.";
    UNKNOWN_VALUE Error "rule-unknown-value" "Signals, hits and the bundle do not give such a value.";
    UNKNOWN_FUNCTION Error "rule-unknown-function" "No such function, or one that is not for this value.";
    ARGUMENTS Error "rule-arguments" "A function with too few, too many, or other arguments than it takes.";
    UNKNOWN_FIELD Error "rule-unknown-field" "Objects of this kind do not have such a field.";
    TYPES Error "rule-types" "Two values that cannot be compared or computed with each other: such a condition never holds.";
    LOOPS Error "rule-loops" "A loop within a loop over something else: its time grows with the product of both.";
    NEVER Warning "rule-never-true" "A condition that cannot hold, whatever the bundle says.";
    ALWAYS Warning "rule-always-true" "A condition that always holds, whatever the bundle says.";
    UNREACHABLE Warning "rule-unreachable-step" "A step of `severity` or `confidence` that a higher one always forestalls.";

    // Signals and what they fill.
    UNUSED_SIGNAL Warning "rule-unused-signal" "A signal that neither a condition, nor a text, nor another signal names.";
    RELATION Error "rule-relation" "A relation that cannot hold, or that says too little.";
    CYCLE Error "rule-cycle" "Signals that are derived from each other in a circle.";
    UNKNOWN_TAG Error "rule-unknown-tag" "A tag that no match of the signal has.";
    UNFILLED Error "rule-unfilled-field" "A field that no match of the signals fills.";
    PARTLY_FILLED Warning "rule-partly-filled-field" "A field of `group_by` that some matches of a signal do not fill: their hits belong to every group.";
    TEXT Error "rule-text" "A text that is no minijinja template, or that names something that does not exist.";

    // The book.
    EXPLAINS Warning "rule-explains" "`explains` names no rule, the rule itself, or a rule of a deeper layer, which it can never explain.";
    ALIAS Warning "rule-alias" "An alias that is the id of a rule.";
    REPLACED Info "rule-replaced" "A rule of the user has the id of a built-in one, and takes its place.";
    NOT_REPLACED Info "rule-not-replaced" "A broken rule would have taken the place of another one, which is still used.";
    TWICE Warning "rule-twice" "Two files of the user have the same rule: the later one counts.";

    // Remedies and tests.
    BLANK Warning "rule-blank" "A text that `rules new` wrote to be replaced.";
    RISK Warning "rule-risk" "A command without `risk`.";
    ORDER Info "rule-remedy-order" "A step that loses data stands before one that only looks.";
    TEST Error "rule-test" "A test that says something impossible: an unknown verdict, a time that is none.";
    TEST_NAME Error "rule-test-name" "Two tests of the same name.";
    TEST_EXPECT Warning "rule-test-expect" "An expectation that is never compared, and so cannot fail.";
    TEST_MISSING Warning "rule-test-missing" "No test expects a finding, or none expects clear, or none expects unknown.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_mistake_has_a_name_of_its_own() {
        let mut codes: Vec<&str> = ALL.iter().map(|lint| lint.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), ALL.len());
        assert!(ALL.iter().all(|lint| lint.code.starts_with("rule-") && lint.what.ends_with('.')));
    }
}
