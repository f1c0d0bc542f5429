//! Operations on pipelines.

use serde_json::{Value, json};

use super::paging::page;
use super::requests::{CreatePipeline, GetPipeline, ListPipelines, Named, UpdatePipeline};
use super::{seconds, tags};
use crate::codepipeline::declaration::Declaration;
use crate::codepipeline::engine::Engine;
use crate::codepipeline::engine::state::Pipeline;
use crate::codepipeline::error::ApiError;
use crate::codepipeline::validation::validate;

pub(super) fn create(engine: &mut Engine, request: CreatePipeline, caller: &str) -> Result<Value, ApiError> {
    validate(&request.pipeline)?;
    let tags = tags::checked(request.tags.into_iter().map(|tag| (tag.key, tag.value)).collect())?;
    let pipeline = engine.create(request.pipeline, tags, Some(caller.to_owned()))?;
    Ok(json!({ "pipeline": shown(&pipeline.declaration)?, "tags": tags::shown(&pipeline.tags) }))
}

pub(super) fn update(engine: &mut Engine, request: UpdatePipeline) -> Result<Value, ApiError> {
    // AWS looks the pipeline up first.
    engine.pipeline(&request.pipeline.name)?;
    validate(&request.pipeline)?;
    let pipeline = engine.update(request.pipeline)?;
    Ok(json!({ "pipeline": shown(&pipeline.declaration)? }))
}

pub(super) fn get(engine: &Engine, request: &GetPipeline) -> Result<Value, ApiError> {
    let pipeline = engine.pipeline(&request.name)?;
    let declaration = match request.version {
        None => &pipeline.declaration,
        Some(version) => pipeline
            .versions
            .iter()
            .find(|declaration| declaration.version == Some(version))
            .ok_or_else(|| {
                ApiError::new(
                    "PipelineVersionNotFoundException",
                    format!("Pipeline '{}' does not have a version {version}", request.name),
                )
            })?,
    };
    let metadata = json!({
        "pipelineArn": pipeline.arn,
        "created": seconds(pipeline.created),
        "updated": seconds(pipeline.updated),
    });
    Ok(json!({ "pipeline": shown(declaration)?, "metadata": metadata }))
}

pub(super) fn delete(engine: &mut Engine, request: &Named) -> Value {
    engine.delete(&request.name);
    json!({})
}

pub(super) fn list(engine: &Engine, request: &ListPipelines) -> Result<Value, ApiError> {
    let all: Vec<&Pipeline> = engine.pipelines.values().collect();
    let page = page(
        all,
        "pipelines",
        request.next_token.as_deref(),
        request.max_results,
        (1000, 1000),
    )?;
    let pipelines: Vec<Value> = page
        .items
        .iter()
        .map(|pipeline| {
            json!({
                "name": pipeline.declaration.name,
                "version": pipeline.version(),
                "pipelineType": pipeline.declaration.pipeline_type.as_deref().unwrap_or("V1"),
                "executionMode": "SUPERSEDED",
                "created": seconds(pipeline.created),
                "updated": seconds(pipeline.updated),
            })
        })
        .collect();
    Ok(json!({ "pipelines": pipelines, "nextToken": page.next }))
}

/// A declaration as the service shows it: with the defaults filled in.
fn shown(declaration: &Declaration) -> Result<Value, ApiError> {
    let mut shown = declaration.clone();
    shown.execution_mode.get_or_insert_with(|| "SUPERSEDED".to_owned());
    shown.pipeline_type.get_or_insert_with(|| "V1".to_owned());
    for action in shown.stages.iter_mut().flat_map(|stage| &mut stage.actions) {
        action.run_order.get_or_insert(1);
    }
    serde_json::to_value(&shown).map_err(|error| ApiError::new("InternalFailure", error.to_string()))
}
