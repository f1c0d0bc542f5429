//! Which commits a run brings to its stack: from the object versions that its source actions read.

use super::{ExecutePorts, ExecuteSettings, Run, executed};
use crate::domain::actions::{CATALOGUE, CONFIGURATION, TEMPLATE};
use crate::domain::authors::{CommitRange, Gap, ProvenanceWalk};
use crate::domain::provenance::ROOT_STACK;
use crate::flows::FlowError;
use crate::flows::ports::ReadObjects;
use crate::flows::run_sources::{commit_of, key_of, record_of, versions};

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
    let (gate, is_root) = (&run.proven.gate, run.proven.is_root);
    let last = executed::read(ports.evidence, &run.proven.pipeline).await?;
    let read = versions(&run.proven.actions);
    let sources: &[&str] = if is_root {
        &[CATALOGUE]
    } else {
        &[TEMPLATE, CONFIGURATION]
    };
    let mut gaps = Vec::new();
    let mut from = Vec::new();
    for &action in sources {
        let version = read.get(action);
        let is_executed = last
            .as_ref()
            .is_some_and(|last| version.is_some() && last.source_versions.get(action) == version);
        if is_executed {
            continue;
        }
        let commit = match (key_of(&settings.environment, gate, is_root, action), version) {
            (Some(key), Some(version)) => commit_of(ports.source, &key, version).await?,
            _ => None,
        };
        match commit {
            Some(commit) => from.push(commit),
            None => gaps.push(Gap::UnknownSource(action.to_owned())),
        }
    }
    let stack = if is_root { ROOT_STACK } else { &gate.stack };
    let mut walk = ProvenanceWalk::new(stack, from, last.as_ref().map(|last| last.commit.as_str()));
    while let Some(commit) = walk.needed() {
        walk.add(record_of(ports.source, &commit).await?);
    }
    let mut range = walk.into_range();
    range.gaps.extend(gaps);
    Ok(range)
}
