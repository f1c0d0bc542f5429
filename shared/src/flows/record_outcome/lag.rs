//! An end is recorded when the history shows it.

use jiff::{SignedDuration, Timestamp};

use super::EndedRun;
use crate::domain::actions::{CREATE_CHANGE_SET, EXECUTE_CHANGE_SET};
use crate::domain::history::{self, ActionExecution};
use crate::flows::FlowError;
use crate::flows::ports::PipelineExecution;

/// How long the history is given to show how a run ended; AWS publishes no bound.
const PATIENCE: SignedDuration = SignedDuration::from_mins(2);

/// Whether the history shows how the run ended. A run of ours has no action in progress when it ends, one that failed has
/// an action that did, and one that succeeded has a plan, and an execution where the plan has changes. What lacks is shown
/// late, or never: then AWS ended the run for another reason.
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
    let Some(lacks) = what_lacks(&run.state, actions) else {
        return Ok(());
    };
    let ended = run
        .time
        .as_ref()
        .or_else(|| listed.and_then(|listed| listed.updated.as_ref()));
    let ended: Option<Timestamp> = ended.and_then(|ended| ended.parse().ok());
    match ended {
        Some(ended) if now.duration_since(ended) < PATIENCE => Err(FlowError::NotYet(format!(
            "run {} of pipeline `{}` has ended, and its history {lacks}",
            run.execution, run.pipeline
        ))),
        _ => Ok(()),
    }
}

/// What the history must come to show; `None` when it shows how the run ended.
fn what_lacks(state: &str, actions: &[ActionExecution]) -> Option<String> {
    let is = |action: &ActionExecution, status: &str| action.status == status;
    if let Some(open) = actions.iter().find(|action| is(action, "InProgress")) {
        return Some(format!("shows `{}` in progress", open.action));
    }
    match state.to_ascii_uppercase().as_str() {
        "FAILED" if !actions.iter().any(|action| is(action, "Failed")) => {
            Some("shows no action that failed".to_owned())
        }
        "SUCCEEDED" => match history::output(actions, CREATE_CHANGE_SET, "Outcome") {
            None => Some("does not show its plan".to_owned()),
            Some("changes") if !actions.iter().any(|action| action.action == EXECUTE_CHANGE_SET) => {
                Some(format!("shows no `{EXECUTE_CHANGE_SET}`"))
            }
            Some(_) => None,
        },
        _ => None,
    }
}
