//! Which commits a run brings to its stack: from the object versions that its source actions read.

use super::{ExecutePorts, ExecuteSettings, Run, executed};
use crate::domain::actions::{CATALOGUE, CONFIGURATION, SOURCE_STAGE, TEMPLATE};
use crate::domain::authors::{CommitRange, Gap, ProvenanceWalk};
use crate::domain::keys;
use crate::domain::provenance::{COMMIT_METADATA, Provenance};
use crate::flows::FlowError;
use crate::flows::ports::ReadObjects;

/// Every commit since the pipeline's last execution that touches the stack.
///
/// The commits are found from the versions in CodePipeline's history, whose metadata the sync wrote, and never from
/// pipeline variables, which whoever starts a run can set.
pub(super) async fn commit_range<C, P, S, E, K>(
    ports: &ExecutePorts<'_, C, P, S, E, K>,
    settings: &ExecuteSettings,
    run: &Run,
) -> Result<CommitRange, FlowError>
where
    S: ReadObjects,
    E: ReadObjects,
{
    let last = executed::read(ports.evidence, &run.proven.pipeline).await?;
    let mut gaps = Vec::new();
    let mut from = Vec::new();
    for (action, version) in source_versions(run) {
        let is_executed = last
            .as_ref()
            .is_some_and(|last| last.source_versions.get(&action) == Some(&version));
        if is_executed {
            continue;
        }
        let key = key_of(settings, run, &action);
        let head = match &key {
            Some(key) => ports.source.head(key, Some(&version)).await?,
            None => None,
        };
        match head.and_then(|head| head.metadata.get(COMMIT_METADATA).cloned()) {
            Some(commit) => from.push(commit),
            None => gaps.push(Gap::UnknownSource(action)),
        }
    }
    if from.is_empty() && gaps.is_empty() && last.is_none() {
        gaps.push(Gap::UnknownSource(SOURCE_STAGE.to_owned()));
    }
    let stack = if run.proven.is_root {
        CATALOGUE_STACK
    } else {
        &run.proven.gate.stack
    };
    let mut walk = ProvenanceWalk::new(stack, from, last.as_ref().map(|last| last.commit.as_str()));
    while let Some(commit) = walk.next() {
        let record = ports.source.get(&keys::provenance(&commit), None).await?;
        walk.add(record.and_then(|object| serde_json::from_slice::<Provenance>(&object.bytes).ok()));
    }
    let mut range = walk.into_range();
    range.gaps.extend(gaps);
    Ok(range)
}

/// Under which name the sync records that a commit changed the catalogue.
const CATALOGUE_STACK: &str = "root";

/// Source action to the S3 version that it read, from the history.
pub(super) fn source_versions(run: &Run) -> std::collections::BTreeMap<String, String> {
    let of_source = |action: &&crate::domain::history::ActionExecution| {
        action.stage == SOURCE_STAGE && action.status == "Succeeded"
    };
    let mut versions = std::collections::BTreeMap::new();
    for action in run.proven.actions.iter().filter(of_source) {
        let version = action.output_variables.get("VersionId").cloned().unwrap_or_default();
        // Newest first: the first of a name is what the run went on with.
        versions.entry(action.action.clone()).or_insert(version);
    }
    versions
}

/// Key of the object that a source action reads; `None` for an action that Changegate does not render.
fn key_of(settings: &ExecuteSettings, run: &Run, action: &str) -> Option<String> {
    let gate = &run.proven.gate;
    let key = match action {
        CATALOGUE if run.proven.is_root => keys::catalogue(&settings.environment),
        TEMPLATE if !run.proven.is_root => keys::source(&gate.template),
        CONFIGURATION if !run.proven.is_root => keys::configuration(&settings.environment, &gate.stack),
        _ => return None,
    };
    Some(keys::zipped(&key))
}
