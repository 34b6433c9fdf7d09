//! What the readers of etcdctl's output share: member ids, tables, JSON between stderr lines, and file names.
//!
//! Ids: etcdctl prints hexadecimal without leading zeros in its simple and table forms, and decimal numbers in JSON and in
//! alarms; the gRPC gateway writes decimal text (etcdctl `ctlv3/command/printer*.go`). Here they are always the former.

use serde_json::Value;

use crate::object::gather::Gather;
use crate::object::line::{Line, lines, lines_from};
use crate::object::preamble;

/// More members or endpoints than this are hostile input.
const ITEMS: usize = 1000;

/// More JSON than this did not come from etcdctl.
const JSON_BYTES: usize = 4 << 20;

/// A member or cluster id as etcd's logs and tables print it.
pub fn hex_id(id: u64) -> String {
    format!("{id:x}")
}

/// An id in hexadecimal text, without leading zeros and in lower case; `None` if it is no id.
pub fn id_from_hex(text: &str) -> Option<String> {
    u64::from_str_radix(text.trim(), 16).ok().map(hex_id)
}

/// An id in JSON: a number, or text with a decimal number (gateway) or hexadecimal digits (`--hex`).
pub fn id_from_json(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => number.as_u64().map(hex_id),
        Value::String(text) => text.parse().map(hex_id).ok().or_else(|| id_from_hex(text)),
        _ => None,
    }
}

/// A whole number in JSON, also as text (gateway).
pub fn number(value: Option<&Value>) -> Option<u64> {
    match value? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// Whether the last component of a path names this command (`memberlist`, `member-list.json`, `etcdctl_member_list`).
pub fn names(path: &str, command: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    name.replace(['-', '_', ' ', '.'], "").contains(command)
}

/// The first line of a file's head that is neither blank nor noise.
pub fn first_line(head: &[u8]) -> String {
    lines(head)
        .find(|line| !line.text.trim().is_empty() && !preamble::is_noise(&line.text))
        .map(|line| line.text.trim().to_owned())
        .unwrap_or_default()
}

/// The header cells of a table in a file's head.
pub fn header(head: &[u8]) -> Vec<String> {
    lines(head).find_map(|line| cells(&line.text)).unwrap_or_default()
}

/// Whether a file's head has a table with these headings.
pub fn has_headings(head: &[u8], headings: &[&str]) -> bool {
    let found = header(head);
    headings.iter().all(|heading| found.iter().any(|known| known == heading))
}

/// The beginning of the JSON in a file's head without its white space, so that pretty-printed JSON looks like etcdctl's; empty
/// if the head does not begin with JSON.
pub fn squeezed(head: &[u8]) -> String {
    const LONG: usize = 2048;
    let body = preamble::strip(head);
    match body.first() {
        Some(b'{' | b'[') => {
            let body = String::from_utf8_lossy(body.get(..LONG).unwrap_or(body));
            body.chars().filter(|c| !c.is_whitespace()).collect()
        }
        _ => String::new(),
    }
}

/// Whether an endpoint can be reached over the network. Some distributions let members advertise the socket of a proxy on the
/// same machine (`unixs://10.0.0.1:0`), which etcdctl elsewhere can only wait for: what it says of them is nothing of etcd.
pub fn is_reachable(endpoint: &str) -> bool {
    !(endpoint.starts_with("unix://") || endpoint.starts_with("unixs://"))
}

/// A row of a table, by column name; wrapped rows are joined.
pub struct Row<'a> {
    columns: Vec<(String, String)>,
    /// The lines of the row; the first names it.
    pub lines: Vec<Line<'a>>,
}

impl Row<'_> {
    /// The cell under this heading, if the table has it.
    pub fn cell(&self, heading: &str) -> Option<&str> {
        self.columns.iter().find(|(name, _)| name == heading).map(|(_, text)| text.as_str())
    }
}

/// The rows of the first table of a document. Rows whose first cell is blank go on with the row above: the table writer
/// wraps long cells. Accepts both border styles (`+-|` up to etcd 3.6, box drawing from 3.7).
pub fn rows(bytes: &[u8]) -> Option<Vec<Row<'_>>> {
    let mut header: Option<Vec<String>> = None;
    let mut rows: Vec<Row<'_>> = Vec::new();
    for line in lines(bytes) {
        let Some(cells) = cells(&line.text) else { continue };
        let Some(header) = &header else {
            header = Some(cells);
            continue;
        };
        let wrapped = cells.first().is_some_and(String::is_empty);
        match rows.last_mut().filter(|_| wrapped) {
            Some(above) => {
                for ((_, text), more) in
                    above.columns.iter_mut().zip(cells).filter(|(_, more)| !more.is_empty())
                {
                    text.push(' ');
                    text.push_str(&more);
                }
                above.lines.push(line);
            }
            None => {
                rows.push(Row { columns: header.iter().cloned().zip(cells).collect(), lines: vec![line] })
            }
        }
    }
    header.map(|_| rows)
}

/// The cells of a table's line; `None` for borders and for lines outside a table.
fn cells(text: &str) -> Option<Vec<String>> {
    let inner = text.trim().strip_prefix(['|', '│'])?.strip_suffix(['|', '│'])?;
    Some(inner.split(['|', '│']).map(|cell| cell.trim().to_owned()).collect())
}

/// The first JSON value of a document that is not a logged line, with the line where it begins.
pub fn json(bytes: &[u8]) -> Option<(Line<'_>, Value)> {
    let line = lines(bytes)
        .find(|line| line.text.trim_start().starts_with(['{', '[']) && !preamble::is_noise(&line.text))?;
    let rest = bytes.get(usize::try_from(line.offset).ok()?..)?;
    let rest = rest.strip_prefix(b"\xef\xbb\xbf").unwrap_or(rest);
    let rest = rest.get(..JSON_BYTES).unwrap_or(rest);
    let value = serde_json::Deserializer::from_slice(rest).into_iter::<Value>().next()?.ok()?;
    Some((line, value))
}

/// The items of a JSON list.
pub fn items(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten().take(ITEMS)
}

/// The line, from `start` on and not far below it, that holds this text; else `start`. For JSON that somebody has
/// pretty-printed.
pub fn line_with<'a>(bytes: &'a [u8], start: &Line<'a>, text: &str) -> Line<'a> {
    const FAR: usize = 64;
    const LONG: usize = 4096;
    let rest = usize::try_from(start.offset).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
    if start.text.len() > LONG {
        return start.clone();
    }
    lines_from(rest, start.number, start.offset)
        .take(FAR)
        .find(|line| line.text.len() <= LONG && line.text.contains(text))
        .unwrap_or_else(|| start.clone())
}

/// Notes the errors of a document; returns whether there was one.
pub fn fail_on_errors(gather: &mut Gather<'_, '_>) -> bool {
    let bytes = gather.document.bytes;
    // `endpoint health` ends with this line when it worked and found an unhealthy member.
    let is_failure =
        |text: &str| text != "Error: unhealthy cluster" && !text.starts_with("Failed to get the ");
    let failure = lines(bytes)
        .find(|line| preamble::is_error(line.text.trim_end()) && is_failure(line.text.trim_end()))
        .or_else(|| lines(bytes).find(|line| line.text.starts_with("panic: ")));
    if let Some(line) = &failure {
        gather.fail(line);
    }
    failure.is_some()
}

#[cfg(test)]
pub mod tests {
    use serde_json::{Value, json};

    use super::{id_from_hex, id_from_json, names, rows};
    use crate::base::Time;
    use crate::object::derived::tests::holds_what_is_declared;
    use crate::object::path::Projection;
    use crate::object::{Document, Object, Reader, Reading};

    /// Reads a document with everything of these kinds asked for.
    pub fn read(reader: &Reader, kinds: &[&str], path: &str, text: &str) -> Reading {
        let mut projection = Projection::default();
        for kind in kinds {
            projection.ask(kind, "");
        }
        let captured_at = Time::parse("2026-11-22T04:00:00Z");
        assert!((reader.sniff)(path, text.as_bytes()), "{} refuses {path}", reader.name);
        let reading =
            (reader.read)(&Document { path, bytes: text.as_bytes(), captured_at, projection: &projection });
        reading.objects.iter().for_each(holds_what_is_declared);
        reading
    }

    /// What an object is called, and its fields.
    pub fn named(object: &Object) -> (&str, &Value) {
        (&*object.name, &object.fields)
    }

    #[test]
    fn ids_have_one_form() {
        assert_eq!(id_from_json(&json!(11_417_610_130_673_999_598_u64)).as_deref(), Some("9e737febb6b99eee"));
        assert_eq!(id_from_json(&json!("443629905751424238")).as_deref(), Some("628170c800dbcee"));
        assert_eq!(id_from_json(&json!("628170c800dbcee")).as_deref(), Some("628170c800dbcee"));
        assert_eq!(id_from_hex("0628170C800DBCEE").as_deref(), Some("628170c800dbcee"));
        assert_eq!(id_from_hex("x"), None);
    }

    #[test]
    fn files_are_recognised_by_their_names() {
        for path in ["a/etcd/memberlist", "etcd/memberlist.json", "x/etcdctl_member-list.txt"] {
            assert!(names(path, "memberlist"), "{path}");
        }
        assert!(!names("memberlist/other", "memberlist"));
    }

    #[test]
    fn wrapped_rows_are_joined_in_both_border_styles() {
        for text in [
            "+--+--+\n| A | B |\n+--+--+\n| 1 | x |\n|   | y |\n+--+--+\n",
            "┌─┬─┐\n│ A │ B │\n├─┼─┤\n│ 1 │ x │\n│   │ y │\n└─┴─┘\n",
        ] {
            let rows = rows(text.as_bytes()).unwrap();
            assert_eq!(rows.len(), 1);
            assert_eq!((rows[0].cell("B"), rows[0].lines.len()), (Some("x y"), 2));
        }
        assert!(rows(b"no table\n").is_none());
    }
}
