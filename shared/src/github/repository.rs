//! One repository.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::answer::not_understood;
use super::answer::{too_large, whole};
use super::archive::BlobCache;
use super::connection::Connection;
use super::wire;
use crate::domain::sync::git;
use crate::domain::sync::pin::RepositoryId;
use crate::flows::ports::{
    CommitFacts, Comparison, EntryKind, PortError, PortErrorKind, ReadRepository, ReadSecrets, Tree, TreeEntry,
};

/// What is written as itself in one segment of a path.
const SEGMENT: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// Entries of a page; GitHub gives no more.
pub(super) const PAGE: usize = 100;
/// Pages of a comparison that are read; more commits than that are told to be incomplete.
const COMPARISON_PAGES: usize = 10;

/// One repository on GitHub.
pub struct Repository<S> {
    pub(super) connection: Connection<S>,
    name: String,
    cache: BlobCache,
}

impl<S: ReadSecrets> Repository<S> {
    /// The repository `name`, as `owner/name`.
    pub fn new(connection: Connection<S>, name: impl Into<String>) -> Self {
        Self {
            connection,
            name: name.into(),
            cache: BlobCache::default(),
        }
    }

    /// How many seconds GitHub asked to be left alone for, counted from now.
    pub fn pause_seconds(&self) -> Option<u32> {
        self.connection.pause_seconds()
    }

    pub(super) fn path(&self, rest: &str) -> String {
        format!("/repos/{}{rest}", self.name)
    }
}

/// An address below the repository with this number, which nobody else can take over. GitHub points to such addresses
/// itself, for writes too, where a repository was renamed.
///
/// Source: <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects>
pub(super) fn by_number(repository: RepositoryId, rest: &str) -> String {
    format!("/repositories/{repository}{rest}")
}

pub(super) fn segment(text: &str) -> String {
    utf8_percent_encode(text, &SEGMENT).to_string()
}

impl<S: ReadSecrets> ReadRepository for Repository<S> {
    async fn branch_head(&self, branch: &str) -> Result<Option<CommitFacts>, PortError> {
        let operation = "GET /repos/{owner}/{repo}/commits/{ref}";
        let path = self.path(&format!("/commits/{}", segment(&format!("heads/{branch}"))));
        match self.connection.read_remembered::<wire::Commit>(operation, &path).await {
            Ok(commit) => Ok(Some(commit.into())),
            // GitHub answers 422 for a branch that is not there, and 404 for a repository that is not.
            Err(error) if error.code.as_deref() == Some("422") => Ok(None),
            Err(error) if error.is_not_found() => {
                let operation = "GET /repos/{owner}/{repo}";
                let repository = self
                    .connection
                    .read_json::<serde_json::Value>(operation, &self.path(""))
                    .await;
                repository.map(|_| None)
            }
            // An empty repository.
            Err(error) if error.kind == PortErrorKind::Conflict => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn compare(&self, base: &str, head: &str) -> Result<Option<Comparison>, PortError> {
        let operation = "GET /repos/{owner}/{repo}/compare/{basehead}";
        let range = format!("{}...{}", segment(base), segment(head));
        let mut comparison: Option<Comparison> = None;
        for page in 1..=COMPARISON_PAGES {
            let path = self.path(&format!("/compare/{range}?per_page={PAGE}&page={page}"));
            let answer = if page == 1 {
                self.connection
                    .read_remembered::<wire::ComparisonAnswer>(operation, &path)
                    .await
            } else {
                self.connection
                    .read_json::<wire::ComparisonAnswer>(operation, &path)
                    .await
            };
            let answer = match answer {
                Err(error) if error.is_not_found() || error.code.as_deref() == Some("422") => return Ok(None),
                answer => answer?,
            };
            let (relation, total) = (answer.relation(), answer.total_commits);
            let is_last = answer.commits.is_empty();
            let comparison = comparison.get_or_insert_with(|| Comparison {
                relation,
                commits: Vec::new(),
                is_complete: false,
                files: Vec::new(),
            });
            comparison
                .commits
                .extend(answer.commits.into_iter().map(CommitFacts::from));
            if page == 1 {
                // Later pages repeat the files.
                comparison.files = answer.files.into_iter().map(Into::into).collect();
            }
            comparison.is_complete = comparison.commits.len() >= total;
            if is_last || comparison.is_complete {
                break;
            }
        }
        Ok(comparison)
    }

    async fn history(&self, head: &str, limit: usize) -> Result<(Vec<CommitFacts>, bool), PortError> {
        let mut commits = Vec::new();
        for page in 1.. {
            let path = self.path(&format!("/commits?sha={}&per_page={PAGE}&page={page}", segment(head)));
            let operation = "GET /repos/{owner}/{repo}/commits";
            let (answer, next) = self.connection.read_page::<Vec<wire::Commit>>(operation, &path).await?;
            let has_next = next.is_some();
            commits.extend(answer.into_iter().map(CommitFacts::from));
            if !has_next || commits.len() >= limit {
                let is_whole = !has_next && commits.len() <= limit;
                commits.truncate(limit);
                return Ok((commits, is_whole));
            }
        }
        Ok((commits, false))
    }

    async fn tree(&self, id: &str) -> Result<Tree, PortError> {
        let path = self.path(&format!("/git/trees/{}", segment(id)));
        let operation = "GET /repos/{owner}/{repo}/git/trees/{tree_sha}";
        let answer: wire::TreeAnswer = self.connection.read_json(operation, &path).await?;
        Ok(Tree {
            entries: answer.tree.into_iter().map(Into::into).collect(),
            is_truncated: answer.truncated,
        })
    }

    async fn whole_tree(&self, id: &str) -> Result<Tree, PortError> {
        let path = self.path(&format!("/git/trees/{}?recursive=1", segment(id)));
        let operation = "GET /repos/{owner}/{repo}/git/trees/{tree_sha}";
        let answer: wire::TreeAnswer = self.connection.read_json(operation, &path).await?;
        let entries = answer.tree.into_iter().map(TreeEntry::from);
        Ok(Tree {
            entries: entries.filter(|entry| entry.kind != EntryKind::Directory).collect(),
            is_truncated: answer.truncated,
        })
    }

    async fn blob(&self, id: &str, limit_bytes: u64) -> Result<Vec<u8>, PortError> {
        let path = self.path(&format!("/git/blobs/{}", segment(id)));
        let operation = "GET /repos/{owner}/{repo}/git/blobs/{file_sha}";
        if self.cache.size(id).is_some_and(|size| size > limit_bytes) {
            return Err(too_large(operation, &path, limit_bytes));
        }
        if let Some(content) = self.cache.take(id) {
            return Ok(content);
        }
        let raw = "application/vnd.github.raw+json";
        let answer = self.connection.read(operation, &path, raw, None).await?;
        let media_type = super::answer::header(&answer, "content-type").unwrap_or_default();
        let content = if media_type.starts_with("application/json") {
            // Base64 in JSON takes a third more, and line breaks.
            let bytes = whole(operation, &path, answer, limit_bytes / 2 * 3 + 4096).await?;
            let blob: wire::Blob =
                serde_json::from_slice(&bytes).map_err(|error| not_understood(operation, &path, error))?;
            decoded(&blob)
        } else {
            Some(whole(operation, &path, answer, limit_bytes).await?)
        };
        content
            .filter(|content| git::blob_id(content) == id)
            .ok_or_else(|| PortError {
                operation,
                subject: path,
                kind: PortErrorKind::Unavailable,
                code: None,
                message: "the content is not the blob that was asked for".to_owned(),
                source: None,
            })
    }

    async fn prefetch(
        &self,
        commit: &str,
        files: &BTreeMap<String, String>,
        limit_bytes: u64,
    ) -> Result<(), PortError> {
        let path = self.path(&format!("/tarball/{}", segment(commit)));
        let operation = "GET /repos/{owner}/{repo}/tarball/{ref}";
        let answer = self
            .connection
            .read(operation, &path, "application/vnd.github+json", None)
            .await?;
        self.cache.fill(operation, &path, answer, files, limit_bytes).await
    }

    async fn repository_id(&self) -> Result<RepositoryId, PortError> {
        let operation = "GET /repos/{owner}/{repo}";
        let answer: wire::RepositoryAnswer = self.connection.read_json(operation, &self.path("")).await?;
        Ok(RepositoryId(answer.id))
    }
}

fn decoded(blob: &wire::Blob) -> Option<Vec<u8>> {
    match blob.encoding.as_str() {
        "base64" => {
            let text: String = blob.content.split_ascii_whitespace().collect();
            STANDARD.decode(text).ok()
        }
        "utf-8" => Some(blob.content.clone().into_bytes()),
        _ => None,
    }
}
