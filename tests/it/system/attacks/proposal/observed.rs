//! What AWS shows of the stack and its pipeline.

use serde_json::{Value, json};

use super::{PIPELINE, STACK};
use crate::system::{System, system};

/// What the stack holds.
pub(super) fn stack() -> Value {
    let system = system();
    let described = system.aws(&["cloudformation", "describe-stacks", "--stack-name", STACK]);
    let stack = &described["Stacks"][0];
    let resources = system.aws(&["cloudformation", "describe-stack-resources", "--stack-name", STACK]);
    let resources: Vec<Value> = resources["StackResources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|resource| json!([resource["LogicalResourceId"], resource["PhysicalResourceId"]]))
        .collect();
    let template = system.aws(&["cloudformation", "get-template", "--stack-name", STACK]);
    json!({
        "Updated": stack["LastUpdatedTime"],
        "Status": stack["StackStatus"],
        "Parameters": stack["Parameters"],
        "Resources": resources,
        "Template": template["TemplateBody"],
    })
}

/// Action executions of the pipeline, newest first.
pub(super) fn actions(filter: &str) -> Vec<Value> {
    let mut asked = vec!["codepipeline", "list-action-executions", "--pipeline-name", PIPELINE];
    if !filter.is_empty() {
        asked.extend(["--filter", filter]);
    }
    let listed = system().aws(&asked);
    listed["actionExecutionDetails"].as_array().cloned().unwrap_or_default()
}

/// Id of the newest run.
pub(super) fn latest() -> String {
    let listed = system().aws(&[
        "codepipeline",
        "list-pipeline-executions",
        "--pipeline-name",
        PIPELINE,
        "--max-items",
        "1",
    ]);
    let newest = &listed["pipelineExecutionSummaries"][0]["pipelineExecutionId"];
    newest.as_str().unwrap_or_default().to_owned()
}

/// Run and token of the approval that is open, unless it is the one of this run.
pub(super) fn question(system: &System, other_than: &str) -> Option<(String, String)> {
    let state = system.aws(&["codepipeline", "get-pipeline-state", "--name", PIPELINE]);
    let stages = state["stageStates"].as_array()?;
    let apply = stages.iter().find(|stage| stage["stageName"] == "Apply")?;
    let execution = apply["latestExecution"]["pipelineExecutionId"].as_str()?;
    let actions = apply["actionStates"].as_array()?;
    let approve = actions.iter().find(|action| action["actionName"] == "Approve1")?;
    let latest = &approve["latestExecution"];
    let token = latest["token"].as_str().filter(|_| latest["status"] == "InProgress")?;
    (execution != other_than).then(|| (execution.to_owned(), token.to_owned()))
}
