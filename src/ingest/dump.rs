//! `kubectl cluster-info dump` as one file: JSON or YAML documents, and logs between markers.
//!
//! A log block ends with its own marker, which stands on the last log line when that has no line feed
//! (kubectl's clusterinfo_dump.go prints it with no line feed before).

use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use super::read::{Reader, ended, too_large};
use crate::artifact::component::of_pod_container;
use crate::artifact::{Identity, LogIdentity, PodRef};
use crate::base::Diagnostic;
use crate::model::ArtifactState;
use crate::object;

const START: &[u8] = b"==== START logs for container ";

/// Reads a dump: documents are collected up to the next log, logs are streamed.
pub fn dump(
    out: &mut Reader<'_, '_>,
    identity: &Identity,
    path: &Arc<str>,
    reader: &mut dyn Read,
) -> (ArtifactState, u64, Vec<Diagnostic>) {
    let mut lines =
        Lines { inner: BufReader::with_capacity(64 * 1024, reader), line: 0, offset: 0, failed: None };
    let mut document = Collected::default();
    let mut said = Vec::new();
    let mut line = Vec::new();
    loop {
        let (number, offset) = (lines.line, lines.offset);
        line.clear();
        if !lines.next(&mut line) {
            break;
        }
        if let Some((container, namespace, pod)) = start_marker(&line) {
            document.flush(out, identity, path, &mut said);
            let component = of_pod_container(&pod, &container);
            let end =
                format!("==== END logs for container {container} of pod {namespace}/{pod} ====").into_bytes();
            let log = LogIdentity {
                components: vec![component],
                pod: Some(PodRef { namespace, name: pod }),
                ..LogIdentity::default()
            };
            let (line, offset) = (lines.line, lines.offset);
            let mut block = Block { lines: &mut lines, end, pending: Vec::new(), at: 0, ended: false };
            let (_, _, mut more) = out.log(&log, path, None, &mut block, line, offset);
            said.append(&mut more);
        } else {
            document.add(&line, number, offset, out.limits().document);
        }
    }
    document.flush(out, identity, path, &mut said);
    ended(lines.failed.take(), lines.offset, said, path)
}

/// Container, namespace and pod of a line that opens a log.
fn start_marker(line: &[u8]) -> Option<(String, String, String)> {
    let rest = line.strip_prefix(START)?;
    let rest = std::str::from_utf8(rest).ok()?.trim_end().strip_suffix(" ====")?;
    let (container, place) = rest.split_once(" of pod ")?;
    let (namespace, pod) = place.split_once('/')?;
    Some((container.to_owned(), namespace.to_owned(), pod.to_owned()))
}

/// Lines with their numbers and offsets.
struct Lines<'a> {
    inner: BufReader<&'a mut dyn Read>,
    line: u64,
    offset: u64,
    failed: Option<std::io::Error>,
}

impl Lines<'_> {
    /// Appends the next line with its line feed; `false` at the end.
    fn next(&mut self, line: &mut Vec<u8>) -> bool {
        match self.inner.read_until(b'\n', line) {
            Ok(0) => false,
            Ok(n) => {
                self.line += 1;
                self.offset += n as u64;
                true
            }
            Err(error) => {
                self.failed = Some(error);
                !line.is_empty()
            }
        }
    }
}

/// Lines of documents up to the next log.
#[derive(Default)]
struct Collected {
    bytes: Vec<u8>,
    line: u64,
    offset: u64,
    cut: bool,
}

impl Collected {
    fn add(&mut self, line: &[u8], number: u64, offset: u64, max: u64) {
        if self.bytes.is_empty() {
            (self.line, self.offset) = (number, offset);
        }
        if (self.bytes.len() + line.len()) as u64 > max {
            self.cut = true;
        } else {
            self.bytes.extend_from_slice(line);
        }
    }

    fn flush(
        &mut self,
        out: &mut Reader<'_, '_>,
        identity: &Identity,
        path: &Arc<str>,
        said: &mut Vec<Diagnostic>,
    ) {
        let taken = std::mem::take(self);
        if taken.cut {
            said.push(too_large(out.limits().document, path));
        }
        let head = taken.bytes.get(..taken.bytes.len().min(8 * 1024)).unwrap_or_default();
        if let Some(reader) = object::reader::sniff(path, head) {
            out.document(reader, identity, path, taken.bytes, taken.line, taken.offset);
        }
    }
}

/// The log up to its end marker.
struct Block<'l, 'a> {
    lines: &'l mut Lines<'a>,
    end: Vec<u8>,
    pending: Vec<u8>,
    at: usize,
    ended: bool,
}

impl Read for Block<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.pending.len() && !self.ended {
            self.pending.clear();
            self.at = 0;
            if !self.lines.next(&mut self.pending) {
                self.ended = true;
            } else if let Some(marker) = memchr::memmem::find(&self.pending, &self.end) {
                self.pending.truncate(marker);
                self.ended = true;
            }
        }
        let rest = self.pending.get(self.at..).unwrap_or_default();
        let n = (&mut &*rest).read(buffer)?;
        self.at += n;
        Ok(n)
    }
}
