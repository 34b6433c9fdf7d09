//! Members of a tar.

use std::io::{self, Read};

use super::{Member, MemberPath, Walk};
use crate::base::Diagnostic;

/// Zeros that may stand behind the end of an archive: tar pads to 10 KiB, other programs to more.
const PADDING: u64 = 1 << 20;

impl Walk<'_> {
    /// Visits the members of the tar that `member` is.
    pub(super) fn tar(&mut self, member: &Member, depth: u64, reader: &mut dyn Read) {
        if self.too_deep(member, depth) {
            return;
        }
        let mut archive = tar::Archive::new(&mut *reader);
        let entries = match archive.entries() {
            Ok(entries) => entries,
            Err(error) => return self.ends_early(member.path.as_str(), &error),
        };
        for entry in entries {
            let mut entry = match entry {
                Ok(entry) => entry,
                Err(error) => return self.ends_early(member.path.as_str(), &error),
            };
            let kind = entry.header().entry_type();
            if !(kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse()) {
                self.links += u64::from(!kind.is_dir());
                continue;
            }
            let modified = entry.header().mtime().ok().and_then(|at| i64::try_from(at).ok());
            let inner = Member {
                path: member.path.within(&MemberPath::new(&String::from_utf8_lossy(&entry.path_bytes()))),
                size: Some(entry.size()),
                modified: modified.filter(|at| *at > 0),
            };
            self.stream(&inner, depth + 1, &mut entry);
            if self.full {
                return;
            }
        }
        self.checksum(member, reader);
    }

    /// An archive ends before the stream around it: only the end of the stream tells whether its checksum is right.
    fn checksum(&mut self, member: &Member, reader: &mut dyn Read) {
        match io::copy(&mut reader.take(PADDING), &mut io::sink()) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.ends_early(member.path.as_str(), &error);
            }
            Err(error) => {
                let what = format!("the archive is read to its end, but what stands there is wrong: {error}");
                let help = "some lines may have changed on the way; when in doubt, ask for the file again";
                self.say(Diagnostic::warning("checksum", what).help(help), member);
            }
            Ok(_) => {}
        }
    }
}
