//! An end is recorded when the history shows it.

use jiff::{SignedDuration, Timestamp};

use super::EndedRun;
use crate::domain::history::ActionExecution;
use crate::flows::FlowError;
use crate::flows::ports::PipelineExecution;

/// How long the history is given to show how a run ended; AWS publishes no bound.
const PATIENCE: SignedDuration = SignedDuration::from_mins(2);

/// Whether the history shows how the run ended. A run of ours has no action in progress when it ends, so one that is
/// shown so is shown late, and what it came to (a rejection, an execution) is not known yet.
///
/// # Errors
///
/// [`FlowError::NotYet`] while it is worth waiting: the announcement is delivered again.
pub(super) fn must_show_the_end(
    run: &EndedRun,
    listed: Option<&PipelineExecution>,
    actions: &[ActionExecution],
    now: Timestamp,
) -> Result<(), FlowError> {
    let Some(open) = actions.iter().find(|action| action.status == "InProgress") else {
        return Ok(());
    };
    let ended = run
        .time
        .as_ref()
        .or_else(|| listed.and_then(|listed| listed.updated.as_ref()));
    let ended: Option<Timestamp> = ended.and_then(|ended| ended.parse().ok());
    match ended {
        Some(ended) if now.duration_since(ended) < PATIENCE => Err(FlowError::NotYet(format!(
            "run {} of pipeline `{}` has ended, and its history shows `{}` in progress",
            run.execution, run.pipeline, open.action
        ))),
        _ => Ok(()),
    }
}
