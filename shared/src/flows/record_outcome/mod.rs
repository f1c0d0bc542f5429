//! Records how a run ended, tidies up after it, tells those who wait for it, and starts what waited for it.
//!
//! Every step may be done twice: deliveries are at least once. The outcome itself is written only where none of the
//! same end is, after everybody was told; whoever finds it written repeats only what does no harm.

mod commits;
mod gather;
mod lag;
mod lost_delivery;
mod restart;
mod stack_end;
mod tell;
#[cfg(test)]
mod tests;
mod tidy;

pub use lost_delivery::{LostDelivery, report_lost_delivery};
pub use stack_end::{StackRest, record_stack_end};
pub(super) use tell::repository as tell_repository;

use std::collections::BTreeMap;

use super::FlowError;
use super::outbox::OrLater;
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
    /// When it was announced (RFC 3339, whole seconds); absent when the announcement does not say.
    pub time: Option<String>,
}

/// How many ends of one run are recorded; a stage that is retried more often than that tells nothing new.
const MAX_ENDS: u32 = 200;

/// How often a place for an outcome is looked for, while others write theirs.
const MAX_TRIES: u32 = 5;

/// Records the end of a run and does what follows from it.
///
/// Announcements come late, twice and out of order. An end after which a stage was retried is recorded as it was, and
/// nothing else follows from it: the run goes on, or has ended otherwise since.
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
    if let Some(gate) = gate.filter(|_| gathered.is_current) {
        tidy::change_sets(ports.cloudformation, &mut outcome, gate, &gathered.actions).await?;
    }
    let telling = Telling {
        people: gathered.is_current,
        repository: gathered.is_current && !gathered.is_overtaken,
    };
    record(ports, settings, gate, &mut outcome, telling).await?;
    if gathered.is_current {
        if outcome.end == End::Cancelled {
            restart::cancelled(ports.pipelines, run).await?;
        }
        if outcome.end == End::Executed && run.pipeline == settings.root_pipeline {
            restart::changed_policies(ports.pipelines, ports.evidence, &settings.pipeline_prefix, run).await?;
        }
        if outcome.end != End::Blocked {
            restart::forget(ports.evidence, run).await?;
        }
    }
    restart::what_waits_for_exports(ports.pipelines, ports.cloudformation, ports.evidence).await
}

/// Starts every pipeline whose last run waits for an export that exists by now; nothing when there is none.
///
/// # Errors
///
/// When a call does not succeed.
pub async fn start_what_waits<P, C, S, E, N, G, K>(
    ports: &RecordPorts<'_, P, C, S, E, N, G, K>,
) -> Result<(), FlowError>
where
    P: ReadPipelines + ControlPipelines,
    C: ReadStacks,
    E: ReadObjects + WriteObjects,
{
    restart::what_waits_for_exports(ports.pipelines, ports.cloudformation, ports.evidence).await
}

/// Who is told of an end.
#[derive(Debug, Clone, Copy)]
struct Telling {
    people: bool,
    repository: bool,
}

/// Writes the outcome, where none of the same end is, and tells of it first: an end that is recorded was told, or what
/// could not be told waits in the outbox. A kill in between repeats the telling instead of losing it.
async fn record<P, C, S, E, N, G, K>(
    ports: &RecordPorts<'_, P, C, S, E, N, G, K>,
    settings: &RecordSettings,
    gate: Option<&Gate>,
    outcome: &mut Outcome,
    telling: Telling,
) -> Result<(), FlowError>
where
    E: ReadObjects + WriteObjects,
    N: Notify,
    G: TellRepository,
    K: Clock,
{
    let mut is_told = false;
    for _ in 0..MAX_TRIES {
        let Place::Free(key) = place(ports.evidence, outcome).await? else {
            tracing::info!(pipeline = outcome.pipeline, "this end was recorded before");
            return Ok(());
        };
        if !is_told {
            let mut untold = Vec::new();
            if telling.repository {
                let repository = OrLater::new(ports.repository, ports.evidence, ports.clock);
                untold.extend(tell::repository(&repository, settings, outcome).await?);
            }
            // Last, because it cannot be told twice without being noticed.
            if telling.people {
                let topics = OrLater::new(ports.topics, ports.evidence, ports.clock);
                untold.extend(tell::people(&topics, settings, gate, outcome).await?);
            }
            outcome.notes.extend(untold);
            is_told = true;
        }
        if write(ports.evidence, key, outcome).await? {
            tracing::info!(
                pipeline = outcome.pipeline,
                execution = outcome.execution,
                end = ?outcome.end,
                summary = outcome.summary,
                "recorded how a run ended"
            );
            return Ok(());
        }
    }
    Err(FlowError::NotYet("other ends of the run are being recorded".to_owned()))
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
        let key = key_of(&outcome.pipeline, &outcome.execution, number);
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

/// Writes the outcome; `false` when another delivery was faster, of this end or of another one.
async fn write(evidence: &impl WriteObjects, key: String, outcome: &Outcome) -> Result<bool, FlowError> {
    let shown = outcome.clone().shown();
    let bytes =
        serde_json::to_vec_pretty(&shown).map_err(|error| FlowError::job(format!("writing an outcome: {error}")))?;
    let object = NewObject {
        key,
        bytes,
        content_type: "application/json",
        metadata: BTreeMap::new(),
        condition: WriteCondition::Absent,
    };
    match evidence.put(object).await {
        Ok(_) => Ok(true),
        Err(error) if error.kind == PortErrorKind::Conflict => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The record of the last end of a run; `None` when none was recorded.
pub(super) async fn last_outcome(
    evidence: &impl ReadObjects,
    pipeline: &str,
    execution: &str,
) -> Result<Option<Outcome>, FlowError> {
    let mut last = None;
    for number in 1..=MAX_ENDS {
        let Some(held) = evidence.get(&key_of(pipeline, execution, number), None).await? else {
            break;
        };
        last = serde_json::from_slice(&held.bytes).ok();
    }
    Ok(last)
}

/// Key of the record of a run's end; `number` counts from 1.
fn key_of(pipeline: &str, execution: &str, number: u32) -> String {
    match number {
        1 => keys::outcome(pipeline, execution),
        _ => keys::further_outcome(pipeline, execution, number),
    }
}
