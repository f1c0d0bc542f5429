//! Who wrote, pushed and merged the commits of a sync: GitHub's authenticated facts, put together.
//!
//! [`Moves`] tells which move of the branch brought which commit, and so which pull request really did. [`pushed`]
//! tells who pushed to the branch of a pull request.

mod branch;
mod moves;

use std::collections::{BTreeMap, BTreeSet};

pub use branch::{Pushed, earlier_pushers, pushed, reach_back};
pub use moves::{Moves, NO_COMMIT};

use crate::domain::provenance::{Account, Commit, PullRequest};

/// One commit, with its parents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListedCommit {
    /// Full commit id.
    pub sha: String,
    /// Whole message.
    pub message: String,
    /// Author text.
    pub author_text: String,
    /// Account that the author's e-mail address is registered to.
    pub author_login: Option<Account>,
    /// Account that the committer's e-mail address is registered to.
    pub committer: Option<Account>,
    /// Whether GitHub verified the signature.
    pub is_verified: bool,
    /// Ids of the parents.
    pub parents: Vec<String>,
}

/// How a branch was moved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MoveKind {
    /// By a push.
    #[default]
    Push,
    /// By a push that took commits away.
    ForcePush,
    /// It was created.
    Creation,
    /// GitHub merged a pull request, or several by a merge queue.
    Merge,
}

/// One move of a branch's head.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeadMove {
    /// Branch, without `refs/heads/`.
    pub branch: String,
    /// Head before; [`NO_COMMIT`] when it was created.
    pub before: String,
    /// Head after.
    pub after: String,
    /// How.
    pub kind: MoveKind,
    /// Who did it; absent when the account is gone.
    pub actor: Option<Account>,
}

/// A merged pull request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MergedPull {
    /// Number.
    pub number: u64,
    /// The last commit of its branch.
    pub head: String,
    /// Commit that merging made.
    pub merge_commit: Option<String>,
}

/// Commits that came in by the merge commit `merge`: those that its further parents reach and its first does not.
pub fn merged_by<'c>(merge: &str, commits: &'c [ListedCommit]) -> BTreeSet<&'c str> {
    let Some(merge) = commits.iter().find(|commit| commit.sha == merge) else {
        return BTreeSet::new();
    };
    let Some((first, others)) = merge.parents.split_first() else {
        return BTreeSet::new();
    };
    let kept = reachable(std::slice::from_ref(first), commits);
    let mut came: BTreeSet<&str> = reachable(others, commits).difference(&kept).copied().collect();
    came.remove(merge.sha.as_str());
    came
}

/// The commits of the list that these reach, themselves included.
fn reachable<'c>(from: &[String], commits: &'c [ListedCommit]) -> BTreeSet<&'c str> {
    let by_sha: BTreeMap<&str, &ListedCommit> = commits.iter().map(|commit| (commit.sha.as_str(), commit)).collect();
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = from.iter().map(String::as_str).collect();
    while let Some(sha) = open.pop() {
        if let Some(commit) = by_sha.get(sha)
            && reached.insert(commit.sha.as_str())
        {
            open.extend(commit.parents.iter().map(String::as_str));
        }
    }
    reached
}

/// Puts the facts together: the listed commits, oldest first, with the pull request that brought each.
pub fn commits(listed: &[ListedCommit], pulls: &BTreeMap<String, PullRequest>, moves: &Moves<'_>) -> Vec<Commit> {
    listed
        .iter()
        .map(|commit| {
            let mut pushers = moves.pushers_of(&commit.sha);
            Commit {
                sha: commit.sha.clone(),
                subject: commit.message.lines().next().unwrap_or_default().trim().to_owned(),
                author_text: commit.author_text.clone(),
                author_login: commit.author_login.clone(),
                committer: commit.committer.clone(),
                pusher: pushers.pop(),
                also_pushed: pushers,
                is_verified: commit.is_verified,
                is_merge: commit.parents.len() > 1,
                pull_request: pulls.get(&commit.sha).cloned(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;
