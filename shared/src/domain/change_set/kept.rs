//! What stays of a resource that changes.

use std::collections::HashSet;

use super::changes::Changes;
use super::diff::{each_leaf, text_of};
use super::resource::{ResourceFacts, readable};
use super::values::KeptValue;
use crate::domain::secrecy::Hider;

impl ResourceFacts<'_> {
    /// All values that are known and not among `changes`: those that stay, and those of which only one side is told.
    pub(super) fn kept(&self, changes: &Changes, hider: &Hider) -> Vec<KeptValue> {
        if matches!(self.change.action.as_str(), "Add" | "Remove" | "Import") {
            return Vec::new();
        }
        let Some(whole) = self.after.as_ref().or(self.before.as_ref()) else {
            return Vec::new();
        };
        let differs: HashSet<&str> = changes
            .differing
            .iter()
            .chain(&changes.told)
            .map(|place| &**place)
            .collect();
        let mut kept = Vec::new();
        each_leaf(whole, |place, value| {
            if !ancestors(&place.after).any(|above| differs.contains(above)) {
                kept.push(KeptValue {
                    path: hider.text(readable(&place.path)),
                    value: hider.value(&self.spot(&place.steps), &text_of(value)),
                });
            }
        });
        kept
    }
}

/// A pointer and all that lie on the way to it.
fn ancestors(pointer: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(pointer), |pointer| {
        pointer
            .rfind('/')
            .map(|at| &pointer[..at])
            .filter(|rest| !rest.is_empty())
    })
}
