//! What is in the inputs, as a tree for a terminal.

use std::collections::{BTreeMap, BTreeSet};

use unicode_width::UnicodeWidthStr;

use super::page::{Ink, Page, Style, Verbosity, clean, tail};
use crate::analysis::inventory::{CaptureInventory, ClusterInventory, Inventory, Kind, Log};
use crate::analysis::{Coverage, State};
use crate::base::stamp::duration_text;
use crate::base::{Diagnostic, Time, Untrusted, words};

/// Names that are listed before "and more", unless everything is asked for.
const NAMED: usize = 5;

/// Sources that lack the same, of which so many are named before it is told how many more there are.
const SOURCES: usize = 8;

/// Writes the inventory for a terminal; ends with a line break.
#[must_use]
pub fn inspect(inventory: &Inventory, style: &Style) -> String {
    let mut page = Page { style: Style { width: style.width.max(40), ..*style }, out: String::new() };
    for input in &inventory.inputs {
        let size =
            format!("  {} bytes, {}", words::grouped(input.bytes), words::count(input.members, "file"));
        page.line(&[(Ink::Bold, input.path.raw()), (Ink::Dim, &size)]);
    }
    if inventory.clusters.len() > 1 {
        let what = format!("these are of {} clusters", inventory.clusters.len());
        page.line(&[(Ink::Warning, &what)]);
    }
    for cluster in &inventory.clusters {
        page.cluster(cluster);
        if style.verbosity != Verbosity::Quiet {
            cluster.captures.iter().for_each(|capture| page.capture(capture));
            page.kinds(cluster);
            page.lacks(cluster);
        }
    }
    page.said(inventory);
    page.out
}

/// A node of the tree: its line and what hangs below it.
#[derive(Default)]
struct Branch {
    lead: String,
    text: String,
    ink: Option<Ink>,
    /// Whether its text goes on in further lines, in place of being cut.
    flows: bool,
    below: Vec<Branch>,
}

impl Branch {
    fn new(lead: impl Into<String>, text: impl Into<String>) -> Self {
        Self { lead: lead.into(), text: text.into(), ..Self::default() }
    }

    fn warning(self) -> Self {
        Self { ink: Some(Ink::Warning), ..self }
    }
}

impl Page {
    fn cluster(&mut self, inventory: &ClusterInventory) {
        let cluster = &inventory.cluster;
        self.blank();
        let version =
            if cluster.version.is_empty() { String::new() } else { format!(" {}", cluster.version) };
        let title = match cluster.distribution.as_str() {
            "unknown" if cluster.nodes.is_empty() => "no cluster is described".to_owned(),
            "unknown" => format!("Kubernetes{version}"),
            known => format!("{known}{version}"),
        };
        let mut facts = vec![words::count(cluster.nodes.len() as u64, "machine")];
        if let Some(at) = inventory.captured_at {
            let source = inventory.captured_at_source.as_ref().map_or("", Untrusted::raw);
            facts.push(format!("captured {} UTC, from {source}", at.to_seconds_text()));
        }
        self.wrapped(&[(Ink::Bold, &title), (Ink::Plain, "  ")], Ink::Plain, &facts.join(" · "));
        let mut rows: Vec<[String; 5]> =
            vec![["MACHINE", "ROLES", "ADDRESSES", "VERSION", "CAPTURED"].map(str::to_owned)];
        for node in &cluster.nodes {
            let addresses: Vec<&str> = node.addresses.iter().map(Untrusted::raw).take(2).collect();
            rows.push([
                node.name.raw().to_owned(),
                node.roles.join(", "),
                addresses.join(" "),
                node.version.clone(),
                node.captured_at.map_or("no".to_owned(), to_minutes),
            ]);
        }
        if rows.len() > 1 {
            self.table(&rows);
        }
    }

    /// Columns as wide as their widest cell; the first row is the heading.
    fn table<const N: usize>(&mut self, rows: &[[String; N]]) {
        let width = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| clean(cell).width()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..N).map(width).collect();
        for (index, row) in rows.iter().enumerate() {
            let mut line = "  ".to_owned();
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(&padded(cell, *width));
                line.push_str("  ");
            }
            self.line(&[(if index == 0 { Ink::Dim } else { Ink::Plain }, &line)]);
        }
    }

    fn capture(&mut self, inventory: &CaptureInventory) {
        let capture = &inventory.capture;
        self.blank();
        let name = if capture.path.raw().is_empty() { capture.title } else { capture.path.raw() };
        let mut facts = Vec::new();
        if !capture.path.raw().is_empty() {
            facts.push(capture.title.to_owned());
        }
        facts.extend(capture.node.as_ref().map(|node| node.raw().to_owned()));
        facts.extend(capture.captured_at.map(|at| format!("{} UTC", at.to_seconds_text())));
        facts.push(words::count(capture.files, "file"));
        if capture.obfuscated {
            facts.push("names are pseudonyms".to_owned());
        }
        self.wrapped(&[(Ink::Bold, name), (Ink::Plain, "  ")], Ink::Plain, &facts.join(" · "));
        let all = self.is_verbose();
        let branches: Vec<Branch> = [
            machine(inventory),
            logs(inventory, all),
            objects(inventory, all),
            troubled(inventory, all),
            complaints(inventory),
            rest(inventory, all),
        ]
        .into_iter()
        .flatten()
        .collect();
        self.branches(&branches, "");
    }

    fn branches(&mut self, branches: &[Branch], indent: &str) {
        let lead = branches.iter().map(|branch| clean(&branch.lead).width()).max().unwrap_or(0);
        for (index, branch) in branches.iter().enumerate() {
            let is_last = index + 1 == branches.len();
            let (knee, stem) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            let name = padded(&branch.lead, lead.min(self.style.width / 2));
            let gap = if branch.text.is_empty() || name.is_empty() { "" } else { "  " };
            let ink = branch.ink.unwrap_or(Ink::Plain);
            let pieces =
                [(Ink::Dim, indent), (Ink::Dim, knee), (ink, &name), (ink, gap), (ink, &branch.text)];
            if branch.flows {
                self.wrapped(
                    &[(Ink::Dim, indent), (Ink::Dim, knee), (ink, &name), (ink, gap)],
                    ink,
                    &branch.text,
                );
            } else {
                self.line(&pieces);
            }
            self.branches(&branch.below, &format!("{indent}{stem}"));
        }
    }

    /// The objects of the cluster, and how much is known of its machines.
    fn kinds(&mut self, inventory: &ClusterInventory) {
        let of_machine = |kind: &&Kind| kind.kind.starts_with(OF_MACHINES);
        let names = |wanted: &dyn Fn(&&Kind) -> bool| -> Vec<String> {
            let wanted = inventory.objects.iter().filter(|kind| wanted(kind));
            wanted.map(|kind| format!("{} {}", kind.kind, words::grouped(kind.count))).collect()
        };
        let whole = names(&|kind| !of_machine(kind) && kind.count > 0 && kind.complete);
        let part = names(&|kind| !of_machine(kind) && kind.count > 0 && !kind.complete);
        let none =
            inventory.objects.iter().filter(|kind| !of_machine(kind) && kind.count == 0 && kind.complete);
        let none: Vec<&str> = none.map(|kind| kind.kind.as_str()).collect();
        let facts: u64 = inventory.objects.iter().filter(of_machine).map(|kind| kind.count).sum();
        let rows = [
            ("all of them", whole.join(" · ")),
            ("some", part.join(" · ")),
            ("listed, and none there", none.join(", ")),
            ("facts of machines", if facts > 0 { words::grouped(facts) } else { String::new() }),
        ];
        let below: Vec<Branch> = rows
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(lead, text)| Branch { flows: true, ..Branch::new(lead, text) })
            .collect();
        if !below.is_empty() {
            self.blank();
            self.line(&[(Ink::Bold, "objects")]);
            self.branches(&below, "");
        }
    }

    /// What is missing or not whole; every source on every machine, when all is asked for.
    fn lacks(&mut self, inventory: &ClusterInventory) {
        let all = self.is_verbose();
        let lacks = |row: &&Coverage| {
            all || row.reason.is_some() || !matches!(row.state, State::Present | State::Empty)
        };
        let mut places: BTreeMap<(&str, String), Vec<&str>> = BTreeMap::new();
        for row in inventory.coverage.iter().filter(lacks) {
            let node = row.node.as_ref().map_or("", Untrusted::raw);
            places.entry((&row.source, state(row))).or_default().push(node);
        }
        // Sources that lack the same in the same places are told together.
        let mut alike: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
        for ((source, state), places) in places {
            alike.entry((places_text(&places, all), state)).or_default().push(source);
        }
        if alike.is_empty() {
            return;
        }
        self.blank();
        self.line(&[(Ink::Bold, if all { "coverage" } else { "missing or not whole" })]);
        let below = alike.into_iter().map(|((places, state), sources)| {
            let place = if places.is_empty() { String::new() } else { format!(" ({places})") };
            Branch {
                flows: true,
                ..Branch::new("", format!("{}: {state}{place}", sources_text(&sources, all)))
            }
        });
        self.branches(&below.collect::<Vec<_>>(), "");
    }

    fn said(&mut self, inventory: &Inventory) {
        let all = self.is_verbose();
        let shown = if all { usize::MAX } else { NAMED };
        // The trees show which files are empty and which hold errors.
        let told = |code: &str| matches!(code, "command-failed" | "empty-file");
        let notes: Vec<&Diagnostic> =
            inventory.diagnostics.iter().filter(|note| all || !told(note.code)).collect();
        for (index, diagnostic) in notes.iter().enumerate().take(shown) {
            if index == 0 {
                self.blank();
            }
            let place = diagnostic.file.as_deref().map_or(String::new(), |file| format!(" ({file})"));
            let lead = format!("{}: ", diagnostic.code);
            self.wrapped(&[(Ink::Dim, &lead)], Ink::Plain, &format!("{}{place}", diagnostic.message));
        }
        let more = notes.len().saturating_sub(shown);
        if more > 0 {
            self.line(&[(Ink::Dim, &format!("{} with --verbose", words::count(more as u64, "more note")))]);
        }
    }
}

/// Text and spaces up to a width.
fn padded(text: &str, width: usize) -> String {
    let text = clean(text);
    let pad = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(pad))
}

/// Sources in a line or two: a large rulebook asks for many kinds of objects that a bundle does not list.
fn sources_text(sources: &[&str], all: bool) -> String {
    match sources.get(..SOURCES) {
        Some(first) if !all && sources.len() > SOURCES + 1 => {
            format!("{} and {} more", first.join(", "), sources.len() - SOURCES)
        }
        _ => sources.join(", "),
    }
}

/// Places in a few words.
fn places_text(places: &[&str], all: bool) -> String {
    let shown = if all { places.len() } else { 2.min(places.len()) };
    let places: Vec<&&str> = places.iter().filter(|place| !place.is_empty()).collect();
    let shown = shown.min(places.len());
    let mut text: Vec<String> = places.iter().take(shown).map(|place| (**place).to_owned()).collect();
    if shown < places.len() {
        text.push(format!("{} more", places.len() - shown));
    }
    words::list(&text)
}

/// `2026-11-22 03:11`.
fn to_minutes(time: Time) -> String {
    let text = time.to_seconds_text();
    text.get(..16).unwrap_or(&text).to_owned()
}

/// What there is of a source on a machine, or why it is not enough.
fn state(row: &Coverage) -> String {
    if let Some(reason) = &row.reason {
        return reason.clone();
    }
    let state = match row.state {
        State::Present => "",
        State::Empty => "empty",
        State::Truncated => "cut off",
        State::Missing => "missing",
        State::Unreadable => "an error in its place",
        State::Redacted => "pseudonyms in place of names",
    };
    let lines = (row.lines > 0).then(|| words::grouped(row.lines));
    let parts: Vec<String> =
        [lines, span(row.first, row.last), (!state.is_empty()).then(|| state.to_owned())]
            .into_iter()
            .flatten()
            .collect();
    if parts.is_empty() { "there".to_owned() } else { parts.join(", ") }
}

fn machine(inventory: &CaptureInventory) -> Option<Branch> {
    let below = inventory.machine.iter().map(|fact| {
        let branch = Branch::new(fact.name, fact.text.raw());
        if fact.grave { branch.warning() } else { branch }
    });
    let below: Vec<Branch> = below.collect();
    (!below.is_empty()).then(|| Branch { below, ..Branch::new("machine", "") })
}

/// The logs, those of one component in one line; each of its own when all is asked for.
fn logs(inventory: &CaptureInventory, all: bool) -> Option<Branch> {
    let mut by_component: BTreeMap<String, Vec<&Log>> = BTreeMap::new();
    for log in &inventory.logs {
        let name = match log.components.as_slice() {
            [] if log.mixed => "of several programs".to_owned(),
            [] => "of unknown programs".to_owned(),
            [one] => (*one).to_owned(),
            [one, ..] => format!("{one} and others"),
        };
        by_component.entry(name).or_default().push(log);
    }
    let lines: u64 = inventory.logs.iter().map(|log| log.lines).sum();
    let below: Vec<Branch> =
        by_component.into_iter().map(|(name, logs)| component(name, &logs, all)).collect();
    let text =
        format!("{}, {}", words::count(inventory.logs.len() as u64, "log"), words::count(lines, "line"));
    (!below.is_empty()).then(|| Branch { below, ..Branch::new("logs", text) })
}

fn component(name: String, logs: &[&Log], all: bool) -> Branch {
    let lines: u64 = logs.iter().map(|log| log.lines).sum();
    let first = logs.iter().filter_map(|log| log.first).min();
    let last = logs.iter().filter_map(|log| log.last).max();
    let clocks: BTreeSet<&str> =
        logs.iter().filter(|log| log.first.is_some()).map(|log| log.clock.as_str()).collect();
    let empty = logs.iter().filter(|log| log.lines == 0).count() as u64;
    let mut facts = Vec::new();
    if logs.len() > 1 {
        facts.push(words::count(logs.len() as u64, "log"));
    }
    let broken = logs.iter().filter(|log| log.state == State::Unreadable).count() as u64;
    if broken == logs.len() as u64 {
        facts.push("an error in its place".to_owned());
    } else if empty == logs.len() as u64 {
        facts.push("empty".to_owned());
    } else {
        facts.push(words::count(lines, "line"));
        facts.extend((empty > 0).then(|| format!("{empty} empty")));
        facts.extend((broken > 0).then(|| format!("{broken} with an error in their place")));
    }
    let copies = logs.iter().filter(|log| log.copy).count();
    facts.extend((copies > 0).then(|| format!("{copies} also in another capture")));
    facts.extend(span(first, last));
    if clocks.iter().all(|clock| *clock == EXACT) {
        facts.extend(clocks.iter().map(|clock| (*clock).to_owned()));
    }
    let assumed = clocks.iter().filter(|clock| **clock != EXACT);
    let mut below: Vec<Branch> = assumed.map(|clock| Branch::new("", format!("times: {clock}"))).collect();
    let mut remarks: Vec<Branch> = logs.iter().flat_map(|log| remarks(log)).collect();
    if !all && remarks.len() > NAMED {
        let more = remarks.len() - NAMED;
        remarks.truncate(NAMED);
        remarks.push(Branch::new("", format!("and {}", words::count(more as u64, "more remark"))));
    }
    below.extend(remarks);
    if all {
        below.extend(logs.iter().map(|log| {
            let facts =
                [Some(words::count(log.lines, "line")), span(log.first, log.last), Some(log.clock.clone())];
            let facts: Vec<String> = facts.into_iter().flatten().collect();
            Branch::new(tail(log.name.raw(), 60), facts.join(" · "))
        }));
    }
    Branch { below, ..Branch::new(name, facts.join(" · ")) }
}

/// What is said of times that need no assumption.
const EXACT: &str = "exact";

/// What is worth a line of its own about a log.
fn remarks(log: &Log) -> Vec<Branch> {
    let mut remarks = Vec::new();
    if let Some(dominant) = &log.dominant {
        let text = format!(
            "{} % is one message; the log reaches back less far for it: {}",
            dominant.percent,
            dominant.text.raw()
        );
        remarks.push(Branch::new("", text).warning());
    }
    if log.files.len() > 1 {
        remarks.push(Branch::new("", format!("in {}", words::count(log.files.len() as u64, "file"))));
    }
    if log.speakers.len() > 1 {
        let speakers: Vec<String> =
            log.speakers.iter().map(|(name, percent)| format!("{name} {percent} %")).collect();
        remarks.push(Branch::new("", format!("by {}", words::list(&speakers))));
    }
    for gap in &log.gaps {
        let long = duration_text(gap.last.seconds_since(gap.first));
        let from = gap.first.to_seconds_text();
        remarks.push(Branch::new("", format!("silent for {long} from {from} UTC")));
    }
    remarks
}

/// `2026-11-15 03:00:01 to 2026-11-22 03:11:34`.
fn span(first: Option<Time>, last: Option<Time>) -> Option<String> {
    let (first, last) = (first?.to_seconds_text(), last?.to_seconds_text());
    let shared = first.get(..10) == last.get(..10);
    let until = if shared { last.get(11..).unwrap_or_default() } else { last.as_str() };
    Some(format!("{first} to {until}"))
}

/// What kinds begin with that describe machines.
const OF_MACHINES: &str = "Host";

fn objects(inventory: &CaptureInventory, all: bool) -> Option<Branch> {
    let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
    for (kind, count) in inventory.documents.iter().flat_map(|documents| &documents.objects) {
        *kinds.entry(kind).or_default() += count;
    }
    let files: u64 = inventory.documents.iter().map(|documents| documents.files).sum();
    let shown: Vec<String> = kinds.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    // The cluster's objects are told once, below; what each file shows of them is for who asks for everything.
    let below = if all && !shown.is_empty() { vec![flowing(shown.join(" · "))] } else { Vec::new() };
    let text = format!("{} of {}", words::count(files, "document"), words::count(kinds.len() as u64, "kind"));
    (files > 0).then(|| Branch { below, ..Branch::new("read", text) })
}

/// Text that goes on in further lines.
fn flowing(text: String) -> Branch {
    Branch { flows: true, ..Branch::new("", text) }
}

/// Files with an error, those with the same one together.
fn troubled(inventory: &CaptureInventory, all: bool) -> Option<Branch> {
    let root = inventory.capture.path.raw();
    let mut by_text: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for trouble in &inventory.troubled {
        by_text.entry(message(trouble.text.raw())).or_default().push(inside(trouble.file.raw(), root));
    }
    let shown = if all { usize::MAX } else { NAMED };
    let mut below: Vec<Branch> = Vec::new();
    for (text, files) in by_text.iter().take(shown) {
        let more = if files.len() > 1 { format!(" and {} more", files.len() - 1) } else { String::new() };
        let first = files.first().copied().unwrap_or_default();
        below.push(Branch::new(format!("{}{more}", tail(first, 36)), *text));
    }
    if by_text.len() > shown {
        below.push(Branch::new(
            "",
            format!("and {}", words::count((by_text.len() - shown) as u64, "other error")),
        ));
    }
    let text = words::count(inventory.troubled.len() as u64, "file");
    (!below.is_empty()).then(|| Branch { below, ..Branch::new("errors in place of output", text).warning() })
}

/// An error message without the script and line that a shell puts before it.
fn message(text: &str) -> &str {
    match text.split_once(": line ") {
        Some((script, rest)) if !script.contains(' ') => {
            rest.split_once(": ").map_or(text, |(_, message)| message)
        }
        _ => text,
    }
}

/// A path without the root of its capture.
fn inside<'p>(path: &'p str, root: &str) -> &'p str {
    path.strip_prefix(root).unwrap_or(path).trim_start_matches(['/', '!'])
}

fn complaints(inventory: &CaptureInventory) -> Option<Branch> {
    let complaints = &inventory.capture.complaints;
    let below: Vec<Branch> = complaints.iter().map(|text| Branch::new("", text.raw())).collect();
    (!below.is_empty()).then(|| Branch { below, ..Branch::new("the collector says", "").warning() })
}

fn rest(inventory: &CaptureInventory, all: bool) -> Option<Branch> {
    let root = inventory.capture.path.raw();
    let listed = |name: &str, files: &[Untrusted]| {
        let shown = if all { files.len() } else { NAMED.min(files.len()) };
        let mut below: Vec<Branch> = files
            .iter()
            .take(shown)
            .map(|file| Branch::new("", tail(inside(file.raw(), root), 90)))
            .collect();
        if shown < files.len() {
            below.push(Branch::new("", format!("and {} more", files.len() - shown)));
        }
        (!files.is_empty())
            .then(|| Branch { below, ..Branch::new(name, words::count(files.len() as u64, "file")) })
    };
    let mut below: Vec<Branch> = Vec::new();
    if inventory.empty > 0 {
        below.push(Branch::new("empty", words::count(inventory.empty, "file")));
    }
    below.extend(listed("not text", &inventory.binary));
    below.extend(
        listed("not read", &inventory.other)
            .map(|branch| if all { branch } else { Branch { below: Vec::new(), ..branch } }),
    );
    below.extend(listed("of no known kind, searched as text", &inventory.unclassified));
    (!below.is_empty()).then(|| Branch { below, ..Branch::new("other files", "") })
}
