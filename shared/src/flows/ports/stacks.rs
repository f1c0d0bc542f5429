//! CloudFormation stacks.

use super::{ChangeSetRef, PortError};
pub use crate::domain::stack_event::StackEvent;

/// A stack as `DescribeStacks` tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stack {
    /// Name.
    pub name: String,
    /// ARN.
    pub id: String,
    /// Status, such as `UPDATE_COMPLETE`.
    pub status: String,
    /// The service's words about the status; empty when it has none.
    pub status_reason: String,
    /// When it was created (RFC 3339).
    pub created: Option<String>,
    /// When its last update began (RFC 3339); absent before the first.
    pub last_updated: Option<String>,
    /// Role that CloudFormation uses for it.
    pub role_arn: Option<String>,
    /// Parameters: key to value, `****` for those with `NoEcho`.
    pub parameters: Vec<(String, String)>,
    /// Outputs: key, value, export name.
    pub outputs: Vec<(String, String, Option<String>)>,
    /// Tags.
    pub tags: Vec<(String, String)>,
    /// Topics that are told of stack events.
    pub notification_arns: Vec<String>,
    /// Capabilities of the last operation.
    pub capabilities: Vec<String>,
    /// ARN of the parent, for nested stacks.
    pub parent_id: Option<String>,
    /// Whether termination protection is on.
    pub is_termination_protected: bool,
}

/// One resource of a stack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StackResource {
    /// ARN of the stack that holds it.
    pub stack_id: String,
    /// Name of the stack that holds it.
    pub stack_name: String,
    /// Logical id.
    pub logical_id: String,
    /// Physical id.
    pub physical_id: String,
    /// Type.
    pub resource_type: String,
    /// Status.
    pub status: String,
}

/// One exported output.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Export {
    /// Name.
    pub name: String,
    /// ARN of the stack that exports it.
    pub stack_id: String,
    /// Value.
    pub value: String,
}

/// Which form of a template is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplateStage {
    /// As submitted.
    Original,
    /// After macros and transforms.
    Processed,
}

/// Whose template is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplateOf<'a> {
    /// The stack with this name or ARN.
    Stack(&'a str),
    /// The change set.
    ChangeSet(ChangeSetRef<'a>),
}

/// Reads stacks.
pub trait ReadStacks {
    /// The stack with this name or ARN; `None` only when CloudFormation answers that it does not exist.
    ///
    /// # Errors
    ///
    /// Every failure but absence; a throttle is an error.
    async fn stack(&self, name: &str) -> Result<Option<Stack>, PortError>;

    /// The events of a stack, newest first, until `is_enough` says so of one; all pages otherwise.
    ///
    /// # Errors
    ///
    /// When a page cannot be read.
    async fn stack_events(
        &self,
        stack: &str,
        is_enough: &dyn Fn(&StackEvent) -> bool,
    ) -> Result<Vec<StackEvent>, PortError>;

    /// The resources of a stack.
    ///
    /// # Errors
    ///
    /// When a page cannot be read.
    async fn stack_resources(&self, stack: &str) -> Result<Vec<StackResource>, PortError>;

    /// The resource of the stack that has this logical id; `None` when there is no such stack or none has.
    ///
    /// # Errors
    ///
    /// Every failure but absence.
    async fn stack_resource(&self, stack: &str, logical_id: &str) -> Result<Option<StackResource>, PortError>;

    /// A template's text. Non-ASCII characters come back as `?`.
    ///
    /// # Errors
    ///
    /// When there is none or it cannot be read.
    async fn template(&self, of: TemplateOf<'_>, stage: TemplateStage) -> Result<String, PortError>;

    /// All exports of the region.
    ///
    /// # Errors
    ///
    /// When a page cannot be read.
    async fn exports(&self) -> Result<Vec<Export>, PortError>;

    /// The stack's policy; `None` when it has none.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    async fn stack_policy(&self, stack: &str) -> Result<Option<String>, PortError>;
}

/// Sets stack policies.
pub trait WriteStackPolicies {
    /// Replaces the stack's policy.
    ///
    /// # Errors
    ///
    /// When the service refuses or does not answer.
    async fn set_stack_policy(&self, stack: &str, policy: &str) -> Result<(), PortError>;
}
