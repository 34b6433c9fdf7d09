//! What logs are full of, counted: `UPDATE=1 cargo test --test it common` writes `src/rule/common.txt` anew.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use rancher_bundle::rule::common::{GRAM, grams};

use crate::documents::compare;
use crate::support::{ROOT, captures, members};

/// Sequences in the list. The last of them stands in every hundred kilobytes once.
const LISTED: usize = 8192;

/// Sequences in one line of the file.
const LINE: usize = 30;

/// Of each file so many bytes are counted, and so many files that are called nearly the same: a log of one program must not
/// outvote all others.
const BYTES_MAX: usize = 64 * 1024;
const FILES_MAX: usize = 6;

#[test]
fn the_list_of_common_sequences_is_that_of_the_captures() {
    let mut counts: HashMap<[u8; GRAM], u64> = HashMap::new();
    let mut alike: BTreeMap<String, usize> = BTreeMap::new();
    for capture in captures() {
        for (path, bytes) in members(&capture.archive) {
            let bytes = &bytes[..bytes.len().min(BYTES_MAX)];
            let name = path.rsplit('/').next().unwrap_or_default();
            let kind: String = name.chars().filter(char::is_ascii_alphabetic).take(16).collect();
            let files = alike.entry(kind).or_default();
            *files += 1;
            if bytes.contains(&0) || *files > FILES_MAX {
                continue;
            }
            for gram in grams(bytes).filter(|gram| gram.iter().all(|byte| matches!(byte, b' '..=b'~'))) {
                *counts.entry(gram).or_default() += 1;
            }
        }
    }
    let mut common: Vec<([u8; GRAM], u64)> = counts.into_iter().collect();
    common.sort_by_key(|(gram, count)| (std::cmp::Reverse(*count), *gram));
    let mut list = String::new();
    for line in common.get(..LISTED).unwrap_or(&common).chunks(LINE) {
        line.iter().for_each(|(gram, _)| list.push_str(std::str::from_utf8(gram).unwrap()));
        list.push('\n');
    }
    let mut wrong = Vec::new();
    compare(&Path::new(ROOT).join("src/rule/common.txt"), &list, &mut wrong);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
