//! Whether a plan can still be reviewed, and what is said when it cannot.

use super::super::FlowError;
use super::super::digest_inputs::{DigestError, DigestInputs};
use super::super::ports::Stack;
use super::Run;
use super::context::is_same_time;
use crate::domain::change_set::nested;
use crate::domain::change_set::tree::ChangeSetTree;
use crate::domain::job::FailureKind;

/// A person is asked only about a plan that can still be executed as it is.
pub(super) fn must_be_fresh(run: &Run, inputs: &DigestInputs, stack: Option<&Stack>) -> Result<(), FlowError> {
    if let Some(root) = inputs.tree.as_ref().and_then(ChangeSetTree::root)
        && !(root.status == "CREATE_COMPLETE" && root.execution_status == "AVAILABLE")
    {
        return Err(out_of_date(&format!(
            "its change set is {} ({})",
            root.execution_status, root.status
        )));
    }
    let Some(stack) = stack else {
        return Err(out_of_date("the stack does not exist any more"));
    };
    if run.planned.stack_id.as_deref().is_some_and(|id| id != stack.id) {
        return Err(out_of_date("the stack was deleted and made anew since it was planned"));
    }
    if run.planned.change_set_type == "CREATE" {
        return if stack.status == "REVIEW_IN_PROGRESS" {
            Ok(())
        } else {
            Err(out_of_date(&format!(
                "the stack was to be created and is {} already",
                stack.status
            )))
        };
    }
    let now = stack.last_updated.as_deref().or(stack.created.as_deref());
    if !is_same_time(run.planned.stack_last_changed.as_deref(), now) {
        return Err(out_of_date(&format!(
            "somebody else changed the stack at {}",
            now.unwrap_or("an unknown time")
        )));
    }
    Ok(())
}

/// Nobody is asked about a change that cannot be shown whole.
pub(super) fn not_reviewed(error: DigestError) -> FlowError {
    match error {
        DigestError::Port(error) => error.into(),
        DigestError::Unsteady => FlowError::NotYet(format!("not reviewed: {error}")),
        DigestError::Unshown(unshown) => FlowError::Refused {
            kind: nested::kind(&unshown),
            message: format!(
                "not reviewed: {}; {}",
                nested::told(&unshown),
                nested::what_to_do(&unshown)
            ),
        },
    }
}

pub(super) fn out_of_date(what: &str) -> FlowError {
    FlowError::Refused {
        kind: FailureKind::RevisionOutOfSync,
        message: format!("this plan is out of date: {what}; start the pipeline again to plan anew"),
    }
}
