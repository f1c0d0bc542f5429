//! Manual approvals.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/approvals.html>

use jiff::Timestamp;
use serde_json::json;

use super::Engine;
use super::actions::Success;
use super::effects::Failure;
use super::state::{ActionStatus, Awaits, Run};
use super::world::World;
use crate::codepipeline::error::ApiError;

/// A person's answer.
#[derive(Debug, Clone)]
pub struct Answer<'request> {
    /// Pipeline.
    pub pipeline: &'request str,
    /// Stage.
    pub stage: &'request str,
    /// Action.
    pub action: &'request str,
    /// Token of the request that is answered.
    pub token: &'request str,
    /// Whether it is a yes.
    pub approved: bool,
    /// The person's words.
    pub summary: String,
    /// ARN of the person.
    pub by: String,
}

impl Engine {
    /// Answers an approval; tells when.
    ///
    /// # Errors
    ///
    /// `PipelineNotFoundException`, `StageNotFoundException`, `ActionNotFoundException`,
    /// `InvalidApprovalTokenException`, `ApprovalAlreadyCompletedException`.
    pub fn answer_approval(&mut self, answer: Answer<'_>) -> Result<Timestamp, ApiError> {
        let (world, pipeline) = self.existing(answer.pipeline)?;
        let declared = pipeline
            .declaration
            .stages
            .iter()
            .find(|stage| stage.name == answer.stage)
            .ok_or_else(|| ApiError::no_stage(answer.pipeline, answer.stage))?;
        if !declared.actions.iter().any(|action| action.name == answer.action) {
            return Err(ApiError::new(
                "ActionNotFoundException",
                format!(
                    "Stage '{}' does not have an action with name '{}'",
                    answer.stage, answer.action
                ),
            ));
        }
        let found = pipeline.runs.iter().enumerate().rev().find_map(|(run, owner)| {
            let index = owner.actions.iter().position(|entry| {
                entry.approval_token.as_deref() == Some(answer.token)
                    && owner.stage(entry.stage).name == answer.stage
                    && owner.action(entry).name == answer.action
            })?;
            Some((run, index))
        });
        let Some((run, index)) = found else {
            return Err(ApiError::new(
                "InvalidApprovalTokenException",
                "The approval token does not belong to an approval request of this action; read the present one from get-pipeline-state",
            ));
        };
        let entry = &mut pipeline.runs[run].actions[index];
        if !matches!(entry.awaits, Awaits::Approval { .. }) {
            return Err(if entry.updated_by.is_some() {
                ApiError::new(
                    "ApprovalAlreadyCompletedException",
                    format!(
                        "The approval request of action '{}' has been answered already",
                        answer.action
                    ),
                )
            } else {
                ApiError::new(
                    "InvalidApprovalTokenException",
                    format!(
                        "The approval request of action '{}' has expired or its run was stopped",
                        answer.action
                    ),
                )
            });
        }
        let summary = Some(answer.summary).filter(|summary| !summary.is_empty());
        entry.updated_by = Some(answer.by.clone());
        entry.summary.clone_from(&summary);
        if answer.approved {
            let success = Success {
                summary,
                updated_by: Some(answer.by),
                ..Success::default()
            };
            pipeline.complete_action(world, run, index, success);
        } else {
            let words = match &summary {
                Some(summary) => format!("rejected by {}: {summary}", answer.by),
                None => format!("rejected by {}", answer.by),
            };
            pipeline.fail_action(world, run, index, &Failure::new("JobFailed", words));
        }
        Ok(self.world.now)
    }

    /// Nobody answered in time.
    pub(super) fn approval_expired(&mut self, pipeline: &str, action_execution: &str) {
        let Some((world, pipeline, run, index)) = self.action(pipeline, action_execution) else {
            return;
        };
        let entry = &pipeline.runs[run].actions[index];
        if entry.status == ActionStatus::InProgress && matches!(entry.awaits, Awaits::Approval { .. }) {
            let words = "the approval request timed out: nobody answered it in time";
            pipeline.fail_action(world, run, index, &Failure::new("JobFailed", words));
        }
    }
}

/// The subject and the JSON that a topic is told.
///
/// Shape: <https://docs.aws.amazon.com/codepipeline/latest/userguide/approvals-json-format.html>
pub(super) fn notice(world: &World, run: &Run, index: usize) -> (String, String) {
    let entry = &run.actions[index];
    let (pipeline, action) = (&run.declaration.name, &run.action(entry).name);
    let console = format!(
        "https://console.aws.amazon.com/codesuite/codepipeline/pipelines/{pipeline}/view?region={}",
        world.region
    );
    let (token, expires) = match &entry.awaits {
        Awaits::Approval { token, expires } => (token.as_str(), expires.strftime("%Y-%m-%dT%H:%MZ").to_string()),
        _ => ("", String::new()),
    };
    let mut approval = json!({
        "pipelineName": pipeline,
        "stageName": run.stage(entry.stage).name,
        "actionName": action,
        "token": token,
        "expires": expires,
        "approvalReviewLink": format!("{console}#/{}/{action}/approve/{token}", run.stage(entry.stage).name),
    });
    for (field, key) in [
        ("externalEntityLink", "ExternalEntityLink"),
        ("customData", "CustomData"),
    ] {
        if let Some(value) = entry.resolved.get(key) {
            approval[field] = json!(value);
        }
    }
    let message = json!({ "region": world.region, "consoleLink": console, "approval": approval });
    (
        format!("APPROVAL NEEDED: AWS CodePipeline {pipeline} for action {action}")
            .chars()
            .take(100)
            .collect(),
        message.to_string(),
    )
}
