//! Who collected a file. One file a layout, one line in [`LAYOUTS`]; the order is the precedence.

pub mod cluster_info_dump;
pub mod rancher_collector;

use super::LogIdentity;

/// What a layout knows of a path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// How many leading segments of the path lie before the layout.
    pub root_segments: usize,
    /// The node that the path names.
    pub node: Option<String>,
    /// What the file is.
    pub role: Role,
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
}

/// A collector's layout.
pub struct Layout {
    /// The name in the result.
    pub name: &'static str,
    /// What a person calls it.
    pub title: &'static str,
    /// What one capture is of.
    pub subject: Subject,
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

/// All layouts.
pub const LAYOUTS: &[&Layout] = &[&rancher_collector::LAYOUT, &cluster_info_dump::LAYOUT];

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
                format!("log {}{pod}{previous}", log.components.join(","))
            }
            Role::Document => "document".to_owned(),
            Role::MarkedLogs => "marked-logs".to_owned(),
            Role::ByContent => "by-content".to_owned(),
            Role::Other => "other".to_owned(),
        }
    }

    #[test]
    fn samples_are_placed_by_their_layout_and_by_no_earlier_one() {
        for (index, layout) in LAYOUTS.iter().enumerate() {
            for (path, root, role) in layout.samples {
                let segments: Vec<&str> = path.split(['/', '!']).collect();
                let place =
                    (layout.place)(&segments).unwrap_or_else(|| panic!("{path} is not of {}", layout.name));
                assert_eq!(segments[..place.root_segments].join("/"), *root, "{path}");
                assert_eq!(shown(&place.role), *role, "{path}");
                for earlier in &LAYOUTS[..index] {
                    assert_eq!((earlier.place)(&segments), None, "{path} is taken by {}", earlier.name);
                }
            }
        }
    }
}
