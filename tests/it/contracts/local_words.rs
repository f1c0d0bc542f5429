//! `local/MINISTACK.md` says of each patch to the emulator whose word it is.

use std::collections::BTreeSet;

use super::{files, read, refuse};

/// Part, what it does, whose word, test.
fn rows(page: &str) -> Vec<[String; 4]> {
    let lines = page.lines().filter(|line| line.starts_with("| `"));
    lines
        .map(|line| {
            let cells: Vec<_> = line
                .trim_matches('|')
                .split(" | ")
                .map(|cell| cell.trim().to_owned())
                .collect();
            cells
                .try_into()
                .unwrap_or_else(|cells| panic!("not four cells: {cells:?}"))
        })
        .collect()
}

/// The parts that the start script installs.
fn parts() -> BTreeSet<String> {
    let start = read("local/ministack/start.py");
    let list = start
        .split("for part in (")
        .nth(1)
        .and_then(|rest| rest.split("):").next());
    let names = list.expect("the list of parts").split(',').map(str::trim);
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// The names of all tests, in Rust and in Python.
fn tests() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in files("local/ministack/tests", &[".py"])
        .into_iter()
        .chain(files("tests/it", &[".rs"]))
    {
        for line in read(&path).lines().map(str::trim) {
            let rest = line.split_once("fn ").or_else(|| line.split_once("def "));
            found.extend(rest.and_then(|(_, rest)| rest.split('(').next()).map(str::to_owned));
        }
    }
    found
}

/// Whether a cell names its source: a page, or honestly nobody.
fn has_word(cell: &str) -> bool {
    cell.contains("](https://") || cell.starts_with("*assumed*") || cell == "*local*"
}

#[test]
fn every_patch_to_the_emulator_says_whose_word_it_is_and_has_a_test() {
    let page = read("local/MINISTACK.md");
    let (rows, parts, tests) = (rows(&page), parts(), tests());
    assert!(parts.len() > 15, "the parts are not found any more: {parts:?}");
    let mut problems = Vec::new();
    for [part, what, word, test] in &rows {
        let (part, test) = (part.trim_matches('`'), test.trim_matches('`'));
        if !parts.contains(part) {
            problems.push(format!("{part} is not installed"));
        }
        if !has_word(word) {
            problems.push(format!("{part}: nobody's word: {what}"));
        }
        if !tests.contains(test) {
            problems.push(format!("{part}: no test is called {test}"));
        }
    }
    for part in &parts {
        if rows.iter().all(|[named, ..]| named.trim_matches('`') != part) {
            problems.push(format!("{part} has no row"));
        }
    }
    refuse("local/MINISTACK.md", &problems);
}

#[test]
fn a_row_without_a_source_is_noticed() {
    assert!(has_word("[a page](https://docs.aws.amazon.com/x)"));
    assert!(has_word("*assumed*, and stricter") && has_word("*local*"));
    assert!(!has_word("as AWS does it") && !has_word(""));
}
