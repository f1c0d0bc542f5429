//! The parts of CloudFormation's `AWS::CodePipeline::Pipeline` that are rendered, in the order in which people read.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-codepipeline-pipeline.html>
#![expect(clippy::struct_field_names, reason = "the names are CloudFormation's")]

use std::collections::BTreeMap;

use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Template {
    #[serde(rename = "AWSTemplateFormatVersion")]
    pub(super) format_version: &'static str,
    pub(super) description: String,
    pub(super) resources: BTreeMap<String, Resource>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Resource {
    #[serde(rename = "Type")]
    pub(super) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) properties: Option<Pipeline>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Pipeline {
    pub(super) name: String,
    pub(super) pipeline_type: &'static str,
    pub(super) execution_mode: &'static str,
    pub(super) role_arn: String,
    pub(super) artifact_store: ArtifactStore,
    pub(super) variables: Vec<Variable>,
    pub(super) stages: Vec<Stage>,
    pub(super) tags: Vec<Tag>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ArtifactStore {
    #[serde(rename = "Type")]
    pub(super) kind: &'static str,
    pub(super) location: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Variable {
    pub(super) name: &'static str,
    pub(super) default_value: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    pub(super) key: &'static str,
    pub(super) value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Stage {
    pub(super) name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) before_entry: Option<Conditions>,
    pub(super) actions: Vec<Action>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Conditions {
    pub(super) conditions: Vec<Condition>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Condition {
    pub(super) result: &'static str,
    pub(super) rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Rule {
    pub(super) name: &'static str,
    pub(super) rule_type_id: TypeId,
    pub(super) configuration: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Action {
    pub(super) name: &'static str,
    pub(super) action_type_id: TypeId,
    /// CodePipeline takes 1 where it is absent; 250 pipelines need every byte.
    #[serde(skip_serializing_if = "is_first")]
    pub(super) run_order: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) namespace: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) input_artifacts: Vec<Artifact>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) output_artifacts: Vec<Artifact>,
    pub(super) configuration: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TypeId {
    pub(super) category: &'static str,
    pub(super) owner: &'static str,
    pub(super) provider: &'static str,
    pub(super) version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Artifact {
    pub(super) name: &'static str,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_first(run_order: &u8) -> bool {
    *run_order == 1
}

impl TypeId {
    pub(super) fn of(category: &'static str, provider: &'static str) -> Self {
        Self {
            category,
            owner: "AWS",
            provider,
            version: "1",
        }
    }
}
