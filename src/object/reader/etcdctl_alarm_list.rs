//! `etcdctl alarm list` → `EtcdAlarm`.
//!
//! The simple form prints the id in decimal, `memberID:7383792418829112008 alarm:NOSPACE ` (protobuf text of `AlarmMember`);
//! JSON numbers the alarms. No alarm is an empty file, so that the path must say what the file is.

use serde_json::Value;

use super::{etcd, etcd_fields};
use crate::object::derived::{Derived, Expected};
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, lines};
use crate::object::{Document, Reader, Reading, preamble};

/// An alarm, named `<member id>-<alarm>`.
pub const ALARM: Derived = Derived {
    kind: "EtcdAlarm",
    what: "an alarm, named `<member id>-<alarm>`",
    expected: Expected::EtcdNodes,
    bulk: false,
    fields: &[("memberID", "hexadecimal"), ("alarm", "`NOSPACE` or `CORRUPT`")],
};

const KIND: &str = ALARM.kind;

/// Reads `etcdctl alarm list` in its simple, JSON and fields forms, also the gateway's.
pub const READER: Reader = Reader { name: "etcdctl-alarm-list", derives: &[&ALARM], sniff, read };

fn sniff(path: &str, head: &[u8]) -> bool {
    let first = etcd::first_line(head);
    let squeezed = etcd::squeezed(head);
    etcd::names(path, "alarmlist")
        || simple(&first).is_some()
        || (squeezed.contains("\"alarms\":[") && squeezed.contains("\"memberID\":"))
        || etcd_fields::shows(head, "AlarmType")
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let failed = etcd::fail_on_errors(&mut gather);
    let mut understood = !failed;
    let records = etcd_fields::records(document.bytes, "AlarmType");
    if !records.is_empty() {
        for record in &records {
            if let (Some(line), Some(id), Some(alarm)) =
                (record.line("AlarmType"), record.number("MemberID"), record.get("AlarmType"))
            {
                add(&mut gather, line, &etcd::hex_id(id), alarm);
            }
        }
    } else if let Some((line, value)) = etcd::json(document.bytes) {
        read_json(&mut gather, &line, &value);
    } else {
        for line in lines(document.bytes) {
            match simple(&line.text) {
                Some((id, alarm)) => add(&mut gather, &line, &id, alarm),
                None if failed || line.text.trim().is_empty() || preamble::is_noise(&line.text) => {}
                None => {
                    understood = false;
                    super::unreadable(&mut gather, &line, "alarm");
                }
            }
        }
    }
    if understood || !gather.reading.objects.is_empty() {
        gather.list(KIND, understood);
    }
    gather.finish()
}

fn add(gather: &mut Gather<'_, '_>, line: &Line<'_>, id: &str, alarm: &str) {
    let mut draft = Draft::new(gather.document, KIND, format!("{id}-{alarm}"), line);
    draft.put("memberID", id);
    draft.put("alarm", alarm);
    gather.add(draft);
}

fn simple(text: &str) -> Option<(String, &str)> {
    let (id, alarm) = text.trim().strip_prefix("memberID:")?.split_once(" alarm:")?;
    let alarm = alarm.trim();
    (!alarm.is_empty() && !alarm.contains(' ')).then_some((etcd::hex_id(id.trim().parse().ok()?), alarm))
}

fn read_json(gather: &mut Gather<'_, '_>, line: &Line<'_>, value: &Value) {
    if value.get("error").is_some() {
        gather.fail(line);
        return;
    }
    for item in etcd::items(value.get("alarms")) {
        let raw = item.get("memberID");
        let id = raw.and_then(etcd::id_from_json).unwrap_or_else(|| etcd::hex_id(0));
        let alarm = match item.get("alarm") {
            Some(Value::String(name)) => name.as_str(),
            Some(Value::Number(number)) => match number.as_u64() {
                Some(1) => "NOSPACE",
                Some(2) => "CORRUPT",
                _ => continue,
            },
            _ => continue,
        };
        let needle = raw.map(Value::to_string).unwrap_or_default();
        let place = etcd::line_with(gather.document.bytes, line, needle.trim_matches('"'));
        add(gather, &place, &id, alarm);
    }
}

#[cfg(test)]
mod tests {
    use super::super::etcd::tests::read;
    use super::*;

    fn check(text: &str, names: &[&str], listed: Option<bool>) {
        let reading = read(&READER, &[KIND], "etcd/alarmlist", text);
        let found: Vec<_> = reading.objects.iter().map(|object| &*object.name).collect();
        assert_eq!(found, names, "{text}");
        assert_eq!(reading.lists.first().map(|list| list.complete), listed, "{text}");
    }

    #[test]
    fn no_alarm_is_a_complete_empty_list() {
        for text in
            ["", "\n", "{}\n", "{\"header\":{\"cluster_id\":\"1\"}}", "{\"level\":\"warn\",\"msg\":\"x\"}\n"]
        {
            check(text, &[], Some(true));
        }
    }

    #[test]
    fn alarms_are_named_by_member_and_alarm() {
        for text in [
            "memberID:7383792418829112008 alarm:NOSPACE \n",
            "{\"alarms\":[{\"memberID\":7383792418829112008,\"alarm\":1}]}",
            "{\n  \"header\": {},\n  \"alarms\": [\n    {\n      \"memberID\": \"7383792418829112008\",\n      \"alarm\": \"NOSPACE\"\n    }\n  ]\n}\n",
            "\"ClusterID\" : 1\n\"MemberID\" : 2\n\"Revision\" : 10\n\"RaftTerm\" : 2\n\"MemberID\" : 7383792418829112008\n\"AlarmType\" : NOSPACE\n\n",
            "{\"header\":{},\"alarms\":[{\"memberID\":\"7383792418829112008\",\"alarm\":\"NOSPACE\"}]}",
        ] {
            check(text, &["667880157b8812c8-NOSPACE"], Some(true));
        }
    }

    #[test]
    fn failures_are_not_an_empty_list() {
        for text in [
            "Error: context deadline exceeded\n",
            "Error: table not supported as output format\n",
            "panic: runtime error: x\n\ngoroutine 1\n",
        ] {
            check(text, &[], None);
        }
        check("memberID:1 alarm:CORRUPT \nmemberID:2 al", &["1-CORRUPT"], Some(false));
    }
}
