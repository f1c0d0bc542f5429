//! Starting, stopping and retrying runs.

use std::collections::BTreeMap;

use super::Engine;
use super::effects::Variables;
use super::events;
use super::state::{ActionStatus, Awaits, Pipeline, Position, Run, RunStatus, StageStatus, Trigger};
use super::world::World;
use crate::codepipeline::declaration::{ActionKind, Declaration};
use crate::codepipeline::error::ApiError;

/// A run that somebody wants to start.
#[derive(Debug, Clone, Default)]
pub struct Start {
    /// Values of pipeline variables.
    pub variables: Variables,
    /// Source revisions: action, type, value.
    pub revisions: Vec<(String, String, String)>,
    /// Idempotency token.
    pub token: Option<String>,
    /// ARN of who starts it.
    pub by: Option<String>,
}

/// Which actions of a stage run again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryMode {
    /// Those that failed or were abandoned.
    FailedActions,
    /// All.
    AllActions,
}

impl Engine {
    /// Starts a run and tells its id. A token that was used before gives the run that it started.
    ///
    /// # Errors
    ///
    /// `PipelineNotFoundException`, `ValidationException`.
    pub fn start(&mut self, name: &str, start: Start) -> Result<String, ApiError> {
        let (world, pipeline) = self.existing(name)?;
        if let Some(known) = start.token.as_ref().and_then(|token| pipeline.start_tokens.get(token)) {
            return Ok(known.clone());
        }
        let variables = variables(&pipeline.declaration, start.variables)?;
        let pins = pins(&pipeline.declaration, &start.revisions)?;
        let trigger = Trigger {
            kind: "StartPipelineExecution",
            detail: start.by,
        };
        let id = pipeline.start_run(world, trigger, variables, pins);
        if let Some(token) = start.token {
            pipeline.start_tokens.insert(token, id.clone());
        }
        Ok(id)
    }

    /// Stops a run.
    ///
    /// # Errors
    ///
    /// `PipelineNotFoundException`, `PipelineExecutionNotStoppableException`, `DuplicatedStopRequestException`.
    pub fn stop(&mut self, name: &str, run: &str, abandon: bool, reason: Option<String>) -> Result<(), ApiError> {
        let (world, pipeline) = self.existing(name)?;
        let index = pipeline
            .run_index(run)
            .filter(|index| pipeline.runs[*index].in_flight())
            .ok_or_else(|| {
                ApiError::new(
                    "PipelineExecutionNotStoppableException",
                    format!("Unable to stop the pipeline execution '{run}': it is not in progress"),
                )
            })?;
        if pipeline.runs[index].stopped && !abandon {
            return Err(ApiError::new(
                "DuplicatedStopRequestException",
                format!(
                    "Pipeline execution '{run}' is already in a Stopping state; you can choose to stop and abandon now"
                ),
            ));
        }
        pipeline.stop(world, index, abandon, reason);
        Ok(())
    }

    /// Runs actions of a stage again, in the same run.
    ///
    /// # Errors
    ///
    /// `PipelineNotFoundException`, `StageNotFoundException`, `NotLatestPipelineExecutionException`,
    /// `StageNotRetryableException`.
    pub fn retry(&mut self, name: &str, stage: &str, run: &str, mode: RetryMode) -> Result<(), ApiError> {
        let (world, pipeline) = self.existing(name)?;
        let Some(position) = pipeline.declaration.stage_index(stage) else {
            return Err(ApiError::no_stage(name, stage));
        };
        let index = pipeline.latest_of(name, stage, run)?;
        let refused = |why: &str| {
            Err(ApiError::new(
                "StageNotRetryableException",
                format!("Unable to retry stage '{stage}': {why}"),
            ))
        };
        let entry = &pipeline.runs[index];
        if entry.declaration.version != pipeline.declaration.version {
            return refused("the pipeline structure changed since the run started");
        }
        let retryable = |status: ActionStatus| matches!(status, ActionStatus::Failed | ActionStatus::Abandoned);
        let any_failed = (0..entry.stage(position).actions.len()).any(|action| {
            entry
                .latest_of(position, action)
                .is_some_and(|found| retryable(found.status))
        });
        let ended = entry.position == Position::Ended;
        match entry.stage_run(position).map(|found| found.status) {
            Some(StageStatus::Failed | StageStatus::Stopped) if ended => {}
            Some(StageStatus::InProgress) if any_failed && mode == RetryMode::FailedActions && !entry.stopped => {}
            Some(StageStatus::Skipped) => return refused("a stage that was skipped cannot be retried"),
            _ => return refused("the stage contains no failed actions, or the run goes on elsewhere"),
        }
        pipeline.resume(world, index, position, mode);
        Ok(())
    }

    /// Lets a run into a stage whose entry condition failed it.
    ///
    /// # Errors
    ///
    /// `PipelineNotFoundException`, `StageNotFoundException`, `NotLatestPipelineExecutionException`,
    /// `ConditionNotOverridableException`.
    pub fn override_entry(&mut self, name: &str, stage: &str, run: &str) -> Result<(), ApiError> {
        let (world, pipeline) = self.existing(name)?;
        let Some(position) = pipeline.declaration.stage_index(stage) else {
            return Err(ApiError::no_stage(name, stage));
        };
        let index = pipeline.latest_of(name, stage, run)?;
        let entry = &pipeline.runs[index];
        let failed_at_entry = entry.position == Position::Ended
            && entry.declaration.version == pipeline.declaration.version
            && entry.stage_run(position).is_some_and(|found| {
                found.status == StageStatus::Failed
                    && entry.actions.len() == found.since
                    && found.entry.iter().any(|rule| !rule.holds)
            });
        if !failed_at_entry {
            return Err(ApiError::new(
                "ConditionNotOverridableException",
                format!(
                    "Unable to override: no entry condition with result FAIL keeps the run out of stage '{stage}'; one with result SKIP cannot be overridden"
                ),
            ));
        }
        if let Some(found) = pipeline.runs[index].stage_run_mut(position) {
            found.overridden = true;
        }
        pipeline.reopen(world, index, position);
        pipeline.advance(world, index);
        Ok(())
    }
}

impl Pipeline {
    /// The position of a run, which must be the latest one of a stage.
    fn latest_of(&self, name: &str, stage: &str, run: &str) -> Result<usize, ApiError> {
        let latest = self.slots.get(stage).and_then(|slot| slot.latest);
        self.run_index(run)
            .filter(|index| Some(*index) == latest)
            .ok_or_else(|| {
                ApiError::new(
                    "NotLatestPipelineExecutionException",
                    format!("Pipeline execution '{run}' is not the latest one of stage '{stage}' of pipeline '{name}'"),
                )
            })
    }

    /// Takes a stage's lock again, for a run that ended in it or still is there.
    fn reopen(&mut self, world: &mut World, run: usize, stage: usize) {
        let name = self.runs[run].stage(stage).name.clone();
        let entry = &mut self.runs[run];
        let was_inside = entry.position == Position::Inside(stage);
        entry.status = RunStatus::InProgress;
        entry.summary = None;
        entry.stopped = false;
        entry.stop_reason = None;
        entry.position = Position::Inside(stage);
        entry.updated = world.now;
        if let Some(stage_run) = entry.stage_run_mut(stage) {
            stage_run.status = StageStatus::InProgress;
        }
        let slot = self.slot(&name);
        slot.occupant = Some(run);
        slot.latest = Some(run);
        if !was_inside {
            self.runs[run].attempt += 1;
            events::run(world, self, run, "RESUMED");
            events::stage(world, self, run, stage, "RESUMED");
        }
    }

    /// Begins a run at the first stage.
    pub(super) fn start_run(
        &mut self,
        world: &mut World,
        trigger: Trigger,
        variables: Variables,
        pins: BTreeMap<String, String>,
    ) -> String {
        let id = world.id();
        self.runs.push(Run {
            id: id.clone(),
            declaration: self.declaration.clone(),
            status: RunStatus::InProgress,
            summary: None,
            started: world.now,
            updated: world.now,
            trigger,
            stop_reason: None,
            stopped: false,
            cancelled: false,
            attempt: 1,
            variables,
            pins,
            position: Position::Waiting(0),
            stages: Vec::new(),
            actions: Vec::new(),
            artifacts: BTreeMap::new(),
            namespaces: BTreeMap::new(),
        });
        let run = self.runs.len() - 1;
        events::run(world, self, run, "STARTED");
        self.arrive(world, run, 0);
        id
    }

    fn stop(&mut self, world: &mut World, run: usize, abandon: bool, reason: Option<String>) {
        let entry = &mut self.runs[run];
        let first = !entry.stopped;
        entry.stopped = true;
        entry.status = RunStatus::Stopping;
        entry.stop_reason = reason.or(entry.stop_reason.take());
        entry.updated = world.now;
        let position = entry.position;
        if first {
            events::run(world, self, run, "STOPPING");
        }
        match position {
            Position::Ended => {}
            Position::Waiting(stage) => {
                let name = self.runs[run].stage(stage).name.clone();
                self.slot(&name).waiting = None;
                self.end_run(world, run, RunStatus::Stopped);
            }
            Position::Inside(stage) => {
                if let Some(stage_run) = self.runs[run].stage_run_mut(stage) {
                    stage_run.status = StageStatus::Stopping;
                }
                if first {
                    events::stage(world, self, run, stage, "STOPPING");
                }
                if abandon {
                    for index in self.runs[run].under_way() {
                        self.abandon_action(world, run, index);
                    }
                }
                self.advance(world, run);
            }
        }
    }

    fn resume(&mut self, world: &mut World, run: usize, stage: usize, mode: RetryMode) {
        let entry = &mut self.runs[run];
        let started = entry.actions.len();
        let ran_before = entry
            .stage_run(stage)
            .is_some_and(|found| entry.actions.len() > found.since);
        if let Some(stage_run) = entry.stage_run_mut(stage) {
            stage_run.retries += 1;
            if mode == RetryMode::AllActions {
                stage_run.since = started;
            }
        }
        self.reopen(world, run, stage);
        if !ran_before {
            // Nothing of the stage ran: it was refused at its entry, or stopped there.
            self.pass_entry(world, run, stage);
            return;
        }
        let again: Vec<usize> = (0..self.runs[run].stage(stage).actions.len())
            .filter(|action| {
                self.runs[run].latest_of(stage, *action).is_some_and(|found| {
                    found.awaits == Awaits::Nothing
                        && matches!(found.status, ActionStatus::Failed | ActionStatus::Abandoned)
                })
            })
            .collect();
        for action in again {
            self.begin_action(world, run, stage, action);
        }
        self.advance(world, run);
    }
}

/// The values that variables have when nobody sets them.
pub(super) fn defaults(declaration: &Declaration) -> Variables {
    declaration
        .variables
        .iter()
        .filter_map(|variable| Some((variable.name.clone(), variable.default_value.clone()?)))
        .collect()
}

fn variables(declaration: &Declaration, given: Variables) -> Result<Variables, ApiError> {
    let mut values = defaults(declaration);
    for (name, value) in given {
        if !declaration.variables.iter().any(|variable| variable.name == name) {
            return Err(ApiError::validation(format!(
                "Pipeline '{}' does not declare a variable with name '{name}'",
                declaration.name
            )));
        }
        values.insert(name, value);
    }
    match declaration
        .variables
        .iter()
        .find(|variable| !values.contains_key(&variable.name))
    {
        Some(missing) => Err(ApiError::validation(format!(
            "Pipeline '{}' declares variable '{}' without a default value; give one",
            declaration.name, missing.name
        ))),
        None => Ok(values),
    }
}

fn pins(
    declaration: &Declaration,
    revisions: &[(String, String, String)],
) -> Result<BTreeMap<String, String>, ApiError> {
    let mut pins = BTreeMap::new();
    if !revisions.is_empty() && !declaration.is_v2() {
        return Err(ApiError::validation(format!(
            "Pipeline '{}' is of type V1; source revisions can be overridden in a pipeline of type V2 only",
            declaration.name
        )));
    }
    for (action, kind, value) in revisions {
        let declared = declaration
            .stages
            .iter()
            .flat_map(|stage| &stage.actions)
            .find(|found| found.name == *action);
        if declared.and_then(super::super::declaration::Action::kind) != Some(ActionKind::S3Source) {
            return Err(ApiError::validation(format!(
                "Pipeline '{}' does not have an S3 source action with name '{action}'",
                declaration.name
            )));
        }
        if kind != "S3_OBJECT_VERSION_ID" {
            return Err(ApiError::not_emulated(&format!("the source revision type {kind}")));
        }
        if pins.insert(action.clone(), value.clone()).is_some() {
            return Err(ApiError::validation(format!(
                "Source action '{action}' has more than one source revision"
            )));
        }
    }
    Ok(pins)
}
