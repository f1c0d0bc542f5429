//! `PutJobSuccessResult` and `PutJobFailureResult`.

use aws_sdk_codepipeline::types::{ExecutionDetails, FailureDetails, FailureType};

use super::CodePipeline;
use crate::aws::errors::port_error;
use crate::domain::job::{FailureKind, JobOutcome};
use crate::flows::ports::{PortError, PortErrorKind, ReportJobs};

impl ReportJobs for CodePipeline {
    async fn report(&self, job_id: &str, outcome: &JobOutcome) -> Result<(), PortError> {
        match outcome {
            JobOutcome::Succeeded {
                variables,
                summary,
                external_execution_id,
            } => {
                let details = ExecutionDetails::builder()
                    .set_summary(text(summary))
                    .set_external_execution_id(external_execution_id.clone())
                    .percent_complete(100)
                    .build();
                let variables = variables.clone().into_iter().collect();
                let request = self
                    .client
                    .put_job_success_result()
                    .job_id(job_id)
                    .execution_details(details)
                    .set_output_variables(Some(variables));
                let answer = request.send().await;
                answer.map_err(|error| told(port_error("codepipeline:PutJobSuccessResult", SUBJECT, error)))?;
            }
            JobOutcome::Continue {
                token,
                summary,
                percent,
            } => {
                // Output variables are refused beside a continuation token.
                let details = ExecutionDetails::builder()
                    .set_summary(text(summary))
                    .set_percent_complete(percent.map(i32::from))
                    .build();
                let request = self
                    .client
                    .put_job_success_result()
                    .job_id(job_id)
                    .continuation_token(token)
                    .execution_details(details);
                let answer = request.send().await;
                answer.map_err(|error| told(port_error("codepipeline:PutJobSuccessResult", SUBJECT, error)))?;
            }
            JobOutcome::Failed {
                kind,
                message,
                external_execution_id,
            } => {
                let details = FailureDetails::builder()
                    .r#type(failure_type(*kind))
                    .message(message)
                    .set_external_execution_id(external_execution_id.clone())
                    .build()
                    .map_err(|error| port_error_of_build(&error))?;
                let request = self
                    .client
                    .put_job_failure_result()
                    .job_id(job_id)
                    .failure_details(details);
                let answer = request.send().await;
                answer.map_err(|error| told(port_error("codepipeline:PutJobFailureResult", SUBJECT, error)))?;
            }
        }
        Ok(())
    }
}

/// What errors name instead of the job: its id must not reach a log.
const SUBJECT: &str = "the job";

fn text(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

/// A job that is not open any more is a conflict: it was reported, stopped or superseded meanwhile.
fn told(mut error: PortError) -> PortError {
    match error.code.as_deref() {
        Some("InvalidJobStateException") => error.kind = PortErrorKind::Conflict,
        Some("JobNotFoundException") => error.kind = PortErrorKind::NotFound,
        _ => {}
    }
    error
}

fn port_error_of_build(error: &dyn std::error::Error) -> PortError {
    PortError {
        operation: "codepipeline:PutJobFailureResult",
        subject: SUBJECT.to_owned(),
        kind: PortErrorKind::Refused,
        code: None,
        message: error.to_string(),
        source: None,
    }
}

fn failure_type(kind: FailureKind) -> FailureType {
    match kind {
        FailureKind::JobFailed => FailureType::JobFailed,
        FailureKind::Configuration => FailureType::ConfigurationError,
        FailureKind::Permission => FailureType::PermissionError,
        FailureKind::RevisionOutOfSync => FailureType::RevisionOutOfSync,
        FailureKind::Unavailable => FailureType::SystemUnavailable,
    }
}
