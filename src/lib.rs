//! Reads support bundles from Rancher, RKE1, RKE2, K3s and other Kubernetes clusters, offline, and says what broke
//! first, how it knows, what follows from it, what to do, and what could not be checked.
//!
//! In reading order, from the bytes to the verdict:
//!
//! - [`base`]: times, diagnostics, limits, untrusted text
//! - [`log`]: a line → a record
//! - [`object`]: a document → objects
//! - [`analysis`]: the result as plain data
//! - [`report`]: the result in words: HTML, Markdown, JSON, terminal

pub mod analysis;
pub mod base;
pub mod log;
pub mod object;
pub mod report;
