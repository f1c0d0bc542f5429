//! Which commits a run brings to its stack: from the object versions that its source actions read.

use super::{ExecutePorts, ExecuteSettings, Run, executed};
use crate::domain::authors::CommitRange;
use crate::flows::FlowError;
use crate::flows::ports::ReadObjects;
use crate::flows::run_sources::{self, RunOfStack};

/// Every commit since the pipeline's last execution that touched the stack.
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
    let of = RunOfStack {
        environment: &settings.environment,
        gate: &run.proven.gate,
        is_root: run.proven.is_root,
        actions: &run.proven.actions,
        last: last.as_ref(),
    };
    Ok(run_sources::commit_range(ports.source, of).await?)
}
