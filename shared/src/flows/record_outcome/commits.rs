//! Which commits a run brought, or would have brought: the same that its review listed and its guard went by.

use std::collections::BTreeMap;

use super::RecordSettings;
use crate::domain::executed::Executed;
use crate::domain::gate::Gate;
use crate::domain::history::ActionExecution;
use crate::domain::keys;
use crate::domain::outcome::Outcome;
use crate::domain::provenance::SourceFacts;
use crate::flows::FlowError;
use crate::flows::ports::ReadObjects;
use crate::flows::run_sources::{RunOfStack, Sources, record_of};

/// Enters the newest commit of the sources, and every commit since the pipeline's last execution that touched the stack:
/// also those that broke it, so that no run began for them.
///
/// A run that brings nothing new has the commits that its newest source came with.
pub(super) async fn enter(
    source: &impl ReadObjects,
    evidence: &impl ReadObjects,
    settings: &RecordSettings,
    (gate, actions): (&Gate, &[ActionExecution]),
    versions: &BTreeMap<String, String>,
    outcome: &mut Outcome,
) -> Result<(), FlowError> {
    let run = RunOfStack {
        environment: &settings.environment,
        gate,
        is_root: outcome.pipeline == settings.root_pipeline,
        actions,
    };
    let sources = Sources::of_versions(source, run, versions).await?;
    let facts: Vec<SourceFacts> = sources.read.iter().filter_map(|read| read.facts.clone()).collect();
    let Some(newest) = SourceFacts::newest(&facts) else {
        if !facts.is_empty() {
            let commits: Vec<&str> = facts.iter().map(|source| source.commit.as_str()).collect();
            outcome.notes.push(format!(
                "the sources were written from the commits {} by a version of the sync that did not number them, so it \
                 cannot be told which is the newer",
                commits.join(" and ")
            ));
        }
        return Ok(());
    };
    outcome.commit = Some(newest.commit.clone());
    let last = evidence.get(&keys::executed(&outcome.pipeline), None).await?;
    let last: Option<Executed> = last.and_then(|last| serde_json::from_slice(&last.bytes).ok());
    let before = Executed::before_run(last, &outcome.execution);
    let mut range = sources
        .commit_range(source, evidence, before.as_ref(), &settings.root_pipeline)
        .await?;
    outcome.repository_id = range.repository;
    range.commits.reverse();
    outcome.commits = range.commits;
    if outcome.commits.is_empty() {
        let record = record_of(source, &newest.record()).await?;
        let told = record.as_ref().and_then(|record| record.repository_id);
        outcome.repository_id = outcome.repository_id.or(told);
        outcome.commits = record.map(|record| record.commits).unwrap_or_default();
    }
    if !range.gaps.is_empty() {
        let gaps: Vec<String> = range.gaps.iter().map(ToString::to_string).collect();
        outcome
            .notes
            .push(format!("these may not be all commits: {}", gaps.join("; ")));
    }
    Ok(())
}
