//! The matches of a log signal: what recognises a record, and which literals stand in it.

use std::collections::BTreeMap;

use super::overlap::{Sketch, covers};
use super::{Check, literal};
use crate::rule::file::{At, FullMatch, MatchFile, Place, SignalFile};
use crate::rule::template::{Extent, Template};
use crate::rule::{Matcher, Pattern, Required, atoms, lints};

/// A match or an exclude that could be read.
struct Read<'f> {
    place: Place,
    matcher: Matcher,
    required: Option<Required>,
    text: Option<At<String>>,
    tag: Option<&'f str>,
}

impl Check<'_> {
    /// The alternatives of a signal, and what it leaves out.
    pub fn matches(&mut self, file: &SignalFile) -> (Vec<Pattern>, Vec<Matcher>) {
        let matches: Vec<Read<'_>> = file.matches.0.iter().filter_map(|at| self.one(at)).collect();
        let exclude: Vec<Read<'_>> = file.exclude.0.iter().filter_map(|at| self.one(at)).collect();
        if self.is_thorough() {
            self.overlaps(&matches, &exclude);
        }
        for read in matches.iter().filter(|read| read.required.is_none()) {
            self.no_literal(read);
        }
        let patterns = matches.into_iter().filter_map(|read| {
            let tag = read.tag.map(str::to_owned);
            Some(Pattern { matcher: read.matcher, tag, required: read.required? })
        });
        (patterns.collect(), exclude.into_iter().map(|read| read.matcher).collect())
    }

    fn one<'f>(&mut self, written: &'f At<MatchFile>) -> Option<Read<'f>> {
        match &written.value {
            MatchFile::Text(source) => self.by_text(&written.with(source.clone()), None),
            MatchFile::Full(full) => {
                let tag = full.tag.as_ref().map(|tag| tag.value.as_str());
                match &full.text {
                    Some(text) => {
                        if let Some((name, _)) = full.fields.0.first() {
                            self.said
                                .say(&lints::UNUSED_FIELDS, name.place, "`fields` beside `text` are not read")
                                .help(format!("name what varies in the text: `{{{}}}`", name.value));
                        }
                        self.by_text(text, tag)
                    }
                    None => self.by_fields(full, written.place, tag),
                }
            }
        }
    }

    fn by_text<'f>(&mut self, text: &At<String>, tag: Option<&'f str>) -> Option<Read<'f>> {
        let template = self.template(text, Extent::Within)?;
        let required = Required::of(template.required.clone());
        Some(Read {
            place: text.place,
            matcher: Matcher::Text(template),
            required,
            text: Some(text.clone()),
            tag,
        })
    }

    fn by_fields<'f>(&mut self, full: &FullMatch, place: Place, tag: Option<&'f str>) -> Option<Read<'f>> {
        let mut conditions = BTreeMap::new();
        for (field, at) in &full.json.0 {
            conditions.insert(field.value.clone(), self.template(at, Extent::Whole)?);
        }
        let sets = conditions.values().flat_map(|template: &Template| template.required.iter().cloned());
        let required = Required::of(sets.collect());
        let copies = full.fields.0.iter().map(|(ours, theirs)| (ours.value.clone(), theirs.value.clone()));
        Some(Read {
            place,
            matcher: Matcher::Fields { conditions, copies: copies.collect() },
            required,
            text: None,
            tag,
        })
    }

    fn template(&mut self, at: &At<String>, extent: Extent) -> Option<Template> {
        let compile = if self.is_careful() { Template::compile } else { Template::parse };
        match compile(&at.value, extent) {
            Ok(template) => Some(template),
            Err(error) => {
                let place = self.said.inside(at, &error.at);
                let lint = if error.is_regex { &lints::REGEX } else { &lints::TEMPLATE };
                self.said.say(lint, place, error.message).help_if(error.help);
                None
            }
        }
    }

    fn no_literal(&mut self, read: &Read<'_>) {
        let advice = literal::advice(read.text.as_ref().map(|text| text.value.as_str()));
        let place = match (&read.text, &advice.at) {
            (Some(text), Some(at)) => self.said.inside(text, at),
            _ => read.place,
        };
        self.said
            .say(
                &lints::NO_LITERAL,
                super::first_line(self.said.source, place),
                format!("this match holds fewer than {} bytes of fixed text in a row", atoms::ATOM_MIN),
            )
            .label(advice.label)
            .help(advice.help);
    }

    /// Matches that can never be the one that hits.
    fn overlaps(&mut self, matches: &[Read<'_>], exclude: &[Read<'_>]) {
        for (index, read) in matches.iter().enumerate() {
            let sketch = sketch(read);
            let excluded = exclude.iter().find(|other| covers(&self::sketch(other), &sketch));
            if let Some(other) = excluded {
                self.said
                    .say(&lints::EXCLUDED, other.place, "this `exclude` takes away all that a match finds")
                    .also(read.place, "every record that this finds holds the excluded text")
                    .help("exclude only what the look-alike has and the failure has not");
                continue;
            }
            let earlier = matches.iter().take(index).find(|other| covers(&self::sketch(other), &sketch));
            let Some(earlier) = earlier else { continue };
            // The first alternative that fits is the one that counts, with its tag and its fields.
            let same = covers(&sketch, &self::sketch(earlier));
            let help = if same || (earlier.tag == read.tag && holes(&earlier.matcher) == holes(&read.matcher))
            {
                "take one of them away"
            } else {
                "put this one first: the first match that fits gives the tag and the fields"
            };
            self.said
                .say(
                    &lints::SHADOWED,
                    read.place,
                    "this match never hits: an earlier one takes all its records",
                )
                .also(earlier.place, "this is found in every record of the other")
                .help(help);
        }
    }
}

fn sketch<'r>(read: &'r Read<'_>) -> Sketch<'r> {
    match (&read.matcher, &read.text) {
        (Matcher::Text(template), Some(text)) => {
            Sketch::Text { written: &text.value, regex: &template.pattern }
        }
        (Matcher::Fields { conditions, .. }, _) => Sketch::Fields(
            conditions.iter().map(|(name, template)| (name.as_str(), template.pattern.as_str())).collect(),
        ),
        (Matcher::Text(template), None) => Sketch::Text { written: "", regex: &template.pattern },
    }
}

fn holes(matcher: &Matcher) -> Vec<&str> {
    match matcher {
        Matcher::Text(template) => template.holes.iter().map(String::as_str).collect(),
        Matcher::Fields { copies, .. } => copies.keys().map(String::as_str).collect(),
    }
}
