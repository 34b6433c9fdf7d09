//! The report in a real browser: it is whole, it asks for nothing, its script runs under its own content policy, and
//! text of a bundle stays text.
//!
//! Needs `chromium` on the path. Without it these tests say that they are skipped; where
//! `RANCHER_BUNDLE_REQUIRE_BROWSER` is set, as in `.ci/run`, they fail instead.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]
#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

const CAPTURE: &str = "testdata/captures/rke1-etcd-cluster-id-mismatch.tar.gz";

/// No network, no profile of anyone, nothing that a virtual machine lacks.
const FLAGS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--enable-logging=stderr",
];

/// What a browser makes of its content policy being broken, and of a script that fails.
const COMPLAINTS: &[&str] = &["Content Security Policy", "Refused to", "Uncaught"];

/// What would act, were it not text. Each names what it does when it does, so that the page would show it.
const HOSTILE: &[&str] = &[
    "<script>document.documentElement.dataset.owned=1</script>",
    "</code></div></script><script>document.documentElement.dataset.owned=2</script>",
    "<img src=x onerror=document.documentElement.dataset.owned=3>",
    "\"><svg onload=document.documentElement.dataset.owned=4>",
    "' autofocus onfocus=document.documentElement.dataset.owned=5 '",
    "<iframe srcdoc='<script>parent.document.documentElement.dataset.owned=6</script>'></iframe>",
    "<a href=javascript:document.documentElement.dataset.owned=7>click</a>",
    "{{ 7 * 7 }}{% raw %}[x](javascript:alert(1))\u{202e}\u{1b}[31m",
];

#[test]
fn the_report_is_whole_and_asks_for_nothing() {
    let Some(browser) = Browser::find() else { return };
    let dir = TempDir::new().unwrap();
    let (page, result) = analyze(Path::new(CAPTURE), dir.path());
    let (dom, log) = browser.open(&page);

    let text = text_of(&dom);
    let findings = result["findings"].as_array().unwrap();
    assert!(!findings.is_empty());
    for finding in findings {
        let title = finding["title"].as_str().unwrap();
        assert!(text.contains(title), "the page lacks `{title}`");
    }
    assert!(text.contains(result["verdict"]["headline"].as_str().unwrap()));

    // Only the script makes the search field and the buttons.
    assert!(dom.contains("type=\"search\"") && dom.contains("Copy for a ticket"), "the script did not run");
    quiet(&log);
    for (attribute, value) in references(&dom) {
        let own = value.starts_with('#') || value.starts_with("data:");
        // A person may follow a link of the rulebook; the browser does not by itself.
        let link = attribute == "href" && dom.contains(&format!("<a href=\"{value}\" rel=\"noreferrer\""));
        assert!(own || link, "the page refers to `{value}`");
    }
}

#[test]
fn text_of_a_bundle_stays_text() {
    let Some(browser) = Browser::find() else { return };
    let dir = TempDir::new().unwrap();
    let (page, result) = analyze(&bundle(dir.path(), HOSTILE), dir.path());
    assert!(!result["findings"].as_array().unwrap().is_empty(), "nothing hostile reached the report");
    let (_, tame) = {
        let plain = TempDir::new().unwrap();
        let harmless = vec!["harmless"; HOSTILE.len()];
        let (page, _) = analyze(&bundle(plain.path(), &harmless), plain.path());
        (plain, elements(&browser.open(&page).0))
    };

    let (dom, log) = browser.open(&page);
    quiet(&log);
    inert(&dom, tame);
    let text = text_of(&dom);
    for shown in ["<script>document.", "onerror=document.", "{{ 7 * 7 }}", "[x](javascript:alert(1))"] {
        assert!(text.contains(shown), "`{shown}` is not shown");
    }

    // The policy is a second wall. The first must hold alone.
    let html = fs::read_to_string(&page).unwrap();
    let open = html.replace("Content-Security-Policy", "X-None");
    assert_ne!(html, open);
    fs::write(&page, open).unwrap();
    inert(&browser.open(&page).0, tame);
}

#[test]
fn the_report_prints() {
    let Some(browser) = Browser::find() else { return };
    let dir = TempDir::new().unwrap();
    let (page, _) = analyze(Path::new(CAPTURE), dir.path());
    let pdf = dir.path().join("report.pdf");
    browser.run(&[&format!("--print-to-pdf={}", pdf.display()), &url(&page)]);
    let bytes = fs::read(&pdf).expect("no PDF was written");
    assert!(bytes.starts_with(b"%PDF-") && bytes.len() > 10_000, "{} bytes", bytes.len());
}

/// Nothing acted, and there is not one element more than in a page of harmless text.
fn inert(dom: &str, elements_of_harmless: usize) {
    assert!(!dom.contains("data-owned"), "text of the bundle ran as a script");
    for tag in ["<img", "<svg", "<iframe", "autofocus=\"", "href=\"javascript"] {
        assert!(!dom.contains(tag), "text of the bundle became `{tag}`");
    }
    assert_eq!(elements(dom), elements_of_harmless, "text of the bundle became elements");
}

fn quiet(log: &str) {
    for line in log.lines() {
        assert!(!COMPLAINTS.iter().any(|complaint| line.contains(complaint)), "{line}");
    }
}

/// A node's files with this text wherever a bundle can hold text: the node's name, file names, log lines.
fn bundle(dir: &Path, texts: &[&str]) -> PathBuf {
    let root = dir.join("bundle");
    for (i, text) in texts.iter().enumerate() {
        // A slash cannot be in a file name, and a file name is shorter than a line.
        let name: String = text.replace('/', "\\").chars().take(60).collect();
        let logs = root.join(format!("n{i}{name}-2026-11-22_03_11_34/rke/containerlogs"));
        fs::create_dir_all(&logs).unwrap();
        let line = |second: u32, text: &str| {
            format!(
                "2026-11-22 03:11:{second:02}.437435 E | rafthttp: request cluster ID mismatch (got 73c4f4af6603f71e want a688f964158beada) {text}\n"
            )
        };
        fs::write(logs.join("etcd"), format!("{text}\n{}{text}\n", line(12, text))).unwrap();
        fs::write(root.join(format!("etcd{i}{name}.log")), line(13, text)).unwrap();
    }
    root
}

/// Runs the program on an input: the page, and the result for comparison.
fn analyze(input: &Path, dir: &Path) -> (PathBuf, Value) {
    let (page, result) = (dir.join("report.html"), dir.join("result.json"));
    Command::new(env!("CARGO_BIN_EXE_rancher-bundle"))
        .args(["analyze", "-q", "-o"])
        .arg(&page)
        .arg("-o")
        .arg(&result)
        .arg(input)
        .assert()
        .success();
    (page, serde_json::from_str(&fs::read_to_string(&result).unwrap()).unwrap())
}

struct Browser(PathBuf);

impl Browser {
    /// The browser on the path, if there is one.
    fn find() -> Option<Self> {
        let found = std::env::var_os("PATH").and_then(|path| {
            std::env::split_paths(&path).map(|dir| dir.join("chromium")).find(|p| p.is_file())
        });
        if found.is_none() {
            let required = std::env::var_os("RANCHER_BUNDLE_REQUIRE_BROWSER").is_some();
            assert!(!required, "RANCHER_BUNDLE_REQUIRE_BROWSER is set, and chromium is not on the path");
            eprintln!("skipped: chromium is not on the path");
        }
        found.map(Self)
    }

    /// Opens a page: its elements after the script ran, as HTML, and what the browser logged.
    fn open(&self, page: &Path) -> (String, String) {
        let output = self.run(&["--dump-dom", &url(page)]);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&output.stdout), text(&output.stderr))
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let profile = TempDir::new().unwrap();
        let output = Command::new(&self.0)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .args(arguments)
            .timeout(Duration::from_secs(60))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output
    }
}

fn url(page: &Path) -> String {
    format!("file://{}", page.display())
}

/// Elements of a page as the browser writes it. Text has no `<` there, except within our own style and script.
fn elements(dom: &str) -> usize {
    without(&without(dom, "style"), "script").split('<').skip(1).filter(|tag| !tag.starts_with('/')).count()
}

/// The text of a page as a person reads it.
fn text_of(dom: &str) -> String {
    let body = without(&without(dom, "style"), "script");
    let text: String =
        body.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text)).collect();
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&")
}

/// The page without what stands within each such element.
fn without(dom: &str, element: &str) -> String {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    let mut rest = dom;
    let mut kept = String::new();
    while let Some((before, after)) = rest.split_once(&open) {
        kept.push_str(before);
        kept.push_str(&open);
        rest = after.split_once(&close).map_or("", |(_, after)| after);
    }
    kept + rest
}

/// Attributes that can make a browser ask for something, with their values.
fn references(dom: &str) -> Vec<(&'static str, String)> {
    let body = without(&without(dom, "style"), "script");
    let mut found = Vec::new();
    for tag in body.split('<').filter_map(|piece| piece.split_once('>')).map(|(tag, _)| tag) {
        for name in ["href", "src", "srcset", "action", "formaction", "poster", "data", "style", "background"]
        {
            for (_, value) in
                tag.match_indices(&format!(" {name}=\"")).filter_map(|(at, _)| tag.get(at..)?.split_once('"'))
            {
                found.push((name, value.split('"').next().unwrap_or_default().to_owned()));
            }
        }
    }
    found
}
