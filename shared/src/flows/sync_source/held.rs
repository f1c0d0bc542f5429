//! The snapshot as the bucket holds it: read, opened as far as a change concerns it, and written.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::observe::Observed;
use super::{Halt, SourceBucket};
use crate::domain::keys;
use crate::domain::sync::snapshot::{Cut, CutLimits, Folder, Snapshot};
use crate::flows::ports::{NewObject, Object, PortError, PortErrorKind, WriteCondition};

/// Folders that are read by themselves at most; for more, all are read at once.
const MOST_FOLDERS: usize = 64;
/// Lines with fewer bytes between them are read by one request.
const GAP_BYTES: u64 = 64 * 1024;
/// Requests at the same time.
const CONCURRENCY: usize = 8;

/// Paths and folders whose lines stand near one another, in the order of the lines.
type Neighbours = Vec<(String, Folder)>;

/// The snapshot as it was read.
pub(super) struct Held {
    pub(super) snapshot: Snapshot,
    /// On which condition it may be written.
    pub(super) condition: WriteCondition,
    /// Version of the object that holds all of it; absent when there is none.
    pub(super) version: Option<String>,
    /// Whether nothing of it could be read, so that the bucket itself has to say what it holds.
    pub(super) is_rebuilt: bool,
    /// Folders that it leaves out and that were read all the same.
    opened: BTreeMap<String, Folder>,
}

pub(super) async fn read<B: SourceBucket>(source: &B) -> Result<Held, PortError> {
    let object = source.get(keys::SNAPSHOT, None).await?;
    Ok(match object {
        None => Held {
            snapshot: Snapshot::empty(),
            condition: WriteCondition::Absent,
            version: None,
            is_rebuilt: true,
            opened: BTreeMap::new(),
        },
        Some(Object { bytes, head }) => {
            // What a bucket without versions calls `null` is overwritten by the mark.
            let mut version = Some(head.version).filter(|version| is_version(version));
            let mut snapshot = Snapshot::from_json(&bytes);
            if let Some(mark) = snapshot.as_mut().filter(|snapshot| snapshot.base.is_some()) {
                version = mark.base.take();
                snapshot = behind(source, mark, version.as_deref()).await?;
            }
            if snapshot.is_none() {
                tracing::warn!("the snapshot is damaged; it is rebuilt from the bucket");
            }
            Held {
                is_rebuilt: snapshot.is_none(),
                snapshot: snapshot.unwrap_or_else(Snapshot::empty),
                condition: WriteCondition::Matches(head.etag),
                version,
                opened: BTreeMap::new(),
            }
        }
    })
}

/// Whether the bucket keeps versions.
fn is_version(version: &str) -> bool {
    !version.is_empty() && version != "null"
}

/// The snapshot that a mark was written over; the mark itself where that is gone.
async fn behind<B: SourceBucket>(
    source: &B,
    mark: &Snapshot,
    version: Option<&str>,
) -> Result<Option<Snapshot>, PortError> {
    let before = source.get(keys::SNAPSHOT, version).await?;
    let before = before.and_then(|object| Snapshot::from_json(&object.bytes));
    let before = before.filter(|before| before.base.is_none());
    if before.is_none() {
        tracing::warn!("the snapshot before the mark is gone; it is rebuilt from the bucket");
    }
    let before = before.unwrap_or_else(|| without_history(mark));
    Ok(Some(Snapshot {
        pending: mark.pending.clone(),
        sequence: before.sequence.max(mark.sequence),
        ..before
    }))
}

/// The snapshot without what can be told only by who knows what touched each file: the next record is a first one.
fn without_history(snapshot: &Snapshot) -> Snapshot {
    Snapshot {
        recorded: None,
        unnumbered: None,
        ..snapshot.clone()
    }
}

impl Held {
    /// Reads the folders that the change concerns. Answers whether that may be enough: nothing asks for a look at all
    /// stacks.
    pub(super) async fn open_concerned<B: SourceBucket>(
        &mut self,
        source: &B,
        observed: &Observed,
    ) -> Result<bool, PortError> {
        let Some(cut) = &self.snapshot.cut else {
            return Ok(true);
        };
        let Some(comparison) = &observed.comparison else {
            return Ok(false);
        };
        if !self.snapshot.retired.is_empty() || !self.snapshot.problems.is_empty() {
            return Ok(false);
        }
        let version = cut.version.clone();
        let files = comparison.files.iter();
        let changed: BTreeSet<String> = files
            .flat_map(|file| std::iter::once(&file.path).chain(&file.previous_path))
            .cloned()
            .collect();
        // What is opened first tells what else is read by the stacks in it.
        for _ in 0..2 {
            let concerned = self.snapshot.concerned(&changed);
            if concerned.len() + self.opened.len() > MOST_FOLDERS || !self.open(source, &version, concerned).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads these folders; `false` when one cannot be.
    async fn open<B: SourceBucket>(
        &mut self,
        source: &B,
        version: &str,
        folders: BTreeMap<String, Folder>,
    ) -> Result<bool, PortError> {
        let read: Vec<(Neighbours, Option<Vec<u8>>)> = stream::iter(neighbours(folders))
            .map(|together| async move {
                let start = together.first().map_or(0, |(_, folder)| folder.start);
                let end = together.last().map_or(0, |(_, folder)| folder.start + folder.length);
                let range = start..end;
                let lines = source.get_range(keys::SNAPSHOT_FOLDERS, version, range).await?;
                Ok::<_, PortError>((together, lines))
            })
            .buffered(CONCURRENCY)
            .try_collect()
            .await?;
        for (together, lines) in read {
            let start = together.first().map_or(0, |(_, folder)| folder.start);
            for (path, folder) in together {
                let line = lines.as_deref().and_then(|lines| {
                    let from = usize::try_from(folder.start - start).ok()?;
                    lines.get(from..from.checked_add(usize::try_from(folder.length).ok()?)?)
                });
                if !line.is_some_and(|line| self.snapshot.open(&path, line)) {
                    return Ok(false);
                }
                self.opened.insert(path, folder);
            }
        }
        Ok(true)
    }

    /// Reads all folders that the snapshot leaves out.
    pub(super) async fn open_all<B: SourceBucket>(&mut self, source: &B) -> Result<(), PortError> {
        self.opened.clear();
        if !open_all(source, &mut self.snapshot).await? {
            tracing::warn!("the snapshot's folders are damaged or gone; it is rebuilt from the bucket");
            self.is_rebuilt = true;
            self.snapshot = Snapshot {
                cut: None,
                root: BTreeMap::new(),
                files: BTreeMap::new(),
                stacks: BTreeMap::new(),
                ..without_history(&self.snapshot)
            };
        }
        Ok(())
    }

    /// Writes what follows on this snapshot, cut up where it is large.
    pub(super) async fn write_next<B: SourceBucket>(
        &self,
        source: &B,
        mut next: Snapshot,
        condition: WriteCondition,
        limits: &CutLimits,
    ) -> Result<(), Halt> {
        next.close_unchanged(&self.snapshot, &self.opened);
        if next.is_to_be_cut(limits) {
            cut_up(source, &mut next, limits).await?;
        }
        write(source, &next, condition).await?;
        Ok(())
    }
}

/// The folders in the order of their lines, those together that stand near one another.
fn neighbours(folders: BTreeMap<String, Folder>) -> Vec<Neighbours> {
    let mut folders: Neighbours = folders.into_iter().collect();
    folders.sort_by_key(|(_, folder)| folder.start);
    let mut groups: Vec<Neighbours> = Vec::new();
    let mut end = 0;
    for (path, folder) in folders {
        let next = folder.start + folder.length;
        match groups.last_mut() {
            Some(group) if folder.start <= end + GAP_BYTES => group.push((path, folder)),
            _ => groups.push(vec![(path, folder)]),
        }
        end = next;
    }
    groups
}

/// Puts back all folders that are left out; `false` when they cannot be read.
async fn open_all<B: SourceBucket>(source: &B, snapshot: &mut Snapshot) -> Result<bool, PortError> {
    let Some(Cut { version, .. }) = &snapshot.cut else {
        return Ok(true);
    };
    let folders = source.get(keys::SNAPSHOT_FOLDERS, Some(version)).await?;
    Ok(folders.is_some_and(|folders| snapshot.open_all(&folders.bytes)))
}

/// Cuts the snapshot up anew and writes the folders. Nothing refers to them before the snapshot itself is written.
async fn cut_up<B: SourceBucket>(source: &B, next: &mut Snapshot, limits: &CutLimits) -> Result<(), Halt> {
    if !open_all(source, next).await? {
        tracing::warn!("the snapshot's folders are damaged or gone; the next sync that needs them rebuilds it");
        return Ok(());
    }
    let Some(bytes) = next.cut_up(limits) else {
        return Ok(());
    };
    let object = NewObject {
        key: keys::SNAPSHOT_FOLDERS.to_owned(),
        bytes,
        content_type: "application/jsonl",
        metadata: BTreeMap::new(),
        condition: WriteCondition::Always,
    };
    let written = source.put(object).await?;
    let is_versioned = is_version(&written.version);
    if let Some(cut) = &mut next.cut {
        cut.version = written.version;
    }
    // Without versions the folders of the next snapshot would be written over those of this one.
    if !is_versioned {
        let folders = source.get(keys::SNAPSHOT_FOLDERS, None).await?;
        if !folders.is_some_and(|folders| next.open_all(&folders.bytes)) {
            return Err(Halt::Overtaken);
        }
    }
    Ok(())
}

/// Writes the snapshot on its condition and answers with its new entity tag.
pub(super) async fn write<B: SourceBucket>(
    source: &B,
    snapshot: &Snapshot,
    condition: WriteCondition,
) -> Result<String, Halt> {
    let object = NewObject {
        key: keys::SNAPSHOT.to_owned(),
        bytes: snapshot.to_json(),
        content_type: "application/json",
        metadata: BTreeMap::new(),
        condition,
    };
    match source.put(object).await {
        Ok(written) => Ok(written.etag),
        Err(error) if error.kind == PortErrorKind::Conflict => Err(Halt::Overtaken),
        Err(error) => Err(error.into()),
    }
}
