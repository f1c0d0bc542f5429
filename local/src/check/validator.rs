//! What an installed validator says of types and properties, which nothing here knows.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output};

use serde::Deserialize;

use super::Findings;
use super::finding::{Finding, Rule};

/// Name of the validator.
pub const PROGRAM: &str = "cfn-lint";

/// Most templates that are validated unasked: the validator takes about a tenth of a second for each.
const MOST: usize = 50;

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validated {
    /// What it found.
    pub findings: Vec<Finding>,
    /// Why types and properties were not checked; `None` when they were.
    pub left_out: Option<String>,
}

/// Has the templates at these paths below `root` validated.
pub fn run(program: &OsStr, root: &Path, templates: &BTreeSet<String>, is_wanted: bool) -> Validated {
    if templates.is_empty() {
        return Validated::default();
    }
    if templates.len() > MOST && !is_wanted {
        return left_out(format!(
            "{} templates are more than the {MOST} that are validated unasked; `--validate` validates them all",
            templates.len()
        ));
    }
    let output = Command::new(program)
        .current_dir(root)
        .args(["--format", "json", "--non-zero-exit-code", "none", "--"])
        .args(templates)
        .output();
    match output {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            left_out(format!("{PROGRAM} is not installed; `pip install {PROGRAM}` brings it"))
        }
        Err(error) => left_out(format!("{PROGRAM} could not be started: {error}")),
        Ok(output) => read(&output),
    }
}

/// Rules that say that a template has to be packaged: Changegate packages it.
const PACKAGE_IT: [&str; 2] = ["W1100", "W3002"];

/// What the validator found besides what is told already: nothing about a line that has a finding of ours, a key that
/// stands twice, or a value that is packaged, which the validator takes for what CloudFormation is given.
pub fn not_told_yet(found: Vec<Finding>, told: &Findings) -> Vec<Finding> {
    let lines: BTreeSet<(&str, usize)> = told
        .findings
        .iter()
        .map(|finding| (finding.path.as_str(), finding.line))
        .collect();
    let is_news = |finding: &Finding| {
        let is_about_packaging = PACKAGE_IT
            .iter()
            .any(|rule| finding.message.ends_with(&format!(" {rule})")));
        !is_about_packaging
            && !finding.message.starts_with("Duplicate found")
            && !lines.contains(&(finding.path.as_str(), finding.line))
            && !told.packaged.contains(&(finding.path.clone(), finding.line))
    };
    found.into_iter().filter(is_news).collect()
}

/// Reads what the validator printed.
fn read(output: &Output) -> Validated {
    if let Ok(matches) = serde_json::from_slice::<Vec<Match>>(&output.stdout) {
        return Validated {
            findings: matches.into_iter().filter_map(Match::finding).collect(),
            left_out: None,
        };
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("nothing");
    left_out(format!("{PROGRAM} ended with {}: {last}", output.status))
}

fn left_out(reason: String) -> Validated {
    Validated {
        findings: Vec::new(),
        left_out: Some(reason),
    }
}

/// A finding of cfn-lint.
///
/// Source: `src/cfnlint/formatters/__init__.py` of cfn-lint 1.51.0
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Match {
    filename: String,
    level: String,
    location: Location,
    message: String,
    rule: MatchedRule,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Location {
    start: Place,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Place {
    line_number: usize,
    column_number: usize,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MatchedRule {
    id: String,
}

impl Match {
    /// The finding in our form; `None` for mere remarks.
    fn finding(self) -> Option<Finding> {
        (self.level != "Informational").then(|| Finding {
            path: self.filename,
            line: self.location.start.line_number.max(1),
            column: self.location.start.column_number.max(1),
            rule: Rule::Validator,
            message: format!("{} ({PROGRAM} {})", self.message, self.rule.id),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    use super::*;

    /// A program that prints this.
    fn program(root: &Path, prints: &str) -> PathBuf {
        let path = root.join("validator");
        fs::write(root.join("answer"), prints).unwrap();
        fs::write(&path, "#!/bin/sh\necho some words >&2\ncat answer\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn templates(count: usize) -> BTreeSet<String> {
        (0..count)
            .map(|number| format!("stacks/{number}/template.yaml"))
            .collect()
    }

    #[test]
    fn what_the_validator_finds_is_a_warning_in_our_form() {
        let root = tempfile::tempdir().unwrap();
        let answer = r#"[{"Filename": "stacks/0/template.yaml", "Level": "Error", "Message": "Resource type 'AWS::SNS::Topicc' does not exist",
            "Location": {"Start": {"LineNumber": 3, "ColumnNumber": 5}, "End": {}}, "Rule": {"Id": "E3006"}},
            {"Filename": "stacks/0/template.yaml", "Level": "Informational", "Message": "x",
            "Location": {"Start": {"LineNumber": 1, "ColumnNumber": 1}}, "Rule": {"Id": "I1"}}]"#;
        let program = program(root.path(), answer);
        let validated = run(program.as_os_str(), root.path(), &templates(1), false);
        let found: Vec<String> = validated.findings.iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            ["stacks/0/template.yaml:3:5: warning: Resource type 'AWS::SNS::Topicc' does not exist (cfn-lint E3006)"]
        );
        assert_eq!(validated.left_out, None);
    }

    #[test]
    fn it_is_said_when_nothing_was_validated() {
        let root = tempfile::tempdir().unwrap();
        let none = run(OsStr::new("./no-such-program"), root.path(), &templates(1), false);
        assert!(none.left_out.unwrap().contains("is not installed"));
        let program = program(root.path(), "no JSON");
        let broken = run(program.as_os_str(), root.path(), &templates(1), false);
        assert!(broken.left_out.unwrap().contains("some words"));
        let many = run(program.as_os_str(), root.path(), &templates(51), false);
        assert!(many.left_out.unwrap().contains("--validate"));
        let wanted = run(program.as_os_str(), root.path(), &templates(51), true);
        assert!(wanted.left_out.unwrap().contains("some words"));
        assert_eq!(
            run(program.as_os_str(), root.path(), &templates(0), true),
            Validated::default()
        );
    }

    #[test]
    fn what_is_told_already_is_not_told_in_other_words() {
        let found = |line: usize, message: &str| Finding {
            path: "stacks/a/template.yaml".to_owned(),
            line,
            column: 1,
            rule: Rule::Validator,
            message: message.to_owned(),
        };
        let told = Findings {
            findings: vec![Finding {
                rule: Rule::Template(changegate::domain::template_check::Rule::NullValue),
                ..found(3, "null")
            }],
            packaged: BTreeSet::from([("stacks/a/template.yaml".to_owned(), 5)]),
            ..Findings::default()
        };
        let news = found(4, "no such type (cfn-lint E3006)");
        let all = vec![
            found(3, "None is not of type 'string' (cfn-lint E2001)"),
            news.clone(),
            found(5, "'./openapi.yaml' is not of type 'object' (cfn-lint E3012)"),
            found(6, "This code may only work with 'package' cli command (cfn-lint W3002)"),
            found(7, "Duplicate found 'DelaySeconds' (line 7) (cfn-lint E0000)"),
        ];
        assert_eq!(not_told_yet(all, &told), [news]);
    }
}
