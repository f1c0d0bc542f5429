//! What a rendered template says about its pipelines, read back.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::domain::actions::PIPELINE_TYPE;
use crate::domain::digest::to_canonical_json;
use crate::domain::sha256::Sha256;

/// Tag with the name of the stack in the catalogue.
pub(super) const STACK_TAG: &str = "changegate:stack";
/// Tag with the name of the CloudFormation stack.
pub(super) const STACK_NAME_TAG: &str = "changegate:stack-name";
/// Tag with the hash of the gate document.
pub(super) const GATE_TAG: &str = "changegate:gate";

/// A pipeline of a rendered template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployedPipeline {
    /// Logical id in the template.
    pub logical_id: String,
    /// Name of the pipeline.
    pub pipeline: String,
    /// Name of the stack in the catalogue.
    pub stack: String,
    /// Name of the CloudFormation stack.
    pub stack_name: String,
    /// Hash of the gate document.
    pub gate: Sha256,
    /// Hash of the pipeline's properties: it is updated exactly when this changes.
    pub properties: Sha256,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Template {
    #[serde(default)]
    resources: BTreeMap<String, Resource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resource {
    #[serde(rename = "Type")]
    kind: String,
    properties: Option<serde_json::Value>,
}

/// `GetTemplate` answers with `?` for every character outside of ASCII, so these cannot be compared.
fn ascii(text: &str) -> String {
    let mapped = text
        .chars()
        .map(|character| if character.is_ascii() { character } else { '?' });
    mapped.collect()
}

/// The pipelines of a template that [`super::render`] made, in the order of their stacks.
///
/// # Errors
///
/// When the text is no such template.
pub fn deployed(template: &str) -> Result<Vec<DeployedPipeline>, serde_json::Error> {
    let template: Template = serde_json::from_str(template)?;
    let mut pipelines: Vec<DeployedPipeline> = template
        .resources
        .into_iter()
        .filter(|(_, resource)| resource.kind == PIPELINE_TYPE)
        .filter_map(|(logical_id, resource)| {
            let properties = resource.properties?;
            let tags = properties.get("Tags")?.as_array()?;
            let tag = |key: &str| {
                let tag = tags
                    .iter()
                    .find(|tag| tag.get("Key").and_then(|name| name.as_str()) == Some(key))?;
                tag.get("Value")?.as_str().map(str::to_owned)
            };
            Some(DeployedPipeline {
                logical_id,
                pipeline: properties.get("Name")?.as_str()?.to_owned(),
                stack: tag(STACK_TAG)?,
                stack_name: tag(STACK_NAME_TAG)?,
                gate: tag(GATE_TAG)?.parse().ok()?,
                properties: Sha256::of(ascii(&to_canonical_json(&properties))),
            })
        })
        .collect();
    pipelines.sort_by(|left, right| left.stack.cmp(&right.stack));
    Ok(pipelines)
}
