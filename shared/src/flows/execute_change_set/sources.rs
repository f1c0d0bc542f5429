//! Where the change of a run comes from: the object versions that its source actions read.

use super::{ExecutePorts, ExecuteSettings, Run};
use crate::domain::authors::CommitRange;
use crate::flows::FlowError;
use crate::flows::ports::ReadObjects;
use crate::flows::run_sources::{RunOfStack, Sources, last_executed};

/// The sources of the run.
pub(super) async fn read<C, P, S, E, K>(
    ports: &ExecutePorts<'_, C, P, S, E, K>,
    settings: &ExecuteSettings,
    run: &Run,
) -> Result<Sources, FlowError>
where
    S: ReadObjects,
{
    let of = RunOfStack {
        environment: &settings.environment,
        gate: &run.proven.gate,
        is_root: run.proven.is_root,
        actions: &run.proven.actions,
    };
    Ok(Sources::of(ports.source, of).await?)
}

/// Every commit since the pipeline's last execution that touched the stack.
pub(super) async fn commit_range<C, P, S, E, K>(
    ports: &ExecutePorts<'_, C, P, S, E, K>,
    settings: &ExecuteSettings,
    run: &Run,
    sources: &Sources,
) -> Result<CommitRange, FlowError>
where
    S: ReadObjects,
    E: ReadObjects,
{
    let last = last_executed(ports.evidence, &run.proven.pipeline).await?;
    let root = &settings.proof.root_pipeline;
    sources
        .commit_range(ports.source, ports.evidence, last.as_ref(), root)
        .await
}
