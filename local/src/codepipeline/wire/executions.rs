//! Operations on runs.

use serde_json::{Value, json};

use super::paging::page;
use super::requests::{
    GetPipelineExecution, ListPipelineExecutions, OverrideStageCondition, RetryStageExecution, StartPipelineExecution,
    StopPipelineExecution, length, one_of, pattern,
};
use super::seconds;
use crate::codepipeline::declaration::ActionKind;
use crate::codepipeline::engine::Engine;
use crate::codepipeline::engine::control::{RetryMode, Start};
use crate::codepipeline::engine::state::{ActionRun, ActionStatus, Run, StageStatus};
use crate::codepipeline::error::ApiError;

pub(super) fn start(engine: &mut Engine, request: StartPipelineExecution, caller: &str) -> Result<Value, ApiError> {
    if let Some(token) = &request.client_request_token {
        length("clientRequestToken", token, 1, 128)?;
        pattern("clientRequestToken", token, |letter| {
            letter.is_ascii_alphanumeric() || letter == '-'
        })?;
    }
    for variable in &request.variables {
        length("variables.name", &variable.name, 1, 128)?;
        length("variables.value", &variable.value, 1, 1000)?;
    }
    for revision in &request.source_revisions {
        let types = ["COMMIT_ID", "IMAGE_DIGEST", "S3_OBJECT_VERSION_ID", "S3_OBJECT_KEY"];
        one_of("sourceRevisions.revisionType", &revision.revision_type, &types)?;
        length("sourceRevisions.revisionValue", &revision.revision_value, 1, 1500)?;
    }
    if request.variables.len() > 50 || request.source_revisions.len() > 50 {
        return Err(ApiError::validation(
            "A run takes at most 50 variables and 50 source revisions",
        ));
    }
    let start = Start {
        variables: request
            .variables
            .into_iter()
            .map(|variable| (variable.name, variable.value))
            .collect(),
        revisions: request
            .source_revisions
            .into_iter()
            .map(|revision| (revision.action_name, revision.revision_type, revision.revision_value))
            .collect(),
        token: request.client_request_token,
        by: Some(caller.to_owned()),
    };
    let id = engine.start(&request.name, start)?;
    Ok(json!({ "pipelineExecutionId": id }))
}

pub(super) fn stop(engine: &mut Engine, request: StopPipelineExecution) -> Result<Value, ApiError> {
    if let Some(reason) = &request.reason {
        length("reason", reason, 0, 200)?;
    }
    engine.stop(
        &request.pipeline_name,
        &request.pipeline_execution_id,
        request.abandon,
        request.reason,
    )?;
    Ok(json!({ "pipelineExecutionId": request.pipeline_execution_id }))
}

pub(super) fn retry(engine: &mut Engine, request: &RetryStageExecution) -> Result<Value, ApiError> {
    one_of("retryMode", &request.retry_mode, &["FAILED_ACTIONS", "ALL_ACTIONS"])?;
    let mode = if request.retry_mode == "ALL_ACTIONS" {
        RetryMode::AllActions
    } else {
        RetryMode::FailedActions
    };
    engine.retry(
        &request.pipeline_name,
        &request.stage_name,
        &request.pipeline_execution_id,
        mode,
    )?;
    Ok(json!({ "pipelineExecutionId": request.pipeline_execution_id }))
}

pub(super) fn override_condition(engine: &mut Engine, request: &OverrideStageCondition) -> Result<Value, ApiError> {
    one_of(
        "conditionType",
        &request.condition_type,
        &["BEFORE_ENTRY", "ON_SUCCESS"],
    )?;
    if request.condition_type == "ON_SUCCESS" {
        return Err(ApiError::not_emulated("a condition on success"));
    }
    engine.override_entry(
        &request.pipeline_name,
        &request.stage_name,
        &request.pipeline_execution_id,
    )?;
    Ok(json!({}))
}

pub(super) fn get(engine: &Engine, request: &GetPipelineExecution) -> Result<Value, ApiError> {
    let pipeline = engine.pipeline(&request.pipeline_name)?;
    let run = pipeline
        .run(&request.pipeline_execution_id)
        .ok_or_else(|| no_run(&request.pipeline_name, &request.pipeline_execution_id))?;
    let revisions: Vec<Value> = sources(run)
        .into_iter()
        .flat_map(|action| action.outputs.iter().map(move |output| (action, output)))
        .filter_map(|(action, output)| {
            let revision = action.revision.as_ref()?;
            Some(json!({
                "name": output.name,
                "revisionId": revision.id,
                "revisionChangeIdentifier": revision.change,
                "revisionSummary": revision.summary,
                "created": seconds(revision.created),
            }))
        })
        .collect();
    let variables: Vec<Value> = run
        .variables
        .iter()
        .map(|(name, value)| json!({ "name": name, "resolvedValue": value }))
        .collect();
    Ok(json!({ "pipelineExecution": {
        "pipelineName": request.pipeline_name,
        "pipelineVersion": run.declaration.version,
        "pipelineExecutionId": run.id,
        "status": run.status.word(),
        "statusSummary": run.summary,
        "artifactRevisions": revisions,
        "variables": variables,
        "trigger": trigger(run),
        "executionMode": "SUPERSEDED",
        "executionType": "STANDARD",
    }}))
}

pub(super) fn list(engine: &Engine, request: &ListPipelineExecutions) -> Result<Value, ApiError> {
    let pipeline = engine.pipeline(&request.pipeline_name)?;
    let stage = request
        .filter
        .as_ref()
        .and_then(|filter| filter.succeeded_in_stage.as_ref());
    let mut runs: Vec<&Run> = pipeline.runs.iter().rev().collect();
    if let Some(stage) = stage {
        runs.retain(|run| {
            run.stages
                .iter()
                .any(|entry| entry.status == StageStatus::Succeeded && run.stage(entry.index).name == stage.stage_name)
        });
    }
    let scope = format!(
        "runs {} {}",
        request.pipeline_name,
        stage.map_or("", |stage| stage.stage_name.as_str())
    );
    let page = page(
        runs,
        &scope,
        request.next_token.as_deref(),
        request.max_results,
        (100, 100),
    )?;
    let summaries: Vec<Value> = page.items.into_iter().map(summary).collect();
    Ok(json!({ "pipelineExecutionSummaries": summaries, "nextToken": page.next }))
}

fn summary(run: &Run) -> Value {
    let revisions: Vec<Value> = sources(run)
        .into_iter()
        .filter_map(|action| {
            let revision = action.revision.as_ref()?;
            Some(json!({
                "actionName": run.action(action).name,
                "revisionId": revision.id,
                "revisionSummary": revision.summary,
            }))
        })
        .collect();
    json!({
        "pipelineExecutionId": run.id,
        "status": run.status.word(),
        "statusSummary": run.summary,
        "startTime": seconds(run.started),
        "lastUpdateTime": seconds(run.updated),
        "sourceRevisions": revisions,
        "trigger": trigger(run),
        "stopTrigger": run.stop_reason.as_ref().map(|reason| json!({ "reason": reason })),
        "executionMode": "SUPERSEDED",
        "executionType": "STANDARD",
    })
}

/// The source actions of a run that succeeded.
fn sources(run: &Run) -> Vec<&ActionRun> {
    run.actions
        .iter()
        .filter(|action| {
            action.status == ActionStatus::Succeeded && run.action(action).kind() == Some(ActionKind::S3Source)
        })
        .collect()
}

fn trigger(run: &Run) -> Value {
    json!({ "triggerType": run.trigger.kind, "triggerDetail": run.trigger.detail })
}

pub(super) fn no_run(pipeline: &str, run: &str) -> ApiError {
    ApiError::new(
        "PipelineExecutionNotFoundException",
        format!("Pipeline execution '{run}' does not exist in pipeline '{pipeline}'"),
    )
}
