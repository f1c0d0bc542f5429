//! Nested stacks that would be made or changed without a change set that shows what happens in them.

use std::collections::HashMap;
use std::fmt;

use super::description::{ChangeSetDescription, ResourceChange, present};
use super::tree::{ChangeSetTree, PlacedChangeSet, join};
use crate::domain::job::FailureKind;
use crate::domain::template::NESTED_STACK;

/// A nested stack that is not shown as it would be executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unshown {
    /// Logical ids that lead to the nested stack, joined by `/`.
    pub path: String,
    /// Why it is not.
    pub why: Why,
}

/// Why what would happen in a nested stack is not shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The parent names no change set for it.
    NoChangeSet {
        /// What the parent says would happen: `Add`, `Modify`, `Import`, `Dynamic` or another word of CloudFormation.
        action: String,
    },
    /// The change set that the parent names cannot be read: it was deleted, or there are more than are followed.
    NotRead {
        /// ARN of that change set.
        change_set: String,
    },
    /// Another change set stands in the place of the one that the parent names.
    Other {
        /// ARN that the parent names.
        named: String,
        /// ARN of the one that stands there.
        found: String,
    },
    /// The change set says that it belongs to another parent.
    OtherParent {
        /// ARN of the change set.
        change_set: String,
        /// ARN of the change set that it belongs to.
        parent: String,
    },
    /// The change set is of another stack than the one that the parent would change.
    OtherStack {
        /// ARN of the change set.
        change_set: String,
        /// ARN of the stack that the change set is of.
        stack: String,
    },
    /// Two places of the hierarchy name the same change set, or the same stack.
    Twice {
        /// ARN of what is named twice.
        arn: String,
        /// The other place; empty for the root.
        other: String,
    },
    /// The change set cannot be executed.
    NotReady {
        /// ARN of the change set.
        change_set: String,
        /// Its status.
        status: String,
        /// Whether it can be executed, in CloudFormation's word.
        execution_status: String,
    },
    /// Not all pages of the change set are there.
    Cut {
        /// ARN of the change set.
        change_set: String,
    },
    /// CloudFormation tells no template of the change set.
    NoTemplate {
        /// ARN of the change set.
        change_set: String,
    },
}

/// Every nested stack, at any depth, that is not shown as it would be executed. A nested stack that is removed needs no
/// change set, and one that stays as it is stands in no change set.
pub fn unshown(tree: &ChangeSetTree) -> Vec<Unshown> {
    let placed: HashMap<_, _> = tree.sets.iter().map(|set| (set.path.as_str(), set)).collect();
    let mut found = Vec::new();
    let (mut sets, mut stacks) = (HashMap::new(), HashMap::new());
    for set in &tree.sets {
        let description = &set.description;
        for change in nested_changes(description) {
            let path = join(&set.path, &change.logical_resource_id);
            let why = match present(change.change_set_id.as_deref()) {
                None => Some(Why::NoChangeSet {
                    action: change.action.clone(),
                }),
                Some(arn) => match placed.get(path.as_str()) {
                    None => Some(Why::NotRead {
                        change_set: arn.to_owned(),
                    }),
                    Some(below) => mismatch(tree, description, change, arn, below),
                },
            };
            found.extend(why.map(|why| Unshown { path, why }));
        }
        for (known, arn) in [
            (&mut sets, &description.change_set_id),
            (&mut stacks, &description.stack_id),
        ] {
            if arn.is_empty() {
                continue;
            }
            if let Some(other) = known.insert(arn.clone(), set.path.clone()) {
                found.push(Unshown {
                    path: set.path.clone(),
                    why: Why::Twice {
                        arn: arn.clone(),
                        other,
                    },
                });
            }
        }
    }
    found
}

/// The changes of a change set that lead to nested stacks which do more than go, or that name a change set all the same.
fn nested_changes(set: &ChangeSetDescription) -> impl Iterator<Item = &ResourceChange> {
    let changes = set.changes.iter().filter_map(|change| change.resource_change.as_ref());
    changes.filter(|change| needs_change_set(change) || present(change.change_set_id.as_deref()).is_some())
}

/// Whether a change is one of a nested stack that has to have a change set of its own.
pub(super) fn needs_change_set(change: &ResourceChange) -> bool {
    change.resource_type == NESTED_STACK && change.action != "Remove"
}

/// Why the change set that stands below `change` is not the one that is executed there.
fn mismatch(
    tree: &ChangeSetTree,
    parent: &ChangeSetDescription,
    change: &ResourceChange,
    named: &str,
    below: &PlacedChangeSet,
) -> Option<Why> {
    let set = &below.description;
    let change_set = || set.change_set_id.clone();
    if set.change_set_id != named {
        return Some(Why::Other {
            named: named.to_owned(),
            found: change_set(),
        });
    }
    let root = tree.root().map(|root| root.change_set_id.as_str());
    let other_parent = [
        (set.parent_change_set_id.as_deref(), Some(parent.change_set_id.as_str())),
        (set.root_change_set_id.as_deref(), root),
    ]
    .into_iter()
    .find_map(|(told, expected)| present(told).filter(|told| Some(*told) != expected));
    if let Some(other) = other_parent {
        return Some(Why::OtherParent {
            change_set: change_set(),
            parent: other.to_owned(),
        });
    }
    // A nested stack that is replaced gets a new one; only the physical id of one that stays is the stack's.
    let stays = change.action != "Add" && change.replacement.as_deref() != Some("True");
    let stack = present(change.physical_resource_id.as_deref()).filter(|_| stays);
    if stack.is_some_and(|stack| !set.stack_id.is_empty() && stack != set.stack_id) {
        return Some(Why::OtherStack {
            change_set: change_set(),
            stack: set.stack_id.clone(),
        });
    }
    // Only the root can be executed, so a nested change set that is ready is UNAVAILABLE.
    // Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/change-sets-for-nested-stacks.html
    let is_ready =
        set.status == "CREATE_COMPLETE" && matches!(set.execution_status.as_str(), "UNAVAILABLE" | "AVAILABLE");
    if !is_ready {
        return Some(Why::NotReady {
            change_set: change_set(),
            status: set.status.clone(),
            execution_status: set.execution_status.clone(),
        });
    }
    present(set.next_token.as_deref()).map(|_| Why::Cut {
        change_set: change_set(),
    })
}

impl fmt::Display for Unshown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, why } = self;
        write!(f, "what would happen in the nested stack `{path}` is not shown: {why}")
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoChangeSet { action } => {
                write!(
                    f,
                    "its change is `{action}`, and CloudFormation made no change set for it"
                )
            }
            Self::NotRead { change_set } => write!(f, "its change set `{change_set}` cannot be read"),
            Self::Other { named, found } => {
                write!(f, "its change set is `{named}`, and `{found}` stands in its place")
            }
            Self::OtherParent { change_set, parent } => {
                write!(
                    f,
                    "the change set `{change_set}` belongs to `{parent}`, not to this change"
                )
            }
            Self::OtherStack { change_set, stack } => {
                write!(f, "the change set `{change_set}` is one of another stack, `{stack}`")
            }
            Self::Twice { arn, other } => {
                let other = if other.is_empty() { "the root stack" } else { other };
                write!(f, "`{arn}` stands for {other} as well")
            }
            Self::NotReady {
                change_set,
                status,
                execution_status,
            } => write!(f, "its change set `{change_set}` is {status} ({execution_status})"),
            Self::Cut { change_set } => write!(f, "not all pages of its change set `{change_set}` are there"),
            Self::NoTemplate { change_set } => {
                write!(f, "CloudFormation has no template of its change set `{change_set}`")
            }
        }
    }
}

/// The first of them, and how many there are.
pub fn told(unshown: &[Unshown]) -> String {
    const MOST: usize = 5;
    let mut texts: Vec<_> = unshown.iter().take(MOST).map(ToString::to_string).collect();
    if unshown.len() > MOST {
        texts.push(format!("and {} more", unshown.len() - MOST));
    }
    texts.join("; ")
}

/// What to do about them.
pub fn what_to_do(unshown: &[Unshown]) -> &'static str {
    if is_missing(unshown) {
        "start the pipeline again; if CloudFormation makes no change set for it then either, move its resources into a \
         stack of their own"
    } else {
        "start the pipeline again, which makes the change set anew"
    }
}

/// Who must act.
pub fn kind(unshown: &[Unshown]) -> FailureKind {
    if is_missing(unshown) {
        FailureKind::Configuration
    } else {
        FailureKind::RevisionOutOfSync
    }
}

fn is_missing(unshown: &[Unshown]) -> bool {
    let mut all = unshown.iter();
    all.any(|unshown| matches!(unshown.why, Why::NoChangeSet { .. }))
}

#[cfg(test)]
mod tests;
