//! Archives of Red Hat Insights: outputs of commands under mangled names in `insights_commands/`, and copies of the
//! machine's files; newer ones keep both in `data/` (RedHatInsights/insights-core).

use super::node_directory;
use super::{Layout, Named, Place, Role, Subject, Told, named::compact_time};
use crate::artifact::{LogIdentity, host_log};

/// The layout.
pub const LAYOUT: Layout = Layout {
    name: "insights",
    title: "Red Hat Insights archive",
    subject: Subject::Machine,
    has_distributions: false,
    named,
    place,
    samples: &[
        (
            "insights-n1-20261122031134/data/insights_commands/df_-alP",
            "insights-n1-20261122031134",
            "document",
        ),
        ("host_01/insights_commands/hostname", "host_01", "document"),
        ("host_01/insights_commands/dmesg", "host_01", "log kernel"),
        ("insights-n1-20261122031134/data/var/log/messages", "insights-n1-20261122031134", "log  mixed"),
    ],
};

/// `insights-<host>-20261122031134`.
fn named(name: &str) -> Named {
    let found = name.strip_prefix("insights-").and_then(|rest| rest.rsplit_once('-'));
    match found.and_then(|(host, stamp)| Some((host, compact_time(stamp).filter(|_| stamp.len() == 14)?))) {
        Some((host, time)) => Named { host: Some(host.to_owned()), time: Some(time), day: None },
        None => Named::default(),
    }
}

fn place(segments: &[&str]) -> Option<Place> {
    let marker = segments.iter().position(|name| *name == "insights_commands");
    let depth = marker.or_else(|| super::below(segments, |name| named(name).time.is_some()))?;
    let rest = segments.get(depth..)?;
    let (rest, root) = match (rest, depth.checked_sub(1).and_then(|at| segments.get(at))) {
        (["data", rest @ ..], _) => (rest, depth),
        (rest, Some(&"data")) => (rest, depth - 1),
        (rest, _) => (rest, depth),
    };
    let node = root.checked_sub(1).and_then(|at| segments.get(at)).and_then(|name| named(name).host);
    let role = match rest {
        ["insights_commands", file] if file.starts_with("dmesg") => Role::Log(host_log::of_unit("kernel")),
        ["insights_commands", file] if file.starts_with("journalctl") => Role::Log(LogIdentity::mixed(&[])),
        _ => node_directory::log(rest).map_or(Role::Document, Role::Log),
    };
    Some(Place { root_segments: root, node, role, told: Told::Path })
}
