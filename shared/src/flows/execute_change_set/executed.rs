//! The record of a pipeline's last execution.

use std::collections::BTreeMap;

use super::{ExecutePorts, Run};
use crate::domain::executed::Executed;
use crate::domain::keys;
use crate::flows::FlowError;
use crate::flows::ports::{Clock, NewObject, ReadObjects, WriteCondition, WriteObjects};
use crate::flows::run_sources::{last_executed, versions};

/// Records that the change of `run` was executed. `stack_last_changed` is RFC 3339.
pub(super) async fn write<C, P, S, E, K>(
    ports: &ExecutePorts<'_, C, P, S, E, K>,
    run: &Run,
    stack_last_changed: Option<String>,
) -> Result<(), FlowError>
where
    E: ReadObjects + WriteObjects,
    K: Clock,
{
    // What was read is dropped before the next call: held over it, it would make every future around this one larger.
    let bytes = {
        let last = last_executed(ports.evidence, &run.proven.pipeline)
            .await
            .unwrap_or_default();
        if last.as_ref().is_some_and(|last| last.execution == run.proven.execution) {
            return Ok(());
        }
        let record = Executed {
            version: 1,
            commit: run.planned.commit.clone(),
            sequence: run.planned.sequence,
            execution: run.proven.execution.clone(),
            change_set_arn: run.planned.change_set_arn.clone(),
            source_versions: versions(&run.proven.actions),
            stack_last_changed,
            executed_at: ports.clock.now().to_string(),
            before: last.map(Executed::into_before),
        };
        serde_json::to_vec(&record)
            .map_err(|error| FlowError::job(format!("writing the record of the execution: {error}")))?
    };
    let object = NewObject {
        key: keys::executed(&run.proven.pipeline),
        bytes,
        content_type: "application/json",
        metadata: BTreeMap::new(),
        condition: WriteCondition::Always,
    };
    ports.evidence.put(object).await?;
    Ok(())
}
