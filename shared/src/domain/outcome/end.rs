//! How a run ended, told from CodePipeline's state and the actions of the run.

use serde::{Deserialize, Serialize};

use super::{Approval, Plan};
use crate::domain::actions::{APPLY_STAGE, EXECUTE_CHANGE_SET};
use crate::domain::history::ActionExecution;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// The change set was executed, or the stack policy set.
    Executed,
    /// The stack is already as the commit says.
    NoChanges,
    /// The catalogue holds the first run back.
    Held,
    /// The template imports what no stack exports yet; the pipeline is started again when one does.
    Blocked,
    /// An approver said no.
    Rejected,
    /// Nobody answered in time.
    TimedOut,
    /// A reviewed change waits for its window; the stage is retried when it opens.
    Waiting,
    /// An action failed.
    Failed,
    /// Somebody stopped it.
    Stopped,
    /// A newer run took the stack.
    Superseded,
    /// The pipeline was changed while it ran.
    Cancelled,
}

impl End {
    /// Whether the same run may still go on: its change set must stay, so that the stage can be retried.
    pub fn is_retriable(self, actions: &[ActionExecution]) -> bool {
        match self {
            Self::Waiting => true,
            Self::Failed => {
                let failed = actions.iter().find(|action| action.status == "Failed");
                failed.is_some_and(|action| action.stage == APPLY_STAGE)
            }
            _ => false,
        }
    }
}

/// Tells how a run ended.
///
/// `state` is CodePipeline's, in any case: `SUCCEEDED`, `Failed`, `STOPPED`, `SUPERSEDED`, `CANCELED`, `Cancelled`.
/// `actions` are newest first. `is_claimed_superseded` says that a newer run claimed this one, and `is_waiting` that a
/// note says it waits for its window.
pub fn end_of(
    state: &str,
    actions: &[ActionExecution],
    plan: Option<&Plan>,
    is_claimed_superseded: bool,
    is_waiting: bool,
) -> End {
    let newest = |status: &str| actions.iter().find(|action| action.status == status);
    match state.to_ascii_uppercase().as_str() {
        "SUCCEEDED" => {
            let is_executed = actions
                .iter()
                .any(|action| action.action == EXECUTE_CHANGE_SET && action.status == "Succeeded");
            match plan.map(|plan| plan.outcome.as_str()) {
                _ if is_executed => End::Executed,
                Some("held") => End::Held,
                Some("blocked") => End::Blocked,
                _ => End::NoChanges,
            }
        }
        _ if is_claimed_superseded => End::Superseded,
        "SUPERSEDED" => End::Superseded,
        "STOPPED" | "STOPPING" => End::Stopped,
        "CANCELED" | "CANCELLED" => End::Cancelled,
        _ => match newest("Failed") {
            Some(failed) if failed.category == "Approval" => match answer(failed) {
                "rejected" => End::Rejected,
                _ => End::TimedOut,
            },
            _ if is_waiting => End::Waiting,
            None if was_given_up(actions) => End::Cancelled,
            _ => End::Failed,
        },
    }
}

/// Whether a failed run has no action that failed, and none that may still: its pipeline was updated. The guide says that
/// an update fails the runs, the reference that they are `Cancelled`.
///
/// Source: <https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-edit.html>
fn was_given_up(actions: &[ActionExecution]) -> bool {
    let is_over = |action: &ActionExecution| matches!(action.status.as_str(), "Succeeded" | "Abandoned");
    !actions.is_empty() && actions.iter().all(is_over)
}

/// The answer to a request for approval.
fn answer(action: &ActionExecution) -> &'static str {
    match action.status.as_str() {
        "Succeeded" => "approved",
        // Whoever says no is named; a request that runs out of time has nobody to name.
        "Failed" if action.updated_by.is_some() => "rejected",
        "Failed" => "timed-out",
        _ => "unanswered",
    }
}

/// Every request for approval of a run, oldest first.
pub(super) fn approvals(actions: &[ActionExecution]) -> Vec<Approval> {
    let requests = actions.iter().rev().filter(|action| action.category == "Approval");
    requests
        .map(|action| Approval {
            action: action.action.clone(),
            answer: answer(action).to_owned(),
            by: action.updated_by.clone(),
            at: action.updated.clone(),
            words: action.summary.clone(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(name: &str, category: &str, status: &str) -> ActionExecution {
        ActionExecution {
            action: name.to_owned(),
            stage: if name == "CreateChangeSet" { "Plan" } else { "Apply" }.to_owned(),
            category: category.to_owned(),
            status: status.to_owned(),
            ..ActionExecution::default()
        }
    }

    fn plan(outcome: &str) -> Plan {
        Plan {
            outcome: outcome.to_owned(),
            change_set_arn: "none".to_owned(),
            change_set_type: "UPDATE".to_owned(),
            template_sha256: String::new(),
            summary: String::new(),
        }
    }

    #[test]
    fn a_success_is_an_execution_or_a_reason_for_none() {
        let executed = [action("ExecuteChangeSet", "Invoke", "Succeeded")];
        assert_eq!(
            end_of("SUCCEEDED", &executed, Some(&plan("changes")), false, false),
            End::Executed
        );
        for (outcome, end) in [
            ("no-changes", End::NoChanges),
            ("held", End::Held),
            ("blocked", End::Blocked),
        ] {
            assert_eq!(end_of("SUCCEEDED", &[], Some(&plan(outcome)), false, false), end);
        }
    }

    #[test]
    fn a_rejection_is_told_from_a_time_out_and_from_a_failure() {
        let mut rejected = action("Approve1", "Approval", "Failed");
        let timed_out = [rejected.clone()];
        rejected.updated_by = Some("arn:aws:iam::111122223333:user/alice".to_owned());
        assert_eq!(end_of("FAILED", &[rejected], None, false, false), End::Rejected);
        assert_eq!(end_of("FAILED", &timed_out, None, false, false), End::TimedOut);
        let failed = [action("ExecuteChangeSet", "Invoke", "Failed")];
        assert_eq!(end_of("FAILED", &failed, None, false, false), End::Failed);
        assert_eq!(end_of("FAILED", &failed, None, false, true), End::Waiting);
    }

    #[test]
    fn a_failed_run_without_a_failed_action_was_given_up_for_an_update_of_its_pipeline() {
        let planned = action("CreateChangeSet", "Invoke", "Succeeded");
        let open = action("Approve1", "Approval", "Abandoned");
        assert_eq!(
            end_of("FAILED", &[open, planned.clone()], None, false, false),
            End::Cancelled
        );
        assert_eq!(
            end_of("FAILED", std::slice::from_ref(&planned), None, false, true),
            End::Waiting
        );
        let unknown = action("Approve1", "Approval", "InProgress");
        assert_eq!(end_of("FAILED", &[unknown, planned], None, false, false), End::Failed);
        assert_eq!(end_of("FAILED", &[], None, false, false), End::Failed);
    }

    #[test]
    fn a_stop_by_a_newer_run_is_a_supersession() {
        assert_eq!(end_of("STOPPED", &[], None, true, false), End::Superseded);
        assert_eq!(end_of("STOPPED", &[], None, false, false), End::Stopped);
        assert_eq!(end_of("SUPERSEDED", &[], None, false, false), End::Superseded);
        for state in ["CANCELED", "Cancelled"] {
            assert_eq!(end_of(state, &[], None, false, false), End::Cancelled);
        }
    }

    #[test]
    fn only_what_failed_after_the_plan_can_be_retried_with_its_change_set() {
        assert!(End::Failed.is_retriable(&[action("ExecuteChangeSet", "Invoke", "Failed")]));
        assert!(!End::Failed.is_retriable(&[action("CreateChangeSet", "Invoke", "Failed")]));
        for end in [
            End::Rejected,
            End::TimedOut,
            End::Stopped,
            End::Superseded,
            End::Cancelled,
            End::NoChanges,
        ] {
            assert!(!end.is_retriable(&[]));
        }
    }
}
