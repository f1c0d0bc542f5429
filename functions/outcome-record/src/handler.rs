//! From an announced end to the flow that records it.

use std::time::{Duration, SystemTime};

use changegate::aws::cloudformation::CloudFormation;
use changegate::aws::codepipeline::CodePipeline;
use changegate::aws::connect;
use changegate::aws::functions::Functions;
use changegate::aws::s3::Bucket;
use changegate::aws::secrets::Secrets;
use changegate::aws::sns::Topics;
use changegate::aws::sqs::Queue;
use changegate::flows::FlowError;
use changegate::flows::check_release::check_release;
use changegate::flows::ports::{
    Clock, ControlPipelines, Notify, PortError, ReadChangeSets, ReadFunctions, ReadObjects, ReadPipelines, ReadStacks,
    ReadTold, ReportJobs, TakeMessages, TellRepository, WriteChangeSets, WriteObjects,
};
use changegate::flows::record_outcome::{
    EndedRun, LostDelivery, RecordPorts, RecordSettings, StackRest, record_outcome, record_stack_end,
    report_lost_delivery, start_what_waits,
};
use changegate::flows::retry_due::retry_due;
use changegate::flows::sweep::sweep;
use changegate::flows::tell_again::tell_again;
use changegate::github::{Connection, GitHubSettings, Repository};
use changegate::lambda::clock::SystemClock;
use changegate::lambda::ended_event::EndedEvent;
use changegate::lambda::function_error::FunctionError;
use lambda_runtime::LambdaEvent;
use serde_json::Value;

use crate::settings::Settings;

/// Time that is kept back at the end of an invocation: what was begun must get to its end.
const RESERVE: Duration = Duration::from_mins(1);

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
    /// Announcements that Lambda gave up delivering to this function.
    lost: Queue,
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
            lost: Queue::connect(&aws, settings.lost_events_url.as_str()),
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
        let deadline = event.context.deadline();
        let has_time = || deadline.duration_since(SystemTime::now()).unwrap_or_default() > RESERVE;
        // arn:aws:lambda:<region>:<account>:function:<name>
        let own = event.context.invoked_function_arn.split(':').nth(4);
        let account = own.unwrap_or_default();
        let settings = &self.settings;
        let event = EndedEvent::parse(&event.payload, account);
        let serving = serve(&ports, &self.functions, settings, &self.lost, event, account, &has_time);
        let recorded = Box::pin(serving).await;
        let doing = "recording an end, which is delivered again";
        recorded.map_err(|error| FunctionError::of("changegate.RecordError", doing, &error))
    }
}

/// How often announcements that Lambda gave up are taken by one run of the schedule, up to ten each time: what else it
/// brings must not wait for a flood of them.
const MOST_TAKES: usize = 20;

/// Does what follows from an event.
async fn serve<P, C, S, E, N, G, K>(
    ports: &RecordPorts<'_, P, C, S, E, N, G, K>,
    functions: &impl ReadFunctions,
    settings: &Settings,
    lost: &impl TakeMessages,
    event: EndedEvent,
    account: &str,
    has_time: &dyn Fn() -> bool,
) -> Result<(), FlowError>
where
    P: ReadPipelines + ControlPipelines + ReportJobs,
    C: ReadStacks + ReadChangeSets + WriteChangeSets,
    S: ReadObjects,
    E: ReadObjects + WriteObjects,
    N: Notify,
    G: TellRepository + ReadTold,
    K: Clock,
{
    match event {
        EndedEvent::RetryDue => on_schedule(ports, &settings.record, lost, account, has_time).await,
        EndedEvent::CheckRelease => {
            let (evidence, topics, clock) = (ports.evidence, ports.topics, ports.clock);
            let checked = check_release(functions, evidence, topics, clock, &settings.release).await;
            checked.map(drop)
        }
        event => record(ports, &settings.record, event).await,
    }
}

/// What the schedule brings: runs whose window opened, pipelines that wait for an export, announcements that Lambda gave
/// up, messages that were not told, ends that nobody recorded. Each is done whatever becomes of the others; the first
/// error is returned.
async fn on_schedule<P, C, S, E, N, G, K>(
    ports: &RecordPorts<'_, P, C, S, E, N, G, K>,
    settings: &RecordSettings,
    lost: &impl TakeMessages,
    account: &str,
    has_time: &dyn Fn() -> bool,
) -> Result<(), FlowError>
where
    P: ReadPipelines + ControlPipelines + ReportJobs,
    C: ReadStacks + ReadChangeSets + WriteChangeSets,
    S: ReadObjects,
    E: ReadObjects + WriteObjects,
    N: Notify,
    G: TellRepository + ReadTold,
    K: Clock,
{
    let retried = retry_due(ports.evidence, ports.pipelines, ports.clock).await.map(drop);
    // An announcement may get lost; then what waits for an export is found here.
    let started = start_what_waits(ports).await;
    let taken = Box::pin(take_lost(ports, settings, lost, account, has_time)).await;
    let told = tell_again(ports.evidence, ports.repository, ports.topics, ports.clock).await;
    let swept = Box::pin(sweep(ports, settings, has_time)).await;
    retried.and(started).and(taken).and(told.map(drop)).and(swept.map(drop))
}

/// Records the announcements that Lambda gave up delivering, and reports the jobs among them. One that cannot be recorded
/// for now stays in the queue.
async fn take_lost<P, C, S, E, N, G, K>(
    ports: &RecordPorts<'_, P, C, S, E, N, G, K>,
    settings: &RecordSettings,
    lost: &impl TakeMessages,
    account: &str,
    has_time: &dyn Fn() -> bool,
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
    let mut first_error = None;
    for round in 0.. {
        if round == MOST_TAKES {
            tracing::error!("more announcements were given up than one run takes; the next one goes on");
            break;
        }
        let messages = if has_time() { lost.take().await? } else { Vec::new() };
        if messages.is_empty() {
            break;
        }
        for message in messages {
            // What Lambda gave up is wrapped in what it says about that.
            let given_up: Option<Value> = serde_json::from_str(&message.body).ok();
            let recorded = match given_up.as_ref().and_then(|given_up| given_up.get("requestPayload")) {
                Some(event) => Box::pin(record(ports, settings, EndedEvent::parse(event, account))).await,
                None => Ok(()),
            };
            match recorded {
                Ok(()) => lost.remove(&message.receipt).await?,
                Err(error) => {
                    tracing::warn!(%error, "an announcement that Lambda gave up was not recorded; it stays in its queue");
                    first_error.get_or_insert(error);
                }
            }
        }
    }
    first_error.map_or(Ok(()), Err)
}

/// Does what follows from an event that announces something.
async fn record<P, C, S, E, N, G, K>(
    ports: &RecordPorts<'_, P, C, S, E, N, G, K>,
    settings: &RecordSettings,
    event: EndedEvent,
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
    match event {
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
            record_outcome(ports, settings, &run).await
        }
        EndedEvent::Stack { stack_id, status } => {
            let rest = StackRest { stack_id, status };
            record_stack_end(ports, settings, &rest).await
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
        // The schedules come again by themselves.
        EndedEvent::RetryDue | EndedEvent::CheckRelease => Ok(()),
        EndedEvent::Other { kind } => {
            tracing::info!(kind, "an event that nothing follows from");
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests;
