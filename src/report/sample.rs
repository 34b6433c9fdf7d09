//! Results to test the formats with: a cluster with two root causes, and the results that are easily misread.

use std::collections::BTreeMap;

use crate::analysis::{
    Analysis, Cluster, Confidence, Coverage, Evidence, Finding, Input, Missing, Node, Remedy, Risk, Rulebook,
    SCHEMA, Severity, State, Suppressed, Tool, Unknown, Verdict,
};
use crate::base::{Diagnostic, Time, TimeSpan, Untrusted};

/// Texts that an attacker would put into a bundle.
pub(crate) const HOSTILE: &[&str] = &[
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg onload=alert(1)>",
    "{{7*7}} {% raw %}",
    "javascript:alert(1)",
    "[click](javascript:alert(1)) ![x](https://evil.example/x.png)",
    "\u{202e}gnp.exe\u{200b} \u{1b}[31mred\u{1b}[0m \0",
    "``` ```` ` a | b | c",
    "</style></pre></code></details><!-- -->",
    "@everyone see #123 and https://evil.example/ www.evil.example",
    "&lt;b&gt; &amp; &#x3c;",
    "line one\nline two\r\n# heading\n\n---",
];

fn at(text: &str) -> Time {
    Time::parse(text).unwrap()
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, Untrusted> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).into())).collect()
}

fn texts(lines: &[&str]) -> Vec<Untrusted> {
    lines.iter().map(|line| (*line).into()).collect()
}

fn finding(rule: &str, severity: Severity, title: &str) -> Finding {
    Finding {
        cluster: None,
        rule: rule.to_owned(),
        aliases: vec![],
        fingerprint: format!("{rule}-5f0c2a9e"),
        severity,
        confidence: Confidence::High,
        title: title.into(),
        summary: Untrusted::default(),
        about: String::new(),
        root_cause: false,
        explained_by: vec![],
        explains: vec![],
        component: "etcd".to_owned(),
        layer: 3,
        nodes: vec![],
        entities: BTreeMap::new(),
        fields: BTreeMap::new(),
        count: 1,
        first: None,
        last: None,
        evidence: vec![],
        remedy: vec![],
        references: vec![],
    }
}

fn evidence(node: &str, file: &str, line: u64, time: &str, text: &str) -> Evidence {
    Evidence {
        node: Some(node.into()),
        file: file.into(),
        line,
        offset: line * 187,
        time: Time::parse(time),
        text: text.into(),
        context_before: vec![],
        context_after: vec![],
        signal: "refused".to_owned(),
    }
}

fn remedy(step: &str, run: Option<&str>, risk: Risk) -> Remedy {
    Remedy { step: step.to_owned(), run: run.map(str::to_owned), risk }
}

/// The first root cause: one etcd member was wiped and came back as a cluster of its own.
fn cluster_id() -> Finding {
    let mut out = finding(
        "etcd-cluster-id-mismatch",
        Severity::Critical,
        "etcd member k8s-etcd03 belongs to another cluster than its peers",
    );
    out.summary = "k8s-etcd03 answers with cluster ID 7e27652122e8b2ae while k8s-etcd01 and k8s-etcd02 expect cdf818194e3a8c32. Its data directory was created anew with another cluster token.".into();
    out.about = "Each etcd cluster has an ID that is computed when its **first** member starts. Peers refuse every request that carries another one.\n\nIt happens when\n\n- the data directory of one member was deleted and it was started with `--initial-cluster-state new`,\n- a snapshot was restored on *one* member only.\n\nUntil the member joins again, the cluster runs without it:\n\n```text\nmembers: 3   working: 2   may fail: 0\n```".to_owned();
    out.root_cause = true;
    out.nodes = texts(&["k8s-etcd01", "k8s-etcd02"]);
    out.entities = map(&[("member", "k8s-etcd03")]);
    out.fields = map(&[("got", "7e27652122e8b2ae"), ("want", "cdf818194e3a8c32")]);
    out.count = 12_431;
    out.first = Some(at("2026-11-22T03:11:12.337368316Z"));
    out.last = Some(at("2026-11-22T04:09:58.004Z"));
    out.evidence = cluster_id_evidence();
    out.remedy = cluster_id_remedy();
    out.references = vec!["https://etcd.io/docs/v3.5/op-guide/runtime-configuration/".to_owned()];
    out.explains =
        vec!["etcd-no-quorum-5f0c2a9e".to_owned(), "apiserver-etcd-unreachable-5f0c2a9e".to_owned()];
    out
}

fn cluster_id_evidence() -> Vec<Evidence> {
    let log1 = "k8s-etcd01.tar.gz!k8s-etcd01-2026-11-22_03_11_34/rke/containerlogs/etcd";
    let log2 = "k8s-etcd02.tar.gz!k8s-etcd02-2026-11-22_03_11_34/rke/containerlogs/etcd";
    let mut first = evidence(
        "k8s-etcd01",
        log1,
        412,
        "2026-11-22T03:11:12.337368316Z",
        "2026-11-22T03:11:12.337368316Z 2026-11-22 03:11:12.337200 E | rafthttp: request cluster ID mismatch (got 7e27652122e8b2ae want cdf818194e3a8c32)",
    );
    first.context_before = texts(&[
        "2026-11-22T03:11:11.902114027Z 2026-11-22 03:11:11.901871 I | raft: 8e9e05c52164694d is starting a new election at term 9",
        "2026-11-22T03:11:12.100008771Z 2026-11-22 03:11:12.099813 W | rafthttp: lost the TCP streaming connection with peer ade526d28b1f92f7 (stream MsgApp v2 reader)",
        "2026-11-22T03:11:12.100331552Z 2026-11-22 03:11:12.100102 E | rafthttp: failed to read ade526d28b1f92f7 on stream MsgApp v2 (EOF)",
    ]);
    first.context_after = texts(&[
        "2026-11-22T03:11:12.438111900Z 2026-11-22 03:11:12.437902 E | rafthttp: request cluster ID mismatch (got 7e27652122e8b2ae want cdf818194e3a8c32)",
        "2026-11-22T03:11:13.001114801Z 2026-11-22 03:11:13.000897 W | etcdserver: failed to reach the peerURL(https://192.168.77.13:2380) of member ade526d28b1f92f7 (Get https://192.168.77.13:2380/version: dial tcp 192.168.77.13:2380: connect: connection refused)",
    ]);
    vec![
        first,
        evidence(
            "k8s-etcd02",
            log2,
            398,
            "2026-11-22T03:11:12.402117004Z",
            "2026-11-22T03:11:12.402117004Z 2026-11-22 03:11:12.401955 E | rafthttp: request cluster ID mismatch (got 7e27652122e8b2ae want cdf818194e3a8c32)",
        ),
        evidence(
            "k8s-etcd01",
            "k8s-etcd01.tar.gz!k8s-etcd01-2026-11-22_03_11_34/etcd/endpointstatus",
            4,
            "",
            "| https://192.168.77.13:2379 | ade526d28b1f92f7 |  3.4.23 |   20 kB |      true |      false |         2 |          5 |                  5 |        |",
        ),
        evidence(
            "k8s-etcd02",
            log2,
            91_407,
            "2026-11-22T04:09:58.004Z",
            "2026-11-22T04:09:58.004000118Z 2026-11-22 04:09:58.003714 E | rafthttp: request cluster ID mismatch (got 7e27652122e8b2ae want cdf818194e3a8c32)",
        ),
    ]
}

fn cluster_id_remedy() -> Vec<Remedy> {
    vec![
        remedy(
            "Compare raft index and revision of every member before touching anything.",
            Some("etcdctl endpoint status --cluster -w table"),
            Risk::ReadOnly,
        ),
        remedy(
            "Stop etcd on k8s-etcd03 and remove the stray member from the two that agree.",
            Some("docker stop etcd\netcdctl member remove ade526d28b1f92f7"),
            Risk::Disruptive,
        ),
        remedy(
            "Move its data directory away and let it join as a new member.",
            Some(
                "mv /var/lib/etcd /var/lib/etcd.stray\netcdctl member add k8s-etcd03 --peer-urls=https://192.168.77.13:2380",
            ),
            Risk::DataLoss,
        ),
    ]
}

/// What follows from [`cluster_id`].
fn consequences() -> [Finding; 2] {
    let cause = vec!["etcd-cluster-id-mismatch-5f0c2a9e".to_owned()];
    let mut quorum = finding("etcd-no-quorum", Severity::Critical, "etcd had no leader for 42 s");
    quorum.summary = "Three elections failed between 03:11:12 and 03:11:54.".into();
    quorum.explained_by = cause.clone();
    quorum.nodes = texts(&["k8s-etcd01", "k8s-etcd02"]);
    quorum.count = 37;
    quorum.first = Some(at("2026-11-22T03:11:13Z"));
    quorum.last = Some(at("2026-11-22T03:11:54Z"));
    quorum.evidence = vec![evidence(
        "k8s-etcd01",
        "k8s-etcd01.tar.gz!k8s-etcd01-2026-11-22_03_11_34/rke/containerlogs/etcd",
        431,
        "2026-11-22T03:11:13Z",
        "2026-11-22T03:11:13.000114801Z 2026-11-22 03:11:13.000897 W | etcdserver: timed out waiting for read index response (local node might have slow network)",
    )];
    let mut api = finding(
        "apiserver-etcd-unreachable",
        Severity::Error,
        "the API server on k8s-etcd01 could not reach etcd",
    );
    api.component = "kube-apiserver".to_owned();
    api.layer = 4;
    api.confidence = Confidence::Medium;
    api.explained_by = cause;
    api.nodes = texts(&["k8s-etcd01"]);
    api.count = 208;
    api.first = Some(at("2026-11-22T03:11:15Z"));
    api.last = Some(at("2026-11-22T03:11:58Z"));
    api.evidence = vec![evidence(
        "k8s-etcd01",
        "k8s-etcd01.tar.gz!k8s-etcd01-2026-11-22_03_11_34/rke/containerlogs/kube-apiserver",
        2_210,
        "2026-11-22T03:11:15Z",
        "E1122 03:11:15.118201       1 controller.go:187] failed to update lease, error: etcdserver: request timed out",
    )];
    api.remedy = vec![remedy("Nothing to do here: it ends when etcd has a leader.", None, Risk::ReadOnly)];
    [quorum, api]
}

/// A second root cause that has nothing to do with the first.
fn longhorn() -> Finding {
    let mut out = finding(
        "longhorn-multipathd-holds-device",
        Severity::Error,
        "multipathd on k8s-worker01 holds the block devices of Longhorn volumes",
    );
    out.root_cause = true;
    out.confidence = Confidence::Medium;
    out.component = "longhorn".to_owned();
    out.layer = 0;
    out.summary = "14 mounts in namespace longhorn-system failed because the device was busy.".into();
    out.about = "multipathd takes any new SCSI device unless it is told not to.".to_owned();
    out.nodes = texts(&["k8s-worker01"]);
    out.entities =
        map(&[("namespace", "longhorn-system"), ("volume", "pvc-31f0c1a4-2d1c-4d09-9d25-1f7ad9a2f2a1")]);
    out.count = 14;
    out.first = Some(at("2026-11-20T22:40:03Z"));
    out.last = Some(at("2026-11-22T02:58:41Z"));
    out.evidence = vec![evidence(
        "k8s-worker01",
        "k8s-worker01.tar.gz!k8s-worker01-2026-11-22_03_11_40/journald/kubelet",
        88_213,
        "2026-11-20T22:40:03Z",
        "Nov 20 22:40:03 k8s-worker01 kubelet[1204]: E1120 22:40:03.511902    1204 nestedpendingoperations.go:348] MountVolume.MountDevice failed for volume \"pvc-31f0c1a4-2d1c-4d09-9d25-1f7ad9a2f2a1\": rpc error: code = Internal desc = mount failed: exit status 32 mount: /var/lib/kubelet/plugins/kubernetes.io/csi/driver.longhorn.io/globalmount: /dev/longhorn/pvc-31f0c1a4-2d1c-4d09-9d25-1f7ad9a2f2a1 already mounted or mount point busy.",
    )];
    out.remedy = vec![
        remedy("See which maps exist.", Some("multipath -ll"), Risk::ReadOnly),
        remedy(
            "Blacklist the devices of Longhorn and restart multipathd.",
            Some("systemctl restart multipathd"),
            Risk::Disruptive,
        ),
    ];
    out.references = vec!["https://longhorn.io/kb/troubleshooting-volume-with-multipath/".to_owned()];
    out
}

fn rest() -> [Finding; 2] {
    let mut certificate = finding(
        "certificate-expires-soon",
        Severity::Warning,
        "kube-scheduler's certificate on k8s-etcd02 ends in 12 d",
    );
    certificate.component = "certificates".to_owned();
    certificate.layer = 2;
    certificate.nodes = texts(&["k8s-etcd02"]);
    certificate.fields = map(&[("not_after", "2026-12-04T08:00:00Z")]);
    certificate.evidence = vec![evidence(
        "k8s-etcd02",
        "k8s-etcd02.tar.gz!k8s-etcd02-2026-11-22_03_11_34/rke/certs/kube-scheduler.pem",
        9,
        "",
        "            Not After : Dec  4 08:00:00 2026 GMT",
    )];
    certificate.remedy =
        vec![remedy("Rotate the certificates in a quiet hour.", Some("rke cert rotate"), Risk::Disruptive)];
    let mut noise = finding(
        "log-noise-cuts-history",
        Severity::Info,
        "one message fills 99 % of the kubelet log of k8s-worker01",
    );
    noise.component = "kubelet".to_owned();
    noise.layer = 5;
    noise.confidence = Confidence::Low;
    noise.nodes = texts(&["k8s-worker01"]);
    noise.count = 243_207;
    noise.evidence = vec![evidence(
        "k8s-worker01",
        "k8s-worker01.tar.gz!k8s-worker01-2026-11-22_03_11_40/k3s/kubelet-2025-12-02.log.gz",
        2,
        "2026-11-10T13:58:40Z",
        "E1110 13:58:40.483112    1204 dns.go:153] \"Nameserver limits exceeded\" err=\"Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: 10.0.0.1 10.0.0.2 10.0.0.3\"",
    )];
    [certificate, noise]
}

fn unknown() -> Vec<Unknown> {
    let missing = |source: &str, node: Option<&str>, reason: &str, collect: &str| Missing {
        source: source.to_owned(),
        node: node.map(Untrusted::from),
        reason: reason.to_owned(),
        collect: vec![collect.to_owned()],
    };
    let etcd3 = missing(
        "etcd logs",
        Some("k8s-etcd03"),
        "no capture of this node was given",
        "docker logs -t etcd > etcd.log 2>&1",
    );
    vec![
        Unknown {
            rule: "etcd-slow-disk".to_owned(),
            title: "The disk of an etcd member is too slow".to_owned(),
            missing: vec![etcd3.clone()],
        },
        Unknown {
            rule: "etcd-wal-corrupt".to_owned(),
            title: "The write-ahead log of an etcd member is damaged".to_owned(),
            missing: vec![etcd3],
        },
        Unknown {
            rule: "namespace-stuck-finalizer".to_owned(),
            title: "A namespace cannot be deleted because a finalizer is left".to_owned(),
            missing: vec![missing(
                "Namespace metadata.finalizers",
                None,
                "only the table of namespaces was collected",
                "kubectl get namespaces -o yaml",
            )],
        },
        Unknown {
            rule: "webhook-without-endpoints".to_owned(),
            title: "An admission webhook points to a service without endpoints".to_owned(),
            missing: vec![
                missing(
                    "ValidatingWebhookConfiguration objects",
                    None,
                    "not collected by this version of the collector",
                    "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations -o yaml",
                ),
                missing(
                    "Endpoints objects",
                    None,
                    "the file holds an error message",
                    "kubectl get endpoints -A -o yaml",
                ),
            ],
        },
    ]
}

fn coverage() -> Vec<Coverage> {
    let entry = |source: &str, node: Option<&str>, state: State, lines: u64| Coverage {
        cluster: None,
        source: source.to_owned(),
        node: node.map(Untrusted::from),
        state,
        lines,
        first: (lines > 0 && node.is_some()).then(|| at("2026-11-20T03:11:02Z")),
        last: (lines > 0 && node.is_some()).then(|| at("2026-11-22T04:09:59Z")),
        gaps: vec![],
        clock: std::collections::BTreeSet::new(),
        reason: None,
    };
    let (a, b, c) = (Some("k8s-etcd01"), Some("k8s-etcd02"), Some("k8s-worker01"));
    let mut out = vec![
        entry("etcd logs", a, State::Present, 91_512),
        entry("etcd logs", b, State::Truncated, 91_407),
        entry("kube-apiserver logs", a, State::Present, 18_204),
        entry("kube-apiserver logs", b, State::Unreadable, 0),
        entry("kubelet logs", a, State::Present, 4_113),
        entry("kubelet logs", b, State::Redacted, 0),
        entry("kubelet logs", c, State::Present, 244_987),
        entry("EtcdEndpoint objects", a, State::Present, 3),
        entry("EtcdEndpoint objects", b, State::Missing, 0),
        entry("Certificate objects", a, State::Present, 14),
        entry("Certificate objects", b, State::Present, 14),
        entry("Certificate objects", c, State::Empty, 0),
        entry("Namespace objects", None, State::Present, 24),
        entry("Pod objects", None, State::Present, 131),
        entry("ValidatingWebhookConfiguration objects", None, State::Missing, 0),
        entry("Endpoints objects", None, State::Unreadable, 0),
        entry("Event objects", None, State::Empty, 0),
    ];
    out[0].gaps = vec![TimeSpan { first: at("2026-11-21T01:00:00Z"), last: at("2026-11-21T01:40:00Z") }];
    out
}

fn nodes() -> Vec<Node> {
    let node = |name: &str, roles: &[&str], address: &str, captured: Option<&str>, skew: Option<i64>| Node {
        version: "v1.30.4+rke2r1".to_owned(),
        name: name.into(),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        addresses: vec![address.into()],
        versions: [("docker", "20.10.24"), ("kubelet", "v1.24.4")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into(),
        captured_at: captured.map(at),
        clock_skew_ms: skew,
    };
    vec![
        node("k8s-etcd01", &["etcd", "control-plane"], "192.168.77.11", Some("2026-11-22T04:10:05Z"), None),
        node(
            "k8s-etcd02",
            &["etcd", "control-plane"],
            "192.168.77.12",
            Some("2026-11-22T04:10:02Z"),
            Some(-41_000),
        ),
        node("k8s-etcd03", &["etcd", "control-plane"], "192.168.77.13", None, None),
        node("k8s-worker01", &["worker"], "192.168.77.21", Some("2026-11-22T04:09:40Z"), Some(120)),
    ]
}

fn input(path: &str, bytes: u64, members: u64) -> Input {
    let sha256 = "f8ed0890d94fe3161771b3770661fba6d17fcae6ca382402f1fb988b2b0c5a4f".to_owned();
    Input { path: path.into(), bytes, sha256, members }
}

fn cluster() -> Cluster {
    Cluster {
        name: "k8s-etcd01, k8s-etcd02 and k8s-worker01".into(),
        version: "v1.24.4".to_owned(),
        distribution: "rke1".to_owned(),
        versions: [("etcd", "3.4.23"), ("kubernetes", "v1.24.4")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into(),
        nodes: nodes(),
    }
}

/// A cluster with two root causes, one of them with two consequences, and gaps of every kind.
pub(crate) fn sample() -> Analysis {
    let mut findings = vec![cluster_id()];
    findings.extend(consequences());
    findings.push(longhorn());
    findings.extend(rest());
    Analysis {
        schema: SCHEMA,
        tool: Tool {
            name: "rancher-bundle",
            version: "0.1.0",
            rulebook: Rulebook {
                rules: 126,
                sha256: "0d5f7c1c3e8ab1f0a8c2d6ff1c9d3b1e2f4a5b6c7d8e9fa0b1c2d3e4f5a6b7c8".to_owned(),
                own: Vec::new(),
            },
        },
        captured_at: Some(at("2026-11-22T04:10:05Z")),
        captured_at_source: Some("systeminfo/date on k8s-etcd01".to_owned()),
        inputs: vec![
            input("k8s-etcd01.tar.gz", 226_651, 412),
            input("k8s-etcd02.tar.gz", 219_004, 409),
            input("k8s-worker01.tar.gz", 1_641_227, 288),
        ],
        captures: Vec::new(),
        clusters: Vec::new(),
        cluster: cluster(),
        verdict: Verdict {
            headline: "etcd member k8s-etcd03 belongs to another cluster than its peers".into(),
            worst: Some(Severity::Critical),
            root_causes: findings.iter().filter(|f| f.root_cause).map(|f| f.fingerprint.clone()).collect(),
            unknown_rules: 4,
        },
        findings,
        unknown: unknown(),
        clear: ["apiserver-certificate-expired", "etcd-nospace", "node-disk-full"]
            .map(str::to_owned)
            .to_vec(),
        coverage: coverage(),
        diagnostics: vec![
            Diagnostic::info(
                "year-inferred",
                "44 % of the lines carry no year; it was taken from the capture",
            ),
            Diagnostic::warning("member-truncated", "ends after 41 MiB of 88 MiB")
                .in_file("k8s-etcd02.tar.gz!k8s-etcd02-2026-11-22_03_11_34/rke/containerlogs/etcd")
                .at_line(91_407)
                .help("ask for the file again; rules that read etcd logs may miss later events"),
            Diagnostic::error("not-an-archive", "`notes.docx` is neither an archive nor a log")
                .in_file("notes.docx"),
            Diagnostic::warning("line-too-long", "3 lines were cut").limit("max-line"),
        ],
        suppressed: vec![Suppressed {
            fingerprint: "node-clock-skew-0011aabb".to_owned(),
            reason: "known, ticket 4711".to_owned(),
            expires: Some("2027-01-01".to_owned()),
        }],
    }
}

/// Most rules were decided, and none of them found anything.
pub(crate) fn nothing_found() -> Analysis {
    let mut out = sample();
    out.findings.clear();
    out.suppressed.clear();
    out.verdict = Verdict {
        headline: "Nothing found in what could be checked".into(),
        worst: None,
        root_causes: vec![],
        unknown_rules: out.unknown.len(),
    };
    out
}

/// No rule could be decided.
pub(crate) fn nothing_known() -> Analysis {
    let mut out = nothing_found();
    out.verdict.headline = Untrusted::default();
    out.clear.clear();
    out.coverage.clear();
    out.cluster = Cluster::default();
    out.captured_at = None;
    out.captured_at_source = None;
    out.inputs.truncate(1);
    out
}

/// [`sample`] with every text that can come from a bundle replaced.
pub(crate) fn with_text(text: impl Fn(&str) -> String) -> Analysis {
    let mut out = sample();
    let replace = |all: &mut Vec<Untrusted>| {
        all.iter_mut().for_each(|one| *one = Untrusted::new(text(one.raw())));
    };
    out.verdict.headline = text("headline").into();
    for finding in &mut out.findings {
        finding.title = text("title").into();
        finding.summary = text("summary").into();
        replace(&mut finding.nodes);
        finding.entities.values_mut().for_each(|value| *value = text("value").into());
        finding.fields.values_mut().for_each(|value| *value = text("value").into());
        for step in &mut finding.remedy {
            step.step = text("step");
            step.run = Some(text("run"));
        }
        for evidence in &mut finding.evidence {
            evidence.node = Some(text("node").into());
            evidence.file = text("file").into();
            evidence.text = text("line").into();
            replace(&mut evidence.context_before);
            replace(&mut evidence.context_after);
        }
    }
    for missing in out.unknown.iter_mut().flat_map(|unknown| &mut unknown.missing) {
        missing.node = Some(text("node").into());
        missing.reason = text("reason");
        missing.collect = vec![text("collect")];
    }
    out.coverage.iter_mut().for_each(|entry| entry.node = Some(text("node").into()));
    for node in &mut out.cluster.nodes {
        node.name = text("name").into();
        node.versions.values_mut().for_each(|version| *version = text("version"));
        replace(&mut node.addresses);
    }
    out.cluster.versions.values_mut().for_each(|version| *version = text("version"));
    for diagnostic in &mut out.diagnostics {
        diagnostic.message = text("message");
        diagnostic.file = Some(text("file"));
    }
    out.inputs.iter_mut().for_each(|input| input.path = text("path").into());
    out.captured_at_source = Some(text("source"));
    out
}

/// `n` root causes, each with more and longer evidence than any page should hold.
pub(crate) fn large(n: usize) -> Analysis {
    let mut out = sample();
    let model = cluster_id();
    out.findings = (0..n)
        .map(|i| {
            let mut finding = model.clone();
            finding.fingerprint = format!("{}-{i}", finding.fingerprint);
            for evidence in &mut finding.evidence {
                evidence.text = "<x> ".repeat(1_000).into();
                evidence.context_before = vec!["y".repeat(4_000).into(); 3];
            }
            finding
        })
        .collect();
    out
}
