//! The history: action executions and rule executions.

use serde_json::{Value, json};

use super::executions::no_run;
use super::paging::page;
use super::requests::ListActionExecutions;
use super::seconds;
use crate::codepipeline::engine::Engine;
use crate::codepipeline::engine::effects::Artifact;
use crate::codepipeline::engine::state::{ActionRun, Pipeline, RuleRun, Run};
use crate::codepipeline::error::ApiError;

pub(super) fn actions(engine: &Engine, request: &ListActionExecutions) -> Result<Value, ApiError> {
    let (pipeline, runs) = runs(engine, request)?;
    let mut entries: Vec<(&Run, &ActionRun)> = runs
        .iter()
        .flat_map(|run| run.actions.iter().map(move |action| (*run, action)))
        .collect();
    // Newest first; of what started together, what was started last.
    entries.sort_by_key(|(_, action)| action.started);
    entries.reverse();
    let page = page(
        entries,
        &scope("actions", request),
        request.next_token.as_deref(),
        request.max_results,
        (100, 100),
    )?;
    let details: Vec<Value> = page
        .items
        .iter()
        .map(|(run, entry)| action(pipeline, run, entry))
        .collect();
    Ok(json!({ "actionExecutionDetails": details, "nextToken": page.next }))
}

pub(super) fn rules(engine: &Engine, request: &ListActionExecutions) -> Result<Value, ApiError> {
    let (_, runs) = runs(engine, request)?;
    let mut entries: Vec<(&Run, usize, &RuleRun)> = runs
        .iter()
        .flat_map(|run| {
            run.stages
                .iter()
                .flat_map(move |stage| stage.entry.iter().map(move |rule| (*run, stage.index, rule)))
        })
        .collect();
    entries.sort_by_key(|(_, _, rule)| rule.at);
    entries.reverse();
    let page = page(
        entries,
        &scope("rules", request),
        request.next_token.as_deref(),
        request.max_results,
        (100, 100),
    )?;
    let details: Vec<Value> = page
        .items
        .iter()
        .map(|(run, stage, found)| rule(run, *stage, found))
        .collect();
    Ok(json!({ "ruleExecutionDetails": details, "nextToken": page.next }))
}

fn runs<'engine>(
    engine: &'engine Engine,
    request: &ListActionExecutions,
) -> Result<(&'engine Pipeline, Vec<&'engine Run>), ApiError> {
    let pipeline = engine.pipeline(&request.pipeline_name)?;
    let filter = request.filter.as_ref();
    if filter.is_some_and(|filter| filter.latest_in_pipeline_execution.is_some()) {
        return Err(ApiError::not_emulated("the filter latestInPipelineExecution"));
    }
    match filter.and_then(|filter| filter.pipeline_execution_id.as_deref()) {
        None => Ok((pipeline, pipeline.runs.iter().collect())),
        Some(id) => {
            let run = pipeline.run(id).ok_or_else(|| no_run(&request.pipeline_name, id))?;
            Ok((pipeline, vec![run]))
        }
    }
}

fn scope(list: &str, request: &ListActionExecutions) -> String {
    let run = request
        .filter
        .as_ref()
        .and_then(|filter| filter.pipeline_execution_id.as_deref())
        .unwrap_or("");
    format!("{list} {} {run}", request.pipeline_name)
}

fn action(pipeline: &Pipeline, run: &Run, entry: &ActionRun) -> Value {
    let declared = run.action(entry);
    let artifacts = |list: &[Artifact]| -> Vec<Value> {
        list.iter()
            .map(|artifact| json!({ "name": artifact.name, "s3location": { "bucket": artifact.bucket, "key": artifact.key } }))
            .collect()
    };
    let result = json!({
        "externalExecutionId": entry.external_id.as_ref().or(entry.approval_token.as_ref()),
        "externalExecutionSummary": entry.summary,
        "errorDetails": entry.error.as_ref().map(|(code, message)| json!({ "code": code, "message": message })),
    });
    json!({
        "pipelineExecutionId": run.id,
        "actionExecutionId": entry.id,
        "pipelineVersion": run.declaration.version.unwrap_or_else(|| pipeline.version()),
        "stageName": run.stage(entry.stage).name,
        "actionName": declared.name,
        "startTime": seconds(entry.started),
        "lastUpdateTime": seconds(entry.updated),
        "updatedBy": entry.updated_by,
        "status": entry.status.word(),
        "input": {
            "actionTypeId": declared.action_type_id,
            "configuration": declared.configuration,
            "resolvedConfiguration": entry.resolved,
            "roleArn": declared.role_arn,
            "region": pipeline.arn.split(':').nth(3),
            "inputArtifacts": artifacts(&entry.inputs),
            "namespace": declared.namespace,
        },
        "output": {
            "outputArtifacts": artifacts(&entry.outputs),
            "executionResult": result,
            "outputVariables": entry.variables,
        },
    })
}

fn rule(run: &Run, stage: usize, found: &RuleRun) -> Value {
    json!({
        "pipelineExecutionId": run.id,
        "ruleExecutionId": found.id,
        "pipelineVersion": run.declaration.version,
        "stageName": run.stage(stage).name,
        "ruleName": found.rule.name,
        "startTime": seconds(found.at),
        "lastUpdateTime": seconds(found.at),
        "status": if found.holds { "Succeeded" } else { "Failed" },
        "input": {
            "ruleTypeId": found.rule.rule_type_id,
            "configuration": found.rule.configuration,
            "resolvedConfiguration": found.resolved,
            "inputArtifacts": [],
        },
        "output": { "executionResult": { "externalExecutionSummary": found.summary } },
    })
}
