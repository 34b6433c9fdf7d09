//! Command lines behind a shell's prompt, as people paste them.

use super::{Heading, of_container_name};
use crate::artifact::{LogIdentity, host_log, pod_log};

/// Commands whose output a session shows. A bare `$ ` or `# ` is a prompt only before one of these.
const COMMANDS: &[&str] = &[
    "kubectl",
    "k",
    "oc",
    "etcdctl",
    "docker",
    "crictl",
    "ctr",
    "nerdctl",
    "podman",
    "journalctl",
    "systemctl",
    "cat",
    "tail",
    "head",
    "less",
    "zcat",
    "curl",
    "rke",
    "rke2",
    "k3s",
    "helm",
    "openssl",
    "df",
    "free",
    "ss",
    "netstat",
    "ip",
    "iptables",
    "iptables-save",
    "nft",
    "uname",
    "uptime",
    "hostname",
    "date",
    "timedatectl",
    "chronyc",
    "ntpq",
    "dmesg",
    "top",
    "ps",
    "lsof",
    "lsblk",
    "lsmod",
    "mount",
    "sysctl",
    "lscpu",
    "vmstat",
    "iostat",
    "ethtool",
    "conntrack",
    "ping",
    "nslookup",
    "dig",
    "traceroute",
    "ls",
    "grep",
    "longhornctl",
    "calicoctl",
    "cilium",
    "getenforce",
    "rpm",
    "dpkg",
    "multipath",
    "iscsiadm",
    "nsenter",
];

/// Commands that show a file: the section is that file.
const SHOWS_FILE: &[&str] = &["cat", "tail", "head", "less", "zcat"];

/// A line with a prompt.
pub struct Prompt<'t> {
    /// What was typed, without `sudo`.
    pub command: &'t str,
    /// Whether the command is one of those that we know.
    pub known: bool,
    /// Whether the prompt is only a sign that other texts use too.
    pub weak: bool,
}

/// What was typed at a prompt; `None` for a line without one. A prompt that is only a sign needs a known command.
pub fn prompt(line: &str) -> Option<Prompt<'_>> {
    let line = line.trim_end();
    let (typed, weak) = if let Some(typed) = named_prompt(line) {
        (typed, false)
    } else if let Some(typed) = line.strip_prefix("$ ") {
        (typed, false)
    } else {
        (line.strip_prefix("# ").or_else(|| line.strip_prefix("> "))?, true)
    };
    let command = typed.trim_start();
    let command = command.strip_prefix("sudo ").map_or(command, str::trim_start);
    let known = program(command).is_some_and(|program| COMMANDS.contains(&program));
    let signed_only = line.starts_with(['$', '#', '>']);
    (!command.is_empty() && (known || !signed_only)).then_some(Prompt { command, known, weak })
}

/// What stands behind `user@host:path$ `, `[user@host path]# `, `host:path # ` or `PS C:\> `.
fn named_prompt(line: &str) -> Option<&str> {
    const LONGEST: usize = 120;
    let is_name = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "@._-".contains(c))
    };
    if let Some(rest) = line.strip_prefix('[') {
        let (inner, rest) = rest.split_once(']')?;
        let user = inner.split(' ').next().filter(|user| user.contains('@') && is_name(user))?;
        return rest.strip_prefix("$ ").or_else(|| rest.strip_prefix("# ")).filter(|_| user.len() < LONGEST);
    }
    if line.starts_with("PS ") {
        return line.split_once("> ").map(|(_, typed)| typed);
    }
    let (place, typed) = [" # ", "# ", "$ ", " > "]
        .iter()
        .filter_map(|sign| line.find(sign).map(|at| (at, sign.len())))
        .min_by_key(|(at, _)| *at)
        .and_then(|(at, length)| Some((line.get(..at)?, line.get(at + length..)?)))?;
    let (who, path) = place.split_once(':')?;
    let is_path = path.starts_with(['~', '/']) && !path.contains(' ');
    (place.len() < LONGEST && is_name(who) && is_path).then_some(typed)
}

/// The program that a command line runs: after `A=b` settings, without its directory.
fn program(command: &str) -> Option<&str> {
    let word = words(command).next()?;
    word.rsplit('/').next()
}

/// The words of a command up to a pipe or redirection, without settings of the environment before it.
fn words(command: &str) -> impl Iterator<Item = &str> {
    let is_setting = |word: &&str| {
        let name = word.split_once('=').map_or("", |(name, _)| name);
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    };
    command
        .split_whitespace()
        .take_while(|word| {
            !matches!(*word, "|" | "||" | "&&" | ";" | "&")
                && !word.starts_with(['>', '<'])
                && !word.starts_with("2>")
        })
        .skip_while(is_setting)
}

/// What a command's output is.
pub fn heading(command: &str) -> Heading {
    let more = command.ends_with('\\');
    let words: Vec<&str> = words(command).filter(|word| *word != "\\").collect();
    let words = match words.as_slice() {
        ["k3s" | "rke2", inner @ ("kubectl" | "crictl" | "ctr" | "etcdctl"), rest @ ..] => {
            [&[*inner], rest].concat()
        }
        // `kubectl exec etcd-0 -- etcdctl member list`, `docker exec etcd etcdctl member list`.
        [outer, rest @ ..] if rest.contains(&"exec") => inner_command(outer, rest),
        _ => words.clone(),
    };
    if more {
        return Heading { name: command.to_owned(), log: None, end: None, more };
    }
    let arguments = words.get(1..).unwrap_or_default();
    let program = words.first().and_then(|word| word.rsplit('/').next()).unwrap_or_default();
    let shown_file = || arguments.iter().rev().find(|word| word.starts_with('/')).copied();
    let made = |log| Heading { name: name_of(&words), log, end: None, more: false };
    match program {
        _ if SHOWS_FILE.contains(&program) => shown_file().map_or_else(|| made(None), Heading::of_file),
        "openssl" => match after(arguments, "-in") {
            Some(file) => Heading { log: None, ..Heading::of_file(file) },
            None => made(None),
        },
        "journalctl" => made(Some(journal(arguments))),
        "dmesg" => made(Some(LogIdentity::on_host(&["kernel"]))),
        "docker" | "podman" | "nerdctl" | "crictl" if arguments.first() == Some(&"logs") => made(Some(
            named_arguments(arguments).get(1).map(|name| of_container_name(name)).unwrap_or_default(),
        )),
        "kubectl" | "oc" | "k" => kubectl(arguments).unwrap_or_else(|| made(None)),
        _ => made(None),
    }
}

/// The command that another runs in a container; the whole where it cannot be told.
fn inner_command<'t>(outer: &'t str, rest: &[&'t str]) -> Vec<&'t str> {
    let known = |word: &&str| word.rsplit('/').next().is_some_and(|name| COMMANDS.contains(&name));
    match rest.iter().position(known) {
        Some(at) => rest.get(at..).unwrap_or_default().to_vec(),
        None => [&[outer], rest].concat(),
    }
}

/// The name of a section with this command: its words, without those that are paths, so that it is one path segment
/// behind the program's directory.
fn name_of(words: &[&str]) -> String {
    let Some((program, arguments)) = words.split_first() else { return String::new() };
    let kept = arguments.iter().filter(|word| !word.contains('/'));
    let all: Vec<&str> = std::iter::once(program.trim_start_matches('/')).chain(kept.copied()).collect();
    all.join(" ")
}

/// The unit of `journalctl -u`, the kernel's messages, or all of the journal.
fn journal(arguments: &[&str]) -> LogIdentity {
    let unit = after(arguments, "-u").or_else(|| after(arguments, "--unit")).or_else(|| {
        arguments.iter().find_map(|word| word.strip_prefix("--unit=").or_else(|| word.strip_prefix("-u")))
    });
    match unit.filter(|unit| !unit.is_empty()) {
        Some(unit) => host_log::of_unit(unit),
        None if arguments.iter().any(|word| matches!(*word, "-k" | "--dmesg")) => host_log::of_unit("kernel"),
        None => LogIdentity::mixed(&[]),
    }
}

/// `kubectl get pods` is a list, and its section is read as the collectors' `kubectl/pods`; `kubectl logs` is a log.
fn kubectl(arguments: &[&str]) -> Option<Heading> {
    let named = named_arguments(arguments);
    match named.as_slice() {
        // With a name or a selector it is no list of all that there are.
        ["get", resource] if !resource.contains(['/', ',']) && !is_selected(arguments) => {
            Some(Heading { name: format!("kubectl/{resource}"), log: None, end: None, more: false })
        }
        ["logs" | "log", pod, rest @ ..] => {
            let words: Vec<&str> = [&["kubectl"], arguments].concat();
            let pod = pod.strip_prefix("pod/").unwrap_or(pod);
            let previous = arguments.iter().any(|word| matches!(*word, "-p" | "--previous"));
            let container = after(arguments, "-c")
                .or_else(|| arguments.iter().find_map(|word| word.strip_prefix("--container=")))
                .or(rest.first().copied());
            Some(Heading {
                name: name_of(&words),
                log: Some(kubectl_log(namespace(arguments), pod, container, previous)),
                end: None,
                more: false,
            })
        }
        _ => None,
    }
}

fn kubectl_log(namespace: Option<&str>, pod: &str, container: Option<&str>, previous: bool) -> LogIdentity {
    let namespace_or_default = namespace.unwrap_or("default");
    let mut log = match container {
        Some(container) => pod_log::of_container(namespace_or_default, pod, container, previous),
        None => pod_log::of_all_containers(namespace_or_default, pod, previous),
    };
    // `deployment/x` is no pod, and without a namespace the context's applies, which nobody tells.
    if pod.contains('/') || namespace.is_none() {
        log.components = vec![super::component::of_pod(pod.rsplit('/').next().unwrap_or(pod))];
        log.pod = None;
    }
    log
}

fn namespace<'t>(arguments: &[&'t str]) -> Option<&'t str> {
    after(arguments, "-n").or_else(|| after(arguments, "--namespace")).or_else(|| {
        arguments
            .iter()
            .find_map(|word| word.strip_prefix("--namespace=").or_else(|| word.strip_prefix("-n=")))
    })
}

fn is_selected(arguments: &[&str]) -> bool {
    let selects = |word: &&&str| {
        ["-l", "--selector", "--field-selector", "-w", "--watch", "-o=custom", "--output-watch"]
            .iter()
            .any(|start| word.starts_with(start))
    };
    arguments.iter().find(selects).is_some()
}

/// The word behind an option.
fn after<'t>(arguments: &[&'t str], option: &str) -> Option<&'t str> {
    let at = arguments.iter().position(|word| *word == option)?;
    arguments.get(at + 1).copied()
}

/// Arguments that are neither options nor the values of the options that take one.
fn named_arguments<'t>(arguments: &[&'t str]) -> Vec<&'t str> {
    const WITH_VALUE: &[&str] = &[
        "-n",
        "--namespace",
        "-o",
        "--output",
        "-l",
        "--selector",
        "--context",
        "--kubeconfig",
        "--sort-by",
        "--tail",
        "-c",
        "--container",
        "--since",
        "--field-selector",
        "--since-time",
        "--until",
        "--cluster",
        "--server",
        "-s",
    ];
    let mut skip = false;
    let mut named = Vec::new();
    for word in arguments {
        let is_value = std::mem::replace(&mut skip, WITH_VALUE.contains(word));
        if !is_value && !word.starts_with('-') {
            named.push(*word);
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_are_told_from_text() {
        for (line, expect) in [
            ("root@del-1:~# kubectl get pods", Some("kubectl get pods")),
            ("root@n1:/var/log# ./mine.sh", Some("./mine.sh")),
            ("[rancher@n1 ~]$ sudo docker ps", Some("docker ps")),
            ("sles15:~ # rke2 --version", Some("rke2 --version")),
            ("$ etcdctl member list", Some("etcdctl member list")),
            ("$ ./mine.sh", None),
            ("# a comment", None),
            ("> quoted", None),
            ("[INFO] plugin/reload: x", None),
            ("level=info msg=\"a: /b $ c\"", None),
            ("2026-11-22 03:11:02.236820 I | etcdmain: # x", None),
            ("", None),
        ] {
            assert_eq!(prompt(line).map(|prompt| prompt.command), expect, "{line}");
        }
    }

    #[test]
    fn commands_in_containers_are_the_inner_ones() {
        assert_eq!(
            heading("kubectl -n kube-system exec etcd-n1 -- etcdctl member list").name,
            "etcdctl member list"
        );
        assert_eq!(heading("docker exec etcd etcdctl endpoint health").name, "etcdctl endpoint health");
        assert_eq!(heading("k3s kubectl get nodes").name, "kubectl/nodes");
    }
}
