//! What a person sees first.

use assert_cmd::Command;

use crate::support::capture;

#[test]
fn the_terminal_says_what_broke_first() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_rancher-bundle"));
    command.current_dir(&directory).env("COLUMNS", "100").env("NO_COLOR", "1");
    command.arg("analyze").arg(capture("rke1-etcd-cluster-id-mismatch").archive);
    let output = command.assert().success().get_output().clone();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let printed = String::from_utf8(output.stdout).unwrap();
    let printed = printed
        .replace(env!("CARGO_PKG_VERSION"), "VERSION")
        .replace(&*directory.path().to_string_lossy(), "DIRECTORY");
    insta::assert_snapshot!(printed);
}
