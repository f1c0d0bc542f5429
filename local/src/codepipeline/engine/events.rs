//! The events that EventBridge gets.
//!
//! Shapes: <https://docs.aws.amazon.com/codepipeline/latest/userguide/detect-state-changes-cloudwatch-events.html>

use serde_json::{Value, json};

use super::effects::{Artifact, Effect, StateChange};
use super::state::Pipeline;
use super::world::World;

/// The state of a run changed.
pub(super) fn run(world: &mut World, pipeline: &Pipeline, run: usize, state: &str) {
    let entry = &pipeline.runs[run];
    let mut detail = base(pipeline, run, state);
    if state == "STARTED" {
        detail["execution-trigger"] = json!({ "trigger-type": entry.trigger.kind });
        if let Some(who) = &entry.trigger.detail {
            detail["execution-trigger"]["trigger-detail"] = json!(who);
        }
    }
    if let Some(reason) = entry
        .stop_reason
        .as_ref()
        .filter(|_| state == "STOPPING" || state == "STOPPED")
    {
        detail["stop-execution-comments"] = json!(reason);
    }
    emit(world, pipeline, "CodePipeline Pipeline Execution State Change", detail);
}

/// The state of a stage changed.
pub(super) fn stage(world: &mut World, pipeline: &Pipeline, run: usize, stage: usize, state: &str) {
    let mut detail = base(pipeline, run, state);
    detail["stage"] = json!(pipeline.runs[run].stage(stage).name);
    emit(world, pipeline, "CodePipeline Stage Execution State Change", detail);
}

/// The state of an action changed.
pub(super) fn action(world: &mut World, pipeline: &Pipeline, run: usize, index: usize, state: &str) {
    let owner = &pipeline.runs[run];
    let entry = &owner.actions[index];
    let declared = owner.action(entry);
    let mut detail = base(pipeline, run, state);
    detail["stage"] = json!(owner.stage(entry.stage).name);
    detail["action"] = json!(declared.name);
    detail["action-execution-id"] = json!(entry.id);
    detail["region"] = json!(world.region);
    detail["type"] = json!({
        "owner": declared.action_type_id.owner,
        "provider": declared.action_type_id.provider,
        "category": declared.action_type_id.category,
        "version": declared.action_type_id.version,
    });
    let artifacts = |list: &[Artifact]| -> Vec<Value> {
        list.iter()
            .map(|artifact| json!({ "name": artifact.name, "s3location": { "bucket": artifact.bucket, "key": artifact.key } }))
            .collect()
    };
    detail["input-artifacts"] = json!(artifacts(&entry.inputs));
    if state == "SUCCEEDED" {
        detail["output-artifacts"] = json!(artifacts(&entry.outputs));
    }
    let mut result = json!({});
    if let Some(id) = &entry.external_id {
        result["external-execution-id"] = json!(id);
    }
    if let Some(summary) = entry.error.as_ref().map(|(_, words)| words).or(entry.summary.as_ref()) {
        result["external-execution-summary"] = json!(summary);
    }
    if let Some((code, _)) = &entry.error {
        result["error-code"] = json!(code);
    }
    if result.as_object().is_some_and(|fields| !fields.is_empty()) {
        detail["execution-result"] = result;
    }
    emit(world, pipeline, "CodePipeline Action Execution State Change", detail);
}

fn base(pipeline: &Pipeline, run: usize, state: &str) -> Value {
    let entry = &pipeline.runs[run];
    json!({
        "pipeline": pipeline.declaration.name,
        "execution-id": entry.id,
        "state": state,
        "version": entry.declaration.version.unwrap_or(1),
        "pipeline-execution-attempt": entry.attempt,
    })
}

fn emit(world: &mut World, pipeline: &Pipeline, detail_type: &'static str, detail: Value) {
    let change = StateChange {
        detail_type,
        resource: pipeline.arn.clone(),
        time: world.now,
        detail,
    };
    world.ask(Effect::Emit(change));
}
