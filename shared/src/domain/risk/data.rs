//! Data that is lost, and things that stop.

use serde_json::Value;

use super::types::{self, Purpose};
use super::{Found, Kind, Level, may_be_replaced};
use crate::domain::change_set::description::present;
use crate::domain::change_set::resource::ResourceFacts;
use crate::domain::change_set::review::Replacement;
use crate::domain::secrecy::{Sentence, sentence};

pub(super) fn assess(facts: &ResourceFacts<'_>, found: &mut Found<'_>) {
    let change = facts.change;
    let known = types::find(&change.resource_type);
    let holds = known.and_then(|known| known.holds);
    let policy = present(change.policy_action.as_deref());
    if change.action == "Remove" {
        let declared = attribute(facts.before.as_ref(), "DeletionPolicy");
        removed(holds, policy.or(declared), found);
    } else if may_be_replaced(facts) {
        let declared = attribute(facts.before.as_ref(), "UpdateReplacePolicy");
        replaced(
            facts,
            holds,
            policy
                .map(|policy| policy.trim_start_matches("ReplaceAnd"))
                .or(declared),
            found,
        );
    }
    policies(facts, holds, found);
}

fn removed(holds: Option<&'static str>, policy: Option<&str>, found: &mut Found<'_>) {
    match (policy, holds) {
        (Some("Retain" | "RetainExceptOnCreate"), _) => found.add(
            Level::Low,
            Kind::Interruption,
            "it leaves the stack and stays in the account (DeletionPolicy Retain)",
        ),
        (Some("Snapshot"), _) => found.add(
            Level::Medium,
            Kind::DataLoss,
            "it is deleted after a snapshot (DeletionPolicy Snapshot); what is written meanwhile is lost",
        ),
        (_, Some(lost)) => found.add(
            Level::High,
            Kind::DataLoss,
            sentence![
                "it is deleted, and ",
                lost,
                " with it; DeletionPolicy Retain or Snapshot would keep it"
            ],
        ),
        (_, None) => found.add(
            Level::Medium,
            Kind::Interruption,
            "it is deleted; what still uses it stops working",
        ),
    }
}

fn replaced(facts: &ResourceFacts<'_>, holds: Option<&'static str>, policy: Option<&str>, found: &mut Found<'_>) {
    let verb = match facts.replacement() {
        Replacement::Always => "is replaced",
        _ => "may be replaced",
    };
    let why = reasons(facts);
    match (policy, holds) {
        (Some("Retain"), Some(_)) => found.add(
            Level::Medium,
            Kind::DataLoss,
            sentence![
                "it ",
                verb,
                why,
                " by an empty one; the old one stays in the account, outside the stack"
            ],
        ),
        (Some("Snapshot"), Some(_)) => found.add(
            Level::Medium,
            Kind::DataLoss,
            sentence![
                "it ",
                verb,
                why,
                " by an empty one; the old one is deleted after a snapshot"
            ],
        ),
        (_, Some(lost)) => found.add(
            Level::High,
            Kind::DataLoss,
            sentence![
                "it ",
                verb,
                why,
                " by an empty one and the old one is deleted, ",
                lost,
                " with it; UpdateReplacePolicy Retain or Snapshot would keep it"
            ],
        ),
        (_, None) => found.add(
            Level::Medium,
            Kind::Interruption,
            sentence![
                "it ",
                verb,
                why,
                "; what uses the old one by its id or name stops working"
            ],
        ),
    }
}

/// Which properties make the replacement necessary, as far as somebody tells.
fn reasons(facts: &ResourceFacts<'_>) -> Sentence {
    let mut names: Vec<_> = facts
        .change
        .details
        .iter()
        .filter_map(|detail| detail.target.as_ref())
        .filter(|target| matches!(target.requires_recreation.as_deref(), Some("Always" | "Conditionally")))
        .filter_map(|target| present(target.name.as_deref()).or_else(|| present(target.attribute.as_deref())))
        .map(str::to_owned)
        .collect();
    if names.is_empty() {
        let known = types::find(&facts.change.resource_type);
        names = facts
            .leaves
            .iter()
            .filter(|leaf| {
                let pointer = leaf.pointer_after.as_deref().or(leaf.pointer_before.as_deref());
                known.zip(pointer).is_some_and(|(known, pointer)| {
                    known.is_for(Purpose::CreateOnly, pointer) || known.is_for(Purpose::MaybeCreateOnly, pointer)
                })
            })
            .filter_map(|leaf| Some(leaf.steps.get(1)?.name()?.to_owned()))
            .collect();
    }
    names.sort();
    names.dedup();
    names.truncate(4);
    if names.is_empty() {
        sentence![]
    } else {
        sentence![" because of ", names.join(", ")]
    }
}

/// `DeletionPolicy` and `UpdateReplacePolicy` that keep less than before.
fn policies(facts: &ResourceFacts<'_>, holds: Option<&str>, found: &mut Found<'_>) {
    if facts.change.action != "Modify" || facts.before.is_none() || facts.after.is_none() {
        return;
    }
    for name in ["DeletionPolicy", "UpdateReplacePolicy"] {
        let rank = |side: Option<&Value>| match attribute(side, name) {
            Some("Retain" | "RetainExceptOnCreate") => 2,
            Some("Snapshot") => 1,
            _ => 0,
        };
        if rank(facts.after.as_ref()) < rank(facts.before.as_ref()) {
            let level = if holds.is_some() { Level::High } else { Level::Medium };
            let word = |side: Option<&Value>| attribute(side, name).unwrap_or("Delete").to_owned();
            found.add(
                level,
                Kind::ProtectionRemoved,
                sentence![
                    name,
                    ": ",
                    word(facts.before.as_ref()),
                    " → ",
                    word(facts.after.as_ref()),
                    "; a later change can delete it with its content"
                ],
            );
        }
    }
}

fn attribute<'v>(side: Option<&'v Value>, name: &str) -> Option<&'v str> {
    side?.get(name)?.as_str()
}
