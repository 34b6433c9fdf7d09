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
//! - [`analysis`]: the result as plain data
//! - [`report`]: the result in words: HTML, Markdown, JSON, terminal

pub mod analysis;
pub mod artifact;
pub mod base;
pub mod ingest;
pub mod log;
pub mod model;
pub mod object;
pub mod report;
pub mod rule;
pub mod scan;
pub mod source;
pub mod verdict;
