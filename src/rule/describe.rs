//! What a rule says of itself, in words: the documentation that nobody has to write a second time.
//!
//! Blocks of text in reading order; a renderer only sets them.

use super::condition::collect_paths;
use super::{
    CONFIDENCES, Condition, DerivedSignal, Holds, LAYERS, LogSignal, Matcher, NODE, ObjectSignal, Pattern,
    RelationKind, Rule, Rulebook, SEVERITIES, Signal, SignalSource, text,
};
use crate::base::stamp::{SECOND, duration_text};
use crate::base::words;

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Words.
    Text(String),
    /// What stands so in the rule, in a log, or on a command line.
    Code(String),
    /// The id of a rule of the book.
    Rule(String),
    /// An address.
    Link(String),
}

/// A line of text.
pub type Line = Vec<Part>;

/// One step towards repair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What to do.
    pub text: String,
    /// The command, with names in angle brackets for what varies.
    pub run: Option<String>,
    /// `read-only`, `disruptive` or `data-loss`.
    pub risk: String,
}

/// A part of a description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// What comes next.
    Heading(&'static str),
    /// Names and what they come to.
    Facts(Vec<(&'static str, Line)>),
    /// Markdown of the rule's author.
    Prose(String),
    /// A line.
    Line(Line),
    /// Lines of equal standing.
    List(Vec<Line>),
    /// What stands so in the rule.
    Code(String),
    /// What to do, in order.
    Steps(Vec<Step>),
}

/// Describes a rule as a part of its book.
#[must_use]
pub fn describe(book: &Rulebook, rule: &Rule) -> Vec<Block> {
    let mut blocks = vec![Block::Facts(facts(rule))];
    let mut section = |heading: &'static str, inner: Vec<Block>| {
        if !inner.is_empty() {
            blocks.push(Block::Heading(heading));
            blocks.extend(inner);
        }
    };
    section("What it means", vec![Block::Prose(rule.about.clone())]);
    section("What to do", steps(rule));
    section("What it looks for", rule.signals.iter().flat_map(|signal| looks_for(rule, signal)).collect());
    section("When it fires", fires(rule));
    section("What stays clear", list(clear(rule)));
    section("When it cannot be decided", undecided(rule));
    section("Causes and consequences", list(causes(book, rule)));
    section("Sources", list(rule.references.iter().map(|address| vec![Part::Link(address.clone())])));
    blocks
}

fn list(lines: impl IntoIterator<Item = Line>) -> Vec<Block> {
    let lines: Vec<Line> = lines.into_iter().collect();
    if lines.is_empty() { Vec::new() } else { vec![Block::List(lines)] }
}

fn say(text: impl Into<String>) -> Part {
    Part::Text(text.into())
}

fn code(text: impl Into<String>) -> Part {
    Part::Code(text.into())
}

/// `a`, `b` or `c`, each as code.
fn either(items: &[String]) -> Line {
    let mut line = Vec::new();
    for (i, item) in items.iter().enumerate() {
        match (i, i + 1 == items.len()) {
            (0, _) => {}
            (_, true) => line.push(say(" or ")),
            _ => line.push(say(", ")),
        }
        line.push(code(item));
    }
    line
}

fn facts(rule: &Rule) -> Vec<(&'static str, Line)> {
    let layer = LAYERS.get(usize::from(rule.layer)).copied().unwrap_or_default();
    let mut facts = vec![
        ("severity", scale(&rule.severity, SEVERITIES)),
        ("confidence", scale(&rule.confidence, CONFIDENCES)),
        ("component", vec![say(&*rule.component)]),
        ("layer", vec![say(format!("{} ({layer})", rule.layer))]),
    ];
    facts.extend(rule.class.as_ref().map(|class| ("class", vec![say(&**class)])));
    if !rule.distributions.is_empty() {
        facts.push(("applies to", vec![say(words::list(&rule.distributions))]));
    }
    if !rule.group_by.is_empty() {
        let each = rule.group_by.iter().flat_map(|field| [say(" and "), code(field)]).skip(1);
        facts.push(("one finding for each", each.collect()));
    }
    if !rule.aliases.is_empty() {
        facts.push(("also called", vec![say(rule.aliases.join(", "))]));
    }
    facts.push(("tests", vec![say(rule.tests.len().to_string())]));
    facts
}

/// `critical when …; else error`: the first step that holds counts, and the last when none does.
fn scale(steps: &[(usize, Holds)], names: &[&str]) -> Line {
    let mut line = Vec::new();
    for (i, (level, holds)) in steps.iter().enumerate() {
        let name = names.get(*level).copied().unwrap_or_default();
        if i > 0 {
            line.push(say("; "));
        }
        if i > 0 && i + 1 == steps.len() {
            line.push(say(format!("else {name}")));
            continue;
        }
        line.push(say(name));
        match holds {
            Holds::Always => return line,
            Holds::Count(count) => line.push(say(format!(" from {} on", words::count(*count, "hit")))),
            Holds::When(condition) => line.extend([say(" when "), code(&condition.source)]),
        }
    }
    line
}

fn looks_for(rule: &Rule, signal: &Signal) -> Vec<Block> {
    let mut line = vec![code(&signal.name), say(": ")];
    let items = match &signal.source {
        SignalSource::Logs(logs) => of_logs(&mut line, logs),
        SignalSource::Objects(objects) => of_objects(&mut line, objects),
        SignalSource::Derived(derived) => of_derived(&mut line, rule, derived),
    };
    if !signal.nodes.is_empty() {
        line.push(say(format!(", on nodes {}", words::list(&signal.nodes))));
    }
    if let Some(recent) = signal.recent {
        line.push(say(format!(", at most {} old at the capture", duration(recent))));
    }
    if asks_peak(rule, &signal.name) {
        line.extend([
            say("; "),
            code("peak"),
            say(format!(" is the most within {}", duration(signal.window))),
        ]);
    }
    if signal.context {
        line.push(say("; only compared with"));
    }
    let mut blocks = vec![Block::Line(line)];
    blocks.extend(list(items));
    blocks
}

fn duration(nanoseconds: i64) -> String {
    duration_text(nanoseconds as f64 / SECOND as f64)
}

fn asks_peak(rule: &Rule, signal: &str) -> bool {
    let steps = rule.severity.iter().chain(&rule.confidence).filter_map(|(_, holds)| match holds {
        Holds::When(condition) => Some(condition),
        Holds::Always | Holds::Count(_) => None,
    });
    let mut paths = std::collections::BTreeSet::new();
    for condition in steps.chain(std::iter::once(&rule.when)) {
        collect_paths(condition.expression(), signal, &mut paths);
    }
    paths.contains("peak")
}

fn of_logs(line: &mut Line, logs: &LogSignal) -> Vec<Line> {
    let any = logs.components.iter().any(|name| name == super::ANY);
    line.push(say(if any {
        "records of any log".to_owned()
    } else {
        format!("records of {}", words::list(&logs.components))
    }));
    if !logs.levels.is_empty() {
        let levels: Vec<&str> = logs.levels.iter().map(|level| level.name()).collect();
        line.push(say(format!(" at level {}", levels.join(" or "))));
    }
    for (word, name) in [("namespace", &logs.namespace), ("container", &logs.container)] {
        if let Some(name) = name {
            line.extend([say(format!(" in {word} ")), code(name)]);
        }
    }
    let mut items: Vec<Line> = logs.patterns.iter().map(pattern).collect();
    items.extend(logs.exclude.iter().map(|matcher| [vec![say("but not ")], matched(matcher)].concat()));
    items
}

fn pattern(pattern: &Pattern) -> Line {
    let mut line = matched(&pattern.matcher);
    if let Some(tag) = &pattern.tag {
        line.extend([say(", tagged "), code(tag)]);
    }
    line
}

fn matched(matcher: &Matcher) -> Line {
    match matcher {
        Matcher::Text(template) => vec![code(&template.source)],
        Matcher::Fields { conditions, copies } => {
            let mut line = vec![say("a record with ")];
            for (i, (field, template)) in conditions.iter().enumerate() {
                line.push(say(if i > 0 { " and " } else { "" }));
                line.extend([code(field), say(" that is "), code(&template.source)]);
            }
            for (i, (ours, theirs)) in copies.iter().enumerate() {
                line.push(say(if i > 0 { ", " } else { "; gives " }));
                line.push(code(ours));
                line.extend((ours != theirs).then(|| [say(" from "), code(theirs)]).into_iter().flatten());
            }
            line
        }
    }
}

fn of_objects(line: &mut Line, objects: &ObjectSignal) -> Vec<Line> {
    line.extend([say("objects of kind "), code(&objects.kind)]);
    if let Some(filter) = &objects.filter {
        line.extend([say(" where "), code(one_line(filter))]);
    }
    if let Some(time) = &objects.time {
        line.extend([say(", at the time "), code(one_line(time))]);
    }
    let gives = |(name, from): (&String, &Condition)| {
        vec![say("gives "), code(name), say(" from "), code(one_line(from))]
    };
    objects.fields.iter().map(gives).collect()
}

fn one_line(condition: &Condition) -> String {
    condition.source.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn of_derived(line: &mut Line, rule: &Rule, derived: &DerivedSignal) -> Vec<Line> {
    let name = |position: usize| code(rule.signals.get(position).map_or("", |signal| &signal.name));
    line.extend([say("hits of "), name(derived.of)]);
    if !derived.tags.is_empty() {
        line.push(say(" tagged "));
        line.extend(either(&derived.tags));
    }
    let Some(relation) = &derived.relation else { return Vec::new() };
    let within = relation.within.map(duration);
    let reach = |word: &str| {
        within.as_ref().map_or(format!(" {word} "), |within| format!(" at most {within} {word} "))
    };
    match relation.kind {
        RelationKind::Near => line.extend([say(reach("away from")), say("a hit of "), name(relation.other)]),
        RelationKind::Before => line.extend([say(reach("before")), say("a hit of "), name(relation.other)]),
        RelationKind::After => line.extend([say(reach("after")), say("a hit of "), name(relation.other)]),
        RelationKind::NotFollowedBy => {
            line.extend([say(" that no hit of "), name(relation.other), say(" follows")]);
            line.extend(within.map(|within| say(format!(" within {within}"))));
        }
        RelationKind::With => line.extend([say(" where there is a hit of "), name(relation.other)]),
        RelationKind::Without => line.extend([say(" where there is no hit of "), name(relation.other)]),
    }
    let (nodes, fields): (Vec<&String>, Vec<&String>) =
        relation.same.iter().partition(|field| *field == NODE);
    if !nodes.is_empty() {
        line.push(say(" on the same node"));
    }
    for (i, field) in fields.into_iter().enumerate() {
        line.extend([say(if i > 0 { " and " } else { " with the same " }), code(field)]);
    }
    Vec::new()
}

fn fires(rule: &Rule) -> Vec<Block> {
    vec![Block::Code(rule.when.source.trim().to_owned())]
}

/// The look-alikes that its tests hold: their names are sentences.
fn clear(rule: &Rule) -> Vec<Line> {
    let clear = rule.tests.iter().filter(|test| test.expect.value.verdict == "clear");
    clear.map(|test| vec![say(&*test.name)]).collect()
}

fn undecided(rule: &Rule) -> Vec<Block> {
    let (mut logs, mut kinds): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for signal in &rule.signals {
        match &signal.source {
            SignalSource::Logs(of) => logs.extend(of.components.iter().map(String::as_str)),
            SignalSource::Objects(of) => kinds.push(&of.kind),
            SignalSource::Derived(_) => {}
        }
    }
    for names in [&mut logs, &mut kinds] {
        names.sort_unstable();
        names.dedup();
    }
    let mut needs = Vec::new();
    if logs.contains(&super::ANY) {
        needs.push("all logs".to_owned());
    } else if !logs.is_empty() {
        needs.push(format!("the logs of {}", words::list(&logs)));
    }
    if !kinds.is_empty() {
        needs.push(format!("the objects {}", words::list(&kinds)));
    }
    let mut blocks = vec![Block::Line(vec![say(format!("It reads {}.", words::list(&needs)))])];
    if !rule.collect.is_empty() {
        blocks.push(Block::Line(vec![say("Where they are missing, ask for:")]));
        blocks.extend(list(rule.collect.iter().map(|what| vec![say(&**what)])));
    }
    blocks
}

fn steps(rule: &Rule) -> Vec<Block> {
    let step = |remedy: &super::Remedy| Step {
        text: remedy.step.split_whitespace().collect::<Vec<_>>().join(" "),
        run: remedy.run.as_ref().map(|run| text::general(run).unwrap_or_else(|| run.clone())),
        risk: remedy.risk.clone(),
    };
    let steps: Vec<Step> = rule.remedy.iter().map(step).collect();
    if steps.is_empty() { Vec::new() } else { vec![Block::Steps(steps)] }
}

fn causes(book: &Rulebook, rule: &Rule) -> Vec<Line> {
    let known = |id: &str| book.get(id).map_or(code(id), |other| Part::Rule(other.id.clone()));
    let explains = rule.explains.iter().map(|id| vec![say("explains "), known(id)]);
    let is_named = |other: &&Rule| {
        other.explains.iter().any(|id| *id == rule.id || rule.aliases.contains(id)) && other.id != rule.id
    };
    let explained = book.rules.iter().filter(is_named);
    let explained = explained.map(|other| vec![say("is explained by "), Part::Rule(other.id.clone())]);
    explained.chain(explains).collect()
}
