//! Contents of files, each downloaded once, or all with one archive.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use futures_util::stream::{self, StreamExt, TryStreamExt};

use crate::domain::sync::files::Files;
use crate::flows::ports::{PortError, ReadRepository};

/// Largest file that is synced; GitHub serves no larger blobs.
///
/// Source: <https://docs.github.com/en/rest/git/blobs>
pub(super) const FILE_LIMIT_BYTES: u64 = 100 * 1024 * 1024;
/// From so many files on, one archive of the whole commit is downloaded instead of each file by itself.
pub(super) const ARCHIVE_LINE: usize = 50;
/// Files that are downloaded at the same time.
const CONCURRENCY: usize = 8;
/// Contents that are kept in memory; beyond that they are read again, which costs a request where there is no archive.
const MEMORY_BYTES: usize = 8 * 1024 * 1024;

/// The contents of one commit's files.
pub(super) struct Contents<'w, R> {
    repository: &'w R,
    kept: RefCell<Kept>,
}

#[derive(Default)]
struct Kept {
    blobs: BTreeMap<String, Rc<Vec<u8>>>,
    bytes: usize,
}

impl<'w, R: ReadRepository> Contents<'w, R> {
    pub(super) fn new(repository: &'w R) -> Self {
        Self {
            repository,
            kept: RefCell::default(),
        }
    }

    /// Lets go of what is in memory.
    pub(super) fn forget(&self) {
        self.kept.take();
    }

    /// The content of a blob.
    pub(super) async fn blob(&self, id: &str) -> Result<Rc<Vec<u8>>, PortError> {
        self.blob_of_at_most(FILE_LIMIT_BYTES, id).await
    }

    /// The content of a blob, unless that is larger: then it is refused.
    pub(super) async fn blob_of_at_most(&self, limit_bytes: u64, id: &str) -> Result<Rc<Vec<u8>>, PortError> {
        if let Some(content) = self.kept.borrow().blobs.get(id) {
            return Ok(Rc::clone(content));
        }
        let content = Rc::new(self.repository.blob(id, limit_bytes).await?);
        let mut kept = self.kept.borrow_mut();
        if kept.bytes + content.len() <= MEMORY_BYTES {
            kept.bytes += content.len();
            kept.blobs.insert(id.to_owned(), Rc::clone(&content));
        }
        Ok(content)
    }

    /// The contents of these paths, as far as `files` has them.
    pub(super) async fn of_paths(
        &self,
        files: &Files,
        paths: &[String],
    ) -> Result<Vec<(String, Rc<Vec<u8>>)>, PortError> {
        let wanted = paths
            .iter()
            .filter_map(|path| Some((path.clone(), files.get(path)?.id.clone())));
        stream::iter(wanted.collect::<Vec<_>>())
            .map(|(path, id)| async move { Ok::<_, PortError>((path, self.blob(&id).await?)) })
            .buffered(CONCURRENCY)
            .try_collect()
            .await
    }

    /// Downloads the archive when so many of these files are needed that it is cheaper, and fewer at the same time.
    pub(super) async fn prefetch(&self, commit: &str, files: &Files, paths: &BTreeSet<String>) {
        let wanted: BTreeMap<String, String> = paths
            .iter()
            .filter_map(|path| {
                Some((
                    path.clone(),
                    files.get(path).filter(|entry| entry.is_file())?.id.clone(),
                ))
            })
            .collect();
        if wanted.len() < ARCHIVE_LINE {
            // Each would be downloaded sooner or later; what does not stay in memory would be downloaded twice. An error
            // comes again where the file is needed.
            let texts = wanted.iter().filter(|(path, _)| is_text(path));
            let ids: BTreeSet<&String> = texts.map(|(_, id)| id).collect();
            stream::iter(ids)
                .for_each_concurrent(CONCURRENCY, |id| async move {
                    let _ = self.blob(id).await;
                })
                .await;
            return;
        }
        if let Err(error) = self.repository.prefetch(commit, &wanted, FILE_LIMIT_BYTES).await {
            tracing::warn!("going on with single files: {error}");
        }
    }
}

/// Whether the path is that of a template, a configuration or the like, which are hardly ever large.
fn is_text(path: &str) -> bool {
    let extension = path
        .rsplit_once('.')
        .map(|(_, extension)| extension.to_ascii_lowercase());
    extension.is_some_and(|extension| ["json", "template", "yaml", "yml"].contains(&extension.as_str()))
}
