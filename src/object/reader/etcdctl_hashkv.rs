//! `etcdctl endpoint hashkv` → `EtcdHash`: members with the same revision and compaction have the same hash.
//!
//! Simple lines are `endpoint, hash`, since 3.6 `endpoint, hash, hash_revision` (etcdctl `printer.go`, `makeEndpointHashKVTable`); only
//! JSON and fields show at which revision the hash was taken before 3.6. An endpoint that did not answer has a line on stderr.

use serde_json::Value;

use super::{etcd, etcd_fields};
use crate::object::derived::{Derived, Expected};
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, lines};
use crate::object::{Document, Reader, Reading};

/// The hash of an endpoint's keys, named by its address.
pub const HASH: Derived = Derived {
    kind: "EtcdHash",
    what: "the hash of an endpoint's keys, named by its address",
    expected: Expected::Never,
    bulk: false,
    fields: &[
        ("endpoint", "as given to etcdctl"),
        ("id", "the member's id, hexadecimal; JSON and fields"),
        ("hash", "number"),
        ("revision", "of the store when it was asked; JSON and fields"),
        ("compactRevision", "up to which the store was compacted, -1 if never; JSON"),
        ("hashRevision", "up to which the hash counts; since 3.6"),
    ],
};

const KIND: &str = HASH.kind;

/// Reads `etcdctl endpoint hashkv` in its simple, table, JSON and fields forms.
pub const READER: Reader = Reader { name: "etcdctl-hashkv", derives: &[&HASH], sniff, read };

const DOWN: &str = "Failed to get the hash of endpoint ";

fn sniff(path: &str, head: &[u8]) -> bool {
    let first = etcd::first_line(head);
    let squeezed = etcd::squeezed(head);
    etcd::names(path, "hashkv")
        || simple(&first).is_some_and(|hash| hash.endpoint.contains("://"))
        || first.starts_with(DOWN)
        || etcd::has_headings(head, &["ENDPOINT", "HASH"])
        || (squeezed.starts_with("[{\"Endpoint\":") && squeezed.contains("\"HashKV\":"))
        || etcd_fields::shows(head, "Hash")
}

/// What one form shows of one endpoint.
#[derive(Default)]
struct Hash<'t> {
    endpoint: &'t str,
    id: Option<String>,
    hash: u64,
    revision: Option<u64>,
    compact_revision: Option<i64>,
    hash_revision: Option<u64>,
}

impl Hash<'_> {
    fn add(self, gather: &mut Gather<'_, '_>, line: &Line<'_>) {
        let mut draft = Draft::new(gather.document, KIND, self.endpoint, line);
        draft.put("endpoint", self.endpoint);
        draft.put("hash", self.hash);
        let mut known = vec!["endpoint", "hash"];
        let rest = [
            ("id", self.id.map(Value::from)),
            ("revision", self.revision.map(Value::from)),
            ("compactRevision", self.compact_revision.map(Value::from)),
            ("hashRevision", self.hash_revision.map(Value::from)),
        ];
        for (path, value) in rest {
            let Some(value) = value else { continue };
            draft.put(path, value);
            known.push(path);
        }
        draft.know_only(known);
        gather.add(draft);
    }
}

fn simple(text: &str) -> Option<Hash<'_>> {
    let mut fields = text.trim().split(", ");
    let endpoint = fields.next().filter(|endpoint| endpoint.contains(':') && !endpoint.contains(' '))?;
    let hash = fields.next()?.parse().ok()?;
    let hash_revision = match fields.next() {
        Some(text) => Some(text.parse().ok()?),
        None => None,
    };
    fields.next().is_none().then(|| Hash { endpoint, hash, hash_revision, ..Hash::default() })
}

fn read(document: &Document<'_>) -> Reading {
    let bytes = document.bytes;
    let mut gather = Gather::new(document);
    let mut failed = etcd::fail_on_errors(&mut gather);
    let records = etcd_fields::records(bytes, "Hash");
    if !records.is_empty() {
        records.iter().for_each(|record| read_record(&mut gather, record));
    } else if let Some(rows) = etcd::rows(bytes) {
        for row in &rows {
            let number = |heading: &str| row.cell(heading).and_then(|text| text.parse().ok());
            let (Some(line), Some(endpoint), Some(hash)) =
                (row.lines.first(), row.cell("ENDPOINT"), number("HASH"))
            else {
                continue;
            };
            let hash_revision = number("HASH REVISION");
            Hash { endpoint, hash, hash_revision, ..Hash::default() }.add(&mut gather, line);
        }
    } else if let Some((line, list)) = etcd::json(bytes) {
        etcd::items(Some(&list)).for_each(|item| read_json(&mut gather, &line, item));
    } else {
        for line in lines(bytes) {
            if let Some(hash) = simple(&line.text) {
                hash.add(&mut gather, &line);
            }
        }
    }
    failed |= lines(bytes).any(|line| line.text.starts_with(DOWN));
    if !gather.reading.objects.is_empty() {
        gather.list(KIND, !failed);
    }
    gather.finish()
}

fn read_record(gather: &mut Gather<'_, '_>, record: &etcd_fields::Record<'_>) {
    let (Some(line), Some(endpoint), Some(hash)) =
        (record.line("Endpoint"), record.get("Endpoint"), record.number("Hash"))
    else {
        return;
    };
    let id = record.number("MemberID").map(etcd::hex_id);
    let (revision, hash_revision) = (record.number("Revision"), record.number("HashRevision"));
    Hash { endpoint, id, hash, revision, compact_revision: None, hash_revision }.add(gather, line);
}

fn read_json(gather: &mut Gather<'_, '_>, line: &Line<'_>, item: &Value) {
    let answer = item.get("HashKV");
    let at = |key: &str| answer.and_then(|answer| answer.get(key));
    let header = |key: &str| at("header").and_then(|header| header.get(key));
    let (Some(endpoint), Some(hash)) =
        (item.get("Endpoint").and_then(Value::as_str), etcd::number(at("hash")))
    else {
        return;
    };
    let place = etcd::line_with(gather.document.bytes, line, endpoint);
    let hash = Hash {
        endpoint,
        id: header("member_id").and_then(etcd::id_from_json),
        hash,
        revision: etcd::number(header("revision")),
        compact_revision: at("compact_revision").and_then(Value::as_i64),
        hash_revision: etcd::number(at("hash_revision")),
    };
    hash.add(gather, &place);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::etcd::tests::{named, read};
    use super::*;

    #[test]
    fn each_form_shows_what_it_can() {
        let bare = json!({"endpoint": "http://a:1", "hash": 7});
        let later = json!({"endpoint": "http://a:1", "hash": 7, "hashRevision": 9});
        for (text, expected) in [
            ("http://a:1, 7\n", &bare),
            ("http://a:1, 7, 9\r\n", &later),
            ("+--+--+\n| ENDPOINT | HASH |\n+--+--+\n| http://a:1 | 7 |\n+--+--+\n", &bare),
            (
                "┌─┬─┬─┐\n│ ENDPOINT │ HASH │ HASH REVISION │\n├─┼─┼─┤\n│ http://a:1 │ 7 │ 9 │\n└─┴─┴─┘\n",
                &later,
            ),
            (
                "[{\"Endpoint\":\"http://a:1\",\"HashKV\":{\"header\":{\"member_id\":15985099378392235387,\"revision\":1},\"hash\":7,\
                 \"compact_revision\":-1}}]",
                &json!({"endpoint": "http://a:1", "hash": 7, "id": "ddd67b312462fd7b", "revision": 1, "compactRevision": -1}),
            ),
            (
                "\"ClusterID\" : 1\n\"MemberID\" : 15985099378392235387\n\"Revision\" : 3\n\"RaftTerm\" : 2\n\"Endpoint\" : \"http://a:1\"\n\"Hash\" : 7\n\n",
                &json!({"endpoint": "http://a:1", "hash": 7, "id": "ddd67b312462fd7b", "revision": 3}),
            ),
        ] {
            let reading = read(&READER, &[KIND], "pasted.txt", text);
            assert_eq!(
                reading.objects.iter().map(named).collect::<Vec<_>>(),
                [("http://a:1", expected)],
                "{text}"
            );
            assert!(reading.lists[0].complete, "{text}");
        }
        let reading = read(&READER, &[KIND], "hashkv", "http://a:1, 7\n");
        assert!(!reading.objects[0].known.covers("revision"));
    }

    #[test]
    fn a_list_without_those_that_did_not_answer_is_not_complete() {
        let text = "{\"level\":\"warn\",\"msg\":\"x\"}\nFailed to get the hash of endpoint http://b:1 (context deadline exceeded)\n\
            http://a:1, 7\n";
        assert!(!read(&READER, &[KIND], "x", text).lists[0].complete);
        let failed = read(&READER, &[KIND], "etcd/hashkv", "Error: context deadline exceeded\n");
        assert!(failed.lists.is_empty() && failed.failed.is_some());
        assert!(!sniff("x.log", b"10.0.0.1:80, 200\n") && !sniff("x", b"a: b, 1\n"));
    }
}
