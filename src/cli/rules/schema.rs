//! `rules schema`

use super::super::{Outcome, print};
use crate::rule::schema::schema;

/// Prints the schema of rule files.
pub fn run() -> Outcome {
    print(&text());
    Outcome::Fine
}

/// The schema as a file holds it.
pub fn text() -> String {
    format!("{:#}\n", schema(&crate::vocabulary()))
}
