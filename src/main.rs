//! The command line of `rancher-bundle`.

fn main() {}
