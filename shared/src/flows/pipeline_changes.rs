//! What a new template of the pipelines would change, and which runs it would cancel: read for the root pipeline's
//! plan, review and guard.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::FlowError;
use super::ports::{PortError, ReadObjects, ReadPipelines, ReadStacks, TemplateOf, TemplateStage};
use crate::domain::gate::Gate;
use crate::domain::keys;
use crate::domain::pipelines::{DeployedPipeline, Doing, PipelinesPlan, RunInFlight, deployed};
use crate::domain::sha256::Sha256;

/// How many objects or pipelines are asked for at the same time.
const CONCURRENCY: usize = 16;
/// How many pipelines' histories are read at the same time; CodePipeline answers fewer requests a second than S3.
const HISTORIES: usize = 4;
/// States of a stack in which it has no pipelines, whatever its template says.
const EMPTY_STATES: &[&str] = &["REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "DELETE_COMPLETE"];

/// Compares the template in force with `template`, the one that was rendered. Gate documents that the caller has
/// read and checked already are `known`, by their hashes.
///
/// # Errors
///
/// When CloudFormation or S3 do not answer, or one of the templates is none of Changegate's.
pub async fn pipeline_changes(
    stacks: &impl ReadStacks,
    source: &impl ReadObjects,
    pipelines_stack: &str,
    template: &str,
    known: BTreeMap<Sha256, Gate>,
) -> Result<PipelinesPlan, FlowError> {
    let before = pipelines_in_force(stacks, pipelines_stack).await?;
    let after = deployed(template)
        .map_err(|error| FlowError::job(format!("reading the rendered template of the pipelines: {error}")))?;
    let hashes = before.iter().chain(&after).map(|pipeline| pipeline.gate);
    let unknown: BTreeSet<Sha256> = hashes.filter(|hash| !known.contains_key(hash)).collect();
    let mut gates = gates(source, unknown).await?;
    gates.extend(known);
    Ok(PipelinesPlan::between(&before, &after, &gates))
}

/// The pipelines that the stack has now; none before it exists.
///
/// # Errors
///
/// When CloudFormation does not answer, or the stack has a template of somebody else.
pub async fn pipelines_in_force(
    stacks: &impl ReadStacks,
    pipelines_stack: &str,
) -> Result<Vec<DeployedPipeline>, FlowError> {
    let stack = stacks.stack(pipelines_stack).await?;
    if stack.is_none_or(|stack| EMPTY_STATES.contains(&stack.status.as_str())) {
        return Ok(Vec::new());
    }
    let template = stacks
        .template(TemplateOf::Stack(pipelines_stack), TemplateStage::Original)
        .await?;
    deployed(&template).map_err(|error| {
        FlowError::job(format!(
            "reading the template of the stack `{pipelines_stack}`, which holds the pipelines: {error}; somebody else \
             deployed another template there: deploy the last one of Changegate's again"
        ))
    })
}

/// The gate documents with these hashes, as far as they can be read; a changed one counts as absent.
async fn gates(source: &impl ReadObjects, hashes: BTreeSet<Sha256>) -> Result<BTreeMap<Sha256, Gate>, PortError> {
    let read: Vec<Option<(Sha256, Gate)>> = stream::iter(hashes)
        .map(async |hash| {
            let object = source.get(&keys::gate(hash), None).await?;
            let gate = object
                .filter(|object| Sha256::of(&object.bytes) == hash)
                .and_then(|object| serde_json::from_slice(&object.bytes).ok());
            Ok::<_, PortError>(gate.map(|gate| (hash, gate)))
        })
        .buffer_unordered(CONCURRENCY)
        .try_collect()
        .await?;
    Ok(read.into_iter().flatten().collect())
}

/// The runs in flight of these pipelines, in the order of the pipelines.
///
/// # Errors
///
/// When CodePipeline does not answer.
pub async fn runs_in_flight(pipelines: &impl ReadPipelines, names: &[&str]) -> Result<Vec<RunInFlight>, PortError> {
    let runs: Vec<Vec<RunInFlight>> = stream::iter(names)
        .map(async |name| {
            let mut runs = Vec::new();
            // One run a stage can be in flight, and some may wait between stages.
            for run in pipelines.pipeline_executions(name, 10).await? {
                if matches!(run.status.as_str(), "InProgress" | "Stopping") {
                    let actions = pipelines.action_executions(name, &run.id).await?;
                    runs.push(RunInFlight {
                        pipeline: (*name).to_owned(),
                        execution: run.id,
                        doing: Doing::of(&actions),
                    });
                }
            }
            Ok::<_, PortError>(runs)
        })
        .buffered(HISTORIES)
        .try_collect()
        .await?;
    Ok(runs.into_iter().flatten().collect())
}
