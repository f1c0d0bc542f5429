//! The envelope of every invoke action: one delivery in, exactly one report out.
//!
//! The job id is read first, from malformed events too. Then the flow runs, with its panics caught and its time
//! guarded, and its end is reported once. Only the last characters of the job id are logged: the id opens the job's
//! artifacts to whoever may call `GetJobDetails`.

mod report;
#[cfg(test)]
mod tests;

use std::panic::AssertUnwindSafe;
use std::time::{Duration, SystemTime};

use aws_types::SdkConfig;
use futures_util::FutureExt as _;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use tracing::Instrument as _;

use self::report::bounded;
use super::function_error::{FunctionError, chain};
use super::job_event::{JobEvent, JobEventError, job_id};
use crate::aws::artifacts::S3Artifacts;
use crate::aws::codepipeline::CodePipeline;
use crate::domain::continuation::Continuation;
use crate::domain::job::{FailureKind, Job, JobOutcome};
use crate::flows::FlowError;
use crate::flows::ports::{PortErrorKind, ReportJobs};

/// How many deliveries in a row may end without progress before the action fails.
///
/// CodePipeline calls again about twice a minute, so an outage of some ten minutes is ridden out.
pub const MAX_ATTEMPTS: u8 = 20;

/// What is kept of an invocation's time for the report.
const REPORT_TIME: Duration = Duration::from_secs(5);

/// Serves the jobs of one invoke action until Lambda ends the process.
///
/// `flow` gets the job and its artifacts and returns how this delivery ended; everything else is done here.
///
/// # Errors
///
/// When the runtime cannot be reached.
pub async fn serve_jobs<F>(aws: &SdkConfig, flow: F) -> Result<(), FunctionError>
where
    F: AsyncFn(Job, S3Artifacts) -> Result<JobOutcome, FlowError>,
{
    let pipelines = CodePipeline::new(aws);
    let (pipelines, flow) = (&pipelines, &flow);
    lambda_runtime::run(service_fn(async move |event: LambdaEvent<Value>| {
        let time = time_left(event.context.deadline());
        // On the heap: a flow over the SDK is a future of many layers.
        let flow = async |event: JobEvent| Box::pin(flow(event.job, S3Artifacts::new(aws, event.artifacts))).await;
        let delivery = Box::pin(deliver(pipelines, event.payload, time, flow));
        delivery
            .await
            .map_err(|error| FunctionError::of("changegate.DeliveryError", "serving a job", &error))
    }))
    .await
    .map_err(|error| FunctionError::of_runtime(&error))
}

/// A delivery could not be reported; Lambda delivers it again.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// There is no job to report on.
    #[error(transparent)]
    Event(#[from] JobEventError),
    /// The report itself did not succeed.
    #[error("reporting the job did not succeed")]
    Report(#[from] crate::flows::ports::PortError),
}

/// Runs `flow` for one delivery, for at most `time`, and reports how it ended, once.
///
/// # Errors
///
/// When the event is no job, or the report does not get through; then Lambda delivers the event again.
pub async fn deliver<F>(pipelines: &impl ReportJobs, event: Value, time: Duration, flow: F) -> Result<(), DeliveryError>
where
    F: AsyncFnOnce(JobEvent) -> Result<JobOutcome, FlowError>,
{
    let id = job_id(&event)?.to_owned();
    let span = tracing::info_span!("job", "pipeline.job_id" = last_characters(&id));
    let work = async {
        let outcome = match JobEvent::parse(&event) {
            Ok(parsed) => {
                // The raw event carries credentials; from here on only the typed one, which hides them, is alive.
                drop(event);
                run(parsed, time, flow).await
            }
            Err(error) => JobOutcome::Failed {
                kind: FailureKind::Configuration,
                message: format!("reading the job: {error}"),
                external_execution_id: None,
            },
        };
        report(pipelines, &id, bounded(outcome)).await
    };
    work.instrument(span).await
}

/// Runs the flow and turns its every end into an outcome.
async fn run<F>(event: JobEvent, time: Duration, flow: F) -> JobOutcome
where
    F: AsyncFnOnce(JobEvent) -> Result<JobOutcome, FlowError>,
{
    let (attempts, token) = (event.attempts, event.job.continuation_token.clone());
    let again = |reason: String, kind| {
        if attempts >= MAX_ATTEMPTS {
            return JobOutcome::Failed {
                kind,
                message: format!(
                    "gave up after {attempts} attempts in a row: {reason}; retry the stage when it is over"
                ),
                external_execution_id: None,
            };
        }
        let next = Continuation {
            attempts: attempts + 1,
            flow: token.clone(),
        };
        JobOutcome::Continue {
            token: next.to_string(),
            summary: format!("trying again: {reason}"),
            percent: None,
        }
    };
    // A panic leaves nothing behind that is used again: flows share no state but clients.
    let flow = AssertUnwindSafe(async { flow(event).await }).catch_unwind();
    match tokio::time::timeout(time, flow).await {
        Err(_) => again(
            "the work took longer than one invocation may".to_owned(),
            FailureKind::Unavailable,
        ),
        Ok(Err(panic)) => {
            tracing::error!(panic = panic_text(&*panic), "the flow panicked");
            JobOutcome::Failed {
                kind: FailureKind::JobFailed,
                message: "a defect in Changegate ended this action; its log has the details: report it with them"
                    .to_owned(),
                external_execution_id: None,
            }
        }
        Ok(Ok(Err(error))) if error.is_transient() => {
            tracing::warn!(error = chain(&error), attempts, "the flow stopped for now");
            again(error.to_string(), error.kind())
        }
        Ok(Ok(Err(error))) => {
            tracing::error!(error = chain(&error), "the flow stopped");
            JobOutcome::Failed {
                kind: error.kind(),
                message: error.to_string(),
                external_execution_id: None,
            }
        }
        Ok(Ok(Ok(JobOutcome::Continue {
            token,
            summary,
            percent,
        }))) => JobOutcome::Continue {
            token: Continuation {
                attempts: 0,
                flow: Some(token),
            }
            .to_string(),
            summary,
            percent,
        },
        Ok(Ok(Ok(outcome))) => outcome,
    }
}

/// Reports the outcome. A job that is not open any more was stopped, superseded, or delivered twice: an expected end.
async fn report(pipelines: &impl ReportJobs, id: &str, outcome: JobOutcome) -> Result<(), DeliveryError> {
    match &outcome {
        JobOutcome::Succeeded { summary, .. } => tracing::info!(summary, "the action succeeded"),
        JobOutcome::Continue { summary, .. } => tracing::info!(summary, "the action waits"),
        JobOutcome::Failed { message, .. } => tracing::error!(message, "the action failed"),
    }
    let mut reported = pipelines.report(id, &outcome).await;
    if let Err(error) = &reported
        && error.kind == PortErrorKind::Refused
        && !matches!(outcome, JobOutcome::Failed { .. })
    {
        // It would be refused again with every delivery: better to say so than to let the action hang.
        tracing::error!(
            error = chain(error),
            "CodePipeline does not take this end of the action"
        );
        let refused = JobOutcome::Failed {
            kind: FailureKind::JobFailed,
            message: format!(
                "CodePipeline did not take what this action came to ({error}), which is a defect in Changegate: report \
                 it with the function's log"
            ),
            external_execution_id: None,
        };
        reported = pipelines.report(id, &bounded(refused)).await;
    }
    match reported {
        Ok(()) => Ok(()),
        Err(error) if error.kind == PortErrorKind::Conflict => {
            tracing::info!(error = error.message, "the job is not open any more");
            Ok(())
        }
        Err(error) if error.is_not_found() => {
            tracing::error!("CodePipeline knows no such job; somebody else invoked this function");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// The time until `deadline`, less what the report needs.
fn time_left(deadline: SystemTime) -> Duration {
    deadline
        .duration_since(SystemTime::now())
        .unwrap_or_default()
        .saturating_sub(REPORT_TIME)
}

/// Enough of a job id to find its lines in the log, too little to use it.
pub(super) fn last_characters(id: &str) -> &str {
    let start = id.char_indices().rev().nth(7).map_or(0, |(index, _)| index);
    &id[start..]
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a text")
}
