//! When something was told last.

use super::repository::{Repository, segment};
use super::wire;
use crate::flows::ports::{PortError, ReadSecrets, ReadTold};

/// Statuses and comments of a page; GitHub gives no more.
const PAGE: usize = 100;

impl<S: ReadSecrets> ReadTold for Repository<S> {
    async fn status_time(&self, commit: &str, context: &str) -> Result<Option<String>, PortError> {
        let base = self.path(&format!("/commits/{}/status", segment(commit)));
        for page in 1.. {
            let path = format!("{base}?per_page={PAGE}&page={page}");
            let operation = "GET /repos/{owner}/{repo}/commits/{ref}/status";
            let read = self
                .connection
                .read_page::<wire::CombinedStatus>(operation, &path)
                .await;
            let (combined, has_next) = match read {
                Ok(read) => read,
                Err(error) if error.is_not_found() => return Ok(None),
                Err(error) => return Err(error),
            };
            let found = combined.statuses.into_iter().find(|status| status.context == context);
            if found.is_some() || !has_next {
                return Ok(found.map(|status| status.updated_at));
            }
        }
        Ok(None)
    }

    async fn comment_time(&self, pull_request: u64, marker: &str) -> Result<Option<String>, PortError> {
        let base = self.path(&format!("/issues/{pull_request}/comments"));
        for page in 1.. {
            let path = format!("{base}?per_page={PAGE}&page={page}");
            let operation = "GET /repos/{owner}/{repo}/issues/{issue_number}/comments";
            let read = self
                .connection
                .read_page::<Vec<wire::WrittenComment>>(operation, &path)
                .await;
            let (comments, has_next) = match read {
                Ok(read) => read,
                Err(error) if error.is_not_found() => return Ok(None),
                Err(error) => return Err(error),
            };
            let found = comments.into_iter().find(|comment| comment.body.starts_with(marker));
            if found.is_some() || !has_next {
                return Ok(found.map(|comment| comment.updated_at));
            }
        }
        Ok(None)
    }
}
