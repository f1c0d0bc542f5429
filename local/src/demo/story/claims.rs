//! Claims that several chapters make: which pipelines ran, and what GitHub shows.

use std::collections::BTreeMap;

use super::pipeline;
use crate::demo::world::{DemoError, World};
use crate::deploy::ENVIRONMENT;

/// The newest run that there was when the counts were taken.
pub(super) async fn last_run_before(
    world: &World,
    pipeline: &str,
    before: &BTreeMap<String, usize>,
) -> Result<Option<String>, DemoError> {
    let runs = world.runs.of(pipeline).await?;
    let had = before.get(pipeline).copied().unwrap_or(0);
    let index = runs.len().checked_sub(had);
    Ok(index.and_then(|index| runs.get(index)?.pipeline_execution_id().map(str::to_owned)))
}

pub(super) async fn check_counts(
    world: &mut World,
    before: &BTreeMap<String, usize>,
    more: &[(&str, usize)],
    claim: &str,
) -> Result<(), DemoError> {
    let now = world.runs.counts().await?;
    let mut expected = before.clone();
    for (stack, runs) in more {
        *expected.entry(pipeline(stack)).or_default() += runs;
    }
    world.report.check(claim, now == expected, || {
        format!("runs before {before:?}, now {now:?}")
    });
    Ok(())
}

pub(super) async fn check_status(world: &mut World, commit: &str, stack: &str, wanted: &str) -> Result<(), DemoError> {
    let context = &format!("changegate/{ENVIRONMENT}/{stack}");
    let mut found = None;
    for _ in 0..900 {
        found = world.status(commit, context).await?;
        if found.as_deref() == Some(wanted) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    world.report.check(
        &format!("the commit's status {context} is {wanted}"),
        found.as_deref() == Some(wanted),
        || format!("{found:?}"),
    );
    Ok(())
}
