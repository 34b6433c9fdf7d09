//! Files in memory, read as [`ingest`](super::ingest) reads files: for the tests of rules.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::fold::{FoldedFile, FoldedInput};
use super::read::Part;
use super::{Event, Ingested, Options, Task, run, settle};
use crate::artifact::{Identity, Kind, LogIdentity, classify};
use crate::base::Time;
use crate::model::ArtifactKind;
use crate::object::path::Projection;
use crate::object::{Listing, Object};
use crate::scan::{Bounds, Program};
use crate::source::Input;
use crate::source::cut::Piece;
use crate::source::input::InputKind;

/// What a test of a rule puts into a bundle.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// The log of a component.
    Log {
        /// The component.
        component: &'static str,
        /// Its lines.
        text: String,
    },
    /// A file of a collector's bundle, recognised as such.
    File {
        /// Its path inside the capture.
        path: String,
        /// Its content.
        text: String,
    },
    /// Objects as they are.
    Objects(Vec<Object>),
}

/// Reads contents, each on the node it comes with, as one bundle captured at `captured_at`. A node without a name stands for none: the
/// file lies beside the captures of nodes.
#[must_use]
pub fn ingest_memory(
    contents: Vec<(String, Content)>,
    captured_at: Time,
    program: &Program<'_>,
    projection: &Projection,
) -> Ingested {
    let options = Options::default();
    let mut folded = FoldedInput::default();
    let clock = captured_at.to_seconds_text().replace([' ', ':'], "_");
    // An empty file that every capture has: it gives the bundle its capture, and so its time.
    let nodes: BTreeSet<String> = contents.iter().map(|(node, _)| node.clone()).collect();
    for node in nodes.iter().filter(|node| !node.is_empty()) {
        let path = format!("{node}-{clock}/summary.txt");
        let identity = classify::classify(&path, b"");
        folded.files.push(FoldedFile { path, identity, ..FoldedFile::default() });
    }
    for (node, content) in contents {
        let root = if node.is_empty() { "beside".to_owned() } else { format!("{node}-{clock}") };
        add(&mut folded, &root, content, captured_at, program, projection, &options);
    }
    let input = Input { path: PathBuf::new(), name: "test".to_owned(), kind: InputKind::Directory, bytes: 0 };
    settle::one_cluster(vec![(&input, folded)], &options)
}

fn add(
    folded: &mut FoldedInput,
    root: &str,
    content: Content,
    captured_at: Time,
    program: &Program<'_>,
    projection: &Projection,
    options: &Options,
) {
    let bounds = Bounds::from(&options.limits);
    let (path, text, identity) = match content {
        Content::Objects(objects) => {
            let lists =
                objects.iter().map(|object| Listing { kind: object.kind.clone(), complete: true }).collect();
            folded.files.push(FoldedFile {
                path: "objects".to_owned(),
                objects,
                lists,
                ..FoldedFile::default()
            });
            return;
        }
        Content::Log { component, text } => {
            let path = format!("{root}/test/{component}");
            let log = LogIdentity { components: vec![component], ..LogIdentity::default() };
            let base = classify::classify(&format!("{root}/collector-output.log"), b"");
            (path, text, Identity { kind: Kind::Log(log), ..base })
        }
        Content::File { path, text } => {
            let path = format!("{root}/{path}");
            let identity = classify::classify(&path, text.as_bytes());
            (path, text, identity)
        }
    };
    let bytes = text.into_bytes();
    let mut events = Vec::new();
    let kind = match &identity.kind {
        Kind::Log(log) => {
            events.push(Event::Part { log: log.clone(), part: Part::default() });
            let scope = std::sync::Arc::new(program.scope(&super::read::whose(log)));
            let piece = Piece { owned: 0..bytes.len(), bytes, offset: 0, last: true };
            events.push(run(Task::Scan { piece, scope }, &path, program, projection, bounds).0);
            ArtifactKind::Log
        }
        Kind::Document(reader) => {
            let task = Task::Read { reader, bytes, captured_at: Some(captured_at), line: 0, offset: 0 };
            events.push(run(task, &path, program, projection, bounds).0);
            ArtifactKind::Document(reader.name)
        }
        _ => ArtifactKind::Other,
    };
    folded.take(Event::Begin { path, identity, kind, modified: None }, bounds);
    for event in events {
        folded.take(event, bounds);
    }
}
