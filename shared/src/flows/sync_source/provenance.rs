//! Gathers from GitHub where the commits of a sync come from.

use std::collections::BTreeMap;

use futures_util::future::try_join;
use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::observe::Observed;
use super::{SourceRepository, SyncSettings};
use crate::domain::provenance::Provenance;
use crate::domain::sync::authorship::{self, HeadMove, ListedCommit, MergedPull};
use crate::flows::ports::{CommitFacts, PortError, PortErrorKind, PullRequestFacts, ReadRepository, Relation};

/// Commits that the first record lists at most.
const FIRST_COMMITS: usize = 100;
/// Commits whose pull requests are asked for at most, the newest first. The others stay without, which later decisions
/// take as unknown.
const LOOKUPS: usize = 100;
/// Requests at the same time.
const CONCURRENCY: usize = 8;

/// Gathers the record of a sync to the head that changes these stacks.
pub(super) async fn gather<R: SourceRepository>(
    repository: &R,
    settings: &SyncSettings,
    observed: &Observed,
    previous: Option<&str>,
    stacks: Vec<String>,
) -> Result<Provenance, PortError> {
    let (listed, is_complete) = commits(repository, observed, previous).await?;
    let reviewed = async {
        let pulls = pulls(repository, settings, &listed).await?;
        let numbers: std::collections::BTreeSet<u64> = pulls.values().map(|pull| pull.number).collect();
        let reviews: BTreeMap<u64, _> = stream::iter(numbers)
            .map(|number| async move { Ok::<_, PortError>((number, repository.reviews_of(number).await?)) })
            .buffered(CONCURRENCY)
            .try_collect()
            .await?;
        Ok((pulls, reviews))
    };
    let ((pulls, reviews), moves) = try_join(reviewed, moves(repository, settings)).await?;
    Ok(Provenance {
        version: 1,
        repository: settings.repository.clone(),
        branch: settings.branch.clone(),
        commit: observed.head.sha.clone(),
        previous: previous.map(str::to_owned),
        stacks,
        complete: is_complete,
        commits: authorship::commits(&listed, &pulls, &reviews, &moves),
    })
}

/// The commits since the last record, oldest first, and whether they are all.
async fn commits<R: ReadRepository>(
    repository: &R,
    observed: &Observed,
    previous: Option<&str>,
) -> Result<(Vec<ListedCommit>, bool), PortError> {
    let head = &observed.head;
    let Some(previous) = previous else {
        let (mut commits, is_whole) = repository.history(&head.sha, FIRST_COMMITS).await?;
        commits.reverse();
        return Ok((commits.into_iter().map(listed).collect(), is_whole));
    };
    if previous == head.sha {
        return Ok((Vec::new(), true));
    }
    let comparison = match &observed.comparison {
        Some(comparison) => Some(comparison.clone()),
        None => repository.compare(previous, &head.sha).await?,
    };
    // After a rewrite of the branch the list begins at the point where it was rewritten.
    let is_ahead = |relation| matches!(relation, Relation::Ahead | Relation::Identical);
    Ok(match comparison {
        Some(comparison) if !comparison.commits.is_empty() => {
            let is_complete = comparison.is_complete && is_ahead(comparison.relation);
            (comparison.commits.into_iter().map(listed).collect(), is_complete)
        }
        _ => (vec![listed(head.clone())], false),
    })
}

fn listed(facts: CommitFacts) -> ListedCommit {
    ListedCommit {
        sha: facts.sha,
        message: facts.message,
        author_text: facts.author_text,
        author_login: facts.author_login,
        is_verified: facts.is_verified,
        parents: facts.parents,
    }
}

/// The merged pull request of each commit that one brought into the branch.
async fn pulls<R: ReadRepository>(
    repository: &R,
    settings: &SyncSettings,
    commits: &[ListedCommit],
) -> Result<BTreeMap<String, MergedPull>, PortError> {
    let mut pulls: BTreeMap<String, MergedPull> = BTreeMap::new();
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
        let found: Vec<(String, Option<PullRequestFacts>)> = stream::iter(asked.collect::<Vec<_>>())
            .map(|sha| async move {
                let pulls = repository.pull_requests_of(&sha).await?;
                let merged = pulls
                    .into_iter()
                    .find(|pull| pull.is_merged && pull.base_branch == settings.branch);
                Ok::<_, PortError>((sha, merged))
            })
            .buffered(CONCURRENCY)
            .try_collect()
            .await?;
        lookups += now.len();
        for (sha, pull) in found {
            let Some(pull) = pull else { continue };
            let pull = MergedPull {
                number: pull.number,
                title: pull.title,
                author: pull.author,
                merge_commit: pull.merge_commit,
            };
            if pull.merge_commit.as_deref() == Some(sha.as_str()) {
                for brought in authorship::merged_by(&sha, commits) {
                    pulls.insert(brought.to_owned(), pull.clone());
                }
            }
            pulls.insert(sha, pull);
        }
        open = later
            .into_iter()
            .filter(|commit| !pulls.contains_key(&commit.sha))
            .collect();
    }
    Ok(pulls)
}

/// The latest moves of the head; none when the credential may not read them.
async fn moves<R: ReadRepository>(repository: &R, settings: &SyncSettings) -> Result<Vec<HeadMove>, PortError> {
    match repository.branch_activity(&settings.branch).await {
        Ok(moves) => Ok(moves
            .into_iter()
            .map(|step| HeadMove {
                is_merge: matches!(step.kind.as_str(), "pr_merge" | "merge_queue_merge"),
                after: step.after,
                actor: step.actor,
            })
            .collect()),
        Err(error) if matches!(error.kind, PortErrorKind::Denied | PortErrorKind::NotFound) => {
            tracing::warn!("who pushed stays unknown: {error}");
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}
