//! The vocabulary that every other module shares: times, diagnostics, limits, untrusted text.
//!
//! Nothing here knows what a bundle, a rule or a report is, and nothing here depends on a sibling module.

pub mod diagnostic;
pub mod limits;
pub mod snippet;
pub mod stamp;
pub mod text;
pub mod timer;
pub mod words;

pub use diagnostic::{Code, Diagnostic, Diagnostics, Severity};
pub use limits::Limits;
pub use stamp::{Basis, Stamp, Time, TimeSpan};
pub use text::Untrusted;
