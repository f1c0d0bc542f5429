//! `cargo local check` from the command line, and the schema as an editor uses it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use super::rendered::lint_tools;
use crate::system::{local_command, repository, run};

const TEMPLATE: &str = "Resources:\n  Topic: { Type: 'AWS::SNS::Topic' }\n";

fn check(root: &Path, options: &[&str]) -> Output {
    local_command().arg("check").arg(root).args(options).output().unwrap()
}

fn lines(output: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(output).lines().map(str::to_owned).collect()
}

#[test]
fn a_sound_repository_ends_with_zero_and_says_what_was_checked() {
    let output = check(&repository().join("examples/infrastructure"), &[]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(
        lines(&output.stdout),
        ["nothing is wrong (production: 4 sound, staging: 4 sound)"]
    );
}

#[test]
fn a_mistake_ends_with_one_and_a_line_that_an_editor_can_jump_to() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("stacks/network")).unwrap();
    fs::write(root.path().join("stacks/network/template.yaml"), TEMPLATE).unwrap();
    let catalogue = "version: 1\nstacks:\n  network:\n    aprovals: 2\n    approvals: 0\n";
    fs::write(root.path().join("changegate.yaml"), catalogue).unwrap();
    let output = check(root.path(), &["--minimum-approvals", "1"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(
        lines(&output.stdout),
        [
            "changegate.yaml:4:5: no setting is named `aprovals`; did you mean `approvals`?",
            "changegate.yaml:5:16: this deployment demands at least 1 approvals; write `approvals: 1`",
        ]
    );
    assert_eq!(
        lines(&output.stderr).last().unwrap(),
        "2 problems (production: 0 sound)"
    );
}

#[test]
fn a_directory_that_is_no_repository_ends_with_one_and_says_what_to_give() {
    let root = tempfile::tempdir().unwrap();
    let output = check(root.path(), &[]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("give the root of the repository"), "{said}");
}

#[test]
fn the_published_schema_takes_every_documented_catalogue_and_refuses_a_slip_of_the_pen() {
    // The linter brings a validator of its own.
    let program = r#"
import json, re, yaml
from cfnlint.jsonschema import StandardValidator
validator = StandardValidator(json.load(open("docs/catalogue.schema.json")))
def errors(text):
    return [error.message for error in validator.iter_errors(yaml.safe_load(text))]
blocks = re.findall(r"```yaml\n(version: 1\n.*?)```", open("docs/catalogue.md").read(), re.S)
blocks.append(open("examples/infrastructure/changegate.yaml").read())
assert len(blocks) >= 7, len(blocks)
for block in blocks:
    assert not errors(block), (block, errors(block))
for wrong in ["{}", "version: 2", "{version: 1, stack: {}}", "{version: 1, defaults: {aprovals: 1}}",
              "{version: 1, defaults: {approvals: 3}}", "{version: 1, stacks: {a: {first_run: never}}}",
              "{version: 1, defaults: {window: {days: mon}}}", "{version: 1, defaults: {template: a}}"]:
    assert errors(wrong), wrong
"#;
    run(Command::new(lint_tools().join("bin/python"))
        .current_dir(repository())
        .args(["-c", program]));
}
