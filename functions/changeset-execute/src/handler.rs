//! From a job to the flow.

use changegate::aws::cloudformation::CloudFormation;
use changegate::aws::codepipeline::CodePipeline;
use changegate::aws::connect::Connection;
use changegate::aws::s3::Bucket;
use changegate::domain::job::{Job, JobOutcome};
use changegate::flows::FlowError;
use changegate::flows::execute_change_set::{ExecutePorts, execute_change_set};
use changegate::flows::ports::JobArtifacts;
use changegate::lambda::clock::SystemClock;

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
            source: Bucket::connect(aws, &settings.source_bucket),
            evidence: Bucket::connect(aws, &settings.evidence_bucket),
        }
    }
}

/// Guards and executes the change of the job's run.
pub(crate) async fn handle(
    services: &Services,
    settings: &Settings,
    job: &Job,
    artifacts: &impl JobArtifacts,
) -> Result<JobOutcome, FlowError> {
    let ports = ExecutePorts {
        cloudformation: &services.cloudformation,
        pipelines: &services.pipelines,
        source: &services.source,
        evidence: &services.evidence,
        clock: &SystemClock,
    };
    execute_change_set(&ports, &settings.execute, job, artifacts).await
}

#[cfg(test)]
mod tests;
