//! What the state of a stack means for a change set.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html> (status codes) and
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html>.

/// What can be done with a stack now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// There is no stack, or only the empty shell that an unexecuted first change set left: it is created.
    Create,
    /// The stack rests in a good state: it is updated.
    Update,
    /// CloudFormation is at work on it. The text says at what.
    Wait(String),
    /// Somebody must act first. The text says what the state means and what to do, with the command.
    Stuck(String),
}

/// Decides by the status of the stack named `stack`; `None` when CloudFormation answered that it does not exist.
pub fn readiness(stack: &str, status: Option<&str>) -> Readiness {
    let Some(status) = status else {
        return Readiness::Create;
    };
    match status {
        // A stack that was deleted answers by its ARN only; its name is free.
        "REVIEW_IN_PROGRESS" | "DELETE_COMPLETE" => Readiness::Create,
        "CREATE_COMPLETE"
        | "UPDATE_COMPLETE"
        | "UPDATE_ROLLBACK_COMPLETE"
        | "IMPORT_COMPLETE"
        | "IMPORT_ROLLBACK_COMPLETE" => Readiness::Update,
        _ => match at_work(status) {
            Some(work) => Readiness::Wait(format!("stack `{stack}` is {status}: CloudFormation {work}")),
            None => Readiness::Stuck(format!("stack `{stack}` is {status}: {}", remedy(stack, status))),
        },
    }
}

/// What CloudFormation is doing in a state that passes by itself.
fn at_work(status: &str) -> Option<&'static str> {
    Some(match status {
        "CREATE_IN_PROGRESS" => "is creating it",
        "ROLLBACK_IN_PROGRESS" => "is removing what a failed creation left",
        "UPDATE_IN_PROGRESS" => "is updating it",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS" => "has updated it and is removing what was replaced",
        "UPDATE_ROLLBACK_IN_PROGRESS" => "is rolling an update back",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS" => "has rolled an update back and is removing what it had made",
        "DELETE_IN_PROGRESS" => "is deleting it",
        "IMPORT_IN_PROGRESS" => "is importing resources into it",
        "IMPORT_ROLLBACK_IN_PROGRESS" => "is rolling an import back",
        _ if status.ends_with("_IN_PROGRESS") => "is at work on it",
        _ => return None,
    })
}

/// What a state that does not pass by itself means, and what to do.
fn remedy(stack: &str, status: &str) -> String {
    let retry = "then retry this stage";
    let by_hand = |meaning: &str, command: &str| {
        format!("{meaning}. Run `aws cloudformation {command} --stack-name {stack}`, {retry}")
    };
    match status {
        "ROLLBACK_COMPLETE" => by_hand(
            "its creation failed and was rolled back; such a stack can only be deleted",
            "delete-stack",
        ),
        "ROLLBACK_FAILED" => by_hand(
            "its creation failed, and what it had made could not all be removed; look at its events for what is left, \
             and delete it",
            "delete-stack",
        ),
        "CREATE_FAILED" => by_hand(
            "its creation failed with rollback disabled, so what was made is still there. Delete the stack, or keep \
             nothing of it by a rollback",
            "delete-stack",
        ),
        "UPDATE_FAILED" => by_hand(
            "an update failed with rollback disabled, so it is half updated. Bring it back to its last good state",
            "rollback-stack",
        ),
        "UPDATE_ROLLBACK_FAILED" => format!(
            "an update failed and could not be rolled back. Look at its events for the resource that stands in the \
             way, mend that, run `aws cloudformation continue-update-rollback --stack-name {stack}` (with \
             `--resources-to-skip` for what cannot be mended), {retry}"
        ),
        "DELETE_FAILED" => format!(
            "its deletion failed half-way. Look at its events for what stands in the way, mend that or keep it with \
             `--retain-resources`, run `aws cloudformation delete-stack --stack-name {stack}`, {retry}"
        ),
        "IMPORT_ROLLBACK_FAILED" => format!(
            "an import failed and could not be rolled back. Look at its events for the resource that stands in the \
             way, mend that, run `aws cloudformation continue-update-rollback --stack-name {stack}`, {retry}"
        ),
        _ => format!(
            "this version of Changegate does not know that state. Bring the stack to a state that ends in _COMPLETE, \
             {retry}"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_cloudformation_leads_somewhere() {
        let of = |status: &str| match readiness("network", Some(status)) {
            Readiness::Create => "create",
            Readiness::Update => "update",
            Readiness::Wait(_) => "wait",
            Readiness::Stuck(_) => "stuck",
        };
        for (status, expected) in [
            ("CREATE_IN_PROGRESS", "wait"),
            ("CREATE_FAILED", "stuck"),
            ("CREATE_COMPLETE", "update"),
            ("ROLLBACK_IN_PROGRESS", "wait"),
            ("ROLLBACK_FAILED", "stuck"),
            ("ROLLBACK_COMPLETE", "stuck"),
            ("DELETE_IN_PROGRESS", "wait"),
            ("DELETE_FAILED", "stuck"),
            ("DELETE_COMPLETE", "create"),
            ("UPDATE_IN_PROGRESS", "wait"),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "wait"),
            ("UPDATE_COMPLETE", "update"),
            ("UPDATE_FAILED", "stuck"),
            ("UPDATE_ROLLBACK_IN_PROGRESS", "wait"),
            ("UPDATE_ROLLBACK_FAILED", "stuck"),
            ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "wait"),
            ("UPDATE_ROLLBACK_COMPLETE", "update"),
            ("REVIEW_IN_PROGRESS", "create"),
            ("IMPORT_IN_PROGRESS", "wait"),
            ("IMPORT_COMPLETE", "update"),
            ("IMPORT_ROLLBACK_IN_PROGRESS", "wait"),
            ("IMPORT_ROLLBACK_FAILED", "stuck"),
            ("IMPORT_ROLLBACK_COMPLETE", "update"),
            ("SOMETHING_NEW_IN_PROGRESS", "wait"),
            ("SOMETHING_NEW", "stuck"),
        ] {
            assert_eq!(of(status), expected, "{status}");
        }
        assert_eq!(readiness("network", None), Readiness::Create);
    }

    #[test]
    fn a_stuck_stack_says_its_state_and_what_to_do() {
        for (status, command) in [
            (
                "ROLLBACK_COMPLETE",
                "aws cloudformation delete-stack --stack-name network",
            ),
            (
                "UPDATE_FAILED",
                "aws cloudformation rollback-stack --stack-name network",
            ),
            (
                "UPDATE_ROLLBACK_FAILED",
                "aws cloudformation continue-update-rollback --stack-name network",
            ),
            ("DELETE_FAILED", "--retain-resources"),
        ] {
            let Readiness::Stuck(text) = readiness("network", Some(status)) else {
                panic!("{status} is stuck");
            };
            assert!(text.contains(status) && text.contains(command), "{text}");
        }
    }
}
