//! `etcdctl member list` → `EtcdMember`.
//!
//! Simple lines are `id, status, name, peerURLs, clientURLs[, isLearner]` (etcdctl `printer_simple.go`; the last field since
//! 3.4); tables, JSON and fields hold the same. `unstarted` means added, but never joined. The v2 API writes
//! `id[unstarted]: name=… peerURLs=… clientURLs=… isLeader=…` (etcdctl `ctlv2/command/member_commands.go`).

use serde_json::{Value, json};

use super::{etcd, etcd_fields};
use crate::object::derived::{Derived, Expected};
use crate::object::gather::{Draft, Gather};
use crate::object::line::{Line, lines};
use crate::object::{Document, Reader, Reading, preamble};

/// A member of etcd as `member list` shows it, named by its id.
pub const MEMBER: Derived = Derived {
    kind: "EtcdMember",
    what: "a member of etcd as `member list` shows it, named by its id",
    expected: Expected::EtcdNodes,
    bulk: false,
    fields: &[
        ("id", "hexadecimal, lower case, no leading zeros, as in logs"),
        ("name", "absent if unstarted"),
        ("status", "`started` or `unstarted`"),
        ("peerURLs", "list"),
        ("clientURLs", "list"),
        ("isLearner", "absent in 3.3's simple form"),
        ("isLeader", "v2 API only"),
        ("clusterID", "JSON and fields only"),
    ],
};

const KIND: &str = MEMBER.kind;

/// Reads `etcdctl member list` in any of its forms, also the gateway's.
pub const READER: Reader = Reader { name: "etcdctl-member-list", derives: &[&MEMBER], sniff, read };

fn sniff(path: &str, head: &[u8]) -> bool {
    let first = etcd::first_line(head);
    let squeezed = etcd::squeezed(head);
    etcd::names(path, "memberlist")
        || simple(&first).is_some()
        || simple_v2(&first).is_some()
        || etcd::has_headings(head, &["PEER ADDRS"])
        || (squeezed.contains("\"members\":[") && squeezed.contains("\"peerURLs\":"))
        || etcd_fields::shows(head, "PeerURL")
}

fn read(document: &Document<'_>) -> Reading {
    let mut gather = Gather::new(document);
    let failed = etcd::fail_on_errors(&mut gather);
    let records = etcd_fields::records(document.bytes, "PeerURL");
    let found = if !records.is_empty() {
        read_records(&mut gather, &records);
        true
    } else if let Some(rows) = etcd::rows(document.bytes) {
        rows.iter().for_each(|row| read_row(&mut gather, row));
        true
    } else if let Some((line, value)) = etcd::json(document.bytes) {
        read_json(&mut gather, &line, &value)
    } else {
        read_simple(&mut gather)
    };
    if found || (failed && !gather.reading.objects.is_empty()) {
        gather.list(KIND, !failed);
    }
    gather.finish()
}

/// One member, as all forms give it.
struct Member<'t> {
    id: String,
    status: &'t str,
    name: &'t str,
    peer_urls: Vec<&'t str>,
    client_urls: Vec<&'t str>,
    is_learner: Option<bool>,
    is_leader: Option<bool>,
    cluster_id: Option<&'t str>,
}

impl Member<'_> {
    fn add(self, gather: &mut Gather<'_, '_>, line: &Line<'_>) {
        let mut draft = Draft::new(gather.document, KIND, self.id.clone(), line);
        draft.put("id", self.id);
        draft.put("status", self.status);
        if !self.name.is_empty() {
            draft.put("name", self.name);
        }
        draft.put("peerURLs", json!(self.peer_urls));
        draft.put("clientURLs", json!(self.client_urls));
        let mut known = vec!["id", "status", "name", "peerURLs", "clientURLs"];
        for (path, claim) in [("isLearner", self.is_learner), ("isLeader", self.is_leader)] {
            if let Some(claim) = claim {
                draft.put(path, claim);
                known.push(path);
            }
        }
        if let Some(cluster_id) = self.cluster_id {
            draft.put("clusterID", cluster_id);
            known.push("clusterID");
        }
        draft.know_only(known);
        gather.add(draft);
    }
}

fn simple(text: &str) -> Option<Member<'_>> {
    let fields: Vec<&str> = text.trim_end_matches(['\r', '\n']).split(", ").map(str::trim).collect();
    let (first, learner) = match fields.as_slice() {
        [first @ .., learner] if first.len() == 5 => (first, Some(*learner)),
        first if first.len() == 5 => (first, None),
        _ => return None,
    };
    let [id, status, name, peers, clients] = first else { return None };
    let status = Some(*status).filter(|status| matches!(*status, "started" | "unstarted"))?;
    Some(Member {
        id: etcd::id_from_hex(id)?,
        status,
        name,
        peer_urls: urls(peers),
        client_urls: urls(clients),
        is_learner: learner.map(|learner| learner == "true"),
        is_leader: None,
        cluster_id: None,
    })
}

/// `8e9e05c52164694d: name=n1 peerURLs=… clientURLs=… isLeader=true`, `ce2a822cea30bfca[unstarted]: peerURLs=…`.
fn simple_v2(text: &str) -> Option<Member<'_>> {
    let (id, rest) = text.trim_end().split_once(": ")?;
    let (id, status) = match id.strip_suffix("[unstarted]") {
        Some(id) => (id, "unstarted"),
        None => (id, "started"),
    };
    let value = |key: &str| rest.split(' ').find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
    Some(Member {
        id: etcd::id_from_hex(id)?,
        status,
        name: value("name").unwrap_or_default(),
        peer_urls: urls(value("peerURLs")?),
        client_urls: urls(value("clientURLs").unwrap_or_default()),
        is_learner: None,
        is_leader: value("isLeader").map(|text| text == "true"),
        cluster_id: None,
    })
}

/// URLs are joined by commas without a space.
fn urls(text: &str) -> Vec<&str> {
    text.split(',').map(str::trim).filter(|url| !url.is_empty()).collect()
}

fn read_simple(gather: &mut Gather<'_, '_>) -> bool {
    let mut found = false;
    for line in lines(gather.document.bytes) {
        // An unstarted member ends in ", , false": the space after a comma must survive.
        if let Some(member) = simple(&line.text).or_else(|| simple_v2(&line.text)) {
            member.add(gather, &line);
            found = true;
        } else if !line.text.trim().is_empty()
            && !preamble::is_noise(&line.text)
            && gather.reading.failed.is_none()
        {
            super::unreadable(gather, &line, "member");
        }
    }
    found
}

fn read_row(gather: &mut Gather<'_, '_>, row: &etcd::Row<'_>) {
    let (Some(line), Some(id)) = (row.lines.first(), row.cell("ID").and_then(etcd::id_from_hex)) else {
        return;
    };
    let member = Member {
        id,
        status: row.cell("STATUS").unwrap_or_default(),
        name: row.cell("NAME").unwrap_or_default(),
        peer_urls: urls(row.cell("PEER ADDRS").unwrap_or_default()),
        client_urls: urls(row.cell("CLIENT ADDRS").unwrap_or_default()),
        is_learner: row.cell("IS LEARNER").map(|text| text == "true"),
        is_leader: None,
        cluster_id: None,
    };
    member.add(gather, line);
}

fn read_records(gather: &mut Gather<'_, '_>, records: &[etcd_fields::Record<'_>]) {
    let cluster = records.first().and_then(|first| first.number("ClusterID")).map(etcd::hex_id);
    for record in records {
        let (Some(line), Some(id)) = (record.line("ID"), record.number("ID")) else { continue };
        let name = record.get("Name").unwrap_or_default();
        let urls = |key| record.all(key).into_iter().filter(|url| !url.is_empty()).collect();
        let member = Member {
            id: etcd::hex_id(id),
            status: if name.is_empty() { "unstarted" } else { "started" },
            name,
            peer_urls: urls("PeerURL"),
            client_urls: urls("ClientURL"),
            is_learner: record.get("IsLearner").map(|text| text == "true"),
            is_leader: None,
            cluster_id: cluster.as_deref(),
        };
        member.add(gather, line);
    }
}

fn read_json(gather: &mut Gather<'_, '_>, line: &Line<'_>, value: &Value) -> bool {
    if !value.get("members").is_some_and(Value::is_array) {
        // The gateway answers an error as JSON: {"error":"etcdserver: …","code":14,"message":"…"}.
        if value.get("error").is_some() || value.get("message").is_some() {
            gather.fail(line);
        }
        return false;
    }
    let cluster_id = value.pointer("/header/cluster_id").and_then(etcd::id_from_json);
    let mut place = line.clone();
    for member in etcd::items(value.get("members")) {
        let Some(raw) = member.get("ID") else { continue };
        let Some(id) = etcd::id_from_json(raw) else { continue };
        let name = member.get("name").and_then(Value::as_str).unwrap_or_default();
        let strings = |keys: [&str; 2]| -> Vec<&str> {
            let list = keys.iter().find_map(|key| member.get(*key)).and_then(Value::as_array);
            list.into_iter().flatten().filter_map(Value::as_str).collect()
        };
        place = etcd::line_with(gather.document.bytes, &place, raw.to_string().trim_matches('"'));
        let member = Member {
            id,
            status: if name.is_empty() { "unstarted" } else { "started" },
            name,
            peer_urls: strings(["peerURLs", "peerURLS"]),
            client_urls: strings(["clientURLs", "clientURLS"]),
            is_learner: Some(member.get("isLearner") == Some(&Value::Bool(true))),
            is_leader: None,
            cluster_id: cluster_id.as_deref(),
        };
        member.add(gather, &place);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::super::etcd::tests::{named, read};
    use super::*;

    fn check(text: &str, expected: &[(&str, &str, &str, usize)]) {
        let reading = read(&READER, &[KIND], "etcd/memberlist", text);
        let found: Vec<_> = reading
            .objects
            .iter()
            .map(|object| {
                let (name, fields) = named(object);
                let text = |key: &str| fields.get(key).and_then(Value::as_str).unwrap_or_default();
                (name, text("status"), text("name"), fields["clientURLs"].as_array().unwrap().len())
            })
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn all_forms_give_the_same_members() {
        let expected = [("628170c800dbcee", "started", "n3", 2), ("8d3f29c0d1e2a3b4", "unstarted", "", 0)];
        check(
            "628170c800dbcee, started, n3, http://a:1, http://a:2,http://a:3, false\n8d3f29c0d1e2a3b4, unstarted, , https://b:1, , false\n",
            &expected,
        );
        check(
            "628170c800dbcee, started, n3, http://a:1, http://a:2,http://a:3\r\n8d3f29c0d1e2a3b4, unstarted, , https://b:1, \r\n",
            &expected,
        );
        check(
            "+---+\n| ID | STATUS | NAME | PEER ADDRS | CLIENT ADDRS | IS LEARNER |\n+---+\n\
             | 628170c800dbcee | started | n3 | http://a:1 | http://a:2,http://a:3 | false |\n\
             | 8d3f29c0d1e2a3b4 | unstarted | | https://b:1 | | false |\n+---+\n",
            &expected,
        );
        check(
            "628170c800dbcee: name=n3 peerURLs=http://a:1 clientURLs=http://a:2,http://a:3 isLeader=true\n8d3f29c0d1e2a3b4[unstarted]: peerURLs=https://b:1\n",
            &expected,
        );
        check(
            "\"ClusterID\" : 8323808018354915591\n\"MemberID\" : 1\n\"Revision\" : 0\n\"RaftTerm\" : 2\n\"ID\" : 443629905751424238\n\"Name\" : \"n3\"\n\
             \"PeerURL\" : \"http://a:1\"\n\"ClientURL\" : \"http://a:2\"\n\"ClientURL\" : \"http://a:3\"\n\"IsLearner\" : false\n\n\
             \"ID\" : 10177899591012361140\n\"Name\" : \"\"\n\"PeerURL\" : \"https://b:1\"\n\"IsLearner\" : false\n\n",
            &expected,
        );
        for (a, b) in [
            ("443629905751424238", "10177899591012361140"),
            ("\"443629905751424238\"", "\"10177899591012361140\""),
        ] {
            check(
                &format!(
                    "{{\"level\":\"warn\",\"msg\":\"retrying\"}}\n{{\"header\":{{\"cluster_id\":1}},\"members\":[{{\"ID\":{a},\"name\":\"n3\",\
                     \"clientURLs\":[\"http://a:2\",\"http://a:3\"]}},{{\"ID\":{b},\"peerURLs\":[\"https://b:1\"]}}]}}"
                ),
                &expected,
            );
        }
    }

    #[test]
    fn failures_list_nothing() {
        for text in [
            "",
            "{\"level\":\"warn\",\"msg\":\"retrying\"}\nError: context deadline exceeded\n",
            "{\"error\":\"etcdserver: request timed out\",\"code\":14}",
        ] {
            let reading = read(&READER, &[KIND], "etcd/memberlist", text);
            assert_eq!(reading.lists, [], "{text}");
            assert_eq!(reading.failed.is_some(), !text.is_empty(), "{text}");
        }
    }

    #[test]
    fn a_damaged_line_is_said_and_the_rest_is_kept() {
        let reading =
            read(&READER, &[KIND], "etcd/memberlist", "1a, started, n, http://a, http://b, false\n2b, star");
        assert_eq!(reading.objects.len(), 1);
        assert_eq!(reading.diagnostics[0].line, Some(2));
    }
}
