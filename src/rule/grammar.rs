//! The keys of a rule file, with what they hold and mean: the one place from which the schema for editors and the
//! tables of the reference are made.

use super::{CLASSES, CONFIDENCES, RISKS, SEVERITIES};

/// A map with known keys.
#[derive(Debug)]
pub struct Grammar {
    /// Its name in the schema.
    pub name: &'static str,
    /// What it is.
    pub what: &'static str,
    /// Its keys, in the order in which a rule is written.
    pub keys: &'static [Key],
}

/// A key.
#[derive(Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// Whether the map is nothing without it.
    pub needed: bool,
    /// What it holds.
    pub shape: Shape,
    /// What it means, in Markdown.
    pub what: &'static str,
}

/// What a key holds.
#[derive(Debug)]
pub enum Shape {
    /// Any text.
    Text,
    /// Text or a number.
    Plain,
    /// A whole number with its smallest and largest value.
    Whole(u64, Option<u64>),
    /// True or false.
    Flag,
    /// True, and nothing else.
    Yes,
    /// Kebab case.
    Id,
    /// A time span: `90s`, `10m`, `24h`.
    Duration,
    /// A time of RFC 3339.
    Time,
    /// One of these.
    Word(&'static [&'static str]),
    /// The name of a component.
    Component,
    /// The name of a distribution.
    Distribution,
    /// The kind of an object.
    Kind,
    /// Any map.
    Anything,
    /// One, or a list of them.
    Many(&'static Shape),
    /// A list.
    List(&'static Shape),
    /// Names of the author's choice.
    Map(&'static Shape),
    /// Some of these words, each with a value.
    Scale(&'static [&'static str], &'static Shape),
    /// A map with known keys.
    Of(&'static Grammar),
    /// Any of these.
    Either(&'static [Shape]),
}

const fn needed(name: &'static str, shape: Shape, what: &'static str) -> Key {
    Key { name, needed: true, shape, what }
}

const fn may(name: &'static str, shape: Shape, what: &'static str) -> Key {
    Key { name, needed: false, shape, what }
}

/// What makes a step of a scale hold.
const STEP: Shape = Shape::Either(&[Shape::Whole(1, None), Shape::Yes, Shape::Text]);

/// Words for levels; other spellings of logs are read as well.
const LEVELS: &[&str] = &["debug", "info", "warning", "error", "fatal"];

const VERDICTS: &[&str] = &["finding", "clear", "unknown"];

/// A whole file.
pub static RULE: Grammar = Grammar {
    name: "rule",
    what: "A rule: what to count, when that is a finding, what it means and what to do",
    keys: &[
        needed(
            "id",
            Shape::Id,
            "kebab-case, the same as the file's name; never used again for something else",
        ),
        needed("title", Shape::Text, "one line, minijinja; see *Texts*"),
        may("summary", Shape::Text, "one to three sentences about this case, minijinja"),
        needed(
            "severity",
            Shape::Either(&[Shape::Word(SEVERITIES), Shape::Scale(SEVERITIES, &STEP)]),
            "how bad, if true: `critical`, `error`, `warning`, `info`; or a map from these to what makes them hold, as for `confidence`",
        ),
        may(
            "confidence",
            Shape::Either(&[Shape::Word(CONFIDENCES), Shape::Scale(CONFIDENCES, &STEP)]),
            "how sure, if it fires: `high` (default), `medium`, `low`; or a map from these to what makes them hold: a number of hits, a condition, or `true`. \
             The highest that holds counts, else the lowest",
        ),
        needed("component", Shape::Text, "whose problem it is"),
        may(
            "layer",
            Shape::Whole(0, Some(6)),
            "default 6. 0 host or operator, 1 network, time, space, 2 certificates, 3 datastore, 4 API server, supervisor, runtime, \
             5 kubelet, scheduler, webhooks, 6 agents and workloads",
        ),
        may(
            "class",
            Shape::Word(CLASSES),
            "what kind of failure it is: `certificates`, `access` (tokens, passwords, RBAC), `network`, `dns`, `time`, `storage` (disks and volumes), `capacity` (space, memory, \
             limits), `performance`, `membership` (who belongs to the cluster), `data` (damaged, restored, not backed up), `configuration`, `version`, `admission` (webhooks, policies), \
             `runtime` (images, containers, sandboxes), `availability` (something does not run or answer), `lifecycle` (something never gets finished)",
        ),
        may(
            "applies",
            Shape::Of(&APPLIES),
            "to which clusters the rule applies; an unknown distribution never hides a rule",
        ),
        may(
            "group_by",
            Shape::Many(&Shape::Text),
            "field names; one finding for each distinct value. `node` is always a field",
        ),
        needed("signals", Shape::Map(&Shape::Of(&SIGNAL)), "what to count: name → signal"),
        needed("when", Shape::Text, "when it is a finding: CEL over the signals"),
        needed("about", Shape::Text, "Markdown: what it means, why it happens, what it breaks"),
        may("remedy", Shape::List(&Shape::Of(&REMEDY)), "what to do, in order"),
        may("collect", Shape::Many(&Shape::Text), "what to ask for when the rule cannot be decided"),
        may("explains", Shape::Many(&Shape::Text), "ids of rules that are consequences of this one"),
        may("aliases", Shape::Many(&Shape::Id), "other ids that this rule answers to"),
        may("references", Shape::Many(&Shape::Text), "addresses of what tells more"),
        may("tests", Shape::List(&Shape::Of(&TEST)), "what must come out; see *Tests*"),
    ],
};

/// `applies`.
pub static APPLIES: Grammar = Grammar {
    name: "applies",
    what: "To which clusters a rule applies",
    keys: &[may("distributions", Shape::Many(&Shape::Distribution), "`rke1`, `rke2`, `k3s`, `kubeadm`")],
};

/// A step of `remedy`.
pub static REMEDY: Grammar = Grammar {
    name: "remedy",
    what: "One step towards repair",
    keys: &[
        needed("step", Shape::Text, "what to do, and why"),
        may("run", Shape::Text, "the command, minijinja"),
        may("risk", Shape::Word(RISKS), "`read-only` (default), `disruptive`, `data-loss`"),
    ],
};

/// A signal.
pub static SIGNAL: Grammar = Grammar {
    name: "signal",
    what: "What to count: records of logs, objects, or hits of another signal",
    keys: &[
        may("logs", Shape::Many(&Shape::Component), "components whose records count; `any` is all of them"),
        may(
            "match",
            Shape::Many(&MATCH_OR_TEXT),
            "how a record is recognised: a template with holes, `/a regular expression/`, or a map; any of several",
        ),
        may("exclude", Shape::Many(&MATCH_OR_TEXT), "look-alikes that do not count"),
        may("level", Shape::Many(&Shape::Word(LEVELS)), "only records of these levels"),
        may("namespace", Shape::Text, "only pod logs of this namespace"),
        may("container", Shape::Text, "only logs of this container"),
        may("objects", Shape::Kind, "the kind of objects that count"),
        may("where", Shape::Text, "which of them: CEL over `object` and `bundle`"),
        may("fields", Shape::Map(&Shape::Text), "what an object's hit carries: name → CEL"),
        may("time", Shape::Text, "when an object's hit happened: CEL that gives a time of RFC 3339"),
        may("of", Shape::Text, "the signal whose hits count where they stand in a relation"),
        may("tag", Shape::Many(&Shape::Text), "only hits of the alternatives with these tags"),
        may("near", Shape::Text, "relation: a hit of this signal is near in time"),
        may("before", Shape::Text, "relation: a hit of this signal comes at the same time or later"),
        may("after", Shape::Text, "relation: a hit of this signal came at the same time or earlier"),
        may("followed_by", Shape::Text, "relation: the same as `before`"),
        may(
            "not_followed_by",
            Shape::Text,
            "relation: no hit of this signal comes at the same time or later",
        ),
        may("with", Shape::Text, "relation: there is a hit of this signal, at any time or none"),
        may("without", Shape::Text, "relation: there is no hit of this signal"),
        may("within", Shape::Duration, "how far apart in time the two may be"),
        may("same", Shape::Many(&Shape::Text), "fields in which the two agree; `node` is one"),
        may("skew", Shape::Duration, "by how much the clocks of two nodes may differ; default `2s`"),
        may(
            "nodes",
            Shape::Many(&Shape::Text),
            "only logs and objects of these nodes, by role (`etcd`, `control-plane`, `worker`) or name",
        ),
        may("recent", Shape::Duration, "only hits that are at most this old at the capture"),
        may("window", Shape::Duration, "the window of `peak`; default `10m`"),
        may("context", Shape::Flag, "true: only compared with; its hits are neither counted nor shown"),
    ],
};

const MATCH_OR_TEXT: Shape = Shape::Either(&[Shape::Text, Shape::Of(&MATCH)]);

/// A match that is more than a text.
pub static MATCH: Grammar = Grammar {
    name: "match",
    what: "One alternative of a log signal",
    keys: &[
        may("text", Shape::Text, "a template, or a regular expression between slashes"),
        may(
            "json",
            Shape::Map(&Shape::Text),
            "field of a structured record → template of its whole value; `msg` is the message",
        ),
        may("fields", Shape::Map(&Shape::Text), "our name → the record's field, to carry it along"),
        may("tag", Shape::Text, "a name for this alternative: its hits have it as the field `tag`"),
    ],
};

/// A test.
pub static TEST: Grammar = Grammar {
    name: "test",
    what: "What is in a bundle, and what must come out",
    keys: &[
        needed("name", Shape::Text, "what it shows, as a sentence"),
        may("logs", Shape::Map(&LOG), "component → text or a series, a list of these, or node → these"),
        may(
            "objects",
            Shape::Map(&Shape::List(&Shape::Anything)),
            "kind → complete objects; `metadata.name` gives the name",
        ),
        may(
            "files",
            Shape::Map(&Shape::Text),
            "path inside a collector's bundle → text; `node:path` puts it on a node of its own, `:path` beside all of them, where nobody knows the node",
        ),
        may(
            "missing",
            Shape::Many(&Shape::Text),
            "components and kinds that the bundle does not hold; everything else is there and empty",
        ),
        may(
            "covers",
            Shape::Map(&Shape::Of(&COVERS)),
            "component → the time that its logs cover; all time for what is not named",
        ),
        may("captured_at", Shape::Time, "when the bundle was captured; default `2026-11-22T04:00:00Z`"),
        needed(
            "expect",
            Shape::Either(&[Shape::Word(VERDICTS), Shape::Of(&EXPECT)]),
            "`finding`, `clear`, `unknown`, or a map with more",
        ),
    ],
};

const LOG: Shape = Shape::Either(&[Shape::Many(&LINES), Shape::Map(&LOG_OF_NODE)]);

const LOG_OF_NODE: Shape = Shape::Many(&LINES);

const LINES: Shape = Shape::Either(&[Shape::Text, Shape::Of(&SERIES)]);

/// A line repeated in time.
pub static SERIES: Grammar = Grammar {
    name: "series",
    what: "A line repeated in time",
    keys: &[
        needed(
            "line",
            Shape::Text,
            "the line; `{time}` becomes `2026-11-22T03:00:00Z`, `{klog}` `1122 03:00:00.000000`, `{slash}` `2026/11/22 03:00:00`, `{plain}` `2026-11-22 03:00:00.000000`, `{n}` a number from 0",
        ),
        needed("repeat", Shape::Whole(1, None), "how often"),
        needed("every", Shape::Duration, "how far apart"),
        may("start", Shape::Time, "when it begins; default one hour before the capture"),
        may("nodes", Shape::List(&Shape::Text), "the nodes that each write it"),
    ],
};

/// The time that logs cover.
pub static COVERS: Grammar = Grammar {
    name: "covers",
    what: "The time that the logs of a component cover",
    keys: &[
        may("from", Shape::Time, "nothing older is there"),
        may("until", Shape::Time, "nothing newer is there"),
    ],
};

/// What must come out.
pub static EXPECT: Grammar = Grammar {
    name: "expect",
    what: "What must come out of a test; of several findings the first",
    keys: &[
        needed("verdict", Shape::Word(VERDICTS), "`finding`, `clear` or `unknown`"),
        may("count", Shape::Whole(0, None), "how many hits"),
        may("findings", Shape::Whole(0, None), "how many findings"),
        may("title", Shape::Text, "the title, word for word"),
        may("severity", Shape::Word(SEVERITIES), "the severity"),
        may("confidence", Shape::Word(CONFIDENCES), "the confidence"),
        may("fields", Shape::Map(&Shape::Plain), "fields and their values"),
    ],
};

/// All maps with known keys, in reading order.
pub static ALL: &[&Grammar] = &[&RULE, &APPLIES, &REMEDY, &SIGNAL, &MATCH, &TEST, &SERIES, &COVERS, &EXPECT];

impl Grammar {
    /// Its keys as a table for the reference.
    #[must_use]
    pub fn table(&self) -> String {
        let row = |key: &Key| {
            let needed = if key.needed { "yes" } else { "" };
            format!("| `{}` | {needed} | {} |\n", key.name, key.what)
        };
        format!(
            "| key | needed | what it is |\n|---|---|---|\n{}",
            self.keys.iter().map(row).collect::<String>()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::complaints::Complaints;
    use crate::rule::read;

    /// A value that fits a shape, as YAML of one line.
    fn sample(shape: &Shape) -> String {
        match shape {
            Shape::Text | Shape::Plain | Shape::Id | Shape::Component | Shape::Distribution | Shape::Kind => {
                "a-b".to_owned()
            }
            Shape::Whole(least, _) => least.to_string(),
            Shape::Flag | Shape::Yes => "true".to_owned(),
            Shape::Duration => "10s".to_owned(),
            Shape::Time => "'2026-11-22T04:00:00Z'".to_owned(),
            Shape::Word(words) => words[0].to_owned(),
            Shape::Anything => "{a: 1}".to_owned(),
            Shape::Many(inner) | Shape::List(inner) => format!("[{0}, {0}]", sample(inner)),
            Shape::Map(inner) => format!("{{x: {}}}", sample(inner)),
            Shape::Scale(words, step) => format!("{{{}: {}}}", words[0], sample(step)),
            Shape::Of(grammar) => {
                let keys = grammar.keys.iter().map(|key| format!("{}: {}", key.name, sample(&key.shape)));
                format!("{{{}}}", keys.collect::<Vec<_>>().join(", "))
            }
            Shape::Either(shapes) => sample(shapes.last().unwrap()),
        }
    }

    /// No signal is of all kinds at once, and that is all that may be wrong with a rule with every key.
    #[test]
    fn every_value_that_the_grammar_allows_is_read() {
        let text = sample(&Shape::Of(&RULE));
        let mut said = Complaints::new("a-b.yaml", &text);
        assert!(read::rule(&mut said, &text).is_some());
        let wrong: Vec<String> = said.finish().into_iter().map(|one| one.message).collect();
        let allowed =
            |message: &&String| message.contains("more than one of") || message.contains("either `text`");
        assert_eq!(wrong.iter().find(|message| !allowed(message)), None);
    }

    #[test]
    fn every_key_that_is_read_is_in_the_grammar() {
        for (grammar, read) in [
            (&RULE, read::RULE_KEYS),
            (&SIGNAL, read::SIGNAL_KEYS),
            (&MATCH, read::MATCH_KEYS),
            (&TEST, read::TEST_KEYS),
            (&SERIES, read::SERIES_KEYS),
            (&EXPECT, read::EXPECT_KEYS),
        ] {
            let mut known: Vec<&str> = grammar.keys.iter().map(|key| key.name).collect();
            let mut read = read.to_vec();
            known.sort_unstable();
            read.sort_unstable();
            assert_eq!(known, read, "{}", grammar.name);
        }
    }
}
