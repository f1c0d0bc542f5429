//! Switches that protect: against deletion, against the public, encryption.

use super::types::{self, Purpose};
use super::{Found, Kind, Level, properties};
use crate::domain::change_set::diff::{Leaf, text};
use crate::domain::change_set::resource::ResourceFacts;

pub(super) fn assess(facts: &ResourceFacts<'_>, found: &mut Found) {
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
                format!(
                    "{} no longer protects it from deletion ({})",
                    leaf.path_word(),
                    arrow(leaf)
                ),
            );
        }
        if !before && after && known.is_for(Purpose::Opens, pointer) {
            found.add(
                Level::High,
                Kind::SecurityWidened,
                format!(
                    "it becomes reachable from the internet: {} ({})",
                    leaf.path_word(),
                    arrow(leaf)
                ),
            );
        }
        if !after && (before || (is_new && leaf.after.is_some())) && known.is_for(Purpose::Closes, pointer) {
            found.add(
                Level::High,
                Kind::SecurityWidened,
                format!("{} no longer keeps the public out ({})", leaf.path_word(), arrow(leaf)),
            );
        }
        let is_off = |value: Option<&str>| {
            value.is_none_or(|value| matches!(value, "" | "false" | "NONE" | "None" | "DISABLED" | "PLAINTEXT"))
        };
        if is_off(leaf.after.as_deref()) && known.is_for(Purpose::Encrypts, pointer) {
            unencrypted(leaf, !is_off(leaf.before.as_deref()), is_new, found);
        }
    }
}

fn unencrypted(leaf: &Leaf, was_encrypted: bool, is_new: bool, found: &mut Found) {
    if was_encrypted {
        found.add(
            Level::High,
            Kind::SecurityWidened,
            format!(
                "encryption is switched off or loses its key: {} ({})",
                leaf.path_word(),
                arrow(leaf)
            ),
        );
    } else if is_new && leaf.after.as_deref() == Some("false") {
        found.add(
            Level::Medium,
            Kind::SecurityWidened,
            format!("it is not encrypted: {} is false", leaf.path_word()),
        );
    }
}

/// A permissions boundary that goes or becomes another.
fn boundary(facts: &ResourceFacts<'_>, found: &mut Found) {
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
            format!(
                "its permissions boundary becomes another: {} → {}",
                text(before),
                text(after)
            ),
        ),
        Some(_) => {}
    }
}

fn is_on(value: Option<&str>) -> bool {
    value.is_some_and(|value| {
        ["true", "active", "enabled", "on", "yes"]
            .iter()
            .any(|word| value.eq_ignore_ascii_case(word))
    })
}

pub(super) fn arrow(leaf: &Leaf) -> String {
    format!(
        "{} → {}",
        leaf.before.as_deref().unwrap_or("not set"),
        leaf.after.as_deref().unwrap_or("not set")
    )
}

impl Leaf {
    /// The path without the word that nearly all begin with.
    pub(super) fn path_word(&self) -> &str {
        self.path.strip_prefix("Properties.").unwrap_or(&self.path)
    }
}
