//! CodePipeline: jobs, history, control.

use std::collections::BTreeMap;

use super::PortError;
pub use crate::domain::history::ActionExecution;
use crate::domain::job::JobOutcome;

/// Reports jobs.
pub trait ReportJobs {
    /// Reports how a delivery of a job ended.
    ///
    /// # Errors
    ///
    /// [`super::PortErrorKind::Conflict`] when the job is not open any more.
    async fn report(&self, job_id: &str, outcome: &JobOutcome) -> Result<(), PortError>;
}

/// One run of a pipeline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PipelineExecution {
    /// Id.
    pub id: String,
    /// `InProgress`, `Succeeded`, `Failed`, `Stopped`, `Stopping`, `Superseded`, `Cancelled`.
    pub status: String,
    /// The service's words about the status.
    pub status_summary: Option<String>,
    /// When it began (RFC 3339).
    pub started: Option<String>,
    /// When it last changed (RFC 3339).
    pub updated: Option<String>,
    /// What started it, such as `CreatePipeline` or `StartPipelineExecution`.
    pub trigger_type: Option<String>,
    /// Who started it, for `StartPipelineExecution`: an ARN.
    pub trigger_detail: Option<String>,
    /// `STANDARD` or `ROLLBACK`.
    pub execution_type: Option<String>,
    /// Version of the pipeline's definition.
    pub pipeline_version: Option<i32>,
    /// Source revisions: action name to revision id.
    pub source_revisions: BTreeMap<String, String>,
    /// Words of who stopped it.
    pub stop_reason: Option<String>,
}

/// Reads the history of pipelines.
pub trait ReadPipelines {
    /// All actions of a run, newest first, over all pages; empty when CodePipeline knows no such run.
    ///
    /// # Errors
    ///
    /// When the pipeline does not exist or a page cannot be read.
    async fn action_executions(&self, pipeline: &str, execution: &str) -> Result<Vec<ActionExecution>, PortError>;

    /// One run; `None` when CodePipeline knows no such run or pipeline.
    ///
    /// # Errors
    ///
    /// Every failure but absence.
    async fn pipeline_execution(&self, pipeline: &str, execution: &str)
    -> Result<Option<PipelineExecution>, PortError>;

    /// The latest runs, newest first, at most `limit` (1 to 100); empty when there is no such pipeline.
    ///
    /// # Errors
    ///
    /// Every failure but absence.
    async fn pipeline_executions(&self, pipeline: &str, limit: u8) -> Result<Vec<PipelineExecution>, PortError>;

    /// The runs, newest first, page by page until `is_enough` says so of one; all of them otherwise. Empty when there is
    /// no such pipeline.
    ///
    /// # Errors
    ///
    /// When a page cannot be read.
    async fn pipeline_executions_until(
        &self,
        pipeline: &str,
        is_enough: &dyn Fn(&PipelineExecution) -> bool,
    ) -> Result<Vec<PipelineExecution>, PortError>;

    /// Names of all pipelines that start with `prefix`.
    ///
    /// # Errors
    ///
    /// When a page cannot be read.
    async fn pipeline_names(&self, prefix: &str) -> Result<Vec<String>, PortError>;
}

/// A run to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartExecution {
    /// Name of the pipeline.
    pub pipeline: String,
    /// S3 object versions to pin: source action name to version id; empty for the current ones.
    pub source_versions: BTreeMap<String, String>,
    /// Pipeline variables, for display; values of 1 to 1,000 characters.
    pub variables: BTreeMap<String, String>,
    /// Idempotency token: at most 128 letters, digits and hyphens.
    pub token: String,
}

/// Starts, stops and retries runs.
pub trait ControlPipelines {
    /// Starts a run and tells its id.
    ///
    /// # Errors
    ///
    /// [`super::PortErrorKind::NotFound`] when there is no such pipeline.
    async fn start(&self, start: StartExecution) -> Result<String, PortError>;

    /// Stops a run, abandoning its actions. A run that has ended already is [`super::PortErrorKind::Conflict`].
    ///
    /// # Errors
    ///
    /// When the service refuses or does not answer.
    async fn stop(&self, pipeline: &str, execution: &str, reason: &str) -> Result<(), PortError>;

    /// Retries the failed actions of a stage of a run.
    ///
    /// # Errors
    ///
    /// [`super::PortErrorKind::Conflict`] when the stage cannot be retried.
    async fn retry_failed_actions(&self, pipeline: &str, stage: &str, execution: &str) -> Result<(), PortError>;
}
