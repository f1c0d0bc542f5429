//! Makes the source bucket match the head of the branch, at the cost of the change, and starts the pipelines concerned.
//!
//! 1. Read the snapshot and ask for the head; if nothing differs and nothing is owed, that was all.
//! 2. Read the trees that differ, the files that changed, and resolve what they mean for each stack.
//! 3. Decide: [`SyncPlan::between`].
//! 4. Record where the change comes from; mark the snapshot as pending, on the condition that nobody else did
//!    meanwhile; only then touch objects.
//! 5. Write objects, start pipelines, remove what is gone, and write the snapshot anew.
//!
//! A sync that dies in between leaves the mark, and the next one compares the whole bucket with the snapshot before it
//! trusts it.

mod apply;
mod contents;
mod effective;
mod held;
mod observe;
mod provenance;
mod stacks;
mod starts;
mod statuses;
mod store;

use futures_util::future::try_join;

use super::ports::{
    AuditObjects, ControlPipelines, PortError, PortErrorKind, ReadObjects, ReadPipelines, ReadPullRequests, ReadRanges,
    ReadRepository, TellRepository, WriteObjects,
};
use super::run_sources::record_of;
use crate::domain::catalogue::Environment;
use crate::domain::keys;
use crate::domain::packaging::Destination;
use crate::domain::provenance::RecordId;
use crate::domain::sha256::Sha256;
use crate::domain::sync::pin::{OtherRepository, Pin, RepositoryId};
use crate::domain::sync::plan::SyncPlan;
use crate::domain::sync::snapshot::{CutLimits, Listing};
use contents::Contents;

/// The repository as the sync needs it.
pub trait SourceRepository: ReadRepository + ReadPullRequests + TellRepository {}
impl<T: ReadRepository + ReadPullRequests + TellRepository> SourceRepository for T {}

/// The source bucket as the sync needs it.
pub trait SourceBucket: ReadObjects + ReadRanges + WriteObjects + AuditObjects {}
impl<T: ReadObjects + ReadRanges + WriteObjects + AuditObjects> SourceBucket for T {}

/// The pipelines as the sync needs them.
pub trait SourcePipelines: ReadPipelines + ControlPipelines {}
impl<T: ReadPipelines + ControlPipelines> SourcePipelines for T {}

/// What the sync needs of the world.
#[derive(Debug)]
pub struct World<'w, R, B, P> {
    /// The repository.
    pub repository: &'w R,
    /// The source bucket.
    pub source: &'w B,
    /// CodePipeline.
    pub pipelines: &'w P,
}

impl<R, B, P> Clone for World<'_, R, B, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, B, P> Copy for World<'_, R, B, P> {}

/// What the sync is told by its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncSettings {
    /// `owner/name`.
    pub repository: String,
    /// GitHub's number of the repository that is meant, where whoever deployed set one.
    pub repository_id: Option<RepositoryId>,
    /// Branch without `refs/heads/`.
    pub branch: String,
    /// The deployment that the catalogue is resolved for.
    pub environment: Environment,
    /// Name of the root pipeline.
    pub root_pipeline: String,
    /// Where packages are uploaded to: the source bucket.
    pub destination: Destination,
    /// Base URL of GitHub's pages, without a final slash.
    pub web_url: String,
    /// When the snapshot is cut up.
    pub cut_limits: CutLimits,
    /// How many bytes of effective templates and packages stay in memory until they are written; what goes beyond is
    /// made again then.
    pub kept_bytes: usize,
}

/// [`SyncSettings::kept_bytes`] of a function that has the memory of 10,000 stacks besides.
pub const KEPT_BYTES: usize = 8 * 1024 * 1024;

impl SyncSettings {
    /// Hash over what the stacks are resolved under.
    fn digest(&self) -> Sha256 {
        let environment = &self.environment;
        let settings = serde_json::json!({
            "repository": self.repository,
            "branch": self.branch,
            "environment": environment.name,
            "pipelinePrefix": environment.pipeline_prefix,
            "floor": environment.floor,
            "defaultDeployer": environment.default_deployer,
            "bucket": self.destination.bucket,
            "region": self.destination.region,
        });
        Sha256::of(settings.to_string())
    }
}

/// Why the sync runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncReason {
    /// The branch was moved to this commit, as a verified delivery said. It may have moved on since.
    Push(String),
    /// The time has come to look whether the branch moved.
    Look,
    /// The bucket is to be compared with what it should hold, whether the branch moved or not.
    Audit,
}

/// How a sync ended.
#[derive(Debug, Default)]
pub struct SyncReport {
    /// The head of the branch; absent when the repository has no such branch.
    pub commit: Option<String>,
    /// What was done.
    pub plan: SyncPlan,
    /// Pipelines that were started.
    pub started: Vec<String>,
    /// Keys of objects that somebody else had changed or deleted, and that were restored.
    pub mended: Vec<String>,
    /// Problems of the catalogue and of stacks, as `file:line:column: …`.
    pub problems: Vec<String>,
    /// The last error of a start that is still owed; the same sync again makes it.
    pub owed: Option<PortError>,
}

/// A sync did not end.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// A call did not succeed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// Other syncs were faster, again and again.
    #[error(
        "other syncs of the same bucket keep changing `{}`; see that only one runs at a time",
        keys::SNAPSHOT
    )]
    Contended,
    /// The repository is another one than before.
    #[error(transparent)]
    OtherRepository(#[from] OtherRepository),
}

impl SyncError {
    /// Whether the same sync may succeed later without anybody acting.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Port(error) => error.is_transient() || error.kind == PortErrorKind::Conflict,
            Self::Contended => true,
            Self::OtherRepository(_) => false,
        }
    }
}

/// Why one attempt did not end.
#[derive(Debug)]
enum Halt {
    Failed(PortError),
    /// The repository is another one than before.
    OtherRepository(OtherRepository),
    /// Another sync has written the snapshot meanwhile.
    Overtaken,
    /// More of the snapshot has to be read to decide; nothing is written yet.
    Narrow,
    /// There is another record under the number that follows on the snapshot's.
    NumberTaken,
}

impl From<PortError> for Halt {
    fn from(error: PortError) -> Self {
        Self::Failed(error)
    }
}

/// How often a sync starts over when others overtake it.
const ATTEMPTS: u32 = 4;

/// Runs one sync.
///
/// # Errors
///
/// [`SyncError`]; objects may have been written, and the next sync goes on from there.
pub async fn sync_source<R: SourceRepository, B: SourceBucket, P: SourcePipelines>(
    world: World<'_, R, B, P>,
    settings: &SyncSettings,
    reason: SyncReason,
) -> Result<SyncReport, SyncError> {
    let mut is_number_known = true;
    for attempt in 0..ATTEMPTS {
        // Who was overtaken may have written over what the other sync had written: the bucket is looked at closely.
        let is_suspect = reason == SyncReason::Audit || attempt > 0;
        match attempt_sync(world, settings, &reason, is_suspect, is_number_known).await {
            Ok(report) => return Ok(report),
            Err(Halt::Failed(error)) => return Err(error.into()),
            Err(Halt::OtherRepository(error)) => return Err(error.into()),
            Err(Halt::Overtaken) => tracing::info!(attempt, "another sync was faster; starting over"),
            Err(Halt::NumberTaken) => {
                tracing::info!(
                    attempt,
                    "the next number has a record; starting over behind the last one"
                );
                is_number_known = false;
            }
            Err(Halt::Narrow) => tracing::info!(attempt, "starting over with all of the snapshot"),
        }
    }
    Err(SyncError::Contended)
}

async fn attempt_sync<R: SourceRepository, B: SourceBucket, P: SourcePipelines>(
    world: World<'_, R, B, P>,
    settings: &SyncSettings,
    reason: &SyncReason,
    is_suspect: bool,
    is_number_known: bool,
) -> Result<SyncReport, Halt> {
    let mut held = held::read(world.source).await?;
    if held.is_rebuilt || !is_number_known {
        let last = last_sequence(world.source).await?;
        held.snapshot.sequence = held.snapshot.sequence.max(last);
    }
    let is_suspect = is_suspect || held.is_rebuilt || held.snapshot.pending.is_some();
    let is_resolved = held.snapshot.settings == Some(settings.digest());
    // A closer look needs the tree of the head, which only the branch itself tells for sure.
    let look = SyncReason::Look;
    let reason = if is_suspect || !is_resolved { &look } else { reason };
    let Some(observed) = observe::head(world, settings, &held.snapshot, reason).await? else {
        tracing::warn!(
            branch = settings.branch,
            "the repository has no such branch; nothing is synced"
        );
        return Ok(SyncReport::default());
    };
    let is_same = held.snapshot.commit == observed.head.sha && is_resolved;
    if is_same && !is_suspect {
        let commit = Some(observed.head.sha.clone());
        if held.snapshot.owed.is_empty() {
            return Ok(SyncReport {
                commit,
                ..SyncReport::default()
            });
        }
        let mut report = starts::make_owed(world, held).await?;
        report.commit = commit;
        return Ok(report);
    }
    let contents = Contents::new(world.repository);
    let known = match &held.snapshot.repository {
        Some(known) => Some(known.clone()),
        None => recorded_pin(world.source).await?,
    };
    let (pin, is_at_hand) = try_join(pin(world.repository, settings, known.as_ref()), async {
        Ok(!is_suspect && held.open_concerned(world.source, &observed).await?)
    })
    .await?;
    held.snapshot.repository = Some(pin);
    if is_at_hand {
        match apply::bring_up_to(world, settings, &held, &observed, &contents, None).await {
            Err(Halt::Narrow) => tracing::info!("the change concerns more than what was read of the snapshot"),
            ended => return ended,
        }
    }
    held.open_all(world.source).await?;
    let listing = if is_suspect || held.is_rebuilt {
        Some(list(world.source).await?)
    } else {
        None
    };
    apply::bring_up_to(world, settings, &held, &observed, &contents, listing).await
}

/// The repository, unless it is another one than before.
async fn pin<R: SourceRepository>(repository: &R, settings: &SyncSettings, known: Option<&Pin>) -> Result<Pin, Halt> {
    let found = repository.repository_id().await?;
    Pin::hold(known, &settings.repository, found, settings.repository_id).map_err(Halt::OtherRepository)
}

/// The pin that the last record tells, for a snapshot that was lost; `None` where no record tells one.
///
/// A record that cannot be read says nothing, and the one before it is asked.
async fn recorded_pin<B: SourceBucket>(source: &B) -> Result<Option<Pin>, PortError> {
    let records = source.list(keys::PROVENANCE).await?;
    let mut sequences: Vec<u64> = records
        .iter()
        .filter_map(|(key, _)| keys::provenance_sequence(key))
        .collect();
    sequences.sort_unstable();
    for sequence in sequences.into_iter().rev() {
        if let Some(record) = record_of(source, &RecordId::Sequence(sequence)).await? {
            return Ok(record.repository_id.map(|id| Pin {
                name: record.repository,
                id,
            }));
        }
    }
    Ok(None)
}

/// The greatest number that a record has; 0 where there is none.
async fn last_sequence<B: SourceBucket>(source: &B) -> Result<u64, PortError> {
    let records = source.list(keys::PROVENANCE).await?;
    let sequences = records.iter().filter_map(|(key, _)| keys::provenance_sequence(key));
    Ok(sequences.max().unwrap_or_default())
}

async fn list<B: SourceBucket>(source: &B) -> Result<Listing, PortError> {
    let listed = source.latest_versions("TemplateSource/").await?;
    Ok(listed
        .into_iter()
        .map(|(key, head)| (key, (head.etag, head.version)))
        .collect())
}

#[cfg(test)]
mod tests;
