//! Who brought what into the repository: pull requests, their reviews, and who moved which branch.

use super::{CommitFacts, PortError};
use crate::domain::provenance::{Account, Permission, PullRequestReview};

/// A pull request that a commit belongs to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PullRequestFacts {
    /// Number in the repository.
    pub number: u64,
    /// Title.
    pub title: String,
    /// Who opened it.
    pub author: Account,
    /// Whether it was merged.
    pub is_merged: bool,
    /// Branch that it was merged into.
    pub base_branch: String,
    /// Commit that merging it made.
    pub merge_commit: Option<String>,
    /// Its own branch.
    pub head_branch: String,
    /// The last commit of that branch; of a merged pull request, the one that was merged.
    pub head: String,
    /// Whether its branch is in another repository, or in one that is gone.
    pub is_from_fork: bool,
}

/// One move of a branch, as GitHub's activity list tells it.
///
/// Source: <https://docs.github.com/en/rest/repos/repos#list-repository-activities>
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BranchActivity {
    /// Branch without `refs/heads/`.
    pub branch: String,
    /// Head before; zeros when the branch was created.
    pub before: String,
    /// Head after; zeros when the branch was deleted.
    pub after: String,
    /// `push`, `force_push`, `pr_merge`, `merge_queue_merge`, `branch_creation`, `branch_deletion`.
    pub kind: String,
    /// The authenticated account that did it; absent when the account is gone.
    pub actor: Option<Account>,
}

/// Moves of branches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Activity {
    /// Newest first.
    pub moves: Vec<BranchActivity>,
    /// Whether GitHub has older ones that were not read.
    pub is_cut: bool,
}

/// One page of the moves of all branches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActivityPage {
    /// Newest first.
    pub moves: Vec<BranchActivity>,
    /// Where the next older ones are; absent on the last page.
    pub next: Option<String>,
}

/// Reads who brought what into one GitHub repository.
pub trait ReadPullRequests {
    /// Pull requests that the commit belongs to.
    ///
    /// # Errors
    ///
    /// When GitHub refuses or does not answer.
    async fn pull_requests_of(&self, commit: &str) -> Result<Vec<PullRequestFacts>, PortError>;

    /// Who merged a pull request; `None` when that is not known.
    ///
    /// # Errors
    ///
    /// When GitHub refuses or does not answer.
    async fn merger_of(&self, pull_request: u64) -> Result<Option<Account>, PortError>;

    /// The commits of a pull request, oldest first, and whether these are all: GitHub lists 250 at most.
    ///
    /// # Errors
    ///
    /// When GitHub refuses or does not answer.
    async fn commits_of(&self, pull_request: u64) -> Result<(Vec<CommitFacts>, bool), PortError>;

    /// The last verdict of each reviewer of a pull request. What each may do and whether a verdict about an earlier
    /// commit is as good is left open.
    ///
    /// # Errors
    ///
    /// When GitHub refuses or does not answer.
    async fn reviews_of(&self, pull_request: u64) -> Result<Vec<PullRequestReview>, PortError>;

    /// When somebody last gave a pull request another base branch (RFC 3339); `None` when nobody did. That GitHub itself
    /// gave it the one into which its former base branch was merged does not count.
    ///
    /// # Errors
    ///
    /// When GitHub refuses or does not answer.
    async fn base_changed(&self, pull_request: u64) -> Result<Option<String>, PortError>;

    /// What an account may do in the repository now, by its own right or by that of a team or an organization.
    ///
    /// # Errors
    ///
    /// When GitHub refuses or does not answer.
    async fn permission_of(&self, login: &str) -> Result<Permission, PortError>;

    /// Id of the root tree of a commit; `None` when GitHub knows the commit no more.
    ///
    /// # Errors
    ///
    /// When GitHub refuses or does not answer.
    async fn tree_of(&self, commit: &str) -> Result<Option<String>, PortError>;

    /// The best common ancestor of two commits; `None` when there is none, or GitHub knows one of the two no more.
    ///
    /// # Errors
    ///
    /// When GitHub refuses or does not answer.
    async fn merge_base(&self, one: &str, other: &str) -> Result<Option<String>, PortError>;

    /// The latest moves of all branches, or the page of older ones that [`ActivityPage::next`] named.
    ///
    /// # Errors
    ///
    /// When GitHub refuses or does not answer.
    async fn activity(&self, page: Option<&str>) -> Result<ActivityPage, PortError>;

    /// The moves of one branch, also of one that was deleted, at least back to the one that `end` names as its commit
    /// before or after, as far as GitHub keeps them and as one sync reads.
    ///
    /// # Errors
    ///
    /// When GitHub refuses or does not answer.
    async fn branch_activity(&self, branch: &str, end: Option<&str>) -> Result<Activity, PortError>;
}
