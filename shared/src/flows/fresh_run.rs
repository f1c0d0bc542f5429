//! Starts one fresh run where a plan turned out to be out of date.
//!
//! The fresh run reads the current sources, never the old run's: a newer commit must not be undone. It is started
//! only when the stale run is the newest of its pipeline, and only once; a run that was itself started this way
//! starts no other, or a stack that keeps changing would keep its pipeline running for ever.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::FlowError;
use super::ports::{
    ControlPipelines, NewObject, PortErrorKind, ReadObjects, ReadPipelines, StartExecution, WriteCondition,
    WriteObjects,
};
use crate::domain::keys;

/// What became of a stale run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FreshRun {
    /// This run plans the change anew.
    Started(String),
    /// A newer run exists already and plans what is current.
    Newer(String),
    /// The stale run was itself started because an earlier one was stale.
    Refused {
        /// Id of the earlier run.
        started_for: String,
    },
}

/// The note at [`keys::fresh_run`] and [`keys::started_for`].
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    /// Id of the other run.
    execution: String,
}

/// Starts a fresh run of `pipeline` because its run `execution` is stale.
///
/// A second call for the same run starts nothing and gives the same answer.
///
/// # Errors
///
/// When CodePipeline or the evidence bucket refuse or do not answer.
pub async fn start_fresh_run(
    pipelines: &(impl ReadPipelines + ControlPipelines),
    evidence: &(impl ReadObjects + WriteObjects),
    pipeline: &str,
    execution: &str,
) -> Result<FreshRun, FlowError> {
    if let Some(note) = read(evidence, &keys::fresh_run(pipeline, execution)).await? {
        // The process may have ended between the two notes.
        write(evidence, keys::started_for(pipeline, &note.execution), execution).await?;
        return Ok(FreshRun::Started(note.execution));
    }
    if let Some(note) = read(evidence, &keys::started_for(pipeline, execution)).await? {
        return Ok(FreshRun::Refused {
            started_for: note.execution,
        });
    }
    // The token makes CodePipeline answer with the run that this very call started, if an earlier answer was lost.
    let token = format!("fresh-{execution}");
    let newest = pipelines.pipeline_executions(pipeline, 1).await?;
    if let Some(newest) = newest.first().filter(|newest| newest.id != execution) {
        return Ok(FreshRun::Newer(newest.id.clone()));
    }
    let started = pipelines
        .start(StartExecution {
            pipeline: pipeline.to_owned(),
            source_versions: BTreeMap::new(),
            variables: BTreeMap::new(),
            token,
        })
        .await?;
    write(evidence, keys::started_for(pipeline, &started), execution).await?;
    write(evidence, keys::fresh_run(pipeline, execution), &started).await?;
    Ok(FreshRun::Started(started))
}

async fn read(evidence: &impl ReadObjects, key: &str) -> Result<Option<Note>, FlowError> {
    let Some(object) = evidence.get(key, None).await? else {
        return Ok(None);
    };
    serde_json::from_slice(&object.bytes)
        .map(Some)
        .map_err(|error| FlowError::job(format!("reading the note `{key}` in the evidence bucket: {error}")))
}

async fn write(evidence: &impl WriteObjects, key: String, execution: &str) -> Result<(), FlowError> {
    let note = Note {
        execution: execution.to_owned(),
    };
    let bytes = serde_json::to_vec(&note).map_err(|error| FlowError::job(format!("writing `{key}`: {error}")))?;
    let object = NewObject {
        key,
        bytes,
        content_type: "application/json",
        metadata: BTreeMap::new(),
        condition: WriteCondition::Absent,
    };
    match evidence.put(object).await {
        Err(error) if error.kind != PortErrorKind::Conflict => Err(error.into()),
        // Written before: by the delivery that was interrupted.
        _ => Ok(()),
    }
}

impl FreshRun {
    /// Id of the run that plans the change now.
    pub fn run(&self) -> Option<&str> {
        match self {
            Self::Started(execution) | Self::Newer(execution) => Some(execution),
            Self::Refused { .. } => None,
        }
    }
}

impl fmt::Display for FreshRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started(execution) => write!(
                f,
                "run {execution} was started and plans the change anew: review that one"
            ),
            Self::Newer(execution) => write!(f, "run {execution} is newer and plans what is current: review that one"),
            Self::Refused { started_for } => write!(
                f,
                "no further run was started, because this one was started when run {started_for} was out of date; find \
                 out what keeps changing the stack (CloudTrail), then start the pipeline again"
            ),
        }
    }
}

#[cfg(test)]
mod tests;
