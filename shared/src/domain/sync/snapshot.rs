//! The sync's own record of what the source bucket holds.

mod cut;
mod doubt;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::files::FileEntry;
use super::pin::Pin;
use super::places::Places;
use crate::domain::keys;
use crate::domain::sha256::Sha256;
pub use cut::{Cut, CutLimits, Folder};

/// Version of the snapshot's shape.
pub const VERSION: u32 = 1;
/// What [`Snapshot::declarations`] may take: the snapshot is read and written as a whole.
const DECLARATIONS_BYTES: usize = 256 * 1024;
/// What [`Snapshot::configurations`] may take, for the same reason.
const CONFIGURATIONS_BYTES: usize = 256 * 1024;

/// What the source bucket holds, as of the last sync that ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Snapshot {
    /// Version of this document's shape: 1.
    pub version: u32,
    /// Hash over the settings that the stacks were resolved under; other settings resolve them anew.
    pub settings: Option<Sha256>,
    /// The commit that the bucket holds; empty before the first sync has ended.
    pub commit: String,
    /// The repository that the commit is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<Pin>,
    /// The commit whose provenance was recorded last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<String>,
    /// Number of the last provenance record. A sync takes the next one by writing it into its mark.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub sequence: u64,
    /// Number of the last record that belongs to every stack.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub all: u64,
    /// Number of the record since which something is wrong with the catalogue.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub wrong_since: u64,
    /// Number of the last record that touched the catalogue.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub catalogue_touched: u64,
    /// Commit of the last record from before there were numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unnumbered: Option<String>,
    /// A sync to this commit has begun to write: until it ends, objects may differ from what stands here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<String>,
    /// In a mark: version of the snapshot that it stands before, which holds everything that is left out here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// Folders whose files and stacks are left out below; absent when nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<Cut>,
    /// Entries of the repository's root: name to mode and id.
    #[serde(default)]
    pub root: BTreeMap<String, FileEntry>,
    /// What is synced besides `stacks/`, `policies/` and the catalogue.
    #[serde(default, skip_serializing_if = "Places::is_empty")]
    pub places: Places,
    /// Files, links and submodules that are synced.
    #[serde(default)]
    pub files: BTreeMap<String, StoredFile>,
    /// The stacks by name.
    #[serde(default)]
    pub stacks: BTreeMap<String, StoredStack>,
    /// What configurations are checked against, as a short template, by the hash that stacks name it by.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub declarations: BTreeMap<Sha256, String>,
    /// Texts of configurations, by Git's id: one is checked again when its template takes other parameters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub configurations: BTreeMap<String, String>,
    /// The resolved catalogue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalogue: Option<StoredObject>,
    /// The resolved catalogue, zipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalogue_zip: Option<StoredObject>,
    /// Paths of the files that the catalogue was resolved from, besides their names.
    #[serde(default)]
    pub catalogue_files: Vec<String>,
    /// Problems that concern the whole catalogue, as they were told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
    /// Zips that no stack has any more and a pipeline may still read: key to the pipeline.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub retired: BTreeMap<String, String>,
    /// Starts that are still to be made, by pipeline.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub owed: BTreeMap<String, OwedStart>,
}

/// A file, link or submodule, and the object that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Git's mode and id.
    pub entry: FileEntry,
    /// Entity tag of the raw object; empty when there is none.
    pub etag: String,
    /// Number of the record that touched it last; 0 before there were numbers.
    pub touched: u64,
}

/// A list of mode, id, entity tag and, where there is one, number: there are many files.
impl Serialize for StoredFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let FileEntry { mode, id } = &self.entry;
        match self.touched {
            0 => (mode, id, &self.etag).serialize(serializer),
            touched => (mode, id, &self.etag, touched).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for StoredFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Parts;

        impl<'de> Visitor<'de> for Parts {
            type Value = StoredFile;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("mode, id, entity tag and number of a file")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<StoredFile, A::Error> {
                let mut text = |index| {
                    let part: Option<String> = parts.next_element()?;
                    part.ok_or_else(|| A::Error::invalid_length(index, &Parts))
                };
                let (mode, id, etag) = (text(0)?, text(1)?, text(2)?);
                Ok(StoredFile {
                    entry: FileEntry { mode, id },
                    etag,
                    touched: parts.next_element()?.unwrap_or_default(),
                })
            }
        }

        deserializer.deserialize_seq(Parts)
    }
}

/// An object that the sync made: hash of what it was made from, entity tag, version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(Sha256, String, String)", into = "(Sha256, String, String)")]
pub struct StoredObject {
    /// Hash of the content before zipping.
    pub content: Sha256,
    /// Entity tag, with its quotes.
    pub etag: String,
    /// Version id.
    pub version: String,
}

impl From<(Sha256, String, String)> for StoredObject {
    fn from((content, etag, version): (Sha256, String, String)) -> Self {
        Self { content, etag, version }
    }
}

impl From<StoredObject> for (Sha256, String, String) {
    fn from(object: StoredObject) -> Self {
        (object.content, object.etag, object.version)
    }
}

/// A stack and its two sources.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StoredStack {
    /// Name of the CloudFormation stack.
    pub stack_name: String,
    /// Path of the template.
    pub template: String,
    /// Path of the configuration; absent when the stack has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<String>,
    /// Hash of the gate document; absent while the catalogue has a problem with the stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<Sha256>,
    /// The zipped effective template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_zip: Option<StoredObject>,
    /// The zipped effective configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration_zip: Option<StoredObject>,
    /// Hash of the template's parameters that the configuration was checked against last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<Sha256>,
    /// Paths of the other files that the effective template is made from, and of folders, with a final slash.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
    /// Keys of the content-addressed objects that the effective template needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<String>,
    /// Problems, as they were told; while there are any, the zips stay as they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
    /// Number of the record that touched the stack last; 0 before there were numbers.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub touched: u64,
}

impl StoredStack {
    /// What the stack is made of: its template, its configuration, and the other files and folders.
    pub fn inputs(&self) -> impl Iterator<Item = &String> {
        let template = std::iter::once(&self.template);
        template.chain(&self.configuration).chain(&self.parts)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A start that is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OwedStart {
    /// Source action to the version of its object.
    pub versions: BTreeMap<String, String>,
    /// Pipeline variables, for display.
    pub variables: BTreeMap<String, String>,
    /// Whether it may have been made already: then a run that carries these versions is looked for first.
    pub is_doubtful: bool,
}

/// Where an object is and what is known of it: key to entity tag and version of the latest version.
pub type Listing = BTreeMap<String, (String, String)>;

impl Snapshot {
    /// The snapshot of a bucket of which nothing is known.
    pub fn empty() -> Self {
        Self {
            version: VERSION,
            ..Self::default()
        }
    }

    /// Reads a snapshot; `None` for one that is damaged or of another shape.
    pub fn from_json(bytes: &[u8]) -> Option<Self> {
        let snapshot: Self = serde_json::from_slice(bytes).ok()?;
        (snapshot.version == VERSION).then_some(snapshot)
    }

    /// The bytes of the snapshot.
    pub fn to_json(&self) -> Vec<u8> {
        // A large one is written without growing, which would take twice the room.
        let folders = self.cut.as_ref().map_or(0, |cut| cut.folders.len());
        let estimated = Self::estimated_bytes(self.files.len(), self.stacks.len()) + 96 * folders;
        let mut bytes = Vec::with_capacity(4096 + estimated);
        if serde_json::to_writer(&mut bytes, self).is_err() {
            bytes.clear();
        }
        bytes
    }

    /// About how many bytes so many files and stacks take.
    fn estimated_bytes(files: usize, stacks: usize) -> usize {
        192 * files + 768 * stacks
    }

    /// What is written over the snapshot with this version before a sync to `commit` that took `sequence` writes anything
    /// else: short, since the rest is read from that version by whoever has to go on. Without a version there is nothing
    /// to go back to, and everything is kept.
    #[must_use]
    pub fn mark(&self, commit: &str, sequence: u64, version: Option<&str>) -> Self {
        let pending = Some(commit.to_owned());
        match version {
            Some(version) => Self {
                version: self.version,
                settings: self.settings,
                commit: self.commit.clone(),
                repository: self.repository.clone(),
                recorded: self.recorded.clone(),
                sequence,
                pending,
                base: Some(version.to_owned()),
                retired: self.retired.clone(),
                owed: self.owed.clone(),
                ..Self::default()
            },
            None => Self {
                sequence,
                pending,
                ..self.clone()
            },
        }
    }

    /// Keeps the declarations that stacks name, and adds these as far as there is room. Stacks of folders that are left
    /// out may name any, so then all are kept.
    pub fn declare(&mut self, more: impl IntoIterator<Item = (Sha256, String)>) {
        let named: BTreeSet<Sha256> = self.stacks.values().filter_map(|stack| stack.declared).collect();
        if self.cut.is_none() {
            self.declarations.retain(|digest, _| named.contains(digest));
        }
        let more = more.into_iter().filter(|(digest, _)| named.contains(digest));
        fill(&mut self.declarations, DECLARATIONS_BYTES, more);
    }

    /// Keeps the texts of configurations that stacks have, and adds these as far as there is room. Stacks of folders
    /// that are left out may have any, so then only those of `changed` paths go, which stood in `before`.
    pub fn keep_configurations(
        &mut self,
        before: &Self,
        changed: &BTreeSet<String>,
        more: impl IntoIterator<Item = (String, String)>,
    ) {
        if self.cut.is_none() {
            let paths = self.stacks.values().filter_map(|stack| stack.configuration.as_ref());
            let ids: BTreeSet<&String> = paths.filter_map(|path| Some(&self.files.get(path)?.entry.id)).collect();
            self.configurations.retain(|id, _| ids.contains(id));
        } else {
            for file in changed.iter().filter_map(|path| before.files.get(path)) {
                self.configurations.remove(&file.entry.id);
            }
        }
        fill(&mut self.configurations, CONFIGURATIONS_BYTES, more.into_iter());
    }

    /// Keys of the zips that the stacks' pipelines read, and of files that are zips themselves.
    pub fn keys_in_use(&self, environment: &str) -> BTreeSet<String> {
        let files = self.files.keys().filter(|path| path.ends_with(".zip"));
        let zips = self.stacks.iter().flat_map(|(name, stack)| {
            [
                keys::zipped(&keys::source(&stack.template)),
                keys::zipped(&keys::configuration(environment, name)),
            ]
        });
        zips.chain(files.map(|path| keys::source(path))).collect()
    }
}

/// Adds texts that are not there yet, as far as there is room.
fn fill<K: Ord>(texts: &mut BTreeMap<K, String>, room: usize, more: impl Iterator<Item = (K, String)>) {
    let mut room = texts.values().fold(room, |room, text| room.saturating_sub(text.len()));
    for (key, text) in more {
        if text.len() <= room && !texts.contains_key(&key) {
            room -= text.len();
            texts.insert(key, text);
        }
    }
}

#[cfg(test)]
mod tests;
