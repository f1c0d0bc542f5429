//! Environment variables: what the code reads is what the template sets.

use std::collections::{BTreeMap, BTreeSet};

use changegate::domain::document::Node;

use super::template::Template;
use super::{files, is_test, read, refuse};

/// Constant to variable, as `shared/src/lambda/variables.rs` names them.
fn constants() -> BTreeMap<String, String> {
    let text = read("shared/src/lambda/variables.rs");
    let found: BTreeMap<_, _> = text
        .lines()
        .filter_map(|line| {
            let (name, value) = line.strip_prefix("pub const ")?.split_once(": &str = \"")?;
            Some((name.to_owned(), value.strip_suffix("\";")?.to_owned()))
        })
        .collect();
    assert!(found.len() > 20, "the constants of variables.rs are not found any more");
    found
}

fn names(node: Option<&Node>) -> BTreeSet<String> {
    let entries = node.map(Node::entries).unwrap_or_default();
    entries
        .iter()
        .filter_map(|(name, _)| name.as_text().map(str::to_owned))
        .collect()
}

/// Function to the variables that the template sets for it.
fn set() -> BTreeMap<String, BTreeSet<String>> {
    let template = Template::read();
    let common = names(
        template
            .document
            .root
            .pointer("/Globals/Function/Environment/Variables"),
    );
    template
        .functions()
        .into_iter()
        .map(|(name, function)| {
            let own = names(function.pointer("/Properties/Environment/Variables"));
            (name, common.union(&own).cloned().collect())
        })
        .collect()
}

/// The constants that the files below `folder` name.
fn read_below(folder: &str, constants: &BTreeMap<String, String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in files(folder, &[".rs"]) {
        for rest in read(&path).split("variables::").skip(1) {
            let name: String = rest
                .chars()
                .take_while(|c| c.is_ascii_uppercase() || *c == '_')
                .collect();
            if let Some(value) = constants.get(&name) {
                found.insert(value.clone());
            }
        }
    }
    found
}

#[test]
fn every_variable_that_a_function_reads_is_set_for_it() {
    let (constants, set) = (constants(), set());
    let mut problems = Vec::new();
    for (function, set) in &set {
        for variable in read_below(&format!("functions/{function}/src"), &constants).difference(set) {
            problems.push(format!("{function} reads {variable}"));
        }
    }
    refuse("template.yaml does not set", &problems);
}

#[test]
fn every_variable_that_is_set_is_known_and_read() {
    let constants = constants();
    let known: BTreeSet<&String> = constants.values().collect();
    let mut read = read_below("functions", &constants);
    read.append(&mut read_below("shared/src/lambda", &constants));
    let mut problems = BTreeSet::new();
    for variable in set().into_values().flatten() {
        if !known.contains(&variable) {
            problems.insert(format!(
                "{variable} is set, but shared/src/lambda/variables.rs does not name it"
            ));
        } else if !read.contains(&variable) {
            problems.insert(format!("{variable} is set, but no function reads it"));
        }
    }
    refuse("variables in template.yaml", &problems.into_iter().collect::<Vec<_>>());
}

#[test]
fn every_known_variable_is_set_for_some_function() {
    let set: BTreeSet<String> = set().into_values().flatten().collect();
    let missing: Vec<String> = constants()
        .into_values()
        .filter(|variable| !set.contains(variable))
        .collect();
    refuse(
        "shared/src/lambda/variables.rs names, but template.yaml sets nowhere",
        &missing,
    );
}

#[test]
fn no_function_reads_a_variable_by_a_name_of_its_own() {
    let mut problems = Vec::new();
    for path in files("functions", &[".rs"])
        .into_iter()
        .chain(files("shared/src", &[".rs"]))
    {
        if path != "shared/src/lambda/variables.rs" && !is_test(&path) && read(&path).contains("\"CHANGEGATE_") {
            problems.push(path);
        }
    }
    refuse("the name of a variable is written outside of variables.rs", &problems);
}
