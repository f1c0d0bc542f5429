//! Starts what an end leaves to be started.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::EndedRun;
use crate::domain::change_set::review::PIPELINE_FIELD;
use crate::domain::keys;
use crate::domain::pipelines::pipeline_name;
use crate::domain::sha256::Sha256;
use crate::domain::waiting::Waiting;
use crate::flows::FlowError;
use crate::flows::ports::{ControlPipelines, ReadObjects, ReadPipelines, ReadStacks, StartExecution, WriteObjects};

/// How many reviews of one run are looked at; a stage is not retried that often.
const MAX_ATTEMPTS: u32 = 200;

/// After how many failed runs in a row a pipeline is left alone.
const MOST_FAILED: usize = 3;

/// Starts a pipeline whose run was cancelled by a change of the pipeline itself, unless a newer run exists, or run after
/// run fails: then it is not the change.
pub(super) async fn cancelled(
    pipelines: &(impl ReadPipelines + ControlPipelines),
    run: &EndedRun,
) -> Result<(), FlowError> {
    let runs = pipelines.pipeline_executions(&run.pipeline, 3).await?;
    let keeps_failing = runs.len() == MOST_FAILED && runs.iter().all(|run| run.status == "Failed");
    if keeps_failing || runs.first().is_none_or(|newest| newest.id != run.execution) {
        return Ok(());
    }
    start(
        pipelines,
        &run.pipeline,
        &format!("cancelled {} {}", run.pipeline, run.execution),
    )
    .await
}

/// Starts the pipelines whose stack policy the run of the root pipeline changed: a policy reaches its stack by a run
/// alone, and no commit to the stack's own files will start one. Every other gate takes effect with the next run.
///
/// What changed is read from the review that was approved. A pipeline that the run made has started by itself.
pub(super) async fn changed_policies(
    pipelines: &impl ControlPipelines,
    evidence: &impl ReadObjects,
    prefix: &str,
    run: &EndedRun,
) -> Result<(), FlowError> {
    let mut approved = Reviewed::default();
    for attempt in 1..=MAX_ATTEMPTS {
        let key = keys::review(&run.pipeline, &run.execution, attempt, "review.json");
        let Some(review) = evidence.get(&key, None).await? else {
            break;
        };
        approved = serde_json::from_slice(&review.bytes)
            .map_err(|error| FlowError::job(format!("reading the review `{key}`: {error}")))?;
    }
    let is_new = |stack: &str| {
        let mut gates = approved.gates.iter();
        gates.any(|gate| gate.stack == stack && gate.field == PIPELINE_FIELD)
    };
    for gate in &approved.gates {
        if gate.field == "stack_policy" && !is_new(&gate.stack) {
            let pipeline = pipeline_name(prefix, &gate.stack);
            start(
                pipelines,
                &pipeline,
                &format!("stack policy {pipeline} {}", run.execution),
            )
            .await?;
        }
    }
    Ok(())
}

/// The part of a review that says how gates change.
#[derive(Default, Deserialize)]
struct Reviewed {
    #[serde(default)]
    gates: Vec<ReviewedGate>,
}

#[derive(Deserialize)]
struct ReviewedGate {
    stack: String,
    field: String,
}

/// Removes the note that an earlier run of this pipeline waits for an export: this one does not.
pub(super) async fn forget(evidence: &(impl ReadObjects + WriteObjects), run: &EndedRun) -> Result<(), FlowError> {
    let key = keys::waiting(&run.pipeline);
    let Some(note) = evidence.get(&key, None).await? else {
        return Ok(());
    };
    let waiting: Option<Waiting> = serde_json::from_slice(&note.bytes).ok();
    if waiting.is_none_or(|waiting| waiting.execution == run.execution) {
        evidence.delete(&key).await?;
    }
    Ok(())
}

/// Starts every pipeline whose last run waits for an export that exists by now.
pub(super) async fn what_waits_for_exports(
    pipelines: &(impl ReadPipelines + ControlPipelines),
    cloudformation: &impl ReadStacks,
    evidence: &(impl ReadObjects + WriteObjects),
) -> Result<(), FlowError> {
    let notes = evidence.list(keys::WAITING).await?;
    if notes.is_empty() {
        return Ok(());
    }
    let exports = cloudformation.exports().await?;
    let exported: BTreeSet<_> = exports.iter().map(|export| export.name.as_str()).collect();
    for (key, _) in notes {
        let Some(note) = evidence.get(&key, None).await? else {
            continue;
        };
        let waiting: Waiting = match serde_json::from_slice(&note.bytes) {
            Ok(waiting) => waiting,
            Err(error) => {
                tracing::error!(key, %error, "a note of a waiting run cannot be read; remove it and start its pipeline");
                continue;
            }
        };
        let runs = pipelines.pipeline_executions(&waiting.pipeline, 1).await?;
        match runs.first() {
            // A newer run planned since, or is about to: it leaves its own note when it must.
            Some(newest) if newest.id != waiting.execution => evidence.delete(&key).await?,
            None => evidence.delete(&key).await?,
            Some(newest) if newest.status == "InProgress" => {}
            Some(_) if exported.contains(waiting.export.as_str()) => {
                let cause = format!("export {} {} {}", waiting.pipeline, waiting.execution, waiting.export);
                start(pipelines, &waiting.pipeline, &cause).await?;
                evidence.delete(&key).await?;
                tracing::info!(
                    pipeline = waiting.pipeline,
                    export = waiting.export,
                    "started what waited for an export"
                );
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Starts a pipeline with its current sources, once for each cause.
async fn start(pipelines: &impl ControlPipelines, pipeline: &str, cause: &str) -> Result<(), FlowError> {
    let start = StartExecution {
        pipeline: pipeline.to_owned(),
        source_versions: BTreeMap::new(),
        variables: BTreeMap::new(),
        token: Sha256::of(cause).to_string(),
    };
    match pipelines.start(start).await {
        Ok(execution) => {
            tracing::info!(pipeline, execution, "started a pipeline again");
            Ok(())
        }
        // It was removed meanwhile.
        Err(error) if error.is_not_found() => Ok(()),
        Err(error) => Err(error.into()),
    }
}
