//! Files that hold the outputs of several commands: each section is read as a file of its own would be.
//!
//! What begins a section, and whose log it is, is known in [`artifact::section`](crate::artifact::section); here the file is
//! streamed. A log goes to the workers as it comes; anything else is held up to the size of a document. Lines and offsets
//! stay those of the file.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use super::read::{Part, Reader, ended, error_alone, too_large};
use crate::artifact::classify::HEAD;
use crate::artifact::section::{self, Format, Heading};
use crate::artifact::{Identity, LogIdentity};
use crate::base::Diagnostic;
use crate::model::ArtifactState;
use crate::object;
use crate::source::container::fill;
use crate::source::cut;

/// More sections than this are no output of commands: the rest is one section.
const SECTIONS: usize = 50_000;

/// Lines are read in parts of at most this many bytes, so that a line without an end does not fill the memory.
const LINE: u64 = 1 << 20;

/// Lines on which one heading may stand.
const HEADING_LINES: usize = 20;

/// Reads a file section by section.
pub fn sections(
    format: Format,
    out: &mut Reader<'_, '_>,
    identity: &Identity,
    path: &Arc<str>,
    reader: &mut dyn Read,
) -> (ArtifactState, u64, Vec<Diagnostic>) {
    let mut cutter =
        Cutter { format, lines: Lines::new(reader), said: Vec::new(), names: BTreeSet::new(), sections: 0 };
    // What stands before the first heading is a section too.
    let mut heading = None;
    loop {
        heading = cutter.section(heading, out, identity, path);
        if heading.is_none() && cutter.lines.ended {
            break;
        }
    }
    let Cutter { mut lines, said, .. } = cutter;
    ended(lines.failed.take(), lines.offset, said, path)
}

/// A file on its way through its sections.
struct Cutter<'a> {
    format: Format,
    lines: Lines<'a>,
    said: Vec<Diagnostic>,
    names: BTreeSet<String>,
    sections: usize,
}

impl Cutter<'_> {
    /// Reads one section to its end; gives the heading of the next.
    fn section(
        &mut self,
        heading: Option<Heading>,
        out: &mut Reader<'_, '_>,
        identity: &Identity,
        file: &Arc<str>,
    ) -> Option<Heading> {
        let heading = heading.map(|heading| self.whole(heading));
        let path = self.name(file, heading.as_ref());
        let (log, end) = heading.map_or((None, None), |heading| (heading.log, heading.end));
        self.sections += 1;
        let (line, offset) = (self.lines.line, self.lines.offset);
        let format = (self.sections < SECTIONS).then_some(self.format);
        let is_loose = identity.layout.is_none() || self.format == Format::ClusterDump;
        let searched = is_loose && self.format != Format::ClusterDump;
        let mut body = Body::new(&mut self.lines, format, end);
        let mut head = vec![0; HEAD];
        let (filled, _) = fill(&mut body, &mut head);
        head.truncate(filled);
        let mut said = match whose(log, &path, &head, searched) {
            What::Log(log) => {
                let failed = !searched && filled < HEAD && error_alone(&head).is_some();
                let part = Part { line, offset, failed };
                let (_, _, said) = out.log(&log, file, None, &mut head.chain(&mut body), part);
                said
            }
            What::Document(reader) => {
                let max = out.limits().document;
                let (bytes, more, _) = cut::whole(&mut head.chain(&mut body), None, max);
                out.document(reader, identity, &path, bytes, line, offset);
                if more { vec![too_large(max, file)] } else { Vec::new() }
            }
            What::Nothing => Vec::new(),
        };
        let next = body.finish();
        self.said.append(&mut said);
        next
    }

    /// The heading with the lines on which it goes on.
    fn whole(&mut self, mut heading: Heading) -> Heading {
        let mut line = Vec::new();
        for _ in 0..HEADING_LINES {
            line.clear();
            if !heading.more || !self.lines.next(&mut line) {
                break;
            }
            heading = section::continued(self.format, heading, &line);
        }
        heading
    }

    /// The path of a section: the file's, and behind it the file or command that the section shows. A second section of the
    /// same name has its number before it, so that its objects are its own.
    fn name(&mut self, path: &Arc<str>, heading: Option<&Heading>) -> Arc<str> {
        let Some(name) = heading.map(|heading| heading.name.as_str()).filter(|name| !name.is_empty()) else {
            return Arc::clone(path);
        };
        if self.names.insert(name.to_owned()) {
            return format!("{path}/{name}").into();
        }
        format!("{path}/{}/{name}", self.sections).into()
    }
}

/// How a section is read.
enum What {
    Log(LogIdentity),
    Document(&'static object::Reader),
    Nothing,
}

/// What a section is: its heading may tell that it is a log, a reader may know it, it may look like a log. What is left is
/// searched as text only where the file itself would be.
fn whose(log: Option<LogIdentity>, path: &str, head: &[u8], searched: bool) -> What {
    if head.iter().all(u8::is_ascii_whitespace) && log.is_none() {
        return What::Nothing;
    }
    if let Some(log) = log {
        return What::Log(log);
    }
    // What a person pasted may well be just the error: it is what the rules are to find.
    if searched && error_alone(head).is_some() {
        return What::Log(LogIdentity::default());
    }
    if let Some(reader) = object::reader::sniff(path, head) {
        return What::Document(reader);
    }
    if searched || section::is_log(head) { What::Log(LogIdentity::default()) } else { What::Nothing }
}

/// Lines with their numbers and offsets.
struct Lines<'a> {
    inner: BufReader<&'a mut dyn Read>,
    line: u64,
    offset: u64,
    /// Whether what comes next begins a line.
    fresh: bool,
    ended: bool,
    failed: Option<std::io::Error>,
}

impl<'a> Lines<'a> {
    fn new(reader: &'a mut dyn Read) -> Self {
        Self {
            inner: BufReader::with_capacity(64 * 1024, reader),
            line: 0,
            offset: 0,
            fresh: true,
            ended: false,
            failed: None,
        }
    }

    /// Appends the next line with its line feed, or as much of it as is read at once; `false` at the end.
    fn next(&mut self, line: &mut Vec<u8>) -> bool {
        let before = line.len();
        if let Err(error) = (&mut self.inner).take(LINE).read_until(b'\n', line) {
            self.failed = Some(error);
        }
        let read = line.len() - before;
        self.fresh = line.last() == Some(&b'\n');
        self.line += u64::from(self.fresh && read > 0);
        self.offset += read as u64;
        self.ended = read == 0 || self.failed.is_some();
        read > 0
    }
}

/// The bytes of a section: up to the next heading, or to the text that ends it.
struct Body<'l, 'a> {
    lines: &'l mut Lines<'a>,
    format: Option<Format>,
    end: Option<String>,
    next: Option<Heading>,
    pending: Vec<u8>,
    at: usize,
    over: bool,
}

impl<'l, 'a> Body<'l, 'a> {
    fn new(lines: &'l mut Lines<'a>, format: Option<Format>, end: Option<String>) -> Self {
        Self { lines, format, end, next: None, pending: Vec::new(), at: 0, over: false }
    }

    /// Passes over what nobody read; gives the heading that ended the section.
    fn finish(mut self) -> Option<Heading> {
        while !self.over {
            self.step();
        }
        self.next
    }

    /// Takes the next line.
    fn step(&mut self) {
        self.pending.clear();
        self.at = 0;
        let begins = self.lines.fresh;
        if self.lines.failed.is_some() || !self.lines.next(&mut self.pending) {
            self.over = true;
            return;
        }
        if let Some(end) = &self.end {
            // A log may hold what looks like a heading: only its own end counts.
            if let Some(marker) = memchr::memmem::find(&self.pending, end.as_bytes()) {
                self.pending.truncate(marker);
                self.over = true;
            }
            return;
        }
        self.next = self.format.filter(|_| begins).and_then(|format| section::heading(format, &self.pending));
        if self.next.is_some() {
            self.pending.clear();
            self.over = true;
        }
    }
}

impl Read for Body<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.at == self.pending.len() && !self.over {
            self.step();
        }
        let rest = self.pending.get(self.at..).unwrap_or_default();
        let n = (&mut &*rest).read(buffer)?;
        self.at += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sections of a text: name of the next heading, and the bytes.
    fn cut_all(format: Format, text: &str) -> Vec<(u64, u64, String, Option<String>)> {
        let mut bytes = text.as_bytes();
        let mut lines = Lines::new(&mut bytes);
        let mut found = Vec::new();
        let mut end = None;
        loop {
            let (line, offset) = (lines.line, lines.offset);
            let mut body = Body::new(&mut lines, Some(format), end.take());
            let mut read = String::new();
            body.read_to_string(&mut read).unwrap();
            let next = body.finish();
            found.push((line, offset, read, next.as_ref().map(|heading| heading.name.clone())));
            match next {
                Some(heading) => end = heading.end,
                None if lines.ended => return found,
                None => {}
            }
        }
    }

    fn check(format: Format, text: &str, expect: &[(u64, u64, &str, Option<&str>)]) {
        let found = cut_all(format, text);
        let found: Vec<_> = found
            .iter()
            .map(|(line, offset, body, next)| (*line, *offset, &**body, next.as_deref()))
            .collect();
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn sections_keep_the_places_of_the_file() {
        check(
            Format::Transcript,
            "I ran:\n$ kubectl get ns\nNAME\n$ df -h\nx\n",
            &[(0, 0, "I ran:\n", Some("kubectl/ns")), (2, 24, "NAME\n", Some("df -h")), (4, 37, "x\n", None)],
        );
    }

    #[test]
    fn a_log_of_a_dump_ends_only_with_its_own_marker() {
        let text = "{}\n==== START logs for container a of pod n/p ====\nx\n==== END logs for container b of pod n/p ====\nlast==== END logs for container a of pod n/p ====\n{}\n";
        check(
            Format::ClusterDump,
            text,
            &[
                (0, 0, "{}\n", Some("n/p/a.log")),
                (2, 51, "x\n==== END logs for container b of pod n/p ====\nlast", None),
                (5, 149, "{}\n", None),
            ],
        );
    }

    #[test]
    fn a_line_without_an_end_is_read_in_parts() {
        let text = format!("{}\n$ df -h\n", "x".repeat(3 << 20));
        let found = cut_all(Format::Transcript, &text);
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].0, 2);
    }
}
