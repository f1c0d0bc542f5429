//! The page about threats claims nothing that is not tried.

mod tests_of;

use self::tests_of::Tests;
use super::{read, refuse};

/// The attempts of the page, and the tests that it names for each.
fn attempts(page: &str) -> Vec<(String, Vec<String>)> {
    page.lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"))
        .map(|line| line.split(" | ").collect::<Vec<_>>())
        .filter(|cells| cells.len() == 3 && cells[2].starts_with('`'))
        .map(|cells| {
            let names = cells[2].split(", ").map(|name| name.trim_matches('`').to_owned());
            (cells[0].to_owned(), names.collect())
        })
        .collect()
}

#[test]
fn every_attempt_of_the_threat_model_is_made_by_a_test_that_runs_and_asserts() {
    let tests = Tests::of_the_workspace();
    let attempts = attempts(&read("docs/threat-model.md"));
    let mut problems = Vec::new();
    for (attempt, names) in &attempts {
        for name in names {
            if let Err(problem) = tests.check(name) {
                problems.push(format!("{attempt}: `{name}` {problem}"));
            }
        }
    }
    refuse(
        "docs/threat-model.md names tests that do not make the attempt",
        &problems,
    );
    assert!(
        attempts.len() > 40,
        "only {} attempts were found on the page",
        attempts.len()
    );
}
