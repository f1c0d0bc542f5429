//! What is not known of AWS: every row is complete, and its probe exists.

use std::collections::BTreeSet;

use super::{read, refuse};

/// Cells of a row: number, question, what was found, what is done, how it would show, probe.
fn rows(text: &str) -> Vec<Vec<&str>> {
    let lines = text
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| #") && !line.starts_with("| ---"));
    lines
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect()
}

/// The names of the checks in a script.
fn checks(script: &str) -> BTreeSet<&str> {
    let table = script.split("\nCHECKS = {\n").nth(1).expect("a table of checks");
    let lines = table.lines().take_while(|line| *line != "}");
    lines
        .filter(|line| line.trim().starts_with('"'))
        .map(|line| line.trim().trim_start_matches('"').split('"').next().expect("a name"))
        .collect()
}

#[test]
fn each_unknown_says_what_is_done_either_way_and_names_a_probe_that_exists() {
    let (text, script) = (read("docs/aws-unknowns.md"), read("scripts/on-real-aws"));
    let further = read("scripts/unknowns.py");
    let (rows, mut checks, further) = (rows(&text), checks(&script), checks(&further));
    checks.extend(&further);
    assert!(
        rows.len() >= 20 && checks.len() >= 11,
        "the tables are not found any more"
    );
    let (mut problems, mut named) = (Vec::new(), BTreeSet::new());
    let mut numbers = BTreeSet::new();
    for row in &rows {
        let &[number, question, found, done, shows, probe] = row.as_slice() else {
            problems.push(format!("not six cells: {}", row.join(" | ")));
            continue;
        };
        if !numbers.insert(number) {
            problems.push(format!("{number} stands there twice"));
        }
        if !question.ends_with(['?', '.']) || found.is_empty() || done.len() < 40 || shows.is_empty() {
            problems.push(format!("{number} is not complete"));
        }
        for probe in probe.split(", ").filter(|probe| *probe != "–") {
            let name = probe.trim_matches('`');
            named.insert(name);
            if !checks.contains(name) {
                problems.push(format!("{number}: `scripts/on-real-aws` has no check {probe}"));
            }
        }
    }
    let settles_nothing = further
        .difference(&named)
        .map(|name| format!("`{name}` settles no row"));
    problems.extend(settles_nothing);
    refuse("docs/aws-unknowns.md", &problems);
}
