//! The JSON in an invoke action's `UserParameters`.
//!
//! A job event names neither pipeline nor run nor gate, so they travel here. Only values of a closed alphabet are
//! interpolated (execution id, ARN, hexadecimal digits): CodePipeline does not escape what it substitutes.
//! Whatever stands here is a hint until the pipeline's history has confirmed it.

use serde::{Deserialize, Serialize};

/// What every invoke action of Changegate is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UserParameters {
    /// Name of the pipeline.
    pub pipeline: String,
    /// Id of the pipeline execution: `#{codepipeline.PipelineExecutionId}`, resolved.
    pub execution: String,
    /// Hash of the gate document, or `root` for the root pipeline.
    pub gate: String,
    /// ARN of the change set, from `#{Plan.ChangeSetArn}`; `none` when only the stack policy changes.
    /// Describe and execute have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_set: Option<String>,
    /// Digest that was reviewed, from `#{Review.Digest}`. Execute has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// The `gate` of the root pipeline, whose gate is set by SAM parameters.
pub const ROOT_GATE: &str = "root";
