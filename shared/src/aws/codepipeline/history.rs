//! `ListActionExecutions`, `GetPipelineExecution`, `ListPipelineExecutions`, `ListPipelines`.

use aws_sdk_codepipeline::types::{ActionExecutionDetail, ActionExecutionFilter, PipelineExecutionSummary};

use super::{CodePipeline, rfc3339};
use crate::aws::errors::port_error;
use crate::flows::ports::{ActionExecution, PipelineExecution, PortError, PortErrorKind, ReadPipelines};

impl ReadPipelines for CodePipeline {
    async fn action_executions(&self, pipeline: &str, execution: &str) -> Result<Vec<ActionExecution>, PortError> {
        let filter = ActionExecutionFilter::builder()
            .pipeline_execution_id(execution)
            .build();
        let mut pages = self
            .client
            .list_action_executions()
            .pipeline_name(pipeline)
            .filter(filter)
            .max_results(100)
            .into_paginator()
            .send();
        let mut actions = Vec::new();
        while let Some(page) = pages.next().await {
            match page {
                Ok(page) => actions.extend(
                    page.action_execution_details
                        .unwrap_or_default()
                        .into_iter()
                        .map(action),
                ),
                Err(error) => {
                    let error = classed(port_error("codepipeline:ListActionExecutions", pipeline, error));
                    match error.code.as_deref() {
                        Some("PipelineExecutionNotFoundException") => return Ok(Vec::new()),
                        _ => return Err(error),
                    }
                }
            }
        }
        Ok(actions)
    }

    async fn pipeline_execution(
        &self,
        pipeline: &str,
        execution: &str,
    ) -> Result<Option<PipelineExecution>, PortError> {
        let request = self
            .client
            .get_pipeline_execution()
            .pipeline_name(pipeline)
            .pipeline_execution_id(execution);
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => {
                let error = classed(port_error("codepipeline:GetPipelineExecution", pipeline, error));
                return if error.is_not_found() { Ok(None) } else { Err(error) };
            }
        };
        Ok(answer.pipeline_execution.map(|run| {
            let trigger = run.trigger.as_ref();
            let revisions = run.artifact_revisions.as_deref().unwrap_or_default();
            PipelineExecution {
                id: run.pipeline_execution_id.clone().unwrap_or_default(),
                status: run
                    .status
                    .as_ref()
                    .map(|status| status.as_str().to_owned())
                    .unwrap_or_default(),
                status_summary: run.status_summary.clone().filter(|text| !text.is_empty()),
                trigger_type: trigger
                    .and_then(|trigger| trigger.trigger_type())
                    .map(|kind| kind.as_str().to_owned()),
                trigger_detail: trigger.and_then(|trigger| trigger.trigger_detail()).map(str::to_owned),
                execution_type: run.execution_type.as_ref().map(|kind| kind.as_str().to_owned()),
                pipeline_version: run.pipeline_version,
                source_revisions: revisions
                    .iter()
                    .filter_map(|revision| Some((revision.name.clone()?, revision.revision_id.clone()?)))
                    .collect(),
                ..PipelineExecution::default()
            }
        }))
    }

    async fn pipeline_executions(&self, pipeline: &str, limit: u8) -> Result<Vec<PipelineExecution>, PortError> {
        let limit = limit.clamp(1, 100);
        let request = self
            .client
            .list_pipeline_executions()
            .pipeline_name(pipeline)
            .max_results(i32::from(limit));
        match request.send().await {
            Ok(answer) => {
                let runs = answer.pipeline_execution_summaries.unwrap_or_default();
                Ok(runs.into_iter().take(usize::from(limit)).map(summary).collect())
            }
            Err(error) => {
                let error = classed(port_error("codepipeline:ListPipelineExecutions", pipeline, error));
                if error.is_not_found() {
                    Ok(Vec::new())
                } else {
                    Err(error)
                }
            }
        }
    }

    async fn pipeline_executions_until(
        &self,
        pipeline: &str,
        is_enough: &dyn Fn(&PipelineExecution) -> bool,
    ) -> Result<Vec<PipelineExecution>, PortError> {
        let request = self.client.list_pipeline_executions().pipeline_name(pipeline);
        let mut pages = request.max_results(100).into_paginator().send();
        let mut runs: Vec<PipelineExecution> = Vec::new();
        while let Some(page) = pages.next().await {
            match page {
                Ok(page) => runs.extend(
                    page.pipeline_execution_summaries
                        .unwrap_or_default()
                        .into_iter()
                        .map(summary),
                ),
                Err(error) => {
                    let error = classed(port_error("codepipeline:ListPipelineExecutions", pipeline, error));
                    return if error.is_not_found() {
                        Ok(Vec::new())
                    } else {
                        Err(error)
                    };
                }
            }
            if runs.iter().any(is_enough) {
                break;
            }
        }
        Ok(runs)
    }

    async fn pipeline_names(&self, prefix: &str) -> Result<Vec<String>, PortError> {
        let mut pages = self.client.list_pipelines().into_paginator().send();
        let mut names = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| port_error("codepipeline:ListPipelines", prefix, error))?;
            let pipelines = page.pipelines.unwrap_or_default().into_iter();
            names.extend(pipelines.filter_map(|pipeline| pipeline.name.filter(|name| name.starts_with(prefix))));
        }
        Ok(names)
    }
}

/// Tells the absence of a pipeline or a run apart; only these two codes mean it. A pipeline that is busy, or has too
/// many runs at once, asks to be called later.
///
/// Source: <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_StartPipelineExecution.html> (Errors).
pub(super) fn classed(mut error: PortError) -> PortError {
    error.kind = match error.code.as_deref() {
        Some("PipelineNotFoundException" | "PipelineExecutionNotFoundException") => PortErrorKind::NotFound,
        Some("ConflictException" | "ConcurrentModificationException") => PortErrorKind::Unavailable,
        Some("ConcurrentPipelineExecutionsLimitExceededException") => PortErrorKind::Throttled,
        _ => error.kind,
    };
    error
}

fn action(detail: ActionExecutionDetail) -> ActionExecution {
    let input = detail
        .input
        .unwrap_or_else(|| aws_sdk_codepipeline::types::ActionExecutionInput::builder().build());
    let output = detail.output;
    let result = output.as_ref().and_then(|output| output.execution_result.clone());
    ActionExecution {
        id: detail.action_execution_id.unwrap_or_default(),
        stage: detail.stage_name.unwrap_or_default(),
        action: detail.action_name.unwrap_or_default(),
        status: detail
            .status
            .map(|status| status.as_str().to_owned())
            .unwrap_or_default(),
        started: rfc3339(detail.start_time.as_ref()),
        updated: rfc3339(detail.last_update_time.as_ref()),
        updated_by: present(detail.updated_by),
        category: input
            .action_type_id
            .map(|kind| kind.category.as_str().to_owned())
            .unwrap_or_default(),
        resolved_configuration: input.resolved_configuration.unwrap_or_default().into_iter().collect(),
        output_variables: output
            .and_then(|output| output.output_variables)
            .unwrap_or_default()
            .into_iter()
            .collect(),
        summary: present(
            result
                .as_ref()
                .and_then(|result| result.external_execution_summary.clone()),
        ),
        external_execution_id: present(result.as_ref().and_then(|result| result.external_execution_id.clone())),
        error_message: present(result.and_then(|result| result.error_details?.message)),
    }
}

fn summary(run: PipelineExecutionSummary) -> PipelineExecution {
    let trigger = run.trigger.as_ref();
    let revisions = run.source_revisions.as_deref().unwrap_or_default();
    PipelineExecution {
        id: run.pipeline_execution_id.clone().unwrap_or_default(),
        status: run
            .status
            .as_ref()
            .map(|status| status.as_str().to_owned())
            .unwrap_or_default(),
        status_summary: present(run.status_summary.clone()),
        started: rfc3339(run.start_time.as_ref()),
        updated: rfc3339(run.last_update_time.as_ref()),
        trigger_type: trigger
            .and_then(|trigger| trigger.trigger_type())
            .map(|kind| kind.as_str().to_owned()),
        trigger_detail: trigger.and_then(|trigger| trigger.trigger_detail()).map(str::to_owned),
        execution_type: run.execution_type.as_ref().map(|kind| kind.as_str().to_owned()),
        pipeline_version: None,
        source_revisions: revisions
            .iter()
            .filter_map(|revision| Some((revision.action_name.clone(), revision.revision_id.clone()?)))
            .collect(),
        stop_reason: present(run.stop_trigger.and_then(|trigger| trigger.reason)),
    }
}

/// Absent strings are empty on some endpoints.
fn present(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}
