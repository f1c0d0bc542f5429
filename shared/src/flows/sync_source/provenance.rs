//! Gathers from GitHub where the commits of a sync come from.

mod contributors;
mod recent;
mod reviews;
mod way;

use std::collections::BTreeMap;

use futures_util::future::{try_join, try_join3};
use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::observe::Observed;
use super::{SourceRepository, SyncSettings};
use crate::domain::provenance::{Commit, PullRequest, Untold};
use crate::domain::sync::authorship::{self, HeadMove, ListedCommit, MergedPull, MoveKind, Moves};
use crate::domain::sync::places::Places;
use crate::domain::sync::trace::Steps;
use crate::flows::ports::{
    Activity, BranchActivity, CommitFacts, PortError, PortErrorKind, PullRequestFacts, ReadPullRequests,
};
use recent::Recent;
use reviews::Permissions;
use way::Way;

/// Commits that are looked at by themselves at most, and whose pull requests are asked for, the newest first. The others stay without, which later decisions
/// take as unknown.
const LOOKUPS: usize = 100;
/// Requests at the same time.
const CONCURRENCY: usize = 8;

/// What GitHub tells of the commits of a sync.
pub(super) struct Gathered {
    /// The commits, oldest first.
    pub(super) commits: Vec<Commit>,
    pub(super) steps: Steps,
}

/// Gathers where the head comes from, since the commit of the last record. `places` are synced now or were before.
pub(super) async fn gather<R: SourceRepository>(
    repository: &R,
    settings: &SyncSettings,
    observed: &Observed,
    previous: Option<&str>,
    places: &Places,
) -> Result<Gathered, PortError> {
    let Way {
        listed,
        mut steps,
        may_hide_moves,
    } = Way::to_head(repository, observed, previous, places).await?;
    let (pulls, recent, ()) = try_join3(
        pulls(repository, settings, &listed),
        Recent::of(repository),
        way::look_at_each(repository, &listed, previous, &mut steps, may_hide_moves, places),
    )
    .await?;
    let base = moves_of_base(repository, settings, recent.so_far().await, previous).await?;
    let moves = Moves::of(&base.moves, &listed, base.is_cut);
    let brought = brought(&listed, &pulls, &moves);
    let permissions = Permissions::default();
    let records: BTreeMap<u64, PullRequest> = stream::iter(
        brought
            .values()
            .map(|pull| (pull.number, *pull))
            .collect::<BTreeMap<_, _>>(),
    )
    .map(|(number, pull)| {
        let (listed, moves, recent, permissions) = (&listed, &moves, &recent, &permissions);
        async move {
            let record = record_of(repository, pull, listed, moves, recent, permissions).await?;
            Ok::<_, PortError>((number, record))
        }
    })
    .buffered(CONCURRENCY)
    .try_collect()
    .await?;
    let by_commit = brought
        .iter()
        .filter_map(|(sha, pull)| Some((sha.clone(), records.get(&pull.number)?.clone())))
        .collect();
    Ok(Gathered {
        commits: authorship::commits(&listed, &by_commit, &moves),
        steps,
    })
}

/// What is recorded of a pull request.
async fn record_of<R: ReadPullRequests>(
    repository: &R,
    pull: &PullRequestFacts,
    listed: &[ListedCommit],
    moves: &Moves<'_>,
    recent: &Recent<'_, R>,
    permissions: &Permissions,
) -> Result<PullRequest, PortError> {
    let merged_by = async {
        match moves.merger_of(&merged(pull)) {
            Some(merger) => Ok(Some(merger)),
            None => repository.merger_of(pull.number).await,
        }
    };
    let contributors = contributors::of(repository, pull, recent);
    let (merged_by, mut contributors) = try_join(merged_by, contributors).await?;
    if merged_by.is_none() {
        contributors.untold.push(Untold::Merger);
    }
    let mut record = PullRequest {
        number: pull.number,
        title: pull.title.clone(),
        author: pull.author.clone(),
        merged_by,
        head: Some(pull.head.clone()),
        contributors: Some(contributors),
        reviews: Vec::new(),
    };
    // Where the pull request left the base branch, its verdicts are compared.
    let merge = listed
        .iter()
        .find(|commit| pull.merge_commit.as_ref() == Some(&commit.sha));
    let base = merge.and_then(|merge| merge.parents.first());
    record.reviews = reviews::of(repository, &record, base.map(String::as_str), permissions).await?;
    Ok(record)
}

pub(super) fn listed(facts: CommitFacts) -> ListedCommit {
    ListedCommit {
        sha: facts.sha,
        message: facts.message,
        author_text: facts.author_text,
        author_login: facts.author_login,
        committer: facts.committer,
        is_verified: facts.is_verified,
        parents: facts.parents,
    }
}

/// The merged pull requests that GitHub lists with each commit.
async fn pulls<R: ReadPullRequests>(
    repository: &R,
    settings: &SyncSettings,
    commits: &[ListedCommit],
) -> Result<BTreeMap<String, Vec<PullRequestFacts>>, PortError> {
    let mut pulls: BTreeMap<String, Vec<PullRequestFacts>> = BTreeMap::new();
    let mut open: Vec<&ListedCommit> = commits.iter().rev().collect();
    let mut lookups = 0;
    while !open.is_empty() && lookups < LOOKUPS {
        // Merge commits first: each answers for all commits that it brought.
        let has_merges = open.iter().any(|commit| commit.parents.len() > 1);
        let (now, later): (Vec<_>, Vec<_>) = open
            .into_iter()
            .partition(|commit| !has_merges || commit.parents.len() > 1);
        let now: Vec<_> = now
            .into_iter()
            .filter(|commit| !pulls.contains_key(&commit.sha))
            .collect();
        let asked = now.iter().take(LOOKUPS - lookups).map(|commit| commit.sha.clone());
        let found: Vec<(String, Vec<PullRequestFacts>)> = stream::iter(asked.collect::<Vec<_>>())
            .map(|sha| async move {
                let mut merged = repository.pull_requests_of(&sha).await?;
                merged.retain(|pull| pull.is_merged && pull.base_branch == settings.branch);
                Ok::<_, PortError>((sha, merged))
            })
            .buffered(CONCURRENCY)
            .try_collect()
            .await?;
        lookups += now.len();
        for (sha, merged) in found {
            for pull in &merged {
                if pull.merge_commit.as_deref() == Some(sha.as_str()) {
                    for brought in authorship::merged_by(&sha, commits) {
                        pulls.entry(brought.to_owned()).or_default().push(pull.clone());
                    }
                }
            }
            if !merged.is_empty() {
                pulls.entry(sha).or_default().extend(merged);
            }
        }
        open = later
            .into_iter()
            .filter(|commit| !pulls.contains_key(&commit.sha))
            .collect();
    }
    Ok(pulls)
}

/// The pull request that brought each commit, of those that GitHub lists with it.
fn brought<'p>(
    listed: &[ListedCommit],
    pulls: &'p BTreeMap<String, Vec<PullRequestFacts>>,
    moves: &Moves<'_>,
) -> BTreeMap<String, &'p PullRequestFacts> {
    let of_commit = |commit: &ListedCommit| {
        let mut candidates = pulls.get(&commit.sha)?.iter();
        let pull = candidates.find(|pull| moves.is_brought_by(&commit.sha, &merged(pull)))?;
        Some((commit.sha.clone(), pull))
    };
    listed.iter().filter_map(of_commit).collect()
}

fn merged(pull: &PullRequestFacts) -> MergedPull {
    MergedPull {
        number: pull.number,
        head: pull.head.clone(),
        merge_commit: pull.merge_commit.clone(),
    }
}

/// Moves as they are known.
struct KnownMoves {
    moves: Vec<HeadMove>,
    is_cut: bool,
}

/// The moves of the branch since the last record.
async fn moves_of_base<R: ReadPullRequests>(
    repository: &R,
    settings: &SyncSettings,
    recent: Activity,
    previous: Option<&str>,
) -> Result<KnownMoves, PortError> {
    let of_branch = |step: &&BranchActivity| step.branch == settings.branch;
    let is_end = |step: &BranchActivity| previous.is_none_or(|end| step.before == end || step.after == end);
    let known: Vec<BranchActivity> = recent.moves.into_iter().filter(|step| of_branch(&step)).collect();
    if !recent.is_cut || known.iter().any(is_end) {
        return Ok(KnownMoves {
            moves: head_moves(known),
            is_cut: false,
        });
    }
    let activity = told(repository.branch_activity(&settings.branch, previous).await)?;
    Ok(KnownMoves {
        is_cut: activity.is_cut && !activity.moves.iter().any(is_end),
        moves: head_moves(activity.moves),
    })
}

/// What the activity list tells; nothing when the credential may not read it.
fn told<T: Default>(activity: Result<T, PortError>) -> Result<T, PortError> {
    match activity {
        Err(error) if matches!(error.kind, PortErrorKind::Denied | PortErrorKind::NotFound) => {
            tracing::warn!("who pushed stays unknown: {error}");
            Ok(T::default())
        }
        told => told,
    }
}

fn head_moves(moves: Vec<BranchActivity>) -> Vec<HeadMove> {
    let moves = moves.into_iter().filter(|step| step.kind != "branch_deletion");
    moves
        .map(|step| HeadMove {
            kind: match step.kind.as_str() {
                "pr_merge" | "merge_queue_merge" => MoveKind::Merge,
                "force_push" => MoveKind::ForcePush,
                "branch_creation" => MoveKind::Creation,
                _ => MoveKind::Push,
            },
            branch: step.branch,
            before: step.before,
            after: step.after,
            actor: step.actor,
        })
        .collect()
}
