//! Hooks that the execution of a change set invokes, as `DescribeChangeSetHooks` tells them, all pages together, in the
//! JSON form that the AWS CLI prints.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSetHooks.html>

use std::collections::{BTreeMap, HashSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::description::{ChangeSetDescription, null_as_default, present};
use super::tree::{ChangeSetTree, PlacedChangeSet, join};
use crate::domain::secrecy::{Hider, Masked, Sentence, sentence};

/// The answer of `DescribeChangeSetHooks`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[expect(
    missing_docs,
    reason = "the names and meanings are those of the service; see the link above"
)]
pub struct ChangeSetHooks {
    #[serde(deserialize_with = "null_as_default")]
    pub change_set_id: String,
    #[serde(deserialize_with = "null_as_default")]
    pub change_set_name: String,
    #[serde(deserialize_with = "null_as_default")]
    pub stack_name: String,
    #[serde(deserialize_with = "null_as_default")]
    pub hooks: Vec<ChangeSetHook>,
    pub status: Option<String>,
    pub next_token: Option<String>,
}

/// One hook and what it is invoked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[expect(
    missing_docs,
    reason = "the names and meanings are those of the service; see the link above"
)]
pub struct ChangeSetHook {
    pub invocation_point: Option<String>,
    pub failure_mode: Option<String>,
    pub type_name: Option<String>,
    pub type_version_id: Option<String>,
    pub type_configuration_version_id: Option<String>,
    pub target_details: Option<HookTarget>,
}

/// What a hook is invoked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[expect(
    missing_docs,
    reason = "the names and meanings are those of the service; see the link above"
)]
pub struct HookTarget {
    pub target_type: Option<String>,
    pub resource_target_details: Option<HookResource>,
}

/// The resource that a hook is invoked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[expect(
    missing_docs,
    reason = "the names and meanings are those of the service; see the link above"
)]
pub struct HookResource {
    #[serde(deserialize_with = "null_as_default")]
    pub logical_resource_id: String,
    pub resource_type: Option<String>,
    pub resource_action: Option<String>,
}

/// A hook that the execution invokes for a resource.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvokedHook {
    /// Type of the hook, such as `Acme::Guard::Buckets`.
    pub hook_type: Masked,
    /// What its failure does: `FAIL` stops the execution, `WARN` only warns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_mode: Option<Masked>,
    /// When it is invoked: `PRE_PROVISION`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invocation_point: Option<Masked>,
    /// What is done with the resource then: `Add`, `Modify`, `Remove`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<Masked>,
    /// Version of the hook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Masked>,
    /// Version of its configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration: Option<Masked>,
}

impl ChangeSetDescription {
    /// Whether hooks are invoked when it is executed; which ones, only `DescribeChangeSetHooks` tells.
    pub fn has_hooks(&self) -> bool {
        self.changes
            .iter()
            .any(|change| change.hook_invocation_count.is_some_and(|count| count > 0))
    }
}

impl ChangeSetHook {
    fn resource(&self) -> Option<&HookResource> {
        self.target_details.as_ref()?.resource_target_details.as_ref()
    }

    fn shown(&self, hider: &Hider) -> InvokedHook {
        let owned = |text: &Option<String>| present(text.as_deref()).map(|text| hider.text(text));
        InvokedHook {
            hook_type: owned(&self.type_name).unwrap_or_else(|| Masked::ours("a hook without a name")),
            failure_mode: owned(&self.failure_mode),
            invocation_point: owned(&self.invocation_point),
            action: self.resource().and_then(|resource| owned(&resource.resource_action)),
            version: owned(&self.type_version_id),
            configuration: owned(&self.type_configuration_version_id),
        }
    }
}

/// All hooks of a review, by the path and the logical id of the resource that they are invoked for.
#[derive(Default)]
pub(super) struct Invocations<'a> {
    by_resource: BTreeMap<(&'a str, &'a str), Vec<&'a ChangeSetHook>>,
}

impl<'a> Invocations<'a> {
    pub(super) fn of(tree: Option<&'a ChangeSetTree>) -> Self {
        let mut all = Self::default();
        for set in tree.into_iter().flat_map(|tree| &tree.sets) {
            for hook in set.hooks.iter().flat_map(|told| &told.hooks) {
                let resource = hook.resource().map_or("", |resource| &resource.logical_resource_id);
                all.by_resource.entry((&set.path, resource)).or_default().push(hook);
            }
        }
        all
    }

    /// The hooks that are invoked for one resource.
    pub(super) fn for_resource(&self, path: &str, logical_id: &str, hider: &Hider) -> Vec<InvokedHook> {
        let found = self.by_resource.get(&(path, logical_id));
        found.into_iter().flatten().map(|hook| hook.shown(hider)).collect()
    }
}

/// What cannot be told of the hooks of one change set, one sentence each.
pub(super) fn untold(set: &PlacedChangeSet) -> Vec<Sentence> {
    let Some(told) = &set.hooks else { return Vec::new() };
    let of = || match set.path.as_str() {
        "" => sentence![],
        path => sentence![" of ", path.to_owned()],
    };
    let mut untold = Vec::new();
    if let Some(status) = present(told.status.as_deref()).filter(|status| *status != "PLANNED") {
        untold.push(sentence![
            "CloudFormation does not tell (any more, or yet) which hooks",
            of(),
            " are invoked: ",
            status.to_owned(),
        ]);
    }
    if present(told.next_token.as_deref()).is_some() {
        untold.push(sentence!["further hooks", of(), " are on pages that are not here"]);
    }
    let mut listed: BTreeMap<&str, usize> = BTreeMap::new();
    for target in told.hooks.iter().filter_map(ChangeSetHook::resource) {
        *listed.entry(&target.logical_resource_id).or_default() += 1;
    }
    let mut changed = HashSet::new();
    for change in &set.description.changes {
        let Some(resource) = &change.resource_change else {
            continue;
        };
        let id = resource.logical_resource_id.as_str();
        changed.insert(id);
        let counted = change
            .hook_invocation_count
            .map_or(0, |count| usize::try_from(count).unwrap_or(0));
        let listed = listed.get(id).copied().unwrap_or_default();
        if listed < counted {
            untold.push(sentence![
                counted,
                " hooks are invoked for ",
                join(&set.path, id),
                ", and CloudFormation names ",
                listed,
                " of them",
            ]);
        }
    }
    for hook in &told.hooks {
        let target = hook.resource();
        if target.is_none_or(|target| !changed.contains(target.logical_resource_id.as_str())) {
            let told = |text: &Option<String>, otherwise: &'static str| {
                text.as_ref()
                    .map_or_else(|| sentence![otherwise], |text| sentence![text])
            };
            untold.push(sentence![
                "the hook ",
                told(&hook.type_name, "without a name"),
                of(),
                " (",
                told(&hook.failure_mode, "no failure mode told"),
                ") is invoked for ",
                target.map_or_else(
                    || sentence!["something else than a resource"],
                    |target| sentence![&target.logical_resource_id],
                ),
                ", which is not among the changes",
            ]);
        }
    }
    untold
}
