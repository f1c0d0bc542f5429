//! Tells those who decide: a topic, the commit, the pull request. A failure is recorded and never ends the run.

use serde::{Deserialize, Serialize};

use super::{DescribeSettings, Ports, Run};
use crate::domain::change_set::review::Review;
use crate::domain::headline;
use crate::domain::sync::pin::RepositoryId;
use crate::flows::ports::{CommitStatus, Notify, PortError, StatusState, TellRepository, not_pinned};
use crate::review;

/// Most pull requests that get a comment.
const MOST_COMMENTS: usize = 5;

/// Who was told, and what the action answered: written once, last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record {
    /// Version of this document's shape: 1.
    pub(super) version: u32,
    /// Output variables of the action.
    pub(super) variables: std::collections::BTreeMap<String, String>,
    /// Who was told.
    pub(super) delivered: Vec<Delivered>,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Delivered {
    /// `mail`, `commit status`, `comment on #42`.
    pub(super) what: String,
    /// The topic, commit or pull request.
    pub(super) to: String,
    /// Why it did not get there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

/// Tells everybody; answers who was told.
pub(super) async fn deliver<P, C, S, E, N, G, K>(
    ports: &Ports<'_, P, C, S, E, N, G, K>,
    settings: &DescribeSettings,
    run: &Run,
    (review, repository): (&Review, Option<RepositoryId>),
    link: &str,
) -> Vec<Delivered>
where
    N: Notify,
    G: TellRepository,
{
    let (proven, commit) = (&run.proven, run.planned.commit.as_str());
    let mut delivered = Vec::new();
    let topic = proven.gate.notify.as_deref().unwrap_or(&settings.topic);
    let told = ports
        .topics
        .publish(topic, &review::subject(review), &review::text(review))
        .await;
    note(&mut delivered, "mail", topic, told);
    if commit.is_empty() {
        return delivered;
    }
    let Some(repository) = repository else {
        note(&mut delivered, "commit status", commit, Err(not_pinned(commit)));
        return delivered;
    };
    // Whoever cannot be asked whether the world reads along is taken to say yes.
    let is_public = ports.repository.is_public(repository).await.unwrap_or(true);
    let status = CommitStatus {
        commit: commit.to_owned(),
        context: headline::status_context(&settings.environment, &proven.gate.stack),
        state: StatusState::Pending,
        description: review::status(review, is_public),
        url: Some(link.to_owned()),
    };
    let told = ports.repository.set_status(repository, status).await;
    note(&mut delivered, "commit status", commit, told);
    let marker = format!("<!-- changegate:{}:{} -->", settings.environment, proven.pipeline);
    let body = format!("{marker}\n{}", review::comment(review, is_public));
    for number in review::pull_requests(review).into_iter().rev().take(MOST_COMMENTS) {
        let told = ports
            .repository
            .upsert_comment(repository, number, &marker, &body)
            .await;
        note(
            &mut delivered,
            &format!("comment on #{number}"),
            &format!("#{number}"),
            told,
        );
    }
    delivered
}

fn note(delivered: &mut Vec<Delivered>, what: &str, to: &str, told: Result<(), PortError>) {
    let error = told.err().map(|error| error.to_string());
    if let Some(error) = &error {
        // The field is what the metric filter behind the alarm counts.
        tracing::error!(undelivered = what, to, error, "somebody could not be told of a review");
    }
    delivered.push(Delivered {
        what: what.to_owned(),
        to: to.to_owned(),
        error,
    });
}
