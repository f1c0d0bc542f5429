//! The Git repository behind the stacks, as GitHub serves it.

use super::PortError;

/// State of a commit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
pub trait TellRepository {
    /// Sets a commit status.
    ///
    /// # Errors
    ///
    /// When GitHub refuses or does not answer.
    async fn set_status(&self, status: CommitStatus) -> Result<(), PortError>;

    /// Writes the one comment with this marker on a pull request, or replaces it. The marker is an HTML comment that
    /// the body starts with.
    ///
    /// # Errors
    ///
    /// When GitHub refuses or does not answer.
    async fn upsert_comment(&self, pull_request: u64, marker: &str, body: &str) -> Result<(), PortError>;

    /// Whether anybody on the internet can read the repository.
    ///
    /// # Errors
    ///
    /// When GitHub refuses or does not answer.
    async fn is_public(&self) -> Result<bool, PortError>;
}
