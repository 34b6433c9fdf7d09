//! What collectors write around the output: warnings on stderr, and errors in place of output.
//!
//! Collectors run `command > file 2>&1`, so any file may begin or end with such lines, or hold nothing else. The
//! wordings are those of kubectl, klog (`klog.go`), etcdctl's zap logger, crictl (logrus) and the docker client.

use super::line::{Line, lines};

/// Whether a line was written to stderr beside the output: it says nothing about the objects.
#[must_use]
pub fn is_noise(text: &str) -> bool {
    const STARTS: [&str; 8] = [
        "Deprecated: ",
        "Please use ",
        "Warning: ",
        "WARNING: ",
        "Defaulted container ",
        "{\"level\":\"",
        "Cluster info dumped to ",
        "Note: ",
    ];
    STARTS.iter().any(|start| text.starts_with(start))
        || is_klog(text)
        || (text.starts_with("time=\"") && text.contains("\" level=") && !is_fatal(text))
        || (text.starts_with("Flag --") && text.contains("has been deprecated"))
        || is_powershell(text)
        || native(text).is_some_and(is_noise)
}

/// crictl ends with such a line in place of its output.
fn is_fatal(text: &str) -> bool {
    text.contains("\" level=fatal ")
}

/// What PowerShell 5 writes around the first line that a program writes to stderr: `At x.ps1:12 char:5`, `+ CategoryInfo : …`.
fn is_powershell(text: &str) -> bool {
    let text = text.trim();
    (text.starts_with("At ") && text.contains(" char:"))
        || (text.starts_with('+')
            && ["+ CategoryInfo ", "+ FullyQualifiedErrorId ", "~~~", ".exe "]
                .iter()
                .any(|part| text.contains(part)))
}

/// What a Windows program wrote, of a line that PowerShell shows as `crictl.exe : what it wrote`.
fn native(text: &str) -> Option<&str> {
    let (program, rest) = text.split_once(".exe : ")?;
    (!program.contains(' ')).then_some(rest)
}

/// Whether a line begins as klog's do: severity, month and day, a space.
fn is_klog(text: &str) -> bool {
    let mut bytes = text.bytes();
    matches!(bytes.next(), Some(b'I' | b'W' | b'E' | b'F'))
        && bytes.by_ref().take(4).filter(u8::is_ascii_digit).count() == 4
        && bytes.next() == Some(b' ')
}

/// Whether a line is a command's error in place of its output.
#[must_use]
pub fn is_error(text: &str) -> bool {
    const STARTS: &[&str] = &[
        // What `cluster-info dump` writes in place of a log (kubectl, clusterinfo_dump.go).
        "Request log error: ",
        "dmesg: ",
        "curl: (",
        "FATA[",
        "Get \"http",
        "command terminated with exit code ",
        "couldn't get ",
        "Error from server",
        "error: ",
        "Error: ",
        "Unable to connect to the server",
        "Unable to load ",
        "unable to load ",
        "The connection to the server ",
        "Cannot connect to the Docker daemon",
        "Could not read ",
        "Error response from daemon",
        "Failed to ",
        "failed to ",
        "Error opening ",
        "Can't open ",
        // kubectl without a kubeconfig asks for a name and finds no terminal.
        "Please enter Username: ",
    ];
    const ENDS: &[&str] = &[
        ": not found",
        ": command not found",
        ": No such file or directory",
        ": Permission denied",
        ": Operation not permitted",
    ];
    STARTS.iter().any(|start| text.starts_with(start))
        || ENDS.iter().any(|end| text.ends_with(end))
        || ((text.starts_with("invalid value for ") || text.starts_with("invalid argument for "))
            && text.contains(": "))
        || (text.starts_with("time=\"") && is_fatal(text))
        || native(text).is_some_and(is_error)
}

/// Whether a line is kubectl's way to say that the list is empty, which is a valid result.
#[must_use]
pub fn is_empty_list(text: &str) -> bool {
    text.trim_end().trim_end_matches('.').starts_with("No resources found")
}

/// What comes after the leading stderr lines, blank lines and byte order mark.
#[must_use]
pub fn strip(bytes: &[u8]) -> &[u8] {
    bytes.get(body_start(bytes)..).unwrap_or_default()
}

/// The offset of the first byte after the leading stderr lines and blank lines.
#[must_use]
pub fn body_start(bytes: &[u8]) -> usize {
    let bom = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    lines(bytes)
        .find(|line| !line.text.trim().is_empty() && !is_noise(&line.text))
        .map_or(bytes.len(), |line| usize::try_from(line.offset).unwrap_or(usize::MAX).max(bom))
}

/// The first line that is neither blank nor noise, if it is an error in place of output.
#[must_use]
pub fn error_in_place(bytes: &[u8]) -> Option<Line<'_>> {
    lines(bytes)
        .find(|line| !line.text.trim().is_empty() && !is_noise(&line.text))
        .filter(|line| is_error(line.text.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stderr_lines_are_told_from_output() {
        for noise in [
            "E1122 02:53:22.346288   20991 memcache.go:265] \"Unhandled Error\" err=\"x\"",
            "Warning: v1 ComponentStatus is deprecated in v1.19+",
            "{\"level\":\"warn\",\"ts\":\"2026-11-22T02:46:11.732Z\",\"msg\":\"retrying\"}",
            "time=\"2023-01-01T00:00:00Z\" level=warning msg=\"runtime connect\"",
            "Defaulted container \"web\" out of: web, side",
            "I0508 04:44:41.405968   20991 request.go:668] Waited for 1.1s due to client-side throttling",
            "WARNING: No swap limit support",
            "crictl.exe : time=\"2026-11-22T03:00:00Z\" level=warning msg=\"runtime connect\"",
            "At C:\\x\\win-log-collect.ps1:123 char:5",
            "+     & crictl.exe ps -a",
            "+     ~~~~~~~~~~~~~~~~~~",
            "    + CategoryInfo          : NotSpecified: (x:String) [], RemoteException",
            "    + FullyQualifiedErrorId : NativeCommandError",
        ] {
            assert!(is_noise(noise), "{noise}");
        }
        for output in [
            "time=\"2026-11-22T03:00:00Z\" level=fatal msg=\"connect: x\"",
            "+---+---+",
            "At first",
            "NAME   STATUS   AGE",
            "{\"kind\":\"List\"}",
            "Event",
            "E112 x",
        ] {
            assert!(!is_noise(output), "{output}");
        }
    }

    #[test]
    fn errors_in_place_of_output_are_found_behind_a_preamble() {
        for (text, expected) in [
            (
                "Error from server (Forbidden): pods is forbidden\n",
                Some((0, "Error from server (Forbidden): pods is forbidden")),
            ),
            (
                "\nW0101 00:00:00.000000 1 a.go:1] x\r\nbash: line 1: crictl: command not found\r\n",
                Some((2, "bash: line 1: crictl: command not found")),
            ),
            ("NAME   STATUS\nError: late\n", None),
            ("No resources found\n", None),
            ("", None),
        ] {
            let found = error_in_place(text.as_bytes());
            assert_eq!(found.as_ref().map(|line| (line.number, &*line.text)), expected, "{text}");
        }
    }

    #[test]
    fn errors_of_all_tools_are_known() {
        for text in [
            "The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?",
            "error: You must be logged in to the server (Unauthorized)",
            "Error from server: etcdserver: request timed out",
            "Error from server (BadRequest): previous terminated container \"init-a\" in pod \"web-0\" not found",
            "error: the server doesn't have a resource type \"helmcharts\"",
            "error: Metrics API not available",
            "Unable to connect to the server: x509: certificate has expired or is not yet valid: current time 2026-11-22T03:00:00Z",
            "Error: No such container: kubelet",
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
            "invalid value for \"since\": parsing time \"-t\" as \"2006-01-02\": cannot parse",
            "sh: 1: ethtool: not found",
            "time=\"2026-11-22T03:00:00Z\" level=fatal msg=\"connect: connect endpoint\"",
            "FATA[0000] validate service connection: x",
            "kubectl.exe : Error from server (Forbidden): pods is forbidden",
            "curl: (7) Failed to connect to 127.0.0.1 port 2379",
        ] {
            assert!(is_error(text) && !is_noise(text), "{text}");
        }
        for text in
            ["No resources found", "No resources found in cattle-system namespace.", "NAME   STATUS", "{}"]
        {
            assert!(!is_error(text), "{text}");
        }
    }

    #[test]
    fn what_remains_begins_at_the_output() {
        assert_eq!(strip(b"\xef\xbb\xbfWarning: x\n\n{}\n"), b"{}\n");
        assert_eq!(strip(b"\xef\xbb\xbf{}"), b"{}");
        assert_eq!(strip(b"Warning: x"), b"");
    }
}
