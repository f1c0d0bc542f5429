//! Commit statuses and comments on pull requests.

use reqwest::Method;

use super::connection::Identity;
use super::repository::{PAGE, Repository, by_number, segment};
use super::wire;
use crate::domain::sync::pin::RepositoryId;
use crate::flows::ports::{CommitStatus, PortError, ReadSecrets, StatusState, TellRepository};

/// Longest description of a status.
///
/// Source: <https://docs.github.com/en/rest/commits/statuses>
const DESCRIPTION_LIMIT: usize = 140;

impl<S: ReadSecrets> TellRepository for Repository<S> {
    async fn set_status(&self, repository: RepositoryId, status: CommitStatus) -> Result<(), PortError> {
        let path = by_number(repository, &format!("/statuses/{}", segment(&status.commit)));
        let state = match status.state {
            StatusState::Pending => "pending",
            StatusState::Success => "success",
            StatusState::Failure => "failure",
            StatusState::Error => "error",
        };
        let mut body = serde_json::json!({
            "state": state,
            "context": status.context,
            "description": cut(&status.description),
        });
        if let (Some(url), Some(fields)) = (status.url, body.as_object_mut()) {
            fields.insert("target_url".to_owned(), url.into());
        }
        let operation = "POST /repositories/{id}/statuses/{sha}";
        let _: serde_json::Value = self.connection.write(operation, Method::POST, &path, &body).await?;
        Ok(())
    }

    async fn upsert_comment(
        &self,
        repository: RepositoryId,
        pull_request: u64,
        marker: &str,
        body: &str,
    ) -> Result<(), PortError> {
        let list = by_number(repository, &format!("/issues/{pull_request}/comments"));
        let operation = "GET /repositories/{id}/issues/{issue_number}/comments";
        let mut next = Some(format!("{list}?per_page={PAGE}"));
        let mut found = None;
        while let (Some(path), None) = (next, &found) {
            let (comments, following) = self
                .connection
                .read_page::<Vec<wire::Comment>>(operation, &path)
                .await?;
            // Anybody may write a comment that begins with the marker, and this credential may edit it.
            let marked = comments.into_iter().filter(|comment| comment.body.starts_with(marker));
            for comment in marked {
                if found.is_none() && self.wrote(&comment).await? {
                    found = Some(comment);
                }
            }
            next = following;
        }
        let text = if body.starts_with(marker) {
            body.to_owned()
        } else {
            format!("{marker}\n{body}")
        };
        let body = serde_json::json!({ "body": text });
        let _: serde_json::Value = match found {
            Some(comment) if comment.body == text => return Ok(()),
            Some(comment) => {
                let path = by_number(repository, &format!("/issues/comments/{}", comment.id));
                let operation = "PATCH /repositories/{id}/issues/comments/{comment_id}";
                self.connection.write(operation, Method::PATCH, &path, &body).await?
            }
            None => {
                let operation = "POST /repositories/{id}/issues/{issue_number}/comments";
                self.connection.write(operation, Method::POST, &list, &body).await?
            }
        };
        Ok(())
    }

    async fn is_public(&self, repository: RepositoryId) -> Result<bool, PortError> {
        let operation = "GET /repositories/{id}";
        let path = by_number(repository, "");
        let answer: wire::RepositoryAnswer = self.connection.read_json(operation, &path).await?;
        Ok(!answer.private)
    }
}

impl<S: ReadSecrets> Repository<S> {
    /// Whether the credential's own account wrote the comment.
    async fn wrote(&self, comment: &wire::Comment) -> Result<bool, PortError> {
        Ok(match self.connection.identity().await? {
            Identity::App(id) => comment.performed_via_github_app.as_ref().is_some_and(|app| app.is(&id)),
            Identity::User(own) => comment.user.as_ref().is_some_and(|user| own.id == user.id),
        })
    }
}

/// The text, cut to what a status can hold.
fn cut(text: &str) -> String {
    if text.chars().count() <= DESCRIPTION_LIMIT {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(DESCRIPTION_LIMIT - 1).collect();
    cut.push('…');
    cut
}
