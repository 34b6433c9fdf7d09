//! `etcdctl endpoint health` → `EtcdHealth`.
//!
//! Simple lines are prose, `<endpoint> is healthy: successfully committed proposal: took = 3.6ms` (etcdctl `ep_command.go`).
//! Up to 3.4 a member with an alarm still says healthy; the alarm list knows better. `cluster-health` of the v2 API says the same in
//! other words: `member 8e9e05c52164694d is healthy: got healthy result from http://…` (etcdctl `ctlv2/command/cluster_health.go`).

use serde_json::Value;

use super::{etcd, etcd_fields};
use crate::base::stamp::parse_duration;
use crate::object::derived::{Derived, Expected};
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, lines};
use crate::object::{Document, Reader, Reading};

/// An endpoint as `endpoint health` shows it, named by its address.
pub const HEALTH: Derived = Derived {
    kind: "EtcdHealth",
    what: "an endpoint as `endpoint health` shows it, named by its address",
    expected: Expected::EtcdNodes,
    bulk: false,
    fields: &[
        ("endpoint", "as given to etcdctl"),
        ("healthy", "whether a proposal was committed"),
        ("tookSeconds", "seconds"),
        ("error", "absent if healthy"),
    ],
};

const KIND: &str = HEALTH.kind;

/// Reads `etcdctl endpoint health` in its simple, table, JSON and fields forms, and `cluster-health` of the v2 API.
pub const READER: Reader = Reader { name: "etcdctl-endpoint-health", derives: &[&HEALTH], sniff, read };

fn sniff(path: &str, head: &[u8]) -> bool {
    let first = etcd::first_line(head);
    let squeezed = etcd::squeezed(head);
    etcd::names(path, "endpointhealth")
        || etcd::names(path, "clusterhealth")
        || simple(&first).is_some_and(|(endpoint, ..)| endpoint.contains(':'))
        || simple_v2(&first).is_some()
        || etcd::has_headings(head, &["HEALTH", "TOOK"])
        || (squeezed.starts_with("[{\"endpoint\":") && squeezed.contains("\"health\":"))
        || (etcd_fields::shows(head, "Health") && etcd_fields::shows(head, "Endpoint"))
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let failed = etcd::fail_on_errors(&mut gather);
    let records = etcd_fields::records(document.bytes, "Health");
    let found = if !records.is_empty() {
        for record in &records {
            let (Some(line), Some(endpoint)) = (record.line("Endpoint"), record.get("Endpoint")) else {
                continue;
            };
            let healthy = record.get("Health") == Some("true");
            let error = record.get("Error").unwrap_or_default();
            add(&mut gather, line, endpoint, healthy, record.get("Took"), error);
        }
        true
    } else if let Some(rows) = etcd::rows(document.bytes) {
        for row in &rows {
            let (Some(line), Some(endpoint)) = (row.lines.first(), row.cell("ENDPOINT")) else { continue };
            let error = row.cell("ERROR").unwrap_or_default();
            add(&mut gather, line, endpoint, row.cell("HEALTH") == Some("true"), row.cell("TOOK"), error);
        }
        true
    } else if let Some((line, list)) = etcd::json(document.bytes).filter(|(_, value)| value.is_array()) {
        etcd::items(Some(&list)).for_each(|item| read_json(&mut gather, &line, item));
        true
    } else {
        read_simple(&mut gather)
    };
    if found {
        gather.list(KIND, !failed);
    }
    gather.finish()
}

fn add(
    gather: &mut Gather<'_, '_>,
    line: &Line<'_>,
    endpoint: &str,
    healthy: bool,
    took: Option<&str>,
    error: &str,
) {
    if !etcd::is_reachable(endpoint) {
        return;
    }
    let mut draft = Draft::new(gather.document, KIND, endpoint, line);
    draft.put("endpoint", endpoint);
    draft.put("healthy", healthy);
    if let Some(seconds) = took.and_then(parse_duration) {
        draft.put("tookSeconds", seconds);
    }
    if !error.is_empty() {
        draft.put("error", error);
    }
    gather.add(draft);
}

/// Endpoint, whether it is healthy, and what is said about it.
fn simple(text: &str) -> Option<(&str, bool, &str)> {
    let (endpoint, rest) = text.trim_end().split_once(" is ")?;
    let (state, message) = rest.split_once(": ")?;
    let healthy = match state {
        "healthy" => true,
        "unhealthy" => false,
        _ => return None,
    };
    (!endpoint.contains(' ')).then_some((endpoint, healthy, message))
}

/// A line of the v2 API: the address stands in the message, and is the first of several if none answered.
fn simple_v2(text: &str) -> Option<(&str, bool, &str)> {
    let (id, rest) = text.trim_end().strip_prefix("member ")?.split_once(" is ")?;
    etcd::id_from_hex(id)?;
    let (state, message) = rest.split_once(": ")?;
    let healthy = match state {
        "healthy" => true,
        "unhealthy" | "unreachable" => false,
        _ => return None,
    };
    let address = message.split([' ', '[', ']']).find(|word| word.contains("://"))?;
    Some((address, healthy, message))
}

fn read_simple(gather: &mut Gather<'_, '_>) -> bool {
    let mut found = false;
    for line in lines(gather.document.bytes) {
        let Some((endpoint, healthy, message)) = simple_v2(&line.text).or_else(|| simple(&line.text)) else {
            continue;
        };
        found = true;
        let took = message.rsplit_once("took = ").map(|(_, took)| took);
        let error =
            if healthy { "" } else { message.strip_prefix("failed to commit proposal: ").unwrap_or(message) };
        add(gather, &line, endpoint, healthy, took, error.trim());
    }
    found
}

fn read_json(gather: &mut Gather<'_, '_>, line: &Line<'_>, item: &Value) {
    let text = |key: &str| item.get(key).and_then(Value::as_str);
    let Some(endpoint) = text("endpoint") else { return };
    let healthy = item.get("health") == Some(&Value::Bool(true));
    let place = etcd::line_with(gather.document.bytes, line, endpoint);
    add(gather, &place, endpoint, healthy, text("took"), text("error").unwrap_or_default().trim());
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::etcd::tests::{named, read};
    use super::*;

    #[test]
    fn all_forms_give_the_same_health() {
        let good = json!({"endpoint": "http://a:1", "healthy": true, "tookSeconds": 0.0035});
        let bad = json!({"endpoint": "http://b:1", "healthy": false, "error": "context deadline exceeded"});
        let slow = json!({"endpoint": "http://b:1", "healthy": false, "tookSeconds": 5.0, "error": "context deadline exceeded"});
        for (text, second) in [
            (
                "http://a:1 is healthy: successfully committed proposal: took = 3.5ms\n\
              {\"level\":\"warn\",\"msg\":\"x\"}\n\
              http://b:1 is unhealthy: failed to commit proposal: context deadline exceeded\nError: unhealthy cluster\n",
                &bad,
            ),
            (
                "+--+\n| ENDPOINT | HEALTH | TOOK | ERROR |\n+--+\n| http://a:1 | true | 3.5ms | |\n\
              | http://b:1 | false | 5s | context deadline exceeded |\n+--+\nError: unhealthy cluster\n",
                &slow,
            ),
            (
                "[{\"endpoint\":\"http://a:1\",\"health\":true,\"took\":\"3.5ms\"},{\"endpoint\":\"http://b:1\",\"health\":false,\
              \"took\":\"5.0s\",\"error\":\"context deadline exceeded\"}]\nError: unhealthy cluster\n",
                &slow,
            ),
        ] {
            let reading = read(&READER, &[KIND], "etcd/endpointhealth", text);
            let found: Vec<_> = reading.objects.iter().map(named).collect();
            assert_eq!(found, [("http://a:1", &good), ("http://b:1", second)], "{text}");
            assert!(reading.lists[0].complete);
        }
    }

    #[test]
    fn fields_and_the_v2_api_say_the_same() {
        for text in [
            "\"Endpoint\" : \"http://a:1\"\n\"Health\" : true\n\"Took\" : 998µs\n\"Error\" : \n\n\"Endpoint\" : \"http://b:1\"\n\"Health\" : false\n\
             \"Took\" : 5s\n\"Error\" : \"context deadline exceeded\"\n\nError: unhealthy cluster\n",
            "member 8e9e05c52164694d is healthy: got healthy result from http://a:1\n\
             member ce2a822cea30bfca is unreachable: [http://b:1 http://c:1] are all unreachable\ncluster is degraded\n",
        ] {
            let reading = read(&READER, &[KIND], "pasted.txt", text);
            let found: Vec<_> = reading
                .objects
                .iter()
                .map(|object| {
                    (&*object.name, &object.fields["healthy"], object.fields.get("error").is_some())
                })
                .collect();
            assert_eq!(
                found,
                [("http://a:1", &json!(true), false), ("http://b:1", &json!(false), true)],
                "{text}"
            );
            assert!(reading.lists[0].complete);
        }
    }

    #[test]
    fn sockets_of_other_machines_are_no_endpoints() {
        let text = "[{\"endpoint\":\"unixs://10.0.0.1:0\",\"health\":false,\"took\":\"5.000316276s\",\"error\":\"context deadline exceeded\"},\
            {\"endpoint\":\"https://10.0.0.1:2379\",\"health\":true,\"took\":\"9ms\"}]\n";
        let reading = read(&READER, &[KIND], "etcd_info/endpoint_health.json", text);
        assert_eq!(reading.objects.len(), 1);
        assert_eq!(reading.objects[0].fields["healthy"], json!(true));
    }

    #[test]
    fn usage_text_lists_nothing() {
        let reading = read(
            &READER,
            &[KIND],
            "etcd/endpointhealth",
            "Error: invalid argument \"x\" for \"--endpoints\" flag: y\nNAME:\n",
        );
        assert!(reading.lists.is_empty() && reading.failed.is_some());
    }
}
