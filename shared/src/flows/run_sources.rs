//! Where the sources of a run come from: object versions, and the commits that they were written from.

use std::collections::BTreeMap;

use super::ports::{PortError, ReadObjects};
use crate::domain::actions::{CATALOGUE, CONFIGURATION, SOURCE_STAGE, TEMPLATE};
use crate::domain::gate::Gate;
use crate::domain::history::ActionExecution;
use crate::domain::keys;
use crate::domain::provenance::{COMMIT_METADATA, Provenance};

/// How far back the records of two sources are compared.
const MAX_RECORDS: usize = 100;

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

/// The commit that a version of an object was written from; `None` when the sync did not write it.
pub(crate) async fn commit_of(
    source: &impl ReadObjects,
    key: &str,
    version: &str,
) -> Result<Option<String>, PortError> {
    let head = source.head(key, Some(version)).await?;
    let commit = head.and_then(|head| head.metadata.get(COMMIT_METADATA).cloned());
    Ok(commit.filter(|commit| commit.len() >= 7 && commit.bytes().all(|byte| byte.is_ascii_hexdigit())))
}

/// The record of a commit; `None` when there is none that can be read.
pub(crate) async fn record_of(source: &impl ReadObjects, commit: &str) -> Result<Option<Provenance>, PortError> {
    let record = source.get(&keys::provenance(commit), None).await?;
    Ok(record.and_then(|record| serde_json::from_slice(&record.bytes).ok()))
}

/// The newest of some commits: the one from whose record the others can be reached, else the first.
pub(crate) async fn newest(source: &impl ReadObjects, commits: &[String]) -> Result<Option<String>, PortError> {
    let mut newest: Option<&String> = None;
    for commit in commits {
        newest = match newest {
            Some(held) if held != commit && is_before(source, held, commit).await? => Some(commit),
            Some(held) => Some(held),
            None => Some(commit),
        };
    }
    Ok(newest.cloned())
}

/// Whether `old` can be reached from the record of `new`.
async fn is_before(source: &impl ReadObjects, old: &str, new: &str) -> Result<bool, PortError> {
    let mut commit = new.to_owned();
    for _ in 0..MAX_RECORDS {
        match record_of(source, &commit).await?.and_then(|record| record.previous) {
            Some(previous) if previous == old => return Ok(true),
            Some(previous) => commit = previous,
            None => return Ok(false),
        }
    }
    Ok(false)
}
