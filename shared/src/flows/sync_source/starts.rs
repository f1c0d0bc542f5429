//! Starts pipelines: each once, none lost.

use std::collections::{BTreeMap, BTreeSet};

use super::held::{self, Held};
use super::{Halt, SourceBucket, SourcePipelines, SourceRepository, SyncReport, World};
use crate::domain::sync::snapshot::OwedStart;
use crate::domain::sync::start::{carries, token};
use crate::flows::ports::{PortError, PortErrorKind, StartExecution};

/// From so many starts on, the names of all pipelines are read first, and from so many that may have been made already,
/// each of which would ask for the runs of a pipeline that may not be there.
const MANY: usize = 10;
const MANY_DOUBTFUL: usize = 2;
/// Runs among which one is looked for that carries the versions of a start.
const LATEST_RUNS: u8 = 100;
/// So many starts that are refused for now, one after the other, end the attempt.
const PATIENCE: usize = 3;

/// What became of starts.
#[derive(Debug, Default)]
pub(super) struct Made {
    /// Pipelines that were started.
    pub(super) started: Vec<String>,
    /// Starts that are still to be made.
    pub(super) owed: BTreeMap<String, OwedStart>,
    /// Pipelines that cannot be started, and why.
    pub(super) refused: Vec<(String, PortError)>,
    /// The last error of a start that is still owed.
    pub(super) error: Option<PortError>,
}

/// Makes the starts that the snapshot owes, and writes what is still owed.
pub(super) async fn make_owed<R: SourceRepository, B: SourceBucket, P: SourcePipelines>(
    world: World<'_, R, B, P>,
    held: Held,
) -> Result<SyncReport, Halt> {
    let mut snapshot = held.snapshot;
    let before = snapshot.owed.clone();
    let made = make(world.pipelines, std::mem::take(&mut snapshot.owed), "").await;
    for (pipeline, error) in &made.refused {
        tracing::error!(pipeline, "the pipeline cannot be started: {error}");
    }
    snapshot.owed = made.owed;
    if snapshot.owed != before {
        held::write(world.source, &snapshot, held.condition).await?;
    }
    Ok(SyncReport {
        started: made.started,
        owed: made.error,
        ..SyncReport::default()
    })
}

/// Makes starts. A pipeline that is not there is not owed a start: creating it starts it.
pub(super) async fn make<P: SourcePipelines>(pipelines: &P, starts: BTreeMap<String, OwedStart>, prefix: &str) -> Made {
    let mut made = Made::default();
    let mut existing: Option<BTreeSet<String>> = None;
    let doubtful = starts.values().filter(|owed| owed.is_doubtful).count();
    if (starts.len() >= MANY || doubtful >= MANY_DOUBTFUL) && !prefix.is_empty() {
        match pipelines.pipeline_names(prefix).await {
            Ok(names) => existing = Some(names.into_iter().collect()),
            Err(error) => tracing::warn!("starting pipelines without knowing which there are: {error}"),
        }
    }
    let mut failures = 0;
    for (pipeline, mut owed) in starts {
        if existing.as_ref().is_some_and(|existing| !existing.contains(&pipeline)) {
            continue;
        }
        if failures >= PATIENCE {
            made.owed.insert(pipeline, owed);
            continue;
        }
        match start(pipelines, &pipeline, &owed).await {
            Ok(true) => made.started.push(pipeline),
            Ok(false) => {}
            Err(error) if error.is_not_found() => {
                tracing::info!(
                    pipeline,
                    "not started: the pipeline is not there yet, and creating it starts it"
                );
            }
            Err(error) if error.kind == PortErrorKind::Refused => made.refused.push((pipeline, error)),
            Err(error) => {
                // The answer may have been lost after the start.
                owed.is_doubtful = true;
                failures += 1;
                made.owed.insert(pipeline, owed);
                made.error = Some(error);
                continue;
            }
        }
        failures = 0;
    }
    made
}

/// Starts a pipeline unless a run carries the versions already; answers whether it did.
async fn start<P: SourcePipelines>(pipelines: &P, pipeline: &str, owed: &OwedStart) -> Result<bool, PortError> {
    if owed.is_doubtful {
        let runs = pipelines.pipeline_executions(pipeline, LATEST_RUNS).await?;
        if runs.iter().any(|run| carries(&run.source_revisions, owed)) {
            return Ok(false);
        }
    }
    let start = StartExecution {
        pipeline: pipeline.to_owned(),
        source_versions: owed.versions.clone(),
        variables: owed.variables.clone(),
        token: token(pipeline, &owed.versions),
    };
    let execution = match pipelines.start(start.clone()).await {
        // A pipeline that an older version provisioned may declare other variables, which only show who changed what.
        Err(error) if error.kind == PortErrorKind::Refused => {
            tracing::warn!(pipeline, "starting once more without variables: {error}");
            let bare = StartExecution {
                variables: BTreeMap::new(),
                ..start
            };
            pipelines.start(bare).await?
        }
        answer => answer?,
    };
    tracing::info!(pipeline, execution, "started the pipeline");
    Ok(true)
}
