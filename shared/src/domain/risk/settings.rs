//! Switches that protect: against deletion, against the public, encryption.

use super::types::{self, Purpose};
use super::{Found, Kind, Level, properties};
use crate::domain::change_set::diff::{Leaf, text};
use crate::domain::change_set::resource::ResourceFacts;
use crate::domain::secrecy::{Sentence, sentence};
use crate::domain::template::boolean;

pub(super) fn assess(facts: &ResourceFacts<'_>, found: &mut Found<'_>) {
    if facts.change.action == "Remove" {
        return;
    }
    let is_new = matches!(facts.change.action.as_str(), "Add" | "Import");
    boundary(facts, found);
    let Some(known) = types::find(&facts.change.resource_type) else {
        return;
    };
    for leaf in &facts.leaves {
        let Some(pointer) = leaf.pointer_after.as_deref().or(leaf.pointer_before.as_deref()) else {
            continue;
        };
        let (before, after) = (is_on(leaf.before.as_deref()), is_on(leaf.after.as_deref()));
        if before && !after && known.is_for(Purpose::Protection, pointer) {
            found.add(
                Level::High,
                Kind::ProtectionRemoved,
                sentence![
                    leaf.path_word().to_owned(),
                    " no longer protects it from deletion (",
                    arrow(leaf),
                    ")"
                ],
            );
        }
        if !before && after && known.is_for(Purpose::Opens, pointer) {
            // An address is not a way in: what answers on it is a matter of groups and listeners. What is new has nothing
            // yet that relied on being hidden.
            let level = if is_new && is_address(pointer) {
                Level::Medium
            } else {
                Level::High
            };
            found.add(
                level,
                Kind::SecurityWidened,
                sentence![
                    "it becomes reachable from the internet: ",
                    leaf.path_word().to_owned(),
                    " (",
                    arrow(leaf),
                    ")"
                ],
            );
        }
        if !after && (before || (is_new && leaf.after.is_some())) && known.is_for(Purpose::Closes, pointer) {
            found.add(
                Level::High,
                Kind::SecurityWidened,
                sentence![
                    leaf.path_word().to_owned(),
                    " no longer keeps the public out (",
                    arrow(leaf),
                    ")"
                ],
            );
        }
        let is_off = |value: Option<&str>| {
            value.is_none_or(|value| {
                boolean(value) == Some(false) || matches!(value, "" | "NONE" | "None" | "DISABLED" | "PLAINTEXT")
            })
        };
        if is_off(leaf.after.as_deref()) && known.is_for(Purpose::Encrypts, pointer) {
            unencrypted(leaf, !is_off(leaf.before.as_deref()), is_new, found);
        }
    }
}

/// Whether a property gives public addresses, to an instance, a task or all of a subnet.
fn is_address(pointer: &str) -> bool {
    ["AssociatePublicIpAddress", "AssignPublicIp", "MapPublicIpOnLaunch"]
        .iter()
        .any(|name| pointer.ends_with(name))
}

fn unencrypted(leaf: &Leaf, was_encrypted: bool, is_new: bool, found: &mut Found<'_>) {
    if was_encrypted {
        found.add(
            Level::High,
            Kind::SecurityWidened,
            sentence![
                "encryption is switched off or loses its key: ",
                leaf.path_word().to_owned(),
                " (",
                arrow(leaf),
                ")"
            ],
        );
    } else if is_new && leaf.after.as_deref().and_then(boolean) == Some(false) {
        found.add(
            Level::Medium,
            Kind::SecurityWidened,
            sentence!["it is not encrypted: ", leaf.path_word().to_owned(), " is false"],
        );
    }
}

/// A permissions boundary that goes or becomes another.
fn boundary(facts: &ResourceFacts<'_>, found: &mut Found<'_>) {
    let boundary = |side| properties(side).and_then(|properties| properties.get("PermissionsBoundary"));
    let (Some(before), Some(_)) = (boundary(facts.before.as_ref()), &facts.after) else {
        return;
    };
    match boundary(facts.after.as_ref()) {
        None => found.add(
            Level::High,
            Kind::SecurityWidened,
            "its permissions boundary goes: what the boundary denied becomes possible",
        ),
        Some(after) if after != before => found.add(
            Level::Medium,
            Kind::SecurityWidened,
            sentence![
                "its permissions boundary becomes another: ",
                text(before),
                " → ",
                text(after)
            ],
        ),
        Some(_) => {}
    }
}

fn is_on(value: Option<&str>) -> bool {
    value.is_some_and(|value| {
        boolean(value) == Some(true)
            || ["active", "enabled"]
                .iter()
                .any(|word| value.eq_ignore_ascii_case(word))
    })
}

pub(super) fn arrow(leaf: &Leaf) -> Sentence {
    let side = |value: &Option<String>| {
        value
            .as_ref()
            .map_or_else(|| sentence!["not set"], |value| sentence![value])
    };
    sentence![side(&leaf.before), " → ", side(&leaf.after)]
}

impl Leaf {
    /// The path without the word that nearly all begin with.
    pub(super) fn path_word(&self) -> &str {
        self.path.strip_prefix("Properties.").unwrap_or(&self.path)
    }
}
