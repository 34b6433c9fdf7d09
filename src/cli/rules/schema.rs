//! `rules schema`

use super::super::{Outcome, print};
use crate::artifact::COMPONENTS;
use crate::object::derived;
use crate::rule::schema::{Names, schema};

/// Prints the schema of rule files.
pub fn run() -> Outcome {
    print(&text());
    Outcome::Fine
}

/// The schema with the names of all components and kinds, as a file holds it.
pub fn text() -> String {
    let mut kinds: Vec<&str> = derived::all().map(|derived| derived.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let names = Names { components: COMPONENTS.iter().map(|about| about.name).collect(), kinds };
    format!("{:#}\n", schema(&names))
}
