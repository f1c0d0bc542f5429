//! From a batch of messages to one sync, and to which messages have to come again.

use std::convert::Infallible;
use std::time::Duration;

use changegate::aws::codepipeline::CodePipeline;
use changegate::aws::connect;
use changegate::aws::s3::Bucket;
use changegate::aws::secrets::Secrets;
use changegate::aws::sqs::Queue;
use changegate::domain::sync::push::SyncRequest;
use changegate::flows::outbox::OrLater;
use changegate::flows::ports::{PortError, PostponeMessages, WriteObjects};
use changegate::flows::sync_source::{
    SourceBucket, SourcePipelines, SourceRepository, SyncError, SyncReason, SyncReport, World, sync_source,
};
use changegate::github::{Connection, Repository};
use changegate::lambda::clock::SystemClock;
use lambda_runtime::{Context, LambdaEvent};
use serde::{Deserialize, Serialize};

use crate::settings::Settings;
use crate::within_time::WithinTime;

/// When a message comes again after a failure that time may heal.
const SOON_SECONDS: u32 = 30;
/// When a message comes again after a failure that somebody has to heal: soon enough to see that it is healed, and
/// often enough that the dead-letter queue, whose alarm rings, has it after some ten minutes.
const LATER_SECONDS: u32 = 30;
/// A rate limit is waited for no longer than this; the message comes again after it at the latest.
const MOST_SECONDS: u32 = 3600;
/// Time that is kept back at the end of an invocation, to say that the message has to come again.
const RESERVE: Duration = Duration::from_secs(4);
/// Time that is kept back for what follows the starts of pipelines: statuses, removals and the snapshot.
const AFTER_STARTS: Duration = Duration::from_secs(8);

/// A batch of messages, as Lambda delivers it.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Batch {
    #[serde(rename = "Records", default)]
    records: Vec<Record>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    message_id: String,
    #[serde(default)]
    receipt_handle: String,
    #[serde(default)]
    body: String,
}

/// Messages that have to come again.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BatchAnswer {
    batch_item_failures: Vec<Failure>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: String,
}

/// How long GitHub asked to be left alone.
pub(crate) trait Pauses {
    fn pause_seconds(&self) -> Option<u32>;
}

impl Pauses for Repository<Secrets> {
    fn pause_seconds(&self) -> Option<u32> {
        Repository::pause_seconds(self)
    }
}

/// The function, with what it needs of the world.
pub(crate) struct SourceSync<R, B, E, P, Q> {
    repository: R,
    source: B,
    /// Where statuses are kept that GitHub does not take for now.
    evidence: E,
    pipelines: P,
    queue: Q,
    settings: Settings,
}

impl SourceSync<Repository<Secrets>, Bucket, Bucket, CodePipeline, Queue> {
    pub(crate) fn connect(settings: Settings) -> Result<Self, PortError> {
        let aws = connect::load();
        let connection = Connection::new(settings.github.clone(), Secrets::connect(&aws))?;
        Ok(Self {
            repository: Repository::new(connection, settings.sync.repository.as_str()),
            source: Bucket::connect(&aws, settings.sync.destination.bucket.as_str()),
            evidence: Bucket::connect(&aws, settings.evidence_bucket.as_str()),
            pipelines: CodePipeline::new(&aws),
            queue: Queue::connect(&aws, settings.queue_url.as_str()),
            settings,
        })
    }
}

impl<R, B, E, P, Q> SourceSync<R, B, E, P, Q>
where
    R: SourceRepository + Pauses,
    B: SourceBucket,
    E: WriteObjects,
    P: SourcePipelines,
    Q: PostponeMessages,
{
    pub(crate) async fn handle(&self, event: LambdaEvent<Batch>) -> Result<BatchAnswer, Infallible> {
        Ok(self.answer(event.payload, time_left(&event.context)).await)
    }

    /// One sync serves all messages of a batch: each only says that the branch may have moved.
    async fn answer(&self, batch: Batch, time_left: Duration) -> BatchAnswer {
        let mut reason = None;
        let (mut served, mut failed) = (Vec::new(), Vec::new());
        for record in batch.records {
            match serde_json::from_str::<SyncRequest>(&record.body) {
                Ok(request) => {
                    // An audit does all that the others do; of several pushes the last is the likeliest head.
                    reason = Some(match (request, reason) {
                        (SyncRequest::Audit, _) | (_, Some(SyncReason::Audit)) => SyncReason::Audit,
                        (SyncRequest::Push { commit, .. }, _) => SyncReason::Push(commit),
                        (SyncRequest::Schedule, Some(push)) => push,
                        (SyncRequest::Schedule, None) => SyncReason::Look,
                    });
                    served.push(record);
                }
                Err(error) => {
                    // Kept, it would hold up every message behind it. Whoever wrote it had a reason to.
                    tracing::error!(
                        message = record.message_id,
                        "a message cannot be read, so the branch is looked at: {error}"
                    );
                    reason = Some(reason.unwrap_or(SyncReason::Look));
                    served.push(record);
                }
            }
        }
        if let Some(reason) = reason
            && let Err(again) = self.sync(reason, time_left).await
        {
            for record in served {
                if let Err(error) = self.queue.postpone(&record.receipt_handle, again).await {
                    tracing::warn!("the message comes again only after its visibility timeout: {error}");
                }
                failed.push(record.message_id);
            }
        }
        let failures = failed.into_iter().map(|item_identifier| Failure { item_identifier });
        BatchAnswer {
            batch_item_failures: failures.collect(),
        }
    }

    /// Runs a sync; an error is the number of seconds after which it is to run again.
    async fn sync(&self, reason: SyncReason, time_left: Duration) -> Result<(), u32> {
        let until = tokio::time::Instant::now() + time_left.saturating_sub(AFTER_STARTS);
        let pipelines = WithinTime::new(&self.pipelines, until);
        let repository = OrLater::new(&self.repository, &self.evidence, &SystemClock);
        let world = World {
            repository: &repository,
            source: &self.source,
            pipelines: &pipelines,
        };
        let sync = Box::pin(sync_source(world, &self.settings.sync, reason));
        match tokio::time::timeout(time_left, sync).await {
            Ok(Ok(report)) => match log(&report) {
                None => Ok(()),
                Some(_) if pipelines.has_ended() => Err(1),
                Some(_) => Err(SOON_SECONDS),
            },
            Ok(Err(error)) => Err(self.again_after(&error)),
            Err(_) => {
                tracing::warn!("the sync takes longer than one invocation; the next one goes on from here");
                Err(1)
            }
        }
    }

    fn again_after(&self, error: &SyncError) -> u32 {
        if error.is_transient() {
            let pause = self.repository.pause_seconds().unwrap_or(SOON_SECONDS);
            tracing::warn!(pause, "the sync is tried again: {error}");
            pause.clamp(SOON_SECONDS, MOST_SECONDS)
        } else {
            tracing::error!("the sync cannot go on: {error}");
            LATER_SECONDS
        }
    }
}

/// Logs how a sync ended; answers with the error of a start that is still owed.
fn log(report: &SyncReport) -> Option<&PortError> {
    tracing::info!(
        commit = report.commit,
        plan = %report.plan,
        started = report.started.join(" "),
        problems = report.problems.len(),
        "the sync ended"
    );
    for key in &report.mended {
        tracing::warn!(
            key,
            "somebody else changed or deleted the object; it was restored from the branch"
        );
    }
    if let Some(error) = &report.owed {
        tracing::warn!("a pipeline is still to be started: {error}");
    }
    report.owed.as_ref()
}

fn time_left(context: &Context) -> Duration {
    let left = context
        .deadline()
        .duration_since(std::time::SystemTime::now())
        .unwrap_or_default();
    left.saturating_sub(RESERVE).max(Duration::from_secs(1))
}

#[cfg(test)]
mod tests;
