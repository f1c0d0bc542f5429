//! From a job to the flow.

use changegate::aws::cloudformation::CloudFormation;
use changegate::aws::codepipeline::CodePipeline;
use changegate::aws::connect::Connection;
use changegate::aws::s3::Bucket;
use changegate::domain::job::{Job, JobOutcome};
use changegate::flows::FlowError;
use changegate::flows::create_change_set::{Ports, create_change_set};
use changegate::flows::ports::JobArtifacts;

use crate::settings::Settings;

/// The services, connected once a process.
pub(crate) struct Services {
    pipelines: CodePipeline,
    cloudformation: CloudFormation,
    source: Bucket,
    evidence: Bucket,
}

impl Services {
    /// Connects them.
    pub(crate) fn new(aws: &Connection, settings: &Settings) -> Self {
        Self {
            pipelines: CodePipeline::new(aws),
            cloudformation: CloudFormation::new(aws),
            source: Bucket::connect(aws, &settings.create.source_bucket),
            evidence: Bucket::connect(aws, &settings.evidence_bucket),
        }
    }
}

/// Creates the change set of the job's run.
pub(crate) async fn handle(
    services: &Services,
    settings: &Settings,
    job: &Job,
    artifacts: &impl JobArtifacts,
) -> Result<JobOutcome, FlowError> {
    let ports = Ports {
        pipelines: &services.pipelines,
        cloudformation: &services.cloudformation,
        source: &services.source,
        evidence: &services.evidence,
    };
    create_change_set(ports, &settings.create, job, artifacts).await
}

#[cfg(test)]
mod tests;
