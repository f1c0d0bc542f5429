//! The guard's checks: between an approved plan and its execution.
//!
//! Each check is a function over what was read; what it refuses with says who must do what. `docs/guard.md` has the
//! checks in the order in which they are made.

mod plan;
mod refusal;
mod stack;

pub use plan::{change_set_of_run, plan_as_written, planned_by_run};
pub use refusal::{Refusal, RunRef, Staleness};
pub use stack::{StackNow, available, unchanged};

use super::actions::RELEASE;
use super::approvals::Reviewed;
use super::approvers::Approvers;
use super::authors::CommitRange;
use super::gate::Gate;
use super::history::ActionExecution;
use super::people::People;
use super::window::WindowState;

use jiff::Timestamp;

/// Whether the window of the gate is open.
///
/// # Errors
///
/// [`Refusal::OutsideWindow`] with the next opening, [`Refusal::BrokenWindow`] when the window cannot be read.
pub fn window(gate: &Gate, now: Timestamp) -> Result<(), Refusal> {
    let Some(window) = &gate.window else {
        return Ok(());
    };
    match window.state_at(now) {
        Ok(WindowState::Open) => Ok(()),
        Ok(WindowState::Closed { opens }) => Err(Refusal::OutsideWindow {
            window: window.to_string(),
            opens,
        }),
        Err(error) => Err(Refusal::BrokenWindow(error.to_string())),
    }
}

/// Whether somebody pressed `Release` for this review, where the gate has it: one of the approvers, where it names
/// them.
///
/// # Errors
///
/// [`Refusal::NotReleased`] when the history shows no such answer.
pub fn release(gate: &Gate, reviewed: &Reviewed, history: &[ActionExecution]) -> Result<(), Refusal> {
    if !gate.release {
        return Ok(());
    }
    let people = People::new(&gate.people, &gate.session_name_roles);
    let approvers = Approvers::of(gate);
    let mut others = Vec::new();
    for answer in reviewed.answers(RELEASE, history) {
        let arn = answer.updated_by.as_deref().unwrap_or_default();
        if approvers.have(arn, &people) {
            return Ok(());
        }
        others.push(if arn.is_empty() { "(not told)" } else { arn }.to_owned());
    }
    Err(Refusal::NotReleased {
        others,
        approvers: gate.approvers.clone(),
    })
}

/// Whether every commit came through a pull request that somebody else approved.
///
/// # Errors
///
/// [`Refusal::Unreviewed`] with the commits that did not, or that are not known.
pub fn pull_requests(gate: &Gate, range: &CommitRange) -> Result<(), Refusal> {
    let people = People::new(&gate.people, &gate.session_name_roles);
    let mut reasons: Vec<String> = range
        .unreviewed(&people)
        .into_iter()
        .map(|(commit, why)| format!("{} \"{}\": {why}", super::authors::short(&commit.sha), commit.subject))
        .collect();
    reasons.extend(range.gaps.iter().map(ToString::to_string));
    if reasons.is_empty() {
        return Ok(());
    }
    Err(Refusal::Unreviewed(reasons))
}

#[cfg(test)]
mod tests;
