//! The declaration of a pipeline, in the shape of CodePipeline's API.
//!
//! Shape: <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PipelineDeclaration.html>.
//! Fields that this engine does not act upon are kept as JSON, so that [`super::validation`] can refuse them by name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A pipeline as its owner declares it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Declaration {
    /// Unique name in the account and region.
    pub name: String,
    /// ARN of the role that CodePipeline assumes.
    pub role_arn: String,
    /// Where artifacts are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_store: Option<ArtifactStore>,
    /// One store per region; not emulated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_stores: Option<Value>,
    /// Stages in order.
    pub stages: Vec<Stage>,
    /// Number of this revision of the declaration; set by the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// `SUPERSEDED`, `QUEUED` or `PARALLEL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_mode: Option<String>,
    /// `V1` or `V2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipeline_type: Option<String>,
    /// Variables that whoever starts a run may set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<VariableDeclaration>,
    /// Triggers of a Git connection; not emulated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub triggers: Option<Value>,
}

/// The bucket that keeps artifacts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ArtifactStore {
    /// `S3`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Name of the bucket.
    pub location: String,
    /// Key that encrypts artifacts; absent for the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption_key: Option<EncryptionKey>,
}

/// A KMS key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EncryptionKey {
    /// Id, ARN or alias.
    pub id: String,
    /// `KMS`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// A pipeline variable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VariableDeclaration {
    /// Name, used as `#{variables.name}`.
    pub name: String,
    /// Value when a run sets none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_value: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A stage: a group of actions that one run passes at a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stage {
    /// Name.
    pub name: String,
    /// Actions; those of the same run order run side by side.
    pub actions: Vec<Action>,
    /// Reserved by AWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blockers: Option<Value>,
    /// What happens when the stage fails; not emulated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_failure: Option<Value>,
    /// Conditions after success; not emulated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_success: Option<Value>,
    /// Conditions before a run enters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_entry: Option<BeforeEntry>,
}

/// Conditions before a run enters a stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BeforeEntry {
    /// At most one.
    pub conditions: Vec<Condition>,
}

/// Rules, and what happens when one of them does not hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Condition {
    /// `SKIP` or `FAIL` before entry.
    pub result: String,
    /// At most five.
    pub rules: Vec<Rule>,
}

/// One rule of a condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// Name.
    pub name: String,
    /// Which rule.
    pub rule_type_id: TypeId,
    /// Settings of the rule.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub configuration: BTreeMap<String, String>,
    /// Commands of a rule type that is not emulated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commands: Option<Value>,
    /// Artifacts; none for the emulated rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_artifacts: Vec<ArtifactName>,
    /// Role of the rule; not used by the emulated one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// Region of the rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Time limit; the emulated rule answers at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_in_minutes: Option<u32>,
}

/// Which action or rule is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TypeId {
    /// `Source`, `Invoke`, `Approval`, `Rule`, and others.
    pub category: String,
    /// `AWS`.
    #[serde(default)]
    pub owner: String,
    /// `S3`, `Lambda`, `Manual`, `VariableCheck`, and others.
    pub provider: String,
    /// `1`.
    #[serde(default)]
    pub version: String,
}

/// An action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Action {
    /// Name, unique in its stage.
    pub name: String,
    /// Which action.
    pub action_type_id: TypeId,
    /// 1 to 999; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_order: Option<u32>,
    /// Settings of the action, with variables in them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub configuration: BTreeMap<String, String>,
    /// Commands of an action type that is not emulated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commands: Option<Value>,
    /// What the action produces.
    #[serde(default)]
    pub output_artifacts: Vec<ArtifactName>,
    /// What the action reads.
    #[serde(default)]
    pub input_artifacts: Vec<ArtifactName>,
    /// Variables of an action type that is not emulated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_variables: Option<Value>,
    /// Role of this action instead of the pipeline's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// Region of this action; only the pipeline's own is emulated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Namespace of the action's output variables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Time limit of a manual approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_in_minutes: Option<u32>,
    /// Environment of an action type that is not emulated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment_variables: Option<Value>,
}

/// The name of an artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ArtifactName {
    /// Name, unique in the pipeline.
    pub name: String,
    /// Files of an action type that is not emulated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<Value>,
}

/// The kinds of action that this engine runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionKind {
    /// Source: one object of a versioned bucket.
    S3Source,
    /// Invoke: a Lambda function that reports back.
    LambdaInvoke,
    /// Approval: a person.
    ManualApproval,
}

impl Declaration {
    /// Whether this is a pipeline of type V2.
    pub fn is_v2(&self) -> bool {
        self.pipeline_type.as_deref() == Some("V2")
    }

    /// Position of a stage.
    pub fn stage_index(&self, name: &str) -> Option<usize> {
        self.stages.iter().position(|stage| stage.name == name)
    }

    /// The bucket that keeps artifacts; empty when the declaration was not validated.
    pub fn artifact_bucket(&self) -> &str {
        self.artifact_store.as_ref().map_or("", |store| store.location.as_str())
    }
}

impl Action {
    /// 1 when the declaration names no order.
    pub fn order(&self) -> u32 {
        self.run_order.unwrap_or(1)
    }

    /// What the engine does for this action; `None` for a type that it does not know.
    pub fn kind(&self) -> Option<ActionKind> {
        let TypeId {
            category,
            owner,
            provider,
            version,
        } = &self.action_type_id;
        match (category.as_str(), owner.as_str(), provider.as_str(), version.as_str()) {
            ("Source", "AWS", "S3", "1") => Some(ActionKind::S3Source),
            ("Invoke", "AWS", "Lambda", "1") => Some(ActionKind::LambdaInvoke),
            ("Approval", "AWS", "Manual", "1") => Some(ActionKind::ManualApproval),
            _ => None,
        }
    }
}
