//! The demo, from a push to a changed stack.

use super::system;

#[test]
fn every_claim_of_the_demo_holds() {
    let story = &system().story;
    assert!(!story.contains("did not hold") && !story.contains(" NOT "), "{story}");
    let held = story
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("all ")?.strip_suffix(" held"));
    let held: usize = held
        .unwrap_or_else(|| panic!("the demo came to no end:\n{story}"))
        .parse()
        .unwrap();
    assert!(held >= 30, "only {held} claims were checked:\n{story}");
}

#[test]
fn no_log_holds_a_secret_a_credential_or_an_event() {
    assert!(
        system()
            .story
            .contains("  ok no secret, credential or event body is in the "),
        "{}",
        system().story
    );
    let logs = system().state().logs.join("functions");
    let lines: usize = std::fs::read_dir(logs)
        .unwrap()
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap().lines().count())
        .sum();
    assert!(
        lines > 50,
        "the functions logged {lines} lines only: the scan had nothing to look at"
    );
}
