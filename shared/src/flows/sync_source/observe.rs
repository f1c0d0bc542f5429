//! The branch as it is now: its head, and the files that are synced.

mod deeper;

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::{SourceBucket, SourcePipelines, SourceRepository, SyncReason, SyncSettings, World};
use crate::domain::sync::files::{FileEntry, Files, below, directory_ids};
use crate::domain::sync::git;
use crate::domain::sync::places::Places;
use crate::domain::sync::snapshot::Snapshot;
use crate::flows::ports::{
    CommitFacts, Comparison, EntryKind, PortError, PortErrorKind, ReadRepository, Relation, Tree,
};

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
///
/// After a push, one request tells the head together with what lies between it and the last record. It asks for the
/// branch by its short name, which a tag may have too, so the answer counts only if it ends at the commit that the
/// push named; whenever it does not, the branch itself is asked for.
pub(super) async fn head<R: SourceRepository, B: SourceBucket, P: SourcePipelines>(
    world: World<'_, R, B, P>,
    settings: &SyncSettings,
    snapshot: &Snapshot,
    reason: &SyncReason,
) -> Result<Option<Observed>, PortError> {
    if let (SyncReason::Push(pushed), Some(recorded)) = (reason, &snapshot.recorded)
        && *recorded == snapshot.commit
        && snapshot.pending.is_none()
        && let Some(comparison) = world.repository.compare(recorded, &settings.branch).await?
    {
        if comparison.relation == Relation::Identical && pushed == recorded {
            let head = CommitFacts {
                sha: recorded.clone(),
                ..CommitFacts::default()
            };
            return Ok(Some(Observed { head, comparison: None }));
        }
        let head = comparison
            .commits
            .last()
            .filter(|head| comparison.relation == Relation::Ahead && comparison.is_complete && head.sha == *pushed);
        if let Some(head) = head.cloned() {
            let comparison = Some(comparison);
            return Ok(Some(Observed { head, comparison }));
        }
    }
    let head = world.repository.branch_head(&settings.branch).await?;
    Ok(head.map(|head| Observed { head, comparison: None }))
}

/// The entries of the repository's root, and everything that is synced.
pub(super) struct WantedFiles {
    pub(super) root: BTreeMap<String, FileEntry>,
    pub(super) files: Files,
}

/// What the comparison makes of the known files.
enum Worked {
    /// The trees' own ids prove it right.
    Proven(WantedFiles),
    /// Parts of it may be right.
    Proposed(Files),
    /// There is nothing to work it out from.
    Nothing,
}

/// Works out the files of the head from the comparison. Folders that the snapshot leaves out stand for what is in them,
/// and are not among the files.
fn work_out(observed: &Observed, snapshot: &Snapshot) -> Worked {
    let comparison = observed.comparison.as_ref();
    let Some(comparison) = comparison.filter(|_| !snapshot.root.is_empty()) else {
        return Worked::Nothing;
    };
    let left_out = snapshot.left_out();
    let mut known = known(snapshot);
    known.extend(left_out.clone());
    let (mut files, is_all) = proposed(known, comparison, &snapshot.places);
    let root = proposed_root(&snapshot.root, comparison);
    match with_directories(root, &files, &snapshot.places) {
        Some(root) if is_all && root_id(&root).as_deref() == Some(observed.head.tree.as_str()) => {
            files.retain(|path, _| !left_out.contains_key(path));
            Worked::Proven(WantedFiles { root, files })
        }
        _ => Worked::Proposed(files),
    }
}

/// The files of the head as far as the snapshot has them, where the comparison and the trees' own ids prove that nothing
/// else changed.
pub(super) fn proven(observed: &Observed, snapshot: &Snapshot) -> Option<WantedFiles> {
    match work_out(observed, snapshot) {
        Worked::Proven(wanted) => Some(wanted),
        Worked::Proposed(_) | Worked::Nothing => None,
    }
}

fn known(snapshot: &Snapshot) -> Files {
    let known = snapshot.files.iter();
    known.map(|(path, file)| (path.clone(), file.entry.clone())).collect()
}

/// The files of the head: worked out from the comparison where the trees' own ids prove it right, else read from the
/// trees, descending only into what differs from the snapshot, which is whole.
pub(super) async fn files<R: ReadRepository>(
    repository: &R,
    observed: &Observed,
    snapshot: &Snapshot,
) -> Result<WantedFiles, PortError> {
    let proposed = match work_out(observed, snapshot) {
        Worked::Proven(wanted) => return Ok(wanted),
        Worked::Proposed(files) => Some(files),
        Worked::Nothing => None,
    };
    read(repository, observed, snapshot, &snapshot.places, proposed.as_ref()).await
}

/// The files of the head where other places are synced than in the snapshot.
pub(super) async fn files_at<R: ReadRepository>(
    repository: &R,
    observed: &Observed,
    snapshot: &Snapshot,
    places: &Places,
) -> Result<WantedFiles, PortError> {
    read(repository, observed, snapshot, places, None).await
}

/// Reads the trees, but for what is `proposed` and has the same id, and for what the snapshot knows.
async fn read<R: ReadRepository>(
    repository: &R,
    observed: &Observed,
    snapshot: &Snapshot,
    places: &Places,
    proposed: Option<&Files>,
) -> Result<WantedFiles, PortError> {
    let tree = repository.tree(&observed.head.tree).await?;
    refuse_truncated(&tree, "the repository's root")?;
    let mut wanted = WantedFiles {
        root: BTreeMap::new(),
        files: Files::new(),
    };
    let mut folders = Vec::new();
    for entry in tree.entries {
        let file = FileEntry {
            mode: entry.mode,
            id: entry.id,
        };
        let name = entry.name;
        let is_folder = places.folders_at_root().any(|folder| folder == name);
        if entry.kind == EntryKind::Directory && is_folder {
            folders.push((name.clone(), file.id.clone()));
        } else if entry.kind != EntryKind::Directory && (places.have_at_root(&name) || is_folder) {
            wanted.files.insert(name.clone(), file.clone());
        }
        wanted.root.insert(name, file);
    }
    folders.extend(deeper::find(repository, &wanted.root, places).await?);
    let mut differing = Vec::new();
    for (name, id) in folders {
        let is_proven = |proposed: &&Files| directory_ids(proposed, &name).get(&name) == Some(&id);
        match proposed.filter(is_proven) {
            Some(proposed) => {
                let held = below(proposed, &name).map(|(path, entry)| (path.clone(), entry.clone()));
                wanted.files.extend(held);
            }
            None => differing.push((name, id)),
        }
    }
    let known = &known(snapshot);
    let read: Vec<Files> = stream::iter(differing)
        .map(|(name, id)| async move {
            let mut files = Files::new();
            let ids = directory_ids(known, &name);
            directory(repository, &name, &id, known, &ids, &mut files).await?;
            Ok::<_, PortError>(files)
        })
        .buffered(CONCURRENCY)
        .try_collect()
        .await?;
    wanted.files.extend(read.into_iter().flatten());
    Ok(wanted)
}

/// The known files with the comparison's changes, and whether it changes nothing else. Modes of new files are not
/// told, so they are taken for ordinary ones.
fn proposed(mut files: Files, comparison: &Comparison, places: &Places) -> (Files, bool) {
    // Renames may form a chain, in any order, so modes are looked up before anything moves.
    let modes: BTreeMap<&String, String> = comparison
        .files
        .iter()
        .filter_map(|changed| {
            let from = changed.previous_path.as_ref().unwrap_or(&changed.path);
            Some((from, files.get(from)?.mode.clone()))
        })
        .collect();
    let mut is_all = true;
    for changed in &comparison.files {
        let from = changed.previous_path.as_ref().unwrap_or(&changed.path);
        is_all &= is_accounted(&changed.path, places) && is_accounted(from, places);
        let mode = modes.get(from).cloned().unwrap_or_else(|| "100644".to_owned());
        if changed.previous_path.is_some() {
            files.remove(from);
        }
        match &changed.blob {
            Some(id) if places.have(&changed.path) => {
                let id = id.clone();
                files.insert(changed.path.clone(), FileEntry { mode, id });
            }
            _ => {
                files.remove(&changed.path);
            }
        }
    }
    (files, is_all)
}

/// Whether the snapshot knows what a change of the path does to the root's id: it stands in the root, or in a folder of
/// the root that is synced as a whole.
fn is_accounted(path: &str, places: &Places) -> bool {
    match path.split_once('/') {
        None => true,
        Some((top, _)) => places.folders_at_root().any(|folder| folder == top),
    }
}

/// The entries of the root with the comparison's changes of files that stand there.
fn proposed_root(root: &BTreeMap<String, FileEntry>, comparison: &Comparison) -> BTreeMap<String, FileEntry> {
    let mut proposed = root.clone();
    let in_root = comparison.files.iter().filter(|changed| !changed.path.contains('/'));
    for changed in in_root {
        let from = changed.previous_path.as_ref().unwrap_or(&changed.path);
        let mode = root
            .get(from)
            .map_or_else(|| "100644".to_owned(), |entry| entry.mode.clone());
        match &changed.blob {
            Some(id) => {
                let id = id.clone();
                proposed.insert(changed.path.clone(), FileEntry { mode, id });
            }
            None => {
                proposed.remove(&changed.path);
            }
        }
    }
    let moved = comparison
        .files
        .iter()
        .filter_map(|changed| changed.previous_path.as_ref());
    for from in moved.filter(|from| !from.contains('/')) {
        proposed.remove(from);
    }
    proposed
}

/// The root with the synced directories as these files make them; `None` where an id cannot be computed.
fn with_directories(
    mut root: BTreeMap<String, FileEntry>,
    files: &Files,
    places: &Places,
) -> Option<BTreeMap<String, FileEntry>> {
    for name in places.folders_at_root() {
        if below(files, name).next().is_none() {
            if root
                .get(name)
                .is_some_and(|entry| entry.mode.trim_start_matches('0') == "40000")
            {
                root.remove(name);
            }
            continue;
        }
        let id = directory_ids(files, name).remove(name)?;
        let mode = "040000".to_owned();
        root.insert(name.to_owned(), FileEntry { mode, id });
    }
    Some(root)
}

fn root_id(root: &BTreeMap<String, FileEntry>) -> Option<String> {
    git::tree_id(
        root.iter()
            .map(|(name, entry)| (entry.mode.as_str(), name.as_str(), entry.id.as_str())),
    )
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
