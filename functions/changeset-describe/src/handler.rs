//! From a job to the flow.

use changegate::aws::cloudformation::CloudFormation;
use changegate::aws::codepipeline::CodePipeline;
use changegate::aws::connect::Connection as AwsConnection;
use changegate::aws::s3::Bucket;
use changegate::aws::secrets::Secrets;
use changegate::aws::sns::Topics;
use changegate::domain::job::{Job, JobOutcome};
use changegate::flows::FlowError;
use changegate::flows::describe_change_set::{Ports, describe_change_set};
use changegate::flows::outbox::OrLater;
use changegate::flows::ports::{JobArtifacts, PortError};
use changegate::github::{Connection, Repository};
use changegate::lambda::clock::SystemClock;

use crate::settings::Settings;

/// The services, connected once a process.
pub(crate) struct Services {
    pipelines: CodePipeline,
    cloudformation: CloudFormation,
    source: Bucket,
    evidence: Bucket,
    topics: Topics,
    repository: Repository<Secrets>,
}

impl Services {
    /// Connects them.
    pub(crate) fn new(aws: &AwsConnection, settings: &Settings) -> Result<Self, PortError> {
        let github = Connection::new(settings.github.clone(), Secrets::connect(aws))?;
        Ok(Self {
            pipelines: CodePipeline::new(aws),
            cloudformation: CloudFormation::new(aws),
            source: Bucket::connect(aws, &settings.source_bucket),
            evidence: Bucket::connect(aws, &settings.evidence_bucket),
            topics: Topics::connect(aws),
            repository: Repository::new(github, settings.describe.repository.clone()),
        })
    }
}

/// Describes the change set of the job's run.
pub(crate) async fn handle(
    services: &Services,
    settings: &Settings,
    job: &Job,
    artifacts: &impl JobArtifacts,
) -> Result<JobOutcome, FlowError> {
    let topics = OrLater::new(&services.topics, &services.evidence, &SystemClock);
    let repository = OrLater::new(&services.repository, &services.evidence, &SystemClock);
    let ports = Ports {
        pipelines: &services.pipelines,
        cloudformation: &services.cloudformation,
        source: &services.source,
        evidence: &services.evidence,
        topics: &topics,
        repository: &repository,
        clock: &SystemClock,
    };
    describe_change_set(ports, &settings.describe, job, artifacts).await
}

#[cfg(test)]
mod tests {
    use changegate::domain::user_parameters::UserParameters;
    use changegate::lambda::job_event::JobEvent;

    #[test]
    fn the_delivered_event_is_a_job_with_all_that_the_flow_reads() {
        let event = include_str!("../../../events/changeset-describe--review.json");
        let event = JobEvent::parse(&serde_json::from_str(event).unwrap()).unwrap();
        assert_eq!(event.job.input_artifacts, ["PlannedChange", "Template"]);
        let parameters: UserParameters = serde_json::from_str(&event.job.user_parameters).unwrap();
        assert!(parameters.change_set.is_some_and(|arn| arn.contains(":changeSet/cg-")));
        assert_eq!(parameters.digest, None);
    }
}
