//! `journalctl -o export`: records as blocks of fields, a blank line between two.
//!
//! A field is `NAME=text`, or, when the text is not plain, `NAME`, its length as eight bytes (the lowest first), and the
//! text. Source: systemd, `docs/JOURNAL_EXPORT_FORMATS.md`.

use memchr::memmem;

use super::LINE_MAX;
use crate::base::Time;

/// The first field of each record.
pub(super) const CURSOR: &[u8] = b"__CURSOR=";

/// Whether a record begins somewhere in the bytes.
pub(super) fn is_in(bytes: &[u8]) -> bool {
    memmem::find_iter(bytes, CURSOR).any(|at| is_at(bytes, at))
}

/// Whether a record begins with the [`CURSOR`] at this place.
pub(super) fn is_at(bytes: &[u8], at: usize) -> bool {
    at == 0 || bytes.get(at - 1) == Some(&b'\n')
}

/// Whether the line looks like a field, or like the name of one.
pub(super) fn is_field(line: &[u8]) -> bool {
    let name =
        line.iter().take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || **b == b'_').count();
    name > 0
        && line.get(name).is_none_or(|next| *next == b'=')
        && line.first().is_some_and(|b| !b.is_ascii_digit())
}

/// One record.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Block<'b> {
    time: Option<Time>,
    host: String,
    program: String,
    process: Option<&'b str>,
    priority: Option<&'b str>,
    /// What the program wrote, without what is longer than a line may be.
    pub(super) message: &'b [u8],
    /// Where the field of the message begins, from the block's beginning.
    pub(super) field_at: usize,
    /// Where the message itself begins.
    pub(super) message_at: usize,
    /// How long the block is, the blank line included.
    pub(super) length: usize,
}

impl<'b> Block<'b> {
    /// Reads the block that the bytes begin with; one that was cut off gives what there is.
    pub(super) fn read(bytes: &'b [u8]) -> Self {
        let mut block = Self::default();
        let mut command = None;
        while let Some(field) = Field::read(bytes, block.length) {
            let is_next =
                block.length > 0 && bytes.get(block.length..).is_some_and(|rest| rest.starts_with(CURSOR));
            if is_next {
                break;
            }
            let at = block.length;
            block.length = field.end;
            let text = || std::str::from_utf8(field.value).ok();
            match field.name {
                b"" => break,
                b"__REALTIME_TIMESTAMP" => {
                    let micros = text().and_then(|text| text.parse::<i64>().ok());
                    block.time = micros.and_then(|micros| micros.checked_mul(1_000)).map(Time);
                }
                b"_HOSTNAME" => block.host = name(field.value),
                b"SYSLOG_IDENTIFIER" => block.program = name(field.value),
                b"_COMM" => command = Some(name(field.value)),
                b"_PID" => block.process = text().filter(|pid| pid.bytes().all(|b| b.is_ascii_digit())),
                b"PRIORITY" => {
                    block.priority = text().filter(|text| matches!(text.as_bytes(), [b'0'..=b'7']))
                }
                b"MESSAGE" => {
                    block.message = field.value.get(..LINE_MAX).unwrap_or(field.value);
                    (block.field_at, block.message_at) = (at, field.value_at);
                }
                _ => {}
            }
        }
        if block.program.is_empty() {
            block.program = command.unwrap_or_default();
        }
        block
    }

    /// `<3>2021-05-08T04:44:41.405968+0000 cp-1 kubelet[1234]: `, as `journalctl -o short-iso-precise` has it, with the
    /// priority of syslog before it. Nothing when the record has no time.
    pub(super) fn head(&self) -> Vec<u8> {
        let Some(time) = self.time else { return Vec::new() };
        let time = time.to_string();
        let or = |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
        let process = self.process.map(|pid| format!("[{pid}]")).unwrap_or_default();
        let priority = self.priority.map(|number| format!("<{number}>")).unwrap_or_default();
        let (host, program) = (or(&self.host, "-"), or(&self.program, "-"));
        format!("{priority}{}+0000 {host} {program}{process}: ", time.trim_end_matches('Z')).into_bytes()
    }
}

/// A name as heads can hold it.
fn name(value: &[u8]) -> String {
    const NAME_MAX: usize = 255;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'@' | b'(' | b')');
    value.iter().take(NAME_MAX).map(|b| if plain(*b) { char::from(*b) } else { '_' }).collect()
}

struct Field<'b> {
    name: &'b [u8],
    value: &'b [u8],
    value_at: usize,
    /// Where the next field begins.
    end: usize,
}

impl<'b> Field<'b> {
    /// The field that begins at this place; a blank line has no name.
    fn read(bytes: &'b [u8], at: usize) -> Option<Self> {
        let rest = bytes.get(at..).filter(|rest| !rest.is_empty())?;
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest.get(..end)?;
        if let Some(equals) = memchr::memchr(b'=', line) {
            let (name, value) = (line.get(..equals)?, line.get(equals + 1..)?);
            return Some(Self { name, value, value_at: at + equals + 1, end: bytes.len().min(at + end + 1) });
        }
        if line.is_empty() || !is_field(line) {
            return Some(Self { name: b"", value: b"", value_at: at, end: bytes.len().min(at + end + 1) });
        }
        let from = at + end + 1;
        let Some(length) = bytes.get(from..).and_then(|rest| rest.first_chunk::<8>()) else {
            return Some(Self { name: line, value: b"", value_at: at, end: bytes.len() });
        };
        let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
        let value_at = from + 8;
        let stop = value_at.saturating_add(length).min(bytes.len());
        Some(Self {
            name: line,
            value: bytes.get(value_at..stop).unwrap_or_default(),
            value_at,
            end: bytes.len().min(stop.saturating_add(1)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_text_and_by_length() {
        let mut bytes =
            b"__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1620449081405968\n_HOSTNAME=cp 1\n_PID=888\n".to_vec();
        bytes.extend_from_slice(
            b"SYSLOG_IDENTIFIER=rke2\nPRIORITY=6\nMESSAGE\n\x08\0\0\0\0\0\0\0one\ntwo=\n_X=1\n\n__CURSOR=",
        );
        let block = Block::read(&bytes);
        assert_eq!(block.head(), b"<6>2021-05-08T04:44:41.405968+0000 cp_1 rke2[888]: ");
        assert_eq!(block.message, b"one\ntwo=");
        assert_eq!(bytes.get(block.length..), Some(CURSOR));
        assert_eq!(bytes.get(block.message_at..block.message_at + 3), Some(&b"one"[..]));
    }

    #[test]
    fn what_was_cut_off_gives_what_there_is() {
        for bytes in [
            &b"__CURSOR=x"[..],
            b"__CURSOR=x\nMESSAGE\n\x01\0",
            b"__CURSOR=x\nMESSAGE\n\xff\xff\xff\xff\xff\xff\xff\xffabc",
            b"__CURSOR=x\nMESSAGE=abc",
        ] {
            let block = Block::read(bytes);
            assert_eq!(block.length, bytes.len(), "{bytes:?}");
            assert!(block.message.is_empty() || block.message == b"abc");
        }
        let twice = b"__CURSOR=x\nMESSAGE=a\n__CURSOR=y\nMESSAGE=b\n";
        assert_eq!(Block::read(twice).message, b"a");
    }
}
