//! Pipelines, their runs, and the history that proves jobs.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use super::{Wire, refusal};
use crate::domain::job::JobOutcome;
use crate::flows::ports::{
    ActionExecution, ControlPipelines, PipelineExecution, PortError, PortErrorKind, ReadPipelines, ReportJobs,
    StartExecution,
};

/// One run and its actions.
#[derive(Debug, Clone, Default)]
pub struct FakeRun {
    /// The run.
    pub execution: PipelineExecution,
    /// Its actions, newest first.
    pub actions: Vec<ActionExecution>,
}

/// CodePipeline. Clones share their state.
#[derive(Clone, Default)]
pub struct FakeCodePipeline {
    wire: Wire,
    state: Rc<RefCell<State>>,
}

#[derive(Default)]
struct State {
    /// Pipeline to runs, oldest first.
    pipelines: BTreeMap<String, Vec<FakeRun>>,
    closed_jobs: Vec<String>,
    reports: Vec<(String, JobOutcome)>,
    started: Vec<StartExecution>,
    retried: Vec<(String, String, String)>,
    /// Pipelines that declare no variables.
    without_variables: Vec<String>,
    /// Pipelines that take no start at all.
    refusing: Vec<String>,
    /// How long every start takes.
    start_takes: Duration,
}

impl FakeCodePipeline {
    /// No pipelines; calls pass over `wire`.
    pub fn new(wire: &Wire) -> Self {
        Self {
            wire: wire.clone(),
            ..Self::default()
        }
    }

    /// Adds a pipeline without runs.
    pub fn with_pipeline(&self, name: &str) {
        self.state.borrow_mut().pipelines.entry(name.to_owned()).or_default();
    }

    /// Lets a pipeline declare no variables, as one that an older version provisioned.
    pub fn without_variables(&self, name: &str) {
        self.state.borrow_mut().without_variables.push(name.to_owned());
    }

    /// Lets a pipeline refuse every start.
    pub fn refusing(&self, name: &str) {
        self.state.borrow_mut().refusing.push(name.to_owned());
    }

    /// Lets every start take a second of Tokio's clock.
    pub fn take_a_second_to_start(&self) {
        self.state.borrow_mut().start_takes = Duration::from_secs(1);
    }

    /// Adds a run, newer than those before, in progress and started by `StartPipelineExecution`.
    pub fn with_run(&self, pipeline: &str, execution: &str) {
        let number = self.state.borrow().pipelines.get(pipeline).map_or(0, Vec::len);
        let run = FakeRun {
            execution: PipelineExecution {
                id: execution.to_owned(),
                status: "InProgress".to_owned(),
                started: Some(format!("2026-11-23T09:{:02}:00Z", number % 60)),
                trigger_type: Some("StartPipelineExecution".to_owned()),
                execution_type: Some("STANDARD".to_owned()),
                pipeline_version: Some(1),
                ..PipelineExecution::default()
            },
            actions: Vec::new(),
        };
        let mut state = self.state.borrow_mut();
        state.pipelines.entry(pipeline.to_owned()).or_default().push(run);
    }

    /// Changes a run.
    pub fn edit_run(&self, pipeline: &str, execution: &str, edit: impl FnOnce(&mut FakeRun)) {
        let mut state = self.state.borrow_mut();
        let runs = state.pipelines.get_mut(pipeline).expect("the pipeline is there");
        let run = runs.iter_mut().find(|run| run.execution.id == execution);
        edit(run.expect("the run is there"));
    }

    /// The actions of a run, newest first.
    pub fn actions(&self, pipeline: &str, execution: &str) -> Vec<ActionExecution> {
        let state = self.state.borrow();
        let mut runs = state.pipelines.get(pipeline).into_iter().flatten();
        let run = runs.find(|run| run.execution.id == execution);
        run.expect("the run is there").actions.clone()
    }

    /// Takes all runs of a pipeline away, oldest first.
    pub fn take_runs(&self, pipeline: &str) -> Vec<FakeRun> {
        let mut state = self.state.borrow_mut();
        state
            .pipelines
            .get_mut(pipeline)
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// Removes a pipeline with its history.
    pub fn remove(&self, pipeline: &str) {
        self.state.borrow_mut().pipelines.remove(pipeline);
    }

    /// Adds runs, newer than those before.
    pub fn put_runs(&self, pipeline: &str, runs: Vec<FakeRun>) {
        let mut state = self.state.borrow_mut();
        state.pipelines.entry(pipeline.to_owned()).or_default().extend(runs);
    }

    /// Adds an action, newest of its run.
    pub fn with_action(&self, pipeline: &str, execution: &str, action: ActionExecution) {
        self.edit_run(pipeline, execution, |run| run.actions.insert(0, action));
    }

    /// Adds an action in progress with these `UserParameters`, as an invoke action's job needs it.
    pub fn with_invoke_in_progress(&self, pipeline: &str, execution: &str, action: &str, user_parameters: &str) {
        let action = ActionExecution {
            id: format!("{execution}-{action}"),
            stage: if action == "CreateChangeSet" || action == "ProvisionPipelines" {
                "Plan"
            } else {
                "Apply"
            }
            .to_owned(),
            action: action.to_owned(),
            status: "InProgress".to_owned(),
            started: Some("2026-11-23T09:30:00Z".to_owned()),
            category: "Invoke".to_owned(),
            resolved_configuration: [("UserParameters".to_owned(), user_parameters.to_owned())].into(),
            ..ActionExecution::default()
        };
        self.with_action(pipeline, execution, action);
    }

    /// Adds a source action that read this S3 version.
    pub fn with_source(&self, pipeline: &str, execution: &str, action: &str, version: &str) {
        let source = ActionExecution {
            id: format!("{execution}-{action}"),
            stage: "Source".to_owned(),
            action: action.to_owned(),
            status: "Succeeded".to_owned(),
            category: "Source".to_owned(),
            output_variables: [("VersionId".to_owned(), version.to_owned())].into(),
            ..ActionExecution::default()
        };
        self.with_action(pipeline, execution, source);
        self.edit_run(pipeline, execution, |run| {
            run.execution
                .source_revisions
                .insert(action.to_owned(), version.to_owned());
        });
    }

    /// Closes a job: a report on it is refused, as after a stop.
    pub fn close_job(&self, job: &str) {
        self.state.borrow_mut().closed_jobs.push(job.to_owned());
    }

    /// Every accepted report, in order.
    pub fn reports(&self) -> Vec<(String, JobOutcome)> {
        self.state.borrow().reports.clone()
    }

    /// Every start, in order.
    pub fn started(&self) -> Vec<StartExecution> {
        self.state.borrow().started.clone()
    }

    /// Pipeline, stage and run of every retried stage, in order.
    pub fn retried(&self) -> Vec<(String, String, String)> {
        self.state.borrow().retried.clone()
    }

    /// Status of a run.
    pub fn status(&self, pipeline: &str, execution: &str) -> String {
        let state = self.state.borrow();
        let mut runs = state.pipelines.get(pipeline).into_iter().flatten();
        let run = runs.find(|run| run.execution.id == execution);
        run.expect("the run is there").execution.status.clone()
    }
}

impl ReportJobs for FakeCodePipeline {
    async fn report(&self, job_id: &str, outcome: &JobOutcome) -> Result<(), PortError> {
        let operation = match outcome {
            JobOutcome::Failed { .. } => "codepipeline:PutJobFailureResult",
            _ => "codepipeline:PutJobSuccessResult",
        };
        let effect = || {
            let mut state = self.state.borrow_mut();
            if state.closed_jobs.iter().any(|closed| closed == job_id) {
                let (kind, code) = (PortErrorKind::Conflict, "InvalidJobStateException");
                return Err(refusal(operation, "the job", kind, code, "the job is not in progress"));
            }
            state.closed_jobs.push(job_id.to_owned());
            state.reports.push((job_id.to_owned(), outcome.clone()));
            Ok(())
        };
        self.wire.call(operation, "the job", effect).await
    }
}

fn no_pipeline(operation: &'static str, pipeline: &str) -> PortError {
    let (kind, code) = (PortErrorKind::NotFound, "PipelineNotFoundException");
    let message = format!("Account '000000000000' does not have a pipeline with name '{pipeline}'");
    refusal(operation, pipeline, kind, code, message)
}

impl ReadPipelines for FakeCodePipeline {
    async fn action_executions(&self, pipeline: &str, execution: &str) -> Result<Vec<ActionExecution>, PortError> {
        const OPERATION: &str = "codepipeline:ListActionExecutions";
        let effect = || {
            let state = self.state.borrow();
            let runs = state
                .pipelines
                .get(pipeline)
                .ok_or_else(|| no_pipeline(OPERATION, pipeline))?;
            let run = runs.iter().find(|run| run.execution.id == execution);
            Ok(run.map(|run| run.actions.clone()).unwrap_or_default())
        };
        self.wire.call(OPERATION, pipeline, effect).await
    }

    async fn pipeline_execution(
        &self,
        pipeline: &str,
        execution: &str,
    ) -> Result<Option<PipelineExecution>, PortError> {
        let effect = || {
            let state = self.state.borrow();
            let mut runs = state.pipelines.get(pipeline).into_iter().flatten();
            let run = runs.find(|run| run.execution.id == execution);
            Ok(run.map(|run| run.execution.clone()))
        };
        self.wire
            .call("codepipeline:GetPipelineExecution", pipeline, effect)
            .await
    }

    async fn pipeline_executions(&self, pipeline: &str, limit: u8) -> Result<Vec<PipelineExecution>, PortError> {
        let effect = || {
            let state = self.state.borrow();
            let runs = state.pipelines.get(pipeline).into_iter().flatten().rev();
            Ok(runs.take(usize::from(limit)).map(|run| run.execution.clone()).collect())
        };
        self.wire
            .call("codepipeline:ListPipelineExecutions", pipeline, effect)
            .await
    }

    async fn pipeline_executions_until(
        &self,
        pipeline: &str,
        is_enough: &dyn Fn(&PipelineExecution) -> bool,
    ) -> Result<Vec<PipelineExecution>, PortError> {
        let mut runs = Vec::new();
        loop {
            let effect = || {
                let state = self.state.borrow();
                let all = state.pipelines.get(pipeline).into_iter().flatten().rev();
                Ok(all
                    .skip(runs.len())
                    .take(100)
                    .map(|run| run.execution.clone())
                    .collect::<Vec<_>>())
            };
            let page = self
                .wire
                .call("codepipeline:ListPipelineExecutions", pipeline, effect)
                .await?;
            let is_last = page.len() < 100;
            runs.extend(page);
            if is_last || runs.iter().any(is_enough) {
                return Ok(runs);
            }
        }
    }

    async fn pipeline_names(&self, prefix: &str) -> Result<Vec<String>, PortError> {
        let effect = || {
            let state = self.state.borrow();
            let names = state.pipelines.keys().filter(|name| name.starts_with(prefix));
            Ok(names.cloned().collect())
        };
        self.wire.call("codepipeline:ListPipelines", prefix, effect).await
    }
}

impl ControlPipelines for FakeCodePipeline {
    async fn start(&self, start: StartExecution) -> Result<String, PortError> {
        const OPERATION: &str = "codepipeline:StartPipelineExecution";
        let (pipeline, takes) = (start.pipeline.clone(), self.state.borrow().start_takes);
        if !takes.is_zero() {
            tokio::time::sleep(takes).await;
        }
        let effect = || {
            assert!(
                !start.token.is_empty()
                    && start.token.len() <= 128
                    && start
                        .token
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'),
                "no idempotency token for CodePipeline: {}",
                start.token
            );
            let mut state = self.state.borrow_mut();
            if !state.pipelines.contains_key(&start.pipeline) {
                return Err(no_pipeline(OPERATION, &start.pipeline));
            }
            let (refuses, declares_none) = (
                state.refusing.contains(&start.pipeline),
                state.without_variables.contains(&start.pipeline),
            );
            if refuses || (declares_none && !start.variables.is_empty()) {
                let (kind, code) = (PortErrorKind::Refused, "ValidationException");
                return Err(refusal(
                    OPERATION,
                    &start.pipeline,
                    kind,
                    code,
                    "the start is not valid",
                ));
            }
            let execution = format!("started-{}", start.token);
            let runs = state.pipelines.entry(start.pipeline.clone()).or_default();
            if runs.iter().all(|run| run.execution.id != execution) {
                runs.push(FakeRun {
                    execution: PipelineExecution {
                        id: execution.clone(),
                        status: "InProgress".to_owned(),
                        trigger_type: Some("StartPipelineExecution".to_owned()),
                        source_revisions: start.source_versions.clone(),
                        ..PipelineExecution::default()
                    },
                    actions: Vec::new(),
                });
                state.started.push(start);
            }
            Ok(execution)
        };
        self.wire.call(OPERATION, &pipeline, effect).await
    }

    async fn stop(&self, pipeline: &str, execution: &str, reason: &str) -> Result<(), PortError> {
        const OPERATION: &str = "codepipeline:StopPipelineExecution";
        let effect = || {
            let mut state = self.state.borrow_mut();
            let runs = state
                .pipelines
                .get_mut(pipeline)
                .ok_or_else(|| no_pipeline(OPERATION, pipeline))?;
            let run = runs
                .iter_mut()
                .find(|run| run.execution.id == execution && run.execution.status == "InProgress");
            let Some(run) = run else {
                let (kind, code) = (PortErrorKind::Conflict, "PipelineExecutionNotStoppableException");
                return Err(refusal(OPERATION, pipeline, kind, code, "the execution has ended"));
            };
            "Stopped".clone_into(&mut run.execution.status);
            run.execution.stop_reason = Some(reason.to_owned());
            for action in &mut run.actions {
                if action.status == "InProgress" {
                    "Abandoned".clone_into(&mut action.status);
                }
            }
            Ok(())
        };
        self.wire.call(OPERATION, pipeline, effect).await
    }

    async fn retry_failed_actions(&self, pipeline: &str, stage: &str, execution: &str) -> Result<(), PortError> {
        let effect = || {
            let retried = (pipeline.to_owned(), stage.to_owned(), execution.to_owned());
            self.state.borrow_mut().retried.push(retried);
            Ok(())
        };
        self.wire
            .call("codepipeline:RetryStageExecution", pipeline, effect)
            .await
    }
}
