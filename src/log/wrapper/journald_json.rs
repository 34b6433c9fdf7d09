//! `journalctl -o json`: `{"__REALTIME_TIMESTAMP":"1620449081000000","_HOSTNAME":"cp-1","MESSAGE":"…", …}`.
//!
//! Keys come in any order. A value is a string, an array of bytes when it is not UTF-8, an array of such when the
//! field was given more than once, or `null` when it is too long. Times are microseconds since the epoch. Docker's
//! `journald` driver gives all of stderr the priority of an error, so priorities of containers are not read. Source:
//! systemd, `src/shared/logs-show.c` (`output_json`); moby, `daemon/logger/journald/journald.go`.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Sample, Wrapper, priority, stated_level};
use crate::base::{Basis, Stamp};
use crate::log::{Unwrapped, lossy};

pub(super) static WRAPPER: Wrapper = Wrapper {
    name: "journald-json",
    unwrap,
    wrap,
    samples: &[
        Sample {
            line: r#"{"__REALTIME_TIMESTAMP":"1620449081405968","_HOSTNAME":"cp-1","SYSLOG_IDENTIFIER":"kubelet","PRIORITY":"3","MESSAGE":"say \"hi\""}"#,
            stamp: "2021-05-08T04:44:41.405968Z",
            rest: "say \"hi\"",
        },
        Sample {
            line: r#"{"_PID":"888","MESSAGE":[99,195,188,27,91,51,51,109,226],"__REALTIME_TIMESTAMP":"1620449081000000"}"#,
            stamp: "2021-05-08T04:44:41Z",
            rest: "cü\u{1b}[33m\u{fffd}",
        },
        Sample {
            line: r#"{"MESSAGE":["first","second"],"_CMDLINE":null,"__REALTIME_TIMESTAMP":"1620449081000000"}"#,
            stamp: "2021-05-08T04:44:41Z",
            rest: "first",
        },
    ],
};

fn unwrap(line: &str) -> Option<Unwrapped<'_>> {
    // Names of fields are written in capitals, which tells these objects from those of programs at a glance.
    if !line
        .strip_prefix("{\"")
        .is_some_and(|rest| rest.starts_with(|c: char| c == '_' || c.is_ascii_uppercase()))
    {
        return None;
    }
    let entry: Entry<'_> = serde_json::from_str(line).ok()?;
    let micros: i64 = entry.micros?.parse().ok()?;
    let rest = match entry.message? {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_end_matches(['\r', '\n'])),
        Cow::Owned(mut text) => {
            text.truncate(text.trim_end_matches(['\r', '\n']).len());
            Cow::Owned(text)
        }
    };
    let severity = entry.priority.filter(|_| !entry.of_container).and_then(|number| priority(&number));
    Some(Unwrapped {
        stamp: micros.checked_mul(1_000).map(|ns| Stamp { ns, basis: Basis::Utc }),
        level: severity.and_then(stated_level),
        host: entry.host,
        program: entry.identifier.or(entry.command),
        rest,
    })
}

#[derive(Default)]
struct Entry<'c> {
    micros: Option<Cow<'c, str>>,
    message: Option<Cow<'c, str>>,
    host: Option<Cow<'c, str>>,
    identifier: Option<Cow<'c, str>>,
    command: Option<Cow<'c, str>>,
    priority: Option<Cow<'c, str>>,
    of_container: bool,
}

impl<'de> Deserialize<'de> for Entry<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = Entry<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entry = Entry::default();
        while let Some(Text(key)) = map.next_key()? {
            let slot = match key.as_deref() {
                Some("__REALTIME_TIMESTAMP") => &mut entry.micros,
                Some("MESSAGE") => &mut entry.message,
                Some("_HOSTNAME") => &mut entry.host,
                Some("SYSLOG_IDENTIFIER") => &mut entry.identifier,
                Some("_COMM") => &mut entry.command,
                Some("PRIORITY") => &mut entry.priority,
                other => {
                    entry.of_container |= other == Some("CONTAINER_NAME");
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *slot = map.next_value::<Text<'_>>()?.0;
        }
        Ok(entry)
    }
}

/// A value of a field; of several, the first. What is no text is none.
struct Text<'c>(Option<Cow<'c, str>>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Borrowed(text))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Owned(text.to_owned()))))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Text(None))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Owned(number.to_string()))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let (mut bytes, mut first) = (Vec::new(), None);
        while let Some(part) = seq.next_element::<Part<'_>>()? {
            match part {
                Part::Byte(byte) => bytes.push(byte),
                Part::Text(text) => first = first.or(Some(text)),
            }
        }
        Ok(Text(first.or_else(|| (!bytes.is_empty()).then(|| Cow::Owned(lossy(bytes))))))
    }
}

/// A byte of a value, or one value of several.
enum Part<'c> {
    Byte(u8),
    Text(Cow<'c, str>),
}

impl<'de> Deserialize<'de> for Part<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PartVisitor)
    }
}

struct PartVisitor;

impl<'de> Visitor<'de> for PartVisitor {
    type Value = Part<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a byte or a text")
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Self::Value, E> {
        let byte = u8::try_from(number).map_err(|_| E::custom("no byte"))?;
        Ok(Part::Byte(byte))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Part::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Part::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = seq.next_element::<u8>()? {
            bytes.push(byte);
        }
        Ok(Part::Text(Cow::Owned(lossy(bytes))))
    }
}

fn wrap(line: &str, ns: i64) -> String {
    let message = serde_json::Value::from(line);
    format!(
        r#"{{"PRIORITY":"6","SYSLOG_IDENTIFIER":"rke2","MESSAGE":{message},"_HOSTNAME":"node-1","__REALTIME_TIMESTAMP":"{}"}}"#,
        ns / 1_000
    )
}
