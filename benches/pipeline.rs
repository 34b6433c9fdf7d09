//! How long a bundle takes, against inflating it and doing nothing. See `benches/README.md`.
#![expect(clippy::unwrap_used, reason = "a bench has nobody to report to")]

use std::fmt::Write as _;
use std::fs::File;
use std::hint::black_box;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use rancher_bundle::ingest::{CHUNK, Options};
use rancher_bundle::rule::Rulebook;
use rancher_bundle::scan::{Program, Whose, hits::Bounds, scan};
use rancher_bundle::source::{Input, cut};

const MEMBER: &str = "node1-2026-11-22_03_11_34/rke/containerlogs/kube-apiserver";

/// Bytes of log.
const SIZE: usize = 64 << 20;

/// One line in so many hits a rule, and another looks as if it did.
const HIT_EVERY: usize = 2_000;

/// What an API server says all day: `{n}` is a number that differs in each line.
const BACKGROUND: &[&str] = &[
    "I1122 03:{m}:{s}.{n}       1 trace.go:205] Trace[{n}]: \"GuaranteedUpdate etcd3\" type:*core.Event (total time: {n}ms):",
    "I1122 03:{m}:{s}.{n}       1 controller.go:609] quota admission added evaluator for: replicasets.apps",
    "I1122 03:{m}:{s}.{n}       1 httplog.go:132] \"HTTP\" verb=\"GET\" URI=\"/api/v1/namespaces/shop/pods?limit={n}\" latency=\"{n}ms\" userAgent=\"kubelet/v1.30.4\" audit-ID=\"5f0c{n}\" srcIP=\"10.42.1.7:{n}\" resp=200",
    "I1122 03:{m}:{s}.{n}       1 alloc.go:329] \"allocated clusterIPs\" service=\"shop/web-{n}\" clusterIPs={\"IPv4\":\"10.43.12.9\"}",
    "W1122 03:{m}:{s}.{n}       1 watcher.go:229] watch chan error: etcdserver: mvcc: required revision {n} has been compacted",
];

const HIT: &str = "W1122 03:{m}:{s}.{n}       1 dispatcher.go:129] Failed calling webhook, failing closed validation.gatekeeper.sh: failed calling webhook \"validation.gatekeeper.sh\": Post \"https://gatekeeper-webhook-service.gatekeeper-system.svc:443/v1/admit?timeout=3s\": dial tcp 10.43.104.236:443: connect: connection refused";

const LOOK_ALIKE: &str = "I1122 03:{m}:{s}.{n}       1 webhook.go:87] \"webhook is ready\" name=\"validation.gatekeeper.sh\" took={n}";

/// Names a bundle to be measured beside the generated log.
const BUNDLE: &str = "RANCHER_BUNDLE_BENCH";

fn main() {
    let log = log();
    let dir = tempfile::tempdir().unwrap();
    let archive = archive(dir.path(), log.as_bytes());
    let (book, _) = Rulebook::built_in(&rancher_bundle::vocabulary());
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    let mut group = criterion.benchmark_group("64 MiB of log");
    group.throughput(Throughput::Bytes(log.len() as u64));
    whole(&mut group, &archive, &book);

    let program = Program::compile(&book);
    let scope = program.scope(&Whose {
        components: &["kube-apiserver"],
        namespace: None,
        container: None,
        mixed: false,
    });
    let bounds = Bounds::from(&Options::default().limits);
    let mut pieces = Vec::new();
    cut::lines(&mut log.as_bytes(), CHUNK, 1 << 20, |_, _| true, &mut Vec::new, &mut |piece| {
        pieces.push(piece)
    });
    group.bench_function("scan", |bencher| {
        bencher.iter(|| {
            for piece in &pieces {
                black_box(scan(&program, &scope, piece, bounds));
            }
        });
    });
    group.finish();

    if let Some(bundle) = std::env::var_os(BUNDLE).map(PathBuf::from) {
        let mut group = criterion.benchmark_group("the given bundle");
        group.throughput(Throughput::Bytes(inflate(&bundle)));
        whole(&mut group, &bundle, &book);
        group.finish();
    }
    criterion.final_summary();
}

/// Inflating alone, and everything, of one archive.
fn whole(group: &mut BenchmarkGroup<'_, WallTime>, archive: &Path, book: &Rulebook) {
    group.bench_function("inflate", |bencher| bencher.iter(|| inflate(archive)));
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let options = Options { jobs, ..Options::default() };
    let inputs = [Input::open(archive).unwrap()];
    group.bench_function("analyze", |bencher| {
        bencher.iter(|| rancher_bundle::analyze(&inputs, book, Vec::new(), &options, &|_| ()));
    });
}

/// Inflates as the program does, to nowhere.
fn inflate(archive: &Path) -> u64 {
    let file = BufReader::with_capacity(256 * 1024, File::open(archive).unwrap());
    io::copy(&mut MultiGzDecoder::new(file), &mut io::sink()).unwrap()
}

/// The log: the same in every run.
fn log() -> String {
    let mut log = String::with_capacity(SIZE + 1024);
    let mut number = 7_u64;
    let mut line = 0;
    while log.len() < SIZE {
        // A linear congruential generator (Knuth, MMIX): numbers that do not compress away.
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let pattern = match line % HIT_EVERY {
            0 => HIT,
            1 => LOOK_ALIKE,
            _ => BACKGROUND.get((number >> 60) as usize % BACKGROUND.len()).unwrap(),
        };
        let digits = format!("{:06}", (number >> 33) % 1_000_000);
        let (minute, second) = (line / 60_000 % 60, line / 1_000 % 60);
        let text = pattern.replace("{n}", &digits).replace("{m}", &format!("{minute:02}"));
        let _ = writeln!(log, "{}", text.replace("{s}", &format!("{second:02}")));
        line += 1;
    }
    log
}

/// The log as a collector packs it.
fn archive(dir: &Path, log: &[u8]) -> PathBuf {
    let path = dir.join("node1.tar.gz");
    let mut tar = tar::Builder::new(GzEncoder::new(File::create(&path).unwrap(), Compression::new(6)));
    let mut header = tar::Header::new_ustar();
    header.set_size(log.len() as u64);
    header.set_mode(0o644);
    header.set_mtime(1_795_317_094);
    tar.append_data(&mut header, MEMBER, log).unwrap();
    tar.into_inner().unwrap().finish().unwrap();
    path
}
