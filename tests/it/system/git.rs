//! The Git host of the running environment, as its users meet it.

use std::process::Command;

use super::{run, system};

#[test]
fn the_printed_url_can_be_cloned() {
    let directory = tempfile::tempdir().unwrap();
    let clone = directory.path().join("clone");
    run(Command::new("git")
        .args(["clone", "--quiet", &system().state().push_url])
        .arg(&clone));
    let log = run(Command::new("git").current_dir(&clone).args(["log", "--format=%s"]));
    // Another test may have pushed since.
    assert!(log.lines().count() >= 6, "the demo pushed six commits: {log}");
    assert!(clone.join("stacks/network/template.yaml").is_file());
}

#[test]
fn the_record_of_what_runs_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let state = system().state().logs.with_file_name("state.json");
    let mode = std::fs::metadata(state).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
}
