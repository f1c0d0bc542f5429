//! Starts what an end leaves to be started.

use std::collections::{BTreeMap, BTreeSet};

use super::EndedRun;
use crate::domain::keys;
use crate::domain::sha256::Sha256;
use crate::domain::waiting::Waiting;
use crate::flows::FlowError;
use crate::flows::ports::{ControlPipelines, ReadObjects, ReadPipelines, ReadStacks, StartExecution, WriteObjects};

/// Starts a pipeline whose run was cancelled by a change of the pipeline itself, unless a newer run exists.
pub(super) async fn cancelled(
    pipelines: &(impl ReadPipelines + ControlPipelines),
    run: &EndedRun,
) -> Result<(), FlowError> {
    let runs = pipelines.pipeline_executions(&run.pipeline, 1).await?;
    if runs.first().is_none_or(|newest| newest.id != run.execution) {
        return Ok(());
    }
    start(
        pipelines,
        &run.pipeline,
        &format!("cancelled {} {}", run.pipeline, run.execution),
    )
    .await
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
