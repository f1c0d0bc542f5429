//! Removes what a run left on its stack.

use crate::domain::gate::Gate;
use crate::domain::history::ActionExecution;
use crate::domain::outcome::Outcome;
use crate::domain::planning;
use crate::flows::FlowError;
use crate::flows::ports::{ChangeSetRef, PortErrorKind, ReadChangeSets, WriteChangeSets};

/// Deletes the unexecuted change sets of a run that ended for good.
pub(super) async fn change_sets(
    cloudformation: &(impl ReadChangeSets + WriteChangeSets),
    outcome: &mut Outcome,
    gate: &Gate,
    actions: &[ActionExecution],
) -> Result<(), FlowError> {
    let is_kept = outcome.end.is_retriable(actions);
    for set in cloudformation.change_sets(&gate.stack_name).await? {
        let is_ours = planning::execution_of(&set.name) == Some(outcome.execution.as_str());
        if !is_ours || !planning::is_idle(&set.status, &set.execution_status) {
            continue;
        }
        if is_kept {
            outcome.notes.push(format!(
                "change set `{}` is kept, so that the stage can be retried; the next run of the pipeline removes it",
                set.name
            ));
        } else {
            match cloudformation
                .delete_change_set(ChangeSetRef::of(&gate.stack_name, &set.arn))
                .await
            {
                Ok(()) => tracing::info!(change_set = set.name, "deleted the change set of a run that ended"),
                // Nested sets of it are still being made, or somebody deletes it: the next run's plan removes it.
                Err(error) if error.kind == PortErrorKind::Conflict => {
                    tracing::info!(
                        change_set = set.name,
                        error = error.message,
                        "left the change set of a run"
                    );
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}
