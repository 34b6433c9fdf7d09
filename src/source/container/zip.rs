//! Members of a zip. It is read through its central directory, so it has to be a file or lie in memory.

use std::cell::Cell;
use std::io::{self, Read, Seek};

use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

use super::compressed::Bounded;
use super::{Member, MemberPath, Walk};
use crate::base::Diagnostic;

impl Walk<'_> {
    /// Visits the members of the zip that `member` is.
    pub(super) fn zip(&mut self, member: &Member, depth: u64, mut reader: impl Read + Seek) {
        if self.too_deep(member, depth) {
            return;
        }
        match ZipArchive::new(&mut reader) {
            Ok(mut archive) => self.zip_members(member, depth, &mut archive),
            Err(error) => self.torn_zip(member, depth, &mut reader, &error),
        }
    }

    fn zip_members<R: Read + Seek>(&mut self, member: &Member, depth: u64, archive: &mut ZipArchive<R>) {
        if archive.has_overlapping_files().unwrap_or(true) {
            let what =
                "members of the zip overlap: no program packs so, but bombs are built so; it is not read";
            return self.say(Diagnostic::warning("zip-overlap", what), member);
        }
        for index in 0..archive.len() {
            let name = archive.name_for_index(index).and_then(Result::ok).unwrap_or_default().into_owned();
            match archive.by_index(index) {
                Ok(mut entry) => self.zip_member(member, depth, &mut entry),
                Err(error) => {
                    let unread = Member { path: member.path.within(&path(&name)), ..Member::default() };
                    self.say(refused(&error), &unread);
                }
            }
            if self.full {
                return;
            }
        }
    }

    fn zip_member<R: Read>(&mut self, member: &Member, depth: u64, entry: &mut ZipFile<'_, R>) {
        if !entry.is_file() {
            self.links += u64::from(entry.is_symlink());
            return;
        }
        let name = entry.name().unwrap_or_else(|_| String::from_utf8_lossy(entry.name_raw()));
        let inner = Member {
            path: member.path.within(&path(&name)),
            size: Some(entry.size()),
            modified: entry.last_modified().and_then(seconds),
        };
        let taken = Cell::new(entry.compressed_size());
        let mut bounded = Bounded::new(Box::new(entry), &taken, self.limits.ratio);
        self.stream(&inner, depth + 1, &mut bounded);
        // The checksum stands behind the last byte: only who reads that far learns whether the member is whole.
        let rest = io::copy(&mut bounded, &mut io::sink());
        if let Err(error) = rest {
            self.ends_early(inner.path.as_str(), &error);
        }
        if bounded.limit {
            self.say_ratio(&inner);
        }
    }

    /// A zip whose end is missing has lost its directory; what stands before can be read from its start.
    fn torn_zip(&mut self, member: &Member, depth: u64, reader: &mut (impl Read + Seek), why: &ZipError) {
        let mut members = 0;
        if reader.rewind().is_ok() {
            while let Ok(Some(mut entry)) = zip::read::read_zipfile_from_stream(reader) {
                members += 1;
                self.zip_member(member, depth, &mut entry);
                if self.full {
                    return;
                }
            }
        }
        let what = format!("the zip is damaged or ends early ({why}): {members} of its files could be read");
        self.say(Diagnostic::warning("truncated", what).help("ask for the file again"), member);
    }
}

/// A path in a zip; old programs for Windows write backslashes.
fn path(name: &str) -> MemberPath {
    MemberPath::new(&name.replace('\\', "/"))
}

/// Why one member cannot be read.
fn refused(error: &ZipError) -> Diagnostic {
    let help = match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => "ask for it without a password",
        _ => "unpack the zip, and analyse the directory",
    };
    Diagnostic::warning("zip-member", format!("the file cannot be read: {error}")).help(help)
}

/// The time in a zip is on the clock of who packed it; as an anchor for a year that is near enough.
fn seconds(at: zip::DateTime) -> Option<i64> {
    let part = |n: u8| i8::try_from(n).ok();
    let date =
        jiff::civil::Date::new(i16::try_from(at.year()).ok()?, part(at.month())?, part(at.day())?).ok()?;
    let time =
        jiff::civil::Time::new(part(at.hour())?, part(at.minute())?, part(at.second())?.min(59), 0).ok()?;
    // MS-DOS counts from 1980; programs without a clock write just that.
    let known = date.year() > 1980;
    let at = jiff::tz::Offset::UTC.to_timestamp(date.to_datetime(time)).ok()?;
    known.then(|| at.as_second())
}
