//! A newer run takes the stack from an older one that only waits.
//!
//! One object decides, the claim of the older run: the guard writes `executing` there before it executes, the newer
//! run writes `superseded` before it stops the older one. Who comes second does nothing.

use crate::domain::claim::Claim;
use crate::domain::keys;
use crate::flows::FlowError;
use crate::flows::ports::{
    ControlPipelines, NewObject, PipelineExecution, PortErrorKind, ReadObjects, WriteCondition, WriteObjects,
};
use crate::flows::prove_job::ProvenJob;

/// Stops every older run that only waits. `runs` are the pipeline's latest, newest first. Tells what to wait for when
/// one of them executes.
pub(super) async fn supersede(
    pipelines: &impl ControlPipelines,
    evidence: &(impl ReadObjects + WriteObjects),
    proven: &ProvenJob,
    runs: &[PipelineExecution],
) -> Result<Option<String>, FlowError> {
    if let Some(Claim::Superseded { by }) = claim_of(evidence, &proven.pipeline, &proven.execution).await? {
        return Err(FlowError::job(format!(
            "this run was superseded by run {by} and never executes; look at that one"
        )));
    }
    let older = runs.iter().skip_while(|run| run.id != proven.execution).skip(1);
    let open = older.filter(|run| matches!(run.status.as_str(), "InProgress" | "Stopping"));
    for run in open {
        match claim(evidence, proven, run).await? {
            Claim::Executing => {
                return Ok(Some(format!("run {} of this pipeline executes its change set", run.id)));
            }
            Claim::Superseded { .. } => {
                let reason = format!("superseded by run {}", proven.execution);
                match pipelines.stop(&proven.pipeline, &run.id, &reason).await {
                    Ok(()) => tracing::info!(superseded = run.id, "stopped an older run that waited"),
                    // It ended meanwhile, or is being stopped already.
                    Err(error) if error.kind == PortErrorKind::Conflict => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }
    Ok(None)
}

/// Claims an older run, or tells who claimed it before.
async fn claim(
    evidence: &(impl ReadObjects + WriteObjects),
    proven: &ProvenJob,
    run: &PipelineExecution,
) -> Result<Claim, FlowError> {
    let claim = Claim::Superseded {
        by: proven.execution.clone(),
    };
    let bytes = serde_json::to_vec(&claim).map_err(|error| FlowError::job(format!("writing a claim: {error}")))?;
    let object = NewObject {
        key: keys::claim(&proven.pipeline, &run.id),
        bytes,
        content_type: "application/json",
        metadata: std::collections::BTreeMap::new(),
        condition: WriteCondition::Absent,
    };
    match evidence.put(object).await {
        Ok(_) => Ok(claim),
        Err(error) if error.kind == PortErrorKind::Conflict => {
            let held = claim_of(evidence, &proven.pipeline, &run.id).await?;
            // Whoever won may have been tidied up since; the next delivery looks again.
            held.ok_or_else(|| FlowError::NotYet(format!("the claim of run {} is being written", run.id)))
        }
        Err(error) => Err(error.into()),
    }
}

/// The claim of a run; `None` when there is none. A claim that cannot be read counts for the one that forbids most.
async fn claim_of(evidence: &impl ReadObjects, pipeline: &str, execution: &str) -> Result<Option<Claim>, FlowError> {
    let key = keys::claim(pipeline, execution);
    let Some(object) = evidence.get(&key, None).await? else {
        return Ok(None);
    };
    let claim = serde_json::from_slice(&object.bytes)
        .map_err(|error| FlowError::job(format!("reading the claim `{key}`: {error}; find out who wrote it")))?;
    Ok(Some(claim))
}
