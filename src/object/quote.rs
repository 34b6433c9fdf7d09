//! Where in a document a field of an object stands.
