//! The branch as it is now: its head, and the files that are synced.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::{SourceBucket, SourcePipelines, SourceRepository, SyncSettings, World};
use crate::domain::sync::files::{DIRECTORIES, FileEntry, Files, ROOT_FILES, below, directory_ids};
use crate::domain::sync::snapshot::Snapshot;
use crate::flows::ports::{CommitFacts, Comparison, EntryKind, PortError, PortErrorKind, ReadRepository, Tree};

/// Directories that are read at the same time.
const CONCURRENCY: usize = 8;
/// So many changed directories in one have it read with everything below it, by one request.
const MANY_DIRECTORIES: usize = 5;

/// The branch as it is now.
pub(super) struct Observed {
    /// Its head.
    pub(super) head: CommitFacts,
    /// What lies between the last recorded commit and the head, where it was asked for already.
    pub(super) comparison: Option<Comparison>,
}

/// The head of the branch; `None` when there is no such branch.
pub(super) async fn head<R: SourceRepository, B: SourceBucket, P: SourcePipelines>(
    world: World<'_, R, B, P>,
    settings: &SyncSettings,
    _snapshot: &Snapshot,
) -> Result<Option<Observed>, PortError> {
    let head = world.repository.branch_head(&settings.branch).await?;
    Ok(head.map(|head| Observed { head, comparison: None }))
}

/// The entries of the repository's root, and everything that is synced.
pub(super) struct WantedFiles {
    pub(super) root: BTreeMap<String, FileEntry>,
    pub(super) files: Files,
}

/// Reads the trees of the head, descending only into what differs from the snapshot.
pub(super) async fn files<R: ReadRepository>(
    repository: &R,
    observed: &Observed,
    snapshot: &Snapshot,
) -> Result<WantedFiles, PortError> {
    let known: Files = snapshot
        .files
        .iter()
        .map(|(path, file)| (path.clone(), file.entry.clone()))
        .collect();
    let tree = repository.tree(&observed.head.tree).await?;
    refuse_truncated(&tree, "the repository's root")?;
    let mut wanted = WantedFiles {
        root: BTreeMap::new(),
        files: Files::new(),
    };
    for entry in tree.entries {
        let file = FileEntry {
            mode: entry.mode,
            id: entry.id,
        };
        if entry.kind == EntryKind::Directory && DIRECTORIES.contains(&entry.name.as_str()) {
            let ids = directory_ids(&known, &entry.name);
            directory(repository, &entry.name, &file.id, &known, &ids, &mut wanted.files).await?;
        } else if entry.kind != EntryKind::Directory
            && (ROOT_FILES.contains(&entry.name.as_str()) || DIRECTORIES.contains(&entry.name.as_str()))
        {
            wanted.files.insert(entry.name.clone(), file.clone());
        }
        wanted.root.insert(entry.name, file);
    }
    Ok(wanted)
}

/// Adds everything below the directory `top`, whose tree is `id`.
async fn directory<R: ReadRepository>(
    repository: &R,
    top: &str,
    id: &str,
    known: &Files,
    ids: &BTreeMap<String, String>,
    files: &mut Files,
) -> Result<(), PortError> {
    let mut level = vec![(top.to_owned(), id.to_owned())];
    while !level.is_empty() {
        // Unchanged directories are taken over without a request.
        let (same, differing): (Vec<_>, Vec<_>) = level.into_iter().partition(|(path, id)| ids.get(path) == Some(id));
        for (path, _) in same {
            files.extend(below(known, &path).map(|(path, entry)| (path.clone(), entry.clone())));
        }
        let is_first_sight = ids.is_empty();
        let trees: Vec<(String, Tree)> = stream::iter(differing)
            .map(|(path, id)| async move {
                let tree = if is_first_sight {
                    whole_or_one(repository, &id).await?
                } else {
                    one(repository, &id, &path, ids).await?
                };
                refuse_truncated(&tree, &path)?;
                Ok::<_, PortError>((path, tree))
            })
            .buffered(CONCURRENCY)
            .try_collect()
            .await?;
        level = Vec::new();
        for (path, tree) in trees {
            for entry in tree.entries {
                let path = format!("{path}/{}", entry.name);
                if entry.kind == EntryKind::Directory {
                    level.push((path, entry.id));
                } else {
                    let (mode, id) = (entry.mode, entry.id);
                    files.insert(path, FileEntry { mode, id });
                }
            }
        }
    }
    Ok(())
}

/// One directory; with everything below it when many of its own directories changed.
async fn one<R: ReadRepository>(
    repository: &R,
    id: &str,
    path: &str,
    ids: &BTreeMap<String, String>,
) -> Result<Tree, PortError> {
    let tree = repository.tree(id).await?;
    let directories = tree.entries.iter().filter(|entry| entry.kind == EntryKind::Directory);
    let changed = directories.filter(|entry| ids.get(&format!("{path}/{}", entry.name)) != Some(&entry.id));
    if changed.count() < MANY_DIRECTORIES {
        return Ok(tree);
    }
    let whole = repository.whole_tree(id).await?;
    Ok(if whole.is_truncated { tree } else { whole })
}

/// Everything below a directory, or only itself when GitHub leaves something out.
async fn whole_or_one<R: ReadRepository>(repository: &R, id: &str) -> Result<Tree, PortError> {
    let whole = repository.whole_tree(id).await?;
    if whole.is_truncated {
        repository.tree(id).await
    } else {
        Ok(whole)
    }
}

fn refuse_truncated(tree: &Tree, path: &str) -> Result<(), PortError> {
    if !tree.is_truncated {
        return Ok(());
    }
    Err(PortError {
        operation: "GET /repos/{owner}/{repo}/git/trees/{tree_sha}",
        subject: path.to_owned(),
        kind: PortErrorKind::Refused,
        code: None,
        message: "the directory has more entries than GitHub lists; spread them over several directories".to_owned(),
        source: None,
    })
}
