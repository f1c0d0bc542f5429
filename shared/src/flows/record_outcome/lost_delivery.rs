//! Reports a job that no function could report: its process was killed every time, or never started.

use crate::domain::job::{FailureKind, JobOutcome};
use crate::flows::FlowError;
use crate::flows::ports::{PortErrorKind, ReportJobs};

/// Why Lambda gave up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostDelivery {
    /// Name of the function.
    pub function: String,
    /// Lambda's word for it, such as `RetriesExhausted`.
    pub condition: String,
    /// Type of the last error; empty when there was no answer.
    pub error: String,
}

/// Reports the job failed, so that its action does not hang until CodePipeline gives up.
///
/// # Errors
///
/// When the report does not get through; then Lambda delivers the event again.
pub async fn report_lost_delivery(
    pipelines: &impl ReportJobs,
    job_id: &str,
    lost: &LostDelivery,
) -> Result<(), FlowError> {
    let error = match lost.error.as_str() {
        "" => String::new(),
        error => format!(", last error {error}"),
    };
    let outcome = JobOutcome::Failed {
        kind: FailureKind::Unavailable,
        message: format!(
            "the function `{}` was called for this action and did not get to an end ({}{error}). Look at its log, then \
             retry this stage",
            lost.function, lost.condition
        ),
        external_execution_id: None,
    };
    match pipelines.report(job_id, &outcome).await {
        Ok(()) => Ok(()),
        // It was reported after all, or stopped.
        Err(error) if matches!(error.kind, PortErrorKind::Conflict | PortErrorKind::NotFound) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
