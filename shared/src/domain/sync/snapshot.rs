//! The sync's own record of what the source bucket holds.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::files::FileEntry;
use crate::domain::keys;
use crate::domain::sha256::Sha256;

/// Version of the snapshot's shape.
pub const VERSION: u32 = 1;
/// What [`Snapshot::declarations`] may take: the snapshot is read and written as a whole.
const DECLARATIONS_BYTES: usize = 256 * 1024;

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
    /// The commit whose provenance was recorded last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<String>,
    /// A sync to this commit has begun to write: until it ends, objects may differ from what stands here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<String>,
    /// In a mark: version of the snapshot that it stands before, which holds everything that is left out here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// Entries of the repository's root: name to mode and id.
    #[serde(default)]
    pub root: BTreeMap<String, FileEntry>,
    /// Files, links and submodules that are synced.
    #[serde(default)]
    pub files: BTreeMap<String, StoredFile>,
    /// The stacks by name.
    #[serde(default)]
    pub stacks: BTreeMap<String, StoredStack>,
    /// What configurations are checked against, as a short template, by the hash that stacks name it by.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub declarations: BTreeMap<Sha256, String>,
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(String, String, String)", into = "(String, String, String)")]
pub struct StoredFile {
    /// Git's mode and id.
    pub entry: FileEntry,
    /// Entity tag of the raw object; empty when there is none.
    pub etag: String,
}

impl From<(String, String, String)> for StoredFile {
    fn from((mode, id, etag): (String, String, String)) -> Self {
        Self {
            entry: FileEntry { mode, id },
            etag,
        }
    }
}

impl From<StoredFile> for (String, String, String) {
    fn from(file: StoredFile) -> Self {
        (file.entry.mode, file.entry.id, file.etag)
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
        let mut bytes = Vec::with_capacity(4096 + 192 * self.files.len() + 768 * self.stacks.len());
        if serde_json::to_writer(&mut bytes, self).is_err() {
            bytes.clear();
        }
        bytes
    }

    /// What is written over the snapshot with this version before a sync to `commit` writes anything else: short, since
    /// the rest is read from that version by whoever has to go on. Without a version there is nothing to go back to, and
    /// everything is kept.
    #[must_use]
    pub fn mark(&self, commit: &str, version: Option<&str>) -> Self {
        let pending = Some(commit.to_owned());
        match version {
            Some(version) => Self {
                version: self.version,
                settings: self.settings,
                commit: self.commit.clone(),
                recorded: self.recorded.clone(),
                pending,
                base: Some(version.to_owned()),
                retired: self.retired.clone(),
                owed: self.owed.clone(),
                ..Self::default()
            },
            None => Self {
                pending,
                ..self.clone()
            },
        }
    }

    /// Forgets what the listing of the bucket contradicts, so that it is written again or found to be good after all.
    /// Answers with the keys that were contradicted.
    pub fn doubt(&mut self, listing: &Listing, environment: &str) -> Vec<String> {
        let mut contradicted = Vec::new();
        for (path, file) in &mut self.files {
            let key = keys::source(path);
            let is_as_known = listing.get(&key).is_some_and(|(etag, _)| *etag == file.etag);
            if file.entry.is_file() && !file.etag.is_empty() && !is_as_known {
                file.etag.clear();
                contradicted.push(key);
            }
        }
        let mut check = |key: String, object: &mut Option<StoredObject>| {
            let Some(known) = object else { return };
            let is_as_known = listing
                .get(&key)
                .is_some_and(|(etag, version)| *etag == known.etag && *version == known.version);
            if !is_as_known {
                *object = None;
                contradicted.push(key);
            }
        };
        for (name, stack) in &mut self.stacks {
            check(keys::zipped(&keys::source(&stack.template)), &mut stack.template_zip);
            let key = keys::zipped(&keys::configuration(environment, name));
            check(key, &mut stack.configuration_zip);
            if stack.packages.iter().any(|key| !listing.contains_key(key)) {
                // Its packages are made again together with its template.
                stack.packages.retain(|key| listing.contains_key(key));
                stack.template_zip = None;
            }
        }
        check(keys::catalogue(environment), &mut self.catalogue);
        check(keys::zipped(&keys::catalogue(environment)), &mut self.catalogue_zip);
        contradicted
    }

    /// Keeps the declarations that stacks name, and adds these as far as there is room.
    pub fn declare(&mut self, more: impl IntoIterator<Item = (Sha256, String)>) {
        let named: BTreeSet<Sha256> = self.stacks.values().filter_map(|stack| stack.declared).collect();
        self.declarations.retain(|digest, _| named.contains(digest));
        let mut room = self
            .declarations
            .values()
            .fold(DECLARATIONS_BYTES, |room, text| room.saturating_sub(text.len()));
        for (digest, text) in more {
            if named.contains(&digest) && text.len() <= room && !self.declarations.contains_key(&digest) {
                room -= text.len();
                self.declarations.insert(digest, text);
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn object(etag: &str, version: &str) -> StoredObject {
        StoredObject {
            content: Sha256::of(etag),
            etag: etag.to_owned(),
            version: version.to_owned(),
        }
    }

    fn snapshot() -> Snapshot {
        let entry = FileEntry {
            mode: "100644".to_owned(),
            id: "b1".to_owned(),
        };
        let file = StoredFile {
            entry,
            etag: "e1".to_owned(),
        };
        let stack = StoredStack {
            stack_name: "network".to_owned(),
            template: "stacks/network/template.yaml".to_owned(),
            template_zip: Some(object("e2", "v2")),
            configuration_zip: Some(object("e3", "v3")),
            ..StoredStack::default()
        };
        Snapshot {
            commit: "c1".to_owned(),
            files: [("stacks/network/template.yaml".to_owned(), file)].into(),
            stacks: [("network".to_owned(), stack)].into(),
            ..Snapshot::empty()
        }
    }

    fn listing() -> Listing {
        let of = |key: &str, etag: &str, version: &str| (key.to_owned(), (etag.to_owned(), version.to_owned()));
        [
            of("TemplateSource/stacks/network/template.yaml", "e1", "v1"),
            of("TemplateSource/stacks/network/template.yaml.zip", "e2", "v2"),
            of("TemplateSource/.configurations/production/network.json.zip", "e3", "v3"),
        ]
        .into()
    }

    #[test]
    fn a_snapshot_survives_its_bytes_and_damage_is_noticed() {
        let bytes = snapshot().to_json();
        assert_eq!(Snapshot::from_json(&bytes), Some(snapshot()));
        assert_eq!(Snapshot::from_json(&bytes[..bytes.len() - 1]), None);
        assert_eq!(Snapshot::from_json(b"{}"), None);
        let other = Snapshot {
            version: 2,
            ..snapshot()
        };
        assert_eq!(Snapshot::from_json(&other.to_json()), None);
    }

    #[test]
    fn declarations_are_kept_while_a_stack_names_them_and_there_is_room() {
        let mut snapshot = snapshot();
        let (one, other) = (Sha256::of("one"), Sha256::of("other"));
        let texts = || [(one, "{}".to_owned()), (other, "x".repeat(DECLARATIONS_BYTES))];
        snapshot.declare(texts());
        assert!(snapshot.declarations.is_empty(), "nobody names them");
        let mut second = snapshot.stacks["network"].clone();
        second.declared = Some(other);
        snapshot.stacks.insert("second".to_owned(), second);
        snapshot.stacks.get_mut("network").unwrap().declared = Some(one);
        snapshot.declare(texts());
        assert_eq!(snapshot.declarations.keys().collect::<Vec<_>>(), [&one]);
        snapshot.stacks.remove("network");
        snapshot.declare(texts());
        assert_eq!(snapshot.declarations.keys().collect::<Vec<_>>(), [&other]);
    }

    #[test]
    fn a_mark_is_short_and_keeps_what_is_owed() {
        let owed = OwedStart {
            versions: BTreeMap::new(),
            variables: BTreeMap::new(),
            is_doubtful: false,
        };
        let snapshot = Snapshot {
            owed: [("cg-network".to_owned(), owed)].into(),
            ..snapshot()
        };
        let mark = snapshot.mark("c2", Some("v1"));
        assert!(mark.files.is_empty() && mark.stacks.is_empty());
        assert_eq!(
            (mark.pending.as_deref(), mark.base.as_deref()),
            (Some("c2"), Some("v1"))
        );
        assert_eq!((&mark.owed, &mark.commit), (&snapshot.owed, &snapshot.commit));
        assert_eq!(Snapshot::from_json(&mark.to_json()), Some(mark));
        let whole = snapshot.mark("c2", None);
        assert_eq!((whole.base, whole.files), (None, snapshot.files));
    }

    #[test]
    fn what_the_bucket_confirms_is_not_doubted() {
        let mut doubted = snapshot();
        assert!(doubted.doubt(&listing(), "production").is_empty());
        assert_eq!(doubted, snapshot());
    }

    #[test]
    fn changed_replaced_and_missing_objects_are_forgotten() {
        let mut listing = listing();
        listing
            .get_mut("TemplateSource/stacks/network/template.yaml")
            .unwrap()
            .0 = "other".to_owned();
        // The same content under another version: its metadata may be another's.
        listing
            .get_mut("TemplateSource/stacks/network/template.yaml.zip")
            .unwrap()
            .1 = "v9".to_owned();
        listing.remove("TemplateSource/.configurations/production/network.json.zip");
        let mut doubted = snapshot();
        assert_eq!(doubted.doubt(&listing, "production").len(), 3);
        let stack = &doubted.stacks["network"];
        assert!(stack.template_zip.is_none() && stack.configuration_zip.is_none());
        assert!(doubted.files["stacks/network/template.yaml"].etag.is_empty());
    }
}
