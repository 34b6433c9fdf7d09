//! Titles, summaries and commands: minijinja, and what it speaks of.

use std::cell::LazyCell;

use minijinja::{Environment, ErrorKind};

use super::signal::Shape;
use super::{Check, suggestion};
use crate::base::words;
use crate::rule::file::{At, RuleFile};
use crate::rule::{NODE, lints, text};

/// What a text can name besides signals.
const NAMES: &[&str] = &["fields", "group", "nodes", "count", "since", "span"];

/// What a signal gives to a text.
const OF_SIGNALS: &[&str] =
    &["count", "peak", "peak_time", "nodes", "span", "fields", "min", "max", "first", "last"];

/// What a hit gives to a text.
const OF_HITS: &[&str] = &["time", "node", "fields"];

/// The filters that the report adds to those of minijinja.
const FILTERS: &[&str] = &["node", "duration"];

/// A word of a text that is wrong, what is wrong, and what to write instead.
struct Wrong {
    path: String,
    lint: &'static lints::Lint,
    message: String,
    help: String,
}

impl Check<'_> {
    /// All texts of a rule.
    pub fn texts(&mut self, file: &RuleFile, shapes: &[Shape]) {
        let groups: Vec<&str> = file.group_by.0.iter().map(|at| at.value.as_str()).collect();
        let commands = file.remedy.iter().filter_map(|remedy| remedy.run.as_ref());
        for at in std::iter::once(&file.title).chain(&file.summary).chain(commands) {
            self.template_text(at, shapes, &groups);
        }
    }

    fn template_text(&mut self, at: &At<String>, shapes: &[Shape], groups: &[&str]) {
        if !text::is_template(&at.value) {
            return;
        }
        if let Some((range, message)) = broken(&at.value) {
            let place = self.said.inside(at, &range);
            self.said
                .say(&lints::TEXT, place, message)
                .help("values stand in `{{ … }}`, conditions in `{% if … %}…{% endif %}`");
            return;
        }
        for (range, name) in unknown_filters(&at.value) {
            let place = self.said.inside(at, &range);
            let help = words::nearest(&name, FILTERS.iter().copied().chain(COMMON_FILTERS.iter().copied()));
            let help = help.map_or_else(
                || "there are `node`, `duration`, and those of minijinja".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            self.said.say(&lints::TEXT, place, format!("no such filter: `{name}`")).help(help);
        }
        for path in text::paths(&at.value).unwrap_or_default() {
            if let Some(wrong) = wrong(&path, shapes, groups) {
                let start = find(&at.value, &wrong.path).unwrap_or(0);
                // Of `a.fields.x` the last word is the wrong one, or the one that was looked at last.
                let last = wrong.path.rsplit('.').next().unwrap_or_default().len();
                let end = start + wrong.path.len();
                let place = self.said.inside(at, &(end - last..end));
                self.said.say(wrong.lint, place, wrong.message).help(wrong.help);
            }
        }
    }
}

/// Where a template does not parse, and why.
fn broken(source: &str) -> Option<(std::ops::Range<usize>, String)> {
    let mut environment = Environment::empty();
    environment.set_debug(true);
    let error = environment.template_from_str(source).err()?;
    let whole = 0..source.len();
    let range = error.range().filter(|range| range.start < range.end && source.get(range.clone()).is_some());
    let message = match error.detail() {
        Some(detail) if detail.contains("end of") => {
            let before =
                source.get(..range.as_ref().map_or(source.len(), |range| range.start)).unwrap_or(source);
            let open = before.rfind("{{").max(before.rfind("{%"));
            let at = open.map_or(whole, |open| open..open + 2);
            return Some((at, "this is not closed".to_owned()));
        }
        Some(detail) => format!("this text is no template: {detail}"),
        None => "this text is no template".to_owned(),
    };
    Some((range.unwrap_or(whole), message))
}

/// Where a dotted path stands by itself.
fn find(text: &str, path: &str) -> Option<usize> {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    text.match_indices(path).map(|(at, _)| at).find(|at| {
        let before = text.get(..*at).and_then(|before| before.chars().next_back());
        let after = text.get(at + path.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(part) && !after.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

/// What is wrong with a path.
fn wrong(path: &str, shapes: &[Shape], groups: &[&str]) -> Option<Wrong> {
    let parts: Vec<&str> = path.split('.').collect();
    let (name, rest) = parts.split_first()?;
    if shapes.is_empty() {
        return None;
    }
    let make = |upto: usize, lint, message: String, help: String| {
        Some(Wrong { path: parts.get(..upto).unwrap_or(&parts).join("."), lint, message, help })
    };
    if let Some(shape) = shapes.iter().find(|shape| shape.name == *name) {
        return of_signal(shape, rest, &make);
    }
    match (*name, rest) {
        ("group", [field, ..]) if !groups.contains(field) => {
            let help =
                if groups.is_empty() { "add it to `group_by`".to_owned() } else { suggestion(field, groups) };
            make(2, &lints::UNFILLED, format!("`{field}` is not in `group_by`"), help)
        }
        ("fields", [field, ..]) if shapes.iter().all(|shape| shape.known && !shape.gives(field)) => {
            let known = shapes.iter().flat_map(|shape| shape.fields.keys()).map(String::as_str);
            let known: Vec<&str> = known.collect::<std::collections::BTreeSet<_>>().into_iter().collect();
            let help = if known.is_empty() {
                format!("name what varies in a `match`: `{{{field}}}`")
            } else {
                suggestion(field, &known)
            };
            make(2, &lints::UNFILLED, format!("no signal fills `{field}`, and this would be empty"), help)
        }
        (name, _) if NAMES.contains(&name) => None,
        (name, _) => {
            let known: Vec<&str> =
                shapes.iter().map(|shape| shape.name.as_str()).chain(NAMES.iter().copied()).collect();
            make(1, &lints::UNKNOWN_SIGNAL, format!("texts know no `{name}`"), suggestion(name, &known))
        }
    }
}

fn of_signal(
    shape: &Shape,
    rest: &[&str],
    make: &dyn Fn(usize, &'static lints::Lint, String, String) -> Option<Wrong>,
) -> Option<Wrong> {
    let unfilled = |field: &str, upto: usize| {
        let known: Vec<&str> = shape.fields.keys().map(String::as_str).collect();
        let help = if known.is_empty() {
            format!("name what varies in its `match`: `{{{field}}}`")
        } else {
            suggestion(field, &known)
        };
        make(
            upto,
            &lints::UNFILLED,
            format!("no match of `{}` fills `{field}`, and this would be empty", shape.name),
            help,
        )
    };
    match rest {
        ["fields" | "min" | "max", field, ..] if !shape.gives(field) || (*field == NODE && shape.known) => {
            unfilled(field, 3)
        }
        ["first" | "last", "fields", field, ..] if !shape.gives(field) || (*field == NODE && shape.known) => {
            unfilled(field, 4)
        }
        ["first" | "last", of_hit, ..] if !OF_HITS.contains(of_hit) => {
            make(3, &lints::UNKNOWN_VALUE, format!("a hit has no `{of_hit}`"), suggestion(of_hit, OF_HITS))
        }
        [value, ..] if !OF_SIGNALS.contains(value) => {
            let help = if shape.known && shape.gives(value) {
                format!("write `{0}.fields.{value}`, or `{0}.first.fields.{value}`", shape.name)
            } else {
                suggestion(value, OF_SIGNALS)
            };
            make(2, &lints::UNKNOWN_VALUE, format!("a signal gives no `{value}` to texts"), help)
        }
        [] => make(
            1,
            &lints::UNKNOWN_VALUE,
            format!("`{}` is a signal, not a text", shape.name),
            format!("write `{0}.count`, `{0}.nodes` or `{0}.fields.…`", shape.name),
        ),
        _ => None,
    }
}

/// Filters that people use, for suggestions.
const COMMON_FILTERS: &[&str] = &[
    "join", "length", "upper", "lower", "title", "round", "replace", "split", "map", "unique", "first",
    "last", "default", "trim", "sort", "int", "float",
];

/// Filters that neither minijinja nor the report has, with their place.
fn unknown_filters(source: &str) -> Vec<(std::ops::Range<usize>, String)> {
    let environment = LazyCell::new(Environment::new);
    let is_known = |name: &str| {
        FILTERS.contains(&name)
            || environment
                .render_str(&format!("{{{{ ''|{name} }}}}"), ())
                .map_or_else(|error| error.kind() != ErrorKind::UnknownFilter, |_| true)
    };
    filters(source).into_iter().filter(|(_, name)| !is_known(name)).collect()
}

/// The names behind a `|` within `{{ }}` and `{% %}`.
fn filters(source: &str) -> Vec<(std::ops::Range<usize>, String)> {
    let mut found = Vec::new();
    let (mut inside, mut quote) = (false, None);
    let mut chars = source.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        match (inside, quote, c) {
            (false, _, '{') if matches!(next, Some('{' | '%')) => inside = true,
            (true, None, '}' | '%') if next == Some('}') => inside = false,
            (true, None, '"' | '\'') => quote = Some(c),
            (true, Some(mark), c) if c == mark => quote = None,
            (true, None, '|') => {
                let rest = source.get(at + 1..).unwrap_or_default();
                let start = at + 1 + (rest.len() - rest.trim_start().len());
                let name: String =
                    rest.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if !name.is_empty() {
                    found.push((start..start + name.len(), name));
                }
            }
            _ => {}
        }
    }
    found
}
