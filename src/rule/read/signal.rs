//! Signals.

use super::{Map, first_line, items, quoted, text, tick, wrong_type};
use crate::rule::file::{FullMatch, Many, MatchFile, Named, SignalFile};
use crate::rule::lints;
use crate::rule::place::At;
use crate::rule::tree::{Content, Node, Scalar};

/// The keys of a signal.
pub const SIGNAL_KEYS: &[&str] = &[
    "logs",
    "objects",
    "of",
    "match",
    "exclude",
    "level",
    "nodes",
    "namespace",
    "container",
    "tag",
    "recent",
    "window",
    "context",
    "where",
    "fields",
    "time",
    "near",
    "before",
    "after",
    "followed_by",
    "not_followed_by",
    "with",
    "without",
    "within",
    "same",
    "skew",
];

/// The keys of any signal.
const OF_ALL: &[&str] = &["nodes", "recent", "window", "context"];

/// The first key of a kind of signal → its other keys.
const OF_KIND: &[(&str, &[&str])] = &[
    ("logs", &["match", "exclude", "level", "namespace", "container"]),
    ("objects", &["where", "fields", "time"]),
    (
        "of",
        &[
            "tag",
            "near",
            "before",
            "after",
            "followed_by",
            "not_followed_by",
            "with",
            "without",
            "within",
            "same",
            "skew",
        ],
    ),
];

/// The keys of a match that is a map.
pub const MATCH_KEYS: &[&str] = &["text", "json", "fields", "tag"];

pub fn all(rule: &mut Map<'_, '_, '_>) -> Named<SignalFile> {
    let Some(node) = rule.get("signals") else { return Named::default() };
    let Content::Map(entries) = &node.content else {
        wrong_type(rule.said, node, "`signals`", "a map from names");
        return Named::default();
    };
    let mut signals = Vec::new();
    for (name, value) in entries {
        let Some(mut map) = Map::open(rule.said, value, "a signal", SIGNAL_KEYS, name.place) else {
            continue;
        };
        map.one_kind(name);
        signals.push((name.clone(), At::new(map.signal(), value.place)));
    }
    Named(signals)
}

impl Map<'_, '_, '_> {
    /// A signal is over logs, over objects, or derived, and has the keys that belong to that.
    fn one_kind(&mut self, name: &At<String>) {
        let kinds: Vec<&(&str, &[&str])> = OF_KIND.iter().filter(|(kind, _)| self.has(kind)).collect();
        let [(kind, keys)] = kinds.as_slice() else {
            let told = kinds.first().map_or("none of", |_| "more than one of");
            self.said
                .say(
                    &lints::MISSING_KEY,
                    name.place,
                    format!("signal `{}` has {told} `logs`, `objects` and `of`", name.value),
                )
                .help("write `logs` and `match` for lines of logs, `objects` for objects, `of` for hits of another signal");
            return;
        };
        let foreign = self
            .entries
            .iter()
            .filter(|(key, ..)| key != kind && !keys.contains(key) && !OF_ALL.contains(key));
        let foreign: Vec<(&str, At<String>)> = foreign.map(|(key, at, _)| (*key, (*at).clone())).collect();
        for (key, at) in foreign {
            let home = OF_KIND.iter().find(|(_, keys)| keys.contains(&key)).map_or("", |(home, _)| home);
            let complaint = self
                .said
                .say(&lints::WRONG_PLACE, at.place, format!("`{key}` is for signals with `{home}`"))
                .label(format!("`{}` has `{kind}`", name.value));
            let instead = match (key, *kind) {
                ("where", "logs") => {
                    "use `match`, `exclude`, `level`, `nodes`, `namespace` or `container`".to_owned()
                }
                ("match", "objects") => "use `where`: a CEL condition over `object`".to_owned(),
                ("fields", "logs") => "name what varies as holes: `{name}`".to_owned(),
                _ => format!("beside `{kind}` there are {}", quoted(&[*keys, OF_ALL].concat())),
            };
            complaint.help(instead);
        }
        if *kind == "logs" && !self.has("match") {
            self.said
                .say(&lints::MISSING_KEY, name.place, format!("signal `{}` has no `match`", name.value))
                .help("add `match:` with the text of the line; `{name}` stands for what varies");
        }
    }

    fn signal(&mut self) -> SignalFile {
        SignalFile {
            logs: self.many("logs"),
            objects: self.text("objects"),
            of: self.text("of"),
            matches: self.matches("match"),
            exclude: self.matches("exclude"),
            level: self.many("level"),
            nodes: self.many("nodes"),
            namespace: self.text("namespace"),
            container: self.text("container"),
            tag: self.many("tag"),
            recent: self.text("recent"),
            window: self.text("window"),
            context: self.truth("context"),
            filter: self.text("where"),
            fields: self.named("fields"),
            time: self.text("time"),
            near: self.text("near"),
            before: self.text("before"),
            after: self.text("after"),
            followed_by: self.text("followed_by"),
            not_followed_by: self.text("not_followed_by"),
            with: self.text("with"),
            without: self.text("without"),
            within: self.text("within"),
            same: self.many("same"),
            skew: self.text("skew"),
        }
    }

    fn truth(&mut self, key: &'static str) -> bool {
        let Some(node) = self.get(key) else { return false };
        if let Content::Scalar(_, Scalar::Bool(value)) = node.content {
            return value;
        }
        wrong_type(self.said, node, &tick(key), "`true` or `false`");
        false
    }

    fn matches(&mut self, key: &'static str) -> Many<MatchFile> {
        let Some(node) = self.get(key) else { return Many::default() };
        Many(items(node).iter().filter_map(|item| self.one_match(key, item)).collect())
    }

    fn one_match(&mut self, key: &'static str, item: &Node) -> Option<At<MatchFile>> {
        let place = first_line(self.said.source, item.place);
        if !matches!(item.content, Content::Map(_)) {
            let text = text(self.said, item, &format!("an item of `{key}`"))?;
            return Some(text.with(MatchFile::Text(text.value.clone())));
        }
        let mut map = Map::open(self.said, item, "a match", MATCH_KEYS, place)?;
        let is_one = map.has("text") != map.has("json");
        let before = map.said.len();
        let full = FullMatch {
            text: map.text("text"),
            json: map.named("json"),
            fields: map.named("fields"),
            tag: map.text("tag"),
        };
        if !is_one && before == map.said.len() && !map.entries.is_empty() {
            map.said
                .say(&lints::MISSING_KEY, place, "a match has either `text` or `json`")
                .help("a template is searched in the message: `text`; fields of a structured record are compared: `json`");
            return None;
        }
        is_one.then(|| At::new(MatchFile::Full(full), item.place))
    }
}
