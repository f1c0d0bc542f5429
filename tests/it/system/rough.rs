//! The demo in a world that is as hostile as AWS is allowed to be.

use std::process::Stdio;

use super::local_command;

/// One seed of many: `cargo local demo --rough` draws another each time.
const SEED: &str = "--rough=20261201";

#[test]
fn every_claim_of_the_demo_holds_in_the_worst_world_that_aws_allows() {
    let directory = tempfile::tempdir().unwrap();
    let demo = local_command()
        .args(["demo", "--yes", SEED, "--run-directory"])
        .arg(directory.path().join("run"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let story = String::from_utf8_lossy(&demo.stdout);
    let held = story
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("all ")?.strip_suffix(" held"));
    let held: usize = held.map_or(0, |held| held.parse().unwrap());
    assert!(
        demo.status.success() && held >= 30,
        "{story}\n{}",
        String::from_utf8_lossy(&demo.stderr)
    );
    assert!(story.contains(SEED), "the seed is told: {story}");
}
