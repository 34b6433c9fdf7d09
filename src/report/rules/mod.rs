//! What rules say of themselves, for the terminal and as the pages of a reference.

mod list;
mod markdown;
mod terminal;

pub use list::list;
pub use markdown::{index, page};
pub use terminal::terminal;
