//! Where the sources of a run come from: object versions, and the commits that they were written from.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::ports::{PortError, ReadObjects};
use crate::domain::actions::{CATALOGUE, CONFIGURATION, SOURCE_STAGE, TEMPLATE};
use crate::domain::authors::{CommitRange, ExecutedRecord, Gap, ProvenanceWalk};
use crate::domain::executed::Executed;
use crate::domain::gate::Gate;
use crate::domain::history::ActionExecution;
use crate::domain::keys;
use crate::domain::provenance::{Provenance, ROOT_STACK, RecordId, SourceFacts};

/// Records that are read at the same time.
const CONCURRENCY: usize = 8;

/// Key of the object that a source action reads; `None` for an action that no pipeline of ours has.
pub(crate) fn key_of(environment: &str, gate: &Gate, is_root: bool, action: &str) -> Option<String> {
    match (is_root, action) {
        (true, CATALOGUE) => Some(keys::zipped(&keys::catalogue(environment))),
        (false, TEMPLATE) => Some(keys::zipped(&keys::source(&gate.template))),
        (false, CONFIGURATION) => Some(keys::zipped(&keys::configuration(environment, &gate.stack))),
        _ => None,
    }
}

/// The object versions that the source actions of a run read: action name to version id.
pub(crate) fn versions(actions: &[ActionExecution]) -> BTreeMap<String, String> {
    let sources = actions
        .iter()
        .rev()
        .filter(|action| action.stage == SOURCE_STAGE && action.status == "Succeeded");
    let versions = sources.filter_map(|action| {
        let version = action.output_variables.get("VersionId")?;
        Some((action.action.clone(), version.clone())).filter(|(_, version)| !version.is_empty())
    });
    versions.collect()
}

/// What a version of an object was written from; `None` when the sync did not write it.
pub(crate) async fn written_from(
    source: &impl ReadObjects,
    key: &str,
    version: &str,
) -> Result<Option<SourceFacts>, PortError> {
    let head = source.head(key, Some(version)).await?;
    Ok(head.and_then(|head| SourceFacts::of(&head.metadata, head.modified)))
}

/// A record; `None` when there is none that can be read.
pub(crate) async fn record_of(source: &impl ReadObjects, id: &RecordId) -> Result<Option<Provenance>, PortError> {
    let record = source.get(&keys::provenance(id), None).await?;
    Ok(record.and_then(|record| serde_json::from_slice(&record.bytes).ok()))
}

/// Which run it is whose commits are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunOfStack<'r> {
    pub(crate) environment: &'r str,
    pub(crate) gate: &'r Gate,
    pub(crate) is_root: bool,
    pub(crate) actions: &'r [ActionExecution],
    /// What the pipeline executed last.
    pub(crate) last: Option<&'r Executed>,
}

/// Every commit since the pipeline's last execution that touched the stack.
///
/// The commits are found from the versions in CodePipeline's history, whose metadata the sync wrote, and never from
/// pipeline variables, which whoever starts a run can set.
pub(crate) async fn commit_range(source: &impl ReadObjects, run: RunOfStack<'_>) -> Result<CommitRange, PortError> {
    let read = versions(run.actions);
    let sources: &[&str] = if run.is_root {
        &[CATALOGUE]
    } else {
        &[TEMPLATE, CONFIGURATION]
    };
    let mut gaps = Vec::new();
    let mut from = Vec::new();
    for &action in sources {
        let version = read.get(action);
        let executed = run.last.and_then(|last| last.source_versions.get(action));
        if version.is_some() && executed == version {
            continue;
        }
        let facts = match (key_of(run.environment, run.gate, run.is_root, action), version) {
            (Some(key), Some(version)) => written_from(source, &key, version).await?,
            _ => None,
        };
        match facts {
            Some(facts) => from.push(facts.record()),
            None => gaps.push(Gap::UnknownSource(action.to_owned())),
        }
    }
    let stack = if run.is_root { ROOT_STACK } else { &run.gate.stack };
    let executed = run.last.map(|last| ExecutedRecord {
        commit: last.commit.clone(),
        sequence: last.sequence,
    });
    let mut walk = ProvenanceWalk::new(stack, from, executed);
    loop {
        let needed = walk.needed();
        if needed.is_empty() {
            break;
        }
        let mut records = stream::iter(needed)
            .map(|id| async move { Ok::<_, PortError>((record_of(source, &id).await?, id)) })
            .buffered(CONCURRENCY);
        while let Some((record, id)) = records.try_next().await? {
            walk.add(id, record);
        }
    }
    let mut range = walk.into_range();
    range.gaps.extend(gaps);
    Ok(range)
}
