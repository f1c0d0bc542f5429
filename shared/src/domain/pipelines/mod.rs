//! The stack of pipelines: one CloudFormation template, rendered from the gates of one environment.

mod change;
mod declaration;
mod deployed;
mod deployers;
mod in_flight;
mod names;
mod render;
mod render_error;
mod stages;

pub use change::{PipelineChange, PipelinesPlan};
pub use deployed::{DeployedPipeline, deployed};
pub use deployers::SharedDeployer;
pub use in_flight::{Doing, RunInFlight};
pub use names::{logical_id, pipeline_name};
pub use render::render;
pub use render_error::RenderError;

/// File name of the template in the root pipeline's artifact.
pub const FILE: &str = "template.json";
/// Greatest size of the template in bytes, as CloudFormation reads it from S3: 1 MB.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
pub const MAX_TEMPLATE_BYTES: usize = 1_000_000;

/// What the deployment gives every pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PipelinesSettings {
    /// Name of the environment.
    pub environment: String,
    /// What every pipeline's name starts with, such as `changegate-`.
    pub pipeline_prefix: String,
    /// ARN of the role that the pipelines run as.
    pub role_arn: String,
    /// Name of the versioned bucket that mirrors the branch.
    pub source_bucket: String,
    /// Name of the bucket in which CodePipeline keeps artifacts.
    pub artifact_bucket: String,
    /// Name of the function `changeset-create`.
    pub create_function: String,
    /// Name of the function `changeset-describe`.
    pub describe_function: String,
    /// Name of the function `changeset-execute`.
    pub execute_function: String,
}

#[cfg(test)]
mod tests;
