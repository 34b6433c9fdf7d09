//! etcd's metrics in Prometheus text → one `EtcdMetrics`.
//!
//! Names as in etcd `server/etcdserver/metrics.go`, `server/storage/wal/metrics.go`, `server/storage/backend/metrics.go`. Counters count from
//! the start of the process. A quantile is the upper bound of the bucket that holds it, so that it is never too small, except
//! in the last bucket, which has no bound: there it is the lower one.

use std::collections::BTreeMap;

use crate::object::derived::{Derived, Expected};
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, lines};
use crate::object::{Document, Reader, Reading};

/// The metrics of one etcd server, named by its id.
pub const METRICS: Derived = Derived {
    kind: "EtcdMetrics",
    what: "the metrics of one etcd server, named by its id",
    expected: Expected::EtcdNodes,
    bulk: false,
    fields: &[
        ("id", "hexadecimal"),
        ("version", "etcd's version"),
        ("hasLeader", "whether it knows a leader"),
        ("isLeader", "whether it leads"),
        ("leaderChanges", "since the start of the process, as all counters"),
        ("proposalsFailed", "count"),
        ("proposalsPending", "now"),
        ("slowApply", "count"),
        ("slowReadIndex", "count"),
        ("heartbeatSendFailures", "count"),
        ("quotaBytes", "bytes"),
        ("dbSizeBytes", "bytes"),
        ("dbSizeInUseBytes", "bytes"),
        ("walFsyncMeanSeconds", "seconds"),
        ("walFsyncP99Seconds", "seconds"),
        ("backendCommitMeanSeconds", "seconds"),
        ("backendCommitP99Seconds", "seconds"),
        ("peerRttMeanSeconds", "seconds, slowest peer"),
        ("peerRttP99Seconds", "seconds, slowest peer"),
        ("processStartTime", "seconds since the epoch"),
    ],
};

const KIND: &str = METRICS.kind;

/// Reads the metrics of one etcd server.
pub const READER: Reader = Reader { name: "etcd-metrics", derives: &[&METRICS], sniff, read };

/// Metric and field, for counts and sizes.
const NUMBERS: &[(&str, &str)] = &[
    ("etcd_server_leader_changes_seen_total", "leaderChanges"),
    ("etcd_server_proposals_failed_total", "proposalsFailed"),
    ("etcd_server_proposals_pending", "proposalsPending"),
    ("etcd_server_slow_apply_total", "slowApply"),
    ("etcd_server_slow_read_indexes_total", "slowReadIndex"),
    ("etcd_server_heartbeat_send_failures_total", "heartbeatSendFailures"),
    ("etcd_server_quota_backend_bytes", "quotaBytes"),
    ("etcd_mvcc_db_total_size_in_bytes", "dbSizeBytes"),
    ("etcd_debugging_mvcc_db_total_size_in_bytes", "dbSizeBytes"),
    ("etcd_mvcc_db_total_size_in_use_in_bytes", "dbSizeInUseBytes"),
];

/// Metric and field, for claims.
const CLAIMS: &[(&str, &str)] =
    &[("etcd_server_has_leader", "hasLeader"), ("etcd_server_is_leader", "isLeader")];

/// Histogram, and the fields of its mean and of its 99th percentile.
const HISTOGRAMS: &[(&str, &str, &str)] = &[
    ("etcd_disk_wal_fsync_duration_seconds", "walFsyncMeanSeconds", "walFsyncP99Seconds"),
    ("etcd_disk_backend_commit_duration_seconds", "backendCommitMeanSeconds", "backendCommitP99Seconds"),
    ("etcd_network_peer_round_trip_time_seconds", "peerRttMeanSeconds", "peerRttP99Seconds"),
];

fn sniff(path: &str, head: &[u8]) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_metric = |text: &str| {
        ["# HELP etcd_", "# TYPE etcd_", "etcd_server_", "etcd_cluster_version{"]
            .iter()
            .any(|start| text.starts_with(start))
    };
    let first = lines(head).find(|line| !line.text.trim().is_empty());
    first.map_or(name.starts_with("etcd-metrics"), |line| is_metric(&line.text))
}

/// One sample: `name{label="value"} number`.
struct Sample<'t> {
    name: &'t str,
    labels: &'t str,
    value: f64,
}

impl<'t> Sample<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        let text = text.trim_end();
        if text.starts_with('#') {
            return None;
        }
        let (name, labels, rest) = match text.find('{') {
            Some(brace) => {
                let end = text.rfind('}')?;
                (text.get(..brace)?, text.get(brace + 1..end)?, text.get(end + 1..)?)
            }
            None => {
                let space = text.find(' ')?;
                (text.get(..space)?, "", text.get(space..)?)
            }
        };
        let value = rest.split_whitespace().next()?.parse().ok()?;
        Some(Self { name, labels, value })
    }

    fn label(&self, name: &str) -> Option<&'t str> {
        self.labels.split(',').find_map(|label| {
            let (key, value) = label.split_once('=')?;
            (key == name).then(|| value.trim_matches('"'))
        })
    }
}

/// What the samples of one histogram say; a histogram for each peer.
#[derive(Default)]
struct Histogram<'a> {
    sum: Option<(f64, Line<'a>)>,
    count: Option<(f64, Line<'a>)>,
    /// Upper bound and how many lie below it.
    buckets: Vec<(f64, f64, Line<'a>)>,
}

impl<'a> Histogram<'a> {
    fn mean(&self) -> Option<f64> {
        let (sum, count) = (self.sum.as_ref()?.0, self.count.as_ref()?.0);
        (count > 0.0).then_some(sum / count).filter(|mean| mean.is_finite())
    }

    fn p99(&self) -> Option<(f64, &Line<'a>)> {
        let count = self.count.as_ref()?.0;
        if count <= 0.0 {
            return None;
        }
        let finite = || self.buckets.iter().filter(|(bound, ..)| bound.is_finite());
        let holds = finite().find(|(_, below, _)| *below >= 0.99 * count);
        holds.or_else(|| finite().next_back()).map(|(bound, _, line)| (*bound, line))
    }
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    if let Some(line) = crate::object::preamble::error_in_place(document.bytes) {
        gather.fail(&line);
        return gather.finish();
    }
    let Some(named_by) =
        lines(document.bytes).find(|line| line.text.starts_with("etcd_server_id{")).or_else(|| {
            lines(document.bytes)
                .find(|line| Sample::parse(&line.text).is_some_and(|sample| sample.name.starts_with("etcd_")))
        })
    else {
        return gather.finish();
    };
    let id = Sample::parse(&named_by.text)
        .and_then(|sample| sample.label("server_id").and_then(super::etcd::id_from_hex));
    let file = document.path.rsplit('/').next().unwrap_or(document.path);
    let mut draft = Draft::new(document, KIND, id.clone().unwrap_or_else(|| file.to_owned()), &named_by);
    if let Some(id) = id {
        draft.put("id", id);
    }
    let mut histograms: BTreeMap<(&str, String), Histogram<'_>> = BTreeMap::new();
    for line in lines(document.bytes) {
        if let Some(sample) = Sample::parse(&line.text) {
            single(&mut draft, &sample, &line);
            collect(&mut histograms, &sample, &line);
        }
    }
    for (name, mean, p99) in HISTOGRAMS {
        summarise(&mut draft, &histograms, name, (mean, p99));
    }
    gather.add(draft);
    // One server's metrics are not those of the cluster.
    gather.list(KIND, false);
    gather.finish()
}

/// Metrics of one sample.
fn single(draft: &mut Draft<'_>, sample: &Sample<'_>, line: &Line<'_>) {
    if let Some((_, path)) = NUMBERS.iter().find(|(name, _)| *name == sample.name) {
        draft.set(path, sample.value.round() as u64, line);
    } else if let Some((_, path)) = CLAIMS.iter().find(|(name, _)| *name == sample.name) {
        draft.set(path, sample.value > 0.0, line);
    } else if sample.name == "process_start_time_seconds" {
        draft.set("processStartTime", sample.value, line);
    } else if sample.name == "etcd_server_version"
        && let Some(version) = sample.label("server_version")
    {
        draft.set("version", version, line);
    }
}

fn collect<'a>(
    histograms: &mut BTreeMap<(&'static str, String), Histogram<'a>>,
    sample: &Sample<'_>,
    line: &Line<'a>,
) {
    for (name, ..) in HISTOGRAMS {
        let Some(part) = sample.name.strip_prefix(name) else { continue };
        let peer = sample.label("To").unwrap_or_default().to_owned();
        let histogram = histograms.entry((name, peer)).or_default();
        match part {
            "_sum" => histogram.sum = Some((sample.value, line.clone())),
            "_count" => histogram.count = Some((sample.value, line.clone())),
            "_bucket" => {
                let bound = sample.label("le").and_then(|bound| bound.parse().ok()).unwrap_or(f64::INFINITY);
                histogram.buckets.push((bound, sample.value, line.clone()));
            }
            _ => {}
        }
    }
}

/// The mean and the quantile; of several peers the slowest counts.
fn summarise(
    draft: &mut Draft<'_>,
    histograms: &BTreeMap<(&'static str, String), Histogram<'_>>,
    name: &str,
    (mean, p99): (&str, &str),
) {
    let of_name = || histograms.iter().filter(|((of, _), _)| *of == name).map(|(_, histogram)| histogram);
    let slowest = of_name().filter_map(|h| Some((h.mean()?, h))).max_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((value, histogram)) = slowest {
        for (_, line) in histogram.sum.iter().chain(&histogram.count) {
            draft.set(mean, value, line);
        }
    }
    let slowest = of_name().filter_map(|h| Some((h.p99()?, h))).max_by(|a, b| a.0.0.total_cmp(&b.0.0));
    if let Some(((value, bucket), histogram)) = slowest {
        for (_, line) in histogram.sum.iter().chain(&histogram.count) {
            draft.set(p99, value, line);
        }
        draft.set(p99, value, bucket);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::etcd::tests::{named, read};
    use super::*;

    const TEXT: &str = "# HELP etcd_x y\netcd_server_id{server_id=\"628170c800dbcee\"} 1\netcd_server_has_leader 0\n\
        etcd_server_quota_backend_bytes 2.147483648e+09\netcd_server_version{server_version=\"3.4.23\"} 1\n\
        etcd_disk_wal_fsync_duration_seconds_bucket{le=\"0.5\"} 98\netcd_disk_wal_fsync_duration_seconds_bucket{le=\"1\"} 99\n\
        etcd_disk_wal_fsync_duration_seconds_bucket{le=\"+Inf\"} 100\netcd_disk_wal_fsync_duration_seconds_sum 25\n\
        etcd_disk_wal_fsync_duration_seconds_count 100\n\
        etcd_network_peer_round_trip_time_seconds_bucket{To=\"a\",le=\"0.1\"} 1\netcd_network_peer_round_trip_time_seconds_count{To=\"a\"} 1\n\
        etcd_network_peer_round_trip_time_seconds_bucket{To=\"b\",le=\"0.1\"} 0\netcd_network_peer_round_trip_time_seconds_bucket{To=\"b\",le=\"3.2\"} 0\n\
        etcd_network_peer_round_trip_time_seconds_bucket{To=\"b\",le=\"+Inf\"} 2\netcd_network_peer_round_trip_time_seconds_count{To=\"b\"} 2\n";

    #[test]
    fn samples_become_fields() {
        let reading = read(&READER, &[KIND], "etcd/etcd-metrics-10.0.0.1:2379.txt", TEXT);
        let expected = json!({"id": "628170c800dbcee", "hasLeader": false, "quotaBytes": 2_147_483_648_u64, "version": "3.4.23",
            "walFsyncMeanSeconds": 0.25, "walFsyncP99Seconds": 1.0, "peerRttP99Seconds": 3.2});
        assert_eq!(reading.objects.iter().map(named).collect::<Vec<_>>(), [("628170c800dbcee", &expected)]);
    }

    #[test]
    fn quotes_are_the_sample_lines() {
        let mut projection = crate::object::path::Projection::default();
        for path in ["walFsyncMeanSeconds", "hasLeader"] {
            projection.ask(KIND, path);
        }
        let document =
            Document { path: "m", bytes: TEXT.as_bytes(), captured_at: None, projection: &projection };
        let reading = super::read(&document);
        let found: Vec<_> =
            reading.objects[0].quotes.iter().map(|quote| (&*quote.path, quote.line)).collect();
        assert_eq!(
            found,
            [("", 1), ("hasLeader", 2), ("walFsyncMeanSeconds", 8), ("walFsyncMeanSeconds", 9)]
        );
    }

    #[test]
    fn an_empty_file_is_unknown() {
        let reading = read(&READER, &[KIND], "etcd/etcd-metrics-x.txt", "");
        assert_eq!((reading.objects.len(), reading.lists.len()), (0, 0));
        let cut = read(&READER, &[KIND], "m.txt", &TEXT[..100]);
        assert_eq!(cut.objects.len(), 1);
    }
}
