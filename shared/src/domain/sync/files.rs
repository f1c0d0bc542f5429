//! The files of a commit, as far as the sync is concerned, by Git's own names of their contents.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::git;

/// A file, link or submodule in a commit: Git's mode, such as `100644`, and the id of its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(String, String)", into = "(String, String)")]
pub struct FileEntry {
    /// Git's mode.
    pub mode: String,
    /// Id of the blob; of the other repository's commit for a submodule.
    pub id: String,
}

impl From<(String, String)> for FileEntry {
    fn from((mode, id): (String, String)) -> Self {
        Self { mode, id }
    }
}

impl From<FileEntry> for (String, String) {
    fn from(entry: FileEntry) -> Self {
        (entry.mode, entry.id)
    }
}

impl FileEntry {
    /// Whether it is a regular file: neither a symbolic link nor a submodule.
    pub fn is_file(&self) -> bool {
        self.mode != "120000" && self.mode != "160000"
    }

    /// What it is, in words.
    pub fn in_words(&self) -> &'static str {
        match self.mode.as_str() {
            "120000" => "a symbolic link",
            "160000" => "a submodule",
            _ => "a file",
        }
    }
}

/// Path to entry, for everything that is synced.
pub type Files = BTreeMap<String, FileEntry>;

/// All entries below `directory`, which has no final slash.
pub fn below<'f>(files: &'f Files, directory: &str) -> impl Iterator<Item = (&'f String, &'f FileEntry)> {
    let prefix = format!("{directory}/");
    files
        .range(prefix.clone()..)
        .take_while(move |(path, _)| path.starts_with(&prefix))
}

/// Whether one of the changed paths is `read`, or in it where it is a folder, with its final slash.
pub fn touches(read: &str, changed: &BTreeSet<String>) -> bool {
    changed.contains(read)
        || (read.ends_with('/')
            && changed
                .range(read.to_owned()..)
                .next()
                .is_some_and(|path| path.starts_with(read)))
}

/// Git's ids of `directory` and of every directory below it, computed from what is in them; empty when nothing is.
pub fn directory_ids(files: &Files, directory: &str) -> BTreeMap<String, String> {
    // Directory to its entries: mode, name, id. Deeper directories sort after the ones they are in, so that walking
    // backwards knows a directory's id before it is needed.
    let mut entries: BTreeMap<String, Vec<(String, String, String)>> = BTreeMap::new();
    for (path, entry) in below(files, directory) {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        let entry = (entry.mode.clone(), name.to_owned(), entry.id.clone());
        entries.entry(parent.to_owned()).or_default().push(entry);
        let mut parent = parent;
        while let Some((above, _)) = parent.rsplit_once('/') {
            entries.entry(above.to_owned()).or_default();
            parent = above;
        }
    }
    let mut ids = BTreeMap::new();
    while let Some((path, held)) = entries.pop_last() {
        let listed = held
            .iter()
            .map(|(mode, name, id)| (mode.as_str(), name.as_str(), id.as_str()));
        let Some(id) = git::tree_id(listed) else {
            // An id that is none makes all directories above it unknown.
            continue;
        };
        if let Some((parent, name)) = path.rsplit_once('/')
            && path != directory
        {
            let entry = ("40000".to_owned(), name.to_owned(), id.clone());
            entries.entry(parent.to_owned()).or_default().push(entry);
        }
        ids.insert(path, id);
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(id: &str) -> FileEntry {
        FileEntry {
            mode: "100644".to_owned(),
            id: id.to_owned(),
        }
    }

    #[test]
    fn the_ids_of_directories_are_those_that_git_computes() {
        let hello = git::blob_id(b"hello\n");
        let paths = ["stacks/a.b", "stacks/a/x", "stacks/a/deep/er/y", "policies/p"];
        let files: Files = paths.iter().map(|path| ((*path).to_owned(), file(&hello))).collect();
        let ids = directory_ids(&files, "stacks");
        let er = git::tree_id([("100644", "y", hello.as_str())]).unwrap();
        let deep = git::tree_id([("40000", "er", er.as_str())]).unwrap();
        let a = git::tree_id([("40000", "deep", deep.as_str()), ("100644", "x", hello.as_str())]).unwrap();
        let stacks = git::tree_id([("40000", "a", a.as_str()), ("100644", "a.b", hello.as_str())]).unwrap();
        assert_eq!(
            ids.into_iter().collect::<Vec<_>>(),
            [
                ("stacks".to_owned(), stacks),
                ("stacks/a".to_owned(), a),
                ("stacks/a/deep".to_owned(), deep),
                ("stacks/a/deep/er".to_owned(), er),
            ]
        );
        assert!(directory_ids(&files, "nothing").is_empty());
    }
}
