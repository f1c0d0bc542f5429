//! Whether change set and stack are still as they were when the change was planned.

use jiff::Timestamp;

use super::Staleness;
use crate::domain::change_set::description::ChangeSetDescription;
use crate::domain::planned_change::PlannedChange;
use crate::domain::stack_policy;

/// A stack as it stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StackNow<'a> {
    /// ARN.
    pub id: &'a str,
    /// Status.
    pub status: &'a str,
    /// `LastUpdatedTime`, else `CreationTime` (RFC 3339).
    pub last_changed: Option<&'a str>,
    /// Its policy; `None` when it has none.
    pub policy: Option<&'a str>,
}

/// Whether the change set can be executed.
///
/// # Errors
///
/// [`Staleness::NotAvailable`] when it cannot.
pub fn available(change_set: &ChangeSetDescription) -> Result<(), Staleness> {
    if change_set.status == "CREATE_COMPLETE" && change_set.execution_status == "AVAILABLE" {
        return Ok(());
    }
    Err(Staleness::NotAvailable {
        status: change_set.status.clone(),
        execution_status: change_set.execution_status.clone(),
    })
}

/// Whether the stack is as it was when the change was planned. `wanted` is the policy that the gate wants: a guard
/// that was interrupted may have set it already.
///
/// # Errors
///
/// The first [`Staleness`] that is found.
pub fn unchanged(planned: &PlannedChange, stack: Option<StackNow<'_>>, wanted: Option<&str>) -> Result<(), Staleness> {
    let Some(stack) = stack else {
        return Err(Staleness::StackGone);
    };
    if planned.stack_id.as_deref().is_some_and(|id| id != stack.id) {
        return Err(Staleness::StackReplaced);
    }
    if planned.change_set_type == "CREATE" {
        // The shell of a stack that is to be created has no state that could change.
        return match stack.status {
            "REVIEW_IN_PROGRESS" => Ok(()),
            status => Err(Staleness::StackBusy(status.to_owned())),
        };
    }
    if !is_same_time(planned.stack_last_changed.as_deref(), stack.last_changed) {
        return Err(Staleness::StackChanged {
            planned: planned.stack_last_changed.clone().unwrap_or_default(),
            now: stack.last_changed.unwrap_or_default().to_owned(),
        });
    }
    if is_moving(stack.status) {
        return Err(Staleness::StackBusy(stack.status.to_owned()));
    }
    let is_set_already = wanted.is_some() && stack_policy::is_same(wanted, stack.policy);
    if !is_set_already && !stack_policy::is_same(planned.stack_policy_before.as_deref(), stack.policy) {
        return Err(Staleness::PolicyChanged);
    }
    Ok(())
}

/// Whether somebody works on the stack. What is only cleaned up after an update does not stand in the way of the
/// next: CloudFormation itself decides about that.
fn is_moving(status: &str) -> bool {
    status.ends_with("_IN_PROGRESS") && !status.ends_with("_CLEANUP_IN_PROGRESS")
}

fn is_same_time(left: Option<&str>, right: Option<&str>) -> bool {
    let time = |text: &str| text.parse::<Timestamp>();
    match (left, right) {
        (Some(left), Some(right)) => {
            left == right || matches!((time(left), time(right)), (Ok(left), Ok(right)) if left == right)
        }
        (left, right) => left == right,
    }
}
