//! What generated bundles are made of: lines and small files of the captures in `testdata/captures`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::sync::LazyLock;

use flate2::read::MultiGzDecoder;
use regex::Regex;

use crate::Result;

/// The capture that the small files come from.
const SMALL_FILES: &str = "rke2-k8s-healthy";

/// The nodes of that capture, and so those of every generated bundle.
pub const NODES: &[&str] = &["rke2-srv01", "rke2-srv02", "rke2-srv03"];

/// The directory of a node: the collector's.
pub fn directory(node: &str) -> String {
    format!("{node}-2026-11-22_03_36_41")
}

/// A program that writes a log on every node.
#[derive(Debug)]
pub struct Program {
    /// Its name; with pods, that of the container.
    pub name: &'static str,
    /// How much of all logs is its own, in hundredths.
    pub share: u64,
    /// Where its log lies.
    pub place: Place,
    /// A capture, and what the paths of its logs have in common.
    captured: Option<(&'static str, &'static str)>,
    /// Lines for want of captured ones.
    imitated: &'static [&'static str],
}

/// Where a log lies in the directory of a node.
#[derive(Debug)]
pub enum Place {
    /// `rke2/agent-logs`.
    AgentLog,
    /// `journald`.
    Journal,
    /// A static pod: its name ends in that of the node.
    StaticPod,
    /// A pod of this namespace.
    Pod(&'static str),
}

/// All programs. Their shares make 100.
pub const PROGRAMS: &[Program] = &[
    Program {
        name: "kubelet",
        share: 22,
        place: Place::AgentLog,
        captured: Some(("rke1-k8s-healthy", "/containerlogs/kubelet")),
        imitated: &[],
    },
    Program {
        name: "kube-apiserver",
        share: 16,
        place: Place::StaticPod,
        captured: Some(("rke2-k8s-healthy", "/podlogs/kube-system-kube-apiserver-")),
        imitated: &[],
    },
    Program {
        name: "etcd",
        share: 14,
        place: Place::StaticPod,
        captured: Some(("rke2-etcd-healthy", "/podlogs/kube-system_etcd-")),
        imitated: &[],
    },
    Program {
        name: "kube-controller-manager",
        share: 6,
        place: Place::StaticPod,
        captured: Some(("rke2-k8s-healthy", "/podlogs/kube-system-kube-controller-manager-")),
        imitated: &[],
    },
    Program {
        name: "kube-scheduler",
        share: 3,
        place: Place::StaticPod,
        captured: Some(("rke2-k8s-healthy", "/podlogs/kube-system-kube-scheduler-")),
        imitated: &[],
    },
    Program {
        name: "calico-node",
        share: 10,
        place: Place::Pod("kube-system"),
        captured: None,
        imitated: &[
            "2026-11-22 03:00:00.000 [INFO][61] felix/summary.go 100: Summarising 9 dataplane reconciliation loops over 1m2.4s: avg=5ms longest=14ms (resync-filter-v4)",
            "2026-11-22 03:00:00.000 [INFO][61] felix/int_dataplane.go 1836: Received *proto.WorkloadEndpointUpdate update from calculation graph msg=id:{orchestrator_id:\"k8s\" workload_id:\"shop/cart-5f7d9c6b44-8xk2m\" endpoint_id:\"eth0\"} cookie=48213377",
            "2026-11-22 03:00:00.000 [INFO][61] felix/endpoint_mgr.go 648: Updating per-endpoint chains. id=proto.WorkloadEndpointID{OrchestratorId:\"k8s\", WorkloadId:\"shop/cart-5f7d9c6b44-8xk2m\", EndpointId:\"eth0\"} generation=51230",
            "2026-11-22 03:00:00.000 [INFO][61] felix/route_table.go 1188: Route update finished, in sync with the kernel ifaceName=\"cali8f2b1e0c9d4\" ipVersion=0x4 sequence=730114",
            "2026-11-22 03:00:00.000 [INFO][58] monitor-addresses/autodetection_methods.go 103: Using autodetected IPv4 address on interface eth0: 10.10.20.21/24",
        ],
    },
    Program {
        name: "rke2-ingress-nginx-controller",
        share: 14,
        place: Place::Pod("kube-system"),
        captured: None,
        imitated: &[
            "10.42.1.7 - - [22/Nov/2026:03:00:00 +0000] \"GET /api/carts?session=48120337 HTTP/2.0\" 200 1532 \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\" 412 0.012 [shop-cart-80] [] 10.42.2.15:80 1532 0.012 200 4b1c9f8f0e9a4f20",
            "10.42.1.9 - - [22/Nov/2026:03:00:00 +0000] \"POST /api/orders?id=7301145 HTTP/1.1\" 201 92 \"https://shop.example/basket\" \"curl/8.5.0\" 833 0.041 [shop-orders-8080] [] 10.42.0.31:8080 92 0.040 201 77aa0c1b2d3e4f50",
            "10.42.2.3 - - [22/Nov/2026:03:00:00 +0000] \"GET /assets/app.js?v=20261101 HTTP/2.0\" 304 0 \"https://shop.example/\" \"Mozilla/5.0 (Windows NT 10.0; Win64; x64)\" 120 0.001 [shop-web-80] [] 10.42.2.16:80 0 0.001 304 00ff11ee22dd33cc",
            "10.42.0.4 - - [22/Nov/2026:03:00:00 +0000] \"GET /products?page=4711 HTTP/1.1\" 200 20817 \"-\" \"kube-probe/1.30\" 210 0.018 [shop-web-80] [] 10.42.2.16:80 20817 0.017 200 9d1e2f3a4b5c6d7e",
        ],
    },
    Program {
        name: "rancher",
        share: 9,
        place: Place::Pod("cattle-system"),
        captured: None,
        imitated: &[
            "2026/11/22 03:00:00 [INFO] Handling backend connection request [c-m-7xk2p9qd]",
            "2026/11/22 03:00:00 [DEBUG] Wrote ping",
            "2026/11/22 03:00:00 [INFO] [clusterDeploy] desired agent image is the deployed one for cluster c-m-7xk2p9qd, generation=41287",
            "2026/11/22 03:00:00 [TRACE] dialerFactory: apiEndpoint for cluster [c-m-7xk2p9qd] is \"https://10.43.0.1:443\", request=7730144",
            "2026/11/22 03:00:00 [INFO] Watching metadata for management.cattle.io/v3, Kind=Node, resourceVersion=88204417",
            "2026/11/22 03:00:00 [INFO] [planner] rkecluster fleet-default/shop: reconciled, observedGeneration=20118",
        ],
    },
    Program {
        name: "rke2-server",
        share: 6,
        place: Place::Journal,
        captured: None,
        imitated: &[
            "time=\"2026-11-22T03:00:00Z\" level=info msg=\"Slow SQL (started=10) (total time: 8ms): compact rows=[4711]\"",
            "time=\"2026-11-22T03:00:00Z\" level=info msg=\"Reconciling ETCDSnapshotFile resources\" revision=812345",
            "time=\"2026-11-22T03:00:00Z\" level=info msg=\"Handling lease of kube-system/rke2, resourceVersion=8120044\"",
            "I1122 03:00:00.000000    1712 event.go:364] \"Event occurred\" object=\"kube-system/rke2-canal\" kind=\"HelmChart\" type=\"Normal\" reason=\"ApplyJob\" message=\"Applying HelmChart from job\" count=40211",
        ],
    },
];

/// Lines of starts and of troubles, which a healthy program does not write over and over.
static RARE: LazyLock<Regex> = LazyLock::new(|| {
    let words = "mismatch|elect|candidate|leader|took too long|refused|timed? ?out|x509|tls:|no ?space|panic|fatal|goroutine|reachable|notready|back-?off|fail|error|forbidden|denied|removed|overloaded|starting etcd|etcd version|signal|term \\d|unimplemented|reject|duplicate|unhealthy|corrupt|evict|no such|not found|flag";
    #[expect(clippy::expect_used, reason = "the pattern is constant")]
    Regex::new(&format!("(?i){words}")).expect("the pattern is sound")
});

/// What the kubelet or Docker wrote before a line.
static WRAPPER: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the pattern is constant")]
    Regex::new(r"^\d{4}-\d\d-\d\dT\S+Z (?:std(?:out|err) F )?").expect("the pattern is sound")
});

/// Lines of one shape that are taken, so that what was written most often is not all.
const OF_ONE_SHAPE: usize = 12;

/// Lines and small files.
#[derive(Debug)]
pub struct Material {
    /// Lines of each of the [`PROGRAMS`], without wrapper.
    lines: BTreeMap<&'static str, Vec<String>>,
    /// Path from the bundle's root, content.
    small: Vec<(String, Vec<u8>)>,
}

impl Material {
    /// Reads the captures.
    ///
    /// # Errors
    /// When one cannot be read or has no lines.
    pub fn load() -> Result<Self> {
        let mut lines = BTreeMap::new();
        for program in PROGRAMS {
            lines.insert(program.name, healthy_lines(program)?);
        }
        let is_small = |path: &str| {
            NODES.iter().any(|node| path.starts_with(&directory(node))) && !path.contains("/podlogs/")
        };
        Ok(Self { lines, small: members(SMALL_FILES, is_small)? })
    }

    /// Lines of a program, without wrapper.
    pub fn lines(&self, program: &Program) -> &[String] {
        self.lines.get(program.name).map_or(&[], Vec::as_slice)
    }

    /// The small files of a node: path from the bundle's root, content.
    pub fn small(&self, node: &str) -> impl Iterator<Item = &(String, Vec<u8>)> {
        let directory = directory(node);
        self.small.iter().filter(move |(path, _)| path.starts_with(&directory))
    }
}

/// Lines of an etcd that loses its leader again and again, without wrapper.
///
/// # Errors
/// When the capture cannot be read.
pub fn election_storm() -> Result<Vec<String>> {
    lines_of("rke2-etcd-election-storm", "/podlogs/kube-system_etcd-")
}

fn healthy_lines(program: &Program) -> Result<Vec<String>> {
    let mut lines: Vec<String> = program.imitated.iter().map(|&line| line.to_owned()).collect();
    let Some((capture, fragment)) = program.captured else { return Ok(lines) };
    let mut shapes: BTreeMap<String, usize> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for line in lines_of(capture, fragment)? {
        // A line without digits has no time: it belongs to the one before, which may not be taken.
        let is_whole = line.get(1..5).is_some_and(|start| start.bytes().all(|byte| byte.is_ascii_digit()));
        let is_json = line.starts_with('{') && line.ends_with('}');
        if !(is_whole || is_json) || line.len() > 1500 || RARE.is_match(&line) || !seen.insert(line.clone()) {
            continue;
        }
        let shape = line.chars().filter(|letter| !letter.is_ascii_digit()).collect();
        let n_shape = shapes.entry(shape).or_default();
        *n_shape += 1;
        if *n_shape <= OF_ONE_SHAPE {
            lines.push(line.replace("k8s-etcd", "rke2-srv"));
        }
    }
    if lines.is_empty() {
        return Err(format!("no healthy line in `{fragment}` of the capture `{capture}`").into());
    }
    Ok(lines)
}

fn lines_of(capture: &str, fragment: &str) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for (_, content) in members(capture, |path| path.contains(fragment))? {
        let text = String::from_utf8_lossy(&content);
        lines.extend(text.lines().map(|line| WRAPPER.replace(line, "").into_owned()));
    }
    Ok(lines)
}

/// The files of a capture whose paths are asked for.
fn members(capture: &str, is_asked: impl Fn(&str) -> bool) -> Result<Vec<(String, Vec<u8>)>> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/captures").join(format!("{capture}.tar.gz"));
    let file = File::open(&path).map_err(|e| format!("cannot read `{}`: {e}", path.display()))?;
    let mut archive = tar::Archive::new(MultiGzDecoder::new(BufReader::new(file)));
    let mut members = Vec::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.display().to_string();
        let path = path.trim_start_matches("./").to_owned();
        if entry.header().entry_type().is_file() && is_asked(&path) {
            let mut content = Vec::new();
            entry.read_to_end(&mut content)?;
            members.push((path, content));
        }
    }
    Ok(members)
}
