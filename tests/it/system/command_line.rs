//! The AWS CLI against the running environment.

use serde_json::{Value, json};

use super::{System, system, undisturbed};

const PIPELINE: &str = "changegate-data";

fn state(system: &System) -> Value {
    system.aws(&["codepipeline", "get-pipeline-state", "--name", PIPELINE])
}

/// The token of the approval that waits in a run.
fn token(system: &System, execution: &str) -> Option<String> {
    let state = state(system);
    let apply = state["stageStates"]
        .as_array()?
        .iter()
        .find(|stage| stage["stageName"] == "Apply")?
        .clone();
    if apply["latestExecution"]["pipelineExecutionId"] != execution {
        return None;
    }
    let action = apply["actionStates"]
        .as_array()?
        .iter()
        .find(|action| action["actionName"] == "Approve1")?
        .clone();
    action["latestExecution"]["token"].as_str().map(str::to_owned)
}

#[test]
fn a_run_is_started_read_and_rejected_from_the_command_line() {
    let _undisturbed = undisturbed();
    let system = system();
    let listed = system.aws(&["codepipeline", "list-pipelines"]);
    let names: Vec<&str> = listed["pipelines"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|each| each["name"].as_str())
        .collect();
    assert!(
        names.contains(&PIPELINE) && names.contains(&"changegate-root"),
        "{names:?}"
    );
    // The demo rejected a change of this stack, so the branch still holds it.
    let started = system.aws(&["codepipeline", "start-pipeline-execution", "--name", PIPELINE]);
    let execution = started["pipelineExecutionId"].as_str().unwrap().to_owned();
    let token = system.eventually("the question", || token(system, &execution));
    let answer = |token: &str| {
        let result = "status=Rejected,summary=not from here";
        system.try_aws(&crate::people::answer(PIPELINE, "Approve1", token, result))
    };
    let wrong = answer("00000000-0000-0000-0000-000000000000");
    assert!(!wrong.status.success());
    assert!(
        String::from_utf8_lossy(&wrong.stderr).contains("InvalidApprovalTokenException"),
        "{wrong:?}"
    );
    let right = answer(&token);
    assert!(right.status.success(), "{}", String::from_utf8_lossy(&right.stderr));
    let ended = system.eventually("the end of the run", || {
        let asked = [
            "codepipeline",
            "get-pipeline-execution",
            "--pipeline-name",
            PIPELINE,
            "--pipeline-execution-id",
        ];
        let described = system.aws(&[&asked[..], &[&execution]].concat());
        let status = described["pipelineExecution"]["status"].as_str()?.to_owned();
        (status != "InProgress").then_some(status)
    });
    assert_eq!(ended, "Failed");
    let actions = system.aws(&[
        "codepipeline",
        "list-action-executions",
        "--pipeline-name",
        PIPELINE,
        "--filter",
        &format!("pipelineExecutionId={execution}"),
    ]);
    let approval = actions["actionExecutionDetails"]
        .as_array()
        .unwrap()
        .iter()
        .find(|action| action["actionName"] == "Approve1")
        .unwrap()
        .clone();
    assert_eq!(approval["status"], "Failed");
    assert_eq!(approval["updatedBy"], "arn:aws:iam::000000000000:root");
}

#[test]
fn a_pipeline_that_does_not_exist_is_told_as_aws_tells_it() {
    let missing = system().try_aws(&["codepipeline", "get-pipeline", "--name", "nothing"]);
    assert!(!missing.status.success());
    let said = String::from_utf8_lossy(&missing.stderr).into_owned();
    assert!(said.contains("PipelineNotFoundException"), "{said}");
}

#[test]
fn a_user_without_the_permission_is_refused_by_name() {
    let system = system();
    system.aws(&["iam", "create-user", "--user-name", "mallory"]);
    let key = system.aws(&["iam", "create-access-key", "--user-name", "mallory"]);
    let output = system
        .with_aws(&mut std::process::Command::new(super::program("aws")))
        .env("AWS_ACCESS_KEY_ID", key["AccessKey"]["AccessKeyId"].as_str().unwrap())
        .env(
            "AWS_SECRET_ACCESS_KEY",
            key["AccessKey"]["SecretAccessKey"].as_str().unwrap(),
        )
        .args(["codepipeline", "start-pipeline-execution", "--name", PIPELINE])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("AccessDeniedException"), "{said}");
    assert!(
        said.contains("user/mallory is not authorized to perform: codepipeline:StartPipelineExecution"),
        "{said}"
    );
}

#[test]
fn the_outcomes_of_all_runs_are_kept() {
    let system = system();
    let outputs = system.aws(&["cloudformation", "describe-stacks", "--stack-name", "changegate"]);
    let outputs = outputs["Stacks"][0]["Outputs"].as_array().unwrap().clone();
    let bucket = outputs
        .iter()
        .find(|output| output["OutputKey"] == "EvidenceBucketName")
        .unwrap()
        .clone();
    let bucket = bucket["OutputValue"].as_str().unwrap().to_owned();
    let listed = system.aws(&[
        "s3api",
        "list-objects-v2",
        "--bucket",
        &bucket,
        "--prefix",
        "outcomes/changegate-alarms/",
    ]);
    assert!(
        listed["Contents"].as_array().is_some_and(|all| all.len() >= 2),
        "{listed}"
    );
    // Nobody overwrites what was recorded, not even whoever may write it.
    let key = listed["Contents"][0]["Key"].as_str().unwrap();
    let head = system.aws(&["s3api", "list-object-versions", "--bucket", &bucket, "--prefix", key]);
    assert_eq!(head["Versions"].as_array().map(Vec::len), Some(1), "{}", json!(head));
}
