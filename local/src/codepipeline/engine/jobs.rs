//! Jobs: what an invoke action delivers to a function, and what the function reports.
//!
//! Event: <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Lambda.html>

use serde_json::{Value, json};

use super::Engine;
use super::actions::Success;
use super::effects::{Artifact, Deadline, Effect, Failure, Invocation, Variables};
use super::state::{Awaits, Pipeline, Revision};
use super::world::{JobRecord, World};
use crate::codepipeline::error::ApiError;
use crate::codepipeline::rough::Moods;

/// Bytes of all output variables of one action together:
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html>.
const OUTPUT_VARIABLES_LIMIT: usize = 122_880;

/// What a function reports when it did its work, or wants to be called again.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Asks for another job.
    pub continuation: Option<String>,
    /// Output variables.
    pub variables: Variables,
    /// One line.
    pub summary: Option<String>,
    /// What the function calls its work elsewhere.
    pub external_id: Option<String>,
    /// Progress, 0 to 100.
    pub percent: Option<u8>,
    /// Revision that the action worked on.
    pub revision: Option<Revision>,
}

impl Pipeline {
    pub(super) fn begin_invoke(&mut self, world: &mut World, run: usize, index: usize) {
        let deadline = Deadline::Lifetime {
            pipeline: self.declaration.name.clone(),
            action_execution: self.runs[run].actions[index].id.clone(),
        };
        world.due_in(world.pace.lifetime, deadline);
        self.deliver_job(world, run, index, None);
    }

    /// Makes a job and asks for its delivery.
    pub(super) fn deliver_job(&mut self, world: &mut World, run: usize, index: usize, continuation: Option<&str>) {
        let job = world.id();
        let owner = &self.runs[run];
        let entry = &owner.actions[index];
        let declared = owner.action(entry);
        world.jobs.insert(
            job.clone(),
            JobRecord {
                pipeline: owner.declaration.name.clone(),
                action_execution: entry.id.clone(),
                open: true,
            },
        );
        world.due_in(world.pace.reply, Deadline::Reply { job: job.clone() });
        let mut deliveries = 1;
        if world.duplicates > 0 {
            world.duplicates -= 1;
            deliveries = 2;
        } else if world.rough.as_mut().is_some_and(Moods::delivers_twice) {
            deliveries = 2;
        }
        let invocation = Invocation {
            job: job.clone(),
            role: declared
                .role_arn
                .clone()
                .unwrap_or_else(|| owner.declaration.role_arn.clone()),
            function: entry.resolved.get("FunctionName").cloned().unwrap_or_default(),
            artifact_bucket: owner.declaration.artifact_bucket().to_owned(),
            event: event(world, owner, index, &job, continuation),
            deliveries,
        };
        world.ask(Effect::Invoke(Box::new(invocation)));
        self.runs[run].actions[index].awaits = Awaits::Job { id: job };
    }
}

fn event(world: &World, owner: &super::state::Run, index: usize, job: &str, continuation: Option<&str>) -> Value {
    let entry = &owner.actions[index];
    let artifact = |artifact: &Artifact| {
        json!({
            "name": artifact.name,
            "revision": artifact.revision,
            "location": {
                "type": "S3",
                "s3Location": { "bucketName": artifact.bucket, "objectKey": artifact.key },
            },
        })
    };
    let mut data = json!({
        "actionConfiguration": { "configuration": entry.resolved },
        "inputArtifacts": entry.inputs.iter().map(artifact).collect::<Vec<_>>(),
        "outputArtifacts": entry.outputs.iter().map(artifact).collect::<Vec<_>>(),
    });
    if let Some(token) = continuation {
        data["continuationToken"] = json!(token);
    }
    if let Some(key) = owner
        .declaration
        .artifact_store
        .as_ref()
        .and_then(|store| store.encryption_key.as_ref())
    {
        data["encryptionKey"] = json!({ "id": key.id, "type": key.kind });
    }
    json!({ "CodePipeline.job": { "id": job, "accountId": world.account, "data": data } })
}

impl Engine {
    /// A function reports success, or asks to be called again.
    ///
    /// # Errors
    ///
    /// `JobNotFoundException`, `InvalidJobStateException`, `ValidationException`,
    /// `OutputVariablesSizeExceededException`.
    pub fn job_succeeded(&mut self, job: &str, report: Report) -> Result<(), ApiError> {
        let (pipeline, run, index) = self.open_job(job)?;
        if report.continuation.is_some() && !report.variables.is_empty() {
            return Err(ApiError::validation(
                "Output variables can only be given when there is no continuation token on the request",
            ));
        }
        let size: usize = report
            .variables
            .iter()
            .map(|(key, value)| key.len() + value.len())
            .sum();
        if size > OUTPUT_VARIABLES_LIMIT {
            return Err(ApiError::new(
                "OutputVariablesSizeExceededException",
                format!(
                    "The output variables have {size} bytes; all of an action together may have {OUTPUT_VARIABLES_LIMIT}"
                ),
            ));
        }
        let (world, pipeline) = self.parts(&pipeline);
        close(world, job);
        let Some(token) = report.continuation else {
            let success = Success {
                variables: report.variables,
                summary: report.summary,
                external_id: report.external_id,
                revision: report.revision,
                updated_by: None,
            };
            pipeline.complete_action(world, run, index, success);
            return Ok(());
        };
        let cancelled = pipeline.runs[run].cancelled;
        let entry = &mut pipeline.runs[run].actions[index];
        entry.updated = world.now;
        entry.summary = report.summary.or(entry.summary.take());
        entry.external_id = report.external_id.or(entry.external_id.take());
        entry.percent = report.percent.or(entry.percent);
        entry.awaits = Awaits::Turn { token };
        if cancelled {
            // The run is being given up: what asks to be called again is not.
            pipeline.abandon_action(world, run, index);
            pipeline.advance(world, run);
        } else {
            let deadline = Deadline::Continue {
                pipeline: pipeline.declaration.name.clone(),
                action_execution: pipeline.runs[run].actions[index].id.clone(),
            };
            world.due_in(world.pace.continuation, deadline);
        }
        Ok(())
    }

    /// A function reports failure.
    ///
    /// # Errors
    ///
    /// `JobNotFoundException`, `InvalidJobStateException`.
    pub fn job_failed(&mut self, job: &str, failure: &Failure, external_id: Option<String>) -> Result<(), ApiError> {
        let (pipeline, run, index) = self.open_job(job)?;
        let (world, pipeline) = self.parts(&pipeline);
        close(world, job);
        if external_id.is_some() {
            pipeline.runs[run].actions[index].external_id = external_id;
        }
        pipeline.fail_action(world, run, index, failure);
        Ok(())
    }

    /// A job could not be delivered.
    pub fn delivered(&mut self, job: &str, outcome: Result<(), Failure>) {
        if let Err(failure) = outcome {
            // A job that was answered or given up meanwhile needs no failure.
            let _ = self.job_failed(job, &failure, None);
        }
    }

    fn open_job(&self, job: &str) -> Result<(String, usize, usize), ApiError> {
        let record = self
            .world
            .jobs
            .get(job)
            .ok_or_else(|| ApiError::new("JobNotFoundException", format!("Job '{job}' cannot be found")))?;
        if !record.open {
            return Err(ApiError::new(
                "InvalidJobStateException",
                format!("Job '{job}' is not in progress: it was answered, timed out, or its action was abandoned"),
            ));
        }
        let (run, index) = self
            .pipelines
            .get(&record.pipeline)
            .and_then(|pipeline| pipeline.find_action(&record.action_execution))
            .ok_or_else(|| ApiError::new("JobNotFoundException", format!("Job '{job}' cannot be found")))?;
        Ok((record.pipeline.clone(), run, index))
    }
}

pub(super) fn close(world: &mut World, job: &str) {
    if let Some(record) = world.jobs.get_mut(job) {
        record.open = false;
    }
}
