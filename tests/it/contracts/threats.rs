//! The page about threats claims nothing that is not tried.

use super::{files, read, refuse};

#[test]
fn every_attempt_of_the_threat_model_is_tried_in_a_test_that_exists() {
    let sources: String = ["shared", "functions", "tests"]
        .iter()
        .flat_map(|folder| files(folder, &[".rs"]))
        .map(|path| read(&path))
        .collect();
    let page = read("docs/threat-model.md");
    let attempts: Vec<Vec<&str>> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"))
        .map(|line| line.split(" | ").collect::<Vec<_>>())
        .filter(|cells| cells.len() == 3 && cells[2].starts_with('`'))
        .collect();
    let missing: Vec<String> = attempts
        .iter()
        .filter(|cells| !sources.contains(&format!("fn {}(", cells[2].trim_matches('`'))))
        .map(|cells| format!("{}: {}", cells[0], cells[2]))
        .collect();
    refuse("docs/threat-model.md names tests that do not exist", &missing);
    assert!(
        attempts.len() > 30,
        "only {} attempts were found on the page",
        attempts.len()
    );
}
