//! The release engine: what happens to runs, stages, actions and jobs.
//!
//! It decides and does no I/O: requests and what the outside tells change its state, and what it wants done outside
//! comes out of [`Engine::take_effects`]. Time is given to it; [`Engine::next_due`] says when it wants to be called.

pub mod actions;
pub mod approvals;
pub mod conditions;
pub mod control;
pub mod effects;
pub mod events;
pub mod jobs;
pub mod stages;
pub mod state;
#[cfg(test)]
mod tests;
pub mod variables;
pub mod world;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use self::effects::{Deadline, Effect, Failure, Fetched};
use self::state::{Awaits, Pipeline, Position, RunStatus, Trigger};
use self::world::{Ids, Pace, World};
use super::declaration::Declaration;
use super::error::ApiError;

/// All pipelines of one account in one region.
pub struct Engine {
    /// What every part shares.
    pub world: World,
    /// Pipelines by name.
    pub pipelines: BTreeMap<String, Pipeline>,
}

impl Engine {
    /// An engine without pipelines.
    pub fn new(account: &str, region: &str, pace: Pace, ids: Box<dyn Ids>) -> Self {
        Self {
            world: World::new(account, region, pace, ids),
            pipelines: BTreeMap::new(),
        }
    }

    /// Sets the time of what is handled next. Time never runs backwards.
    pub fn at(&mut self, now: Timestamp) -> &mut Self {
        self.world.now = self.world.now.max(now);
        self
    }

    /// What is wanted of the outside since the last call, in order.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.world.effects)
    }

    /// When something is due next.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.world.deadlines.first().map(|(at, _)| *at)
    }

    /// Handles everything that is due by now.
    pub fn tick(&mut self) {
        while let Some((at, deadline)) = self.world.deadlines.first().cloned() {
            if at > self.world.now {
                return;
            }
            self.world.deadlines.remove(&(at, deadline.clone()));
            self.expire(deadline);
        }
    }

    fn expire(&mut self, deadline: Deadline) {
        match deadline {
            Deadline::Continue {
                pipeline,
                action_execution,
            } => {
                let Some((world, pipeline, run, index)) = self.action(&pipeline, &action_execution) else {
                    return;
                };
                if let Awaits::Turn { token } = pipeline.runs[run].actions[index].awaits.clone() {
                    pipeline.deliver_job(world, run, index, Some(&token));
                }
            }
            Deadline::Reply { job } => {
                let limit = self.world.pace.reply;
                let words = format!("the function did not report a result of job {job} within {limit:?}");
                // A job that was answered or given up meanwhile is not failed.
                let _ = self.job_failed(&job, &Failure::new("JobFailed", words), None);
            }
            Deadline::Lifetime {
                pipeline,
                action_execution,
            } => {
                let limit = self.world.pace.lifetime;
                let Some((world, pipeline, run, index)) = self.action(&pipeline, &action_execution) else {
                    return;
                };
                match pipeline.runs[run].actions[index].awaits.clone() {
                    Awaits::Job { id } => jobs::close(world, &id),
                    Awaits::Turn { .. } => {}
                    Awaits::Source | Awaits::Approval { .. } | Awaits::Nothing => return,
                }
                let words = format!("the action did not succeed within {limit:?}");
                pipeline.fail_action(world, run, index, &Failure::new("JobFailed", words));
            }
            Deadline::Approval {
                pipeline,
                action_execution,
            } => self.approval_expired(&pipeline, &action_execution),
        }
    }

    /// A source object was copied, or could not be.
    pub fn source_fetched(&mut self, pipeline: &str, action_execution: &str, found: Result<Fetched, Failure>) {
        if let Some((world, pipeline, run, index)) = self.action(pipeline, action_execution) {
            pipeline.source_fetched(world, run, index, found);
        }
    }

    /// Creates a pipeline and starts its first run. The declaration must be valid.
    ///
    /// # Errors
    ///
    /// `PipelineNameInUseException`.
    pub fn create(
        &mut self,
        mut declaration: Declaration,
        tags: BTreeMap<String, String>,
        by: Option<String>,
    ) -> Result<&Pipeline, ApiError> {
        let name = declaration.name.clone();
        if self.pipelines.contains_key(&name) {
            return Err(ApiError::new(
                "PipelineNameInUseException",
                format!(
                    "A pipeline with the name '{name}' already exists in account '{}'",
                    self.world.account
                ),
            ));
        }
        declaration.version = Some(1);
        let declaration = Arc::new(declaration);
        let now = self.world.now;
        let pipeline = Pipeline {
            versions: vec![declaration.clone()],
            declaration,
            arn: self.world.pipeline_arn(&name),
            created: now,
            updated: now,
            tags,
            runs: Vec::new(),
            slots: BTreeMap::new(),
            start_tokens: BTreeMap::new(),
        };
        self.pipelines.insert(name.clone(), pipeline);
        let trigger = Trigger {
            kind: "CreatePipeline",
            detail: by,
        };
        let (world, pipeline) = self.parts(&name);
        let defaults = control::defaults(&pipeline.declaration);
        pipeline.start_run(world, trigger, defaults, BTreeMap::new());
        Ok(&self.pipelines[&name])
    }

    /// Puts another declaration in force. Runs in flight finish what runs and are cancelled.
    ///
    /// # Errors
    ///
    /// `PipelineNotFoundException`.
    pub fn update(&mut self, mut declaration: Declaration) -> Result<&Pipeline, ApiError> {
        let name = declaration.name.clone();
        let (world, pipeline) = self.existing(&name)?;
        declaration.version = Some(pipeline.version() + 1);
        let declaration = Arc::new(declaration);
        pipeline.versions.push(declaration.clone());
        pipeline.declaration = declaration;
        pipeline.updated = world.now;
        for run in 0..pipeline.runs.len() {
            pipeline.cancel(world, run);
        }
        Ok(&self.pipelines[&name])
    }

    /// What CloudFormation asks for: tags alone leave the runs alone, and a run starts only where the template says so.
    ///
    /// # Errors
    ///
    /// `PipelineNotFoundException`.
    pub fn update_resource(
        &mut self,
        declaration: Declaration,
        tags: BTreeMap<String, String>,
        restart: bool,
    ) -> Result<&Pipeline, ApiError> {
        let name = declaration.name.clone();
        let (_, pipeline) = self.existing(&name)?;
        pipeline.tags = tags;
        let present = Declaration {
            version: None,
            ..(*pipeline.declaration).clone()
        };
        if present
            != (Declaration {
                version: None,
                ..declaration.clone()
            })
        {
            self.update(declaration)?;
            if restart {
                self.start(&name, control::Start::default())?;
            }
        }
        Ok(&self.pipelines[&name])
    }

    /// Removes a pipeline with its history; its jobs are not known any more. A pipeline that is gone already is no
    /// error, as `DeletePipeline` has none for it.
    pub fn delete(&mut self, name: &str) {
        if self.pipelines.remove(name).is_some() {
            self.world.jobs.retain(|_, job| job.pipeline != name);
        }
    }

    /// A pipeline.
    ///
    /// # Errors
    ///
    /// `PipelineNotFoundException`.
    pub fn pipeline(&self, name: &str) -> Result<&Pipeline, ApiError> {
        self.pipelines
            .get(name)
            .ok_or_else(|| ApiError::no_pipeline(&self.world.account, name))
    }

    pub(super) fn existing(&mut self, name: &str) -> Result<(&mut World, &mut Pipeline), ApiError> {
        if !self.pipelines.contains_key(name) {
            return Err(ApiError::no_pipeline(&self.world.account, name));
        }
        Ok(self.parts(name))
    }

    /// The shared part and a pipeline that is known to exist.
    fn parts(&mut self, name: &str) -> (&mut World, &mut Pipeline) {
        #[expect(clippy::expect_used, reason = "every caller looked the pipeline up before")]
        let pipeline = self.pipelines.get_mut(name).expect("the pipeline exists");
        (&mut self.world, pipeline)
    }

    fn action(&mut self, name: &str, action_execution: &str) -> Option<(&mut World, &mut Pipeline, usize, usize)> {
        let (run, index) = self.pipelines.get(name)?.find_action(action_execution)?;
        let (world, pipeline) = self.parts(name);
        Some((world, pipeline, run, index))
    }
}

impl Pipeline {
    /// The pipeline was updated: the run does not go on.
    ///
    /// "When you update a pipeline, CodePipeline gracefully completes all the running actions and then fails the
    /// stages and pipeline executions": <https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-edit.html>.
    /// An approval cannot be completed by waiting; it is given up at once.
    fn cancel(&mut self, world: &mut World, run: usize) {
        match self.runs[run].position {
            Position::Ended => {}
            Position::Waiting(stage) => {
                let name = self.runs[run].stage(stage).name.clone();
                self.slot(&name).waiting = None;
                self.runs[run].summary = Some(UPDATED.to_owned());
                self.end_run(world, run, RunStatus::Cancelled);
            }
            Position::Inside(_) => {
                self.runs[run].cancelled = true;
                self.runs[run].summary = Some(UPDATED.to_owned());
                for index in self.runs[run].under_way() {
                    if matches!(
                        self.runs[run].actions[index].awaits,
                        Awaits::Approval { .. } | Awaits::Turn { .. }
                    ) {
                        self.abandon_action(world, run, index);
                    }
                }
                self.advance(world, run);
            }
        }
    }
}

const UPDATED: &str = "The pipeline's definition was updated before the pipeline execution could be completed";
