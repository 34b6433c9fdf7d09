//! Which captures are of one cluster.
//!
//! Whoever names several inputs says that they are of one cluster, and mostly they are. They are told apart only when
//! both say what belongs to their cluster (nodes, members of etcd, the cluster's id) and nothing of it is the same. A name
//! alone proves nothing: half of all clusters have a `node1`; a name with its address, or an id of etcd, does.
//!
//! Captures that were obfuscated stand alone: each was given pseudonyms of its own, and the same pseudonym in two of
//! them means two things.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::Ingested;
use super::super::fold::{FoldedFile, FoldedInput};
use super::{assemble, text};
use crate::artifact::distribution;
use crate::base::{Diagnostic, words};
use crate::model::names;
use crate::object::{Object, path};
use crate::source::Input;

/// Which cluster each file is of.
pub(super) struct Clusters {
    /// By input, then by file.
    of_file: Vec<Vec<usize>>,
    count: usize,
}

/// What one capture says of its cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Evidence {
    /// The machine itself: its name with each of its addresses.
    own: BTreeSet<(String, String)>,
    /// Its name.
    host: Option<String>,
    /// Machines that it lists as members of its cluster, each name with each address.
    listed: BTreeSet<(String, String)>,
    /// Names that it lists.
    names: BTreeSet<String>,
    /// Ids that no two clusters share: of etcd's members, of the cluster.
    ids: BTreeSet<String>,
    obfuscated: bool,
    /// Distributions whose files it holds.
    distributions: BTreeSet<&'static str>,
}

impl Evidence {
    /// Whether it says which machines or members its cluster has.
    fn tells(&self) -> bool {
        !(self.listed.is_empty() && self.ids.is_empty())
    }

    /// Whether their files do not say that they are of different distributions: no cluster is of two.
    fn may_join(&self, other: &Self) -> bool {
        self.distributions.is_empty()
            || other.distributions.is_empty()
            || !self.distributions.is_disjoint(&other.distributions)
    }

    fn joins(&self, other: &Self) -> bool {
        if self.obfuscated || other.obfuscated {
            return false;
        }
        let pairs =
            |a: &Self, b: &Self| a.listed.iter().any(|pair| b.listed.contains(pair) || b.own.contains(pair));
        !self.ids.is_disjoint(&other.ids) || pairs(self, other) || pairs(other, self)
    }

    fn add(&mut self, file: &FoldedFile) {
        if self.host.is_none() {
            self.host.clone_from(&file.identity.node);
        }
        self.distributions.extend(assemble::distribution_of(file));
        for object in &file.objects {
            self.add_object(object);
        }
    }

    fn add_object(&mut self, object: &Object) {
        let fields = &object.fields;
        let list = |at: &str| path::get(fields, at).and_then(Value::as_array).cloned().unwrap_or_default();
        match &*object.kind {
            "Node" => {
                self.names.insert(object.name.to_string());
                if let Some(address) = text(fields, "status.internalIP") {
                    self.listed.insert((object.name.to_string(), address.to_owned()));
                }
            }
            "EtcdMember" => {
                self.ids.extend(text(fields, "id").map(str::to_owned));
                let host = distribution::host_of_member(text(fields, "name").unwrap_or_default());
                for url in list("peerURLs").iter().filter_map(Value::as_str).filter(|_| !host.is_empty()) {
                    self.listed.insert((host.to_owned(), names::plain(url)));
                }
            }
            "Namespace" if &*object.name == "kube-system" => {
                self.ids.extend(text(fields, "metadata.uid").map(str::to_owned));
            }
            "HostName" => self.host = text(fields, "hostname").map(str::to_owned).or(self.host.take()),
            "HostAddresses" => {
                let addresses = list("addresses");
                let addresses = addresses.iter().filter_map(Value::as_str);
                self.own.extend(addresses.map(|address| (String::new(), address.to_owned())));
            }
            "CaptureInfo" => {
                self.ids.extend(text(fields, "namespaceUid").map(str::to_owned));
                self.obfuscated |= path::get(fields, "obfuscated") == Some(&Value::Bool(true));
            }
            _ => {}
        }
    }

    /// Puts the machine's name to its addresses.
    fn settle(&mut self) {
        let host = self.host.clone().unwrap_or_default();
        self.own =
            std::mem::take(&mut self.own).into_iter().map(|(_, address)| (host.clone(), address)).collect();
    }
}

/// Tells the clusters apart among inputs in their canonical order.
pub(super) fn tell_apart(inputs: &[(&Input, FoldedInput)]) -> Clusters {
    let mut units: BTreeMap<(usize, &str), Evidence> = BTreeMap::new();
    for (index, (_, folded)) in inputs.iter().enumerate() {
        for file in &folded.files {
            units.entry((index, unit(file))).or_default().add(file);
        }
    }
    // Files beside the captures of an input may be of any of them.
    let with_captures: BTreeSet<usize> =
        units.keys().filter(|(_, root)| !root.is_empty()).map(|(index, _)| *index).collect();
    for ((index, root), evidence) in &mut units {
        if root.is_empty() && with_captures.contains(index) {
            *evidence = Evidence::default();
        }
        evidence.settle();
    }
    let keys: Vec<(usize, &str)> = units.keys().copied().collect();
    let evidence: Vec<&Evidence> = units.values().collect();
    let inputs_of: Vec<usize> = keys.iter().map(|(index, _)| *index).collect();
    let clusters = join(&evidence, &inputs_of);
    let of_unit: BTreeMap<(usize, &str), usize> = keys.into_iter().zip(clusters).collect();
    let of_file = inputs.iter().enumerate().map(|(index, (_, folded))| {
        let cluster = |file: &FoldedFile| of_unit.get(&(index, unit(file))).copied().unwrap_or(0);
        folded.files.iter().map(cluster).collect()
    });
    let of_file: Vec<Vec<usize>> = of_file.collect();
    let count = of_file.iter().flatten().max().map_or(1, |last| last + 1);
    Clusters { of_file, count }
}

/// The capture of a file, as far as it is known while files are still apart.
fn unit(file: &FoldedFile) -> &str {
    if file.identity.layout.is_some() { &file.identity.root } else { "" }
}

/// The cluster of each capture, from 0 in their order; those that say nothing are taken for part of one that lists them, of
/// the first in the same input, or of the first of all.
fn join(evidence: &[&Evidence], inputs: &[usize]) -> Vec<usize> {
    let mut group: Vec<usize> = (0..evidence.len()).collect();
    for (a, one) in evidence.iter().enumerate() {
        for (b, other) in evidence.iter().enumerate().take(a) {
            if one.joins(other) {
                let (from, to) = (group.get(a).copied().unwrap_or(a), group.get(b).copied().unwrap_or(b));
                group.iter_mut().filter(|of| **of == from.max(to)).for_each(|of| *of = from.min(to));
            }
        }
    }
    let alone = |index: &usize| evidence.get(*index).is_some_and(|one| one.obfuscated);
    let tells = |index: &usize| evidence.get(*index).is_some_and(|one| one.tells() && !one.obfuscated);
    let home: Vec<Option<usize>> = (0..evidence.len())
        .map(|index| {
            if tells(&index) || alone(&index) {
                return group.get(index).copied();
            }
            let host = evidence.get(index).and_then(|one| one.host.as_deref());
            let named = (0..evidence.len()).filter(tells).find(|other| {
                host.is_some_and(|host| evidence.get(*other).is_some_and(|one| one.names.contains(host)))
            });
            let input = inputs.get(index);
            let fits = |other: &usize| {
                evidence.get(index).zip(evidence.get(*other)).is_some_and(|(one, other)| one.may_join(other))
            };
            let beside =
                (0..evidence.len()).filter(tells).filter(fits).find(|other| inputs.get(*other) == input);
            let first = (0..evidence.len()).filter(tells).find(fits);
            // Those that say nothing are of one cluster with each other, if they may be.
            let alike = (0..=index).find(|other| fits(other) && !alone(other));
            let found = named.or(beside).or(first).or(alike);
            found.and_then(|other| group.get(other).copied())
        })
        .collect();
    // Numbered in the order in which they come.
    let mut numbers: Vec<Option<usize>> = Vec::new();
    home.iter()
        .map(|home| {
            numbers.iter().position(|known| known == home).unwrap_or_else(|| {
                numbers.push(*home);
                numbers.len() - 1
            })
        })
        .collect()
}

impl Clusters {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The inputs with the files of each cluster. Of an input with files of several clusters, each of these gets its
    /// part; what was wrong with the input as a whole is told with the first.
    pub(super) fn split<'i>(
        &self,
        inputs: Vec<(&'i Input, FoldedInput)>,
    ) -> Vec<Vec<(&'i Input, FoldedInput)>> {
        let mut out: Vec<Vec<(&'i Input, FoldedInput)>> = Vec::new();
        out.resize_with(self.count, Vec::new);
        for ((input, mut folded), of_file) in inputs.into_iter().zip(&self.of_file) {
            let mut parts: BTreeMap<usize, Vec<FoldedFile>> = BTreeMap::new();
            for (file, cluster) in folded.files.drain(..).zip(of_file) {
                parts.entry(*cluster).or_default().push(file);
            }
            if parts.is_empty() {
                parts.insert(0, Vec::new());
            }
            let mut said = std::mem::take(&mut folded.said);
            for (cluster, files) in parts {
                let part = FoldedInput::part(folded.taken.clone(), files, std::mem::take(&mut said));
                if let Some(inputs) = out.get_mut(cluster) {
                    inputs.push((input, part));
                }
            }
        }
        out
    }
}

/// Says that the inputs are of several clusters.
pub(super) fn say(ingested: &mut [Ingested]) {
    if ingested.len() < 2 {
        return;
    }
    let names: Vec<String> = ingested.iter().map(|one| one.bundle.title()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let what =
        format!("the inputs are of {} clusters, each judged alone: {}", names.len(), words::list(&names));
    let help = "analyse them one after another if that is not what you meant; captures that were obfuscated apart cannot be joined";
    if let Some(first) = ingested.first_mut() {
        first.bundle.diagnostics.push(Diagnostic::warning("several-clusters", what).help(help));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `own;listed;ids` with pairs as `name@address`; `?` before it for an obfuscated one.
    fn check(captures: &[&str], expect: &[usize]) {
        let pairs = |text: &str| -> BTreeSet<(String, String)> {
            let pair = |pair: &str| pair.split_once('@').map(|(a, b)| (a.to_owned(), b.to_owned()));
            text.split(' ').filter_map(pair).collect()
        };
        let parse = |text: &&str| {
            let mut parts = text.trim_start_matches('?').split(';');
            let (own, listed) = (pairs(parts.next().unwrap()), pairs(parts.next().unwrap()));
            let words = |text: &str| text.split(' ').filter(|id| !id.is_empty()).map(str::to_owned).collect();
            Evidence {
                host: own.first().map(|(name, _)| name.clone()),
                own,
                names: listed.iter().map(|(name, _)| name.clone()).collect(),
                listed,
                ids: words(parts.next().unwrap()),
                obfuscated: text.starts_with('?'),
                distributions: BTreeSet::new(),
            }
        };
        let captures: Vec<Evidence> = captures.iter().map(parse).collect();
        let inputs: Vec<usize> = (0..captures.len()).collect();
        assert_eq!(join(&captures.iter().collect::<Vec<_>>(), &inputs), expect);
    }

    #[test]
    fn the_same_machines_or_members_are_one_cluster() {
        check(&["a@1;a@1 b@2;", "b@2;a@1 b@2;"], &[0, 0]);
        check(&["a@1;;m1 m2", "b@2;;m2 m1"], &[0, 0]);
        check(&["a@1;a@1;x", "c@3;c@3;y", "b@2;a@1 c@3;"], &[0, 0, 0]);
    }

    #[test]
    fn a_member_that_made_a_cluster_of_its_own_is_still_listed_by_the_others() {
        check(&["a@1;a@1 c@3;m1 m3", "c@3;c@3;m9"], &[0, 0]);
    }

    #[test]
    fn nothing_in_common_means_two_clusters_and_names_alone_prove_nothing() {
        check(&["n1@1;n1@1 n2@2;m1", "n1@7;n1@7 n2@8;m7"], &[0, 1]);
    }

    #[test]
    fn who_says_nothing_belongs_where_it_is_listed_or_to_the_first() {
        check(&["a@1;a@1;m1", "x@8;x@8 y@9;m8", "y@;;", "z@5;;"], &[0, 1, 1, 0]);
        check(&["a@1;;", "b@2;;"], &[0, 0]);
    }

    #[test]
    fn obfuscated_captures_are_never_joined() {
        check(&["?a@10.x;a@10.x;m1", "?a@10.x;a@10.x;m1", "b@2;b@2;m1"], &[0, 1, 2]);
    }
}
