//! Where the objects of the source bucket come from, as GitHub authenticated it.
//!
//! Each sync that changes something writes one [`Provenance`], content kept for good, before the objects that name
//! it. The records form a chain by `previous`, so that all commits since a stack was last executed can be walked.
//! Decisions read these facts, never Git's author text and never pipeline variables.

use serde::{Deserialize, Serialize};

/// Object metadata key that carries the commit whose [`Provenance`] an object belongs to.
pub const COMMIT_METADATA: &str = "changegate-commit";
/// Object metadata key that CodePipeline shows as the summary of a source revision.
///
/// Source: <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ArtifactRevision.html>
pub const SUMMARY_METADATA: &str = "codepipeline-artifact-revision-summary";

/// Name under which [`Provenance::stacks`] lists the catalogue, which the root pipeline reads. No stack may have it.
pub const ROOT_STACK: &str = "root";

/// What one sync brought into the source bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Provenance {
    /// Version of this document's shape: 1.
    pub version: u32,
    /// `owner/name`.
    pub repository: String,
    /// Branch without `refs/heads/`.
    pub branch: String,
    /// The commit that the bucket now holds.
    pub commit: String,
    /// The commit that the bucket held before; absent on the first sync.
    pub previous: Option<String>,
    /// Catalogue names of the stacks whose effective template or configuration this sync changed, and [`ROOT_STACK`]
    /// when it changed the resolved catalogue; sorted.
    pub stacks: Vec<String>,
    /// Whether `commits` holds every commit between `previous` and `commit`; it does not after a force-push, on the
    /// first sync, or when GitHub lists no more.
    pub complete: bool,
    /// The commits, oldest first.
    pub commits: Vec<Commit>,
}

/// One commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Commit {
    /// Full commit id.
    pub sha: String,
    /// First line of the message.
    pub subject: String,
    /// Author text of the commit, `name <email>`; for display only: anybody can write anything here.
    pub author_text: String,
    /// GitHub login that the author's e-mail address is registered to; for display only, for the same reason.
    pub author_login: Option<String>,
    /// Login of the account that pushed, where GitHub's activity list tells.
    pub pusher: Option<String>,
    /// Whether GitHub verified the commit's signature.
    pub is_verified: bool,
    /// The merged pull request that brought the commit into the branch.
    pub pull_request: Option<PullRequest>,
}

/// A merged pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PullRequest {
    /// Number in the repository.
    pub number: u64,
    /// Title.
    pub title: String,
    /// Login of who opened it.
    pub author: String,
    /// Login of who merged it.
    pub merged_by: Option<String>,
    /// The last verdict of each reviewer.
    pub reviews: Vec<PullRequestReview>,
}

/// A reviewer's last verdict on a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PullRequestReview {
    /// Login of the reviewer.
    pub login: String,
    /// GitHub's state: `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, `DISMISSED`.
    pub state: String,
}
