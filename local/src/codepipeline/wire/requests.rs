//! What requests carry.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::codepipeline::declaration::Declaration;
use crate::codepipeline::error::ApiError;

macro_rules! request {
    ($(#[$doc:meta])* $name:ident { $($(#[$attribute:meta])* $field:ident: $kind:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub(super) struct $name { $($(#[$attribute])* pub(super) $field: $kind,)* }
    };
}

request!(CreatePipeline { pipeline: Declaration, #[serde(default)] tags: Vec<Tag>, });
request!(UpdatePipeline { pipeline: Declaration });
request!(GetPipeline { name: String, version: Option<u32>, });
request!(Named { name: String });
request!(ListPipelines { next_token: Option<String>, max_results: Option<usize>, });
request!(StartPipelineExecution {
    name: String,
    #[serde(default)]
    variables: Vec<Variable>,
    client_request_token: Option<String>,
    #[serde(default)]
    source_revisions: Vec<SourceRevision>,
});
request!(Variable {
    name: String,
    value: String,
});
request!(SourceRevision {
    action_name: String,
    revision_type: String,
    revision_value: String,
});
request!(StopPipelineExecution {
    pipeline_name: String,
    pipeline_execution_id: String,
    #[serde(default)]
    abandon: bool,
    reason: Option<String>,
});
request!(RetryStageExecution {
    pipeline_name: String,
    stage_name: String,
    pipeline_execution_id: String,
    retry_mode: String,
});
request!(OverrideStageCondition {
    pipeline_name: String,
    stage_name: String,
    pipeline_execution_id: String,
    condition_type: String,
});
request!(GetPipelineExecution {
    pipeline_name: String,
    pipeline_execution_id: String,
});
request!(ListPipelineExecutions {
    pipeline_name: String,
    max_results: Option<usize>,
    filter: Option<ExecutionFilter>,
    next_token: Option<String>,
});
request!(ExecutionFilter { succeeded_in_stage: Option<InStage>, });
request!(InStage { stage_name: String });
request!(ListActionExecutions {
    pipeline_name: String,
    filter: Option<ActionFilter>,
    max_results: Option<usize>,
    next_token: Option<String>,
});
request!(ActionFilter {
    pipeline_execution_id: Option<String>,
    latest_in_pipeline_execution: Option<serde_json::Value>,
});
request!(PutApprovalResult {
    pipeline_name: String,
    stage_name: String,
    action_name: String,
    result: ApprovalResult,
    token: String,
});
request!(ApprovalResult {
    summary: String,
    status: String,
});
request!(PutJobSuccessResult {
    job_id: String,
    current_revision: Option<CurrentRevision>,
    continuation_token: Option<String>,
    execution_details: Option<ExecutionDetails>,
    #[serde(default)]
    output_variables: BTreeMap<String, String>,
});
request!(CurrentRevision {
    revision: String,
    change_identifier: String,
    created: Option<f64>,
    revision_summary: Option<String>,
});
request!(ExecutionDetails {
    summary: Option<String>,
    external_execution_id: Option<String>,
    percent_complete: Option<u8>,
});
request!(PutJobFailureResult {
    job_id: String,
    failure_details: FailureDetails,
});
request!(FailureDetails {
    #[serde(rename = "type")]
    kind: String,
    message: String,
    external_execution_id: Option<String>,
});
request!(ListTags { resource_arn: String, next_token: Option<String>, max_results: Option<usize>, });
request!(TagResource { resource_arn: String, tags: Vec<Tag>, });
request!(UntagResource { resource_arn: String, tag_keys: Vec<String>, });
request!(Tag {
    key: String,
    value: String,
});

/// Refuses a text that is too short or too long.
pub(super) fn length(field: &str, text: &str, shortest: usize, longest: usize) -> Result<(), ApiError> {
    let count = text.chars().count();
    if (shortest..=longest).contains(&count) {
        return Ok(());
    }
    Err(ApiError::validation(format!(
        "1 validation error detected: Value at '{field}' failed to satisfy constraint: it has {count} characters and must have {shortest} to {longest}"
    )))
}

/// Refuses a text with other characters.
pub(super) fn pattern(field: &str, text: &str, allowed: impl Fn(char) -> bool) -> Result<(), ApiError> {
    if text.chars().all(allowed) {
        return Ok(());
    }
    Err(ApiError::validation(format!(
        "1 validation error detected: Value '{text}' at '{field}' failed to satisfy constraint: Member must satisfy regular expression pattern"
    )))
}

/// Refuses what is not one of a list of words.
pub(super) fn one_of(field: &str, text: &str, words: &[&str]) -> Result<(), ApiError> {
    if words.contains(&text) {
        return Ok(());
    }
    Err(ApiError::validation(format!(
        "1 validation error detected: Value '{text}' at '{field}' failed to satisfy constraint: Member must satisfy enum value set: [{}]",
        words.join(", ")
    )))
}

/// Refuses what is not a UUID in its usual form.
pub(super) fn uuid(field: &str, text: &str) -> Result<(), ApiError> {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    pattern(field, text, |letter| {
        letter == '-' || letter.is_ascii_digit() || ('a'..='f').contains(&letter)
    })?;
    if groups == [8, 4, 4, 4, 12] {
        Ok(())
    } else {
        pattern(field, text, |_| false)
    }
}
