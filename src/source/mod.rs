//! Where bytes come from: files, directories, archives, and archives within archives. Nothing is unpacked to disk.

pub mod container;
pub mod cut;
pub mod input;
pub mod member;
pub mod utf16;

pub use input::{Input, InputError};
pub use member::{Member, MemberPath};

use std::io::Read;

use crate::base::Diagnostic;

/// What is done with each member of an input.
pub trait Visitor {
    /// Reads a member to its end or as far as wanted; what is left is skipped. An error of the reader means that
    /// the member ends early: the visitor says so itself and returns.
    fn member(&mut self, member: &Member, reader: &mut dyn Read);

    /// Something was wrong with the input.
    fn diagnostic(&mut self, diagnostic: Diagnostic);
}
