//! The profile collector of rancherlabs/support-tools (`continuous_profiling.sh`): archives `<prefix>-profiles-<time>.tar.xz`,
//! several in one `profiles-<time>.tar`, without directories: profiles of each pod, its log, and tables. Times are UTC.

use super::{Layout, Named, Place, Role, Subject, at, below};
use crate::artifact::LogIdentity;
use crate::artifact::component::of_pod;

/// The layout.
pub const LAYOUT: Layout = Layout {
    name: "profile-collector",
    title: "Rancher profile collector",
    subject: Subject::Cluster,
    has_distributions: false,
    named,
    place,
    samples: &[
        (
            "profiles-2026-11-22_03_11.tar!tmp/rancher-profiles-2026-11-22_03_11.tar.xz!rancher-6bc7d658cd-zqzwv-previous.log",
            "profiles-2026-11-22_03_11.tar/tmp/rancher-profiles-2026-11-22_03_11.tar.xz",
            "log rancher previous",
        ),
        (
            "rancher-profiles-2026-11-22_03_11/rancher-1-audit.log",
            "rancher-profiles-2026-11-22_03_11",
            "by-content",
        ),
        ("rancher-profiles-2026-11-22_03_11/pods-wide.txt", "rancher-profiles-2026-11-22_03_11", "document"),
        (
            "rancher-profiles-2026-11-22_03_11/rancher-1-heap-2026-11-22T03_11_34",
            "rancher-profiles-2026-11-22_03_11",
            "other",
        ),
    ],
};

fn named(name: &str) -> Named {
    let time = name.split_once("profiles-").and_then(|(_, stamp)| {
        let whole = format!("{stamp}_00");
        super::named::ends_in_time(&whole)
            .filter(|(head, _)| head.is_empty())
            .map(|(_, time)| format!("{time}Z"))
    });
    Named { time, ..Named::default() }
}

fn place(segments: &[&str]) -> Option<Place> {
    let root = below(segments, |name| named(name).time.is_some())?;
    // The archives within an archive are captures of their own.
    let [file] = segments.get(root..)? else { return None };
    let role = match file.strip_suffix(".log") {
        Some(stem) if stem.ends_with("-audit") => Role::ByContent,
        Some(stem) => {
            let (pod, previous) = stem.strip_suffix("-previous").map_or((stem, false), |pod| (pod, true));
            Role::Log(LogIdentity { previous, ..LogIdentity::of(&[of_pod(pod)]) })
        }
        None if file.ends_with(".txt") => Role::Document,
        None => Role::Other,
    };
    at(root, role)
}
