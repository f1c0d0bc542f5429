//! `GetPipelineState`: what each stage does now.

use serde_json::{Value, json};

use super::requests::Named;
use super::seconds;
use crate::codepipeline::engine::Engine;
use crate::codepipeline::engine::state::{
    ActionRun, Awaits, Pipeline, Position, RuleRun, Run, Slot, StageRun, StageStatus,
};
use crate::codepipeline::error::ApiError;

pub(super) fn get(engine: &Engine, request: &Named) -> Result<Value, ApiError> {
    let pipeline = engine.pipeline(&request.name)?;
    let stages: Vec<Value> = (0..pipeline.declaration.stages.len())
        .map(|index| stage(pipeline, index))
        .collect();
    Ok(json!({
        "pipelineName": pipeline.declaration.name,
        "pipelineVersion": pipeline.version(),
        "stageStates": stages,
        "created": seconds(pipeline.created),
        "updated": seconds(pipeline.updated),
    }))
}

fn stage(pipeline: &Pipeline, index: usize) -> Value {
    let declared = &pipeline.declaration.stages[index];
    let empty = Slot::default();
    let slot = pipeline.slots.get(&declared.name).unwrap_or(&empty);
    let latest = slot.latest.map(|run| &pipeline.runs[run]);
    // The run may follow an older declaration, in which the stage stood elsewhere.
    let found = latest.and_then(|run| {
        run.declaration
            .stage_index(&declared.name)
            .and_then(|at| run.stage_run(at))
    });
    let waiting = slot
        .waiting
        .map(|run| &pipeline.runs[run])
        .filter(|run| matches!(run.position, Position::Waiting(_)));
    let inbound =
        waiting.map(|run| json!({ "pipelineExecutionId": run.id, "status": "InProgress", "type": "STANDARD" }));
    let actions: Vec<Value> = declared
        .actions
        .iter()
        .map(|action| action_state(pipeline, &declared.name, &action.name))
        .collect();
    let latest_execution = latest.zip(found).map(
        |(run, stage)| json!({ "pipelineExecutionId": run.id, "status": stage.status.word(), "type": "STANDARD" }),
    );
    let retries = found.map(|stage| stage.retries).filter(|retries| *retries > 0);
    json!({
        "stageName": declared.name,
        "inboundExecution": inbound,
        "inboundExecutions": inbound.iter().collect::<Vec<_>>(),
        "inboundTransitionState": { "enabled": true },
        "actionStates": actions,
        "latestExecution": latest_execution,
        "beforeEntryConditionState": found
            .filter(|_| declared.before_entry.is_some())
            .map(conditions),
        "retryStageMetadata": retries.map(|retries| json!({ "manualStageRetryAttempt": retries })),
    })
}

fn conditions(stage: &StageRun) -> Value {
    let rules: &[RuleRun] = &stage.entry;
    let met = rules.iter().all(|rule| rule.holds);
    let status = match (met, stage.overridden) {
        (true, _) => "Succeeded",
        (false, true) => "Overridden",
        (false, false) => "Failed",
    };
    let summary = match (met, stage.status) {
        (false, _) if stage.overridden => "a condition of entry is not met, and was overridden",
        (true, _) => "the conditions of entry are met",
        (false, StageStatus::Skipped) => "a condition of entry is not met: the stage is skipped",
        (false, _) => "a condition of entry is not met: the stage fails",
    };
    let changed = rules.iter().map(|rule| rule.at).max().map(seconds);
    let rule_states: Vec<Value> = rules
        .iter()
        .map(|rule| {
            json!({
                "ruleName": rule.rule.name,
                "latestExecution": {
                    "ruleExecutionId": rule.id,
                    "status": if rule.holds { "Succeeded" } else { "Failed" },
                    "summary": rule.summary,
                    "lastStatusChange": seconds(rule.at),
                },
            })
        })
        .collect();
    json!({
        "latestExecution": { "status": status, "summary": summary },
        "conditionStates": [{
            "latestExecution": { "status": status, "summary": summary, "lastStatusChange": changed },
            "ruleStates": rule_states,
        }],
    })
}

/// The newest execution of an action in any run.
fn action_state(pipeline: &Pipeline, stage: &str, action: &str) -> Value {
    let newest: Option<(&Run, &ActionRun)> = pipeline
        .runs
        .iter()
        .flat_map(|run| run.actions.iter().map(move |entry| (run, entry)))
        .filter(|(run, entry)| run.stage(entry.stage).name == stage && run.action(entry).name == action)
        .max_by_key(|(_, entry)| entry.started);
    let latest = newest.map(|(_, entry)| {
        let token = match &entry.awaits {
            Awaits::Approval { token, .. } => Some(token),
            _ => None,
        };
        json!({
            "actionExecutionId": entry.id,
            "status": entry.status.word(),
            "summary": entry.summary,
            "lastStatusChange": seconds(entry.updated),
            "token": token,
            "lastUpdatedBy": entry.updated_by,
            "externalExecutionId": entry.external_id,
            "percentComplete": entry.percent,
            "errorDetails": entry.error.as_ref().map(|(code, message)| json!({ "code": code, "message": message })),
        })
    });
    let revision = newest.and_then(|(_, entry)| entry.revision.as_ref()).map(|revision| {
        json!({ "revisionId": revision.id, "revisionChangeId": revision.change, "created": seconds(revision.created) })
    });
    json!({ "actionName": action, "currentRevision": revision, "latestExecution": latest })
}
