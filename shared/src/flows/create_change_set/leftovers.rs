//! Change sets that earlier runs of this pipeline left on the stack: CloudFormation keeps at most 1,000 of them.

use crate::domain::change_set::description::ChangeSetDescription;
use crate::domain::planning;
use crate::flows::FlowError;
use crate::flows::ports::{
    ChangeSetRef, PipelineExecution, PortErrorKind, ReadChangeSets, ReadPipelines, WriteChangeSets,
};
use crate::flows::prove_job::ProvenJob;

/// How many runs that are not among the latest are looked up in one delivery.
const MAX_LOOKUPS: usize = 20;

/// Deletes what ended runs of this pipeline left. Nobody else's change sets are touched.
pub(super) async fn delete(
    pipelines: &impl ReadPipelines,
    cloudformation: &(impl ReadChangeSets + WriteChangeSets),
    proven: &ProvenJob,
    runs: &[PipelineExecution],
) -> Result<(), FlowError> {
    let mut lookups = 0;
    for set in cloudformation.change_sets(&proven.gate.stack_name).await? {
        let Some(execution) = planning::execution_of(&set.name) else {
            continue;
        };
        if execution == proven.execution || !planning::is_idle(&set.status, &set.execution_status) {
            continue;
        }
        let known = runs.iter().find(|run| run.id == execution);
        let has_ended = if let Some(run) = known {
            has_ended(run)
        } else if lookups < MAX_LOOKUPS {
            lookups += 1;
            let run = pipelines.pipeline_execution(&proven.pipeline, execution).await?;
            run.as_ref().is_some_and(has_ended)
        } else {
            false
        };
        if has_ended {
            match cloudformation
                .delete_change_set(ChangeSetRef::of(&proven.gate.stack_name, &set.arn))
                .await
            {
                Ok(()) => tracing::info!(change_set = set.name, "deleted what an earlier run left"),
                // It is being made, deleted or executed by now: the next run sees what is left of it.
                Err(error) if error.kind == PortErrorKind::Conflict => {
                    tracing::info!(
                        change_set = set.name,
                        error = error.message,
                        "left what an earlier run left"
                    );
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}

/// Deletes the change set that an earlier attempt of this run made under the same name.
pub(super) async fn delete_earlier(
    cloudformation: &impl WriteChangeSets,
    earlier: &ChangeSetDescription,
) -> Result<(), FlowError> {
    let name = &earlier.change_set_name;
    if matches!(earlier.status.as_str(), "DELETE_PENDING" | "DELETE_IN_PROGRESS") {
        return Err(FlowError::NotYet(format!(
            "change set `{name}` of an earlier attempt is being deleted"
        )));
    }
    match cloudformation.delete_change_set(earlier.into()).await {
        Ok(()) => Ok(()),
        // It is being made, or nested sets of it are: it can be deleted when that is over.
        Err(error) if error.kind == PortErrorKind::Conflict => Err(FlowError::NotYet(error.to_string())),
        Err(error) => Err(error.into()),
    }
}

fn has_ended(run: &PipelineExecution) -> bool {
    !matches!(run.status.as_str(), "InProgress" | "Stopping")
}
