//! Answers: of functions to jobs, of people to approvals.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::requests::{PutApprovalResult, PutJobFailureResult, PutJobSuccessResult, length, one_of, pattern, uuid};
use super::seconds;
use crate::codepipeline::engine::Engine;
use crate::codepipeline::engine::approvals::Answer;
use crate::codepipeline::engine::effects::Failure;
use crate::codepipeline::engine::jobs::Report;
use crate::codepipeline::engine::state::Revision;
use crate::codepipeline::error::ApiError;

pub(super) fn approve(engine: &mut Engine, request: PutApprovalResult, caller: &str) -> Result<Value, ApiError> {
    one_of("result.status", &request.result.status, &["Approved", "Rejected"])?;
    length("result.summary", &request.result.summary, 0, 512)?;
    uuid("token", &request.token)?;
    let at = engine.answer_approval(Answer {
        pipeline: &request.pipeline_name,
        stage: &request.stage_name,
        action: &request.action_name,
        token: &request.token,
        approved: request.result.status == "Approved",
        summary: request.result.summary,
        by: caller.to_owned(),
    })?;
    Ok(json!({ "approvedAt": seconds(at) }))
}

pub(super) fn succeed(engine: &mut Engine, request: PutJobSuccessResult) -> Result<Value, ApiError> {
    uuid("jobId", &request.job_id)?;
    if let Some(token) = &request.continuation_token {
        length("continuationToken", token, 1, 2048)?;
    }
    for key in request.output_variables.keys() {
        length("outputVariables.key", key, 1, 1024)?;
        pattern("outputVariables.key", key, |letter| {
            letter.is_ascii_alphanumeric() || "@-_".contains(letter)
        })?;
    }
    if let Some(revision) = &request.current_revision {
        length("currentRevision.revision", &revision.revision, 1, 1500)?;
        length("currentRevision.changeIdentifier", &revision.change_identifier, 1, 100)?;
        length(
            "currentRevision.revisionSummary",
            revision.revision_summary.as_deref().unwrap_or("-"),
            1,
            2048,
        )?;
    }
    let details = request.execution_details;
    if let Some(details) = &details {
        length(
            "executionDetails.summary",
            details.summary.as_deref().unwrap_or("-"),
            1,
            2048,
        )?;
        length(
            "executionDetails.externalExecutionId",
            details.external_execution_id.as_deref().unwrap_or("-"),
            1,
            1500,
        )?;
        if details.percent_complete.is_some_and(|percent| percent > 100) {
            return Err(ApiError::validation(
                "executionDetails.percentComplete must be from 0 to 100",
            ));
        }
    }
    let (summary, external_id, percent) = details.map_or((None, None, None), |details| {
        (details.summary, details.external_execution_id, details.percent_complete)
    });
    let revision = request.current_revision.map(|revision| {
        let created = revision
            .created
            .and_then(|seconds| SignedDuration::try_from_secs_f64(seconds).ok());
        Revision {
            id: revision.revision,
            change: revision.change_identifier,
            created: created
                .and_then(|since| Timestamp::from_duration(since).ok())
                .unwrap_or(engine.world.now),
            summary: revision.revision_summary,
        }
    });
    let report = Report {
        continuation: request.continuation_token,
        variables: request.output_variables,
        summary,
        external_id,
        percent,
        revision,
    };
    engine.job_succeeded(&request.job_id, report)?;
    Ok(json!({}))
}

pub(super) fn fail(engine: &mut Engine, request: PutJobFailureResult) -> Result<Value, ApiError> {
    uuid("jobId", &request.job_id)?;
    let details = request.failure_details;
    let types = [
        "JobFailed",
        "ConfigurationError",
        "PermissionError",
        "RevisionOutOfSync",
        "RevisionUnavailable",
        "SystemUnavailable",
    ];
    one_of("failureDetails.type", &details.kind, &types)?;
    length("failureDetails.message", &details.message, 1, 5000)?;
    length(
        "failureDetails.externalExecutionId",
        details.external_execution_id.as_deref().unwrap_or("-"),
        1,
        1500,
    )?;
    let failure = Failure::new(&details.kind, details.message);
    engine.job_failed(&request.job_id, &failure, details.external_execution_id)?;
    Ok(json!({}))
}
