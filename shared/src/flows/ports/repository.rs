//! The Git repository behind the stacks, as GitHub serves it.

use serde::{Deserialize, Serialize};

use super::PortError;
use crate::domain::provenance::Account;
use crate::domain::sync::pin::RepositoryId;

/// One commit, as GitHub tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommitFacts {
    /// Full commit id.
    pub sha: String,
    /// Id of the commit's root tree.
    pub tree: String,
    /// Whole message.
    pub message: String,
    /// Author text of the commit, `name <email>`; anybody can write anything here.
    pub author_text: String,
    /// Account that the author's e-mail address is registered to.
    pub author_login: Option<Account>,
    /// Account that the committer's e-mail address is registered to.
    pub committer: Option<Account>,
    /// Whether GitHub verified the commit's signature.
    pub is_verified: bool,
    /// Ids of the parents.
    pub parents: Vec<String>,
}

/// What a tree entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file, executable or not.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// Another repository at one of its commits.
    Submodule,
}

/// One entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEntry {
    /// Name within the directory.
    pub name: String,
    /// Git's mode, such as `100644`.
    pub mode: String,
    /// What it is.
    pub kind: EntryKind,
    /// Id of the blob, the tree, or the other repository's commit.
    pub id: String,
    /// Size of a blob in bytes, where GitHub tells.
    pub size_bytes: Option<u64>,
}

/// A directory at one point of the history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// Entries in Git's order.
    pub entries: Vec<TreeEntry>,
    /// Whether GitHub left entries out.
    pub is_truncated: bool,
}

/// How a commit relates to an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// They are the same commit.
    Identical,
    /// The head descends from the base.
    Ahead,
    /// The base descends from the head: the branch was reset.
    Behind,
    /// Each has commits that the other has not: the branch was rewritten.
    Diverged,
}

/// What lies between two commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// How the head relates to the base.
    pub relation: Relation,
    /// Commits that the head has and the base has not, oldest first, as far as they were listed.
    pub commits: Vec<CommitFacts>,
    /// Whether `commits` holds all of them.
    pub is_complete: bool,
    /// Files that differ between the merge base and the head. GitHub lists at most 300 and does not say when it
    /// left some out, so whoever uses the list must prove it against the trees.
    pub files: Vec<ChangedFile>,
}

/// One file of a [`Comparison`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedFile {
    /// Path in the head; in the base for a removed file.
    pub path: String,
    /// Path in the base, for a renamed file.
    pub previous_path: Option<String>,
    /// Id of the blob in the head; absent for a removed file.
    pub blob: Option<String>,
    /// Whether the base had nothing at this path.
    pub is_new: bool,
}

/// Reads one GitHub repository.
pub trait ReadRepository {
    /// The commit at the head of the branch; `None` when the repository is there and has no such branch.
    ///
    /// # Errors
    ///
    /// [`super::PortErrorKind::NotFound`] when there is no such repository for this credential.
    async fn branch_head(&self, branch: &str) -> Result<Option<CommitFacts>, PortError>;

    /// What lies between the commit `base` and `head`, a commit or a branch. `None` when GitHub knows one of the two
    /// no more.
    ///
    /// # Errors
    ///
    /// Every failure but absence.
    async fn compare(&self, base: &str, head: &str) -> Result<Option<Comparison>, PortError>;

    /// The latest commits from `head` on, newest first, at most `limit`, and whether that is the whole history.
    ///
    /// # Errors
    ///
    /// When a page cannot be read.
    async fn history(&self, head: &str, limit: usize) -> Result<(Vec<CommitFacts>, bool), PortError>;

    /// One directory, without what lies below its own directories.
    ///
    /// # Errors
    ///
    /// When there is no such tree or it cannot be read.
    async fn tree(&self, id: &str) -> Result<Tree, PortError>;

    /// A directory with all that lies below it; the names of entries are paths, directories are left out. GitHub leaves
    /// entries out of large trees.
    ///
    /// # Errors
    ///
    /// When there is no such tree or it cannot be read.
    async fn whole_tree(&self, id: &str) -> Result<Tree, PortError>;

    /// The content of a blob of at most `limit_bytes` bytes.
    ///
    /// # Errors
    ///
    /// [`super::PortErrorKind::Refused`] when it is larger.
    async fn blob(&self, id: &str, limit_bytes: u64) -> Result<Vec<u8>, PortError>;

    /// Makes these files of the commit, path to blob id, quick to read with [`ReadRepository::blob`] by one download
    /// of the whole commit. What the download does not hold exactly is left to single downloads.
    ///
    /// # Errors
    ///
    /// When the download breaks off; single downloads may still succeed.
    async fn prefetch(
        &self,
        commit: &str,
        files: &std::collections::BTreeMap<String, String>,
        limit_bytes: u64,
    ) -> Result<(), PortError>;

    /// GitHub's number of the repository, which stays when the repository is renamed or transferred.
    ///
    /// # Errors
    ///
    /// When GitHub refuses or does not answer.
    async fn repository_id(&self) -> Result<RepositoryId, PortError>;
}

/// State of a commit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StatusState {
    /// Not decided yet.
    Pending,
    /// Good.
    Success,
    /// The change was refused.
    Failure,
    /// Something else went wrong.
    Error,
}

/// A commit status to set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CommitStatus {
    /// Full commit id.
    pub commit: String,
    /// Such as `changegate/network`.
    pub context: String,
    /// State.
    pub state: StatusState,
    /// At most 140 characters; longer texts are cut.
    pub description: String,
    /// Where to read more.
    pub url: Option<String>,
}

/// Tells GitHub how a change fares. A failure here never fails a run.
///
/// A repository is addressed by its number: whoever takes its name over is told nothing.
pub trait TellRepository {
    /// Sets a commit status.
    ///
    /// # Errors
    ///
    /// When GitHub refuses or does not answer.
    async fn set_status(&self, repository: RepositoryId, status: CommitStatus) -> Result<(), PortError>;

    /// Writes the one comment with this marker on a pull request, or replaces it. The marker is an HTML comment that
    /// the body starts with.
    ///
    /// # Errors
    ///
    /// When GitHub refuses or does not answer.
    async fn upsert_comment(
        &self,
        repository: RepositoryId,
        pull_request: u64,
        marker: &str,
        body: &str,
    ) -> Result<(), PortError>;

    /// Whether anybody on the internet can read the repository.
    ///
    /// # Errors
    ///
    /// When GitHub refuses or does not answer.
    async fn is_public(&self, repository: RepositoryId) -> Result<bool, PortError>;
}

/// A commit status that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldStatus {
    /// Such as `changegate/production/network`.
    pub context: String,
    /// Whether it still waits for another.
    pub is_pending: bool,
    /// Where to read more.
    pub url: Option<String>,
    /// When it was set (RFC 3339, whole seconds).
    pub at: String,
}

/// Reads what was told last.
pub trait ReadTold {
    /// The newest status of each context of a commit; empty when there is none, or GitHub knows no such commit.
    ///
    /// # Errors
    ///
    /// When GitHub refuses or does not answer.
    async fn statuses(&self, repository: RepositoryId, commit: &str) -> Result<Vec<ToldStatus>, PortError>;

    /// When the comment with this marker was written last on a pull request (RFC 3339, whole seconds); `None` when there
    /// is none, or no such pull request.
    ///
    /// # Errors
    ///
    /// When GitHub refuses or does not answer.
    async fn comment_time(
        &self,
        repository: RepositoryId,
        pull_request: u64,
        marker: &str,
    ) -> Result<Option<String>, PortError>;
}

/// Why something is not told where it is not known which repository is meant.
pub fn not_pinned(subject: impl Into<String>) -> PortError {
    PortError {
        operation: "telling the repository",
        subject: subject.into(),
        kind: super::PortErrorKind::Refused,
        code: None,
        message:
            "the provenance record of the run's sources does not tell the number of the repository, and a name alone \
                  may be somebody else's by now; the next push that touches the stack writes a record that tells it"
                .to_owned(),
        source: None,
    }
}
