//! The pipeline as a whole: name, type, store, stages.

use std::collections::BTreeSet;

use super::{ApiError, Declaration, action_declaration, is_name, stage_declaration, structure};
use crate::codepipeline::declaration::Stage;

pub(super) fn check(declaration: &Declaration) -> Result<(), ApiError> {
    if !is_name(&declaration.name) {
        return Err(ApiError::validation(format!(
            "Pipeline name '{}' must have 1 to 100 letters, digits or the characters . @ - _",
            declaration.name
        )));
    }
    if !is_role(&declaration.role_arn) {
        return Err(ApiError::validation(format!(
            "'{}' is not the ARN of an IAM role",
            declaration.role_arn
        )));
    }
    kind(declaration)?;
    store(declaration)?;
    if declaration.triggers.as_ref().is_some_and(filled) {
        return Err(ApiError::not_emulated("a trigger of a Git connection"));
    }
    stages(declaration)
}

fn kind(declaration: &Declaration) -> Result<(), ApiError> {
    match declaration.pipeline_type.as_deref() {
        None | Some("V1" | "V2") => {}
        Some(other) => {
            return Err(ApiError::validation(format!(
                "pipelineType '{other}' is not one of V1, V2"
            )));
        }
    }
    match declaration.execution_mode.as_deref() {
        None | Some("SUPERSEDED") => Ok(()),
        Some(mode @ ("QUEUED" | "PARALLEL")) => Err(ApiError::not_emulated(&format!("execution mode {mode}"))),
        Some(other) => Err(ApiError::validation(format!(
            "executionMode '{other}' is not one of SUPERSEDED, QUEUED, PARALLEL"
        ))),
    }
}

fn store(declaration: &Declaration) -> Result<(), ApiError> {
    match (&declaration.artifact_store, &declaration.artifact_stores) {
        (Some(_), Some(_)) => Err(structure(
            "Either artifactStore or artifactStores must be given in a pipeline, but not both",
        )),
        (None, Some(_)) => Err(ApiError::not_emulated(
            "artifactStores (one store for each of several regions)",
        )),
        (None, None) => Err(structure("Pipeline has no artifactStore")),
        (Some(store), None) if store.kind != "S3" => {
            Err(structure(format!("Artifact store type '{}' is not S3", store.kind)))
        }
        (Some(store), None) if !(3..=63).contains(&store.location.len()) => Err(structure(format!(
            "Artifact store location '{}' is not the name of a bucket",
            store.location
        ))),
        (Some(_), None) => Ok(()),
    }
}

fn stages(declaration: &Declaration) -> Result<(), ApiError> {
    let count = declaration.stages.len();
    if count < 2 {
        return Err(structure(format!(
            "Pipeline has only {count} stage(s). There should be a minimum of 2 stages in a pipeline"
        )));
    }
    if count > 50 {
        return Err(structure(format!(
            "Pipeline has {count} stages. There should be a maximum of 50 stages in a pipeline"
        )));
    }
    let mut names = BTreeSet::new();
    for (position, stage) in declaration.stages.iter().enumerate() {
        if !is_name(&stage.name) {
            return Err(stage_declaration(format!(
                "Stage name '{}' must have 1 to 100 letters, digits or the characters . @ - _",
                stage.name
            )));
        }
        if !names.insert(stage.name.as_str()) {
            return Err(structure(format!("Stage name '{}' is used more than once", stage.name)));
        }
        one_stage(stage, position == 0)?;
    }
    Ok(())
}

fn one_stage(stage: &Stage, first: bool) -> Result<(), ApiError> {
    if stage.blockers.as_ref().is_some_and(filled) {
        return Err(stage_declaration(format!(
            "Stage '{}' has blockers; they are reserved",
            stage.name
        )));
    }
    if stage.on_failure.is_some() {
        return Err(ApiError::not_emulated(&format!(
            "onFailure (in stage '{}')",
            stage.name
        )));
    }
    if stage.on_success.is_some() {
        return Err(ApiError::not_emulated(&format!(
            "onSuccess (in stage '{}')",
            stage.name
        )));
    }
    if stage.actions.is_empty() || stage.actions.len() > 50 {
        return Err(stage_declaration(format!(
            "Stage '{}' must have 1 to 50 actions",
            stage.name
        )));
    }
    let mut names = BTreeSet::new();
    for action in &stage.actions {
        if !names.insert(action.name.as_str()) {
            return Err(stage_declaration(format!(
                "Action name '{}' is used more than once in stage '{}'",
                action.name, stage.name
            )));
        }
        let source = action.action_type_id.category == "Source";
        if first && !source {
            return Err(structure(
                "Pipeline should start with a stage that only contains source actions",
            ));
        }
        if !first && source {
            return Err(action_declaration(format!(
                "Source action '{}' is only allowed in the first stage",
                action.name
            )));
        }
    }
    Ok(())
}

/// Whether a value says anything: `null`, `[]` and `{}` do not.
fn filled(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Null => false,
        serde_json::Value::Array(items) => !items.is_empty(),
        serde_json::Value::Object(fields) => !fields.is_empty(),
        _ => true,
    }
}

fn is_role(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    matches!(parts.as_slice(), ["arn", _, "iam", "", account, resource]
        if account.len() == 12 && resource.starts_with("role/") && resource.len() > "role/".len())
}
