//! The approvers of a gate, as a catalogue writes them.

use super::Environment;
use super::gates::{People, bad_value, place, texts};
use super::problem::ProblemKind;
use super::schema::{At, Settings};
use crate::domain::approvers::{ApproverPattern, Approvers};
use crate::domain::people::Account;

/// Who may approve: what is written, else what the deployment demands; `None` is whoever IAM lets.
pub(super) fn approvers(
    settings: &Settings,
    approvals: u8,
    people: &People,
    environment: &Environment,
    refuse: &mut dyn FnMut(Option<(usize, usize)>, ProblemKind),
) -> Option<Vec<String>> {
    let floor = &environment.floor;
    let home = Account::of_arn(&floor.deployer_prefix);
    let written = settings.approvers.as_ref();
    let mut listed = match written.map(|at| (at, &at.value)) {
        None => floor.approvers.clone(),
        Some((_, Some(listed))) => {
            for approver in listed {
                check(approver, people, environment, home.as_ref(), refuse);
            }
            Some(texts(Some(listed)))
        }
        Some((at, None)) => {
            if let Some(may) = &floor.approvers {
                refuse(Some(place(at)), ProblemKind::BelowFloor(beyond("any", may)));
            }
            None
        }
    };
    if let Some(listed) = &mut listed {
        listed.sort_unstable();
        listed.dedup();
    }
    let approvers = Approvers::read(listed.as_deref(), home.as_ref());
    // Only a list that can be read whole can be counted; else it is a problem already.
    let is_whole =
        matches!((&approvers, &listed), (Approvers::Listed(read), Some(listed)) if read.len() == listed.len());
    let named = approvers.people(&people.known).filter(|_| is_whole);
    if let Some(named) = named.filter(|named| named.len() < usize::from(approvals)) {
        let names: Vec<String> = named.iter().map(ToString::to_string).collect();
        refuse(
            written.map(place),
            ProblemKind::TooFewApprovers {
                approvals,
                people: names.join(", "),
            },
        );
    }
    listed
}

fn check(
    approver: &At<String>,
    people: &People,
    environment: &Environment,
    home: Option<&Account>,
    refuse: &mut dyn FnMut(Option<(usize, usize)>, ProblemKind),
) {
    let at = Some(place(approver));
    let pattern = match ApproverPattern::parse(&approver.value, home) {
        Ok(pattern) => pattern,
        Err(instead) => return refuse(at, bad_value("approver", approver, &instead.to_string())),
    };
    if let Some(role) = pattern.needs_enforced(&people.known) {
        let expected = format!(
            "whoever assumes `{role}` chooses the name of the session; write `role/{role}`, or list the role under \
             `session_name_roles`, if it enforces the names"
        );
        refuse(at, bad_value("approver", approver, &expected));
    }
    let floor = &environment.floor;
    if !Approvers::Listed(vec![pattern]).are_among(&floor.approvers(home)) {
        let may = floor.approvers.as_deref().unwrap_or_default();
        refuse(at, ProblemKind::BelowFloor(beyond(&approver.value, may)));
    }
}

fn beyond(written: &str, may: &[String]) -> String {
    format!(
        "this deployment lets only {} approve, and `{written}` goes beyond; write one of them, or fewer",
        may.join(", ")
    )
}
