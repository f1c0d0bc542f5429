//! What the guard refuses with: what is wrong, and what the person who reads it does.

use std::fmt;

use jiff::Zoned;

use crate::domain::approvals::{self, Shortfall};
use crate::domain::change_set::nested::{self, Unshown};
use crate::domain::digest::Difference;
use crate::domain::job::FailureKind;
use crate::domain::provenance::Apart;

/// A run as commands name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRef {
    /// Name of the pipeline.
    pub pipeline: String,
    /// Id of the pipeline execution.
    pub execution: String,
    /// Name of the stage that executes.
    pub stage: String,
}

/// Why the guard does not execute. Nothing of the stack has been touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A newer run took the stack; this one never executes.
    Superseded {
        /// Id of the newer run.
        by: String,
    },
    /// CodePipeline rolled the stage back, which would execute an old plan again.
    RolledBack,
    /// The plan of this run did not end with changes to apply, yet the stage was entered.
    NotPlanned(String),
    /// An artifact of this run is not what the history says that the run made.
    PlanReplaced {
        /// What is not as it was.
        what: &'static str,
        /// What the history has.
        expected: String,
        /// What was found.
        found: String,
    },
    /// The branch did not have the run's template and its configuration together.
    Apart(Apart),
    /// The change set is not one that this run made for this stack.
    WrongChangeSet(String),
    /// The change set was executed, and not by this guard.
    ExecutedElsewhere(String),
    /// The history shows no review with this digest.
    NotReviewed(String),
    /// What CloudFormation holds is not what was reviewed.
    Changed {
        /// The digest that was reviewed.
        reviewed: String,
        /// The digest now.
        current: String,
        /// The first place that differs; `None` when the reviewed document cannot be read.
        difference: Option<Difference>,
    },
    /// Nested stacks would be made or changed, and what happens in them is not shown.
    Unshown(Vec<Unshown>),
    /// The plan is out of date.
    Stale(Staleness),
    /// The approvals are not enough.
    Approvals(Shortfall),
    /// Nobody released the change who may.
    NotReleased {
        /// The ARNs of those who answered and are not among the approvers of the gate.
        others: Vec<String>,
        /// The approvers of the gate; absent when it has anybody release whom IAM lets.
        approvers: Option<Vec<String>>,
    },
    /// The window is closed.
    OutsideWindow {
        /// The window in words.
        window: String,
        /// When it opens next; `None` when it does not within two weeks.
        opens: Option<Zoned>,
    },
    /// The window cannot be read.
    BrokenWindow(String),
    /// Commits came without a reviewed pull request; one reason for each.
    Unreviewed(Vec<String>),
}

/// Why a plan is out of date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Staleness {
    /// The change set is gone: another one of the stack was executed.
    ChangeSetGone,
    /// The change set cannot be executed.
    NotAvailable {
        /// Its status.
        status: String,
        /// Its execution status, such as `OBSOLETE`.
        execution_status: String,
    },
    /// The stack is gone.
    StackGone,
    /// The stack was deleted and made anew.
    StackReplaced,
    /// The stack was updated after the plan.
    StackChanged {
        /// When it had last changed as the plan was made.
        planned: String,
        /// When it last changed.
        now: String,
    },
    /// Somebody works on the stack.
    StackBusy(String),
    /// The stack's policy was changed after the plan.
    PolicyChanged,
}

impl Refusal {
    /// Whether the history may only lag behind, so that it is worth asking again: what is missing in it happened before
    /// this action could begin.
    pub fn may_be_lag(&self) -> bool {
        match self {
            Self::NotPlanned(outcome) => outcome.is_empty(),
            Self::NotReviewed(_) => true,
            Self::Approvals(shortfall) => shortfall.may_be_lag(),
            Self::NotReleased { others, .. } => others.is_empty(),
            _ => false,
        }
    }

    /// Who must act.
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::Superseded { .. } | Self::Apart(_) | Self::Changed { .. } | Self::Stale(_) | Self::NotReviewed(_) => {
                FailureKind::RevisionOutOfSync
            }
            Self::NotPlanned(_)
            | Self::PlanReplaced { .. }
            | Self::WrongChangeSet(_)
            | Self::ExecutedElsewhere(_)
            | Self::Approvals(_)
            | Self::NotReleased { .. } => FailureKind::Permission,
            Self::Unshown(unshown) => nested::kind(unshown),
            Self::BrokenWindow(_) => FailureKind::Configuration,
            Self::RolledBack | Self::OutsideWindow { .. } | Self::Unreviewed(_) => FailureKind::JobFailed,
        }
    }

    /// What a person is told: what is wrong, and what to do. `fresh` says what became of a stale run.
    pub fn message(&self, run: &RunRef, fresh: Option<&str>) -> String {
        let what_to_do = match self {
            Self::Superseded { by } => format!("look at run {by} instead; to run this one's commit, push it again"),
            Self::RolledBack => {
                "revert the commit in the repository instead (`git revert`): the revert is planned, reviewed and \
                 approved like any change"
                    .to_owned()
            }
            Self::NotPlanned(_) => "push the change, or start the pipeline again; stage conditions must not be \
                                    overridden"
                .to_owned(),
            Self::Apart(_) => Apart::WHAT_TO_DO.to_owned(),
            Self::PlanReplaced { .. } | Self::WrongChangeSet(_) => {
                "find out who wrote it (CloudTrail), then start the pipeline again".to_owned()
            }
            Self::ExecutedElsewhere(_) => {
                "find out who executed it (CloudTrail); the pipeline's next run plans against the stack as it is now"
                    .to_owned()
            }
            Self::NotReviewed(_) | Self::Changed { .. } => format!("for a new review run `{}`", run.retry_all()),
            Self::Unshown(unshown) => nested::what_to_do(unshown).to_owned(),
            Self::Stale(_) => fresh.unwrap_or("start the pipeline again").to_owned(),
            Self::Approvals(Shortfall::UnknownAuthors { .. }) => format!(
                "add the missing people to `people` in the catalogue or set `approvals: 2`, let the root pipeline apply \
                 it, and start the pipeline again; if another approver suffices, run `{}`",
                run.retry_all()
            ),
            Self::Approvals(_) | Self::NotReleased { .. } => {
                format!("for a new review and new approvals run `{}`", run.retry_all())
            }
            Self::OutsideWindow { opens: Some(_), .. } => {
                "the stage is retried then by itself, and the approvals stay".to_owned()
            }
            Self::OutsideWindow { opens: None, .. } | Self::BrokenWindow(_) => {
                "correct `window` in the catalogue and let the root pipeline apply it".to_owned()
            }
            Self::Unreviewed(_) => "bring these changes in through a pull request that somebody else approves, or set \
                                    `require_pull_request: false` through the root pipeline for this one change"
                .to_owned(),
        };
        format!("not executed: {self}; {what_to_do}")
    }
}

impl RunRef {
    /// The command that makes a new review and asks for new approvals.
    ///
    /// Source: <https://docs.aws.amazon.com/cli/latest/reference/codepipeline/retry-stage-execution.html>
    pub fn retry_all(&self) -> String {
        format!(
            "aws codepipeline retry-stage-execution --pipeline-name {} --stage-name {} --pipeline-execution-id {} \
             --retry-mode ALL_ACTIONS",
            self.pipeline, self.stage, self.execution
        )
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Superseded { by } => write!(f, "run {by} is newer and took over"),
            Self::RolledBack => f.write_str("this run is a rollback of the stage, which would apply an old plan"),
            Self::NotPlanned(outcome) if outcome.is_empty() => f.write_str("the plan of this run did not succeed"),
            Self::NotPlanned(outcome) => {
                write!(
                    f,
                    "the plan of this run ended with `{outcome}` and has nothing to apply; its stage condition was overridden"
                )
            }
            Self::PlanReplaced { what, expected, found } => write!(
                f,
                "{what} was changed after it was planned: the history has `{expected}`, and `{found}` was found"
            ),
            Self::Apart(apart) => write!(f, "{apart}"),
            Self::WrongChangeSet(why) => write!(f, "the change set is not one of this run: {why}"),
            Self::ExecutedElsewhere(status) => write!(
                f,
                "the change set is {status} already, and it was not this guard that executed it"
            ),
            Self::NotReviewed(digest) => {
                write!(f, "the history of this run shows no review with the digest {digest}")
            }
            Self::Changed {
                reviewed,
                current,
                difference,
            } => {
                write!(f, "what would be executed is not what was reviewed: ")?;
                match difference {
                    Some(difference) => write!(f, "{difference}"),
                    None => write!(f, "the digest was {reviewed} and is {current}"),
                }
            }
            Self::Unshown(unshown) => f.write_str(&nested::told(unshown)),
            Self::Stale(staleness) => write!(f, "the plan is out of date: {staleness}"),
            Self::Approvals(shortfall) => write!(f, "{shortfall}"),
            Self::NotReleased { others, approvers } => {
                f.write_str(if others.is_empty() {
                    "nobody answered `Release` for this review"
                } else {
                    "nobody who may answered `Release` for this review"
                })?;
                match approvers {
                    Some(approvers) => approvals::not_listed(f, others, approvers),
                    None => Ok(()),
                }
            }
            Self::OutsideWindow {
                window,
                opens: Some(opens),
            } => write!(
                f,
                "the window {window} is closed and opens at {}",
                opens.strftime("%Y-%m-%d %H:%M %:z")
            ),
            Self::OutsideWindow { window, opens: None } => write!(f, "the window {window} does not open"),
            Self::BrokenWindow(why) => f.write_str(why),
            Self::Unreviewed(reasons) => {
                let shown = reasons
                    .iter()
                    .take(5)
                    .map(String::as_str)
                    .collect::<Vec<_>>()
                    .join("; ");
                write!(
                    f,
                    "the stack wants every change through a reviewed pull request, and {shown}"
                )?;
                match reasons.len().saturating_sub(5) {
                    0 => Ok(()),
                    more => write!(f, "; and {more} more"),
                }
            }
        }
    }
}

impl fmt::Display for Staleness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ChangeSetGone => f.write_str("its change set is gone, which another execution on the stack does"),
            Self::NotAvailable {
                status,
                execution_status,
            } => {
                write!(f, "its change set is {status} and {execution_status}")
            }
            Self::StackGone => f.write_str("the stack is gone"),
            Self::StackReplaced => f.write_str("the stack was deleted and made anew"),
            Self::StackChanged { planned, now } => {
                write!(
                    f,
                    "the stack last changed at {planned} when it was planned, and changed at {now} since"
                )
            }
            Self::StackBusy(status) => write!(f, "the stack is {status}"),
            Self::PolicyChanged => f.write_str("the stack policy was changed since"),
        }
    }
}
