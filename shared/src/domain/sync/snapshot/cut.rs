//! A large snapshot, cut up by folders, so that one change reads and writes what it concerns and no more.
//!
//! Files and stacks of most folders stand in an object of their own, one JSON line for each folder, which is read in
//! ranges. The snapshot itself keeps the Git id of each of these folders, which is what proves that nothing else in them
//! changed. A folder that a sync changed stands in the snapshot from then on, until so many do that all is cut anew.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize, Serializer};

use super::{Snapshot, StoredFile, StoredStack};
use crate::domain::sync::files::{FileEntry, Files, directory_ids, touches};

/// The directory whose folders are cut out; there are never many policies.
const CUT_BELOW: &str = "stacks";

/// When a snapshot is cut up, counted in files and stacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CutLimits {
    /// So many stand in one snapshot that is not cut up.
    pub whole: usize,
    /// A folder with more than so many is cut into its subfolders, where it has any.
    pub folder: usize,
    /// So many are added to a snapshot that is cut up before it is cut anew.
    pub added: usize,
}

impl Default for CutLimits {
    fn default() -> Self {
        Self {
            whole: 4_000,
            folder: 100,
            added: 500,
        }
    }
}

/// The folders that are left out of a snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cut {
    /// Version of the object that holds them.
    pub version: String,
    /// How many files and stacks were not left out.
    pub kept: usize,
    /// Path to folder; no folder is in another one.
    pub folders: BTreeMap<String, Folder>,
}

/// A folder that is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(String, u64, u64, Vec<String>)", into = "(String, u64, u64, Vec<String>)")]
pub struct Folder {
    /// Git's id of its tree.
    pub id: String,
    /// Where its line begins, in bytes.
    pub start: u64,
    /// Length of its line in bytes.
    pub length: u64,
    /// Paths elsewhere that its stacks read; of folders with a final slash.
    pub reads: Vec<String>,
}

impl From<(String, u64, u64, Vec<String>)> for Folder {
    fn from((id, start, length, reads): (String, u64, u64, Vec<String>)) -> Self {
        Self {
            id,
            start,
            length,
            reads,
        }
    }
}

impl From<Folder> for (String, u64, u64, Vec<String>) {
    fn from(folder: Folder) -> Self {
        (folder.id, folder.start, folder.length, folder.reads)
    }
}

/// The line of one folder.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    folder: String,
    files: BTreeMap<String, StoredFile>,
    stacks: BTreeMap<String, StoredStack>,
}

/// What the line of one folder is written from. A map of its own for each of thousands of folders, with room for more
/// than the one stack that most have, would take several times what the snapshot does.
#[derive(Debug, Default)]
struct LeftOut<'s> {
    files: Vec<(&'s String, &'s StoredFile)>,
    stacks: Vec<(&'s String, &'s StoredStack)>,
}

impl LeftOut<'_> {
    fn write(&self, folder: &str, bytes: &mut Vec<u8>) -> serde_json::Result<()> {
        struct Entries<'s, V>(&'s [(&'s String, &'s V)]);
        impl<V: Serialize> Serialize for Entries<'_, V> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.0.iter().copied())
            }
        }

        #[derive(Serialize)]
        struct Line<'s> {
            folder: &'s str,
            files: Entries<'s, StoredFile>,
            stacks: Entries<'s, StoredStack>,
        }
        let (files, stacks) = (Entries(&self.files), Entries(&self.stacks));
        serde_json::to_writer(bytes, &Line { folder, files, stacks })
    }
}

impl Snapshot {
    /// How many files and stacks stand in it.
    fn entries(&self) -> usize {
        self.files.len() + self.stacks.len()
    }

    /// Whether it has become too large to stay as it is.
    pub fn is_to_be_cut(&self, limits: &CutLimits) -> bool {
        match &self.cut {
            None => self.entries() > limits.whole,
            Some(cut) => self.entries() > cut.kept + limits.added,
        }
    }

    /// Cuts a whole snapshot up, and answers with the object that holds what is left out; its version is still to be
    /// entered. `None` leaves it whole: nothing can be left out.
    ///
    /// What the next sync has to look at anyway stays: a stack with a problem, or a file that is not stored.
    pub fn cut_up(&mut self, limits: &CutLimits) -> Option<Vec<u8>> {
        if self.cut.is_some() {
            return None;
        }
        let entries = self.files.iter().map(|(path, file)| (path.clone(), file.entry.clone()));
        let ids = directory_ids(&entries.collect(), CUT_BELOW);
        let mut chosen = Chosen::among(self.files.keys(), ids, limits.folder);
        let loose = self.loose_folders(&chosen);
        chosen.ids.retain(|folder, _| !loose.contains(folder));
        if chosen.ids.is_empty() {
            return None;
        }

        let mut lines: BTreeMap<&str, LeftOut<'_>> = BTreeMap::new();
        for stack in &self.stacks {
            if let Some(folder) = chosen.of(&stack.1.template) {
                lines.entry(folder).or_default().stacks.push(stack);
            }
        }
        for file in &self.files {
            if let Some(folder) = chosen.of(file.0) {
                lines.entry(folder).or_default().files.push(file);
            }
        }
        // A large one is written without growing, which would take twice the room.
        let mut bytes = Vec::with_capacity(Self::estimated_bytes(
            lines.values().map(|line| line.files.len()).sum(),
            lines.values().map(|line| line.stacks.len()).sum(),
        ));
        let mut folders = BTreeMap::new();
        for (path, line) in lines {
            let start = bytes.len();
            let (Ok(()), Some(id)) = (line.write(path, &mut bytes), chosen.ids.get(path)) else {
                bytes.truncate(start);
                continue;
            };
            let folder = Folder {
                id: id.clone(),
                start: start as u64,
                length: (bytes.len() - start) as u64,
                reads: reads_elsewhere(path, line.stacks.iter().map(|(_, stack)| *stack)),
            };
            bytes.push(b'\n');
            folders.insert(path.to_owned(), folder);
        }
        let is_left_out = |path: &str| chosen.of(path).is_some_and(|folder| folders.contains_key(folder));
        self.files.retain(|path, _| !is_left_out(path));
        self.stacks.retain(|_, stack| !is_left_out(&stack.template));
        let (version, kept) = (String::new(), self.entries());
        self.cut = Some(Cut { version, kept, folders });
        Some(bytes)
    }

    /// Folders with something that the next sync has to look at.
    fn loose_folders(&self, chosen: &Chosen) -> BTreeSet<String> {
        let unstored = self
            .files
            .iter()
            .filter(|(_, file)| file.entry.is_file() && file.etag.is_empty())
            .map(|(path, _)| path);
        let unsettled = self.stacks.values().filter(|stack| {
            !stack.problems.is_empty()
                || stack.gate.is_none()
                || stack.declared.is_none()
                || stack.template_zip.is_none()
                || stack.configuration_zip.is_none()
        });
        let paths = unstored.chain(unsettled.map(|stack| &stack.template));
        paths.filter_map(|path| chosen.of(path)).map(str::to_owned).collect()
    }

    /// Puts back a folder that was left out; `false` when this is not its line.
    pub fn open(&mut self, path: &str, line: &[u8]) -> bool {
        let Ok(line) = serde_json::from_slice::<Line>(line) else {
            return false;
        };
        let Some(cut) = self.cut.as_mut().filter(|_| line.folder == path) else {
            return false;
        };
        cut.folders.remove(path);
        self.files.extend(line.files);
        self.stacks.extend(line.stacks);
        true
    }

    /// Puts back all folders; `false` when this is not the object that holds them.
    pub fn open_all(&mut self, bytes: &[u8]) -> bool {
        let folders = self.cut.as_ref().map(|cut| cut.folders.clone()).unwrap_or_default();
        let is_right = folders.iter().all(|(path, folder)| {
            let range = usize::try_from(folder.start)
                .ok()
                .zip(usize::try_from(folder.start + folder.length).ok());
            let line = range.and_then(|(start, end)| bytes.get(start..end));
            line.is_some_and(|line| self.open(path, line))
        });
        if is_right {
            self.cut = None;
        }
        is_right
    }

    /// Leaves out again what was opened and is as it was.
    pub fn close_unchanged(&mut self, before: &Self, opened: &BTreeMap<String, Folder>) {
        let Some(cut) = &mut self.cut else { return };
        for (path, folder) in opened {
            let prefix = format!("{path}/");
            let is_same_file = |file: &(&String, &StoredFile)| before.files.get(file.0) == Some(file.1);
            let is_same_stack = |stack: &(&String, &StoredStack)| before.stacks.get(stack.0) == Some(stack.1);
            let files = || {
                let from = self.files.range(prefix.clone()..);
                from.take_while(|(path, _)| path.starts_with(&prefix))
            };
            let is_in = |stack: &StoredStack| stack.template.starts_with(&prefix);
            let stacks = || self.stacks.iter().filter(|(_, stack)| is_in(stack));
            let before_files = before.files.keys().filter(|path| path.starts_with(&prefix)).count();
            let before_stacks = before.stacks.values().filter(|stack| is_in(stack)).count();
            let is_as_before = files().count() == before_files
                && stacks().count() == before_stacks
                && files().all(|file| is_same_file(&file))
                && stacks().all(|stack| is_same_stack(&stack));
            if is_as_before {
                self.files.retain(|path, _| !path.starts_with(&prefix));
                self.stacks.retain(|_, stack| !stack.template.starts_with(&prefix));
                cut.folders.insert(path.clone(), folder.clone());
            }
        }
    }

    /// The folders that are left out, as entries of the trees they are in.
    pub fn left_out(&self) -> Files {
        let folders = self.cut.iter().flat_map(|cut| &cut.folders);
        let entry = |folder: &Folder| FileEntry {
            mode: "040000".to_owned(),
            id: folder.id.clone(),
        };
        folders.map(|(path, folder)| (path.clone(), entry(folder))).collect()
    }

    /// The left out folders that a change of these paths concerns: those with the paths, those whose stacks read them,
    /// and those with what the concerned stacks that stand here read besides.
    pub fn concerned(&self, changed: &BTreeSet<String>) -> BTreeMap<String, Folder> {
        let Some(cut) = &self.cut else {
            return BTreeMap::new();
        };
        let reads_changed = |reads: &[String]| reads.iter().any(|read| touches(read, changed));
        let mut found: BTreeSet<&str> = changed.iter().filter_map(|path| cut.with(path)).collect();
        let readers = cut.folders.iter().filter(|(_, folder)| reads_changed(&folder.reads));
        found.extend(readers.map(|(path, _)| path.as_str()));
        let own = self.stacks.values().filter(|stack| {
            changed.contains(&stack.template) || !stack.problems.is_empty() || reads_changed(&reads(stack))
        });
        let opened = found.iter().filter_map(|path| cut.folders.get(*path));
        let needed: Vec<String> = own
            .flat_map(reads)
            .chain(opened.flat_map(|folder| folder.reads.clone()))
            .collect();
        for read in &needed {
            found.extend(cut.touched_by(read));
        }
        let folder = |path: &str| Some((path.to_owned(), cut.folders.get(path)?.clone()));
        found.into_iter().filter_map(folder).collect()
    }

    /// Whether one of these paths, of folders with a final slash, reaches into a folder that is left out.
    pub fn leaves_out(&self, paths: &[String]) -> bool {
        let Some(cut) = &self.cut else { return false };
        paths.iter().any(|path| cut.touched_by(path).next().is_some())
    }
}

impl Cut {
    /// The folder that the path is in.
    fn with(&self, path: &str) -> Option<&str> {
        let folder = ancestors(path).find(|above| self.folders.contains_key(*above))?;
        self.folders.get_key_value(folder).map(|(path, _)| path.as_str())
    }

    /// The folders that the path reaches into: the one it is in, and for a folder those in it.
    fn touched_by<'c>(&'c self, path: &'c str) -> impl Iterator<Item = &'c str> {
        let is_folder = path.ends_with('/') || path.is_empty();
        let below = self.folders.keys().filter(move |folder| {
            let folder = folder.as_str();
            is_folder && (folder.starts_with(path) || Some(folder) == path.strip_suffix('/'))
        });
        self.with(path).into_iter().chain(below.map(String::as_str))
    }
}

/// The directories that the path is in, from the top.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').filter_map(|(end, _)| path.get(..end))
}

/// What a stack reads besides its template.
fn reads(stack: &StoredStack) -> Vec<String> {
    stack.configuration.iter().chain(&stack.parts).cloned().collect()
}

fn reads_elsewhere<'s>(folder: &str, stacks: impl Iterator<Item = &'s StoredStack>) -> Vec<String> {
    let prefix = format!("{folder}/");
    let mut elsewhere: Vec<String> = stacks
        .flat_map(reads)
        .filter(|path| !path.starts_with(&prefix))
        .collect();
    elsewhere.sort();
    elsewhere.dedup();
    elsewhere
}

/// The folders that are cut out, with Git's ids of their trees.
struct Chosen {
    ids: BTreeMap<String, String>,
}

impl Chosen {
    /// The topmost folders that are small enough, or have no subfolders.
    fn among<'p>(paths: impl Iterator<Item = &'p String>, mut ids: BTreeMap<String, String>, most: usize) -> Self {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for path in paths {
            for folder in ancestors(path) {
                *counts.entry(folder).or_default() += 1;
            }
        }
        let has_folders: BTreeSet<&str> = counts
            .keys()
            .filter_map(|folder| Some(folder.rsplit_once('/')?.0))
            .collect();
        let is_cut_further =
            |folder: &str| folder == CUT_BELOW || (counts.get(folder) > Some(&most) && has_folders.contains(folder));
        ids.retain(|folder, _| !is_cut_further(folder) && ancestors(folder).all(is_cut_further));
        Self { ids }
    }

    fn of(&self, path: &str) -> Option<&str> {
        let folder = ancestors(path).find(|above| self.ids.contains_key(*above))?;
        self.ids.get_key_value(folder).map(|(folder, _)| folder.as_str())
    }
}

#[cfg(test)]
mod tests;
