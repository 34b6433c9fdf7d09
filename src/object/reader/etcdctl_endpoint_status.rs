//! `etcdctl endpoint status` → `EtcdEndpoint`.
//!
//! Column order differs between releases (7 simple fields in 3.3, 10 in 3.4 and 3.5, 16 since 3.6), so tables go by their
//! headings and simple lines by their number of fields (etcdctl `printer.go`, `makeEndpointStatusTable`). Sizes are go-humanize
//! SI units, so only approximate. A member that is down has no row, but a line on stderr.

use serde_json::{Value, json};

use super::{etcd, etcd_fields};
use crate::object::derived::{Derived, Expected};
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, lines};
use crate::object::{Document, Reader, Reading};

/// An endpoint as `endpoint status` shows it, named by its address.
pub const ENDPOINT: Derived = Derived {
    kind: "EtcdEndpoint",
    what: "an endpoint as `endpoint status` shows it, named by its address",
    expected: Expected::EtcdNodes,
    bulk: false,
    fields: &[
        ("endpoint", "as given to etcdctl"),
        ("id", "the member's id, hexadecimal"),
        ("version", "etcd's version"),
        ("dbSizeBytes", "bytes; approximate except in JSON"),
        ("dbSizeInUseBytes", "bytes; JSON, and tables since 3.6"),
        ("quotaBytes", "bytes; since 3.6"),
        ("isLeader", "whether it leads"),
        ("isLearner", "whether it is a learner"),
        ("raftTerm", "number"),
        ("raftIndex", "number"),
        ("raftAppliedIndex", "number"),
        ("errors", "list of texts"),
        ("clusterID", "hexadecimal; JSON and fields only"),
        ("leader", "hexadecimal id; JSON and fields only; absent: no leader"),
        ("unreachable", "`true` on an endpoint that did not answer, absent on all others"),
        ("reason", "why it did not answer"),
    ],
};

const KIND: &str = ENDPOINT.kind;

/// Reads `etcdctl endpoint status` in its simple, table, JSON and fields forms.
pub const READER: Reader = Reader { name: "etcdctl-endpoint-status", derives: &[&ENDPOINT], sniff, read };

const HEADINGS_3_3: &[&str] =
    &["ENDPOINT", "ID", "VERSION", "DB SIZE", "IS LEADER", "RAFT TERM", "RAFT INDEX"];
const HEADINGS_3_4: &[&str] = &[
    "ENDPOINT",
    "ID",
    "VERSION",
    "DB SIZE",
    "IS LEADER",
    "IS LEARNER",
    "RAFT TERM",
    "RAFT INDEX",
    "RAFT APPLIED INDEX",
    "ERRORS",
];
const HEADINGS_3_6: &[&str] = &[
    "ENDPOINT",
    "ID",
    "VERSION",
    "STORAGE VERSION",
    "DB SIZE",
    "IN USE",
    "PERCENTAGE NOT IN USE",
    "QUOTA",
    "IS LEADER",
    "IS LEARNER",
    "RAFT TERM",
    "RAFT INDEX",
    "RAFT APPLIED INDEX",
    "ERRORS",
    "DOWNGRADE TARGET VERSION",
    "DOWNGRADE ENABLED",
];

/// What each column shows.
const HEADINGS: &[(&str, &str)] = &[
    ("ENDPOINT", "endpoint"),
    ("ID", "id"),
    ("VERSION", "version"),
    ("DB SIZE", "dbSizeBytes"),
    ("IN USE", "dbSizeInUseBytes"),
    ("QUOTA", "quotaBytes"),
    ("IS LEADER", "isLeader"),
    ("IS LEARNER", "isLearner"),
    ("RAFT TERM", "raftTerm"),
    ("RAFT INDEX", "raftIndex"),
    ("RAFT APPLIED INDEX", "raftAppliedIndex"),
    ("ERRORS", "errors"),
];

const DOWN: &str = "Failed to get the status of endpoint ";

fn sniff(path: &str, head: &[u8]) -> bool {
    let first = etcd::first_line(head);
    let squeezed = etcd::squeezed(head);
    etcd::names(path, "endpointstatus")
        || simple(&first).is_some()
        || first.starts_with(DOWN)
        || etcd::has_headings(head, &["RAFT INDEX"])
        || (squeezed.starts_with("[{\"Endpoint\":") && squeezed.contains("\"Status\":"))
        || etcd_fields::shows(head, "RaftIndex")
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let failed = etcd::fail_on_errors(&mut gather);
    let records = etcd_fields::records(document.bytes, "RaftIndex");
    let mut found = if !records.is_empty() {
        records.iter().for_each(|record| read_record(&mut gather, record));
        true
    } else if let Some(rows) = etcd::rows(document.bytes) {
        for row in &rows {
            add(&mut gather, &row.lines, |heading| row.cell(heading));
        }
        true
    } else if let Some((line, value)) = etcd::json(document.bytes) {
        read_json(&mut gather, &line, &value)
    } else {
        read_simple(&mut gather)
    };
    found |= read_down(&mut gather);
    if found {
        gather.list(KIND, !failed);
    }
    gather.finish()
}

/// The headings of a simple line with this many fields, and the fields. Errors are joined by `, ` too, so that a line of
/// 3.4 may have more.
fn simple(text: &str) -> Option<Vec<(&'static str, String)>> {
    let fields: Vec<&str> = text.trim_end_matches(['\r', '\n']).split(", ").map(str::trim).collect();
    let id = fields.get(1)?;
    // An endpoint is an address; a row of numbers or a list in JSON is none.
    let endpoint = fields.first()?;
    let is_address =
        endpoint.contains(':') && !endpoint.contains([' ', '{', '[', '"']) || endpoint.starts_with('[');
    if !is_address || etcd::id_from_hex(id).is_none() {
        return None;
    }
    // In 3.6 the fourth field is a version and the seventh a percentage.
    let is_3_6 = fields.len() >= 16 && fields.get(6).is_some_and(|field| field.ends_with('%'));
    let headings = match fields.len() {
        7 => HEADINGS_3_3,
        _ if is_3_6 => HEADINGS_3_6,
        n if n >= 9 => HEADINGS_3_4,
        _ => return None,
    };
    let after_errors = headings.iter().rev().take_while(|heading| **heading != "ERRORS").count();
    let errors_at =
        if headings.contains(&"ERRORS") { headings.len() - after_errors - 1 } else { headings.len() };
    let errors_end = fields.len().saturating_sub(after_errors).max(errors_at);
    let mut found = Vec::new();
    for (n, heading) in headings.iter().enumerate() {
        let text = match n.cmp(&errors_at) {
            std::cmp::Ordering::Less => fields.get(n).copied().unwrap_or_default().to_owned(),
            std::cmp::Ordering::Equal => fields.get(errors_at..errors_end).unwrap_or_default().join(", "),
            std::cmp::Ordering::Greater => {
                fields.get(errors_end + n - errors_at - 1).copied().unwrap_or_default().to_owned()
            }
        };
        found.push((*heading, text));
    }
    Some(found)
}

fn read_simple(gather: &mut Gather<'_, '_>) -> bool {
    let mut found = false;
    for line in lines(gather.document.bytes) {
        if let Some(fields) = simple(&line.text) {
            found = true;
            add(gather, std::slice::from_ref(&line), |heading| {
                fields.iter().find(|(name, _)| *name == heading).map(|(_, text)| text.as_str())
            });
        }
    }
    found
}

/// Adds the endpoint of a table's row or of a simple line.
fn add<'t>(gather: &mut Gather<'_, '_>, lines: &[Line<'_>], cell: impl Fn(&str) -> Option<&'t str>) {
    let (Some(line), Some(endpoint)) = (lines.first(), cell("ENDPOINT")) else { return };
    let mut draft = Draft::new(gather.document, KIND, endpoint, line);
    draft.put("endpoint", endpoint);
    if let Some(id) = cell("ID").and_then(etcd::id_from_hex) {
        draft.put("id", id);
    }
    if let Some(version) = cell("VERSION").filter(|version| !version.is_empty()) {
        draft.put("version", version);
    }
    for (heading, path) in [("IS LEADER", "isLeader"), ("IS LEARNER", "isLearner")] {
        if let Some(truth) = cell(heading).and_then(|text| text.parse::<bool>().ok()) {
            draft.put(path, truth);
        }
    }
    for (heading, path) in
        [("RAFT TERM", "raftTerm"), ("RAFT INDEX", "raftIndex"), ("RAFT APPLIED INDEX", "raftAppliedIndex")]
    {
        if let Some(number) = cell(heading).and_then(|text| text.parse::<u64>().ok()) {
            draft.put(path, number);
        }
    }
    for (heading, path) in
        [("DB SIZE", "dbSizeBytes"), ("IN USE", "dbSizeInUseBytes"), ("QUOTA", "quotaBytes")]
    {
        if let Some(bytes) = cell(heading).and_then(humanised_bytes) {
            draft.put(path, bytes);
        }
    }
    draft.put("errors", json!(errors(cell("ERRORS").unwrap_or_default())));
    // Neither form shows which member leads, and a column that is not there shows nothing.
    let shown = HEADINGS.iter().filter(|(heading, _)| cell(heading).is_some()).map(|(_, path)| *path);
    draft.know_only(shown.chain(["unreachable", "reason"]));
    for line in lines.iter().skip(1) {
        draft.shown.near("errors", line);
    }
    gather.add(draft);
}

/// One record of the fields form.
fn read_record(gather: &mut Gather<'_, '_>, record: &etcd_fields::Record<'_>) {
    let (Some(line), Some(endpoint)) = (record.line("Endpoint"), record.get("Endpoint")) else { return };
    let mut draft = Draft::new(gather.document, KIND, endpoint, line);
    draft.put("endpoint", endpoint);
    let mut known = vec!["endpoint", "unreachable", "reason", "leader", "isLeader"];
    let id = |key: &str| record.number(key).filter(|id| *id != 0).map(etcd::hex_id);
    let (own, leader) = (id("MemberID"), id("Leader"));
    draft.put("isLeader", leader.is_some() && leader == own);
    for (path, id) in [("id", own), ("leader", leader), ("clusterID", id("ClusterID"))] {
        if let Some(id) = id {
            draft.put(path, id);
            known.push(path);
        }
    }
    for (key, path) in [
        ("DBSize", "dbSizeBytes"),
        ("DBSizeInUse", "dbSizeInUseBytes"),
        ("DBSizeQuota", "quotaBytes"),
        ("RaftTerm", "raftTerm"),
        ("RaftIndex", "raftIndex"),
        ("RaftAppliedIndex", "raftAppliedIndex"),
    ] {
        if let Some(number) = record.number(key) {
            draft.put(path, number);
            known.push(path);
        }
    }
    if let Some(version) = record.get("Version") {
        draft.put("version", version);
        known.push("version");
    }
    if let Some(claim) = record.get("IsLearner").and_then(|text| text.parse::<bool>().ok()) {
        draft.put("isLearner", claim);
        known.push("isLearner");
    }
    // A Go list, `[a b]`: where one error ends and the next begins cannot be told.
    if let Some(errors) = record.get("Errors") {
        let text = errors.trim_start_matches('[').trim_end_matches(']').trim();
        draft
            .put("errors", json!(Some(text).filter(|text| !text.is_empty()).into_iter().collect::<Vec<_>>()));
        known.push("errors");
    }
    draft.know_only(known);
    gather.add(draft);
}

/// The errors of a cell, which are joined by `, `.
fn errors(text: &str) -> Vec<&str> {
    text.split(", ").map(str::trim).filter(|error| !error.is_empty()).collect()
}

/// Reads sizes as go-humanize `Bytes` writes them: `20 kB`, `2.1 GB` (powers of 1000).
fn humanised_bytes(text: &str) -> Option<u64> {
    let (number, unit) = text.trim().split_once(' ')?;
    let scale = match unit {
        "B" => 1.0,
        "kB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        "TB" => 1e12,
        _ => return None,
    };
    Some((number.parse::<f64>().ok()? * scale).round() as u64)
}

/// Endpoints that did not answer: `Failed to get the status of endpoint https://… (context deadline exceeded)`.
fn read_down(gather: &mut Gather<'_, '_>) -> bool {
    let mut found = false;
    for line in lines(gather.document.bytes) {
        let Some(rest) = line.text.trim_end().strip_prefix(DOWN) else { continue };
        let (endpoint, reason) = rest.split_once(" (").unwrap_or((rest, ""));
        let reason = reason.strip_suffix(')').unwrap_or(reason);
        let mut draft = Draft::new(gather.document, KIND, endpoint, &line);
        draft.put("endpoint", endpoint);
        draft.put("unreachable", true);
        draft.put("reason", reason);
        draft.put("errors", json!([]));
        draft.know_only(["endpoint", "unreachable", "reason", "errors"]);
        gather.add(draft);
        found = true;
    }
    found
}

fn read_json(gather: &mut Gather<'_, '_>, line: &Line<'_>, value: &Value) -> bool {
    let mut place = line.clone();
    for item in etcd::items(Some(value)) {
        let (Some(endpoint), Some(status)) =
            (item.get("Endpoint").and_then(Value::as_str), item.get("Status"))
        else {
            continue;
        };
        place = etcd::line_with(gather.document.bytes, &place, endpoint);
        let mut draft = Draft::new(gather.document, KIND, endpoint, &place);
        draft.put("endpoint", endpoint);
        let header =
            |key: &str| status.get("header").and_then(|header| header.get(key)).and_then(etcd::id_from_json);
        // The response leaves out zero: no leader is no key.
        let leader = status.get("leader").and_then(etcd::id_from_json).filter(|id| id != "0");
        let id = header("member_id");
        draft.put("isLeader", leader.is_some() && leader == id);
        for (path, id) in [("id", id), ("clusterID", header("cluster_id")), ("leader", leader)] {
            if let Some(id) = id {
                draft.put(path, id);
            }
        }
        if let Some(version) = status.get("version").and_then(Value::as_str) {
            draft.put("version", version);
        }
        draft.put("isLearner", status.get("isLearner") == Some(&Value::Bool(true)));
        for (key, path) in [
            ("dbSize", "dbSizeBytes"),
            ("dbSizeInUse", "dbSizeInUseBytes"),
            ("dbSizeQuota", "quotaBytes"),
            ("raftTerm", "raftTerm"),
            ("raftIndex", "raftIndex"),
            ("raftAppliedIndex", "raftAppliedIndex"),
        ] {
            if let Some(number) = etcd::number(status.get(key)) {
                draft.put(path, number);
            }
        }
        let errors: Vec<&str> = status
            .get("errors")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::trim)
            .collect();
        draft.put("errors", json!(errors));
        gather.add(draft);
    }
    value.is_array()
}

#[cfg(test)]
mod tests {
    use super::super::etcd::tests::{named, read};
    use super::*;

    fn check(text: &str, expected: &[(&str, Value)]) {
        let reading = read(&READER, &[KIND], "etcd/endpointstatus", text);
        assert_eq!(
            reading.objects.iter().map(named).collect::<Vec<_>>(),
            expected.iter().map(|(name, fields)| (*name, fields)).collect::<Vec<_>>(),
            "{text}"
        );
    }

    #[test]
    fn simple_lines_go_by_their_number_of_fields() {
        check(
            "http://a:1, ddd67b312462fd7b, 3.3.10, 20 kB, true, 2, 8\n",
            &[(
                "http://a:1",
                json!({"endpoint": "http://a:1",
            "id": "ddd67b312462fd7b", "version": "3.3.10", "isLeader": true, "raftTerm": 2, "raftIndex": 8,
            "dbSizeBytes": 20000, "errors": []}),
            )],
        );
        check(
            "http://a:1, dd67b312462fd7b, 3.4.23, 2.1 GB, true, false, 2, 9, 8, memberID:7 alarm:NOSPACE , etcdserver: no leader\n",
            &[(
                "http://a:1",
                json!({"endpoint": "http://a:1", "id": "dd67b312462fd7b", "version": "3.4.23", "isLeader": true,
            "isLearner": false, "raftTerm": 2, "raftIndex": 9, "raftAppliedIndex": 8, "dbSizeBytes": 2_100_000_000_u64,
            "errors": ["memberID:7 alarm:NOSPACE", "etcdserver: no leader"]}),
            )],
        );
        check(
            "http://a:1, d6, 3.6.5, 3.6.0, 22 MB, 11 MB, 50%, 2.1 GB, false, true, 3, 9, 9, , , false\n",
            &[(
                "http://a:1",
                json!({"endpoint": "http://a:1", "id": "d6", "version": "3.6.5", "isLeader": false,
            "isLearner": true, "raftTerm": 3, "raftIndex": 9, "raftAppliedIndex": 9, "dbSizeBytes": 22_000_000,
            "dbSizeInUseBytes": 11_000_000, "quotaBytes": 2_100_000_000_u64, "errors": []}),
            )],
        );
    }

    #[test]
    fn tables_wrap_long_errors_and_leave_out_members_that_are_down() {
        let text = "{\"level\":\"warn\",\"msg\":\"retrying of unary invoker failed\"}\n\
            Failed to get the status of endpoint https://b:2379 (context deadline exceeded)\n\
            +---+\n| ENDPOINT | ID | DB SIZE | IS LEADER | ERRORS |\n+---+\n\
            | https://a:2379 | 1ad349804ac54d1b | 17 MB | false |   memberID:1932969480431160603 |\n\
            |                |                  |       |       |                 alarm:NOSPACE  |\n+---+\n";
        let reading = read(&READER, &[KIND], "etcd/endpointstatus", text);
        let found: Vec<_> = reading.objects.iter().map(named).collect();
        assert_eq!(
            found,
            [
                (
                    "https://a:2379",
                    &json!({"endpoint": "https://a:2379", "id": "1ad349804ac54d1b", "isLeader": false,
                "dbSizeBytes": 17_000_000, "errors": ["memberID:1932969480431160603 alarm:NOSPACE"]})
                ),
                (
                    "https://b:2379",
                    &json!({"endpoint": "https://b:2379", "unreachable": true,
                "reason": "context deadline exceeded", "errors": []})
                ),
            ]
        );
        assert_eq!(reading.objects[0].quotes.iter().map(|quote| quote.line).collect::<Vec<_>>(), [5, 6]);
        assert!(reading.lists[0].complete && reading.failed.is_none());
        let (up, down) = (&reading.objects[0].known, &reading.objects[1].known);
        assert!(
            up.covers("isLeader")
                && up.covers("unreachable")
                && !up.covers("leader")
                && !up.covers("raftTerm")
        );
        assert!(down.covers("unreachable") && !down.covers("isLeader"));
    }

    #[test]
    fn json_gives_exact_sizes_and_ids() {
        check(
            "[{\"Endpoint\":\"http://a:1\",\"Status\":{\"header\":{\"cluster_id\":8323808018354915591,\"member_id\":15985099378392235387},\
            \"version\":\"3.4.23\",\"dbSize\":20480,\"raftIndex\":10,\"raftTerm\":2,\"errors\":[\"etcdserver: no leader\"]}}]\nError: later\n",
            &[(
                "http://a:1",
                json!({"endpoint": "http://a:1", "isLeader": false, "id": "ddd67b312462fd7b",
            "clusterID": "73841b4a9097c907", "version": "3.4.23", "isLearner": false, "dbSizeBytes": 20480, "raftTerm": 2, "raftIndex": 10,
            "errors": ["etcdserver: no leader"]}),
            )],
        );
    }

    #[test]
    fn fields_give_exact_sizes_too() {
        check(
            "\"ClusterID\" : 8323808018354915591\n\"MemberID\" : 7383792418829112008\n\"Revision\" : 10\n\"RaftTerm\" : 2\n\"Version\" : \"3.4.23\"\n\
             \"DBSize\" : 1777664\n\"Leader\" : 0\n\"IsLearner\" : false\n\"RaftIndex\" : 17\n\"RaftTerm\" : 2\n\"RaftAppliedIndex\" : 17\n\
             \"Errors\" : [memberID:7383792418829112008 alarm:NOSPACE ]\n\"Endpoint\" : \"http://a:1\"\n\n",
            &[(
                "http://a:1",
                json!({"endpoint": "http://a:1", "isLeader": false, "id": "667880157b8812c8", "clusterID": "73841b4a9097c907",
            "dbSizeBytes": 1_777_664, "raftTerm": 2, "raftIndex": 17, "raftAppliedIndex": 17, "version": "3.4.23",
            "isLearner": false, "errors": ["memberID:7383792418829112008 alarm:NOSPACE"]}),
            )],
        );
    }

    #[test]
    fn usage_text_in_place_of_output_is_a_failure() {
        let text = "Error: invalid argument \"\\\"attempt\\\":0\" for \"--endpoints\" flag: parse error\nNAME:\n\tendpoint status - Prints\n\n\
            DESCRIPTION:\n\tThe items in the lists are endpoint, ID, version, db size, is leader, is learner, raft term, raft index, raft applied index, errors.\n";
        let reading = read(&READER, &[KIND], "etcd/endpointstatus", text);
        assert_eq!((reading.objects.len(), reading.lists.len()), (0, 0));
        assert!(reading.failed.unwrap().1.starts_with("Error: invalid argument"));
        let empty = read(&READER, &[KIND], "etcd/endpointstatus", "");
        assert_eq!((empty.lists.len(), empty.failed), (0, None));
    }
}
