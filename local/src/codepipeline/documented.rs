//! `local/CODEPIPELINE.md` says what is emulated: every row has AWS's sentence, a link and a test that exists.

use std::collections::BTreeSet;
use std::path::Path;

const PAGE: &str = include_str!("../../CODEPIPELINE.md");

/// Names of all test functions below a folder.
fn tests_below(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests_below(&path, found);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let mut marked = false;
        for line in text.lines().map(str::trim) {
            if line == "#[test]" || line == "#[tokio::test]" {
                marked = true;
            } else if let Some(rest) = line.split_once("fn ").map(|(_, rest)| rest).filter(|_| marked) {
                found.insert(rest.split(['(', '<']).next().unwrap().to_owned());
                marked = false;
            }
        }
    }
}

/// The cells of the rows that name a test.
fn rows() -> Vec<Vec<&'static str>> {
    PAGE.lines()
        .filter(|line| line.starts_with("| ") && line.contains("](https://"))
        .map(|line| line.trim_matches(['|', ' ']).split(" | ").collect())
        .collect()
}

#[test]
fn every_row_has_a_sentence_a_link_and_a_test_that_exists() {
    let mut tests = BTreeSet::new();
    tests_below(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src/codepipeline"),
        &mut tests,
    );
    assert!(rows().len() > 60, "the tables were not found");
    let mut without = 0;
    for row in rows() {
        let [_, said, test] = row.as_slice() else {
            panic!("a row has three cells: {row:?}")
        };
        let has_sentence = said.starts_with("[“") && said.contains("”](https://");
        let is_honest = said.starts_with("no sentence; [read from this page's examples](https://");
        assert!(has_sentence || is_honest, "no sentence with a link: {said}");
        without += usize::from(is_honest);
        let test = test.trim_matches('`');
        assert!(tests.contains(test), "no test is named {test}");
    }
    assert!(without <= 6, "{without} rows stand on nothing that AWS says");
}

#[test]
fn every_named_test_outside_the_tables_exists() {
    let mut tests = BTreeSet::new();
    tests_below(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src/codepipeline"),
        &mut tests,
    );
    let section = PAGE.split("## Not emulated").nth(1).unwrap();
    let named: Vec<&str> = section
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| word.matches('_').count() > 4)
        .collect();
    assert_eq!(named.len(), 3);
    for test in named {
        assert!(tests.contains(test), "no test is named {test}");
    }
}

#[test]
fn every_file_that_the_page_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files: Vec<&str> = PAGE
        .lines()
        .filter(|line| line.starts_with("| what ") || line.starts_with("| how "))
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .collect();
    assert!(files.len() > 8, "{files:?}");
    for file in files {
        assert!(
            root.join("src/codepipeline").join(file).exists(),
            "{file} does not exist"
        );
    }
}
