//! A change set and the change sets of its nested stacks, flattened.

use super::description::{ChangeSetDescription, ResourceChange};
use super::hooks::ChangeSetHooks;

/// A change set together with those of its nested stacks, parents before children, in the order of their changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeSetTree {
    /// The root first; its path is empty.
    pub sets: Vec<PlacedChangeSet>,
}

/// One change set and its place below the root stack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlacedChangeSet {
    /// Logical ids of the nested stacks that lead here, joined by `/`; empty for the root.
    pub path: String,
    /// The change set, all pages.
    pub description: ChangeSetDescription,
    /// The hooks that its execution invokes; `None` when nobody asked for them. An approval does not cover them:
    /// whoever runs them may change them at any time.
    pub hooks: Option<ChangeSetHooks>,
}

impl ChangeSetTree {
    /// A tree of one change set without nested ones.
    pub fn of(description: ChangeSetDescription) -> Self {
        Self {
            sets: vec![PlacedChangeSet {
                path: String::new(),
                description,
                hooks: None,
            }],
        }
    }

    /// The change set of the root stack.
    pub fn root(&self) -> Option<&ChangeSetDescription> {
        self.sets.first().map(|set| &set.description)
    }

    /// All changes of resources with the path of the stack they belong to.
    pub fn resource_changes(&self) -> impl Iterator<Item = (&str, &ResourceChange)> {
        self.sets.iter().flat_map(|set| {
            set.description
                .changes
                .iter()
                .filter_map(|change| Some((set.path.as_str(), change.resource_change.as_ref()?)))
        })
    }
}

impl PlacedChangeSet {
    /// ARNs of the change sets of the stacks nested directly below, with the paths of those stacks.
    pub fn nested(&self) -> Vec<(String, &str)> {
        self.description
            .changes
            .iter()
            .filter_map(|change| change.resource_change.as_ref())
            .filter_map(|change| {
                let arn = change.change_set_id.as_deref().filter(|arn| !arn.is_empty())?;
                Some((join(&self.path, &change.logical_resource_id), arn))
            })
            .collect()
    }
}

/// The path of `logical_id` in the stack at `path`.
pub fn join(path: &str, logical_id: &str) -> String {
    if path.is_empty() {
        logical_id.to_owned()
    } else {
        format!("{path}/{logical_id}")
    }
}
