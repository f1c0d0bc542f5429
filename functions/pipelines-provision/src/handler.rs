//! From a job to the flow.

use changegate::aws::cloudformation::CloudFormation;
use changegate::aws::codepipeline::CodePipeline;
use changegate::aws::connect::Connection;
use changegate::aws::s3::Bucket;
use changegate::domain::job::{Job, JobOutcome};
use changegate::flows::FlowError;
use changegate::flows::ports::JobArtifacts;
use changegate::flows::provision_pipelines::{ProvisionSettings, provision_pipelines};

/// The services, connected once a process.
pub(crate) struct Services {
    pipelines: CodePipeline,
    cloudformation: CloudFormation,
    source: Bucket,
}

impl Services {
    /// Connects them.
    pub(crate) fn new(aws: &Connection, settings: &ProvisionSettings) -> Self {
        Self {
            pipelines: CodePipeline::new(aws),
            cloudformation: CloudFormation::new(aws),
            source: Bucket::connect(aws, &settings.pipelines.source_bucket),
        }
    }
}

/// Renders the pipelines for the job's run.
pub(crate) async fn handle(
    services: &Services,
    settings: &ProvisionSettings,
    job: &Job,
    artifacts: &impl JobArtifacts,
) -> Result<JobOutcome, FlowError> {
    let Services {
        pipelines,
        cloudformation,
        source,
    } = services;
    provision_pipelines(pipelines, cloudformation, source, settings, job, artifacts).await
}

#[cfg(test)]
mod tests;
