//! `scripts/on-real-aws`, rehearsed: the local world is asked what a real account is to be asked.

use std::process::Command;

use super::{program, repository};
use crate::site::Running;

/// The checks that neither wait for minutes nor ask for what the local world does not have.
const CHECKS: [&str; 11] = [
    "skip",
    "updated-by",
    "running",
    "describe",
    "lag",
    "touched",
    "link",
    "order",
    "artifact",
    "resource",
    "conditional",
];

#[test]
fn the_questions_to_aws_are_answered_locally_as_expected_and_leave_nothing_behind() {
    let running = Running::start();
    let only = CHECKS.iter().flat_map(|check| ["--only", check]);
    let output = Command::new(program("python"))
        .arg(repository().join("scripts/on-real-aws"))
        .args(["--region", "eu-west-1", "--yes-create-and-delete-resources"])
        .args(only)
        .env("AWS_ENDPOINT_URL", &running.state.endpoint)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env_remove("AWS_PROFILE")
        .env_remove("AWS_SESSION_TOKEN")
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{report}\n{said}");
    let rows = report
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| #"));
    assert!(rows.count() > CHECKS.len(), "{report}\n{said}");
    for wrong in ["DIFFERENT", "did not finish", "Left behind"] {
        assert!(!report.contains(wrong), "{report}\n{said}");
    }
}
