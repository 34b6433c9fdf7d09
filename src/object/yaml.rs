//! The only file that names the YAML crate for data from bundles.
