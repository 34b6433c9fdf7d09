//! Files that hold the outputs of several commands, one after another: which they are, and where a section begins.
//!
//! * `kubectl cluster-info dump`: documents, and logs between markers (kubectl's `clusterinfo_dump.go`).
//! * SUSE supportconfig: `#==[ Command ]===#`, then `# /bin/ip addr show` (supportutils).
//! * Shell transcripts that people paste: `root@n1:~# kubectl get ns`.
//! * `tail` and `head` of several files: `==> /var/log/messages <==` (coreutils).

mod command;

use super::host_log;
use super::layout::node_directory;
use super::pod_log;
use super::{LogIdentity, component};
use crate::log;

/// How a file says where its sections begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `kubectl cluster-info dump`: only logs have markers.
    ClusterDump,
    /// SUSE supportconfig.
    Supportconfig,
    /// A pasted shell session.
    Transcript,
    /// `==> file <==`.
    Files,
}

/// What a line that begins a section says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// What stands behind the file's path to make the section's: the file that it shows, or the command.
    pub name: String,
    /// Whose log the section is, where its heading tells that it is one.
    pub log: Option<LogIdentity>,
    /// The text that ends the section, wherever in a line it stands; without one, the next heading does.
    pub end: Option<String>,
    /// The heading goes on: the name stands on the next line (supportconfig), or the command does (a backslash).
    pub more: bool,
}

impl Heading {
    fn of_file(path: &str) -> Self {
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let log = node_directory::log(&segments).or_else(|| {
            let in_var_log = matches!(segments.as_slice(), ["var", "log", ..]);
            in_var_log.then(|| host_log::in_directory(&segments))
        });
        Self { name: segments.join("/"), log, end: None, more: false }
    }
}

/// The format of a file with these first bytes, if it has sections; `read_otherwise` says that a reader takes it as it is.
#[must_use]
pub fn format(path: &str, head: &[u8], read_otherwise: bool) -> Option<Format> {
    let text = String::from_utf8_lossy(head);
    if is_cluster_dump(path, &text) {
        return Some(Format::ClusterDump);
    }
    let first = text.lines().find(|line| !line.trim().is_empty())?;
    if text.lines().any(is_supportconfig) {
        return Some(Format::Supportconfig);
    }
    if is_files(first) {
        return Some(Format::Files);
    }
    let begins =
        command::prompt(first).is_some_and(|prompt| prompt.known && (!prompt.weak || !read_otherwise));
    // One command in a text that a reader knows may be its title; two are a session.
    let fewest = if read_otherwise { 2 } else { 1 };
    let typed = text.lines().filter_map(command::prompt).filter(|prompt| prompt.known && !prompt.weak);
    (begins || typed.take(fewest).count() == fewest).then_some(Format::Transcript)
}

/// What a line begins, if it begins a section.
#[must_use]
pub fn heading(format: Format, line: &[u8]) -> Option<Heading> {
    // Headings are short: a line of a megabyte is none.
    const LONGEST: usize = 4096;
    let line = line.get(..LONGEST.min(line.len())).filter(|short| short.len() == line.len())?;
    let text = std::str::from_utf8(line).ok()?.trim_end();
    match format {
        Format::ClusterDump => dump_marker(text),
        Format::Supportconfig => {
            is_supportconfig(text).then(|| Heading { more: true, ..Heading::of_file("") })
        }
        Format::Transcript => command::prompt(text).map(|prompt| command::heading(prompt.command)),
        Format::Files => files_name(text).map(Heading::of_file),
    }
}

/// The heading with the line that follows it, for headings that go on.
#[must_use]
pub fn continued(format: Format, heading: Heading, line: &[u8]) -> Heading {
    let text = String::from_utf8_lossy(line);
    let text = text.trim();
    match format {
        Format::Supportconfig => supportconfig_target(text.trim_start_matches('#').trim()),
        _ => {
            let before = heading.name.trim_end_matches('\\').trim_end();
            command::heading(&format!("{before} {text}"))
        }
    }
}

/// Whether most lines of a text begin as log lines do.
#[must_use]
pub fn is_log(head: &[u8]) -> bool {
    const LOOKED_AT: usize = 50;
    let text = String::from_utf8_lossy(head);
    let lines = text.lines().filter(|line| !line.trim().is_empty()).take(LOOKED_AT);
    let (all, dated) =
        lines.fold((0, 0), |(all, dated), line| (all + 1, dated + usize::from(log::stamp(line).is_some())));
    all > 0 && dated * 2 >= all
}

/// A dump to standard output begins with the list of nodes and goes on; its directory form has `nodes.json` for that.
fn is_cluster_dump(path: &str, text: &str) -> bool {
    let name = path.rsplit(['/', '!']).next().unwrap_or_default();
    text.starts_with("==== START logs for container ")
        || text.contains("\n==== START logs for container ")
        || (name.contains("cluster-info")
            && name.contains("dump")
            && (text.contains("kind") || text.contains("apiVersion")))
        || (text.trim_start().starts_with('{')
            && text.contains("\"kind\": \"NodeList\"")
            && !name.starts_with("nodes"))
}

/// Container, namespace and pod of a line that opens a log. The log ends with its own marker, which stands on the last
/// log line when that has no line feed.
fn dump_marker(text: &str) -> Option<Heading> {
    let rest = text.strip_prefix("==== START logs for container ")?.strip_suffix(" ====")?;
    let (container, place) = rest.split_once(" of pod ")?;
    let (namespace, pod) = place.split_once('/')?;
    Some(Heading {
        name: format!("{namespace}/{pod}/{container}.log"),
        log: Some(pod_log::of_container(namespace, pod, container, false)),
        end: Some(format!("==== END logs for container {container} of pod {namespace}/{pod} ====")),
        more: false,
    })
}

/// `#==[ Log File ]=====================================#`.
fn is_supportconfig(text: &str) -> bool {
    let inner = text.trim_end().strip_prefix("#==[ ").and_then(|rest| rest.strip_suffix("=#"));
    inner.is_some_and(|rest| rest.trim_end_matches('=').ends_with(" ]"))
}

/// What stands below a heading of supportconfig: `/bin/ip addr show`, `/var/log/messages - Last 500 Lines`.
fn supportconfig_target(text: &str) -> Heading {
    let target = text.split_once(" - ").map_or(text, |(target, _)| target);
    let program = target.split(' ').next().unwrap_or_default();
    if target.contains(' ') || ["/bin/", "/sbin/"].iter().any(|place| program.contains(place)) {
        let inner = command::heading(target.rsplit_once("bin/").map_or(target, |(_, command)| command));
        // The whole command, so that a reader knows which program wrote it.
        return Heading { name: target.trim_start_matches('/').to_owned(), more: false, ..inner };
    }
    Heading::of_file(target)
}

fn is_files(text: &str) -> bool {
    files_name(text).is_some()
}

/// `==> /var/log/messages <==`.
fn files_name(text: &str) -> Option<&str> {
    text.trim_end().strip_prefix("==> ")?.strip_suffix(" <==").filter(|name| !name.is_empty())
}

/// The component that a container of this name runs, for containers outside pods: `docker logs etcd`.
fn of_container_name(name: &str) -> LogIdentity {
    pod_log::of_docker_name(name).unwrap_or_else(|| {
        let found = component::of_file_name(name);
        LogIdentity { components: found.into_iter().collect(), ..LogIdentity::default() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_with_sections_are_known_by_their_beginning() {
        for (path, head, expect) in [
            ("dump.txt", "{\n    \"kind\": \"NodeList\",", Some(Format::ClusterDump)),
            ("a/logs.txt", "==== START logs for container a of pod n/p ====\n", Some(Format::ClusterDump)),
            (
                "boot.txt",
                "===\nSupport Utilities\n===\n\n#==[ Command ]======================================#\n# /bin/uname -a\n",
                Some(Format::Supportconfig),
            ),
            ("case.txt", "root@n1:~# kubectl get ns\nNAME STATUS AGE\n", Some(Format::Transcript)),
            ("case.txt", "[rancher@n1 ~]$ docker ps -a\n", Some(Format::Transcript)),
            ("case.txt", "I ran this:\n$ k3s kubectl get pods -A\n", Some(Format::Transcript)),
            ("case.txt", "# kubectl -n a get pods\nNAME  READY\n", Some(Format::Transcript)),
            ("tail.txt", "==> /var/log/messages <==\nx\n", Some(Format::Files)),
            ("a.sh", "#!/bin/sh\n# ip addr\nx\n", None),
            ("notes.txt", "The price is $ 5\n$ is a sign\n", None),
            ("etcd.log", "2026-11-22 03:11:02.236820 I | etcdmain: etcd Version: 3.4.23\n", None),
            ("x.md", "# cats are nice\n", None),
        ] {
            assert_eq!(format(path, head.as_bytes(), false), expect, "{head}");
        }
        assert_eq!(format("x.yaml", b"# kubectl apply -f x.yaml\nkind: Pod\n", true), None);
    }

    fn check(format: Format, lines: &[&str], name: &str, log: &str) {
        let mut found =
            heading(format, lines[0].as_bytes()).unwrap_or_else(|| panic!("{} begins nothing", lines[0]));
        for line in &lines[1..] {
            assert!(found.more, "{}", lines[0]);
            found = continued(format, found, line.as_bytes());
        }
        assert!(!found.more, "{lines:?}");
        let whose = found.log.map_or("none".to_owned(), |log| {
            let pod = log.pod.map_or(String::new(), |pod| format!(" {}/{}", pod.namespace, pod.name));
            let marks = [("mixed", log.mixed), ("previous", log.previous), ("host", log.host_clock)];
            let marks: Vec<&str> = marks.iter().filter(|(_, on)| *on).map(|(mark, _)| *mark).collect();
            format!("{}{pod} {}", log.components.join(","), marks.join(" ")).trim().to_owned()
        });
        assert_eq!((&*found.name, &*whose), (name, log), "{lines:?}");
    }

    #[test]
    fn headings_name_their_section() {
        const RULE: &str = "#==[ Log File ]=====================================#";
        use Format::{ClusterDump, Files, Supportconfig, Transcript};
        for (format, lines, name, log) in [
            (
                Supportconfig,
                &[RULE, "# /var/log/messages - Last 500 Lines"][..],
                "var/log/messages",
                "mixed host",
            ),
            (Supportconfig, &[RULE, "# /bin/ip addr show"], "bin/ip addr show", "none"),
            (Supportconfig, &[RULE, "# /etc/resolv.conf"], "etc/resolv.conf", "none"),
            (
                Supportconfig,
                &[RULE, "# /bin/journalctl --no-pager -u k3s-agent"],
                "bin/journalctl --no-pager -u k3s-agent",
                "k3s-agent,kubelet,kube-proxy mixed host",
            ),
            (Files, &["==> /var/log/kern.log <=="], "var/log/kern.log", "kernel host"),
            (Transcript, &["$ kubectl get ns"], "kubectl/ns", "none"),
            (Transcript, &["root@n1:/etc# kubectl -n kube-system get pods -o wide"], "kubectl/pods", "none"),
            (Transcript, &["n1:~ # kubectl get node n1"], "kubectl get node n1", "none"),
            (Transcript, &["[a@b ~]$ kubectl get all -A"], "kubectl/all", "none"),
            (
                Transcript,
                &["> kubectl logs -n kube-system coredns-1 --previous"],
                "kubectl logs -n kube-system coredns-1 --previous",
                "coredns kube-system/coredns-1 previous",
            ),
            (Transcript, &["# docker logs etcd 2>&1 | tail -100"], "docker logs etcd", "etcd"),
            (Transcript, &["# docker logs --tail 50 etcd"], "docker logs --tail 50 etcd", "etcd"),
            (
                Transcript,
                &["$ sudo journalctl -u rke2-server -n 20"],
                "journalctl -u rke2-server -n 20",
                "rke2-server mixed host",
            ),
            (Transcript, &["$ journalctl -k"], "journalctl -k", "kernel host"),
            (
                Transcript,
                &["$ tail -n 5 /var/lib/rancher/rke2/agent/logs/kubelet.log"],
                "var/lib/rancher/rke2/agent/logs/kubelet.log",
                "kubelet host",
            ),
            (Transcript, &["$ cat /etc/resolv.conf"], "etc/resolv.conf", "none"),
            (
                Transcript,
                &["$ ETCDCTL_API=3 etcdctl --cacert=/a/b.pem \\", "  endpoint status"],
                "etcdctl endpoint status",
                "none",
            ),
            (Transcript, &["$ openssl x509 -in /a/b.crt -noout -text"], "a/b.crt", "none"),
            (
                ClusterDump,
                &["==== START logs for container web of pod shop/web-0 ===="],
                "shop/web-0/web.log",
                "pod shop/web-0",
            ),
        ] {
            check(format, lines, name, log);
        }
    }

    #[test]
    fn logs_are_told_from_other_text() {
        assert!(is_log(b"Nov 22 03:11:34 n1 kernel: a\nNov 22 03:11:35 n1 kernel: b\n"));
        assert!(!is_log(b"NAME   STATUS\nn1     Ready\n"));
        assert!(!is_log(b""));
    }
}
