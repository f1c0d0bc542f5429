//! Names of stages and actions, the same in every pipeline that Changegate provisions.

/// Type of a pipeline as a CloudFormation resource.
pub const PIPELINE_TYPE: &str = "AWS::CodePipeline::Pipeline";
/// Stage that reads the sources.
pub const SOURCE_STAGE: &str = "Source";
/// Stage that makes the change set.
pub const PLAN_STAGE: &str = "Plan";
/// Stage that reviews, approves and executes; skipped when there is nothing to change.
pub const APPLY_STAGE: &str = "Apply";
/// Source action, and artifact, that holds the template.
pub const TEMPLATE: &str = "Template";
/// Source action, and artifact, that holds the effective configuration.
pub const CONFIGURATION: &str = "Configuration";
/// Source action, and artifact, of the root pipeline that holds the resolved catalogue.
pub const CATALOGUE: &str = "Catalogue";
/// Action of the root pipeline that renders the pipelines' template.
pub const PROVISION_PIPELINES: &str = "ProvisionPipelines";
/// Action that makes the change set.
pub const CREATE_CHANGE_SET: &str = "CreateChangeSet";
/// Action that makes the review.
pub const DESCRIBE_CHANGE_SET: &str = "DescribeChangeSet";
/// First approval.
pub const APPROVE_1: &str = "Approve1";
/// Second approval.
pub const APPROVE_2: &str = "Approve2";
/// Approval that is pressed in maintenance hours.
pub const RELEASE: &str = "Release";
/// Action that executes the change set.
pub const EXECUTE_CHANGE_SET: &str = "ExecuteChangeSet";
