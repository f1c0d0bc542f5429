//! A review: what a person reads before approving. Plain data; `crate::review` renders it.
//!
//! Every text that comes from elsewhere is held as it came, secrets masked. Escaping is the business of each
//! rendering, because each medium needs another.

use schemars::JsonSchema;
use serde::Serialize;

use super::hooks::InvokedHook;
use super::values::{KeptValue, PropertyChange, Shown};
use crate::domain::risk::Risk;

/// Everything a person needs to decide about one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Review {
    /// Version of this document's shape: 1.
    pub version: u32,
    /// What the stack is called in the catalogue, else in CloudFormation.
    pub title: String,
    /// The stack that changes.
    pub stack: StackFacts,
    /// The run that asks for approval; absent when a saved change set is rendered by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<RunFacts>,
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
    pub gates: Vec<GateDifference>,
    /// What only the execution decides, so that no review can show it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deferred: Vec<Deferred>,
    /// What CloudFormation's validation and hooks, and Changegate itself, warn of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// How many values, or parts of values, are hidden because they look secret.
    pub hidden: usize,
}

/// The stack that changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StackFacts {
    /// Name of the CloudFormation stack.
    pub name: String,
    /// ARN of the stack; empty when there is none yet.
    pub id: String,
    /// ARN of the change set; absent when only the stack policy changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_set: Option<String>,
    /// Whether the stack is created.
    pub is_new: bool,
    /// Its status, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// CloudFormation's words about the change set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_reason: Option<String>,
    /// What whoever made the change set wrote about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When the change set was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// Status of the change set, and whether it can be executed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_set_status: Option<String>,
    /// Whether the stack differs from what was deployed last; only drift-aware change sets tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<String>,
}

/// The run that asks for approval.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunFacts {
    /// Environment.
    pub environment: String,
    /// Pipeline.
    pub pipeline: String,
    /// Id of the pipeline execution.
    pub execution: String,
    /// Which attempt of the run this review belongs to, from 1.
    pub attempt: u32,
    /// When the review was made (RFC 3339).
    pub made: String,
    /// The digest that an approval covers.
    pub digest: String,
    /// Where the review is read.
    pub link: String,
    /// Commit that the sources were written from.
    pub commit: String,
    /// Commits since the stack was last executed that touch it, newest first.
    pub commits: Vec<CommitFacts>,
    /// Why `commits` may not be all; absent when they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commits_incomplete: Option<String>,
    /// Page that shows the difference since the last execution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compare_url: Option<String>,
    /// When the stack was last executed through the gate (RFC 3339), and which commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_executed: Option<LastExecuted>,
    /// That somebody else changed the stack since; absent when nobody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_elsewhere: Option<String>,
    /// What else is going on in this pipeline.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<String>,
    /// What the gate demands, one sentence each.
    pub demands: Vec<String>,
    /// When the window is open; absent when it always is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
}

/// The last execution through the gate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastExecuted {
    /// Commit.
    pub commit: String,
    /// When (RFC 3339).
    pub at: String,
}

/// One commit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommitFacts {
    /// Full commit id.
    pub sha: String,
    /// First line of the message.
    pub subject: String,
    /// Accounts that GitHub authenticated: pull request author, merger, pusher.
    pub authenticated: Vec<String>,
    /// Author text of the commit: anybody can write anything here.
    pub author_text: String,
    /// Page of the commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The pull request that brought it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull_request: Option<PullRequestFacts>,
}

/// A merged pull request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PullRequestFacts {
    /// Number.
    pub number: u64,
    /// Title.
    pub title: String,
    /// Login of who opened it.
    pub author: String,
    /// Login of who merged it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_by: Option<String>,
    /// `login: verdict` of each reviewer.
    pub verdicts: Vec<String>,
    /// Its page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
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

/// What happens to one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceReview {
    /// Logical ids of the nested stacks that lead to it, joined by `/`; empty in the root stack.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// Logical id.
    pub logical_id: String,
    /// Physical id, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub physical_id: Option<String>,
    /// Type.
    pub resource_type: String,
    /// CloudFormation's word: `Add`, `Modify`, `Remove`, `Import`, `Dynamic`, `SyncWithActual`.
    pub action: String,
    /// Whether it is replaced.
    pub replacement: Replacement,
    /// What happens to the old resource: `Delete`, `Retain`, `Snapshot`, `ReplaceAndDelete` and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_action: Option<String>,
    /// Parts of the resource that change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scope: Vec<String>,
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
    pub drift: Option<String>,
    /// The module that it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// How many hooks are invoked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hooks: Option<i32>,
    /// The hooks themselves, as far as CloudFormation names them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub invoked_hooks: Vec<InvokedHook>,
    /// Further remarks, one sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
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
    pub name: String,
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
    /// A transform.
    Transform,
    /// The template's description.
    Description,
    /// The template's metadata.
    Metadata,
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
            Self::Transform => "transform",
            Self::Description => "description",
            Self::Metadata => "metadata",
        }
    }
}

/// [`GateDifference::field`] of a pipeline that comes or goes as a whole.
pub const PIPELINE_FIELD: &str = "pipeline";

/// A difference between a gate as it is and as it will be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GateDifference {
    /// Name of the stack in the catalogue.
    pub stack: String,
    /// Which part of the gate, such as `approvals`.
    pub field: String,
    /// Before; absent for a new gate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// Afterwards; absent for one that goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Whether less stands between a commit and the account afterwards.
    pub is_weakened: bool,
}

/// Something that only the execution decides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Deferred {
    /// The resource or output that it concerns.
    pub subject: String,
    /// What is decided, and by what.
    pub what: String,
}
