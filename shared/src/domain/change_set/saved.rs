//! Change sets that somebody saved: the JSON that `aws cloudformation describe-change-set` prints.

use super::description::{ChangeSetDescription, present};
use super::tree::{ChangeSetTree, PlacedChangeSet, join};

/// A saved change set cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    /// No file was given.
    #[error("no change set was given; save one with `aws cloudformation describe-change-set`")]
    Nothing,
    /// A file is not what the AWS CLI prints.
    #[error("file {file} is not the JSON that `aws cloudformation describe-change-set` prints: {reason}")]
    NotAChangeSet {
        /// Number of the file, from 1.
        file: usize,
        /// Why, with line and column.
        reason: serde_json::Error,
    },
    /// A file is JSON, but no change set.
    #[error(
        "file {file} names neither a change set nor a stack; save it with `aws cloudformation describe-change-set`"
    )]
    Empty {
        /// Number of the file, from 1.
        file: usize,
    },
}

/// Puts saved files together: further pages of one change set, and change sets of nested stacks. The first file is
/// the root. Answers what is missing as well, one sentence each.
///
/// # Errors
///
/// One variant of [`SavedError`] for each way in which a file is no change set.
pub fn tree_of(files: &[&str]) -> Result<(ChangeSetTree, Vec<String>), SavedError> {
    let mut sets: Vec<ChangeSetDescription> = Vec::new();
    for (index, text) in files.iter().enumerate() {
        let file = index + 1;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let set: ChangeSetDescription =
            serde_json::from_str(text).map_err(|reason| SavedError::NotAChangeSet { file, reason })?;
        if set.change_set_id.is_empty() && set.change_set_name.is_empty() && set.stack_name.is_empty() {
            return Err(SavedError::Empty { file });
        }
        let earlier = sets
            .iter_mut()
            .find(|held| !held.change_set_id.is_empty() && held.change_set_id == set.change_set_id);
        match earlier {
            Some(held) => {
                held.changes.extend(set.changes);
                held.next_token = set.next_token;
            }
            None => sets.push(set),
        }
    }
    if sets.is_empty() {
        return Err(SavedError::Nothing);
    }
    let root = sets.remove(0);
    let mut tree = ChangeSetTree::of(root);
    let mut missing = Vec::new();
    let mut at = 0;
    while at < tree.sets.len() {
        let parent = &tree.sets[at];
        let nested: Vec<_> = parent
            .description
            .changes
            .iter()
            .filter_map(|change| change.resource_change.as_ref())
            .filter_map(|change| {
                let arn = present(change.change_set_id.as_deref())?;
                let stack = present(change.physical_resource_id.as_deref()).unwrap_or_default();
                Some((
                    join(&parent.path, &change.logical_resource_id),
                    arn.to_owned(),
                    stack.to_owned(),
                ))
            })
            .collect();
        let mut placed = 0;
        for (path, arn, stack) in nested {
            let is_it =
                |set: &ChangeSetDescription| set.change_set_id == arn || (!stack.is_empty() && set.stack_id == stack);
            match sets.iter().position(is_it) {
                Some(found) => {
                    placed += 1;
                    let description = sets.remove(found);
                    tree.sets.insert(at + placed, PlacedChangeSet { path, description });
                }
                None => missing.push(format!(
                    "the change set of the nested stack {path} is not among the files, so its resources are not \
                     shown: save {arn} as well"
                )),
            }
        }
        at += 1;
    }
    for set in sets {
        let name = present(Some(&set.stack_name)).unwrap_or(&set.change_set_id).to_owned();
        let path = join("", &name);
        missing.push(format!(
            "no change set among the files leads to the one of {name}; it is shown by itself"
        ));
        tree.sets.push(PlacedChangeSet { path, description: set });
    }
    Ok((tree, missing))
}
