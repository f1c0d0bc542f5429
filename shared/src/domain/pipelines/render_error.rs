//! What does not fit into CodePipeline or CloudFormation.

use super::MAX_TEMPLATE_BYTES;

/// Greatest length of a value in an action's configuration, in characters, before variables are resolved.
///
/// Source: <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionDeclaration.html>
pub(super) const MAX_CONFIGURATION_VALUE: usize = 1_000;
/// Greatest number of resources of a template.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
pub(super) const MAX_RESOURCES: usize = 500;

/// Why a pipeline, or all of them, cannot be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// Two gates are of one stack, or would give one pipeline.
    #[error("stack `{stack}`: the catalogue has it twice")]
    Twice {
        /// The stack.
        stack: String,
    },
    /// A name that no pipeline of a stack can have.
    #[error("stack `{stack}`: its pipeline would be named `{pipeline}`, {reason}; rename the stack in the catalogue")]
    Name {
        /// The stack.
        stack: String,
        /// The pipeline.
        pipeline: String,
        /// Why it cannot be.
        reason: String,
    },
    /// A configuration value beyond what CodePipeline takes.
    #[error(
        "stack `{stack}`: `{key}` of its action {action} has {length} characters, and CodePipeline takes at most \
         {MAX_CONFIGURATION_VALUE}; shorten {shorten}"
    )]
    TooLong {
        /// The stack.
        stack: String,
        /// The action.
        action: &'static str,
        /// The key in the action's configuration.
        key: &'static str,
        /// Its length in characters.
        length: usize,
        /// What to shorten.
        shorten: &'static str,
    },
    /// Something that CodePipeline would fill in, and that is none of Changegate's.
    #[error(
        "stack `{stack}`: `{key}` of its action {action} holds `#{{`, for which CodePipeline would fill something in; \
         rename the template"
    )]
    FilledIn {
        /// The stack.
        stack: String,
        /// The action.
        action: &'static str,
        /// The key in the action's configuration.
        key: &'static str,
    },
    /// More approvals than there are actions for.
    #[error("stack `{stack}`: `approvals` is {approvals}, and a pipeline has at most 2")]
    Approvals {
        /// The stack.
        stack: String,
        /// Its gate's approvals.
        approvals: u8,
    },
    /// More pipelines than one template holds.
    #[error(
        "the {pipelines} pipelines of this environment make a template of {bytes} bytes and {pipelines} resources, and \
         CloudFormation takes at most {MAX_TEMPLATE_BYTES} bytes and {MAX_RESOURCES} resources; split the environment: \
         deploy Changegate a second time and divide the stacks between the two with `environments:`"
    )]
    TooMany {
        /// How many pipelines there are.
        pipelines: usize,
        /// Size of the template in bytes.
        bytes: usize,
    },
}
