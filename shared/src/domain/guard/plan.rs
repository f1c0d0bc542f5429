//! Whether what is about to be executed is what this run planned.

use super::Refusal;
use crate::domain::actions::CREATE_CHANGE_SET;
use crate::domain::change_set::description::ChangeSetDescription;
use crate::domain::gate::Gate;
use crate::domain::history::{self, ActionExecution};
use crate::domain::planned_change::{PLAN_SHA256, PlannedChange};
use crate::domain::sha256::Sha256;
use crate::domain::user_parameters::UserParameters;

/// What stands for the ARN of a change set where only the stack policy changes.
const NONE: &str = "none";

/// Whether the plan's artifact holds the very bytes that `changeset-create` wrote, whose hash the history keeps. All
/// that later actions take from the plan (the stack's state, its former policy, the commit) is as true as this.
///
/// # Errors
///
/// [`Refusal::PlanReplaced`] when it does not.
pub fn plan_as_written(history: &[ActionExecution], plan: Sha256) -> Result<(), Refusal> {
    let expected = variable(history, PLAN_SHA256);
    let found = plan.to_string();
    if expected == found {
        return Ok(());
    }
    Err(Refusal::PlanReplaced {
        what: "the plan in its artifact",
        expected: expected.to_owned(),
        found,
    })
}

/// An output variable of the run's plan; empty when the history has none.
fn variable<'a>(history: &'a [ActionExecution], name: &str) -> &'a str {
    history::output(history, CREATE_CHANGE_SET, name).unwrap_or_default()
}

/// Whether the artifacts hold what the history says that this run planned. An artifact can be replaced by whoever
/// gets hold of a job's credentials; the history cannot.
///
/// # Errors
///
/// [`Refusal::NotPlanned`] when the plan of this run did not end with changes to apply, and [`Refusal::PlanReplaced`]
/// with the first thing that is not as the history has it.
pub fn planned_by_run(
    history: &[ActionExecution],
    parameters: &UserParameters,
    gate: &Gate,
    planned: &PlannedChange,
    template: &[u8],
) -> Result<(), Refusal> {
    let variable = |name: &str| variable(history, name);
    match variable("Outcome") {
        "changes" => {}
        outcome => return Err(Refusal::NotPlanned(outcome.to_owned())),
    }
    let arn = planned.change_set_arn.as_deref().unwrap_or(NONE);
    let template_sha256 = Sha256::of(template).to_string();
    let compared = [
        ("the change set of the plan", variable("ChangeSetArn"), arn),
        (
            "the change set of this action",
            variable("ChangeSetArn"),
            parameters.change_set.as_deref().unwrap_or_default(),
        ),
        (
            "the hash of the template in the plan",
            variable("TemplateSha256"),
            &planned.template_sha256.to_string(),
        ),
        (
            "the hash of the template artifact",
            variable("TemplateSha256"),
            &template_sha256,
        ),
        (
            "the stack of the plan",
            gate.stack_name.as_str(),
            planned.stack_name.as_str(),
        ),
    ];
    for (what, expected, found) in compared {
        if expected != found {
            return Err(Refusal::PlanReplaced {
                what,
                expected: expected.to_owned(),
                found: found.to_owned(),
            });
        }
    }
    Ok(())
}

/// Whether the change set was made by this run, for this stack.
///
/// # Errors
///
/// [`Refusal::WrongChangeSet`] with what does not fit.
pub fn change_set_of_run(
    execution: &str,
    planned: &PlannedChange,
    change_set: &ChangeSetDescription,
) -> Result<(), Refusal> {
    let name = change_set.change_set_name.as_str();
    let is_of_run = name.starts_with("cg-") && name.ends_with(&format!("-{execution}"));
    let stack_id = planned.stack_id.as_deref().unwrap_or_default();
    let wrong = if !is_of_run {
        format!("its name is `{name}`, not `cg-<commit>-{execution}`")
    } else if planned.change_set_arn.as_deref() != Some(change_set.change_set_id.as_str()) {
        format!("its ARN is `{}`", change_set.change_set_id)
    } else if change_set.stack_id != stack_id {
        format!(
            "its stack is `{}`, and the plan was made for `{stack_id}`",
            change_set.stack_id
        )
    } else {
        return Ok(());
    };
    Err(Refusal::WrongChangeSet(wrong))
}

#[cfg(test)]
pub(super) mod tests;
