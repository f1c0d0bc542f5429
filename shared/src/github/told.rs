//! What was told last.

use super::repository::{Repository, by_number, segment};
use super::wire;
use crate::domain::sync::pin::RepositoryId;
use crate::flows::ports::{PortError, ReadSecrets, ReadTold, ToldStatus};

/// Statuses and comments of a page; GitHub gives no more.
const PAGE: usize = 100;

impl<S: ReadSecrets> ReadTold for Repository<S> {
    async fn statuses(&self, repository: RepositoryId, commit: &str) -> Result<Vec<ToldStatus>, PortError> {
        let rest = format!("/commits/{}/status?per_page={PAGE}", segment(commit));
        let mut path = by_number(repository, &rest);
        let mut statuses = Vec::new();
        loop {
            let operation = "GET /repositories/{id}/commits/{ref}/status";
            let read = self
                .connection
                .read_page::<wire::CombinedStatus>(operation, &path)
                .await;
            let (combined, next) = match read {
                Ok(read) => read,
                Err(error) if error.is_not_found() => return Ok(Vec::new()),
                Err(error) => return Err(error),
            };
            statuses.extend(combined.statuses.into_iter().map(|status| ToldStatus {
                context: status.context,
                is_pending: status.state == "pending",
                url: status.target_url,
                at: status.updated_at,
            }));
            match next {
                Some(next) => path = next,
                None => return Ok(statuses),
            }
        }
    }

    async fn comment_time(
        &self,
        repository: RepositoryId,
        pull_request: u64,
        marker: &str,
    ) -> Result<Option<String>, PortError> {
        let rest = format!("/issues/{pull_request}/comments?per_page={PAGE}");
        let mut path = by_number(repository, &rest);
        loop {
            let operation = "GET /repositories/{id}/issues/{issue_number}/comments";
            let read = self
                .connection
                .read_page::<Vec<wire::WrittenComment>>(operation, &path)
                .await;
            let (comments, next) = match read {
                Ok(read) => read,
                Err(error) if error.is_not_found() => return Ok(None),
                Err(error) => return Err(error),
            };
            let found = comments.into_iter().find(|comment| comment.body.starts_with(marker));
            match (found, next) {
                (None, Some(next)) => path = next,
                (found, _) => return Ok(found.map(|comment| comment.updated_at)),
            }
        }
    }
}
