//! From files to clusters: captures, nodes, names, clocks. Everything is put into its canonical order here, so that
//! nothing after it depends on the order of arguments or on threads.

mod assemble;
mod captures;
mod clusters;
mod nodes;
mod streams;

use std::collections::BTreeMap;

use serde_json::Value;

use super::fold::FoldedInput;
use super::{Ingested, Options};
use crate::base::{Diagnostic, words};
use crate::model::{ArtifactState, Bundle};
use crate::object::path;
use crate::source::Input;

/// Puts the inputs together: one model for each cluster among them, at least one.
pub fn settle(inputs: &[Input], folded: &mut Vec<FoldedInput>, options: &Options) -> Vec<Ingested> {
    let mut order: Vec<(&Input, FoldedInput)> = inputs.iter().zip(folded.drain(..)).collect();
    order.sort_by(|(a, x), (b, y)| (&a.name, &x.taken.sha256).cmp(&(&b.name, &y.taken.sha256)));
    let twins = drop_twins(&mut order);
    let clusters = clusters::tell_apart(&order);
    let n_clusters = clusters.count();
    let mut out = Vec::new();
    for (index, part) in clusters.split(order).into_iter().enumerate() {
        let mut ingested = one_cluster(part, options);
        if index == 0 {
            ingested.bundle.diagnostics.extend(twins.iter().cloned());
        }
        ingested.bundle.of_several = n_clusters > 1;
        out.push(ingested);
    }
    clusters::say(&mut out);
    out
}

/// The same bytes twice are one input.
fn drop_twins(order: &mut Vec<(&Input, FoldedInput)>) -> Vec<Diagnostic> {
    let mut said = Vec::new();
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    order.retain(|(input, folded)| {
        let digest = &folded.taken.sha256;
        // An input that could not be read to its end has no digest, and is nobody's twin.
        if digest.is_empty() {
            return true;
        }
        if let Some(twin) = seen.get(digest) {
            let what = format!("the same as `{twin}`: read once");
            said.push(Diagnostic::info("duplicate-input", what).in_file(&input.name));
            return false;
        }
        seen.insert(digest.clone(), input.name.clone());
        true
    });
    said
}

/// The model of the files of one cluster.
pub(super) fn one_cluster(inputs: Vec<(&Input, FoldedInput)>, options: &Options) -> Ingested {
    let mut assembled = assemble::Assembled::default();
    let mut modified = None;
    for (input, mut folded) in inputs {
        modified = modified.max(folded.files.iter().filter_map(|file| file.modified).max());
        assemble::add_input(&mut assembled, input, &mut folded, options);
    }
    let assemble::Assembled { ingested: mut out, seen } = assembled;
    out.bundle.objects.settle();
    let bundle = &mut out.bundle;
    assemble::adopt(bundle);
    captures::name_captures(bundle);
    captures::read_notes(bundle);
    captures::inherit_times(bundle);
    nodes::find_nodes(bundle);
    nodes::find_members(bundle);
    nodes::own_addresses(bundle);
    nodes::find_versions(bundle);
    nodes::find_distribution(bundle);
    streams::place_streams(bundle);
    streams::find_roles(bundle);
    streams::set_clocks(bundle, &seen, modified);
    streams::find_copies(bundle);
    let ungrouped: u64 = out.hits.iter().flat_map(BTreeMap::values).map(|hits| hits.beyond).sum();
    say_limits(bundle, ungrouped);
    out
}

fn text<'v>(fields: &'v Value, at: &str) -> Option<&'v str> {
    path::get(fields, at).and_then(Value::as_str)
}

/// What was given up, and what is empty, in a line each.
fn say_limits(bundle: &mut Bundle, ungrouped: u64) {
    if ungrouped > 0 {
        let what = format!("{} are in more groups than are kept", words::count(ungrouped, "log line"));
        bundle.diagnostics.push(Diagnostic::warning("groups", what).limit("max-groups"));
    }
    if bundle.objects.beyond > 0 {
        let what = format!("{} were given up", words::count(bundle.objects.beyond, "object"));
        bundle.diagnostics.push(Diagnostic::warning("objects", what).limit("max-objects"));
    }
    let empty: Vec<&str> = bundle
        .artifacts
        .iter()
        .filter(|artifact| artifact.state == ArtifactState::Empty && artifact.bytes == 0)
        .map(|artifact| artifact.path.as_str())
        .collect();
    if let Some(first) = empty.first() {
        let what = match empty.len() {
            1 => "the file is empty".to_owned(),
            n => format!("{} are empty, this one first", words::count(n as u64, "file")),
        };
        bundle.diagnostics.push(Diagnostic::info("empty-file", what).in_file(*first));
    }
}
