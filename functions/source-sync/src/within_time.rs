//! CodePipeline, as long as the invocation has time.
//!
//! A thousand pipelines take longer to start than one invocation may last. What is not started in time stays owed in the
//! snapshot, as after a throttle, and the next invocation goes on with it.

use std::cell::Cell;

use changegate::flows::ports::{
    ActionExecution, ControlPipelines, PipelineExecution, PortError, PortErrorKind, ReadPipelines, StartExecution,
};
use tokio::time::Instant;

/// Pipelines that are neither asked nor started after a time.
#[derive(Debug)]
pub(crate) struct WithinTime<'p, P> {
    pipelines: &'p P,
    until: Instant,
    has_ended: Cell<bool>,
}

impl<'p, P> WithinTime<'p, P> {
    pub(crate) fn new(pipelines: &'p P, until: Instant) -> Self {
        Self {
            pipelines,
            until,
            has_ended: Cell::new(false),
        }
    }

    /// Whether something was refused because the time was up.
    pub(crate) fn has_ended(&self) -> bool {
        self.has_ended.get()
    }

    fn must_have_time(&self, operation: &'static str, pipeline: &str) -> Result<(), PortError> {
        if Instant::now() < self.until {
            return Ok(());
        }
        self.has_ended.set(true);
        Err(PortError {
            operation,
            subject: pipeline.to_owned(),
            kind: PortErrorKind::Throttled,
            code: None,
            message: "the time of this invocation is up; the next one goes on".to_owned(),
            source: None,
        })
    }
}

impl<P: ReadPipelines> ReadPipelines for WithinTime<'_, P> {
    async fn action_executions(&self, pipeline: &str, execution: &str) -> Result<Vec<ActionExecution>, PortError> {
        self.pipelines.action_executions(pipeline, execution).await
    }

    async fn pipeline_execution(
        &self,
        pipeline: &str,
        execution: &str,
    ) -> Result<Option<PipelineExecution>, PortError> {
        self.pipelines.pipeline_execution(pipeline, execution).await
    }

    async fn pipeline_executions(&self, pipeline: &str, limit: u8) -> Result<Vec<PipelineExecution>, PortError> {
        self.must_have_time("codepipeline:ListPipelineExecutions", pipeline)?;
        self.pipelines.pipeline_executions(pipeline, limit).await
    }

    async fn pipeline_executions_until(
        &self,
        pipeline: &str,
        is_enough: &dyn Fn(&PipelineExecution) -> bool,
    ) -> Result<Vec<PipelineExecution>, PortError> {
        self.pipelines.pipeline_executions_until(pipeline, is_enough).await
    }

    async fn pipeline_names(&self, prefix: &str) -> Result<Vec<String>, PortError> {
        self.pipelines.pipeline_names(prefix).await
    }
}

impl<P: ControlPipelines> ControlPipelines for WithinTime<'_, P> {
    async fn start(&self, start: StartExecution) -> Result<String, PortError> {
        self.must_have_time("codepipeline:StartPipelineExecution", &start.pipeline)?;
        self.pipelines.start(start).await
    }

    async fn stop(&self, pipeline: &str, execution: &str, reason: &str) -> Result<(), PortError> {
        self.pipelines.stop(pipeline, execution, reason).await
    }

    async fn retry_failed_actions(&self, pipeline: &str, stage: &str, execution: &str) -> Result<(), PortError> {
        self.pipelines.retry_failed_actions(pipeline, stage, execution).await
    }
}
