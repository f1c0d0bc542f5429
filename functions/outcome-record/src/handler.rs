//! From an announced end to the flow that records it.

use changegate::aws::cloudformation::CloudFormation;
use changegate::aws::codepipeline::CodePipeline;
use changegate::aws::connect;
use changegate::aws::functions::Functions;
use changegate::aws::s3::Bucket;
use changegate::aws::secrets::Secrets;
use changegate::aws::sns::Topics;
use changegate::flows::FlowError;
use changegate::flows::check_release::check_release;
use changegate::flows::ports::{
    Clock, ControlPipelines, Notify, PortError, ReadChangeSets, ReadFunctions, ReadObjects, ReadPipelines, ReadStacks,
    ReportJobs, TellRepository, WriteChangeSets, WriteObjects,
};
use changegate::flows::record_outcome::{
    EndedRun, LostDelivery, RecordPorts, StackRest, record_outcome, record_stack_end, report_lost_delivery,
    start_what_waits,
};
use changegate::flows::retry_due::retry_due;
use changegate::github::{Connection, GitHubSettings, Repository};
use changegate::lambda::clock::SystemClock;
use changegate::lambda::ended_event::EndedEvent;
use changegate::lambda::function_error::FunctionError;
use lambda_runtime::LambdaEvent;
use serde_json::Value;

use crate::settings::Settings;

/// The services, connected once a process.
pub(crate) struct Recorder {
    settings: Settings,
    pipelines: CodePipeline,
    cloudformation: CloudFormation,
    functions: Functions,
    source: Bucket,
    evidence: Bucket,
    topics: Topics,
    repository: Repository<Secrets>,
}

impl Recorder {
    /// Connects them.
    pub(crate) fn connect(settings: Settings) -> Result<Self, PortError> {
        let aws = connect::load();
        let github = GitHubSettings {
            api_url: settings.github_api_url.clone(),
            credential_arn: settings.github_credential.clone(),
        };
        let connection = Connection::new(github, Secrets::connect(&aws))?;
        Ok(Self {
            pipelines: CodePipeline::new(&aws),
            cloudformation: CloudFormation::new(&aws),
            functions: Functions::connect(&aws),
            source: Bucket::connect(&aws, &settings.source_bucket),
            evidence: Bucket::connect(&aws, &settings.evidence_bucket),
            topics: Topics::connect(&aws),
            repository: Repository::new(connection, &settings.record.repository),
            settings,
        })
    }

    /// Records what the event announces. The event is never logged: a failed delivery carries a job's credentials.
    pub(crate) async fn handle(&self, event: LambdaEvent<Value>) -> Result<(), FunctionError> {
        let ports = RecordPorts {
            pipelines: &self.pipelines,
            cloudformation: &self.cloudformation,
            source: &self.source,
            evidence: &self.evidence,
            topics: &self.topics,
            repository: &self.repository,
            clock: &SystemClock,
        };
        // arn:aws:lambda:<region>:<account>:function:<name>
        let own = event.context.invoked_function_arn.split(':').nth(4);
        let account = own.unwrap_or_default();
        let recorded = Box::pin(record(&ports, &self.functions, &self.settings, &event.payload, account)).await;
        let doing = "recording an end, which is delivered again";
        recorded.map_err(|error| FunctionError::of("changegate.RecordError", doing, &error))
    }
}

/// Does what follows from an event.
async fn record<P, C, S, E, N, G, K>(
    ports: &RecordPorts<'_, P, C, S, E, N, G, K>,
    functions: &impl ReadFunctions,
    settings: &Settings,
    event: &Value,
    account: &str,
) -> Result<(), FlowError>
where
    P: ReadPipelines + ControlPipelines + ReportJobs,
    C: ReadStacks + ReadChangeSets + WriteChangeSets,
    S: ReadObjects,
    E: ReadObjects + WriteObjects,
    N: Notify,
    G: TellRepository,
    K: Clock,
{
    match EndedEvent::parse(event, account) {
        EndedEvent::Run {
            pipeline,
            execution,
            state,
            time,
        } => {
            let run = EndedRun {
                pipeline,
                execution,
                state,
                time,
            };
            record_outcome(ports, &settings.record, &run).await
        }
        EndedEvent::Stack { stack_id, status } => {
            let rest = StackRest { stack_id, status };
            record_stack_end(ports, &settings.record, &rest).await
        }
        EndedEvent::Delivery {
            job_id,
            function,
            condition,
            error,
        } => {
            let lost = LostDelivery {
                function,
                condition,
                error,
            };
            report_lost_delivery(ports.pipelines, &job_id, &lost).await
        }
        EndedEvent::RetryDue => {
            let retried = retry_due(ports.evidence, ports.pipelines, ports.clock).await;
            // An announcement may get lost; then what waits for an export is found here.
            let started = start_what_waits(ports).await;
            retried.and(started)
        }
        EndedEvent::CheckRelease => {
            let (evidence, topics, clock) = (ports.evidence, ports.topics, ports.clock);
            check_release(functions, evidence, topics, clock, &settings.release)
                .await
                .map(drop)
        }
        EndedEvent::Other { kind } => {
            tracing::info!(kind, "an event that nothing follows from");
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests;
