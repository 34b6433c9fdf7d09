//! All objects: the same object from several documents is one, with all its origins.

use std::collections::BTreeMap;

use crate::object::derived;
use crate::object::{Known, Listing, Object};

/// Kind, namespace and name. Objects of one machine (etcd's own view, certificates) also carry the machine, as their
/// name means nothing elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectKey {
    /// The kind.
    pub kind: String,
    /// The namespace; empty for cluster-wide kinds.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// The file, for kinds that are one machine's view.
    pub view: Option<usize>,
}

/// One document's view of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// The file.
    pub artifact: usize,
    /// What it shows; quotes are relative to the file.
    pub object: Object,
}

/// All objects with all views of each.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    /// The fullest view first, then in the order of files.
    pub by_key: BTreeMap<ObjectKey, Vec<View>>,
    /// Kind → files that list it and whether they list all of it.
    pub listings: BTreeMap<String, Vec<(usize, bool)>>,
    /// How many were given up for `--max-objects`.
    pub beyond: u64,
}

impl Objects {
    /// Adds what one document shows. `max` bounds the number of objects.
    pub fn add(&mut self, artifact: usize, objects: Vec<Object>, lists: &[Listing], max: u64) {
        for listing in lists {
            self.listings.entry(listing.kind.to_string()).or_default().push((artifact, listing.complete));
        }
        for object in objects {
            let view = derived::find(&object.kind).is_some().then_some(artifact);
            let key = ObjectKey {
                kind: object.kind.to_string(),
                namespace: object.namespace.as_deref().unwrap_or_default().to_owned(),
                name: object.name.to_string(),
                view,
            };
            if !self.by_key.contains_key(&key) && self.by_key.len() as u64 >= max {
                self.beyond += 1;
                continue;
            }
            self.by_key.entry(key).or_default().push(View { artifact, object });
        }
    }

    /// Puts the fullest view of each object first.
    pub fn settle(&mut self) {
        for views in self.by_key.values_mut() {
            views.sort_by_key(|view| (!matches!(view.object.known, Known::All), view.artifact));
        }
    }

    /// What is known of one object of Kubernetes; `namespace` is empty for cluster-wide kinds.
    #[must_use]
    pub fn named(&self, kind: &str, namespace: &str, name: &str) -> &[View] {
        let key = ObjectKey {
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            view: None,
        };
        self.by_key.get(&key).map(Vec::as_slice).unwrap_or_default()
    }

    /// The objects of a kind, in the order of their keys.
    pub fn of_kind<'o>(&'o self, kind: &'o str) -> impl Iterator<Item = (&'o ObjectKey, &'o [View])> {
        let from = ObjectKey { kind: kind.to_owned(), ..ObjectKey::default() };
        self.by_key
            .range(from..)
            .take_while(move |(key, _)| key.kind == kind)
            .map(|(key, views)| (key, views.as_slice()))
    }
}
