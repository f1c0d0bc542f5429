//! boto3 against the running environment, and the Python tests of the start script.

use std::process::Command;

use local::places::Places;
use local::progress::Progress;
use local::python::Venv;

use super::{program, repository, run, system, undisturbed};

const SCRIPT: &str = r#"
import time
import boto3
from botocore.exceptions import ClientError

pipelines = boto3.client("codepipeline")
name = "changegate-network"
names = [each["name"] for each in pipelines.list_pipelines()["pipelines"]]
assert name in names, names
declared = pipelines.get_pipeline(name=name)["pipeline"]
assert declared["pipelineType"] == "V2" and declared["executionMode"] == "SUPERSEDED", declared
execution = pipelines.start_pipeline_execution(name=name)["pipelineExecutionId"]
for _ in range(300):
    run = pipelines.get_pipeline_execution(pipelineName=name, pipelineExecutionId=execution)["pipelineExecution"]
    if run["status"] != "InProgress":
        break
    time.sleep(0.2)
assert run["status"] == "Succeeded", run
assert len(run["artifactRevisions"]) == 2, run
actions = []
for page in pipelines.get_paginator("list_action_executions").paginate(
    pipelineName=name, filter={"pipelineExecutionId": execution}
):
    actions += page["actionExecutionDetails"]
plan = next(each for each in actions if each["actionName"] == "CreateChangeSet")
assert plan["output"]["outputVariables"]["Outcome"] == "no-changes", plan
try:
    pipelines.put_approval_result(
        pipelineName=name, stageName="Apply", actionName="Approve1",
        token="00000000-0000-0000-0000-000000000000", result={"status": "Approved", "summary": "x"},
    )
    raise SystemExit("an approval without a question was taken")
except ClientError as error:
    assert error.response["Error"]["Code"] in (
        "ApprovalAlreadyCompletedException", "InvalidApprovalTokenException"
    ), error
stack = boto3.client("cloudformation").describe_stacks(StackName="production-network")["Stacks"][0]
assert stack["StackStatus"] == "CREATE_COMPLETE", stack
print("fine")
"#;

#[test]
fn boto3_starts_and_reads_a_run() {
    let _undisturbed = undisturbed();
    let said = run(system()
        .with_aws(&mut Command::new(program("python")))
        .args(["-c", SCRIPT]));
    assert_eq!(said.trim(), "fine");
}

#[test]
fn the_start_script_does_what_its_own_tests_say() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let places = Places::of_this_repository();
    let venv = runtime.block_on(Venv::ensure(&places, &Progress::default())).unwrap();
    let output = Command::new(venv.program("python"))
        .current_dir(repository().join("local/ministack"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .args([
            "-m",
            "unittest",
            "discover",
            "--start-directory",
            "tests",
            "--top-level-directory",
            ".",
        ])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let ran = said
        .lines()
        .find_map(|line| line.strip_prefix("Ran ")?.split(' ').next()?.parse::<usize>().ok());
    assert!(ran.is_some_and(|ran| ran >= 30), "{said}");
}
