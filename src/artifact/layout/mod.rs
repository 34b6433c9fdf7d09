//! Who collected a file. One file a layout, one line in [`LAYOUTS`]; the order is the precedence.

pub mod cluster_info_dump;
pub mod fleet_dump;
pub mod insights;
pub mod longhorn_run;
pub mod must_gather;
pub mod named;
pub mod node_directory;
pub mod pod_collector;
pub mod profile_collector;
pub mod rancher_collector;
pub mod rancher_windows;
pub mod scc_operator;
pub mod sosreport;
pub mod support_bundle_kit;
pub mod support_bundle_node;
pub mod supportability_cluster;
pub mod supportability_node;
pub mod supportconfig;
pub mod troubleshoot;

use super::LogIdentity;
use crate::source::container;

/// What a layout knows of a path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// How many leading segments of the path lie before the layout.
    pub root_segments: usize,
    /// The node that the path names.
    pub node: Option<String>,
    /// What the file is.
    pub role: Role,
    /// What tells it.
    pub told: Told,
}

/// What tells that a path is of a layout: the surer goes before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Told {
    /// The path: nobody else writes it.
    #[default]
    Path,
    /// The name of the capture's directory alone, which people give too: a layout that knows the path goes before.
    Root,
    /// The name of the file alone, which is anybody's: the content has to fit as well.
    Name,
}

/// What a layout says of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// A log.
    Log(LogIdentity),
    /// A document: a reader is chosen by path and content; without one it is neither log nor document.
    #[default]
    Document,
    /// Pod logs with markers, all containers of one pod in one file.
    MarkedLogs,
    /// By content, as a file of no layout would be read.
    ByContent,
    /// Neither a log nor a document.
    Other,
}

/// What one capture of a layout is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// One machine.
    Machine,
    /// A whole cluster.
    Cluster,
}

/// What the name of a capture's directory or archive says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// The machine.
    pub host: Option<String>,
    /// When it was made: RFC 3339, with a zone only where the name means one.
    pub time: Option<String>,
    /// The day, where the name says no more than that: `2026-11-22`, on the machine's calendar.
    pub day: Option<String>,
}

/// A collector's layout.
pub struct Layout {
    /// The name in the result.
    pub name: &'static str,
    /// What a person calls it.
    pub title: &'static str,
    /// What one capture is of.
    pub subject: Subject,
    /// Whether its directories are named after distributions (`rke2/`, `k3s/`).
    pub has_distributions: bool,
    /// Reads the name of the capture's directory, or of its archive without extension.
    pub named: fn(name: &str) -> Named,
    /// Places a path, given as segments (an inner archive begins a new one); `None` when it is not of this layout.
    pub place: fn(segments: &[&str]) -> Option<Place>,
    /// Paths with the root that must be found and the role, for tests.
    pub samples: &'static [(&'static str, &'static str, &'static str)],
}

/// For layouts whose names say nothing.
#[must_use]
pub fn nameless(_name: &str) -> Named {
    Named::default()
}

impl std::fmt::Debug for Layout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// For captures in directories that have the machine's name.
#[must_use]
pub fn named_after_host(name: &str) -> Named {
    Named { host: Some(name.to_owned()).filter(|name| !name.is_empty()), ..Named::default() }
}

/// How many segments lie before what follows the last segment that names a capture, as `is_root` tells from a directory's
/// name or an archive's without its extension.
fn below(segments: &[&str], is_root: fn(&str) -> bool) -> Option<usize> {
    let folders = segments.get(..segments.len().checked_sub(1)?)?;
    folders.iter().rposition(|segment| is_root(container::stem(segment))).map(|at| at + 1)
}

/// A place at a depth of the path, on no node of its own.
fn at(root_segments: usize, role: Role) -> Option<Place> {
    Some(Place { root_segments, role, ..Place::default() })
}

/// The place of a path in the layout that knows it best.
#[must_use]
pub fn find(segments: &[&str]) -> Option<(&'static Layout, Place)> {
    let mut unsure = None;
    for layout in LAYOUTS {
        match (layout.place)(segments) {
            Some(place) if place.told == Told::Path => return Some((layout, place)),
            Some(place) if unsure.is_none() => unsure = Some((*layout, place)),
            _ => {}
        }
    }
    unsure
}

/// All layouts, the more telling first: a node's archive within a bundle before the bundle, collectors that copy the
/// files of others before those others.
pub const LAYOUTS: &[&Layout] = &[
    &supportconfig::LAYOUT,
    &support_bundle_node::LAYOUT,
    &longhorn_run::LAYOUT,
    &must_gather::LAYOUT,
    &troubleshoot::LAYOUT,
    &support_bundle_kit::LAYOUT,
    &sosreport::LAYOUT,
    &insights::LAYOUT,
    &rancher_windows::LAYOUT,
    &supportability_cluster::LAYOUT,
    &supportability_node::LAYOUT,
    &scc_operator::LAYOUT,
    &profile_collector::LAYOUT,
    &pod_collector::LAYOUT,
    &rancher_collector::LAYOUT,
    &cluster_info_dump::LAYOUT,
    &node_directory::LAYOUT,
    &fleet_dump::LAYOUT,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// A role as the samples write it.
    fn shown(role: &Role) -> String {
        match role {
            Role::Log(log) => {
                let pod =
                    log.pod.as_ref().map_or(String::new(), |pod| format!(" {}/{}", pod.namespace, pod.name));
                let previous = if log.previous { " previous" } else { "" };
                let mixed = if log.mixed { " mixed" } else { "" };
                format!("log {}{pod}{previous}{mixed}", log.components.join(","))
            }
            Role::Document => "document".to_owned(),
            Role::MarkedLogs => "marked-logs".to_owned(),
            Role::ByContent => "by-content".to_owned(),
            Role::Other => "other".to_owned(),
        }
    }

    #[test]
    fn samples_are_placed_by_their_layout_and_by_no_earlier_one() {
        for layout in LAYOUTS {
            for (path, root, role) in layout.samples {
                let segments: Vec<&str> = path.split(['/', '!']).collect();
                let place =
                    (layout.place)(&segments).unwrap_or_else(|| panic!("{path} is not of {}", layout.name));
                assert_eq!(segments[..place.root_segments].join("/"), *root, "{path}");
                assert_eq!(shown(&place.role), *role, "{path}");
                let found = find(&segments).map(|(found, _)| found.name);
                assert_eq!(found, Some(layout.name), "{path} is taken by another layout");
            }
        }
    }
}
