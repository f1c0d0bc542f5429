//! Records how a run ended, tidies up after it, tells those who wait for it, and starts what waited for it.
//!
//! Every step may be done twice: deliveries are at least once. The outcome itself is written only where none of the
//! same end is; whoever finds it written repeats only what does no harm.

mod gather;
mod lost_delivery;
mod restart;
mod stack_end;
mod tell;
#[cfg(test)]
mod tests;
mod tidy;

pub use lost_delivery::{LostDelivery, report_lost_delivery};
pub use stack_end::{StackRest, record_stack_end};

use std::collections::BTreeMap;

use super::FlowError;
use super::ports::{
    Clock, ControlPipelines, NewObject, Notify, PortErrorKind, ReadChangeSets, ReadObjects, ReadPipelines, ReadStacks,
    TellRepository, WriteChangeSets, WriteCondition, WriteObjects,
};
use crate::domain::gate::Gate;
use crate::domain::keys;
use crate::domain::outcome::{End, Outcome};

/// What this function is told by its deployment.
#[derive(Debug, Clone)]
pub struct RecordSettings {
    /// Name of the environment, as the catalogue spells it.
    pub environment: String,
    /// Repository that is watched, `owner/name`.
    pub repository: String,
    /// What every pipeline's name starts with.
    pub pipeline_prefix: String,
    /// Name of the pipeline that provisions the other pipelines.
    pub root_pipeline: String,
    /// Gate of the root pipeline.
    pub root_gate: Gate,
    /// ARN of the topic of stacks that name none.
    pub topic: String,
}

/// What the flow reaches.
#[derive(Debug)]
pub struct RecordPorts<'a, P, C, S, E, N, G, K> {
    /// CodePipeline.
    pub pipelines: &'a P,
    /// CloudFormation.
    pub cloudformation: &'a C,
    /// The source bucket.
    pub source: &'a S,
    /// The evidence bucket.
    pub evidence: &'a E,
    /// Topics.
    pub topics: &'a N,
    /// The repository.
    pub repository: &'a G,
    /// The time.
    pub clock: &'a K,
}

/// A run whose end was announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedRun {
    /// Name of the pipeline.
    pub pipeline: String,
    /// Id of the pipeline execution.
    pub execution: String,
    /// The state that was announced, such as `SUCCEEDED`.
    pub state: String,
}

/// How many ends of one run are recorded; a stage that is retried more often than that tells nothing new.
const MAX_ENDS: u32 = 200;

/// Records the end of a run and does what follows from it.
///
/// # Errors
///
/// When a call does not succeed; then Lambda delivers the event again.
pub async fn record_outcome<P, C, S, E, N, G, K>(
    ports: &RecordPorts<'_, P, C, S, E, N, G, K>,
    settings: &RecordSettings,
    run: &EndedRun,
) -> Result<(), FlowError>
where
    P: ReadPipelines + ControlPipelines,
    C: ReadStacks + ReadChangeSets + WriteChangeSets,
    S: ReadObjects,
    E: ReadObjects + WriteObjects,
    N: Notify,
    G: TellRepository,
    K: Clock,
{
    if !run.pipeline.starts_with(&settings.pipeline_prefix) {
        tracing::info!(pipeline = run.pipeline, "not a pipeline of this deployment");
        return Ok(());
    }
    let gathered = gather::gather(ports, settings, run).await?;
    let mut outcome = gathered.outcome;
    let gate = gathered.gate.as_ref();
    if let Some(gate) = gate {
        tidy::change_sets(ports.cloudformation, &mut outcome, gate, &gathered.actions).await?;
    }
    match place(ports.evidence, &outcome).await? {
        Place::Taken => tracing::info!(pipeline = run.pipeline, "this end was recorded before"),
        Place::Free(key) => {
            // Before the record, so that a kill in between repeats it instead of losing it.
            tell::people(ports.topics, settings, gate, &outcome).await?;
            write(ports.evidence, key, &outcome).await?;
            tracing::info!(
                pipeline = run.pipeline,
                execution = run.execution,
                end = ?outcome.end,
                summary = outcome.summary,
                "recorded how a run ended"
            );
        }
    }
    tell::repository(ports.repository, settings, &outcome).await;
    if outcome.end == End::Cancelled {
        restart::cancelled(ports.pipelines, run).await?;
    }
    if outcome.end == End::Executed && run.pipeline == settings.root_pipeline {
        restart::changed_policies(ports.pipelines, ports.evidence, &settings.pipeline_prefix, run).await?;
    }
    if outcome.end != End::Blocked {
        restart::forget(ports.evidence, run).await?;
    }
    restart::what_waits_for_exports(ports.pipelines, ports.cloudformation, ports.evidence).await
}

/// Where an outcome belongs.
enum Place {
    /// This key holds nothing yet.
    Free(String),
    /// The same end was recorded before.
    Taken,
}

/// Finds the key of an end: the first, or the next after those of earlier ends of a run that was retried.
async fn place(evidence: &impl ReadObjects, outcome: &Outcome) -> Result<Place, FlowError> {
    for number in 1..=MAX_ENDS {
        let key = match number {
            1 => keys::outcome(&outcome.pipeline, &outcome.execution),
            _ => keys::further_outcome(&outcome.pipeline, &outcome.execution, number),
        };
        let Some(held) = evidence.get(&key, None).await? else {
            return Ok(Place::Free(key));
        };
        let held: Option<Outcome> = serde_json::from_slice(&held.bytes).ok();
        if held.is_some_and(|held| held.fingerprint == outcome.fingerprint) {
            return Ok(Place::Taken);
        }
    }
    Err(FlowError::job(format!(
        "run {} of pipeline `{}` ended more than {MAX_ENDS} times; its later ends are not recorded",
        outcome.execution, outcome.pipeline
    )))
}

/// Writes the outcome, where nothing is yet.
async fn write(evidence: &(impl ReadObjects + WriteObjects), key: String, outcome: &Outcome) -> Result<(), FlowError> {
    let bytes =
        serde_json::to_vec_pretty(outcome).map_err(|error| FlowError::job(format!("writing an outcome: {error}")))?;
    let object = NewObject {
        key,
        bytes,
        content_type: "application/json",
        metadata: BTreeMap::new(),
        condition: WriteCondition::Absent,
    };
    match evidence.put(object).await {
        Ok(_) => Ok(()),
        // Another delivery of this end was faster, or another end of the same run: the next delivery finds its place.
        Err(error) if error.kind == PortErrorKind::Conflict => match place(evidence, outcome).await? {
            Place::Taken => Ok(()),
            Place::Free(_) => Err(FlowError::NotYet("another end of the run is being recorded".to_owned())),
        },
        Err(error) => Err(error.into()),
    }
}
