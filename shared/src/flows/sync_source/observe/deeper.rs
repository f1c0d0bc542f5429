//! Folders that are synced and do not stand at the root of the repository.

use std::collections::BTreeMap;

use super::refuse_truncated;
use crate::domain::sync::files::FileEntry;
use crate::domain::sync::places::Places;
use crate::flows::ports::{EntryKind, PortError, ReadRepository};

/// The ids of the trees of these folders, as far as they are there. `root` has the entries of the repository's root. A
/// tree on the way to several is read once.
pub(super) async fn find<R: ReadRepository>(
    repository: &R,
    root: &BTreeMap<String, FileEntry>,
    places: &Places,
) -> Result<Vec<(String, String)>, PortError> {
    // Folder to the ids of the folders in it.
    let mut known: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let of_root = root.iter().filter(|(_, entry)| is_folder(entry));
    known.insert(
        String::new(),
        of_root.map(|(name, entry)| (name.clone(), entry.id.clone())).collect(),
    );
    let mut found = Vec::new();
    for folder in places.deeper_folders() {
        let mut above = String::new();
        let mut id: Option<String> = None;
        for name in folder.split('/') {
            if let Some(id) = &id
                && !known.contains_key(&above)
            {
                let tree = repository.tree(id).await?;
                refuse_truncated(&tree, &above)?;
                let folders = tree
                    .entries
                    .into_iter()
                    .filter(|entry| entry.kind == EntryKind::Directory);
                known.insert(above.clone(), folders.map(|entry| (entry.name, entry.id)).collect());
            }
            id = known.get(&above).and_then(|folders| folders.get(name)).cloned();
            if id.is_none() {
                break;
            }
            if !above.is_empty() {
                above.push('/');
            }
            above.push_str(name);
        }
        found.extend(id.map(|id| (folder.to_owned(), id)));
    }
    Ok(found)
}

fn is_folder(entry: &FileEntry) -> bool {
    entry.mode.trim_start_matches('0') == "40000"
}
