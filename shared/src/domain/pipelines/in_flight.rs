//! Runs that an update of their pipeline would cancel.
//!
//! "When you update a pipeline, CodePipeline gracefully completes all the running actions and then fails the stages
//! and pipeline executions": <https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-edit.html>

use std::fmt;

use crate::domain::actions::{APPLY_STAGE, EXECUTE_CHANGE_SET};
use crate::domain::history::ActionExecution;

/// A run that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunInFlight {
    /// Name of the pipeline.
    pub pipeline: String,
    /// Id of the pipeline execution.
    pub execution: String,
    /// What it does.
    pub doing: Doing,
}

/// What a run does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doing {
    /// It reads its sources, plans, or waits for its turn.
    Planning,
    /// Its review is being made.
    Reviewing,
    /// It waits for this approval.
    AwaitingApproval(String),
    /// It executes its change set.
    Executing,
}

impl Doing {
    /// What a run does, from its actions, newest first.
    pub fn of(actions: &[ActionExecution]) -> Self {
        let in_progress = |action: &&ActionExecution| action.status == "InProgress";
        let mut running = actions.iter().filter(in_progress);
        match running.find(|action| action.stage == APPLY_STAGE) {
            Some(action) if action.action == EXECUTE_CHANGE_SET => Self::Executing,
            Some(action) if action.category == "Approval" => Self::AwaitingApproval(action.action.clone()),
            Some(_) => Self::Reviewing,
            None => Self::Planning,
        }
    }
}

impl RunInFlight {
    /// Whether it changes its stack right now: an update of the pipeline has to wait for it.
    pub fn is_executing(&self) -> bool {
        self.doing == Doing::Executing
    }
}

impl fmt::Display for RunInFlight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            pipeline,
            execution,
            doing,
        } = self;
        write!(f, "{pipeline}, run {execution}: ")?;
        match doing {
            Doing::Planning => f.write_str("plans; it is cancelled and started again"),
            Doing::Reviewing => f.write_str("is being reviewed; it is cancelled and started again"),
            Doing::AwaitingApproval(action) => write!(
                f,
                "waits for {action}; it is cancelled and started again, and asks anew"
            ),
            Doing::Executing => f.write_str("executes its change set; it is waited for"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(stage: &str, action: &str, category: &str, status: &str) -> ActionExecution {
        ActionExecution {
            stage: stage.to_owned(),
            action: action.to_owned(),
            category: category.to_owned(),
            status: status.to_owned(),
            ..ActionExecution::default()
        }
    }

    #[test]
    fn what_a_run_does_is_told_by_its_newest_action_in_progress() {
        let executed = action("Apply", "ExecuteChangeSet", "Invoke", "InProgress");
        let approved = action("Apply", "Approve1", "Approval", "Succeeded");
        let described = action("Apply", "DescribeChangeSet", "Invoke", "Succeeded");
        let created = action("Plan", "CreateChangeSet", "Invoke", "InProgress");
        assert_eq!(
            Doing::of(&[executed, approved.clone(), described.clone()]),
            Doing::Executing
        );
        let awaiting = action("Apply", "Approve2", "Approval", "InProgress");
        assert_eq!(
            Doing::of(&[awaiting, approved, described.clone()]),
            Doing::AwaitingApproval("Approve2".to_owned())
        );
        let describing = action("Apply", "DescribeChangeSet", "Invoke", "InProgress");
        assert_eq!(Doing::of(&[describing]), Doing::Reviewing);
        assert_eq!(Doing::of(&[created]), Doing::Planning);
        assert_eq!(Doing::of(&[described]), Doing::Planning);
        assert_eq!(Doing::of(&[]), Doing::Planning);
    }
}
