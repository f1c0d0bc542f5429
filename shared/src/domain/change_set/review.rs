//! A review: what a person reads before approving. Plain data; `crate::review` renders it.
//!
//! Every text that comes from elsewhere is held as it came, secrets masked: that is what [`Masked`] says. Escaping is the
//! business of each rendering, because each medium needs another.

use schemars::JsonSchema;
use serde::Serialize;

use super::hooks::InvokedHook;
pub use super::run_facts::{CommitFacts, LastExecuted, PullRequestFacts, RunFacts};
use super::values::{KeptValue, PropertyChange, Shown};
use crate::domain::risk::Risk;
use crate::domain::secrecy::{HiddenCount, Hider, Masked, masked};

/// Everything a person needs to decide about one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Review {
    /// Version of this document's shape: 1.
    pub version: u32,
    /// What the stack is called in the catalogue, else in CloudFormation.
    pub title: Masked,
    /// The stack that changes.
    pub stack: StackFacts,
    /// The run that asks for approval; absent when a saved change set is rendered by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<RunFacts<Masked>>,
    /// How many resources are added, changed, replaced and so on.
    pub counts: Counts,
    /// What may go wrong, explained.
    pub risk: Risk,
    /// What happens to each resource: replaced and removed ones first, then by path and logical id.
    pub resources: Vec<ResourceReview>,
    /// What changes about the stack besides its resources.
    pub settings: Vec<SettingChange>,
    /// What changes about gates; only the root pipeline changes them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<GateDifference<Masked>>,
    /// Runs that the execution ends, and what becomes of them; only the root pipeline ends any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ends_runs: Vec<Masked>,
    /// What only the execution decides, so that no review can show it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deferred: Vec<Deferred>,
    /// What CloudFormation's validation and hooks, and Changegate itself, warn of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Masked>,
    /// How many values, or parts of values, are hidden.
    pub hidden: usize,
    /// How many of them are hidden for each reason.
    pub hidden_because: Vec<HiddenCount>,
}

/// The stack that changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StackFacts {
    /// Name of the CloudFormation stack.
    pub name: Masked,
    /// ARN of the stack; empty when there is none yet.
    pub id: Masked,
    /// Account that it is in, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Masked>,
    /// Region that it is in, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Masked>,
    /// ARN of the change set; absent when only the stack policy changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_set: Option<Masked>,
    /// Whether the stack is created.
    pub is_new: bool,
    /// Its status, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Masked>,
    /// Why the change set failed, where it did: nothing can be executed then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Masked>,
    /// CloudFormation's words about the change set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_reason: Option<Masked>,
    /// What whoever made the change set wrote about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Masked>,
    /// When the change set was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Masked>,
    /// Status of the change set, and whether it can be executed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_set_status: Option<Masked>,
    /// Whether the stack differs from what was deployed last; only drift-aware change sets tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<Masked>,
}

/// How many resources of each kind there are. `shown` equals `total`; rendering fails otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Changes that CloudFormation lists, in all change sets together.
    pub total: usize,
    /// Resources in this review.
    pub shown: usize,
    /// Added.
    pub added: usize,
    /// Changed in place.
    pub changed: usize,
    /// Replaced for certain.
    pub replaced: usize,
    /// Perhaps replaced.
    pub maybe_replaced: usize,
    /// Removed.
    pub removed: usize,
    /// Imported.
    pub imported: usize,
    /// Decided only at execution, or brought back from drift.
    pub other: usize,
}

/// CloudFormation's words for what happens to a resource.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html>
pub const ACTIONS: [&str; 6] = ["Add", "Modify", "Remove", "Import", "Dynamic", "SyncWithActual"];

/// What happens to one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceReview {
    /// Logical ids of the nested stacks that lead to it, joined by `/`; empty in the root stack.
    #[serde(skip_serializing_if = "Masked::is_empty")]
    pub path: Masked,
    /// Logical id.
    pub logical_id: Masked,
    /// Physical id, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub physical_id: Option<Masked>,
    /// Type.
    pub resource_type: Masked,
    /// CloudFormation's word: `Add`, `Modify`, `Remove`, `Import`, `Dynamic`, `SyncWithActual`.
    pub action: Masked,
    /// Whether it is replaced.
    pub replacement: Replacement,
    /// What happens to the old resource: `Delete`, `Retain`, `Snapshot`, `ReplaceAndDelete` and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_action: Option<Masked>,
    /// Parts of the resource that change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scope: Vec<Masked>,
    /// Its properties that change; all of them for a resource that comes or goes.
    pub changes: Vec<PropertyChange>,
    /// In what the resource differs from what was deployed last, from the last deployment to what it really has; only
    /// drift-aware change sets tell.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drifted: Vec<PropertyChange>,
    /// All its other values that are known: those that stay, and those of which nobody tells what they were.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<KeptValue>,
    /// Where the values come from.
    pub values: ValueSource,
    /// Whether what is deployed differs from what was deployed last, in CloudFormation's word: `IN_SYNC`, `MODIFIED`,
    /// `DELETED`, `NOT_CHECKED` and others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<Masked>,
    /// The module that it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<Masked>,
    /// How many hooks are invoked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hooks: Option<i32>,
    /// The hooks themselves, as far as CloudFormation names them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub invoked_hooks: Vec<InvokedHook>,
    /// Further remarks, one sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Masked>,
}

impl ResourceReview {
    /// Where the resource stands: `Network/Subnet`.
    pub fn place(&self) -> Masked {
        if self.path.is_empty() {
            self.logical_id.clone()
        } else {
            masked![self.path, "/", self.logical_id]
        }
    }
}

/// Whether a resource is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Replacement {
    /// It comes, goes or is imported.
    NotApplicable,
    /// It stays.
    Never,
    /// It may be replaced; only the execution decides.
    Maybe,
    /// It is replaced.
    Always,
}

/// Where the values of a resource come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ValueSource {
    /// CloudFormation told them.
    CloudFormation,
    /// They were worked out from the two templates, because CloudFormation told none.
    Templates,
    /// Nobody told them.
    Nowhere,
}

/// What changes about the stack besides its resources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SettingChange {
    /// What kind of thing changes.
    pub kind: SettingKind,
    /// Its name, or the place in it.
    pub name: Masked,
    /// Before; absent when it was not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Shown>,
    /// Afterwards; absent when it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Shown>,
}

/// Kinds of things that a stack has besides resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SettingKind {
    /// The stack policy.
    StackPolicy,
    /// An acknowledged capability.
    Capability,
    /// A parameter.
    Parameter,
    /// What a parameter of an SSM type resolves to.
    ResolvedParameter,
    /// A tag of the stack.
    Tag,
    /// A topic that is told of stack events.
    NotificationTopic,
    /// How the change set is executed.
    Option,
    /// An output.
    Output,
    /// A condition.
    Condition,
    /// A mapping.
    Mapping,
    /// A rule of the template.
    Rule,
    /// A hook of the template: CloudFormation calls functions and uses a role for it.
    Hook,
    /// What the template declares of a parameter.
    Declaration,
    /// A transform.
    Transform,
    /// The template's description.
    Description,
    /// The template's metadata.
    Metadata,
    /// Any other section of the template.
    Section,
}

impl SettingKind {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::StackPolicy => "stack policy",
            Self::Capability => "capability",
            Self::Parameter => "parameter",
            Self::ResolvedParameter => "resolved parameter",
            Self::Tag => "tag",
            Self::NotificationTopic => "notification topic",
            Self::Option => "option",
            Self::Output => "output",
            Self::Condition => "condition",
            Self::Mapping => "mapping",
            Self::Rule => "rule",
            Self::Hook => "hook",
            Self::Declaration => "declaration of the parameter",
            Self::Transform => "transform",
            Self::Description => "description",
            Self::Metadata => "metadata",
            Self::Section => "section",
        }
    }
}

/// [`GateDifference::field`] of a pipeline that comes or goes as a whole.
pub const PIPELINE_FIELD: &str = "pipeline";

/// A difference between a gate as it is and as it will be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "GateDifference")]
pub struct GateDifference<T = String> {
    /// Name of the stack in the catalogue.
    pub stack: T,
    /// Which part of the gate, such as `approvals`.
    pub field: T,
    /// Before; absent for a new gate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<T>,
    /// Afterwards; absent for one that goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<T>,
    /// Whether less stands between a commit and the account afterwards.
    pub is_weakened: bool,
    /// Whether it belongs to a gate that is new.
    pub is_new: bool,
    /// Whether the new gates have it alike, or its kind follows from the stack's name: nothing that a reader has to look
    /// for in each.
    pub is_usual: bool,
}

impl GateDifference {
    /// What a reader may see of it.
    pub(super) fn masked(&self, hider: &Hider) -> GateDifference<Masked> {
        let shown = |text: &Option<String>| text.as_deref().map(|text| hider.text(text));
        GateDifference {
            stack: hider.name(&self.stack),
            field: hider.text(&self.field),
            before: shown(&self.before),
            after: shown(&self.after),
            is_weakened: self.is_weakened,
            is_new: self.is_new,
            is_usual: self.is_usual,
        }
    }
}

/// Something that only the execution decides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Deferred {
    /// The resource or output that it concerns.
    pub subject: Masked,
    /// What is decided, and by what.
    pub what: Masked,
}
