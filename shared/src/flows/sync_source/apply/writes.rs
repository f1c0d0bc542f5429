//! Writes what is wanted and not there.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join;
use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::CONCURRENCY;
use crate::domain::gate::Gate;
use crate::domain::keys;
use crate::domain::provenance::{COMMIT_METADATA, Provenance, SEQUENCE_METADATA, SUMMARY_METADATA, SourceFacts};
use crate::domain::sha256::Sha256;
use crate::domain::sync::files::{FileEntry, Files};
use crate::domain::sync::plan::SyncPlan;
use crate::domain::sync::snapshot::{Snapshot, StoredObject, StoredStack};
use crate::flows::ports::{NewObject, PortError, PortErrorKind, WriteCondition};
use crate::flows::sync_source::contents::{Contents, FILE_LIMIT_BYTES};
use crate::flows::sync_source::effective::{Configured, Effective, Maker};
use crate::flows::sync_source::observe::Observed;
use crate::flows::sync_source::store::{Ensured, Form, Store};
use crate::flows::sync_source::{Halt, SourceBucket, SourceRepository, SyncSettings};

/// Files up to this size are written many at a time, larger ones one by one: each is in memory as a whole.
const SMALL_BYTES: u64 = 4 * 1024 * 1024;
/// Packages that are written at the same time; they may be large.
const PACKAGES: usize = 8;

/// How a problem ends that every sync finds anew, whether it resolves the catalogue or not.
pub(super) const TOO_LARGE: &str = "the file is larger than the 100 MB that GitHub serves";

/// Writes the provenance record, where there is one.
pub(super) async fn write_record<B: SourceBucket>(source: &B, record: Option<&Provenance>) -> Result<(), Halt> {
    let Some(record) = record else { return Ok(()) };
    let bytes = serde_json::to_vec(record).unwrap_or_default();
    let object = NewObject {
        key: keys::provenance(&record.id()),
        bytes: bytes.clone(),
        content_type: "application/json",
        metadata: BTreeMap::new(),
        // What was recorded stays.
        condition: WriteCondition::Absent,
    };
    let key = object.key.clone();
    match source.put(object).await {
        Ok(_) => Ok(()),
        // The answer of this very write was lost, or a sync that was overtaken or died has written it.
        Err(error) if error.kind == PortErrorKind::Conflict => {
            let held = source.get(&key, None).await?;
            if held.is_some_and(|held| held.bytes == bytes) {
                Ok(())
            } else {
                Err(Halt::NumberTaken)
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// Metadata that every written object carries.
pub(super) fn metadata(observed: &Observed, record: Option<&Provenance>) -> BTreeMap<String, String> {
    let head = &observed.head;
    let commit = record.and_then(|record| record.commits.iter().find(|commit| commit.sha == head.sha));
    let pull = commit.and_then(|commit| commit.pull_request.as_ref());
    let subject = head.message.lines().next().unwrap_or_default();
    let pull = pull
        .map(|pull| format!(" (#{} by {})", pull.number, pull.author))
        .unwrap_or_default();
    let short = head.sha.get(..7).unwrap_or(&head.sha);
    let summary: String = format!("{short} {subject}{pull}")
        .chars()
        // Metadata travels in HTTP headers.
        .map(|character| if matches!(character, ' '..='~') { character } else { '?' })
        .take(500)
        .collect();
    let trace = record.and_then(|record| record.trace.as_ref());
    let sequence = trace.map(|trace| (SEQUENCE_METADATA, trace.sequence.to_string()));
    [
        (COMMIT_METADATA, head.sha.clone()),
        (SUMMARY_METADATA, summary.trim().to_owned()),
    ]
    .into_iter()
    .chain(sequence)
    .map(|(key, value)| (key.to_owned(), value))
    .collect()
}

/// Files that were written, each with its entity tag; without one when it is too large.
pub(super) type WrittenFiles = Vec<(String, Option<String>)>;
/// Zips that were written or found as they should be.
pub(super) type WrittenZips = Vec<WrittenZip>;

/// One of the two sources of a stack.
pub(super) struct WrittenZip {
    pub(super) stack: String,
    /// Whether it is the stack's template.
    pub(super) is_template: bool,
    pub(super) object: StoredObject,
    /// What its metadata says.
    pub(super) facts: Option<SourceFacts>,
}

/// Writes raw objects.
pub(super) async fn write_files<R: SourceRepository, B: SourceBucket>(
    store: &Store<'_, B>,
    contents: &Contents<'_, R>,
    plan: &SyncPlan,
    files: &Files,
    snapshot: &Snapshot,
) -> Result<WrittenFiles, Halt> {
    let due = plan.files.iter().filter_map(|path| Some((path, files.get(path)?)));
    let write = async |path: &String, entry: &FileEntry, limit_bytes: u64| {
        let content = match contents.blob_of_at_most(limit_bytes, &entry.id).await {
            Err(error) if error.kind == PortErrorKind::Refused => return Ok((path.clone(), None)),
            content => content?,
        };
        let known = snapshot.files.get(path).map(|file| file.etag.as_str());
        let ensured = store.ensure(&keys::source(path), &content, Form::Raw, known).await?;
        Ok::<_, Halt>((path.clone(), Some(ensured.etag)))
    };
    let write = &write;
    let mut written: WrittenFiles = stream::iter(due.collect::<Vec<(&String, &FileEntry)>>())
        .map(|(path, entry)| write(path, entry, SMALL_BYTES))
        .buffer_unordered(CONCURRENCY)
        .try_collect()
        .await?;
    for (path, etag) in written.iter_mut().filter(|(_, etag)| etag.is_none()) {
        if let Some(entry) = files.get(path) {
            (_, *etag) = Box::pin(write(path, entry, FILE_LIMIT_BYTES)).await?;
        }
    }
    Ok(written)
}

/// Enters the files that were written, and the problems of those that are too large.
pub(super) fn enter_files(next: &mut Snapshot, written: WrittenFiles) {
    let mut problems = Vec::new();
    for (path, etag) in written {
        match etag {
            Some(etag) => {
                if let Some(file) = next.files.get_mut(&path) {
                    file.etag = etag;
                }
            }
            None => problems.push(format!("{path}:1:1: {TOO_LARGE}")),
        }
    }
    problems.sort();
    next.problems.extend(problems);
}

/// Writes packages and gate documents, whose keys name their contents.
pub(super) async fn write_addressed<R: SourceRepository, B: SourceBucket>(
    store: &Store<'_, B>,
    maker: &Maker<'_, '_, R>,
    plan: &SyncPlan,
    gates: &BTreeMap<String, Gate>,
    effective: &BTreeMap<String, Effective>,
    stacks: &BTreeMap<String, StoredStack>,
) -> Result<(), Halt> {
    let gates: BTreeMap<Sha256, &Gate> = plan
        .gates
        .iter()
        .filter_map(|name| gates.get(name))
        .map(|gate| (gate.digest(), gate))
        .collect();
    stream::iter(gates)
        .map(Ok)
        .try_for_each_concurrent(CONCURRENCY, |(digest, gate)| {
            store.ensure_addressed(keys::gate(digest), gate.to_canonical_json().into_bytes())
        })
        .await?;

    let templates = plan
        .packages
        .iter()
        .filter_map(|name| Some((effective.get(name)?.template.as_ref()?, stacks.get(name)?)));
    // Stacks share packages; each is written once.
    let mut claimed = BTreeSet::new();
    stream::iter(templates.collect::<Vec<_>>())
        .then(|(template, stack)| maker.packaged(template, stack))
        .map_ok(|packaged| {
            let mut packages = packaged.into_owned().packages;
            packages.retain(|key, _| claimed.insert(key.clone()));
            stream::iter(packages).map(Ok::<_, PortError>)
        })
        .try_flatten()
        .map_err(Halt::from)
        .try_for_each_concurrent(PACKAGES, |(key, bytes)| store.ensure_addressed(key, bytes))
        .await
}

/// Writes the zips that pipelines read.
pub(super) async fn write_zips<R: SourceRepository, B: SourceBucket>(
    store: &Store<'_, B>,
    maker: &Maker<'_, '_, R>,
    plan: &SyncPlan,
    effective: &BTreeMap<String, Effective>,
    snapshot: &Snapshot,
    stacks: &BTreeMap<String, StoredStack>,
) -> Result<WrittenZips, Halt> {
    let templates = plan.templates.iter().map(|name| (name, true));
    let configurations = plan.configurations.iter().map(|name| (name, false));
    let due = templates
        .chain(configurations)
        .filter_map(|(name, is_template)| Some((name, effective.get(name)?, stacks.get(name)?, is_template)));
    stream::iter(due.collect::<Vec<_>>())
        .map(|(name, made, stack, is_template)| async move {
            let known = snapshot.stacks.get(name);
            let written = if is_template {
                write_template(store, maker, made, stack, known).await?
            } else {
                write_configuration(store, maker.settings, name, made, known).await?
            };
            Ok::<_, Halt>(written.map(|(content, ensured)| WrittenZip {
                stack: name.clone(),
                is_template,
                facts: ensured.facts.clone(),
                object: stored(content, ensured),
            }))
        })
        .buffer_unordered(CONCURRENCY)
        .try_filter_map(|written| std::future::ready(Ok(written)))
        .try_collect()
        .await
}

async fn write_template<R: SourceRepository, B: SourceBucket>(
    store: &Store<'_, B>,
    maker: &Maker<'_, '_, R>,
    made: &Effective,
    stack: &StoredStack,
    known: Option<&StoredStack>,
) -> Result<Option<(Sha256, Ensured)>, Halt> {
    let Some(template) = &made.template else {
        return Ok(None);
    };
    let path = stack.template.as_str();
    let known = known.filter(|known| known.template == path);
    let etag = known.and_then(|known| Some(known.template_zip.as_ref()?.etag.as_str()));
    let file = path.rsplit('/').next().unwrap_or(path);
    let content = maker.text(template, stack).await?;
    let key = keys::zipped(&keys::source(path));
    let ensured = store.ensure(&key, &content, Form::Zip(file), etag).await?;
    Ok(Some((template.digest, ensured)))
}

async fn write_configuration<B: SourceBucket>(
    store: &Store<'_, B>,
    settings: &SyncSettings,
    name: &str,
    made: &Effective,
    known: Option<&StoredStack>,
) -> Result<Option<(Sha256, Ensured)>, Halt> {
    // One that is kept is never planned to be written.
    let Configured::Made(text) = &made.configuration else {
        return Ok(None);
    };
    let etag = known.and_then(|known| Some(known.configuration_zip.as_ref()?.etag.as_str()));
    let key = keys::zipped(&keys::configuration(&settings.environment.name, name));
    let file = format!("{name}.json");
    let ensured = store.ensure(&key, text.as_bytes(), Form::Zip(&file), etag).await?;
    Ok(Some((made.configuration_digest(), ensured)))
}

/// Enters the zips that were written, and the packages that templates made anew need.
pub(super) fn enter_zips(next: &mut Snapshot, written: WrittenZips, effective: &BTreeMap<String, Effective>) {
    for written in written {
        let Some(stack) = next.stacks.get_mut(&written.stack) else {
            continue;
        };
        if written.is_template {
            stack.template_zip = Some(written.object);
        } else {
            stack.configuration_zip = Some(written.object);
        }
    }
    for (name, made) in effective {
        if let (Some(stack), Some(template)) = (next.stacks.get_mut(name), &made.template) {
            stack.packages.clone_from(&template.packages);
        }
    }
}

/// The resolved catalogue as it was written: itself and zipped, where they were.
pub(super) type WrittenCatalogue = (Option<StoredObject>, Option<StoredObject>);

/// Writes the resolved catalogue.
pub(super) async fn write_catalogue<B: SourceBucket>(
    store: &Store<'_, B>,
    plan: &SyncPlan,
    document: Option<&str>,
    snapshot: &Snapshot,
    environment: &str,
) -> Result<WrittenCatalogue, Halt> {
    let Some(document) = document else {
        return Ok((None, None));
    };
    let key = keys::catalogue(environment);
    let content = Sha256::of(document);
    let etag = |object: &Option<StoredObject>| object.as_ref().map(|object| object.etag.clone());
    let (file, zip) = (format!("{environment}.json"), keys::zipped(&key));
    let write = async |is_due: bool, key: &str, form: Form<'_>, known: Option<String>| {
        if !is_due {
            return Ok::<_, Halt>(None);
        }
        let ensured = store.ensure(key, document.as_bytes(), form, known.as_deref()).await?;
        Ok(Some(stored(content, ensured)))
    };
    try_join(
        write(plan.catalogue, &key, Form::Raw, etag(&snapshot.catalogue)),
        write(
            plan.catalogue_zip,
            &zip,
            Form::Zip(&file),
            etag(&snapshot.catalogue_zip),
        ),
    )
    .await
}

/// Enters the catalogue that was written.
pub(super) fn enter_catalogue(next: &mut Snapshot, (catalogue, zip): WrittenCatalogue) {
    next.catalogue = catalogue.or(next.catalogue.take());
    next.catalogue_zip = zip.or(next.catalogue_zip.take());
}

fn stored(content: Sha256, ensured: Ensured) -> StoredObject {
    StoredObject {
        content,
        etag: ensured.etag,
        version: ensured.version,
    }
}
