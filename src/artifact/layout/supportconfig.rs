//! SUSE's supportconfig: `scc_<host>_<yymmdd>_<hhmm>[_<uuid>].txz` (`nts_…` before version 3.1), one text file a topic, each
//! with the outputs of many commands (supportutils 3.x, `supportconfig`).

use super::named::short_time;
use super::{Layout, Named, Place, Role, Subject, at, below};
use crate::artifact::host_log;

/// The layout.
pub const LAYOUT: Layout = Layout {
    name: "supportconfig",
    title: "SUSE supportconfig",
    subject: Subject::Machine,
    has_distributions: false,
    named,
    place,
    samples: &[
        ("scc_n1_261122_0311/basic-environment.txt", "scc_n1_261122_0311", "by-content"),
        (
            "b.zip!nodes/n1.zip!n1/scc/scc_supportconfig_n1_261122_0311.txz!scc_supportconfig_n1_261122_0311/messages.txt",
            "b.zip/nodes/n1.zip/n1/scc/scc_supportconfig_n1_261122_0311.txz/scc_supportconfig_n1_261122_0311",
            "by-content",
        ),
        ("nts_n1_191122_0311/sar/sa15", "nts_n1_191122_0311", "other"),
        ("scc_n1_261122_0311/rke2/k3s.log", "scc_n1_261122_0311", "by-content"),
    ],
};

fn place(segments: &[&str]) -> Option<Place> {
    let root = below(segments, |name| named(name).time.is_some())?;
    let rest = segments.get(root..)?;
    let role = if host_log::is_recording(rest) { Role::Other } else { Role::ByContent };
    let mut place = at(root, role)?;
    place.node = segments.get(root - 1).and_then(|name| named(crate::source::container::stem(name)).host);
    Some(place)
}

/// `scc_n1_261122_0311`, with a UUID behind it or not. Hosts have no `_` in their names.
fn named(name: &str) -> Named {
    let none = Named::default;
    let Some(rest) = name.strip_prefix("scc_").or_else(|| name.strip_prefix("nts_")) else { return none() };
    let rest = rest.strip_prefix("supportconfig_").unwrap_or(rest);
    let parts: Vec<&str> = rest.split('_').collect();
    let (host, date, clock) = match parts.as_slice() {
        [host, date, clock] | [host, date, clock, _] => (host, date, clock),
        _ => return none(),
    };
    match short_time(date, clock) {
        Some(time) => Named { host: Some((*host).to_owned()), time: Some(time), day: None },
        None => none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_gives_host_and_time() {
        let found = named("scc_n1.example_261122_0311_0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f");
        assert_eq!(found.host.as_deref(), Some("n1.example"));
        assert_eq!(found.time.as_deref(), Some("2026-11-22T03:11:00"));
        // Rancher's bundle of its SCC operator is another thing.
        assert_eq!(named("scc-support-bundle-20261122-031134"), Named::default());
    }
}
