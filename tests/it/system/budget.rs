//! What each function asks of the services in the ordinary case: exactly this, so that one request more is noticed.

use local::deploy::build;
use local::places::Places;
use serde_json::Value;

use super::{local_command, system};

/// Function, and the requests of a process's first invocation and of its later ones.
///
/// The first one reads the secrets, too. What is asked is in `local/bench/recorded/`, request by request.
const REQUESTS: [(&str, u64, u64); 7] = [
    ("github-webhook", 2, 1),
    ("source-sync", 16, 15),
    ("pipelines-provision", 10, 10),
    ("changeset-create", 20, 20),
    ("changeset-describe", 29, 28),
    ("changeset-execute", 19, 19),
    ("outcome-record", 21, 20),
];

#[test]
fn every_function_asks_exactly_what_its_budget_allows() {
    // Who starts the shared environment builds the functions.
    let _built_by = system();
    let functions = build::functions(&Places::of_this_repository()).unwrap();
    let output = local_command()
        .args([
            "bench",
            "functions",
            "--runs",
            "1",
            "--no-python",
            "--json",
            "--binaries",
        ])
        .arg(functions[0].binary.parent().unwrap())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let asked: Vec<(&str, u64, u64)> = rows
        .iter()
        .map(|row| {
            let count = |name: &str| row["figures"][name].as_u64().unwrap();
            (
                row["function"].as_str().unwrap(),
                count("firstRequests"),
                count("laterRequests"),
            )
        })
        .collect();
    assert_eq!(asked, REQUESTS);
}
