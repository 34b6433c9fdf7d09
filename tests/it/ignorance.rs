//! Ignorance is monotone: whoever is shown less may say «unknown» more often, and nothing else.

use std::path::Path;

use rancher_bundle::artifact::{Kind, classify, classify::HEAD};
use rayon::prelude::*;

use crate::support::{Capture, Entry, Verdict, analyse, captures, entries, report, tar_file, verdicts};

/// Of `systeminfo` and `networking`, only these say something that is used.
const HOST_FILES: &[&str] = &["hostname", "date", "ipaddrshow"];

/// Folders whose every file is left out once, where the capture is not large.
const TELLING: &[&str] = &["/etcd/", "/kubectl/", "/containerlogs/", "/podlogs/"];

/// Of the files in no such folder, and of the error messages in place of a log and the empty lists in large captures,
/// only each such one is left out: the test would take minutes otherwise, and these are alike.
const EVERY: usize = 7;

/// Above this many files, a capture is large.
const MANY: usize = 200;

/// Up to so many bytes, a file in a large capture is a message or an empty list.
const SHORT: usize = 200;

/// Whether a rule may go from `before` to `after` when less is shown.
pub fn allowed(before: Verdict, after: Verdict) -> bool {
    use Verdict::{Absent, Clear, Finding, Unknown};
    !matches!((before, after), (Finding, Clear | Absent) | (Unknown, Clear) | (Clear, Finding))
}

/// Whether some reader reads this file, and so the inventory may expect it.
fn is_read(entry: &Entry) -> bool {
    let head = &entry.bytes[..entry.bytes.len().min(HEAD)];
    let host_file = entry.path.contains("/systeminfo/") || entry.path.contains("/networking/");
    let name = entry.path.rsplit('/').next().unwrap_or_default();
    !entry.is_extra()
        && (!host_file || HOST_FILES.contains(&name))
        && !matches!(classify(&entry.path, head).kind, Kind::Other | Kind::Binary(_))
}

/// The files that are left out of a capture, one at a time.
fn left_out(entries: &[Entry]) -> Vec<usize> {
    let large = entries.len() > MANY;
    let telling = |entry: &Entry| {
        TELLING.iter().any(|folder| entry.path.contains(folder)) && !(large && entry.bytes.len() <= SHORT)
    };
    (0..entries.len()).filter(|at| telling(&entries[*at]) || at % EVERY == 0).collect()
}

/// The rules that know more when a file is left out, in a line each.
fn violations(capture: &Capture) -> Vec<String> {
    let entries: Vec<Entry> = entries(&capture.archive).into_iter().filter(is_read).collect();
    let directory = tempfile::tempdir().unwrap();
    let without = |left_out: Option<usize>, path: &Path| {
        let kept = entries.iter().enumerate().filter(|(at, _)| left_out != Some(*at));
        tar_file(path, kept.map(|(_, entry)| entry));
        let analysis = analyse(&[path]);
        std::fs::remove_file(path).unwrap();
        analysis
    };
    let whole = without(None, &directory.path().join("whole.tar"));
    let before = verdicts(&whole);
    left_out(&entries)
        .into_par_iter()
        .flat_map_iter(|at| {
            let less = without(Some(at), &directory.path().join(format!("{at}.tar")));
            let after = verdicts(&less);
            let changed = before.iter().filter(|(id, verdict)| !allowed(**verdict, after[*id]));
            let file = &entries[at].path;
            let lines = changed.map(|(id, verdict)| {
                let (from, to) = (verdict.name(), after[id].name());
                format!("{}: without {file}: rule {id} went from {from} to {to}", capture.name)
            });
            lines.collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn leaving_out_a_file_never_makes_a_rule_know_more() {
    // Archives within an archive are left out as their plain twin shows the same.
    let captures = captures().into_iter().filter(|capture| !capture.name.ends_with("-nested"));
    let wrong: Vec<String> = captures.collect::<Vec<_>>().par_iter().flat_map(violations).collect();
    report(&wrong);
}
