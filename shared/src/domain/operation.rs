//! Whether an execution runs, succeeded or failed, from what CloudFormation shows of it.

use super::stack_event::StackEvent;

/// How an execution that has begun stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// It runs, or rolls back.
    Running,
    /// It succeeded; old resources may still be cleaned up.
    Succeeded,
    /// It failed, and the stack rests.
    Failed,
}

/// How the execution stands whose `events`, newest first, carry its token.
///
/// The stack's status alone does not tell: right after the start it may still show the operation before. So the
/// stack's own newest event counts first, then the change set's `execution_status`.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html>
pub fn operation_of(stack_id: &str, execution_status: &str, stack_status: &str, events: &[StackEvent]) -> Operation {
    let newest = events.iter().find(|event| event.physical_id == stack_id);
    match newest.map(|event| of_status(&event.status)) {
        Some(ended @ (Operation::Succeeded | Operation::Failed)) => return ended,
        Some(Operation::Running) | None => {}
    }
    match execution_status {
        "EXECUTE_COMPLETE" => Operation::Succeeded,
        "EXECUTE_FAILED" => match of_status(stack_status) {
            Operation::Running => Operation::Running,
            Operation::Succeeded | Operation::Failed => Operation::Failed,
        },
        _ => Operation::Running,
    }
}

/// What a status of a stack says of the operation that led to it. An update whose leftovers are still removed is done.
fn of_status(status: &str) -> Operation {
    match status {
        "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS" | "IMPORT_COMPLETE" => {
            Operation::Succeeded
        }
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS" => Operation::Failed,
        _ if status.ends_with("_IN_PROGRESS") => Operation::Running,
        _ => Operation::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STACK: &str = "arn:aws:cloudformation:eu-west-1:111122223333:stack/orders/0a1b";

    fn of(events: &[&str], execution_status: &str, stack_status: &str) -> Operation {
        let events: Vec<_> = events
            .iter()
            .map(|status| StackEvent {
                physical_id: STACK.to_owned(),
                status: (*status).to_owned(),
                ..StackEvent::default()
            })
            .collect();
        operation_of(STACK, execution_status, stack_status, &events)
    }

    #[test]
    fn a_status_that_the_stack_had_before_is_not_the_end() {
        assert_eq!(of(&[], "EXECUTE_IN_PROGRESS", "UPDATE_COMPLETE"), Operation::Running);
        assert_eq!(
            of(&["UPDATE_IN_PROGRESS"], "EXECUTE_IN_PROGRESS", "UPDATE_COMPLETE"),
            Operation::Running
        );
    }

    #[test]
    fn an_update_whose_leftovers_are_still_removed_succeeded() {
        let status = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS";
        assert_eq!(
            of(&[status, "UPDATE_IN_PROGRESS"], "EXECUTE_IN_PROGRESS", status),
            Operation::Succeeded
        );
    }

    #[test]
    fn a_failed_execution_is_followed_until_the_rollback_rests() {
        let rolling = ["UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_IN_PROGRESS"];
        assert_eq!(
            of(&rolling, "EXECUTE_FAILED", "UPDATE_ROLLBACK_IN_PROGRESS"),
            Operation::Running
        );
        for end in [
            "UPDATE_ROLLBACK_COMPLETE",
            "UPDATE_ROLLBACK_FAILED",
            "ROLLBACK_COMPLETE",
            "CREATE_FAILED",
        ] {
            assert_eq!(of(&[end], "EXECUTE_FAILED", end), Operation::Failed, "{end}");
            assert_eq!(of(&[], "EXECUTE_FAILED", end), Operation::Failed, "{end}");
        }
    }

    #[test]
    fn the_change_set_tells_where_the_events_do_not() {
        assert_eq!(of(&[], "EXECUTE_COMPLETE", "UPDATE_COMPLETE"), Operation::Succeeded);
    }
}
