//! What goes wrong on its way in ends in an answer or in a failed action that says why: never in silence.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{System, alarms, program, run, system, undisturbed};

/// Runs a function of `bad_input.py` against the running system.
fn ask(system: &System, function: &str, mut told: Value) -> Value {
    told["endpoint"] = json!(system.state().endpoint);
    let mut child = system
        .with_aws(&mut Command::new(program("python")))
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/it/system/bad_input.py"))
        .arg(function)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(told.to_string().as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{function} failed; it says why above");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn only_what_github_signed_is_queued() {
    let _undisturbed = undisturbed();
    let system = system();
    let state = system.state();
    let head = run(Command::new("git").args(["ls-remote", &state.push_url, "refs/heads/main"]));
    let head = head.split_whitespace().next().unwrap();
    let told = json!({ "secret": state.webhook_secret, "head": head, "repository": state.repository });

    let came = ask(system, "deliveries", told);

    let status = |case: &str| came["answers"][case][0].clone();
    for case in ["another secret", "another body", "no digest", "sha1 of old"] {
        assert_eq!(status(case), 401, "{case}: {came}");
    }
    assert_eq!(status("too large"), 413, "{came}");
    assert_eq!(status("no JSON"), 400, "{came}");
    assert_eq!(came["queued by bad ones"], 0, "{came}");
    assert_eq!(status("good"), 202, "{came}");
    assert_eq!(came["queued by the good one"], 1, "{came}");
    for (case, answer) in came["answers"].as_object().unwrap() {
        let said = answer[1].as_str().unwrap();
        assert!(
            said.contains("\"result\"") && !said.contains(&state.webhook_secret),
            "{case}: {said}"
        );
    }
}

#[test]
fn a_malformed_job_is_a_failed_action_that_says_what_was_wrong() {
    let _undisturbed = undisturbed();
    let came = ask(system(), "malformed_jobs", json!({}));
    let came = came.as_object().unwrap();
    assert_eq!(came.len(), 16);
    for (case, end) in came {
        assert_eq!(end["run"], "Failed", "{case}: {end}");
        let message = end["message"].as_str().unwrap();
        assert!(message.contains("UserParameters"), "{case}: {end}");
        assert!(
            !message.contains("did not report"),
            "{case} was a time-out, no report: {end}"
        );
    }
}

#[test]
fn a_function_that_is_killed_over_every_delivery_is_a_reported_failure() {
    let came = ask(system(), "killed", json!({}));
    assert_eq!(came["wiring"]["MaximumRetryAttempts"], 2, "{came}");
    let destination = came["wiring"]["DestinationConfig"]["OnFailure"]["Destination"].as_str();
    assert!(
        destination.is_some_and(|arn| arn.ends_with(":changegate-outcome-record")),
        "{came}"
    );
    assert_eq!(came["end"]["run"], "Failed", "{came}");
    // The engine's time limit would be 20 minutes: somebody reported.
    let message = came["end"]["message"].as_str().unwrap();
    assert!(message.contains("killed"), "the message names the function: {message}");
}

#[test]
fn a_function_that_never_reports_fails_its_action_when_the_time_is_over() {
    let system = system();
    let state = system.state();
    // Milliseconds, enough for every function that works meanwhile.
    let told = json!({ "limit": 20_000, "gitHost": state.git_host, "instance": state.instance });
    let came = ask(system, "silent", told);
    assert_eq!(came["run"], "Failed", "{came}");
    assert!(
        came["message"]
            .as_str()
            .unwrap()
            .contains("did not report a result of job"),
        "{came}"
    );
}

#[test]
fn a_broken_template_fails_its_action_with_the_words_of_cloudformation() {
    const PIPELINE: &str = "changegate-alarms";
    let _undisturbed = undisturbed();
    let _turn = alarms();
    let system = system();
    let directory = tempfile::tempdir().unwrap();
    let copy = directory.path().join("copy");
    run(Command::new("git")
        .args(["clone", "--quiet", &system.state().push_url])
        .arg(&copy));
    let git = |arguments: &[&str]| {
        run(Command::new("git")
            .current_dir(&copy)
            .args(["-c", "user.name=octocat", "-c", "user.email=octocat@example.com"])
            .args(arguments))
    };
    let path = copy.join("stacks/alarms/template.json");
    let mut template: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    template["Resources"]["OnCall"]["Properties"]["DisplayName"] = json!({ "Fn::FindInMap": ["Nowhere", "a", "b"] });
    let template = serde_json::to_string_pretty(&template).unwrap();
    std::fs::write(&path, &template).unwrap();
    let runs = system.aws(&["codepipeline", "list-pipeline-executions", "--pipeline-name", PIPELINE]);
    let before = runs["pipelineExecutionSummaries"][0]["pipelineExecutionId"].clone();

    git(&["commit", "--quiet", "--all", "--message", "Break the alarms"]);
    git(&["push", "--quiet", "origin", "HEAD:main"]);

    let came = ask(
        system,
        "why_it_failed",
        json!({ "pipeline": PIPELINE, "before": before }),
    );
    let parameters: Value =
        serde_json::from_slice(&std::fs::read(copy.join("stacks/alarms/production.json")).unwrap()).unwrap();
    let told = json!({ "template": template, "parameters": parameters["Parameters"] });
    let words = ask(system, "words_of_cloudformation", told);
    assert_eq!(came["run"], "Failed", "{came}");
    assert_eq!(came["actions"].as_array().map(Vec::len), Some(1), "{came}");
    assert_eq!(came["actions"][0]["name"], "CreateChangeSet", "{came}");
    let message = came["actions"][0]["message"].as_str().unwrap();
    assert!(
        message.contains(words.as_str().unwrap()),
        "{message}\ndoes not hold\n{words}"
    );
}
