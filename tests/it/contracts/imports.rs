//! Imports go one way: `domain ← review ← flows ← {aws, github} ← lambda`.

use super::{files, is_test, read, refuse};

/// Module of `shared/src` and the modules that it may import.
const MAY_IMPORT: [(&str, &[&str]); 6] = [
    ("domain", &["domain"]),
    ("review", &["domain", "review"]),
    ("flows", &["domain", "review", "flows"]),
    ("aws", &["domain", "review", "flows", "aws"]),
    ("github", &["domain", "review", "flows", "github"]),
    ("lambda", &["domain", "review", "flows", "aws", "github", "lambda"]),
];

/// What pure code may not name: it decides, and neither waits, looks nor tells.
const IMPURE: [&str; 12] = [
    "tokio::",
    "tracing::",
    "aws_sdk_",
    "aws_types::",
    "reqwest::",
    "lambda_runtime::",
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "SystemTime",
    "Timestamp::now",
];

/// The code of a file, without comments and without its module of tests.
fn code(path: &str) -> String {
    let text = read(path);
    let text = text
        .split("\n#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default()
        .to_owned();
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The modules of the crate that a file imports: the names after `crate::`, also inside braces.
fn imported(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            None => found.push(name_at(rest)),
            Some(group) => {
                let mut depth = 0_usize;
                let mut begins = true;
                for (at, character) in group.char_indices() {
                    match character {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => begins = true,
                        _ if begins && character.is_alphabetic() => {
                            found.push(name_at(&group[at..]));
                            begins = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    found
}

fn name_at(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn module_of(path: &str) -> Option<&str> {
    path.strip_prefix("shared/src/")?
        .split_once('/')
        .map(|(module, _)| module)
}

#[test]
fn imports_are_found_in_every_form_they_take() {
    let code = "use crate::domain::gate::Gate;\nuse crate::{flows::{ports::Clock, x}, review::text};\nfn f(a: crate::aws::S3) {}";

    assert_eq!(imported(code), ["domain", "flows", "review", "aws"]);
}

#[test]
fn modules_import_only_from_below() {
    let mut problems = Vec::new();
    for path in files("shared/src", &[".rs"]) {
        let Some(module) = module_of(&path) else { continue };
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == module) else {
            problems.push(format!("{path}: the module `{module}` has no place in the order"));
            continue;
        };
        for name in imported(&code(&path)) {
            if MAY_IMPORT.iter().any(|(known, _)| *known == name) && !allowed.contains(&name.as_str()) {
                problems.push(format!("{path} imports crate::{name}"));
            }
        }
    }
    refuse(
        "shared/src: domain <- review <- flows <- {aws, github} <- lambda",
        &problems,
    );
}

#[test]
fn decisions_and_renderings_are_pure() {
    let mut problems = Vec::new();
    for path in files("shared/src/domain", &[".rs"])
        .into_iter()
        .chain(files("shared/src/review", &[".rs"]))
        .filter(|path| !is_test(path))
    {
        let code = code(&path);
        for name in IMPURE.iter().filter(|name| code.contains(**name)) {
            problems.push(format!("{path} names {name}"));
        }
    }
    refuse(
        "domain and review do no I/O, read no clock and no environment, know no SDK",
        &problems,
    );
}

#[test]
fn only_the_adapters_name_the_sdk() {
    let mut problems = Vec::new();
    for path in files("shared/src", &[".rs"])
        .into_iter()
        .chain(files("functions", &[".rs"]))
    {
        let text = code(&path);
        if !path.starts_with("shared/src/aws/") && text.contains("aws_sdk_") {
            problems.push(format!("{path} names aws_sdk_*"));
        }
        if !path.starts_with("shared/src/github/") && text.contains("reqwest::") {
            problems.push(format!("{path} names reqwest"));
        }
    }
    refuse(
        "shared/src/aws is the only place of the AWS SDK, shared/src/github of the HTTP client",
        &problems,
    );
}
