//! A change set as `DescribeChangeSet` tells it, all pages together, in the JSON form that the AWS CLI prints.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html>

use serde::{Deserialize, Deserializer, Serialize};

/// The answer of `DescribeChangeSet`. Absent strings are empty on some endpoints, so empty and absent mean the same.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[expect(
    missing_docs,
    reason = "the names and meanings are those of the service; see the link above"
)]
pub struct ChangeSetDescription {
    #[serde(deserialize_with = "null_as_default")]
    pub change_set_name: String,
    #[serde(deserialize_with = "null_as_default")]
    pub change_set_id: String,
    #[serde(deserialize_with = "null_as_default")]
    pub stack_id: String,
    #[serde(deserialize_with = "null_as_default")]
    pub stack_name: String,
    pub description: Option<String>,
    #[serde(deserialize_with = "null_as_default")]
    pub parameters: Vec<Parameter>,
    #[serde(deserialize_with = "text_or_json")]
    pub creation_time: Option<String>,
    #[serde(deserialize_with = "null_as_default")]
    pub execution_status: String,
    #[serde(deserialize_with = "null_as_default")]
    pub status: String,
    pub status_reason: Option<String>,
    #[serde(rename = "NotificationARNs", deserialize_with = "null_as_default")]
    pub notification_arns: Vec<String>,
    #[serde(deserialize_with = "null_as_default")]
    pub capabilities: Vec<String>,
    #[serde(deserialize_with = "null_as_default")]
    pub tags: Vec<Tag>,
    #[serde(deserialize_with = "null_as_default")]
    pub changes: Vec<Change>,
    pub include_nested_stacks: Option<bool>,
    pub parent_change_set_id: Option<String>,
    pub root_change_set_id: Option<String>,
    pub on_stack_failure: Option<String>,
    pub import_existing_resources: Option<bool>,
    pub deployment_mode: Option<String>,
    pub deployment_config: Option<DeploymentConfig>,
    pub rollback_configuration: Option<RollbackConfiguration>,
    pub stack_drift_status: Option<String>,
    pub next_token: Option<String>,
}

/// How the change set is to be executed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[expect(
    missing_docs,
    reason = "the names and meanings are those of the service; see the link above"
)]
pub struct DeploymentConfig {
    pub mode: Option<String>,
    pub disable_rollback: Option<bool>,
}

/// What makes CloudFormation roll the stack back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[expect(
    missing_docs,
    reason = "the names and meanings are those of the service; see the link above"
)]
pub struct RollbackConfiguration {
    pub monitoring_time_in_minutes: Option<i32>,
    #[serde(deserialize_with = "null_as_default")]
    pub rollback_triggers: Vec<RollbackTrigger>,
}

/// An alarm that rolls the stack back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[expect(
    missing_docs,
    reason = "the names and meanings are those of the service; see the link above"
)]
pub struct RollbackTrigger {
    #[serde(deserialize_with = "null_as_default")]
    pub arn: String,
    #[serde(deserialize_with = "null_as_default")]
    pub r#type: String,
}

/// A parameter of the change set.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[expect(
    missing_docs,
    reason = "the names and meanings are those of the service; see the link above"
)]
pub struct Parameter {
    #[serde(deserialize_with = "null_as_default")]
    pub parameter_key: String,
    pub parameter_value: Option<String>,
    pub use_previous_value: Option<bool>,
    pub resolved_value: Option<String>,
}

/// A tag of the stack.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[expect(
    missing_docs,
    reason = "the names and meanings are those of the service; see the link above"
)]
pub struct Tag {
    #[serde(deserialize_with = "null_as_default")]
    pub key: String,
    #[serde(deserialize_with = "null_as_default")]
    pub value: String,
}

/// One change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[expect(
    missing_docs,
    reason = "the names and meanings are those of the service; see the link above"
)]
pub struct Change {
    pub r#type: Option<String>,
    pub hook_invocation_count: Option<i32>,
    pub resource_change: Option<ResourceChange>,
}

/// A change of one resource.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[expect(
    missing_docs,
    reason = "the names and meanings are those of the service; see the link above"
)]
pub struct ResourceChange {
    pub policy_action: Option<String>,
    #[serde(deserialize_with = "null_as_default")]
    pub action: String,
    #[serde(deserialize_with = "null_as_default")]
    pub logical_resource_id: String,
    pub physical_resource_id: Option<String>,
    #[serde(deserialize_with = "null_as_default")]
    pub resource_type: String,
    pub replacement: Option<String>,
    #[serde(deserialize_with = "null_as_default")]
    pub scope: Vec<String>,
    pub resource_drift_status: Option<String>,
    #[serde(deserialize_with = "null_as_default")]
    pub resource_drift_ignored_attributes: Vec<DriftIgnoredAttribute>,
    #[serde(deserialize_with = "null_as_default")]
    pub details: Vec<Detail>,
    pub change_set_id: Option<String>,
    pub module_info: Option<ModuleInfo>,
    #[serde(deserialize_with = "text_or_json")]
    pub before_context: Option<String>,
    #[serde(deserialize_with = "text_or_json")]
    pub after_context: Option<String>,
    #[serde(deserialize_with = "text_or_json")]
    pub previous_deployment_context: Option<String>,
}

/// An attribute whose drift a drift-aware change set ignores.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[expect(
    missing_docs,
    reason = "the names and meanings are those of the service; see the link above"
)]
pub struct DriftIgnoredAttribute {
    pub path: Option<String>,
    pub reason: Option<String>,
}

/// The module that a resource came from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[expect(
    missing_docs,
    reason = "the names and meanings are those of the service; see the link above"
)]
pub struct ModuleInfo {
    pub type_hierarchy: Option<String>,
    pub logical_id_hierarchy: Option<String>,
}

/// What changes about a resource, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[expect(
    missing_docs,
    reason = "the names and meanings are those of the service; see the link above"
)]
pub struct Detail {
    pub target: Option<Target>,
    pub evaluation: Option<String>,
    pub change_source: Option<String>,
    pub causing_entity: Option<String>,
}

/// The place in a resource that changes.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[expect(
    missing_docs,
    reason = "the names and meanings are those of the service; see the link above"
)]
pub struct Target {
    pub attribute: Option<String>,
    pub name: Option<String>,
    pub requires_recreation: Option<String>,
    pub path: Option<String>,
    #[serde(deserialize_with = "text_or_json")]
    pub before_value: Option<String>,
    #[serde(deserialize_with = "text_or_json")]
    pub after_value: Option<String>,
    pub before_value_from: Option<String>,
    pub after_value_from: Option<String>,
    pub attribute_change_type: Option<String>,
    pub drift: Option<Drift>,
}

/// The drift of one attribute.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[expect(
    missing_docs,
    reason = "the names and meanings are those of the service; see the link above"
)]
pub struct Drift {
    #[serde(deserialize_with = "text_or_json")]
    pub previous_value: Option<String>,
    #[serde(deserialize_with = "text_or_json")]
    pub actual_value: Option<String>,
    pub drift_detection_timestamp: Option<String>,
}

/// The AWS CLI prints `null` for an absent list; here it is an empty one.
pub(super) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// `None` for absent and for empty: some endpoints write one, some the other.
pub fn present(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

/// CloudFormation writes contexts and values as texts that may hold JSON; tools that save change sets often unfold it.
fn text_or_json<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Option::<serde_json::Value>::deserialize(deserializer)? {
        None => None,
        Some(serde_json::Value::String(text)) => Some(text),
        Some(other) => Some(other.to_string()),
    })
}
