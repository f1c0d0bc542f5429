//! What could not be told stands in the evidence bucket until it is told or obsolete.
//!
//! [`OrLater`] stands before a repository or topics: a message that does not get through for now is kept, and whoever
//! told it goes on as if it had been told. A message that will never get through is an error, as before. Nothing is
//! written for a message that gets through, so the ordinary way costs no request more.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ports::{
    Activity, ActivityPage, Clock, CommitFacts, CommitStatus, Comparison, NewObject, Notify, PortError, PortErrorKind,
    PullRequestFacts, ReadPullRequests, ReadRepository, TellRepository, Tree, WriteCondition, WriteObjects,
};
use crate::domain::keys;
use crate::domain::provenance::{Account, Permission, PullRequestReview};
use crate::domain::sha256::Sha256;
use crate::domain::sync::pin::RepositoryId;

/// The document at [`keys::untold`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Untold {
    /// Version of this document's shape: 1.
    pub version: u32,
    /// When it was to be told (RFC 3339). Of two messages about the same, the later one holds.
    pub at: String,
    /// Why it did not get through.
    pub error: String,
    /// What is to be told.
    pub message: Message,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", tag = "kind")]
pub enum Message {
    /// A commit status.
    Status {
        /// The repository; absent in a message of a time when it was not noted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        repository: Option<RepositoryId>,
        /// The status.
        status: CommitStatus,
    },
    /// The one comment with this marker on a pull request.
    Comment {
        /// The repository; absent in a message of a time when it was not noted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        repository: Option<RepositoryId>,
        /// Number of the pull request.
        pull_request: u64,
        /// HTML comment that the body starts with.
        marker: String,
        /// The whole comment, in Markdown.
        body: String,
    },
    /// A message to people.
    Mail {
        /// ARN of the topic.
        topic: String,
        /// Subject.
        subject: String,
        /// Text.
        body: String,
    },
}

impl Message {
    /// What it is about. A later message about the same makes an earlier one obsolete; two mails are only about the same
    /// when they are the same.
    pub fn about(&self) -> Sha256 {
        let about = match self {
            Self::Status { repository, status } => {
                serde_json::json!(["status", repository, status.commit, status.context])
            }
            Self::Comment {
                repository,
                pull_request,
                marker,
                ..
            } => serde_json::json!(["comment", repository, pull_request, marker]),
            Self::Mail { topic, subject, body } => serde_json::json!(["mail", topic, subject, body]),
        };
        Sha256::of(about.to_string())
    }

    /// What it is, for people.
    pub fn name(&self) -> String {
        match self {
            Self::Status { status, .. } => format!("status `{}` of commit {}", status.context, status.commit),
            Self::Comment { pull_request, .. } => format!("comment on #{pull_request}"),
            Self::Mail { topic, subject, .. } => format!("mail `{subject}` to `{topic}`"),
        }
    }
}

/// Whether the same message may get through later: also after somebody renewed a token or gave a permission back.
pub(crate) fn may_pass(error: &PortError) -> bool {
    error.is_transient() || error.kind == PortErrorKind::Denied
}

/// A repository or topics, and where is kept what they do not take for now.
#[derive(Debug)]
pub struct OrLater<'a, T, E, K> {
    told: &'a T,
    evidence: &'a E,
    clock: &'a K,
}

impl<'a, T, E: WriteObjects, K: Clock> OrLater<'a, T, E, K> {
    /// What `told` does not take for now is kept in `evidence`.
    pub fn new(told: &'a T, evidence: &'a E, clock: &'a K) -> Self {
        Self { told, evidence, clock }
    }

    /// Keeps a message that did not get through; answers with why, when it will not get through later either, or cannot
    /// be kept.
    async fn or_later(&self, told: Result<(), PortError>, message: Message) -> Result<(), PortError> {
        let Err(error) = told else { return Ok(()) };
        if !may_pass(&error) {
            return Err(error);
        }
        let now = self.clock.now();
        let about = message.about();
        let name = message.name();
        let untold = Untold {
            version: 1,
            at: now.to_string(),
            error: error.to_string(),
            message,
        };
        let object = NewObject {
            key: keys::untold(about, now.as_microsecond(), Sha256::of(untold.error.as_bytes())),
            bytes: serde_json::to_vec_pretty(&untold).unwrap_or_default(),
            content_type: "application/json",
            metadata: BTreeMap::new(),
            condition: WriteCondition::Absent,
        };
        match self.evidence.put(object).await {
            Ok(_) => {}
            // The answer to this very write was lost.
            Err(lost) if lost.kind == PortErrorKind::Conflict => {}
            Err(lost) => {
                tracing::warn!(error = %lost, message = name, "what was not told could not be kept either");
                return Err(error);
            }
        }
        tracing::warn!(%error, message = name, "not told for now; it is told again until it gets through");
        Ok(())
    }
}

impl<T: TellRepository, E: WriteObjects, K: Clock> TellRepository for OrLater<'_, T, E, K> {
    async fn set_status(&self, repository: RepositoryId, status: CommitStatus) -> Result<(), PortError> {
        let told = self.told.set_status(repository, status.clone()).await;
        let repository = Some(repository);
        self.or_later(told, Message::Status { repository, status }).await
    }

    async fn upsert_comment(
        &self,
        repository: RepositoryId,
        pull_request: u64,
        marker: &str,
        body: &str,
    ) -> Result<(), PortError> {
        let told = self.told.upsert_comment(repository, pull_request, marker, body).await;
        let message = Message::Comment {
            repository: Some(repository),
            pull_request,
            marker: marker.to_owned(),
            body: body.to_owned(),
        };
        self.or_later(told, message).await
    }

    async fn is_public(&self, repository: RepositoryId) -> Result<bool, PortError> {
        self.told.is_public(repository).await
    }
}

impl<T: Notify, E: WriteObjects, K: Clock> Notify for OrLater<'_, T, E, K> {
    async fn publish(&self, topic_arn: &str, subject: &str, body: &str) -> Result<(), PortError> {
        let told = self.told.publish(topic_arn, subject, body).await;
        let message = Message::Mail {
            topic: topic_arn.to_owned(),
            subject: subject.to_owned(),
            body: body.to_owned(),
        };
        self.or_later(told, message).await
    }
}

/// Reading is as before: the sync reads and tells the same repository.
impl<T: ReadRepository, E, K> ReadRepository for OrLater<'_, T, E, K> {
    async fn branch_head(&self, branch: &str) -> Result<Option<CommitFacts>, PortError> {
        self.told.branch_head(branch).await
    }

    async fn compare(&self, base: &str, head: &str) -> Result<Option<Comparison>, PortError> {
        self.told.compare(base, head).await
    }

    async fn history(&self, head: &str, limit: usize) -> Result<(Vec<CommitFacts>, bool), PortError> {
        self.told.history(head, limit).await
    }

    async fn tree(&self, id: &str) -> Result<Tree, PortError> {
        self.told.tree(id).await
    }

    async fn whole_tree(&self, id: &str) -> Result<Tree, PortError> {
        self.told.whole_tree(id).await
    }

    async fn blob(&self, id: &str, limit_bytes: u64) -> Result<Vec<u8>, PortError> {
        self.told.blob(id, limit_bytes).await
    }

    async fn prefetch(
        &self,
        commit: &str,
        files: &BTreeMap<String, String>,
        limit_bytes: u64,
    ) -> Result<(), PortError> {
        self.told.prefetch(commit, files, limit_bytes).await
    }

    async fn repository_id(&self) -> Result<RepositoryId, PortError> {
        self.told.repository_id().await
    }
}

impl<T: ReadPullRequests, E, K> ReadPullRequests for OrLater<'_, T, E, K> {
    async fn pull_requests_of(&self, commit: &str) -> Result<Vec<PullRequestFacts>, PortError> {
        self.told.pull_requests_of(commit).await
    }

    async fn merger_of(&self, pull_request: u64) -> Result<Option<Account>, PortError> {
        self.told.merger_of(pull_request).await
    }

    async fn commits_of(&self, pull_request: u64) -> Result<(Vec<CommitFacts>, bool), PortError> {
        self.told.commits_of(pull_request).await
    }

    async fn reviews_of(&self, pull_request: u64) -> Result<Vec<PullRequestReview>, PortError> {
        self.told.reviews_of(pull_request).await
    }

    async fn base_changed(&self, pull_request: u64) -> Result<Option<String>, PortError> {
        self.told.base_changed(pull_request).await
    }

    async fn permission_of(&self, login: &str) -> Result<Permission, PortError> {
        self.told.permission_of(login).await
    }

    async fn tree_of(&self, commit: &str) -> Result<Option<String>, PortError> {
        self.told.tree_of(commit).await
    }

    async fn merge_base(&self, one: &str, other: &str) -> Result<Option<String>, PortError> {
        self.told.merge_base(one, other).await
    }

    async fn activity(&self, page: Option<&str>) -> Result<ActivityPage, PortError> {
        self.told.activity(page).await
    }

    async fn branch_activity(&self, branch: &str, end: Option<&str>) -> Result<Activity, PortError> {
        self.told.branch_activity(branch, end).await
    }
}

/// The time of a message; `None` when it is none.
pub(crate) fn time_of(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}
