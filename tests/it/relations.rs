//! Derived signals give what comparing all pairs gives, as docs/rule-language.md defines them: whatever the order of the
//! lines, however many share a time, on however many nodes and threads.

use proptest::prelude::*;
use rancher_bundle::base::Severity;
use rancher_bundle::ingest::Options;
use rancher_bundle::rule::Rulebook;
use rancher_bundle::source::Input;
use rancher_bundle::testing::{self, Depth};

/// Something that happened: when (seconds after the start), on which node, with which value.
#[derive(Clone, Copy, Debug)]
struct Event {
    second: i64,
    node: u8,
    value: u8,
}

/// A relation as a rule names it.
#[derive(Clone, Debug)]
struct Asked {
    word: &'static str,
    within: Option<i64>,
    skew: i64,
    same_node: bool,
    same_value: bool,
}

/// Seconds between the start and the capture.
const CAPTURE: i64 = 1000;

/// The reference, pair by pair.
fn holds(asked: &Asked, a: Event, others: &[Event]) -> bool {
    let pair = |b: &Event| {
        if asked.same_node && a.node != b.node || asked.same_value && a.value != b.value {
            return false;
        }
        let skew = if a.node == b.node { 0 } else { asked.skew };
        let far = |distance: i64| asked.within.is_none_or(|within| distance <= within + skew);
        let later = b.second - a.second;
        match asked.word {
            "near" => far(later.abs()),
            "before" | "followed_by" | "not_followed_by" => later >= -skew && far(later),
            "after" => later <= skew && far(-later),
            _ => true,
        }
    };
    others.iter().any(pair) != matches!(asked.word, "not_followed_by" | "without")
}

fn log(word: &str, events: &[Event]) -> String {
    let line = |event: &Event| {
        let time = format!("03:{:02}:{:02}", event.second / 60, event.second % 60);
        format!(
            "            2026-11-22 {time}.000000 I | etcdserver: something {word} with v{}\n",
            event.value
        )
    };
    let of = |node: u8| events.iter().filter(move |event| event.node == node).map(line).collect::<String>();
    (0..3)
        .map(|node| (node, of(node)))
        .filter(|(_, text)| !text.is_empty())
        .fold(String::new(), |all, (node, text)| format!("{all}          node{node}: |\n{text}"))
}

fn rule(asked: &Asked, a: &[Event], b: &[Event], expected: usize) -> String {
    let mut same = Vec::new();
    same.extend(asked.same_node.then_some("node"));
    same.extend(asked.same_value.then_some("value"));
    let within = asked.within.map_or(String::new(), |within| format!(", within: {within}s"));
    let skew = if asked.skew > 0 { format!(", skew: {}s", asked.skew) } else { ", skew: 1ns".to_owned() };
    let logs: String = [("began", a), ("ended", b)]
        .iter()
        .zip(["etcd", "kubelet"])
        .map(|((word, events), component)| (component, log(word, events)))
        .filter(|(_, text)| !text.is_empty())
        .map(|(component, text)| format!("        {component}:\n{text}"))
        .collect();
    let expect =
        if expected == 0 { "clear".to_owned() } else { format!("{{verdict: finding, count: {expected}}}") };
    format!(
        "id: asked\ntitle: t\nseverity: error\ncomponent: etcd\nabout: why\nsignals:\n  a: {{logs: etcd, match: \"something began with {{value}}\"}}\n  b: {{logs: kubelet, match: \"something ended with {{value}}\"}}\n  d: {{of: a, {}: b, same: [{}]{within}{}}}\nwhen: d.count >= 1\ntests:\n  - name: as the reference\n    captured_at: \"2026-11-22T03:16:40Z\"\n    logs:\n{}\n    expect: {expect}\n  - {{name: nothing, expect: clear}}\n  - {{name: no logs, missing: [etcd, kubelet], expect: unknown}}\n",
        asked.word,
        same.join(", "),
        if matches!(asked.word, "with" | "without") { "" } else { &skew },
        if logs.is_empty() { "      {}\n".to_owned() } else { logs },
    )
}

/// What the tests of the rule complain of.
fn complaints(text: &str, threads: usize) -> Vec<String> {
    let (book, said) = Rulebook::from_files([("asked.yaml", text)], &rancher_bundle::vocabulary());
    // That no test expects a finding is right to say, and no matter here.
    let said = said.iter().filter(|said| said.severity == Severity::Error).map(|said| said.message.clone());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let report = pool.install(|| testing::run(&book, Depth::Coverage));
    let wrong = report.rules.iter().flat_map(|rule| &rule.tests).flat_map(|test| test.wrong.clone());
    said.chain(wrong).collect()
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    proptest::collection::vec((0i64..40, 0u8..3, 0u8..3), 0..8)
        .prop_map(|all| all.into_iter().map(|(second, node, value)| Event { second, node, value }).collect())
}

fn asked() -> impl Strategy<Value = Asked> {
    let words = ["near", "before", "followed_by", "after", "not_followed_by", "with", "without"];
    (0..words.len(), proptest::option::of(1i64..15), 0i64..4, any::<bool>(), any::<bool>()).prop_map(
        move |(word, within, skew, same_node, same_value)| {
            let word = words[word];
            let timed = !matches!(word, "with" | "without");
            let within = within.filter(|_| timed).or((word == "near").then_some(5));
            Asked { word, within, skew, same_node, same_value }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn relations_are_those_of_all_pairs(asked in asked(), a in events(), b in events(), threads in 1usize..4) {
        prop_assert!(CAPTURE > 40 + 15 + 4, "the capture must not hide what could come");
        let expected = a.iter().filter(|event| holds(&asked, **event, &b)).count();
        let wrong = complaints(&rule(&asked, &a, &b, expected + 1), threads);
        prop_assert!(wrong.iter().any(|message| message.contains("expected")), "the test cannot fail");
        let text = rule(&asked, &a, &b, expected);
        let complaints = complaints(&text, threads);
        prop_assert!(complaints.is_empty(), "{:?}\n{}", complaints, text);
    }
}

/// A log of two kinds of lines in no order, with more times and values than are kept apart.
fn long_log(node: u64) -> String {
    let mut log = String::new();
    for number in 0..15_000_u64 {
        let micros = (number * 3 + node).wrapping_mul(2_654_435_761) % 3_600_000_000;
        let (minute, second, rest) = (micros / 60_000_000, micros / 1_000_000 % 60, micros % 1_000_000);
        let word = ["began", "ended"][usize::try_from(number % 2).unwrap()];
        let value = number / 7 % 1500;
        log.push_str(&format!(
            "2026-11-22 03:{minute:02}:{second:02}.{rest:06} I | etcdserver: something {word} with v{value}\n"
        ));
    }
    log
}

#[test]
fn neither_threads_nor_pieces_change_what_derived_signals_give() {
    let directory = tempfile::tempdir().unwrap();
    let bundles: Vec<std::path::PathBuf> = (1..=2)
        .map(|node| {
            let bundle = directory.path().join(format!("n{node}-2026-11-22_04_30_00"));
            std::fs::create_dir_all(bundle.join("rke/containerlogs")).unwrap();
            std::fs::write(bundle.join("rke/containerlogs/etcd"), long_log(node)).unwrap();
            bundle
        })
        .collect();
    let rule = |id: &str, rest: &str| {
        let text = format!(
            "id: {id}\ntitle: \"{{{{ d.count }}}} {{{{ d.peak }}}} {{{{ d.nodes }}}}\"\nseverity: error\ncomponent: etcd\nabout: why\nsignals:\n  a: {{logs: etcd, match: \"began with {{value}}\"}}\n  b: {{logs: etcd, match: \"ended with {{value}}\"}}\n{rest}\nwhen: d.count >= 1\n"
        );
        (format!("{id}.yaml"), text)
    };
    let rules = [
        rule("near", "  d: {of: a, near: b, within: 1s, same: [node, value]}"),
        rule("after", "  d: {of: a, after: b, within: 10ms}\ngroup_by: [value]"),
        rule("alone", "  d: {of: a, not_followed_by: b, within: 30s, same: value}"),
    ];
    let (book, said) = Rulebook::from_files(
        rules.iter().map(|(path, text)| (path.as_str(), text.as_str())),
        &rancher_bundle::vocabulary(),
    );
    assert!(book.rules.len() == 3, "{said:?}");
    let result = |jobs: usize, chunk: usize, backwards: bool| {
        let mut inputs: Vec<Input> = bundles.iter().map(|path| Input::open(path).unwrap()).collect();
        if backwards {
            inputs.reverse();
        }
        let options = Options { jobs, chunk, ..Options::default() };
        let analysis = rancher_bundle::analyze(&inputs, &book, Vec::new(), &options, &|_| {});
        serde_json::to_string_pretty(&analysis).unwrap()
    };
    let expected = result(1, 1 << 20, false);
    assert!(expected.contains("\"rule\": \"near\""), "{expected}");
    for (jobs, chunk, backwards) in
        [(2, 1 << 20, true), (3, 1 << 14, false), (8, 70_000, true), (32, 1 << 12, false)]
    {
        assert!(result(jobs, chunk, backwards) == expected, "{jobs} threads, pieces of {chunk}");
    }
}

#[test]
fn of_a_rare_choice_among_many_lines_one_is_shown() {
    let directory = tempfile::tempdir().unwrap();
    let bundle = directory.path().join("n1-2026-11-22_04_30_00");
    std::fs::create_dir_all(bundle.join("rke/containerlogs")).unwrap();
    let line = |tenth: u32, word: &str| {
        let (minute, second) = (tenth / 600, tenth / 10 % 60);
        format!(
            "2026-11-22 03:{minute:02}:{second:02}.{}00000 I | etcdserver: something {word} with v1\n",
            tenth % 10
        )
    };
    let mut log: String = (0..20_000).map(|tenth| line(tenth, "began")).collect();
    log.push_str(&line(12_345, "ended"));
    std::fs::write(bundle.join("rke/containerlogs/etcd"), log).unwrap();
    let rule = "id: rare\ntitle: t\nseverity: error\ncomponent: etcd\nabout: why\nsignals:\n  a: {logs: etcd, match: \"began with {value}\"}\n  b: {logs: etcd, match: \"ended with {value}\"}\n  d: {of: a, near: b, within: 5s}\nwhen: d.count >= 1\n";
    let (book, _) = Rulebook::from_files([("rare.yaml", rule)], &rancher_bundle::vocabulary());
    let inputs = [Input::open(&bundle).unwrap()];
    let analysis = rancher_bundle::analyze(&inputs, &book, Vec::new(), &Options::default(), &|_| {});
    let finding = analysis.findings.first().unwrap();
    // 20,000 instants are more than are kept apart: what lies at the two ends of the ten seconds is not certain.
    assert!((80..=101).contains(&finding.count), "{}", finding.count);
    assert!(!finding.evidence.is_empty());
    for shown in &finding.evidence {
        let tenth = shown.line - 1;
        assert!((12_295..=12_395).contains(&tenth), "line {} is not near", shown.line);
    }
}

#[test]
fn objects_are_on_their_node_and_a_test_may_write_several_series() {
    let rule = r#"
id: asked
title: t
severity: error
component: kubelet
about: why
group_by: [node]
signals:
  late: {objects: Node, where: object.status.phase == "late"}
  failed: {logs: kubelet, match: "lease of {name} failed"}
  kept: {logs: kubelet, match: "lease of {name} was kept"}
  both: {of: late, with: failed, same: node}
  same: {of: failed, near: kept, within: 0s, skew: 0s}
when: both.count >= 1 && same.count >= 1
tests:
  - name: two series and a line on the node of the object
    objects: {Node: [{metadata: {name: w1}, status: {phase: late}}, {metadata: {name: w2}, status: {phase: late}}]}
    logs:
      kubelet:
        w1:
          - {line: "I{klog} 1 a.go:1] lease of w1 failed", repeat: 3, every: 1s}
          - {line: "I{klog} 1 a.go:1] lease of w1 was kept", repeat: 2, every: 2s}
          - "I1122 03:30:00.000000 1 a.go:1] nothing"
    expect: {verdict: finding, findings: 1, count: 3, fields: {node: w1}}
  - {name: nothing, expect: clear}
  - {name: no logs, missing: [kubelet, Node], expect: unknown}
"#;
    let wrong = complaints(rule, 1);
    assert!(wrong.is_empty(), "{wrong:?}");
}
