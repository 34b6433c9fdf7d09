//! Readers of documents. One file a format, one line in [`READERS`]; the order is the precedence.

mod columns;
mod etcd;
mod etcdctl_alarm_list;
mod etcdctl_endpoint_health;
mod etcdctl_endpoint_status;
mod etcdctl_member_list;
mod k8s_json;
mod k8s_yaml;
mod kube;
mod kubectl_table;

use super::Reader;
use super::gather::Gather;
use super::line::Line;
use super::preamble;
use crate::base::Diagnostic;

/// All readers; the first whose `sniff` accepts a document reads it.
pub const READERS: &[&Reader] = &[
    &etcdctl_member_list::READER,
    &etcdctl_endpoint_status::READER,
    &etcdctl_endpoint_health::READER,
    &etcdctl_alarm_list::READER,
    &k8s_json::READER,
    &k8s_yaml::READER,
    &kubectl_table::READER,
];

/// The reader for a document with this path and these first bytes.
#[must_use]
pub fn sniff(path: &str, head: &[u8]) -> Option<&'static Reader> {
    let head = preamble::strip(head);
    READERS.iter().find(|reader| (reader.sniff)(path, head)).copied()
}

/// Says that a line is not what the file should hold. The first such line is enough: damage rarely comes alone.
fn unreadable(gather: &mut Gather<'_, '_>, line: &Line<'_>, what: &str) {
    const CODE: &str = "line-unreadable";
    if gather.reading.diagnostics.iter().any(|diagnostic| diagnostic.code == CODE) {
        return;
    }
    let diagnostic = Diagnostic::warning(CODE, format!("line is no {what}; it is left out"));
    gather.note(diagnostic.at_line(line.number + 1));
}
