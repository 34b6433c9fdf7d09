//! Reads support bundles from Rancher, RKE1, RKE2, K3s and other Kubernetes clusters, offline, and says what broke
//! first, how it knows, what follows from it, what to do, and what could not be checked.
//!
//! In reading order, from the bytes to the verdict:
//!
//! - [`base`]: times, diagnostics, limits, untrusted text
//! - [`source`]: where bytes come from
//! - [`log`]: a line → a record
//! - [`object`]: a document → objects
//! - [`rule`]: the rule language
//! - [`artifact`]: what a file is
//! - [`model`]: the cluster, as far as it can be known
//! - [`scan`]: which records hit
//! - [`ingest`]: threads, order, memory
//! - [`verdict`]: rules × model → finding, clear or unknown
//! - [`cause`]: consequences under root causes
//! - [`cli`]: the commands
//! - [`testing`]: the tests that rules carry
//! - [`analysis`]: the result as plain data
//! - [`report`]: the result in words: HTML, Markdown, JSON, terminal

pub mod analysis;
pub mod artifact;
pub mod base;
pub mod cause;
pub mod cli;
pub mod ingest;
pub mod log;
pub mod model;
pub mod object;
pub mod report;
pub mod rule;
pub mod scan;
pub mod source;
pub mod testing;
pub mod verdict;

use analysis::Analysis;
use analysis::explanation::Explanation;
use analysis::inventory::Inventory;
use base::timer::{Stage, timed};
use base::{Diagnostic, Diagnostics, Limits};
use ingest::{Ingested, Options};
use model::coverage::Coverage;
use object::path::Projection;
use rayon::prelude::*;
use rule::vocabulary::{FieldType, Kind};
use rule::{Rule, Rulebook, SignalSource, Vocabulary};
use scan::Program;
use source::Input;

/// Analyses inputs as captures of one cluster; captures that are evidently of another one are judged apart. `said` is what is already known to be wrong (inputs that cannot be
/// opened, rules that are broken); `progress` is told of bytes taken from the file system, from any thread.
#[must_use]
pub fn analyze(
    inputs: &[Input],
    book: &Rulebook,
    said: Diagnostics,
    options: &Options,
    progress: &(dyn Fn(u64) + Sync),
) -> Analysis {
    let timer = options.timer.as_deref();
    let (program, projection) = timed(timer, Stage::Rules, || {
        (Program::compile(book).timed_by(options.timer.clone()), projection(book))
    });
    let ingested = ingest::ingest(inputs, &program, &projection, options, progress);
    assess(&ingested, book, &program, said, &options.limits)
}

/// Judges what was read, each cluster alone.
#[must_use]
pub fn assess(
    ingested: &[Ingested],
    book: &Rulebook,
    program: &Program<'_>,
    said: Diagnostics,
    limits: &Limits,
) -> Analysis {
    let coverages: Vec<Coverage> = ingested.iter().map(|one| Coverage::of(&one.bundle)).collect();
    let clusters = ingested.iter().zip(&coverages).map(|(one, coverage)| analysis::build::Judgement {
        bundle: &one.bundle,
        gaps: coverage,
        judged: timed(program.timer(), Stage::Judging, || {
            verdict::judge(book, program, one, coverage, limits.groups)
        }),
    });
    let clusters = clusters.collect();
    timed(program.timer(), Stage::Result, || analysis::build::build(book, clusters, said, limits.diagnostics))
}

/// Looks at what is in inputs, without judging it. Arguments as for [`analyze`].
#[must_use]
pub fn inspect(
    inputs: &[Input],
    book: &Rulebook,
    said: Diagnostics,
    options: &Options,
    progress: &(dyn Fn(u64) + Sync),
) -> Inventory {
    let program = Program::compile(book);
    let ingested = ingest::ingest(inputs, &program, &projection(book), options, progress);
    let clusters: Vec<_> = ingested.iter().map(|one| (&one.bundle, Coverage::of(&one.bundle))).collect();
    analysis::inventory::build::build(book, &clusters, said, options.limits.diagnostics)
}

/// Explains how the only rule of a book comes to its verdict on inputs, once for each cluster. Arguments as for [`analyze`].
#[must_use]
pub fn explain(
    inputs: &[Input],
    book: &Rulebook,
    options: &Options,
    progress: &(dyn Fn(u64) + Sync),
) -> Vec<Explanation> {
    let program = Program::compile(book);
    let ingested = ingest::ingest(inputs, &program, &projection(book), options, progress);
    let explain = |one: &Ingested| {
        let coverage = Coverage::of(&one.bundle);
        analysis::explanation::build::explain(book, &program, one, &coverage, options.limits.groups)
    };
    ingested.iter().filter_map(explain).collect()
}

/// What the rulebook and the model ask of objects.
#[must_use]
pub fn projection(book: &Rulebook) -> Projection {
    let mut projection = Projection::default();
    for (kind, path) in model::ASKED {
        projection.ask(kind, path);
    }
    for derived in object::derived::all().filter(|derived| !derived.bulk) {
        projection.ask(derived.kind, "");
    }
    // Conditions are compiled when they are first asked, and that is here.
    let asked: Vec<(&str, String)> = book.rules.par_iter().flat_map_iter(paths_of_objects).collect();
    for (kind, path) in asked {
        projection.ask(kind, &path);
    }
    projection
}

/// What a rule asks of objects: kinds and paths.
fn paths_of_objects(rule: &Rule) -> impl Iterator<Item = (&str, String)> {
    let objects = rule.signals.iter().filter_map(|signal| match &signal.source {
        SignalSource::Objects(objects) => Some(objects),
        SignalSource::Logs(_) | SignalSource::Derived(_) => None,
    });
    objects.flat_map(|objects| {
        let conditions = objects.filter.iter().chain(objects.fields.values()).chain(&objects.time);
        let paths = conditions.flat_map(|condition| condition.paths(verdict::evaluate::OBJECT));
        std::iter::once("metadata.name".to_owned()).chain(paths).map(|path| (objects.kind.as_str(), path))
    })
}

/// What rules may name.
#[must_use]
pub fn vocabulary() -> Vocabulary {
    let mut kinds: Vec<Kind> = Vec::new();
    for derived in object::derived::all() {
        if kinds.iter().all(|kind| kind.name != derived.kind) {
            let fields = derived.fields.iter().map(|(name, meaning)| (*name, field_type(name, meaning)));
            kinds.push(Kind { name: derived.kind, fields: fields.collect() });
        }
    }
    let components = artifact::component::COMPONENTS.iter().map(|about| about.name);
    Vocabulary {
        components: components.chain([rule::ANY]).collect(),
        distributions: artifact::distribution::DISTRIBUTIONS.iter().map(|about| about.name).collect(),
        kinds,
        resources: object::resource::kinds().collect(),
    }
}

fn field_type(name: &str, meaning: &str) -> FieldType {
    match object::derived::shape(name, meaning) {
        Some(object::derived::Shape::Number) => FieldType::Number,
        Some(object::derived::Shape::Bool) => FieldType::Bool,
        Some(object::derived::Shape::List) => FieldType::List,
        Some(object::derived::Shape::Text) => FieldType::Text,
        None => FieldType::Any,
    }
}

/// An input that cannot be opened, as a line of the result.
#[must_use]
pub fn unreadable(error: &source::InputError) -> Diagnostic {
    Diagnostic::error("input", error.to_string())
        .help("check the path; the other inputs are analysed without it")
}
