//! `StartPipelineExecution`, `StopPipelineExecution`, `RetryStageExecution`.

use aws_sdk_codepipeline::types::{PipelineVariable, SourceRevisionOverride, SourceRevisionType, StageRetryMode};

use super::CodePipeline;
use super::history::classed;
use crate::aws::errors::port_error;
use crate::flows::ports::{ControlPipelines, PortError, PortErrorKind, StartExecution};

/// Longest reason of a stop, in characters.
///
/// Source: <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_StopPipelineExecution.html>
const MAX_REASON_CHARS: usize = 200;

impl ControlPipelines for CodePipeline {
    async fn start(&self, start: StartExecution) -> Result<String, PortError> {
        const OPERATION: &str = "codepipeline:StartPipelineExecution";
        let unbuildable = |error: &dyn std::error::Error| PortError {
            operation: OPERATION,
            subject: start.pipeline.clone(),
            kind: PortErrorKind::Refused,
            code: None,
            message: error.to_string(),
            source: None,
        };
        let mut request = self
            .client
            .start_pipeline_execution()
            .name(&start.pipeline)
            .client_request_token(&start.token);
        for (action, version) in &start.source_versions {
            let revision = SourceRevisionOverride::builder()
                .action_name(action)
                .revision_type(SourceRevisionType::S3ObjectVersionId)
                .revision_value(version)
                .build()
                .map_err(|error| unbuildable(&error))?;
            request = request.source_revisions(revision);
        }
        for (name, value) in &start.variables {
            let variable = PipelineVariable::builder()
                .name(name)
                .value(value)
                .build()
                .map_err(|error| unbuildable(&error))?;
            request = request.variables(variable);
        }
        let answer = request
            .send()
            .await
            .map_err(|error| classed(port_error(OPERATION, &start.pipeline, error)))?;
        Ok(answer.pipeline_execution_id.unwrap_or_default())
    }

    async fn stop(&self, pipeline: &str, execution: &str, reason: &str) -> Result<(), PortError> {
        let reason: String = reason.chars().take(MAX_REASON_CHARS).collect();
        let request = self
            .client
            .stop_pipeline_execution()
            .pipeline_name(pipeline)
            .pipeline_execution_id(execution)
            .abandon(true)
            .reason(reason);
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => {
                let mut error = classed(port_error("codepipeline:StopPipelineExecution", pipeline, error));
                if matches!(
                    error.code.as_deref(),
                    Some("PipelineExecutionNotStoppableException" | "DuplicatedStopRequestException")
                ) {
                    error.kind = PortErrorKind::Conflict;
                }
                Err(error)
            }
        }
    }

    async fn retry_failed_actions(&self, pipeline: &str, stage: &str, execution: &str) -> Result<(), PortError> {
        let request = self
            .client
            .retry_stage_execution()
            .pipeline_name(pipeline)
            .stage_name(stage)
            .pipeline_execution_id(execution)
            .retry_mode(StageRetryMode::FailedActions);
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => {
                let mut error = classed(port_error("codepipeline:RetryStageExecution", pipeline, error));
                if matches!(
                    error.code.as_deref(),
                    Some("StageNotRetryableException" | "NotLatestPipelineExecutionException")
                ) {
                    error.kind = PortErrorKind::Conflict;
                }
                Err(error)
            }
        }
    }
}
