//! Who brought content into a pull request.

use std::collections::BTreeSet;

use super::recent::Recent;
use super::{head_moves, listed, told};
use crate::domain::provenance::{Account, Contributors, Untold};
use crate::domain::sync::authorship::{self, HeadMove, ListedCommit, Pushed};
use crate::flows::ports::{PortError, PullRequestFacts, ReadPullRequests};

/// Pull requests that are looked into at most: those that were merged into the branch of one, and into theirs. Of
/// further ones it is told that they are not known.
const MOST_PULLS: usize = 20;

/// Everybody who brought content into a pull request, and into those that were merged into its branch.
pub(super) async fn of<R: ReadPullRequests>(
    repository: &R,
    pull: &PullRequestFacts,
    recent: &Recent<'_, R>,
) -> Result<Contributors, PortError> {
    let mut found = Contributors::default();
    let mut seen = BTreeSet::from([pull.number]);
    let mut open = vec![pull.clone()];
    while let Some(next) = open.pop() {
        if next.number != pull.number {
            add(&mut found.pushers, &next.author);
        }
        let (commits, is_whole) = repository.commits_of(next.number).await?;
        let commits: Vec<ListedCommit> = commits.into_iter().map(listed).collect();
        for account in commits
            .iter()
            .flat_map(|commit| commit.author_login.iter().chain(&commit.committer))
        {
            add(&mut found.named, account);
        }
        if !is_whole || commits.iter().all(|commit| commit.sha != next.head) {
            found.untold.push(Untold::Commits);
        }
        if next.is_from_fork {
            found.untold.push(Untold::Fork);
            continue;
        }
        let pushed = pushers(repository, &next, &commits, recent).await?;
        if !pushed.is_known {
            found.untold.push(Untold::Pushers);
        }
        for account in &pushed.pushers {
            add(&mut found.pushers, account);
        }
        for merge in &pushed.merges {
            let mut inner = repository.pull_requests_of(merge).await?;
            inner.retain(|inner| {
                let is_here = inner.base_branch == next.head_branch;
                inner.is_merged && is_here && inner.merge_commit.as_deref() == Some(merge)
            });
            if inner.is_empty() || seen.len() + inner.len() > MOST_PULLS {
                found.untold.push(Untold::Pushers);
                continue;
            }
            inner.retain(|inner| seen.insert(inner.number));
            open.extend(inner);
        }
    }
    let is_unknown_app = |account: &Account| account.is_app() && !account.is_dependabot();
    if found.pushers.iter().any(is_unknown_app) {
        found.untold.push(Untold::App);
    }
    found.untold.sort_unstable();
    found.untold.dedup();
    Ok(found)
}

/// Who pushed to the branch of a pull request.
async fn pushers<R: ReadPullRequests>(
    repository: &R,
    pull: &PullRequestFacts,
    commits: &[ListedCommit],
    recent: &Recent<'_, R>,
) -> Result<Pushed, PortError> {
    let ids: BTreeSet<&str> = commits.iter().map(|commit| commit.sha.as_str()).collect();
    let recent = recent
        .until(|moves| authorship::reach_back(moves, &pull.base_branch, commits))
        .await?;
    let of_branch: Vec<HeadMove> = recent
        .moves
        .iter()
        .filter(|step| step.branch == pull.head_branch)
        .cloned()
        .collect();
    let mut pushed = authorship::pushed(&of_branch, &pull.head, &ids);
    if !pushed.is_known {
        let activity = told(repository.branch_activity(&pull.head_branch, None).await)?;
        pushed = authorship::pushed(&head_moves(activity.moves), &pull.head, &ids);
    }
    for account in authorship::earlier_pushers(&recent.moves, &pull.head_branch, &pull.base_branch, commits) {
        add(&mut pushed.pushers, &account);
    }
    pushed.is_known &= !recent.is_cut;
    Ok(pushed)
}

fn add(accounts: &mut Vec<Account>, account: &Account) {
    if !account.login.is_empty() && !accounts.iter().any(|known| known == account) {
        accounts.push(account.clone());
    }
}
