//! Operations on tags.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::paging::page;
use super::requests::{ListTags, TagResource, UntagResource};
use crate::codepipeline::engine::Engine;
use crate::codepipeline::engine::state::Pipeline;
use crate::codepipeline::error::ApiError;

pub(super) fn list(engine: &Engine, request: &ListTags) -> Result<Value, ApiError> {
    let name = pipeline_name(engine, &request.resource_arn)?;
    let tags = &engine.pipelines[&name].tags;
    let all: Vec<(&String, &String)> = tags.iter().collect();
    let page = page(
        all,
        &request.resource_arn,
        request.next_token.as_deref(),
        request.max_results,
        (100, 100),
    )?;
    let shown: Vec<Value> = page
        .items
        .iter()
        .map(|(key, value)| json!({ "key": key, "value": value }))
        .collect();
    Ok(json!({ "tags": shown, "nextToken": page.next }))
}

pub(super) fn add(engine: &mut Engine, request: TagResource) -> Result<Value, ApiError> {
    let added = checked(request.tags.into_iter().map(|tag| (tag.key, tag.value)).collect())?;
    let pipeline = tagged(engine, &request.resource_arn)?;
    let mut tags = pipeline.tags.clone();
    tags.extend(added);
    pipeline.tags = checked(tags.into_iter().collect())?;
    Ok(json!({}))
}

pub(super) fn remove(engine: &mut Engine, request: &UntagResource) -> Result<Value, ApiError> {
    let pipeline = tagged(engine, &request.resource_arn)?;
    for key in &request.tag_keys {
        pipeline.tags.remove(key);
    }
    Ok(json!({}))
}

/// Refuses tags that AWS refuses. Tags of the system begin with `aws:`; CloudFormation, which sets its own, is not told
/// apart from other callers here.
///
/// # Errors
///
/// `InvalidTagsException`, `TooManyTagsException`.
pub fn checked(tags: Vec<(String, String)>) -> Result<BTreeMap<String, String>, ApiError> {
    let mut found = BTreeMap::new();
    for (key, value) in tags {
        if !(1..=128).contains(&key.chars().count()) || value.chars().count() > 256 {
            let words = format!("Tag '{key}' must have a key of 1 to 128 and a value of at most 256 characters");
            return Err(ApiError::new("InvalidTagsException", words));
        }
        if key.to_ascii_lowercase().starts_with("aws:") && !key.starts_with("aws:cloudformation:") {
            let words = format!("Tag '{key}' begins with aws:, which is reserved");
            return Err(ApiError::new("InvalidTagsException", words));
        }
        if found.insert(key.clone(), value).is_some() {
            return Err(ApiError::new(
                "InvalidTagsException",
                format!("Tag '{key}' is given more than once"),
            ));
        }
    }
    let own = found.keys().filter(|key| !key.starts_with("aws:")).count();
    if own > 50 {
        let words = format!("A pipeline may have 50 tags; these are {own}");
        return Err(ApiError::new("TooManyTagsException", words));
    }
    Ok(found)
}

pub(super) fn shown(tags: &BTreeMap<String, String>) -> Vec<Value> {
    tags.iter()
        .map(|(key, value)| json!({ "key": key, "value": value }))
        .collect()
}

fn tagged<'engine>(engine: &'engine mut Engine, arn: &str) -> Result<&'engine mut Pipeline, ApiError> {
    let name = pipeline_name(engine, arn)?;
    engine.existing(&name).map(|(_, pipeline)| pipeline)
}

fn pipeline_name(engine: &Engine, arn: &str) -> Result<String, ApiError> {
    let prefix = engine.world.pipeline_arn("");
    let name = arn
        .strip_prefix(&prefix)
        .filter(|name| !name.is_empty() && !name.contains(['/', ':']));
    let Some(name) = name else {
        return Err(ApiError::new(
            "InvalidArnException",
            format!("'{arn}' is not the ARN of a pipeline, {prefix}<name>"),
        ));
    };
    if !engine.pipelines.contains_key(name) {
        return Err(ApiError::new(
            "ResourceNotFoundException",
            format!("There is no resource with the ARN '{arn}'"),
        ));
    }
    Ok(name.to_owned())
}
