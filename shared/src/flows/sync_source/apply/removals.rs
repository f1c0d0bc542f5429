//! Takes away what is gone.

use std::collections::BTreeSet;

use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::CONCURRENCY;
use crate::domain::sync::plan::SyncPlan;
use crate::domain::sync::snapshot::Snapshot;
use crate::flows::sync_source::{Halt, SourceBucket, SourcePipelines, SourceRepository, SyncSettings, World};

/// Removes what is gone from the branch, and the zips whose pipelines are gone too.
pub(super) async fn remove<R: SourceRepository, B: SourceBucket, P: SourcePipelines>(
    world: World<'_, R, B, P>,
    plan: &SyncPlan,
    next: &mut Snapshot,
    settings: &SyncSettings,
) -> Result<(), Halt> {
    let prefix = settings.environment.pipeline_prefix.as_str();
    for (key, stack) in &plan.retirements {
        next.retired.insert(key.clone(), format!("{prefix}{stack}"));
    }
    if !next.retired.is_empty() {
        let in_use = next.keys_in_use(&settings.environment.name);
        next.retired.retain(|key, _| !in_use.contains(key));
    }
    let mut removals: Vec<String> = plan.removals.iter().cloned().collect();
    if !next.retired.is_empty() {
        match world.pipelines.pipeline_names(prefix).await {
            Ok(pipelines) => {
                let pipelines: BTreeSet<String> = pipelines.into_iter().collect();
                let gone = next
                    .retired
                    .iter()
                    .filter(|(_, pipeline)| !pipelines.contains(*pipeline));
                let gone: Vec<String> = gone.map(|(key, _)| key.clone()).collect();
                for key in &gone {
                    next.retired.remove(key);
                }
                removals.extend(gone);
            }
            Err(error) => tracing::warn!("zips of retired stacks are kept for now: {error}"),
        }
    }
    stream::iter(removals)
        .map(Ok)
        .try_for_each_concurrent(CONCURRENCY, |key| async move {
            world.source.delete(&key).await?;
            Ok::<_, Halt>(())
        })
        .await
}
