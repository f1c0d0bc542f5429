//! Reads everything that an approval covers from CloudFormation; describing and executing both start from it.

mod readings;

pub use readings::{agreed_inputs, inputs_with};

use std::collections::BTreeSet;

use crate::domain::actions::DESCRIBE_CHANGE_SET;
use crate::domain::change_set::nested::{self, Unshown, Why};
use crate::domain::change_set::tree::{ChangeSetTree, PlacedChangeSet};
use crate::domain::digest::{Covered, DigestDocument, TemplateHashes};
use crate::domain::gate::Gate;
use crate::domain::sha256::Sha256;
use crate::domain::template::no_echo_among;
use crate::flows::ports::{
    ActionExecution, ChangeSetRef, PortError, ReadChangeSets, ReadStacks, TemplateOf, TemplateStage,
};

/// Most change sets of nested stacks that are followed; CloudFormation itself stops at 2,500 resources.
const MOST_NESTED: usize = 2_500;

/// What was read, and the document made of it.
#[derive(Debug, Clone)]
pub struct DigestInputs {
    /// The change set and its nested ones; `None` when only the stack policy changes.
    pub tree: Option<ChangeSetTree>,
    /// The templates that CloudFormation holds for each of them, in the same order.
    pub templates: Vec<HeldTemplate>,
    /// What is hashed.
    pub document: DigestDocument,
}

/// The template that CloudFormation holds for one change set.
#[derive(Debug, Clone)]
pub struct HeldTemplate {
    /// Path of the nested stack; empty for the root.
    pub path: String,
    /// As submitted; characters outside ASCII are `?`.
    pub original: String,
    /// After transforms; characters outside ASCII are `?`.
    pub processed: String,
}

/// What an approval would cover cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum DigestError {
    /// CloudFormation refuses or does not answer.
    #[error(transparent)]
    Port(#[from] PortError),
    /// Nested stacks would be made or changed, and what happens in them is not shown.
    #[error("{}", nested::told(.0))]
    Unshown(Vec<Unshown>),
    /// CloudFormation answered differently each time.
    #[error("CloudFormation describes the change set differently each time it is asked")]
    Unsteady,
}

/// Reads what an approval of `change_set` covers, once; `change_set` is `None` when only the stack policy changes.
/// `template` is the bytes that were submitted, from the run's artifact.
///
/// Answers `None` when the change set does not exist (any more).
///
/// # Errors
///
/// When CloudFormation refuses or does not answer, and when a nested stack that is made or changed, at any depth, has no
/// change set of its own that says what happens in it.
async fn digest_inputs(
    cloudformation: &(impl ReadChangeSets + ReadStacks),
    change_set: Option<&str>,
    template: &[u8],
    gate: &Gate,
) -> Result<Option<DigestInputs>, DigestError> {
    let (tree, templates) = match change_set {
        None => (None, Vec::new()),
        Some(arn) => {
            let Some(tree) = read_tree(cloudformation, ChangeSetRef::of(&gate.stack_name, arn)).await? else {
                return Ok(None);
            };
            let templates = read_templates(cloudformation, &tree).await?;
            (Some(tree), templates)
        }
    };
    let hashes: Vec<_> = tree
        .iter()
        .flat_map(|tree| &tree.sets)
        .zip(&templates)
        .map(|(set, held)| TemplateHashes {
            path: set.path.clone(),
            change_set: set.description.change_set_id.clone(),
            original_sha256: Sha256::of(&held.original),
            processed_sha256: Sha256::of(&held.processed),
        })
        .collect();
    let parameters = tree.as_ref().and_then(ChangeSetTree::root).map(|root| &root.parameters);
    let keys = parameters
        .into_iter()
        .flatten()
        .map(|parameter| parameter.parameter_key.as_str());
    let original = templates.first().map_or("", |held| held.original.as_str());
    let secret_parameters = no_echo_among(original, keys);
    let document = DigestDocument::of(&Covered {
        tree: tree.as_ref(),
        template_sha256: Sha256::of(template),
        templates: &hashes,
        secret_parameters: &secret_parameters,
        gate,
    });
    Ok(Some(DigestInputs {
        tree,
        templates,
        document,
    }))
}

/// The attempt that a review belongs to, counted from 1: how often the run has started the action that makes it.
/// A retried stage starts it again, a redelivered job does not.
pub fn attempt(history: &[ActionExecution]) -> u32 {
    let started = history
        .iter()
        .filter(|action| action.action == DESCRIBE_CHANGE_SET)
        .count();
    u32::try_from(started).unwrap_or(u32::MAX).max(1)
}

async fn read_tree(
    change_sets: &impl ReadChangeSets,
    of: ChangeSetRef<'_>,
) -> Result<Option<ChangeSetTree>, DigestError> {
    let Some(root) = change_sets.change_set(of).await? else {
        return Ok(None);
    };
    let mut tree = ChangeSetTree::of(root);
    let mut asked = BTreeSet::from([of.arn.to_owned()]);
    let mut at = 0;
    while at < tree.sets.len() {
        let nested: Vec<_> = tree.sets[at]
            .nested()
            .into_iter()
            .map(|(path, arn)| (path, arn.to_owned()))
            .collect();
        let mut placed = 0;
        for (path, arn) in nested {
            // One that is named twice would lead round in a circle.
            if tree.sets.len() > MOST_NESTED || !asked.insert(arn.clone()) {
                continue;
            }
            let Some(description) = change_sets.change_set(ChangeSetRef::nested(&arn)).await? else {
                continue;
            };
            placed += 1;
            // Children stand right after their parent, so that the tree reads from top to bottom.
            tree.sets.insert(
                at + placed,
                PlacedChangeSet {
                    path,
                    description,
                    hooks: None,
                },
            );
        }
        at += 1;
    }
    match nested::unshown(&tree) {
        unshown if unshown.is_empty() => Ok(Some(tree)),
        unshown => Err(DigestError::Unshown(unshown)),
    }
}

async fn read_templates(stacks: &impl ReadStacks, tree: &ChangeSetTree) -> Result<Vec<HeldTemplate>, DigestError> {
    let mut templates = Vec::with_capacity(tree.sets.len());
    let mut unshown = Vec::new();
    for set in &tree.sets {
        let change_set = &set.description.change_set_id;
        let of = TemplateOf::ChangeSet((&set.description).into());
        let held = HeldTemplate {
            path: set.path.clone(),
            original: stacks.template(of, TemplateStage::Original).await?,
            processed: stacks.template(of, TemplateStage::Processed).await?,
        };
        if !held.path.is_empty() && (held.original.is_empty() || held.processed.is_empty()) {
            unshown.push(Unshown {
                path: held.path.clone(),
                why: Why::NoTemplate {
                    change_set: change_set.clone(),
                },
            });
        }
        templates.push(held);
    }
    if unshown.is_empty() {
        Ok(templates)
    } else {
        Err(DigestError::Unshown(unshown))
    }
}
