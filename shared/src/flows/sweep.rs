//! Finds ends that nobody recorded, and records them.
//!
//! An end is announced once, and Lambda delivers the announcement three times; after that only the history of the
//! pipelines tells of it. The schedule compares that history with the outcomes: a run that ended and has no outcome, or
//! one of another end, is recorded as if it had been announced just now, with everything that follows from an end. A note
//! says up to when the runs of each pipeline are known to be recorded, so that each is looked at once.

mod statuses;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::FlowError;
use super::ports::{
    Clock, ControlPipelines, NewObject, Notify, PipelineExecution, PortErrorKind, ReadChangeSets, ReadObjects,
    ReadPipelines, ReadStacks, ReadTold, TellRepository, WriteChangeSets, WriteCondition, WriteObjects,
};
use super::record_outcome::{EndedRun, RecordPorts, RecordSettings, last_outcome, record_outcome};
use crate::domain::keys;
use crate::domain::outcome::Outcome;

use self::statuses::Statuses;

/// What ended so shortly ago is left to its announcement.
const GRACE: SignedDuration = SignedDuration::from_secs(60);
/// How long after an end its commit's status is looked at: when the note is made anew, the whole history is news.
const STATUS_MATTERS: SignedDuration = SignedDuration::from_hours(24 * 7);
/// The history shows ends late and not in their order; so far before the note they are looked at again.
const OVERLAP: SignedDuration = SignedDuration::from_mins(15);

/// The document at [`keys::WATERMARKS`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Watermarks {
    /// Version of this document's shape: 1.
    version: u32,
    /// Pipeline with which the next sweep begins, where the last one ran out of time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// Pipeline to what is known of its runs.
    pipelines: BTreeMap<String, Known>,
}

/// What is known of the runs of one pipeline.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Known {
    /// Every run that ended until then (RFC 3339) is recorded; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
    /// Runs that had not ended when they were seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    open: Vec<String>,
}

/// What a sweep did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// Pipeline and run of every end that was recorded now.
    pub recorded: Vec<(String, String)>,
    /// How many pipelines are left to the next sweep, because the time was up.
    pub left: usize,
}

/// Looks through the runs of all pipelines, for as long as `has_time` says.
///
/// # Errors
///
/// When the note or the list of pipelines cannot be read. A pipeline whose runs cannot be looked at or recorded for now
/// does not hold up the others; the first such error is returned in the end.
pub async fn sweep<P, C, S, E, N, G, K>(
    ports: &RecordPorts<'_, P, C, S, E, N, G, K>,
    settings: &RecordSettings,
    has_time: &dyn Fn() -> bool,
) -> Result<Swept, FlowError>
where
    P: ReadPipelines + ControlPipelines,
    C: ReadStacks + ReadChangeSets + WriteChangeSets,
    S: ReadObjects,
    E: ReadObjects + WriteObjects,
    N: Notify,
    G: TellRepository + ReadTold,
    K: Clock,
{
    let held = ports.evidence.get(keys::WATERMARKS, None).await?;
    let condition = held.as_ref().map_or(WriteCondition::Absent, |held| {
        WriteCondition::Matches(held.head.etag.clone())
    });
    // A note that cannot be read is made anew: everything is looked at once more, and nothing is recorded twice.
    let before: Watermarks = held
        .and_then(|held| serde_json::from_slice(&held.bytes).ok())
        .unwrap_or_default();
    let mut names = ports.pipelines.pipeline_names(&settings.pipeline_prefix).await?;
    names.sort();
    let mut after = before.clone();
    (after.version, after.next) = (1, None);
    after.pipelines.retain(|name, _| names.binary_search(name).is_ok());
    if let Some(next) = &before.next {
        let first = names.partition_point(|name| name < next);
        names.rotate_left(first);
    }
    let (mut swept, mut statuses, mut first_error) = (Swept::default(), Statuses::default(), None);
    for (number, name) in names.iter().enumerate() {
        if !has_time() {
            swept.left = names.len() - number;
            tracing::warn!(left = swept.left, "the time is up; the next sweep begins with `{name}`");
            after.next = Some(name.clone());
            break;
        }
        let known = before.pipelines.get(name).cloned().unwrap_or_default();
        let (known, error) = one(ports, settings, name, known, (&mut swept, &mut statuses), has_time).await;
        if known == Known::default() {
            after.pipelines.remove(name);
        } else {
            after.pipelines.insert(name.clone(), known);
        }
        if let Some(error) = error {
            tracing::warn!(pipeline = name, %error, "the runs of a pipeline were not looked through");
            first_error.get_or_insert(error);
        }
    }
    if after != before && !(after.pipelines.is_empty() && before == Watermarks::default()) {
        note(ports.evidence, &after, condition).await?;
    }
    match first_error {
        Some(error) => Err(error),
        None => Ok(swept),
    }
}

/// Writes the note, unless another sweep was faster: then the next one finds out what it needs to know.
async fn note(
    evidence: &impl WriteObjects,
    watermarks: &Watermarks,
    condition: WriteCondition,
) -> Result<(), FlowError> {
    let bytes = serde_json::to_vec(watermarks)
        .map_err(|error| FlowError::job(format!("writing the note of a sweep: {error}")))?;
    let object = NewObject {
        key: keys::WATERMARKS.to_owned(),
        bytes,
        content_type: "application/json",
        metadata: BTreeMap::new(),
        condition,
    };
    match evidence.put(object).await {
        Err(error) if error.kind != PortErrorKind::Conflict => Err(error.into()),
        _ => Ok(()),
    }
}

/// Records the ends of one pipeline. What is known of it then is answered also after an error.
async fn one<P, C, S, E, N, G, K>(
    ports: &RecordPorts<'_, P, C, S, E, N, G, K>,
    settings: &RecordSettings,
    pipeline: &str,
    mut known: Known,
    (swept, statuses): (&mut Swept, &mut Statuses),
    has_time: &dyn Fn() -> bool,
) -> (Known, Option<FlowError>)
where
    P: ReadPipelines + ControlPipelines,
    C: ReadStacks + ReadChangeSets + WriteChangeSets,
    S: ReadObjects,
    E: ReadObjects + WriteObjects,
    N: Notify,
    G: TellRepository + ReadTold,
    K: Clock,
{
    let runs = match runs(ports, pipeline, &known).await {
        Ok(runs) => runs,
        Err(error) => return (known, Some(error)),
    };
    let latest_end = ports.clock.now() - GRACE;
    let since = known.until.map(|until| until - OVERLAP);
    let is_news = |run: &PipelineExecution| match (time(run), since) {
        (Some(ended), Some(since)) => ended > since,
        _ => true,
    };
    let newest = runs.first().map(|run| run.id.clone());
    let mut open = Vec::new();
    let mut ended = Vec::new();
    for run in runs {
        let is_left = time(&run).is_some_and(|ended| ended > latest_end);
        match state(&run.status) {
            Some(state) if !is_left => {
                if is_news(&run) || known.open.contains(&run.id) {
                    ended.push((state, run));
                }
            }
            _ => open.push(run.id),
        }
    }
    open.sort();
    ended.sort_by_key(|(_, run)| time(run));
    let mut error = None;
    for (state, run) in ended {
        if error.is_none() && has_time() {
            let is_newest = newest.as_ref() == Some(&run.id);
            match settle(ports, settings, pipeline, state, &run).await {
                Ok(Settled::Before(outcome)) => {
                    known.until = known.until.max(time(&run));
                    let is_recent =
                        time(&run).is_some_and(|ended| ports.clock.now().duration_since(ended) < STATUS_MATTERS);
                    if let Some(outcome) = outcome.filter(|_| is_recent)
                        && let Err(untold) = statuses.set_right(ports, settings, &outcome, is_newest).await
                    {
                        // GitHub's troubles do not hold up what is recorded; the next sweep looks again.
                        tracing::warn!(pipeline, execution = run.id, error = %untold, "a status was not looked at");
                        open.push(run.id);
                    }
                    continue;
                }
                Ok(Settled::Now(outcome)) => {
                    known.until = known.until.max(time(&run));
                    statuses.forget(outcome.and_then(|outcome| outcome.commit));
                    swept.recorded.push((pipeline.to_owned(), run.id));
                    continue;
                }
                Err(failed) => error = Some(failed),
            }
        }
        // Those behind it wait as well, so that none is passed over.
        open.push(run.id);
    }
    open.sort();
    known.open = open;
    (known, error)
}

/// The latest runs, newest first: all that began since what is known, and those that had not ended then.
async fn runs<P, C, S, E, N, G, K>(
    ports: &RecordPorts<'_, P, C, S, E, N, G, K>,
    pipeline: &str,
    known: &Known,
) -> Result<Vec<PipelineExecution>, FlowError>
where
    P: ReadPipelines,
{
    let since = known.until.map(|until| until - OVERLAP);
    let is_known = |run: &PipelineExecution| since.is_some_and(|since| started(run).is_some_and(|began| began < since));
    let mut runs = ports.pipelines.pipeline_executions_until(pipeline, &is_known).await?;
    for id in &known.open {
        if runs.iter().all(|run| run.id != *id)
            && let Some(run) = ports.pipelines.pipeline_execution(pipeline, id).await?
        {
            runs.push(run);
        }
    }
    Ok(runs)
}

/// What became of an end, with its record.
enum Settled {
    /// It was recorded before.
    Before(Option<Outcome>),
    /// It is recorded now.
    Now(Option<Outcome>),
}

/// Records an end where none of it is recorded.
async fn settle<P, C, S, E, N, G, K>(
    ports: &RecordPorts<'_, P, C, S, E, N, G, K>,
    settings: &RecordSettings,
    pipeline: &str,
    state: &str,
    run: &PipelineExecution,
) -> Result<Settled, FlowError>
where
    P: ReadPipelines + ControlPipelines,
    C: ReadStacks + ReadChangeSets + WriteChangeSets,
    S: ReadObjects,
    E: ReadObjects + WriteObjects,
    N: Notify,
    G: TellRepository + ReadTold,
    K: Clock,
{
    let recorded = last_outcome(ports.evidence, pipeline, &run.id).await?;
    if recorded
        .as_ref()
        .is_some_and(|outcome| run.updated.is_none() || outcome.ended == run.updated)
    {
        return Ok(Settled::Before(recorded));
    }
    let fingerprint = |outcome: &Option<Outcome>| outcome.as_ref().map(|outcome| outcome.fingerprint.clone());
    let before = fingerprint(&recorded);
    let ended = EndedRun {
        pipeline: pipeline.to_owned(),
        execution: run.id.clone(),
        state: state.to_owned(),
        time: None,
    };
    record_outcome(ports, settings, &ended).await?;
    let now = last_outcome(ports.evidence, pipeline, &run.id).await?;
    if fingerprint(&now) == before {
        return Ok(Settled::Before(now));
    }
    tracing::warn!(
        pipeline,
        execution = run.id,
        state,
        "recorded an end that nobody had recorded"
    );
    Ok(Settled::Now(now))
}

/// The state as it is announced; `None` for a run that has not ended.
fn state(status: &str) -> Option<&'static str> {
    match status {
        "Succeeded" => Some("SUCCEEDED"),
        "Failed" => Some("FAILED"),
        "Stopped" => Some("STOPPED"),
        "Superseded" => Some("SUPERSEDED"),
        "Cancelled" => Some("CANCELED"),
        _ => None,
    }
}

/// When a run changed last, which for one that ended is its end.
fn time(run: &PipelineExecution) -> Option<Timestamp> {
    run.updated.as_deref().and_then(|time| time.parse().ok())
}

fn started(run: &PipelineExecution) -> Option<Timestamp> {
    run.started.as_deref().and_then(|began| began.parse().ok())
}

#[cfg(test)]
mod tests;
