//! CloudFormation change sets.

use std::collections::BTreeMap;

use super::PortError;
use crate::domain::change_set::description::ChangeSetDescription;
use crate::domain::change_set::hooks::ChangeSetHooks;

/// Where CloudFormation takes the template from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplateLocation {
    /// In the request; at most 51,200 bytes.
    Body(String),
    /// An S3 URL that names the version.
    Url(String),
}

/// A change set to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewChangeSet {
    /// Name or ARN of the stack.
    pub stack: String,
    /// Name of the change set.
    pub name: String,
    /// Whether the stack does not exist yet: `CREATE`, else `UPDATE`.
    pub is_create: bool,
    /// The template.
    pub template: TemplateLocation,
    /// Parameters; `None` stands for `UsePreviousValue`.
    pub parameters: BTreeMap<String, Option<String>>,
    /// Tags; `None` leaves the stack's tags as they are.
    pub tags: Option<BTreeMap<String, String>>,
    /// Acknowledged capabilities.
    pub capabilities: Vec<String>,
    /// Topics that are told of stack events.
    pub notification_arns: Vec<String>,
    /// ARN of the role that CloudFormation uses. Always given.
    pub role_arn: String,
    /// What a person reads in the console; at most 1,024 characters.
    pub description: String,
    /// Idempotency token.
    pub client_token: String,
}

/// Which change set a call is about.
///
/// Its ARN alone names it, and does not hold its stack; both are sent where both are known, because it is not known
/// which of them IAM looks at: the [Service Authorization Reference][1] names the stack, policies of AWS's own both.
///
/// [1]: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangeSetRef<'a> {
    /// Name or ARN of the stack; `None` where it is learnt only from the change set.
    pub stack: Option<&'a str>,
    /// ARN of the change set.
    pub arn: &'a str,
}

impl<'a> ChangeSetRef<'a> {
    /// The change set `arn` of the stack with this name or ARN.
    pub fn of(stack: &'a str, arn: &'a str) -> Self {
        Self {
            stack: Some(stack).filter(|stack| !stack.is_empty()),
            arn,
        }
    }

    /// The change set of a nested stack, known from its parent's, which does not name the stack.
    pub fn nested(arn: &'a str) -> Self {
        Self { stack: None, arn }
    }
}

impl<'a> From<&'a ChangeSetDescription> for ChangeSetRef<'a> {
    fn from(set: &'a ChangeSetDescription) -> Self {
        Self::of(&set.stack_id, &set.change_set_id)
    }
}

/// A change set that was just created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedChangeSet {
    /// ARN of the change set.
    pub arn: String,
    /// ARN of the stack.
    pub stack_id: String,
}

/// A line of `ListChangeSets`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeSetSummary {
    /// Name.
    pub name: String,
    /// ARN.
    pub arn: String,
    /// Status.
    pub status: String,
    /// Execution status.
    pub execution_status: String,
    /// When it was created (RFC 3339).
    pub created: Option<String>,
}

/// A finding of CloudFormation's validation before deployment, or a failure of an operation, from `DescribeEvents`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OperationEvent {
    /// `VALIDATION_ERROR`, `PROVISIONING_ERROR`, `HOOK_INVOCATION_ERROR` and others.
    pub event_type: String,
    /// Logical id of the resource.
    pub logical_id: String,
    /// Type of the resource.
    pub resource_type: String,
    /// Name of the validation.
    pub validation_name: String,
    /// `FAILED` or `SKIPPED`.
    pub validation_status: String,
    /// `FAIL` or `WARN`.
    pub validation_mode: String,
    /// Place in the template.
    pub path: String,
    /// The service's words.
    pub reason: String,
}

/// Reads change sets.
pub trait ReadChangeSets {
    /// The change set, all pages, with property values; `None` when it does not exist (any more).
    ///
    /// # Errors
    ///
    /// Every failure but absence.
    async fn change_set(&self, set: ChangeSetRef<'_>) -> Result<Option<ChangeSetDescription>, PortError>;

    /// The change set of this name of this stack, without its changes; `None` when stack or change set do not exist.
    ///
    /// # Errors
    ///
    /// Every failure but absence.
    async fn find_change_set(&self, stack: &str, name: &str) -> Result<Option<ChangeSetDescription>, PortError>;

    /// All change sets of a stack; empty when the stack does not exist.
    ///
    /// # Errors
    ///
    /// Every failure but absence.
    async fn change_sets(&self, stack: &str) -> Result<Vec<ChangeSetSummary>, PortError>;

    /// The failed events of a change set's creation, from `DescribeEvents`, which takes the ARN alone: with the name of
    /// the stack as well it was [refused](https://github.com/aws-cloudformation/cloudformation-cli/issues/1116).
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    async fn change_set_events(&self, arn: &str) -> Result<Vec<OperationEvent>, PortError>;

    /// The hooks that the execution of the change set invokes, all pages.
    ///
    /// # Errors
    ///
    /// When they cannot be read, also when the change set is gone.
    async fn change_set_hooks(&self, set: ChangeSetRef<'_>) -> Result<ChangeSetHooks, PortError>;
}

/// Creates and deletes change sets.
pub trait WriteChangeSets {
    /// Creates a change set.
    ///
    /// # Errors
    ///
    /// [`super::PortErrorKind::Conflict`] when one of this name exists; others as CloudFormation says.
    async fn create_change_set(&self, new: NewChangeSet) -> Result<CreatedChangeSet, PortError>;

    /// Deletes a change set; an absent one is no error.
    ///
    /// # Errors
    ///
    /// When the service refuses or does not answer.
    async fn delete_change_set(&self, set: ChangeSetRef<'_>) -> Result<(), PortError>;
}

/// Executes change sets.
pub trait ExecuteChangeSets {
    /// Executes a change set, with rollback on failure.
    ///
    /// # Errors
    ///
    /// When the service refuses or does not answer.
    async fn execute_change_set(&self, set: ChangeSetRef<'_>, client_request_token: &str) -> Result<(), PortError>;
}
