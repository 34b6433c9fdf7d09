//! From YAML to a rule file. What is missing or of the wrong type is said once, and everything else is read all the same.

mod signal;
mod test;
mod yaml;

pub use signal::{MATCH_KEYS, SIGNAL_KEYS};
pub use test::{EXPECT_KEYS, SERIES_KEYS, TEST_KEYS};

use super::complaints::Complaints;
use super::file::{Applies, Many, Named, RemedyFile, RuleFile, Scale, Step};
use super::lints;
use super::place::{At, Place, first_line};
use super::tree::{self, Content, Node, Scalar};
use crate::base::words;

/// The keys of a rule, those that are needed first.
pub const RULE_KEYS: &[&str] = &[
    "id",
    "title",
    "severity",
    "component",
    "signals",
    "when",
    "about",
    "summary",
    "confidence",
    "layer",
    "class",
    "applies",
    "group_by",
    "remedy",
    "collect",
    "explains",
    "aliases",
    "references",
    "tests",
];

/// How many of [`RULE_KEYS`] are needed.
const RULE_NEEDS: usize = 7;

/// Reads a rule file, or the beginning of one. `None` when nothing can be made of it.
pub fn rule(said: &mut Complaints<'_>, source: &str) -> Option<RuleFile> {
    match tree::parse(source) {
        Ok(node) => {
            yaml::duplicates(said, &node);
            // What stands for the whole rule is its first key.
            let start = match &node.content {
                Content::Map(entries) => entries.first().map_or(node.place, |(key, _)| key.place),
                _ => node.place,
            };
            let mut map = Map::open(said, &node, "a rule", RULE_KEYS, start)?;
            map.needs(RULE_NEEDS);
            Some(map.rule())
        }
        Err(error) => {
            yaml::complain(said, &error);
            None
        }
    }
}

/// As [`rule`], for a file of which all that is wrong has been said.
#[must_use]
pub fn parse(source: &str) -> Option<RuleFile> {
    rule(&mut Complaints::new("", source), source)
}

/// One map, whose keys are known.
struct Map<'n, 's, 'a> {
    said: &'s mut Complaints<'a>,
    what: &'static str,
    keys: &'static [&'static str],
    entries: Vec<(&'static str, &'n At<String>, &'n Node)>,
    /// What stands for the map when a key is missing.
    name: Place,
}

impl<'n, 's, 'a> Map<'n, 's, 'a> {
    /// Looks at the keys of a map. One that is nearly right is taken for what was meant, so that one mistake is said once.
    fn open(
        said: &'s mut Complaints<'a>,
        node: &'n Node,
        what: &'static str,
        keys: &'static [&'static str],
        name: Place,
    ) -> Option<Self> {
        let Content::Map(written) = &node.content else {
            wrong_type(said, node, what, "a map");
            return None;
        };
        let mut entries = Vec::new();
        let is_free = |key: &&str| !written.iter().any(|(at, _)| at.value == **key);
        for (at, value) in written {
            match keys.iter().find(|key| **key == at.value) {
                Some(key) => entries.push((*key, at, value)),
                None => {
                    let free: Vec<&'static str> = keys.iter().copied().filter(|key| is_free(key)).collect();
                    let near = nearest_key(&at.value, &free);
                    let complaint = said
                        .say(&lints::UNKNOWN_KEY, at.place, format!("{what} has no key `{}`", at.value))
                        .label("nobody reads this");
                    match near {
                        Some(near) => complaint.help(format!("did you mean `{near}`?")),
                        None => complaint.help(format!("the keys are {}", quoted(keys))),
                    };
                    entries.extend(near.map(|near| (near, at, value)));
                }
            }
        }
        Some(Map { said, what, keys, entries, name })
    }

    /// Says which of the first `count` keys are missing.
    fn needs(&mut self, count: usize) {
        let missing: Vec<&str> = self.keys.iter().copied().take(count).filter(|key| !self.has(key)).collect();
        if !missing.is_empty() {
            let list = quoted(&missing);
            self.said
                .say(&lints::MISSING_KEY, self.name, format!("{} needs {list}", self.what))
                .help(format!("add {}", words::list(&lines(&missing))));
        }
    }

    fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(name, ..)| *name == key)
    }

    fn get(&self, key: &str) -> Option<&'n Node> {
        self.entries.iter().find(|(name, ..)| *name == key).map(|(.., node)| *node)
    }

    fn text(&mut self, key: &'static str) -> Option<At<String>> {
        text(self.said, self.get(key)?, &tick(key))
    }

    fn many(&mut self, key: &'static str) -> Many<String> {
        let Some(node) = self.get(key) else { return Many::default() };
        Many(items(node).iter().filter_map(|item| text(self.said, item, &of_list(key, node))).collect())
    }

    fn named(&mut self, key: &'static str) -> Named<String> {
        let Some(node) = self.get(key) else { return Named::default() };
        let Content::Map(entries) = &node.content else {
            wrong_type(self.said, node, &tick(key), "a map from names");
            return Named::default();
        };
        let read = entries
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), text(self.said, value, &tick(&name.value))?)));
        Named(read.collect())
    }

    fn whole(&mut self, key: &'static str) -> Option<At<u64>> {
        let node = self.get(key)?;
        if let Content::Scalar(_, Scalar::Int(number)) = node.content
            && let Ok(number) = u64::try_from(number)
        {
            return Some(At::new(number, node.place));
        }
        wrong_type(self.said, node, &tick(key), "a whole number");
        None
    }

    fn scale(&mut self, key: &'static str) -> Option<At<Scale>> {
        let node = self.get(key)?;
        let Content::Map(entries) = &node.content else {
            return text(self.said, node, &tick(key)).map(|word| word.with(Scale::One(word.value.clone())));
        };
        let mut steps = Vec::new();
        for (word, value) in entries {
            let step = match &value.content {
                Content::Scalar(_, Scalar::Int(count)) => match u64::try_from(*count) {
                    Ok(count) => Step::Count(count),
                    Err(_) => continue,
                },
                Content::Scalar(text, Scalar::Bool(true) | Scalar::Text) if text.trim() == "true" => {
                    Step::Always
                }
                Content::Scalar(text, Scalar::Text) => Step::When(text.clone()),
                _ => {
                    let what = format!("the step `{}` of `{key}`", word.value);
                    wrong_type(self.said, value, &what, "a number of hits, `true`, or a condition");
                    continue;
                }
            };
            steps.push((word.clone(), At::new(step, value.place)));
        }
        Some(At::new(Scale::Steps(Named(steps)), node.place))
    }

    fn rule(mut self) -> RuleFile {
        let layer = self.whole("layer").map(|layer| layer.with(u8::try_from(layer.value).unwrap_or(u8::MAX)));
        RuleFile {
            id: self.text("id").unwrap_or_default(),
            title: self.text("title").unwrap_or_default(),
            summary: self.text("summary"),
            severity: self
                .scale("severity")
                .unwrap_or_else(|| At::new(Scale::One(String::new()), Place::default())),
            confidence: self.scale("confidence"),
            component: self.text("component").unwrap_or_default(),
            layer,
            class: self.text("class"),
            applies: self.applies(),
            signals: signal::all(&mut self),
            when: self.text("when").unwrap_or_default(),
            group_by: self.many("group_by"),
            about: self.text("about").unwrap_or_default(),
            remedy: self.remedy(),
            collect: self.many("collect"),
            explains: self.many("explains"),
            aliases: self.many("aliases"),
            references: self.many("references"),
            tests: test::all(&mut self),
        }
    }

    fn applies(&mut self) -> Applies {
        let Some(node) = self.get("applies") else { return Applies::default() };
        let map = Map::open(self.said, node, "`applies`", &["distributions"], node.place);
        map.map_or_else(Applies::default, |mut map| Applies { distributions: map.many("distributions") })
    }

    fn remedy(&mut self) -> Vec<RemedyFile> {
        let Some(node) = self.get("remedy") else { return Vec::new() };
        let mut steps = Vec::new();
        for item in items(node) {
            let place = first_line(self.said.source, item.place);
            let keys = &["step", "run", "risk"];
            let Some(mut map) = Map::open(self.said, item, "a step of `remedy`", keys, place) else {
                continue;
            };
            map.needs(1);
            let step = map.text("step").unwrap_or_default();
            steps.push(RemedyFile { step, run: map.text("run"), risk: map.text("risk") });
        }
        steps
    }
}

/// The items of a list; anything else is the only item.
fn items(node: &Node) -> &[Node] {
    match &node.content {
        Content::List(items) => items,
        _ => std::slice::from_ref(node),
    }
}

fn of_list(key: &str, node: &Node) -> String {
    match node.content {
        Content::List(_) => format!("an item of `{key}`"),
        _ => tick(key),
    }
}

fn text(said: &mut Complaints<'_>, node: &Node, what: &str) -> Option<At<String>> {
    match &node.content {
        Content::Scalar(text, kind) if *kind != Scalar::Null => Some(At::new(text.clone(), node.place)),
        _ => {
            wrong_type(said, node, what, "a text");
            None
        }
    }
}

fn wrong_type(said: &mut Complaints<'_>, node: &Node, what: &str, wanted: &str) {
    let place = first_line(said.source, node.place);
    let in_brackets = said.source.get(place.start..).is_some_and(|rest| rest.starts_with('['));
    let complaint = said
        .say(&lints::WRONG_TYPE, place, format!("{what} wants {wanted}"))
        .label(format!("this is {}", node.what()));
    let help = match (&node.content, wanted) {
        (Content::Map(_), "a text") => Some("put it in quotes, if the `{` or the `: ` belongs to the text"),
        (Content::List(_), "a text") if in_brackets => {
            Some("put it in quotes, if the `[` belongs to the text")
        }
        (Content::List(_), "a text") => Some("write one text, without `- `"),
        (Content::Scalar(_, Scalar::Text), "a map from names") => Some("write `name: value`, one a line"),
        (Content::Scalar(text, Scalar::Text), "a whole number") if text.parse::<u64>().is_ok() => {
            Some("write it without quotes")
        }
        _ => None,
    };
    complaint.help_if(help.map(str::to_owned));
}

/// The key that was most likely meant. Words that people write for a key count as near.
fn nearest_key(word: &str, free: &[&'static str]) -> Option<&'static str> {
    let plain = word.to_ascii_lowercase().replace('-', "_");
    let meant = OTHER_WORDS.iter().find(|(other, _)| *other == plain).map(|(_, key)| *key);
    let find = |key: &str| free.iter().copied().find(|free| *free == key);
    meant.and_then(find).or_else(|| find(&plain)).or_else(|| words::nearest(&plain, free.iter().copied()))
}

/// What people write who have seen other rule languages.
const OTHER_WORDS: &[(&str, &str)] = &[
    ("name", "id"),
    ("condition", "when"),
    ("if", "when"),
    ("description", "about"),
    ("level", "severity"),
    ("remediation", "remedy"),
    ("fix", "remedy"),
    ("command", "run"),
    ("pattern", "match"),
    ("patterns", "match"),
    ("regex", "match"),
    ("matches", "match"),
    ("log", "logs"),
    ("source", "logs"),
    ("kind", "objects"),
    ("filter", "where"),
    ("not", "exclude"),
    ("links", "references"),
    ("causes", "explains"),
    ("times", "repeat"),
    ("interval", "every"),
    ("result", "verdict"),
];

fn tick(key: &str) -> String {
    format!("`{key}`")
}

fn quoted<S: AsRef<str>>(names: &[S]) -> String {
    words::list(&names.iter().map(|name| tick(name.as_ref())).collect::<Vec<_>>())
}

fn lines(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("a line `{name}: …`")).collect()
}
