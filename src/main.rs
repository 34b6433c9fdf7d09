//! The command line of `rancher-bundle`.

use std::process::ExitCode;

fn main() -> ExitCode {
    rancher_bundle::cli::run()
}
