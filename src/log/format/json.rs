//! One JSON object a line: zap (etcd), logrus, slog, controller-runtime, zerolog, hclog, klog with
//! `--logging-format=json`, audit events.
//!
//! Names of keys and forms of times differ; the tables below hold those that are known, in order of precedence.
//! zap writes `ts` as ISO 8601 with `Z` or an offset without a colon, and by version milliseconds, microseconds or
//! microseconds with trimmed zeros (etcd, `client/pkg/logutil/zap.go`); klog writes milliseconds since the epoch as
//! a float and no level (k8s.io/component-base, `logs/json/json.go`).

use std::borrow::Cow;
use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{LogFormat, Sample};
use crate::base::Stamp;
use crate::log::{Entry, Fields, Level, civil};

const TIME_KEYS: [&str; 10] = [
    "ts",
    "time",
    "timestamp",
    "@timestamp",
    "t",
    "stageTimestamp",
    "requestTimestamp",
    "requestReceivedTimestamp",
    "TimeCreated",
    "datetime",
];
const LEVEL_KEYS: [&str; 7] =
    ["level", "severity", "lvl", "levelname", "@level", "log.level", "LevelDisplayName"];
const MESSAGE_KEYS: [&str; 4] = ["msg", "message", "@message", "Message"];

pub(super) static FORMAT: LogFormat = LogFormat {
    name: "json",
    parse,
    samples: &[
        Sample {
            line: r#"{"level":"warn","ts":"2026-11-22T02:46:11.732Z","caller":"etcdserver/util.go:170","msg":"apply request took too long","took":"238.1ms","expected-duration":"100ms","prefix":"read-only range ","ok":true,"n":3,"none":null}"#,
            says: "2026-11-22T02:46:11.732Z warning apply request took too long",
            fields: &[
                ("caller", "etcdserver/util.go:170"),
                ("took", "238.1ms"),
                ("prefix", "read-only range "),
                ("ok", "true"),
                ("n", "3"),
                ("none", "null"),
            ],
        },
        Sample {
            line: r#"{"level":"info","ts":"2026-11-22T04:41:20.15+0100","msg":"listening","urls":["https://10.0.0.1:2380", "x"],"limits":{"a":1.5}}"#,
            says: "2026-11-22T03:41:20.15Z info listening",
            fields: &[("urls", r#"["https://10.0.0.1:2380","x"]"#), ("limits", r#"{"a":1.5}"#)],
        },
        Sample {
            line: r#"{"error":"EOF","level":"error","msg":"cannot \"sync\"\tnow","time":"2023-05-04T12:00:00+02:00"}"#,
            says: "2023-05-04T10:00:00Z error cannot \"sync\"\tnow",
            fields: &[("error", "EOF")],
        },
        Sample {
            line: r#"{"ts":1620449081405.968,"caller":"app/server.go:1","msg":"Starting","v":0}"#,
            says: "2021-05-08T04:44:41.405968Z info Starting",
            fields: &[("v", "0")],
        },
        Sample {
            line: r#"{"ts":1620449081405.968,"caller":"app/server.go:1","msg":"Failed","err":"boom"}"#,
            says: "2021-05-08T04:44:41.405968Z error Failed",
            fields: &[("err", "boom")],
        },
        Sample {
            line: r#"{"severity":"6","timestamp":1620449081,"message":"by number","logger":"a.b"}"#,
            says: "2021-05-08T04:44:41Z info by number",
            fields: &[("logger", "a.b")],
        },
        Sample {
            line: r#"{"level":"Level(-4)","ts":1620449081.5,"logger":"bundle","msg":"deep","reconcileID":"1-2"}"#,
            says: "2021-05-08T04:44:41.5Z debug deep",
            fields: &[("reconcileID", "1-2")],
        },
        Sample {
            line: r#"{"time":"2025-03-27T16:58:10.5Z","level":"INFO","source":{"function":"main.run","line":7},"msg":"slog"}"#,
            says: "2025-03-27T16:58:10.5Z info slog",
            fields: &[("source", r#"{"function":"main.run","line":7}"#)],
        },
        Sample {
            line: r#"{"level":"info","ts":"2024-01-01T00:00:00.98983+0200","logger":"raft","caller":"etcdserver/zap_raft.go:77","msg":"628170c became leader at term 2"}"#,
            says: "2023-12-31T22:00:00.98983Z info 628170c became leader at term 2",
            fields: &[("logger", "raft")],
        },
        Sample {
            line: r#"{"ts":1620449081405968000,"level":"INFO+2","msg":"nanoseconds"}"#,
            says: "2021-05-08T04:44:41.405968Z info nanoseconds",
            fields: &[],
        },
        Sample {
            line: r#"{"TimeCreated":"\/Date(1700000000000)\/","LevelDisplayName":"Warning","ProviderName":"rke2","Message":"Restarting"}"#,
            says: "2023-11-14T22:13:20Z warning Restarting",
            fields: &[("ProviderName", "rke2")],
        },
        Sample {
            line: r#"{"TimeCreated":"2023-11-14T23:13:20.0000000+01:00","LevelDisplayName":"Information","Message":"Started"}"#,
            says: "2023-11-14T22:13:20Z info Started",
            fields: &[],
        },
        Sample { line: r#"{"level":"fatal","msg":"no time"}"#, says: "- fatal no time", fields: &[] },
        Sample {
            line: r#"{"kind":"Event","level":"Metadata","verb":"get","stageTimestamp":"2025-03-27T16:58:10.123456Z"}"#,
            says: r#"2025-03-27T16:58:10.123456Z - {"kind":"Event","level":"Metadata","verb":"get","stageTimestamp":"2025-03-27T16:58:10.123456Z"}"#,
            fields: &[("level", "Metadata"), ("verb", "get")],
        },
    ],
};

fn parse(text: &str) -> Option<Entry<'_>> {
    if !text.starts_with('{') {
        return None;
    }
    let Fields(mut fields) = object(text)?;
    let stamp = take(&mut fields, &TIME_KEYS, civil::whole);
    let level = take(&mut fields, &LEVEL_KEYS, level);
    let message = take_message(&mut fields);
    if stamp.is_none() && level.is_none() && message.is_none() {
        return None;
    }
    Some(entry(text, stamp, level, message, fields))
}

fn entry<'c>(
    text: &'c str,
    stamp: Option<Stamp>,
    level: Option<Level>,
    message: Option<Cow<'c, str>>,
    fields: Vec<Field<'c>>,
) -> Entry<'c> {
    let fields = Fields(fields);
    // klog's JSON has no level: `v` marks an information, its absence next to `err` an error.
    let level = level.or_else(|| match (fields.get("caller"), fields.get("v"), fields.get("err")) {
        (Some(_), Some(_), _) => Some(Level::Info),
        (Some(_), None, Some(_)) => Some(Level::Error),
        _ => None,
    });
    Entry { stamp, level, message: message.unwrap_or(Cow::Borrowed(text)), fields }
}

/// The pairs of a text that is one JSON object.
pub(super) fn object(text: &str) -> Option<Fields<'_>> {
    let Object(fields) = serde_json::from_str(text).ok()?;
    Some(Fields(fields))
}

type Field<'c> = (Cow<'c, str>, Cow<'c, str>);

/// Takes out the first of `keys` whose value reads as wanted.
fn take<T>(fields: &mut Vec<Field<'_>>, keys: &[&str], read: fn(&str) -> Option<T>) -> Option<T> {
    let (at, value) = keys.iter().find_map(|wanted| {
        let at = fields.iter().position(|(key, _)| key == wanted)?;
        Some((at, read(&fields.get(at)?.1)?))
    })?;
    fields.remove(at);
    Some(value)
}

fn take_message<'c>(fields: &mut Vec<Field<'c>>) -> Option<Cow<'c, str>> {
    let at = MESSAGE_KEYS.iter().find_map(|wanted| fields.iter().position(|(key, _)| key == wanted))?;
    Some(fields.remove(at).1)
}

/// Reads a word, a syslog severity (0 to 7), a level of pino (10 to 60), or a level that zap has no word for.
fn level(text: &str) -> Option<Level> {
    if let Some(word) = Level::parse(text) {
        return Some(word);
    }
    if let Ok(number) = text.parse::<u8>() {
        return match number {
            60 => Some(Level::Fatal),
            50 => Some(Level::Error),
            40 => Some(Level::Warning),
            30 => Some(Level::Info),
            10 | 20 => Some(Level::Debug),
            _ => Level::of_severity(number),
        };
    }
    text.get(..7).filter(|head| head.eq_ignore_ascii_case("level(-")).map(|_| Level::Debug)
}

/// The pairs of an object in the order in which they were written.
struct Object<'c>(Vec<Field<'c>>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::with_capacity(8);
        while let Some((Text(key), Text(value))) = map.next_entry()? {
            fields.push((key, value));
        }
        Ok(Object(fields))
    }
}

/// A value as text: a string unescaped, anything else as compact JSON.
struct Text<'c>(Cow<'c, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Text(Cow::Borrowed(if value { "true" } else { "false" })))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(value.to_string())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(value.to_string())))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(value.to_string())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Text(Cow::Borrowed("null")))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        let value = Value::deserialize(SeqAccessDeserializer::new(seq))?;
        Ok(Text(Cow::Owned(value.to_string())))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let value = Value::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Text(Cow::Owned(value.to_string())))
    }
}
